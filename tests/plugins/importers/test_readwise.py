"""Highlights that Readwise exported; anything else is refused clearly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.importers.readwise import (
    ImportedArticle,
    parse_markdown,
    parse_readwise_csv,
)
from rilo_reader.plugins.importers.saved import ImportedHighlight
from rilo_reader.text import clean_text
from tests.support.for_each import for_each
from tests.support.shared import samples

BEES = "https://news.example/bees"


def sample(name: str) -> bytes:
    return (samples("highlights") / name).read_bytes()


def test_readwise_csv() -> None:
    assert parse_readwise_csv(sample("readwise.csv")) == [
        ImportedArticle(
            BEES,
            "How bees talk",
            (
                ImportedHighlight(
                    "Honey bees tell each other where food is\nby dancing on the comb.",
                    'Do they, "really"?',
                    datetime(2026, 10, 1, 8, 30, tzinfo=UTC),
                ),
                ImportedHighlight(
                    "The longer the run takes, the farther away the food is.",
                    "",
                    datetime(2026, 10, 1, 8, 31, tzinfo=UTC),
                ),
            ),
        ),
        ImportedArticle("", "蜜蜂", (ImportedHighlight("蜜蜂会跳舞。"),)),
    ]


def test_readwise_csv_as_other_programs_save_it() -> None:
    data = sample("readwise.csv")
    expected = parse_readwise_csv(data)
    assert parse_readwise_csv(b"\xef\xbb\xbf" + data) == expected
    assert parse_readwise_csv(data.decode().encode("utf-16")) == expected


def test_readwise_markdown() -> None:
    assert parse_markdown(sample("readwise.md")) == [
        ImportedArticle(
            BEES,
            "How bees talk, and to whom",
            (
                ImportedHighlight(
                    "Honey bees tell each other where food is by dancing on the comb.",
                    "Do they?\nAnd since when?",
                ),
                ImportedHighlight("A list:\n• run\n• circle"),
                ImportedHighlight("#1: the angle."),
                ImportedHighlight("The farther away, the longer."),
            ),
        )
    ]


def test_readwise_markdown_of_the_plugin() -> None:
    text = (
        "---\nurl: https://news.example/one\n---\n# One\n\n## Highlights\n"
        "- ## A heading\n"
        "    - First,\n"
        "        - in two items.\n"
        "            - ([View Highlight](https://read.readwise.io/read/1))## New highlights added\n"
        "- Second. ([View Highlight](https://read.readwise.io/read/2))\n"
        "---\nurl: https://news.example/two\n---\n# Two\n\n## Highlights\n"
        "- Third. ([View Highlight](https://read.readwise.io/read/3))\n"
    )
    one, two = parse_markdown(text.encode())
    assert (one.url, one.title, two.url, two.title) == (
        *("https://news.example/one", "One"),
        *("https://news.example/two", "Two"),
    )
    assert [each.exact for each in two.highlights] == ["Third."]
    assert one.highlights[-1].exact == "Second."


PIECES = (
    *("Highlight,Book Title\n", '"', ",", "\n", "- ", "> ", "([View Highlight](x))", "Note: "),
    *("#", "\x1b]0;", "\u202e"),
)
READERS: list[Callable[[bytes], list[ImportedArticle]]] = [parse_readwise_csv, parse_markdown]


@for_each("read", READERS)
@for_each("data", [b"", b"\0\xff", b"[1]", b"{}", b"[" * 100_000, b"a,b\n1,2\n", b'"' * 200_000])
def test_anything_else_is_refused_with_a_reason(
    read: Callable[[bytes], list[ImportedArticle]], data: bytes
) -> None:
    with pytest.raises(NotReadableError) as caught:
        read(data)
    assert caught.value.reason.endswith(".")


@pytest.mark.parametrize("read", READERS)
@given(
    data=st.binary(max_size=80)
    | st.builds(
        lambda parts: "".join(parts).encode(errors="replace"),
        st.lists(st.sampled_from(PIECES) | st.text(max_size=5)),
    )
)
def test_whatever_comes_is_clean_or_refused(
    read: Callable[[bytes], list[ImportedArticle]], data: bytes
) -> None:
    try:
        articles = read(data)
    except NotReadableError:
        return
    for article in articles:
        texts = [article.title, article.url]
        for highlight in article.highlights:
            assert highlight.exact
            texts += [highlight.exact, highlight.note]
        assert all(clean_text(text) == text for text in texts)


def test_addresses_are_checked() -> None:
    data = b"Highlight,Book Title,URL\nBees dance.,Bees,javascript:alert(1)\n"
    assert [article.url for article in parse_readwise_csv(data)] == [""]
