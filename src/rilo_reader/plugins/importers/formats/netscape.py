"""Read bookmarks as pages: of every browser, Pinboard, linkding, Shaarli, Readeck, Pocket.

Nothing is closed in such a page, so it is walked tag by tag: a heading opens a folder, `</DL>` ends
it, and what follows a link or `<DD>` is its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from rilo_reader.html.tags import iter_tags_and_texts, parse_attributes
from rilo_reader.parsers.elements import to_plain_line
from rilo_reader.plugins.importers.fields import Style, make_row
from rilo_reader.plugins.importers.saved import ExportFile, Found, make_link, name_feed

TEXT_LIMIT, DEPTH_LIMIT = 100_000, 50  # characters of a text, folders in folders
_TEXTS = ("title", "about", "heading")
_ARCHIVED = "linkding:bookmarks.archived"
_NETSCAPE = re.compile(r"(?i)\s*<!DOCTYPE NETSCAPE-Bookmark-file|\s*<DL>\s*<p>\s*<DT>")
_POCKET = re.compile(r"(?i)<title>\s*Pocket Export\b|<a [^>]*\btime_added=")
_NOTES = re.compile(r"\[linkding-notes\](.*?)\[/linkding-notes\]", re.DOTALL)
_TAGS = re.compile(r"(?i)(?<![\w-])tags\s*=\s*\"([^\"]*)\"")
_OWN_FOLDER = re.compile(r"(?i)personal_toolbar_|unfiled_bookmarks_|com\.apple\.ReadingList")
_STATES = {  # the headings of a program that are no folders
    "Pocket": {"Unread": "unread", "Read Archive": "read"},
    "Readeck": {"Archived": "read", "Favorite": "starred", "Uncategorized": "unread"},
}
_QUOTE_TAG = re.compile(r"</?blockquote>")  # Pinboard's, around what was marked on the page


def is_bookmarks(text: str) -> bool:
    """Return whether a page is one of bookmarks."""
    return bool(_NETSCAPE.match(text) or _POCKET.search(text))


def name_bookmarks(text: str) -> str:
    """Return the name of what wrote a page of bookmarks."""
    found = re.search(r"(?i)<(?:title|h1)>\s*(Pocket|Readeck|Pinboard|Shaarli)\b", text)
    return found[1] if found else "Bookmarks"


def read_bookmarks(file: ExportFile) -> Iterator[Found]:
    """Read a page of bookmarks."""
    walker = _Walker(name_bookmarks(file.open_text().read(TEXT_LIMIT)))
    for tag, text in iter_tags_and_texts(file.open_text()):
        yield from walker.read_tag(tag, text)
    yield from walker.end_link()


class _Walker:
    """The folders that are open, and the link whose text is read."""

    def __init__(self, program: str) -> None:
        self._has_quote_tags = program == "Pinboard"
        self._states = _STATES.get(program, {})
        self._folders: list[str] = []
        self._heading = ""  # of the next folder
        self._link: tuple[str, str, tuple[str, ...]] | None = None  # place, attributes, folders
        self._into = ""  # what the text belongs to: "title", "about", "heading" or nothing
        self._number, self._texts = 0, dict.fromkeys(_TEXTS, "")

    def read_tag(self, tag: re.Match[str], text: str) -> Iterator[Found]:
        """Read a tag and the text after it."""
        start, end = (tag["start"] or "").lower(), (tag["end"] or "").lower()
        if start in ("a", "h1", "h3", "dt", "hr") or end == "dl":
            yield from self.end_link()
        if start == "a":
            self._number, self._into = self._number + 1, "title"
            self._link = f"link {self._number}", tag["inside"], tuple(self._folders)
        elif start in ("h1", "h3"):
            self._heading, self._into = tag["inside"], "heading"
        elif start == "dd" and self._link:
            self._into = "about"
        elif end in ("h1", "h3"):
            self._end_heading(end)
        elif end == "a":
            self._into = ""
        elif start == "dl" and len(self._folders) < DEPTH_LIMIT:
            self._folders, self._heading = [*self._folders, self._heading], ""
        elif end == "dl" and self._folders:
            self._folders.pop()
        if self._into and len(self._texts[self._into]) < TEXT_LIMIT:
            is_written = self._into == "title" and start != "a"  # "<" of a title is not escaped
            self._texts[self._into] += (tag[0] if is_written else "") + text[:TEXT_LIMIT]

    def _end_heading(self, end: str) -> None:
        name = "" if _OWN_FOLDER.search(self._heading) else self._texts["heading"]
        self._heading = to_plain_line(name)
        self._into, self._texts["heading"] = "", ""
        if end == "h1":
            self._folders, self._heading = [self._heading] * (self._heading in self._states), ""

    def end_link(self) -> Iterator[Found]:
        """Yield the link that is open, with the text that came since."""
        link, texts = self._link, self._texts
        self._link, self._into, self._texts = None, "", dict.fromkeys(_TEXTS, "")
        if link is None:
            return
        (where, inside, folders), written = link, _TAGS.search(link[1])
        given = parse_attributes(inside)
        tags = [unescape(each) for each in (written[1] if written else "").split(",")]
        states = {self._states[each] for each in folders if each in self._states}
        states |= {"read"} if _ARCHIVED in tags else set()
        about = unescape(texts["about"])  # its "<" are somebody's text, and stay
        notes = _NOTES.search(about)
        path = "/".join(each for each in folders if each and each not in self._states)
        row = given | {  # which has `href` and `toread`
            "title": unescape(" ".join(texts["title"].split())),
            "time": given.get("add_date") or given.get("time_added"),
            "tags": [*(e for e in tags if e != _ARCHIVED), path, given.get("shortcuturl")],
            "read": "read" in states or (False if "unread" in states else None),
            "starred": "starred" in states or given.get("starred"),
            "summary": (_QUOTE_TAG if self._has_quote_tags else _NOTES).sub("", about),
            "note": notes[1] if notes else "",
        }
        yield make_row(where, row, Style())
        if feed := make_link(given.get("feedurl", "")):
            yield name_feed(feed)
