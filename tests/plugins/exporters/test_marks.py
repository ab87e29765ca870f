"""Highlights and notes in exported books, pages and JSON lines."""

from __future__ import annotations

import json
import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.annotations.anchors import Anchor, make_anchor
from rilo_reader.annotations.highlight import Highlight, from_fields, to_json
from rilo_reader.article import ArticleId
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.plugins.exporters.jsonl import ExportRecord, parse_records
from rilo_reader.store.marks import HIGHLIGHT
from tests.plugins.exporters.pages import xhtml_of
from tests.support.annotate import annotate
from tests.support.command_line import User
from tests.support.examples import examples

BODY = (
    "Bees *dance and* find `their way`.\n\n- They [return home](https://bees.example) at night.\n"
)


def highlight(name: str, exact: str, note: str = "", kind: int = 1) -> Highlight:
    return Highlight(name, Anchor(exact), kind, note)


def parsed(xhtml: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{xhtml}</div>")


def marked(xhtml: str) -> list[str]:
    """The texts of all marks, in order."""
    return ["".join(each.itertext()) for each in parsed(xhtml).iter("mark")]


def test_a_highlight_is_marked_in_every_element_that_it_crosses() -> None:
    xhtml = xhtml_of(
        BODY, "a1-", highlights=[highlight("aaaaaaa1", "dance and find their", kind=3)]
    )
    assert marked(xhtml) == ["dance and", " find ", "their"]
    assert '<em><mark id="a1-highlight-aaaaaaa1" class="kind3">dance and</mark></em>' in xhtml
    assert '<code><mark class="kind3">their</mark> way</code>' in xhtml
    across = xhtml_of(BODY, "a1-", highlights=[highlight("aaaaaaa1", "their way.\n\nThey return")])
    assert marked(across) == ["their way", ".", "They ", "return"]


def test_without_highlights_nothing_is_different() -> None:
    assert "<mark" not in xhtml_of(BODY, "a1-")
    assert "<aside" not in xhtml_of(BODY, "a1-", highlights=[highlight("aaaaaaa1", "find")])


def test_highlights_may_share_text() -> None:
    shared = [
        highlight("aaaaaaa1", "find their way"),
        highlight("aaaaaaa2", "dance and find", kind=2),
    ]
    xhtml = xhtml_of(BODY, "a1-", highlights=shared)
    assert 'class="kind1 kind2">find</mark>' in xhtml
    assert "".join(marked(xhtml)) == "dance and find their way"
    twice = [
        highlight("aaaaaaa1", "find their way", "One."),
        highlight("aaaaaaa2", "find their way"),
    ]
    assert "".join(marked(xhtml_of(BODY, "a1-", highlights=twice))) == "find their way"


def test_a_note_is_below_and_linked_both_ways() -> None:
    note = "Do <they>?\nYes & no."
    xhtml = xhtml_of(BODY, "a1-", highlights=[highlight("aaaaaaa1", "find", note)])
    tree = parsed(xhtml)
    (aside,) = tree.iter("aside")
    assert aside.get("id") == "a1-note-aaaaaaa1"
    assert "".join(aside.itertext()).startswith("1. Do <they>?Yes & no.")
    targets = {link.get("href") for link in tree.iter("a")} - {"https://bees.example"}
    assert targets == {"#a1-note-aaaaaaa1", "#a1-highlight-aaaaaaa1"}
    assert 'class="kind1">find</mark><sup><a href="#a1-note-aaaaaaa1" role="doc-noteref">1' in xhtml


def test_a_note_in_a_link_is_linked_behind_it() -> None:
    xhtml = xhtml_of(BODY, "a1-", highlights=[highlight("aaaaaaa1", "return", "Where?")])
    assert 'class="kind1">return</mark> home</a><sup><a href=' in xhtml
    assert all(not list(link.iter("a"))[1:] for link in parsed(xhtml).iter("a"))


def test_what_is_not_found_is_below_with_its_quotation() -> None:
    xhtml = xhtml_of(BODY, "a1-", highlights=[highlight("aaaaaaa1", "Wasps & sting.", "Gone.")])
    assert not marked(xhtml)
    (aside,) = parsed(xhtml).iter("aside")
    assert "".join(aside.itertext()) == "Wasps & sting.Gone."


_SYNTAX = (
    "one two three *four* **five** `six` [seven](https://x.example/) <b>eight</b> ~~nine~~ - > # | "
    "--- ``` &amp; \\* [^1] [^1]: <td> <li> </li> <table> ==mark== 蜜蜂"
)
_WORDS = st.sampled_from([*_SYNTAX.split(" "), "\n", "\n\n"])


@examples(150)
@given(
    st.lists(_WORDS, max_size=40).map(" ".join),
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 60), st.text(max_size=5)), max_size=5),
)
def test_marks_are_well_formed_and_change_no_text(
    body: str, places: list[tuple[int, int, str]]
) -> None:
    plain = parsed(xhtml_of(body, "a1-"))
    text = " ".join("".join(plain.itertext()).split())
    highlights = []
    for number, (start, length, note) in enumerate(places):
        if text[start : start + length].strip():
            anchor = make_anchor(text, start, start + length)
            highlights.append(Highlight(f"aaaaaaa{number}", anchor, number % 4 + 1, note))
    tree = parsed(xhtml_of(body, "a1-", highlights=highlights))
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for link in tree.iter("a"):
        href = link.get("href") or ""
        assert not href.startswith("#") or href[1:] in ids
        assert len(list(link.iter("a"))) == 1
    for parent in list(tree.iter()):
        for child in list(parent):
            if child.tag == "aside" or child.find("a[@role='doc-noteref']") is not None:
                tail = child.tail
                child.clear()
                child.tail = tail
    assert "".join("".join(tree.itertext()).split()) == "".join(text.split())


# -- on the command line ------------------------------------------------------------------------


def _library(user: User) -> None:
    user.article("a.md", "Bees", "2026-03-01", BODY, id='"a"')
    with open_library(user.library, user_paths()) as library:
        json_text = to_json(highlight("aaaaaaa1", "dance and find", kind=2))
        annotate(library.state, ArticleId("a"), "highlight:aaaaaaa1", json_text)
        annotate(library.state, ArticleId("a"), "note:aaaaaaa1", "Do they?")


def test_books_pages_and_lines_have_highlights(user: User) -> None:
    _library(user)
    for name in ("bees.html", "bees.epub", "bees.jsonl", "bees.atom"):
        assert user.ask("export", "--to", name).code == 0
    page = (user.home / "bees.html").read_text("utf-8")
    assert 'class="kind2">dance and</mark>' in page
    assert "Do they?" in page
    with zipfile.ZipFile(user.home / "bees.epub") as book:
        chapter = book.read("OEBPS/a1.xhtml").decode()
        assert "mark.kind2" in book.read("OEBPS/style.css").decode()
    assert [each.text for each in ElementTree.fromstring(chapter).iter() if "mark" in each.tag] == [
        "dance and",
        " find",
    ]
    (record,) = json.loads((user.home / "bees.jsonl").read_text("utf-8"))["highlights"]
    assert record.pop("made").endswith("+00:00")
    assert record == {
        **{"id": "aaaaaaa1", "exact": "dance and find", "prefix": "", "suffix": "", "start": 0},
        **{"kind": 2, "note": "Do they?"},
    }
    assert "<mark" not in (user.home / "bees.atom").read_text("utf-8")


def test_highlights_may_be_left_out(user: User) -> None:
    _library(user)
    assert user.ask("export", "--to", "bees.html", "--no-highlights").code == 0
    assert "<mark" not in (user.home / "bees.html").read_text("utf-8")
    assert user.ask("export", "--to", "bees.jsonl", "--no-highlights").code == 0
    assert json.loads((user.home / "bees.jsonl").read_text("utf-8"))["highlights"] == []


def test_highlights_come_back_from_json_lines(user: User) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    _library(user)
    user.ask("export", "--to", "bees.jsonl")
    other = user.home / "other"
    other.mkdir()
    assert user.run("import", "bees.jsonl", "--library", str(other), "--dry-run").code == 0
    assert user.run("import", "bees.jsonl", "--library", str(other)).code == 0
    with open_library(other, user_paths()) as library:
        (found,) = from_fields(library.state.annotations.read(ArticleId("a")))
        assert found._replace(made_at=None) == highlight(
            "aaaaaaa1", "dance and find", "Do they?", 2
        )
        annotate(library.state, ArticleId("a"), "highlight:aaaaaaa1", "")
    # What was removed here does not come back.
    assert user.run("import", "bees.jsonl", "--library", str(other)).code == 0
    with open_library(other, user_paths()) as library:
        assert not library.state.annotations.read_all(HIGHLIGHT)


def test_highlights_of_lines_that_are_none_are_passed_over() -> None:
    wrong = [3, {"id": "aaaaaaa1"}, {"id": 5, "exact": "x"}, {"id": "aaaaaaa2", "exact": "x"}]
    line = json.dumps({"id": "a", "body": "x", "highlights": wrong})
    (record,) = parse_records(iter([line]))
    assert isinstance(record, ExportRecord)
    assert record.highlights == (highlight("aaaaaaa2", "x"),)
