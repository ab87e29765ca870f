"""Read mails, single or in a mailbox, as entries (pure)."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from typing import IO, NamedTuple

from rilo_reader.dates import read_date
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.store.encoding import decode
from rilo_reader.text import clean_line, clean_text, safe_url

LETTER_LIMIT = 40_000_000
"""Maximum size of a mail in bytes; newsletters with inline images have a few million."""

PARTS_LIMIT = 1000
HEADER_LIMIT = 20_000  # characters of a header; `email` takes time by the square of its parameters
WORK_LIMIT = 30_000_000
"""Lines times multipart parts: `email` compares each line with the end of each of them."""


class _BoundedPolicy(Compat32):
    """Reads mails as Python's default policy does, but headers up to HEADER_LIMIT."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """See `Policy.header_source_parse`."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:HEADER_LIMIT]

    def header_fetch_parse(self, name: str, value: str) -> str:
        """See `Policy.header_fetch_parse`; text that is not encoded is UTF-8, or guessed."""
        if value.isascii():
            return value
        return decode(value.encode("utf-8", "surrogateescape"))[0]


_BOUNDED = _BoundedPolicy()


class Letter(NamedTuple):
    """A mail."""

    entry: Entry  # content; the key is the Message-ID
    source: str  # mailing list, else the sender
    page: bytes = b""  # bytes of the page if it is a page saved as MHTML, else empty


def iter_letters(stream: IO[bytes]) -> Iterator[Letter | str]:
    """Yield the mails of an mbox file or a single mail; for an unreadable one, the reason.

    Line by line, with one mail in memory at a time.
    """
    for number, data in enumerate(_split_mbox(stream), 1):
        try:
            with parser_errors():
                letter = read_letter(data)
            yield letter
        except NotReadableError as error:
            yield f"message {number}: {error.reason}"


def _split_mbox(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of each mail; one longer than LETTER_LIMIT is cut."""
    lines: list[bytes] = []
    size, blank, is_mbox, first = 0, True, False, True
    while line := stream.readline(1_000_000):
        if blank and _FROM.match(line) and (first or is_mbox):
            is_mbox = True
            if lines:
                yield b"".join(lines)
            lines, size = [], 0
        else:
            if is_mbox and line.startswith(b">"):
                line = re.sub(rb"^>(>*From )", rb"\1", line)
            size += len(line)
            if size <= LETTER_LIMIT + 1_000_000:
                lines.append(line)
        blank, first = not line.strip(), False
    if lines:
        yield b"".join(lines)


_FROM = re.compile(rb"From \S+ .*\d{4}")
_LANGUAGE = re.compile("[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")


def read_letter(data: bytes) -> Letter:
    """Read a mail; raises NotReadableError if it is too long, nested too deeply, or none."""
    if len(data) > LETTER_LIMIT:
        raise NotReadableError(f"it has more than {LETTER_LIMIT // 1_000_000} MB")
    if data.lower().count(b"multipart/") * data.count(b"\n") > WORK_LIMIT:
        raise NotReadableError("its parts are nested too deeply")
    try:
        message = message_from_bytes(_repair_header(data), policy=_BOUNDED)
        text, form, page = _read_text(message)
    except RecursionError:
        raise NotReadableError("its parts are nested too deeply") from None
    if not message.keys():
        raise NotReadableError("it is not a mail message")
    names = _read_senders(message)
    dates = (read_date(_read_header(message, name)) for name in ("Date", "Delivery-Date"))
    date = next(filter(None, dates), None)
    language = _read_header(message, "Content-Language").split(",")[0].strip()
    entry = Entry(
        key=_read_message_id(message),
        url=_find_web_address(message),
        title=clean_line(_read_header(message, "Subject")),
        date=date.moment.astimezone(UTC) if date else None,
        authors=names[:1],
        lang=language if _LANGUAGE.fullmatch(language) else "",
        content=text,
        form=form,
    )
    return Letter(entry, _read_list_name(message) or (names[0] if names else ""), page)


def _repair_header(data: bytes) -> bytes:
    """Return a mail as `email` reads it: no quoted line of an mbox, no blanks before colons."""
    return _HEADER.sub(lambda header: _BLANKS.sub(rb"\1:", header[1]), data, count=1)


_HEADER = re.compile(rb"(?:>From [^\n]*\n)?((?:[^\r\n][^\n]*\n?)*)")
_BLANKS = re.compile(rb"(?m)^([!-9;-~]+)[ \t]+:")


def _read_header(message: Message, name: str) -> str:
    return _decode_value(_read_raw_header(message, name))


def _read_raw_header(message: Message, name: str) -> str:
    """Return a header in one line, its encoded words as they are."""
    try:
        return _FOLD.sub("", str(message.get(name, "")))
    except (MessageError, ValueError, LookupError, UnicodeError):
        return ""


_FOLD = re.compile(r"[\r\n]+(?=[ \t])")
_WORDS = re.compile(r"=\?[^?]*\?[bBqQ]\?.*?\?=(?:\s*=\?[^?]*\?[bBqQ]\?.*?\?=)*", re.DOTALL)


def _decode_value(value: str) -> str:
    """Return a header with its encoded words read (RFC 2047), and the rest as it is."""
    return clean_text(_WORDS.sub(_decode_words, value))


def _decode_words(found: re.Match[str]) -> str:
    try:
        parts = decode_header(found[0])
    except (MessageError, ValueError, LookupError, UnicodeError):
        return found[0][:2000]
    return "".join(_decode_word(part, charset) for part, charset in parts)


def _decode_word(data: bytes | str, charset: str | None) -> str:
    if isinstance(data, str):
        return data
    with suppress(LookupError, UnicodeError, ValueError):
        return data.decode(_to_web_codec(charset or "ascii"))
    return decode(data)[0]


def _read_senders(message: Message) -> tuple[str, ...]:
    """Return the names, else the addresses, of the senders."""
    try:
        people = email.utils.getaddresses([_read_raw_header(message, "From")])
    except (ValueError, TypeError, RecursionError):
        return ()
    found = (_decode_value(name or address) for name, address in people[:10])
    names = (clean_line(_ADDRESS_TOO.sub("", name), 200) for name in found)
    return tuple(name for name in names if name)


_ADDRESS_TOO = re.compile(r"(?<=\S)\s*<[^<>\s]*@[^<>\s]*>\s*\Z")  # in the encoded words of a name


def _read_message_id(message: Message) -> str:
    """Return the Message-ID in brackets, as some programs leave them out or add a comment."""
    text = clean_line(_read_header(message, "Message-ID"), 998)
    found = _MESSAGE_ID.search(text) or _BARE_ID.fullmatch(text)
    return f"<{found[1]}>" if found else text


_MESSAGE_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
_BARE_ID = re.compile(r"([^<>\s]+@[^<>\s]+)")


def _read_list_name(message: Message) -> str:
    """Return the name, else the identifier, of the mailing list, or "".

    Services that send newsletters write numbers of their own as the name: then there is none. An
    identifier alone counts for a list that accepts letters.
    """
    found = re.fullmatch(r"\s*(.*?)\s*<([^<>]*)>\s*", _read_header(message, "List-Id"), re.DOTALL)
    if found is None:
        return ""
    if name := clean_line(found[1].strip(" \"'"), 200):
        return "" if _NUMBER.match(name) else name
    return clean_line(found[2], 200) if "mailto:" in _read_header(message, "List-Post") else ""


_NUMBER = re.compile(r"\d+\Z|[0-9a-f]{16}")


def _find_web_address(message: Message) -> str:
    """Return the address of the mail on the web, or ""."""
    for name in ("Archived-At", "Snapshot-Content-Location"):
        url = safe_url(_read_header(message, name).strip(" <>"))
        if url and not url.startswith("mailto:"):
            return url
    return ""


def _read_text(message: Message) -> tuple[str, Form, bytes]:
    """Return the HTML, else the plain text, of a mail; without attachments."""
    plain: list[str] = []
    for number, part in enumerate(message.walk()):
        if number >= PARTS_LIMIT:
            break
        kind = part.get_content_type()
        if part.is_multipart() or kind not in ("text/html", "text/plain") or _is_attached(part):
            continue
        data = _read_payload(part)
        if kind == "text/html":
            page = data if message.get("Snapshot-Content-Location") else b""
            return clean_text(_decode_content(part, data)), Form.HTML, page
        plain.append(_decode_content(part, data))
    return clean_text("\n\n".join(plain)), Form.TEXT, b""


def _is_attached(part: Message) -> bool:
    with suppress(ValueError, LookupError, AttributeError):
        return part.get_content_disposition() == "attachment"
    return False


def _read_payload(part: Message) -> bytes:
    with suppress(ValueError, LookupError):
        if isinstance(data := part.get_payload(decode=True), bytes):
            return data
    return b""


_META = re.compile(rb"(?i)<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})")


def _decode_content(part: Message, data: bytes) -> str:
    """Decode a part with its charset, that of its HTML, or a guess."""
    charset = part.get_content_charset()
    if charset is None and (meta := _META.search(data[:4000])):
        charset = meta[1].decode("ascii")
    if charset and charset.lower() not in ("us-ascii", "ascii"):
        with suppress(LookupError, UnicodeError, ValueError):
            return data.decode(_to_web_codec(charset))
    return decode(data)[0]


def _to_web_codec(charset: str) -> str:
    """Return the codec that a charset means on the web: Latin 1 is Windows' superset of it."""
    return "cp1252" if charset.lower() in _LATIN else charset


_LATIN = frozenset({"iso-8859-1", "latin1", "latin-1"})
