"""The text of articles' files: made from entries, and merged with what users wrote (pure)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import blake2b
from itertools import groupby, zip_longest
from typing import NamedTuple
from urllib.parse import unquote

from rilo_reader.article import Article, ArticleId, Enclosure
from rilo_reader.dialects import PLAIN
from rilo_reader.entry import Entry, Form
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.html import is_too_long, make_rest_note, to_markdown
from rilo_reader.store import front_matter
from rilo_reader.store.article_fields import write_article
from rilo_reader.text import clean_line, clean_text, redact_address

BODY_LIMIT = 4_000_000  # maximum length of a body in characters; longer ones are cut with a note
TITLE_FROM_TEXT = 80  # maximum length of a title made from the text, in characters
FLASH = "application/x-shockwave-flash"
"""Still in YouTube's feeds next to the page of each video, but unsupported everywhere."""

_FARTHEST_AHEAD = timedelta(hours=14)

FEED_KEY, GUID_KEY = "feed", "guid"
"""Keys in the front matter of collected articles."""


class Origin(NamedTuple):
    """The origin of entries."""

    feed: str = ""  # the address of the subscription; "" for pages and mails
    source: str = ""  # the source of the articles; unique among the feeds of a library
    lang: str = ""  # the language of the feed, for entries without one

    @property
    def key(self) -> str:
        """The key of the feed, or ""."""
        return feed_key(self.feed)


def make_article(entry: Entry, identity: ArticleId, origin: Origin, seen_at: datetime) -> Article:
    """Convert a cleaned entry to an article.

    `seen_at`, when it was first seen, is the default and the maximum of its date.
    """
    body = make_body(entry)
    date = entry.date or seen_at
    # A date begins earlier in time zones ahead of UTC.
    date_only = bool(entry.date) and entry.date_only and date <= seen_at + _FARTHEST_AHEAD
    return Article(
        id=identity,
        path="",
        title=entry.title or _make_title(body) or entry.url or "Untitled",
        date=date if date_only else min(date, seen_at),
        date_only=date_only,
        updated=entry.updated if entry.updated != entry.date else None,
        source=origin.source,
        url=entry.url,
        authors=entry.authors,
        tags=entry.tags,
        lang=entry.lang or origin.lang,
        summary=entry.summary,
        body=body,
        dialect=PLAIN,
        enclosures=tuple(file for file in entry.enclosures if make_link(file) in body),
        comments=entry.comments,
    )


def make_file_text(article: Article, entry: Entry, origin: Origin) -> str:
    """Return the text of a file: front matter with feed and guid, and the body."""
    unknown = {FEED_KEY: redact_address(origin.feed), GUID_KEY: entry.key}
    return write_article(article, {key: value for key, value in unknown.items() if value})


def is_cut(entry: Entry) -> bool:
    """Return whether only the beginning of an entry's content is kept."""
    if entry.form is Form.HTML:
        return is_too_long(entry.content)
    return len(entry.content) > BODY_LIMIT


def make_body(entry: Entry) -> str:
    """Return the body as Markdown: the content, else the summary, then enclosures.

    Of what is too long the beginning is converted, with a note.
    """
    body, is_long = entry.content, is_cut(entry)
    if is_long and entry.form is not Form.HTML:
        body = body[:BODY_LIMIT]
    if entry.form is Form.HTML:
        body = to_markdown(body, entry.base or entry.url)
    elif entry.form is Form.TEXT:
        body = text_to_markdown(body)
    if not body.strip() and entry.summary:
        body = text_to_markdown(entry.summary)
    body = body.strip("\n")
    if is_long or len(body) > BODY_LIMIT:
        body = f"{body[:BODY_LIMIT]}\n\n{make_rest_note(entry.url)}"
    files = "\n".join(
        make_link(file)
        for file in entry.enclosures
        # A third of images are in the text already.
        if file.type != FLASH and not (file.type.startswith("image/") and file.url in body)
    )
    parts = [part for part in (body, files) if part]
    return "\n\n".join(parts) + "\n" if parts else ""


_ANYWHERE = re.compile(r"[\\`*\[\]<|~$]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^([ \t]*)(?:([#>+=-])|(\d{1,9})([.)])(?=\s|$))")


def text_to_markdown(text: str) -> str:
    """Escape plain text as Markdown; blank lines separate paragraphs.

    Lines that were wrapped flow; one that ends early was meant to, as in a list or a signature.
    """
    lines = [line.strip(" \t") for line in clean_text(text).split("\n")]
    widest = _wrap_width(lines)
    shown = []
    for has_words, group in groupby(lines, key=bool):
        part = list(group)
        width = _wrap_width(part) if len(part) > FEW_LINES else widest
        for line, after in zip_longest(part, part[1:], fillvalue=""):
            safe = _LINE_START.sub(
                lambda start: f"\\{start[2]}" if start[2] else f"{start[3]}\\{start[4]}",
                _ANYWHERE.sub(r"\\\g<0>", line),
            )
            is_break = has_words and after and _is_line_end(line, after, width)
            shown.append(safe + "  " if is_break else safe)
    return re.sub("\n{3,}", "\n\n", "\n".join(shown)).strip("\n")


LEAST_WIDTH, MOST_WIDTH = 60, 80  # columns that programs for plain text wrap lines at
FEW_LINES = 2  # in a paragraph that does not show by itself what its lines were wrapped at
_ITEM = re.compile(r"[>|#)*•·–+=_~-]|\d{1,3}[.)]\s|https?:")  # begins what stands alone
_RULES = frozenset(4 * each for each in "-=_*~#+")  # ends of lines that are rules


def _wrap_width(lines: list[str]) -> int:
    return max(LEAST_WIDTH, *(len(line) for line in lines if len(line) <= MOST_WIDTH), 0)


def _is_line_end(line: str, after: str, width: int) -> bool:
    """Return whether a line ends where it was meant to, not where it was wrapped."""
    if len(line) > MOST_WIDTH or _ITEM.match(after) or line[0] == ">" or line[-4:] in _RULES:
        return True
    return len(line) + 1 + len(after.split(maxsplit=1)[0]) <= width


def make_link(enclosure: Enclosure) -> str:
    """Return an enclosure as a list item: its name, type and size."""
    name = unquote(enclosure.url.partition("?")[0].rstrip("/").rpartition("/")[2])
    facts = [clean_line(enclosure.type, 60)] if enclosure.type else []
    if (length := enclosure.bytes) >= 1_000:  # feeds that do not know it say 0 or 1
        is_large = length >= 100_000
        facts.append(f"{length / 1e6:,.1f} MB" if is_large else f"{length / 1e3:,.1f} kB")
    shown = text_to_markdown(clean_line(name, 120)) or "file"
    about = f" ({text_to_markdown(', '.join(facts))})" if facts else ""
    return f"- [{shown}](<{enclosure.url}>){about}"


_MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|^[#>*+\s-]+|[\\`*_]", re.MULTILINE)


def _make_title(body: str) -> str:
    """Return the start of a text as one line; "" if it has no words."""
    beginning = body[:2000].strip()
    line = next((line for line in beginning.split("\n") if re.search(r"\w", line)), "")
    plain = _MARKS.sub(lambda mark: mark[1] or "", line)
    if len(plain) > TITLE_FROM_TEXT:
        plain = plain[:TITLE_FROM_TEXT].rpartition(" ")[0] or plain[: TITLE_FROM_TEXT - 1]
        plain = plain.rstrip(" ,;:") + "…"
    return clean_line(plain)


DIGEST = 16


class FileAction(Enum):
    """The action that the file of an article needs."""

    WRITE = auto()  # it is new, or unchanged by the user
    SAME = auto()  # nothing: it is up to date
    KEEP = auto()  # nothing: the user has changed its text
    GONE = auto()  # nothing: the user has deleted it, so it is not created again
    OUTSIDE = auto()  # nothing: a link leads from it out of the library


def make_digest(text: str) -> bytes:
    """Return a digest of a text."""
    return blake2b(text.encode(errors="replace"), digest_size=DIGEST).digest()


def read_body(text: str) -> str:
    """Return the body in the text of a file."""
    # Our front matter has no multi-line strings, so the first delimiter line ends it.
    if text.startswith("+++\n") and '"""' not in text and "'''" not in text:
        return text.partition("\n+++\n\n")[2].lstrip("\n")
    return front_matter.parse(text).body


def content_hash(entry: Entry, source: str, full_text: bool = False) -> bytes:
    """Return a digest of an entry, its source, and whether its page counts too."""
    # Without the last fields where they are the default: digests from before they existed stay
    # valid. The name of `Form` is in them too.
    last = "" if entry.comments else "comments" if entry.date_only else "date_only"
    fields = entry[: Entry._fields.index(last)] if last else entry
    text = repr((source, full_text, *fields))
    # Likewise enclosures whose duration is not known.
    return make_digest(re.sub(r", bytes=(\d+), seconds=0\)", r", length=\1)", text))


def is_ours(text_digest: bytes, own_digests: bytes) -> bool:
    """Return whether a digest is among the concatenated digests of a record."""
    offsets = range(0, len(own_digests), DIGEST)
    return any(own_digests[offset : offset + DIGEST] == text_digest for offset in offsets)


_OF_BODY = (
    "updated",
    "dialect",
    "enclosures",
    "comments",
)  # keys of front matter that go with a body


def decide_action(record: ArticleRecord, current: str | None, text: str) -> tuple[FileAction, str]:
    """Decide what to do with the file of an article; return its text after that, too.

    A file as we wrote it gets the new text. If only its front matter was changed (such as tags
    added by the user), this is kept, and the body and `updated` are replaced. If its body was
    changed, the file is left alone. `current` is its text now, None if there is no file.
    """
    if current is None:
        return (FileAction.GONE, "") if record.done else (FileAction.WRITE, text)
    if current == text:
        return FileAction.SAME, text
    if is_ours(make_digest(current), record.file):
        return FileAction.WRITE, text
    found, new = front_matter.parse(current), front_matter.parse(text)
    if found.body == new.body:
        return FileAction.SAME, current
    if found.faults or not is_ours(make_digest(found.body), record.body):
        return FileAction.KEEP, current
    metadata = dict(found.metadata)
    metadata |= {key: new.metadata[key] for key in _OF_BODY if key in new.metadata}
    return FileAction.WRITE, front_matter.write(found, metadata, new.body)
