"""Record edits as they arrive, and tell what changed since the user read an article.

An edit is known by a digest of the text that it made. So one that comes again, from a feed that
changes to and fro or on another device where it was seen already, is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.cli.output import APPENDS, OutputStyle, StyledText, output
from rilo_reader.dates import format_date
from rilo_reader.errors import LibraryError
from rilo_reader.feeds.article_text import make_digest
from rilo_reader.feeds.article_writer import ReplacedText, text_of_file
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.edits import changes
from rilo_reader.plugins.edits.versions import Version, Versions
from rilo_reader.store.folder import file_of
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import EDITED
from rilo_reader.store.state import open_state

_STYLES = {"": OutputStyle.PLAIN, changes.GONE: "9;31", changes.NEW: "4;32"}  # struck, underlined


def record_edits(texts: Sequence[ReplacedText], folder: Path, paths: Paths) -> list[ArticleId]:
    """Keep texts that the user has read, and mark the articles as edited; return these.

    Raises LibraryError.
    """
    with closing(open_state(marks_file(folder, paths))) as state:
        marks = state.marks([text.id for text in texts])
        changed = []
        for text in texts:
            if text.id in marks and marks[text.id].read:
                lines = changes.read_lines(text.before), changes.read_lines(text.after)
                before, after = (make_digest(" ".join(each)).hex() for each in lines)
                if before != after:  # else other markup
                    changed.append((text, Version(datetime.now(UTC), before, after, lines[0])))
        if not changed:
            return []
        edits, added = [], []
        with closing(Versions(state.file)) as versions:
            _forget_missing(versions, folder, paths)
            for text, version in changed:
                known, seen = versions.read(text.id), state.edits_of(text.id)
                if version.after in {each.before for each in known}:
                    continue  # a text that comes back is no edit
                pending = next((edit for edit, is_new in seen.items() if is_new), "")
                if version.after not in {each.after for each in known}:  # else it was interrupted
                    added.append((text.id, text.path, version, pending or version.after))
                if seen.get(version.after, not pending):
                    edits.append((text.id, version.after))
            versions.add(added)
        marked = [Assignment(EDITED + edit, "1", Ids([article])) for article, edit in edits]
        state.apply_assignments(marked, in_history=False)
        return [article for article, _ in edits]


def _forget_missing(versions: Versions, folder: Path, paths: Paths) -> None:
    """Drop the versions of articles whose files are gone, and follow those that were moved."""
    known = versions.read_some_paths()
    missing = [one for one, path in known.items() if not file_of(folder, path).exists()]
    if missing:
        with open_library(folder, paths) as library:
            for article in missing:
                hit = library.search.find_hit(article)
                if hit is None or hit.path != known[article]:
                    versions.set_path(article, None if hit is None else hit.path)


def read_changes(library: Library, article: ArticleId) -> list[changes.Line]:
    """Return what changed in an article since the user read it, below when; empty if nothing did.

    Raises LibraryError if the text that they read is not known.
    """
    if not (edit := next(iter(library.state.edits_of(article)), "")):
        return []
    with closing(Versions(library.state_file)) as versions:
        known = versions.read(article)
    if not known:
        raise LibraryError("The text before this edit is not on this device.")
    base = next((each for each in known if each.after == edit), known[-1])
    if not base.lines:
        raise LibraryError("This article was edited; its text before was too long to keep.")
    hit = library.search.find_hit(article)
    now = text_of_file(library.folder, hit.path) if hit is not None else None
    if now is None:
        raise LibraryError("This article is no longer in the library.")
    if not (lines := changes.compare(base.lines, changes.read_lines(now))):
        again = "This article was edited, and is again as you read it."
        raise LibraryError(f"{again} Mark it as read: then it no longer says “edited”.")
    since = format_date(base.at.astimezone(), False, form="iso")
    return [(changes.Piece(f"Changed since {since}"),), *lines]


def format_changes(library: Library, article: ArticleId) -> list[list[StyledText]]:
    """Return what `read_changes` does as lines for the terminal, for flat mode, or for a pipe."""
    form = changes.SPOKEN if APPENDS.get() else changes.MARKED
    form = changes.BARE if output().has_colour else form
    found = list[list[StyledText]]()
    for line in read_changes(library, article):
        styled = (StyledText(form[sign].format(text), _STYLES[sign]) for text, sign in line)
        found += [[*styled], [StyledText("")]]
    return found[:-1]
