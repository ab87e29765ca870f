"""Rows of the list: cut by cells, never inside a character, every line exactly as wide as asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from rilo_reader.article import ArticleId
from rilo_reader.library import Row, Snippet
from rilo_reader.parsers import read_feed
from rilo_reader.store.marks import Marks
from rilo_reader.text import to_display_title
from rilo_reader.tui.panels.panel import fit_hints
from rilo_reader.tui.widgets.article_list import BAR, DOT, STAR, THIN_BAR, RowLayout, draw_row
from rilo_reader.tui.widgets.colours import Colours
from rilo_reader.tui.widgets.line_list import EntryList, ListEntry
from rilo_reader.tui.widgets.truncate import ELLIPSIS, cut_marked, cut_text, list_graphemes
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.reader import reading
from tests.support.shared import Data, samples, samples_and_corpus
from tests.support.watched_library import WatchedLibrary, article

PLAIN = Style(color="white")
COLOURS = Colours._make([PLAIN] * (len(Colours._fields) - 1) + [(PLAIN,) * 4])._replace(
    row=Style(bgcolor="blue"), hit=Style(bgcolor="yellow")
)

AWKWARD = [
    "naïve café",
    "e\u0301" * 30,
    "海关总署公布今年前四个月走私案件统计数字",
    "한국 관세청, 수입 통관 절차 개선안 발표하다",
    "กรมศุลกากรจับกุมงาช้างที่ท่าเรือแหลมฉบัง",
    "مصادرة شحنة من العاج في ميناء كراتشي الدولي",
    "תפיסת משלוח שנהב בנמל חיפה על ידי המכס",
    "👨‍👩‍👧‍👦 family 👩🏽‍🚒 fire 🏴‍☠️ flag 🇫🇷🇩🇪🇯🇵 flags ❤️ heart",
    "क्षत्रिय त्रिज्या कृत्य ज्ञान",
    "\u200b\u200c\u200d zero width at the start",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "\u0e47",
    "",
    "[bold]not markup[/bold] [@click=app.quit]x[/]",
]


def row(title: str, source: str = "RILO AP", *, read: bool = False, starred: bool = False) -> Row:
    date = datetime(2019, 3, 7, tzinfo=UTC)
    marks = Marks(read=read, starred=starred)
    return Row(ArticleId("a"), "a.md", title, source, date, True, marks)


def strips(
    row: Row, date: str = "", snippet: Snippet | None = None, width: int = 40, *, on: bool = False
) -> tuple[Strip, ...]:
    """The lines of a row, each exactly as wide as the list."""
    layout = RowLayout(width, 3, COLOURS, Style(bgcolor="black"), is_focused=True)
    drawn = draw_row(row, date, snippet, layout, is_current=on)
    assert [sum(cell_len(part.text) for part in strip) for strip in drawn] == [width] * 3
    return drawn


def lines(row: Row, date: str = "", snippet: Snippet | None = None, width: int = 40) -> list[str]:
    return [strip.text for strip in strips(row, date, snippet, width)]


def unicode_lines(data: Data) -> list[str]:
    found: list[str] = []
    for file in sorted(data("unicode").rglob("*.txt")):
        text = file.read_text("utf-8", "replace")
        kept = [line.strip() for line in text.splitlines() if not line.isascii()]
        found += kept[:: max(1, len(kept) // 60)]
    return found


def test_a_title_takes_two_lines_where_it_needs_them() -> None:
    layout = RowLayout(40, 2, COLOURS, Style(), is_focused=True, title_rows=2)

    def drawn(title: str, source: str = "RILO AP", *, starred: bool = False) -> list[str]:
        each = row(title, source, starred=starred)
        shown = draw_row(each, "7 Mar", None, layout, is_current=False)
        assert [sum(cell_len(part.text) for part in strip) for strip in shown] == [40] * 2
        return [strip.text[1:].rstrip() for strip in shown]

    assert drawn("Short") == ["● Short", "  RILO AP                        7 Mar"]
    assert drawn("Two lines are what this title needs here", starred=True) == [
        "● Two lines are what this title      ★",
        "  needs here · RILO AP           7 Mar",
    ]
    # Only for want of room is a title cut; a source is whole, or has 16 letters, or is left out.
    source = "The Source of Everything Else"
    assert drawn("word " * 20, source)[1] == "  word word word word word wor…  7 Mar"
    assert drawn("word " * 8 + "word", source)[1] == "  word word · The Source of Ev…  7 Mar"
    assert drawn("word " * 9 + "word", source)[1] == "  word word word                 7 Mar"
    assert drawn("word " * 9 + "word", "Short")[1] == "  word word word · Short         7 Mar"


def test_a_title_of_three_lines_and_a_row_without_one() -> None:
    layout = RowLayout(34, 3, COLOURS, Style(), is_focused=True, title_rows=3)

    def drawn(each: Row, layout: RowLayout = layout) -> list[str]:
        shown = draw_row(each, "22:09", None, layout, is_current=False)
        return [strip.text[1:].rstrip() for strip in shown]

    long = row("The ferries of the lake begin to run by night", "Office of Forests and Lakes")
    assert drawn(long) == [
        "● The ferries of the lake begin",
        "  to run by night",
        "  Office of Forests and …  22:09",
    ]
    assert drawn(long._replace(title=long.title + " again, says the council")) == [
        "● The ferries of the lake begin",
        "  to run by night again, says",
        "  the council              22:09",
    ]
    assert drawn(long._replace(title="Ferries", marks=Marks(starred=True, tags=("a",)))) == [
        "● Ferries                      ★",
        "  Office of Forests and …  22:09",
        "",
    ]
    # Where all have one source, none says it, and the date is beside the title if it has room.
    alone = layout._replace(is_one_source=True)
    assert drawn(long, alone) == [
        "● The ferries of the lake begin",
        "  to run by night          22:09",
        "",
    ]
    assert drawn(long._replace(title="The ferries of the lake run"), alone)[1] == (
        "                           22:09"
    )
    starred = long._replace(title="Ferries", marks=Marks(starred=True))
    assert drawn(starred, alone)[1] == "                           22:09"
    assert drawn(long._replace(copies=2, marks=Marks(tags=("own",))), alone)[2] == (
        "  +2  +own                 22:09"
    )


WIDTHS = {80: (34, 3), 100: (44, 3), 120: (44, 3), 160: (57, 3), 200: (72, 2)}
"""For columns of a screen: those of its list, and the lines of a row."""


def real_titles(data: Data) -> list[tuple[str, str]]:
    """300 titles with their sources: the longest of a hundred real feeds, or as long made ones."""
    if data is samples:
        text = (data("") / "titles.tsv").read_text()
        return [
            (title, source) for title, _, source in (s.partition("\t") for s in text.splitlines())
        ]
    found = []
    for file in sorted((data("feeds") / "fastfeedparser" / "benchmark_data").iterdir()):
        feed = read_feed(file.read_bytes(), "https://feeds.example/")
        found += [(entry.title, feed.title) for entry in feed.entries[:20] if entry.title]
    return sorted(found, key=lambda one: len(one[0]), reverse=True)[:300]


@pytest.mark.parametrize(
    ("columns", "most"), [(80, 120), (100, 40), (120, 40), (160, 10), (200, 15)]
)
@samples_and_corpus
def test_few_titles_are_cut(data: Data, columns: int, most: int) -> None:
    width, rows = WIDTHS[columns]
    layout = RowLayout(width, rows, COLOURS, Style(), is_focused=True, title_rows=rows)
    cut = 0
    for title, source in real_titles(data):
        shown = draw_row(row(title, source), "22:09", None, layout, is_current=False)
        cut += not is_whole(title, (strip.text for strip in shown))
    assert cut <= most


def is_whole(title: str, lines: Iterable[str]) -> bool:
    text = "".join(line[2:] for line in lines)
    return "".join(to_display_title(title).split()) in "".join(text.split())


@pytest.mark.slow
@samples_and_corpus
async def test_the_first_screen_has_whole_titles(data: Data) -> None:
    """One title in each length that there is, from the median of real ones to the longest."""
    titles = sorted(real_titles(data), key=lambda one: len(one[0]))[-144::12]
    made = [
        article(at, title=title, source=source, date=datetime(2026, 12, 1, 22, 30 - at, tzinfo=UTC))
        for at, (title, source) in enumerate(titles)
    ]
    async with reading(WatchedLibrary(made), size=(120, 40)) as reader:
        assert reader.list.row_height == 3
        drawn = [reader.list.render_line(y).text for y in range(36)]
        rows = [reader.row(at).title for at in range(12)]
    cut = [at for at, title in enumerate(rows) if not is_whole(title, drawn[at * 3 : at * 3 + 3])]
    assert len(cut) <= 3


@pytest.mark.parametrize("columns", WIDTHS)
async def test_the_list_has_its_width(columns: int) -> None:
    async with reading(size=(columns, 24)) as reader:
        assert (reader.list.size.width, reader.list.row_height) == WIDTHS[columns]


@given(
    st.sampled_from(AWKWARD),
    st.sampled_from(AWKWARD),
    st.sampled_from(["", "22:09", "2026-12-01 22:09"]),
    st.integers(0, 70),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
)
def test_rows_are_as_wide_as_the_list_and_cut_no_title_beside_a_source(
    title: str, source: str, date: str, width: int, rows: int, starred: bool, one_source: bool
) -> None:
    marks = Marks(starred=starred, tags=("own",))
    each = row(title, source)._replace(marks=marks, copies=1)
    layout = RowLayout(width, max(2, rows), COLOURS, Style(), True, rows, one_source)
    shown = draw_row(each, date, None, layout, is_current=False)
    assert [sum(cell_len(part.text) for part in strip) for strip in shown] == [width] * max(2, rows)
    text = "".join("".join(strip.text.replace(STAR, " ").split()) for strip in shown)
    if rows > 1 and "+1" in text:
        assert "".join(title.split()) in text


def test_the_bar_at_the_cursor_shows_the_focus_without_colours() -> None:
    layout = RowLayout(40, 2, COLOURS, Style(), is_focused=True)
    there, elsewhere = (
        draw_row(row("A title"), "", None, each, is_current=True)[0].text[0]
        for each in (layout, layout._replace(is_focused=False))
    )
    assert (there, elsewhere) == (BAR, THIN_BAR)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 9, 24, 41, 120])
@samples_and_corpus
def test_every_line_is_exactly_as_wide_as_the_list(data: Data, width: int) -> None:
    for title in [*AWKWARD, *unicode_lines(data)]:
        text = title.replace("\x00", "")
        found = Snippet(text, ((0, 3), (5, 9)))
        for starred in (False, True):
            strips(row(text, text, starred=starred), "7 Mar 2019", found, width, on=starred)


@given(st.text(max_size=60), st.integers(0, 40))
@examples(100)
def test_what_is_cut_fits_and_what_fits_is_not_cut(text: str, width: int) -> None:
    text = "".join(character for character in text if character.isprintable())
    shown, cells = cut_text(text, width)
    assert cells <= max(0, width)
    assert cells == cell_len(shown)
    assert shown == text or width <= 0 or (shown.endswith(ELLIPSIS) and cell_len(text) > width)


@samples_and_corpus
def test_no_character_is_cut_in_two(data: Data) -> None:
    """Against the Unicode consortium's own test of where characters end."""
    file = next(data("unicode").rglob("GraphemeBreakTest.txt"))
    for line in file.read_text("utf-8").splitlines():
        marks = line.partition("#")[0].split()
        if not marks:
            continue
        text, ends = "", {0}
        for mark in marks:
            if mark == "÷":
                ends.add(len(text))
            elif mark != "×":
                text += chr(int(mark, 16))
        if any(character < " " or "\x7f" <= character < "\xa0" for character in text):
            continue
        for _, end, _ in list_graphemes(text):
            assert end in ends, (line, list_graphemes(text))


@pytest.mark.parametrize(
    ("text", "hits", "runs"),
    [
        ("xe\u0301y", [(1, 2)], [("x", False), ("e\u0301", True), ("y", False)]),
        (
            "ivory and customs",
            [(0, 5), (10, 17)],
            [("ivory", True), (" and ", False), ("customs", True)],
        ),
    ],
)
def test_a_hit_takes_the_whole_of_a_character(
    text: str, hits: list[tuple[int, int]], runs: list[tuple[str, bool]]
) -> None:
    assert cut_marked(text, 40, hits) == (runs, cell_len(text))


def test_unread_is_a_dot_and_bold_and_read_is_plain() -> None:
    unread, read = (strips(row("News", read=read))[0] for read in (False, True))
    assert DOT in unread.text
    assert DOT not in read.text
    assert {s.text for s in unread if s.style and s.style.bold} == {"News"}
    assert not any(s.style and s.style.bold for s in read)


def test_dates_line_up_whatever_the_source() -> None:
    assert lines(row("a"), "7 Mar")[1].endswith("  7 Mar ")
    other = lines(row("b", "海关" * 30), "26 Feb 2019")[1]
    assert other.endswith("  26 Feb 2019 ")
    assert ELLIPSIS in other
    assert lines(row("c", ""), "7 Mar")[0].endswith("  7 Mar "), "nothing is below the title"


@for_each(
    "path, shown",
    [
        ("news/a.md", "news"),
        ("vault/Plugins/a.md", "vault/Plugins"),
        ("vault/Expansions/All/Plugins/a.md", "…/Expansions/All/Plugins"),
        ("vault/Expansions/Themes/海关总署/a.md", "…/Themes/海关总署"),
        ("vault/Everything that we ever wrote down/a.md", "…/Everything that we eve…"),
        ("Everything that we ever wrote down/a.md", "Everything that we ever …"),
    ],
)
def test_of_a_long_folder_the_end_is_shown(path: str, shown: str) -> None:
    where = row("a", "")._replace(path=path)
    assert lines(where, "7 Mar", width=36)[1].removesuffix("7 Mar ").strip() == shown
    for width in range(1, 60):
        lines(where, "7 Mar", width=width)


def test_a_star_stands_at_the_end_of_the_title_line() -> None:
    assert lines(row("x" * 90, starred=True))[0].endswith(f"{ELLIPSIS} {STAR} ")


def test_the_row_one_stands_on_has_a_ground_under_all_of_it_but_hits() -> None:
    drawn = strips(row("T"), "d", Snippet("a hit", ((2, 5),)), on=True)
    grounds = {
        part.text.strip(): part.style.bgcolor.name
        for strip in drawn
        for part in strip
        if part.style and part.style.bgcolor
    }
    assert (grounds["T"], grounds["hit"]) == ("blue", "yellow")


def test_a_snippet_with_line_ends_stays_one_line() -> None:
    assert "one two three" in lines(row("T"), "d", Snippet("one\ntwo\tthree", ()))[2]


def test_a_title_is_shown_as_it_is_meant() -> None:
    title = "NOAA&#8217;s <em>big</em> map &#27;[31m"
    assert "NOAA’s big map [31m" in lines(row(title))[0]


# -- lists of panels: what their lines say stands in columns, whatever the words are

ENTRIES = (
    ListEntry("A heading", is_heading=True),
    ListEntry("One", "today", "1,234"),
    ListEntry("新闻阅读器新闻", "yesterday", ""),
    ListEntry("A name that is rather long", "never", "7"),
)


@pytest.mark.parametrize("width", [30, 40, 50, 60, 100])
async def test_what_names_stand_for_stands_in_a_column_and_counts_flush_right(width: int) -> None:
    async with App[None]().run_test():
        entries = EntryList(ENTRIES)
        drawn = [
            entries.draw_entry(number, width, COLOURS, False) for number in range(len(ENTRIES))
        ]
    assert [Segment.get_line_length(line) for line in drawn] == [width] * len(ENTRIES)
    _, *shown = ["".join(segment.text for segment in line) for line in drawn]
    starts = [line.index(entry.detail[:3]) for line, entry in zip(shown, ENTRIES[1:], strict=True)]
    assert len({cell_len(line[:at]) for line, at in zip(shown, starts, strict=True)}) == 1
    assert shown[0].endswith("  1,234")
    assert shown[2].endswith("  7")


@for_each(
    "width, rows, shown",
    [
        (100, 1, "a adds   d removes   u undoes   esc closes"),
        (18, 1, "a adds  esc closes"),
        (17, 1, "esc closes"),
        (5, 1, "esc closes"),
        (20, 2, "a adds  d removes\nu undoes  esc closes"),
        (19, 2, "a adds  d removes\nesc closes"),
    ],
)
def test_no_hint_is_cut_in_half_and_the_way_back_stays(width: int, rows: int, shown: str) -> None:
    assert fit_hints(("a adds", "d removes", "u undoes", "esc closes"), width, rows) == shown
    assert fit_hints((), width, rows) == ""
