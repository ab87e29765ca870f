"""The article view: laid out in a thread, shown after the first screenful."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from functools import partial
from itertools import chain
from typing import TypeAlias

from rich.segment import Segment
from textual import events

from rilo_reader.article import Article, ArticleId
from rilo_reader.query.tree import Words
from rilo_reader.render.page import JUMP, LINK, Heading, Link
from rilo_reader.tui.background import in_thread
from rilo_reader.tui.widgets import article_hits as messages
from rilo_reader.tui.widgets.article_hits import (
    Hit,
    Job,
    LaidOut,
    Moved,
    Patch,
    Rendered,
    Result,
    run,
    with_words,
)
from rilo_reader.tui.widgets.page_view import SHEET, PageView, component, footer, styles_of

# Layout in a thread: only the latest request counts, and the position is kept.


FIRST_PAGE_TIMEOUT = 0.15
"""Seconds to wait for the first screenful, which usually takes a few milliseconds.

After that, keys are handled although the article is not laid out yet.
"""


class LayoutView(PageView):
    """A page that is laid out in a thread, and shown once it includes the requested position.

    A new request cancels the previous one, whose results are dropped.
    """

    def __init__(self, width: int, date_format: str, *, in_vault: bool = False) -> None:
        """Create an empty view with lines of at most `width` cells."""
        super().__init__()
        self._width = width
        self._date_format = date_format
        self._in_vault = in_vault
        self._article: Article | None = None
        self._notice: tuple[str, str] | None = None
        self._words: tuple[Words, ...] = ()
        self._numbers = False
        self._serial = 0
        self._result: Result | None = None  # on the screen
        self._job: Job | None = None  # the latest request
        self._goal: int | None = None  # the position to scroll to; None once reached
        self._goal_is_hit = False
        self._goal_is_bottom = False
        self._goal_anchor = ""
        self._settled: int | None = None  # the position after that, until the user scrolls

    # -- to be implemented by the article view --------------------------------------------------

    def made_patches(self) -> dict[int, list[Patch]]:
        """Return the styles to apply to lines of the page."""
        return {}

    def made_foot(self) -> list[Segment]:
        """Return the line below the text."""
        return []

    def go_to_first_hit(self) -> None:
        """Scroll to the first hit."""

    def keep_hit_in_sight(self) -> None:
        """Keep the current hit visible after a change of size."""

    def result_shown(self, result: Result) -> None:
        """Handle that a result is on the screen."""

    # -- position -------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The reading position: visible characters of the body above the top line."""
        if self._goal is not None:
            return self._goal
        if self._settled is not None:
            return self._settled
        return self.reading_position if self.is_current else 0

    @property
    def at_end(self) -> bool:
        """Whether the end of the article is visible."""
        return self.is_current and self._goal is None and self.is_at_bottom

    @property
    def is_current(self) -> bool:
        """Whether the requested article is on the screen."""
        shown = self._result.job.article if self._result else None
        return shown is not None and shown is self._article

    @property
    def is_complete(self) -> bool:
        """Whether all of the requested article is on the screen."""
        if self._article is None:
            return True
        if self._job is None or self._result is None:
            return False
        return self._result.job.serial == self._job.serial and self.page.complete

    # -- layout ---------------------------------------------------------------------------------

    def lay_out_again(self) -> None:
        """Lay out again for a new width, theme or setting; keep the position."""
        if self._notice is not None:
            self.lay_out_notice()
        elif self._article is not None:
            if self._goal is None:
                self._goal = self.position
            self.request()

    def request(self) -> None:
        """Lay out the article, once the view has a size.

        Waits for the first screenful, so that it is in the next frame; the rest follows after that
        frame. All layout is done in threads, so that an article that takes long does not block the
        program.
        """
        if self._article is None or self.text_width <= 0 or not self.is_attached:
            # A hidden view requests its layout when it is shown.
            self._job = None
            return
        self._serial += 1
        self._job = job = Job(
            serial=self._serial,
            article=self._article,
            width=min(self._width, self.text_width),
            styles=styles_of(self),
            words=self._words,
            date_format=self._date_format,
            number_links=self._numbers,
            in_vault=self._in_vault,
        )
        results = run(job, lambda: job.serial == self._serial)
        first = in_thread(partial(next, results, None), "article")
        wait([first], FIRST_PAGE_TIMEOUT)
        if not first.done():
            self._work(partial(self._lay_out_in_thread, job, results, first))
            return
        result = first.result()
        if result is None:
            return
        self._receive(result)
        if result.page.complete:
            self.workers.cancel_group(self, "article")
        else:
            self.call_after_refresh(self._lay_out_rest, job, results)

    def _lay_out_rest(self, job: Job, results: Iterator[Result]) -> None:
        if job.serial == self._serial:
            self._work(partial(self._lay_out_in_thread, job, results))

    def find_again(self) -> None:
        """Search the current page for other words."""
        if self._result is None or not self.is_complete or not self.is_current:
            self.lay_out_again()
            return
        self._serial += 1
        job = self._result.job._replace(serial=self._serial, words=self._words)
        self._job = job
        self._work(partial(self._find_in_thread, self._result._replace(job=job)))

    def _work(self, work: Callable[[], None]) -> None:
        done = asyncio.wrap_future(in_thread(work, "article"))
        self.run_worker(done, group="article", exclusive=True)

    def _lay_out_in_thread(
        self, job: Job, results: Iterator[Result], first: Future[Result | None] | None = None
    ) -> None:
        begun = [] if first is None else [first.result()]
        for result in chain(begun, results):
            if result is None:
                return  # cancelled before the first page
            if job.serial != self._serial:
                return
            self.post_message(LaidOut(result))

    def _find_in_thread(self, result: Result) -> None:
        self.post_message(LaidOut(with_words(result)))

    def lay_out_notice(self) -> None:
        """Show a message of the program in place of an article."""
        from rilo_reader.render.document import Layout, message

        if self._notice is None or self.text_width <= 0 or not self.is_attached:
            return
        layout = Layout(min(self._width, self.text_width), styles_of(self))
        self.put_page(message(*self._notice, layout), {}, [])

    # -- results --------------------------------------------------------------------------------

    def on_article_view_laid_out(self, event: LaidOut) -> None:
        """Show a result, unless there has been another request."""
        self._receive(event.result)

    def _receive(self, result: Result) -> None:
        if self._job is None or result.job.serial != self._job.serial:
            return
        if not self._is_enough(result):
            return
        self._result = result
        self.put_page(result.page, self.made_patches(), [])
        if result.page.complete:
            self.put_foot(self.made_foot())
        self._scroll_to_goal(result)
        self.result_shown(result)
        self.post_message(Rendered(result.page.complete))
        self.post_message(Moved(self.position, self.at_end))

    def _is_enough(self, result: Result) -> bool:
        """Return whether a page includes the position and a screenful after it."""
        if result.page.complete:
            return True
        if self._goal_is_hit:
            return bool(result.hits)
        if not self._goal:
            return True
        letters = sum(line.letters for line in result.page.lines)
        return letters > self._goal + self.size.width * self.size.height

    def _scroll_to_goal(self, result: Result) -> None:
        """Scroll to the requested position if it is laid out."""
        if self._goal is not None:
            goal = self._goal
            self.scroll_to_top_line(self.line_at(goal))
            self._goal, self._settled = None, goal
        if self._goal_is_hit:
            self._goal_is_hit = False
            if result.hits:
                self.go_to_first_hit()
        settled = self._settled
        self.keep_hit_in_sight()
        self._settled = settled
        if result.page.complete:
            if self._goal_is_bottom:
                self.scroll_to_row(self.max_scroll_y)
            self._goal_is_bottom = False
            if self._goal_anchor:
                self.jump(self._goal_anchor)

    def jump(self, name: str) -> None:
        """Scroll to an anchor of the page, now or once it is laid out."""
        line = self.page.anchors.get(name)
        self._goal_anchor = "" if line is not None or self.page.complete else name
        if line is not None:
            self.scroll_to_top_line(line - 1)

    # -- events ---------------------------------------------------------------------------------

    def on_unmount(self) -> None:
        """Cancel the layout."""
        self._serial += 1

    def size_set(self) -> None:
        """Lay out before the first frame."""
        if self._job is None and self._article is not None:
            self.request()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out again if the width of lines changes."""
        self.forget_strips()
        wanted = min(self._width, self.text_width)
        requested = self._job.width if self._job else 0
        if wanted != requested:
            self.lay_out_again()
        else:
            self.keep_hit_in_sight()

    def notify_style_update(self) -> None:
        """Lay out again with the styles of another theme."""
        super().notify_style_update()
        self.forget_strips()
        # Textual updates the styles of component classes after this call.
        self.call_later(self._follow_styles)

    def _follow_styles(self) -> None:
        if not self.is_attached:
            return
        if self._notice is not None:
            self.lay_out_notice()
        elif self._job is not None and styles_of(self) != self._job.styles:
            self.lay_out_again()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Post the new position."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value) and self.is_current and self._goal is None:
            self._settled = None
            self.post_message(Moved(self.position, self.at_end))


# The article view.


class ArticleView(LayoutView):
    """Shows one article at a time; posts messages and never loads anything.

    Shows the article requested last, or the previous one until it is laid out.
    """

    # Not in a base class: Textual scopes CSS to the class that defines it.
    DEFAULT_CSS = SHEET

    LinkChosen: TypeAlias = messages.LinkChosen
    NeighbourChosen: TypeAlias = messages.NeighbourChosen
    Moved: TypeAlias = messages.Moved
    HitsFound: TypeAlias = messages.HitsFound
    Rendered: TypeAlias = messages.Rendered

    def __init__(
        self, *, width: int = 80, date_format: str = "human", in_vault: bool = False
    ) -> None:
        """Create an empty view.

        Args:
            width: the maximum width of lines, in cells.
            date_format: "human", "iso" or a strftime pattern.
            in_vault: whether the articles belong to an Obsidian vault.
        """
        super().__init__(width, date_format, in_vault=in_vault)
        self._neighbours: tuple[str | None, str | None] = (None, None)
        self._current = -1  # the current hit
        self._is_at_hit = False  # until the user scrolls

    # -- content --------------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """The maximum width of lines, in cells; setting it lays out the article again."""
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self.lay_out_again()

    @property
    def date_format(self) -> str:
        """The format of dates; setting it lays out the article again."""
        return self._date_format

    @date_format.setter
    def date_format(self, date_format: str) -> None:
        if date_format != self._date_format:
            self._date_format = date_format
            self.lay_out_again()

    @property
    def article_id(self) -> ArticleId | None:
        """The requested article; None if there is none or a message is shown."""
        return self._article.id if self._article else None

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings laid out so far."""
        return self.page.headings if self.is_current else ()

    @property
    def links(self) -> tuple[Link, ...]:
        """The links laid out so far."""
        return self.page.links if self.is_current else ()

    # Six arguments about one article; keywords prevent mix-ups.
    def show(  # noqa: PLR0913
        self,
        article: Article,
        *,
        previous: str | None,
        next: str | None,  # noqa: A002
        words: tuple[Words, ...] = (),
        position: int = 0,
        at_first_hit: bool = False,
    ) -> None:
        """Show an article.

        Args:
            article: the article.
            previous: the title of the article before it, or None.
            next: the title of the article after it, or None.
            words: search terms, whose hits are highlighted.
            position: the reading position, as in `position`.
            at_first_hit: whether to start at the first hit instead, if there is one.
        """
        self._article = article
        self._notice = None
        self._neighbours = (previous, next)
        self._words = words
        self._current = -1
        self._is_at_hit = False
        self._numbers = False
        self._settled = None
        self._goal = max(position, 0)
        self._goal_is_hit = at_first_hit and bool(words)
        self._goal_is_bottom = False
        self._goal_anchor = ""
        self.request()

    def show_message(self, title: str, text: str) -> None:
        """Show a message in place of an article; blank lines separate paragraphs.

        A message without a title is dim.
        """
        self._article = None
        self._job = None
        self._result = None
        self._serial += 1
        self._goal = None
        self._settled = None
        self._notice = (title, text)
        self.lay_out_notice()
        self.scroll_to_row(0)

    def set_words(self, words: tuple[Words, ...]) -> None:
        """Highlight the hits of other words, without scrolling."""
        if words == self._words:
            return
        self._words = words
        self._current = -1
        self._is_at_hit = False
        self.find_again()

    def set_neighbours(self, previous: str | None, next: str | None) -> None:  # noqa: A002
        """Update the titles of the previous and next articles."""
        self._neighbours = (previous, next)
        if self.is_current and self.page.complete:
            self.put_foot(self.made_foot())

    def number_links(self, on: bool) -> None:
        """Show or hide the number of each link."""
        if on != self._numbers:
            self._numbers = on
            self.lay_out_again()

    # -- movement -------------------------------------------------------------------------------

    def move_top(self) -> None:
        """Scroll to the title."""
        self._goal_is_bottom = False
        self.scroll_to_row(0)

    def move_bottom(self) -> None:
        """Scroll to the end, also while it is being laid out."""
        self._goal_is_bottom = not self.page.complete
        self.scroll_to_row(self.max_scroll_y)

    def go_to_line(self, line: int) -> None:
        """Scroll a line of the page (see Heading.line, Link.line) near the top of the screen."""
        self.scroll_to_top_line(max(line - 1, 0))

    def next_hit(self) -> bool:
        """Scroll to the next hit; return False if there is none."""
        return self._go_to_hit(1)

    def previous_hit(self) -> bool:
        """Scroll to the previous hit; return False if there is none."""
        return self._go_to_hit(-1)

    @property
    def _hits(self) -> Sequence[Hit]:
        return self._result.hits if self._result and self.is_current else ()

    def _go_to_hit(self, step: int) -> bool:
        hits = self._hits
        if self._current >= 0 and hits[self._current][0].line in self.visible_lines:
            index = self._current + step
        elif step > 0:
            top = self.top_line
            index = next((i for i, hit in enumerate(hits) if hit[0].line >= top), len(hits))
        else:
            bottom = self.visible_lines.stop
            above = (i for i in range(len(hits) - 1, -1, -1) if hits[i][0].line < bottom)
            index = next(above, -1)
        if not 0 <= index < len(hits):
            return False
        self._select_hit(index)
        return True

    def _select_hit(self, index: int) -> None:
        self._current = index
        self._scroll_to_hit()
        self._is_at_hit = True
        self.put_patches(self.made_patches())
        self.post_message(self.HitsFound(index + 1, len(self._hits)))

    def _scroll_to_hit(self) -> None:
        line = self._hits[self._current][0].line
        seen = self.visible_lines
        if not seen.start + 1 <= line < seen.stop - 2:
            self.scroll_to_top_line(line - max(len(seen) // 3, 1))

    def keep_hit_in_sight(self) -> None:
        """Keep the current hit visible after a change of size."""
        if self._is_at_hit and 0 <= self._current < len(self._hits) and self.text_width > 0:
            self._scroll_to_hit()
            self._is_at_hit = True

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Forget the current hit when the user scrolls."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value) and self._goal is None:
            self._is_at_hit = False

    def go_to_first_hit(self) -> None:
        """Scroll to the first hit."""
        self._select_hit(0)

    # -- parts of the page ----------------------------------------------------------------------

    def made_patches(self) -> dict[int, list[Patch]]:
        """Return the styles of the hits by line."""
        if not self._hits:
            return {}
        hit_style = component(self, "article--hit")
        current_style = component(self, "article--hit-current")
        patches: dict[int, list[Patch]] = {}
        for index, hit in enumerate(self._hits):
            style = current_style if index == self._current else hit_style
            for line, start, end in hit:
                patches.setdefault(line, []).append(Patch(start, end, style))
        return patches

    def made_foot(self) -> list[Segment]:
        """Return the titles of the previous and next articles."""
        previous, following = self._neighbours
        if previous is None and following is None:
            return []
        return footer(previous, following, self.page.width, component(self, "article--dim"))

    def result_shown(self, result: Result) -> None:
        """Post the number of hits."""
        self.post_message(self.HitsFound(self._current + 1, len(result.hits)))

    # -- clicks ---------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked, unless text was selected."""
        target = self.target_of(event.style)
        if target is None or self.text_selection is not None:
            return
        event.stop()
        kind, value = target
        if kind == LINK:
            url = self._url_of(int(value))
            if url:
                self.post_message(self.LinkChosen(url))
        elif kind == JUMP:
            self.jump(str(value))
        else:
            self.post_message(self.NeighbourChosen(int(value)))

    def _url_of(self, number: int) -> str:
        """Return the address of a link by number; that of the article for 0."""
        if number == 0:
            return self._article.url if self._article else ""
        return next((link.url for link in self.page.links if link.number == number), "")
