"""The base of a sync with an account: what this library and the account agreed on last."""

from __future__ import annotations

import json
from collections.abc import Iterable
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.errors import StateError
from rilo_reader.store import devices
from rilo_reader.store.database import Database
from rilo_reader.store.marks import AGREED, Flag
from rilo_reader.store.moves import NAMED_ARTICLES, select_present
from rilo_reader.store.value_table import count_write

_FIELD_OF_ARTICLES = f"""{NAMED_ARTICLES}
    SELECT article, value FROM named CROSS JOIN value ON field = ? AND id = name"""  # noqa: S608  # names of ours


class SyncBase:
    """The last synced marks, and cursors of accounts (`State.sync_base`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, name: str, ids: Iterable[ArticleId] | None) -> dict[ArticleId, bool]:
        """Return the last synced value of a mark by article, of these or all; unknown are omitted.

        `name` is that of an account and a mark, see `marks.AGREED`.
        """
        field = AGREED + name
        if ids is None:
            statement = "SELECT id, value FROM value WHERE field = ?"
            rows = self._database.read(
                lambda connection: select_present(connection, statement, field)
            )
        else:
            rows = self._database.fetch(_FIELD_OF_ARTICLES, json.dumps(list(ids)), field)
        return {article: value == "1" for article, value in rows}

    def ids_ever_marked(self, flag: Flag, ids: Iterable[ArticleId]) -> set[ArticleId]:
        """Return those of these articles that have this mark here, or had it once."""
        rows = self._database.fetch(_FIELD_OF_ARTICLES, json.dumps(list(ids)), flag)
        return {article for article, _ in rows}

    def read_cursor(self, name: str) -> str | None:
        """Return up to where an account is compared with these very marks; None if it never was."""
        key = devices.CURSOR + name
        return self._database.read(lambda connection: devices.read_value(connection, key))

    def set_cursor(self, name: str, before: str | None, after: str) -> None:
        """Replace the cursor of an account; StateError if it is no longer `before`."""

        def replace_cursor(connection: Connection) -> None:
            if devices.read_value(connection, devices.CURSOR + name) != before:
                raise StateError(
                    "The file of your marks was replaced during the refresh. Refresh again."
                )
            if after != before:
                devices.set_value(connection, devices.CURSOR + name, after)
                count_write(connection)

        self._database.write(replace_cursor)
