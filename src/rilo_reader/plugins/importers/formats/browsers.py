"""Read the bookmarks that browsers keep: Firefox's backup, the files of Chrome, Safari and Arc."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator, Mapping

from rilo_reader.errors import NotReadableError
from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.fields import Style, make_row
from rilo_reader.plugins.importers.saved import (
    BESIDE_LIMIT,
    ExportFile,
    Found,
    make_all,
    number_all,
    split_tags,
    to_dict,
    to_list,
    to_text,
)

DEPTH_LIMIT = 100
SINCE_2001 = 978_307_200  # seconds from 1970 to 2001
_OF_SAFARI = frozenset({"BookmarksBar", "BookmarksMenu", "com.apple.ReadingList"})
SINCE_1601 = 11_644_473_600_000_000  # microseconds from 1601 to 1970


def read_browser(file: ExportFile) -> Iterator[Found]:
    """Read what Firefox or Chrome has."""
    yield from _walk_folders(to_dict(JsonReader(file.open_text()).read_value()))


def is_safari(text: str) -> bool:
    """Return whether a file is a property list, as that of Safari."""
    return text.startswith("bplist00") or ("<plist" in text[:500] and "WebBookmarkType" in text)


def read_safari(file: ExportFile) -> Iterator[Found]:
    """Read the bookmarks and the reading list of Safari."""
    file.stream.seek(0)
    whole = to_dict(plistlib.loads(file.stream.read(BESIDE_LIMIT)))
    if "WebBookmarkType" not in whole:
        raise NotReadableError("it is a property list, but not Safari's bookmarks")
    yield from _walk_folders(whole)


def read_arc(file: ExportFile) -> Iterator[Found]:
    """Read the sidebar of Arc: the tabs of spaces and their folders."""
    sidebar = to_dict(to_dict(JsonReader(file.open_text()).read_value()).get("sidebar"))
    tabs = (tab for each in to_list(sidebar.get("containers")) for tab in _iter_tabs(to_dict(each)))
    yield from make_all(number_all("tab", tabs), _read_bookmark)


def _iter_tabs(container: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield the tabs among items, each of which names those in it; so do spaces."""
    above: dict[str, tuple[str, str]] = {}  # the name and the id of what an item is in
    items = [to_dict(each) for each in to_list(container.get("items"))]
    for one in (*map(to_dict, to_list(container.get("spaces"))), *items):
        listed = (
            to_list(one.get(key)) for key in ("childrenIds", "containerIDs", "newContainerIDs")
        )
        for child in (to_text(each) for several in listed for each in several):
            above.setdefault(child, (to_text(one.get("title")), to_text(one.get("id"))))
    for one in items:
        tab = to_dict(to_dict(one.get("data")).get("tab"))
        folders, at = list[str](), to_text(one.get("id"))
        while at in above and len(folders) < DEPTH_LIMIT:
            name, at = above[at]
            folders.insert(0, name)
        made = one.get("createdAt")
        if tab:
            yield {
                "url": tab.get("savedURL"),
                "title": one.get("title") or tab.get("savedTitle"),
                "dateadded": made + SINCE_2001 if isinstance(made, int | float) and made else None,
                "path": "/".join(filter(None, folders)),
            }


def _walk_folders(whole: Mapping[str, object]) -> Iterator[Found]:
    yield from make_all(number_all("bookmark", _iter_bookmarks(whole)), _read_bookmark)


def _iter_bookmarks(whole: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield bookmarks, with names in lower case and the path of their folders."""
    roots = to_dict(whole.get("roots"))
    pending: list[tuple[Mapping[str, object], str, int]] = [
        (to_dict(each), "", 0) for each in reversed([*roots.values()] or [whole])
    ]
    while pending:
        named, path, depth = pending.pop()
        one = {name.lower(): value for name, value in named.items()}
        if isinstance(one.get("children"), list):
            name = to_text(one.get("title") or one.get("name"))
            is_own = depth == 0 or "root" in one or name in _OF_SAFARI
            below = path if is_own else f"{path}/{name}"
            children = [(to_dict(each), below, depth + 1) for each in to_list(one["children"])]
            pending += reversed(children if depth < DEPTH_LIMIT else [])
        elif one.get("uri") or one.get("url") or one.get("urlstring"):
            yield one | {"path": path.strip("/")}


def _read_bookmark(what: str, one: Mapping[str, object]) -> Found:
    notes = [to_dict(each) for each in to_list(one.get("annos"))]
    added = to_text(one.get("date_added"))
    kept = to_dict(one.get("readinglist"))
    moment = int(added) - SINCE_1601 if added.isdecimal() and len(added) < 20 else None
    about = (n.get("value") for n in notes if "description" in to_text(n.get("name")))
    titles = (one.get("title"), one.get("name"), to_dict(one.get("uridictionary")).get("title"))
    row = {
        "url": one.get("uri") or one.get("url") or one.get("urlstring"),
        "title": next(filter(None, titles), ""),
        "time": one.get("dateadded") or moment or str(kept.get("DateAdded", "")),
        "read": "DateLastViewed" in kept if kept else None,
        "tags": [*split_tags(one.get("tags")), one["path"], one.get("keyword")],
        "summary": kept.get("PreviewText") or next(about, ""),
    }
    return make_row(what, row, Style())
