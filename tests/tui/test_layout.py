"""The layout: narrow and low screens, resizing, the rule, the mouse, and the rooms on top."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.events import MouseScrollDown

from rilo_reader.article import Article, ArticleId
from rilo_reader.config import Config, MarkRead, load
from rilo_reader.library import Window
from rilo_reader.query.tree import Query
from rilo_reader.text import split_tags
from rilo_reader.tui.app import ControlFilter
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.status_lines import fit_hints
from tests.support.for_each import for_each
from tests.support.reader import BY_HAND, paths_in, reading, shown
from tests.support.watched_library import WatchedLibrary, article, unmarked_row

FIRST = ArticleId("id0")

HOSTILE = "\x1b]52;c;QUFB\x07[@click=app.quit]x[/] [/b] \u202e\u200d\x9b31m"


@pytest.mark.slow
async def test_under_80_columns_list_and_article_take_turns() -> None:
    async with reading(size=(60, 20)) as reader:
        assert shown(reader.list)
        assert not shown(reader.view)
        assert "article id0" not in reader.library.calls
        await reader.press("j", "enter")
        assert reader.open == "Title 1"
        assert shown(reader.view)
        assert not shown(reader.list)
        await reader.press("J")
        assert reader.open == "Title 2"
        await reader.press("escape")
        assert shown(reader.list)
        assert reader.stands_on == "Title 2"
        await reader.press("tab")
        assert shown(reader.view)
        await reader.press("tab")
        assert shown(reader.list)
        await reader.press("g")
        await reader.pilot.click(ArticleList, offset=(10, 2 * reader.list.row_height))
        await reader.settle()
        assert reader.open == "Title 2"
        assert shown(reader.view)
        await reader.press("escape", "j", "j")
        await reader.pilot.resize_terminal(120, 40)
        await reader.settle()
        assert reader.open == "Title 4", "a screen that gets wide shows the article of the row"


async def test_a_narrow_list_does_not_count_as_reading() -> None:
    async with reading(config=Config(mark_read=MarkRead.OPENED), size=(60, 20)) as reader:
        await reader.press("j")
        assert reader.screen.article._read_timer is None
        await reader.press("enter")
        assert reader.screen.article._read_timer is not None


@pytest.mark.slow
async def test_everything_is_there_at_40_by_10() -> None:
    async with reading(size=(40, 10)) as reader:
        text = reader.text()
        assert "search" in text[0]
        assert sum("Title" in line for line in text) >= 3
        assert "next" in text[-1]
        assert all(len(line) <= 40 for line in text)
        await reader.press("enter")
        assert any("First line of 0." in line for line in reader.text())


@pytest.mark.slow
async def test_what_has_the_focus_and_the_rule_stay_at_another_size() -> None:
    async with reading() as reader:
        await reader.press("j", "enter")
        await reader.pilot.resize_terminal(60, 20)
        await reader.settle()
        assert shown(reader.view)
        assert not shown(reader.list)
        await reader.pilot.resize_terminal(120, 40)
        await reader.settle()
        assert shown(reader.list)
        assert reader.view.has_focus
        assert reader.open == reader.stands_on == "Title 1"
        await reader.press("escape", "g")
        rule = reader.screen.widgets.divider
        await reader.pilot.mouse_down(rule, offset=(0, 5))
        await reader.pilot.hover(reader.screen, offset=(60, 10))
        await reader.pilot.mouse_up(reader.screen, offset=(60, 10))
        await reader.settle()
        assert reader.list.size.width == 60
        await reader.pilot.hover(reader.screen, offset=(30, 10))
        assert reader.list.size.width == 60
        await reader.pilot.resize_terminal(82, 30)
        await reader.settle()
        assert reader.list.size.width == 52
        assert reader.view.size.width >= 28


@pytest.mark.slow
async def test_no_size_and_no_key_crashes() -> None:
    chance = random.Random(5)
    keys = ["j", "k", "J", "K", "z", "enter", "escape", "tab", "slash", "w", "G", "g", "space", "U"]
    async with reading() as reader:
        for _ in range(25):
            await reader.pilot.resize_terminal(chance.randint(1, 150), chance.randint(1, 50))
            await reader.press(chance.choice(keys))
        await reader.pilot.resize_terminal(100, 30)
        await reader.settle()
        await reader.press("escape", "escape", "escape", "escape")
        assert reader.list.total == 50
        assert len(reader.text()) == 30


@pytest.mark.slow
async def test_the_rule_shows_which_part_of_the_list_is_in_view() -> None:
    async with reading() as reader:

        def thick() -> list[int]:
            where = reader.screen.widgets.divider.region
            lines = reader.text()[where.y : where.bottom]
            return [at for at, line in enumerate(lines) if line[where.x] == "┃"]

        first = thick()
        assert first[0] == 0
        assert first == list(range(len(first)))
        await reader.press("G")
        last = thick()
        assert last[-1] == reader.screen.widgets.divider.region.height - 1
        assert len(first) <= len(last) <= len(first) + 1


@pytest.mark.slow
async def test_a_rule_above_list_or_article_shows_the_focus_without_colours() -> None:
    async with reading(size=(100, 24)) as reader:

        def under_the_rule() -> list[str]:
            line = reader.text()[reader.list.region.y - 1].ljust(100)
            panes = {"list": reader.list.region, "article": reader.view.region}
            ruled = "".join("━" if character == "━" else " " for character in line)
            return [
                name
                for name, pane in panes.items()
                if ruled[pane.x : pane.right] == "━" * pane.width
            ]

        assert under_the_rule() == ["list"]
        await reader.press("l")
        assert under_the_rule() == ["article"]
        await reader.pilot.resize_terminal(90, 24)
        await reader.settle()
        assert under_the_rule() == ["article"]
        await reader.press("z", "z", "h")
        assert under_the_rule() == ["list"]
        await reader.press("/")
        assert under_the_rule() == []
        await reader.press("escape", "l")
        await reader.pilot.resize_terminal(60, 20)
        await reader.settle()
        assert not any("━" in line for line in reader.text()), "one of them needs no sign"


async def test_title_and_list_begin_in_one_line_and_the_list_ends_above_the_last() -> None:
    async with reading(size=(120, 30)) as reader:
        assert reader.view.region.y == reader.list.region.y == 2
        assert reader.list.region.bottom == 29
        assert "Title 0" in reader.text()[2][44:]


@pytest.mark.slow
async def test_a_wide_list_has_rows_of_two_lines_and_others_of_three() -> None:
    long = "A title that needs two lines, but not in a wide list"
    library = WatchedLibrary([article(n, title=f"{n} {long}") for n in range(40)])
    async with reading(library, size=(120, 24)) as reader:
        text = [line[3:43].strip() for line in reader.text()[2:5]]
        assert " ".join(text).startswith(f"0 {long} Source")
        await reader.press("G", *["k"] * 19)
        line = reader.list.cursor_line
        await reader.pilot.resize_terminal(200, 24)
        await reader.settle()
        assert reader.list.row_height == 2
        assert reader.list.cursor_line == line
        assert reader.stands_on == f"20 {long}"
    async with reading(library, BY_HAND._replace(title_rows=1), size=(120, 24)) as reader:
        assert reader.list.row_height == 2
        assert reader.text()[3][3:43].startswith("Source")


@pytest.mark.slow
async def test_a_list_of_one_source_names_it_in_no_row() -> None:
    library = WatchedLibrary([article(n, source="Lakes and Hills") for n in range(3)])
    async with reading(library, size=(120, 24)) as reader:
        assert "Lakes and Hills" in reader.text()[3][:44]
        await reader.search('source:="Lakes and Hills"')
        assert "Title 0" in reader.text()[2][:44]
        assert not any("Lakes" in line[:44] for line in reader.text()[2:])


@pytest.mark.slow
async def test_clicks_stand_on_a_row_or_go_to_a_neighbour_and_the_wheel_scrolls() -> None:
    async with reading(size=(120, 30)) as reader:
        await reader.press("j")
        text = reader.text()
        y = next(i for i, line in enumerate(text) if "Title 2 →" in line)
        await reader.pilot.click(offset=(text[y].index("Title 2 →"), y))
        await reader.settle()
        assert reader.open == "Title 2"
        await reader.press("g")
        await reader.pilot.click(ArticleList, offset=(10, 3 * reader.list.row_height))
        await reader.settle()
        assert reader.open == "Title 3"
        await reader.pilot._post_mouse_events([MouseScrollDown], ArticleList)
        await reader.settle()
        assert reader.list.scroll_offset.y > 0
        assert reader.stands_on == "Title 3"


class Pretended(WatchedLibrary):
    """As many articles as one likes."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total = total
        for name in ("window", "place"):
            setattr(self.search, name, getattr(self, f"_{name}"))
        self.watch(self.search, "window")

    def _window(self, _: Query, offset: int = 0, limit: int = 50, **_ways: bool) -> Window:
        numbers = range(offset, min(offset + limit, self.total))
        return Window(self.total, offset, tuple(map(unmarked_row, numbers)))

    def _place(self, _: Query, name: ArticleId, **_ways: bool) -> int:
        return int(name[2:])

    def article(self, article_id: ArticleId, path: str = "") -> Article:
        return article(int(article_id[2:]))


@pytest.mark.slow
async def test_a_million_rows_hold_only_windows() -> None:
    library = Pretended(1_000_000)
    async with reading(library) as reader:
        assert reader.list.total == 1_000_000
        await reader.press("G")
        assert reader.open == "Title 999999"
        assert reader.titles[-1] == "Title 999999"
        for _ in range(10):
            await reader.press("pageup")
        assert library.calls.count("window") < 10
        assert "" not in reader.titles
        assert len(reader.list._rows) < 6_200


async def test_rows_that_are_not_known_are_blank_and_come() -> None:
    library = Pretended(100_000)
    async with reading(library) as reader:
        library.hold.clear()
        await reader.pilot.press("G")
        width = reader.list.size.width
        assert all(line[:width].strip() in ("", "▌") for line in reader.text()[2:-2])
        library.hold.set()
        await reader.settle()
        assert reader.titles[-1] == "Title 99999"


@pytest.mark.slow
async def test_help_names_every_command_and_the_users_keys() -> None:
    config = BY_HAND._replace(keys={"star": ("asterisk",), "next_article": ("x",)})
    async with reading(config=config, size=(120, 70)) as reader:
        await reader.press("question_mark")
        text = "\n".join(reader.text())
        assert "*" in text
        assert "Go to the next article, from anywhere." in text
        assert re.search(r"\bx\s+Go to the next article", text)
        assert not re.search(r"\bJ\b.*Go to the next article", text)
        await reader.pilot.resize_terminal(80, 24)
        await reader.press(*["pagedown"] * 20)
        assert "You can change every key" in "\n".join(reader.text())
        await reader.press(*["pageup"] * 20)
        assert "In the list" in "\n".join(reader.text())
        await reader.press("escape", "asterisk")
        assert reader.library.marks_of(0).starred
        await reader.press("x")
        assert reader.open == "Title 1"


@pytest.mark.slow
async def test_the_outline_jumps_to_a_heading() -> None:
    body = "# One\n\n" + "text\n\n" * 100 + "## Two\n\n" + "more\n\n" * 100
    async with reading(WatchedLibrary([article(0, body=body)])) as reader:
        await reader.until(lambda: reader.view.page.is_complete)
        await reader.press("i")
        assert any("Two" in line for line in reader.text())
        await reader.press("j", "enter")
        assert reader.view.scroll_offset.y > 90
        await reader.press("i", "escape")
        assert len(reader.app.screen_stack) == 1
    async with reading(WatchedLibrary([article(0, body="Words alone.")])) as reader:
        await reader.press("i")
        assert reader.message == "This article has no headings."


@pytest.mark.slow
async def test_the_palette_runs_a_command() -> None:
    async with reading() as reader:
        await reader.command("star")
        assert len(reader.app.screen_stack) == 1
        assert reader.library.marks_of(0).starred


@pytest.mark.slow
async def test_a_theme_is_shown_live_and_kept_in_the_settings(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    async with reading(paths=paths) as reader:
        before = reader.app.theme
        await reader.screen.controllers.run("theme")
        await reader.settle()
        assert reader.app.screen.styles.background.a == 0  # the page is not dimmed
        await reader.press("j")
        shown = reader.app.theme
        assert shown != before
        await reader.press("escape")
        assert reader.app.theme == before
        assert not paths.settings_file.exists()
        await reader.screen.controllers.run("theme")
        await reader.settle()
        await reader.press("j", "enter")
        assert reader.app.theme == shown
        assert load(paths.settings_file)[0].theme == shown


async def test_notices_are_shown_at_the_start_and_go_away() -> None:
    async with reading(notices=["settings.toml, line 3: width: too wide", "second"]) as reader:
        assert reader.message.startswith("settings.toml, line 3: width: too wide")
        assert "too wide (1 more)   W shows all" in reader.text()[-1]
        await reader.press("j")
        assert "next" in reader.text()[-1]


async def test_width_and_dates_are_as_the_settings_say() -> None:
    library = WatchedLibrary([article(0, body="word " * 300)])
    async with reading(library, BY_HAND._replace(width=30, date_format="%d.%m.%Y")) as reader:
        lines = reader.text()
        left = reader.list.size.width
        assert "01.06.2025" in "".join(line[:left] for line in lines)
        assert "01.06.2025" in "".join(line[left:] for line in lines)
        words = [line.count("word") for line in lines if "word" in line]
        assert set(words) == {6}, "six words of four letters are a line of 30 columns"


def test_the_backstop_drops_controls_and_keeps_the_width() -> None:
    line = [Segment("safe "), Segment(HOSTILE), Segment("\x1b[0m", None, [(1,)])]  # type: ignore[list-item]
    cleaned = ControlFilter([]).apply(line, Color(0, 0, 0))
    text = "".join(segment.text for segment in cleaned if not segment.control)
    assert "safe " in text
    assert not any(c in text for c in "\x1b\x07\u202e\x9b")
    assert sum(s.cell_length for s in cleaned) == sum(s.cell_length for s in line)


@for_each("text, tags", [("a, b ,a,,", ("a", "b")), ("", ()), ("海关, \x1b[1mx", ("海关", "[1mx"))])
def test_tags_are_split_and_cleaned(text: str, tags: tuple[str, ...]) -> None:
    assert split_tags(text) == tags


@for_each(
    "text, tags",
    [
        ("a, see, weit, b", ("a", "see, weit", "b")),
        ("see, weit,see, weiter", ("see, weit", "see", "weiter")),
        ("weit, see, a+(b, c", ("weit", "see", "a+(b, c")),
        ("overseen, weit", ("overseen", "weit")),
    ],
)
def test_a_tag_that_came_with_a_comma_stays_whole(text: str, tags: tuple[str, ...]) -> None:
    assert split_tags(text, ("see", "see, weit", "a+(b, c")) == tags


@pytest.mark.parametrize(("value", "theme"), [("", "ink"), ("1", "ansi-")])
async def test_no_color_leaves_the_terminals_own_colours_unless_it_is_empty(
    monkeypatch: pytest.MonkeyPatch, value: str, theme: str
) -> None:
    variables = {"COLORTERM": "truecolor", "TERM": "xterm-256color", "NO_COLOR": value}
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    async with reading() as reader:
        assert reader.app.theme.startswith(theme)
        assert value or "NO_COLOR" not in os.environ


async def test_without_colours_the_cursor_of_a_box_and_what_is_selected_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in {"TERM": "xterm-256color", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, text)
    async with reading() as reader:
        await reader.press("slash")
        for part in ("cursor", "selection"):
            style = reader.screen.widgets.search_row.box.get_component_rich_style(f"input--{part}")
            assert style.reverse, part


@pytest.mark.slow
@pytest.mark.parametrize("without", ["", "1"])
async def test_without_colours_a_frame_tells_a_panel_from_the_page(
    monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    variables = {"COLORTERM": "truecolor", "TERM": "xterm-256color", "NO_COLOR": without}
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    async with reading() as reader:
        for key, words in (("t", "tags, separated"), ("colon", "command")):
            await reader.press(key)
            lines = reader.text()
            row = next(number for number, line in enumerate(lines) if words in line)
            assert bool(re.search("│ +▌?" + words, lines[row])) is bool(without)
            assert any("╭──" in line for line in lines[:row]) is bool(without)
            await reader.press("escape")


async def test_results_that_shrink_leave_the_cursor_inside() -> None:
    async with reading() as reader:
        articles = reader.list
        articles.move_cursor_to(49)
        articles.show_window(Window(10, 0, ()))
        assert articles.cursor == 9
        assert articles.virtual_size.height == 10 * articles.row_height


@pytest.mark.slow
async def test_selected_text_is_copied_and_reported() -> None:
    async with reading() as reader:
        text = reader.text()
        y = next(i for i, line in enumerate(text) if "First line of 0." in line)
        x = text[y].index("First")
        await reader.pilot.mouse_down(offset=(x, y))
        await reader.pilot.hover(offset=(x + 10, y))
        await reader.pilot.mouse_up(offset=(x + 10, y))
        await reader.press("ctrl+c")
        assert reader.app.clipboard.startswith("First line")
        assert "Copied" in reader.message


@pytest.mark.parametrize("command", ["outline", "theme"])
@pytest.mark.parametrize("size", [(120, 40), (40, 10)])
@pytest.mark.slow
async def test_pickers_look_like_the_other_panels(command: str, size: tuple[int, int]) -> None:
    async with reading(size=size) as reader:
        await reader.press("enter")
        await reader.screen.controllers.run(command)
        await reader.settle()
        where = reader.app.screen.query_one("#panel").region

        def panel() -> list[str]:
            lines = reader.text()[where.y : where.bottom]
            return [line[where.x : where.right] for line in lines]

        assert sum(line.count("▌") for line in panel()) == 1
        assert "enter" in "".join(panel()[-2:])
        assert "esc" in "".join(panel()[-2:])
        await reader.press("G")
        assert sum(line.count("▌") for line in panel()) == 1
        await reader.press("escape")
        assert len(reader.app.screen_stack) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("keys", "first", "also"),
    [
        ((), "In the list", "Move from the list into the article."),
        (("enter",), "In the article", "Number the links"),
    ],
)
async def test_help_begins_with_the_keys_of_where_one_is(
    keys: tuple[str, ...], first: str, also: str
) -> None:
    async with reading(size=(80, 24)) as reader:
        await reader.press(*keys, "question_mark")
        lines = [line.strip(" │┃") for line in reader.text()]
        assert any(line.endswith(first) for line in lines[:6])
        assert any(also in line for line in lines)
        await reader.press("question_mark")
        assert len(reader.app.screen_stack) == 1


@pytest.mark.slow
async def test_help_is_filtered_by_typing() -> None:
    async with reading() as reader:
        await reader.press("question_mark")
        await reader.paste("unread next")
        text = "\n".join(reader.text())
        assert "Go to the next hit of a search, else to the next" in text
        assert "In the search box" not in text
        await reader.press(*["backspace"] * 20)
        await reader.paste("dismantle")
        assert "No key matches." in "\n".join(reader.text())
        await reader.press("enter")
        assert len(reader.app.screen_stack) == 1


@pytest.mark.slow
async def test_hints_of_the_last_line_can_be_clicked() -> None:
    async with reading() as reader:
        await reader.click("J next")
        assert reader.open == "Title 1"
        await reader.click("star")
        assert reader.library.marks_of(1).starred
        await reader.click("search")
        assert reader.screen.widgets.is_in_search_box
        await reader.click("clear search")
        assert reader.list.has_focus


@for_each(
    "room, shown",
    [
        (55, "J next   / search   : commands   ? help   q quit"),
        (40, "J next   : commands   ? help   q quit"),
        (30, ": commands   ? help   q quit"),
        (20, "? help   q quit"),
        (10, "q quit"),
        (3, ""),
    ],
)
def test_where_keys_do_not_fit_help_and_the_way_out_stay_longest(room: int, shown: str) -> None:
    keys = [("J", "next"), ("/", "search"), (":", "commands"), ("?", "help"), ("q", "quit")]
    assert "   ".join(f"{key} {word}" for key, word in fit_hints(keys, room)) == shown


@pytest.mark.slow
@pytest.mark.parametrize("in_front", ["list", "article"])
async def test_a_hit_stays_in_sight_at_another_size(in_front: str) -> None:
    around = "\n\n".join("Words of no weight. " * 12 for _ in range(40))
    library = WatchedLibrary([article(0, body=f"{around}\n\nA needle.\n\n{around}")])
    async with reading(library) as reader:
        await reader.search("needle", "enter", *(["enter"] if in_front == "article" else []))
        await reader.pilot.resize_terminal(40, 10)
        await reader.settle()
        await reader.press(*(["enter"] if in_front == "list" else []))
        assert shown(reader.view)
        assert not shown(reader.list)
        assert any("A needle." in line for line in reader.text())
        await reader.press("g")
        await reader.pilot.resize_terminal(60, 12)
        await reader.settle()
        assert any("Title 0" in line for line in reader.text())
