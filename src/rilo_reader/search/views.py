"""Views: the index with only the articles of one state in it, as fast as the index itself.

A filter of a hundred thousand identities costs tantivy 90 ms a search. But a segment's files never
change, and which of its articles are deleted stands in a small file beside them: a bit for each.
So a view is a directory of hard links to the same segments with another file of deletions, made
from the reader's marks. A search in it costs what a search costs, whatever the share of articles
it leaves, its totals are exact, and one more article read is one bit more (see parts.py).

Where no hard links can be made, or tantivy's file is not as it was in 0.27, there is no view, and
the query names the identities instead (`compile`).
"""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rilo_reader.query.tree import Mark
from rilo_reader.search.directory import META
from rilo_reader.search.errors import is_panic
from rilo_reader.search.folding import COPIED, CopiedKeys
from rilo_reader.search.marked import MarkedKeys, Pause
from rilo_reader.search.parts import NoViewError, Parts, alive, deletions, open_copy
from rilo_reader.search.recent import Recent

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.commit import Commit
    from rilo_reader.search.marks import Marked

Conditions = frozenset[tuple[str, bool]]
"""Marks (or COPIED) that an article must have (True) or must not have (False)."""

_BATCH = 10_000  # keys looked up at once
_COMPARED = 3  # looked up, a key costs as much as comparing it with so many articles
_FEW = 2_000  # articles whose marks are asked of the state
_MOMENT = 0.05  # seconds after which it is looked whether it is quiet


def _without_pause() -> None:
    """Somebody waits."""


class Views:
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
        self._marked: Marked | None = None
        self._keys: dict[str, MarkedKeys] = {}
        self._copied = copied
        self._copied_version = -1
        self._versions: dict[str, int] = {}
        self._open: dict[Conditions, tuple[object, tantivy.Searcher, Recent]] = {}
        self._impossible = False

    def view(self, conditions: Conditions, marked: Marked, commit: Commit) -> Commit | None:
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

    def prepare(self, marked: Marked, commit: Commit, quiet: Callable[[], bool]) -> None:
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
        self, conditions: Conditions, marked: Marked, commit: Commit, pause: Pause
    ) -> Commit | None:
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

    def _view(self, conditions: Conditions, marked: Marked, commit: Commit, pause: Pause) -> Commit:
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
        self, parts: Parts, mark: str, marked: Marked, commit: Commit, pause: Pause
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
        marked: Marked,
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

    def _fill_by_ids(self, parts: Parts, mark: Mark, missing: list[int], marked: Marked) -> None:
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
