"""Read articles in collections: Karakeep, Linkwarden, the bookmarks of Firefox and of Chrome.

A collection may come after what is in it, so such a file is read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from rilo_reader.entry import Form
from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    LeftOut,
    make_link,
    make_safely,
    make_saved,
    name_feed,
    split_tags,
    to_dict,
    to_list,
    to_text,
)

DEPTH_LIMIT = 50


def _name_paths(collections: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Return the names of collections with those above them, by their ids."""
    named = {to_text(each.get("id")): each for each in collections}

    def find_path(key: str, depth: int = 0) -> str:
        one = named.get(key)
        if one is None or depth > DEPTH_LIMIT:
            return ""
        above = find_path(to_text(one.get("parentId")), depth + 1)
        return "/".join(filter(None, (above, to_text(one.get("name")))))

    return {key: find_path(key) for key in named}


def read_karakeep(file: ExportFile) -> Iterator[Found]:
    """Read an export of Karakeep; its smart lists are only named."""
    reader, lists = JsonReader(file.open_text()), list[Mapping[str, object]]()
    for name in reader.iter_members():
        if name == "lists":
            lists += map(to_dict, to_list(reader.read_value()))
    for each in lists:
        if each.get("type") == "smart":
            yield LeftOut(f"list {to_text(each.get('name'))}", "it is a search: not taken", 0)
    paths = _name_paths(each for each in lists if each.get("type") != "smart")
    reader = JsonReader(file.open_text())
    for name in reader.iter_members():
        for number in reader.iter_elements() if name == "bookmarks" else ():
            what, value = f"bookmark {number}", to_dict(reader.read_value())
            yield make_safely(what, partial(_read_bookmark, what, value, paths))


def _read_bookmark(what: str, one: Mapping[str, object], paths: Mapping[str, str]) -> Found:
    content = to_dict(one.get("content"))
    lists = (paths.get(to_text(each), "") for each in to_list(one.get("lists")))
    return make_saved(
        what,
        url=content.get("url"),
        title=one.get("title"),
        saved=one.get("createdAt"),
        tags=[*split_tags(one.get("tags")), *lists],
        read=one.get("archived") is True,
        starred=one.get("favourited") is True,
        content=content.get("text"),
        form=Form.MARKDOWN,
        note=one.get("note"),
    )


def _iter_members(file: ExportFile, name: str) -> Iterator[tuple[JsonReader, int, str]]:
    """Yield the members of each object in an array, with its number; read each meanwhile."""
    reader = JsonReader(file.open_text())
    for member in reader.iter_members():
        for number in reader.iter_elements() if member == name else ():
            for key in reader.iter_members():
                yield reader, number, key


def read_linkwarden(file: ExportFile) -> Iterator[Found]:
    """Read a backup of Linkwarden, link by link."""
    collections: dict[int, dict[str, object]] = {}
    for reader, number, key in _iter_members(file, "collections"):
        if key in ("id", "name", "parentId", "rssSubscriptions"):
            collections.setdefault(number, {})[key] = reader.read_value()
    members = _iter_members(file, "pinnedLinks")
    pinned = {to_text(reader.read_value()) for reader, _, key in members if key == "id"}
    for one in collections.values():
        for feed in map(to_dict, to_list(one.get("rssSubscriptions"))):
            if url := make_link(to_text(feed.get("url"))):
                yield name_feed(url)
    paths = _name_paths(collections.values())
    for reader, _, key in _iter_members(file, "collections"):
        for number in reader.iter_elements() if key == "links" else ():
            what, value = f"link {number}", to_dict(reader.read_value())
            yield make_safely(what, partial(_read_link, what, value, paths, pinned))


def _read_link(
    what: str, one: Mapping[str, object], paths: Mapping[str, str], pinned: set[str]
) -> Found:
    return make_saved(
        what,
        url=one.get("url"),
        title=one.get("name"),
        html_title=True,
        saved=one.get("importDate") or one.get("createdAt"),
        tags=[*split_tags(one.get("tags")), paths.get(to_text(one.get("collectionId")), "")],
        starred=to_text(one.get("id")) in pinned,
        content=one.get("textContent") if one.get("url") else "",
        form=Form.TEXT,
        note=one.get("description") if one.get("url") else "",
    )
