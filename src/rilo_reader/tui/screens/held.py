"""Rows that stopped matching because they were just marked, held where they stand (pure)."""

from __future__ import annotations

from rilo_reader.article import ArticleId
from rilo_reader.library import Row, Window
from rilo_reader.query.tree import And, Is, Node, Not, Or, Query


class Held:
    """The rows on the screen that the library no longer counts among the results.

    Somebody who reads down a list of unread articles marks each as read, and each would vanish
    under the cursor. Held rows keep their index until the list is asked for anew; this class
    translates between indexes on the screen and indexes of the library.
    """

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def hold(self, index: int, row: Row) -> None:
        """Keep a row at its index on the screen."""
        self._rows[index] = row

    def let_go(self, article: ArticleId) -> None:
        """The article matches again."""
        self._rows = {i: row for i, row in self._rows.items() if row.id != article}

    def row_at(self, index: int) -> Row | None:
        """The held row at an index on the screen."""
        return self._rows.get(index)

    def find(self, article: ArticleId) -> int | None:
        """Where on the screen an article is held."""
        return next((i for i, row in self._rows.items() if row.id == article), None)

    def on_screen(self, index: int) -> int:
        """The screen's index of a library's index."""
        for held in sorted(self._rows):
            if held > index:
                break
            index += 1
        return index

    def in_library(self, index: int) -> int:
        """The library's index of the first row at or after a screen's index that is not held."""
        return index - sum(1 for held in self._rows if held < index)

    def merge(self, window: Window, offset: int, limit: int) -> Window:
        """A window of the library, asked for at `in_library(offset)`, as the screen counts."""
        if not self._rows:
            return window
        total = window.total + len(self._rows)
        fresh = iter(window.rows)
        rows: list[Row] = []
        for index in range(offset, min(offset + limit, total)):
            row = self._rows.get(index) or next(fresh, None)
            if row is None:
                break
            rows.append(row)
        return window._replace(total=total, offset=offset, rows=tuple(rows))


def asks_marks(query: Query) -> bool:
    """Whether the results change when an article is marked."""

    def walk(node: Node) -> bool:
        if isinstance(node, Is):
            return True
        if isinstance(node, Not):
            return walk(node.node)
        return isinstance(node, And | Or) and any(walk(child) for child in node.nodes)

    return walk(query.node)
