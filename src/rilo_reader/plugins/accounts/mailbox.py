"""`Mailbox`: a folder of letters on an IMAP server. It is only read, by the package imapclient.

    answer = await mailbox.fetch(request)
        addresses = client.find_addresses(host)     those that the guard allows
        in a worker of its own:
            connect, encrypt, log in, EXAMINE
            search for the numbers of new letters   numbers only grow
            fetch the next of them                  BODY.PEEK: nothing is marked as read

An exchange fetches some letters and says how many are left. Whatever the server does, the exchange
ends: its worker has a limit of time and of memory, and dies where the caller is cancelled.
"""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from rilo_reader.extras import MAIL
from rilo_reader.fetch.connection import default_ssl_context
from rilo_reader.fetch.messages import Failure, FetchError, ServerClient
from rilo_reader.plugins.accounts.service import Account
from rilo_reader.secret_store import Secret
from rilo_reader.text import clean_line, format_count
from rilo_reader.workers import (
    WALL_CLOCK_FACTOR,
    WorkerDiedError,
    WorkerPool,
    WorkTimeoutError,
)

if TYPE_CHECKING:
    from imapclient import IMAPClient

LETTER_LIMIT = 5_000_000  # bytes of a letter that are fetched; text comes before attachments
RANGE = 50_000  # letters that one search is about: imaplib refuses longer answers
ASKED_TOGETHER = 1_000  # letters that are asked for their size, or whether they are read now
FETCHED_TOGETHER = 100  # letters that are asked for in one command, if they are not too large
PRELOAD = ("rilo_reader.plugins.accounts.mailbox", "imapclient")  # in its worker
MOST_UID = 2**32 - 1
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SEEN_FLAG = b"\\Seen"
_SIZE, _BODY = b"RFC822.SIZE", b"BODY[]<0>"


class MailLimits(NamedTuple):
    """Limits of one exchange with a mail server."""

    silence: float = 30.0  # seconds without a word of the server
    seconds: float = 90.0  # after which it is ended
    enough: float = 20.0  # seconds after which no more letters are asked for
    letters: int = 1_000
    held: int = 20_000_000  # bytes of letters
    memory: int = 400_000_000  # bytes of its process, where the system can limit them


DEFAULT_LIMITS = MailLimits()


class MailRequest(NamedTuple):
    """A request for letters."""

    after: int = 0  # the number of the newest letter that is here
    validity: str = ""  # with which that number and those of `unread` are valid
    unread: Sequence[int] = ()  # letters that were unread there
    most: int = 0  # of the newest letters; 0 only to log in


class FetchedLetter(NamedTuple):
    """A letter as the server has it."""

    uid: int
    data: bytes  # its first LETTER_LIMIT bytes
    is_seen: bool  # whether it was read there
    is_cut: bool


class MailAnswer(NamedTuple):
    """The result of one exchange."""

    validity: str  # where it changes, numbers mean other letters
    size: int  # how many letters the folder has
    # for each of `unread` whether it is read there; those that are gone are missing
    seen: Mapping[int, bool] = MappingProxyType({})
    letters: Sequence[FetchedLetter] = ()  # in their order; those that are gone are missing
    last: int = 0  # the number up to which letters were fetched
    left: int = 0  # how many newer ones there are


class _Place(NamedTuple):
    """A folder of a mail server, and how to get there."""

    host: str
    port: int
    is_tls: bool
    folder: str
    user: str
    limits: MailLimits
    addresses: Sequence[str] = ()


class Mailbox:
    """A folder of a mailbox."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        client: ServerClient,
        limits: MailLimits = DEFAULT_LIMITS,
    ) -> None:
        address = urlsplit(account.url)
        is_tls = address.scheme == "imaps"
        port = address.port or (993 if is_tls else 143)
        folder = unquote(address.path.strip("/")) or "INBOX"
        host = address.hostname or ""
        self._place = _Place(host, port, is_tls, folder, account.user, limits)
        self._secret = secret
        self._is_private_allowed = account.private
        self._client = client

    async def check_login(self) -> str:
        """Log in; return what is there, such as "Newsletters, 120 letters"."""
        answer = await self.fetch(MailRequest())
        return f"{self._place.folder}, {format_count(answer.size, 'letter')}"

    async def fetch(self, request: MailRequest) -> MailAnswer:
        """Do one exchange with the server; raises FetchError."""
        if missing := MAIL.install_advice:
            raise FetchError(Failure.BROKEN, missing)
        host, port, limits = self._place.host, self._place.port, self._place.limits
        addresses = await self._client.find_addresses(
            host, port, is_private_allowed=self._is_private_allowed
        )
        place, password = self._place._replace(addresses=addresses), self._secret.reveal()
        work = partial(exchange_letters, place, password, request)
        try:
            with WorkerPool(1, preload=PRELOAD, most_bytes=limits.memory) as pool:
                return await pool.run(work, seconds=limits.seconds / WALL_CLOCK_FACTOR)
        except (WorkTimeoutError, WorkerDiedError, MemoryError) as error:
            failure, message = _LIMITS_MET[type(error)]
            raise FetchError(failure, message.format(host=host)) from None


# -- in the worker --------------------------------------------------------------------------------


def exchange_letters(place: _Place, password: str, request: MailRequest) -> MailAnswer:
    """Do one exchange with a mail server; raises FetchError and MemoryError."""
    return _Exchange(place, Secret(password)).run(request)


class _Exchange:
    """One exchange with a mail server."""

    def __init__(self, place: _Place, secret: Secret) -> None:
        self._place = place
        self._secret = secret
        self._until = monotonic() + place.limits.enough

    def run(self, request: MailRequest) -> MailAnswer:
        place = self._place
        with self._convert_errors("when it was connected to"):
            client = _connect(place)
        with self._convert_errors("at the login"):
            _log_in(place, self._secret, client)
        with self._convert_errors(f"when {place.folder} was opened"):
            found = _open_folder(place, client)
        validity = str(found.get(b"UIDVALIDITY", ""))
        answer = MailAnswer(validity, min(max(found.get(b"EXISTS", 0), 0), MOST_UID))
        if validity != request.validity:
            request = request._replace(after=0, unread=())
        with self._convert_errors("when it was asked which letters are read"):
            answer = answer._replace(seen=_fetch_seen(client, request.unread))
        with self._convert_errors("when new letters were searched"):
            uids = _find_uids(client, answer.size, request)
        with self._convert_errors("when letters were fetched"):
            letters, last = self._fetch_some(client, uids)
        left = sum(uid > last for uid in uids)
        return answer._replace(letters=letters, last=last, left=left)

    def _fetch_some(
        self, client: IMAPClient, uids: Sequence[int]
    ) -> tuple[list[FetchedLetter], int]:
        """Fetch the first letters; return them, and the number up to which there are no others."""
        limits, letters, last = self._place.limits, list[FetchedLetter](), 0
        some = uids[: limits.letters]
        fields = client.fetch(some, ["RFC822.SIZE"])
        sizes = {uid: _int_of(fields.get(uid, {}).get(_SIZE), 0) for uid in some}
        for batch in split_batches(sizes):
            if last and monotonic() > self._until:
                break
            letters += _fetch_letters(client, batch)
            last = batch[-1]
            if sum(len(each.data) for each in letters) >= limits.held:
                break
        return letters, last

    @contextmanager
    def _convert_errors(self, when: str) -> Iterator[None]:
        """Raise errors as FetchError, without words of the server that repeat a secret."""
        try:
            yield
        except (FetchError, MemoryError):
            raise
        except Exception as error:
            failure, message = next(each[1:] for each in _MESSAGES if isinstance(error, each[0]))
            place, said = self._place, str(error).replace(self._secret.reveal(), "…")
            reason = message.format(
                host=place.host,
                port=place.port,
                silence=place.limits.silence,
                when=when,
                said=clean_line(said, 200),
                error=error,
            )
            raise FetchError(failure, reason.rstrip(".")) from None


def _connect(place: _Place) -> IMAPClient:
    """Connect to the first address that can be reached."""
    from imapclient import IMAPClient

    silence, failed = place.limits.silence, OSError()
    for address in place.addresses:
        context = _NamedContext(place.host)
        try:
            return IMAPClient(
                address, place.port, ssl=place.is_tls, ssl_context=context, timeout=silence
            )
        except OSError as error:
            failed = error
    raise failed


class _NamedContext:
    """A context for TLS that checks the certificate for a name, whatever was connected to."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._context = default_ssl_context()
        self._context.set_alpn_protocols(["imap"])  # some servers refuse what speaks of the web

    def wrap_socket(self, plain: socket.socket, **_: object) -> ssl.SSLSocket:
        return self._context.wrap_socket(plain, server_hostname=self._host)


def _log_in(place: _Place, secret: Secret, client: IMAPClient) -> None:
    """Log in; no password is sent without encryption, but to this computer."""
    host, is_known = place.host, client.welcome.upper().startswith(b"* PREAUTH")
    is_closed = client.has_capability("LOGINDISABLED")
    if not place.is_tls and (host not in _LOOPBACK or (is_closed and not is_known)):
        if is_known or not client.has_capability("STARTTLS"):
            raise FetchError(
                Failure.TLS,
                f"{host}, port {place.port}, does not offer encryption (STARTTLS), so nothing was "
                f"sent; if it has a port for encrypted connections, write imaps://{host}",
            )
        client.starttls(_NamedContext(host))
    if is_known:
        return
    has_plain = client.has_capability("AUTH=PLAIN")  # which takes passwords of any script
    if client.has_capability("LOGINDISABLED") and not has_plain:
        raise FetchError(Failure.LOGIN, f"{host} takes no passwords: it says LOGINDISABLED")
    log_in = client.plain_login if has_plain else client.login
    try:
        log_in(place.user, secret.reveal())
    except imaplib.IMAP4.error as error:
        if isinstance(error.__context__, imaplib.IMAP4.abort):  # no refusal
            raise error.__context__ from None
        reason = (
            f"{host} does not accept the user or the password; some servers want a password "
            "for programs, which you make in the settings of your account there"
        )
        raise FetchError(Failure.LOGIN, reason, status=401) from None
    except UnicodeEncodeError:
        reason = f"{host} takes only letters of ASCII in user and password"
        raise FetchError(Failure.LOGIN, reason) from None


def _open_folder(place: _Place, client: IMAPClient) -> Mapping[bytes, Any]:
    """Open the folder to read it only."""
    try:
        found: Mapping[bytes, Any] = client.select_folder(place.folder, readonly=True)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        if client.folder_exists(place.folder):
            raise
        names = [clean_line(str(name), 100) for _, _, name in client.list_folders()]
        reason = f"there is no folder {place.folder} on {place.host}; there are: "
        raise FetchError(Failure.MISSING, reason + ", ".join(names[:20])) from None
    return found


def _find_uids(client: IMAPClient, size: int, request: MailRequest) -> list[int]:
    """Return the numbers of the newest letters after one, in their order."""
    found: set[int] = set()
    # Letters also have places from 1 to `size`, in the same order and without gaps.
    end, first = size, max(1, size - request.most + 1)
    while request.most and end >= first:
        start = max(first, end - RANGE + 1)
        places = [] if start == 1 and end == size else [f"{start}:{'*' if end == size else end}"]
        uids = client.search(["UID", f"{request.after + 1}:*", *places])
        # The last letter is in each range without an end, whatever its number.
        new = {uid for uid in uids if request.after < uid <= MOST_UID}
        if not new:
            break
        found |= new
        end = start - 1
    return sorted(found)[-request.most :]


def _fetch_seen(client: IMAPClient, uids: Sequence[int]) -> dict[int, bool]:
    """Return whether letters were read there; those that are gone are missing."""
    seen: dict[int, bool] = {}
    for start in range(0, len(uids), ASKED_TOGETHER):
        found = client.fetch(uids[start : start + ASKED_TOGETHER], ["FLAGS"])
        seen |= {uid: _is_seen(fields) for uid, fields in found.items()}
    return seen


def _fetch_letters(client: IMAPClient, uids: Sequence[int]) -> list[FetchedLetter]:
    """Fetch a few letters; those that are gone are missing."""
    found = client.fetch(uids, ["FLAGS", "RFC822.SIZE", f"BODY.PEEK[]<0.{LETTER_LIMIT}>"])
    return [
        FetchedLetter(
            uid,
            data[:LETTER_LIMIT],
            _is_seen(fields),
            _int_of(fields.get(_SIZE), len(data)) > LETTER_LIMIT,
        )
        for uid, fields in sorted(found.items())
        if isinstance(data := fields.get(_BODY), bytes)
    ]


def _is_seen(fields: Mapping[bytes, object]) -> bool:
    flags = fields.get(b"FLAGS")
    return isinstance(flags, tuple) and _SEEN_FLAG in flags


def _int_of(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def split_batches(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Yield letters in groups that are fetched together, by their sizes in bytes (pure)."""
    batch: list[int] = []
    held = 0
    for uid, whole in sizes.items():
        size = min(whole, LETTER_LIMIT)
        if batch and (len(batch) == FETCHED_TOGETHER or held + size > LETTER_LIMIT):
            yield batch
            batch, held = [], 0
        batch.append(uid)
        held += size
    if batch:
        yield batch


_LIMITS_MET: Mapping[type[Exception], tuple[Failure, str]] = MappingProxyType(
    {
        WorkTimeoutError: (
            Failure.TIMEOUT,
            "{host} sends without an end, or so slowly that the time was up",
        ),
        MemoryError: (Failure.TOO_LARGE, "{host} sent far more than was asked for"),
        WorkerDiedError: (Failure.BROKEN, "{host} sent what ended the process that reads it"),
    }
)
_MESSAGES: Sequence[tuple[type[Exception], Failure, str]] = (
    (TimeoutError, Failure.TIMEOUT, "{host} was silent for {silence:g} seconds {when}"),
    (
        ssl.SSLCertVerificationError,
        Failure.TLS,
        "the certificate of {host} cannot be trusted: {error.verify_message}",
    ),
    (
        ssl.SSLError,
        Failure.TLS,
        "{host}, port {port}, failed to encrypt; if it begins with STARTTLS, write imap://{host}",
    ),
    (imaplib.IMAP4.abort, Failure.OFFLINE, "{host} broke off {when}: {said}"),
    (imaplib.IMAP4.error, Failure.BROKEN, "{host} does not do as asked {when}: {said}"),
    (OSError, Failure.OFFLINE, "the connection to {host} failed {when}: {error.strerror}"),
    (Exception, Failure.BROKEN, "{host} sent something that is not IMAP {when}"),
)
"""The messages of errors; the first that fits counts."""
