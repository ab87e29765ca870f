"""Laying out articles in a thread: requests and results."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rilo_reader.article import Article
from rilo_reader.query.tree import Words
from rilo_reader.render.page import Page
from rilo_reader.render.styles import Styles
from rilo_reader.tui.widgets.article_hits import Hit, hits_of


class Job(NamedTuple):
    """A request to lay out an article.

    Attributes:
        serial: increases with each request.
        article: the article.
        width: the maximum width of lines, in cells.
        styles: the styles of the page.
        words: the search terms.
        date_format: as in the settings.
        number_links: whether each link is followed by its number.
        in_vault: whether the article belongs to an Obsidian vault.
    """

    serial: int
    article: Article
    width: int
    styles: Styles
    words: tuple[Words, ...] = ()
    date_format: str = "human"
    number_links: bool = False
    in_vault: bool = False


class Result(NamedTuple):
    """A page, perhaps incomplete, and the hits on it."""

    job: Job
    page: Page
    hits: tuple[Hit, ...]


def run(job: Job, wanted: Callable[[], bool]) -> Iterator[Result]:
    """Lay out an article; yield the first screenful, more, and at last the complete page.

    Ends early once `wanted` returns False, perhaps before the first page.
    """
    from rilo_reader.dates import human
    from rilo_reader.render.document import Layout, render, unformatted

    article = job.article
    layout = Layout(job.width, job.styles, number_links=job.number_links, in_vault=job.in_vault)
    form = job.date_format
    date_text = human(article.date, article.date_only, form=form, long=True)
    hits: list[Hit] = []
    done = 0
    try:
        for page in render(article, layout, date_text, wanted):
            hits.extend(hits_of(page, job.words, done))
            done = len(page.lines)
            yield Result(job, page, tuple(hits))
    except Exception as error:
        page = unformatted(article, layout, date_text, f"{type(error).__name__}: {error}")
        yield Result(job, page, tuple(hits_of(page, job.words)))


def with_words(result: Result) -> Result:
    """Return the same page with the hits for the search terms of its job."""
    return Result(result.job, result.page, tuple(hits_of(result.page, result.job.words)))
