"""The timeline: the distribution of the results over time, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
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
from rilo_reader.tui.widgets.colours import Colours, DrawnLine, colours_of
from rilo_reader.tui.widgets.truncate import cut_text

BARS = "▁▂▃▄▅▆▇█"

LEFT_MARGIN = 3  # cells before the bars, which are aligned with titles and the query
GAP, RIGHT = 2, 1  # cells before the label, and after it, which ends where dates do

WIDEST_BAR = 3


class TimelineChart(DrawnLine, can_focus=False):
    """Draws a timeline above a list. Posts SliceChosen when a bar is clicked."""

    DEFAULT_CSS = """
    TimelineChart { display: none; }
    TimelineChart.-shown { display: block; }
    """

    @dataclass
    class SliceChosen(Message):
        """A bar was clicked; `span` is None if it was already chosen."""

        span: TimeSpan | None

    def __init__(self, below: Widget) -> None:
        """Create an empty chart, as wide as the widget below it."""
        super().__init__()
        self._below = below
        self._timeline = Timeline("day", ())
        self._span: TimeSpan | None = None

    def show_timeline(self, timeline: Timeline) -> None:
        """Show another timeline."""
        self._timeline = timeline
        self.refresh()

    def mark_span(self, span: TimeSpan | None) -> None:
        """Mark the slice to which the results are narrowed."""
        self._span = span
        self.refresh()

    @property
    def slices(self) -> tuple[Slot, ...]:
        """The bars: the timeline, merged to fit the width."""
        return self._fitted_slices[0]

    @property
    def _fitted_slices(self) -> tuple[tuple[Slot, ...], int]:
        width = self._below.size.width or self.app.size.width
        return fit_slices(self._timeline, width - LEFT_MARGIN - GAP - RIGHT)

    @property
    def is_useful(self) -> bool:
        """True if there is more than one bar, or a marked slice."""
        return len(self._timeline.slots) > 1 or self._span is not None

    def next_span(self, direction: int) -> TimeSpan | None:
        """Return the next slice with hits, 1 later or -1 earlier than the marked one."""
        return find_next_span(self.slices, self._span, direction)

    def render_line(self, y: int) -> Strip:
        colours, (slices, cells) = colours_of(self), self._fitted_slices
        most = max((one.hits for one in slices), default=0)
        bars = [
            Segment(_bar_character(one.hits, most) * cells, self._slice_style(one, colours))
            for one in slices
        ]
        text, style = str(whole_span(self._timeline) or ""), colours.dim
        if self._span is not None:
            text, style = str(self._span), colours.accent
        room = self.size.width - LEFT_MARGIN - len(slices) * cells - RIGHT
        text, used = cut_text(text, room - GAP)
        gap = Segment(" " * (room - used))
        strip = Strip([Segment(" " * LEFT_MARGIN), *bars, gap, Segment(text, style)])
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _slice_style(self, one: Slot, colours: Colours) -> Style:
        if not one.hits:
            return colours.rule
        if self._span is None:
            return colours.dim
        # Without colours, dim text distinguishes the slice from the rest.
        return colours.accent if self._is_marked(one) else colours.dim + colours.rule

    def _is_marked(self, one: Slot) -> bool:
        span = self._span
        return span is not None and one.start < span.end and span.start < one.end

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked bar, or undo the choice."""
        event.stop()
        slices, cells = self._fitted_slices
        number = (event.x - LEFT_MARGIN) // cells
        if 0 <= number < len(slices) and slices[number].hits:
            one = slices[number]
            span = None if self._is_marked(one) else TimeSpan(one.start, one.end)
            self.post_message(self.SliceChosen(span))


@lru_cache(maxsize=4)
def fit_slices(timeline: Timeline, cells: int) -> tuple[tuple[Slot, ...], int]:
    """Merge a timeline so that bars fit beside each of their labels; also return their width."""
    most = max(1, cells)
    while True:
        slices = merge_slots(timeline, most)
        spans = (whole_span(timeline) or "", *(TimeSpan(one.start, one.end) for one in slices))
        room = cells - max(len(str(span)) for span in spans)
        if len(slices) <= room or most == 1:
            number = max(1, len(slices))
            return slices, max(1, min(WIDEST_BAR, room // number))
        most = min(most, len(slices)) - 1 or 1


def _bar_character(hits: int, most: int) -> str:
    """Return a block, full height for `most`; one hit is distinct from none."""
    levels = len(BARS) - 1
    return BARS[-(-hits * levels // most)] if hits else BARS[0]


_DAY = timedelta(days=1)
_FEW_YEARS = 2  # a timeline by month of more calendar years than this is labelled by year


class TimeSpan(NamedTuple):
    """From the beginning of one day to the beginning of another."""

    start: date
    end: date

    def __str__(self) -> str:
        """Format as "2019", "Mar 2019", "4–10 Mar 2019", "1997–2025"."""
        return _format_span(self.start, self.end - _DAY if self.end > self.start else self.start)


@lru_cache(maxsize=4)
def merge_slots(timeline: Timeline, most: int) -> tuple[Slot, ...]:
    """Merge a timeline to at most `most` slices of a natural length.

    Days become weeks, months, quarters, years or decades. All slices are whole, so the first may
    begin before the first slot, and the last may end after the last.
    """
    slices: tuple[Slot, ...] = ()
    for slice_of in _iter_slicers(timeline.unit):
        parts = groupby(timeline.slots, key=lambda slot: slice_of(slot.start))
        slices = tuple(Slot(*span, sum(slot.hits for slot in part)) for span, part in parts)
        if len(slices) <= most:
            break
    return slices


def whole_span(timeline: Timeline) -> TimeSpan | None:
    """Return the time from the first slot to the last, rounded to years if there are many."""
    if not timeline.slots:
        return None
    start, end = timeline.slots[0].start, timeline.slots[-1].end
    if timeline.unit == "month" and (end - _DAY).year - start.year >= _FEW_YEARS:
        return TimeSpan(_months_span(12, start).start, _months_span(12, end - _DAY).end)
    return TimeSpan(start, end)


def find_next_span(slices: Sequence[Slot], now: TimeSpan | None, direction: int) -> TimeSpan | None:
    """Return the next slice with hits, 1 later or -1 earlier, or None.

    Without a current slice, the first or the last one.
    """
    filled = [TimeSpan(one.start, one.end) for one in slices if one.hits]
    if now is None:
        return next(iter(filled if direction > 0 else reversed(filled)), None)
    if direction > 0:
        return next((one for one in filled if one.start >= now.end), None)
    return next((one for one in reversed(filled) if one.end <= now.start), None)


def _iter_slicers(unit: str) -> Iterator[Callable[[date], TimeSpan]]:
    """Yield functions for the slice with a day, from the timeline's unit to that of all years."""
    if unit == "day":
        yield lambda day: TimeSpan(day, day + _DAY)
        yield lambda day: TimeSpan(day - day.weekday() * _DAY, day + (7 - day.weekday()) * _DAY)
    if unit in {"day", "month"}:
        yield partial(_months_span, 1)
        yield partial(_months_span, 3)
    for years in (1, 2, 5, 10, 20, 50, 100, 1_000, 10_000):
        yield partial(_months_span, 12 * years)


def _months_span(count: int, day: date) -> TimeSpan:
    """Return the slice of `count` months with a day, within the range of dates."""
    month = day.year * 12 + day.month - 1
    edges = (month - month % count, month - month % count + count)
    start, end = (
        date(edge // 12, edge % 12 + 1, 1)
        if date.min.year <= edge // 12 <= date.max.year
        else (date.min if edge < month else date.max)
        for edge in edges
    )
    return TimeSpan(start, end)


def _format_span(first: date, last: date) -> str:
    """Format an inclusive range of days."""
    begins_month, ends_month = first.day == 1, (last + _DAY).day == 1
    if begins_month and ends_month:
        if first.month == 1 and last.month == 12:
            return _format_range(str(first.year), str(last.year))
        if first.year == last.year:
            return f"{_format_range(_month_name(first), _month_name(last))} {last.year}"
        return f"{_month_name(first)} {first.year}–{_month_name(last)} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{_format_range(str(first.day), str(last.day))} {_month_name(last)} {last.year}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {_month_name(first)}{year}–{last.day} {_month_name(last)} {last.year}"


def _format_range(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last}"


def _month_name(day: date) -> str:
    return MONTHS[day.month - 1][:3]
