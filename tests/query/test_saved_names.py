"""`@name` in a query: the saved search, what is offered instead, and queries that can be kept."""

from __future__ import annotations

import pytest

from rilo_reader.query.edit import make_savable
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query, Sort
from tests.support.for_each import for_each

SAVED = {
    "Wildlife": "ivory OR pangolin",
    "wild things": "rhino sort:oldest",
    "broken": "ivory after:never",
    "paths": r"a\b",
}


def read(text: str, *, typing: bool = False) -> Query:
    return parse(text, typing=typing, saved=SAVED)


@for_each("text", ["@Wildlife", "@wildlife", '@"Wildlife"', '@"WILDLIFE" ', '@"wildlife'])
def test_a_name_is_its_query(text: str) -> None:
    assert read(text) == parse("ivory OR pangolin")


@pytest.mark.parametrize("text", ["@wild things", '@"wild things"'])
def test_a_name_may_have_spaces_and_brings_its_order(text: str) -> None:
    assert read(text) == parse("rhino sort:oldest")
    assert read(f"{text} sort:relevance").sort is Sort.RELEVANCE


def test_a_name_stands_in_a_group_or_behind_a_minus() -> None:
    assert (
        read("(@wildlife) -@paths").node == parse(rf"(ivory OR pangolin) -({SAVED['paths']})").node
    )


@for_each(
    "text, said",
    [
        ("@wildlif", "wildlif; did you mean @Wildlife or @wild things?"),
        ("@wild", "wild; did you mean @Wildlife or @wild things?"),
        ("x @zzz", "zzz."),
    ],
)
def test_a_name_that_is_none_is_said_with_those_that_are_near(text: str, said: str) -> None:
    [fault] = read(text).faults
    assert fault.reason == f"There is no saved search called {said}"
    assert text[fault.start :] == text[text.index("@") :]


def test_what_is_wrong_in_a_saved_search_is_said_with_its_name() -> None:
    [fault] = read("x @broken").faults
    assert fault.reason.startswith("The saved search broken: after: needs a date such as 2019")
    assert fault.start == 2


@for_each("text", ["@wil", "@Wild th", '@"wil'])
def test_the_beginning_of_a_name_is_no_fault_while_one_types(text: str) -> None:
    assert read(text, typing=True) == Query()
    assert read(f"customs {text}", typing=True) == parse("customs")


def test_a_name_that_is_none_is_a_fault_also_while_one_types() -> None:
    assert read("@zzz", typing=True).faults
    assert read("@").faults == ()  # a sign alone, as in an address


@for_each(
    "text, saved",
    [
        ("customs  -post", "customs  -post"),
        ("customs @wildlife", "customs (ivory OR pangolin)"),
        ('-@"wild things"', "-(rhino sort:oldest)"),
        ("@paths", r"(a\b)"),
        ("customs after:never", "customs"),
        ("a@wildlife b", "a@wildlife b"),
    ],
)
def test_a_query_is_kept_as_it_was_typed_where_it_can_be(text: str, saved: str) -> None:
    assert make_savable(text, SAVED) == saved
    assert parse(make_savable(text, SAVED)).node == read(text).node
