"""Text that runs from right to left: it stands at the right edge, with what belongs to it."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from rilo_reader.query.parser import parse
from rilo_reader.query.tree import words_to_highlight
from rilo_reader.render.document import to_plain_text
from rilo_reader.render.lines import MARK, is_right_to_left
from rilo_reader.tui.widgets.layers import find_page_hits
from tests.support.for_each import for_each
from tests.support.rendering import make_article, page_of

HEBREW = "המטרה של הפרוטוקול היא לאפשר להקים שרת"
PARAGRAPH = f"{HEBREW} {HEBREW} {HEBREW}"


def lines_of(body: str, width: int = 40, title: str = "A title") -> list[str]:
    page = page_of(body, width, title=title)
    return [line.text for line in page.lines[page.head_lines + 1 :]]


@for_each(
    "text, runs_to_the_left",
    [
        (HEBREW, True),
        ("هدفنا", True),
        ("١٢ — «هدفنا»", True),
        (f"Let's Encrypt {HEBREW}", True),
        (f"{HEBREW} Let's Encrypt and much more than that, all in English", True),
        ("The word שלום means peace", False),
        ("Peace", False),
        ("平和", False),
        ("12 … 34", False),
        ("", False),
    ],
)
def test_the_first_letter_or_most_of_them_tell(text: str, runs_to_the_left: bool) -> None:
    assert is_right_to_left(text) is runs_to_the_left


@for_each("body", [PARAGRAPH, f"### {PARAGRAPH}", f"**{HEBREW}** {PARAGRAPH}"])
def test_a_paragraph_and_a_heading_stand_at_the_right_edge(body: str) -> None:
    lines = lines_of(body)
    assert len(lines) > 2
    assert {cell_len(line) for line in lines} == {40}
    assert lines[-1].startswith(" ")


@for_each(
    "body, end",
    [
        (f"> {PARAGRAPH}\n>\n> {HEBREW}", " ▎"),
        (f"> - {PARAGRAPH}", "  ▎"),
        (f"- {PARAGRAPH}", "  "),
    ],
)
def test_what_stands_beside_it_is_on_the_right(body: str, end: str) -> None:
    lines = lines_of(body)
    assert all(line.endswith(end) for line in lines[1:])
    assert {cell_len(line) for line in lines} == {40}


ARABIC = "تشفير الويب"


@for_each("body, shown", [
        (f"- {ARABIC}\n- Left", [f"{ARABIC} •", "Left •"]),
        (f"9. {ARABIC}\n10. Left\n    1. {ARABIC}",
         [f"{ARABIC} 9. ", "Left 10.", f"{ARABIC} 1.    "]),
        (f"- {HEBREW[:5]}\n  - Left\n    - {HEBREW[:5]}",
         [f"{HEBREW[:5]} •", "Left ◦  ", f"{HEBREW[:5]} ▪    "]),
        (f"- Left\n- {ARABIC}\n- {ARABIC}", ["Left •", f"{ARABIC} •", f"{ARABIC} •"]),
        (f"- [ ] {ARABIC}\n- [x] `code`", [f"{ARABIC} ☐", "code ☑"]),
        (f"- {ARABIC}\n  > Left", [f"{ARABIC} •", "Left ▎  "]),
        (f"{ARABIC}\n: {ARABIC}", [ARABIC, f"{ARABIC}  "]),
    ])  # fmt: skip
def test_marker_and_text_of_a_list_stand_together_on_its_right(body: str, shown: list[str]) -> None:
    lines = [line.replace(MARK, "") for line in lines_of(body) if line]
    assert lines == [" " * (40 - cell_len(text)) + text for text in shown]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (f"- Left\n- {ARABIC}\n- Left", ["• Left", f"• {ARABIC}", "• Left"]),
        (f"- Left\n  1. {ARABIC}", ["• Left", f"  1. {ARABIC}"]),
    ],
)
def test_a_list_that_runs_to_the_right_keeps_all_of_it_on_the_left(
    body: str, shown: list[str]
) -> None:
    assert lines_of(body) == shown


@for_each("table", [
        f"| {HEBREW[:5]} | b |\n| --- | --- |\n| {HEBREW[:9]} | 12 |\n| {HEBREW[:3]} | 9 |",
        f"| {HEBREW[:5]} | b |\n| :-- | --: |\n| {HEBREW[:9]} | 12 |\n| {HEBREW[:3]} | 9 |",
        f"| {HEBREW} | b |\n| --- | --- |\n| {PARAGRAPH} | {PARAGRAPH} |",
        f"- {HEBREW}\n\n  | {HEBREW[:5]} | b |\n  | --- | --- |\n  | {HEBREW[:9]} | 12 |",
])  # fmt: skip
def test_a_table_stands_at_the_right_edge(table: str) -> None:
    lines = [line for line in lines_of(f"{PARAGRAPH}\n\n{table}")[4:] if line.strip()]
    assert max(map(cell_len, lines)) == 40
    for line in lines:
        if "12" in line:
            assert line.startswith("      ")
            assert cell_len(line.rstrip()) >= 37


def test_a_table_that_runs_to_the_right_stays_on_the_left() -> None:
    table = "| a | b |\n| --- | --- |\n| word | 12 |"
    assert lines_of(f"{PARAGRAPH}\n\n{table}")[-1] == "word  12"


def test_a_title_takes_the_line_about_the_article_along() -> None:
    page = page_of("Text.", 60, title=HEBREW)
    assert [cell_len(line.text) for line in page.lines[:2]] == [60, 60]
    assert page.lines[0].text.strip() == HEBREW


def test_hits_are_found_over_lines_and_their_edges() -> None:
    words = words_to_highlight(parse('"לאפשר להקים שרת המטרה"'))
    for body in (PARAGRAPH, f"> {PARAGRAPH}", f"- {PARAGRAPH}"):
        page = page_of(body, 24)
        found = find_page_hits(page, words)
        assert len(found) == 2
        for hit in found:
            there = [page.lines[line].text[start:end] for line, start, end in hit]
            assert " ".join(there) == "לאפשר להקים שרת המטרה"


def test_a_page_without_an_edge_has_no_space_before_the_text() -> None:
    assert f"\n{PARAGRAPH}\n" in to_plain_text(make_article(PARAGRAPH))
    assert f"\n• {HEBREW}\n" in to_plain_text(make_article(f"- {HEBREW}"))


@for_each("width", [4, 9, 20, 33, 80])
def test_nothing_is_wider_than_the_page_and_letters_stay(width: int) -> None:
    body = f"{PARAGRAPH}\n\n> - {PARAGRAPH}\n>   1. {PARAGRAPH}\n>      - {HEBREW}\n\n{HEBREW}"
    page = page_of(body, width, title=HEBREW)
    assert all(cell_len(line.text) <= width for line in page.lines)
    letters = sum(line.body_letters for line in page.lines)
    assert letters == sum(line.body_letters for line in page_of(body, 60, title=HEBREW).lines)
