"""The index: in and out, order and windows, state, other processes, damage."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import tantivy
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from rilo_reader.article import FIELDS, Article, ArticleId, Fault
from rilo_reader.errors import IndexDamaged, LibraryBusy
from rilo_reader.index import schema
from rilo_reader.index.compiler import split_marks
from rilo_reader.index.damage import damage_errors
from rilo_reader.index.directory import INTACT_FILE
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import (
    ORDER_BITS,
    file_key,
    file_stamp,
    order_of_article,
    pack_row,
    to_seconds,
    unpack_row,
)
from rilo_reader.index.snapshot import ResultLimits
from rilo_reader.index.suggestions import did_you_mean, find_related
from rilo_reader.index.tantivy_files import read_footer
from rilo_reader.index.writer import choose_thread_count
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import And, ArticleSelection, Query, QueryMark, Sort
from rilo_reader.text import reading_minutes
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.marked import Marked

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def article(
    name: str,
    title: str = "A title",
    body: str = "",
    *,
    days: float = 0,
    tags: tuple[str, ...] = (),
    authors: tuple[str, ...] = (),
    faults: tuple[Fault, ...] = (),
    source: str = "",
    url: str = "",
    lang: str = "",
) -> Article:
    return Article(
        id=ArticleId(name),
        path=f"{name}.md",
        title=title,
        date=EPOCH + timedelta(days=days),
        body=body,
        tags=tags,
        authors=authors,
        source=source,
        url=url,
        lang=lang,
        faults=faults,
    )


def fill(index: SearchIndex, articles: Iterable[Article], stamp: int = 1) -> None:
    with index.hold_writer() as writer:
        for one in articles:
            writer.add(one, stamp)
        writer.commit()


def names(index: SearchIndex, text: str) -> list[str]:
    return [str(hit.id) for hit in index.searcher.search(parse(text)).rows]


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return SearchIndex(tmp_path / "index")


# -- words ------------------------------------------------------------------------------------


ARTICLES = [
    article("ivory", "Ivory seized", "Customs found tusks at the post channel. C++ too.",
            days=5, tags=("wild life", "ports"), authors=("Ana Lim",), source="RILO AP",
            url="https://example.org/ivory", lang="en"),
    article("post", "The post", "A channel of the post: ivory towers.", days=4,
            tags=("mail",), source="Herald", lang="zh-TW"),
    article("cafe", "Café society", "日本語の新聞 and C# and customs houses", days=3,
            authors=("Bo",), source="Post Office"),
    article("empty", "Nothing", "", days=2),
]  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    """It is only read."""
    index = SearchIndex(tmp_path_factory.mktemp("library"))
    fill(index, ARTICLES)
    return index


@for_each(
    "text, expected",
    [
        ("", "ivory post cafe empty"),
        ("ivory", "ivory post"),
        ("IVORY customs", "ivory"),
        ("title:ivory", "ivory"),
        ("body:ivory", "post"),
        ("text:ivory", "ivory post"),
        ("cust*", "ivory cafe"),
        ("title:iv*", "ivory"),
        ('"post channel"', "ivory"),
        ('"channel post"', ""),
        ('"post chan*"', "ivory"),
        ('"ivory to*"', "post"),
        ("post", "ivory post cafe"),
        ("text:post", "ivory post"),
        ("source:post", "cafe"),
        ("source:rilo", "ivory"),
        ("cafe", "cafe"),
        ("tag:life", "ivory"),
        ('tag:"wild life"', "ivory"),
        ('"life ports"', ""),
        ("ports", "ivory"),
        ("author:lim", "ivory"),
        ("ana", "ivory"),
        ("url:example", "ivory"),
        ("example", ""),
        ("lang:en", "ivory"),
        ("lang:zh", "post"),
        ("C++", "ivory"),
        ("C#", "cafe"),
        ("c", "ivory cafe"),
        ("本語", "cafe"),
        ("聞", "cafe"),
        ("日語", ""),
        ("-ivory", "cafe empty"),
        ("-ivory -cafe", "empty"),
        ("post -ivory", "cafe"),
        ("-(ivory OR cafe)", "empty"),
        ("tusks OR society", "ivory cafe"),
        ("(tusks OR society) -customs", ""),
        ("absent", ""),
        ("after:1970-01-05", "ivory post"),
        ("before:1970-01-05", "cafe empty"),
        ("date:1970-01-04..1970-01-05", "post cafe"),
        ("ivory after:1970-01-06", "ivory"),
        ("-after:1970-01-05", "cafe empty"),
        ("date:1971..1970", ""),
        ("ivory sort:oldest", "post ivory"),
        ("x" * 3000 + "*", ""),
        ('"a ' + "語" * 400 + 'b*"', ""),
    ],
)
def test_queries(library: SearchIndex, text: str, expected: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    query = parse(text, now=now)
    assert query.faults == ()
    assert [hit.id for hit in library.searcher.search(query).rows] == expected.split()
    assert library.searcher.count(query) == len(expected.split())


@pytest.mark.parametrize("sort", ["", "sort:oldest "])
def test_what_most_articles_match_is_found_among_the_newest(tmp_path: Path, sort: str) -> None:
    limits = ResultLimits(large_index=1, newest_first_from=1, newest_count=40)
    many = [
        article(f"n{number}", body="pride prose " + ("x" * (number % 7)), days=number)
        for number in range(200)
    ]
    plain, large = (SearchIndex(tmp_path / name, limits) for name in ("plain", "large"))
    for one, articles in ((plain, 0), (large, len(many))):
        with one.hold_writer(article_count=articles) as writer:
            for each in many:
                writer.add(each, 1)
            writer.commit()
    assert (plain.is_large, large.is_large) == (False, True)

    def same() -> None:
        for text in ("", "p", "pr", "pri", "prid", "x", "xxx", "nothing"):
            query = parse(f"{sort}{text}", typing=True)
            for offset, limit in ((0, 5), (7, 10), (30, 30), (190, 20)):
                assert large.searcher.search(query, offset, limit) == plain.searcher.search(
                    query, offset, limit
                )
            assert large.searcher.count(query) == plain.searcher.count(query)

    same()
    for one in (plain, large):  # from now on the index's own numbers count deleted articles
        with one.hold_writer() as writer:
            for number in range(150, 200, 2):
                writer.remove_path(f"n{number}.md")
            writer.commit()
    assert large.is_large
    same()


def test_by_relevance_a_title_weighs_more(index: SearchIndex) -> None:
    other = article("other", "Other", "ivory and other things of the house", days=9)
    fill(index, [*ARTICLES, other])
    assert names(index, "ivory") == ["other", "ivory", "post"]
    assert names(index, "ivory sort:relevance")[0] == "ivory"
    query = parse("ivory sort:relevance")
    found = [hit.id for hit in index.searcher.search(query).rows]
    assert list(index.searcher.ids(query)) == found
    assert [index.searcher.find_position(query, one) for one in found] == [0, 1, 2]


@pytest.mark.slow
def test_a_phrase_with_more_endings_than_tantivy_takes_is_found(index: SearchIndex) -> None:
    with index.hold_writer(is_bulk=True) as writer:  # in one part: the limit is for each
        for n in range(17_000):
            writer.add(article(str(n), body=f"the a{n} end"), 1)
        writer.commit()
    assert index.searcher.count(parse('"the a*"')) == 17_000
    assert index.searcher.count(parse('"the a1699*"')) == 11
    assert (
        index.searcher.count(parse('"end a*"')) == 17_000
    )  # loosely: both words, in an impossible order
    assert index.searcher.count(parse('"end a1699*"')) == 0


def test_beginnings_are_found_alike_with_and_without_words_of_their_own(tmp_path: Path) -> None:
    plain, large = SearchIndex(tmp_path / "plain"), SearchIndex(tmp_path / "large")
    articles = [
        article("a", "Ivory it", "in Ärger x", tags=("iris",), source="Io", authors=("Ida",)),
        article("b", "", "eine Straße 日本 ж живу", days=1),
        article("c", "I", "", days=2),
    ]
    fill(plain, articles)
    for part in (articles[:2], articles[2:]):  # the second time the index has them, and goes on
        with large.hold_writer(article_count=ResultLimits().large_index) as writer:
            for one in part:
                writer.add(one, 1)
            writer.commit()
    starts = ["i*", "iv*", "ivo*", "a*", "ar*", "日*", "ж*", "жи*", "1*", "zz*"]
    for text in (*starts, "e* -iv*", "text:i*"):
        assert names(large, text) == names(plain, text), text
    assert names(large, "i*") == ["c", "a"]
    assert (plain.is_large, large.is_large) == (False, True)
    fill(large, [article("d", "Igloo", days=3)])
    assert large.is_large
    assert names(large, "i*") == ["d", "c", "a"]


# -- state ------------------------------------------------------------------------------------


@for_each(
    "text, expected",
    [
        ("is:read", "ivory cafe"),
        ("is:unread", "post empty"),
        ("-is:read", "post empty"),
        ("-is:unread", "ivory cafe"),
        ("is:starred", "empty"),
        ("is:unread ivory", "post"),
        ("is:starred OR tusks", "ivory empty"),
        ("tag:later", "post empty"),
        ("tag:lat*", "post empty"),
        ("tag:late", ""),
        ('tag:"read la*"', "empty"),
        ("later", "post empty"),
        ("tag:mail", "post"),
        ("-tag:later", "ivory cafe"),
        ("text:later", ""),
    ],
)
def test_state(library: SearchIndex, text: str, expected: str) -> None:
    tags = {"Later": {"post"}, "read later": {"empty"}}
    index = Marked({"ivory", "cafe", "gone"}, {"empty"}, tags=tags).on(library)
    query = parse(text)
    assert names(index, text) == expected.split()
    assert index.searcher.count(query) == len(expected.split())
    assert list(index.searcher.ids(query)) == expected.split()
    for place, name in enumerate(expected.split()):
        assert index.searcher.find_position(query, ArticleId(name)) == place


def test_marks_are_taken_out_wherever_every_result_must_have_them() -> None:
    node = And((parse("a -is:starred (b is:read) (c OR is:read)").node, parse("-(d is:read)").node))
    rest, conditions = split_marks(node)
    assert rest == parse("a b (c OR is:read) -(d is:read)").node
    assert conditions == {(QueryMark.STARRED, False), (QueryMark.READ, True)}
    assert split_marks(parse("is:unread").node) == (And(), frozenset({(QueryMark.READ, False)}))
    assert split_marks(parse("a").node) == (parse("a").node, frozenset())


def test_nothing_is_marked_where_no_state_is_given(library: SearchIndex) -> None:
    assert [library.searcher.count(parse(text)) for text in ("is:unread", "is:read")] == [4, 0]


# -- order and windows -----------------------------------------------------------------------


def test_windows_places_and_ids_agree_from_both_ends(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path, ResultLimits(shallow_offset=5, batch=7))
    # Days before 1970, the first and last years, and many articles of one second.
    days = [-719_000 + 365 * 1000, -1, 0, *([3] * 30), *range(5, 30), 2_900_000]
    fill(index, [article(f"a{n}", days=day) for n, day in enumerate(days)])
    for order in (Sort.NEWEST, Sort.OLDEST):
        query = Query(sort=order)
        everything = index.searcher.search(query, 0, 1000).rows
        dates = [hit.date for hit in everything]
        assert dates == sorted(dates, reverse=order is Sort.NEWEST)
        assert list(index.searcher.ids(query)) == [hit.id for hit in everything]
        for offset in range(len(days) + 3):
            hits = index.searcher.search(query, offset, 4)
            assert hits.rows == everything[offset : offset + 4]
            assert (hits.total, hits.offset) == (len(days), offset)
        for place, hit in enumerate(everything):
            assert index.searcher.find_position(query, hit.id) == place
    newest = [hit.id for hit in index.searcher.search(Query(), 0, 99).rows]
    assert [hit.id for hit in index.searcher.search(Query(sort=Sort.OLDEST), 0, 99).rows] == newest[
        ::-1
    ]


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(0, 9)), max_size=30))
@examples(50, suppress=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("text", ["", "title sort:oldest", "is:unread"])
def test_windows_in_any_sequence_are_parts_of_one_list(
    tmp_path: Path, text: str, windows: list[tuple[int, int]]
) -> None:
    index = SearchIndex(tmp_path, ResultLimits(shallow_offset=4))
    if not index.size:
        fill(index, [article(f"a{n}", days=n // 2) for n in range(60)])
    query = parse(text)
    everything = index.searcher.search(query, 0, 100).rows
    for offset, limit in windows:
        hits = index.searcher.search(query, offset, limit)
        assert hits.rows == everything[offset : offset + limit]
        assert hits.total == 60


def test_a_window_after_a_commit_is_of_the_new_list(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path, ResultLimits(shallow_offset=2))
    fill(index, [article(f"a{n}", days=n) for n in range(40)])
    assert [hit.id for hit in index.searcher.search(Query(), 20, 2).rows] == ["a19", "a18"]
    fill(index, [article("new", days=50)])
    assert [hit.id for hit in index.searcher.search(Query(), 21, 2).rows] == ["a19", "a18"]
    assert index.searcher.search(Query(), 21, 2).total == 41


def test_what_does_not_match_has_no_place_and_no_rows_have_a_total(library: SearchIndex) -> None:
    assert library.searcher.find_position(parse("ivory"), ArticleId("cafe")) is None
    assert library.searcher.find_position(parse("ivory"), ArticleId("unknown")) is None
    hits = library.searcher.search(parse("ivory"), 0, 0)
    assert (hits.total, hits.rows) == (2, ())


def test_reading_times_are_those_of_the_heads_of_articles(index: SearchIndex) -> None:
    bodies = {"a": "word " * 100, "b": "word " * 1200, "c": "象" * 4000, "d": ""}
    fill(index, [article(name, body=body) for name, body in bodies.items()])
    assert {hit.id: hit.minutes for hit in index.searcher.search(Query()).rows} == {
        name: reading_minutes(body) for name, body in bodies.items()
    }
    assert sorted(names(index, "minutes:<6")) == ["a", "b", "d"]
    assert sorted(names(index, "minutes:5..10")) == ["b", "c"]
    assert sorted(names(index, "minutes:>5 -minutes:>50")) == ["c"]
    assert names(index, "minutes:7..5") == []


def test_named_articles_are_in_their_order_by_relevance(index: SearchIndex) -> None:
    fill(index, [article(name, body="word " * number) for number, name in enumerate("abcd", 30)])
    ids = tuple(ArticleId(name) for name in ("c", "a", "gone", "d"))
    node = And((ArticleSelection(ids), parse("word").node))
    found = index.searcher.search(Query(node, Sort.RELEVANCE), fold=True)
    assert [hit.id for hit in found.rows] == ["c", "a", "d"]
    assert index.searcher.find_position(Query(node, Sort.RELEVANCE), ArticleId("d")) == 2
    assert {*index.searcher.ids(Query(node))} == {"c", "a", "d"}


# Text without a NUL, which nothing cleaned and no file name holds.
TEXT = st.text(st.characters(exclude_characters="\0"), max_size=20)


@given(
    TEXT, TEXT, TEXT, TEXT, TEXT, st.booleans(),
    st.datetimes(datetime(1000, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)  # fmt: skip
@examples(100)
def test_a_row_is_stored_as_it_is(
    name: str, path: str, title: str, source: str, lang: str, date_only: bool, date: datetime
) -> None:
    one = Article(ArticleId(name), path, title, date, date_only, source=source, lang=lang)
    hit = unpack_row(pack_row(one, 3, 0xABC))
    assert (hit.id, hit.path, hit.title, hit.source, hit.lang) == (name, path, title, source, lang)
    assert (hit.minutes, hit.story) == (3, "abc")
    assert hit.date == date.replace(microsecond=0)
    assert hit.date_only is date_only
    order = order_of_article(one, schema.hash64(name))
    assert -(2**63) <= order < 2**63
    second = order >> ORDER_BITS
    assert datetime.fromtimestamp(second, UTC).date() == date.date()
    assert date_only or second == to_seconds(date)


# -- the folder's manifest -------------------------------------------------------------------


def test_a_file_is_replaced_and_removed_by_its_path(index: SearchIndex) -> None:
    fill(index, [article("a", body="old"), article("b", body="old")], stamp=file_stamp(1, 2))
    fill(index, [article("a", body="new")], stamp=file_stamp(3, 4))
    assert index.size == 2
    assert names(index, "new") == ["a"]
    assert names(index, "old") == ["b"]
    assert index.snapshot.folder_stamps("") == {
        file_key("a.md"): file_stamp(3, 4),
        file_key("b.md"): file_stamp(1, 2),
    }
    with index.hold_writer() as writer:
        writer.remove_path("b.md")
        writer.commit()
    assert names(index, "") == ["a"]
    with index.hold_writer() as writer:
        writer.remove_key(file_key("a.md"))
        writer.commit()
    assert (index.size, index.snapshot.folder_stamps("")) == (0, {})


@pytest.mark.parametrize("commit_between", [False, True])
def test_a_file_added_twice_by_one_writer_is_there_once(
    index: SearchIndex, commit_between: bool
) -> None:
    with index.hold_writer(is_bulk=True) as writer:
        writer.add(article("a", body="old"), 1)
        writer.add(article("b", body="old"), 1)
        if commit_between:
            writer.commit()
        writer.add(article("a", body="new"), 2)
        writer.remove_path("b.md")
        writer.commit()
    assert (names(index, ""), names(index, "new")) == (["a"], ["a"])


def test_an_article_that_changed_its_identity_is_there_once(index: SearchIndex) -> None:
    fill(index, [article("a")])
    renamed = Article(ArticleId("other"), "a.md", "A title", EPOCH)
    fill(index, [renamed])
    assert names(index, "") == ["other"]
    assert index.snapshot.find_by_id(ArticleId("a")) is None


def test_folders_hold_only_what_lies_in_them(index: SearchIndex) -> None:
    paths = ["a", "2019/b", "2019/03/c", "2019/03/d", "20/e", "日本 /f"]
    fill(index, [article(path) for path in paths], stamp=2**64 - 1)
    assert index.snapshot.list_folders() == {"", "2019", "2019/03", "20", "日本 "}
    keys = {file_key("2019/03/c.md"), file_key("2019/03/d.md")}
    assert index.snapshot.folder_stamps("2019/03") == dict.fromkeys(keys, 2**64 - 1)
    assert index.snapshot.folder_stamps("absent") == {}
    with index.hold_writer() as writer:
        writer.remove_folder("2019")
        writer.commit()
    assert index.snapshot.find_by_path("2019/b.md") is None
    assert index.snapshot.find_by_path("2019/03/c.md") is not None
    with index.hold_writer() as writer:
        writer.remove_folder("")
        writer.commit()
    assert sorted(names(index, "")) == ["20/e", "2019/03/c", "2019/03/d", "日本 /f"]


def test_rows_by_identity_and_path(index: SearchIndex) -> None:
    one = article("x/a", "Title", days=1, source="S", lang="en")
    fill(index, [one, article("x/b")])
    hit = index.snapshot.find_by_id(one.id)
    assert hit is not None
    assert (hit.path, hit.title, hit.source, hit.date, hit.lang) == (
        one.path, "Title", "S", one.date, "en",
    )  # fmt: skip
    assert index.snapshot.find_by_path("x/a.md") == hit
    assert index.snapshot.find_by_path("x/c.md") is None


def test_faults_are_listed(index: SearchIndex) -> None:
    faults = (Fault(2, "The date is no date."), Fault(0, "Two files claim one identity."))
    fill(index, [article("a", faults=faults), article("b")])
    assert list(index.snapshot.iter_faulty()) == [("a.md", faults)]
    fill(index, [article("a")])
    assert list(index.snapshot.iter_faulty()) == []


# -- processes -------------------------------------------------------------------------------


def test_what_is_not_committed_is_dropped(index: SearchIndex) -> None:
    fill(index, [article("a")])
    with index.hold_writer() as writer:
        writer.add(article("b"), 1)
    assert names(index, "") == ["a"]
    with pytest.raises(KeyError), index.hold_writer() as writer:
        writer.add(article("c"), 1)
        raise KeyError
    fill(index, [article("d")])
    assert sorted(names(index, "")) == ["a", "d"]


def test_another_reader_sees_a_commit_when_it_reloads(index: SearchIndex, tmp_path: Path) -> None:
    other = SearchIndex(tmp_path / "index")
    assert (index.is_fresh, other.is_fresh, other.reload()) == (True, False, False)
    fill(index, [article("a")])
    assert (index.reload(), names(index, ""), other.size) == (False, ["a"], 0)
    assert (other.reload(), names(other, ""), other.reload()) == (True, ["a"], False)


def test_a_second_writer_waits_and_then_says_that_it_is_busy(
    index: SearchIndex, tmp_path: Path
) -> None:
    other = SearchIndex(tmp_path / "index")
    with index.hold_writer() as writer:
        with pytest.raises(LibraryBusy, match="Another rilo-reader"), other.hold_writer(wait=0):
            pass
        started = threading.Event()

        def write_too() -> None:
            started.set()
            fill(other, [article("b")])

        thread = threading.Thread(target=write_too)
        thread.start()
        started.wait()
        writer.add(article("a"), 1)
        writer.commit()
    thread.join()
    index.reload()
    assert sorted(names(index, "")) == ["a", "b"]


def test_an_iteration_goes_on_over_what_it_began_with(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path, ResultLimits(batch=2))
    fill(index, [article(f"a{n}", days=n) for n in range(9)])
    ids = index.searcher.ids(Query())
    assert next(ids) == "a8"
    with index.hold_writer() as writer:
        writer.remove_folder("")
        writer.commit()
    assert [str(one) for one in ids] == [f"a{n}" for n in range(7, -1, -1)]


KILLED = """
import sys
from pathlib import Path
from tests.index.test_index import article
from rilo_reader.index.index import SearchIndex
index = SearchIndex(Path(sys.argv[1]))
with index.hold_writer() as writer:
    for turn in range(1_000_000):
        for n in range(20):
            writer.add(article(f"{turn}-{n}", body="word " * 50), 1)
        writer.commit()
        print(turn, flush=True)
"""


@pytest.mark.slow
def test_killed_amid_commits_it_opens_at_a_whole_commit(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for turns in (1, 3, 10):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(directory)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert process.stdout is not None
        with process.stdout:
            seen = [process.stdout.readline() for _ in range(turns)]
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert seen[-1] == f"{turns - 1}\n"
        index = SearchIndex(directory)
        assert (index.notice, index.is_fresh) == ("", False)
        assert index.size >= turns * 20
        assert index.size % 20 == 0
        assert index.searcher.count(parse("word")) == index.size
        fill(index, [article("after")])  # the lock is free
        with index.hold_writer() as writer:
            writer.remove_folder("")
            writer.commit()


# -- damage ----------------------------------------------------------------------------------


def files(directory: Path) -> list[Path]:
    home = directory / schema.SCHEMA_VERSION
    passed_over = (".lock", INTACT_FILE)
    return sorted(path for path in home.iterdir() if not path.name.endswith(passed_over))


def overwrite(file: Path, content: bytes | bytearray) -> None:
    """Write as long a content in place: whoever has a file that is cut mapped dies of it."""
    with file.open("r+b") as opened:
        opened.write(content)


@pytest.mark.parametrize("harm", ["empty", "truncated", "deleted", "garbage"])
@pytest.mark.slow
def test_a_damaged_index_starts_anew(tmp_path: Path, harm: str) -> None:
    whole = tmp_path / "whole"
    fill(SearchIndex(whole), [article(f"a{n}", body="some words") for n in range(50)])
    for number, path in enumerate(files(whole)):
        if path.name == ".managed.json" and harm == "deleted":
            continue  # tantivy does without
        directory = tmp_path / f"copy{number}"
        shutil.copytree(whole, directory)
        harmed = files(directory)[number]
        if harm == "deleted":
            harmed.unlink()
        else:
            content = {
                "empty": b"",
                "truncated": path.read_bytes()[: path.stat().st_size // 2],
                "garbage": b"\xff" * path.stat().st_size,
            }
            harmed.write_bytes(content[harm])
        index = SearchIndex(directory)
        if not index.is_fresh:  # found out only when the file is asked
            with pytest.raises(IndexDamaged), damage_errors("asked"):
                index.searcher.count(parse('"some words"'))
                index.searcher.search(parse("a4"))
                index.snapshot.find_by_id(ArticleId("a4"))
                list(index.snapshot.folder_stamps("").values())
            assert index.replace_if_damaged()
        assert "damaged" in index.notice
        assert (index.is_fresh, index.size) == (True, 0)
        fill(index, [article("new")])
        assert names(SearchIndex(directory), "") == ["new"]
        assert [path.name for path in directory.iterdir()] == [schema.SCHEMA_VERSION]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.999])
@pytest.mark.slow
def test_an_index_in_which_a_bit_flipped_starts_anew(tmp_path: Path, share: float) -> None:
    whole = tmp_path / "whole"
    fill(SearchIndex(whole), [article(f"a{n}", body=f"some words {n}") for n in range(50)])
    fill(SearchIndex(whole), [article("a7", body="other words")])
    for number, path in enumerate(files(whole)):
        if path.name == ".managed.json":
            continue  # what may be deleted: no answer depends on it
        directory = tmp_path / f"copy{number}"
        shutil.copytree(whole, directory)
        assert SearchIndex(directory).size == 50
        harmed = files(directory)[number]
        content = bytearray(harmed.read_bytes())
        size = len(content)
        if harmed.name != "meta.json":
            with harmed.open("rb") as opened:
                size = read_footer(opened).start  # in what it says at its end is no answer
        content[int(share * size)] ^= 1
        overwrite(harmed, content)
        index = SearchIndex(directory)
        assert index.is_fresh, path.name
        assert "damaged" in index.notice


def flip_a_bit(directory: Path) -> None:
    """In the store, in place, so that it looks as before."""
    store = next((directory / schema.SCHEMA_VERSION).glob("*.store"))
    status, content = store.stat(), bytearray(store.read_bytes())
    content[0] ^= 1
    overwrite(store, content)
    os.utime(store, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_only_files_that_look_different_are_read(tmp_path: Path) -> None:
    fill(SearchIndex(tmp_path), [article("a")])
    flip_a_bit(tmp_path)
    index = SearchIndex(tmp_path)
    assert not index.is_fresh
    assert index.find_damage()
    # Without its note everything is read, whatever it looks like.
    (tmp_path / schema.SCHEMA_VERSION / INTACT_FILE).write_text("[1")
    assert SearchIndex(tmp_path).is_fresh


def test_what_is_written_beside_a_broken_file_does_not_hide_it(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path)
    fill(index, [article("a")])
    with index.hold_writer() as writer:
        flip_a_bit(tmp_path)
        os.utime(next((tmp_path / schema.SCHEMA_VERSION).glob("*.store")))
        writer.add(article("b"), 1)
        writer.commit()
    assert SearchIndex(tmp_path).is_fresh


SOME_READ = Marked(f"a{number}" for number in range(0, 100, 2))
QUESTIONS: dict[str, Callable[[SearchIndex], object]] = {
    "search": lambda index: index.searcher.search(parse("words"), 50, 50),
    "search, folded": lambda index: index.searcher.search(parse("words"), fold=True),
    "search in a view": lambda index: index.searcher.search(parse("is:unread")),
    "top_page": lambda index: index.searcher.top_page(parse("words"), 0, 50),
    "count": lambda index: index.searcher.count(parse("wor* tag:t")),
    "place": lambda index: index.searcher.find_position(parse("words"), ArticleId("a7")),
    "ids": lambda index: list(index.searcher.ids(parse("words"))),
    "timeline": lambda index: index.searcher.timeline(parse("wor*")),
    "facets": lambda index: index.searcher.facets(parse("is:read wor*")),
    "suggest": lambda index: index.searcher.suggest("wo"),
    "did_you_mean": lambda index: did_you_mean(index.snapshot, parse("wrods")),
    "related": lambda index: find_related(index.snapshot, article("a7", body="some words 7")),
    "by_id": lambda index: index.snapshot.find_by_id(ArticleId("a7")),
    "by_path": lambda index: index.snapshot.find_by_path("a7.md"),
    "folders": lambda index: index.snapshot.list_folders(),
    "folder_stamps": lambda index: index.snapshot.folder_stamps(""),
    "faulty": lambda index: list(index.snapshot.iter_faulty()),
    "write": lambda index: fill(index, [article("new")]),
}


@pytest.mark.parametrize(
    "kinds", [("store",), ("fast",), ("term",), ("idx",), ("pos", "fieldnorm")]
)
@pytest.mark.slow
def test_what_breaks_while_it_is_open_is_damage_whatever_is_asked(
    tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    whole = tmp_path / "whole"
    every = [article(f"a{n}", body=f"some words {n}", tags=("t",), days=n) for n in range(100)]
    fill(SearchIndex(whole), [*every, article("f", faults=(Fault(1, "bad"),))])
    broken = set()
    for number, (name, question) in enumerate(QUESTIONS.items()):
        directory = tmp_path / str(number)
        shutil.copytree(whole, directory)
        index = SearchIndex(directory, flags=SOME_READ)
        for file in files(directory):
            if file.suffix[1:] in kinds:
                overwrite(file, b"\xff" * file.stat().st_size)
        try:
            with damage_errors("asked"):
                question(index)
        except IndexDamaged:
            broken.add(name)
    assert "write" in broken


def test_an_index_that_breaks_while_open_says_so_and_reopens(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path)
    fill(index, [article("a")])
    (tmp_path / schema.SCHEMA_VERSION / "meta.json").write_text("{")
    with pytest.raises(IndexDamaged, match="could not be"):
        fill(index, [article("b")])
    index.reopen()
    assert index.is_fresh
    fill(index, [article("b")])
    assert names(index, "") == ["b"]


def test_a_reader_goes_on_while_another_process_starts_anew(tmp_path: Path) -> None:
    reader, writer = SearchIndex(tmp_path), SearchIndex(tmp_path)
    fill(writer, [article("a")])
    reader.reload()
    (tmp_path / schema.SCHEMA_VERSION / "meta.json").write_text("{")
    writer.reopen()
    assert writer.is_fresh
    assert names(reader, "") == ["a"]
    fill(writer, [article("b")])
    assert reader.reload() is True
    assert names(reader, "") == ["b"]


@for_each(
    "count, articles, threads",
    [(1, 10_000, 1), (2, 10_000, 2), (2, 1_000_000, 1), (4, 1_000_000, 2), (8, 10_000, 2)],
)
def test_how_many_threads_write(count: int, articles: int, threads: int) -> None:
    assert choose_thread_count(articles, count) == threads


@pytest.mark.parametrize(
    ("other", "words"),
    [("0-1.0.0", "another version of rilo-reader"), (f"{schema.VERSION}-1.0.0", "another Python")],
)
def test_two_installations_have_an_index_each(tmp_path: Path, other: str, words: str) -> None:
    fill(SearchIndex(tmp_path), [article("a")])
    ours = tmp_path / schema.SCHEMA_VERSION
    ours.rename(tmp_path / other)
    index = SearchIndex(tmp_path)
    assert index.is_fresh
    assert words in index.notice
    for _ in range(3):  # in turn
        again = SearchIndex(tmp_path)
        assert (again.notice, again.is_fresh) == ("", False)
        assert {path.name for path in tmp_path.iterdir()} == {ours.name, other}


def test_an_index_with_other_fields_is_rebuilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yesterday there was no field `source`; an index of then has no place for it."""
    without_source = tuple(one for one in FIELDS if one.name != "source")
    monkeypatch.setattr("rilo_reader.article.FIELDS", without_source)
    spec = spec_from_file_location("yesterday", schema.__file__)
    assert spec is not None
    assert spec.loader is not None
    yesterday = module_from_spec(spec)
    spec.loader.exec_module(yesterday)
    old = tmp_path / yesterday.SCHEMA_VERSION
    old.mkdir()
    tantivy.Index(yesterday.make_schema(), path=str(old))
    index = SearchIndex(tmp_path)
    assert index.is_fresh
    assert "another version of rilo-reader" in index.notice
    fill(index, [article("a", source="Ivory Weekly")])
    assert names(index, "source:ivory") == ["a"]


def test_the_index_of_an_installation_that_is_gone_is_cleared_away(tmp_path: Path) -> None:
    fill(SearchIndex(tmp_path), [article("a")])
    old = tmp_path / "0-1.0.0"
    (tmp_path / schema.SCHEMA_VERSION).rename(old)
    os.utime(old, (0, 0))
    assert "another version" not in SearchIndex(tmp_path).notice
    assert [path.name for path in tmp_path.iterdir()] == [schema.SCHEMA_VERSION]
    os.utime(tmp_path / schema.SCHEMA_VERSION, (0, 0))
    assert not SearchIndex(tmp_path).is_fresh  # one's own stays, however old it is


def test_what_killed_processes_left_is_cleared_away(tmp_path: Path) -> None:
    fill(SearchIndex(tmp_path), [article("a")])
    for name in ("view-1-1", "new-1-1", "damaged-1-1"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "view-1-1", (0, 0))
    os.utime(tmp_path / "damaged-1-1", (0, 0))
    SearchIndex(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [schema.SCHEMA_VERSION, "new-1-1"]


def remove(folder: Path) -> None:
    """Delete a folder into which a thread of the engine may still write."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def test_a_deleted_index_answers_until_it_is_made_anew(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path / "cache" / "index")
    fill(index, [article("a")])
    assert not index.is_lost()
    remove(tmp_path / "cache")
    assert index.is_lost()
    assert names(index, "") == ["a"]
    assert index.snapshot.find_by_id(ArticleId("a")) is not None
    assert index.reload() is True
    assert (index.is_fresh, index.is_lost(), index.size) == (True, False, 0)
    remove(tmp_path / "cache")
    with index.hold_writer() as writer:  # which makes it anew as well
        assert index.is_fresh
        assert index.snapshot.folder_stamps("") == {}
        writer.add(article("b"), 1)
        writer.commit()
    assert names(SearchIndex(index.directory), "") == ["b"]


def test_where_nothing_can_be_written_the_index_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    index = SearchIndex(tmp_path / "file" / "index")
    assert index.is_fresh
    assert "in memory" in index.notice
    fill(index, [article("a")])
    assert names(index, "") == ["a"]
    assert (index.reload(), index.is_lost()) == (False, False)
