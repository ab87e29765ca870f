"""Marks follow articles whose id is their path, when their files move."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library.library import Library, open_library
from rilo_reader.library.progress import Progress
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.store.marks import MOVED
from rilo_reader.store.state import open_state
from tests.support.annotate import annotate

LONG = "The harbour was closed for a week because of the storm, and nobody knew what to do. " * 3
OLD = time.time_ns() - 10**12


def starred(library: Library) -> set[str]:
    return set(library.search.ids(parse("is:starred")))


class Home:
    """A library with its marks, on one device."""

    def __init__(self, root: Path, name: str) -> None:
        self.folder = root / name / "news"
        self.folder.mkdir(parents=True)
        self.paths = Paths(*(root / name / part for part in ("config", "data", "state", "cache")))
        self.library = open_library(self.folder, self.paths)
        self.lock = root / name / "lock"

    def write(self, path: str, text: str, *, more: str = "") -> None:
        """An article without an id of its own, which is older than its index."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        title = "" if "title:" in more else f"title: {file.stem}\n"
        file.write_text(f"---\n{title}{more}---\n\n{text}\n")
        os.utime(file, ns=(OLD, OLD))

    def reconcile(self) -> Progress:
        return list(self.library.follower.reconcile())[-1]

    def begin(self, path: str, text: str = "Text") -> None:
        """An article that is starred."""
        self.write(path, text)
        self.reconcile()
        self.star(path)

    def move(self, old: str, new: str) -> None:
        (self.folder / old).rename(self.folder / new)
        self.reconcile()

    def star(self, path: str) -> None:
        self.library.state.set_starred([ArticleId(path)], True)

    def starred(self) -> set[str]:
        return starred(self.library)

    def moves(self) -> list[tuple[str, str]]:
        """What was kept of moves: old and new ids."""
        with closing(open_state(self.library.state_file)) as state:
            return sorted(
                (article, value)
                for gesture in state.journals.iter_snapshot()
                for field, value, ids in gesture.assignments
                for article in ids
                if field == MOVED
            )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path, "laptop")
    with made.library:
        yield made


def test_a_renamed_folder_keeps_the_marks_of_its_articles(home: Home) -> None:
    for number in range(10):
        home.write(f"old/{number}.md", f"Short {number}")
    home.reconcile()
    for number in range(10):
        home.star(f"old/{number}.md")
    home.library.state.set_tags(ArticleId("old/3.md"), ["harbour"])
    annotate(home.library.state, ArticleId("old/4.md"), "note:0a1b2c3d", "A note.")
    home.library.state.save_position(ArticleId("old/5.md"), 70, datetime.now(UTC))
    done = home.library.state.history.read()
    (home.folder / "old").rename(home.folder / "new")
    progress = home.reconcile()
    assert (progress.added, progress.moved, progress.removed) == (0, 10, 0)
    assert home.library.search.count(Query()) == 10
    assert home.starred() == {f"new/{number}.md" for number in range(10)}
    marks = home.library.search.marks([ArticleId(f"new/{number}.md") for number in (3, 5)])
    assert marks[ArticleId("new/3.md")].tags == ("harbour",)
    assert marks[ArticleId("new/5.md")].position == 70
    assert marks[ArticleId("new/5.md")].opened is not None
    notes = home.library.state.annotations.read(ArticleId("new/4.md"))
    assert [value for _, value, _ in notes] == ["A note."]
    assert home.library.state.history.list_ids() == [entry.id for entry in done]
    assert home.reconcile().added == 0
    assert home.library.state.undo_last() is not None
    assert home.library.state.annotations.read(ArticleId("new/4.md")) == []


def test_a_file_that_a_watcher_saw_moving_keeps_its_marks(home: Home) -> None:
    home.write("0.md", "Text")
    home.reconcile()
    home.move("0.md", "a.md")
    assert home.moves() == []  # without marks and sync nothing is kept of a move
    home.star("a.md")
    (home.folder / "a.md").rename(home.folder / "b.md")
    home.library.follower.update(["b.md", "a.md"])
    assert home.starred() == {"b.md"}
    assert home.library.search.count(Query()) == 1


def test_a_file_that_was_written_anew_is_known_by_its_text(home: Home) -> None:
    """As git does it. A short text says too little."""
    home.write("a.md", LONG)
    home.write("short.md", "Text")
    home.reconcile()
    home.star("a.md")
    home.star("short.md")
    for old, new in (("a.md", "b.md"), ("short.md", "other.md")):
        (home.folder / old).rename(home.folder / new)
        os.utime(home.folder / new, ns=(OLD + 5, OLD + 5))
    home.reconcile()
    assert home.starred() == {"b.md"}


@pytest.mark.parametrize("text", [LONG, "Text"])
@pytest.mark.parametrize(
    ("before", "after"), [(("a", "b"), ("c",)), (("a",), ("c", "d")), (("a", "b"), ("c", "d"))]
)
def test_which_of_two_equal_files_moved_is_not_guessed(
    home: Home, text: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    def make(names: tuple[str, ...]) -> None:
        for name in names:
            home.write("x.md", text)
            (home.folder / "x.md").rename(home.folder / f"{name}.md")

    make(before)
    home.reconcile()
    home.star("a.md")
    for name in before:
        (home.folder / f"{name}.md").unlink()
    make(after)
    home.reconcile()
    assert home.starred() == set()
    assert home.moves() == []


def test_of_equal_files_each_moves_to_its_own_name(home: Home) -> None:
    for name in ("a", "b"):
        home.write(f"old/{name}.md", LONG, more="title: T\n")
    home.reconcile()
    home.star("old/a.md")
    (home.folder / "old").rename(home.folder / "new")
    for name in ("a", "b"):
        os.utime(home.folder / "new" / f"{name}.md")
    home.reconcile()
    assert home.starred() == {"new/a.md"}


def test_another_text_of_the_same_size_and_time_is_another_article(home: Home) -> None:
    home.begin("a.md", LONG)
    (home.folder / "a.md").unlink()
    home.write("b.md", LONG.replace("storm", "flood"))
    home.reconcile()
    assert home.starred() == set()
    assert home.moves() == []


def test_a_path_that_was_used_again_moves_no_more(home: Home) -> None:
    home.begin("now.md", "First")
    home.move("now.md", "first.md")
    home.write("now.md", "The second")
    home.reconcile()
    home.move("now.md", "second.md")
    assert home.moves() == [("now.md", "first.md")]
    assert home.starred() == {"first.md"}


def test_a_file_that_came_back_moves_again(home: Home) -> None:
    names = ["a.md", "b.md", "a.md", "c.md"]
    home.begin("a.md")
    for old, new in pairwise(names):
        home.move(old, new)
        assert home.starred() == {new}


def test_a_second_file_of_an_id_keeps_its_marks_when_the_id_is_free_and_when_it_moves(
    home: Home,
) -> None:
    home.write("first.md", LONG, more="id: same\n")
    home.reconcile()
    home.write("second.md", LONG + "More.", more="id: same\n")
    home.reconcile()
    home.star("second.md")
    home.move("second.md", "moved.md")
    assert home.starred() == {"moved.md"}
    (home.folder / "first.md").unlink()
    home.reconcile()
    assert home.starred() == {"same"}


def test_files_with_ids_move_beside_those_without(home: Home) -> None:
    home.write("old/a.md", LONG)
    home.write("old/b.md", "Text", more="id: b\n")
    home.reconcile()
    home.star("old/a.md")
    home.star("b")
    home.move("old", "new")
    assert home.starred() == {"new/a.md", "b"}
    assert list(home.library.follower.faulty()) == []
    assert home.library.search.count(Query()) == 2
    assert home.moves() == [("old/a.md", "new/a.md")]


def test_what_was_stopped_finds_the_other_moves_the_next_time(tmp_path: Path) -> None:
    home = Home(tmp_path, "laptop")
    for number in range(20):
        home.write(f"old/{number}.md", f"{LONG} {number}")
    home.reconcile()
    home.library.state.set_starred([ArticleId(f"old/{n}.md") for n in range(20)], True)
    home.library.close()
    (home.folder / "old").rename(home.folder / "new")
    with open_library(home.folder, home.paths, limits=ReadingLimits(first_batch=5)) as library:
        next(progress for progress in library.follower.reconcile() if progress.committed)
        assert len(starred(library)) == 20 + 5  # the old ones are there until the end
    with open_library(home.folder, home.paths) as library:
        list(library.follower.reconcile())
        assert starred(library) == {f"new/{number}.md" for number in range(20)}


@pytest.mark.slow
def test_the_folder_is_followed_where_no_mark_can_be_kept(tmp_path: Path) -> None:
    home = Home(tmp_path, "laptop")
    home.begin("a.md")
    home.library.close()
    with closing(open_state(home.library.state_file)):
        pass
    if os.geteuid() == 0:
        home.library.state_file.unlink()
        home.library.state_file.mkdir()
    else:
        home.library.state_file.chmod(0o400)
    (home.folder / "a.md").rename(home.folder / "b.md")
    with open_library(home.folder, home.paths) as library:
        list(library.follower.reconcile())
        assert [row.path for row in library.search.window(Query()).rows] == ["b.md"]


# -- an id that is written otherwise --------------------------------------------------------------

URL = "url: https://example.org/a\n"
IDS = {
    "another id": ("id: one\n", "id: second\n"),
    "another id beside an address": (f"id: one\n{URL}", f"id: second\n{URL}"),
    "an id beside an address": (URL, f"id: one\n{URL}"),
    "no id beside an address": (f"id: one\n{URL}", URL),
    "another address": (URL, "url: https://example.org/b\n"),
    "no address": (URL, ""),
    "no id": ("id: one\n", ""),
    "an id": ("", "id: one\n"),
}


@pytest.mark.parametrize(("before", "after"), IDS.values(), ids=IDS)
def test_marks_follow_an_id_that_is_written_otherwise(home: Home, before: str, after: str) -> None:
    home.write("a.md", LONG, more=before)
    home.reconcile()
    (row,) = home.library.search.window(Query()).rows
    home.library.state.set_starred([row.id], True)
    for more in (after, before, after):
        home.write("a.md", LONG + more, more=more)
        home.reconcile()
        (row,) = home.library.search.window(Query()).rows
        assert home.starred() == {row.id}
    home.library.state.set_starred([row.id], False)
    home.write("a.md", LONG, more=before)
    home.reconcile()
    assert home.starred() == set()


def test_marks_follow_an_id_that_is_written_otherwise_with_the_title(home: Home) -> None:
    home.write("0.md", f"{LONG} Another.", more="id: other\ntitle: Drought\n")
    home.write("a.md", LONG, more="id: one\ntitle: Flood\n")
    home.write("b.md", "", more="id: empty\ntitle: Rain\n")
    home.reconcile()
    for name in ("one", "empty"):
        home.star(name)
    home.write("a.md", LONG, more="id: second\ntitle: High water\n")
    home.write("b.md", "", more="id: new\ntitle: Snow\n")
    home.reconcile()
    assert home.starred() == {"second"}, "by its text, which the other has not"


def test_an_id_takes_no_marks_to_another_article(home: Home) -> None:
    home.write("a.md", LONG, more="id: one\n")
    home.reconcile()
    home.star("one")
    home.write("a.md", "Another text.", more="id: second\ntitle: Flood\n")
    home.reconcile()
    assert home.starred() == set()
    assert home.moves() == []


# -- several devices ------------------------------------------------------------------------------


# -- another file at the path ---------------------------------------------------------------------


@pytest.mark.parametrize("seen_between", [True, False])
def test_a_new_file_where_another_left_has_no_marks_of_it(home: Home, seen_between: bool) -> None:
    inbox, done = ArticleId("inbox.md"), ArticleId("done/x.md")
    home.write(inbox, "First")
    home.reconcile()
    home.star(inbox)
    home.library.state.set_tags(inbox, ["harbour"])
    (home.folder / "done").mkdir()
    (home.folder / inbox).rename(home.folder / done)
    if seen_between:
        home.reconcile()
    home.write(inbox, "A different one")
    home.reconcile()
    assert home.starred() == {done}
    assert home.library.search.marks([inbox, done])[inbox].tags == ()
    # What is marked from now on is marked alone.
    home.library.state.set_read([inbox], True)
    home.library.state.set_starred([done], False)
    marks = home.library.search.marks([inbox, done])
    assert [marks[each].read for each in (inbox, done)] == [True, False]
    home.star(inbox)
    assert home.starred() == {inbox}
    assert home.library.state.undo_last() is not None
    assert home.starred() == set()


@pytest.mark.parametrize(
    ("title", "text", "is_other"),
    [("Storm", LONG + "More.", False), ("Flood", LONG, False), ("Flood", "Another text.", True)],
)
def test_a_file_that_was_deleted_and_another_one(
    home: Home, title: str, text: str, is_other: bool
) -> None:
    """Programs that copy files delete one and bring it back, which may be edited then."""
    home.write("inbox.md", LONG, more="title: Storm\n")
    home.write("b.md", "Text.", more="title: Harbour\n")
    home.reconcile()
    home.star("inbox.md")
    for _ in range(2):
        (home.folder / "inbox.md").unlink()
        home.reconcile()
        home.write("inbox.md", text, more=f"title: {title}\n")
        home.reconcile()
        assert home.starred() == (set() if is_other else {"inbox.md"})
    home.star("b.md")
    assert home.starred() == ({"b.md"} if is_other else {"b.md", "inbox.md"})


@pytest.mark.slow
def test_one_path_has_one_article_after_another(home: Home) -> None:
    for number in range(3):
        home.write("now.md", f"Text {number}")
        home.reconcile()
        assert home.starred() == {f"{before}.md" for before in range(number)}
        home.star("now.md")
        home.move("now.md", f"{number}.md")
    home.move("1.md", "now.md")
    assert home.starred() == {"0.md", "now.md", "2.md"}
    home.library.state.set_starred([ArticleId("now.md")], False)
    assert home.starred() == {"0.md", "2.md"}


def test_two_files_that_change_places_take_their_marks_along(home: Home) -> None:
    home.write("a.md", "Text")
    home.write("b.md", "Another one")
    home.reconcile()
    home.star("a.md")
    home.library.state.set_tags(ArticleId("b.md"), ["harbour"])
    for _ in range(2):
        for old, new in (("a.md", "x"), ("b.md", "a.md"), ("x", "b.md")):
            (home.folder / old).rename(home.folder / new)
        home.reconcile()
        first, second = sorted(home.starred()), home.library.search.ids(parse("tag:harbour"))
        assert [*first, *second] in (["b.md", "a.md"], ["a.md", "b.md"])
    assert home.starred() == {"a.md"}


def test_an_edited_file_and_a_copy_keep_marks_where_they_are(home: Home) -> None:
    home.begin("a.md", LONG)
    (home.folder / "copy.md").write_bytes((home.folder / "a.md").read_bytes())
    home.write("a.md", LONG + "More.")
    home.reconcile()
    assert home.starred() == {"a.md"}
