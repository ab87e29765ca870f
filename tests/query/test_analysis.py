"""Text to tokens, and where the tokens of a query stand in a text."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pytest
import tantivy
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import Field
from rilo_reader.index import schema
from rilo_reader.query import match
from rilo_reader.query import tokens as analysis
from rilo_reader.query.match import find_hits
from rilo_reader.query.tokens import GAP, join_tokens, prepare_text, stands_alone, to_tokens
from rilo_reader.query.tree import Words
from tests.support.examples import examples
from tests.support.for_each import for_each

DECOMPOSED = unicodedata.normalize("NFD", "한국어")
ANALYZER = schema.make_analyzer()

# Texts of all scripts, with what is hard more often than chance would have it.
HARD = st.sampled_from(
    "C+#&.'’-_ aZé\u0301ßİıøđйи\u0306ёς日本ーがか\u3099ﾃｶﾞ한ᄒ\u1161ᆫกำ\u0e31ខ្ক\u09c7\u09be"
    "هُمـأی★😀👍🏽👨\u200d👩🇫🇷\ufe0f½①™２Ａ＋٣\x01\x00\n\t\u00a0\u200b\ud800\U0001fae8"
)
TEXTS = st.lists(st.one_of(HARD, st.characters()), max_size=40).map("".join)


def words(*parts: str, prefix: bool = False) -> Words:
    return Words(Field.TEXT, parts, prefix)


def marked(text: str, *wanted: Words) -> list[str]:
    return [text[start:end] for start, end in find_hits(text, wanted)]


@for_each(
    "text, expected",
    [
        ("Ivory, customs-house: 2019_03", "ivory customs house 2019 03"),
        ("café cafe\u0301 CAFÉ", "cafe cafe cafe"),
        (
            "Straße STRASSE Ærø Đà Nẵng Łódź İstanbul Iğdır",
            "strasse strasse aero da nang lodz istanbul igdir",
        ),
        ("Ελληνικά ΟΔΟΣ οδός", "ελληνικα οδοσ οδοσ"),
        ("Ёлка ёлка й и\u0306 и", "елка елка й й и"),
        ("مُحَمَّد محمد كتـاب أحمد ٢٠١٩", "محمد محمد كتاب احمد 2019"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी", "हिन्दी"),
        ("日本語の語", "日 本 語 の 語"),
        ("がか\u3099ｶﾞ", "が が ガ"),
        ("한국어", "한 국 어"),
        (DECOMPOSED, "한 국 어"),
        ("ภาษาไทย", "ภ า ษ า ไ ท ย"),
        ("Ruby语言3月", "ruby 语 言 3 月"),
        ("ＡＢＣ１２", "abc12"),
        ("don't don’t websiteʼs", "don t don t websiteʼs"),
        ("C++ C# F# .NET ASP.NET AT&T A & B", "c + + ! c # ! f # ! ! . net asp net at & t a b"),
        ("The end. Next. #topic # heading", "the end next ! # topic heading"),
        ("COVID-19 e-mail U.S.", "covid 19 e mail u s"),
        ("★ 3★ €50 Foo™ x²", "★ 3 ★ € 50 foo x2"),
        ("§§12, §\u00a05 • a† ¶", "§ § 12 § 5 a"),
        ("大象，牙科", "大 象 ! 牙 科"),
        ("大象 牙科、。象", "大 象 ! 牙 科 ! 象"),
        ("大象 Ruby，牙", "大 象 ruby 牙"),
        ("象**牙** ~~象~~牙 `象`牙 [[象]]牙", "象 牙 ! 象 牙 ! 象 牙 ! 象 牙"),
        ("象[牙](u)科 [象]牙", "象 牙 u 科 ! 象 ! 牙"),
        ("大\u200b象 大\n象 大  \n象 大\n\n象", "大 象 ! 大 象 ! 大 ! 象 ! 大 ! 象"),
        ("수정할\n것 수정할 것", "수 정 할 ! 것 ! 수 정 할 ! 것"),
        ("ภาษา ไทย", "ภ า ษ า ! ไ ท ย"),
        ("C #include C#include", "c ! # include c # include"),
        ("a C# .NET", "a c # ! ! . net"),
        ("语言C#和.NET", "语 言 c # ! 和 ! . net"),
        ("👍🏽 👨‍👩‍👧 🇫🇷 ❤️", "👍 🏽 👨 👩 👧 🇫 🇷 ❤"),
        ("½ 3½ ﬁne ①", "½ 3½ fine 1"),
        ("BeReal soft\u00adhyphen zero\u200bwidth", "bereal softhyphen zero width"),
        ("", ""),
    ],
)
def test_tokens(text: str, expected: str) -> None:
    """A `!` stands for what parts neighbours."""
    assert " ".join(to_tokens(text)).replace(GAP, "!") == expected


@given(TEXTS)
@example("…net “.NET” —")
def test_text_is_prepared_the_same_with_and_without_the_way_back(text: str) -> None:
    assert match.fold_with_maps(text)[2].split() == prepare_text(text).split()


@pytest.mark.slow
@given(TEXTS)
@examples(400)
@example("a\u0301\u0301b")
@example("C++#&.net")
def test_the_index_splits_prepared_text_into_the_tokens(text: str) -> None:
    assert tuple(ANALYZER.analyze(prepare_text(text).strip(f" {GAP}"))) == to_tokens(text)


@given(st.text(st.characters(max_codepoint=127), max_size=80))
@examples(300)
def test_ascii_words_are_the_runs_of_letters_and_digits(text: str) -> None:
    runs = re.findall(r"[^\W_]+", text.lower())
    assert [token for token in to_tokens(text) if token.isalnum()] == runs


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_what_was_folded_before_does_not_tell(texts: list[str]) -> None:
    together = [prepare_text(text).split() for text in texts]
    analysis._RUNS.clear()
    assert [prepare_text(text).split() for text in texts] == together


@pytest.mark.slow
def test_what_was_folded_is_remembered_within_bounds() -> None:
    for start in range(0x4E00, 0x4E00 + 3 * analysis._REMEMBERED, 1_000):
        prepare_text(" ".join(map(chr, range(start, start + 1_000))))
    assert len(analysis._RUNS) <= analysis._REMEMBERED


ALPHABETIC = st.characters(categories=["L", "N", "P", "Zs"]).filter(
    lambda one: unicodedata.normalize("NFKD", one) == one and not stands_alone(one)
)


@pytest.mark.slow
@given(st.lists(st.one_of(ALPHABETIC, st.sampled_from("abZ09 -'’ʼ")), max_size=40).map("".join))
@examples(300)
def test_words_of_letters_are_the_runs_of_letters_and_digits(text: str) -> None:
    runs = [run for run in re.findall(r"[^\W_]+", text) if run.isascii()]
    found = list(to_tokens(text))
    for run in runs:  # each, in order
        found = found[found.index(run.lower()) + 1 :]


@given(TEXTS)
@examples(300)
def test_composed_and_decomposed_text_have_the_same_tokens(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert to_tokens(unicodedata.normalize("NFD", composed)) == to_tokens(composed)


@given(TEXTS)
@examples(300)
def test_tokens_written_together_read_as_the_same_tokens(text: str) -> None:
    assert to_tokens(join_tokens(to_tokens(text))) == to_tokens(text)


@for_each("token", ["+", "★", "語", "ไ", "한", "👍"])
def test_whole_tokens_stand_alone(token: str) -> None:
    assert stands_alone(token)


@for_each("token", ["a", "3", "й", "ab", "語語"])
def test_beginnings_of_words_do_not(token: str) -> None:
    assert not stands_alone(token)


@for_each("text, wanted, expected", [
        ("Café, cafe\u0301 and CAFE; cafés", [words("cafe")], ["Café"[0:4], "cafe\u0301", "CAFE"]),
        ("customs house, custom", [words("cust", prefix=True)], ["customs", "custom"]),
        ("post-channel, post\n\nchannel post", [words("post", "channel")],
         ["post-channel", "post\n\nchannel"]),
        ("post channels", [words("post", "chan", prefix=True)], ["post channels"]),
        ("Use C++ or C, not C#", [words("c", "+", "+")], ["C++"]),
        ("Use C++ or C, not C#", [words("c", "#")], ["C#"]),
        ("die Straße, Strassen", [words("strasse")], ["Straße"]),
        ("日本語の本", [words("本")], ["本", "本"]),
        ("日本語の本", [words("本", "語")], ["本語"]),
        (DECOMPOSED, [words("국")], [unicodedata.normalize("NFD", "국")]),
        ("👨‍👩‍👧!", [words("👨", "👩", "👧")], ["👨‍👩‍👧"]),
        ("don’t", [words("don", "t")], ["don’t"]),
        ("ab ab", [words("ab"), words("ab", "ab")], ["ab ab"]),
        ("xa ax a_a", [words("a")], ["a", "a"]),
        ("大象，牙科用象牙", [words("象", "牙")], ["象牙"]),
        ("大象，牙科，象牙", [words("象", GAP, "牙")], ["象，牙"]),
        ("象**牙**，象\n牙", [words("象", "牙")], ["象**牙", "象\n牙"]),
        ("C #include, C#", [words("c", "#")], ["C#"]),
        ("", [words("a")], []),
        ("abc", [], []),
    ])  # fmt: skip
def test_hits(text: str, wanted: list[Words], expected: list[str]) -> None:
    assert marked(text, *wanted) == expected


@pytest.mark.slow
@given(TEXTS, st.integers(0, 40), st.integers(1, 3), st.booleans())
@examples(300)
def test_what_is_found_in_a_text_is_marked_in_it(
    text: str, start: int, size: int, prefix: bool
) -> None:
    parts = to_tokens(text)[start : start + size]
    if not parts:
        return
    if prefix:
        parts = (*parts[:-1], parts[-1][:1])
    hits = find_hits(text, [words(*parts, prefix=prefix)])
    assert hits
    assert hits == sorted(hits)
    assert all(0 <= begin < end <= len(text) for begin, end in hits)
    assert all(before[1] <= after[0] for before, after in pairwise(hits))


@pytest.mark.slow
@given(TEXTS)
@examples(300)
def test_hits_are_where_the_word_is_read(text: str) -> None:
    for token in set(to_tokens(text)) - set(
        f"+#&.{GAP}"
    ):  # those are read by what stands beside them
        for start, end in find_hits(text, [words(token)]):
            # Without its neighbours a letter of a compound (ﬁ, ß, a digit) reads the same.
            assert token in to_tokens(text[start:end])


def test_hits_are_limited() -> None:
    assert find_hits("a " * 50, [words("a")], limit=7) == [(2 * n, 2 * n + 1) for n in range(7)]


def test_the_analyzer_is_the_one_that_the_schema_registers() -> None:
    index = tantivy.Index(schema.make_schema())
    index.register_tokenizer(schema.TOKENIZER, schema.make_analyzer())
    writer = index.writer(15_000_000, 1)
    document = tantivy.Document()
    document.add_text(schema.BODY, prepare_text("Café C++"))
    writer.add_document(document)
    writer.commit()
    index.reload()
    found = dict(index.searcher().terms_with_prefix(schema.BODY, ""))
    assert found == {"cafe": 1, "c": 1, "+": 1, GAP: 1}
