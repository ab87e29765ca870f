"""Changing a query's text by a command: it means the change, and what was typed stays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId, Field
from rilo_reader.index.index import SearchIndex
from rilo_reader.query.edit import (
    add_restriction,
    has_term,
    remove_restriction,
    replace_feed_tag,
    replace_value,
    set_sort,
    to_finished_text,
    value_term,
)
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import to_tokens
from rilo_reader.query.tree import (
    And,
    FeedTag,
    MatchKind,
    Node,
    Not,
    Query,
    Sort,
    Words,
    clean_tag,
    fold_tag,
    replace_nodes,
)
from tests.index.test_index import fill
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.marked import Marked

FIELDS = st.sampled_from([Field.SOURCE, Field.TAG, Field.AUTHOR, Field.LANG])
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["RILO AP", 'The "Great" Wall', "C++", "人民日报", "a*", "(x)", "-1", "OR", "“q”", "=", "™"]
    ),
)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            [
                *("ivory", "post ", " OR ", "(", ")", '"', "-", " ", "source:", "~word", "NOT "),
                *("sort:oldest", "date:2019", "/iv.*/", 'tag:="a b"', "ivor*", "after:2019-0"),
                *("is:unread", "tag:=", "tag:=a "),
            ]
        ),
        max_size=10,
    ).map("".join),
)


@pytest.fixture
def library(tmp_path: Path) -> SearchIndex:
    values = ["data", "open data", "Data", "data-set", "C", "C++", 'the "data"', "人民", "人民日报"]
    index = SearchIndex(tmp_path)
    fill(
        index,
        [
            Article(
                ArticleId(f"a{number}"),
                f"{number}.md",
                "news",
                datetime(2015 + number, 1, 1, tzinfo=UTC),
                source=value,
                tags=tuple(values[number : number + 3]),
                authors=(value, "Ana"),
                lang="en" if number % 2 else "en-GB",
            )
            for number, value in enumerate(values)
        ],
    )
    return index


@pytest.mark.parametrize("text", ["", "news", "news OR absent", "-tag:set", 'date:2016.. "news'])
def test_the_count_of_a_facet_is_what_choosing_it_shows(library: SearchIndex, text: str) -> None:
    facets = library.searcher.facets(parse(text))
    total = library.searcher.count(parse(text))
    for field in (Field.SOURCE, Field.TAG, Field.AUTHOR, Field.LANG):
        values = facets[field]
        assert values
        for value in values:
            if '"' in value.text:
                continue  # it cannot be quoted, and is asked for by its words
            term = value_term(field, value.text)
            narrowed = parse(add_restriction(text, term))
            excluded = parse(add_restriction(text, f"-{term}"))
            assert library.searcher.count(narrowed) == value.hits, term
            assert library.searcher.count(excluded) == total - value.hits, term
    for value in facets[None]:
        narrowed = parse(add_restriction(text, f"date:{value.text}"))
        assert library.searcher.count(narrowed) == value.hits


def test_a_whole_value_finds_own_tags_too(library: SearchIndex) -> None:
    index = Marked(tags={"later": {"a0"}, "read later": {"a1"}}).on(library)
    assert index.searcher.count(parse('tag:="later"')) == 1
    assert index.searcher.count(parse('tag:="Later"')) == 0


@for_each("text", ["tag:=", 'source:=""', "lang:= x", "-author:="])
def test_a_whole_value_that_is_missing_is_a_fault(text: str) -> None:
    (fault,) = parse(text).faults
    assert "value" in fault.reason


def test_a_whole_value_is_a_beginning_while_it_is_typed() -> None:
    assert parse("tag:=op", typing=True) == parse("tag:op", typing=True)
    assert parse('tag:="open da', typing=True).node == parse('tag:"open da', typing=True).node
    assert parse("tag:=", typing=True) == Query()


def node(text: str) -> Node:
    return parse(text).node


def searchable(text: str) -> bool:
    """Whether a text has more than signs, which are searched for only where nothing else is."""
    nodes = [one.node if isinstance(one, Not) else one for one in parts(parse(text).node)]
    words = [" ".join(one.tokens) for one in nodes if isinstance(one, Words)]
    return all(to_tokens(word) for word in words)


def parts(query: Node) -> tuple[Node, ...]:
    return query.nodes if isinstance(query, And) else (query,)


@given(FIELDS, VALUES)
@examples(400)
def test_a_value_is_asked_for_whole_or_by_its_words(field: Field, value: str) -> None:
    term = value_term(field, value)
    if not term:
        assert not to_tokens(value)
        return
    by_words = Words(field, to_tokens(value))
    whole = Words(field, (value,), match_kind=MatchKind.WHOLE)
    for typing in (False, True):
        query = parse(term, typing=typing)
        assert query in (Query(whole), Query(by_words))
        assert parse(f"-{term}", typing=typing) == Query(Not(query.node))
    if not set(value) & set('"“”') and value == " ".join(value.split()):
        assert node(term) == whole


@pytest.mark.slow
@given(TEXTS, FIELDS, VALUES, st.booleans())
@examples(400)
def test_a_restriction_narrows_to_exactly_itself(
    text: str, field: Field, value: str, excludes: bool
) -> None:
    term = value_term(field, value)
    if not term or not searchable(text):
        return
    term = f"-{term}" if excludes else term
    restricted = add_restriction(text, term)
    before, after = parse(text), parse(restricted)
    assert set(parts(after.node)) == {*parts(node(term)), *parts(before.node)}
    assert after.sort is before.sort
    assert has_term(restricted, term)
    assert add_restriction(restricted, term) == restricted
    if not has_term(text, term):
        lifted = parse(remove_restriction(restricted, term))
        assert (lifted.node, lifted.sort) == (before.node, before.sort)


@given(TEXTS, st.sampled_from(Sort))
@examples(200)
def test_the_order_changes_and_nothing_else(text: str, sort: Sort) -> None:
    if not searchable(text):
        return
    sorted_text = set_sort(text, sort)
    assert parse(sorted_text)[:2] == (node(text), sort)


@for_each(
    "text, term, restricted",
    [
        ("", 'source:="RILO AP"', 'source:="RILO AP"'),
        ("ivor", 'source:="RILO AP"', 'source:="RILO AP" ivor'),
        ("ivory ", "is:unread", "is:unread ivory "),
        ("a OR b ", "is:unread", "is:unread (a OR b )"),
        ("a OR b", "is:unread", "is:unread (a OR b)"),
        ('"post ch', "date:2019", 'date:2019 "post ch'),
        ("is:unread", "is:unread", "is:unread"),
        ("post is:unread", "is:unread", "post is:unread"),
        ("sort:oldest ivory", "-tag:=x", "-tag:=x sort:oldest ivory"),
    ],
)
def test_what_was_typed_stays_as_it_was(text: str, term: str, restricted: str) -> None:
    assert add_restriction(text, term) == restricted


def test_lifting_takes_the_words_and_leaves_the_rest() -> None:
    assert remove_restriction("is:unread post  channel", "is:unread") == "post  channel"
    assert remove_restriction("post is:unread", "is:unread").strip() == "post"
    assert remove_restriction('"is:unread" post', "is:unread") == '"is:unread" post'
    assert remove_restriction("is:unread (a OR b*)", "is:unread") == "(a OR b*)"
    assert remove_restriction("is:unread", "is:unread") == ""


SAVED = {"pets": "cat OR dog sort:oldest", "new": "is:unread post"}


@for_each(
    "text, term, restricted",
    [
        ("@pets", "is:starred", "is:starred @pets"),
        ("fox OR @pets", "is:starred", "is:starred (fox OR @pets)"),
        ("@new", "is:unread", "@new"),
    ],
)
def test_a_saved_search_keeps_its_name(text: str, term: str, restricted: str) -> None:
    assert add_restriction(text, term, saved_queries=SAVED) == restricted
    before = parse(text, saved=SAVED)
    after = parse(restricted, saved=SAVED)
    assert set(parts(after.node)) == {*parts(node(term)), *parts(before.node)}
    assert after.sort is before.sort


def test_what_a_saved_search_says_is_lifted_all_the_same() -> None:
    assert remove_restriction("@new", "is:unread", saved_queries=SAVED) == "post"
    assert set_sort("@pets", Sort.NEWEST, saved_queries=SAVED) == "sort:newest @pets"
    assert set_sort("@pets", Sort.RELEVANCE, saved_queries=SAVED) == "sort:relevance @pets"


def test_the_order_is_written_before_the_words() -> None:
    assert set_sort("ivor", Sort.RELEVANCE) == "sort:relevance ivor"
    assert set_sort("ivory sort:oldest", Sort.RELEVANCE) == "sort:relevance ivory "
    assert set_sort("sort:relevance ivor", Sort.NEWEST) == "ivor"
    assert set_sort("", Sort.RELEVANCE) == "sort:relevance"


@for_each(
    "text, after",
    [
        ('source:="Old name"', 'source:="New"'),
        (
            'is:unread (source:="Old name" OR source:="Other")  sort:oldest',
            'is:unread (source:="New" OR source:="Other")  sort:oldest',
        ),
        ('-source:="Old name" ivory', '-source:="New" ivory'),
        ('tag:="Old name" "Old name" old', 'tag:="Old name" "Old name" old'),
        ('source:="Old name, too"', 'source:="Old name, too"'),
        ('source:"Old name"', 'source:"Old name"'),
        ("", ""),
    ],
)
def test_another_value_is_asked_for(text: str, after: str) -> None:
    assert replace_value(text, Field.SOURCE, "Old name", "New") == after


def test_another_value_of_one_word_and_one_that_cannot_be_quoted() -> None:
    assert replace_value("(source:=NPR OR x)", Field.SOURCE, "NPR", "A b") == (
        '(source:="A b" OR x)'
    )
    assert replace_value("source:=NPRs", Field.SOURCE, "NPR", "b") == "source:=NPRs"
    assert replace_value('source:="a"', Field.SOURCE, "a", 'The "Wall"') == 'source:"the wall"'
    # It holds no word to ask for.
    assert replace_value('source:="a"', Field.SOURCE, "a", '"') == 'source:="a"'


@given(TEXTS, FIELDS, VALUES, VALUES)
def test_asking_for_another_value_changes_that_alone(
    text: str, field: Field, old: str, new: str
) -> None:
    whole = Query(Words(field, (old,), match_kind=MatchKind.WHOLE))
    term, other = value_term(field, old), value_term(field, new)
    if parse(term) != whole or parse(other) == whole or not other:
        return
    before = add_restriction(text, term)
    after = replace_value(before, field, old, new)
    assert after == before or (
        set(parts(parse(after).node)) - set(parts(parse(before).node)) <= {parse(other).node}
    )
    assert replace_value(term, field, old, new) == other


@for_each(
    "typed, shown",
    [
        ("/COVID-1.", "COVID*"),
        ("/gletsch.", "/gletsch.*"),
        ("/gletsch", "gletsch*"),
        ("(x title:/gletsch", "(x title:gletsch*)"),
        ("x title:/COVID-1.", "x title:COVID*"),
        ("(x /a.b-c+", "(x a*)"),
        ("/冰.", "/冰."),
        ("-/COVID-1.", "-COVID"),
        ("tag:=COVID-1", 'tag:"COVID-1*"'),
    ],
)
def test_what_is_half_typed_is_kept_as_what_it_shows(typed: str, shown: str) -> None:
    assert to_finished_text(typed) == to_finished_text(shown) == shown
    assert parse(shown) == parse(typed, typing=True)


TAG_TEXTS = st.lists(
    st.sampled_from(
        ["feeds:news", 'feeds:"News/a b"', "feeds:news*", "feeds:x", '"feeds:news"', " OR ", "(",
         ")", " ", "-", '"', "feeds:", 'feeds:""', "feeds:*", "title:a"]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(TAG_TEXTS, st.sampled_from(["press", "my press", "news/world", 'q"r', "ü*", "News"]))
@examples(100)
def test_a_renamed_tag_is_another_in_the_tree_or_nothing_changes(text: str, new: str) -> None:
    def rename(tag: str) -> str:
        return new if tag == "news" else tag

    def rename_node(node: Node) -> Node:
        if isinstance(node, FeedTag) and fold_tag(node.tag) == "news":
            return node._replace(tag=clean_tag(new))
        return node

    after = replace_feed_tag(text, rename)
    assert after == text or parse(after).node == replace_nodes(parse(text).node, rename_node)
    assert replace_feed_tag(text, lambda tag: tag) == text
