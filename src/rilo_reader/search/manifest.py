"""What the index knows of the folder: which files, as they were when they were read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.article import Fault
from rilo_reader.search import schema as fields
from rilo_reader.search.commit import row_of, stored_of
from rilo_reader.search.document import unpack_faults
from rilo_reader.search.recent import total_of

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.commit import Commit


def having(commit: Commit, field: str, value: str | int | bool) -> list[tantivy.DocAddress]:
    """The articles with this value in a field that is not split into words."""
    import tantivy

    query = tantivy.Query.term_query(commit.schema, field, value, index_option="basic")
    total = total_of(commit.searcher, query)
    if not total:
        return []
    found = commit.searcher.search(query, limit=total, count=False, order_by_field=fields.ORDER)
    return [address for _, address in found.hits]


def folders(commit: Commit) -> set[str]:
    """Every folder that holds an indexed file, and perhaps some that held one."""
    names = commit.searcher.terms_with_prefix(fields.FOLDER, "/")
    return {name.removeprefix("/") for name, _ in names}


def folder_stamps(commit: Commit, folder: str) -> dict[int, int]:
    """The indexed files that lie in a folder: `file_key` -> `file_stamp`."""
    addresses = having(commit, fields.FOLDER, f"/{folder}")
    keys = commit.searcher.fast_field_values(fields.FILE_KEY, addresses)
    stamps = commit.searcher.fast_field_values(fields.STAMP, addresses)
    return {
        int(key): int(stamp)
        for key, stamp in zip(keys, stamps, strict=True)
        if key is not None and stamp is not None
    }


def stamp_of(commit: Commit, key: int) -> int | None:
    """The stamp of one indexed file, by its key; None where it is not indexed."""
    addresses = having(commit, fields.FILE_KEY, key)
    stamps = commit.searcher.fast_field_values(fields.STAMP, addresses[:1])
    return int(stamps[0]) if stamps and stamps[0] is not None else None


def faulty(commit: Commit) -> Iterator[tuple[str, tuple[Fault, ...]]]:
    """The files whose articles have faults, with the faults."""
    for address in having(commit, fields.FAULTY, True):
        path = row_of(commit.searcher, address).path
        yield path, unpack_faults(stored_of(commit.searcher, address, fields.FAULTS))
