"""Export from the reader: what the list shows, into a file that a form asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from rilo_reader.library import LibraryError
from rilo_reader.paths import expand_path
from rilo_reader.plugins.exporters.formats import ENDINGS
from rilo_reader.query.edit import to_text
from rilo_reader.text import format_count, make_slug
from rilo_reader.tui import panels
from rilo_reader.tui.children import Json, VerbFailure, fill_from_json
from rilo_reader.tui.keys import Handler
from rilo_reader.tui.reader.controller import Controller, ReaderContext

NOTE = (
    "The ending of the name sets the format: .epub .html .atom .jsonl, .zip of Markdown files, "
    ".csv of links, or .ris .bib .json (CSL) to cite them."
)


class WrittenExport(NamedTuple):
    """The result of an export, as its verb prints it."""

    wrote: str = ""  # the file
    articles: int = 0


class ExportController(Controller):
    """Has the verb write what the list shows."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.commands = {"export": self.ask_for_file}

    def ask_for_file(self) -> None:
        """Ask for a file, and write what the list shows into it."""
        total, selection = self.widgets.articles.total, self.results.question.selection
        words = ["--", query] if (query := to_text(self.results.query_shown)) else []
        if selection is not None:
            words = ["--title", selection.title]
            words += [f"--article={article}" for article in selection.articles]
        if not total:
            self.widgets.show_message("Nothing to export: the list is empty.")
            return
        plain = "articles" if selection is None else selection.name
        name = find_free_name(Path.home(), f"{make_slug(self.results.question.text) or plain}.epub")
        confirmed: set[str] = set()  # files that may be replaced

        def read_answers(answers: tuple[str, ...]) -> Handler:
            fault = fault_of_target(answers[0], confirmed)
            confirmed.add(answers[0])
            if fault:
                raise LibraryError(fault)
            return lambda: self.tasks.run(
                self._run_export(answers[0], words, total), group="export"
            )

        title = f"Export {format_count(total, 'article')} to"
        question = panels.panel.FormLine(
            f"~/{name}", "~/articles.epub", required_note="the name of a file"
        )
        self.open_panel(
            panels.panel.PromptScreen(title, [question], NOTE, read_answers, verb="export")
        )

    async def _run_export(self, file: str, words: Sequence[str], total: int) -> None:
        """Run the verb as a child, and say where the file is."""
        self.widgets.bottom.show_message(f"Writing {format_count(total, 'article')}…", stay=True)
        options = ["--library", str(self.library.folder), "--json"]
        options += ["--muted"] if self.context.mutes.shows_muted else []
        last: Json = {}
        child = self.context.environment.collector()
        async for json in child.run_for_json("export", "--to", file, *options, *words):
            last = json
        if "wrote" in last:
            written = fill_from_json(WrittenExport(), last)
            wrote = f"Wrote {format_count(written.articles, 'article')} to {written.wrote}"
            self.widgets.bottom.show_message(wrote, stay=True)
        elif "error" in last:
            error = fill_from_json(VerbFailure(), last).error
            self.widgets.show_error(f"Nothing was exported: {error}")


def find_free_name(folder: Path, name: str) -> str:
    """Return a name like this one that nothing in a folder has yet."""
    stem, _, ending = name.rpartition(".")
    names = chain([name], (f"{stem}-{number}.{ending}" for number in count(2)))
    return next(each for each in names if not (folder / each).exists())


def fault_of_target(text: str, confirmed: Collection[str]) -> str:
    """Return why nothing can be written to a path that was typed, "" if it can."""
    try:
        file = expand_path(text).absolute()
    except LibraryError as error:
        return str(error)
    if file.suffix.lower() not in ENDINGS or file.suffix.lower() in (".md", ".opml"):
        known = ".epub .html .atom .jsonl .zip .csv .ris .bib .json"
        return f"End the name of the file with one of: {known}"
    if not file.parent.is_dir():
        return f"There is no folder {file.parent}"
    if file.exists() and text not in confirmed:
        return "This file already exists; enter replaces it."
    return ""
