"""Enter keeps what one sees: the text in the box finds it, also saved and on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from rilo_reader import config
from rilo_reader.cli.output import UsageError
from rilo_reader.cli.search import query_of
from rilo_reader.config import Mute, SavedSearch, queries_by_name
from rilo_reader.library import open_library
from rilo_reader.library.mutes import find_mute_fault, select_active_mutes
from rilo_reader.query.edit import make_savable, to_whole_word
from rilo_reader.query.parser import parse
from rilo_reader.text import clean_line
from rilo_reader.tui.reader.results import TOP, PinnedRows, TypedQuery
from rilo_reader.tui.reader.screen import ReaderScreen
from rilo_reader.tui.widgets.article_list import ArticleList
from tests.query.test_editing import TEXTS
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.reader import BY_HAND, Reader, around, paths_in, reading
from tests.support.watched_library import WatchedLibrary, article

SEARCHES = (SavedSearch("pets", "cat OR dog sort:oldest"), SavedSearch("in two", "is:unread po*"))
NAMES = ["@pets", '@"in two"', "@in two", "-@pets ", "@nobody", "car", "car*", " ", '"', "(", ")"]
QUERIES = st.one_of(TEXTS, st.lists(st.sampled_from(NAMES), max_size=6).map("".join))


def cars() -> WatchedLibrary:
    """Two articles of a car, three of words that begin so."""
    words = ("carbon", "car", "cargo", "car", "carton")
    return WatchedLibrary([article(i, title=word, body=word) for i, word in enumerate(words)])


def settled(reader: Reader) -> list[str]:
    assert not reader.screen.results.question.is_prefix
    return list(reader.titles)


ALL = ["carbon", "car", "cargo", "car", "carton"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "key",
    ["enter", *(pytest.param(key, marks=pytest.mark.slow) for key in ("tab", "down", "ctrl+s"))],
)
async def test_leaving_the_box_keeps_what_is_shown_and_writes_it(key: str) -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        assert reader.titles == ALL
        await reader.press("left", key)  # away from completions
        assert settled(reader) == ALL
        assert reader.screen.results.question.text == reader.box == "car*"


@pytest.mark.parametrize("typed", ["cargo", "-car", "title:cargo", '"cargo"', "~cartons", "car "])
@pytest.mark.slow
async def test_a_word_that_nothing_longer_begins_with_gets_no_star(typed: str) -> None:
    async with reading(cars()) as reader:
        await reader.press("slash")
        await reader.type(typed)
        shown = list(reader.titles)
        await reader.press("left", "enter")
        assert settled(reader) == shown
        assert reader.box == typed


@pytest.mark.slow
async def test_beside_it_stands_what_the_whole_word_finds_and_a_key_narrows() -> None:
    async with reading(cars()) as reader:
        await reader.search("car", "left", "enter", "j")
        assert "* whole word: 2" in reader.text()[0]
        await reader.press("asterisk")
        assert (settled(reader), reader.box) == (["car", "car"], "car")
        assert "whole word" not in reader.text()[0]
        await reader.press("asterisk")
        assert (settled(reader), reader.box) == (ALL, "car*")
        await reader.press("escape", "asterisk")
        assert "does not end with a word" in reader.message


@pytest.mark.slow
async def test_who_comes_back_to_the_box_goes_on_typing_the_word() -> None:
    async with reading(cars()) as reader:
        await reader.search("car", "left", "enter", "slash")
        assert reader.box == "car"
        assert reader.titles == ALL
        await reader.press("enter")
        assert (settled(reader), reader.box) == (ALL, "car*")
        await reader.press("slash", "right", "b")
        assert reader.titles == ["carbon"]
        await reader.press("backspace")
        assert reader.list.total == 5
        await reader.press("escape")
        assert reader.box == ""


@pytest.mark.slow
async def test_a_click_settles_too_and_no_row_moves() -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        assert reader.titles[2] == "cargo"
        await reader.pilot.click(ArticleList, offset=(5, 2 * reader.list.row_height))
        await reader.settle()
        assert (settled(reader), reader.box) == (ALL, "car*")
        assert reader.open == reader.stands_on == "cargo"
        await reader.search("car")
        await reader.pilot.click("ArticleView")
        await reader.settle()
        assert (settled(reader), reader.box) == (ALL, "car*")


@pytest.mark.slow
async def test_what_is_saved_and_remembered_is_the_text_in_the_box(tmp_path: Path) -> None:
    library, paths = cars(), paths_in(tmp_path)
    library.state.searches.add("car")
    paths.settings_file.parent.mkdir(parents=True)
    async with reading(library, paths=paths) as reader:
        await reader.press("slash", "up")
        assert reader.box == "car"
        assert settled(reader) == ["car", "car"]
        await reader.press("escape")
        await reader.search("carg")
        await reader.press("left", "ctrl+s", "enter")
        assert [each.query for each in reader.screen.config.searches] == ["carg*"]
        await reader.press("escape")
        await reader.search("carb", "left", "enter", "enter")
        assert library.state.searches.read_newest()[0] == "carb*"


@pytest.mark.slow
async def test_a_command_keeps_what_is_shown_too() -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        await reader.command("only unread")
        assert reader.box == "is:unread car*"
        assert settled(reader) == ALL


@pytest.mark.parametrize(
    ("keys", "kept"),
    [(["U"], "is:unread "), (["S"], "is:starred "), (["U", "S"], "is:starred is:unread ")],
)
@pytest.mark.slow
async def test_what_a_toggle_wrote_stays_until_it_is_taken_out(keys: list[str], kept: str) -> None:
    async with reading(cars()) as reader:
        await reader.press("s", "j", "j", "s", "j", "j", "s")
        await reader.press(*keys)
        await reader.search("cargo", "left", "enter")
        assert (settled(reader), reader.box) == (["cargo"], f"{kept}cargo")
        await reader.search("carbon OR cart", "left", "enter")
        assert (settled(reader), reader.box) == (["carbon", "carton"], f"{kept}(carbon OR cart*)")
        await reader.press("slash", "enter")
        assert reader.box == f"{kept}(carbon OR cart*)"
        await reader.press(*keys)
        assert reader.box == "(carbon OR cart*)"
        await reader.press(*keys, "slash", "escape")
        assert reader.box == ""
        await reader.search("is:unread cargo", "left", "enter")
        await reader.search("carbon", "left", "enter")
        assert reader.box == "carbon"  # what was typed is replaced by what is typed


@pytest.mark.slow
async def test_best_match_first_stays_too() -> None:
    async with reading(cars()) as reader:
        await reader.search("car", "left", "enter", "O")
        assert reader.box == "sort:relevance car*"
        await reader.search("cargo", "left", "enter")
        assert reader.box == "sort:relevance cargo"
        await reader.press("O")
        assert reader.box == "cargo"


@pytest.mark.slow
async def test_another_window_does_not_settle() -> None:
    async with reading(cars()) as reader:
        await reader.search("car")
        reader.app.app_focus = False
        await reader.settle()
        assert reader.list.total == 5
        reader.app.app_focus = True
        await reader.settle()
        assert reader.screen.widgets.is_in_search_box


@for_each(
    "typed, query",
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
    assert make_savable(typed, queries_by_name(SEARCHES)) == query


WORDS = ["glet", "gletscher", "Gletscherschmelze", "wild", "wildlife", "café", "cafés", "post"]
WORDS += [
    "posts",
    "channel",
    "channels",
    "COVID-19",
    "COVID-190",
    "冰川",
    "冰川融化",
    "don't",
    "лёд",
    "ледник",
]


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReaderScreen]:
    """A reader's screen without an app, over a library that answers its queries."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "library"
    folder.mkdir()
    for at in range(60):
        first, second = WORDS[at % len(WORDS)], WORDS[(at * 7 + 3) % len(WORDS)]
        front = f"title: {first} {at}\ntags: [{second}]\nsource: RILO {first}"
        date_ = f"date: 2019-0{at % 9 + 1}-01"
        text = f"---\n{front}\n{date_}\n---\n{second} post channel{at % 3}s\n"
        (folder / f"{at}.md").write_text(text, "utf-8")
    with open_library(folder, paths_in(home)) as library:
        for _ in library.follower.reconcile():
            pass
        yield ReaderScreen(library, BY_HAND._replace(searches=SEARCHES), around(home))


FORMS = ["{}", "title:{}", "-{}", "-title:{}", '"{}', '"post {}', "~{}", "/{}.", "/{}.*/", "tag:{}"]
FORMS += [
    "tag:={}",
    'source:="RILO {}',
    "({}",
    "post ({}",
    "-(post {}",
    "{} sort:oldest",
    "x OR {}",
]
FORMS += [
    "sort:relevance {}",
    "{} ",
    "{}*",
    "post -{}",
    "after:2019-0",
    "after:2019-03-",
    "minutes:<",
]
BEGUN = st.tuples(st.sampled_from(FORMS), st.sampled_from(WORDS), st.integers(1, 12)).map(
    lambda parts: parts[0].format(parts[1][: parts[2]])
)


@pytest.mark.slow
@given(st.one_of(BEGUN, QUERIES, st.tuples(BEGUN, BEGUN).map(" ".join)))
@example("/COVID-1.")
@example("/COVID")
@example("(/0.")
@example("tag:=COVID-1")
@examples(300, suppress=[HealthCheck.function_scoped_fixture])
def test_the_text_in_the_box_finds_what_the_list_shows(
    screen: ReaderScreen, user: User, text: str
) -> None:
    text = clean_line(text, 1_000)
    file = user.home / "config" / "rilo-reader" / "settings.toml"
    if not file.exists():
        for search in SEARCHES:
            config.SEARCHES.put(file, search)
    results, library = screen.results, screen.library.search
    shown = results.load_page(TypedQuery(text, is_prefix=True), TOP, PinnedRows())
    box = results.load_settled(TypedQuery(text, is_prefix=True))
    if box.typed_query.faults:
        with pytest.raises(UsageError):
            query_of(box.question.text)
        return
    asked = query_of(box.question.text)
    assert asked == box.typed_query
    assert list(library.ids(asked)) == list(library.ids(box.query))
    assert set(library.ids(asked)) == set(library.ids(shown.query))
    assert results.load_settled(TypedQuery(box.question.text)).question.text == box.question.text
    whole = to_whole_word(box.question.text, saved_queries=queries_by_name(SEARCHES))
    if whole and box.question.text != text:
        assert library.count(parse(whole, saved=queries_by_name(SEARCHES))) != library.count(asked)
    query = make_savable(box.question.text, queries_by_name(SEARCHES))
    assert parse(query) == (asked.node, asked.sort, ())
    assert parse("@kept", saved={"kept": query})[:2] == asked[:2]
    if not find_mute_fault(query):
        (muted,) = select_active_mutes([Mute(query)], date(2026, 1, 1)).queries
        assert muted.node == asked.node
