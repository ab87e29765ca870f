"""The schema of the state file, and the step to it from the released version before."""

from __future__ import annotations

from rilo_reader.store.sqlite import FileKind
from rilo_reader.store.value_table import BY_ARTICLE

_SINCE_0_1_0 = (
    # Every value of every field; see value_table.
    """CREATE TABLE value(
        field TEXT, id TEXT, value TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (field, id)
    ) WITHOUT ROWID""",
    f"CREATE INDEX fields_of ON value(id, field) WHERE {BY_ARTICLE}",
    # in_history is 0 for positions, which only wait for the journal; size is in bytes; made_by is
    # who did it, if not the user by hand.
    """CREATE TABLE gesture(
        number INTEGER PRIMARY KEY,
        device TEXT NOT NULL,
        stamp INTEGER NOT NULL,
        undoes_device TEXT,
        undoes_stamp INTEGER,
        in_history INTEGER NOT NULL,
        size INTEGER NOT NULL DEFAULT 0,
        made_by TEXT NOT NULL DEFAULT '',
        UNIQUE (device, stamp)
    )""",
    "CREATE INDEX gesture_by_stamp ON gesture(stamp)",
    "CREATE INDEX undo ON gesture(undoes_device) WHERE undoes_device IS NOT NULL",
    # At most 20,000 ids a row, as `Ids.packs` has them; before is of annotations.
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
    # What was marked and whose file is gone.
    "CREATE TABLE lost(id TEXT PRIMARY KEY, title TEXT, text TEXT) WITHOUT ROWID",
)

STATE = FileKind(
    contents="marks",
    application_id=0x72696C6F,  # "rilo"
    version=8,
    schema=(
        # One row: revision grows with every change of marks, writes with any write; stamp is the
        # greatest that was given or merged.
        """CREATE TABLE clock(
            revision INTEGER NOT NULL,
            writes INTEGER NOT NULL,
            complete_from INTEGER NOT NULL DEFAULT 0,
            stamp INTEGER NOT NULL DEFAULT 1
        )""",
        "INSERT INTO clock(revision, writes) VALUES (0, 0)",
        # The articles changed after the revision complete_from; see value_table.record_revision.
        """CREATE TABLE recent(revision INTEGER, id TEXT, PRIMARY KEY (revision, id))
        WITHOUT ROWID""",
        "CREATE TABLE session(article TEXT, query TEXT NOT NULL)",
        "CREATE TABLE notice(text TEXT NOT NULL)",
        "CREATE TABLE search(query TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
        *_SINCE_0_1_0,
    ),
    steps={
        3: (  # of 0.1.0, which had flags and tags without stamps: 1 is BEGINNING
            "ALTER TABLE clock ADD COLUMN stamp INTEGER NOT NULL DEFAULT 1",
            *_SINCE_0_1_0,
            *(
                f"""INSERT INTO value SELECT '{flag}', id, CAST({flag} AS TEXT), 1
                FROM mark WHERE {flag} > 0"""  # noqa: S608  # names of ours
                for flag in ("read", "starred", "position")
            ),
            "INSERT INTO value SELECT 'opened', id, opened, 0 FROM mark WHERE opened IS NOT NULL",
            "INSERT INTO value SELECT 'tag:' || tag, id, '1', 1 FROM tag",
            "DROP TABLE mark",
            "DROP TABLE tag",
        ),
    },
    # The clock has one row, and a value stays as a row, also that of a mark which was taken back:
    # where a gesture was given a stamp there is one, or the gesture that has none.
    emptied_check="""SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM clock)
        OR (SELECT max(stamp) FROM clock) > 1 AND NOT EXISTS (SELECT 1 FROM value)
        AND (NOT EXISTS (SELECT 1 FROM gesture) OR EXISTS (SELECT 1 FROM assignment))""",
    # A revision that was never used before.
    renewal=("UPDATE clock SET revision=:now, complete_from=:now", "DELETE FROM recent"),
)
"""The file of the marks of one library."""
