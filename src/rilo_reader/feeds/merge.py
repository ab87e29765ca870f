"""What becomes of an article's file when its entry has changed (pure)."""

from __future__ import annotations

from enum import Enum, auto
from hashlib import blake2b
from typing import NamedTuple

from rilo_reader.entry import Entry
from rilo_reader.feeds.ledger import ArticleRecord

DIGEST = 16


class Action(Enum):
    """What is done with a file."""

    WRITE = auto()
    """It is written: new, or in the place of what we wrote."""
    SAME = auto()
    """It says already what it should."""
    KEEP = auto()
    """The user has changed its text: that stays."""
    GONE = auto()
    """The user has deleted it: it does not come back."""


class Decision(NamedTuple):
    """What is done with a file, and its whole new text where it is written."""

    fate: Action
    text: str = ""


def digest(text: str) -> bytes:
    """A digest of a text, to know it by."""
    return blake2b(text.encode(errors="replace"), digest_size=DIGEST).digest()


def body_in(text: str) -> str:
    """The body of a file's text."""
    # Our own front matter has no text of several lines, so its end is where such a line stands.
    if text.startswith("+++\n") and '"""' not in text and "'''" not in text:
        return text.partition("\n+++\n\n")[2].lstrip("\n")
    from rilo_reader.store.front_matter import parse

    return parse(text).body


def said_by(entry: Entry, source: str, full_text: bool = False) -> bytes:
    """A digest of all that an entry says, of its source, and of whether its page counts too."""
    # As before there was `date_only`, where it says nothing: else every file would be looked at.
    said = entry if entry.date_only else entry[: Entry._fields.index("date_only")]
    return digest(repr((source, full_text, *said)))


def is_ours(text_digest: bytes, known: bytes) -> bool:
    """Whether a digest is among those that a record holds, one after the other."""
    places = range(0, len(known), DIGEST)
    return any(known[place : place + DIGEST] == text_digest for place in places)


def decide(record: ArticleRecord, current: str | None, text: str) -> Decision:
    """What to do with the file of an article that is known.

    A file whose text is what we wrote gets the new text. Where only its front matter is another
    (tags that the user added), that stays, and the new body and `updated` go in. Where its body
    is another, the file stays as it is.

    Args:
        record: what we know of the article.
        current: its file's text now, None where there is none.
        text: what we would write.
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
