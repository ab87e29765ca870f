"""The live table of a refresh on a terminal: what is on its way, and how far all of it is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rilo_reader.cli.output import Output, Piece, Style, errors
from rilo_reader.feeds.progress import FeedProgress, State, Summary
from rilo_reader.text import clean_line

ROWS = 8
"""Feeds on their way that are shown."""

INTERVAL = 0.1
"""Seconds between two drawings, but for the last."""

_STATE, _NEW, _TIME = 11, 6, 7
_BAR = 24


class LiveTable:
    """Feeds with news scroll by; below stand those on their way, and a bar for the whole."""

    def __init__(self, out: Output, *, dry_run: bool) -> None:
        self._out = out
        self._dry_run = dry_run
        self._going: dict[str, tuple[FeedProgress, float]] = {}
        self._failed: list[FeedProgress] = []
        self._summary = Summary(0)
        self._drawn = 0
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wipe()
        if kind is None:
            conclude(self._out, self._summary, self._failed, dry_run=self._dry_run)
        elif self._summary.new:
            # Ctrl-C, or the disk: what came so far is there.
            self._out.line(f"{self._summary.new:,} new articles came before it was stopped.")
        self._out.flush()

    def show(self, progress: FeedProgress, summary: Summary) -> None:
        """Take in what a feed has come to, and draw where it is time to."""
        self._summary = summary
        if progress.state.is_end:
            self._going.pop(progress.url, None)
            if progress.state is State.FAILED:
                self._failed.append(progress)
            if news(progress) or progress.state is State.FAILED:
                self._wipe()
                self._out.line(*self._row(progress, progress.seconds))
        elif progress.state is not State.WAITING:
            begun = self._going.get(progress.url, (progress, time.monotonic()))[1]
            self._going[progress.url] = (progress, begun)
        if time.monotonic() - self._drawn_at > INTERVAL or not self._drawn:
            self._draw()

    def _draw(self) -> None:
        self._wipe()
        now = time.monotonic()
        height = shutil.get_terminal_size().lines
        shown = list(self._going.values())[: max(1, min(ROWS, height - 3))]
        for progress, begun in shown:
            self._out.line(*self._row(progress, now - begun))
        self._out.line(*self._bar())
        self._drawn = len(shown) + 1
        self._drawn_at = now
        self._out.flush()

    def _wipe(self) -> None:
        """Take away what was drawn, so that lines can scroll by above."""
        if self._drawn:
            self._out.erase_lines(self._drawn)
            self._drawn = 0

    def _row(self, progress: FeedProgress, seconds: float) -> Sequence[Piece | str]:
        """Feed, state, new, time; of a failure its reason instead of the last two."""
        width = max(40, shutil.get_terminal_size().columns - 1)
        room = width - _STATE - _NEW - _TIME - 3
        name = _cell(progress.name, room)
        took = f"{seconds:.1f} s".rjust(_TIME)
        if progress.state is State.FAILED:
            return (name, " ", Piece("failed".ljust(_STATE), Style.ERROR), " " * (_NEW + 1), took)
        new = f"{len(progress.new):,}" if progress.new else ""
        style = Style.BOLD if progress.state is State.SAVED else Style.DIM
        state = _cell(_word(progress), _STATE)
        return (name, " ", Piece(state, style), Piece(f"{new.rjust(_NEW)} ", Style.BOLD), took)

    def _bar(self) -> Sequence[Piece | str]:
        summary = self._summary
        full = _BAR * summary.done // max(1, summary.feeds)
        bar = "━" * full + "╌" * (_BAR - full)
        text = f" {summary.done:,} of {summary.feeds:,} feeds, {summary.new:,} new"
        if summary.failed:
            text += f", {summary.failed:,} failed"
        width = shutil.get_terminal_size().columns - 1
        return (_cell(bar + text, width).rstrip(),)


def _word(progress: FeedProgress) -> str:
    """A state in a word that fits its column."""
    if progress.state is State.SAVED and not progress.new:
        return "updated" if progress.updated else "kept yours"
    return "" if progress.state is State.SAVED else str(progress.state)


def _cell(text: str, width: int) -> str:
    """A text in exactly so many cells of a terminal."""
    from rich.cells import set_cell_size

    return set_cell_size(clean_line(text), width)


def news(progress: FeedProgress) -> str:
    """What a feed's end has brought, in words; "" where nothing that is worth a line."""
    if progress.state not in (State.SAVED, State.UNCHANGED):
        return ""
    counts = (
        (len(progress.new), "new"),
        (len(progress.updated), "updated"),
        (len(progress.kept), "changed there, but kept as you edited it"),
    )
    parts = [f"{count:,} {what}" for count, what in counts if count]
    return ". ".join(filter(None, (", ".join(parts), progress.reason)))


def conclude(
    out: Output, summary: Summary, failed: Sequence[FeedProgress], *, dry_run: bool
) -> None:
    """Print what a refresh has come to: each failure with its reason, and the sums."""
    tell_failures(summary, failed, Piece("✗ ", Style.ERROR))
    out.line(Piece(total(summary, dry_run=dry_run), Style.BOLD))


def tell_failures(summary: Summary, failed: Sequence[FeedProgress], *before: Piece) -> None:
    """Print each failure with its reason; what is no feed's own fault once for all of them."""
    if summary.offline:
        errors().line("Nothing could be reached: is this computer connected?")
    own = [each for each in failed if not summary.offline and each.failure != "disk"]
    shared = [each for each in failed if summary.offline or each.failure == "disk"]
    for progress in (*own, *shared[:1]):
        errors().line(*before, f"{progress.name}: {progress.reason}")
    if len(shared) > 1 and not summary.offline:
        more = f"The articles of {len(shared) - 1:,} more could not be kept either."
        errors().line(*before, more)


def total(summary: Summary, *, dry_run: bool = False) -> str:
    """The sums of a refresh, as a sentence."""
    articles = f"{summary.new:,} new article{'' if summary.new == 1 else 's'}"
    would = "There would be " if dry_run else ""
    parts = [f"{would}{articles}"]
    if summary.updated:
        parts.append(f"{summary.updated:,} updated")
    feeds = (
        (summary.unchanged, "without news"),
        (summary.skipped, "not due"),
        (summary.failed, "failed"),
    )
    of = [f"{count:,} {what}" for count, what in feeds if count]
    counted = f"{summary.feeds:,} feed{'' if summary.feeds == 1 else 's'}"
    rest = f" ({', '.join(of)})" if of else ""
    return f"{', '.join(parts)}; {counted}{rest}."
