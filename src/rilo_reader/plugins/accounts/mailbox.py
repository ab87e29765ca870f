"""`Mailbox`: a folder of letters on an IMAP server. It is only read, by the package imapclient.

    mailbox.open()                          TLS, login, EXAMINE
    uids = mailbox.find_uids(after, most)   letters are named by numbers that only grow
    mailbox.fetch_letters(uids)             BODY.PEEK: nothing is marked as read
    mailbox.close()

Every method that asks the server blocks, and raises FetchError.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from rilo_reader.extras import MAIL
from rilo_reader.fetch.connection import default_ssl_context
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.plugins.accounts.service import Account
from rilo_reader.secret_store import Secret
from rilo_reader.text import clean_line, format_count

if TYPE_CHECKING:
    from imapclient import IMAPClient

SILENCE = 60.0  # seconds without a word of the server
LETTER_LIMIT = 5_000_000  # bytes of a letter that are fetched; text comes before attachments
RANGE = 50_000  # numbers that are asked for in one search: a longer answer is refused by imaplib
MOST_SEARCHES = 1_000
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SEEN_FLAG = b"\\Seen"
_SIZE, _BODY = b"RFC822.SIZE", b"BODY[]<0>"


class FetchedLetter(NamedTuple):
    """A letter as the server has it."""

    uid: int
    data: bytes  # its first LETTER_LIMIT bytes
    is_seen: bool  # whether it was read there
    is_cut: bool


class Mailbox:
    """A folder of a mailbox; for one thread at a time."""

    def __init__(self, account: Account, secret: Secret, *, silence: float = SILENCE) -> None:
        address = urlsplit(account.url)
        self.folder = unquote(address.path.strip("/")) or "INBOX"
        self.validity = ""  # where it changes, numbers mean other letters; known once it is open
        self.size = 0  # how many letters the folder has
        self._is_tls, self._host = address.scheme == "imaps", address.hostname or ""
        self._port = address.port or (993 if self._is_tls else 143)
        self._user, self._secret, self._silence = account.user, secret, silence
        self._client: IMAPClient | None = None
        self._next_uid = 1

    def open(self) -> None:
        """Connect, log in, and open the folder to read it only."""
        if missing := MAIL.install_advice:
            raise FetchError(Failure.BROKEN, missing)
        from imapclient import IMAPClient  # of an extra

        with self._convert_errors():
            context, timeout = default_ssl_context(), self._silence
            context.set_alpn_protocols(["imap"])  # some servers refuse what speaks of the web
            self._client = client = IMAPClient(
                self._host, self._port, ssl=self._is_tls, ssl_context=context, timeout=timeout
            )
            if not self._is_tls and self._host not in _LOOPBACK:
                client.starttls(context)
            password = self._secret.reveal()
            if client.has_capability("AUTH=PLAIN"):  # which takes passwords of any script
                client.plain_login(self._user, password)
            else:
                client.login(self._user, password)
            found = self._select_folder(client)
        self.validity, self.size = str(found.get(b"UIDVALIDITY", "")), found.get(b"EXISTS", 0)
        self._next_uid = found.get(b"UIDNEXT", RANGE)

    def close(self) -> None:
        """Close the connection at once, also while another thread waits for the server."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):  # it may be closed already, by whatever error
                client.shutdown()

    async def check_login(self) -> str:
        """Log in; return what is there, such as "Newsletters, 120 letters"."""
        try:
            await asyncio.to_thread(self.open)
        finally:
            self.close()
        return f"{self.folder}, {format_count(self.size, 'letter')}"

    def find_uids(self, after: int, most: int) -> list[int]:
        """Return the numbers of the newest letters after one, in their order."""
        found: list[int] = []
        end = self._next_uid - 1
        for _ in range(MOST_SEARCHES):
            if end <= after or len(found) >= most:
                break
            start = max(after + 1, end - RANGE + 1)
            with self._convert_errors() as client:
                found = sorted(client.search(["UID", f"{start}:{end}"])) + found
            end = start - 1
        # A range whose end is beyond the last letter has that one, too.
        return [uid for uid in found if uid > after][-most:] if most else []

    def fetch_seen(self, uids: Sequence[int]) -> dict[int, bool]:
        """Return whether letters were read there; those that are gone are missing."""
        with self._convert_errors() as client:
            found = client.fetch(uids, ["FLAGS"])
        return {uid: _SEEN_FLAG in fields.get(b"FLAGS", ()) for uid, fields in found.items()}

    def fetch_sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Return how many bytes letters have, in their order; those that are gone are missing."""
        with self._convert_errors() as client:
            found = client.fetch(uids, ["RFC822.SIZE"])
        return {uid: int(fields.get(_SIZE, LETTER_LIMIT)) for uid, fields in sorted(found.items())}

    def fetch_letters(self, uids: Sequence[int]) -> list[FetchedLetter]:
        """Fetch a few letters; those that are gone are missing."""
        wanted = ["FLAGS", "RFC822.SIZE", f"BODY.PEEK[]<0.{LETTER_LIMIT}>"]
        with self._convert_errors() as client:
            found: Mapping[int, Mapping[bytes, object]] = client.fetch(uids, wanted)
        letters = []
        for uid, fields in sorted(found.items()):
            data, flags, size = (fields.get(each) for each in (_BODY, b"FLAGS", _SIZE))
            if isinstance(data, bytes):
                is_seen = isinstance(flags, tuple) and _SEEN_FLAG in flags
                is_cut = isinstance(size, int) and size > LETTER_LIMIT
                letters.append(FetchedLetter(uid, data[:LETTER_LIMIT], is_seen, is_cut))
        return letters

    def _select_folder(self, client: IMAPClient) -> Mapping[bytes, int]:
        if not client.folder_exists(self.folder):
            names = [clean_line(str(name), 100) for _, _, name in client.list_folders()]
            reason = f"there is no folder {self.folder}; there are: {', '.join(names[:20])}"
            raise FetchError(Failure.MISSING, reason)
        found: Mapping[bytes, int] = client.select_folder(self.folder, readonly=True)
        return found

    @contextmanager
    def _convert_errors(self) -> Iterator[IMAPClient]:
        """Raise errors as FetchError, without words of the server that repeat a secret."""
        from imapclient.exceptions import IMAPClientError, LoginError

        host = self._host
        try:
            yield self._client
        except LoginError:
            reason = (
                f"{host} does not accept the user or the password; some servers want a password "
                "for programs, which you make in the settings of your account there"
            )
            raise FetchError(Failure.LOGIN, reason, status=401) from None
        except UnicodeError:
            reason = f"{host} takes only letters of ASCII in user and password"
            raise FetchError(Failure.LOGIN, reason) from None
        except socket.gaierror:
            raise FetchError(Failure.ADDRESS, f"{host} is not a known host") from None
        except TimeoutError:
            reason = f"{host} was silent for {self._silence:g} seconds"
            raise FetchError(Failure.TIMEOUT, reason) from None
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message.rstrip(".")
            reason = f"the certificate of {host} cannot be trusted: {why}"
            raise FetchError(Failure.TLS, reason) from None
        except ssl.SSLError:
            reason = f"an encrypted connection to {host}, port {self._port}, failed"
            raise FetchError(Failure.TLS, reason) from None
        except OSError as error:
            why = f": {error.strerror}" if error.strerror else ""
            reason = f"the connection to {host} failed{why}"
            raise FetchError(Failure.OFFLINE, reason) from None
        except IMAPClientError as error:
            message = str(error).replace(self._secret.reveal(), "…")
            reason = f"{host} does not do as asked: {clean_line(message, 200)}"
            raise FetchError(Failure.BROKEN, reason) from None
