"""The parts of an index: the files of its segments, and a bit for each of their articles.

A segment's files never change; which of its articles are deleted stands in a small file beside
them, a bit for each. The bits of a mark are written in the same order, so that what has it can be
taken away as if it were deleted (see views.py).
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rilo_reader.search import schema as fields
from rilo_reader.search.directory import META
from rilo_reader.search.footer import read_footer, with_footer
from rilo_reader.search.marked import Pause

if TYPE_CHECKING:
    import tantivy

_WALKED = 4_096  # articles whose keys are compared at once, in a millisecond
_DIGITS = bytes.maketrans(b"\0\1", b"01")


class NoViewError(Exception):
    """Views cannot be made here."""


@dataclass
class Segment:
    """One segment of an index, as it was written, and which of its articles have a mark.

    Attributes:
        name: tantivy's.
        size: how many articles were written into it.
        footer: what tantivy writes at the end of each of its files.
        bits: mark -> a bit for each article that has it, the first article's the lowest.
    """

    name: str
    size: int
    footer: dict[str, Any]
    bits: dict[str, int] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """How the names of its files begin."""
        return self.name.replace("-", "")


class Parts:
    """The segments of an index, and all their articles, also those that are deleted.

    Attributes:
        segments: as they stand in the index, and in `searcher`.
        searcher: all of them.
    """

    def __init__(self, home: Path, meta: dict[str, Any], known: Sequence[Segment] = ()) -> None:
        """Open what an index has at one moment.

        Args:
            home: the directory of the index.
            meta: what its meta.json says.
            known: segments as they were; those that are still there keep their bits.

        Raises:
            FileNotFoundError: the index went on meanwhile.
            NoViewError: the files are not as they were in tantivy 0.27.
        """
        kept = {segment.name: segment for segment in known}
        self.segments = [
            kept.get(entry["segment_id"]) or _segment(home, entry) for entry in meta["segments"]
        ]
        whole = [{**entry, "deletes": None} for entry in meta["segments"]]
        self.searcher = open_copy(home, {**meta, "segments": whole}, {})
        if self.searcher.num_docs != sum(segment.size for segment in self.segments):
            raise NoViewError

    def found(self, schema: tantivy.Schema, keys: Sequence[int]) -> list[tuple[int, int]]:
        """The articles of these keys: (number of the segment, number in it)."""
        import tantivy

        if not keys:
            return []
        query = (
            tantivy.Query.term_query(schema, fields.KEY, keys[0], index_option="basic")
            if len(keys) == 1
            else tantivy.Query.term_set_query(schema, fields.KEY, list(keys))
        )
        limit = len(keys) * 2
        found: Any = self.searcher.search(query, limit=limit)
        if found.count > limit:  # an article stands here as often as it was written anew
            found = self.searcher.search(query, limit=found.count, count=False)
        return [(address.segment_ord, address.doc) for _, address in found.hits]

    def those_of(self, number: int, wanted: set[int], pause: Pause) -> int:
        """A bit for each article of a segment whose key is wanted, by comparing all of them."""
        import tantivy

        size = self.segments[number].size
        flags = bytearray()
        for start in range(0, size, _WALKED):
            numbers = range(start, min(start + _WALKED, size))
            addresses = list(map(tantivy.DocAddress, repeat(number), numbers))
            keys = self.searcher.fast_field_values(fields.KEY, addresses)
            flags += bytes(map(wanted.__contains__, keys))
            pause()
        flags.reverse()
        return int(b"0" + flags.translate(_DIGITS), 2)

    def ids(self, number: int) -> Iterator[str]:
        """What the articles of a segment are called, in its order."""
        import tantivy

        from rilo_reader.search.commit import row_of

        for place in range(self.segments[number].size):
            yield row_of(self.searcher, tantivy.DocAddress(number, place)).id


def _segment(home: Path, entry: dict[str, Any]) -> Segment:
    segment = Segment(entry["segment_id"], entry["max_doc"], {})
    segment.footer = _footer(home / f"{segment.file}.fast")
    return segment


def _footer(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        try:
            return read_footer(opened).said
        except ValueError as error:
            raise NoViewError from error


def alive(home: Path, entry: dict[str, Any], segment: Segment) -> int:
    """A bit for each article of a segment that is not deleted."""
    everything = (1 << segment.size) - 1
    if not entry["deletes"]:
        return everything
    content = (home / f"{segment.file}.{entry['deletes']['opstamp']}.del").read_bytes()
    if struct.unpack_from("<I", content)[0] != segment.size:
        raise NoViewError
    words = (segment.size + 63) // 64 * 8
    return int.from_bytes(content[4 : 4 + words], "little") & everything


def deletions(left: int, segment: Segment) -> bytes:
    """A file of deletions: the segment's size, a bit for each article that is left, a footer."""
    size = segment.size
    body = struct.pack("<I", size) + left.to_bytes((size + 63) // 64 * 8, "little")
    return with_footer(body, segment.footer)


def open_copy(home: Path, meta: dict[str, Any], deleted: dict[str, bytes]) -> tantivy.Searcher:
    """Open an index with other deletions.

    The files are linked, opened and their names deleted again: nothing is left on the disk.

    Args:
        home: the index.
        meta: what its meta.json is to say.
        deleted: the files of deletions, by their names.
    """
    import tantivy

    with _passing_directory(home) as copy:
        wanted = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
        for entry in os.scandir(home):
            if entry.name[:32] in wanted and not entry.name.endswith(".del"):
                os.link(entry.path, copy / entry.name)
        for name, content in deleted.items():
            (copy / name).write_bytes(content)
        (copy / META).write_text(json.dumps(meta))
        return tantivy.Index.open(str(copy)).searcher()


@contextmanager
def _passing_directory(home: Path) -> Iterator[Path]:
    copy = home.with_name(f"view-{os.getpid()}-{time.monotonic_ns()}")
    copy.mkdir()
    try:
        yield copy
    finally:
        # tantivy's watcher looks at a new index once, and may lock it just now.
        for _ in range(50):
            shutil.rmtree(copy, ignore_errors=True)
            if not copy.exists():
                break
            time.sleep(0.001)
