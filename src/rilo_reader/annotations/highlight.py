"""`Highlight` and `AnnotatedArticle`: what a user marked in an article, with notes (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from operator import itemgetter
from typing import NamedTuple

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.article import Article
from rilo_reader.text import clean_text

KINDS = 4  # of highlights, from 1; the settings name them
EXACT_LIMIT, CONTEXT_LIMIT, NOTE_LIMIT = 50_000, 2_000, 100_000  # code points
JSON_LIMIT = 400_000  # characters of the longest JSON that is read

_ID = re.compile("[0-9a-z]{8,64}")


class Highlight(NamedTuple):
    """A passage that the user marked, or a colleague."""

    id: str  # 8 to 64 lower-case letters and digits, given by who makes it; random
    anchor: Anchor
    kind: int = 1  # from 1 to KINDS
    note: str = ""  # what the user wrote about it, as `clean_note` leaves it
    made_at: datetime | None = None  # timezone-aware, or None where it is unknown
    owner: str = ""  # the name of the colleague who shares it; "" for the user's own


class AnnotatedArticle(NamedTuple):
    """An article with its highlights."""

    article: Article
    highlights: tuple[Highlight, ...] = ()  # in the order of the text; those that are lost last
    link: str = ""  # an address that opens the article, "" for the one of its web page


def to_json(highlight: Highlight) -> str:
    """Format a highlight as JSON without its id and note; with the time if that is given."""
    value = {**highlight.anchor._asdict(), "kind": highlight.kind}
    if highlight.made_at is not None:  # elsewhere, or before it was changed
        value["made"] = highlight.made_at.isoformat(timespec="seconds")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(
    identity: str, text: str, note: str = "", made: datetime | None = None
) -> Highlight | None:
    """Parse what `to_json` writes, beside the id; None for anything else.

    Where it has no time, it was `made` at the given one.
    Keys that are not known are passed over. Texts are cleaned, and a note that is too long is cut.
    """
    if len(text) > JSON_LIMIT or not _ID.fullmatch(identity):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    anchor = _parse_anchor(value) if isinstance(value, Mapping) else None
    kind = value.get("kind", 1) if anchor else 0
    if anchor is None or type(kind) is not int or not 1 <= kind <= KINDS:
        return None
    return Highlight(identity, anchor, kind, clean_note(note), _parse_time(value) or made)


def from_fields(fields: Iterable[tuple[str, str, int]]) -> tuple[Highlight, ...]:
    """The highlights of an article with their notes, the first made first.

    Its fields are (field, value, stamp): `highlight:ID` with JSON, `note:ID` with a text; a stamp
    has milliseconds since 1970 in its upper 48 of 64 bits.
    """
    passages: dict[str, tuple[int, str]] = {}
    notes: dict[str, str] = {}
    for field, value, stamp in fields:
        name, _, identity = field.partition(":")
        if name == "highlight":
            passages[identity] = stamp, value
        elif name == "note":
            notes[identity] = value
    found: list[Highlight] = []
    for identity, (stamp, value) in sorted(passages.items(), key=itemgetter(1)):
        made = datetime.fromtimestamp((stamp >> 16) / 1000, UTC) if stamp >> 16 else None
        highlight = from_json(identity, value, notes.get(identity, ""), made)
        if highlight is not None:
            found.append(highlight)
    return tuple(found)


def _parse_time(value: Mapping[str, object]) -> datetime | None:
    with suppress(ValueError, OverflowError):
        made = datetime.fromisoformat(str(value.get("made")))
        return made.astimezone(UTC) if made.tzinfo is not None else None
    return None


def _parse_anchor(value: Mapping[str, object]) -> Anchor | None:
    exact, start = value.get("exact"), value.get("start", 0)
    prefix, suffix = value.get("prefix", ""), value.get("suffix", "")
    if not (isinstance(exact, str) and isinstance(prefix, str) and isinstance(suffix, str)):
        return None
    exact, prefix, suffix = clean_text(exact).strip(), clean_text(prefix), clean_text(suffix)
    if not 0 < len(exact) <= EXACT_LIMIT or max(len(prefix), len(suffix)) > CONTEXT_LIMIT:
        return None
    if type(start) is not int or not 0 <= start < 1 << 31:
        return None
    return Anchor(exact, prefix, suffix, start)


def clean_note(note: str) -> str:
    """Clean a note: without spaces at the ends of lines, at most NOTE_LIMIT long. Idempotent."""
    lines = clean_text(note[: 2 * NOTE_LIMIT]).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()[:NOTE_LIMIT].rstrip()
