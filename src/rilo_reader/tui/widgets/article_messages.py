"""What an article's view tells the screen."""

from __future__ import annotations

from textual.message import Message

from rilo_reader.tui.widgets.article_job import Result


class LinkChosen(Message, namespace="article_view"):
    """A link was clicked; `url` is safe to open."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url


class NeighbourChosen(Message, namespace="article_view"):
    """A title in the foot was clicked: `step` is +1 for the next article, -1 for the other."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class Moved(Message, namespace="article_view"):
    """The article was scrolled: the position, and whether its end is on the screen."""

    def __init__(self, position: int, at_end: bool) -> None:
        super().__init__()
        self.position = position
        self.at_end = at_end


class HitsFound(Message, namespace="article_view"):
    """Where one is among the hits: `current` counts from 1, 0 for none; `total` so far."""

    def __init__(self, current: int, total: int) -> None:
        super().__init__()
        self.current = current
        self.total = total


class Rendered(Message, namespace="article_view"):
    """The article is on the screen; `complete` tells whether all of it is laid out."""

    def __init__(self, complete: bool) -> None:
        super().__init__()
        self.complete = complete


class LaidOut(Message, bubble=False, namespace="article_view"):
    """A thread laid out a part of an article; for the view itself."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result
