"""Read articles in collections: Karakeep and Linkwarden.

A collection may come after what is in it, so such a file is read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rilo_reader.entry import Form
from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.fields import Style, fold_names, make_row
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    LeftOut,
    make_all,
    make_link,
    name_feed,
    number_all,
    split_tags,
    to_dict,
    to_list,
    to_text,
)

DEPTH_LIMIT = 50
_KARAKEEP = Style(is_read=False, form=Form.MARKDOWN)
_LINKWARDEN = Style(form=Form.TEXT, html_title=True)


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

    def make(what: str, one: Mapping[str, object]) -> Found:
        content = to_dict(one.get("content"))
        named = (paths.get(to_text(each), "") for each in to_list(one.get("lists")))
        row = fold_names(one) | {
            "url": content.get("url"),
            "tags": [*split_tags(one.get("tags")), *named],
            "favorite": one.get("favourited"),
        }
        return make_row(what, row, _KARAKEEP, to_text(content.get("text")))

    reader = JsonReader(file.open_text())
    for name in reader.iter_members():
        if name == "bookmarks":
            yield from make_all(number_all("bookmark", reader.iter_values()), make)


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

    def make(what: str, one: Mapping[str, object]) -> Found:
        has_page = bool(one.get("url"))
        row = {
            "url": one.get("url"),
            "title": one.get("name"),
            "time": one.get("importDate") or one.get("createdAt"),
            "tags": [*split_tags(one.get("tags")), paths.get(to_text(one.get("collectionId")), "")],
            "starred": to_text(one.get("id")) in pinned,
            "content": has_page and one.get("textContent"),
            "note": has_page and one.get("description"),
        }
        return make_row(what, row, _LINKWARDEN)

    for reader, _, key in _iter_members(file, "collections"):
        if key == "links":
            yield from make_all(number_all("link", reader.iter_values()), make)
