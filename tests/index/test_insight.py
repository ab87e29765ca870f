"""What the index tells beside results: timeline, facets, completion, related articles."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId, Field
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.searcher import Searcher
from rilo_reader.index.snapshot import DuplicateGroups, ResultLimits
from rilo_reader.index.stats import CountedValue
from rilo_reader.index.suggestions import did_you_mean, find_copies, find_related
from rilo_reader.query.edit import to_text
from rilo_reader.query.match import find_hits
from rilo_reader.query.parser import parse
from rilo_reader.query.patterns import is_near, read_pattern
from rilo_reader.query.tokens import to_tokens
from rilo_reader.query.tree import Query, QueryMark, words_to_highlight
from tests.index.test_index import fill
from tests.query.test_parser import TEXTS
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.marked import Marked

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def article(
    name: str,
    day: str,
    body: str = "",
    *,
    title: str = "",
    source: str = "",
    url: str = "",
    tags: tuple[str, ...] = (),
    authors: tuple[str, ...] = (),
    lang: str = "",
) -> Article:
    date = datetime.fromisoformat(f"{day}T12:00Z")
    return Article(
        ArticleId(name), f"{name}.md", title or name, date,
        source=source, url=url, tags=tags, authors=authors, lang=lang, body=body,
    )  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return SearchIndex(tmp_path)


# -- timeline ---------------------------------------------------------------------------------


def slots(index: SearchIndex, text: str) -> tuple[str, list[tuple[str, int]]]:
    found = index.searcher.timeline(parse(text, now=NOW), now=NOW)
    assert all(before.end == after.start for before, after in zip(found.slots, found.slots[1:]))  # noqa: B905
    return found.unit, [(slot.start.isoformat(), slot.hits) for slot in found.slots]


@pytest.mark.parametrize(
    ("days", "unit", "expected"),
    [
        ("", "month", []),
        (  # by months, without gaps; the index has articles of other years
            "2019-01-01 2019-01-31 2019-04-01 -2021-12-31",
            "month",
            [("2019-01-01", 2), ("2019-02-01", 0), ("2019-03-01", 0), ("2019-04-01", 1)],
        ),
        (  # few months are told by days
            "2019-01-30 2019-02-02 -2021-01-01",
            "day",
            [("2019-01-30", 1), ("2019-01-31", 0), ("2019-02-01", 0), ("2019-02-02", 1)],
        ),
    ],
)
def test_a_timeline(
    index: SearchIndex, days: str, unit: str, expected: list[tuple[str, int]]
) -> None:
    """A `-` is before days of what is not found."""
    fill(
        index,
        [
            article(f"a{number}", day.lstrip("-"), "horn" if day.startswith("-") else "ivory")
            for number, day in enumerate(days.split())
        ],
    )
    assert slots(index, "ivory") == (unit, expected)
    assert sum(hits for _, hits in slots(index, "")[1]) == len(days.split())
    assert slots(index, "absent") == ("month", [])


def test_a_timeline_of_centuries_is_by_years_and_of_one_day_is_that_day(index: SearchIndex) -> None:
    fill(index, [article("b", "2021-12-31", "y")])
    slot = index.searcher.timeline(Query(), now=NOW).slots[0]
    assert (slot.start, slot.end, slot.hits) == (date(2021, 12, 31), date(2022, 1, 1), 1)
    fill(index, [article("a", "1066-10-14", "x")])
    unit, found = slots(index, "")
    assert (unit, len(found)) == ("year", 2021 - 1066 + 1)
    assert (found[0], found[-1]) == (("1066-01-01", 1), ("2021-01-01", 1))


# -- facets and completion ----------------------------------------------------------------------


@pytest.fixture
def library(index: SearchIndex) -> SearchIndex:
    fill(
        index,
        [
            article("a", "2019-01-01", "ivory customs", source="RILO AP", tags=("Wildlife", "sea"),
                    authors=("Ana Lim",), lang="en"),
            article("b", "2019-05-01", "ivory custom", source="RILO AP", tags=("wildlife",),
                    lang="en"),
            article("c", "2020-01-01", "ivory customer", source="Asia Post", lang="ko"),
            article("d", "2021-01-01", "horn and customs", authors=("Ana Lim", "Bo"),
                    tags=("sea",)),
        ],
    )  # fmt: skip
    return index


def test_facets_count_the_results(library: SearchIndex) -> None:
    found = library.searcher.facets(parse("ivory"), now=NOW)
    assert found[Field.SOURCE] == (CountedValue("RILO AP", 2), CountedValue("Asia Post", 1))
    assert set(found[Field.TAG]) == {
        CountedValue("Wildlife", 1),
        CountedValue("sea", 1),
        CountedValue("wildlife", 1),
    }
    assert found[Field.AUTHOR] == (CountedValue("Ana Lim", 1),)
    assert found[Field.LANG] == (CountedValue("en", 2), CountedValue("ko", 1))
    assert found[None] == (CountedValue("2019", 2), CountedValue("2020", 1))
    # As scripts for 0.1.0 have them.
    assert (found.source, found.year) == (found[Field.SOURCE], found[None])
    assert not hasattr(found, "title")
    least = library.searcher.facets(Query(), limit=1, now=NOW)
    assert least[Field.AUTHOR] == (CountedValue("Ana Lim", 2),)
    nothing = library.searcher.facets(parse("absent"), now=NOW)
    assert not any(nothing.values())


def test_words_are_completed_by_frequency(library: SearchIndex) -> None:
    assert library.searcher.suggest("custom") == (
        CountedValue("customs", 2), CountedValue("custom", 1), CountedValue("customer", 1),
    )  # fmt: skip
    assert library.searcher.suggest("CUSTOM", limit=1) == (CountedValue("customs", 2),)
    assert library.searcher.suggest("zz") == ()
    assert library.searcher.suggest("two words") == ()
    assert library.searcher.suggest("") == ()


def test_values_are_completed_by_any_of_their_words(library: SearchIndex) -> None:
    rilo, asia = CountedValue("RILO AP", 2), CountedValue("Asia Post", 1)
    for start, field, expected in (
        ("a", Field.SOURCE, (rilo, asia)),
        ("rilo a", Field.SOURCE, (rilo,)),
        ("li", Field.AUTHOR, (CountedValue("Ana Lim", 2),)),
        ("", Field.LANG, (CountedValue("en", 2), CountedValue("ko", 1))),
    ):
        assert library.searcher.suggest(start, field) == expected
    tags = {value.text for value in library.searcher.suggest("w", Field.TAG)}
    assert tags == {"Wildlife", "wildlife"}


@for_each(
    "text, meant",
    [
        ("ivroy", "ivory"),
        ("vory", "ivory"),
        ("kvory", "ivory"),
        ("iivory", "ivory"),
        ("ivoryy horn", "ivory horn"),
        ("custims", "customs"),
        ('"ivory custms"', '"ivory customs"'),
        ("(ivroy OR horn) -xyzzy", "(ivory OR horn) -xyzzy"),
        ("ivory", None),
        ("custo*", None),
        ("xyzzy", None),
        ("iv", "iv*"),
        ("customs ivo", "customs ivo*"),
        ("~ivroy", None),
    ],
)
def test_did_you_mean(library: SearchIndex, text: str, meant: str | None) -> None:
    found = did_you_mean(library.snapshot, parse(text))
    assert (found and to_text(found)) == meant


# -- articles that belong together -------------------------------------------------------------


LEAD = " ".join(f"word{n}" for n in range(60))


def test_the_same_story_is_known_from_another_source(index: SearchIndex) -> None:
    fill(
        index,
        [
            article(
                "a", "2019-01-01", f"Manila (AFP): {LEAD}", title="Ivory, seized!", source="One"
            ),
            article(
                "b", "2019-01-03", f"MANILA (AFP) — {LEAD}", title="Ivory seized", source="Two"
            ),
            article(
                "c", "2019-01-02", f"Manila (AP): {LEAD}", title="Ivory seized", source="Three"
            ),
            article("d", "2019-01-02", f"Manila (AFP): {LEAD}", title="Other title", source="Four"),
            article("e", "2019-01-02", "Short.", title="Short"),
            article("f", "2019-01-02", "Short.", title="Short"),
        ],
    )
    assert [hit.id for hit in find_copies(index.snapshot, ArticleId("a"))] == ["b"]
    assert [hit.id for hit in find_copies(index.snapshot, ArticleId("b"))] == ["a"]
    for name in ("c", "d", "e", "f", "unknown"):
        assert find_copies(index.snapshot, ArticleId(name)) == ()
    assert index.searcher.search(parse(""), fold=True).total == 5
    found = find_related(index.snapshot, article("a", "2019-01-01", f"Manila (AFP): {LEAD}"))
    assert {hit.id for hit in found} >= {"c", "d"}
    assert "b" not in {hit.id for hit in found}


def test_episodes_with_one_text_are_rows_of_their_own(index: SearchIndex) -> None:
    show = [
        article(f"e{n}", f"2019-01-{n:02}", LEAD, title=f"Episode {n}", source="A podcast")
        for n in range(1, 11)
    ]
    fill(index, show)
    assert folded(index, "") == [(f"e{n}", 0) for n in range(10, 0, -1)]
    assert all(find_copies(index.snapshot, each.id) == () for each in show)


def test_two_addresses_of_one_source_are_never_one_row(index: SearchIndex) -> None:
    def post(name: str, day: int, source: str, number: int) -> Article:
        url = f"https://{source}.example/{number}"
        return article(name, f"2019-01-{day:02}", LEAD, title="T", source=source, url=url)

    fill(index, [post("a", 9, "one", 1), post("b", 8, "one", 2), post("c", 7, "two", 1)])
    fill(index, [post("d", 6, "one", 1), post("e", 5, "two", 2), post("f", 4, "one", 3)])
    assert folded(index, "") == [("a", 2), ("b", 1), ("f", 0)]
    assert folded(index, "source:one") == [("a", 1), ("b", 0), ("f", 0)]
    copied = {
        name: [hit.id for hit in find_copies(index.snapshot, ArticleId(name))] for name in "abcdef"
    }
    assert copied == {
        "a": ["c", "d"], "b": ["e"], "c": ["a", "d"], "d": ["a", "c"], "e": ["b"], "f": [],
    }  # fmt: skip


def test_issues_of_a_series_that_begin_alike_are_stories_of_their_own(index: SearchIndex) -> None:
    hello = "Hello and welcome to another issue. " + LEAD
    for name, subject in (("a", "a compiler"), ("b", "a borrow checker")):
        text = f"{hello} This week: {subject}. Until next time, then."
        fill(index, [article(name, "2019-01-01", text, title="This week")])
    assert find_copies(index.snapshot, ArticleId("a")) == ()
    assert index.searcher.search(parse(""), fold=True).total == 2


def test_copies_are_looked_for_once_where_two_ask_at_the_same_time(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(index, [article(name, "2024-01-02", LEAD, title="One") for name in "ab"])
    at_it, go_on = threading.Event(), threading.Event()
    looked: list[str] = []
    find = Searcher._find_duplicates

    def slow(asking: Searcher, query: Query) -> DuplicateGroups:
        looked.append(threading.current_thread().name)
        at_it.set()
        go_on.wait(10)
        return find(asking, query)

    monkeypatch.setattr(Searcher, "_find_duplicates", slow)
    totals: list[int] = []

    def ask() -> None:
        totals.append(index.searcher.search(parse(""), fold=True).total)

    first, second = threading.Thread(target=ask), threading.Thread(target=ask)
    first.start()
    at_it.wait(10)
    second.start()
    # It waits, or looks for itself: long enough to have begun in the latter case.
    second.join(0.2)
    go_on.set()
    first.join(10)
    second.join(10)
    assert (len(looked), totals) == (1, [1, 1])


def test_related_articles_are_found_after_one_was_deleted(index: SearchIndex) -> None:
    """All had the same words, so that more articles have them in the segment than there are."""
    articles = [article(name, "2019-01-01", "customs and harbour") for name in "abcd"]
    fill(index, articles)
    with index.hold_writer() as writer:
        writer.remove_path("a.md")
        writer.commit()
    assert index.snapshot.searcher.num_docs == 3
    find_related(index.snapshot, articles[1])


def test_related_articles_share_rare_words(index: SearchIndex) -> None:
    common = "the of and police said on monday that"
    articles = [
        article("tusk", "2019-01-01", f"{common} ivory tusks seized in mombasa port"),
        article("ivory", "2019-01-02", f"{common} tusks of ivory went through mombasa"),
        article("wine", "2019-01-03", f"{common} fake wine labels"),
        article("labels", "2019-01-04", f"{common} labels printed"),
    ]
    fill(index, articles)
    assert next(hit.id for hit in find_related(index.snapshot, articles[0])) == "ivory"
    assert next(hit.id for hit in find_related(index.snapshot, articles[2])) == "labels"
    assert articles[0].id not in [hit.id for hit in find_related(index.snapshot, articles[0])]
    assert len(find_related(index.snapshot, articles[0], limit=1)) == 1


def test_among_equally_relevant_articles_the_newest_is_first(index: SearchIndex) -> None:
    fill(index, [article(str(n), f"2019-01-{1 + n * 7 % 28:02}", "ivory") for n in range(28)])
    for text in ("ivory sort:relevance", "ivo* sort:relevance", "sort:relevance"):
        query = parse(text)
        dates = [hit.date for hit in index.searcher.search(query, 0, 50).rows]
        assert dates == sorted(dates, reverse=True)
        assert (
            index.searcher.search(query, 10, 5).rows
            == index.searcher.search(query, 0, 50).rows[10:15]
        )
        assert list(index.searcher.ids(query)) == [
            hit.id for hit in index.searcher.search(query, 0, 50).rows
        ]


def test_a_whole_word_is_more_relevant_than_one_that_only_begins_so(index: SearchIndex) -> None:
    fill(
        index,
        [
            article("whole", "2019-01-01", "an ivor there"),
            article("longer", "2019-01-03", "ivory here"),
            article("longest", "2019-01-02", "ivories here"),
        ],
    )
    rows = index.searcher.search(parse("sort:relevance ivor", typing=True)).rows
    assert [hit.id for hit in rows] == ["whole", "longer", "longest"]
    assert index.searcher.count(parse("ivor* sort:relevance")) == 3
    rows = index.searcher.search(parse('"an ivo*" sort:relevance')).rows
    assert [hit.id for hit in rows] == ["whole"]


# -- patterns and near misses --------------------------------------------------------------------


VOCABULARY = tuple(
    word
    for line in (
        "color colour colours colr coluor a ab abc abcd c cc straße naïve 2019 19 x2 éa ivory",
        "ж 日 customs custom house horse hose",
    )
    for word in line.split()
)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    index = SearchIndex(tmp_path_factory.mktemp("words"))
    fill(index, [article(str(n), "2019-01-01", word) for n, word in enumerate(VOCABULARY)])
    return index


def bodies(index: SearchIndex, text: str) -> set[str]:
    rows = index.searcher.search(parse(f"body:{text}"), 0, 100).rows
    return {VOCABULARY[int(hit.id)] for hit in rows}


@for_each(
    "text, expected",
    [
        ("/colou?rs?/", "color colour colours"),
        ("/^COL.+r$/", "color colour coluor"),
        ("/[0-9]{4}/", "2019"),
        (r"/\d+/", "2019 19"),
        (r"/\w\w\d/", ""),
        (r"/\w\d/", "19 x2"),
        ("/h(ou|or)se/", "house horse"),
        ("/stra(ß|ss)e/", "straße"),
        ("/a.?/", "a ab"),
        ("~color", "color colour colr coluor"),
        ("~house", "house horse hose"),
        ("~colour", "color colour colours coluor"),
        ("~hou*", "house horse hose"),
        ("~ab", "ab"),
    ],
)
def test_patterns_and_near_misses(words: SearchIndex, text: str, expected: str) -> None:
    assert bodies(words, text) == set(expected.split())


PATTERNS = st.lists(
    st.sampled_from(["a", "b", "c", "o", "l", "r", "s", "u", ".", ".*", "?", "*", "+", "|", "(",
                     ")", "[a-o]", "[^c]", "{1,2}", r"\d", r"\w", "\\", "[", "]", "ß", "日", "$"]),
    max_size=8,
).map("".join)  # fmt: skip


@given(PATTERNS)
@examples(150)
@example(".*o.*")
@example("[^c]+")
def test_the_index_and_python_read_a_pattern_alike(words: SearchIndex, text: str) -> None:
    pattern, reason = read_pattern(text)
    assert bool(pattern) != bool(reason)
    if not pattern or parse(f"/{text}/").node != parse(f"/{pattern}/").node:
        return
    matching = {word for word in VOCABULARY if re.fullmatch(pattern, to_tokens(word)[0])}
    assert bodies(words, f"/{pattern}/") == matching
    query = parse(f"body:/{pattern}/")
    if not re.search(r"\)[*+{]", pattern):
        for word in VOCABULARY:
            assert bool(find_hits(word, words_to_highlight(query))) == (word in matching)


NEAR = st.text("abc", max_size=5)


@given(NEAR, NEAR)
@examples(500)
def test_near_is_one_edit(one: str, other: str) -> None:
    edits = {one}
    for at in range(len(one) + 1):
        edits |= {one[:at] + letter + one[at:] for letter in "abc"}
        edits |= {one[:at] + letter + one[at + 1 :] for letter in "abc" if at < len(one)}
        edits |= {one[:at] + one[at + 1 :]}
        edits |= {one[:at] + one[at : at + 2][::-1] + one[at + 2 :]}
    assert is_near(one, other) == (other in edits)


@pytest.mark.slow
@given(TEXTS, st.booleans())
@examples(200)
def test_any_text_can_be_asked(words: SearchIndex, text: str, typing: bool) -> None:
    query = parse(text, typing=typing)
    total = words.searcher.count(query)
    assert total == len(words.searcher.search(query, 0, 100).rows)
    did_you_mean(words.snapshot, query)
    assert sum(slot.hits for slot in words.searcher.timeline(query).slots) == total


# -- folding ------------------------------------------------------------------------------------


def told(name: str, story: int, day: int, source: str = "One") -> Article:
    text = " ".join(f"story{story}word{n}" for n in range(50))
    return article(name, f"2019-01-{day:02}", text, title=f"Story {story}", source=source)


def folded(index: SearchIndex, text: str) -> list[tuple[str, int]]:
    query = parse(text)
    hits = index.searcher.search(query, fold=True)
    assert hits.total == len(hits.rows) == len(hits.copy_counts)
    assert index.searcher.count(query, fold=True) == hits.total
    for place, hit in enumerate(hits.rows):
        assert index.searcher.find_position(query, hit.id, fold=True) == place
        assert index.searcher.search(query, place, 1, fold=True).rows == (hit,)
    return [(hit.id, copies) for hit, copies in zip(hits.rows, hits.copy_counts, strict=True)]


@pytest.mark.parametrize(("few", "shallow"), [(1000, 1000), (0, 1000), (1000, 0)])
def test_a_story_is_one_row_of_those_articles_that_match(
    tmp_path: Path, few: int, shallow: int
) -> None:
    # 0: by filtering the index
    index = SearchIndex(tmp_path, ResultLimits(max_named=few, shallow_offset=shallow, margin=1))
    fill(
        index,
        [
            told("a", 1, 5),
            told("b", 1, 6, "Two"),
            told("c", 2, 4),
            told("d", 1, 7, "Three"),
            article("short", "2019-01-01", "short"),
            article("brief", "2019-01-02", "short"),
        ],
    )
    assert folded(index, "") == [("d", 2), ("c", 0), ("brief", 0), ("short", 0)]
    assert folded(index, "sort:oldest") == [("short", 0), ("brief", 0), ("c", 0), ("a", 2)]
    assert folded(index, "-source:three") == [("b", 1), ("c", 0), ("brief", 0), ("short", 0)]
    assert folded(index, "source:one") == [("a", 0), ("c", 0)]
    assert folded(index, "source:two") == [("b", 0)]
    assert folded(index, "story1word1") == [("d", 2)]
    assert index.searcher.find_position(parse(""), ArticleId("a"), fold=True) == 0
    assert index.searcher.find_position(parse("source:two"), ArticleId("a"), fold=True) is None
    assert index.searcher.search(parse("")).copy_counts == ()
    fill(index, [told("e", 2, 9)])  # a later commit finds the story in the index
    assert folded(index, "") == [("e", 1), ("d", 2), ("brief", 0), ("short", 0)]
    with index.hold_writer() as writer:
        writer.remove_path("c.md")
        writer.remove_path("d.md")
        writer.commit()
    assert folded(index, "") == [("e", 0), ("b", 1), ("brief", 0), ("short", 0)]


def test_folding_knows_what_is_read(tmp_path: Path) -> None:
    for few in (1000, 0):
        marked = Marked({"c"})
        index = SearchIndex(tmp_path / str(few), ResultLimits(max_named=few), flags=marked)
        fill(index, [told("a", 1, 5), told("b", 1, 6), told("c", 1, 7)])
        query = parse("is:unread")
        hits = index.searcher.search(query, fold=True)
        assert [(hit.id, hits.copy_counts) for hit in hits.rows] == [("b", (1,))]
        marked.toggle(QueryMark.READ, "b")
        hits = index.searcher.search(query, fold=True)
        assert [(hit.id, hits.copy_counts) for hit in hits.rows] == [("a", (0,))]


@pytest.mark.slow
def test_the_top_page_folds_as_a_full_search_does(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path, ResultLimits(margin=5))
    fill(
        index,
        [
            *(told(f"n{number}", number % 10, 1 + number) for number in range(30)),
            *(article(f"alone{n}", "2018-01-01", f"alone number{n}") for n in range(30)),
        ],
    )
    for text in ("", "sort:oldest", "story3word1", "alone"):
        query = parse(text)
        for offset in (0, 3, 15, 30):
            quick = index.searcher.top_page(query, offset, 7)
            index.reopen()  # so that nothing is remembered
            whole = index.searcher.search(query, offset, 7, fold=True)
            assert whole.is_whole
            assert quick.rows == whole.rows
            assert quick.total + quick.folded_count == whole.total + whole.folded_count
            index.reopen()
            for place, hit in enumerate(whole.rows, offset):
                assert index.searcher.top_place(query, hit.id) == place
            index.reopen()
    for number in (5, 15, 25):  # of one story, folded into the newest
        assert index.searcher.top_place(parse(""), ArticleId(f"n{number}")) == 4
    assert index.searcher.top_place(parse("alone"), ArticleId("n5")) is None


def test_a_top_page_of_everything_is_whole_and_is_cached(index: SearchIndex) -> None:
    fill(index, [told(name, 1, day) for day, name in enumerate("abc", 1)])
    fill(index, [told("z", 2, 9)])
    hits = index.searcher.top_page(parse("sort:oldest"), 0, 50)
    assert (hits.total, hits.folded_count, hits.copy_counts, hits.is_whole) == (2, 2, (2, 0), True)
    assert index.searcher.count(parse("sort:oldest"), fold=True) == 2
    by_relevance = parse("sort:relevance story1word1")
    assert index.searcher.top_page(by_relevance, 0, 50).copy_counts == (2,)


def test_far_from_the_top_results_are_folded_in_full(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path, ResultLimits(top_rows=3, margin=1))
    fill(index, [told(f"n{n}", n % 4, 1 + n) for n in range(12)])
    assert not index.searcher.top_page(parse(""), 0, 2).is_whole
    assert index.searcher.top_page(parse(""), 2, 2).is_whole
    index.reopen()
    assert index.searcher.top_place(parse(""), ArticleId("n0")) == 3


def test_windows_of_folded_results_are_parts_of_one_list_however_one_gets_there(
    tmp_path: Path,
) -> None:
    index = SearchIndex(tmp_path, ResultLimits(margin=2, shallow_offset=4))
    days = [1 + number % 28 for number in range(80)]
    fill(index, [told(f"n{n}", n % 9 if n % 3 else 100 + n, day) for n, day in enumerate(days)])
    for text in ("", "sort:oldest"):
        query = parse(text)
        whole = index.searcher.search(query, 0, 100, fold=True).rows
        assert 20 < len(whole) < 60
        for offset in (0, 30, 5, 25, 12, len(whole) - 6, 10, 3, 28):
            found = index.searcher.search(query, offset, 6, fold=True)
            assert found.rows == whole[offset : offset + 6]
            assert found.total == len(whole)
