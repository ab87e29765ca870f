"""The user's highlights and notes, which are in the file of marks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from rilo_reader.article import ArticleId
from rilo_reader.store.database import Database
from rilo_reader.store.marks import HIGHLIGHT, Stamp
from rilo_reader.store.moves import VALUES_OF_ARTICLES, select_present

_IS_ANNOTATION = (
    "(field > 'highlight:' AND field < 'highlight;' OR field > 'note:' AND field < 'note;')"
)
_ALL = f"SELECT id, field, value FROM value WHERE {_IS_ANNOTATION}"  # noqa: S608  # names of ours


class AnnotationRecords:
    """Highlights and notes by article (`State.annotations`); methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, article: ArticleId) -> list[tuple[str, str, Stamp]]:
        """Return (field, value, stamp) of the highlights and notes of an article, by field."""
        return self._database.fetch(
            f"{VALUES_OF_ARTICLES} AND value <> '' AND {_IS_ANNOTATION} ORDER BY field",
            json.dumps([article]),
        )

    def read_all(self, prefix: str) -> list[tuple[ArticleId, str, str]]:
        """Return (article, field, value) of all whose fields begin with `prefix`."""
        statement = f"{_ALL} AND value <> '' ORDER BY id, field"
        rows = self._database.read(lambda connection: select_present(connection, statement))
        return [row for row in rows if row[1].startswith(prefix)]

    def list_fields(self) -> list[tuple[ArticleId, str]]:
        """Return (article, field) of all that there ever were, removed ones too."""
        statement = f"{_ALL} ORDER BY id, field"
        rows = self._database.read(lambda connection: select_present(connection, statement))
        return [(article, field) for article, field, _ in rows]

    def ever_highlighted(self) -> Mapping[ArticleId, Collection[str]]:
        """Map articles to the ids of all highlights that they ever had, removed ones too."""
        found: dict[ArticleId, set[str]] = {}
        for article, field in self.list_fields():
            if field.startswith(HIGHLIGHT):
                found.setdefault(article, set()).add(field.removeprefix(HIGHLIGHT))
        return found
