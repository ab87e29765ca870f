"""A query as a condition in SQL: nothing of its text is in the statement."""

from __future__ import annotations

from rilo_reader.plugins.archive.conditions import SqlCondition, make_condition
from rilo_reader.query.parser import parse
from tests.support.for_each import for_each

WORDS = ["ivory", "ivories"]


def compiled(text: str) -> tuple[str, list[object]]:
    asked = []

    def vocabulary(where: SqlCondition) -> list[str]:
        asked.append(where.values)
        letter = "" if "word < 'A'" in where.text else "T"
        return [letter + word for word in WORDS]

    found = make_condition(parse(text).node, vocabulary)
    return found.text, [*found.values.values(), *asked]


@for_each(
    "query, words",
    [
        ("ivory", "'ivory'"),
        ("ivor*", "'ivor':*"),
        ("ivory -ebay", "('ivory' & !('ebay'))"),
        ("-ebay", "!('ebay')"),
        ("ivory OR horn", "('ivory' | 'horn')"),
        ("title:ivory", "'Tivory'"),
        ("title:c", "'Tc':A"),
        ("body:ivory", "'ivory':CD"),
        ("x", "'x':AD"),
        ('source:="Asia Post"', "'=SAsia Post'"),
        ("象牙", "'Z象牙'"),
        ("/ivor(y|ies)/", "('ivory':AD | 'ivories':AD)"),
        ("title:~ivory", "('Tivory':A | 'Tivories':A)"),
    ],
)
def test_most_queries_are_one_tsquery(query: str, words: str) -> None:
    text, values = compiled(query)
    assert text == "w.tsv @@ %(p0)s::tsquery"
    assert values[0] == words


def test_a_phrase_is_looked_up_in_windows_where_it_is_unsure() -> None:
    text, values = compiled('"ivory horn"')
    assert "w.unsure" in text
    assert values == ["'ivory' <-> 'horn'", "'ivory' & 'horn'"]


@for_each(
    "query",
    [
        "it's",
        'author:="Robert\'); drop table log; --"',
        'source:="%(p0)s {} \\\'"',
        "tag:=\"a' | 'b\"",
        "/x';.*/",
        "~x'yz",
        "is:read after:2020 -'); horn",
    ],
)
def test_nothing_of_a_query_is_in_the_statement(query: str) -> None:
    text, _ = compiled(query)
    without, _ = compiled("is:read after:2020 ivory")
    known = set("".join(without).split()) | {"or", "false", "not", "exists", "true"}
    for part in text.split():
        assert part in known or part.strip("()").startswith("%(p") or "'" not in part, text
    assert "drop" not in text
    assert "horn" not in text


def test_a_quote_cannot_leave_its_lexeme() -> None:
    _, values = compiled("tag:=\"a' | 'b\"")
    assert values == ["'=Ga'' | ''b'"]
    _, values = compiled('tag:="a\\\\b"')
    assert "\\\\" in str(values[0])


def test_a_pattern_becomes_one_of_postgresql() -> None:
    _, values = compiled("/a{,3}b/")
    assert values[1] == {"regex": "^(?:a{0,3}b)$"}


def test_near_words_keep_their_beginning_or_their_end() -> None:
    _, [_, asked] = compiled("~abcd")
    assert isinstance(asked, dict)
    assert (asked["start"], asked["end"]) == ("a%", "%cd")
    assert {"_abcd", "abcd_", "acd", "a_cd", "acbd", "abcd"} < {*asked["forms"]}
