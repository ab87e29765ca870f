"""What is written with hyphens, dots or apostrophes is found as it is written together."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import Article, Field
from rilo_reader.index.index import SearchIndex
from rilo_reader.library.snippets import make_snippet
from rilo_reader.query.joined_forms import find_joined_forms, iter_joined_places
from rilo_reader.query.match import find_hits
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import fold_text, joined_form_of, to_tokens
from rilo_reader.query.tree import Words, words_to_highlight
from tests.index.test_index import article, fill
from tests.query.test_analysis import TEXTS
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.marked import Marked


@for_each(
    "text, expected",
    [
        ("e-mail, E-Mail, e\u2011mail e‐mails", "email emails"),
        ("U.S.A. U.S.-led, Ph.D. e.g. U.K.", "eg phd uk us usa"),
        ("don't don’t O'Brien L’Oréal", "dont loreal obrien"),
        ("COVID-19 H-1B F-16", "covid19 f16 h1b"),
        ("mother-in-law, state-of-the-art", "motherinlaw"),
        ("McDonald's and the week's", "mcdonalds"),
        ("It's, we'll, I'd: other words", ""),
        ("из-за", "изза"),
        ("**e-mail** _e-mail_ [e-mail](a) 象e-mail象", "email"),
        ("2019-03-07 1.2.3 v1.2 10-20 3.5", ""),
        ("example.org https://a-b.org/c-d x-y@e-mail.org a/b-c?d-e=f-g node.js", ""),
        ("a--b word—word 2010–2019 a-b-c-d-e -a a- 'a' a.b.-c", "ab"),
        ("a" * 21 + "-b", ""),
        ("-".join("a" * 40), ""),
    ],
)
def test_what_is_written_together(text: str, expected: str) -> None:
    assert sorted(find_joined_forms(fold_text(text))) == expected.split()


@given(TEXTS | st.text(st.sampled_from("aZ1é'-._/ 象"), max_size=30))
@examples(400)
@example("象_e-mail_, U.S.-led a-b/c")
def test_its_places_hold_its_letters(text: str) -> None:
    folded = fold_text(text)
    places = list(iter_joined_places(folded.decode()))
    assert {form for form, _, _, _ in places} == find_joined_forms(folded)
    for form, first, start, end in places:
        parts = to_tokens(folded.decode()[start:end])
        assert "".join(parts) == form
        assert parts[0] == first


@given(TEXTS)
def test_what_a_word_is_together_holds_its_tokens(word: str) -> None:
    assert joined_form_of(word) in {"", "".join(to_tokens(word))}


@pytest.mark.slow
def test_a_long_chain_takes_no_longer_than_its_length() -> None:
    for chain in (
        "a-" * 200_000,
        "a-b " * 50_000,
        "a.b" * 100_000,
        "'a" * 100_000,
        "a-" * 200_000 + "/",
    ):
        assert find_joined_forms(fold_text(chain)) <= {"ab"}
        list(iter_joined_places(chain))


BODIES = [
    "An e-mail.",
    "An email.",
    "He e mails.",
    "The U.S.A. and us",
    "Don’t.",
    "A 'mail'",
    "dont",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    """It is only read."""
    index = SearchIndex(tmp_path_factory.mktemp("joined"))
    with_head = article(
        "head", "Rock-n-roll", "", authors=("Flann O'Brien",), tags=("well-known",), source="E-News"
    )
    fill(index, [*(article(f"{n}", "", body) for n, body in enumerate(BODIES)), with_head])
    return index


@pytest.mark.slow
@for_each(
    "query, found, hits",
    [
        ("email", "0 1", ["e-mail", "email"]),
        ("e-mail", "0 1", ["e-mail", "email"]),
        ('"e-mail"', "0", ["e-mail"]),
        ("mail", "0 5", ["mail", "mail"]),
        ("emai*", "0 1", ["e-mail", "email"]),
        ("em*", "0 1", ["e-mail", "email"]),
        ("USA", "3", ["U.S.A"]),
        ("U.S.A.", "3", ["U.S.A"]),
        ("us", "3", ["us"]),
        ("dont", "4 6", ["Don’t", "dont"]),
        ("don't", "4 6", ["Don’t", "dont"]),
        ('"an email"', "1", ["An email"]),
        ("/emai./", "1", ["email"]),
        ("-e-mail don't", "4 6", ["Don’t", "dont"]),
        ("rocknroll", "head", []),
        ("title:rocknroll", "head", []),
        ("obrien", "head", []),
        ("author:obrien", "head", []),
        ("tag:wellknown", "head", []),
        ("source:enews", "head", []),
        ("body:rocknroll", "", []),
        ('"known wellknown"', "", []),
    ],
)
@for_each("with_starts", [False, True])
def test_found_and_marked(
    query: str, found: str, hits: list[str], with_starts: bool, index: SearchIndex
) -> None:
    if with_starts:
        with index.hold_writer() as writer:
            writer.with_prefixes = True
            for n, body in enumerate(BODIES):
                writer.add(article(f"{n}", "", body), 2)
            writer.commit()
    rows = index.searcher.search(parse(query), 0, 20).rows
    assert sorted(row.id for row in rows) == found.split()
    wanted = words_to_highlight(parse(query))
    marked = [body[a:b] for body in BODIES for a, b in find_hits(body, wanted)]
    assert marked == hits


def test_an_own_tag_is_found_as_well(index: SearchIndex) -> None:
    tagged = Marked(tags={"to-do": {"3"}}).on(index)
    for query in ("tag:todo", "todo", "tod*", "to-do"):
        assert tagged.searcher.count(parse(query)) == 1, query


def test_no_completion_offers_what_nobody_wrote(index: SearchIndex) -> None:
    assert [value.text for value in index.searcher.suggest("em", Field.ANYWHERE, 5)] == ["email"]
    assert index.searcher.suggest("usa", Field.ANYWHERE, 5) == ()
    assert index.searcher.suggest("rockn", Field.TITLE, 5) == ()


def test_a_beginning_marks_no_more_of_a_word_than_it_begins() -> None:
    text = "A well-known e-mail"
    begun = Words(Field.TEXT, ("wel",), is_prefix=True)
    assert [text[a:b] for a, b in find_hits(text, [begun])] == ["well"]
    further = Words(Field.TEXT, ("wellk",), is_prefix=True)
    assert [text[a:b] for a, b in find_hits(text, [further])] == ["well-known"]


def test_a_snippet_shows_it() -> None:
    one: Article = article("one", "", "word " * 200 + "an **e-mail** came " + "word " * 200)
    found = make_snippet(one, parse("email"), 60)
    assert found is not None
    assert [found.text[a:b] for a, b in found.hits] == ["e-mail"]
