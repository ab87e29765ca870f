"""The article's view: what is asked for last is shown, and one stays where one reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection

from rilo_reader.article import Article, ArticleId
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Words, words_to_highlight
from rilo_reader.render.page import SYNTAX
from rilo_reader.tui.themes import read_bundled_themes
from rilo_reader.tui.themes.colours import page_variables
from rilo_reader.tui.widgets import layouter
from rilo_reader.tui.widgets.article_view import ArticleView, ScrollGoal
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.layouter import LayoutJob, LayoutResult
from tests.support.at_rest import RestingPilot
from tests.support.rendering import make_article

LONG = "\n\n".join(
    f"## Part {i}\n\nParagraph {i} has a [link {i}](https://a.org/{i}) and " + "many words " * 20
    for i in range(60)
)

SLOW = make_article("slow text", id=ArticleId("slow"))
"""An article that `gate` holds back for longer than anybody waits for it."""


class Host(App[None]):
    """An app of nothing but the view."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return page_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        for theme in read_bundled_themes():
            self.register_theme(theme)
        self.theme = "ink"
        yield ArticleView()


class Stage:
    """A view on a screen of a given size, what to do with it, and the messages it posts."""

    def __init__(self) -> None:
        self.app = Host()
        self.pilot = RestingPilot(self.app)
        self.messages: list[Message] = []

    @property
    def view(self) -> ArticleView:
        return self.app.query_one(ArticleView)

    async def show(
        self, article: Article, position: int = 0, *, at_hit: bool = False, **surroundings: Any
    ) -> None:
        self.view.show_article(article, ScrollGoal(position, at_hit=at_hit), **surroundings)
        await self.done()

    async def done(self) -> None:
        """Wait until all of what was asked for is on the screen."""
        async with asyncio.timeout(20):
            while not self.view.is_complete:
                await self.pilot.pause(0.001)
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await self.pilot.pause()
        await self.done()

    def screen(self) -> list[str]:
        """The lines of the widget as text."""
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]

    def sees(self, text: str) -> bool:
        return any(text in line for line in self.screen())

    def last(self, kind: type[Message]) -> Any:
        return next(event for event in reversed(self.messages) if isinstance(event, kind))

    @property
    def hits(self) -> tuple[int, int]:
        """The number of the current hit, and of all."""
        found = self.last(ArticleView.HitsFound)
        return found.current, found.total

    def place(self, text: str) -> tuple[int, int]:
        """Column and row of a text on the screen."""
        row = next(y for y, line in enumerate(self.screen()) if text in line)
        return self.screen()[row].index(text), row

    async def click(self, text: str) -> None:
        """Click the first place where a text stands on the screen."""
        await self.pilot.click(ArticleView, offset=self.place(text))
        await self.pilot.pause()


@asynccontextmanager
async def stage(width: int = 100, height: int = 30) -> AsyncIterator[Stage]:
    at = Stage()
    async with at.app.run_test(size=(width, height), message_hook=at.messages.append):
        yield at


def words(query: str) -> tuple[Words, ...]:
    return words_to_highlight(parse(query))


async def test_an_article_is_centred_with_head_text_and_foot() -> None:
    async with stage(100, 14) as at:
        await at.show(make_article("The text."), neighbours=("Before", "After"))
        lines = at.screen()
        margin = " " * 10
        assert lines[:6] == [
            margin + "The title",
            margin + "RILO AP · 7 March 2019 · 1 min · example.org",
            "",
            margin + "The text.",
            "",
            "",
        ]
        assert lines[6] == margin + "← Before" + " " * 65 + "After →"
        assert all(line == "" for line in lines[7:])
        assert at.view.is_at_end
        assert at.view.is_complete
        title, facts = (list(at.view.render_line(y))[1] for y in (0, 1))
        assert title.style is not None
        assert facts.style is not None
        assert title.style.bold
        assert facts.style.color == colours_of(at.view).dim.color != title.style.color
        await at.resize(30, 10)
        for line in at.screen():
            assert line == "" or line.startswith("  ")
            assert len(line) <= 28


@pytest.mark.slow
async def test_moving_by_lines_pages_and_to_headings() -> None:
    async with stage() as at:
        await at.show(make_article(LONG))
        view = at.view
        assert (view.position, view.is_at_end) == (0, False)
        view.move_by(3)
        assert view.scroll_offset.y == 3
        assert view.move_page(1)
        assert view.scroll_offset.y == 31
        view.move_half(-1)
        assert view.scroll_offset.y == 16
        assert view.move_page(-1)
        assert not view.move_page(-1)
        view.move_bottom()
        await at.pilot.pause()
        assert view.is_at_end
        assert not view.move_page(1)
        assert at.last(ArticleView.Moved).at_end
        view.move_top()
        assert view.position == 0
        view.go_to_line(view.headings[30].line)
        await at.pilot.pause()
        assert "Part 30" in at.screen()[1]
        assert [link.url for link in view.links] == [f"https://a.org/{i}" for i in range(60)]


@pytest.mark.slow
async def test_the_position_survives_any_width_and_does_not_drift() -> None:
    async with stage() as at:
        await at.show(make_article(LONG))
        at.view.move_by(106)
        await at.pilot.pause()
        position = at.view.position
        top = at.screen()[0].split()
        for width in (41, 60, 33, 120, 57, 100):
            await at.resize(width, 30)
            assert at.view.position == position
            assert at.view.page.width == min(80, at.view.text_width)
        assert at.screen()[0].split() == top


@pytest.mark.slow
async def test_an_article_opens_where_it_was_left_or_at_its_end() -> None:
    async with stage() as at:
        article = make_article(LONG)
        await at.show(article)
        at.view.move_by(151)
        await at.pilot.pause()
        position, lines = at.view.position, at.screen()
        await at.show(make_article("other", id=ArticleId("b")))
        assert at.view.position == 0
        await at.show(article, position=position)
        assert at.view.position == position
        assert at.screen() == lines
        await at.show(article, position=10**9)
        assert at.view.is_at_end


@pytest.mark.slow
async def test_hits_are_walked_from_where_one_looks() -> None:
    async with stage(100, 20) as at:
        article = make_article(LONG)
        await at.show(article, words=words('"paragraph 7" OR "paragraph 40"'), at_hit=True)
        view = at.view
        assert at.hits == (1, 2)
        assert at.sees("Paragraph 7 ")
        assert view.go_to_hit(1)
        await at.pilot.pause()
        assert at.sees("Paragraph 40 ")
        assert at.hits == (2, 2)
        assert not view.go_to_hit(1)
        assert view.go_to_hit(-1)
        assert at.sees("Paragraph 7 ")
        assert not view.go_to_hit(-1)
        await at.show(article, words=words("paragraph"))
        view.move_bottom()
        await at.pilot.pause()
        assert view.go_to_hit(-1)
        await at.pilot.pause()
        assert at.hits[0] >= 58
        view.move_top()
        assert view.go_to_hit(1)
        await at.pilot.pause()
        assert at.hits == (1, 60)


async def test_a_hit_has_the_style_of_a_hit() -> None:
    async with stage() as at:
        await at.show(make_article("one ivory two"), words=words("ivory"))
        ground = colours_of(at.view).hit.bgcolor
        marked = [
            segment.text
            for y in range(10)
            for segment in at.view.render_line(y)
            if segment.style and segment.style.bgcolor == ground
        ]
        assert marked == ["ivory"]
        for query, total in (("two", 1), ("", 0)):
            at.view.set_words(words(query))
            await at.done()
            assert at.hits == (0, total)
        assert not at.view.go_to_hit(1)
        await at.show(make_article(LONG), words=words("nowhere"), at_hit=True)
        assert at.view.position == 0
        assert at.hits == (0, 0)


async def test_links_and_neighbours_are_clicked() -> None:
    async with stage() as at:
        text = "A [good link](https://a.org/x) and [bad](javascript:x)."
        await at.show(make_article(text), neighbours=("Before", "After"))
        await at.click("good link")
        assert at.last(ArticleView.Chosen).value == "https://a.org/x"
        await at.click("example.org")
        assert at.last(ArticleView.Chosen).value == "https://www.example.org/news/a"
        await at.click("bad")
        assert at.last(ArticleView.Chosen).kind == ""
        await at.click("Before")
        assert at.last(ArticleView.Chosen).value == -1
        at.view.set_neighbours((None, "Later"))
        await at.pilot.pause()
        assert not at.sees("Before")
        await at.click("Later")
        assert at.last(ArticleView.Chosen).value == 1


async def test_footnotes_jump_there_and_back() -> None:
    async with stage(100, 12) as at:
        await at.show(make_article("One[^1].\n\n" + "Text.\n\n" * 30 + "[^1]: The note."))
        await at.click("[1]")
        assert at.sees("1. The note.")
        await at.click("↩")
        assert at.sees("One[1].")


@pytest.mark.slow
async def test_link_numbers_come_and_go_in_place() -> None:
    async with stage() as at:
        await at.show(make_article(LONG))
        at.view.move_by(50)
        await at.pilot.pause()
        before = at.view.position
        for on in (True, False):
            at.view.show_link_numbers(on)
            await at.done()
            assert at.sees("[8]") == on
            assert at.view.position == before


async def test_link_numbers_do_not_look_like_footnotes() -> None:
    for theme in ("ink", "ansi-dark"):
        async with stage() as at:
            at.app.theme = theme
            await at.show(make_article("A [link](https://a.org) and a note.[^1]\n\n[^1]: Note."))
            at.view.show_link_numbers(True)
            await at.done()
            segments = [s for y in range(10) for s in at.view.render_line(y) if s.text == "[1]"]
            number, note = (segment.style or Style() for segment in segments)
            assert number.reverse and number.bold
            assert not note.reverse and not note.bold


async def test_selected_text_is_copied_with_its_paragraphs_whole() -> None:
    async with stage(40, 20) as at:
        await at.show(make_article("> one two three four five six seven eight\n\nnext"))
        text, _ = at.view.get_selection(Selection(None, None)) or ("", "")
        assert text.endswith("\n\none two three four five six seven eight\n\nnext")
        _, row = at.place("one")
        part = at.view.get_selection(Selection(Offset(2, row), Offset(5, row)))
        assert part is not None
        assert part[0] == "one"


async def test_the_mouse_selects() -> None:
    async with stage() as at:
        await at.show(make_article("select these words"))
        x, y = at.place("these")
        await at.pilot.mouse_down(ArticleView, offset=(x, y))
        await at.pilot.hover(ArticleView, offset=(x + 5, y))
        await at.pilot.mouse_up(ArticleView, offset=(x + 5, y))
        await at.pilot.pause()
        assert at.app.screen.get_selected_text() == "these"


async def test_messages_stand_in_for_an_article_and_nothing_before_any() -> None:
    async with stage(40, 5) as at:
        assert at.screen() == [""] * 5
        assert not at.view.go_to_hit(1)
        at.view.move_bottom()
        at.view.move_page(1)
        at.view.show_link_numbers(True)
        await at.resize(60, 12)
        assert at.screen() == [""] * 12
        await at.show(make_article("x"))
        at.view.show_message("Nothing found", "No article has this word.")
        await at.done()
        shown = ["Nothing found", "", "No article has this word.", ""]
        assert [line.strip() for line in at.screen()[:4]] == shown
        assert at.view.article_id is None
        assert (at.view.links, at.view.headings, at.view.position) == ((), (), 0)
        await at.resize(30, 12)
        assert "Nothing found" in at.screen()[0]


async def test_another_theme_changes_the_colours() -> None:
    async with stage() as at:
        await at.show(make_article("text"))
        for theme in ("paper", "textual-light", "ink", "ansi-dark"):
            at.app.theme = theme
            await at.pilot.pause()
            await at.done()
            styles = at.view.rich_style
            segment = next(s for s in at.view.render_line(3) if s.text == "text")
            assert segment.style is not None
            assert (segment.style.color, segment.style.bgcolor) == (styles.color, styles.bgcolor)


CODE = "Words.\n\n```python\nimport ivory  # and more\n```"


def style_of(at: Stage, text: str) -> Style:
    style = next(s.style for y in range(10) for s in at.view.render_line(y) if s.text == text)
    assert style is not None
    return style


@pytest.mark.slow
async def test_code_has_the_colours_of_the_theme_and_hits_lie_over_them() -> None:
    async with stage() as at:
        for theme in ("ink", "paper", "nord"):
            at.app.theme = theme
            await at.show(make_article(CODE))
            await at.app.workers.wait_for_complete()
            await at.pilot.pause()
            colours = colours_of(at.view)
            syntax = dict(zip(SYNTAX, colours.syntax, strict=True))
            keyword = style_of(at, "import")
            assert keyword.color == syntax["keyword"].color != colours.code.color
            assert keyword.bgcolor == colours.code.bgcolor
            assert style_of(at, "# and more").color == syntax["comment"].color
        at.view.set_words(words("import"))
        await at.done()
        await at.app.workers.wait_for_complete()
        await at.pilot.pause()
        assert style_of(at, "import").bgcolor == colours.hit.bgcolor
        assert style_of(at, "import").color == colours.hit.color


async def test_code_has_no_colours_where_none_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage() as at:
        await at.show(make_article(CODE))
        await at.app.workers.wait_for_complete()
        assert at.sees(" import ivory  # and more")
        assert not any(s.text == "import" for y in range(10) for s in at.view.render_line(y))
        await at.show(make_article("Press `J` for more."))
        bold = [
            s.text for y in range(6) for s in at.view.render_line(y) if s.style and s.style.bold
        ]
        assert bold[-1] == "J", "nothing else would tell it from the words around it"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Holds the thread that lays out the article "slow" back until it is set."""
    event = threading.Event()
    real = layouter.lay_out

    def held(job: LayoutJob, wanted: Callable[[], bool]) -> Iterator[LayoutResult]:
        if job.article is SLOW:
            event.wait(10)
        yield from real(job, wanted)

    monkeypatch.setattr(layouter, "lay_out", held)
    yield event
    event.set()


@pytest.mark.slow
async def test_an_article_of_usual_length_is_there_at_once() -> None:
    async with stage() as at:
        at.view.show_article(make_article(LONG), ScrollGoal(0))
        assert "The title" in at.screen()[0]
        await at.done()
        view = ArticleView()
        view.show_article(make_article("x"), ScrollGoal(0))
        await at.app.mount(view)
        await at.pilot.pause()
        assert any("The title" in view.render_line(y).text for y in range(view.size.height))


@pytest.mark.slow
async def test_what_is_late_is_never_shown_nor_what_belongs_to_another_article(
    gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage() as at:
        await at.show(make_article(LONG))
        at.view.move_by(20)
        at.view.show_article(SLOW, ScrollGoal(7))
        assert at.view.article_id == "slow"
        assert (at.view.position, at.view.is_at_end) == (7, False)
        assert (at.view.links, at.view.headings) == ((), ())
        await at.show(make_article("quick text", id=ArticleId("quick")))
        assert at.sees("quick text")
        gate.set()
        await at.pilot.pause(0.2)
        await at.done()
        assert at.sees("quick text")
        assert at.view.article_id == "quick"
    assert not caplog.records


@pytest.mark.slow
async def test_a_running_resize_does_not_crash() -> None:
    async with stage() as at:
        at.view.show_article(make_article(LONG * 5), ScrollGoal(0), neighbours=("b", "a"))
        for width, height in [(80, 24), (20, 5), (3, 2), (1, 1), (200, 60), (40, 10), (100, 30)]:
            await at.pilot.resize_terminal(width, height)
        await at.done()
        assert at.view.page.width == 80


@pytest.mark.slow
async def test_the_end_can_be_gone_to_before_it_is_laid_out() -> None:
    async with stage() as at:
        at.view.show_article(make_article(LONG * 10), ScrollGoal(0))
        at.view.move_bottom()
        await at.done()
        assert at.view.is_at_end or at.view.position == 0


async def test_an_article_that_defeats_the_renderer_is_shown_as_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(self: object) -> Iterator[object]:
        raise RecursionError("too deep")

    monkeypatch.setattr("rilo_reader.render.markdown.ArticleMarkdown.parse_blocks", fail)
    async with stage() as at:
        await at.show(make_article("First line.\n\nneedle **here**"), words=words("needle"))
        assert at.sees("could not be laid out (RecursionError: too deep)")
        assert "needle **here**" in [line.strip() for line in at.screen()]
        assert at.hits == (0, 1)
