"""Keys of the panels, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Handler = Callable[[], object]  # what a key or a command does


class PanelKey(NamedTuple):
    """A key of a list: what it does with the current entry, or with the whole list."""

    keys: str  # in Textual's names, separated by commas
    hint: str  # the key and a word for the last line, such as "d remove"; "" is not shown
    handler: Handler
    closes: bool = False  # whether the panel is left before that
