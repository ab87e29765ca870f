"""Determine the kind of a file by its content (pure)."""

from __future__ import annotations

import re

from rilo_reader.feeds.opml import tags
from rilo_reader.importers.report import Kind
from rilo_reader.parsers.decoding import decode
from rilo_reader.store.encoding import is_binary
from rilo_reader.store.file_kinds import is_article

HEAD = 16_384
"""Bytes at the start of a file from which its kind is determined."""

_ROOTS = {
    "opml": Kind.OPML,
    **{"rss": Kind.FEED, "rdf:rdf": Kind.FEED, "feed": Kind.FEED, "rdf": Kind.FEED},
    "html": Kind.PAGE,
}
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|meta|title|link)[\s>]", re.IGNORECASE)
_MBOX = re.compile(rb"From \S+ .{0,80}\d{4}[^\n]{0,20}\r?\n[!-9;-~]+:")
_HEADER = re.compile(rb"(?:[!-9;-~]{1,80}:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*)+")
_MAIL = re.compile(
    rb"(?im)^(?:return-path|received|message-id|mime-version|delivered-to|dkim-signature):"
)
_MAIL_TOO = re.compile(rb"(?im)^from:[^\n]*@")
_JSON_FEED = re.compile(r'"version"\s*:\s*"https?://jsonfeed\.org/')
_OUTLINE = re.compile(r"<outline\s[^>]*xmlurl", re.IGNORECASE)


Verdict = tuple[Kind, str]
"""The kind of a file, and the reason if it cannot be imported."""


def kind_of(name: str, head: bytes) -> Verdict:
    """Determine the kind of a file.

    Args:
        name: its name; decides that text of no other kind is Markdown.
        head: its first HEAD bytes.
    """
    known = _kind_of_bytes(head)
    if known is not None:
        return known
    if _is_highlights(head):
        return Kind.HIGHLIGHT, ""
    if is_article(name.rpartition("/")[2], head):
        return Kind.MARKDOWN, ""
    if _is_mail(head):
        return Kind.MAIL, ""
    text = decode(head)[0].lstrip("\ufeff \t\r\n")
    return _kind_of_markup(name.lower(), text)


def _kind_of_bytes(head: bytes) -> Verdict | None:
    """Determine the kind from a binary signature; None if it may be text."""
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        book = b"application/epub+zip" in head[:100]
        return (Kind.OTHER, "it is a book (EPUB)") if book else (Kind.ARCHIVE, "")
    reason = ""
    if head.startswith(b"SQLite format 3\0"):
        reason = "it is a database; newsboat's is taken by: import newsboat FOLDER"
    elif not head.strip():
        reason = "it is empty"
    elif is_binary(head) and head[:2] not in (b"<\0", b"\0<"):
        reason = "it is no text"
    return (Kind.OTHER, reason) if reason else None


_READWISE_COLUMNS = re.compile(
    rb'(?i)(?=(?:[^\n]*,)?"?highlight"?[,\r\n])(?:[^\n]*,)?"?book title"?[,\r\n]'
)
_BACK_LINK = re.compile(rb"\(\[[^]\n]{1,60}\]\(https://(?:read\.)?readwise\.io/")


def _is_highlights(head: bytes) -> bool:
    """Whether these are highlights of Readwise."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    return bool(_READWISE_COLUMNS.match(text) or _BACK_LINK.search(text))


def _is_mail(head: bytes) -> bool:
    if _MBOX.match(head):
        return True
    header = _HEADER.match(head)
    return bool(header and (_MAIL.search(header[0]) or _MAIL_TOO.search(header[0])))


def _kind_of_markup(name: str, text: str) -> Verdict:
    """Determine the kind of text that is neither Markdown by name nor a mail."""
    kind, reason = Kind.OTHER, "it is plain text; named .md it would be taken as Markdown"
    if text.startswith("{"):
        reason = "it is JSON, but neither a feed nor an export"
        if _JSON_FEED.search(text):
            kind = Kind.FEED
        elif '"body"' in text or name.endswith((".jsonl", ".ndjson")):
            kind = Kind.RECORDS
    elif text.startswith("<"):
        reason = "it is XML, but neither a feed nor a list"
        kind = _ROOTS.get(next((tag.name for tag in tags(text)), ""), Kind.OTHER)
        if kind is Kind.OTHER and _OUTLINE.search(text):
            kind = Kind.OPML
    if kind is Kind.OTHER and (_HTML.match(text) or name.endswith(_HTML_NAMES)):
        kind = Kind.PAGE
    return kind, "" if kind is not Kind.OTHER else reason


_HTML_NAMES = (".html", ".htm", ".xhtml")
