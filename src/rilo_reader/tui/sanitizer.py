"""The last line of defence: no control character reaches the terminal from a line of the screen."""

from __future__ import annotations

import functools
import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


@functools.cache
def _controls() -> re.Pattern[str]:
    return re.compile(
        "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
        "\U000e0000-\U000e007f\ud800-\udfff]"
    )


class ControlFilter(LineFilter):
    """Drops control characters from segments: text is cleaned where it comes in, and here again.

    A character that was given a cell is replaced by a space, so that no line shifts.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments without control characters."""
        # None of them is printable, and most lines are nothing else.
        odd = [text for text, _, control in segments if not control and not text.isprintable()]
        if not odd or not any(map(_controls().search, odd)):
            return segments
        return [segment if segment.control else _cleaned(segment) for segment in segments]


def _cleaned(segment: Segment) -> Segment:
    text = _controls().sub("", segment.text)
    missing = segment.cell_length - Segment(text).cell_length
    return Segment(text + " " * max(0, missing), segment.style)
