"""A search means what was typed: in the box after enter, saved, muted and on the command line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from rilo_reader import config
from rilo_reader.cli.output import UsageError
from rilo_reader.cli.search import query_of
from rilo_reader.config import Mute, SavedSearch
from rilo_reader.library.mutes import by_name, fault_of, muting
from rilo_reader.query.edit import kept
from rilo_reader.query.parser import parse
from rilo_reader.text import clean_line
from rilo_reader.tui.reader.results import PinnedRows, Question
from rilo_reader.tui.reader.screen import ReaderScreen
from rilo_reader.tui.widgets.article_list import ArticleList
from tests.query.test_editing import TEXTS
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.fake_library import FakeLibrary, article
from tests.support.reader import BY_HAND, Reader, around, paths_in, reading

SEARCHES = (SavedSearch("pets", "cat OR dog sort:oldest"), SavedSearch("in two", "is:unread po*"))
NAMES = ["@pets", '@"in two"', "@in two", "-@pets ", "@nobody", "car", "car*", " ", '"', "(", ")"]
QUERIES = st.one_of(TEXTS, st.lists(st.sampled_from(NAMES), max_size=6).map("".join))


def cars() -> FakeLibrary:
    """Two articles of a car, three of words that begin so."""
    words = ("carbon", "car", "cargo", "car", "carton")
    return FakeLibrary([article(i, title=word, body=word) for i, word in enumerate(words)])


def settled(reader: Reader) -> list[str]:
    assert not reader.screen.results.is_typed
    return list(reader.titles)


@pytest.mark.parametrize(
    "key",
    ["enter", *(pytest.param(key, marks=pytest.mark.slow) for key in ("tab", "down", "ctrl+s"))],
)
async def test_going_on_from_the_box_settles_the_last_word(key: str) -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        assert reader.list.total == 5
        await reader.press("left", key)  # away from completions
        assert settled(reader) == ["car", "car"]
        assert reader.screen.results.text == "car"


@pytest.mark.slow
async def test_what_is_typed_on_is_a_prefix_again() -> None:
    async with reading(cars()) as reader:
        await reader.search("car", "enter", "slash", "right", "b")
        assert reader.titles == ["carbon"]
        await reader.press("backspace")
        assert reader.list.total == 5
        await reader.press("escape")
        assert reader.box == ""


@pytest.mark.slow
async def test_a_click_settles_and_the_row_that_was_clicked_stays() -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        assert reader.titles[2] == "cargo"
        await reader.pilot.click(ArticleList, offset=(5, 2 * reader.list.row_height))
        await reader.settle()
        assert settled(reader) == ["car", "car", "cargo"]
        assert reader.open == reader.stands_on == "cargo"
        await reader.search("car")
        await reader.pilot.click("ArticleView")
        await reader.settle()
        assert settled(reader) == ["car", "car"]


@pytest.mark.slow
async def test_what_is_saved_and_recalled_is_what_was_typed(tmp_path: Path) -> None:
    library, paths = cars(), paths_in(tmp_path)
    library.remembered = ["car"]
    paths.settings_file.parent.mkdir(parents=True)
    async with reading(library, paths=paths) as reader:
        await reader.press("slash", "up")
        assert reader.box == "car"
        assert settled(reader) == ["car", "car"]
        await reader.press("escape")
        await reader.search("lang:de")
        await reader.press("ctrl+s", "enter")
        assert [each.query for each in reader.screen.config.searches] == ["lang:de"]
        await reader.press("escape", "U")
        assert reader.box == "is:unread"


@pytest.mark.slow
async def test_a_command_settles_too() -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        await reader.command("only unread")
        assert reader.box == "is:unread car"
        assert settled(reader) == ["car", "car"]


@pytest.mark.slow
async def test_another_window_does_not_settle() -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        reader.app.app_focus = False
        await reader.settle()
        assert reader.list.total == 5
        reader.app.app_focus = True
        await reader.settle()
        assert reader.screen.widgets.in_search


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("ivor", "ivor"),
        (" ivor ", "ivor"),
        ("lang:de", "lang:de"),
        ('"post ch', '"post ch"'),  # a query with a fault has none when it is kept
        ("(a b", "a b"),
        ("is:un", ""),
        ("-ebay", "-ebay"),
        ("fox -@PETS", "fox -(cat OR dog sort:oldest)"),
        ('"fox @pets"', '"fox @pets"'),
    ],
)
def test_what_is_kept(typed: str, query: str) -> None:
    assert kept(typed, by_name(SEARCHES)) == query


@pytest.fixture(scope="module")
def screen() -> ReaderScreen:
    """A reader's screen without an app, which can answer queries."""
    return ReaderScreen(cars(), BY_HAND._replace(searches=SEARCHES), around(Path("nowhere")))


@given(QUERIES)
@examples(200, suppress=[HealthCheck.function_scoped_fixture])
def test_a_query_is_the_same_everywhere(screen: ReaderScreen, user: User, text: str) -> None:
    text = clean_line(text, 1_000)
    file = user.home / "config" / "rilo-reader" / "settings.toml"
    if not file.exists():
        for search in SEARCHES:
            config.SEARCHES.put(file, search)
    box = screen.results.answer(Question(text), None, 0, PinnedRows()).asked
    query = kept(text, by_name(SEARCHES))
    assert "*" not in query or "*" in text + "po*"
    assert parse(query) == (box.node, box.sort, ())
    assert parse("@kept", saved={"kept": query})[:2] == box[:2]
    if not fault_of(query):
        (muted,) = muting([Mute(query)], date(2026, 1, 1)).queries
        assert muted.node == box.node
    try:
        assert query_of(text) == box
    except UsageError:
        assert box.faults
    else:
        assert not box.faults
