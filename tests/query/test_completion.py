"""What a word that is being typed may become, as a pure function of the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.query.completion import FIELD_NAMES, offered, quoted, unfinished
from rilo_reader.query.edit import as_typed, finished
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import tokens
from rilo_reader.query.tree import Field, Words
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ti", ["title:"]),
        ("t", ["title:", "tag:", "text:"]),
        ("ivory -so", ["source:", "sort:"]),
        ("(ta", ["tag:"]),
        ("is:", ["unread", "read", "starred", "highlighted"]),
        ("has:", ["note"]),
        ("no", ["note:"]),
        ("sort:o", ["oldest"]),
        ("title", ["title:"]),
        ("Ti", []),
    ],
)
def test_names_of_the_language(text: str, names: list[str]) -> None:
    typed = unfinished(text)
    assert typed is not None
    assert [offer.shown for offer in typed.names] == names


@pytest.mark.parametrize(
    ("text", "field", "begun"),
    [
        ("cust", Field.ANYWHERE, "cust"),
        ('a "post ch', Field.ANYWHERE, "ch"),
        ("title:cu", Field.TITLE, "cu"),
        ("source:", Field.SOURCE, ""),
        ("-source:ri", Field.SOURCE, "ri"),
        ('source:"RILO A', Field.SOURCE, "RILO A"),
        ("tags:wi", Field.TAG, "wi"),
        ('a "b" c', Field.ANYWHERE, "c"),
    ],
)
def test_where_words_and_values_are_looked_for(text: str, field: Field, begun: str) -> None:
    typed = unfinished(text)
    assert typed is not None
    assert (typed.field, typed.begun) == (field, begun)


@pytest.mark.parametrize(
    "text", ["", "ivory ", "after:", "url:exa", "/iv", "~ivo", "title:", "note:cu", 'note:"cu']
)
def test_where_nothing_is_offered(text: str) -> None:
    assert unfinished(text) is None


def test_saved_searches_by_their_names() -> None:
    typed = unfinished("a @i", ["Ivory", "In two words", "horn"])
    assert typed is not None
    assert [offer.shown for offer in typed.names] == ["@Ivory", "@In two words"]
    assert [offer.text for offer in typed.names] == ["@Ivory ", '@"In two words" ']


def test_a_word_that_stands_there_already_is_not_offered() -> None:
    typed = unfinished("customs")
    assert typed is not None
    found = [("customs", 9), ("customsman", 1)]
    assert [offer.text for offer in offered(typed, found, 8)] == ["customsman "]


@given(st.text(max_size=30))
@examples(300)
def test_a_value_in_a_query_is_that_value(value: str) -> None:
    if parts := tokens(value):
        found = parse(f"source:{quoted(value)} ")
        assert found.faults == ()
        assert found.node == Words(Field.SOURCE, parts)


@given(st.text(alphabet='abti:"@-( )/~sourceé', max_size=40))
@examples(300)
def test_any_text_has_an_answer(text: str) -> None:
    typed = unfinished(text, ["abt"])
    if typed is not None:
        assert 0 <= typed.start <= len(text)
        for offer in offered(typed, [("x", 1)], 8):
            whole = text[: typed.start] + offer.text
            assert len(whole) > typed.start
    assert set(FIELD_NAMES) >= {str(f) for f in Field if f is not Field.ANYWHERE}


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("ivor", "ivor*", "ivor*"),
        ("ivory ", "ivory", "ivory "),
        ('"post channel"', '"post channel"', '"post channel"'),
        ('"post ch', '"post ch*"', '"post ch*"'),
        ("(a b", "a b*", "a b*"),
        ("is:un", "", ""),
        ("象牙", "象牙", "象牙"),
        ("-ebay", "-ebay", "-ebay"),
    ],
)
def test_what_is_kept_means_what_was_shown(typed: str, kept: str, shown: str) -> None:
    assert finished(typed) == kept
    assert as_typed(kept) == shown
    assert parse(kept)[:2] == parse(typed, typing=True)[:2] == parse(shown, typing=True)[:2]
