"""State: read, starred, tags, position and last opened by ArticleId, in a durable SQLite file."""

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

# The ids go through temporary tables, so that SQLite sorts and compares them and a million cost
# seconds and little memory. A mark that is not meant is given as NULL and stays as it is.
_ASK = "INSERT INTO temp.asked SELECT value FROM json_each(?)"
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
_LET_GO = """
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

_SOME = 10_000  # ids at a time, where there may be a million

SEARCHES_KEPT = 200
"""How many searches the history keeps."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class State:
    """The marks of one library; safe in several threads, and beside other processes.

    Whatever a method that sets something returns for is on the disk. Every method raises
    StateError, with a message for the user, where the file can be neither read nor written nor
    replaced by its backup.
    """

    def __init__(self, file: Path) -> None:
        self._database = Database(file)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the file (damaged and restored, write-protected, …).

        May grow while the file is in use.
        """
        return self._database.notices

    @property
    def size(self) -> int:
        """Bytes that the file has on the disk; 0 where there is none."""
        try:
            return self._database.file.stat().st_size
        except OSError:
            return 0

    @property
    def revision(self) -> int:
        """A number that changes whenever marks change, here or in another process.

        Positions and sessions do not count.
        """
        found = self._database.read(lambda on: on.execute("SELECT revision FROM clock").fetchone())
        return int(found[0])

    def changed_since(self, revision: int) -> tuple[int, list[ArticleId] | None]:
        """The revision now, and the articles whose marks changed after the given one.

        None instead of articles where that cannot be said (very many, long ago, a file restored):
        then any may have.
        """
        return self._database.read(lambda on: since(on, revision))

    # -- ask ------------------------------------------------------------------------------------

    def marks(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of these articles; those without any are left out."""
        wanted = json.dumps(list(ids))

        def ask(on: Connection) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
            tags = on.execute(_TAGS_OF, (wanted,)).fetchall()
            return tags, on.execute(_MARKS_OF, (wanted,)).fetchall()

        tag_rows, rows = self._database.read(ask)
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
        """Every article that has this mark, in no order that means anything."""
        return self._column(_WITH[flag])

    def some_with(self, flag: Flag) -> Iterator[list[ArticleId]]:
        """Every article that has this mark, some thousand at a time.

        Between two parts others may read and mark: `changed_since` tells what changed meanwhile.
        """
        last = ""
        question = f"{_WITH[flag]} AND id > ? ORDER BY id LIMIT {_SOME}"
        while some := self._column(question, last):
            yield some
            last = some[-1]

    def has_more(self, flag: Flag, number: int) -> bool:
        """Whether more articles than this have this mark; looks at no more of them than that."""
        return bool(self._column(f"{_WITH[flag]} LIMIT 1 OFFSET {number}"))

    def tagged(self, tag: str) -> list[ArticleId]:
        """Every article to which the user gave exactly this tag."""
        return self._column("SELECT id FROM tag WHERE tag = ?", tag)

    def all_tags(self) -> dict[str, int]:
        """The user's own tags, sorted, and how many articles have each."""
        question = "SELECT tag, count(*) FROM tag GROUP BY tag ORDER BY tag"
        return dict(self._database.read(lambda on: on.execute(question).fetchall()))

    def session(self) -> Session:
        """Where the reader was when the library was last closed."""
        question = "SELECT article, query FROM session"
        found = self._database.read(lambda on: on.execute(question).fetchone())
        return Session(*found) if found else Session()

    def searches(self, limit: int = SEARCHES_KEPT) -> list[str]:
        """What was searched for, the last first, each once."""
        question = "SELECT query FROM search ORDER BY number DESC LIMIT ?"
        rows = self._database.read(lambda on: on.execute(question, (limit,)).fetchall())
        return [str(row[0]) for row in rows]

    # -- set ------------------------------------------------------------------------------------

    def set_read(self, ids: Iterable[ArticleId], value: bool) -> Change:
        """Mark as read or unread."""
        ids = self._set_flag("read", Ids(ids), value)
        word = "read" if value else "unread"
        return Change(f"Marked {len(ids):,} as {word}", "read", ids, not value)

    def set_starred(self, ids: Iterable[ArticleId], value: bool) -> Change:
        """Star, or take the stars away."""
        ids = self._set_flag("starred", Ids(ids), value)
        title = f"Starred {len(ids):,}" if value else f"Took the star from {len(ids):,}"
        return Change(title, "starred", ids, not value)

    def set_tags(self, article: ArticleId, tags: Iterable[str]) -> Change:
        """Replace the user's own tags of an article; blanks around them do not count."""
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
        """Put the mark of every article of a change back to what it was; returns the way back."""
        if isinstance(change.before, tuple):
            for article in change.ids:
                return self.set_tags(article, change.before)
            return change
        if change.mark == "read":
            return self.set_read(change.ids, change.before)
        return self.set_starred(change.ids, change.before)

    def remember(self, article: ArticleId, position: int, when: datetime) -> None:
        """Keep how far an article was read, and when it was last opened (timezone-aware)."""
        opened = (when - _EPOCH) // _MICROSECOND

        def do(on: Connection) -> None:
            on.execute(_REMEMBER, (article, position, opened))
            on.execute(_TICK)

        self._database.write(do)

    def keep_session(self, session: Session) -> None:
        """Remember where the reader is."""

        def do(on: Connection) -> None:
            on.execute("DELETE FROM session")
            on.execute("INSERT INTO session VALUES (?, ?)", (session.article, session.query))
            on.execute(_TICK)

        self._database.write(do)

    def remember_search(self, query: str) -> None:
        """Put a search in front of the history; blank ones are none, old ones are let go."""
        query = query.strip()
        if not query:
            return

        def do(on: Connection) -> None:
            on.execute(_REMEMBER_SEARCH, (query,))
            on.execute(_LET_GO, (SEARCHES_KEPT,))
            on.execute(_TICK)

        self._database.write(do)

    def forget_searches(self) -> None:
        """Clear the history, also from the file's free pages, its log and its backups."""

        def do(on: Connection) -> None:
            on.execute("PRAGMA secure_delete=ON")
            on.execute("DELETE FROM search")
            on.execute("PRAGMA secure_delete=FAST")
            on.execute(_TICK)

        self._database.write(do)
        self._database.scrub()
        self._database.backup(only=True)

    # -- keep -----------------------------------------------------------------------------------

    def backup(self) -> bool:
        """Copy the file to its backup beside it, where it changed since; True where one was made.

        The copy is checked whole, and takes the old one's place at once or not at all. The one
        before is kept as the older backup, if it is still sound.
        """
        return self._database.backup()

    def close(self) -> None:
        """Let the file go; harmless when done twice."""
        self._database.close()

    def _column(self, question: str, *values: str) -> list[ArticleId]:
        rows = self._database.read(lambda on: on.execute(question, values).fetchall())
        return [ArticleId(row[0]) for row in rows]

    def _set_flag(self, flag: Flag, ids: Ids, value: bool) -> Ids:
        wanted: dict[str, bool | None] = {"read": None, "starred": None, flag: value}

        def do(on: Connection) -> Ids:
            on.execute("CREATE TEMP TABLE asked (id TEXT)")
            on.execute("CREATE TEMP TABLE changed (id TEXT PRIMARY KEY) WITHOUT ROWID")
            for pack in ids.packs():
                on.execute(_ASK, (pack,))
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


def open_state(file: Path) -> State:
    """Open the marks of a library, making the file where there is none; never raises.

    A damaged file is set aside beside it, its backup restored; `notices` tells what happened.
    """
    return State(file)


# Which articles' marks changed since a revision, for those who keep their own picture of them.


LARGEST = 1_000
"""A change of more articles is not listed."""

LONGEST = 4_000
"""The list is halved when it is longer."""


def note(on: Connection, ids: Ids) -> None:
    """Count a change of marks and list its articles; in the transaction that changes them."""
    on.execute("UPDATE clock SET revision = revision + 1, writes = writes + 1")
    if len(ids) > LARGEST:
        on.execute("DELETE FROM recent")
        on.execute("UPDATE clock SET complete_from = revision")
        return
    on.executemany(
        "INSERT INTO recent SELECT revision, ? FROM clock", ((article,) for article in ids)
    )
    if on.execute("SELECT count(*) FROM recent").fetchone()[0] > LONGEST:
        question = "SELECT revision FROM recent ORDER BY revision DESC LIMIT 1 OFFSET ?"
        last = on.execute(question, (LONGEST // 2,)).fetchone()
        on.execute("DELETE FROM recent WHERE revision <= ?", last)
        on.execute("UPDATE clock SET complete_from = ?", last)


def since(on: Connection, revision: int) -> tuple[int, list[ArticleId] | None]:
    """The newest revision, and the articles changed after the given one; None for any of them."""
    # Both in one statement, so that they belong together.
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
