"""Contrast of colours as defined by WCAG 2, and readable colours (pure)."""

from __future__ import annotations

from collections.abc import Iterable

TEXT = 7.0
"""Minimum contrast of text."""
DIM = 4.5
"""Minimum contrast of dim text, links and marks."""

_STEPS = 50


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 (none) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blend(start: str, end: str, amount: float) -> str:
    """Blend two colours, from `start` (0.0) to `end` (1.0)."""
    pairs = zip(_channels(start), _channels(end), strict=True)
    mixed = (round(a + (b - a) * amount) for a, b in pairs)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def readable(colour: str, grounds: Iterable[str], least: float) -> str:
    """Move a colour towards white or black until it is readable on every background.

    If that is impossible, return white or black, whichever is better.
    """
    grounds = tuple(grounds)

    def worst(tried: str) -> float:
        return min(ratio(tried, ground) for ground in grounds)

    if worst(colour) >= least:
        return colour
    end = max("#000000", "#ffffff", key=worst)
    for step in range(1, _STEPS):
        moved = blend(colour, end, step / _STEPS)
        if worst(moved) >= least:
            return moved
    return end


def dimmed(text: str, ground: str, grounds: Iterable[str], least: float) -> str:
    """Blend text into its background as far as it stays readable on every background."""
    grounds = tuple(grounds)
    for step in range(_STEPS - 1, 0, -1):
        moved = blend(text, ground, step / _STEPS)
        if min(ratio(moved, each) for each in grounds) >= least:
            return moved
    return text


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
