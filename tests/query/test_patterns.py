"""Regular expressions and near misses: what is refused, and which words they are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Field
from rilo_reader.query.dates import make_dates
from rilo_reader.query.match import find_text
from rilo_reader.query.parser import parse
from rilo_reader.query.patterns import is_near, literal_start, make_matcher, read_pattern
from rilo_reader.query.tree import MatchKind, Words, restrict_query, words_to_highlight
from tests.support.examples import examples
from tests.support.for_each import for_each


@for_each(
    "text, pattern",
    [
        ("^ivor.*$", "ivor.*"),
        (r"Caf\w", "caf."),
        (r"\d{4}", "[0-9]{4}"),
        ("[^a-c]x", "[^a-c]x"),
        (r"x\-y", r"x\-y"),
    ],
)
def test_a_pattern_is_whole_words_folded(text: str, pattern: str) -> None:
    assert read_pattern(text) == (pattern, "")


@for_each(
    "text, reason",
    [
        ("$", "There is nothing between the slashes."),
        ("a" * 101, "A regular expression has 100 characters at most."),
        ("a{21}", "A regular expression repeats 20 times at most."),
        ("a{2,99}", "A regular expression repeats 20 times at most."),
        (r"a\b", "A regular expression can only have letters, . [] () | * + ? {} \\d and \\w."),
        ("a+?", "A regular expression can only have letters, . [] () | * + ? {} \\d and \\w."),
        ("a$b", "A regular expression can only have letters, . [] () | * + ? {} \\d and \\w."),
        (r"[\d]", r"In a regular expression \d and \w cannot be inside []."),
        ("(a", "The regular expression cannot be read: "),
        ("a{5,2}", "The regular expression cannot be read: "),
        ("[z-a]", "The regular expression cannot be read: "),
    ],
)
def test_what_the_index_or_python_cannot_do_is_refused(text: str, reason: str) -> None:
    pattern, said = read_pattern(text)
    assert pattern == ""
    assert said.startswith(reason)
    assert parse(f"/{text}/").faults or "/" in text


@for_each(
    "text, start",
    [
        ("ivor.*", "ivor"),
        ("^ivor[yi]", "ivor"),
        ("ivory?", "ivor"),
        ("ivory*x", "ivor"),
        ("ivory{0,2}", "ivor"),
        ("ivory+", "ivory"),
        ("ivory|tusk", ""),
        (".vory", ""),
        ("", ""),
    ],
)
def test_a_pattern_that_is_being_typed_is_its_beginning(text: str, start: str) -> None:
    assert literal_start(text) == start


def test_an_open_pattern_is_a_prefix_while_one_types() -> None:
    assert parse("/ivor.", typing=True).node == Words(Field.ANYWHERE, ("ivor",), is_prefix=True)
    assert parse("-/ivor.", typing=True).node == parse("-ivor").node  # a prefix would exclude more
    assert parse("customs /.*", typing=True).node == parse("customs").node


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("ivory", ["ivory", "ivery", "vory", "ivry", "ivoryx", "iivory", "viory", "ivoyr"],
         ["ivy", "oviry", "yrovi", "ivoryxx", "tusk", "vioyr"]),
        ("ab", ["ba", "a", "b", "abc", "xb"], ["", "bca", "xy"]),
    ],
)  # fmt: skip
def test_one_edit_is_near_and_two_are_not(word: str, near: list[str], far: list[str]) -> None:
    assert [one for one in near if not is_near(word, one)] == []
    assert [one for one in far if is_near(word, one)] == []


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
@examples(300)
def test_nearness_is_mutual(one: str, other: str) -> None:
    assert is_near(one, other) == is_near(other, one)


def test_a_near_beginning_is_one_of_a_longer_word() -> None:
    begins = make_matcher(
        Words(Field.ANYWHERE, ("ivor",), is_prefix=True, match_kind=MatchKind.NEARLY)
    )
    assert [word for word in ("ivory", "ivery", "iory", "ixvory", "tusks") if begins(word)] == [
        "ivory", "ivery", "iory", "ixvory",
    ]  # fmt: skip


def test_a_pattern_that_could_take_for_ever_marks_nothing() -> None:
    assert not make_matcher(Words(Field.ANYWHERE, ("(a*)*b",), match_kind=MatchKind.PATTERN))(
        "aaaab"
    )
    assert make_matcher(Words(Field.ANYWHERE, ("(a|b)c",), match_kind=MatchKind.PATTERN))("bc")


# -- text as it stands ----------------------------------------------------------------------------


@for_each(
    "text, wanted, hits",
    [
        ("A Café, cafes", "CAFE", ["Café", "cafe"]),
        ("post\n  channel", "post channel", ["post\n  channel"]),
        ("海关查获象牙。", "获象", ["获象"]),
        ("nothing", "  ", []),
        ("nothing", "ivory", []),
        ("a.b a+b", "a.b", ["a.b"]),
    ],
)
def test_a_text_is_found_anywhere(text: str, wanted: str, hits: list[str]) -> None:
    assert [text[start:end] for start, end in find_text(text, wanted)] == hits
    assert find_text(text, wanted, limit=1) == find_text(text, wanted)[:1]


def test_days_are_a_span_of_moments_and_a_query_within_it_is_both() -> None:
    days = make_dates(date(2019, 3, 7), date(2019, 3, 9))
    assert days.start is not None
    assert days.end is not None
    assert [f"{one:%Y-%m-%d %H:%M}" for one in (days.start, days.end)] == [
        "2019-03-07 00:00",
        "2019-03-09 00:00",
    ]
    assert parse("date:2019-03-07..2019-03-08").node == days
    narrowed = restrict_query(parse("ivory post sort:oldest"), days)
    assert narrowed == parse("ivory post date:2019-03-07..2019-03-08 sort:oldest")
    assert words_to_highlight(narrowed) == words_to_highlight(parse("ivory post"))
