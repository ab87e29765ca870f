"""A figure beside its baseline, and the table of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    Attributes:
        name: what was measured.
        value: the measured value, in `unit`.
        unit: "ms", "s" or "MB".
        baseline: the same for the baseline, None where the figure has none.
        against: what the baseline is.
        ratio_floor: the greatest ratio to the baseline that is good enough, None where the
            floor is of another kind.
        floor: the greatest value that is good enough, None where the floor is of another kind.
        above: how much the value may lie above the baseline, None where it is of another kind.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    against: str = ""
    ratio_floor: float | None = None
    floor: float | None = None
    above: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value over baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def holds(self) -> bool | None:
        """Whether the floor holds; None where there is no floor."""
        kept = []
        if self.ratio_floor is not None and self.ratio is not None:
            kept.append(self.ratio <= self.ratio_floor)
        if self.floor is not None:
            kept.append(self.value <= self.floor)
        if self.above is not None and self.baseline is not None:
            kept.append(self.value - self.baseline <= self.above)
        return all(kept) if kept else None

    def floor_text(self) -> str:
        """The floor as people write it."""
        parts = []
        if self.ratio_floor is not None:
            parts.append(f"≤ {self.ratio_floor:.3g} ×")
        if self.floor is not None:
            parts.append(f"≤ {self.floor:g} {self.unit}")
        if self.above is not None:
            parts.append(f"≤ + {self.above:g} {self.unit}")
        return ", ".join(parts)


HEADINGS = ("what", "rilo-reader", "baseline", "", "ratio", "floor", "")


def table(figures: Iterable[Figure]) -> str:
    """The figures as an aligned table."""
    rows = [HEADINGS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    right = {1, 2, 4}
    return "\n".join(
        "  ".join(
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        _with_unit(figure.value, figure.unit),
        "" if figure.baseline is None else _with_unit(figure.baseline, figure.unit),
        figure.against,
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        figure.floor_text(),
        {None: "", True: "ok", False: "MISSED"}[figure.holds],
    )


def _with_unit(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(runs: int, *works: Callable[[], float]) -> tuple[float, ...]:
    """The medians of several measurements taken in turn, so that a noisy moment meets them all."""
    taken = [[work() for work in works] for _ in range(runs)]
    return tuple(statistics.median(column) for column in zip(*taken, strict=True))
