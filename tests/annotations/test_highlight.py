"""Highlights to and from JSON, whatever comes from another device."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import (
    CONTEXT_LIMIT,
    EXACT_LIMIT,
    KINDS,
    NOTE_LIMIT,
    Highlight,
    clean_note,
    from_fields,
    from_json,
    to_json,
)
from rilo_reader.text import clean_text
from tests.support.for_each import for_each

TEXT = st.text(max_size=50).map(clean_text)


@given(
    TEXT.map(str.strip).filter(bool),
    TEXT,
    TEXT,
    st.integers(0, 10**6),
    st.integers(1, KINDS),
    st.text(max_size=50).map(clean_note),
)
def test_what_is_written_is_read(
    exact: str, prefix: str, suffix: str, start: int, kind: int, note: str
) -> None:
    highlight = Highlight("3f9a1c72", Anchor(exact, prefix, suffix, start), kind, note)
    assert from_json("3f9a1c72", to_json(highlight), note) == highlight


def test_the_form_is_that_of_the_journals() -> None:
    highlight = Highlight("3f9a1c72", Anchor("蜜蜂", "a ", " b", 7), 2, "note")
    assert to_json(highlight) == '{"exact":"蜜蜂","prefix":"a ","suffix":" b","start":7,"kind":2}'


@for_each(
    "text",
    [
        *("", "{", "[]", "null", '"exact"', "{}", "[" * 100_000, "1" * 10_000),
        '{"exact":""}',
        '{"exact":" \\n"}',
        '{"exact":"\\u202e"}',
        '{"exact":1}',
        '{"exact":"a","prefix":null}',
        '{"exact":"a","start":-1}',
        '{"exact":"a","start":1.5}',
        '{"exact":"a","start":true}',
        '{"exact":"a","start":1e999}',
        '{"exact":"a","kind":0}',
        '{"exact":"a","kind":5}',
        '{"exact":"a","kind":"1"}',
        json.dumps({"exact": "a" * (EXACT_LIMIT + 1)}),
        json.dumps({"exact": "a", "suffix": "a" * (CONTEXT_LIMIT + 1)}),
        json.dumps({"exact": "a", "more": "a" * 500_000}),
    ],
)
def test_anything_else_is_no_highlight(text: str) -> None:
    assert from_json("3f9a1c72", text) is None


@for_each("identity", ["", "short", "UPPERCASE1", "a" * 65, "3f9a1c7\n", "3f9a-c72"])
def test_an_id_is_letters_and_digits(identity: str) -> None:
    assert from_json(identity, '{"exact":"a"}') is None


def test_unknown_keys_are_passed_over_and_texts_are_cleaned() -> None:
    text = '{"exact":" a\\u001b[2J\\u202eb ","colour":"red"}'
    assert from_json("3f9a1c72", text, "\x1b]0;x\x07 note \r\n\n") == Highlight(
        "3f9a1c72", Anchor("a[2Jb"), note="]0;x note"
    )


@given(st.text(max_size=100), st.integers(0, 3))
def test_a_clean_note_stays(note: str, lines: int) -> None:
    clean = clean_note(note + "\n" * lines)
    assert clean_note(clean) == clean == clean_text(clean)


def test_a_note_is_bounded() -> None:
    assert len(clean_note("a" * (NOTE_LIMIT * 3))) == NOTE_LIMIT


def test_fields_of_an_article_are_its_highlights_in_the_order_they_were_made() -> None:
    later, sooner = Highlight("b" * 8, Anchor("one")), Highlight("a" * 8, Anchor("two"), 2)
    stamp = 1_700_000_000_000 << 16
    fields = [
        ("highlight:" + later.id, to_json(later), stamp + 5),
        ("highlight:" + sooner.id, to_json(sooner), 1),
        ("highlight:cccccccc", "no JSON", 2),
        ("note:" + later.id, "a note", 3),
        ("note:dddddddd", "of nothing", 3),
    ]
    first, second = from_fields(fields)
    assert first == sooner
    assert second == later._replace(note="a note", made_at=datetime.fromtimestamp(1.7e9, UTC))
