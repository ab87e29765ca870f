"""`NoteFiles`: one Markdown note for each article with highlights, kept in step with them.

    folder of notes --look--> notes that the user edited --> gestures `note:ID`
    articles whose annotations changed --merge--> bytes --> files, where they differ

`update_notes` does it once, `NoteFiles.update` again and again: without a change it asks for the
revision of the state and lists the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from rilo_reader.annotations.highlight import Annotated, Highlight, from_fields
from rilo_reader.annotations.note_file import faults, file_name, merge, name_end, new_notes
from rilo_reader.article import Article, ArticleId
from rilo_reader.config.values import Config
from rilo_reader.errors import LibraryError, NotReadableError
from rilo_reader.files import replacing
from rilo_reader.library.library import Library, library_name
from rilo_reader.library.note_folder import OTHERS, ChangedMeanwhileError, NoteFile, NoteFolder
from rilo_reader.paths import Paths
from rilo_reader.store.gestures import HIGHLIGHT, NOTE, Assignment, Ids
from rilo_reader.store.state import State
from rilo_reader.text import slug

NEVER = -1
"""A revision before all others."""

TRIES = 3
"""How often a note is read again that somebody else writes at the same time."""


class NotesReport(NamedTuple):
    """What an update of notes did."""

    written: int = 0  # files that were written, renamed or deleted
    taken: int = 0  # notes of highlights that were taken over from files
    # what could not be read or written, a sentence for each file; it is tried again
    problems: tuple[str, ...] = ()


class NotesPlace(NamedTuple):
    """Where the notes of a library are."""

    folder: Path
    root: Path  # the folder above it that must be there before it is created


def notes_place(library: Path, config: Config, paths: Paths) -> NotesPlace | None:
    """Where the notes of a library are; None if the settings want none.

    A relative folder is in the library, so each library has its own. Else those of the first
    library of the settings are in the folder, and those of any other in a folder below it.
    """
    setting = config.notes_folder
    if setting == Path():
        return None
    if setting is not None and not setting.is_absolute():
        return NotesPlace(library / setting, library)
    folder = setting or paths.default_notes
    root = Path(folder.anchor) if setting is None else folder.parent
    if library != Path(os.path.realpath(config.first_library(paths))):
        folder = folder / OTHERS / (slug(library.name) or library_name(library))
    return NotesPlace(folder, root)


def update_notes(library: Library, config: Config, paths: Paths) -> NotesReport:
    """Bring the notes of a library in step with its highlights, once; see `NoteFiles`."""
    return NoteFiles(library, config, paths).update()


def note_copies(folder: NoteFolder) -> tuple[str, ...]:
    """A sentence for each other file about an article that has a note."""
    return tuple(
        f"{copy} is another version of {note.name}, and is not read: put what you want to keep "
        "of it there, and delete it."
        for copy, note in folder.copies()
    )


class NoteFiles:
    """The notes of a library on the disk.

    What was written is remembered in the cache; without that every note is compared again.
    """

    def __init__(self, library: Library, config: Config, paths: Paths) -> None:
        """`library` is open; its index says which articles there are."""
        self._library = library
        self._place = notes_place(library.folder, config, paths)
        self._record_file = paths.cache / "notes" / f"{library_name(library.folder)}.json"
        self._folder: NoteFolder | None = None
        self._record = _Record()
        self._waiting: set[ArticleId] = set()
        self._has_compared_titles = False

    def update(self) -> NotesReport:
        """Take over what the user wrote in the files, and write what changed here.

        Not from two threads at once; another process does no harm.

        Raises:
            LibraryError: the marks cannot be read.
        """
        if self._place is None:
            return NotesReport()
        if self._folder is None:
            folder, root = self._place
            folder = Path(os.path.realpath(folder))  # also of a link to itself
            self._folder = NoteFolder(folder, root, self._library.folder)
            self._record = _read_record(self._record_file, folder)
        report = self._update(self._folder)
        return report._replace(problems=(*report.problems, *note_copies(self._folder)))

    def _update(self, folder: NoteFolder) -> NotesReport:
        state = self._library.state
        revision, changed = state.changed_since(self._record.revision)
        edited = folder.look()
        again = set(map(ArticleId, self._record.waiting))
        if not self._has_compared_titles:
            again |= self._renamed(folder)
            self._has_compared_titles = True
        if changed is not None and not changed and not edited and not again:
            return NotesReport()
        ever = ever_highlighted(state)
        wanted = set(ever) if changed is None else ever.keys() & set(changed)
        report = NotesReport()
        self._waiting = set()
        notes = folder.notes()
        for article in sorted((wanted | again | edited) & ever.keys()):
            own = _Note(article, notes.get(article), frozenset(ever[article]))
            part = self._update_safely(folder, own, is_due=article in wanted | again)
            report = NotesReport(
                report.written + part.written,
                report.taken + part.taken,
                (*report.problems, *part.problems),
            )
        waiting = tuple(sorted(self._waiting))
        record = _Record(str(folder.folder), revision, waiting)
        if record != self._record:
            self._record = record
            _write_record(self._record_file, record)
        return report

    def _update_safely(self, folder: NoteFolder, note: _Note, *, is_due: bool) -> NotesReport:
        """Update a note; an article whose note cannot be written waits."""
        path = note.path
        for _ in range(TRIES):
            try:
                return self._update_note(folder, note, is_due=is_due)
            except ChangedMeanwhileError:
                continue
            except NotReadableError as error:
                self._waiting.add(note.article)
                return NotesReport(problems=(_sentence(path, note, folder, error.reason),))
            except OSError as error:
                self._waiting.add(note.article)
                reason = f"{error.strerror or type(error).__name__}."
                return NotesReport(problems=(_sentence(path, note, folder, reason),))
        self._waiting.add(note.article)
        return NotesReport()

    def _update_note(self, folder: NoteFolder, note: _Note, *, is_due: bool) -> NotesReport:
        article = self._article(note.article)
        highlights, unknown = self._highlights(note.article)
        path = note.path
        if path is None:
            if article is None:
                # It may come yet: its file, or the index of the library.
                self._waiting.update((note.article,) if highlights else ())
                return NotesReport()
            path = folder.new_path(article)
        file = folder.read(path)
        taken = self._take_over(note.article, file, highlights)
        if taken:
            highlights, unknown = self._highlights(note.article)
        problems = tuple(f"{path}: {fault}" for fault in faults(file.data or b""))
        if not taken and not is_due:
            return NotesReport(problems=problems)
        link = "" if article is None else self._link(article, path)
        shown = article or _unknown_article(note.article)
        wanted = Annotated(shown, highlights, link)
        data = merge(file.data, wanted, note.known - unknown)
        written = False
        if data != (file.data or b""):
            folder.write(file, data)
            written = True
        if article is not None and data:
            written = folder.rename(path, article) or written
        return NotesReport(int(written), taken, problems)

    def _renamed(self, folder: NoteFolder) -> set[ArticleId]:
        """The articles whose notes have the name of another title."""
        found = set()
        for article, path in folder.notes().items():
            row = (
                self._library.search.row(article) if path.name.endswith(name_end(article)) else None
            )
            if row is not None and path.name != file_name(row.title, article):
                found.add(article)
        return found

    def _article(self, article: ArticleId) -> Article | None:
        try:
            return self._library.article(article)
        except LibraryError:
            return None

    def _highlights(self, article: ArticleId) -> tuple[tuple[Highlight, ...], frozenset[str]]:
        """The highlights of an article, and the ids of those that this version cannot read."""
        rows = self._library.state.annotations(article)
        # In the order of the text that they were made from, which is the same on all devices.
        found = tuple(sorted(from_fields(rows), key=lambda each: (each.anchor.start, each.id)))
        names = {field.removeprefix(HIGHLIGHT) for field, _, _ in rows if HIGHLIGHT in field}
        return found, frozenset(names - {each.id for each in found})

    def _take_over(
        self, article: ArticleId, file: NoteFile, highlights: Collection[Highlight]
    ) -> int:
        """Make gestures of the notes that the user edited in the file; return how many."""
        new = new_notes(file.data, highlights) if file.data else []
        if new:
            ids = Ids([article])
            self._library.state.apply(
                Assignment(NOTE + change.id, change.note, ids) for change in new
            )
        return len(new)

    def _link(self, article: Article, path: Path) -> str:
        """The address of the article: its web page, else its file as seen from the note."""
        if article.url or not article.path:
            return article.url
        try:
            relative = os.path.relpath(self._library.file(article.id), path.parent)
        except (LibraryError, ValueError):
            return ""
        return quote(Path(relative).as_posix(), errors="replace")


class _Note(NamedTuple):
    """A note to update."""

    article: ArticleId  # what it is about
    path: Path | None  # its file, None if there is none
    known: frozenset[str]  # the ids of all highlights that the article ever had here


def _sentence(path: Path | None, note: _Note, folder: NoteFolder, reason: str) -> str:
    where = path or folder.folder
    return f"The note {where} on {note.article} could not be written: {reason}"


def _unknown_article(article: ArticleId) -> Article:
    """Stands for an article that is not here any more; its note is not created, only changed."""
    return Article(article, "", str(article), datetime(1970, 1, 1, tzinfo=UTC))


# -- what was written ----------------------------------------------------------------------------


class _Record(NamedTuple):
    """Up to where notes were written."""

    folder: str = ""  # the folder of notes
    revision: int = NEVER  # of the state
    waiting: tuple[str, ...] = ()  # articles whose notes could not be written


def _read_record(file: Path, folder: Path) -> _Record:
    """Read the record; without a valid one for this folder everything is compared."""
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        value = None
    if isinstance(value, Mapping) and value.get("folder") == str(folder):
        revision, waiting = value.get("revision"), value.get("waiting")
        if type(revision) is int and isinstance(waiting, list):
            return _Record(str(folder), revision, tuple(map(str, waiting)))
    return _Record(str(folder))


def _write_record(file: Path, record: _Record) -> None:
    """Write the record; without it, everything is compared the next time."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as out:
            out.write(json.dumps(record._asdict()).encode())


def ever_highlighted(state: State) -> Mapping[ArticleId, Collection[str]]:
    """The ids of all highlights that there ever were, removed ones too, by article."""
    found: dict[ArticleId, set[str]] = {}
    for article, field in state.annotation_fields():
        if field.startswith(HIGHLIGHT):
            found.setdefault(article, set()).add(field.removeprefix(HIGHLIGHT))
    return found
