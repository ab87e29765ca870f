"""The difference between folder and index, and files that have moved, so that marks follow.

`MoveFinder` is for articles whose id is their path: others keep their id wherever they are. A new
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
from rilo_reader.dialects.sites import Site, Sites
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import file_key, file_stamp, folder_of, strip_added
from rilo_reader.index.snapshot import IndexedFile
from rilo_reader.index.writer import PreparedArticle
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
    gone_keys: list[int] = field(default_factory=list)  # of files in the index, not in the folder
    gone_file_folders: set[str] = field(default_factory=set)  # the folders of those
    gone_folders: list[str] = field(default_factory=list)  # whose files are all gone
    file_count: int = 0  # article files in the folder
    other_kinds: dict[str, int] | None = None  # other files; None: the folder was not listed
    unreadable_folders: list[str] = field(default_factory=list)  # each with the reason
    git_added: Mapping[str, int] = field(default_factory=dict)  # when git says files were added
    sites: Sites | None = None  # the sites of the folder's articles
    folder_digests: dict[str, str] = field(default_factory=dict)  # of folders that were listed
    # digests of folders as they were when the index took in all of their files
    known_digests: dict[str, str] = field(default_factory=dict)

    def stamp_of(self, entry: FileEntry) -> int:
        """The stamp that a file should have in the index."""
        return file_stamp(entry.size, entry.mtime_ns, self.read_as(entry.path))

    def read_as(self, path: str) -> int:
        """Return a number that changes with what, beside its file, says how an article is read."""
        digest = self.sites.of(path).digest if self.sites is not None else 0
        return self.git_added.get(path, 0) ^ digest

    def list_sites(self) -> dict[str, Site]:
        """Return the sites of the folders of what is to be read, where there is one."""
        files = (*self.changed, *self.young, *self.new)
        folders = {folder_of(entry.path) for entry in files} if self.sites is not None else ()
        found = {folder: self.sites.of_folder(folder) for folder in folders if self.sites}
        return {folder: site for folder, site in found.items() if site.digest}

    def record_folder(self, entries: Sequence[FileEntry]) -> bool:
        """Record what a folder has; return whether the index has the same."""
        lines = [f"{path}:{size}:{mtime}" for path, size, mtime in entries]
        if self.git_added:
            lines += [str(self.git_added.get(entry.path)) for entry in entries]
        folder = folder_of(entries[0].path)
        if self.sites is not None and (site := self.sites.of_folder(folder).digest):
            lines.append(str(site))
        text = "\n".join(lines).encode("utf-8", "surrogatepass")
        digest = blake2b(text, digest_size=16).hexdigest()
        self.folder_digests[folder] = digest
        return self.known_digests.get(folder) == digest

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.young or self.gone_keys or self.gone_folders)

    def add_file_counts(self, progress: Progress) -> Progress:
        """The last report, with the numbers of files if the whole folder was listed."""
        if self.other_kinds is None:
            return progress
        first, more = next(iter(self.unreadable_folders), ""), len(self.unreadable_folders) - 1
        unread = f"{first}, and {more:,} more" if more > 0 else first
        return progress._replace(files=self.file_count, left_out=self.other_kinds, unread=unread)


_Key = tuple[int, str]  # a stamp or a fingerprint, and a name or ""


class MoveFinder:
    """Finds moves while a difference is written."""

    def __init__(self, index: SearchIndex, difference: Difference, state: State) -> None:
        # folders that are gone, of which some files are in `leaving`
        self.folders_kept_until_end: set[str] = set()
        self.moved_count = 0  # files of which is known where they were
        self._index = index
        self._state = state
        self._difference = difference
        self._gone_keys = set(difference.gone_keys)
        self._added_files: dict[ArticleId, tuple[str, int]] = {}
        self._moves: dict[ArticleId, ArticleId] = {}
        self._new_by_text: defaultdict[_Key, list[ArticleId]] = defaultdict(list)
        self._new = {entry.path for entry in difference.new}
        self._unmatched_files: dict[str, IndexedFile] = {}
        self._replaced_files: dict[str, IndexedFile] = {}
        coming = [*difference.new, *difference.changed]
        # Ids of files that are gone which are not paths: they follow their article by themselves.
        self._unclaimed_ids: set[ArticleId] = set()
        if difference.gone_keys or difference.gone_folders or len(coming) > 1:
            self._find_leaving(difference)
        self._lost_files: dict[str, IndexedFile] = {}
        if not coming:
            self._lost_files, self._unmatched_files = self._unmatched_files, {}
            self.folders_kept_until_end = set()
        # Keys of the files that are gone and may have moved. The index has to keep them until the
        # end: then a reconciliation that is stopped finds the rest the next time.
        self.keys_kept_until_end = frozenset(map(file_key, self._unmatched_files))
        leaving = [*self._unmatched_files.values(), *self._replaced_files.values()]
        by_stamp = (file for file in leaving if file.stamp != UNTRUSTED)
        self._files_by_stamp = _unique_pairs(
            (key, file.path)
            for file in by_stamp
            for key in _make_keys(strip_added(file.stamp), file.path)
        )
        if self._files_by_stamp:
            self._new_stamps = Counter(chain.from_iterable(map(_make_stamp_keys, coming)))

    def _find_leaving(self, difference: Difference) -> None:
        changed = {file_key(entry.path) for entry in difference.changed}
        folders = {folder_of(entry.path) for entry in difference.changed}
        ids = self._index.snapshot.ids_with_names
        if difference.new:
            for folder in difference.gone_file_folders:
                self._unclaimed_ids.update(ids(folder, self._gone_keys))
            for folder in difference.gone_folders:
                self._unclaimed_ids.update(ids(folder))
        for folder in difference.gone_file_folders | folders:
            for file in self._index.snapshot.files_that_are_ids(folder):
                key = file_key(file.path)
                if key in self._gone_keys:
                    self._unmatched_files[file.path] = file
                elif key in changed:
                    self._replaced_files[file.path] = file
        for folder in difference.gone_folders:
            if files := self._index.snapshot.files_that_are_ids(folder):
                self._unmatched_files.update((file.path, file) for file in files)
                self.folders_kept_until_end.add(folder)

    def add_file(self, ready: PreparedArticle, entry: FileEntry) -> None:
        """Note an article that was read, before it is added to the index."""
        is_new = entry.path in self._new
        if is_new and ready.id in self._unclaimed_ids:
            self._unclaimed_ids.remove(ready.id)
            self.moved_count += 1
        if is_new and ready.id == ready.path:
            self._added_files[ready.id] = ready.title, ready.fingerprint
        elif not is_new:
            self._add_id(ready)
        if self._is_found(ready, entry) or not is_new:
            return
        if self._unmatched_files and ready.fingerprint:
            for key in _make_keys(ready.fingerprint, ready.path):
                self._new_by_text[key].append(ready.id)

    def _add_id(self, ready: PreparedArticle) -> None:
        """Note that a file which is where it was has another id than before, if it has."""
        before = self._index.snapshot.find_by_path(ready.path)
        if before is None or before.id == ready.id:
            return
        # No other file has the id of before, or it would have had its path for one.
        is_same = before.id == before.path or before.title == ready.title
        if is_same or ready.fingerprint == self._index.snapshot.read_fingerprint(ready.path) != 0:
            self._moves[before.id] = ready.id

    def _is_found(self, ready: PreparedArticle, entry: FileEntry) -> bool:
        """Return whether it is certain which file this was, whatever else is new."""
        for key in _make_stamp_keys(entry) if self._files_by_stamp else ():
            path = self._files_by_stamp.get(key, "")
            old = self._unmatched_files.get(path) or self._replaced_files.get(path)
            is_same = old is not None and old.fingerprint == ready.fingerprint
            if is_same and self._new_stamps[key] == 1:
                self._record_move(path, ready.id)
                return True
        return False

    def _record_move(self, old: str, new: ArticleId) -> None:
        self._moves[ArticleId(old)] = new
        self.moved_count += self._unmatched_files.pop(old, None) is not None

    def save_certain(self) -> None:
        """Keep the moves that are certain; before the new files are committed."""
        if not self._state.is_protected and (self._moves or self._added_files):
            anew = {old for old in self._moves if old in self._replaced_files}
            anew |= self._state.moved_files.claim_lost(self._added_files)
            for article, others in self._state.moved_files.find_new_ids(self._added_files).items():
                if any(self._is_elsewhere(other, article) for other in others):
                    anew.add(article)
            if self._moves or anew:
                self._state.moved_files.record_moves(self._moves, anew)
        self._moves = {}
        self._added_files = {}

    def _is_elsewhere(self, article: ArticleId, place: ArticleId) -> bool:
        """Return whether an article is in the library, and not at a place."""
        if article in self._moves or article in self._added_files:
            return self._moves.get(article, article) != place
        hit = self._index.snapshot.find_by_id(article)
        if hit is None or file_key(hit.path) in self._gone_keys:
            return False
        return folder_of(hit.path) not in self._difference.gone_folders

    def save_all(self) -> None:
        """Keep all moves; once all files were added."""
        by_text = _unique_pairs(
            (key, file.path)
            for file in self._unmatched_files.values()
            if file.fingerprint
            for key in _make_keys(file.fingerprint, file.path)
        )
        # First those with the same name too.
        for key in sorted(self._new_by_text, key=lambda key: not key[1]):
            new = self._new_by_text[key]
            old = by_text.get(key)
            is_free = len(new) == 1 and new[0] not in self._moves.values()
            if is_free and old in self._unmatched_files:
                self._record_move(old, new[0])
        self.save_certain()
        if (lost := self._lost_files or self._unmatched_files) and not self._state.is_protected:
            self._state.moved_files.record_lost(
                {ArticleId(file.path): (file.title, file.fingerprint) for file in lost.values()}
            )


def _make_keys(value: int, path: str) -> tuple[_Key, _Key]:
    """Keys of a file: with its name, and without."""
    return (value, path.rpartition("/")[2]), (value, "")


def _make_stamp_keys(entry: FileEntry) -> tuple[_Key, _Key]:
    return _make_keys(file_stamp(entry.size, entry.mtime_ns), entry.path)


def _unique_pairs(pairs: Iterable[tuple[_Key, str]]) -> dict[_Key, str]:
    """The pairs whose key no other has."""
    found: dict[_Key, str | None] = {}
    for key, path in pairs:
        found[key] = None if key in found else path
    return {key: path for key, path in found.items() if path is not None}
