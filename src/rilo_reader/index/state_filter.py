"""`StateFilter`: the index with only the articles of one state in it, as fast as the index itself.

For each segment of the index and each mark it keeps a bit per article, follows the changes of the
marks, and opens the segments with these bits as their deletions (see `tantivy_files`). Totals are
exact. Where no hard links can be made, or tantivy's files are not as they were in 0.27, there is
no filtered index, and queries name the articles instead (`compiler`).
"""

from __future__ import annotations

import json
import struct
import threading
import time
from array import array
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Any

import tantivy

from rilo_reader.article import ArticleId
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, AskedMark
from rilo_reader.index.damage import META, is_panic
from rilo_reader.index.duplicates import COPIED
from rilo_reader.index.snapshot import Snapshot
from rilo_reader.index.tantivy_files import UnknownFormatError, list_segments, open_with_deletions
from rilo_reader.query.tree import MarkedDuring, QueryMark

Conditions = frozenset[tuple[str | MarkedDuring, bool]]
"""Marks (or COPIED) that an article must have (True) or must not have (False)."""

Pause = Callable[[], None]
"""Called between the parts of long work; may wait, or raise to end it."""

_MOST_TIMED = 8  # spans of time whose bits are kept: hours, and what one types, are always new
_COMPARED = 3  # looking up a key takes as long as comparing it with so many articles
_MOMENT = 0.05  # seconds between two questions whether it is quiet
_DIGITS = bytes.maketrans(b"\0\1", b"01")


class StateFilter:
    """Filters one index directory by marks. Safe to use from several threads."""

    def __init__(self, home: Path, flags: ArticleFlags) -> None:
        self.home = home  # of the index
        self._flags = flags
        self._lock = threading.Lock()
        self._somebody_waits = threading.Event()
        self._segments: _Segments | None = None
        self._bits: dict[str | MarkedDuring, _MarkBits | _DuplicateBits] = {}
        self._filtered_snapshots: dict[Conditions, tuple[object, Snapshot]] = {}
        self._is_impossible = False

    def filter_snapshot(self, conditions: Conditions, commit: Snapshot) -> Snapshot | None:
        """Return a whole commit with only the articles that meet conditions; None if that fails."""
        self._somebody_waits.set()
        with self._lock:
            self._somebody_waits.clear()
            return self._try_filter(conditions, commit, lambda: None)

    def prepare_unread(self, commit: Snapshot, is_quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles, so that it need not wait.

        `is_quiet` is called every few milliseconds, and returns whether to go on. A caller
        that waits for `filter_snapshot` comes first. If it raises, the next call continues.
        """

        def wait_for_quiet() -> None:
            while not is_quiet() and not self._somebody_waits.wait(_MOMENT):
                pass

        with self._lock:
            self._try_filter(frozenset({(QueryMark.READ, False)}), commit, wait_for_quiet)

    def _try_filter(
        self, conditions: Conditions, commit: Snapshot, on_pause: Pause
    ) -> Snapshot | None:
        if self._is_impossible:
            return None
        try:
            for _ in range(10):  # the index may be committed to or merged at any moment
                try:
                    return self._open_filtered(conditions, commit, on_pause)
                except FileNotFoundError:
                    time.sleep(0.01)
        except (OSError, ValueError, KeyError, UnknownFormatError, struct.error):
            pass
        except BaseException as error:
            if not is_panic(error):
                raise
        self._is_impossible = True
        return None

    def _open_filtered(self, conditions: Conditions, commit: Snapshot, on_pause: Pause) -> Snapshot:
        meta_bytes = (self.home / META).read_bytes()
        meta = json.loads(meta_bytes)
        segments = self._segments
        if segments is None or [one.name for one in list_segments(meta)] != segments.names:
            segments = self._segments = _Segments(self.home, meta, commit)
        marks = []
        for mark, has in sorted(conditions, key=str):
            bits = self._bits.get(mark)
            if bits is None and mark == COPIED:
                bits = self._bits[mark] = _DuplicateBits()
            elif bits is None:
                asked = mark if isinstance(mark, MarkedDuring) else QueryMark(mark)
                bits = self._bits[mark] = _MarkBits(asked, self._flags)
            bits.update(segments, commit, on_pause)
            marks.append((bits, has))
        version = [meta_bytes, *(bits.version for bits, _ in marks)]
        opened = self._filtered_snapshots.get(conditions)
        if opened is None or opened[0] != version:
            left = {}
            for segment in list_segments(meta):
                left[segment.name] = segment.read_alive_bits(self.home)
                for bits, has in marks:
                    its = bits.bits_by_segment[segment.name]
                    left[segment.name] &= its if has else ~its
            searcher = open_with_deletions(self.home, meta, left)
            opened = version, commit.with_searcher(searcher)
            opened[1].is_filtered = True
            self._filtered_snapshots[conditions] = opened
            self._forget_old_spans(conditions)
        return opened[1]

    def _forget_old_spans(self, conditions: Conditions) -> None:
        """Forget the spans of time that were asked for first, but none of these conditions."""
        needed = {mark for mark, _ in conditions}
        timed = [one for one in self._bits if isinstance(one, MarkedDuring) and one not in needed]
        for mark in timed[:-_MOST_TIMED]:
            del self._bits[mark]
            for each in [one for one in self._filtered_snapshots if mark in dict(one)]:
                del self._filtered_snapshots[each]


class _Segments:
    """The segments of a commit with all their articles, also those that are deleted."""

    def __init__(self, home: Path, meta: dict[str, Any], commit: Snapshot) -> None:
        segments = list_segments(meta)
        self.names = [segment.name for segment in segments]
        self.sizes = {segment.name: segment.size for segment in segments}
        self.limits = commit.limits
        self._searcher = open_with_deletions(home, meta, {})
        self._commit = commit.with_searcher(self._searcher)

    def find_articles(self, keys: Sequence[int]) -> Iterator[tuple[str, int]]:
        """The articles with these keys: the segment's name, and the number in it."""
        if not keys:
            return
        # An article stands here as often as it was rewritten.
        query = tantivy.Query.term_set_query(self._commit.schema, fields.KEY, list(keys))
        limit = len(keys) * 2
        found: Any = self._searcher.search(query, limit=limit)
        if found.count > limit:
            found = self._searcher.search(query, limit=found.count, count=False)
        for _, address in found.hits:
            yield self.names[address.segment_ord], address.doc

    def make_bits(self, name: str, wanted_keys: Container[int], on_pause: Pause) -> int:
        """A bit for each article of a segment whose key is wanted, the first one's the lowest."""
        number = self.names.index(name)
        flags = bytearray()
        for start in range(0, self.sizes[name], self.limits.batch):
            places = range(start, min(start + self.limits.batch, self.sizes[name]))
            addresses = [tantivy.DocAddress(number, place) for place in places]
            keys = self._searcher.fast_field_values(fields.KEY, addresses)
            flags += bytes(key in wanted_keys for key in keys)
            on_pause()
        flags.reverse()
        return int(b"0" + flags.translate(_DIGITS), 2)

    def read_ids(self, name: str) -> list[ArticleId]:
        """The ids of the articles of a segment, in its order."""
        number = self.names.index(name)
        addresses = (tantivy.DocAddress(number, place) for place in range(self.sizes[name]))
        return [self._commit.read_row(address).id for address in addresses]


class _MarkBits:
    """Bits of the articles that have a mark: the first article of a segment has the lowest."""

    version = 0  # changes with the bits
    _revision: int | None = None

    def __init__(self, mark: AskedMark, flags: ArticleFlags) -> None:
        self.mark, self.flags = mark, flags  # READ, STARRED, EDITED or a timed one
        self.bits_by_segment: dict[str, int] = {}  # the bits by the name of the segment

    def update(self, segments: _Segments, _: Snapshot, on_pause: Pause) -> None:
        """Follow the segments and the marks."""
        revision, changed = self.flags.read_changes(self._revision or 0)
        if changed is None or self._revision is None:
            self.bits_by_segment, changed = {}, ()
        self.bits_by_segment = {
            name: self.bits_by_segment[name]
            for name in segments.names
            if name in self.bits_by_segment
        }
        self._fill_missing(
            [name for name in segments.names if name not in self.bits_by_segment],
            segments,
            on_pause,
        )
        having = set(self.flags.filter_marked(self.mark, changed)) if changed else set()
        for article in changed:
            for name, place in segments.find_articles([fields.hash64(article)]):
                if (self.bits_by_segment[name] >> place & 1) != (article in having):
                    self.bits_by_segment[name] ^= 1 << place
                    self.version += 1
        # What changed while they were read comes after the revision: the next call has it.
        self._revision = revision

    def _fill_missing(self, missing: Sequence[str], segments: _Segments, on_pause: Pause) -> None:
        """Find the bits of the segments that have none yet."""
        if not missing:
            return
        self.version += 1
        if (
            self.bits_by_segment
            and sum(segments.sizes[name] for name in missing) <= segments.limits.max_looked_up
        ):
            for name in missing:
                ids = segments.read_ids(name)
                having = set(self.flags.filter_marked(self.mark, ids))
                places = (place for place, article in enumerate(ids) if article in having)
                self.bits_by_segment[name] = sum(1 << place for place in places)
            return
        keys = array("Q")
        for part in self.flags.iter_keys(self.mark):
            keys.extend(part)
            on_pause()
        self.bits_by_segment |= _find_bits(keys, missing, segments, on_pause)


class _DuplicateBits:
    """Bits like those of `_MarkBits`, of the articles that have duplicates."""

    version = 0

    def __init__(self) -> None:
        self.bits_by_segment: dict[str, int] = {}
        self._keys: list[int] | None = None

    def update(self, segments: _Segments, commit: Snapshot, on_pause: Pause) -> None:
        """Follow the segments and the keys."""
        keys, names = commit.copied_keys, segments.names
        if self._keys is not keys or self.bits_by_segment.keys() != set(names):
            self.bits_by_segment = _find_bits(keys, names, segments, on_pause)
            self._keys = keys
            self.version += 1


def _find_bits(
    keys: Sequence[int], names: Sequence[str], segments: _Segments, on_pause: Pause
) -> dict[str, int]:
    """The bits of the articles with these keys in some segments."""
    if len(keys) * _COMPARED > sum(segments.sizes[name] for name in names):
        wanted = set(keys)
        return {name: segments.make_bits(name, wanted, on_pause) for name in names}
    flags = {name: bytearray((segments.sizes[name] + 7) // 8) for name in names}
    for start in range(0, len(keys), segments.limits.batch):
        for name, place in segments.find_articles(keys[start : start + segments.limits.batch]):
            if name in flags:
                flags[name][place >> 3] |= 1 << (place & 7)
        on_pause()
    return {name: int.from_bytes(bits, "little") for name, bits in flags.items()}
