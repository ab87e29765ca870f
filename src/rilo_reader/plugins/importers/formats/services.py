"""Read what the interfaces of Pocket and Hypothesis answered, which people keep as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.fields import Style, fold_names, make_row
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    make_all,
    number_all,
    to_dict,
    to_list,
    to_text,
)

_POCKET = Style("Pocket", is_read=False)


def read_pocket(file: ExportFile) -> Iterator[Found]:
    """Read what Pocket answered, an object with a thing for each id."""
    reader = JsonReader(file.open_text())
    for name in reader.iter_members():
        values = (reader.read_value() for _ in (reader.iter_members() if name == "list" else ()))
        yield from make_all(number_all("item", values), _read_thing)


def _read_thing(what: str, one: Mapping[str, object]) -> Found:
    row = fold_names(one)
    row["status"] = {"0": "unread", "1": "archive"}.get(to_text(row.get("status")), "")
    return make_row(what, row, _POCKET)


def make_annotation(what: str, one: Mapping[str, object]) -> Found:
    """Make a link of what was annotated, with this quotation; others of it are merged later."""
    targets = (to_dict(each).get("selector") for each in to_list(one.get("target")))
    selectors = (to_dict(each) for several in targets for each in to_list(several))
    exact = next(filter(None, (to_text(each.get("exact")) for each in selectors)), "")
    titles, text = to_dict(one.get("document")).get("title"), one.get("text")
    more = {
        "title": next(iter(to_list(titles)), titles),
        "note": "" if exact else text,
        "highlights": [{"text": exact, "note": text, "created": one.get("created")}],
    }
    return make_row(what, {**one, **more}, Style())
