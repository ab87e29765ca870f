"""The schema of the state file, and its migrations."""

from __future__ import annotations

from rilo_reader.store.sqlite import FileKind
from rilo_reader.store.value_table import BY_ARTICLE

_BEFORE_VALUES = ("mark", "tag", "annotation", "agreed", "move", "anew")

STATE = FileKind(
    contents="marks",
    application_id=0x72696C6F,  # "rilo"
    migrations=(
        (
            """CREATE TABLE mark(
                id TEXT PRIMARY KEY,
                read INTEGER NOT NULL DEFAULT 0,
                starred INTEGER NOT NULL DEFAULT 0,
                position INTEGER NOT NULL DEFAULT 0,
                opened INTEGER
            ) WITHOUT ROWID""",
            "CREATE INDEX starred ON mark(id) WHERE starred",
            "CREATE TABLE tag(tag TEXT, id TEXT, PRIMARY KEY (tag, id)) WITHOUT ROWID",
            "CREATE INDEX tags_of ON tag(id)",
            # One row: revision grows with every change of marks, writes with any write.
            "CREATE TABLE clock(revision INTEGER NOT NULL, writes INTEGER NOT NULL)",
            "INSERT INTO clock VALUES (0, 0)",
            "CREATE TABLE session(article TEXT, query TEXT NOT NULL)",
            "CREATE TABLE notice(text TEXT NOT NULL)",
        ),
        ("CREATE TABLE search(query TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",),
        (
            # The articles changed after the revision complete_from; see state.note.
            """CREATE TABLE recent(revision INTEGER, id TEXT, PRIMARY KEY (revision, id))
            WITHOUT ROWID""",
            "ALTER TABLE clock ADD COLUMN complete_from INTEGER NOT NULL DEFAULT 0",
            "UPDATE clock SET complete_from = revision",
        ),
        (
            # Each field of each article has the stamp that won; 1 is BEGINNING. As a default of
            # the column it costs nothing for a million marks: 0 at the beginning means no mark.
            "ALTER TABLE mark ADD COLUMN read_at INTEGER NOT NULL DEFAULT 1",
            "ALTER TABLE mark ADD COLUMN starred_at INTEGER NOT NULL DEFAULT 1",
            "ALTER TABLE mark ADD COLUMN position_at INTEGER NOT NULL DEFAULT 1",
            "ALTER TABLE tag ADD COLUMN present INTEGER NOT NULL DEFAULT 1",
            "ALTER TABLE tag ADD COLUMN at INTEGER NOT NULL DEFAULT 1",
            """CREATE TABLE annotation(
                id TEXT, field TEXT, value TEXT NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (id, field)
            ) WITHOUT ROWID""",
            """CREATE TABLE move(old TEXT, new TEXT, at INTEGER NOT NULL, PRIMARY KEY (old, new))
            WITHOUT ROWID""",
            # The greatest stamp that was given or merged.
            "ALTER TABLE clock ADD COLUMN stamp INTEGER NOT NULL DEFAULT 1",
            # in_history is 0 for positions, which only wait for the journal; size is in bytes.
            """CREATE TABLE gesture(
                number INTEGER PRIMARY KEY,
                device TEXT NOT NULL,
                stamp INTEGER NOT NULL,
                undoes_device TEXT,
                undoes_stamp INTEGER,
                in_history INTEGER NOT NULL,
                size INTEGER NOT NULL DEFAULT 0,
                UNIQUE (device, stamp)
            )""",
            "CREATE INDEX gesture_by_stamp ON gesture(stamp)",
            "CREATE INDEX undo ON gesture(undoes_device) WHERE undoes_device IS NOT NULL",
            # At most 20,000 ids a row, as `Ids.stored` packs them; before is of annotations.
            """CREATE TABLE assignment(
                gesture INTEGER NOT NULL,
                field TEXT NOT NULL,
                value TEXT NOT NULL,
                before TEXT,
                count INTEGER NOT NULL,
                ids BLOB NOT NULL
            )""",
            "CREATE INDEX assignment_of ON assignment(gesture)",
            # What travels: device (the own id), folder, written (the last stamp in a journal).
            "CREATE TABLE sync(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
            "CREATE TABLE device(id TEXT PRIMARY KEY, name TEXT NOT NULL, seen INTEGER)",
            """CREATE TABLE segment(
                path TEXT PRIMARY KEY, size INTEGER NOT NULL, hash TEXT NOT NULL,
                modified INTEGER NOT NULL
            ) WITHOUT ROWID""",
            """CREATE TABLE aside(
                path TEXT NOT NULL, kind TEXT NOT NULL, lines INTEGER NOT NULL,
                due INTEGER NOT NULL, detail TEXT NOT NULL
            )""",
            "CREATE INDEX aside_of ON aside(path)",
        ),
        (
            # What a library and accounts agreed on: the name is that of the account and a mark.
            """CREATE TABLE agreed(
                name TEXT, id TEXT, value INTEGER NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (name, id)
            ) WITHOUT ROWID""",
        ),
        (
            # Which article a path has now, where several had it one after the other; is_here is
            # whether its file came here already, or only the journal of another device.
            """CREATE TABLE anew(
                id TEXT, number INTEGER, value INTEGER NOT NULL, at INTEGER NOT NULL,
                is_here INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (id, number)
            ) WITHOUT ROWID""",
            "CREATE INDEX moved_to ON move(new)",
            # What was marked and whose file is gone.
            "CREATE TABLE lost(id TEXT PRIMARY KEY, title TEXT, text TEXT) WITHOUT ROWID",
        ),
        (
            # Every value of every field; see value_table.
            """CREATE TABLE value(
                field TEXT, id TEXT, value TEXT NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (field, id)
            ) WITHOUT ROWID""",
            *(
                f"""INSERT INTO value SELECT '{flag}', id, CAST({flag} AS TEXT), {flag}_at
                FROM mark WHERE ({flag}_at, {flag}) > (1, 0)"""  # noqa: S608  # names of ours
                for flag in ("read", "starred", "position")
            ),
            "INSERT INTO value SELECT 'opened', id, opened, 0 FROM mark WHERE opened IS NOT NULL",
            """INSERT INTO value SELECT 'tag:' || tag, id, CAST(present AS TEXT), at FROM tag
            WHERE (at, present) > (1, 0)""",
            """INSERT INTO value SELECT field, id, value, at FROM annotation
            WHERE (at, value) > (1, '')""",
            "INSERT INTO value SELECT 'agreed:' || name, id, CAST(value AS TEXT), at FROM agreed",
            "INSERT INTO value SELECT 'moved:' || new, old, '1', at FROM move",
            "INSERT INTO value SELECT 'anew:' || number, id, '1', at FROM anew",
            """INSERT INTO value SELECT 'here', id, max(number), 0 FROM anew
            WHERE is_here GROUP BY id""",
            *(f"DROP TABLE {table}" for table in _BEFORE_VALUES),
            f"CREATE INDEX fields_of ON value(id, field) WHERE {BY_ARTICLE}",
        ),
        # Who did a gesture, if not the user by hand.
        ("ALTER TABLE gesture ADD COLUMN made_by TEXT NOT NULL DEFAULT ''",),
    ),
    # The clock has one row, and a value stays as a row, also that of a mark which was taken back:
    # where a gesture was given a stamp there is one, or the gesture that has none.
    hollow="""SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM clock) OR (SELECT max(stamp) FROM clock) > 1
        AND NOT EXISTS (SELECT 1 FROM value)
        AND (NOT EXISTS (SELECT 1 FROM gesture) OR EXISTS (SELECT 1 FROM assignment))""",
    # A revision that was never used before.
    renewal=("UPDATE clock SET revision=:now, complete_from=:now", "DELETE FROM recent"),
)
"""The file of the marks of one library."""
