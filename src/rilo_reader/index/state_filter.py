"""Views: the index with only the articles of one state in it, as fast as the index itself.

A filter of a hundred thousand identities costs tantivy 90 ms a search. But a segment's files never
change, and which of its articles are deleted stands in a small file beside them: a bit for each.
So a view is a directory of hard links to the same segments with another file of deletions, made
from the reader's marks. A search in it costs what a search costs, whatever the share of articles
it leaves, its totals are exact, and one more article read is one bit more (see parts.py).

Where no hard links can be made, or tantivy's file is not as it was in 0.27, there is no view, and
the query names the identities instead (`compile`).

Among 200,000 articles of which one in a hundred is unread, a search in a view takes 1 ms (p50) and
4 ms (p95); walking the newest hits and passing over what is read 21 and 54 ms, naming the articles
22 and 42 ms. The floor is 3 and 15 ms at a million. Can go when tantivy's binding takes a filter of
documents from its caller (docs/decisions/0075).
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rilo_reader.index import schema as fields
from rilo_reader.index.directory import META
from rilo_reader.index.duplicates import COPIED, CopiedKeys
from rilo_reader.index.errors import is_panic
from rilo_reader.index.intact_files import read_footer, with_footer
from rilo_reader.index.schema import hash64
from rilo_reader.index.snapshot import Recent
from rilo_reader.query.tree import Mark

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.compiler import ArticleFlags
    from rilo_reader.index.snapshot import Snapshot


Conditions = frozenset[tuple[str, bool]]
"""Marks (or COPIED) that an article must have (True) or must not have (False)."""

_BATCH = 10_000  # keys looked up at once
_COMPARED = 3  # looked up, a key costs as much as comparing it with so many articles
_FEW = 2_000  # articles whose marks are asked of the state
_MOMENT = 0.05  # seconds after which it is looked whether it is quiet


def _without_pause() -> None:
    """Somebody waits."""


class StateFilter:
    """The views of one index directory. Safe to use from several threads.

    Attributes:
        home: the directory of the index.
    """

    def __init__(self, home: Path, schema: tantivy.Schema, copied: CopiedKeys) -> None:
        self.home = home
        self._schema = schema
        self._lock = threading.Lock()
        self._somebody_waits = threading.Event()
        self._parts: Parts | None = None
        self._parts_of: list[str] = []
        self._marked: ArticleFlags | None = None
        self._keys: dict[str, MarkedKeys] = {}
        self._copied = copied
        self._copied_version = -1
        self._versions: dict[str, int] = {}
        self._open: dict[Conditions, tuple[object, tantivy.Searcher, Recent]] = {}
        self._impossible = False

    def view(
        self, conditions: Conditions, marked: ArticleFlags, commit: Snapshot
    ) -> Snapshot | None:
        """The index with only the articles that meet the conditions; None where it cannot be.

        Args:
            conditions: what every article of the view has and has not.
            marked: the reader's state.
            commit: the index as it is asked without the view.
        """
        self._somebody_waits.set()
        with self._lock:
            self._somebody_waits.clear()
            return self._possibly(conditions, marked, commit, _without_pause)

    def prepare(self, marked: ArticleFlags, commit: Snapshot, quiet: Callable[[], bool]) -> None:
        """Have a view of what is unread ready, so that the first question for it need not wait.

        Args:
            marked: the reader's state.
            commit: the index as it is asked without the view.
            quiet: whether to go on, asked every few milliseconds; whoever waits for a view comes
                first all the same. What it raises ends it.
        """

        def wait_for_quiet() -> None:
            while not quiet() and not self._somebody_waits.wait(_MOMENT):
                pass

        with self._lock:
            wanted: Conditions = frozenset({(Mark.READ, False)})
            self._possibly(wanted, marked, commit, wait_for_quiet)

    def _possibly(
        self, conditions: Conditions, marked: ArticleFlags, commit: Snapshot, pause: Pause
    ) -> Snapshot | None:
        if self._impossible:
            return None
        try:
            return self._view(conditions, marked, commit, pause)
        except (OSError, ValueError, KeyError, NoViewError, struct.error):
            self._impossible = True
        except BaseException as error:
            if not is_panic(error):
                raise
            self._impossible = True
        return None

    def _view(
        self, conditions: Conditions, marked: ArticleFlags, commit: Snapshot, pause: Pause
    ) -> Snapshot:
        if marked is not self._marked:  # another state: its revisions say nothing of the last one
            self._marked = marked
            self._keys = {mark: MarkedKeys(mark) for mark in (Mark.READ, Mark.STARRED)}
            self._open.clear()
        for _ in range(10):  # the index may be committed to or merged at any moment
            meta_bytes = (self.home / META).read_bytes()
            meta = json.loads(meta_bytes)
            try:
                parts = self._parts_as_of(meta)
                version: list[object] = [meta_bytes]
                for mark, _ in sorted(conditions):
                    self._follow(parts, mark, marked, commit, pause)
                    version.append(self._versions[mark])
                kept = self._open.get(conditions)
                if kept is None or kept[0] != version:
                    searcher = self._make(parts, meta, conditions)
                    kept = version, searcher, Recent(searcher, self._schema)
                    self._open[conditions] = kept
            except FileNotFoundError:
                time.sleep(0.01)
                continue
            return commit._replace(searcher=kept[1], recent=kept[2], is_view=True)
        raise NoViewError

    # -- segments and their bits ------------------------------------------------------------------

    def _parts_as_of(self, meta: dict[str, Any]) -> Parts:
        names = [segment["segment_id"] for segment in meta["segments"]]
        if self._parts is None or names != self._parts_of:
            known = self._parts.segments if self._parts is not None else ()
            self._parts, self._parts_of = Parts(self.home, meta, known), names
        return self._parts

    def _follow(
        self, parts: Parts, mark: str, marked: ArticleFlags, commit: Snapshot, pause: Pause
    ) -> None:
        """Bring the bits of a mark up to date."""
        keys: MarkedKeys | CopiedKeys
        if mark == COPIED:
            keys = self._copied
            keys.update(commit)
            is_new = keys.version != self._copied_version
            changes: list[tuple[int, bool]] | None = None if is_new else []
        else:
            keys = self._keys[mark]
            changes = keys.update(marked, pause)
        if changes is None:
            # Forgotten first, so that none of the old ones stay where this is broken off.
            for segment in parts.segments:
                segment.bits.pop(mark, None)
        is_changed = self._fill(parts, mark, keys, marked, pause)
        for key, has in changes or ():
            for number, place in parts.found(self._schema, [key]):
                bits, bit = parts.segments[number].bits, 1 << place
                if bool(bits[mark] & bit) != has:
                    bits[mark] ^= bit
                    is_changed = True
        self._copied_version = self._copied.version if mark == COPIED else self._copied_version
        self._versions[mark] = self._versions.get(mark, 0) + is_changed

    def _fill(
        self,
        parts: Parts,
        mark: str,
        keys: MarkedKeys | CopiedKeys,
        marked: ArticleFlags,
        pause: Pause,
    ) -> bool:
        """Find the bits of a mark for the segments that have none yet; whether there were any."""
        missing = [n for n, segment in enumerate(parts.segments) if mark not in segment.bits]
        size = sum(parts.segments[number].size for number in missing)
        if isinstance(keys, MarkedKeys) and 0 < size <= _FEW < len(keys):
            self._fill_by_ids(parts, keys.mark, missing, marked)
        elif missing and len(keys) * _COMPARED > size:
            wanted: set[int] = set()
            for batch in keys.batches(_BATCH):
                wanted.update(batch)
                pause()
            found = {number: parts.those_of(number, wanted, pause) for number in missing}
            for number, bits in found.items():
                parts.segments[number].bits[mark] = bits
        elif missing:
            self._fill_by_keys(parts, mark, keys, missing, pause)
        return bool(missing)

    def _fill_by_ids(
        self, parts: Parts, mark: Mark, missing: list[int], marked: ArticleFlags
    ) -> None:
        from rilo_reader.article import ArticleId

        for number in missing:
            ids = [ArticleId(name) for name in parts.ids(number)]
            having = set(marked.having(mark, ids))
            parts.segments[number].bits[mark] = sum(
                1 << place for place, article in enumerate(ids) if article in having
            )

    def _fill_by_keys(
        self,
        parts: Parts,
        mark: str,
        keys: MarkedKeys | CopiedKeys,
        missing: list[int],
        pause: Pause,
    ) -> None:
        flags = {n: bytearray((parts.segments[n].size + 7) // 8) for n in missing}
        for batch in keys.batches(_BATCH):
            for number, place in parts.found(self._schema, batch):
                if number in flags:
                    flags[number][place >> 3] |= 1 << (place & 7)
            pause()
        for number, its in flags.items():
            parts.segments[number].bits[mark] = int.from_bytes(its, "little")

    # -- the view itself --------------------------------------------------------------------------

    def _make(self, parts: Parts, meta: dict[str, Any], conditions: Conditions) -> tantivy.Searcher:
        segments, files, total = [], {}, 0
        for entry, segment in zip(meta["segments"], parts.segments, strict=True):
            left = alive(self.home, entry, segment)
            for mark, has in conditions:
                left &= segment.bits[mark] if has else ~segment.bits[mark]
            count = left.bit_count()
            total += count
            if not count:
                continue
            dead = segment.size - count
            segments.append({**entry, "deletes": {"num_deleted_docs": dead, "opstamp": 1}})
            files[f"{segment.file}.1.del"] = deletions(left, segment)
        searcher = open_copy(self.home, {**meta, "segments": segments}, files)
        if searcher.num_docs != total:
            raise NoViewError
        return searcher


# The articles that have a mark, as keys: read from the state once, then moved by its changes.


Pause = Callable[[], None]
"""Called between the parts of long work; may wait, or raise to end it."""


class MarkedKeys:
    """The keys of all articles with one mark: 8 bytes for each, in no order, some perhaps twice.

    Attributes:
        mark: the mark.
    """

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self._revision: int | None = None
        self._read: array[int] = array("Q")
        self._added: set[int] = set()
        self._taken: set[int] = set()

    def __len__(self) -> int:
        """About how many they are."""
        return len(self._read) - len(self._taken) + len(self._added)

    def batches(self, size: int) -> Iterator[list[int]]:
        """All keys, at most so many at once."""
        for start in range(0, len(self._read), size):
            batch = self._read[start : start + size].tolist()
            yield [key for key in batch if key not in self._taken] if self._taken else batch
        if self._added:
            yield list(self._added)

    def update(self, marked: ArticleFlags, pause: Pause) -> list[tuple[int, bool]] | None:
        """Follow the state.

        Returns:
            What may have changed as (key, whether it is marked now), None for everything.
        """
        if self._revision is None:
            revision, articles = marked.changes(0)[0], None
        else:
            revision, articles = marked.changes(self._revision)
        if articles is None:
            # What changes while they are read comes after the revision: the next call has it.
            read = array("Q")
            for part in marked.keys(self.mark):
                read.extend(part)
                pause()
            self._read = read
            self._added.clear()
            self._taken.clear()
            self._revision = revision
            return None
        having = set(marked.having(self.mark, articles)) if articles else set()
        changes = [(hash64(article), article in having) for article in articles]
        for key, has in changes:
            (self._added.add if has else self._added.discard)(key)
            (self._taken.discard if has else self._taken.add)(key)
        self._revision = revision
        return changes


# The parts of an index: the files of its segments, and a bit for each of their articles.


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

        from rilo_reader.index.snapshot import row_of

        for place in range(self.segments[number].size):
            yield row_of(self.searcher, tantivy.DocAddress(number, place)).id


def _segment(home: Path, entry: dict[str, Any]) -> Segment:
    segment = Segment(entry["segment_id"], entry["max_doc"], {})
    segment.footer = _footer(home / f"{segment.file}.fast")
    return segment


def _footer(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        try:
            return read_footer(opened).content
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
