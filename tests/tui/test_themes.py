"""Themes: contrast as WCAG counts it, in ours and in Textual's, and which theme a terminal gets."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color, rgb_to_lab
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Static

from rilo_reader.config import Config
from rilo_reader.render.page import SYNTAX
from rilo_reader.tui.themes import choose_theme, read_bundled_themes, theme_problem
from rilo_reader.tui.themes.colours import (
    DIM,
    NAMES,
    TEXT,
    blend_colours,
    contrast_ratio,
    make_readable,
    page_variables,
)
from rilo_reader.tui.widgets.divider import THICK
from tests.support.at_rest import RestingPilot
from tests.support.for_each import for_each
from tests.support.reader import reading
from tests.support.watched_library import WatchedLibrary, article

OURS = {theme.name: theme for theme in read_bundled_themes()}
EVERY = {**OURS, **BUILTIN_THEMES}
COLOURED = [name for name, theme in EVERY.items() if not theme.ansi]

STYLES = [name for name in NAMES if name.endswith("-style")]
COLOURS = [name for name in NAMES if name not in STYLES]
GROUNDS = [f"highlight-{kind}-ground" for kind in range(1, 5)]

# What stands on what, and how well it is read there.
READ: list[tuple[str, str, float]] = [
    ("page-text", "page-ground", TEXT),
    ("page-text", "row-ground", TEXT),
    ("code-text", "code-ground", TEXT),
    *((f"code-{kind}", "code-ground", DIM) for kind in SYNTAX),
    ("hit-text", "hit-ground", TEXT),
    ("current-hit-text", "current-hit-ground", TEXT),
    *(("highlight-text", ground, TEXT) for ground in GROUNDS),
    ("page-dim", "page-ground", DIM),
    ("page-dim", "row-ground", DIM),
    ("link", "page-ground", DIM),
    ("page-error", "page-ground", DIM),
    # Marks are no letters, yet small.
    ("page-accent", "page-ground", DIM),
    ("page-accent", "row-ground", DIM),
    ("unread-dot", "row-ground", DIM),
    ("star", "row-ground", DIM),
]


def colours_of(theme: Theme) -> dict[str, str]:
    """The page's variables as Textual puts them together."""
    return {**page_variables(theme), **theme.variables}


def test_the_ratio_is_that_of_wcag() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("#ff0000", "#ffffff") == pytest.approx(4.00, abs=0.01)
    assert contrast_ratio("#123456", "#123456") == 1


@for_each("name", EVERY)
def test_everything_can_be_read_and_what_must_differ_differs(name: str) -> None:
    theme = EVERY[name]
    colours = colours_of(theme)
    for variable in COLOURS:
        Color.parse(colours[variable])
    assert set(STYLES) <= set(colours)
    if theme.ansi:
        assert colours["highlight-text-style"] == "underline"
        return
    for above, below, least in READ:
        assert contrast_ratio(colours[above], colours[below]) >= least, (above, below)
    for one, other in (
        ("page-ground", "row-ground"),
        ("page-ground", "hit-ground"),
        ("hit-ground", "current-hit-ground"),
        ("page-ground", "page-rule"),
        ("page-text", "page-dim"),
        *(("page-ground", ground) for ground in GROUNDS),
        ("hit-ground", "highlight-1-ground"),
    ):
        assert colours[one] != colours[other], (one, other)


def chroma(colour: str) -> float:
    """How far a colour is from grey, by CIELAB."""
    lab = rgb_to_lab(Color.parse(colour))
    return math.hypot(lab.a, lab.b)


@for_each("name", COLOURED)
def test_a_hit_is_no_grey_and_a_highlight_is_seen_on_the_page(name: str) -> None:
    colours = colours_of(EVERY[name])
    page = rgb_to_lab(Color.parse(colours["page-ground"]))
    assert chroma(colours["hit-ground"]) > 25
    for ground in ("hit-ground", *GROUNDS):
        lab = rgb_to_lab(Color.parse(colours[ground]))
        assert math.dist((lab.L, lab.a, lab.b), (page.L, page.a, page.b)) > 8, ground


@pytest.mark.parametrize("name", OURS)
def test_ours_name_every_colour_themselves(name: str) -> None:
    colours = OURS[name].variables
    assert set(COLOURS) <= set(colours)
    assert len({colours[ground] for ground in GROUNDS}) == 4
    assert OURS[name].dark == (name == "ink")
    assert choose_theme(COLOURFUL, Config().theme, is_light=name == "paper") == name


class Page(App[None]):
    """An app that uses every variable in its styles."""

    CSS = "\n".join(
        [f".{name} {{ color: ${name}; background: ${name}; }}" for name in COLOURS]
        + [f".{name} {{ text-style: ${name}; }}" for name in STYLES]
    )

    def __init__(self) -> None:
        super().__init__()
        for theme in read_bundled_themes():
            self.register_theme(theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return page_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        for name in (*COLOURS, *STYLES):
            yield Static("x", classes=name)


@pytest.mark.parametrize("name", [name for name, theme in EVERY.items() if theme.ansi])
def test_a_hit_in_dim_text_is_not_dim_where_attributes_mark_it(name: str) -> None:
    value = colours_of(EVERY[name])
    for hit in ("hit-text-style", "current-hit-text-style"):
        style = Style.parse(value["dim-text-style"]) + Style.parse(value[hit])
        assert style.reverse
        assert not style.dim


@pytest.mark.slow
async def test_every_theme_can_be_chosen_live() -> None:
    app = Page()
    async with app.run_test():
        pilot = RestingPilot(app)
        for name, theme in EVERY.items():
            app.theme = name
            await pilot.pause()
            shown = app.query_one(".page-text", Static).styles.color
            assert shown.hex == Color.parse(colours_of(theme)["page-text"]).hex


HEX = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(HEX, HEX, st.floats(1, 4.5))
def test_any_colour_is_made_readable(colour: str, ground: str, least: float) -> None:
    made = make_readable(colour, (ground,), least)
    assert contrast_ratio(made, ground) >= least
    if contrast_ratio(colour, ground) >= least:
        assert made == colour


@given(HEX, HEX)
def test_a_blend_begins_and_ends_where_it_should(start: str, end: str) -> None:
    assert blend_colours(start, end, 0) == start
    assert blend_colours(start, end, 1) == end


COLOURFUL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@for_each(
    "environment, configured, wanted",
    [
        (COLOURFUL, "ink", "ink"),
        (COLOURFUL, "paper", "paper"),
        (COLOURFUL, "nord", "nord"),
        (COLOURFUL, "ansi-light", "ansi-light"),
        (COLOURFUL, "no such theme", "ink"),
        ({"TERM": "xterm-256color"}, "paper", "paper"),
        ({"TERM": "xterm-kitty"}, "ink", "ink"),
        ({"TERM": "alacritty", "COLORTERM": "24bit"}, "ink", "ink"),
        ({"TERM": "xterm"}, "ink", "ansi-dark"),
        ({"TERM": "linux"}, "paper", "ansi-light"),
        ({"TERM": "linux"}, "solarized-light", "ansi-light"),
        ({"TERM": "rxvt-16color"}, "nord", "ansi-dark"),
        ({"TERM": "linux"}, "ansi-light", "ansi-light"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "ink", "ansi-dark"),
        ({"TERM": "dumb"}, "ink", "ansi-dark"),
        ({}, "ink", "ansi-dark"),
        ({**COLOURFUL, "NO_COLOR": "1"}, "ink", "ansi-dark"),
        ({**COLOURFUL, "NO_COLOR": "1"}, "paper", "ansi-light"),
        ({**COLOURFUL, "NO_COLOR": "1"}, "no such theme", "ansi-dark"),
        ({**COLOURFUL, "NO_COLOR": ""}, "paper", "paper"),
        ({"TERM": "linux", "TEXTUAL_COLOR_SYSTEM": "truecolor"}, "ink", "ink"),
        ({**COLOURFUL, "TEXTUAL_COLOR_SYSTEM": "standard"}, "ink", "ansi-dark"),
    ],
)
def test_the_theme_that_a_terminal_can_show(
    environment: dict[str, str], configured: str, wanted: str
) -> None:
    assert choose_theme(environment, configured, windows=False) == wanted
    if not environment:  # Windows has colours without saying so
        assert choose_theme(environment, configured, windows=True) == configured
    if environment.get("NO_COLOR"):
        assert choose_theme({"NO_COLOR": "1"}, configured, windows=True) == wanted


@for_each("colorterm", ["", "truecolor", "24bit"])
@for_each("term", ["", "dumb", "xterm", "xterm-256color", "linux", "xterm-kitty"])
def test_colours_are_judged_as_rich_judges_them(term: str, colorterm: str) -> None:
    environment = {"TERM": term, "COLORTERM": colorterm}
    console = Console(force_terminal=True, _environ=environment)
    many = console.color_system in ("256", "truecolor")
    assert (choose_theme(environment, "ink", windows=False) == "ink") == many


def test_a_theme_that_is_not_there_is_named() -> None:
    assert theme_problem("auto") == ""
    assert theme_problem("ink") == ""
    assert theme_problem("catppuccin-mocha") == ""
    assert "did you mean nord?" in theme_problem("nrod")
    assert theme_problem("zzz") == "There is no theme 'zzz'; rilo-reader doctor lists them all"


async def test_a_scrollbar_without_colours_is_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    long = WatchedLibrary([article(0, body="Words.\n\n" * 100)])
    async with reading(long, size=(100, 24)) as reader:
        bar = reader.view.vertical_scrollbar
        cells = [cell for y in range(bar.size.height) for cell in bar.render_line(y)]
        assert {cell.text for cell in cells} == {" ", THICK}
        assert not any(cell.style is not None and cell.style.reverse for cell in cells)
