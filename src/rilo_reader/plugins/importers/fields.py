"""Make articles of rows with named fields, of tables and of lists in JSON (pure).

Programs name alike what they mean alike: `created`, `created_at`, `addedAt` and `Saved date` are
when it was saved. A `Style` says what is particular to one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rilo_reader.plugins.importers.saved import (
    Found,
    LeftOut,
    make_saved,
    split_tags,
    to_flag,
    to_list,
    to_text,
)

URL = (
    *("sourceurl", "resolvedurl", "givenurl", "url", "href", "link", "uri", "address"),
    *("articleurl", "canonicalurl", "originalurl"),
)
TITLE = ("title", "name", "articletitle", "resolvedtitle", "giventitle")
TEXT = ("content", "html")
SAVED = (
    *("timeadded", "timestamp", "created", "createdat", "saveddate", "savedat", "addedat", "time"),
    *("dateadded", "added", "datesaved", "lastinteractiondate", "creationdate", "date"),
)
PUBLISHED = ("publishedat", "published", "articlepubdate", "publisheddate")
TAGS, FOLDER = ("tags", "labels", "documenttags", "tagnames"), ("folder", "collection")
READ = ("isarchived", "archived", "archive", "isread", "read", "readat")
UNREAD = ("toread", "unread", "inqueue")
STATE = ("status", "state", "location", "folder")
STARRED = (
    *("isstarred", "isfav", "starred", "favorite", "favorited", "isfavorite", "ismarked"),
    "important",
)
SUMMARY = ("excerpt", "selection", "summary", "extended", "description")
NOTE = ("note", "notes", "comment")
AUTHORS = ("author", "authors", "publishedby")
_REST = ("id", "type", "language", "lang", "domain", "cover", "highlights")
KNOWN = frozenset(
    (
        *(
            *URL,
            *TITLE,
            *TEXT,
            *SAVED,
            *PUBLISHED,
            *TAGS,
            *FOLDER,
            *READ,
            *UNREAD,
            *STATE,
            *STARRED,
        ),
        *(*SUMMARY, *NOTE, *AUTHORS, *_REST),
    )
)
_STATES = {
    **dict.fromkeys(("archive", "archived", "read"), True),
    **dict.fromkeys(("unread", "active", "new", "later", "inbox", "shortlist", "unknown"), False),
}
_MARK = re.compile(
    r"(?:\A|\n)Highlight:(?P<quote>.*?)(?:\nNote:(?P<note>.*?))?(?=\nHighlight:|\Z)", re.S
)


class Style(NamedTuple):
    """The particulars of the rows of one program."""

    name: str = ""
    needs: frozenset[str] = frozenset()  # names of fields that show it
    separator: str = ","  # of tags in one text
    is_read: bool | None = None  # where a row does not say
    is_starred: bool = False  # all of them are
    html_title: bool = False
    title: tuple[str, ...] = TITLE
    lacks: str = ""  # what it did not export, a sentence


def fold_name(name: object) -> str:
    """Return the name of a field without case and signs: "Saved date" and "saved_date" alike."""
    return re.sub(r"[\W_]", "", to_text(name)[:100].lower())


def fold_names(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row by its folded names."""
    return {fold_name(name): value for name, value in row.items()}


def make_row(what: str, row: Mapping[str, object], style: Style, content: object = "") -> Found:
    """Make an article of a row with folded names; `content` is its text, if that is elsewhere."""

    def first(names: tuple[str, ...]) -> object:
        return next((row[each] for each in names if row.get(each) not in (None, "")), "")

    if row.get("location") == "feed":
        return LeftOut(
            f"{what}: {to_text(first(style.title))}", "a feed brought it; it was not saved"
        )
    tags = list(split_tags(first(TAGS), style.separator))
    folder = to_text(first(FOLDER))
    favorites = [
        each for each in tags if to_text(each).strip().lower() in ("favorite", "favorites")
    ]
    body = content or ("" if row.get("isnotparsed") is True else first(TEXT))
    if "wallabag can't retrieve contents" in to_text(body)[:200]:
        body = ""
    return make_saved(
        what,
        url=first(URL),
        title=first(style.title),
        html_title=style.html_title,
        saved=first(SAVED),
        published=first(PUBLISHED),
        tags=[each for each in tags if each not in favorites],
        folder=folder,
        read=_find_read(row, style),
        starred=style.is_starred
        or any(to_flag(row.get(each)) for each in STARRED)
        or bool(favorites)
        or folder == "Starred",
        content=body,
        summary=first(SUMMARY) if style.title == TITLE else row.get("extended", ""),
        note=first(NOTE),
        authors=first(AUTHORS),
        lang=first(("language", "lang")),
        highlights=_find_highlights(first(("highlights", "annotations"))),
    )


def _find_read(row: Mapping[str, object], style: Style) -> bool | None:
    states = (_STATES.get(to_text(row.get(each)).strip().lower()) for each in STATE)
    said = [state for state in states if state is not None]
    said += [flag for each in READ if (flag := to_flag(row.get(each))) is not None]
    said += [not flag for each in UNREAD if (flag := to_flag(row.get(each))) is not None]
    return any(said) if said else style.is_read


def _find_highlights(value: object) -> Iterator[tuple[object, object]]:
    """Yield the quotations and notes of a list, or of a text as Raindrop writes it."""
    for each in to_list(value):
        if isinstance(each, dict):
            names = ("quote", "text") if "quote" in each else ("text", "note")
            yield each.get(names[0]), each.get(names[1])
    for mark in _MARK.finditer(to_text(value)):
        yield mark["quote"].strip(), (mark["note"] or "").strip()
