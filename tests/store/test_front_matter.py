"""Front matter: every form is read, nothing is lost, and what is broken is named and shown."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.store.front_matter import parse, toml_head, write
from rilo_reader.store.front_matter_syntax import HEADER_LIMIT, Document, Syntax
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples

FORMS = [
    ("+++\ntitle = 'A'\ndraft = true\n+++\n\nBody\n", Syntax.TOML, {"title": "A", "draft": True}),
    ("---\ntitle: A\ntags: [b, c]\n---\nBody\n", Syntax.YAML, {"title": "A", "tags": ["b", "c"]}),
    ("---\ntitle: A\n...\nBody\n", Syntax.YAML, {"title": "A"}),
    ("---\n---\nBody\n", Syntax.YAML, {}),
    ('{"title": "A", "n": {"m": 1}}\n\nBody\n', Syntax.JSON, {"title": "A", "n": {"m": 1}}),
    ('{\n  "title": "A"\n}\nBody\n', Syntax.JSON, {"title": "A"}),
    ("Title: A\nDate: 2019-03-07\n\nBody\n", Syntax.HEADERS, {"Title": "A", "Date": "2019-03-07"}),
    ("title: A\n  continued\nauthor: B\nauthor: C\n\nBody\n", Syntax.HEADERS,
     {"title": "A continued", "author": ["B", "C"]}),
    ('%{\n  title: "A",\n  tags: ~w(b c)\n}\n---\nBody\n', Syntax.ELIXIR,
     {"title": "A", "tags": ["b", "c"]}),
    ("# A\n\nBody\n", Syntax.NONE, {}),
    ("", Syntax.NONE, {}),
]  # fmt: skip


@for_each("text, form, metadata", FORMS)
@for_each("line_end", ["\n", "\r\n", "\r"])
@for_each("before", ["", "\ufeff", "\n\n", "\ufeff\n"])
def test_every_form_is_read(
    text: str, form: Syntax, metadata: dict[str, object], line_end: str, before: str
) -> None:
    text = before + text.replace("\n", line_end)
    document = parse(text)
    assert document.syntax is form
    assert document.metadata == metadata
    assert document.faults == ()
    if form is not Syntax.NONE:
        assert document.body == f"Body{line_end}"
    assert document.head + document.body == text
    assert write(document) == text


@for_each(
    "text",
    [
        "--- title: A ---\nBody",
        "----\ntitle: A\n----\nBody",
        " ---\ntitle: A\n---\nBody",
        "Text\n---\ntitle: A\n---\nBody",
        "---\n\nA rule, then text.\n\n---\n\nMore.",
        "---\nJust a rule above a text.",
        "---\n# Title\n\nText.\n\n---\n\nMore.",
        "---\n# Title\n---\nMore.",
        "---\n\n# Title\n\nNote: text with a colon: and more.\n\n---\nMore.",
        "---\n**Authors:** A, B\n\n**Date:** May\n\n---\nMore.",
        "---\n- a\n- b\n---\nx",
        "---\n# Title\n" + "x\n" * HEADER_LIMIT + "---\n",
        "++++\na = 1\n++++\n",
        "{% extends x %}\n",
        '{"a": 1} and text\n',
        "{ not json }\n",
        '%{ title: "A" }\n\nBody\n',
        '%{ title: "A" } and text\n---\nBody\n',
        "%{\n---\nBody\n",
        "Note: this is a text.\n\nBody",
        "Title: A\nand a line without a key\n\nBody",
        "https://a.example/\n\nBody",
        "-",
        "{",
        "+",
    ],
)
def test_what_is_no_front_matter_is_body(text: str) -> None:
    document = parse(text)
    assert (document.syntax, document.metadata, document.faults) == (Syntax.NONE, {}, ())
    assert document.body == text


@for_each(
    "text, line, says, salvaged",
    [
        ("---\ntitle: A: B\ndate: 2019\n---\nx", 2, "colon", {"title": "A: B", "date": "2019"}),
        ("---\ntitle: A\ntags:\n- @b\n---\nx", 4, "“@”", {"title": "A"}),
        ("\n\n---\ntitle: A\nx: 'y\n---\nx", 6, "quotation", {"title": "A", "x": "y"}),
        ("---\n# Title\n\ntitle: A: B\n---\nx", 4, "colon", {"title": "A: B"}),
        ("---\n<% tp.date %>\nkind: A: B\n---\nx", 3, "", {"kind": "A: B"}),
        ("---\ntitle: A\n\nNo end", 1, "no closing --- line", {"title": "A"}),
        ("+++\ntitle = 'A'\n\nNo end", 1, "no closing +++ line", {"title": "A"}),
        ('+++\ntitle = "A"\nx = \n+++\nx', 3, "Invalid value", {"title": "A"}),
        ('+++\ntitle = "A"\ntitle = "B"\n+++\n', 3, "overwrite", {"title": "B"}),
        ('+++\r\ntitle = "A"\r\ndate = 2019-02-30\r\n+++\r\n', 3, "Invalid date", None),
        ('{\n"title": "A",\n"x": nope\n}\nx', 3, "Expecting value", {"title": "A"}),
        ("---\na: &a [*a]\n---\n", 2, "too large", None),
        ("+++\na = " + "[" * 5000 + "\n+++\n", 2, "deep", None),
        ('{"a": ' + "[" * 100_000, 1, "deep", None),
        ('%{\n  title: "A",\n  tags: [b\n}\n---\nx', 4, "bracket", {}),
        ("---\na: " + "[" * 100_000 + "\n---\n", 2, "", None),
        ("---\nx: " + "y" * HEADER_LIMIT + "\n---\n", 2, "longer than", None),
    ],
)
def test_broken_front_matter_is_named_and_shown_whole(
    text: str, line: int, says: str, salvaged: dict[str, object] | None
) -> None:
    document = parse(text)
    (fault,) = document.faults
    assert fault.line == line
    assert says in fault.reason
    assert fault.reason.endswith(".")
    assert document.body == text
    assert write(document) == text
    if salvaged is not None:
        assert document.metadata == salvaged


WHOLE = {
    "---": '---\nlayout: post\ntitle: Good title\ndate: 2024-01-02\ntags: [a, "b"]\n---\n\nText.\n',
    '"': '---\ntags:\n  - a\ntitle: "Good title"\ndraft: false\n---\n\nText.\n',
    "+++": '+++\ntitle = "Good title"\ndate = 2024-01-02\ntags = ["a", "b"]\n+++\n\nText.\n',
    "{": '{\n  "title": "Good title",\n  "tags": ["a"],\n  "date": "2024-01-02"\n}\n\nText.\n',
}


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE)
@given(data=st.data())
@examples(300)
def test_a_header_keeps_its_title_while_it_is_edited(whole: str, data: st.DataObject) -> None:
    """As an editor saves it halfway: a piece of it gone, or a key that is only begun."""
    title = whole.index("Good title")
    before = whole.index("\n") + 1, whole.rindex("\n", 0, title)
    after = whole.index("\n", title) + 1, whole.rindex("\n", 0, whole.index("\n\nText."))
    part = data.draw(st.sampled_from([part for part in (before, after) if part[0] <= part[1]]))
    start, end = sorted((data.draw(st.integers(*part)), data.draw(st.integers(*part))))
    typed = st.sampled_from(["", '"', "'", "[", "{", ":", "tags: [", "x: y: z", "- ", "&x"])
    edited = whole[:start] + data.draw(typed) + whole[end:]
    # A line that begins with a space goes on with the one before it, in YAML.
    assert str(parse(edited).metadata.get("title", "")).startswith("Good title")


def test_a_quotation_mark_that_is_not_closed_yet_is_none_of_the_title() -> None:
    assert parse('---\ntitle: "Good titl\n---\n').metadata["title"] == "Good titl"
    assert parse('+++\ntitle = "Good titl\n+++\n').metadata["title"] == "Good titl"
    assert parse('{\n"title": "Good titl\n}\n').metadata["title"] == "Good titl"


def test_the_oddities_of_yaml_are_no_faults() -> None:
    text = """---
title: No
version: 1.10
country: NO
when: 2013-02-30
zone: 2019-03-07 10:00:00 2019 +0530
number: 0o17
time: 12:30:45
nothing: ~
empty:
tagged: !ruby/object:Date {day: 1}
code: !!python/object/apply:os.system [ls]
7: seven
true: yes
? [a, b]
: pair
title: twice
tab:\tvalue
template: {{ page.title }}
control: "a\x07b"
<<: {merged: yes, title: merged}
---
"""
    document = parse(text)
    assert document.faults == ()
    assert document.metadata == {
        "title": "twice", "version": "1.10", "country": "NO", "when": "2013-02-30",
        "zone": "2019-03-07 10:00:00 2019 +0530", "number": "0o17", "time": "12:30:45",
        "nothing": None, "empty": None, "tagged": {"day": "1"}, "code": ["ls"], "7": "seven",
        "true": "yes", "['a', 'b']": "pair", "tab": "value", "control": "ab", "merged": "yes",
        "template": {"{'page.title': None}": None},
    }  # fmt: skip


def test_the_ways_to_write_a_value_in_elixir() -> None:
    text = '''%{
  # a comment
  title: ~s(It's "done"),
  author: "A \\"B\\" ~w(C)",
  tags: ["x, y", "z"],
  date: ~D[2024-05-01],
  draft: false,
  description: """
  Two
  lines
  """,
}
---

Body
'''
    document = parse(text)
    assert document.faults == ()
    assert document.body == "Body\n"
    assert document.metadata == {
        "title": 'It\'s "done"', "author": 'A "B" ~w(C)', "tags": ["x, y", "z"],
        "date": "2024-05-01", "draft": "false",
        "description": "  Two\n  lines\n  ",
    }  # fmt: skip


def test_an_alias_bomb_ends_early() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    merges = ["m0: &m0 {k: v}"]
    merges += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}]}}" for n in range(1, 30)]
    for bomb in (lines, merges):
        document = parse("---\n" + "\n".join(bomb) + "\n---\nBody")
        assert "too large" in document.faults[0].reason


def test_a_changed_document_is_written_as_toml_and_loses_nothing() -> None:
    text = (
        "---\ntitle: A\ndate: 2019-03-07\nweight: 10\nhidden: true\nratio: 1.5\nodd: 2013-02-30\n"
        "nothing:\nnested: {a: [1, {b: c}]}\nmixed: [1, x, null]\n---\n\n\nBody\r\n  as it was \n\n"
    )
    document = parse(text)
    written = write(document, {**document.metadata, "title": "B"})
    head, _, rest = written.removeprefix("+++\n").partition("+++\n\n")
    assert tomllib.loads(head) == {
        "title": "B", "date": date(2019, 3, 7), "weight": 10, "hidden": True, "ratio": 1.5,
        "odd": "2013-02-30", "nested": {"a": [1, {"b": "c"}]}, "mixed": [1, "x"],
    }  # fmt: skip
    assert rest == document.body == "Body\r\n  as it was \n\n"


def test_a_changed_document_whose_header_was_broken_keeps_it_in_the_body() -> None:
    document = parse("---\ntitle: A: B\n---\nBody")
    written = write(document, {"title": "C"})
    assert written == '+++\ntitle = "C"\n+++\n\n---\ntitle: A: B\n---\nBody'


def test_metadata_that_toml_cannot_say_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="cannot be written as TOML"):
        toml_head({"a": loop})


piece = st.one_of(
    st.sampled_from(
        ["---", "+++", "...", "{", "}", "title: A", "date: 2019-03-07", "- b", "  - c", "tags:",
         "a = 1", 't = "x"', "[t]", '"k": 1,', "Title: x", "", " ", "# H", "---  ", "a: b: c",
         "x: 'y", "x: &a [*a]", "\tx: y", "\ufeff", "title: |", "  text", "{a: 1}", "%YAML 1.2"]
    ),
    st.text(max_size=12),
)  # fmt: skip
texts = st.builds(
    lambda pieces, ends: "".join(
        part + ends[index % len(ends)] for index, part in enumerate(pieces)
    ),
    st.lists(piece, max_size=12),
    st.lists(st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n", ""]), min_size=1, max_size=3),
)


@pytest.mark.slow
@given(texts)
@examples(1500)
@example("---\n---\n---\n")
@example("+++\n+++")
@example("\ufeff---\n\n---\n\r\n")
def test_no_text_is_ever_lost(text: str) -> None:
    document = parse(text)
    assert document.head + document.body == text
    assert write(document) == text
    again = parse(write(document))
    assert repr(again) == repr(document)


values = st.recursive(
    st.one_of(
        st.text(max_size=20),
        st.integers(-(2**63), 2**63 - 1),
        st.booleans(),
        st.floats(allow_nan=False),
        st.dates(),
        st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.dictionaries(st.text(max_size=10), values, max_size=6), st.text(max_size=60))
@examples(400)
def test_what_is_written_is_read_again(metadata: dict[str, object], body: str) -> None:
    text = write(Document(Syntax.NONE, metadata, body))
    if metadata:
        document = parse(text)
        assert document.faults == ()
        assert document.metadata == metadata
        assert document.body == body.lstrip("\r\n")
        assert write(document) == text
    else:
        assert text == body


@pytest.mark.parametrize(
    ("data", "folder"),
    [
        (samples, "json"),
        pytest.param(corpus, "JSONTestSuite/test_parsing", marks=pytest.mark.corpus),
    ],
)
def test_json_is_read_or_shown_whole(data: Data, folder: str) -> None:
    files = sorted((data("spec") / folder).glob("*.json"))
    assert files
    for file in files:
        text = file.read_bytes().decode(errors="replace")
        document = parse(text)
        assert document.head + document.body == text, file
        assert write(document) == text, file
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            assert document.syntax is Syntax.JSON
            assert repr(document.metadata) == repr(value), file
