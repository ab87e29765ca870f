"""Patterns that are compiled at first use find what `re` finds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from rilo_reader.text import LazyPattern

TEXT = "One two, TWO three; two"
METHODS = ("match", "fullmatch", "search", "finditer", "findall", "split")


def plain(found: object) -> object:
    """A result in a form that can be compared."""
    if isinstance(found, re.Match):
        return found.span(), found.groups()
    return [plain(each) for each in found] if isinstance(found, Iterator | list) else found


@pytest.mark.parametrize("method", METHODS)
def test_it_finds_what_re_finds(method: str) -> None:
    for pattern in ("two", r"(\w+) (t)", ".*", "none"):
        lazy, eager = LazyPattern(pattern, re.IGNORECASE), re.compile(pattern, re.IGNORECASE)
        for _ in range(2):
            assert plain(getattr(lazy, method)(TEXT)) == plain(getattr(eager, method)(TEXT))


def test_it_replaces_as_re_does() -> None:
    assert LazyPattern("t(w)o", re.IGNORECASE).sub(r"\1", TEXT, count=2) == "One w, W three; two"


def test_nothing_is_compiled_before_it_is_used() -> None:
    broken = LazyPattern("(")
    with pytest.raises(re.error):
        broken.search("")
