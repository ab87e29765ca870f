"""The query language: text <-> tree, tokens, dates (pure).

The names in `__all__` are public, also for scripts: `docs/library.md`.
"""

from rilo_reader.query.edit import to_text
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query, QueryFault, Sort

__all__ = ["Query", "QueryFault", "Sort", "parse", "to_text"]
