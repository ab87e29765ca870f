"""The article: laid out in a thread, shown as soon as there is a screenful of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.worker import get_current_worker

from rilo_reader.article import Article, ArticleId
from rilo_reader.render.page import JUMP, LINK, Heading, Link
from rilo_reader.search.query import Words
from rilo_reader.tui.widgets.article_footer import footer
from rilo_reader.tui.widgets.article_hits import Hit, Patch
from rilo_reader.tui.widgets.article_job import Job, Result, run, with_words
from rilo_reader.tui.widgets.article_page import PageView
from rilo_reader.tui.widgets.article_styles import SHEET, component, styles_of


class ArticleView(PageView):
    """Shows one article at a time; posts messages and never loads anything.

    A newer article cancels the older one's layout, and a result that comes late is dropped, so
    what is shown is always the article that was asked for last, or the one before it.
    """

    DEFAULT_CSS = SHEET

    class LinkChosen(Message):
        """A link was clicked; `url` is safe to open."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self.url = url

    class NeighbourChosen(Message):
        """A title in the foot was clicked: `step` is +1 for the next article, -1 for the other."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Moved(Message):
        """The article was scrolled: the position, and whether its end is on the screen."""

        def __init__(self, position: int, at_end: bool) -> None:
            super().__init__()
            self.position = position
            self.at_end = at_end

    class HitsFound(Message):
        """Where one is among the hits: `current` counts from 1, 0 for none; `total` so far."""

        def __init__(self, current: int, total: int) -> None:
            super().__init__()
            self.current = current
            self.total = total

    class Rendered(Message):
        """The article is on the screen; `complete` tells whether all of it is laid out."""

        def __init__(self, complete: bool) -> None:
            super().__init__()
            self.complete = complete

    class LaidOut(Message):
        """A thread laid out a part of an article; for this widget itself."""

        bubble = False

        def __init__(self, result: Result) -> None:
            super().__init__()
            self.result = result

    def __init__(
        self,
        *,
        width: int = 80,
        date_format: str = "human",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """Make an empty view.

        Args:
            width: widest line, in cells.
            date_format: "human", "iso" or a strftime pattern.
            id: as in Textual.
            classes: as in Textual.
        """
        super().__init__(id=id, classes=classes)
        self._width = width
        self._date_format = date_format
        self._article: Article | None = None
        self._notice: tuple[str, str] | None = None
        self._neighbours: tuple[str | None, str | None] = (None, None)
        self._words: tuple[Words, ...] = ()
        self._numbers = False
        self._serial = 0
        self._result: Result | None = None  # what is on the screen
        self._job: Job | None = None  # what was asked for last
        self._goal: int | None = None  # the position to come to, None once there
        self._goal_is_hit = False
        self._goal_is_bottom = False
        self._goal_anchor = ""
        self._current = -1  # the hit one is at

    # -- what SHELL sets and asks ---------------------------------------------------------------

    @property
    def width(self) -> int:
        """The widest line of an article, in cells; setting it lays the article out anew."""
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self._lay_out_again()

    @property
    def date_format(self) -> str:
        """How dates are shown; setting it lays the article out anew."""
        return self._date_format

    @date_format.setter
    def date_format(self, date_format: str) -> None:
        if date_format != self._date_format:
            self._date_format = date_format
            self._lay_out_again()

    @property
    def article_id(self) -> ArticleId | None:
        """The article that was asked for last; None for none and while a message is shown."""
        return self._article.id if self._article else None

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings laid out so far."""
        return self.page.headings if self._is_current else ()

    @property
    def links(self) -> tuple[Link, ...]:
        """The links laid out so far."""
        return self.page.links if self._is_current else ()

    @property
    def position(self) -> int:
        """How far the article was read: visible characters of its body above the top line."""
        if self._goal is not None:
            return self._goal
        return self.reading_position if self._is_current else 0

    @property
    def at_end(self) -> bool:
        """Whether the end of the article is on the screen."""
        return self._is_current and self._goal is None and self.is_at_bottom

    @property
    def is_complete(self) -> bool:
        """Whether all of what was asked for last is on the screen."""
        if self._job is None or self._result is None:
            return self._notice is not None
        return self._result.job.serial == self._job.serial and self.page.complete

    @property
    def _is_current(self) -> bool:
        """Whether what is on the screen is the article that was asked for last."""
        shown = self._result.job.article if self._result else None
        return shown is not None and shown is self._article

    def show(
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
            previous: title of the article before it, None where there is none.
            next: title of the article after it.
            words: what is searched for; its hits are marked.
            position: where to begin, as `position` gave it.
            at_first_hit: whether to begin at the first hit instead, where there is one.
        """
        self._article = article
        self._notice = None
        self._neighbours = (previous, next)
        self._words = words
        self._current = -1
        self._numbers = False
        self._goal = max(position, 0)
        self._goal_is_hit = at_first_hit and bool(words)
        self._goal_is_bottom = False
        self._goal_anchor = ""
        self._request()

    def show_message(self, title: str, text: str) -> None:
        """Show words of the program in the place of an article; paragraphs at blank lines."""
        self._article = None
        self._job = None
        self._result = None
        self._serial += 1
        self._goal = None
        self._notice = (title, text)
        self._lay_out_notice()
        self._scroll(0)

    def set_words(self, words: tuple[Words, ...]) -> None:
        """Mark the hits of other words, without moving."""
        if words == self._words:
            return
        self._words = words
        self._current = -1
        if self._result is None or not self._result.page.complete or not self._is_current:
            self._lay_out_again()
            return
        self._serial += 1
        result = replace(self._result, job=replace(self._result.job, serial=self._serial))
        self._job = result.job
        self._work(partial(self._find_in_thread, result, words))

    def set_neighbours(self, previous: str | None, next: str | None) -> None:  # noqa: A002
        """Name the articles before and after this one anew."""
        self._neighbours = (previous, next)
        if self._is_current and self.page.complete:
            self.put_foot(self._made_foot())

    def number_links(self, on: bool) -> None:
        """Show the number of each link beside it, or no longer."""
        if on != self._numbers:
            self._numbers = on
            self._lay_out_again()

    # -- moving ---------------------------------------------------------------------------------

    def move_top(self) -> None:
        """To the title."""
        self._goal_is_bottom = False
        self._scroll(0)

    def move_bottom(self) -> None:
        """To the end, also when it is still being laid out."""
        self._goal_is_bottom = not self.page.complete
        self._scroll(self.max_scroll_y)

    def go_to_line(self, line: int) -> None:
        """Bring a line of the page (see Heading.line, Link.line) near the top of the screen."""
        self.scroll_to_top_line(max(line - 1, 0))

    def next_hit(self) -> bool:
        """To the next hit below; False where there is none."""
        return self._go_to_hit(1)

    def previous_hit(self) -> bool:
        """To the previous hit above; False where there is none."""
        return self._go_to_hit(-1)

    @property
    def _hits(self) -> Sequence[Hit]:
        return self._result.hits if self._result and self._is_current else ()

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
        self._stand_at_hit(index)
        return True

    def _stand_at_hit(self, index: int) -> None:
        self._current = index
        line = self._hits[index][0].line
        seen = self.visible_lines
        if not seen.start + 1 <= line < seen.stop - 2:
            self.scroll_to_top_line(line - max(len(seen) // 3, 1))
        self.put_patches(self._made_patches())
        self.post_message(self.HitsFound(index + 1, len(self._hits)))

    # -- laying out -----------------------------------------------------------------------------

    def _lay_out_again(self) -> None:
        """Lay out what is shown for a new width, theme or setting, keeping the place."""
        if self._notice is not None:
            self._lay_out_notice()
        elif self._article is not None:
            if self._goal is None:
                self._goal = self.reading_position
            self._request()

    def _request(self) -> None:
        if self._article is None or self.room <= 0 or not self.is_attached:
            return
        self._serial += 1
        self._job = Job(
            serial=self._serial,
            article=self._article,
            width=min(self._width, self.room),
            styles=styles_of(self),
            words=self._words,
            date_format=self._date_format,
            number_links=self._numbers,
        )
        self._work(partial(self._lay_out_in_thread, self._job))

    def _work(self, work: partial[None]) -> None:
        self.run_worker(work, group="article", exclusive=True, thread=True)

    def _lay_out_in_thread(self, job: Job) -> None:
        worker = get_current_worker()
        for result in run(job):
            if worker.is_cancelled or job.serial != self._serial:
                return
            self.post_message(self.LaidOut(result))

    def _find_in_thread(self, result: Result, words: tuple[Words, ...]) -> None:
        found = with_words(result, words)
        self.post_message(self.LaidOut(found))

    def _lay_out_notice(self) -> None:
        from rilo_reader.render.document import Look, message

        if self._notice is None or self.room <= 0 or not self.is_attached:
            return
        look = Look(min(self._width, self.room), styles_of(self))
        self.put_page(message(*self._notice, look), {}, [])

    def on_article_view_laid_out(self, event: LaidOut) -> None:
        """Show what a thread laid out, unless something else was asked for since."""
        result = event.result
        if self._job is None or result.job.serial != self._job.serial:
            return
        if not self._is_enough(result):
            return
        self._result = result
        page = result.page
        self.put_page(page, self._made_patches(), self._made_foot() if page.complete else [])
        self._come_to_goal(result)
        self.post_message(self.HitsFound(self._current + 1, len(result.hits)))
        self.post_message(self.Rendered(page.complete))
        self.post_message(self.Moved(self.position, self.at_end))

    def _is_enough(self, result: Result) -> bool:
        """Whether a part holds the place to begin at, and a screenful from there on."""
        if result.page.complete:
            return True
        if self._goal_is_hit:
            return bool(result.hits)
        if not self._goal:
            return True
        letters = sum(line.letters for line in result.page.lines)
        return letters > self._goal + self.size.width * self.size.height

    def _come_to_goal(self, result: Result) -> None:
        """Go to where the article is to be read from, once that is laid out."""
        if self._goal is not None:
            goal, self._goal = self._goal, None
            self.scroll_to_top_line(self.line_at(goal))
        if self._goal_is_hit:
            self._goal_is_hit = False
            if result.hits:
                self._stand_at_hit(0)
        if result.page.complete:
            if self._goal_is_bottom:
                self._scroll(self.max_scroll_y)
            self._goal_is_bottom = False
            if self._goal_anchor:
                self._jump(self._goal_anchor)

    def _made_patches(self) -> dict[int, list[Patch]]:
        """The styles of the hits by line."""
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

    def _made_foot(self) -> list[Segment]:
        previous, following = self._neighbours
        if previous is None and following is None:
            return []
        return footer(previous, following, self.page.width, component(self, "article--dim"))

    # -- events ---------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Lay out anew where the width of the lines changes."""
        self._strips.clear()
        wanted = min(self._width, self.room)
        asked = self._job.width if self._job else 0
        if wanted != asked:
            self._lay_out_again()

    def notify_style_update(self) -> None:
        """Textual tells that styles may have changed: with another theme, everything has."""
        super().notify_style_update()
        self._strips.clear()
        # Textual works out the styles of the component classes only after it told.
        self.call_later(self._follow_styles)

    def _follow_styles(self) -> None:
        if not self.is_attached:
            return
        if self._notice is not None:
            self._lay_out_notice()
        elif self._job is not None and styles_of(self) != self._job.styles:
            self._lay_out_again()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell where the article is read."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value) and self._is_current and self._goal is None:
            self.post_message(self.Moved(self.position, self.at_end))

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked, unless text was being selected."""
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
            self._jump(str(value))
        else:
            self.post_message(self.NeighbourChosen(int(value)))

    def _url_of(self, number: int) -> str:
        """The address of a link by number; of the article itself for 0."""
        if number == 0:
            return self._article.url if self._article else ""
        return next((link.url for link in self.page.links if link.number == number), "")

    def _jump(self, name: str) -> None:
        """Go to a named place of the page, now or once it is laid out."""
        line = self.page.anchors.get(name)
        self._goal_anchor = "" if line is not None or self.page.complete else name
        if line is not None:
            self.go_to_line(line)
