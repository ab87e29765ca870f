"""The history of a library in memory, which has no highlights."""

from __future__ import annotations

from collections.abc import Sequence

from rilo_reader.article import ArticleId
from rilo_reader.library.history import History
from rilo_reader.store.gestures import Stamp


class FakeHistory(History):
    """No highlights and no gestures."""

    def __init__(self) -> None:
        pass

    def annotations(self, article: ArticleId) -> Sequence[tuple[str, str, Stamp]]:
        return ()

    def highlights(self) -> Sequence[tuple[ArticleId, str, str]]:
        return ()
