"""Whoever's text is replaced keeps it and is told; every version can be brought back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.plugins.archive.connection import ShareError
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.push import delete_article
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.plugins.archive.versions import list_versions, write_version
from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.support.postgresql import Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]

NOTE = ArticleId("a")
HEAD = '+++\nid = "a"\ntitle = "A"\ndate = 2026-01-02\n+++\n\n'
TEXT = f"{HEAD}Text\n"


@pytest.fixture
def desks(archive: Archive, tmp_path: Path) -> tuple[Desk, Desk]:
    """Both have a note of Anna's."""
    make_archive(archive, anna="contributor", ben="contributor")
    anna = Desk(tmp_path / "anna", archive.url("anna"))
    ben = Desk(tmp_path / "ben", archive.url("ben"))
    anna.write("a.md", TEXT)
    anna.exchange()
    ben.exchange()
    return anna, ben


def test_a_text_that_a_colleague_replaces_is_kept_beside(desks: tuple[Desk, Desk]) -> None:
    anna, ben = desks
    anna.edit(NOTE, "Anna's line\n")
    ben.edit(NOTE, "Ben's line\n")
    anna.exchange()
    assert ben.exchange().kept == 1
    ben.edit(NOTE, "Ben again\n")
    assert ben.exchange().sent == 1
    done = anna.exchange()
    assert [(one["path"], one["copy"]) for one in done.replaced] == [("a.md", "a.md.yours")]
    assert done.replaced[0]["by"].startswith("ben_")
    assert "Anna's line" in (anna.folder / "a.md.yours").read_text()
    assert "Ben again" in anna.texts()[NOTE]
    assert not anna.exchange().is_anything, "a copy is no article, and is not sent"


def test_a_second_copy_replaces_no_first_one(desks: tuple[Desk, Desk]) -> None:
    anna, ben = desks
    for number in range(2):
        anna.files()[NOTE].write_text(f"{TEXT}Anna {number}\n")
        anna.exchange()
        ben.exchange()
        ben.files()[NOTE].write_text(f"{TEXT}Ben {number}\n")
        ben.exchange()
        assert len(anna.exchange().replaced) == 1
    assert "Anna 0" in (anna.folder / "a.md.yours").read_text()
    assert "Anna 1" in (anna.folder / "a.md.yours-2").read_text()


def test_what_is_only_added_to_needs_no_copy_and_what_was_collected_is_nobodys(
    desks: tuple[Desk, Desk],
) -> None:
    anna, ben = desks
    ben.edit(NOTE, "Ben adds\n")
    ben.exchange()
    done = anna.exchange()
    assert (done.updated, done.replaced) == (1, [])
    anna.collect(("1", "first"))
    anna.exchange()
    ben.exchange()
    ben.collect(("1", "corrected"))
    ben.exchange()
    done = anna.exchange()
    assert (done.updated, done.replaced) == (1, [])
    assert not list(anna.folder.rglob("*.yours*"))


def test_a_text_of_ones_own_that_an_administrator_deletes_is_kept_beside(
    desks: tuple[Desk, Desk], archive: Archive
) -> None:
    anna, ben = desks
    with closing(administrator(archive)) as connection:
        delete_article(connection, NOTE)
    [one] = anna.exchange().replaced
    assert (anna.folder / one["copy"]).read_text() == TEXT
    assert ben.exchange().replaced == []


def test_versions_are_listed_and_one_is_brought_back(desks: tuple[Desk, Desk]) -> None:
    anna, ben = desks
    ben.files()[NOTE].write_text(f"{HEAD}Ben has it all\n")
    ben.exchange()
    anna.exchange()
    with open_records(anna.folder, anna.paths) as records:
        share = ArchiveShare(anna.folder, anna.paths, records)
        with closing(share.connect_joined()) as connection:
            found = list_versions(connection, NOTE)
            assert [one.number for one in found] == [1, 2]
            assert [one.writer.partition("_")[0] for one in found] == ["anna", "ben"]
            assert write_version(connection, anna.folder, records, NOTE, 1) == (
                "a.md",
                "a.md.yours-2",
            )
            for number in (0, 3, -1):
                with pytest.raises(ShareError, match="no version"):
                    write_version(connection, anna.folder, records, NOTE, number)
    assert anna.exchange().sent == 1
    ben.exchange()
    assert anna.texts() == ben.texts() == {NOTE: TEXT}
    assert "Ben has it all" in (anna.folder / "a.md.yours-2").read_text()
    assert len(list(ben.folder.rglob("*.yours"))) == 1, "and his is kept beside, too"
