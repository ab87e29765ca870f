"""The rule of an edition, on values alone, and the articles that it is given of a library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.feeds.status import daily_limits
from rilo_reader.library import Library, open_library
from rilo_reader.plugins.editions.edition import Candidate, Edition, choose_articles, make_edition
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from tests.support.examples import examples
from tests.support.reader import paths_in

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)


def candidate(name: str, source: str = "a", minutes: int = 1, **more: object) -> Candidate:
    plain = Candidate(ArticleId(name), source, (), int(name.strip("abcdef") or 0), minutes)
    return plain._replace(**more)  # type: ignore[arg-type]


WAITING = st.lists(
    st.builds(
        candidate,
        st.integers(0, 60).map(str),
        st.sampled_from("abcdef"),
        st.integers(1, 40),
        tags=st.lists(st.sampled_from("tuv"), max_size=2).map(tuple),
        story=st.sampled_from(["", "", "one", "two"]),
    ),
    max_size=30,
    unique_by=lambda article: article.id,
)
LAST_READ = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5))
ROOM = st.dictionaries(st.sampled_from("abcdef"), st.integers(-1, 3))


@given(WAITING, st.integers(1, 60), LAST_READ, ROOM, st.randoms())
@examples(150)
def test_a_budget_is_kept_and_a_story_told_once_in_whatever_order_articles_come(
    waiting: list[Candidate],
    minutes: int,
    last_read: dict[str, int],
    room: dict[str, int],
    dice: st.random.Random,  # type: ignore[name-defined]
) -> None:
    taken = choose_articles(waiting, minutes, last_read, room)
    assert sum(article.minutes for article in taken) <= minutes or len(taken) == 1
    assert len({article.id for article in taken}) == len(taken)
    stories = [article.story for article in taken if article.story]
    assert len(set(stories)) == len(stories)
    counts = Counter(article.source for article in taken)
    assert all(counts[source] <= max(0, most) for source, most in room.items())
    if may_come := [article for article in waiting if room.get(article.source, 1) > 0]:
        longest = min(last_read.get(article.source, 0) for article in may_come)
        assert last_read.get(taken[0].source, 0) == longest
    # Nothing that would fit is left.
    left = minutes - sum(article.minutes for article in taken)
    told = set(stories)
    for other in set(may_come) - set(taken):
        full = counts[other.source] >= room.get(other.source, 99)
        assert full or other.minutes > left or other.story in told
    dice.shuffle(waiting)
    assert choose_articles(waiting, minutes, last_read, room) == taken


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(1, 30))
@examples(100)
def test_no_source_starves_beside_a_flood(lengths: list[int], minutes: int) -> None:
    """Each source has its turn within as many editions as there are sources."""
    sources = {f"quiet {number}": length for number, length in enumerate(lengths)}
    waiting = [
        candidate(str(n), source, length) for n, (source, length) in enumerate(sources.items())
    ]
    last_read: dict[str, int] = {}
    for day in range(1, len(sources) + 2):
        flood = [candidate(f"{1000 * day + n}", "flood", 1) for n in range(50)]
        taken = choose_articles([*waiting, *flood], minutes, last_read, {})
        last_read |= {article.source: day for article in taken}
        waiting = [article for article in waiting if article not in taken]
    assert waiting == []
    assert set(last_read) == {*sources, "flood"}


def ids(taken: Sequence[Candidate]) -> str:
    return " ".join(article.id for article in taken)


def test_sources_and_tags_take_turns_and_the_longest_silence_is_first() -> None:
    sport, news = ("sport",), ("news",)
    waiting = [
        candidate("9a", "daily", tags=sport),
        candidate("8a", "daily", tags=sport),
        candidate("7a", "weekly", tags=news),
        candidate("6a", "monthly", tags=news),
        candidate("5a", "other", tags=sport),
    ]
    read = {"daily": 3, "weekly": 2, "monthly": 1, "other": 4}
    # Of the monthly first; then the other tag, where the daily one was silent for longer.
    assert ids(choose_articles(waiting, 10, read, {})) == "6a 9a 7a 5a 8a"
    assert ids(choose_articles(waiting, 2, read, {})) == "6a 9a"
    assert ids(choose_articles(waiting, 10, read, {"daily": 1, "monthly": 0})) == "7a 9a 5a"


def test_a_long_article_is_alone_and_only_where_its_source_was_silent_for_longest() -> None:
    waiting = [candidate("2a", "essays", 45), candidate("1a", "notes", 3)]
    assert ids(choose_articles(waiting, 20, {"essays": 1, "notes": 2}, {})) == "2a"
    assert ids(choose_articles(waiting, 20, {}, {})) == "1a"
    assert ids(choose_articles(waiting, 20, {"essays": 2, "notes": 1}, {})) == "1a"


def test_the_end_says_how_much_there_was_and_what_waits() -> None:
    pair = (candidate("1a", minutes=18), candidate("2a"))
    assert (
        Edition(pair, 1230).end_text
        == "That was today's edition: 2 articles, 19 minutes. 1,230 more wait."
    )
    assert (
        Edition(pair[1:], 1).end_text
        == "That was today's edition: 1 article, 1 minute. 1 more waits."
    )
    assert Edition(pair, 0).end_text.endswith("19 minutes. Nothing more waits.")


# -- of a library ---------------------------------------------------------------------------------


def write(
    folder: Path, path: str, source: str, days: float, words: int = 100, *, text: str = ""
) -> None:
    date = NOW - timedelta(days=days)
    header = f'title = "{text or path}"\ndate = {date.isoformat()}\n'
    header += f'source = "{source}"\n' if source else ""
    body = (text or path) + " word" * words
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(f"+++\n{header}+++\n\n{body}\n", encoding="utf-8")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A flood of thirty, a weekly, one that is silent for years, a note, and a story twice."""
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(30):
        write(folder, f"flood-{number}.md", "Flood", number / 100)
    write(folder, "weekly-1.md", "Weekly", 1, 700)
    write(folder, "weekly-2.md", "Weekly", 8)
    write(folder, "years.md", "Silent", 4000)
    write(folder, "note.md", "", 2)
    write(folder, "story-1.md", "One", 3, text="The same story")
    write(folder, "story-2.md", "Two", 4, text="The same story")
    with open_library(folder, paths_in(tmp_path)) as library:
        for _ in library.follower.reconcile():
            pass
        yield library


def paths(library: Library, minutes: int = 10, query: str = "", **at_most: int) -> list[str]:
    asked = parse(query) if query else Query()
    edition = make_edition(library, asked, minutes, now=datetime.now(UTC), at_most=at_most)
    return [library.file(article).stem for article in edition.ids]


def test_an_edition_of_a_library_has_something_of_each_source_and_a_story_once(
    library: Library,
) -> None:
    first = paths(library, 9)
    assert first == ["flood-0", "weekly-1", "note", "story-1", "years", "flood-1", "weekly-2"]
    edition = make_edition(library, Query(), 9, now=NOW, at_most={})
    assert edition.size_text == "7 articles, 9 minutes"
    assert edition.left_count == 35 - 7, "the copy of a story does not wait"
    assert paths(library, 5, "source:flood OR tag:none") == [f"flood-{n}" for n in range(5)]
    assert paths(library, 20, "source:flood") == [f"flood-{n}" for n in range(20)], (
        "one source alone"
    )
    assert paths(library, 20, "is:starred") == []


def test_what_was_read_is_not_in_it_and_its_source_comes_last(library: Library) -> None:
    everything = {library.file(one).stem: one for one in library.search.ids(Query())}
    library.state.set_read([everything["flood-0"], everything["years"]], value=True)
    assert paths(library, 3) == ["weekly-1"]
    assert paths(library, 6) == ["weekly-1", "note", "story-1", "flood-1"]


def test_a_feed_gives_no_more_than_its_number_a_day(library: Library) -> None:
    assert paths(library, 60, Flood=2)[-2:] == ["flood-1", "weekly-2"]
    flood = next(iter(library.search.ids(parse("source:flood"))))
    library.state.set_read([flood], value=True)
    assert [path for path in paths(library, 60, Flood=2) if "flood" in path] == ["flood-1"]
    assert [path for path in paths(library, 60, Flood=1) if "flood" in path] == []
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    edition = make_edition(library, Query(), 60, now=tomorrow, at_most={"Flood": 2})
    assert Counter(article.source for article in edition.articles)["Flood"] == 2


def test_the_index_is_asked_once_for_each_source_whatever_it_holds(library: Library) -> None:
    asked: list[object] = []
    ask = library.search.ask

    def counting(question: Any) -> Any:
        asked.append(question)
        return ask(question)

    library.search.ask = counting
    make_edition(library, Query(), 5, now=NOW, at_most={})
    assert len(asked) == 3 + 6, "the sources, what was read, the total, and one for each of six"


def test_daily_limits_without_a_file_are_none(tmp_path: Path) -> None:
    assert daily_limits(tmp_path, paths_in(tmp_path)) == {}
