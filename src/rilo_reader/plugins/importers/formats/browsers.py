"""Read the bookmarks that browsers keep as JSON: Firefox's backup, the file of Chrome's profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    make_safely,
    make_saved,
    split_tags,
    to_dict,
    to_list,
    to_text,
)

DEPTH_LIMIT = 100
SINCE_1601 = 11_644_473_600_000_000  # microseconds from 1601 to 1970


def read_browser(file: ExportFile) -> Iterator[Found]:
    """Read either of them."""
    whole = to_dict(JsonReader(file.open_text()).read_value())
    roots = to_dict(whole.get("roots"))
    pending: list[tuple[Mapping[str, object], str, int]] = [
        (to_dict(each), "", 0) for each in reversed([*roots.values()] or [whole])
    ]
    number = 0
    while pending:
        one, path, depth = pending.pop()
        if isinstance(one.get("children"), list):
            is_own = depth == 0 or "root" in one
            below = path if is_own else f"{path}/{to_text(one.get('title') or one.get('name'))}"
            children = [(to_dict(each), below, depth + 1) for each in to_list(one["children"])]
            pending += reversed(children if depth < DEPTH_LIMIT else [])
        elif one.get("uri") or one.get("url"):
            number += 1
            what = f"bookmark {number}"
            yield make_safely(what, partial(_read_bookmark, what, one, path))


def _read_bookmark(what: str, one: Mapping[str, object], path: str) -> Found:
    notes = [to_dict(each) for each in to_list(one.get("annos"))]
    added = to_text(one.get("date_added"))
    moment = int(added) - SINCE_1601 if added.isdecimal() and len(added) < 20 else None
    return make_saved(
        what,
        url=one.get("uri") or one.get("url"),
        title=one.get("title") or one.get("name"),
        saved=one.get("dateAdded") or moment,
        tags=[*split_tags(one.get("tags"))],
        folder=path,
        summary=next(
            (n.get("value") for n in notes if "description" in to_text(n.get("name"))), ""
        ),
    )
