"""The live table of a refresh on a terminal: feeds that are being updated, and a progress bar.

Finished feeds with news or a failure scroll by above it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from io import TextIOWrapper
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rilo_reader.cli.output import Output
from rilo_reader.feeds.progress import FeedProgress, State, Summary
from rilo_reader.text import clean_line

ROWS = 8
"""Maximum number of active feeds that are shown."""

INTERVAL = 0.1
"""Minimum number of seconds between two drawings, each of which takes some milliseconds."""

_BAR_WIDTH = 24


class LiveTable:
    """Shows the progress of a refresh on standard output while the context is open."""

    def __init__(self, out: Output, counted: str = "feeds", interval: float = INTERVAL) -> None:
        """Draw on a terminal that `obeys`.

        Args:
            out: the terminal.
            counted: what is updated, in the plural.
            interval: the minimum number of seconds between two drawings.
        """
        self._out = out
        self._counted = counted
        self._interval = interval
        self._console = _console(colour=out.colour)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._active: dict[str, tuple[FeedProgress, float]] = {}
        self._finished: list[FeedProgress] = []
        self._summary = Summary(0)
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        # Killed in the middle of a refresh, it would stay hidden.
        self._console.show_cursor(True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._print_finished()
        self._live.stop()
        if kind is not None and self._summary.new:
            # After Ctrl-C or a full disk, the articles so far are kept.
            self._out.line(f"{self._summary.new:,} new articles came before it was stopped.")
        self._out.flush()

    def show(self, progress: FeedProgress, summary: Summary) -> None:
        """Add a report of a feed, and draw the table if it is due."""
        self._summary = summary
        if progress.state.is_end:
            self._active.pop(progress.url, None)
            if progress.news or progress.state is State.FAILED:
                self._finished.append(progress)
        elif progress.state is not State.WAITING:
            started = self._active.get(progress.url, (progress, time.monotonic()))[1]
            self._active[progress.url] = (progress, started)
        if time.monotonic() - self._drawn_at >= self._interval:
            self._draw()

    def _draw(self) -> None:
        now = self._drawn_at = time.monotonic()
        most = max(1, min(ROWS, self._console.height - 3))
        active = [(each, now - started) for each, started in list(self._active.values())[:most]]
        self._live.update(Group(self._table(active), self._bar()))
        if self._finished:
            self._print_finished()
        else:
            self._live.refresh()

    def _print_finished(self) -> None:
        """Print finished feeds above the table, which is drawn anew by that."""
        finished, self._finished = self._finished, []
        if finished:
            self._console.print(self._table((each, each.seconds) for each in finished))

    def _table(self, feeds: Iterable[tuple[FeedProgress, float]]) -> Table:
        """Return rows of feeds with their times in seconds: name, state, new articles, time."""
        table = Table.grid(padding=(0, 1))
        # Not the last column, after which some terminals wrap.
        table.width = self._console.width - 1
        table.add_column(ratio=1, no_wrap=True, overflow="crop")
        table.add_column(width=10)
        table.add_column(width=6, justify="right", style="bold")
        table.add_column(width=7, justify="right")
        for progress, seconds in feeds:
            new = f"{len(progress.new):,}" if progress.new else ""
            name = Text(clean_line(progress.name))
            if progress.reason and progress.state is not State.FAILED:
                name.append(f"  {clean_line(progress.reason)}", style="dim")
            table.add_row(name, _state(progress), new, f"{seconds:.1f} s")
        return table

    def _bar(self) -> Table:
        summary = self._summary
        text = f"{summary.done:,} of {summary.feeds:,} {self._counted}, {summary.new:,} new"
        if summary.failed:
            text += f", {summary.failed:,} failed"
        bar = ProgressBar(total=max(1, summary.feeds), completed=summary.done, width=_BAR_WIDTH)
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, overflow="crop")
        grid.add_row(bar, text)
        return grid


def _console(*, colour: bool) -> Console:
    """Return a console on standard output, which is a terminal that can move its cursor."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A name that the terminal cannot show must not end the refresh.
        sys.stdout.reconfigure(errors="replace")
    return Console(
        file=sys.stdout,
        force_terminal=True,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _state(progress: FeedProgress) -> Text:
    """Return a state in one or two words."""
    if progress.state is State.FAILED:
        return Text("failed", style="bold red")
    if progress.state is not State.SAVED:
        return Text(str(progress.state), style="dim")
    changed = "updated" if progress.updated else "kept yours"
    return Text("" if progress.new else changed, style="bold")
