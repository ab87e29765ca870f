"""An index as it is, for the completions of shells: nothing is created, verified, locked or mended.

Somebody waits with a finger on the tab key, so whatever is missing or damaged is only left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import tantivy

from rilo_reader.index import schema as fields
from rilo_reader.index.damage import META, damage_errors
from rilo_reader.index.schema import Hit, unpack_row
from rilo_reader.index.snapshot import Snapshot

LOOKED_THROUGH = 20_000  # newest articles; 2 µs each


def open_as_it_is(directory: Path) -> Snapshot | None:
    """The newest commit below the directory of a library's indexes; None if there are no articles.

    Raises:
        IndexDamaged: it cannot be read.
    """
    home = directory / fields.SCHEMA_VERSION
    if not (home / META).is_file():
        return None
    with damage_errors("opened"):
        engine = tantivy.Index.open(str(home))
        commit = Snapshot(engine.searcher(), engine.schema, with_prefixes=False)
    return commit if commit.searcher.num_docs else None


def list_values(commit: Snapshot, name: str) -> list[str]:
    """The values of a field of whole values (`schema.VALUE_FIELDS`), most frequent first."""
    return [text for text, _ in commit.searcher.terms_with_prefix(name, "")]


def iter_beginning_with(commit: Snapshot, prefix: str, limit: int) -> Iterator[Hit]:
    """The newest articles whose id or path begins so."""
    found = commit.searcher.search(
        tantivy.Query.all_query(), limit=LOOKED_THROUGH, count=False, order_by_field=fields.ORDER
    )
    # Only what matches is unpacked: a row begins with id and path.
    wanted = re.escape(prefix.encode("utf-8", "surrogatepass"))
    begins = re.compile(rb"(?s)(?:[^\0]*\0)?" + wanted).match
    doc, row = commit.searcher.doc, fields.ROW
    rows = (doc(address).get_first(row) or b"" for _, address in found.hits)
    return islice(map(unpack_row, filter(begins, rows)), limit)
