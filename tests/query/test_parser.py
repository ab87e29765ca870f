"""Text to query trees and back; faults and their positions."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import Field
from rilo_reader.query.edit import to_text
from rilo_reader.query.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_TERMS, parse
from rilo_reader.query.tree import (
    And,
    Dates,
    HasMark,
    Minutes,
    Node,
    Not,
    Or,
    Query,
    QueryMark,
    Sort,
    Words,
    words_to_highlight,
)
from tests.support.examples import examples
from tests.support.for_each import for_each

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 9, tzinfo=ZONE)


def read(text: str, *, typing: bool = False) -> Query:
    return parse(text, typing=typing, now=NOW)


def word(*parts: str, field: Field = Field.ANYWHERE, prefix: bool = False) -> Words:
    return Words(field, parts, prefix)


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=ZONE)


A, B, C = word("a"), word("b"), word("c")


@for_each("text, node", [
        ("", And()),
        ("  ", And()),
        ("ivory customs", And((word("ivory"), word("customs")))),
        ("Ivory", word("ivory")),
        ("ivor*", word("ivor", prefix=True)),
        ('"post channel"', word("post", "channel")),
        ("“post channel”", word("post", "channel")),
        ('"post chan*"', word("post", "chan", prefix=True)),
        ('"post chan"*', word("post", "chan", prefix=True)),
        ("COVID-19", Or((word("covid", "19"), word("covid19")))),
        ("don’t", Or((word("don", "t"), word("dont")))),
        ("-e-mail", Not(Or((word("e", "mail"), word("email"))))),
        ("title:U.S.A.", Or((
            word("u", "s", "a", field=Field.TITLE), word("usa", field=Field.TITLE)))),
        ('"e-mail"', word("e", "mail")),
        ("U.S.", word("u", "s")),
        ("it's", word("it", "s")),
        ("2019-03-07", word("2019", "03", "07")),
        ("url:e-mail", word("e", "mail", field=Field.URL)),
        ("a.example.org", word("a", "example", "org")),
        ("on-the-other-hand", word("on", "the", "other", "hand")),
        ("C++", word("c", "+", "+")),
        ("C++*", word("c", "+", "+")),
        ("日本", word("日", "本")),
        ("-ebay", Not(word("ebay"))),
        ("NOT ebay", Not(word("ebay"))),
        ("not ebay", And((word("not"), word("ebay")))),
        ("NOT -a", A),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("a OR (b OR c)", Or((A, B, C))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a (b c)", And((A, B, C))),
        ("-(a b)", Not(And((A, B)))),
        ("-(-(a))", A),
        ("a () b", And((A, B))),
        ("title:a", word("a", field=Field.TITLE)),
        ('source:"RILO AP"', word("rilo", "ap", field=Field.SOURCE)),
        ("tag:(a OR b)", Or((word("a", field=Field.TAG), word("b", field=Field.TAG)))),
        ("tags:a authors:b", And((word("a", field=Field.TAG), word("b", field=Field.AUTHOR)))),
        ("-url:a lang:zh-TW", And((
            Not(word("a", field=Field.URL)), word("zh", "tw", field=Field.LANG)))),
        ("is:unread -is:starred", And((
            HasMark(QueryMark.UNREAD), Not(HasMark(QueryMark.STARRED))))),
        ("is:highlighted has:note", And((HasMark(QueryMark.HIGHLIGHTED), HasMark(QueryMark.NOTE)))),
        ("-has:note", Not(HasMark(QueryMark.NOTE))),
        ('note:a note:"b c"', And((
            word("a", field=Field.NOTE), word("b", "c", field=Field.NOTE)))),
        ("http://x.org/a", word("http", "x", "org", "a")),
        ("Re: x", And((word("re"), word("x")))),
        ("C++: a", And((word("c", "+", "+"), A))),
        ("foo:bar", word("foo", "bar")),
        ("Title: a", And((word("title"), A))),
        ("a - b", And((A, B))),
        ("--help", word("help")),
        ("a & b … !", And((A, B))),
        ("§", word("§")),
        ("§12", word("§", "12")),
        ("§ 12", And((word("§"), word("12")))),
        ("12 -§", And((word("12"), Not(word("§"))))),
        ("-… a", A),
        ("a OR ?", A),
        ("?!", word("?!")),
        ("title:? …", And((word("?", field=Field.TITLE), word("…")))),
        ('"? !"', word("? !")),
        ("-?", Not(word("?"))),
        ("#", word("#")),
        ("*", And()),
        ("★", word("★")),
        ("👍🏽", word("👍", "🏽")),
    ])  # fmt: skip
def test_trees(text: str, node: Node) -> None:
    query = read(text)
    assert query.node == node
    assert query.faults == ()
    assert query.sort is Sort.NEWEST


@for_each(
    "text, start, end",
    [
        ("after:2019", day(2019, 1, 1), None),
        ("after:2019-03", day(2019, 3, 1), None),
        ("after:2019/3/7", day(2019, 3, 7), None),
        ("before:2020", None, day(2020, 1, 1)),
        ("date:2019", day(2019, 1, 1), day(2020, 1, 1)),
        ("date:2019-12", day(2019, 12, 1), day(2020, 1, 1)),
        ("date:2024-02-29", day(2024, 2, 29), day(2024, 3, 1)),
        ("date:2019-01..2019-06", day(2019, 1, 1), day(2019, 7, 1)),
        ("date:2019..", day(2019, 1, 1), None),
        ("date:..2019", None, day(2020, 1, 1)),
        ("date:today", day(2026, 11, 24), day(2026, 11, 25)),
        ("date:yesterday", day(2026, 11, 23), day(2026, 11, 24)),
        ("after:yesterday", day(2026, 11, 23), None),
        ("after:30d", day(2026, 10, 25), None),
        ("date:2w", day(2026, 11, 10), None),
        ("before:9m", None, day(2026, 2, 24)),
        ("after:1y", day(2025, 11, 24), None),
        ("after:9999d", day(1999, 7, 10), None),
        ("date:2w..1w", day(2026, 11, 10), day(2026, 11, 18)),
        ("after:6h", datetime(2026, 11, 24, 8, 5, tzinfo=ZONE), None),
        ("after:2019-03-07T12:30", datetime(2019, 3, 7, 12, 30, tzinfo=ZONE), None),
        ("after:2019-03-07T12:30Z", datetime(2019, 3, 7, 13, 30, tzinfo=ZONE), None),
    ],
)
def test_dates(text: str, start: datetime | None, end: datetime | None) -> None:
    query = read(text)
    assert query.node == Dates(start, end)
    assert query.faults == ()


def test_dates_count_as_a_calendar_does() -> None:
    # A month back from its end is the last day of the shorter month.
    assert parse("after:1m", now=day(2026, 3, 31)).node == Dates(day(2026, 2, 28), None)
    summer_time, here = read("date:2026-03-29").node, parse("date:2019-03-07").node
    assert isinstance(summer_time, Dates)
    assert summer_time.start
    assert summer_time.end
    length = summer_time.end.timestamp() - summer_time.start.timestamp()
    assert length == timedelta(hours=23).total_seconds()
    # Of the system's time zone where none is given.
    assert isinstance(here, Dates)
    assert here.start == datetime(2019, 3, 7).astimezone()


@for_each(
    "text, least, most",
    [
        ("minutes:10", 10, 10),
        ("minutes:<10", 0, 9),
        ("minutes:>20", 21, None),
        ("minutes:5..15", 5, 15),
        ("minutes:..15", 0, 15),
        ("minutes:5..", 5, None),
    ],
)
def test_reading_times(text: str, least: int, most: int | None) -> None:
    query = read(text)
    assert query == Query(Minutes(least, most))
    assert read(to_text(query)) == query


@for_each("text", ["minutes:<", "minutes:5..x", "minutes:..", "minutes:soon"])
def test_what_is_no_reading_time_is_said(text: str) -> None:
    query = read(f"{text} a")
    assert query.node == A
    assert [fault.start for fault in query.faults] == [0]
    begun = read("a minutes:<", typing=True), read("a minutes:5.", typing=True)
    assert begun == (Query(A), Query(And((A, Minutes(5, 5)))))


@for_each("order", list(Sort))
def test_order(order: Sort) -> None:
    query = read(f"a sort:{order} b")
    assert query.sort is order
    assert query.node == And((A, B))


@for_each(
    "text, node",
    [
        ("ivory cust", And((word("ivory"), word("cust", prefix=True)))),
        ("ivory ", word("ivory")),
        ("ivory cust)", And((word("ivory"), word("cust")))),
        ("title:iv", word("iv", field=Field.TITLE, prefix=True)),
        ("COVID-1", Or((word("covid", "1", prefix=True), word("covid1", prefix=True)))),
        ("e-", word("e")),
        ("don'", word("don")),
        ("cafe\u0301", word("cafe", prefix=True)),
        ("日本", word("日", "本")),
        ("C++", word("c", "+", "+")),
        ("a -eb", And((A, Not(word("eb"))))),
        ('"post channel"', word("post", "channel")),
        ("a title:", A),
        ("a -", A),
        ("a OR", A),
        ("a NOT", A),
        ("a is:un", A),
        ("a has:no", A),
        ("a note:", A),
        ("a sort:old", A),
        ("a after:2", A),
        ("a date:yes", A),
        ("date:2019-", Dates(day(2019, 1, 1), day(2020, 1, 1))),
        ("date:2019-1", Dates(day(2019, 1, 1), day(2019, 2, 1))),
        ("date:2019-01..2", Dates(day(2019, 1, 1), None)),
    ],
)
def test_what_is_still_typed_is_read_as_far_as_it_goes(text: str, node: Node) -> None:
    query = read(text, typing=True)
    assert query.node == node
    assert [fault for fault in query.faults if "open" not in fault.reason] == []


@pytest.mark.parametrize(("text", "faults"), [('ivory "post ch', [(6, 7)]), ("ivory (post ch", [])])
def test_what_is_not_closed_is_read_and_said(text: str, faults: list[tuple[int, int]]) -> None:
    query = read(text, typing=True)
    assert [(fault.start, fault.end) for fault in query.faults] == faults
    last = query.node.nodes[-1] if isinstance(query.node, And) else query.node
    assert isinstance(last, Words)
    assert last.tokens[-1] == "ch"
    assert last.is_prefix


@for_each(
    "text, start, end, says, left",
    [
        ('a "b', 2, 3, "not closed", And((A, B))),
        ("a (b", 2, 3, "not closed", And((A, B))),
        ("a )", 2, 3, "No parenthesis", A),
        ("a OR", 2, 4, "after it", A),
        ("OR a", 0, 2, "before it", A),
        ("a AND", 2, 5, "after it", A),
        ("a NOT", 2, 5, "after it", A),
        ("(a OR) b", 3, 5, "after it", And((A, B))),
        ("title: a", 0, 6, "after the colon", A),
        ("a is:new", 2, 8, "unread", A),
        ("a is:note", 2, 9, "highlighted", A),
        ("a has:read", 2, 10, "note", A),
        ("a sort:best", 2, 11, "oldest", A),
        ("a -sort:oldest", 3, 14, "excluded", A),
        ("a after:soon", 2, 12, "2019-03", A),
        ("a date:2019-02-30", 2, 17, "2019-03", A),
        ("a before:0000", 2, 13, "2019-03", A),
        ("titel:a", 0, 6, "title:", word("titel", "a")),
        ("soruce:a", 0, 7, "source:", word("soruce", "a")),
        ("feed:a", 0, 5, "source:", word("feed", "a")),
        ("label:a", 0, 6, "tag:", word("label", "a")),
        ("()", 0, 2, "nothing to search for", And()),
    ],
)
def test_faults_say_what_and_where_and_the_rest_is_read(
    text: str, start: int, end: int, says: str, left: Node
) -> None:
    query = read(text)
    assert [(fault.start, fault.end) for fault in query.faults] == [(start, end)]
    assert says in query.faults[0].reason
    assert query.node == left


def test_what_is_beyond_the_bounds_is_left_out() -> None:
    text = "a" * MAX_CHARACTERS + " b"
    query = read(text)
    assert query.node == word("a" * MAX_CHARACTERS)
    assert [(fault.start, fault.end) for fault in query.faults] == [(MAX_CHARACTERS, len(text))]
    query = read("a " * (MAX_TERMS + 5))
    assert query.node == And((A,) * MAX_TERMS)
    assert "1,000 terms" in query.faults[0].reason
    query = read("(" * 4000 + "a" + ")" * 4000)
    assert query.node == A
    assert [fault.start for fault in query.faults] == [MAX_DEPTH]


# Pieces of the language in any order, correct or not.
PIECES = st.sampled_from(
    ["a", "ivory", "C++", ".net", "at&t", "日本", "#tag", "★", "½", "café", "don't", "OR", "AND",
     "e-mail", "url:", "NOT", "-", "--", "(", ")", '"', "“", "”", "*", " ", " ", " ", "title:",
     "text:", "tag:", "lang:", "is:", "is:highlighted", "has:", "has:note", "note:",
     "is:read", "is:unread", "sort:oldest", "after:", "date:",
     "2019", "2019-03", "..", "30d", "6h", "before:2019-03-07T10:11:12.5+05:45", "x:", ":",
     "titel:y", "/re/", "~w", "feeds:", 'feeds:"News/EU"', "feeds:n*"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join))


@pytest.mark.slow
@given(TEXTS, st.booleans())
@examples(600)
@example("-(a OR b) c* date:2019..2018", False)
@example('"c++ .net c#.net #a"', True)
@example('"-" ? ".*" „', False)
@example("title:(# -? *) -?", False)
def test_any_text_is_read_and_its_normal_form_is_the_same_query(text: str, typing: bool) -> None:
    query = read(text, typing=typing)
    for fault in query.faults:
        assert 0 <= fault.start < fault.end <= len(text)
        assert fault.reason.endswith((".", "?"))
    normal = to_text(query, now=NOW)
    again = read(normal)
    assert again == Query(query.node, query.sort)
    assert to_text(again, now=NOW) == normal


@for_each(
    "text, normal",
    [
        ("-title:U.S.A. a", "-title:u-s-a a"),
        ("e-mai*", "e-mai*"),
        ('"e mail" OR email', "e-mail"),
        ('url:"e mail" OR url:email', 'url:"e mail" OR url:email'),
        ('"e mail" OR email OR a', '"e mail" OR email OR a'),
    ],
)
def test_a_word_with_hyphens_stays_one_in_the_normal_form(text: str, normal: str) -> None:
    query = read(text)
    assert to_text(query, now=NOW) == normal
    assert read(normal).node == query.node


def test_reading_is_linear_in_the_text() -> None:
    # Each of these would take minutes if anything were walked twice for each character.
    pieces = ["(", ")", '"', "-", "a ", "a OR ", "NOT ", "title:", "date:1..", "a:", "“", "(a "]
    for piece in pieces:
        read((piece * MAX_CHARACTERS)[:MAX_CHARACTERS], typing=True)


def test_highlights_leave_out_what_must_not_be_there() -> None:
    query = read("a -b (title:c OR url:d) a")
    assert words_to_highlight(query) == (A, word("c", field=Field.TITLE))
