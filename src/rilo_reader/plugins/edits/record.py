"""Record edits as they arrive, and tell what changed since the user read an article.

    for each text that is replaced, of an article that is read:
        read_lines(before), read_lines(after)     the same words: markup alone changed
        versions.add(…)                           the text before, unless an edit only comes back
    state.apply_assignments(edited:DIGEST)        what the user has not seen yet

An edit is known by a digest of the text that it made. So one that comes again, from a feed that
changes to and fro or on another device where it was seen already, is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.cli.output import OutputStyle, StyledText, output
from rilo_reader.dates import format_date
from rilo_reader.errors import LibraryError
from rilo_reader.feeds.article_text import make_digest
from rilo_reader.feeds.article_writer import ReplacedText, text_of_file
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.edits.changes import Line, Sign, compare, read_lines
from rilo_reader.plugins.edits.versions import Version, Versions, open_versions, versions_file
from rilo_reader.store.folder import file_of
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import EDITED
from rilo_reader.store.state import State, open_state

_STYLES = {Sign.SAME: OutputStyle.PLAIN, Sign.GONE: "9;31", Sign.NEW: "4;32"}


class Changes(NamedTuple):
    """The changes in an article since the user read it."""

    since: datetime  # when the text was replaced that they read
    lines: list[Line]


def record_edits(texts: Sequence[ReplacedText], folder: Path, paths: Paths) -> list[ArticleId]:
    """Keep texts that the user has read, and mark the articles as edited; return these.

    Raises LibraryError.
    """
    marks_of_library = marks_file(folder, paths)
    with closing(open_state(marks_of_library)) as state:
        marks = state.marks([text.id for text in texts])
        read = [text for text in texts if text.id in marks and marks[text.id].read]
        pairs = [(text, read_lines(text.before), read_lines(text.after)) for text in read]
        changed = [each for each in pairs if " ".join(each[1]) != " ".join(each[2])]
        if not changed:
            return []
        edits: dict[ArticleId, str] = {}
        with open_versions(versions_file(marks_of_library), to_write=True) as versions:
            _forget_missing(versions, folder, paths)
            for text, before, after in changed:
                version = Version(datetime.now(UTC), _digest(before), _digest(after), before)
                if _add_version(versions, state, text, version):
                    edits[text.id] = version.after
        state.apply_assignments(
            [Assignment(EDITED + edit, "1", Ids([one])) for one, edit in edits.items()],
            in_history=False,
        )
        return list(edits)


def _digest(lines: Sequence[str]) -> str:
    return make_digest(" ".join(lines)).hex()


def _add_version(versions: Versions, state: State, text: ReplacedText, version: Version) -> bool:
    """Keep a version; return whether the user has not seen the text in its place."""
    known = versions.read(text.id)
    edits = state.edits_of(text.id)
    pending = next((edit for edit, is_new in edits.items() if is_new), "")
    if version.after in {each.before for each in known}:
        return False  # a text that comes back is no edit
    if version.after not in {each.after for each in known}:  # else an update was interrupted
        versions.add(text.id, text.path, version, pending or version.after)
    return edits.get(version.after, not pending)


def _forget_missing(versions: Versions, folder: Path, paths: Paths) -> None:
    """Drop the versions of articles whose files are gone, and follow those that were moved."""
    known = versions.list_paths()
    missing = [one for one, path in known.items() if not file_of(folder, path).exists()]
    if not missing:
        return
    with open_library(folder, paths) as library:
        for article in missing:
            hit = library.search.find_hit(article)
            if hit is None or hit.path != known[article]:
                versions.set_path(article, None if hit is None else hit.path)


def read_changes(library: Library, article: ArticleId) -> Changes | None:
    """Return what changed in an article since the user read it; None if nothing did.

    Raises LibraryError if the text that they read is not known.
    """
    edit = next(iter(library.state.edits_of(article)), "")
    with open_versions(versions_file(library.state_file)) as versions:
        known = versions.read(article)
    if not known:
        if edit:
            raise LibraryError("The text before this edit is not on this device.")
        return None
    base = next((each for each in known if each.after == edit), known[-1])
    if not base.lines:
        raise LibraryError("This article was edited; its text before was too long to keep.")
    hit = library.search.find_hit(article)
    now = text_of_file(library.folder, hit.path) if hit is not None else None
    if now is None:
        raise LibraryError("This article is no longer in the library.")
    lines = compare(base.lines, read_lines(now))
    if not lines:
        raise LibraryError("This article was edited, and is again as you read it.")
    return Changes(base.at, lines)


def format_changes(library: Library, article: ArticleId) -> list[list[StyledText]]:
    """Return what `read_changes` does as lines for the terminal, or for a pipe with signs."""
    changes, has_colour = read_changes(library, article), output().has_colour
    if changes is None:
        return []
    since = format_date(changes.since.astimezone(), False, form="iso")
    lines = [[StyledText(f"Edited {since}", OutputStyle.DIM)], [StyledText("")]]
    for line in changes.lines:
        lines.append(
            [
                StyledText(piece.text, _STYLES[piece.sign])
                if has_colour
                else StyledText(piece.marked)
                for piece in line
            ]
        )
        lines.append([StyledText("")])
    return lines[:-1]
