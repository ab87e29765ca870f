"""`Names`: under which name the marks of an article are kept, whose id is its path.

A path that an article left may be that of another one later. The marks of the first are then kept
under the path, those of the second under `PATH//2`, and so on: so whatever is said of a name, by
whichever device and in whatever order, is of one article. No path in a library is such a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Assignment, Gesture
from rilo_reader.store.ids import Ids

_NUMBERS = """SELECT id, max(CAST(substr(field, 6) AS INTEGER)) FROM value
    WHERE field > 'anew:' AND field < 'anew;'"""


class Names:
    """The names of the articles that have paths now which others had."""

    def __init__(self, on: Connection | None) -> None:
        """Read them within the caller's transaction; there are few, and mostly none."""
        rows = [] if on is None else on.execute(f"{_NUMBERS} GROUP BY id").fetchall()
        self.numbers = {ArticleId(path): int(number) for path, number in rows}

    def name(self, article: ArticleId) -> ArticleId:
        """The name of the article with an id."""
        number = self.numbers.get(article)
        return article if number is None else ArticleId(f"{article}//{number}")

    def id(self, name: ArticleId) -> ArticleId:
        """The id of the article with a name, also of one that has left it."""
        path = ArticleId(name.rpartition("//")[0])
        return path if path in self.numbers else name

    def has_left(self, name: ArticleId) -> bool:
        """Whether another article has the id of the one with this name."""
        return self.name(self.id(name)) != name

    def next(self, path: ArticleId) -> int:
        """Let another article have a path; return its number."""
        self.numbers[path] = self.numbers.get(path, 1) + 1
        return self.numbers[path]

    def ids(self, names: Iterable[ArticleId]) -> list[ArticleId]:
        """The ids of the articles with these names, of those that have not left them."""
        if not self.numbers:
            return list(names)
        return [self.id(name) for name in names if not self.has_left(name)]

    def named(self, assignments: Sequence[Assignment]) -> Sequence[Assignment]:
        """Assignments to ids as those to names."""
        if not self.numbers:
            return assignments
        return [each._replace(ids=Ids(map(self.name, each.ids))) for each in assignments]

    def with_ids(self, gesture: Gesture | None) -> Gesture | None:
        """A gesture as it is kept, with ids."""
        if gesture is None or not self.numbers:
            return gesture
        shown = (each._replace(ids=Ids(map(self.id, each.ids))) for each in gesture.assignments)
        return gesture._replace(assignments=tuple(shown))
