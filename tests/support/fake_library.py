"""A library in memory with the interface of the real one; it can pretend a million rows."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from rilo_reader.article import FIELDS, Article, ArticleId, Field
from rilo_reader.index.schema import order_of_article, pack_row, ranges, unpack_row
from rilo_reader.index.searcher import Hits
from rilo_reader.index.stats import Facets, Slot, Timeline, Value
from rilo_reader.library import Hidden, Library, LibraryError, Progress, Row, Snippet, Window
from rilo_reader.query.tokens import tokens
from rilo_reader.query.tree import (
    Among,
    And,
    Dates,
    How,
    Is,
    Mark,
    Minutes,
    Node,
    Not,
    Or,
    Query,
    highlights,
)
from rilo_reader.store.gestures import NO_MARKS, Change, Ids, Marks, Session
from rilo_reader.store.vaults import Vault
from rilo_reader.text import reading_minutes
from tests.support.fake_history import FakeHistory

NEWEST = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def article(number: int, **changes: object) -> Article:
    """An article of its own, the newer the smaller its number."""
    words = " ".join(f"word{number % 7} customs" for _ in range(30))
    plain = Article(
        id=ArticleId(f"id{number}"),
        path=f"{number}.md",
        title=f"Title {number}",
        date=NEWEST - timedelta(hours=number),
        source=f"Source {number % 3}",
        url=f"https://example.org/{number}",
        body=f"First line of {number}.\n\n{words}\n\n## Part two\n\nThe end of {number}.",
    )
    return plain._replace(**changes)  # type: ignore[arg-type]


@dataclass
class Likeness:
    """What a test says of its articles."""

    related: dict[str, list[str]] = field(default_factory=dict)  # article -> those about the same
    stories: list[list[str]] = field(default_factory=list)  # articles that are copies of each other
    meant: Query | None = None  # what a query that finds nothing is taken for


class FakeSearches:
    """The history of searches."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library

    def newest(self) -> list[str]:
        return list(self._library.remembered)

    def remember(self, query: str) -> None:
        self._library.remembered = [query, *(one for one in self.newest() if one != query)]

    def forget(self) -> None:
        self._library.remembered = []


class FakeLibrary(Library):
    """Articles in memory, newest first; words match anywhere in title and body, as substrings.

    Every call is counted in `calls`; `hold` keeps threads waiting in `window` and `article`
    until the test lets them go, so that tests can look at what is between.
    """

    notices: tuple[str, ...] = ()

    def __init__(self, articles: Sequence[Article] = (), *, pretend: int = 0) -> None:
        self.folder = Path("/nowhere")
        self.drafts = False
        self.vault = Vault.NONE
        self.elsewhere = None
        self.kept: Session = Session()
        self.calls: list[str] = []
        self.hold = threading.Event()
        self.hold.set()
        self._pretend = pretend
        self._articles = [] if pretend else list(articles)
        self._marks: dict[ArticleId, Marks] = {}
        self._lock = threading.RLock()
        self._reload = False
        self.updated: list[str] = []
        self.broken: set[ArticleId] = set()
        self.likeness = Likeness()
        self.remembered: list[str] = []
        self._hiding: tuple[Query, ...] = ()
        self._history = FakeHistory(self._put)
        self.progress = (0, 0)
        self.search = self.state = self.follower = self.index = cast("Any", self)

    def __getattr__(self, name: str) -> Any:
        """What the history of a real one has."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._history, name)

    # -- for tests

    def change_articles(self, articles: Sequence[Article]) -> None:
        """What another process did to the folder; seen after `reload`."""
        with self._lock:
            self._articles = list(articles)
            self._reload = True

    def mark(self, article: str, **marks: object) -> None:
        """Set marks behind the reader's back."""
        known = ArticleId(article)
        self._marks[known] = self._of(known)._replace(**marks)  # type: ignore[arg-type]

    def marks_of(self, number: int) -> Marks:
        """The marks of an article."""
        return self._of(ArticleId(f"id{number}"))

    def changed_since(self, revision: int) -> tuple[int, list[ArticleId]]:
        """Nothing has a note."""
        return revision, []

    # -- find

    def _of(self, article: ArticleId) -> Marks:
        return self._marks.get(article, NO_MARKS)

    def _row(self, article: Article) -> Row:
        shown = article.path, article.title, article.source, article.date, article.date_only
        return Row(article.id, *shown, self._of(article.id))

    def _matches(self, article: Article, node: Node) -> bool:
        if isinstance(node, And):
            return all(self._matches(article, child) for child in node.nodes)
        if isinstance(node, Or):
            return any(self._matches(article, child) for child in node.nodes)
        if isinstance(node, Not):
            return not self._matches(article, node.node)
        marks = self._of(article.id)
        if isinstance(node, Is):
            held = {Mark.READ: marks.read, Mark.UNREAD: not marks.read, Mark.STARRED: marks.starred}
            return held.get(node.mark, False)
        if isinstance(node, Dates):
            order = order_of_article(article, 0)
            return any(
                (low is None or low <= order) and (high is None or order < high)
                for low, high in ranges(node.start, node.end)
            )
        if isinstance(node, Minutes):
            minutes = reading_minutes(article.body)
            return node.least <= minutes and (node.most is None or minutes <= node.most)
        if isinstance(node, Among):
            return article.id in node.articles
        words = " ".join(node.tokens)
        values = {
            Field.SOURCE: (article.source,),
            Field.TAG: article.tags,
            Field.AUTHOR: article.authors,
            Field.LANG: (article.lang,),
            Field.NOTE: (),
        }
        if node.how is How.WHOLE:
            own = marks.tags if node.field is Field.TAG else ()
            return node.tokens[0] in (*values[node.field], *own)
        if node.field in values:
            return any(words == " ".join(tokens(one)) for one in values[node.field])
        text = f"{article.title} {article.body}".lower()
        if node.prefix:
            return words in text
        return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None

    def _found(self, query: Query) -> list[Article]:
        with self._lock:
            hidden = Or(tuple(mute.node for mute in self._hiding))
            found = [a for a in self._articles if self._matches(a, query.node)]
            return [a for a in found if not self._matches(a, hidden)]

    # -- what an edition asks

    def visible(self, query: Query) -> Query:
        return query

    def ask(self, question: Callable[[Any], Any]) -> Any:
        return question(self)

    def read_last(self, limit: int) -> list[tuple[ArticleId, int]]:
        return [(article, 1) for article, marks in self._marks.items() if marks.read][:limit]

    def sources(self, query: Query) -> dict[str, int]:
        return {article.source: 0 for article in self._found(query)}

    def top_page(self, query: Query, offset: int, limit: int) -> Hits:
        found = self._found(query)
        packed = [pack_row(article, 1, 0) for article in found[offset : offset + limit]]
        return Hits(len(found), offset, tuple(map(unpack_row, packed)))

    def mute(self, mutes: Sequence[Query]) -> None:
        self.calls.append(f"mute {len(mutes)}")
        self._hiding = tuple(mutes)

    def hidden(self, query: Query, mutes: Sequence[Query] | None = None) -> Hidden:
        mutes = self._hiding if mutes is None else mutes
        with self._lock:
            found = [a for a in self._articles if self._matches(a, query.node)]
        by_mute = [{a.id for a in found if self._matches(a, m.node)} for m in mutes]
        return Hidden(len(set().union(*by_mute)), tuple(map(len, by_mute)))

    @property
    def searches(self) -> FakeSearches:
        return FakeSearches(self)

    def window(
        self,
        query: Query,
        offset: int = 0,
        limit: int = 50,
        *,
        fold: bool = False,
        quick: bool = False,
    ) -> Window:
        self.calls.append("window")
        assert self.hold.wait(10), "nobody let it go on"
        if self._pretend:
            end = min(offset + limit, self._pretend)
            pretended = tuple(self._row(article(number)) for number in range(offset, end))
            return Window(self._pretend, offset, pretended)
        found = self._found(query)
        kept = self._folded(found) if fold else dict.fromkeys(found, 0)
        rows = [self._row(a)._replace(copies=copies) for a, copies in kept.items()]
        left_out = len(found) - len(kept)
        return Window(len(rows), offset, tuple(rows[offset : offset + limit]), left_out)

    def _folded(self, found: Sequence[Article]) -> dict[Article, int]:
        """The articles of which each tells another story, and how many more tell it."""
        kept: dict[Article, int] = {}
        first: dict[str, Article] = {}
        for a in found:
            story = next((story[0] for story in self.likeness.stories if a.id in story), a.id)
            lead = first.setdefault(story, a)
            kept[lead] = kept.get(lead, -1) + 1
        return kept

    def count(self, query: Query) -> int:
        return self._pretend or len(self._found(query))

    def place(
        self, query: Query, article: ArticleId, *, fold: bool = False, quick: bool = False
    ) -> int | None:
        if self._pretend:
            return int(article[2:])
        found = self._found(query)
        if fold and any(a.id == article for a in found):
            story = next((s for s in self.likeness.stories if article in s), [article])
            return next(i for i, a in enumerate(self._folded(found)) if a.id in story)
        return next((i for i, a in enumerate(found) if a.id == article), None)

    def row(self, article: ArticleId) -> Row | None:
        found = self._known(article)
        return None if found is None else self._row(found)

    def _known(self, name: ArticleId) -> Article | None:
        if self._pretend:
            return article(int(name[2:]))
        with self._lock:
            return next((a for a in self._articles if a.id == name), None)

    def find(self, name: str) -> ArticleId | None:
        return next((a.id for a in self._articles if name in (a.id, a.path)), None)

    def ids(self, query: Query) -> Iterator[ArticleId]:
        return iter([a.id for a in self._found(query)])

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        found = self._known(row.id)
        if found is None:
            return None
        for words in highlights(query):
            word = " ".join(words.tokens)
            at = found.body.lower().find(word)
            if at >= 0:
                start = max(0, at - 10)
                text = found.body[start : start + length]
                return Snippet(text, ((at - start, at - start + len(word)),))
        return None

    # -- what is known of results

    def _counted(self, query: Query) -> list[Article]:
        self.calls.append("insight")
        assert self.hold.wait(10), "nobody let it go on"
        if self._pretend:
            return [article(number) for number in range(min(self._pretend, 5_000))]
        return self._found(query)

    def timeline(self, query: Query) -> Timeline:
        days = [article.date.astimezone() for article in self._counted(query)]
        counts = Counter(day.year * 12 + day.month - 1 for day in days)
        months = range(min(counts), max(counts) + 1) if counts else ()
        slots = (Slot(_first(n), _first(n + 1), counts.get(n, 0)) for n in months)
        return Timeline("month", tuple(slots))

    def facets(self, query: Query, limit: int = 20) -> Facets:
        found = self._counted(query)
        years = (str(one.date.astimezone().year) for one in found)
        values: dict[Field | None, tuple[Value, ...]] = {
            one.field: _values((value for each in found for value in one.values(each)), limit)
            for one in FIELDS
            if one.facet
        }
        return Facets({**values, None: _values(years, limit)})

    def tags(self, query: Query, of_files: Sequence[Value]) -> tuple[Value, ...]:
        return tuple(of_files)

    def suggest(
        self,
        start: str,
        field: Field = Field.ANYWHERE,
        limit: int = 8,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Sequence[Value]:
        counts: Counter[str] = Counter()
        for one in self._counted(Query()):
            words = re.findall(r"\w+", f"{one.title} {one.body}".lower())
            counts.update({one.source} if field is Field.SOURCE else set(words))
        found = [Value(text, hits) for text, hits in counts.items() if _begins(text, start.lower())]
        return sorted(found, key=lambda value: (-value.hits, value.text))[:limit]

    def did_you_mean(self, query: Query) -> Query | None:
        return self.likeness.meant

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        return self._rows(self.likeness.related.get(article.id, ()))

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        story = next((story for story in self.likeness.stories if article in story), ())
        return self._rows(other for other in story if other != article)

    def _rows(self, ids: Iterable[str]) -> tuple[Row, ...]:
        return tuple(row for name in ids if (row := self.row(ArticleId(name))) is not None)

    def reload(self) -> bool:
        self.calls.append("reload")
        changed, self._reload = self._reload, False
        return changed

    # -- read

    def article(self, article: ArticleId, path: str = "") -> Article:
        self.calls.append(f"article {article}")
        assert self.hold.wait(10), "nobody let it go on"
        found = self._known(article)
        if found is None or article in self.broken:
            raise LibraryError(f"The file of {article} is gone.")
        return found

    def file(self, article: ArticleId) -> Path:
        found = self._known(article)
        if found is None:
            raise LibraryError(f"The file of {article} is gone.")
        return self.folder / found.path

    # -- mark

    def marks(self, articles: Sequence[ArticleId]) -> dict[ArticleId, Marks]:
        return {article: self._of(article) for article in articles}

    def set_read(
        self, articles: Iterable[ArticleId], value: bool, *, in_history: bool = True
    ) -> Change:
        read = value
        with self._lock:
            changed = [a for a in articles if self._of(a).read != read]
        title = f"Marked {len(changed)} as {'read' if read else 'unread'}"
        change = Change(title, "read", Ids(changed), not read)
        self._put(change, True)
        return self._history.add(change) if in_history else change

    def set_starred(self, articles: Iterable[ArticleId], starred: bool) -> Change:
        with self._lock:
            changed = [a for a in articles if self._of(a).starred != starred]
        title = "Starred" if starred else "Unstarred"
        change = Change(title, "starred", Ids(changed), not starred)
        self._put(change, True)
        return self._history.add(change)

    def set_tags(self, article: ArticleId, tags: Sequence[str]) -> Change:
        with self._lock:
            before = self._of(article).tags
            wanted = tuple(sorted(tags))
            self._marks[article] = self._of(article)._replace(tags=wanted)
        return self._history.add(
            Change("Tagged", "tags", Ids([article] if wanted != before else []), before)
        )

    def _put(self, change: Change, again: bool) -> None:
        """Give the changed mark its value before, or the one it got; tags only that before."""
        with self._lock:
            for name in change.ids:
                marks = self._of(name)
                if isinstance(change.before, tuple):
                    marks = marks._replace(tags=change.before)
                elif change.mark == "read":
                    marks = marks._replace(read=change.before ^ again)
                else:
                    marks = marks._replace(starred=change.before ^ again)
                self._marks[name] = marks

    def remember(self, article: ArticleId, position: int, when: datetime) -> None:
        self.calls.append(f"remember {article} {position}")
        self._marks[article] = self._of(article)._replace(position=position, opened=NEWEST)

    def session(self) -> Session:
        return self.kept

    def keep_session(self, session: Session) -> None:
        self.kept = session

    # -- follow

    def update(self, paths: Sequence[str]) -> Progress:
        self.updated += paths
        return Progress(len(paths), len(paths), committed=True, finished=True)

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        self.calls.append("read_ahead")

    def prepare(self, quiet: Callable[[], bool]) -> None:
        while not quiet():
            time.sleep(0.01)
        self.calls.append("prepare")

    def backup(self) -> None:
        self.calls.append("backup")

    def close(self, *, largest_backup: int | None = None) -> None:
        self.calls.append("close")


def _begins(value: str, begun: str) -> bool:
    return any(word.startswith(begun) for word in (value.lower(), *value.lower().split()))


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _values(found: Iterable[str], limit: int) -> tuple[Value, ...]:
    counts = Counter(text for text in found if text)
    return tuple(Value(*one) for one in counts.most_common(limit))
