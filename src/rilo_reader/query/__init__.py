"""The query language: text <-> tree, tokens, dates (pure).

The names in `__all__` are public, also for scripts: `docs/library.md`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from rilo_reader.query.tree import Query, QueryFault, Sort

if TYPE_CHECKING:
    from rilo_reader.query.edit import to_text
    from rilo_reader.query.parser import parse

__all__ = ["Query", "QueryFault", "Sort", "parse", "to_text"]

_IN = {"parse": "parser", "to_text": "edit"}  # no launch reads a query


if not TYPE_CHECKING:  # which would take any name for one of these

    def __getattr__(name: str) -> object:
        if name not in _IN:
            raise AttributeError(name)
        return getattr(import_module(f"{__name__}.{_IN[name]}"), name)
