"""Reading times in queries: `minutes:10`, `minutes:<10`, `minutes:>20`, `minutes:5..15` (pure)."""

from __future__ import annotations

from rilo_reader.query.tree import Minutes
from rilo_reader.text import lazy_re

_MINUTES = lazy_re(r"([<>]?)([0-9]{1,6})|(?=\.*[0-9])([0-9]{0,6})\.\.([0-9]{0,6})")


def read_minutes(text: str) -> Minutes | None:
    """The span of `minutes:`; None where the text is not one."""
    match = _MINUTES.fullmatch(text)
    if match is None:
        return None
    sign, number, least, most = match.groups()
    if number is None:
        return Minutes(int(least or 0), int(most) if most else None)
    if sign == ">":
        return Minutes(int(number) + 1, None)
    return Minutes(0, int(number) - 1) if sign else Minutes(int(number), int(number))


def write_minutes(minutes: Minutes) -> str:
    """The term of a query that `read_minutes` reads as equal minutes."""
    least, most = minutes
    if least == most:
        return f"minutes:{least}"
    if least and most is None:
        return f"minutes:>{least - 1}"
    if not least and most is not None:
        return f"minutes:<{most + 1}"
    return f"minutes:{least}..{'' if most is None else most}"
