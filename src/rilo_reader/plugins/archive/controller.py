"""Exchanges with the archive that the library shares while the reader is open, in a child."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

from rilo_reader.library.remote import RemoteArticles
from rilo_reader.plugins.archive import archive_file, open_older_articles
from rilo_reader.plugins.archive.older_results import OlderResults
from rilo_reader.text import format_count
from rilo_reader.tui.children import (
    Json,
    WatchEnd,
    Watcher,
    fill_from_json,
    list_objects,
    watch_command,
)
from rilo_reader.tui.reader.background import ChildWatch
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.tasks import Urgency


class ExchangeReport(NamedTuple):
    """The result of an exchange with a shared archive."""

    kept: int = 0  # articles that were changed there too
    problem: str = ""  # why not all was exchanged, "" if it was
    outside: int = 0  # articles that were not written, as a link leads out of the library
    held: int = 0  # articles of a reader that are not sent
    replaced: str = ""  # whose text of the user's was replaced, and where that is, in words

    @property
    def warning(self) -> str:
        """Sentences on what the user must know of it, or ""."""
        sentences = [self.replaced]
        if self.kept:
            articles = format_count(self.kept, "article")
            sentences.append(f"{articles} also changed in the archive; yours are kept.")
        if self.outside:
            articles = format_count(self.outside, "article")
            sentences.append(f"{articles} not written, because a link leads out of the library.")
        if self.held:
            articles = format_count(self.held, "article")
            sentences.append(f"You are a reader of the archive: {articles} not sent.")
        return " ".join(filter(None, sentences))


def parse_report(json: Json) -> ExchangeReport | None:
    """Return a report of `share`, None for anything else."""
    found = json.get("shared")
    if not isinstance(found, dict):
        return None
    replaced = [
        f"{one.get('by')} changed {one.get('path')}; your text is kept as {one.get('copy')}."
        for one in list_objects(found, "replaced")
    ]
    more = f" {len(replaced) - 1:,} more were replaced." if len(replaced) > 1 else ""
    sentence = f"{replaced[0]}{more}" if replaced else ""
    return fill_from_json(ExchangeReport(), {**found, "replaced": sentence})


def make_watcher(folder: Path) -> Watcher[ExchangeReport]:
    """Return the child that exchanges articles with the archive of a folder."""
    command = watch_command(folder, "share", "now")
    return Watcher(command, parse_report, "The archive is not followed")


class ArchiveController(ChildWatch[ExchangeReport], Controller):
    """Exchanges articles with the archive, and adds its older articles to searches."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._problem = ""  # that is shown
        self._find_task = context.tasks.make_latest("window", urgency=Urgency.IDLE)

    def start(self) -> None:
        """Start exchanges a moment later, if the library shares an archive."""
        self.results.remote_results = OlderResults(
            self.library, self.tasks, self.results.show_remote
        )
        self.results.request_remote()
        environment = self.context.environment
        if environment.follows and archive_file(self.library.folder, environment.paths).exists():
            self.tasks.call_after(environment.delays.begin, self._start_exchange)

    def _start_exchange(self) -> None:
        self._start_child(partial(make_watcher, self.library.folder))
        self._find_older()

    def _find_older(self) -> None:
        """Add the older articles of the archive to searches, if a window is kept here."""
        find = partial(open_older_articles, self.library, self.context.environment.paths)
        self._find_task.request(find, self._use_older)

    def _use_older(self, elsewhere: RemoteArticles | None) -> None:
        before = self.library.remote_articles
        if (before and before.complete_from) != (elsewhere and elsewhere.complete_from):
            self.library.remote_articles = elsewhere
            self.results.request_remote()
            if before is not None:
                before.close()

    def _show_report(self, report: ExchangeReport | WatchEnd) -> None:
        if isinstance(report, ExchangeReport):
            self._show_shared(report)
            self._find_older()
            # the highlights of others may have
            self.context.tell(lambda each: each.on_marks_changed())

    def _show_shared(self, report: ExchangeReport) -> None:
        before, self._problem = self._problem, report.problem
        if report.problem and not before:
            self.widgets.bottom.show_message(report.problem, stay=True)
        elif before and not report.problem:
            self.widgets.show_message("The archive answers again")
        if warning := report.warning:
            self.widgets.bottom.show_message(warning, stay=True)
