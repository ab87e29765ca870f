"""The article's view: what is asked for last is shown, and one stays where one reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection

from rilo_reader.article import Article, ArticleId
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Words, highlights
from rilo_reader.tui.themes import our_themes
from rilo_reader.tui.themes.colours import page_variables
from rilo_reader.tui.widgets import layouter
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.layouter import Job, Result
from tests.support.at_rest import RestingPilot
from tests.support.rendering import make_article

LONG = "\n\n".join(
    f"## Part {i}\n\nParagraph {i} has a [link {i}](https://a.org/{i}) and " + "many words " * 20
    for i in range(60)
)

SLOW = "slow text"
"""Of an article that `gate` holds back for longer than anybody waits for it."""


class Host(App[None]):
    """An app of nothing but the view, that keeps the messages."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return page_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        for theme in our_themes():
            self.register_theme(theme)
        self.theme = "ink"
        yield ArticleView()

    def on_article_view_link_chosen(self, event: ArticleView.LinkChosen) -> None:
        self.messages.append(event)

    def on_article_view_neighbour_chosen(self, event: ArticleView.NeighbourChosen) -> None:
        self.messages.append(event)

    def on_article_view_moved(self, event: ArticleView.Moved) -> None:
        self.messages.append(event)

    def on_article_view_hits_found(self, event: ArticleView.HitsFound) -> None:
        self.messages.append(event)

    def on_article_view_rendered(self, event: ArticleView.Rendered) -> None:
        self.messages.append(event)


class Stage:
    """A view on a screen of a given size, and what to do with it."""

    def __init__(self, app: Host) -> None:
        self.app = app
        self.pilot = RestingPilot(app)
        self.view = app.query_one(ArticleView)

    async def show(self, article: Article, **how: Any) -> None:
        self.view.show(article, **{"previous": None, "next": None, **how})
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

    def last(self, kind: type[Message]) -> Any:
        return next(event for event in reversed(self.app.messages) if isinstance(event, kind))

    def count(self, kind: type[Message]) -> int:
        return sum(isinstance(event, kind) for event in self.app.messages)

    async def click(self, text: str) -> None:
        """Click the first place where a text stands on the screen."""
        for y, line in enumerate(self.screen()):
            if text in line:
                await self.pilot.click(ArticleView, offset=(line.index(text), y))
                return
        raise AssertionError(f"{text!r} is not on the screen")


@asynccontextmanager
async def stage(width: int = 100, height: int = 30) -> AsyncIterator[Stage]:
    app = Host()
    async with app.run_test(size=(width, height)):
        yield Stage(app)


def words(query: str) -> tuple[Words, ...]:
    return highlights(parse(query))


async def test_an_article_is_centred_with_head_text_and_foot() -> None:
    async with stage(100, 14) as at:
        await at.show(make_article("The text."), previous="Before", next="After")
        lines = at.screen()
        margin = " " * 10
        assert lines[:6] == [
            "",
            margin + "The title",
            margin + "RILO AP · 7 March 2019 · 1 min · example.org",
            "",
            margin + "The text.",
            "",
        ]
        assert lines[7] == margin + "← Before" + " " * 65 + "After →"
        assert all(line == "" for line in lines[8:])
        assert at.view.at_end
        assert at.last(ArticleView.Rendered).complete


async def test_two_columns_stay_free_at_each_side_of_a_narrow_screen() -> None:
    async with stage(30, 10) as at:
        await at.show(make_article("word " * 30))
        for line in at.screen():
            assert line == "" or line.startswith("  ")
            assert len(line) <= 28


async def test_moving() -> None:
    async with stage(100, 30) as at:
        await at.show(make_article(LONG))
        view = at.view
        assert (view.position, view.at_end) == (0, False)
        view.move_lines(3)
        assert view.scroll_offset.y == 3
        assert view.move_page(1)
        assert view.scroll_offset.y == 31
        view.move_half(-1)
        assert view.scroll_offset.y == 16
        assert view.move_page(-1)
        assert not view.move_page(-1)
        view.move_bottom()
        await at.pilot.pause()
        assert view.at_end
        assert not view.move_page(1)
        assert at.last(ArticleView.Moved).at_end
        view.move_top()
        assert view.position == 0


async def test_headings_and_links_can_be_gone_to() -> None:
    async with stage(100, 30) as at:
        await at.show(make_article(LONG))
        heading = at.view.headings[30]
        at.view.go_to_line(heading.line)
        await at.pilot.pause()
        assert "Part 30" in at.screen()[1]
        assert [link.url for link in at.view.links] == [f"https://a.org/{i}" for i in range(60)]


@pytest.mark.slow
async def test_the_position_survives_any_width_and_does_not_drift() -> None:
    async with stage(100, 30) as at:
        await at.show(make_article(LONG))
        at.view.move_lines(102)
        await at.pilot.pause()
        position = at.view.position
        top = at.screen()[0].split()
        for width in (41, 60, 33, 120, 57, 100):
            await at.resize(width, 30)
            assert at.view.position == position
            assert at.view.page.width == min(80, at.view.text_width)
        assert at.screen()[0].split() == top


async def test_an_article_opens_where_it_was_left() -> None:
    async with stage(100, 30) as at:
        article = make_article(LONG)
        await at.show(article)
        at.view.move_lines(151)
        await at.pilot.pause()
        position, lines = at.view.position, at.screen()
        await at.show(make_article("other", id=ArticleId("b")))
        assert at.view.position == 0
        await at.show(article, position=position)
        assert at.view.position == position
        assert at.screen() == lines


async def test_a_position_beyond_the_end_is_the_end() -> None:
    async with stage() as at:
        await at.show(make_article(LONG), position=10**9)
        assert at.view.at_end


async def test_hits_are_marked_and_walked() -> None:
    async with stage(100, 20) as at:
        article = make_article(LONG)
        await at.show(article, words=words('"paragraph 7" OR "paragraph 40"'), at_first_hit=True)
        view = at.view
        assert (at.last(ArticleView.HitsFound).current, at.last(ArticleView.HitsFound).total) == (
            1,
            2,
        )
        assert any("Paragraph 7 " in line for line in at.screen())
        assert view.go_to_hit(1)
        await at.pilot.pause()
        assert any("Paragraph 40 " in line for line in at.screen())
        assert at.last(ArticleView.HitsFound).current == 2
        assert not view.go_to_hit(1)
        assert view.go_to_hit(-1)
        assert any("Paragraph 7 " in line for line in at.screen())
        assert not view.go_to_hit(-1)


async def test_hits_start_from_where_one_looks() -> None:
    async with stage(100, 20) as at:
        await at.show(make_article(LONG), words=words("paragraph"))
        at.view.move_bottom()
        await at.pilot.pause()
        assert at.view.go_to_hit(-1)
        await at.pilot.pause()
        assert at.last(ArticleView.HitsFound).current >= 58
        at.view.move_top()
        assert at.view.go_to_hit(1)
        await at.pilot.pause()
        assert at.last(ArticleView.HitsFound).current == 1


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
        at.view.set_words(words("two"))
        await at.done()
        assert at.last(ArticleView.HitsFound).total == 1
        at.view.set_words(())
        await at.done()
        assert at.last(ArticleView.HitsFound).total == 0
        assert not at.view.go_to_hit(1)


async def test_no_hit_leaves_the_article_at_its_top() -> None:
    async with stage() as at:
        await at.show(make_article(LONG), words=words("nowhere"), at_first_hit=True)
        assert at.view.position == 0
        assert at.last(ArticleView.HitsFound).total == 0


async def test_links_are_clicked() -> None:
    async with stage() as at:
        await at.show(make_article("A [good link](https://a.org/x) and [bad](javascript:x)."))
        await at.click("good link")
        await at.pilot.pause()
        assert at.last(ArticleView.LinkChosen).url == "https://a.org/x"
        await at.click("example.org")
        await at.pilot.pause()
        assert at.last(ArticleView.LinkChosen).url == "https://www.example.org/news/a"
        await at.click("bad")
        await at.pilot.pause()
        assert at.count(ArticleView.LinkChosen) == 2


async def test_neighbours_are_clicked_and_renamed() -> None:
    async with stage() as at:
        await at.show(make_article("x"), previous="Before", next="After")
        await at.click("Before")
        await at.pilot.pause()
        assert at.last(ArticleView.NeighbourChosen).step == -1
        at.view.set_neighbours(None, "Later")
        await at.pilot.pause()
        assert not any("Before" in line for line in at.screen())
        await at.click("Later")
        await at.pilot.pause()
        assert at.last(ArticleView.NeighbourChosen).step == 1


async def test_footnotes_jump_there_and_back() -> None:
    async with stage(100, 12) as at:
        await at.show(make_article("One[^1].\n\n" + "Text.\n\n" * 30 + "[^1]: The note."))
        await at.click("[1]")
        await at.pilot.pause()
        assert any("1. The note." in line for line in at.screen())
        await at.click("↩")
        await at.pilot.pause()
        assert any("One[1]." in line for line in at.screen())


async def test_link_numbers_come_and_go_in_place() -> None:
    async with stage() as at:
        await at.show(make_article(LONG))
        at.view.move_lines(40)
        await at.pilot.pause()
        before = at.view.position
        at.view.number_links(True)
        await at.done()
        assert any("[8]" in line for line in at.screen())
        assert at.view.position == before
        at.view.number_links(False)
        await at.done()
        assert not any("[8]" in line for line in at.screen())


async def test_selected_text_is_copied_with_its_paragraphs_whole() -> None:
    async with stage(40, 20) as at:
        await at.show(make_article("> one two three four five six seven eight\n\nnext"))
        view = at.view
        assert view.page.width < 40
        text, _ = view.get_selection(Selection(None, None)) or ("", "")
        assert text.endswith("\n\none two three four five six seven eight\n\nnext")
        row = next(y for y, line in enumerate(at.screen()) if "one" in line)
        part = view.get_selection(Selection(Offset(2, row), Offset(5, row)))
        assert part is not None
        assert part[0] == "one"


async def test_the_mouse_selects() -> None:
    async with stage() as at:
        await at.show(make_article("select these words"))
        y = next(y for y, line in enumerate(at.screen()) if "these" in line)
        x = at.screen()[y].index("these")
        await at.pilot.mouse_down(ArticleView, offset=(x, y))
        await at.pilot.hover(ArticleView, offset=(x + 5, y))
        await at.pilot.mouse_up(ArticleView, offset=(x + 5, y))
        await at.pilot.pause()
        assert at.app.screen.get_selected_text() == "these"


async def test_messages_stand_in_for_an_article() -> None:
    async with stage(60, 12) as at:
        await at.show(make_article("x"))
        at.view.show_message("Nothing found", "No article has this word.")
        await at.done()
        assert [line.strip() for line in at.screen()[:4]] == [
            "",
            "Nothing found",
            "",
            "No article has this word.",
        ]
        assert at.view.article_id is None
        assert (at.view.links, at.view.headings, at.view.position) == ((), (), 0)
        await at.resize(30, 12)
        assert "Nothing found" in at.screen()[1]


async def test_nothing_is_shown_before_anything_is_asked_for() -> None:
    async with stage(40, 5) as at:
        assert at.screen() == [""] * 5
        assert not at.view.go_to_hit(1)
        at.view.move_bottom()
        at.view.move_page(1)
        at.view.number_links(True)
        await at.resize(50, 8)
        assert at.screen() == [""] * 8


async def test_another_theme_changes_the_colours() -> None:
    async with stage() as at:
        await at.show(make_article("text"))
        for theme in ("paper", "textual-light", "ink", "ansi-dark"):
            at.app.theme = theme
            await at.pilot.pause()
            await at.done()
            styles = at.view.rich_style
            segment = next(s for s in at.view.render_line(4) if s.text == "text")
            assert segment.style is not None
            assert (segment.style.color, segment.style.bgcolor) == (styles.color, styles.bgcolor)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Holds the thread that lays out the article "slow" back until it is set."""
    event = threading.Event()
    real = layouter.lay_out

    def held(job: Job, wanted: Callable[[], bool]) -> Iterator[Result]:
        if job.article.id == "slow":
            event.wait(10)
        yield from real(job, wanted)

    monkeypatch.setattr(layouter, "lay_out", held)
    yield event
    event.set()


async def test_an_article_of_usual_length_is_there_at_once() -> None:
    async with stage() as at:
        at.view.show(make_article(LONG), previous=None, next=None)
        assert "The title" in at.screen()[1]
        assert at.view.article_id == "a"
        await at.done()


async def test_the_first_frame_after_mounting_holds_the_article() -> None:
    async with stage() as at:
        view = ArticleView()
        view.show(make_article("x"), previous=None, next=None)
        await at.app.mount(view)
        await at.pilot.pause()
        assert any("The title" in view.render_line(y).text for y in range(view.size.height))


async def test_a_title_is_bold_and_its_line_dim_in_the_running_app() -> None:
    async with stage() as at:
        await at.show(make_article("x"))
        title = next(s for s in at.view.render_line(1) if s.text == "The title")
        facts = next(s for s in at.view.render_line(2) if s.text.startswith("RILO AP"))
        assert title.style is not None and title.style.bold
        assert facts.style is not None
        assert facts.style.color == colours_of(at.view).dim.color
        assert facts.style.color != title.style.color


async def test_a_late_result_is_never_shown(gate: threading.Event) -> None:
    async with stage() as at:
        at.view.show(make_article(SLOW, id=ArticleId("slow")), previous=None, next=None)
        await at.show(make_article("quick text", id=ArticleId("quick")))
        assert any("quick text" in line for line in at.screen())
        gate.set()
        await at.pilot.pause(0.05)
        await at.done()
        assert any("quick text" in line for line in at.screen())
        assert at.view.article_id == "quick"


@pytest.mark.slow
async def test_what_belongs_to_the_last_article_is_not_shown_for_the_next(
    gate: threading.Event,
) -> None:
    async with stage() as at:
        await at.show(make_article(LONG))
        at.view.move_lines(20)
        at.view.show(make_article(SLOW, id=ArticleId("slow")), previous=None, next=None, position=7)
        assert at.view.article_id == "slow"
        assert (at.view.position, at.view.at_end) == (7, False)
        assert (at.view.links, at.view.headings) == ((), ())
        gate.set()
        await at.done()


@pytest.mark.slow
async def test_an_article_is_left_before_its_first_lines_are_there(
    gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage() as at:
        at.view.show(make_article(SLOW, id=ArticleId("slow")), previous=None, next=None)
        at.view.show(make_article("Another one."), previous=None, next=None)
        gate.set()
        await at.done()
        await at.pilot.pause(0.2)
        assert any("Another one." in line for line in at.screen())
    assert not caplog.records


@pytest.mark.slow
async def test_a_running_resize_does_not_crash() -> None:
    async with stage() as at:
        at.view.show(make_article(LONG * 5), previous="b", next="a")
        for width, height in [(80, 24), (20, 5), (3, 2), (1, 1), (200, 60), (40, 10), (100, 30)]:
            await at.pilot.resize_terminal(width, height)
        await at.done()
        assert at.view.page.width == 80


@pytest.mark.slow
async def test_the_end_can_be_gone_to_before_it_is_laid_out() -> None:
    async with stage() as at:
        at.view.show(make_article(LONG * 10), previous=None, next=None)
        at.view.move_bottom()
        await at.done()
        assert at.view.at_end or at.view.position == 0


async def test_an_article_that_defeats_the_renderer_is_shown_as_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(self: object) -> Iterator[object]:
        raise RecursionError("too deep")

    monkeypatch.setattr("rilo_reader.render.markdown.ArticleMarkdown.blocks", fail)
    async with stage() as at:
        await at.show(make_article("First line.\n\nneedle **here**"), words=words("needle"))
        screen = [line.strip() for line in at.screen()]
        assert any("could not be laid out (RecursionError: too deep)" in line for line in screen)
        assert "needle **here**" in screen
        assert at.last(ArticleView.HitsFound).total == 1
