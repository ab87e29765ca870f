"""What a word that is being typed may become, as a pure function of the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Field
from rilo_reader.query.completion import (
    FIELD_NAMES,
    find_partial_term,
    is_longer_than_typed,
    list_offers,
    quote_value,
)
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import to_tokens
from rilo_reader.query.tree import Words
from rilo_reader.text import clean_line
from tests.support.examples import examples
from tests.support.for_each import for_each


@for_each(
    "text, names",
    [
        ("ti", ["title:"]),
        ("t", ["title:", "tag:", "text:", "tagged:"]),
        ("ivory -so", ["source:", "sort:"]),
        ("(ta", ["tag:", "tagged:"]),
        ("is:", ["unread", "read", "starred", "highlighted", "edited"]),
        ("has:", ["note", "enclosure", "audio", "video"]),
        ("no", ["note:", "noted:"]),
        ("starred:1", ["1d", "1m"]),
        ("sort:o", ["oldest"]),
        ("title", ["title:"]),
        ("Ti", []),
    ],
)
def test_names_of_the_language(text: str, names: list[str]) -> None:
    typed = find_partial_term(text)
    assert typed is not None
    assert [offer.label for offer in typed.name_offers] == names


@for_each(
    "text, field, begun",
    [
        ("cust", Field.ANYWHERE, "cust"),
        ('a "post ch', Field.ANYWHERE, "ch"),
        ("title:cu", Field.TITLE, "cu"),
        ("source:", Field.SOURCE, ""),
        ("-source:ri", Field.SOURCE, "ri"),
        ('source:"RILO A', Field.SOURCE, "RILO A"),
        ("tags:wi", Field.TAG, "wi"),
        ("feeds:ne", None, "ne"),
        ('feeds:"two w', None, "two w"),
        ('a "b" c', Field.ANYWHERE, "c"),
    ],
)
def test_where_words_and_values_are_looked_for(text: str, field: Field, begun: str) -> None:
    typed = find_partial_term(text)
    assert typed is not None
    assert (typed.field, typed.letters) == (field, begun)


@for_each(
    "text", ["", "ivory ", "after:", "url:exa", "/iv", "~ivo", "title:", "note:cu", 'note:"cu']
)
def test_where_nothing_is_offered(text: str) -> None:
    assert find_partial_term(text) is None


def test_reading_times_are_offered() -> None:
    typed = find_partial_term("a minutes:")
    assert typed is not None
    assert [offer.label for offer in typed.name_offers] == ["<5", "<10", "5..15", ">15"]
    begun = find_partial_term("minu")
    assert begun is not None
    assert [offer.text for offer in begun.name_offers] == ["minutes:"]


def test_saved_searches_by_their_names() -> None:
    typed = find_partial_term("a @i", ["Ivory", "In two words", "horn"])
    assert typed is not None
    assert [offer.label for offer in typed.name_offers] == ["@Ivory", "@In two words"]
    assert [offer.text for offer in typed.name_offers] == ["@Ivory ", '@"In two words" ']


@for_each(
    "text, found, shown, completes_it",
    [
        ("customs", [("customs", 9), ("customsman", 1)], "customs", False),
        ("appl", [("apple", 900), ("appl", 3)], "apple", True),  # rare: misspelt
        ("not", [("not", 90), ("note", 9)], "not", False),  # before note:
        ("is", [("is", 90), ("island", 9)], "is:", True),
        ("Çar", [("car", 9), ("carbon", 1)], "car", False),
        ("tag:art", [("art", 9), ("art-history", 1)], "art", False),
        ('source:"RILO AP', [("RILO AP", 9)], "RILO AP", True),  # closes the quotation
        ('"post channel', [("channel", 9), ("channels", 1)], "channel", False),
    ],
)
def test_a_word_that_is_whole_and_frequent_stays(
    text: str, found: list[tuple[str, int]], shown: str, completes_it: bool
) -> None:
    typed = find_partial_term(text)
    assert typed is not None
    first, *others = list_offers(typed, found, 8)
    assert first.label == shown
    assert is_longer_than_typed(text, typed, first) is completes_it
    assert {offer.hits for offer in (first, *others)} >= {hits for _, hits in found}


@given(st.text(max_size=30))
@examples(300)
def test_a_value_in_a_query_is_that_value(value: str) -> None:
    value = clean_line(value)  # as all values of articles are
    if parts := to_tokens(value):
        found = parse(f"source:{quote_value(value)} ")
        assert found.faults == ()
        assert found.node == Words(Field.SOURCE, parts)


@given(st.text(alphabet='abti:"@-( )/~sourceé', max_size=40))
@examples(300)
def test_any_text_has_an_answer(text: str) -> None:
    typed = find_partial_term(text, ["abt"])
    if typed is not None:
        assert 0 <= typed.start <= len(text)
        for offer in list_offers(typed, [("x", 1)], 8):
            whole = text[: typed.start] + offer.text
            assert len(whole) > typed.start
    assert set(FIELD_NAMES) >= {str(f) for f in Field if f is not Field.ANYWHERE}
