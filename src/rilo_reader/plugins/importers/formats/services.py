"""Read what the interfaces of Pocket and Hypothesis answered, which people keep as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.fields import Style, fold_names, make_row
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    make_safely,
    make_saved,
    to_dict,
    to_list,
    to_text,
)

_POCKET = Style("Pocket", is_read=False)


def read_pocket(file: ExportFile) -> Iterator[Found]:
    """Read what Pocket answered, an object with a thing for each id."""
    reader = JsonReader(file.open_text())
    for name in reader.iter_members():
        for number, _ in enumerate(reader.iter_members() if name == "list" else (), 1):
            what, row = f"item {number}", fold_names(to_dict(reader.read_value()))
            row["status"] = {"0": "unread", "1": "archive"}.get(to_text(row.get("status")), "")
            yield make_safely(what, partial(make_row, what, row, _POCKET))


def make_annotation(what: str, row: Mapping[str, object]) -> Found:
    """Make a link of what was annotated, with this quotation; others of it are merged later."""
    targets = (to_dict(each).get("selector") for each in to_list(row.get("target")))
    selectors = (to_dict(each) for several in targets for each in to_list(several))
    exact = next(filter(None, (to_text(each.get("exact")) for each in selectors)), "")
    titles = to_dict(row.get("document")).get("title")
    return make_saved(
        what,
        url=row.get("uri"),
        title=next(iter(to_list(titles)), titles),
        saved=row.get("created"),
        tags=row.get("tags"),
        note="" if exact else row.get("text"),
        highlights=[(exact, row.get("text"))],
    )
