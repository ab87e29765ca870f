"""Articles that move on one device while another one marks them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.plugins.devices.segments import JOURNALS
from rilo_reader.plugins.devices.sync import JournalSync
from rilo_reader.store.state import open_state
from tests.library import test_moves
from tests.library.test_moves import LONG
from tests.plugins.devices.machines import ok
from tests.support.annotate import annotate


class Home(test_moves.Home):
    """A library of which other devices know."""

    def sync(self, *, begin: bool = False) -> None:
        with closing(open_state(self.library.state_file)) as state:
            sync = JournalSync(state.journals, self.lock, lambda: time.time_ns() // 1_000_000)
            ok(sync.turn_on(self.folder / ".rilo") if begin else sync.sync_now())


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path, "laptop")
    with made.library:
        yield made


def carry(*homes: Home) -> None:
    """Every journal is everywhere."""
    for source in homes:
        for target in homes:
            if source is not target:
                there = target.folder / ".rilo" / JOURNALS
                shutil.copytree(source.folder / ".rilo" / JOURNALS, there, dirs_exist_ok=True)


def sync_all(*homes: Home) -> None:
    for _ in range(2):
        for home in homes:
            home.sync()
        carry(*homes)
    for home in homes:
        home.sync()


def on_both(home: Home, other: Home, path: str, text: str, *, more: str = "") -> None:
    """One article on two devices that exchange what was done."""
    for each in (home, other):
        each.write(path, text, more=more)
        each.reconcile()
        each.sync(begin=True)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path, "desktop")
    with made.library:
        yield made


@pytest.mark.slow
def test_one_writes_another_id_and_the_other_marks_meanwhile(home: Home, other: Home) -> None:
    on_both(home, other, "a.md", LONG, more="id: one\n")
    home.write("a.md", LONG, more="id: second\n")
    home.reconcile()
    other.star("one")
    sync_all(home, other)
    assert home.starred() == {"second"}
    other.write("a.md", LONG, more="id: second\n")
    other.reconcile()
    assert other.starred() == {"second"}


@pytest.mark.slow
@pytest.mark.parametrize("second_first", [False, True])
def test_one_renames_and_the_other_marks_meanwhile(
    home: Home, other: Home, second_first: bool
) -> None:
    on_both(home, other, "a.md", "Text")
    home.move("a.md", "b.md")
    other.star("a.md")
    annotate(other.library.state, ArticleId("a.md"), "note:0a1b2c3d", "A note.")
    sync_all(*((other, home) if second_first else (home, other)))
    assert home.starred() == {"b.md"}
    # The files arrive there last.
    other.move("a.md", "b.md")
    assert other.starred() == {"b.md"}
    other.library.state.set_starred([ArticleId("b.md")], False)
    sync_all(home, other)
    for each in (home, other):
        assert each.starred() == set()
        (note,) = each.library.state.annotations.read(ArticleId("b.md"))
        assert note[:2] == ("note:0a1b2c3d", "A note.")


@pytest.mark.slow
def test_both_rename_the_same(home: Home, other: Home) -> None:
    for each in (home, other):
        for number in range(10):
            each.write(f"old/{number}.md", f"Short {number}")
        each.reconcile()
        each.sync(begin=True)
    home.star("old/1.md")
    other.star("old/2.md")
    for each in (home, other):
        (each.folder / "old").rename(each.folder / "new")
        each.reconcile()
    sync_all(home, other)
    expected = {"new/1.md", "new/2.md"}
    assert home.starred() == other.starred() == expected
    assert home.moves() == other.moves()


@pytest.mark.slow
def test_both_rename_differently_and_one_name_stays(home: Home, other: Home) -> None:
    on_both(home, other, "a.md", "Text")
    other.star("a.md")
    home.move("a.md", "b.md")
    other.move("a.md", "c.md")
    sync_all(home, other)
    assert home.starred() == {"b.md"}
    assert other.starred() == {"c.md"}
    other.move("c.md", "b.md")
    assert other.starred() == {"b.md"}


def test_marks_of_an_article_that_is_not_here_count_once_it_comes(home: Home, other: Home) -> None:
    home.write("a.md", "Text")
    for each in (home, other):
        each.reconcile()
        each.sync(begin=True)
    home.star("a.md")
    sync_all(home, other)
    assert other.starred() == set()
    shutil.copy2(home.folder / "a.md", other.folder / "a.md")
    other.reconcile()
    assert other.starred() == {"a.md"}


@pytest.mark.slow
@pytest.mark.parametrize("files_first", [True, False])
def test_devices_agree_which_article_a_path_has(home: Home, other: Home, files_first: bool) -> None:
    """Whether the other one sees the files first or reads the journal first."""
    on_both(home, other, "inbox.md", "First")
    home.star("inbox.md")
    sync_all(home, other)

    def move(at: Home) -> None:
        (at.folder / "inbox.md").rename(at.folder / "x.md")
        at.write("inbox.md", "A different one")
        at.reconcile()

    move(home)
    if files_first:
        move(other)
        sync_all(home, other)
    else:
        sync_all(home, other)
        move(other)
    for each, marked in ((home, "inbox.md"), (other, "x.md")):
        each.library.state.set_tags(ArticleId(marked), ["harbour"])
    sync_all(home, other)
    for each in (home, other):
        marks = each.library.search.marks([ArticleId("inbox.md"), ArticleId("x.md")])
        assert [its.starred for its in marks.values()] == [False, True]
        assert [its.tags for its in marks.values()] == [("harbour",)] * 2
    other.library.state.set_starred([ArticleId("inbox.md")], True)
    home.library.state.set_starred([ArticleId("x.md")], False)
    sync_all(home, other)
    assert home.starred() == other.starred() == {"inbox.md"}


@pytest.mark.slow
@pytest.mark.parametrize("files_first", [True, False])
def test_devices_agree_where_a_file_was_deleted(home: Home, other: Home, files_first: bool) -> None:
    on_both(home, other, "inbox.md", LONG, more="title: Storm\n")
    home.star("inbox.md")
    sync_all(home, other)

    def replace(at: Home) -> None:
        (at.folder / "inbox.md").unlink()
        at.reconcile()
        at.write("inbox.md", "Another text.", more="title: Flood\n")
        at.reconcile()

    replace(home)
    if files_first:
        replace(other)
    home.library.state.set_tags(ArticleId("inbox.md"), ["harbour"])
    sync_all(home, other)
    if not files_first:
        replace(other)
    other.library.state.set_read([ArticleId("inbox.md")], True)
    sync_all(home, other)
    for each in (home, other):
        (marks,) = each.library.search.marks([ArticleId("inbox.md")]).values()
        assert (marks.starred, marks.read, marks.tags) == (False, True, ("harbour",))
