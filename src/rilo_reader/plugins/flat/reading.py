"""`Reader`: what is read in a session, the list and the open article, and the commands that do.

Both are read in pages: the articles of a query by their numbers, an article by its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from time import monotonic

from rilo_reader.annotations.highlight import from_fields
from rilo_reader.article import BESIDE_TAGS, Article, ArticleId, Field
from rilo_reader.cli.output import UsageError, output
from rilo_reader.cli.printing import describe_progress
from rilo_reader.cli.search import query_of
from rilo_reader.config import Config, MarkRead
from rilo_reader.dates import format_date
from rilo_reader.library import Library, LibraryBusy, LibraryError, Row
from rilo_reader.library.annotated import others_highlights
from rilo_reader.paths import user_paths
from rilo_reader.plugins.flat.console import Console
from rilo_reader.plugins.flat.settings import FlatSettings
from rilo_reader.plugins.flat.spoken import Spoken
from rilo_reader.plugins.flat.vocabulary import is_number
from rilo_reader.query.edit import to_text, value_term
from rilo_reader.query.match import find_hits
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query, words_to_highlight
from rilo_reader.render.document import NO_TEXT
from rilo_reader.text import format_count, reading_minutes, to_display_title

MORE, END = "(more)", "(end)"
NO_ARTICLE = "No article is open. Type the number of one; list numbers them."
GONE = "This article is no longer in the library."

SAID_EVERY = 10.0  # seconds between two lines on how far the index is


class NumberedArticles:
    """The articles of a query. A number stays with its article, whatever is marked meanwhile."""

    def __init__(
        self, ids: Iterable[ArticleId], total: int, query: Query | None = None, end: str = ""
    ) -> None:
        """`ids` are read as they are asked for; `query` found them, unless something else did.

        `end` is said where the list ends, if there is more to say than that.
        """
        self.query, self.total, self.end = query, total, end
        self.at = 0  # the last number that was shown
        self._found: list[ArticleId] = []
        self._rest = iter(ids)

    def article(self, number: int) -> ArticleId | None:
        """The article with a number, from 1; None if there is none."""
        self._found += islice(self._rest, max(number - len(self._found), 0))
        return self._found[number - 1] if 0 < number <= len(self._found) else None

    def numbered(self, first: int, last: float = float("inf")) -> Iterator[tuple[int, ArticleId]]:
        """The articles from a number to another, as far as there are any."""
        number = first
        while number <= last and (article := self.article(number)) is not None:
            yield number, article
            number += 1


def states(row: Row) -> str:
    """What a list shows by signs and colours, as words, each before a comma: "unread, starred"."""
    tags = [f"tagged {tag}" for tag in row.marks.tags]
    marks = ["unread"] * (not row.marks.read) + ["starred"] * row.marks.starred
    return ", ".join((*marks, *tags))


def entry(number: int, row: Row, config: Config) -> str:
    """An article in a list, on one line."""
    date = format_date(row.date, row.date_only, form=config.date_format)
    state = states(row)
    title = to_display_title(row.title)
    facts = ", ".join(filter(None, (row.source, date)))
    stop = " " if title.endswith((".", "!", "?", "…", "。")) else ". "
    return f"{number}. {state}{': ' if state else ''}{title}{stop if facts else ''}{facts}"


class Reading:
    """An open article: its lines, which are laid out as far as they are read."""

    def __init__(
        self, row: Row, article: Article, number: int, spoken: Spoken, console: Console
    ) -> None:
        """`number` is that in the list; `console` says how lines are broken."""
        self.row, self.article, self.number = row, article, number
        self.spoken = spoken
        self.at = 0  # the first line that was not shown
        self.lines: list[str] = []
        self.headings: list[int] = []  # lines that are headings
        self._rest = self._laid_out(console)

    def _laid_out(self, console: Console) -> Iterator[str]:
        """The lines of the body; where they are short, a blank one is between paragraphs."""
        count = 0
        for paragraph in self.spoken.paragraphs():
            is_apart = count and console.width and not paragraph.goes_on
            if is_apart:
                count += 1
                yield ""
            if paragraph.is_heading:
                self.headings.append(count)
            for line in console.wrapped(paragraph.text):
                count += 1
                yield line
        if not count:
            yield from console.wrapped(NO_TEXT)

    def upto(self, line: int | None) -> list[str]:
        """The lines before one, all for None, as far as there are any."""
        missing = None if line is None else max(line - len(self.lines), 0)
        self.lines += islice(self._rest, missing)
        return self.lines[:line]

    @property
    def is_at_end(self) -> bool:
        """Whether every line was shown."""
        return len(self.upto(self.at + 1)) <= self.at

    def head(self, config: Config, highlights: int) -> Iterator[str]:
        """Title, states and facts."""
        row, article = self.row, self.article
        yield (
            f"{self.number}. {to_display_title(row.title)}"
            if self.number
            else to_display_title(row.title)
        )
        date = format_date(article.date, article.date_only, form=config.date_format, long=True)
        minutes = (
            format_count(reading_minutes(article.body), "minute") if article.body.strip() else ""
        )
        marked = format_count(highlights, "highlight") if highlights else ""
        values = (value for one in BESIDE_TAGS for value in one.values_in(article))
        names = ", ".join(value for value in values if value != article.source)
        facts = (states(row), article.source, names, date, minutes, marked)
        yield ", ".join(filter(None, facts))
        if article.tags:
            yield f"tags: {', '.join(article.tags)}"
        for fault in article.faults:
            where = f", line {fault.line}" if fault.line else ""
            yield f"fault in the file{where}: {fault.reason}"


class Reader:
    """The list, the open article, and how far both were read."""

    def __init__(self, library: Library, config: Config, console: Console) -> None:
        self.library, self.config, self.say = library, config, console.say
        self.flat = config.plugin_values(FlatSettings)
        self._console = console
        self._listing: NumberedArticles | None = None
        self._reading: Reading | None = None
        self._in_article = False  # whether an empty line goes on in it, and not in the list

    def alone(self) -> Mapping[str, Callable[[], None]]:
        """Its commands that take nothing, by id."""
        return {
            "toggle_unread": partial(self._toggle, "is:unread"),
            "toggle_starred": partial(self._toggle, "is:starred"),
            "only_source": self._only_source,
            "saved_searches": self._saved_searches,
            "back": self._back,
            "next_article": partial(self._step, 1),
            "previous_article": partial(self._step, -1),
            "next_hit": self._next_unread,
            "page_on": self.page_on,
            "page_up": self._page_up,
            "top": self._top,
            "bottom": self._bottom,
            "links": self._links,
            "related": self._related,
        }

    def handlers(self) -> Mapping[str, Callable[[str], None]]:
        """Its commands that take what follows their name, by id."""
        return {
            "number": lambda number: self._open_number(int(number)),
            "open": lambda number: self._open_number(
                numbers(self.asked_for(number, "Number of the article"))[0]
            ),
            "list_all": self._list,
            "search": lambda query: self._list(self.asked_for(query, "Search")),
            "find": self._find,
            "outline": self._outline,
        }

    def update(self, *, check: bool = False) -> None:
        """Bring the index up to date, and now and then say how far it is.

        Without `check`, not where a thread beside the session does so.
        """
        said = monotonic()
        try:
            for progress in self.library.follower.reconcile(check=check):
                if monotonic() - said > SAID_EVERY:
                    said = monotonic()
                    self.say(describe_progress(progress))
                    output().flush()
        except LibraryBusy as busy:
            self.say(str(busy))
        self.library.index.reload()

    def _list(self, text: str) -> None:
        """Say how many articles a query finds, and number the first ones."""
        query = query_of(text)
        self.update()
        listing = self._found(query)
        self._begin(listing)
        found = format_count(listing.total, "article")
        if hidden := self.library.search.count_hidden(query).total:
            found += f", {hidden:,} more hidden by your mutes"
        self.say(f"{found}.")
        if listing.total:
            self._page_of_list()
        elif close := self.library.search.did_you_mean(query):
            self.say(f"Did you mean /{to_text(close)}?")

    def _found(self, query: Query) -> NumberedArticles:
        search = self.library.search
        return NumberedArticles(search.ids(query), search.count(query), query)

    def _begin(self, listing: NumberedArticles) -> None:
        """Another list; the open article has no number in it."""
        self._listing, self._in_article = listing, False
        if self._reading is not None:
            self._reading.number = 0

    def _toggle(self, text: str) -> None:
        """List only what has a mark; all again, if that is the list."""
        is_listed = self._listing is not None and self._listing.query == parse(text)
        self._list("" if is_listed else text)

    def _page_of_list(self, lines: float | None = None) -> None:
        if (listing := self._listing) is None:
            self._list("")
            return
        last = listing.at + (lines or self.flat.flat_lines)
        for number, article in listing.numbered(listing.at + 1, last):
            listing.at = number
            row = self.library.search.row(article)
            self.say(entry(number, row, self.config) if row else f"{number}. {GONE}")
        self.say(MORE if listing.article(listing.at + 1) else END)

    def _back(self) -> None:
        """The page of the list with the article one was in."""
        if self._listing is not None:
            number = self._reading.number if self._reading else self._listing.at
            page = self.flat.flat_lines
            self._listing.at = max(number - 1, 0) // page * page
        self._in_article = False
        self._page_of_list()

    def _only_source(self) -> None:
        source = self.open.row.source
        if not source:
            raise LibraryError("This article has no source.")
        self._list(value_term(Field.SOURCE, source))

    def _saved_searches(self) -> None:
        for search in self.config.searches:
            self.say(f"list @{search.name}: {search.query}")
        if not self.config.searches:
            self.say("No saved searches. To save one: rilo-reader settings.")

    def _open_number(self, number: int) -> None:
        listing = self.listing
        article = listing.article(number)
        if article is None:
            raise LibraryError(f"There is no number {number}; the last is {listing.total:,}.")
        self._show(article, number)

    def _show(self, article: ArticleId, number: int) -> None:
        """Open an article, and say its head and first page."""
        row = self.row(article)
        content = self.library.article(article, row.path)
        marked = from_fields(self.library.state.read_annotations(article))
        vault = self.library.is_vault
        others = others_highlights(self.library.folder, user_paths(), article).get(article, ())
        spoken = Spoken(content, self.flat.flat_speaks, (*marked, *others), in_vault=vault)
        self._reading = Reading(row, content, number, spoken, self._console)
        self._in_article = True
        self._console.say_all(self._reading.head(self.config, len(marked)))
        self._page_of_article()
        if self.config.mark_read is MarkRead.OPENED:
            self._count_as_read()

    def _count_as_read(self) -> None:
        reading = self.open
        if not reading.row.marks.read:
            group = self.group(reading.row.id)
            self.library.state.set_read(group, value=True, in_history=False)
            reading.row = self.row(reading.row.id)

    def _page_of_article(self) -> None:
        reading = self.open
        page = reading.upto(reading.at + self.flat.flat_lines)[reading.at :]
        for number, line in enumerate(page, 1):
            if line or 1 < number < len(page):  # no blank line at an edge
                output().line(line)
            reading.at += 1
        if not reading.is_at_end:
            self.say(MORE)
            return
        self.say(END)
        if self.config.mark_read is MarkRead.END:
            self._count_as_read()

    def page_on(self) -> None:
        """The next page of the article or the list; behind an article, the next unread one."""
        if not self._in_article:
            if self._listing and not self._listing.article(self._listing.at + 1):
                self.say(END)
            else:
                self._page_of_list()
        elif self.open.is_at_end:
            self._next_unread()
        else:
            self._page_of_article()

    def _page_up(self) -> None:
        """Say the previous page again."""
        is_list = self._listing is not None and not self._in_article
        shown = self.listing if is_list else self.open
        page = self.flat.flat_lines
        shown.at = max((shown.at - 1) // page * page - page, 0)
        (self._page_of_list if is_list else self._page_of_article)()

    def _top(self) -> None:
        self.open.at = 0
        self._in_article = True
        self._page_of_article()

    def _bottom(self) -> None:
        """The rest of the article, or of the list."""
        if not self._in_article:
            self._page_of_list(float("inf"))
            return
        reading = self.open
        while not reading.is_at_end:
            for line in reading.upto(reading.at + 1)[reading.at :]:
                output().line(line)
                reading.at += 1
        self._page_of_article()

    def _step(self, step: int) -> None:
        number = (self._reading.number if self._reading else 0) + step
        if self._listing and not 0 < number <= self._listing.total:
            where = "last" if step > 0 else "first"
            end = self._listing.end if step > 0 else ""
            raise LibraryError(end or f"This is the {where} article of the list.")
        self._open_number(number)

    def _next_unread(self) -> None:
        first = (self._reading.number if self._reading else 0) + 1
        for number, article in self.listing.numbered(first):
            if not self.library.search.marks([article])[article].read:
                self._open_number(number)
                return
        self.say(self.listing.end or "No more unread articles in the list.")

    def _find(self, text: str) -> None:
        """Say the lines with words, and go on from the first one after where one is."""
        reading = self.open
        searched = self._listing.query if self._listing else None
        words = words_to_highlight(parse(text) if text else searched or Query())
        words = words or words_to_highlight(parse(self.asked_for("", "Find in the article")))
        found = [at for at, line in enumerate(reading.upto(None)) if find_hits(line, words)]
        self.say(f"{format_count(len(found), 'line')}.")
        for at in found:
            self.say(f"line {at + 1}: {reading.lines[at]}")
        if found:
            reading.at = next((at for at in found if at >= reading.at), found[0])
            self._in_article = True

    def _outline(self, number: str) -> None:
        """Say the headings; with a number, go on there."""
        reading = self.open
        lines = reading.upto(None)
        if number:
            chosen = numbers(number)[0]
            if not 0 < chosen <= len(reading.headings):
                raise LibraryError(f"There is no heading {chosen}.")
            reading.at = reading.headings[chosen - 1]
            self._in_article = True
            self._page_of_article()
            return
        for count, at in enumerate(reading.headings, 1):
            self.say(f"{count}. {lines[at]}")
        self.say("outline NUMBER goes there." if reading.headings else "No headings.")

    def _links(self) -> None:
        reading = self.open
        reading.upto(None)
        for number, link in sorted(reading.spoken.links.items()):
            self.say(f"link {number}: {link.words}")
            self.say(link.url)
        if not reading.spoken.links:
            self.say("This article has no links.")

    def _related(self) -> None:
        """Number what is similar, and the copies, as a list of their own."""
        reading, search = self.open, self.library.search
        rows = (*search.find_copies(reading.row.id), *search.related(reading.article))
        ids = dict.fromkeys(row.id for row in rows)
        self.number(tuple(ids), f"{format_count(len(ids), 'similar article')}.")

    def number(self, ids: Sequence[ArticleId], said: str, end: str = "") -> None:
        """Begin a list of some articles: see `LISTS`."""
        self._begin(NumberedArticles(ids, len(ids), end=end))
        self.say(said)
        if ids:
            self._page_of_list()

    def asked_for(self, given: str, question: str) -> str:
        """What was given, or else what is answered; LibraryError if that is nothing."""
        if not (answer := given or self._console.ask(f"{question}: ")):
            raise LibraryError("Cancelled.")
        return answer

    # -- what commands are about ------------------------------------------------------------------

    @property
    def open(self) -> Reading:
        """The open article; LibraryError if there is none."""
        if self._reading is None:
            raise LibraryError(NO_ARTICLE)
        return self._reading

    @property
    def listing(self) -> NumberedArticles:
        """The list; of all articles where none was asked for."""
        if self._listing is None:
            self._listing = self._found(Query())
        return self._listing

    @property
    def asked(self) -> NumberedArticles:
        """The list that was asked for; LibraryError if there is none."""
        if self._listing is None:
            raise LibraryError("There is no list yet. list QUERY makes one.")
        return self._listing

    def beside(self, *, above: bool) -> Iterator[tuple[int, ArticleId]]:
        """The articles of the list before the open one, or behind it."""
        if not (number := self.open.number):
            raise LibraryError("The open article is not in the list.")
        return self.listing.numbered(1, number - 1) if above else self.listing.numbered(number + 1)

    def row(self, article: ArticleId) -> Row:
        """The row of an article with its marks now; LibraryError if it is gone."""
        row = self.library.search.row(article)
        if row is None:
            raise LibraryError(GONE)
        return row

    def group(self, article: ArticleId) -> list[ArticleId]:
        """An article and its copies, which are marked together."""
        return [article, *(row.id for row in self.library.search.find_copies(article))]

    def rows(self, text: str) -> list[Row]:
        """The articles whose numbers were typed; the open one for ""."""
        if not text:
            return [self.row(self.open.row.id)]
        found = [(number, self.listing.article(number)) for number in numbers(text)]
        for number, article in found:
            if article is None:
                raise LibraryError(f"Nothing was marked: there is no number {number}.")
        return [self.row(article) for _, article in found if article is not None]

    def marks_changed(self) -> None:
        """Take note of marks that were changed."""
        if self._reading is not None:
            with suppress(LibraryError):
                self._reading.row = self.row(self._reading.row.id)


def numbers(text: str) -> list[int]:
    """The numbers that were typed; UsageError for anything else."""
    words = text.split()
    if not words or not all(map(is_number, words)):
        raise UsageError("Type article numbers, such as 2 5.")
    return [int(word) for word in words]
