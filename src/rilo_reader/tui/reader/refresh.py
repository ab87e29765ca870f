"""Refreshing feeds in the background, and showing the new articles on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.library import LibraryError
from rilo_reader.text import clean_line
from rilo_reader.tui.reader.context import ReaderPart

if TYPE_CHECKING:
    from rilo_reader.tui.children import Collector, Report
    from rilo_reader.tui.reader.context import ReaderContext

STARTED = "Refreshing…"
STOPPING = "Refreshing stops; what came stays."

NAME_LIMIT = 30
"""Characters of the name of an account while it is synced."""

MOST_LOOKED_AT = 500
"""New articles among which the newest is looked for."""


class Refresh(ReaderPart):
    """Runs one refresh at a time in a child process, and counts the new articles."""

    def __init__(
        self,
        context: ReaderContext,
        ended: Callable[[], None],
        show_article: Callable[[ArticleId], None],
    ) -> None:
        """Create it; `start` schedules automatic refreshes.

        Args:
            context: the reader.
            ended: called when a refresh has ended: feeds have other states, and names.
            show_article: shows all articles, with the cursor on one.
        """
        super().__init__(context)
        self._ended = ended
        self._show_article = show_article
        self._collector: Collector | None = None
        self._is_quiet = False
        self._is_stopping = False
        self._elsewhere: Path | None = None
        self._has_offered = False
        self._has_next = False
        self._new: list[str] = []
        self._looking = context.tasks.latest("new articles")
        self._last_failure = ""

    def start(self) -> None:
        """Schedule automatic refreshes, if the settings ask for them."""
        minutes = self.context.config.refresh_every
        if minutes and self.context.environment.collector is not None:
            self.tasks.every(minutes * 60, partial(self.begin, quiet=True))
            self.begin(quiet=True)

    @property
    def is_running(self) -> bool:
        """Whether feeds are being fetched."""
        return self._collector is not None

    # -- fetching ---------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Start a refresh, or stop the one in progress; one that is quiet is shown first."""
        if self._collector is None:
            self.begin()
        elif self._is_quiet:
            self._is_quiet = False
            self.widgets.bottom.fetching = STARTED
        elif not self._is_stopping:
            self._is_stopping = True
            self.widgets.bottom.fetching = STOPPING
            # What is being written is finished first; keys are not to wait for that.
            self.tasks.run(self._collector.close(), name="stop refresh", group="stop")

    def begin(self, feeds: Sequence[str] = (), *, quiet: bool = False) -> None:
        """Start a refresh, unless one is in progress.

        Where feeds and accounts are fetched into another library than this one, that is said first,
        and done when it is asked for again; a quiet one does nothing.

        Args:
            feeds: addresses of the feeds to fetch, also those that are not due; all where empty.
            quiet: whether to show only new articles, how far a long sync is, and new failures.
        """
        if self._collector is not None:
            return
        if self.context.environment.collector is None:
            self.context.show_message("There is nowhere to collect articles here.")
            return
        self._elsewhere = self._first_library_elsewhere()
        if self._elsewhere is not None and (quiet or not self._has_offered):
            self._offer(self._elsewhere, quiet=quiet)
            return
        self._collector = self.context.environment.collector()
        self._is_quiet, self._is_stopping = quiet, False
        self.widgets.bottom.fetching = "" if quiet else STARTED
        self.tasks.run(self._listen(self._collector, tuple(feeds)), name="refresh", group="refresh")

    def _first_library_elsewhere(self) -> Path | None:
        """The library into which feeds and accounts are fetched, None if it is this one."""
        paths, into = self.context.environment.paths, self.context.environment.collects_into
        if paths is None or into is None:
            return None
        first = self.context.config.first_library(paths)
        return first if first.resolve() != into.resolve() else None

    def _offer(self, first: Path, *, quiet: bool) -> None:
        if not quiet:
            self._has_offered = True
            place, key = clean_line(str(first), 1000), self.context.key_of("refresh")
            self.context.show_message(
                f"Feeds do not go into this folder; {key} again fetches them into {place}"
            )

    def begin_next(self) -> None:
        """Start a refresh, after the one in progress if there is one."""
        if self._collector is None:
            self.begin()
        else:
            self._has_next = True

    async def stop(self) -> None:
        """Stop the refresh in progress."""
        if self._collector is not None:
            await self._collector.close()

    async def _listen(self, collector: Collector, feeds: Sequence[str]) -> None:
        done = came = failed = 0
        name = ""
        last: Report = {}
        try:
            into = () if self._elsewhere is None else ("--library", str(self._elsewhere))
            async for report in collector.run("refresh", "--json", *into, *feeds):
                if "error" in report or report.get("finished") is True:
                    last = report
                elif report.get("state") in ENDS:
                    done += 1
                    came += self.came(report)
                    if report.get("state") == "failed":
                        failed, name = failed + 1, clean_line(str(report.get("name") or ""))
                    self._show("" if self._is_quiet else progress_of(done, came, failed))
                elif report.get("state") == "reading" and report.get("reason"):
                    self._show(progress_of(done, came, failed, report))
        finally:
            self._collector = None
            self.widgets.bottom.fetching = ""
        if self._is_stopping and last.get("finished") is not True:
            what = new_articles(came) if came else "nothing new"
            self.context.show_message(f"Refreshing was stopped; {what} came.")
        else:
            self._conclude(last, name if failed == 1 else "", quiet=self._is_quiet)
        self._elsewhere = None
        self._ended()
        if self._has_next:
            self._has_next = False
            self.begin()

    def _show(self, progress: str) -> None:
        self.widgets.bottom.fetching = STOPPING if self._is_stopping else progress

    def came(self, report: Report) -> int:
        """Record the new articles of a feed; return their number."""
        new = report.get("new")
        paths = [str(path) for path in new] if isinstance(new, list) else []
        if paths and self._elsewhere is None:  # what came elsewhere cannot be shown here
            self._new += paths
            self._show_new()
        return len(paths)

    def _conclude(self, last: Report, name: str, *, quiet: bool) -> None:
        """Show the result of the refresh; `name` is what alone failed, or "".

        A quiet one does not show a failure again that the one before ended with.
        """
        if "error" in last:
            error = clean_line(str(last["error"]))
            if not self._is_known(error, quiet=quiet):
                self.context.show_error(LibraryError(error))
            return
        if last.get("finished") is not True:
            return
        feeds, new, failed = (_number(last.get(key)) for key in ("feeds", "new", "failed"))
        if not feeds:
            if not quiet:
                key = self.context.key_of("add")
                self.context.show_message(f"You follow no feed yet; {key} adds one.")
            return
        if last.get("offline") is True:
            if not quiet:
                text = "Nothing could be reached: is this computer connected?"
                self.context.show_error(LibraryError(text))
            return
        if self._is_known(f"{failed} {name}" if failed else "", quiet=quiet):
            failed = 0
        if new or failed or not quiet:
            text = conclusion(new, failed, self.context.key_of("feeds"), name)
            where = "" if self._elsewhere is None else f" See {clean_line(str(self._elsewhere))}"
            self.context.show_message(text + where)
        if new:
            self.context.leave_guide()

    def _is_known(self, failure: str, *, quiet: bool) -> bool:
        """Record how a refresh failed, "" if it did not; return whether to leave it out."""
        before, self._last_failure = self._last_failure, failure
        return quiet and failure == before

    # -- showing ----------------------------------------------------------------------------------

    def _show_new(self) -> None:
        key = self.context.key_of("show_new")
        hint = f" · {key} shows them" if key else ""
        self.widgets.bottom.news = f"{len(self._new):,} new{hint}" if self._new else ""

    def show_new(self) -> None:
        """Go to the newest of the new articles."""
        if not self._new:
            self.context.show_message("Nothing new has come.")
            return
        self._looking.ask(partial(self._newest, tuple(self._new)), self._go_to)

    def _newest(self, paths: Sequence[str]) -> ArticleId | None:
        """The newest of some articles; runs in a thread."""
        library = self.library
        found = (library.find(path) for path in paths[-MOST_LOOKED_AT:])
        rows = [row for each in found if each is not None and (row := library.search.row(each))]
        return max(rows, key=lambda row: row.date).id if rows else None

    def _go_to(self, newest: ArticleId | None) -> None:
        if newest is None:
            self.context.show_message("They are being indexed; a moment.")
            return
        self._new.clear()
        self._show_new()
        self._show_article(newest)
        self.widgets.enter_list()


ENDS = ("saved", "unchanged", "skipped", "failed")
"""Final states of a feed; see feeds/progress.py."""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def new_articles(count: int) -> str:
    """Describe a number of new articles."""
    return f"{count:,} new article{'' if count == 1 else 's'}"


def progress_of(done: int, came: int, failed: int, account: Report | None = None) -> str:
    """Describe the progress of a refresh.

    Args:
        done: number of finished feeds and accounts.
        came: number of new articles.
        failed: number of those that failed.
        account: what an account reports of how far it is.
    """
    if account is not None:
        name = clean_line(str(account.get("name") or ""), NAME_LIMIT)
        return f"Refreshing {name}: {clean_line(str(account.get('reason')))}"
    parts = [f"Refreshing: {done:,} feed{'' if done == 1 else 's'}"]
    if came:
        parts.append(f"{came:,} new")
    if failed:
        parts.append(f"{failed:,} failed")
    return " · ".join(parts)


def conclusion(new: int, failed: int, panel: str, name: str = "") -> str:
    """Describe the result of a refresh.

    Args:
        new: number of new articles.
        failed: number of feeds and accounts that failed.
        panel: the key of the panel of feeds; "" for none.
        name: the feed or account that failed, if it is one.
    """
    came = new_articles(new) if new else "Nothing new"
    if not failed:
        return f"{came}."
    why = f"; {panel} shows why" if panel else ""
    what = name or f"{failed:,} feed{'' if failed == 1 else 's'}"
    return f"{came}; {what} failed{why}."
