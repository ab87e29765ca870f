"""Dates such as 12/5/2023 are read alike by every process, whenever it is decided how."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from tests.library.test_section_pages import rows


def write(folder: Path, **dates: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, date in dates.items():
        (folder / f"{name}.md").write_text(f"---\ndate: {date}\n---\nText.\n")


def make_current(library: Library) -> None:
    list(library.follower.reconcile())


def days(library: Library) -> dict[str, str]:
    """The day of each article by its row, which is that of its page."""
    found = dict(rows(library))
    pages = {path: f"{library.article(ArticleId(path)).date:%Y-%m-%d}" for path in found}
    assert pages == found
    return found


def test_a_reader_that_is_open_reads_what_comes_as_another_one_does(
    tmp_path: Path, paths: Paths
) -> None:
    folder = tmp_path / "site"
    write(folder, a="12/5/2023", iso="2020-02-02")
    with open_library(folder, paths) as reader:
        make_current(reader)
        assert days(reader)["a.md"] == "2023-12-05"
        assert "month first" in reader.article(ArticleId("a.md")).faults[0].reason
        write(folder, b="25/5/2023", c="6/5/2023")
        with open_library(folder, paths) as other:
            make_current(other)
            expected = {"a.md": "2023-05-12", "b.md": "2023-05-25", "c.md": "2023-05-06"}
            assert days(other) == {**expected, "iso.md": "2020-02-02"}
        reader.index.reload()
        assert days(reader) == {**expected, "iso.md": "2020-02-02"}
        assert reader.article(ArticleId("a.md")).faults == ()


@pytest.mark.parametrize("is_update", [True, False])
def test_what_was_decided_stays(tmp_path: Path, paths: Paths, is_update: bool) -> None:
    folder = tmp_path / "site"
    write(folder, a="12/5/2023", b="25/5/2023")
    with open_library(folder, paths) as reader:
        make_current(reader)
        write(folder, c="5/25/2023", d="5/26/2023", e="7/6/2023")
        with open_library(folder, paths) as other:
            if is_update:
                other.follower.update(["c.md", "d.md", "e.md"])
            else:
                make_current(other)
            assert days(other)["e.md"] == "2023-06-07"
        make_current(reader)
        assert days(reader)["a.md"] == "2023-05-12"
        assert days(reader)["e.md"] == "2023-06-07"


def test_an_index_of_an_older_program_is_gone_on_with_by_all_dates(
    tmp_path: Path, paths: Paths
) -> None:
    folder = tmp_path / "site"
    write(folder, a="12/5/2023", b="25/5/2023")
    with open_library(folder, paths) as library:
        make_current(library)
        [decided] = library.index_directory.rglob("day-first.json")
        decided.unlink()
        write(folder, c="7/6/2023")
        make_current(library)
        assert days(library)["c.md"] == "2023-06-07"
