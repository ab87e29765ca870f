"""What differs between folder and index, and which files have moved, so that marks follow.

`Moves` is for articles whose id is their path: others keep their id wherever they are. A new
file is one that is gone if it has its size, time of modification and text; or its text alone, since
git rewrites files. Of several that are the same, it is the one with the same name, else none.

A file in whose place is another now has moved too, if that of its size, time and text is elsewhere.
The one in its place is another article; as is a new file whose path one left that is elsewhere,
or had one that was deleted, with another title and another text.

A file that is where it was and has another id has the marks of the one before, unless its title and
its text are others too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain

from rilo_reader.article import ArticleId
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import file_key, file_stamp, folder_of, without_added
from rilo_reader.index.snapshot import IndexedFile
from rilo_reader.index.writer import Prepared
from rilo_reader.library.progress import Progress
from rilo_reader.store.folder import FileEntry
from rilo_reader.store.state import State

UNTRUSTED = 0
"""The stamp of a file that was too young, different from that of any file."""


@dataclass(slots=True)
class Difference:
    """The difference between a folder and its index."""

    new: list[FileEntry] = field(default_factory=list)  # not in the index
    changed: list[FileEntry] = field(default_factory=list)  # size or mtime changed since indexed
    young: list[FileEntry] = field(default_factory=list)  # too young to be trusted when indexed
    gone: list[int] = field(default_factory=list)  # keys of files in the index, not in the folder
    gone_from: set[str] = field(default_factory=set)  # the folders of those
    gone_folders: list[str] = field(default_factory=list)  # whose files are all gone
    files: int = 0  # article files in the folder
    left_out: dict[str, int] | None = None  # other files by kind; None: the folder was not listed
    unread: list[str] = field(default_factory=list)  # folders that could not be read, and why
    added: Mapping[str, int] = field(default_factory=dict)  # when git says that files were added
    listed: dict[str, str] = field(default_factory=dict)  # digests of the folders that were listed

    def stamp(self, entry: FileEntry) -> int:
        """The stamp that a file should have in the index."""
        return file_stamp(entry.size, entry.mtime_ns, self.added.get(entry.path, 0))

    def note_listed(self, entries: Sequence[FileEntry]) -> str:
        """Note what a folder has; return its digest."""
        lines = [f"{path}:{size}:{mtime}" for path, size, mtime in entries]
        if self.added:
            lines += [str(self.added.get(entry.path)) for entry in entries]
        digest = blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=16)
        return self.listed.setdefault(folder_of(entries[0].path), digest.hexdigest())

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.young or self.gone or self.gone_folders)

    def with_files(self, progress: Progress) -> Progress:
        """The last report, with the numbers of files if the whole folder was listed."""
        if self.left_out is None:
            return progress
        first, more = next(iter(self.unread), ""), len(self.unread) - 1
        unread = f"{first}, and {more:,} more" if more > 0 else first
        return progress._replace(files=self.files, left_out=self.left_out, unread=unread)


_Key = tuple[int, str]  # a stamp or a fingerprint, and a name or ""


class Moves:
    """Finds moves while a difference is written."""

    def __init__(self, index: SearchIndex, difference: Difference, state: State) -> None:
        # folders that are gone, of which some files are in `leaving`
        self.leaving_folders: set[str] = set()
        self.moved = 0  # files of which is known where they were
        self._index = index
        self._state = state
        self._difference = difference
        self._gone = set(difference.gone)
        self._added: dict[ArticleId, tuple[str, int]] = {}
        self._found: dict[ArticleId, ArticleId] = {}
        self._new_by_text: defaultdict[_Key, list[ArticleId]] = defaultdict(list)
        self._new = {entry.path for entry in difference.new}
        self._unmatched: dict[str, IndexedFile] = {}
        self._replaced: dict[str, IndexedFile] = {}
        coming = [*difference.new, *difference.changed]
        # Ids of files that are gone which are not paths: they follow their article by themselves.
        self._free: set[ArticleId] = set()
        if difference.gone or difference.gone_folders or len(coming) > 1:
            self._find_leaving(difference)
        self._lost: dict[str, IndexedFile] = {}
        if not coming:
            self._lost, self._unmatched, self.leaving_folders = self._unmatched, {}, set()
        # Keys of the files that are gone and may have moved. The index has to keep them until the
        # end: then a reconciliation that is stopped finds the rest the next time.
        self.leaving = frozenset(map(file_key, self._unmatched))
        leaving = [*self._unmatched.values(), *self._replaced.values()]
        by_stamp = (file for file in leaving if file.stamp != UNTRUSTED)
        self._by_stamp = _only(
            (key, file.path)
            for file in by_stamp
            for key in _keys(without_added(file.stamp), file.path)
        )
        if self._by_stamp:
            self._new_stamps = Counter(chain.from_iterable(map(_stamps, coming)))

    def _find_leaving(self, difference: Difference) -> None:
        changed = {file_key(entry.path) for entry in difference.changed}
        folders = {folder_of(entry.path) for entry in difference.changed}
        ids = self._index.snapshot.ids_with_names
        if difference.new:
            for folder in difference.gone_from:
                self._free.update(ids(folder, self._gone))
            for folder in difference.gone_folders:
                self._free.update(ids(folder))
        for folder in difference.gone_from | folders:
            for file in self._index.snapshot.files_that_are_ids(folder):
                key = file_key(file.path)
                if key in self._gone:
                    self._unmatched[file.path] = file
                elif key in changed:
                    self._replaced[file.path] = file
        for folder in difference.gone_folders:
            if files := self._index.snapshot.files_that_are_ids(folder):
                self._unmatched.update((file.path, file) for file in files)
                self.leaving_folders.add(folder)

    def add(self, ready: Prepared, entry: FileEntry) -> None:
        """Note an article that was read, before it is added to the index."""
        is_new = entry.path in self._new
        if is_new and ready.id in self._free:
            self._free.remove(ready.id)
            self.moved += 1
        if is_new and ready.id == ready.path:
            self._added[ready.id] = ready.title, ready.fingerprint
        elif not is_new:
            self._add_id(ready)
        if self._is_found(ready, entry) or not is_new:
            return
        if self._unmatched and ready.fingerprint:
            for key in _keys(ready.fingerprint, ready.path):
                self._new_by_text[key].append(ready.id)

    def _add_id(self, ready: Prepared) -> None:
        """Note that a file which is where it was has another id than before, if it has."""
        before = self._index.snapshot.by_path(ready.path)
        if before is None or before.id == ready.id:
            return
        # No other file has the id of before, or it would have had its path for one.
        is_same = before.id == before.path or before.title == ready.title
        if is_same or ready.fingerprint == self._index.snapshot.fingerprint(ready.path) != 0:
            self._found[before.id] = ready.id

    def _is_found(self, ready: Prepared, entry: FileEntry) -> bool:
        """Whether it is certain which file this was, whatever else is new."""
        for key in _stamps(entry) if self._by_stamp else ():
            path = self._by_stamp.get(key, "")
            old = self._unmatched.get(path) or self._replaced.get(path)
            is_same = old is not None and old.fingerprint == ready.fingerprint
            if is_same and self._new_stamps[key] == 1:
                self._find(path, ready.id)
                return True
        return False

    def _find(self, old: str, new: ArticleId) -> None:
        self._found[ArticleId(old)] = new
        self.moved += self._unmatched.pop(old, None) is not None

    def keep(self) -> None:
        """Keep the moves that are certain; before the new files are committed."""
        if not self._state.is_protected and (self._found or self._added):
            anew = {old for old in self._found if old in self._replaced}
            anew |= self._state.claim_lost_files(self._added)
            for article, others in self._state.find_new_ids(self._added).items():
                if any(self._is_elsewhere(other, article) for other in others):
                    anew.add(article)
            if self._found or anew:
                self._state.move_ids(self._found, anew)
        self._found = {}
        self._added = {}

    def _is_elsewhere(self, article: ArticleId, place: ArticleId) -> bool:
        """Whether an article is in the library, and not at a place."""
        if article in self._found or article in self._added:
            return self._found.get(article, article) != place
        hit = self._index.snapshot.by_id(article)
        if hit is None or file_key(hit.path) in self._gone:
            return False
        return folder_of(hit.path) not in self._difference.gone_folders

    def finish(self) -> None:
        """Keep all moves; once all files were added."""
        by_text = _only(
            (key, file.path)
            for file in self._unmatched.values()
            if file.fingerprint
            for key in _keys(file.fingerprint, file.path)
        )
        # First those with the same name too.
        for key in sorted(self._new_by_text, key=lambda key: not key[1]):
            new = self._new_by_text[key]
            old = by_text.get(key)
            if old in self._unmatched and len(new) == 1 and new[0] not in self._found.values():
                self._find(old, new[0])
        self.keep()
        if (lost := self._lost or self._unmatched) and not self._state.is_protected:
            self._state.note_lost(
                {ArticleId(file.path): (file.title, file.fingerprint) for file in lost.values()}
            )


def _keys(value: int, path: str) -> tuple[_Key, _Key]:
    """Keys of a file: with its name, and without."""
    return (value, path.rpartition("/")[2]), (value, "")


def _stamps(entry: FileEntry) -> tuple[_Key, _Key]:
    return _keys(file_stamp(entry.size, entry.mtime_ns), entry.path)


def _only(pairs: Iterable[tuple[_Key, str]]) -> dict[_Key, str]:
    """The pairs whose key no other has."""
    found: dict[_Key, str | None] = {}
    for key, path in pairs:
        found[key] = None if key in found else path
    return {key: path for key, path in found.items() if path is not None}
