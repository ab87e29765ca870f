"""Import in the reader: a file, a folder, or what another reader has."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import NamedTuple

from rilo_reader.errors import LibraryError
from rilo_reader.paths import expand_path
from rilo_reader.tui import panels
from rilo_reader.tui.children import Collector, Json, VerbFailure, fill_from_json, list_objects
from rilo_reader.tui.keys import Handler
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.feeds import FeedController


class ImportCounts(NamedTuple):
    """The numbers of what was imported of one kind, or of all."""

    taken: int = 0  # the number of new articles or feeds
    known: int = 0  # of those that existed before
    left_out: int = 0  # of those that were skipped
    reason: str = ""  # why the first one was
    feeds: int = 0  # the number of new feeds

    def add(self, more: ImportCounts) -> ImportCounts:
        """Return the sum of two kinds."""
        return ImportCounts(
            self.taken + more.taken,
            self.known + more.known,
            self.left_out + more.left_out,
            self.reason or more.reason,
            self.feeds + more.feeds,
        )


class ImportController(Controller):
    """Has the verb import what the user names."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._importer: Collector | None = None
        self.commands = {"import_articles": self.import_articles}

    async def stop(self) -> None:
        """End an import that is under way."""
        if self._importer is not None:
            await self._importer.close()

    def import_articles(self) -> None:
        """Ask for a file or folder, and import it."""
        note = (
            "Markdown, web pages, mail, OPML, a zip, or what Pocket, Instapaper, wallabag, FreshRSS"
            " or a browser exported. Files are copied. Or type newsboat."
        )
        box = panels.panel.FormLine(
            "", "a file, a folder, or newsboat", required_note="the name of a file or folder"
        )

        def begin(path: str) -> None:
            if path != "newsboat":
                path = str(expand_path(path).absolute())
            self._importer = self.context.environment.collector()
            self.widgets.bottom.fetching = "Importing…"
            self.tasks.run(self._run_import(self._importer, path), group="import")

        def read_answers(answers: tuple[str, ...]) -> Handler:
            if missing := describe_missing(answers[0]):
                raise LibraryError(missing)
            return partial(begin, answers[0])

        self.open_panel(
            panels.panel.PromptScreen("Import", [box], note, read_answers, verb="import")
        )

    async def _run_import(self, collector: Collector, path: str) -> None:
        sums, error = ImportCounts(), ""
        try:
            async for json in collector.run_for_json("import", "--json", "--", path):
                if "error" in json:
                    error = fill_from_json(VerbFailure(), json).error
                elif "kind" in json:
                    sums = sums.add(parse_counts(json))
                elif isinstance(done := json.get("done"), int):
                    self.widgets.bottom.fetching = f"Importing {done:,}…"
        finally:
            self._importer = None
            self.widgets.bottom.fetching = ""
        message = describe_counts(sums, self.widgets.key_of("refresh"))
        self.widgets.bottom.show_message(error or message, error=bool(error))
        self.context.controller_of(FeedController).on_files_changed()
        if sums.taken > sums.feeds:  # articles, which a list of feeds does not have
            self.context.leave_guide()


def parse_counts(json: Json) -> ImportCounts:
    """Return what the verb reports of a kind."""
    reasons = [f"{each.get('what')}: {each.get('why')}" for each in list_objects(json, "reasons")]
    counts = fill_from_json(ImportCounts(), {**json, "reason": reasons[0] if reasons else ""})
    return counts._replace(feeds=counts.taken if json.get("kind") == "opml" else 0)


def describe_counts(imported: ImportCounts, refresh_key: str = "") -> str:
    """Describe what was imported; feeds are fetched by the key, if there is one."""
    parts = [f"Imported {imported.taken:,}"]
    if imported.known and not imported.taken:
        what = "it was" if imported.known == 1 else f"all {imported.known:,} were"
        parts = [f"Nothing is new: {what} here already"]
    elif imported.known:
        parts.append(f"{imported.known:,} were already there")
    if imported.left_out:
        parts.append(f"{imported.left_out:,} left out ({imported.reason})")
    fetch = f" {refresh_key} fetches the articles of the feeds."
    return "; ".join(parts) + "." + (fetch if imported.feeds and refresh_key else "")


def describe_missing(text: str) -> str:
    """Return why a path cannot be imported, for the user; "" if it can."""
    # A name may be too long, or the home of nobody.
    with suppress(OSError, LibraryError):
        if text == "newsboat" or (text and expand_path(text).exists()):
            return ""
    return "There is no such file or folder."
