"""Format articles as JSON lines, and parse them again without loss (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from rilo_reader.annotations.highlight import Highlight, from_json
from rilo_reader.article import FIELDS
from rilo_reader.dates import iso_date
from rilo_reader.dialects import DIALECT_NAMES
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.plugins.exporters.formats import ExportArticle
from rilo_reader.text import clean_line, clean_text, json_text

LINE_LIMIT = 64_000_000
"""Characters of the longest line that is parsed."""


class ExportRecord(NamedTuple):
    """An article parsed from a JSON line."""

    text: str  # of its whole file
    id: str
    path: str  # in its library; not trusted
    read: bool = False
    starred: bool = False
    own_tags: tuple[str, ...] = ()
    date: float | None = None  # seconds since 1970
    highlights: tuple[Highlight, ...] = ()
    dialect: str = ""  # the name of that of its text, "" if nothing told


def format_line(exported: ExportArticle) -> str:
    """Format an article as one line of JSON, without the line end.

    `head + body` is the exact text of its file; the other keys are for programs that do not parse
    front matter.
    """
    article, marks = exported.article, exported.marks
    record: dict[str, object] = {
        "id": article.id,
        "path": article.path,
        "title": article.title,
        "date": iso_date(article.date, article.date_only),
        "updated": article.updated.isoformat() if article.updated else None,
        **{one.name: getattr(article, one.name) for one in FIELDS},
        "enclosures": [one._asdict() for one in article.enclosures],
        "comments": article.comments,
        "own_tags": marks.tags,
        "summary": article.summary,
        "draft": article.draft,
        "dialect": article.dialect,
        "read": marks.read,
        "starred": marks.starred,
        "highlights": [_make_highlight_record(each) for each in exported.highlights],
        "head": exported.head,
        "body": exported.text[len(exported.head) :],
    }
    return json_text(record)


def _make_highlight_record(highlight: Highlight) -> dict[str, object]:
    return {
        "id": highlight.id,
        **highlight.anchor._asdict(),
        "kind": highlight.kind,
        "note": highlight.note,
        "made": highlight.made_at.isoformat(timespec="seconds") if highlight.made_at else None,
    }


def parse_records(lines: Iterator[str]) -> Iterator[ExportRecord | str]:
    """Parse JSON lines; for an invalid line, yield a sentence with its number and the reason."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            with parser_errors():
                record = _parse_record(line)
            yield record
        except NotReadableError as error:
            yield f"line {number}: {error.reason}"


def _parse_record(line: str) -> ExportRecord:
    if len(line) > LINE_LIMIT:
        raise NotReadableError("it is too long for an article.")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise NotReadableError("it is not JSON.") from None
    if not isinstance(value, Mapping):
        raise NotReadableError("it is not an article.")
    head, body = value.get("head", ""), value.get("body")
    identity, path = value.get("id"), value.get("path", "")
    texts = (head, body, identity, path)
    if not all(isinstance(text, str) for text in texts) or not identity:
        raise NotReadableError("it is not an article: id and body must be strings.")
    tags = value.get("own_tags")
    return ExportRecord(
        text=f"{head}{body}",
        id=clean_text(str(identity)),
        path=clean_line(str(path), 4000),
        read=value.get("read") is True,
        starred=value.get("starred") is True,
        own_tags=tuple(
            clean_line(tag, 200) for tag in tags if isinstance(tag, str) and clean_line(tag, 200)
        )
        if isinstance(tags, list)
        else (),
        date=_parse_seconds(value.get("date")),
        highlights=_parse_highlights(value.get("highlights")),
        dialect=DIALECT_NAMES.get(str(value.get("dialect", "")).lower(), ""),
    )


def _parse_highlights(value: object) -> tuple[Highlight, ...]:
    """The valid ones of exported highlights."""
    found: list[Highlight] = []
    for each in value if isinstance(value, list) else []:
        if isinstance(each, Mapping):
            identity, note = each.get("id"), each.get("note")
            texts = (identity if isinstance(identity, str) else "", json.dumps(each))
            highlight = from_json(*texts, note if isinstance(note, str) else "")
            found += [highlight] if highlight is not None else []
    return tuple(found)


def _parse_seconds(value: object) -> float | None:
    """A date in seconds since 1970, or None."""
    try:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
