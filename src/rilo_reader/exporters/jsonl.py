"""JSON lines: one article a line, and back again without loss (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from rilo_reader.entry import NotReadableError, readable
from rilo_reader.exporters.values import Exported
from rilo_reader.text import clean_line, clean_text

LINE_LIMIT = 64_000_000
"""Characters of a line that is still read as an article."""


class Record(NamedTuple):
    """An article of a JSON line.

    Attributes:
        text: its file's whole text, exactly.
        id: its identity.
        path: where its file was, relative to its library; not to be trusted.
        read: whether it was read.
        starred: whether it was starred.
        own_tags: the user's own tags.
        date: the article's, in seconds since 1970; None where it is not told.
    """

    text: str
    id: str
    path: str
    read: bool = False
    starred: bool = False
    own_tags: tuple[str, ...] = ()
    date: float | None = None


def line_of(exported: Exported) -> str:
    """One article as one line of JSON, without the line's end.

    `head` and `body` are its file, character for character; the rest says the same for programs
    that know nothing of front matter.
    """
    article, marks = exported.article, exported.marks
    date = article.date.date() if article.date_only else article.date
    record: dict[str, object] = {
        "id": article.id,
        "path": article.path,
        "title": article.title,
        "date": date.isoformat(),
        "updated": article.updated.isoformat() if article.updated else None,
        "source": article.source,
        "url": article.url,
        "authors": list(article.authors),
        "tags": list(article.tags),
        "own_tags": list(marks.tags),
        "lang": article.lang,
        "summary": article.summary,
        "draft": article.draft,
        "read": marks.read,
        "starred": marks.starred,
        "head": exported.head,
        "body": exported.text[len(exported.head) :],
    }
    text = json.dumps(record, ensure_ascii=False)
    # Controls, and halves of surrogate pairs, mean the same escaped and steer no terminal.
    if clean_text(text) != text:
        text = json.dumps(record, ensure_ascii=True).replace("\x7f", "\\u007f")
    return text


def records(lines: Iterator[str]) -> Iterator[Record | str]:
    """The articles of JSON lines; for a line that is none, a sentence that says which and why."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            with readable():
                record = _record(line)
            yield record
        except NotReadableError as error:
            yield f"line {number}: {error.reason}"


def _record(line: str) -> Record:
    if len(line) > LINE_LIMIT:
        raise NotReadableError("it is too long for an article.")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise NotReadableError("it is no JSON.") from None
    if not isinstance(value, Mapping):
        raise NotReadableError("it is no article.")
    head, body = value.get("head", ""), value.get("body")
    identity, path = value.get("id"), value.get("path", "")
    texts = (head, body, identity, path)
    if not all(isinstance(text, str) for text in texts) or not identity:
        raise NotReadableError("it is no article: id and body are wanted, as text.")
    tags = value.get("own_tags")
    return Record(
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
        date=_seconds(value.get("date")),
    )


def _seconds(value: object) -> float | None:
    """A date in seconds since 1970, None where it is none."""
    try:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
