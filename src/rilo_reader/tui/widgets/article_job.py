"""Laying an article out in a thread: what was asked for, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rilo_reader.article import Article
from rilo_reader.render.page import Page
from rilo_reader.render.styles import Styles
from rilo_reader.search.query import Words
from rilo_reader.tui.widgets.article_hits import Hit, hits_of


class Job(NamedTuple):
    """One request to lay out an article.

    Attributes:
        serial: tells it from earlier requests.
        article: what to show.
        width: cells of a line at most.
        styles: what each part looks like.
        words: what is searched for.
        date_format: as in the settings.
        number_links: whether each link is followed by its number.
        in_vault: whether the article belongs to a vault of Obsidian.
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
    """A page, perhaps only its first part, and the hits on it."""

    job: Job
    page: Page
    hits: tuple[Hit, ...]


def run(job: Job, wanted: Callable[[], bool]) -> Iterator[Result]:
    """Lay an article out; yields as soon as there is a screenful, and last the complete page.

    Ends early once `wanted` says no, perhaps before the first.
    """
    from rilo_reader.render.dates import human
    from rilo_reader.render.document import Look, as_it_stands, render

    article = job.article
    look = Look(job.width, job.styles, number_links=job.number_links, in_vault=job.in_vault)
    form = job.date_format
    date_text = human(article.date, article.date_only, form=form, long=True)
    hits: list[Hit] = []
    done = 0
    try:
        for page in render(article, look, date_text, wanted):
            hits.extend(hits_of(page, job.words, done))
            done = len(page.lines)
            yield Result(job, page, tuple(hits))
    except Exception as error:
        page = as_it_stands(article, look, date_text, f"{type(error).__name__}: {error}")
        yield Result(job, page, tuple(hits_of(page, job.words)))


def with_words(result: Result) -> Result:
    """The same page with the hits of the words of its job."""
    return Result(result.job, result.page, tuple(hits_of(result.page, result.job.words)))
