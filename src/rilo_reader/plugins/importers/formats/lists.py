"""Read lists of JSON: wallabag, Pinboard, GoodLinks, Feedbin, Omnivore, Hypothesis, Pocket's.

Also what the interfaces of Raindrop, linkding, Readwise Reader and Pocket answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from urllib.parse import quote

from rilo_reader.parsers.json_reader import JsonReader, JsonShape
from rilo_reader.plugins.importers.fields import (
    FIELDS,
    KNOWN,
    LINKS,
    OMNIVORE,
    Style,
    find_style,
    fold_name,
    fold_names,
    make_row,
)
from rilo_reader.plugins.importers.formats.services import make_annotation
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    LeftOut,
    SavedArticle,
    make_all,
    make_highlight,
    number_all,
    to_text,
)

ANNOTATIONS = Style("Pocket", "url title highlights")
HYPOTHESIS = Style("Hypothesis", "uri target document")
_LISTS = frozenset(("bookmarks", "items", "results", "rows", "annotations", "links", "articles"))
_BESIDE = re.compile(r"[^/\\]{1,255}\Z")


def find_list(shape: JsonShape) -> Style | None:
    """Return the style of a list by the names in it; None if it does not have articles."""
    names = frozenset(map(fold_name, shape.inner))
    is_feed = {"version", "items"} <= shape.names  # JSON Feed
    if is_feed or not (shape.is_array or shape.names & _LISTS):
        return None
    has_more = names & {*FIELDS["title"], *FIELDS["saved"], *FIELDS["tags"]}
    is_list = names & set(FIELDS["url"]) and has_more and len(names & KNOWN) * 2 > len(names)
    own = (each for each in (ANNOTATIONS, HYPOTHESIS) if names.issuperset(each.needs.split()))
    return find_style(names) or next(own, LINKS if is_list else None)


def read_list(file: ExportFile, style: Style) -> Iterator[Found]:
    """Read a list of articles in this style, which may be the only member of an object."""
    reader = JsonReader(file.open_text())
    make: Callable[[str, Mapping[str, object]], Found]
    if style is OMNIVORE:
        make = partial(_read_omnivore, file=file)
    elif style is HYPOTHESIS:
        make = make_annotation
    else:
        make = partial(_read_row, style=style)
    for _ in reader.iter_members() if reader.peek() == "{" else (0,):
        yield from make_all(number_all("item", reader.iter_values()), make)


def _read_row(what: str, row: Mapping[str, object], style: Style) -> Found:
    return make_row(what, fold_names(row), style)


def _read_omnivore(what: str, one: Mapping[str, object], file: ExportFile) -> Found:
    """Make an article of its metadata, the page and the highlights beside it."""
    row = fold_names(one)
    slug = to_text(row.get("slug"))
    if not _BESIDE.match(slug):
        slug = quote(slug, safe="")
    page = file.read_text(f"content/{slug}.html")
    marks = file.read_text(f"highlights/{slug}.md")
    if file.read_beside(f"content/{slug}.pdf"):
        return LeftOut(f"{what}: {to_text(row.get('title'))}", "a PDF is not an article")
    found = make_row(what, row, OMNIVORE, page)
    if isinstance(found, SavedArticle) and marks:
        note, *quotations = re.split(r"(?:\A|\n\n)(?=> )", marks)
        parts = (each.partition("\n\n") for each in quotations)
        each = [make_highlight(re.sub(r"(?m)^> ?", "", one), note) for one, _, note in parts]
        found = found._replace(note=note.strip(), highlights=tuple(filter(None, each)))
    return found
