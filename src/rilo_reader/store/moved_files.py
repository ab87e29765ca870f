"""Marks of articles whose files moved or are gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.store import gesture_actions
from rilo_reader.store.database import Database
from rilo_reader.store.marks import GestureContext
from rilo_reader.store.moves import MOVES, ReusedPaths

_LATER_NAMES = f"""WITH RECURSIVE way(start, name) AS (
        SELECT old, new FROM {MOVES} WHERE old IN (SELECT value FROM json_each(?))
    UNION SELECT start, new FROM way JOIN {MOVES} ON old = name)
    SELECT start, name FROM way"""  # noqa: S608  # names of ours


class MovedFiles:
    """Marks of files that moved or are gone (`State.moved_files`); methods raise StateError.

    `files` are titles and fingerprints of articles; those of short texts are 0.
    """

    def __init__(self, database: Database, context: GestureContext) -> None:
        self._database = database
        self._context = context

    def record_moves(
        self, moves: Mapping[ArticleId, ArticleId], reused_ids: Iterable[ArticleId] = ()
    ) -> None:
        """Give articles new ids, by their old ones: marks of those, also later ones, are theirs.

        Of `reused_ids`, other articles are the owners now; no mark of before is theirs.
        """
        others = set(reused_ids)
        self._database.write(
            lambda connection: gesture_actions.move_ids(connection, self._context, moves, others)
        )

    def find_new_ids(self, ids: Iterable[ArticleId]) -> dict[ArticleId, set[ArticleId]]:
        """Map old ids to all later ids of the same article."""
        wanted = list(ids)

        def query(connection: Connection) -> dict[ArticleId, set[ArticleId]]:
            names = ReusedPaths(connection)
            old = json.dumps([names.name_of(article) for article in wanted])
            found: dict[ArticleId, set[ArticleId]] = {}
            for start, name in connection.execute(_LATER_NAMES, (old,)).fetchall():
                found.setdefault(names.id_of(start), set()).update(names.ids_of([name]))
            return found

        return self._database.read(query)

    def record_lost(self, files: Mapping[ArticleId, tuple[str, int]]) -> None:
        """Record those of the files that are gone whose articles have marks."""

        def insert_lost(connection: Connection) -> None:
            names = ReusedPaths(connection)
            kept = gesture_actions.names_with_marks(connection, map(names.name_of, files))
            connection.executemany(
                "INSERT OR REPLACE INTO lost VALUES (?, ?, ?)",
                [
                    (article, title, str(text))
                    for article, (title, text) in files.items()
                    if names.name_of(article) in kept
                ],
            )

        self._database.write(insert_lost)

    def claim_lost(self, files: Mapping[ArticleId, tuple[str, int]]) -> set[ArticleId]:
        """Forget that these were lost, since they are here; return those that are other articles.

        Those are articles with another title and text, which a short text always is.
        """
        lost = self._database.fetch(
            "SELECT id, title, text FROM lost WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(list(files)),
        )
        if lost:
            gone = [(article,) for article, _, _ in lost]
            self._database.write(
                lambda connection: connection.executemany("DELETE FROM lost WHERE id = ?", gone)
            )
        return {
            article
            for article, title, text in lost
            if files[article][0] != title and (text == "0" or str(files[article][1]) != text)
        }
