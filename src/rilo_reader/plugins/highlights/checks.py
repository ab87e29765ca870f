"""Findings of `doctor` on notes."""

from __future__ import annotations

from collections.abc import Iterator

from rilo_reader.cli.findings import Finding
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.library import Library
from rilo_reader.plugins.highlights.notes import find_notes_folder


def check_notes(context: LibraryContext, library: Library) -> Iterator[Finding]:
    """Yield the folder of notes, its problems, and copies that the user should merge."""
    folder = find_notes_folder(library.folder, context.config, context.paths)
    if folder is None:
        yield Finding("notes on highlights are turned off in settings.toml")
        return
    folder.list_changed()
    if folder.problem:
        yield Finding(folder.problem, wrong=True)
    yield Finding(f"{folder.folder}: {len(folder.notes_by_article()):,} notes on highlights")
    for copy in folder.describe_copies():
        yield Finding(copy, wrong=True, file=True)
