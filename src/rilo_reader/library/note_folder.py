"""`NoteFolder`: the files of a folder of notes, found by the article that each is about.

The user may rename notes, put them into other folders below, and keep files of their own there:
the front matter says which article a file is the note of. Links are not followed. Nothing outside
is read or written.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rilo_reader.annotations.note_file import file_name, name_end
from rilo_reader.article import HIGHLIGHTS_OF, Article, ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.files import replacing
from rilo_reader.store.encoding import decode
from rilo_reader.store.front_matter import parse

OTHERS = "libraries"
"""The subfolder for the notes of libraries other than the user's first one."""

DEPTH_LIMIT = 16
"""Levels of folders that are entered."""

SIZE_LIMIT = 20_000_000
"""Bytes of the largest note."""

HEAD = 65_536
"""Bytes at the start of a file that are read for its front matter."""


class Stamp(NamedTuple):
    """What tells that a file changed: its size in bytes, and its mtime in nanoseconds."""

    size: int
    mtime_ns: int


class ChangedMeanwhileError(Exception):
    """Somebody else wrote the file after it was read; read it again."""


class NoteFile(NamedTuple):
    """A note as it was read."""

    path: Path  # the file
    data: bytes | None = None  # its bytes; None if there is none yet
    stamp: Stamp | None = None  # of what was read


class NoteFolder:
    """A folder of notes; it remembers which files it has seen, and reads only others again.

    Args:
        folder: the folder, which need not exist.
        root: the folder above it that must exist before anything is written.
        library: the folder of articles, which has no notes if it lies in the folder of notes.
    """

    def __init__(self, folder: Path, root: Path, library: Path) -> None:
        self.folder = folder
        self._root = root
        self._library = library
        self._seen: dict[Path, tuple[Stamp, str | None]] = {}

    # -- find -----------------------------------------------------------------------------------

    def look(self) -> set[ArticleId]:
        """List the folder; return the articles whose notes are new or changed since the last time.

        What this object wrote itself is not among them.
        """
        changed: set[ArticleId] = set()
        seen: dict[Path, tuple[Stamp, str | None]] = {}
        for path, stamp in self._files():
            known = self._seen.get(path)
            if known is None or known[0] != stamp:
                identity = _article_of(path)
                known = stamp, identity
                if identity is not None:
                    changed.add(ArticleId(identity))
            seen[path] = known
        self._seen = seen
        return changed

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        pending = [(self.folder, 0)]
        while pending:
            folder, depth = pending.pop()
            try:
                with os.scandir(folder) as entries:
                    found = list(entries)
            except OSError:
                continue
            for entry in found:
                if entry.name.startswith("."):
                    continue
                path = folder / entry.name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        is_others = depth == 0 and entry.name == OTHERS
                        if depth < DEPTH_LIMIT and not is_others and path != self._library:
                            pending.append((path, depth + 1))
                    elif entry.name.endswith(".md") and entry.is_file(follow_symlinks=False):
                        yield path, _stamp(entry.stat(follow_symlinks=False))
                except OSError:
                    continue

    def notes(self) -> dict[ArticleId, Path]:
        """The note of each article that has one, as of the last `look`.

        Of several files about one article it is the one with the name that this program gives,
        then the one with the shortest name: copies made by a syncer have longer ones.
        """
        found: defaultdict[ArticleId, list[Path]] = defaultdict(list)
        for path, (_, identity) in self._seen.items():
            if identity is not None:
                found[ArticleId(identity)].append(path)
        return {
            article: min(paths, key=lambda path: _rank(path, article))
            for article, paths in found.items()
        }

    def copies(self) -> list[tuple[Path, Path]]:
        """The other files about an article that has a note, and its note, as of the last `look`.

        Programs that copy folders keep two versions so, where both sides edited one.
        """
        notes = self.notes()
        return [
            (path, notes[ArticleId(identity)])
            for path, (_, identity) in sorted(self._seen.items())
            if identity is not None and path != notes[ArticleId(identity)]
        ]

    def new_path(self, article: Article) -> Path:
        """Where the note of an article is written first."""
        return self.folder / file_name(article.title, article.id)

    # -- read and write -------------------------------------------------------------------------

    def read(self, path: Path) -> NoteFile:
        """Read a note, or what is in its place.

        Raises:
            OSError: it cannot be read.
            NotReadableError: it is no regular file, or too large.
        """
        try:
            status = path.lstat()
        except FileNotFoundError:
            return NoteFile(path)
        if not stat.S_ISREG(status.st_mode):
            raise NotReadableError("it is not a regular file, so no note can be written there.")
        if status.st_size > SIZE_LIMIT:
            raise NotReadableError(f"it is larger than {SIZE_LIMIT / 1e6:.0f} MB.")
        return NoteFile(path, path.read_bytes(), _stamp(status))

    def write(self, note: NoteFile, data: bytes) -> None:
        """Replace a note that was read; b"" deletes it.

        Raises:
            OSError: it cannot be written.
            NotReadableError: it is write-protected.
            ChangedMeanwhileError: it is not as it was read.
        """
        path = note.path
        if note.stamp is None:
            if not self._root.is_dir():
                raise NotReadableError(f"the folder {self._root} is not there.")
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.lstat().st_mode & stat.S_IWUSR:
            raise NotReadableError("it is write-protected.")
        if not data:
            _check(note)
            path.unlink()
            self._seen.pop(path, None)
            return
        with replacing(path) as out:
            out.write(data)
            out.flush()
            # Renamed, it has this stamp; another one later means that somebody else wrote.
            stamp = _stamp(os.fstat(out.fileno()))
            _check(note)
        self._seen[path] = stamp, _article_in(data[:HEAD])

    def rename(self, path: Path, article: Article) -> bool:
        """Give a note the name of its article's title, unless the user gave it another one.

        It stays in its folder, and does not replace another file.

        Raises:
            OSError: it cannot be renamed.
        """
        target = path.with_name(file_name(article.title, article.id))
        if path == target or not path.name.endswith(name_end(article.id)) or _is_there(target):
            return False
        path.rename(target)
        if path in self._seen:
            self._seen[target] = self._seen.pop(path)
        return True


def _rank(path: Path, article: ArticleId) -> tuple[bool, int, str]:
    is_ours = path.name.endswith(name_end(article))
    return not is_ours, len(path.name), str(path)


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns)


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _check(note: NoteFile) -> None:
    """Check that a file is as it was read.

    Raises:
        ChangedMeanwhileError: it is not.
    """
    try:
        stamp = _stamp(note.path.lstat())
    except FileNotFoundError:
        stamp = None
    if stamp != note.stamp:
        raise ChangedMeanwhileError


def _article_of(path: Path) -> str | None:
    """The article that a file is the note of; None if it is none or cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    return _article_in(head)


def _article_in(head: bytes) -> str | None:
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_utf16 and HIGHLIGHTS_OF.encode() not in head:
        return None
    identity = parse(decode(head)[0]).metadata.get(HIGHLIGHTS_OF)
    return identity if isinstance(identity, str) and identity else None
