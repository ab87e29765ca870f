"""Make articles of rows with named fields, of tables, lists in JSON and whatever else (pure).

Programs name alike what they mean alike: `created`, `created_at`, `addedAt` and `Saved date` are
when it was saved. A `Style` says what is particular to one. No value of a row is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from rilo_reader.entry import Entry, Form
from rilo_reader.parsers.elements import content_text, to_plain_line
from rilo_reader.plugins.importers.saved import (
    UNSORTED,
    Found,
    LeftOut,
    SavedArticle,
    clean_lines,
    make_highlight,
    make_link,
    parse_moment,
    split_tags,
    to_flag,
    to_list,
    to_text,
)
from rilo_reader.text import clean_line, clean_text

TAGS_LIMIT, AUTHORS_LIMIT, HIGHLIGHTS_LIMIT = 100, 20, 10_000
TEXT_LIMIT = 16_000_000  # characters of a text
FIELDS = {
    field: names.split()
    for field, names in {
        "url": "sourceurl resolvedurl givenurl url href link uri address articleurl canonicalurl "
        "originalurl",
        "title": "title name articletitle resolvedtitle giventitle",
        "described": "description title",  # of programs whose description is the title
        "text": "content html body",
        "saved": "timeadded timestamp created createdat saveddate savedat addedat time dateadded "
        "added datesaved lastinteractiondate creationdate date",
        "published": "publishedat published articlepubdate publisheddate pubdate",
        "tags": "tags labels documenttags tagnames",
        "folder": "folder collection",
        "read": "isarchived archived archive isread read readat",
        "unread": "toread unread inqueue",
        "state": "status state location folder",
        "starred": "isstarred isfav starred favorite favorited isfavorite ismarked marked "
        "important",
        "summary": "excerpt selection summary extended description",
        "extended": "extended",
        "note": "note notes comment comments",
        "authors": "author authors publishedby",
        "lang": "language lang",
        "highlights": "highlights annotations",
        "key": "guid",
        "categories": "categories",
        "feed": "feedurl",
        "source": "feedtitle",
        "": "id type domain cover",
    }.items()
}
MADE = frozenset(("created", "createdat", "addedon", "highlightedat", "highlighteddate"))
KNOWN = frozenset(name for names in FIELDS.values() for name in names)
_STATES = {
    **dict.fromkeys(("archive", "archived", "read"), True),
    **dict.fromkeys(("unread", "active", "new", "later", "inbox", "shortlist", "unknown"), False),
}
_MARK = re.compile(
    r"(?:\A|\n)Highlight:(?P<quote>.*?)(?:\n(?:Note|Sticky notes?):(?P<note>.*?))?"
    r"(?=\nHighlight:|\Z)",
    re.DOTALL,
)
_LETTER = re.compile(r"(?:instapaper-private|mailto:reader-forwarded-email)\b")
_NO_PAGE = re.compile(r"(?i)https?://omnivore\.app/no_url\b")
_NO_LINK = re.compile(r"(?i)[a-z][a-z0-9+.-]*:")
_SCHEMES = {
    "javascript": "it is a script, not a page",
    "data": "its page is in the address itself, not on the web",
    "place": "it is a search of Firefox, not a page",
    **dict.fromkeys(("about", "chrome", "edge", "vivaldi"), "it is a page of the browser itself"),
    "ftp": "it is on an FTP server, which browsers no longer open either",
    "file": "it is a file of a computer: import the file itself",
}
_NO_TAG = frozenset({"no_tag"}) | UNSORTED
_NO_FOLDER = frozenset({"", "unread", "archive", "starred"})
_NO_TITLE = frozenset({"no title found", "untitled", "null"})


class Style(NamedTuple):
    """The particulars of the rows of one program."""

    name: str = ""
    needs: str = ""  # folded names of fields that show it
    separator: str = ","  # of tags in one text
    is_read: bool | None = None  # where a row does not say
    is_starred: bool = False  # all of them are
    has_favorites: bool = False  # the tag "favorite" is a star
    html_title: bool = False
    title: str = "title"  # the field of it
    form: Form = Form.HTML
    lacks: str = ""  # what it did not export, a sentence


# fmt: off
OMNIVORE = Style("Omnivore", "slug state savedat labels", is_read=False, has_favorites=True)
_STYLES = (
    Style("Pocket", "url timeadded status", "|",
        is_read=False, lacks="Pocket's favourites and texts are not in its export."),
    Style("Raindrop", "url folder excerpt created favorite",
        lacks="Raindrop does not say what you have read."),
    Style("Diigo", "url tags description comments annotations createdat",
        lacks="Diigo does not say what you have read."),
    Style("Instapaper", "url title selection folder",
        lacks="Instapaper's highlights are not in its table, and what is starred or in a folder "
        "does not say whether you read it."),
    Style("Readwise Reader", "documenttags saveddate location", is_read=False, has_favorites=True),
    Style("Readeck", "url labels isarchived ismarked", is_read=False),
    Style("Matter", "url lastinteractiondate", ";", is_read=False),
    Style("wallabag", "url content mimetype creationdate"),
    Style("mymind", "type title url content note created"),
    OMNIVORE,
    Style("wallabag", "isarchived isstarred", is_read=False, html_title=True),
    Style("wallabag", "isread isfav", is_read=False, html_title=True),
    Style("Pinboard", "href toread", " ", title="described"),
    Style("Delicious", "href private others", title="described"),
    Style("GoodLinks", "url addedat", is_read=False),
    Style("Nextcloud News", "guid url pubdate unread starred feedlink"),
    Style("References", "id type title issued"),
    Style("Feedbin", "id title author content url published createdat", is_starred=True),
)
LINKS = Style("Links")
# fmt: on


def find_style(names: frozenset[str]) -> Style | None:
    """Return the style of rows with these folded names; None if they are of no program here."""
    return next((style for style in _STYLES if names.issuperset(style.needs.split())), None)


def fold_name(name: object) -> str:
    """Return the name of a field without case and signs: "Saved date" and "saved_date" alike."""
    return re.sub(r"[\W_]", "", to_text(name)[:100].lower())


def fold_names(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row by its folded names."""
    return {fold_name(name): value for name, value in row.items()}


def make_row(
    what: str,
    row: Mapping[str, object],
    style: Style,
    content: str = "",
    pictures: tuple[tuple[str, bytes], ...] = (),
) -> Found:
    """Make an article of a row with folded names; `what` is its place in the file.

    `content` is its text, if that is elsewhere.
    """

    def first(field: str) -> object:
        return next((row[each] for each in FIELDS[field] if row.get(each) not in (None, "")), "")

    def clean_field(field: str) -> str:
        return clean_text(to_text(first(field))[:TEXT_LIMIT]).strip()

    given, title = to_text(first("url")).strip(), to_text(first(style.title))
    link = "" if _NO_PAGE.match(given) else make_link(given)
    name = to_plain_line(title) if style.html_title else clean_line(title[:5000])
    is_named = bool(name) and name != given and name.casefold() not in _NO_TITLE
    shown = f"{what}: {clean_line(name or given, 80)}" if name or given else what
    if row.get("location") == "feed":
        return LeftOut(shown, "a feed brought it; it was not saved")
    text = content or ("" if row.get("isnotparsed") is True else to_text(first("text")))
    is_failure = "wallabag can't retrieve contents" in text[:200]
    body = "" if is_failure else content_text(text[:TEXT_LIMIT])
    summary = clean_field("extended" if style.title == "described" else "summary")
    rest = _MARK.sub("", to_text(first("highlights")))  # annotations that quote nothing
    note = "\n\n".join(filter(None, (clean_field("note"), clean_text(rest).strip())))
    quotes = islice(_find_highlights(first("highlights")), HIGHLIGHTS_LIMIT)
    marks = filter(
        None, (make_highlight(to_text(q), to_text(word), day) for q, word, day in quotes)
    )
    highlights = tuple(dict.fromkeys(marks))
    has_text = bool(body or summary or note or highlights)
    if not link and given and _NO_LINK.match(given) and not _LETTER.match(given) and not body:
        scheme = given.partition(":")[0].lower()
        return LeftOut(shown, _SCHEMES.get(scheme, "it has no web address"))
    if not link and not has_text and not (is_named and _LETTER.match(given)):
        return LeftOut(shown, "it has neither a web address nor a text")
    folder = re.sub(r"\s*/\s*", "/", to_text(first("folder")).strip(" /"))
    is_tag = folder.casefold() not in _NO_FOLDER
    tags = clean_lines([*split_tags(first("tags"), style.separator), folder if is_tag else ""])
    stars = {tag.casefold() for tag in tags if style.has_favorites and tag.casefold() in _FAVORITES}
    is_marked = any(to_flag(row.get(each)) for each in FIELDS["starred"])
    return SavedArticle(
        Entry(
            key=clean_line(to_text(first("key")), 2000),
            url=link,
            title=name if is_named else "",
            date=parse_moment(first("published")),
            authors=clean_lines(first("authors"))[:AUTHORS_LIMIT],
            tags=clean_lines(first("categories"))[:TAGS_LIMIT],
            lang=clean_line(to_text(first("lang")), 35),
            summary=summary,
            content=body,
            form=style.form,
            base=link,
        ),
        shown,
        parse_moment(first("saved")),
        tuple(tag for tag in tags if tag.casefold() not in _NO_TAG | stars)[:TAGS_LIMIT],
        _find_read(row, style),
        style.is_starred or is_marked or bool(stars) or folder == "Starred",
        note,
        highlights,
        pictures,
        make_link(to_text(first("feed"))),
        clean_line(to_text(first("source")), 100),
    )


_FAVORITES = frozenset({"favorite", "favorites"})


def _find_read(row: Mapping[str, object], style: Style) -> bool | None:
    states = (_STATES.get(to_text(row.get(each)).strip().lower()) for each in FIELDS["state"])
    said = [state for state in states if state is not None]
    said += [flag for each in FIELDS["read"] if (flag := to_flag(row.get(each))) is not None]
    said += [not flag for each in FIELDS["unread"] if (flag := to_flag(row.get(each))) is not None]
    return any(said) if said else style.is_read


def _find_highlights(value: object) -> Iterator[tuple[object, object, object]]:
    """Yield quotations, notes and days of a list, or of a text as Raindrop writes it."""
    for each in to_list(value):
        if isinstance(each, dict):
            names = ("quote", "text") if "quote" in each else ("text", "note")
            days = (value for name, value in each.items() if fold_name(name) in MADE)
            yield each.get(names[0]), each.get(names[1]), next(days, None)
    for mark in _MARK.finditer(to_text(value)):
        yield mark["quote"].strip(), (mark["note"] or "").strip(), None
