"""Marks: on the disk before they are painted, taken back one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.config import Config, MarkRead
from rilo_reader.library import LibraryError, open_library
from rilo_reader.paths import user_paths
from rilo_reader.query.tree import Query
from rilo_reader.store.gestures import Change
from tests.support.command_line import User
from tests.support.reader import BY_HAND, Reader, reading
from tests.support.watched_library import WatchedLibrary, article


@pytest.mark.slow
async def test_star_and_read_are_toggled_painted_and_undone() -> None:
    async with reading() as reader:
        await reader.press("j", "s")
        assert reader.row(1).marks.starred
        assert reader.library.marks_of(1).starred
        assert "★" in "".join(reader.text())
        await reader.press("r")
        marks = reader.library.marks_of(1)
        assert (marks.read, marks.starred) == (True, True)
        await reader.press("u")
        assert not reader.library.marks_of(1).read
        assert reader.library.marks_of(1).starred
        assert reader.message.startswith("Undone")
        await reader.press("u")
        assert not reader.library.marks_of(1).starred
        await reader.press("u")
        assert "nothing to undo" in reader.message


@pytest.mark.slow
async def test_quick_presses_are_changes_and_the_key_that_undoes_is_named() -> None:
    async with reading() as reader:
        await reader.pilot.press("s", "s", "s", "u")
        await reader.settle()
        assert not reader.library.marks_of(0).starred
        await reader.press("s")
        assert reader.message.endswith("u undoes it")


class SlowLibrary(WatchedLibrary):
    """Keeps a mark waiting until the test lets it through, or refuses it."""

    def __init__(self) -> None:
        super().__init__([article(i) for i in range(5)])
        self.through = threading.Event()
        self.refuses = False

        self.before(self.state, "set_starred", self._wait)
        set_read = self.state.set_read

        def slow(ids: Iterable[ArticleId], value: bool, *, in_history: bool = True) -> Change:
            change = set_read(ids, value, in_history=in_history)
            self._wait()
            return change

        self.state.set_read = slow  # type: ignore[method-assign]

    def _wait(self) -> None:
        assert self.through.wait(10), "nobody let it go on"
        if self.refuses:
            raise LibraryError("The disk is full: the mark was not kept.")


@pytest.mark.slow
async def test_a_mark_is_painted_only_once_it_is_kept_and_keys_go_on() -> None:
    library = SlowLibrary()
    async with reading(library) as reader:
        await reader.pilot.press("s", "j")
        assert not reader.row(0).marks.starred
        assert reader.stands_on == "Title 1"
        library.through.set()
        await reader.settle()
        assert reader.row(0).marks.starred


async def test_a_mark_that_was_not_kept_is_not_painted_and_is_reported() -> None:
    library = SlowLibrary()
    library.refuses = True
    library.through.set()
    async with reading(library) as reader:
        await reader.press("s")
        assert not reader.row(0).marks.starred
        assert "disk is full" in reader.message


@pytest.mark.slow
@pytest.mark.parametrize(("keys", "read"), [("r", True), ("rr", False)])
async def test_r_marks_as_read_what_is_shown_as_unread_though_a_look_was_quicker(
    keys: str, read: bool
) -> None:
    library = SlowLibrary()
    library.through.set()
    async with reading(library, Config(mark_read=MarkRead.OPENED, mark_read_after=0)) as reader:
        await reader.settle()
        library.through.clear()
        await reader.pilot.press("j")
        while not library.marks_of(1).read:
            await reader.pilot.pause(0.01)
        assert not reader.row(1).marks.read
        await reader.pilot.press(*keys)
        library.through.set()
        await reader.settle()
        assert reader.row(1).marks.read == library.marks_of(1).read == read


@pytest.mark.slow
@pytest.mark.parametrize(("key", "read"), [("j", False), ("enter", True), ("space", True)])
async def test_the_article_that_the_reader_opens_at_the_start_is_not_read_by_that(
    key: str, read: bool
) -> None:
    now = Config(mark_read=MarkRead.OPENED, mark_read_after=0)
    library = WatchedLibrary([article(0, body="Words.\n\n" * 100), article(1)])
    async with reading(library, now) as reader:
        assert not library.marks_of(0).read
        await reader.press(key)
        await reader.until(lambda: library.marks_of(0 if read else 1).read)
        assert library.marks_of(0).read == read


@pytest.mark.slow
async def test_marks_that_wait_are_kept_on_leaving() -> None:
    library = SlowLibrary()
    async with reading(library) as reader:
        await reader.pilot.press("s", "J", "s", "J", "s")
        library.through.set()
        await reader.pilot.press("q")
    assert [library.marks_of(n).starred for n in range(4)] == [True, True, True, False]


@pytest.mark.slow
async def test_all_read_asks_nothing_and_comes_back() -> None:
    async with reading() as reader:
        await reader.search("word3", "enter", "A")
        assert sum(reader.library.marks_of(n).read for n in range(50)) == 7
        assert all(row.marks.read for row in reader.list.rows_in_view())
        await reader.press("u")
        assert not any(reader.library.marks_of(n).read for n in range(50))
        assert not any(row.marks.read for row in reader.list.rows_in_view())
        await reader.press("escape", "U", "A")
        assert reader.list.total == 0
        assert any("Nothing matches." in line for line in reader.text())
        await reader.press("u")
        assert reader.list.total == 50


async def run_command(reader: Reader, name: str) -> None:
    await reader.press("colon")
    await reader.paste(name)
    await reader.press("enter")


@pytest.mark.slow
async def test_what_is_above_or_below_is_read_and_comes_back() -> None:
    async with reading() as reader:

        def read() -> list[int]:
            return [n for n in range(50) if reader.library.marks_of(n).read]

        await reader.press("J", "J", "J")
        await reader.press("minus")
        assert read() == [0, 1, 2]
        assert reader.message.startswith("Marked 3 as read · u undoes it")
        await reader.press("u")
        assert read() == []
        await run_command(reader, "mark from here")  # by another name
        assert read() == list(range(4, 50))
        await reader.press("u", "U", "J", "r")  # in a list of unread ones, on one that is read now
        assert read() == [4]
        await run_command(reader, "all above is read")
        assert read() == [0, 1, 2, 3, 4]
        await reader.press("g")
        await run_command(reader, "all above is read")
        assert reader.message == "Nothing to mark here."


@pytest.mark.slow
async def test_copies_of_what_is_above_are_read_too(user: User) -> None:
    same = "Customs officers found ivory in a container that had come by way of the old port. " * 3
    for number, text in enumerate(["A", same, "C", same], 1):
        title = "Ivory" if text is same else text
        user.article(f"{number}.md", title, f"2026-03-0{9 - number}", text, id=f'"{number}"')
    with open_library(user.library, user_paths()) as library:
        for _ in library.follower.reconcile():
            pass
        async with reading(library, BY_HAND) as reader:
            assert reader.list.total == 3
            await reader.press("J", "J")
            await run_command(reader, "all above is read")
            assert sorted(library.state.ids_with("read")) == ["1", "2", "4"]


@pytest.mark.slow
async def test_all_read_says_how_far_it_is_while_one_reads_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = SlowLibrary()
    ids = library.search.ids

    def three_at_first(query: Query) -> Iterator[ArticleId]:
        for number, name in enumerate(ids(query)):
            assert number < 3 or library.through.wait(10), "nobody let it go on"
            yield name

    monkeypatch.setattr(library.search, "ids", three_at_first)
    async with reading(library) as reader:
        await reader.pilot.press("A")
        while reader.bottom.marking != "Marking 3 of 5 as read…":
            await reader.pilot.pause(0.01)
        assert "Marking 3 of 5 as read…" in reader.text()[-1]
        await reader.pilot.press("j")
        while reader.open != "Title 1":
            await reader.pilot.pause(0.01)
        library.through.set()
        await reader.settle()
        while reader.bottom.marking:
            await reader.pilot.pause(0.01)
        assert reader.message.startswith("Marked 5 as read")
        assert all(library.marks_of(n).read for n in range(5))
        await reader.press("u")
        assert not any(library.marks_of(n).read for n in range(5))


@pytest.mark.slow
async def test_an_undo_that_takes_long_says_so() -> None:
    library = SlowLibrary()
    library.before(library.state, "undo", library._wait)
    library.through.set()
    async with reading(library) as reader:
        await reader.press("A")
        library.through.clear()
        await reader.pilot.press("u")
        while not reader.bottom.marking:
            await reader.pilot.pause(0.01)
        assert "Undoing: marked 5 articles as read…" in reader.text()[-1]
        library.state.progress = (3, 5)
        while not reader.bottom.marking.endswith("… 3 of 5"):
            await reader.pilot.pause(0.01)
        library.through.set()
        await reader.settle()
        assert reader.bottom.marking == ""
        assert reader.message == "Undone: marked 5 articles as read"


@pytest.mark.slow
async def test_a_tag_with_a_comma_is_one_where_it_is_known() -> None:
    async with reading() as reader:
        reader.library.state.set_tags(reader.row(1).id, ["in june, warm"])
        await reader.press("t")
        await reader.paste("in june, warm, in may, warm")
        await reader.press("enter")
        assert reader.library.marks_of(0).tags == ("in june, warm", "in may", "warm")


@pytest.mark.slow
async def test_tags_are_edited_in_one_line() -> None:
    async with reading() as reader:
        await reader.press("t")
        await reader.paste("ivory, post , ivory")
        await reader.press("enter")
        assert reader.library.marks_of(0).tags == ("ivory", "post")
        await reader.press("t", "escape")
        assert reader.library.marks_of(0).tags == ("ivory", "post")
        await reader.press("t", "ctrl+u", "enter")
        assert reader.library.marks_of(0).tags == ()
        await reader.press("u")
        assert reader.library.marks_of(0).tags == ("ivory", "post")
