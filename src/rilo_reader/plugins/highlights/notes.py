"""Notes on highlights: one Markdown file for each article that has some, kept in step with them.

    folder of notes --list_changed--> notes that the user edited --> gestures `note:ID`
    articles whose annotations changed --merge_note--> bytes --> files, where they differ

The user may rename notes, put them into other folders below, and keep files of their own there:
the front matter names the article of a note. Links are not followed. Nothing outside is read or
written.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from rilo_reader.annotations.highlight import AnnotatedArticle, Highlight, from_fields
from rilo_reader.article import HIGHLIGHTS_OF, Article, ArticleId
from rilo_reader.config.model import Config
from rilo_reader.errors import LibraryError, NotReadableError
from rilo_reader.files import read_regular, replace_file
from rilo_reader.library.library import Library
from rilo_reader.paths import Paths, library_name
from rilo_reader.plugins.highlights.note_file import (
    file_name,
    find_edited_notes,
    merge_note,
    name_end,
)
from rilo_reader.plugins.highlights.settings import NoteSettings
from rilo_reader.store.encoding import decode
from rilo_reader.store.folder import is_within
from rilo_reader.store.front_matter import parse
from rilo_reader.store.gesture_table import NO_STEP
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT, NOTE
from rilo_reader.text import make_slug

NO_REVISION = -1  # a revision before all others
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
TRIES = 3  # how often a note is read that somebody else writes at the same time

LIBRARIES_FOLDER = "libraries"
"""The subfolder for the notes of libraries other than the user's first one."""

DEPTH_LIMIT = 16  # levels of folders that are entered
SIZE_LIMIT = 20_000_000  # bytes of the largest note
HEAD = 65_536  # bytes at the start of a file that are read for its front matter


class NotesReport(NamedTuple):
    """The result of an update of notes."""

    written_count: int = 0  # files that were written, renamed or deleted
    taken_count: int = 0  # notes of highlights that were imported from files
    # files that could not be read or written, a sentence for each; they are tried again
    problems: tuple[str, ...] = ()


def find_notes_folder(library: Path, config: Config, paths: Paths) -> NoteFolder | None:
    """Return the folder of a library's notes; None if the settings want none.

    A relative folder is in the library, so each library has its own. Else notes of the first
    library of the settings are in the folder, and those of any other in a folder below it.
    """
    setting = config.plugin_values(NoteSettings).notes_folder
    if setting == Path():
        return None
    if setting is not None and not setting.is_absolute():
        return NoteFolder(library / setting, library, library)
    folder = setting or paths.data / "notes"
    root = Path(folder.anchor) if setting is None else folder.parent
    if library != Path(os.path.realpath(config.first_library(paths))):
        folder = folder / LIBRARIES_FOLDER / (make_slug(library.name) or library_name(library))
    return NoteFolder(folder, root, library)


# -- in step with highlights ----------------------------------------------------------------------


class NoteFiles:
    """The notes of an open library, updated again and again.

    The cache records what was written; without it every note is compared again. Without a change
    an update reads the revision of the state and lists the folder.
    """

    def __init__(self, library: Library, config: Config, paths: Paths) -> None:
        self._library = library
        self._config, self._paths = config, paths
        self._record_file = paths.cache / "notes" / f"{library_name(library.folder)}.json"
        self._folder: NoteFolder | None = None
        self._record = _NotesRecord()
        self._waiting_ids: set[ArticleId] = set()
        self._has_compared_titles = False

    def update_notes(self) -> NotesReport:
        """Import what the user wrote in the files, and write what changed here.

        Not from two threads at once; another process does no harm.

        Raises:
            LibraryError: the marks cannot be read.
        """
        if self._folder is None:
            self._folder = find_notes_folder(self._library.folder, self._config, self._paths)
            if self._folder is None:
                return NotesReport()
            self._record = _read_record(self._record_file, self._folder.folder)
        report = self._update_folder(self._folder)
        return report._replace(problems=(*report.problems, *self._folder.describe_copies()))

    def _update_folder(self, folder: NoteFolder) -> NotesReport:
        if problem := folder.problem:
            return NotesReport(problems=(problem,))
        revision, changed = self._library.state.read_changes_since(self._record.revision)
        edited = folder.list_changed()
        again = set(map(ArticleId, self._record.waiting))
        if not self._has_compared_titles:
            again |= self._find_renamed(folder)
            self._has_compared_titles = True
        if changed is not None and not changed and not edited and not again:
            return NotesReport()
        ever = self._library.state.annotations.ever_highlighted()
        due = again | (set(ever) if changed is None else ever.keys() & set(changed))
        self._waiting_ids = set()
        notes = folder.notes_by_article()
        written = taken = 0
        problems: list[str] = []
        for article in sorted((due | edited) & ever.keys()):
            path = notes.get(article)
            is_due = article in due
            update = partial(self._update_note, folder, article, path, ever[article], is_due=is_due)
            part = self._try_update(update, article, path or folder.folder)
            written += part.written_count
            taken += part.taken_count
            problems += part.problems
        record = _NotesRecord(str(folder.folder), revision, tuple(sorted(self._waiting_ids)))
        if record != self._record:
            self._record = record
            with suppress(OSError):  # without it, everything is compared the next time
                self._record_file.parent.mkdir(parents=True, exist_ok=True)
                with replace_file(self._record_file) as out:
                    out.write(json.dumps(record._asdict()).encode())
        return NotesReport(written, taken, tuple(problems))

    def _try_update(
        self, update: Callable[[], NotesReport], article: ArticleId, path: Path
    ) -> NotesReport:
        """Update a note; an article whose note cannot be written waits."""
        reason = ""
        for _ in range(TRIES):
            try:
                return update()
            except ChangedMeanwhileError:
                continue
            except NotReadableError as error:
                reason = error.reason
            except OSError as error:
                reason = f"{error.strerror or type(error).__name__}."
            break
        self._waiting_ids.add(article)
        problem = f"The note {path} on {article} could not be written: {reason}"
        return NotesReport(problems=(problem,) if reason else ())

    def _update_note(
        self,
        folder: NoteFolder,
        identity: ArticleId,
        path: Path | None,
        ever: Collection[str],
        *,
        is_due: bool,
    ) -> NotesReport:
        """Update the note of an article, which has had the highlights `ever`.

        It is written where it `is_due`, or the user has edited something.
        """
        article: Article | None = None
        with suppress(LibraryError):
            article = self._library.article(identity)
        highlights, unknown = self._read_highlights(identity)
        if path is None:
            if article is None:
                # Its file, or the index of the library, may still come.
                self._waiting_ids.update((identity,) if highlights else ())
                return NotesReport()
            path = folder.folder / file_name(article.title, article.id)
        file = folder.read_note(path)
        edited, faults = find_edited_notes(file.data or b"", highlights)
        if edited:
            ids = Ids([identity])
            changes = (Assignment(NOTE + highlight, note, ids) for highlight, note in edited)
            self._library.state.apply_assignments(changes, in_history=NO_STEP)
            highlights, unknown = self._read_highlights(identity)
        problems = tuple(f"{path}: {fault}" for fault in faults)
        if not edited and not is_due:
            return NotesReport(problems=problems)
        link = "" if article is None else self._make_link(article, path)
        # The note of an article that is not here any more is not created, only changed.
        shown = article or Article(identity, "", str(identity), NO_DATE)
        data = merge_note(file.data, AnnotatedArticle(shown, highlights, link), set(ever) - unknown)
        is_written = data != (file.data or b"")
        if is_written:
            folder.write_note(file, data)
        if article is not None and data:
            is_written = folder.rename_note(path, article) or is_written
        return NotesReport(int(is_written), len(edited), problems)

    def _find_renamed(self, folder: NoteFolder) -> set[ArticleId]:
        """Return the articles whose notes have the name of another title."""
        found = set()
        for article, path in folder.notes_by_article().items():
            if path.name.endswith(name_end(article)):
                row = self._library.search.row(article)
                if row is not None and path.name != file_name(row.title, article):
                    found.add(article)
        return found

    def _read_highlights(self, article: ArticleId) -> tuple[tuple[Highlight, ...], frozenset[str]]:
        """Return the highlights of an article, and the ids of others that cannot be read."""
        rows = self._library.state.annotations.read(article)
        # In the order of the text that they were made from, which is the same on all devices.
        found = tuple(sorted(from_fields(rows), key=lambda each: (each.anchor.start, each.id)))
        names = {field.removeprefix(HIGHLIGHT) for field, _, _ in rows if HIGHLIGHT in field}
        return found, frozenset(names - {each.id for each in found})

    def _make_link(self, article: Article, path: Path) -> str:
        """Return the address of the article: its web page, else its file relative to the note."""
        if article.url or not article.path:
            return article.url
        try:
            relative = os.path.relpath(self._library.file(article.id), path.parent)
        except (LibraryError, ValueError):
            return ""
        return quote(Path(relative).as_posix(), errors="replace")


class _NotesRecord(NamedTuple):
    """The record of the last update of notes."""

    folder: str = ""  # the folder of notes
    revision: int = NO_REVISION  # of the state
    waiting: tuple[str, ...] = ()  # articles whose notes could not be written


def _read_record(file: Path, folder: Path) -> _NotesRecord:
    """Read the record; without a valid one for this folder everything is compared."""
    with suppress(OSError, ValueError, RecursionError, TypeError, LookupError):
        value = json.loads(read_regular(file))
        if value["folder"] == str(folder):
            waiting = tuple(map(str, value["waiting"]))
            return _NotesRecord(str(folder), int(value["revision"]), waiting)
    return _NotesRecord(str(folder))


# -- the folder -----------------------------------------------------------------------------------

Stamp = tuple[int, int]
"""The size of a file in bytes, and its mtime in nanoseconds, which tell that it changed."""


class ChangedMeanwhileError(Exception):
    """Somebody else wrote the file after it was read; read it again."""


class NoteFile(NamedTuple):
    """A note as it was read."""

    path: Path  # the file
    data: bytes | None = None  # its bytes; None if there is none yet
    stamp: Stamp | None = None  # of what was read


class NoteFolder:
    """A folder of notes; it remembers which files it has seen, and reads only others again."""

    def __init__(self, folder: Path, root: Path, library: Path) -> None:
        # It need not exist; a link to a folder leads to it, or to itself.
        self.folder = Path(os.path.realpath(folder))
        self._configured_folder = folder
        above = map(os.path.realpath, folder.absolute().parents)
        self._is_within = str(library) in above  # so it must stay there, whatever links there are
        self._root = root  # above it; must exist before anything is written
        self._library = library  # has no notes if it lies in the folder of notes
        self._seen_files: dict[Path, tuple[Stamp, ArticleId | None]] = {}

    @property
    def problem(self) -> str:
        """The reason why nothing is read or written: a link leads out of the library; else ""."""
        real = os.path.realpath(self._configured_folder)
        if (self._is_within and not is_within(self._library, real)) or real != str(self.folder):
            return (
                f"A link leads from {self._configured_folder} to {real}, so no notes are written. "
                f'If that is meant, put into settings.toml: notes_folder = "{real}"'
            )
        return ""

    def list_changed(self) -> set[ArticleId]:
        """List the folder; return the articles whose notes are new or changed since the last time.

        Notes that this object wrote are not among them.
        """
        if self.problem:
            self._seen_files = {}
            return set()
        before, self._seen_files = self._seen_files, {}
        for path, stamp in self._iter_files():
            seen = before.get(path)
            if seen is None or seen[0] != stamp:
                seen = stamp, _read_article_id(path)
            self._seen_files[path] = seen
        changed = self._seen_files.items() - before.items()
        return {article for _, (_, article) in changed if article is not None}

    def _iter_files(self) -> Iterator[tuple[Path, Stamp]]:
        for name, folders, files in os.walk(self.folder):
            folder = Path(name)
            depth = len(folder.parts) - len(self.folder.parts)
            folders[:] = [
                each
                for each in folders
                if depth < DEPTH_LIMIT
                and not each.startswith(".")
                and (depth or each != LIBRARIES_FOLDER)
                and folder / each != self._library
            ]
            for file in files:
                if file.endswith(".md") and not file.startswith("."):
                    with suppress(OSError):
                        status = (folder / file).lstat()
                        if stat.S_ISREG(status.st_mode):
                            yield folder / file, _stamp_of(status)

    def notes_by_article(self) -> dict[ArticleId, Path]:
        """Return the note of each article that has one, as of the last `list_changed`.

        Of several files about one article it is the one with the name that this program gives,
        then the one with the shortest name: copies made by a syncer have longer ones.
        """

        def rank_note(note: tuple[ArticleId, Path]) -> tuple[bool, int, str]:
            article, path = note
            return not path.name.endswith(name_end(article)), len(path.name), str(path)

        found = ((article, path) for path, (_, article) in self._seen_files.items() if article)
        return dict(sorted(found, key=rank_note, reverse=True))  # the last of several stays

    def describe_copies(self) -> list[str]:
        """Describe each other file about an article that has a note, as of the last `list_changed`.

        Programs that copy folders keep two versions so, where both sides edited one.
        """
        notes = self.notes_by_article()
        return [
            f"{path} is another version of {notes[article].name} and is ignored: copy what you "
            f"want to keep into that note, then delete this file."
            for path, (_, article) in sorted(self._seen_files.items())
            if article is not None and path != notes[article]
        ]

    def read_note(self, path: Path) -> NoteFile:
        """Read a note; raises NotReadableError or OSError for what is not a note in its place."""
        try:
            status = path.lstat()
        except FileNotFoundError:
            return NoteFile(path)
        if not stat.S_ISREG(status.st_mode):
            raise NotReadableError("it is not a regular file, so no note can be written to it.")
        if status.st_size > SIZE_LIMIT:
            raise NotReadableError(f"it is larger than {SIZE_LIMIT / 1e6:.0f} MB.")
        return NoteFile(path, read_regular(path), _stamp_of(status))

    def write_note(self, note: NoteFile, data: bytes) -> None:
        """Replace a note that was read; b"" deletes it.

        Raises ChangedMeanwhileError if it is not as it was read, NotReadableError or OSError if it
        cannot be written.
        """
        path = note.path
        if os.path.realpath(path.parent) != str(path.parent):
            raise NotReadableError("a link leads from it out of the folder of notes.")
        if note.stamp is None:
            if not self._root.is_dir():
                raise NotReadableError(f"the folder {self._root} does not exist.")
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.lstat().st_mode & stat.S_IWUSR:
            raise NotReadableError("it is read-only.")
        if not data:
            _check_unchanged(note)
            path.unlink()
            self._seen_files.pop(path, None)
            return
        with replace_file(path) as out:
            out.write(data)
            out.flush()
            # Renamed, it has this stamp; another one later means that somebody else wrote.
            stamp = _stamp_of(os.fstat(out.fileno()))
            _check_unchanged(note)
        self._seen_files[path] = stamp, _parse_article_id(data[:HEAD])

    def rename_note(self, path: Path, article: Article) -> bool:
        """Give a note the name of its article's title, unless the user gave it another one.

        It stays in its folder, and does not replace another file.
        """
        target = path.with_name(file_name(article.title, article.id))
        is_ours = path.name.endswith(name_end(article.id))
        if path == target or not is_ours or os.path.lexists(target):
            return False
        path.rename(target)
        if path in self._seen_files:
            self._seen_files[target] = self._seen_files.pop(path)
        return True


def _stamp_of(status: os.stat_result) -> Stamp:
    return status.st_size, status.st_mtime_ns


def _check_unchanged(note: NoteFile) -> None:
    """Raise ChangedMeanwhileError if a file is not as it was read."""
    stamp = None
    with suppress(FileNotFoundError):
        stamp = _stamp_of(note.path.lstat())
    if stamp != note.stamp:
        raise ChangedMeanwhileError


def _read_article_id(path: Path) -> ArticleId | None:
    """Return the article of a note; None if the file is not one or cannot be read."""
    try:
        with path.open("rb") as file:
            return _parse_article_id(file.read(HEAD))
    except OSError:
        return None


def _parse_article_id(head: bytes) -> ArticleId | None:
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_utf16 and HIGHLIGHTS_OF.encode() not in head:
        return None
    identity = parse(decode(head)[0]).metadata.get(HIGHLIGHTS_OF)
    return ArticleId(identity) if isinstance(identity, str) and identity else None
