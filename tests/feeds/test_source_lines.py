"""Lines of sources: their counts, order, and what stays where it is.

The invariants: the number of a line is what its query finds unread, whatever was marked; and lines
that stand stay in their order when counts change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.config import Config, SavedSearch
from rilo_reader.feeds.source_lines import (
    EVERY_LINE,
    IN_PLACE,
    OTHERS,
    SILENT,
    UNTAGGED,
    LineView,
    SourceCounts,
    SourceLine,
    count_articles,
    find_step,
    make_lines,
)
from rilo_reader.feeds.sources import TagReader
from rilo_reader.feeds.status import FeedStatus, Standing, read_feed_statuses
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.library import Library
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import HasMark, QueryMark, restrict_query
from tests.feeds.test_feed_tags import TAGS, device, device_feeds, library, tag  # noqa: F401
from tests.feeds.world import NOW, Device
from tests.support.examples import examples

TODAY = datetime.now().astimezone().date()

UNREAD = HasMark(QueryMark.UNREAD)


def feed(name: str, *tags: str, standing: Standing = Standing.WELL, source: str = "") -> FeedStatus:
    subscription = Subscription(f"https://{name}.example.org/", tags=tags)
    sentence = "It failed." if standing.is_error else ""
    return FeedStatus(subscription, name, source or name, standing, sentence)


def counted(**by_source: int) -> SourceCounts:
    total = sum(by_source.values())
    return SourceCounts(total, total, 0, 0, {}, by_source, tuple(sorted(by_source)))


def drawn(lines: Sequence[SourceLine]) -> list[str]:
    signs: Mapping[bool | None, str] = {None: "", True: "▾ ", False: "▸ "}
    return [
        f"{'  ' * line.level}{signs[line.is_open]}{line.name}{' !' * bool(line.fault)}"
        f"{'' if line.number is None else f' {line.number}'}"
        for line in lines
    ]


FEEDS = [
    feed("Zoo", "Bern"),
    feed("Army", "Economy", standing=Standing.FAILING),
    feed("Bank", "Economy", "bern"),
    feed("Lone"),
    feed("Quiet", "Economy"),
]
COUNTS = counted(Zoo=4, Bank=2, Lone=1, Letters=3)._replace(unread=11)


def test_tags_by_the_alphabet_then_what_has_none() -> None:
    searches = [SavedSearch("mine", "ivory"), SavedSearch("broken", "(")]
    lines = make_lines(FEEDS, searches, COUNTS._replace(searches={"mine": 5}))
    assert drawn(lines) == [
        *("All 10", "Unread 11", "Today 0", "Starred 0", "mine 5", "broken"),
        *("▾ Bern 6", "  Bank 2", "  Zoo 4"),
        *("▾ Economy ! 2", "  Army ! 0", "  Bank 2"),
        *("▾ Without a tag 1", "  Lone 1", "▾ Not followed 4", "  Letters 3"),
        "▸ 1 without news",
    ]
    starts = [line.name for line in lines if line.starts_block]
    assert starts == ["mine", "Bern", "1 without news"]
    assert [line.query for line in lines if line.is_open is not None] == [
        *("feeds:Bern", "feeds:Economy", UNTAGGED, OTHERS, None),
    ]


def test_folded_tags_have_no_lines_and_their_fault() -> None:
    view = LineView({"feeds:Economy": True, UNTAGGED: False}, is_folded=True, shows_silent=True)
    assert drawn(make_lines(FEEDS, (), COUNTS, view))[4:] == [
        *("▸ Bern 6", "▸ Economy ! 2", "▾ Without a tag 1", "  Lone 1", "▸ Not followed 4"),
        *("▾ 1 without news", "  Quiet 0"),
    ]


def test_without_feeds_sources_stand_by_themselves() -> None:
    assert drawn(make_lines((), (), COUNTS))[4:] == ["Bank 2", "Letters 3", "Lone 1", "Zoo 4"]
    assert drawn(make_lines((), (), SourceCounts())) == [
        "All 0",
        "Unread 0",
        "Today 0",
        "Starred 0",
    ]
    alone = make_lines([feed("Zoo"), feed("Bank")], (), counted(Zoo=4, Bank=2))
    assert drawn(alone)[4:] == ["Bank 2", "Zoo 4"]


def test_a_feed_that_was_never_fetched_has_no_query() -> None:
    never = FeedStatus(Subscription("https://a.example.org/"), "Never")
    line = make_lines([never], (), SourceCounts(), EVERY_LINE)[-1]
    assert (line.name, line.query, line.number) == ("Never", None, 0)


def test_steps_go_through_sources_with_news_round_the_end() -> None:
    lines = make_lines(FEEDS, (), COUNTS, IN_PLACE)
    names, shown = [], ""
    for _ in range(5):
        line = find_step(lines, shown, 1)
        assert line is not None
        assert line.query is not None
        names.append(line.name)
        shown = line.query
    assert names == ["Bank", "Zoo", "Lone", "Letters", "Bank"]
    back = find_step(lines, 'source:="Bank"', -1)
    assert back is not None
    assert back.name == "Letters"
    assert find_step(make_lines(FEEDS, (), SourceCounts(), IN_PLACE), "", 1) is None
    assert find_step(lines, 'source:="Quiet"', 1) is not None


def test_a_step_from_a_source_that_has_just_been_read_goes_on_where_it_stood() -> None:
    feeds = [feed(name) for name in ("A", "B", "C", "D")]
    lines = make_lines(feeds, (), counted(A=1, B=1, C=0, D=1), IN_PLACE)
    for step, name in ((1, "D"), (-1, "B")):
        found = find_step(lines, 'source:="C"', step)
        assert found is not None
        assert found.name == name


@pytest.mark.slow
@given(
    st.fixed_dictionaries({name: st.lists(TAGS, max_size=2) for name in "ABC"}),
    st.sets(st.integers(0, 9)),
    st.sets(st.integers(0, 9)),
)
@examples(40)
def test_the_number_of_a_line_is_what_its_query_finds_unread(
    device: Device,  # noqa: F811
    library: Library,  # noqa: F811
    tags: dict[str, list[str]],
    read: set[int],
    then: set[int],
) -> None:
    tag(device, **{name: tuple(its) for name, its in tags.items()})
    library.search.read_tags = TagReader(device.folder, device.paths, Config())
    articles = [*library.search.ids(parse(""))]
    library.state.set_read(articles, value=False)
    feeds = read_feed_statuses(device.folder, device.paths, device_feeds(device), NOW)
    before: list[str] = []
    for marked in (read, then):  # after any marks
        library.state.set_read([articles[at] for at in marked], value=True)
        counts = count_articles(library.search, [SavedSearch("of A", "source:=A")], TODAY)
        lines = make_lines(feeds, [SavedSearch("of A", "source:=A")], counts, EVERY_LINE)
        for line in lines[1:]:
            if line.query is not None and line.name != "Starred":
                query = restrict_query(parse(line.query), UNREAD)
                assert line.number == library.search.count(query), line
        with_news = {line.name for line in lines if line.is_source and line.number}
        assert with_news == library.search.counts(parse("is:unread")).keys()
        folded = make_lines(feeds, (), counts, LineView(is_folded=True))
        assert all(line.is_open is not None or line.level == 0 for line in folded)
        view = LineView(kept=frozenset(before))
        keys = [line.key for line in make_lines(feeds, (), counts, view)]
        assert [key for key in keys if key in before] == [
            key for key in before if key != SILENT or SILENT in keys
        ]
        before = keys
