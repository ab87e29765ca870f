"""The schema of the state file, and its migrations."""

from __future__ import annotations

from rilo_reader.store.sqlite import FileKind

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
    ),
    # A revision that was never used before.
    renewal=("UPDATE clock SET revision=:now, complete_from=:now", "DELETE FROM recent"),
)
"""The file of the marks of one library."""
