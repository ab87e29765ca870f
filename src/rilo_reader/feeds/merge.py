"""Decide what to do with the file of an article whose entry has changed (pure)."""

from __future__ import annotations

from enum import Enum, auto
from hashlib import blake2b
from typing import NamedTuple

from rilo_reader.entry import Entry
from rilo_reader.feeds.ledger_records import ArticleRecord

DIGEST = 16


class Action(Enum):
    """What to do with a file."""

    WRITE = auto()
    """Write it: it is new, or unchanged by the user."""
    SAME = auto()
    """Nothing: it is up to date."""
    KEEP = auto()
    """Keep it: the user has changed its text."""
    GONE = auto()
    """Nothing: the user has deleted it, so it is not created again."""


class Decision(NamedTuple):
    """What to do with a file, and its new text if it is written."""

    action: Action
    text: str = ""


def digest(text: str) -> bytes:
    """Return a digest of a text."""
    return blake2b(text.encode(errors="replace"), digest_size=DIGEST).digest()


def body_in(text: str) -> str:
    """Return the body in the text of a file."""
    # Our front matter has no multi-line strings, so the first delimiter line ends it.
    if text.startswith("+++\n") and '"""' not in text and "'''" not in text:
        return text.partition("\n+++\n\n")[2].lstrip("\n")
    from rilo_reader.store.front_matter import parse

    return parse(text).body


def content_hash(entry: Entry, source: str, full_text: bool = False) -> bytes:
    """Return a digest of an entry, its source, and whether its page counts too."""
    # Without `date_only` where it is the default: digests from before it existed stay valid.
    fields = entry if entry.date_only else entry[: Entry._fields.index("date_only")]
    return digest(repr((source, full_text, *fields)))


def is_ours(text_digest: bytes, known: bytes) -> bool:
    """Return whether a digest is among the concatenated digests of a record."""
    offsets = range(0, len(known), DIGEST)
    return any(known[offset : offset + DIGEST] == text_digest for offset in offsets)


def decide(record: ArticleRecord, current: str | None, text: str) -> Decision:
    """Decide what to do with the file of a known article.

    A file as we wrote it gets the new text. If only its front matter was changed (such as tags
    added by the user), this is kept, and the body and `updated` are replaced. If its body was
    changed, the file is left alone.

    Args:
        record: the record of the article.
        current: the current text of its file, None if there is none.
        text: the new text.
    """
    if current is None:
        return Decision(Action.GONE) if record.done else Decision(Action.WRITE, text)
    if current == text:
        return Decision(Action.SAME)
    if is_ours(digest(current), record.file):
        return Decision(Action.WRITE, text)
    from rilo_reader.store.front_matter import parse, write

    own, new = parse(current), parse(text)
    if own.faults or not is_ours(digest(own.body), record.body):
        return Decision(Action.SAME if own.body == new.body else Action.KEEP)
    if own.body == new.body:
        return Decision(Action.SAME)
    metadata = dict(own.metadata)
    if "updated" in new.metadata:
        metadata["updated"] = new.metadata["updated"]
    return Decision(Action.WRITE, write(own._replace(metadata=metadata, body=new.body)))
