"""Views: the index with only the articles of one state in it, as fast as the index itself.

A filter of a hundred thousand identities costs tantivy 90 ms a search. But a segment's files never
change, and which of its articles are deleted stands in a small file beside them: a bit for each.
So a view is a directory of hard links to the same segments with another file of deletions, made
from the reader's marks. A search in it costs what a search costs, whatever the share of articles
it leaves, its totals are exact, and one more article read is one bit more. The files are opened
and their names deleted again; nothing of a view is left on the disk.

Where no hard links can be made, or tantivy's file is not as it was in 0.27, there is no view, and
the query names the identities instead (`compile`).
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rilo_reader.search import schema as fields
from rilo_reader.search.errors import is_panic
from rilo_reader.search.folding import COPIED, CopiedKeys
from rilo_reader.search.marked import MarkedKeys
from rilo_reader.search.query import Mark

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.compile import Marked
    from rilo_reader.search.reading import Commit

META = "meta.json"

Conditions = frozenset[tuple[str, bool]]
"""Marks (or COPIED) that an article must have (True) or must not have (False)."""

_MAGIC = 1337  # the last four bytes of every file of tantivy
_BATCH = 50_000  # keys looked up at once
_WALKED = 3


class NoViewError(Exception):
    """Views cannot be made here."""


@dataclass
class _Segment:
    """One segment of the index, as it was written, and which of its articles have a mark."""

    name: str
    size: int
    searcher: tantivy.Searcher
    footer: dict[str, Any]
    bits: dict[str, int] = field(default_factory=dict)


class Views:
    """The views of one index directory. Safe to use from several threads.

    Attributes:
        home: the directory of the index.
    """

    def __init__(self, home: Path, schema: tantivy.Schema, copied: CopiedKeys) -> None:
        self.home = home
        self._schema = schema
        self._lock = threading.Lock()
        self._segments: dict[str, _Segment] = {}
        self._marked: Marked | None = None
        self._keys: dict[str, MarkedKeys] = {}
        self._copied = copied
        self._copied_version = -1
        self._open: dict[Conditions, tuple[object, tantivy.Searcher]] = {}
        self._impossible = False

    def searcher(
        self, conditions: Conditions, marked: Marked, commit: Commit
    ) -> tantivy.Searcher | None:
        """The index with only the articles that meet the conditions; None where it cannot be.

        Args:
            conditions: what every article of the view has and has not.
            marked: the reader's state.
            commit: the index as it is asked without the view.
        """
        with self._lock:
            if self._impossible:
                return None
            try:
                return self._searcher(conditions, marked, commit)
            except (OSError, ValueError, KeyError, NoViewError, struct.error):
                self._impossible = True
            except BaseException as error:
                if not is_panic(error):
                    raise
                self._impossible = True
            return None

    def _searcher(self, conditions: Conditions, marked: Marked, commit: Commit) -> tantivy.Searcher:
        if marked is not self._marked:  # another state: its revisions say nothing of the last one
            self._marked = marked
            self._keys = {mark: MarkedKeys(mark) for mark in (Mark.READ, Mark.STARRED)}
            self._open.clear()
        for _ in range(10):  # the index may be committed to or merged at any moment
            meta_bytes = (self.home / META).read_bytes()
            meta = json.loads(meta_bytes)
            try:
                self._load_segments(meta)
                version: list[object] = [meta_bytes]
                for mark, _ in sorted(conditions):
                    if mark == COPIED:
                        self._copied.update(commit)
                        is_new = self._copied.version != self._copied_version
                        self._set_bits(mark, self._copied, None if is_new else [])
                        self._copied_version = self._copied.version
                        version.append(self._copied.version)
                    else:
                        keys = self._keys[mark]
                        self._set_bits(mark, keys, keys.update(marked))
                        version.append(keys.version)
                kept = self._open.get(conditions)
                if kept is None or kept[0] != version:
                    kept = version, self._make(meta, conditions)
                    self._open[conditions] = kept
            except FileNotFoundError:
                time.sleep(0.01)
                continue
            return kept[1]
        raise NoViewError

    # -- segments and their bits ------------------------------------------------------------------

    def _load_segments(self, meta: dict[str, Any]) -> None:
        names = {segment["segment_id"] for segment in meta["segments"]}
        for name in self._segments.keys() - names:
            del self._segments[name]
        for segment in meta["segments"]:
            name = segment["segment_id"]
            if name not in self._segments:
                alone = {**meta, "segments": [{**segment, "deletes": None}]}
                searcher = self._open_copy(alone, {})
                footer = _footer(self.home / f"{name.replace('-', '')}.fast")
                self._segments[name] = _Segment(name, segment["max_doc"], searcher, footer)

    def _set_bits(
        self,
        mark: str,
        keys: MarkedKeys | CopiedKeys,
        changes: list[tuple[int, bool]] | None,
    ) -> None:
        wanted: set[int] | None = None
        for segment in self._segments.values():
            if changes is None or mark not in segment.bits:
                if len(keys) * _WALKED > segment.size:
                    # Looked up one by one, each key costs as much as walking over three articles.
                    wanted = wanted or {key for batch in keys.batches(_BATCH) for key in batch}
                    segment.bits[mark] = self._bits_of_all(segment, wanted)
                else:
                    segment.bits[mark] = self._bits(segment, keys)
                continue
            for key, has in changes:
                for number in self._numbers(segment, [key]):
                    bit = 1 << number
                    segment.bits[mark] = (
                        segment.bits[mark] | bit if has else segment.bits[mark] & ~bit
                    )

    def _bits(self, segment: _Segment, keys: MarkedKeys | CopiedKeys) -> int:
        """A bit for each article of the segment that is marked."""
        flags = bytearray((segment.size + 7) // 8)
        for batch in keys.batches(_BATCH):
            for number in self._numbers(segment, batch):
                flags[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(flags, "little")

    def _bits_of_all(self, segment: _Segment, wanted: set[int]) -> int:
        """The same, by the keys of all articles of the segment."""
        import tantivy

        flags = bytearray((segment.size + 7) // 8)
        for start in range(0, segment.size, _BATCH):
            numbers = range(start, min(start + _BATCH, segment.size))
            addresses = list(map(tantivy.DocAddress, repeat(0), numbers))
            keys = segment.searcher.fast_field_values(fields.KEY, addresses)
            for number, key in zip(numbers, keys, strict=True):
                if key in wanted:
                    flags[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(flags, "little")

    def _numbers(self, segment: _Segment, keys: list[int]) -> list[int]:
        """The articles of these keys, by their numbers in the segment."""
        import tantivy

        if not keys:
            return []
        query = (
            tantivy.Query.term_query(self._schema, fields.KEY, keys[0], index_option="basic")
            if len(keys) == 1
            else tantivy.Query.term_set_query(self._schema, fields.KEY, keys)
        )
        found: Any = segment.searcher.search(query, limit=max(1, len(keys) * 2))
        return [address.doc for _, address in found.hits]

    # -- the view itself --------------------------------------------------------------------------

    def _make(self, meta: dict[str, Any], conditions: Conditions) -> tantivy.Searcher:
        segments, deletions, total = [], {}, 0
        for entry in meta["segments"]:
            segment = self._segments[entry["segment_id"]]
            alive = self._alive(entry, segment)
            for mark, has in conditions:
                alive &= segment.bits[mark] if has else ~segment.bits[mark]
            count = alive.bit_count()
            total += count
            if not count:
                continue
            dead = segment.size - count
            segments.append({**entry, "deletes": {"num_deleted_docs": dead, "opstamp": 1}})
            name = f"{segment.name.replace('-', '')}.1.del"
            deletions[name] = _deletions(alive, segment.size, segment.footer)
        searcher = self._open_copy({**meta, "segments": segments}, deletions)
        if searcher.num_docs != total:
            raise NoViewError
        return searcher

    def _alive(self, entry: dict[str, Any], segment: _Segment) -> int:
        everything = (1 << segment.size) - 1
        if not entry["deletes"]:
            return everything
        name = f"{segment.name.replace('-', '')}.{entry['deletes']['opstamp']}.del"
        content = (self.home / name).read_bytes()
        if struct.unpack_from("<I", content)[0] != segment.size:
            raise NoViewError
        words = (segment.size + 63) // 64 * 8
        return int.from_bytes(content[4 : 4 + words], "little") & everything

    def _open_copy(self, meta: dict[str, Any], deletions: dict[str, bytes]) -> tantivy.Searcher:
        import tantivy

        with self._passing_directory() as copy:
            wanted = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
            for entry in os.scandir(self.home):
                if entry.name[:32] in wanted and not entry.name.endswith(".del"):
                    os.link(entry.path, copy / entry.name)
            for name, content in deletions.items():
                (copy / name).write_bytes(content)
            (copy / META).write_text(json.dumps(meta))
            index = tantivy.Index.open(str(copy))
            return index.searcher()

    @contextmanager
    def _passing_directory(self) -> Iterator[Path]:
        copy = self.home.with_name(f"view-{os.getpid()}-{time.monotonic_ns()}")
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


def _footer(file: Path) -> dict[str, Any]:
    """What tantivy writes at the end of each of its files: its version and a checksum."""
    content = file.read_bytes()[-4096:]
    length, magic = struct.unpack_from("<II", content, len(content) - 8)
    if magic != _MAGIC or length > len(content) - 8:
        raise NoViewError
    footer = json.loads(content[len(content) - 8 - length : len(content) - 8])
    if not isinstance(footer, dict) or "crc" not in footer:
        raise NoViewError
    return footer


def _deletions(alive: int, size: int, footer: dict[str, Any]) -> bytes:
    """A file of deletions: the segment's size, a bit for each article that is there, a footer."""
    body = struct.pack("<I", size) + alive.to_bytes((size + 63) // 64 * 8, "little")
    end = json.dumps({**footer, "crc": zlib.crc32(body)}, separators=(",", ":")).encode()
    return body + end + struct.pack("<II", len(end), _MAGIC)
