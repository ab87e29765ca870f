"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any


class LazyPattern:
    """As `re.compile(pattern, flags)`, but nothing is compiled before something is looked for.

    Compiling takes a tenth of a millisecond to half of one, and of the expressions that the path
    of a launch imports it uses a few. Safe to use from several threads; once compiled as fast as
    what `re` gives.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern = pattern
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._pattern, self._flags)

    @cached_property
    def match(self) -> Callable[..., re.Match[str] | None]:
        """See re.Pattern.match."""
        return self._compiled.match

    @cached_property
    def fullmatch(self) -> Callable[..., re.Match[str] | None]:
        """See re.Pattern.fullmatch."""
        return self._compiled.fullmatch

    @cached_property
    def search(self) -> Callable[..., re.Match[str] | None]:
        """See re.Pattern.search."""
        return self._compiled.search

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[str]]]:
        """See re.Pattern.finditer."""
        return self._compiled.finditer

    @cached_property
    def findall(self) -> Callable[..., list[Any]]:
        """See re.Pattern.findall."""
        return self._compiled.findall

    @cached_property
    def split(self) -> Callable[..., list[str | Any]]:
        """See re.Pattern.split."""
        return self._compiled.split

    @cached_property
    def sub(self) -> Callable[..., str]:
        """See re.Pattern.sub."""
        return self._compiled.sub
