"""What a library knows of its archive, in a file of another version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.errors import CollectingError
from rilo_reader.paths import Paths, archive_file
from rilo_reader.plugins.archive.records import open_records


@pytest.mark.parametrize(("version", "which"), [(1, "an unreleased"), (99, "a newer")])
def test_it_is_refused_and_left_alone(tmp_path: Path, version: int, which: str) -> None:
    paths = Paths(*(tmp_path / name for name in Paths._fields))
    with open_records(tmp_path, paths) as records:
        records.put(address="postgresql://a.example/b")
    file = archive_file(tmp_path, paths)
    with closing(sqlite3.connect(file)) as raw:
        raw.execute(f"PRAGMA user_version={version}")
    before = file.read_bytes()
    with (
        pytest.raises(CollectingError, match=f"by {which} rilo-reader. Install that one"),
        open_records(tmp_path, paths),
    ):
        pass
    assert file.read_bytes() == before
