"""What a library knows of its archive: in a file of another version, and of colleagues."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.library.annotated import others_highlights
from rilo_reader.paths import Paths
from rilo_reader.plugins.archive import archive_file
from rilo_reader.plugins.archive.files import record_changed_files
from rilo_reader.plugins.archive.records import EACH_LIMIT, open_records


@pytest.mark.parametrize(("version", "which"), [(1, "an unreleased"), (99, "a newer")])
def test_it_is_refused_and_left_alone(tmp_path: Path, version: int, which: str) -> None:
    paths = Paths(*(tmp_path / name for name in Paths._fields))
    with open_records(tmp_path, paths) as records:
        records.write_settings(address="postgresql://a.example/b")
    file = archive_file(tmp_path, paths)
    with closing(sqlite3.connect(file)) as raw:
        raw.execute(f"PRAGMA user_version={version}")
    before = file.read_bytes()
    with (
        pytest.raises(CollectingError, match=f"by {which} rilo-reader. Install that version"),
        open_records(tmp_path, paths),
    ):
        pass
    assert file.read_bytes() == before


def test_what_a_hostile_colleague_highlights_is_cleaned_and_bounded(tmp_path: Path) -> None:
    paths = Paths(*(tmp_path / name for name in Paths._fields))
    article = ArticleId("ivory")
    assert others_highlights(tmp_path, paths) == {}
    name = "\x1b]0;" + "m" * 99
    rows = []
    for number in range(300):
        value = to_json(Highlight(f"{number:08}", Anchor("ivory")))
        rows.append((name, f"highlight:{number:08}", article, value, number << 16))
        rows.append((name, f"note:{number:08}", article, "Ask Ben\x1b[2J", number << 16))
    with open_records(tmp_path, paths) as records:
        records.write_shared_marks(rows)
    found = others_highlights(tmp_path, paths)[article]
    assert len(found) == EACH_LIMIT
    assert {each.owner for each in found} == {"]0;" + "m" * 59 + "…"}
    assert {each.note for each in found} == {"Ask Ben[2J"}
    assert found[-1].id.endswith(" 00000299")
    assert others_highlights(tmp_path, paths, ArticleId("horn")) == {}


def test_only_files_at_and_below_the_named_paths_are_looked_at(tmp_path: Path) -> None:
    paths = Paths(*(tmp_path / name for name in Paths._fields))
    folder = tmp_path / "library"
    for name in ("a.md", "news/one.md", "news/deep/two.md", "news.md", "newsy/other.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("Text\n")
    with open_records(folder, paths) as records:
        record_changed_files(folder, records, ["a.md", "news", "picture.png", "gone.md"])
        assert set(records.read_files()) == {"a.md", "news/one.md", "news/deep/two.md"}
        record_changed_files(folder, records)
        rmtree(folder / "news")
        (folder / "a.md").unlink()
        record_changed_files(folder, records, ["news"])
        assert set(records.read_files()) == {"a.md", "news.md", "newsy/other.md"}
