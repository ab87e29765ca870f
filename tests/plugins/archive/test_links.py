"""Links out of a library: nothing behind them is sent to the archive, or written from there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.paths import marks_file
from rilo_reader.plugins.archive.files import record_changed_files
from rilo_reader.plugins.archive.push import delete_article
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT
from rilo_reader.store.state import open_state
from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.support.postgresql import Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]

SECRET = "swordfish"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "private.md").write_text(f'+++\nid = "n"\n+++\n\nA {SECRET}\n')
    (folder / "more.md").write_text(f"Another {SECRET}\n")
    return folder


@pytest.fixture
def desks(archive: Archive, tmp_path: Path) -> tuple[Desk, Desk]:
    make_archive(archive, anna="contributor", ben="contributor")
    return Desk(tmp_path / "anna", archive.url("anna")), Desk(tmp_path / "ben", archive.url("ben"))


def everything(archive: Archive) -> str:
    tables = ("log", "words", "long", "vocabulary", "mark")
    return "".join(archive.sql(f"select * from rilo.{table}") for table in tables)


def test_what_a_link_leads_to_is_not_sent_nor_what_is_marked_of_it(
    desks: tuple[Desk, Desk], outside: Path, archive: Archive
) -> None:
    anna, ben = desks
    anna.write("own.md", "Mine\n")
    (anna.folder / "notes.md").symlink_to(outside / "private.md")
    (anna.folder / "outdir").symlink_to(outside)
    (anna.folder / "again.md").symlink_to("own.md")
    anna.star("n")
    with closing(open_state(marks_file(anna.folder, anna.paths))) as state:
        made = Highlight("00000001", Anchor(f"A {SECRET}", "", "", 0))
        ids = Ids([ArticleId("n"), ArticleId("outdir/private.md")])
        state.apply_assignments([Assignment(HIGHLIGHT + "00000001", to_json(made), ids)])
    assert anna.exchange().sent == 2
    assert SECRET not in everything(archive)
    assert archive.sql("select count(*) from rilo.mark") == "0"
    assert ben.exchange().new == 2
    with open_records(anna.folder, anna.paths) as records:
        assert list(records.outside_files()) == ["notes.md", "outdir/more.md", "outdir/private.md"]
        assert records.count_waiting() == 0


def test_what_is_marked_behind_a_link_stays_here_when_the_link_is_gone(
    desks: tuple[Desk, Desk], outside: Path, archive: Archive
) -> None:
    anna, _ = desks
    link = anna.folder / "notes.md"
    link.symlink_to(outside / "private.md")
    (anna.folder / "outdir").symlink_to(outside)
    with closing(open_state(marks_file(anna.folder, anna.paths))) as state:
        made = Highlight("00000001", Anchor(f"A {SECRET}", "", "", 0))
        ids = Ids([ArticleId("n"), ArticleId("outdir/more.md")])
        state.apply_assignments([Assignment(HIGHLIGHT + "00000001", to_json(made), ids)])
    anna.exchange()
    link.unlink()
    (anna.folder / "outdir").unlink()
    for _ in range(2):
        assert anna.exchange().marks_sent == 0
    anna.write("notes.md", '+++\nid = "n"\n+++\n\nMine\n')
    assert (anna.exchange().sent, archive.sql("select count(*) from rilo.mark")) == (1, "1")


def test_a_file_that_was_sent_and_became_a_link_is_neither_written_nor_deleted(
    desks: tuple[Desk, Desk], outside: Path, archive: Archive
) -> None:
    anna, ben = desks
    before = (outside / "private.md").read_bytes()
    anna.write("notes.md", '+++\nid = "n"\n+++\n\nText\n')
    anna.write("sub/two.md", '+++\nid = "two"\n+++\n\nText\n')
    anna.exchange()
    ben.exchange()
    (outside / "two.md").write_text((anna.folder / "sub/two.md").read_text())
    for path in ("notes.md", "sub/two.md"):
        (anna.folder / path).unlink()
    (anna.folder / "sub").rmdir()
    (anna.folder / "notes.md").symlink_to(outside / "private.md")
    (anna.folder / "sub").symlink_to(outside)
    ben.edit(ArticleId("n"), "Ben's\n")
    ben.edit(ArticleId("two"), "Ben's\n")
    ben.exchange()
    done = anna.exchange()
    assert (done.outside, done.updated, done.new, done.sent) == (2, 0, 0, 0)
    with closing(administrator(archive)) as connection:
        delete_article(connection, ArticleId("n"))
        delete_article(connection, ArticleId("two"))
    done = anna.exchange()
    assert (done.outside, done.deleted) == (2, 0)
    assert (outside / "private.md").read_bytes() == before
    assert "Ben" not in (outside / "two.md").read_text()
    assert sorted(each.name for each in outside.iterdir()) == ["more.md", "private.md", "two.md"]
    assert SECRET not in everything(archive)


def test_a_new_article_whose_folder_is_a_link_comes_beside_it(
    desks: tuple[Desk, Desk], outside: Path
) -> None:
    anna, ben = desks
    (ben.folder / "news").symlink_to(outside)
    anna.collect(("1", "first"))
    anna.exchange()
    assert ben.exchange().new == 1
    [file] = [each for each in ben.files().values() if "first" in each.read_text()]
    assert file.resolve().is_relative_to(ben.folder.resolve())
    (ben.folder / "articles").rename(ben.folder / "elsewhere")
    (ben.folder / "articles").symlink_to(outside)
    anna.collect(("2", "second"))
    anna.exchange()
    assert ben.exchange().outside == 1
    assert sorted(each.name for each in outside.iterdir()) == ["more.md", "private.md"]


def test_a_link_that_comes_after_the_look_is_not_followed(
    desks: tuple[Desk, Desk], outside: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = desks
    ben.write("b.md", "Newer\n")
    ben.exchange()  # or what anna looks at would be sent at once
    anna.write("a.md", "Mine\n")

    def swapped(*arguments: Any) -> None:
        record_changed_files(*arguments)
        (anna.folder / "a.md").unlink()
        (anna.folder / "a.md").symlink_to(outside / "private.md")

    monkeypatch.setattr("rilo_reader.plugins.archive.exchange.record_changed_files", swapped)
    assert anna.exchange().sent == 0
    assert SECRET not in everything(archive)


@pytest.mark.timeout(900)
def test_random_links_send_and_write_nothing(archive: Archive, tmp_path: Path) -> None:
    judge = pytest.importorskip("tools.judge.links", reason="it also asks the plugin of MCP").judge
    verdict = judge(tmp_path, rounds=4, seed=3, archive=archive)
    assert verdict.faults == ()
    assert verdict.led_out > 4
