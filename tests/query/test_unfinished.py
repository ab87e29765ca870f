"""The same text while one types and once it is whole: what is a fault, and when."""

from __future__ import annotations

from rilo_reader.article import Field
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import to_tokens
from rilo_reader.query.tree import MatchKind, Words
from tests.support.for_each import for_each


@for_each("text, typing, whole", [
        ("is:un", [], ["is: can only be unread, read, starred, highlighted or edited."]),
        ("is:x", ["is: can only be unread, read, starred, highlighted or edited."],
         ["is: can only be unread, read, starred, highlighted or edited."]),
        ("has:n", [], ["has: can only be note, enclosure, audio or video."]),
        ("sort:old", [], ["sort: can only be newest, oldest, relevance or read."]),
        ("sort:x", ["sort: can only be newest, oldest, relevance or read."],
         ["sort: can only be newest, oldest, relevance or read."]),
        ("title:", [], ["title: needs a word right after the colon."]),
        ("title: x", ["title: needs a word right after the colon."],
         ["title: needs a word right after the colon."]),
        ("-sort:oldest", ["sort: cannot be excluded."], ["sort: cannot be excluded."]),
        ("ivory", [], []),
    ])  # fmt: skip
def test_what_the_next_letter_may_correct_is_no_fault_yet(
    text: str, typing: list[str], whole: list[str]
) -> None:
    assert [fault.reason for fault in parse(text, typing=True).faults] == typing
    assert [fault.reason for fault in parse(text).faults] == whole


def test_an_operator_without_its_other_side_is_a_word_once_it_is_whole() -> None:
    assert parse("customs OR", typing=True).faults == ()
    assert parse("customs OR", typing=True).node == parse("customs").node
    assert [text for _, _, text in parse("customs OR").faults] != []


def test_a_field_without_a_word_takes_its_minus_with_it() -> None:
    assert parse("-title: customs").node == parse("customs").node
    assert parse("(-title:) customs").node == parse("customs").node


def test_a_value_that_is_a_sign_is_none() -> None:
    assert parse('is:" customs').node == parse("customs").node
    assert parse("after:( customs").faults


@for_each("text, how", [("~ivory", MatchKind.NEARLY), ("~ivo", MatchKind.NEARLY),
     ("~iv", MatchKind.EXACTLY),
     ("~ivory-tusk", MatchKind.EXACTLY), ("~x-ray", MatchKind.EXACTLY)])  # fmt: skip
def test_near_is_said_of_one_word_of_three_letters(text: str, how: MatchKind) -> None:
    assert parse(text).node == Words(
        Field.ANYWHERE, to_tokens(text.removeprefix("~")), match_kind=how
    )


@for_each(
    "text, expected",
    [
        ("a\u200bb", ("a", "b")),  # a boundary of words
        ("象\u200b牙", ("象", "牙")),
        ("\uff21\uff22", ("ab",)),
        ("e\u0301te\u0301", ("ete",)),
        ("½ cup", ("½", "cup")),
        ("٣", ("3",)),
    ],
)
def test_signs_that_nobody_sees_and_other_shapes_of_letters(
    text: str, expected: tuple[str, ...]
) -> None:
    assert to_tokens(text) == expected
