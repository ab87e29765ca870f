"""A view that lays out its article in a thread; the latest request counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from itertools import chain

from rich.segment import Segment
from textual import events
from textual.message import Message

from rilo_reader.article import Article
from rilo_reader.query.tree import Words
from rilo_reader.tui.background import in_thread
from rilo_reader.tui.widgets.article_hits import Patch
from rilo_reader.tui.widgets.article_layout import Job, Result, run, with_words
from rilo_reader.tui.widgets.kept_line import Kept
from rilo_reader.tui.widgets.page_view import PageView, styles_of

FIRST_PAGE_TIMEOUT = 0.15
"""Seconds to wait for the first screenful, which usually takes a few milliseconds.

After that, keys are handled although the article is not laid out yet.
"""


class Moved(Message, namespace="article_view"):
    """The article was scrolled to `position`; `at_end` if its end is visible."""

    def __init__(self, position: int, at_end: bool) -> None:
        super().__init__()
        self.position = position
        self.at_end = at_end


class Rendered(Message, namespace="article_view"):
    """The article is on the screen; `complete` if all of it is laid out."""

    def __init__(self, complete: bool) -> None:
        super().__init__()
        self.complete = complete


class LaidOut(Message, bubble=False, namespace="article_view"):
    """A thread has laid out a part of an article; internal to the view."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


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
        self._kept: Kept | None = None  # the line to scroll to instead of that position
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
        if self._kept is not None:
            return False
        if not self._goal:
            return True
        letters = sum(line.letters for line in result.page.lines)
        return letters > self._goal + self.size.width * self.size.height

    def _scroll_to_goal(self, result: Result) -> None:
        """Scroll to the requested position if it is laid out."""
        if self._goal is not None:
            goal = self._goal
            kept, self._kept = self._kept, None
            self.scroll_to_top_line(self.line_at(goal) if kept is None else kept.line_in(self.page))
            self._goal, self._settled = None, goal if kept is None else None
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
        # Not while the style sheet is being applied, to other widgets too.
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
