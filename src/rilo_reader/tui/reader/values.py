"""Values that controllers hand each other."""

from collections.abc import Callable
from typing import NamedTuple

from rilo_reader.article import ArticleId


class Selection(NamedTuple):
    """Articles that the list shows in their order, and how it speaks of them."""

    articles: tuple[ArticleId, ...]
    title: str  # of a file of them
    name: str  # the same in a word
    label: str  # beside the search box
    last: str  # below the last article
    end: str  # said where somebody goes on from it


class Addition(NamedTuple):
    """Something that can be added besides feeds and pages, by the form for them."""

    name: str  # "an account"
    note: str  # what to type, a line of the form
    about: str  # a sentence for who follows nothing yet
    # what adds what was typed; None: it is something else
    begin: Callable[[str], Callable[[], object] | None]
