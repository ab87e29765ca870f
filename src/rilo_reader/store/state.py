"""`State`: the user's marks of the articles of one library, in a durable SQLite file.

Marks are kept by article id: read, starred, tags, position and time of the last opening. Beside
them are the last session and the history of searches. `database` holds the connections and
repairs; here are the statements.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from rilo_reader.article import ArticleId
from rilo_reader.store.database import Database, StateError
from rilo_reader.store.marks import NO_MARKS, Change, Flag, Ids, Marks, Session
from rilo_reader.store.sqlite import FileKind
from rilo_reader.store.state_schema import STATE

# Ids pass through temporary tables, so that SQLite sorts and compares them: a million take seconds
# and little memory. A mark given as NULL is left unchanged.
_INSERT_IDS = "INSERT INTO temp.asked SELECT value FROM json_each(?)"
_DIFFERING = """
    INSERT OR IGNORE INTO temp.changed
    SELECT asked.id FROM temp.asked LEFT JOIN mark USING (id)
    WHERE coalesce(mark.read, 0) <> coalesce(:read, mark.read, 0)
       OR coalesce(mark.starred, 0) <> coalesce(:starred, mark.starred, 0)
    ORDER BY asked.id"""
_SET = """
    INSERT INTO mark (id, read, starred)
    SELECT id, coalesce(:read, 0), coalesce(:starred, 0) FROM temp.changed WHERE true ORDER BY id
    ON CONFLICT (id) DO UPDATE
    SET read = coalesce(:read, read), starred = coalesce(:starred, starred)"""
_DROP_EMPTIED = """
    DELETE FROM mark WHERE id IN (SELECT id FROM temp.changed)
    AND NOT (read AND :read IS NULL OR starred AND :starred IS NULL
             OR position OR opened IS NOT NULL)"""
_UNSET = """
    UPDATE mark SET read = coalesce(:read, read), starred = coalesce(:starred, starred)
    WHERE id IN (SELECT id FROM temp.changed)"""
_REMEMBER = """
    INSERT INTO mark (id, position, opened) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET position = excluded.position, opened = excluded.opened"""
_REMEMBER_SEARCH = """
    INSERT INTO search VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM search))
    ON CONFLICT (query) DO UPDATE SET number = excluded.number"""
_DROP_OLD_SEARCHES = """
    DELETE FROM search
    WHERE number <= (SELECT number FROM search ORDER BY number DESC LIMIT 1 OFFSET ?)"""
_MARKS_OF = """
    SELECT mark.id, read, starred, position, opened
    FROM json_each(?) JOIN mark ON mark.id = value"""
_TAGS_OF = "SELECT tag.id, tag FROM json_each(?) JOIN tag ON tag.id = value ORDER BY tag"
_TICK = "UPDATE clock SET writes = writes + 1"
_WITH: dict[Flag, str] = {
    "read": "SELECT id FROM mark WHERE read",
    "starred": "SELECT id FROM mark WHERE starred",
}

SEARCHES_KEPT = 200
"""Number of searches in the history."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class State:
    """The marks of one library; safe to use from several threads and processes.

    Changes are on disk when a method returns. Every method raises StateError, with a message for
    the user, if the file can be neither used nor replaced by its backup.
    """

    def __init__(self, file: Path, kind: FileKind = STATE) -> None:
        self._database = Database(file, kind)

    @property
    def notices(self) -> tuple[str, ...]:
        """Messages for the user about the file (damaged and restored, write-protected, …).

        The list may grow while the file is in use.
        """
        return self._database.notices

    @property
    def size(self) -> int:
        """Size of the file in bytes; 0 where there is none."""
        try:
            return self._database.file.stat().st_size
        except OSError:
            return 0

    @property
    def revision(self) -> int:
        """A number that increases with every change of marks, in this or another process.

        Positions and sessions do not count as marks.
        """
        found = self._database.read(lambda on: on.execute("SELECT revision FROM clock").fetchone())
        return int(found[0])

    def changed_since(self, revision: int) -> tuple[int, list[ArticleId] | None]:
        """Return the current revision, and the articles whose marks changed after `revision`.

        None instead of the articles means that any may have changed: too many did, too long ago,
        or the file was restored.
        """
        return self._database.read(lambda on: since(on, revision))

    # -- read -----------------------------------------------------------------------------------

    def marks(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of these articles; articles without marks are omitted."""
        wanted = json.dumps(list(ids))

        def query(on: Connection) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
            tags = on.execute(_TAGS_OF, (wanted,)).fetchall()
            return tags, on.execute(_MARKS_OF, (wanted,)).fetchall()

        tag_rows, rows = self._database.read(query)
        tags: dict[str, tuple[str, ...]] = {}
        for article, tag in tag_rows:
            tags[article] = (*tags.get(article, ()), tag)
        found = {ArticleId(article): Marks(tags=own) for article, own in tags.items()}
        for article, read, starred, position, opened in rows:
            when = None if opened is None else _EPOCH + opened * _MICROSECOND
            found[ArticleId(article)] = Marks(
                bool(read), bool(starred), tags.get(article, ()), position, when
            )
        return found

    def ids_with(self, flag: Flag) -> list[ArticleId]:
        """All articles with this mark, in no particular order."""
        return self._column(_WITH[flag])

    def some_with(self, flag: Flag, batch: int = 10_000) -> Iterator[list[ArticleId]]:
        """All articles with this mark, in batches ordered by id.

        Marks may change between two batches; `changed_since` tells which did.
        """
        last = ""
        statement = f"{_WITH[flag]} AND id > ? ORDER BY id LIMIT {batch}"
        while some := self._column(statement, last):
            yield some
            last = some[-1]

    def has_more(self, flag: Flag, number: int) -> bool:
        """Whether more than `number` articles have this mark; reads no more rows than that."""
        return bool(self._column(f"{_WITH[flag]} LIMIT 1 OFFSET {number}"))

    def tagged(self, tag: str) -> list[ArticleId]:
        """All articles with exactly this tag of the user."""
        return self._column("SELECT id FROM tag WHERE tag = ?", tag)

    def all_tags(self) -> dict[str, int]:
        """The user's tags, sorted, each with its number of articles."""
        statement = "SELECT tag, count(*) FROM tag GROUP BY tag ORDER BY tag"
        return dict(self._database.read(lambda on: on.execute(statement).fetchall()))

    def session(self) -> Session:
        """What was open when the library was last closed."""
        statement = "SELECT article, query FROM session"
        found = self._database.read(lambda on: on.execute(statement).fetchone())
        return Session(*found) if found else Session()

    def searches(self, limit: int = SEARCHES_KEPT) -> list[str]:
        """The history of searches, most recent first, without duplicates."""
        statement = "SELECT query FROM search ORDER BY number DESC LIMIT ?"
        rows = self._database.read(lambda on: on.execute(statement, (limit,)).fetchall())
        return [str(row[0]) for row in rows]

    # -- write ----------------------------------------------------------------------------------

    def set_read(self, ids: Iterable[ArticleId], value: bool) -> Change:
        """Mark as read or unread."""
        ids = self._set_flag("read", Ids(ids), value)
        word = "read" if value else "unread"
        return Change(f"Marked {len(ids):,} as {word}", "read", ids, not value)

    def set_starred(self, ids: Iterable[ArticleId], value: bool) -> Change:
        """Add or remove stars."""
        ids = self._set_flag("starred", Ids(ids), value)
        title = f"Starred {len(ids):,}" if value else f"Took the star from {len(ids):,}"
        return Change(title, "starred", ids, not value)

    def set_tags(self, article: ArticleId, tags: Iterable[str]) -> Change:
        """Replace the user's tags of an article; surrounding white space is stripped."""
        wanted = sorted({tag.strip() for tag in tags} - {""})

        def do(on: Connection) -> list[str]:
            rows = on.execute("SELECT tag FROM tag WHERE id = ? ORDER BY tag", (article,))
            before = [str(row[0]) for row in rows]
            if before != wanted:
                on.execute("DELETE FROM tag WHERE id = ?", (article,))
                on.executemany("INSERT INTO tag VALUES (?, ?)", [(tag, article) for tag in wanted])
                note(on, Ids([article]))
            return before

        before = self._database.write(do)
        ids = Ids([article] if before != wanted else [])
        title = f"Tagged {', '.join(wanted)}" if wanted else "Took the tags away"
        return Change(title, "tags", ids, tuple(before))

    def undo(self, change: Change) -> Change:
        """Restore the previous value of a changed mark; return the change that undoes this."""
        if isinstance(change.before, tuple):
            for article in change.ids:
                return self.set_tags(article, change.before)
            return change
        if change.mark == "read":
            return self.set_read(change.ids, change.before)
        return self.set_starred(change.ids, change.before)

    def remember(self, article: ArticleId, position: int, when: datetime) -> None:
        """Store how far an article was read, and when it was last opened (timezone-aware)."""
        opened = (when - _EPOCH) // _MICROSECOND

        def do(on: Connection) -> None:
            on.execute(_REMEMBER, (article, position, opened))
            on.execute(_TICK)

        self._database.write(do)

    def keep_session(self, session: Session) -> None:
        """Store what is open, for the next start."""

        def do(on: Connection) -> None:
            on.execute("DELETE FROM session")
            on.execute("INSERT INTO session VALUES (?, ?)", (session.article, session.query))
            on.execute(_TICK)

        self._database.write(do)

    def remember_search(self, query: str) -> None:
        """Put a search first in the history and drop the oldest; blank searches are ignored."""
        query = query.strip()
        if not query:
            return

        def do(on: Connection) -> None:
            on.execute(_REMEMBER_SEARCH, (query,))
            on.execute(_DROP_OLD_SEARCHES, (SEARCHES_KEPT,))
            on.execute(_TICK)

        self._database.write(do)

    def forget_searches(self) -> None:
        """Clear the history, in free pages, the write-ahead log and the backups as well."""

        def do(on: Connection) -> None:
            on.execute("PRAGMA secure_delete=ON")
            on.execute("DELETE FROM search")
            on.execute("PRAGMA secure_delete=FAST")
            on.execute(_TICK)

        self._database.write(do)
        self._database.scrub()
        self._database.backup(only=True)

    # -- maintenance ----------------------------------------------------------------------------

    def backup(self) -> bool:
        """Back the file up beside it if it changed since the last backup; True if it did.

        The copy is verified and put in place atomically. The previous backup is kept as the older
        one, if it is sound.
        """
        return self._database.backup()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._database.close()

    def _column(self, statement: str, *values: str) -> list[ArticleId]:
        rows = self._database.read(lambda on: on.execute(statement, values).fetchall())
        return [ArticleId(row[0]) for row in rows]

    def _set_flag(self, flag: Flag, ids: Ids, value: bool) -> Ids:
        wanted: dict[str, bool | None] = {"read": None, "starred": None, flag: value}

        def do(on: Connection) -> Ids:
            on.execute("CREATE TEMP TABLE asked (id TEXT)")
            on.execute("CREATE TEMP TABLE changed (id TEXT PRIMARY KEY) WITHOUT ROWID")
            for pack in ids.packs():
                on.execute(_INSERT_IDS, (pack,))
            on.execute(_DIFFERING, wanted)
            changed = Ids(row[0] for row in on.execute("SELECT id FROM temp.changed"))
            if changed:
                for statement in (_SET,) if value else (_DROP_EMPTIED, _UNSET):
                    on.execute(statement, wanted)
                note(on, changed)
            on.execute("DROP TABLE temp.asked")
            on.execute("DROP TABLE temp.changed")
            return changed

        return self._database.write(do)


def open_state(file: Path, *, kind: FileKind = STATE) -> State:
    """Open the marks of a library, creating the file if it is missing; never raises.

    A damaged file is renamed and its backup restored; `State.notices` tells the user.
    """
    return State(file, kind)


# -- changes since a revision, for caches of marks ------------------------------------------------

LISTED_CHANGE_LIMIT = 1_000
"""Articles of a change that are listed; larger changes are not."""

CHANGE_LIST_LIMIT = 4_000
"""Rows in the list of changes; a longer list is halved."""


def note(on: Connection, ids: Ids) -> None:
    """Increment the revision and list the changed articles, within the caller's transaction."""
    on.execute("UPDATE clock SET revision = revision + 1, writes = writes + 1")
    if len(ids) > LISTED_CHANGE_LIMIT:
        on.execute("DELETE FROM recent")
        on.execute("UPDATE clock SET complete_from = revision")
        return
    on.executemany(
        "INSERT INTO recent SELECT revision, ? FROM clock", ((article,) for article in ids)
    )
    if on.execute("SELECT count(*) FROM recent").fetchone()[0] > CHANGE_LIST_LIMIT:
        statement = "SELECT revision FROM recent ORDER BY revision DESC LIMIT 1 OFFSET ?"
        last = on.execute(statement, (CHANGE_LIST_LIMIT // 2,)).fetchone()
        on.execute("DELETE FROM recent WHERE revision <= ?", last)
        on.execute("UPDATE clock SET complete_from = ?", last)


def since(on: Connection, revision: int) -> tuple[int, list[ArticleId] | None]:
    """The current revision, and the articles changed after `revision`; None if any may have."""
    # One statement, so that both are of the same snapshot.
    rows = on.execute(
        """SELECT clock.revision, complete_from, id
           FROM clock LEFT JOIN recent ON recent.revision > ?""",
        (revision,),
    ).fetchall()
    newest, complete_from, _ = rows[0]
    if not complete_from <= revision <= newest:
        return newest, None
    return newest, list(dict.fromkeys(ArticleId(row[2]) for row in rows if row[2] is not None))


__all__ = [
    "NO_MARKS",
    "Change",
    "Flag",
    "Ids",
    "Marks",
    "Session",
    "State",
    "StateError",
    "open_state",
]
