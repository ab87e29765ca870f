"""The timeline: the distribution of the results over time, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.dates import MONTHS
from rilo_reader.index.stats import Slot, Timeline
from rilo_reader.tui.widgets.colours import Colours, colours_of
from rilo_reader.tui.widgets.truncate import cut

BARS = "▁▂▃▄▅▆▇█"

LEFT = 3
"""Cells before the bars, which are aligned with titles and the query."""

FOR_WORDS = 26
"""Cells reserved for the label, so that bars do not move when it changes."""

WIDEST_BAR, FEW_CELLS = 3, 24
"""Maximum width of a bar, as long as all bars together stay under FEW_CELLS."""


class TimelineChart(Widget, can_focus=False):
    """Draws a timeline. Posts SliceChosen when a bar is clicked."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    TimelineChart {
        height: 1;
        background: $page-ground;
    }
    """

    @dataclass
    class SliceChosen(Message):
        """A bar was clicked; `span` is None if it was already chosen."""

        span: Span | None

    def __init__(self) -> None:
        super().__init__()
        self._timeline = Timeline("day", ())
        self._span: Span | None = None
        self._merged: tuple[int, tuple[Slot, ...]] | None = None

    # -- updates --------------------------------------------------------------------------------

    def show(self, timeline: Timeline) -> None:
        """Show another timeline."""
        if timeline != self._timeline:
            self._timeline = timeline
            self._merged = None
            self.refresh()

    def mark(self, span: Span | None) -> None:
        """Mark the slice to which the results are narrowed."""
        if span != self._span:
            self._span = span
            self.refresh()

    # -- state ----------------------------------------------------------------------------------

    @property
    def span(self) -> Span | None:
        """The marked slice."""
        return self._span

    @property
    def slices(self) -> tuple[Slot, ...]:
        """The bars: the timeline, merged to fit the width."""
        width = max(1, self.app.size.width - LEFT - FOR_WORDS)
        if self._merged is None or self._merged[0] != width:
            self._merged = (width, merged(self._timeline, width))
        return self._merged[1]

    @property
    def is_useful(self) -> bool:
        """Whether there is more than one bar, or a marked slice."""
        return len(self.slices) > 1 or self._span is not None

    def step(self, direction: int) -> Span | None:
        """Return the next slice with hits, 1 later or -1 earlier than the marked one."""
        return step(self.slices, self._span, direction)

    # -- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Return the bars and the label."""
        colours = colours_of(self)
        line = [Segment(" " * LEFT), *self._bars(colours), Segment("  ")]
        line += self._words(colours)
        return Strip(line).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _bars(self, colours: Colours) -> list[Segment]:
        most = max((one.hits for one in self.slices), default=0)
        cells = self._cells_of_bar
        return [
            Segment(_bar(one.hits, most) * cells, self._style(one, colours)) for one in self.slices
        ]

    def _style(self, one: Slot, colours: Colours) -> Style:
        if not one.hits:
            return colours.rule
        if self._span is None:
            return colours.dim
        # Without colours, dim text distinguishes the slice from the rest.
        return colours.accent if self._is_marked(one) else colours.dim + colours.rule

    def _is_marked(self, one: Slot) -> bool:
        span = self._span
        return span is not None and one.start < span.end and span.start < one.end

    def _words(self, colours: Colours) -> list[Segment]:
        if self._span is not None:
            text, style = str(self._span), colours.accent
        else:
            text, style = str(whole(self._timeline) or ""), colours.dim
        return [Segment(cut(text, FOR_WORDS - 3)[0], style)]

    @property
    def _cells_of_bar(self) -> int:
        return max(1, min(WIDEST_BAR, FEW_CELLS // max(1, len(self.slices))))

    # -- the mouse ------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked bar, or undo the choice."""
        event.stop()
        number, slices = (event.x - LEFT) // self._cells_of_bar, self.slices
        if event.x < LEFT or number >= len(slices) or not slices[number].hits:
            return
        is_again = self._is_marked(slices[number])
        self.post_message(
            self.SliceChosen(None if is_again else Span(slices[number].start, slices[number].end))
        )


def _bar(hits: int, most: int) -> str:
    """Return a block, full height for `most`; one hit is distinct from none."""
    levels = len(BARS) - 1
    return BARS[-(-hits * levels // most)] if hits else BARS[0]


# Slices of time.


_DAY = timedelta(days=1)
_FEW_YEARS = 2
"""A timeline by month of more calendar years than this is labelled by year."""


class Span(NamedTuple):
    """From the beginning of one day to the beginning of another."""

    start: date
    end: date

    def __str__(self) -> str:
        """Format as "2019", "Mar 2019", "4–10 Mar 2019", "1997–2025"."""
        return _words(self.start, self.end - _DAY if self.end > self.start else self.start)


class _Grain(NamedTuple):
    """A length of slices: functions for the start of the slice with a day, and its end."""

    start: Callable[[date], date]
    after: Callable[[date], date]


def merged(timeline: Timeline, most: int) -> tuple[Slot, ...]:
    """Merge a timeline to at most `most` slices of a natural length.

    Days become weeks, months, quarters, years or decades. All slices are whole, so the first may
    begin before the first slot, and the last may end after the last.
    """
    if not timeline.slots or most < 1:
        return ()
    for grain in _grains(timeline.unit):
        slices = _merge(timeline.slots, grain)
        if len(slices) <= most:
            return slices
    return slices


def whole(timeline: Timeline) -> Span | None:
    """Return the time from the first slot to the last, rounded to years if there are many."""
    if not timeline.slots:
        return None
    start, last = timeline.slots[0].start, timeline.slots[-1].end - _DAY
    if timeline.unit == "month" and last.year - start.year >= _FEW_YEARS:
        return Span(_years_from(1, start), _years_after(1, last))
    return Span(start, last + _DAY)


def step(slices: Sequence[Slot], now: Span | None, direction: int) -> Span | None:
    """Return the next slice with hits, 1 later or -1 earlier, or None.

    Without a current slice, the first or the last one.
    """
    filled = [Span(one.start, one.end) for one in slices if one.hits]
    if now is None:
        return next(iter(filled if direction > 0 else reversed(filled)), None)
    if direction > 0:
        return next((one for one in filled if one.start >= now.end), None)
    return next((one for one in reversed(filled) if one.end <= now.start), None)


# -- lengths of slices ---------------------------------------------------------------------


def _merge(slots: Sequence[Slot], grain: _Grain) -> tuple[Slot, ...]:
    parts = groupby(slots, key=lambda slot: grain.start(slot.start))
    return tuple(
        Slot(start, grain.after(start), sum(slot.hits for slot in part)) for start, part in parts
    )


def _grains(unit: str) -> Iterator[_Grain]:
    """Yield lengths from the timeline's unit upwards; the last one includes all years."""
    if unit == "day":
        yield _Grain(lambda day: day, partial(_days_after, 1))
        yield _Grain(lambda day: day - day.weekday() * _DAY, partial(_days_after, 7))
    if unit in {"day", "month"}:
        for months in (1, 3):
            yield _Grain(partial(_months_from, months), partial(_months_after, months))
    for years in (1, 2, 5, 10, 20, 50, 100, 1_000, 10_000):
        yield _Grain(partial(_years_from, years), partial(_years_after, years))


def _days_after(days: int, day: date) -> date:
    return day + days * _DAY


def _months_from(months: int, day: date) -> date:
    return day.replace(month=day.month - (day.month - 1) % months, day=1)


def _months_after(months: int, day: date) -> date:
    count = day.year * 12 + day.month - 1 + months
    return _first(count // 12, count % 12 + 1)


def _years_from(years: int, day: date) -> date:
    return _first(day.year - day.year % years, 1)


def _years_after(years: int, day: date) -> date:
    return _first(day.year + years, 1)


def _first(year: int, month: int) -> date:
    """Return the first day of a month, within the range of dates."""
    if year < date.min.year:
        return date.min
    return date(year, month, 1) if year <= date.max.year else date.max


# -- formatting -----------------------------------------------------------------------------


def _words(first: date, last: date) -> str:
    """Format an inclusive range of days."""
    begins_month, ends_month = first.day == 1, (last + _DAY).day == 1
    if begins_month and ends_month:
        if first.month == 1 and last.month == 12:
            return _range(str(first.year), str(last.year))
        if first.year == last.year:
            return f"{_range(_month(first), _month(last))} {last.year}"
        return f"{_month(first)} {first.year}–{_month(last)} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{_range(str(first.day), str(last.day))} {_month(last)} {last.year}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {_month(first)}{year}–{last.day} {_month(last)} {last.year}"


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last}"


def _month(day: date) -> str:
    return MONTHS[day.month - 1][:3]
