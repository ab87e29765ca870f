"""Lay out articles in threads, so that one that takes long does not block the program."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from itertools import chain
from typing import NamedTuple

from rilo_reader.article import Article
from rilo_reader.query.tree import Words
from rilo_reader.render.page import Layout, Page
from rilo_reader.threads import run_in_thread
from rilo_reader.tui.widgets.layers import Hit, find_page_hits
from rilo_reader.tui.widgets.page_view import PageView

FIRST_PAGE_TIMEOUT = 0.15  # s; the first screenful usually takes a few milliseconds
REST_DELAY = 0.1  # s before the rest: a repeating key goes on to the next article sooner


class LayoutJob(NamedTuple):
    """A request to lay out an article; two requests for the same are two jobs."""

    article: Article
    layout: Layout
    words: tuple[Words, ...] = ()  # whose hits are to be found
    date_format: str = "human"


class LayoutResult(NamedTuple):
    """A page, perhaps incomplete, and the hits on it."""

    job: LayoutJob
    page: Page
    hits: tuple[Hit, ...]


def lay_out(job: LayoutJob, wanted: Callable[[], bool]) -> Iterator[LayoutResult]:
    """Lay out an article; yield the first screenful, more, and at last the complete page.

    Ends early once `wanted` returns False, perhaps before the first page.
    """
    from rilo_reader.dates import format_date
    from rilo_reader.render.document import render, render_unformatted

    article, layout = job.article, job.layout
    date_text = format_date(article.date, article.date_only, form=job.date_format, long=True)
    hits: list[Hit] = []
    done = 0
    try:
        for page in render(article, layout, date_text, wanted):
            hits.extend(find_page_hits(page, job.words, done))
            done = len(page.lines)
            yield LayoutResult(job, page, tuple(hits))
    except Exception as error:
        page = render_unformatted(article, layout, date_text, f"{type(error).__name__}: {error}")
        yield LayoutResult(job, page, tuple(find_page_hits(page, job.words)))


class Layouter:
    """Lays out what a view asks for; the latest request counts, and results of others are dropped.

    `receive` is called with each result of the latest request, within the program's loop, and says
    whether more is awaited: then the rest follows at once, else a moment later.
    """

    def __init__(self, view: PageView, receive: Callable[[LayoutResult], bool]) -> None:
        self.job: LayoutJob | None = None  # the latest request
        self._view = view
        self._receive = receive

    def cancel(self) -> None:
        """Drop what is still laid out."""
        self.job = None

    def request_layout(self, job: LayoutJob) -> None:
        """Lay out an article.

        Waits for the first screenful, so that it is in the next frame, but not long: then keys are
        handled although nothing is laid out yet.
        """
        self.job = job
        results = lay_out(job, lambda: job is self.job)
        first = run_in_thread(partial(next, results, None), "article")
        wait([first], FIRST_PAGE_TIMEOUT)
        if not first.done():
            self._view.run_in_thread(partial(self._lay_out, job, results, first), "article")
        elif (result := first.result()) is not None:
            is_awaited = self._receive(result)
            if result.page.is_complete:
                self._view.workers.cancel_group(self._view, "article")
            elif is_awaited:
                self._lay_out_rest(job, results)
            else:
                self._view.set_timer(REST_DELAY, partial(self._lay_out_rest, job, results))

    def find_again(self, result: LayoutResult, words: tuple[Words, ...]) -> None:
        """Find the hits of other words on a complete page."""
        self.job = job = result.job._replace(words=words)

        def find() -> None:
            found = LayoutResult(job, result.page, tuple(find_page_hits(result.page, words)))
            self._view.call_later(self._receive_latest, found)

        self._view.run_in_thread(find, "article")

    def _lay_out_rest(self, job: LayoutJob, results: Iterator[LayoutResult]) -> None:
        if job is self.job:
            self._view.run_in_thread(partial(self._lay_out, job, results), "article")

    def _lay_out(
        self,
        job: LayoutJob,
        results: Iterator[LayoutResult],
        first: Future[LayoutResult | None] | None = None,
    ) -> None:
        for result in chain([first.result()] if first else [], results):
            if result is None or job is not self.job:
                return  # cancelled, perhaps before the first page
            self._view.call_later(self._receive_latest, result)

    def _receive_latest(self, result: LayoutResult) -> None:
        if result.job is self.job:
            self._receive(result)
