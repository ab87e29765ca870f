"""What counts as written together: the index, and the hits in a text, agree about it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from rilo_reader.article import Field
from rilo_reader.index.index import SearchIndex
from rilo_reader.query.joined_forms import find_joined_forms
from rilo_reader.query.match import find_hits
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import GAP, fold_text, join_tokens, to_tokens
from rilo_reader.query.tree import MatchKind, Query, Words, words_to_highlight
from rilo_reader.render.shown_text import read_shown_text
from tests.index.test_index import article, fill
from tests.support.examples import examples


def library(directory: Path, *bodies: str) -> SearchIndex:
    index = SearchIndex(directory)
    fill(index, [article(f"{n}", "", body) for n, body in enumerate(bodies)])
    return index


def found(index: SearchIndex, query: Query) -> set[int]:
    return {int(hit.id) for hit in index.searcher.search(query, 0, 1_000).rows}


@pytest.mark.parametrize(
    ("query", "finds", "passes_over"),
    [
        ("象牙", ["大象牙科", "象**牙**", "象[牙](https://a.org)", "象\n牙", "象\u200b牙"],
         ["大象，牙科", "大象 牙科", "大象。牙科", "大象、牙科", "象\n\n牙", "- 象\n- 牙",
          "象\u3000牙", "象。\n牙", "象\n「牙", "象\n\u3000\u3000牙"]),
        ('"象 牙"', ["象 牙", "象，牙", "象\n\n牙"], ["象牙", "象 和 牙", "象\n牙"]),
        ("スの本", ["ルビースの本"], ["ルビース。の本", "スの「本」"]),
        ("한국", ["한국어"], ["한 국", "한\n국"]),
        ("ไทย", ["ภาษาไทย"], ["ไท ย"]),
        ("C#", ["C#", "C#.", "(c#)"], ["C #include", "C\n#include", "C, #c"]),
        ('"C# include"', ["C# include"], ["C #include", "C#include"]),
        ("F#", ["F# and C"], ["F #1"]),
        ("#include", ["C #include", "#include"], ["C# include"]),
        ("C++", ["C++11", "C++, C"], ["C ++", "C +1"]),
        (".NET", ["the .NET", "(.NET)"], ["ASP.NET", "a. net"]),
        ("AT&T", ["at&t"], ["at & t"]),
        ("Ruby语言", ["Ruby语言", "Ruby 语言"], ["Ruby 和语言"]),
    ],
)  # fmt: skip
def test_neighbours(query: str, finds: list[str], passes_over: list[str], tmp_path: Path) -> None:
    index = library(tmp_path, *finds, *passes_over)
    assert found(index, parse(query)) == set(range(len(finds)))
    wanted = words_to_highlight(parse(query))
    assert [bool(find_hits(body, wanted)) for body in (*finds, *passes_over)] == [
        *[True] * len(finds), *[False] * len(passes_over)
    ]  # fmt: skip


def test_no_phrase_reaches_from_one_value_into_the_next(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path)
    fill(index, [article("one", "大象", tags=("牙科", "C"), authors=("#topic",))])
    assert index.searcher.count(parse("大象 牙科")) == 1
    for query in ("象牙", '"象 牙"', '"象，牙"', '"C #topic"', "C#"):
        assert index.searcher.count(parse(query)) == 0, query


WRITTEN = st.lists(
    st.sampled_from([
        *"象牙大科のス한국ไท", *"aC3", "net", "é", "й", "★", "👍",
        *"#+.&'-,", "a-C", "C.a.", "a'T", "net-é", "don’t", "/",
        "。", "，", "、", "「", "・", " ", "  ", "\n",
        "\n\n", "\u3000", "\u200b", "\u00a0",
        "**", "*", "~~", "`", "_", "[", "](u)", "[[", "]]", "- ", "> ", "\ud800",
    ]),
    max_size=14,
).map("".join)  # fmt: skip


def asked(text: str, start: int, size: int, prefix: bool) -> Words | None:
    """A phrase of a text, as a query has it."""
    parts = to_tokens(join_tokens(to_tokens(text)[start : start + size]))
    return Words(Field.BODY, parts, prefix and parts[-1].isalnum()) if parts else None


@pytest.mark.slow
@given(
    st.lists(WRITTEN, min_size=1, max_size=12),
    st.lists(
        st.tuples(WRITTEN, st.integers(0, 6), st.integers(1, 5), st.booleans()),
        min_size=1,
        max_size=12,
    ),
)
@examples(60, suppress=[HealthCheck.function_scoped_fixture])
@example(["``a`a``"], [("a a", 0, 2, False)])
@example(["象，牙", "象牙", "C #a", "C#"], [("象牙", 0, 2, False), ("C#", 0, 2, False)])
def test_the_index_and_the_hits_agree(
    bodies: list[str], phrases: list[tuple[str, int, int, bool]]
) -> None:
    with TemporaryDirectory() as directory:
        index = library(Path(directory), *bodies)
        texts = [*(phrase for phrase in phrases), *((body, 0, 3, False) for body in bodies)]
        seen = [read_shown_text(body).text for body in bodies]
        forms = {form for text in seen for form in find_joined_forms(fold_text(text))}
        wanted = {asked(*one) for one in texts}
        wanted |= {Words(Field.BODY, (form,)) for form in forms}
        wanted |= {Words(Field.BODY, (form[:-1],), is_prefix=True) for form in forms}
        for words in wanted - {None}:
            assert words is not None
            marked = {n for n, text in enumerate(seen) if find_hits(text, [words])}
            assert found(index, Query(words)) == marked, words


def test_a_gap_is_no_word(tmp_path: Path) -> None:
    index = library(tmp_path, "大象，牙科", "a C# b")
    for words in (
        Words(Field.BODY, (".",), match_kind=MatchKind.PATTERN),
        *(
            Words(Field.BODY, (one,), match_kind=MatchKind.PATTERN)
            for one in (GAP, f"\\{GAP}", "[^a]", "(.|b)", "x?.?")
        ),
    ):
        marked = {n for n, body in enumerate(("大象，牙科", "a C# b")) if find_hits(body, [words])}
        assert found(index, Query(words)) == marked
    for sign in ("!", "? !"):
        assert found(index, parse(sign)) == set()
