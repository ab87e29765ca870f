"""Read lists of JSON: wallabag, Pinboard, GoodLinks, Feedbin, Omnivore, Hypothesis, Pocket's.

Also what the interfaces of Raindrop, linkding, Readwise Reader and Pocket answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

from rilo_reader.parsers.json_reader import JsonReader, JsonShape
from rilo_reader.plugins.importers.fields import (
    KNOWN,
    SAVED,
    TAGS,
    TITLE,
    URL,
    Style,
    fold_name,
    fold_names,
    make_row,
)
from rilo_reader.plugins.importers.formats.services import make_annotation
from rilo_reader.plugins.importers.readwise import make_highlight
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    LeftOut,
    SavedArticle,
    make_safely,
    to_dict,
    to_text,
)

OMNIVORE = Style("Omnivore", frozenset(("slug", "state", "savedat", "labels")), is_read=False)
STYLES = (
    OMNIVORE,
    Style("wallabag", frozenset(("isarchived", "isstarred")), html_title=True, is_read=False),
    Style("wallabag", frozenset(("isread", "isfav")), html_title=True, is_read=False),
    Style("Pinboard", frozenset(("href", "toread")), " ", title=("description",)),
    Style("Delicious", frozenset(("href", "private", "others")), title=("description", "title")),
    Style("GoodLinks", frozenset(("url", "addedat")), is_read=False),
    Style("Feedbin", frozenset(("content", "url", "published", "createdat")), is_starred=True),
    Style("Pocket", frozenset(("url", "title", "highlights")), is_read=None),
)
HYPOTHESIS = Style("Hypothesis", frozenset(("uri", "target", "document")))
LINKS = Style("Links")
_LISTS = frozenset(("bookmarks", "items", "results", "rows", "annotations", "links", "articles"))
_BESIDE = re.compile(r"[^/\\]{1,255}\Z")


def find_style(shape: JsonShape) -> Style | None:
    """Return the style of a list by the names in it; None if it does not have articles."""
    names = frozenset(map(fold_name, shape.inner))
    is_feed = {"version", "items"} <= shape.names  # JSON Feed
    if is_feed or not (shape.is_array or shape.names & _LISTS):
        return None
    for style in (*STYLES, HYPOTHESIS):
        if style.needs <= names:
            return style
    has_more = names & {*TITLE, *SAVED, *TAGS}
    is_list = names & set(URL) and has_more and len(names & KNOWN) * 2 > len(names)
    return LINKS if is_list else None


def read_list(file: ExportFile, style: Style) -> Iterator[Found]:
    """Read a list of articles in this style, which may be the only member of an object."""
    reader = JsonReader(file.open_text())
    if reader.peek() != "{":
        yield from _read_elements(reader, file, style)
        return
    for _ in reader.iter_members():
        yield from _read_elements(reader, file, style)


def _read_elements(reader: JsonReader, file: ExportFile, style: Style) -> Iterator[Found]:
    for number in reader.iter_elements():
        value, what = reader.read_value(), f"item {number}"
        row = fold_names(to_dict(value))
        make = partial(make_row, what, row, style)
        if style is OMNIVORE:
            make = partial(_read_omnivore, what, row, file)
        elif style is HYPOTHESIS:
            make = partial(make_annotation, what, row)
        yield make_safely(what, make)


def _read_omnivore(what: str, row: dict[str, object], file: ExportFile) -> Found:
    """Make an article of its metadata, the page and the highlights beside it."""
    slug = to_text(row.get("slug"))
    if not _BESIDE.match(slug):
        slug = quote(slug, safe="")
    page, marks = (
        file.read_beside(path).decode(errors="replace")
        for path in (f"content/{slug}.html", f"highlights/{slug}.md")
    )
    if file.read_beside(f"content/{slug}.pdf"):
        return LeftOut(f"{what}: {to_text(row.get('title'))}", "a PDF is not an article")
    found = make_row(what, row, OMNIVORE, page)
    if isinstance(found, SavedArticle) and marks:
        note, *quotations = re.split(r"(?:\A|\n\n)(?=> )", marks)
        parts = (each.partition("\n\n") for each in quotations)
        each = [make_highlight(re.sub(r"(?m)^> ?", "", one), note) for one, _, note in parts]
        found = found._replace(note=note.strip(), highlights=tuple(filter(None, each)))
    return found
