"""The rule of an edition, a finite issue of what is unread (pure); in words in docs/editions.md.

Articles are taken one after the other. The next one is, in this order,

    of the source that has given the fewest so far,
    with tags of which the fewest are in so far,
    of the source of which the user has read nothing for longest,
    the newest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.text import counted

UNLIMITED = 1_000_000


class Candidate(NamedTuple):
    """An unread article that an edition may take."""

    id: ArticleId
    source: str
    tags: tuple[str, ...]
    moment: int  # when it was published, in seconds
    minutes: int  # to read it, at least 1
    story: str = ""  # the same for copies of a story, "" where it is not known


class Edition(NamedTuple):
    """An issue, in the order of reading, and how many unread articles it leaves."""

    articles: tuple[Candidate, ...] = ()
    more: int = 0

    @property
    def ids(self) -> tuple[ArticleId, ...]:
        """Its articles."""
        return tuple(article.id for article in self.articles)

    @property
    def minutes(self) -> int:
        """How long it takes to read."""
        return sum(article.minutes for article in self.articles)

    @property
    def size(self) -> str:
        """How long it is: "14 articles, 19 minutes"."""
        return f"{counted(len(self.articles), 'article')}, {counted(self.minutes, 'minute')}"

    @property
    def rest(self) -> str:
        """How much is left: "230 more wait"."""
        number = f"{self.more:,}" if self.more else "Nothing"
        return f"{number} more wait{'' if self.more > 1 else 's'}"

    @property
    def end(self) -> str:
        """What is said after the last article."""
        return f"That was today's edition: {self.size}. {self.rest}."


def choose(
    waiting: Iterable[Candidate],
    minutes: int,
    last_read: Mapping[str, int],
    room: Mapping[str, int],
) -> tuple[Candidate, ...]:
    """Take articles of at most so many minutes in all, in the order of reading.

    A story is taken once. Only the first article may be longer, and is then alone: if it comes
    from the source that was not read for longest, else that source would never have its turn.

    Args:
        waiting: what is unread, in any order.
        minutes: how long the edition may be, at least 1.
        last_read: when an article of a source was read last, as a number; none is longest ago.
        room: how many articles of a source may be taken; without a number, any.
    """
    taken: list[Candidate] = []
    of_source: Counter[str] = Counter()
    of_tag: Counter[str] = Counter()
    stories: set[str] = set()
    left = minutes

    def urgency(article: Candidate) -> tuple[int, int, int, bool, int, str]:
        return (
            of_source[article.source],
            max((of_tag[tag] for tag in article.tags), default=0),
            last_read.get(article.source, 0),
            article.minutes > left,
            -article.moment,
            article.id,
        )

    rest = [article for article in waiting if room.get(article.source, UNLIMITED) > 0]
    while rest:
        article = min(rest, key=urgency)
        taken.append(article)
        left -= article.minutes
        of_source[article.source] += 1
        of_tag.update(set(article.tags))
        stories.update({article.story} - {""})
        rest = [
            other
            for other in rest
            if other.id != article.id
            and other.minutes <= left
            and other.story not in stories
            and of_source[other.source] < room.get(other.source, UNLIMITED)
        ]
    return tuple(taken)
