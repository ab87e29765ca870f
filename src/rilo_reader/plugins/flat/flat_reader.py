"""`FlatReader`: the list and the open article of a session, and the commands that read them.

Both are read in pages: the articles of a query by their numbers, an article by its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from time import monotonic
from typing import Generic, TypeVar

from rilo_reader.annotations.highlight import from_fields
from rilo_reader.article import BESIDE_TAGS, Article, ArticleId, Field
from rilo_reader.cli.arguments import NEW_PATHS
from rilo_reader.cli.output import UsageError, output
from rilo_reader.cli.printing import Choice, describe_progress
from rilo_reader.cli.search import query_of, usual_sort
from rilo_reader.config import Config, MarkRead
from rilo_reader.dates import format_date
from rilo_reader.library import Library, LibraryBusy, LibraryError, Row
from rilo_reader.library.annotated import others_highlights
from rilo_reader.paths import user_paths
from rilo_reader.plugins.flat.console import Console
from rilo_reader.plugins.flat.settings import FlatSettings
from rilo_reader.plugins.flat.spoken_article import SpokenArticle
from rilo_reader.plugins.flat.vocabulary import is_number
from rilo_reader.query.edit import add_restriction, to_text, value_term
from rilo_reader.query.match import find_hits
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query, words_to_highlight
from rilo_reader.render.document import NO_TEXT
from rilo_reader.text import format_count, reading_minutes, to_display_title

MORE_TEXT, END = "(more)", "(end)"
NO_ARTICLE = "No article is open. Type the number of one; list numbers them."
GONE_TEXT = "This article is no longer in the library."

EMPTY_LIST = "The list is empty."

PROGRESS_SECONDS = 10.0  # between two lines on the progress of the index


Item = TypeVar("Item", ArticleId, Choice)


class NumberedList(Generic[Item]):
    """Articles or choices. A number stays with its article, whatever is marked meanwhile."""

    def __init__(
        self, items: Iterable[Item], total: int, query: Query | None = None, end: str = ""
    ) -> None:
        """`items` are read as they are needed; `query` found them, if there is one.

        `end` is said at the end of the list, if there is more to say than that.
        """
        self.query, self.total, self.end = query, total, end
        self.shown_count = 0  # the last number that was shown
        self._found: list[Item] = []
        self._remaining: Iterator[Item] = iter(items)

    def find_at(self, number: int) -> Item | None:
        """Return what has a number, from 1; None if nothing has it."""
        self._found += islice(self._remaining, max(number - len(self._found), 0))
        return self._found[number - 1] if 0 < number <= len(self._found) else None

    def item_at(self, number: int) -> Item:
        """Return what has a number; LibraryError if nothing has it."""
        if (item := self.find_at(number)) is None:
            last = f"There is no number {number}; the last is {self.total:,}."
            raise LibraryError(last if self.total else EMPTY_LIST)
        return item

    def replace_at(self, number: int, item: Item) -> None:
        """Replace what has a number."""
        self._found[number - 1] = item

    def iter_numbered(self, first: int, last: float = float("inf")) -> Iterator[tuple[int, Item]]:
        """Yield the items from a number to another, as far as there are any."""
        number = first
        while number <= last and (item := self.find_at(number)) is not None:
            yield number, item
            number += 1


def describe_states(row: Row) -> str:
    """Return the states of an article as words with commas: "unread, starred"."""
    tags = [f"tagged {tag}" for tag in row.marks.tags]
    marks = ["unread"] * (not row.marks.read) + ["starred"] * row.marks.starred
    return ", ".join((*marks, *["edited"] * row.marks.is_edited, *tags))


def format_entry(number: int, row: Row, config: Config) -> str:
    """Format an article in a list, on one line."""
    date = format_date(row.date, row.date_only, form=config.date_format)
    state = describe_states(row)
    title = to_display_title(row.title)
    facts = ", ".join(filter(None, (row.source, date)))
    stop = " " if title.endswith((".", "!", "?", "…", "。")) else ". "
    return f"{number}. {state}{': ' if state else ''}{title}{stop if facts else ''}{facts}"


class OpenReading:
    """An open article: its lines, which are laid out as far as they are read."""

    def __init__(
        self, row: Row, article: Article, number: int, spoken: SpokenArticle, console: Console
    ) -> None:
        """`number` is that in the list, 0 for none; `console` breaks lines."""
        self.row, self.article, self.number = row, article, number
        self.spoken = spoken
        self.shown_count = 0  # the first line that was not shown
        self.lines: list[str] = []
        self.headings: list[int] = []  # lines that are headings
        self._remaining_lines = self._iter_lines(console)

    def _iter_lines(self, console: Console) -> Iterator[str]:
        """Yield the lines of the body; if they are wrapped, with a blank one between paragraphs."""
        count = 0
        for paragraph in self.spoken.iter_paragraphs():
            is_apart = count and console.width and not paragraph.is_continuation
            if is_apart:
                count += 1
                yield ""
            if paragraph.is_heading:
                self.headings.append(count)
            for line in console.wrap_lines(paragraph.text):
                count += 1
                yield line
        if not count:
            yield from console.wrap_lines(NO_TEXT)

    def lines_before(self, line: int | None) -> list[str]:
        """Return the lines before one, all for None, as far as there are any."""
        missing = None if line is None else max(line - len(self.lines), 0)
        self.lines += islice(self._remaining_lines, missing)
        return self.lines[:line]

    @property
    def is_at_end(self) -> bool:
        """True if every line was shown."""
        return len(self.lines_before(self.shown_count + 1)) <= self.shown_count

    def iter_head(self, config: Config, highlights: int) -> Iterator[str]:
        """Yield title, states and facts."""
        row, article = self.row, self.article
        yield f"{f'{self.number}. ' if self.number else ''}{to_display_title(row.title)}"
        date = format_date(article.date, article.date_only, form=config.date_format, long=True)
        has_text = bool(article.body.strip())
        minutes = format_count(reading_minutes(article.body), "minute") if has_text else ""
        marked = format_count(highlights, "highlight") if highlights else ""
        values = (value for one in BESIDE_TAGS for value in one.values_in(article))
        names = ", ".join(value for value in values if value != article.source)
        facts = (describe_states(row), article.source, names, date, minutes, marked)
        yield ", ".join(filter(None, facts))
        if article.tags:
            yield f"tags: {', '.join(article.tags)}"
        if article.comments:
            yield "link 1: comments"
        for fault in article.faults:
            where = f", line {fault.line}" if fault.line else ""
            yield f"fault in the file{where}: {fault.reason}"


class FlatReader:
    """The list, the open article, and how far both were read."""

    def __init__(self, library: Library, config: Config, console: Console) -> None:
        self.library, self.config, self.say = library, config, console.say_text
        self.flat = config.plugin_values(FlatSettings)
        self._console = console
        self._listing: NumberedList[ArticleId] | None = None
        self._choices: NumberedList[Choice] | None = None  # whose numbers are meant instead
        self._reading: OpenReading | None = None
        self._in_article = False  # whether an empty line continues it, and not the list

    def make_plain_handlers(self) -> Mapping[str, Callable[[], None]]:
        """Return the commands without an argument, by id."""
        return {
            "toggle_unread": partial(self._toggle_query, "is:unread"),
            "toggle_starred": partial(self._toggle_query, "is:starred"),
            "facets": self._list_facets,
            "show_new": self._list_new,
            "only_source": self._list_source,
            "saved_searches": self._list_saved_searches,
            "back": self._go_back,
            "list": self._go_back,
            "next_article": partial(self._step_article, 1),
            "previous_article": partial(self._step_article, -1),
            "next_hit": self._open_next_unread,
            "page_on": self.page_down_or_next,
            "page_down": self.page_down_or_next,
            "page_up": self._page_up,
            "top": self._go_to_top,
            "bottom": self._go_to_bottom,
            "links": self._say_links,
            "pictures": partial(self._say_links, "image"),
            "related": self._list_related,
        }

    def make_argument_handlers(self) -> Mapping[str, Callable[[str], None]]:
        """Return the commands with an argument, by id."""
        return {
            "list_all": self._list_articles,
            "search": lambda query: self._list_articles(self.ask_if_empty(query, "Search")),
            "find": self._find_in_article,
            "outline": self._say_outline,
        }

    def update_index(self, *, check: bool = False) -> None:
        """Bring the index up to date, and now and then say its progress.

        Without `check`, a thread beside the session that does so is trusted.
        """
        said_at = monotonic()
        try:
            for progress in self.library.follower.reconcile(check=check):
                if monotonic() - said_at > PROGRESS_SECONDS:
                    said_at = monotonic()
                    self.say(describe_progress(progress))
                    output().flush()
        except LibraryBusy as busy:
            self.say(str(busy))
        self.library.index.reload()

    def _list_articles(self, text: str) -> None:
        """Say how many articles a query finds, and number the first ones."""
        query = query_of(text, usual_sort())
        self.update_index()
        listing = self._find_articles(query)
        self._start_list(listing)
        found = format_count(listing.total, "article")
        if copies := self.library.search.count(query) - listing.total:
            found += f" and {copies:,} {'copy' if copies == 1 else 'copies'}"
        if hidden := self.library.search.count_hidden(query).total:
            found += f", {hidden:,} more hidden by your mutes"
        self.say(f"{found}.")
        if listing.total:
            self._say_list_page()
        elif close := self.library.search.did_you_mean(query):
            self.say(f"Did you mean /{to_text(close)}?")

    def _find_articles(self, query: Query) -> NumberedList[ArticleId]:
        search = self.library.search
        ids, count = search.ids(query, fold=True), search.count(query, fold=True)
        return NumberedList(ids, count, query)

    def _start_list(self, listing: NumberedList[ArticleId]) -> None:
        """Start another list; the open article has no number in it."""
        self._listing, self._choices, self._in_article = listing, None, False
        if self._reading is not None:
            self._reading.number = 0

    def start_choices(self, choices: Sequence[Choice], message: str) -> None:
        """Number choices: see `CHOICES`."""
        self._choices, self._in_article = NumberedList(choices, len(choices)), False
        self.say(message)
        self._say_list_page()

    def choose_number(self, number: int) -> str:
        """Open the article of a number, or return the command of a choice."""
        if self._choices is None:
            self._open_number(number)
            return ""
        choice = self._choices.item_at(number)
        if not choice.command:
            raise LibraryError(f"Nothing to list yet: {choice.text}")
        if choice.again:
            turned = choice._replace(command=choice.again, again=choice.command)
            self._choices.replace_at(number, turned)
        return choice.command

    def _toggle_query(self, text: str) -> None:
        """List the results of a query; all articles again, if these are listed."""
        is_listed = self._listing is not None and self._listing.query == query_of(
            text, usual_sort()
        )
        self._list_articles("" if is_listed else text)

    def _say_list_page(self, lines: float | None = None) -> None:
        if (shown := self._choices or self._listing) is None:
            self._list_articles("")
            return
        last = shown.shown_count + (lines or self.flat.flat_lines)
        for number, item in shown.iter_numbered(shown.shown_count + 1, last):
            shown.shown_count = number
            if isinstance(item, Choice):
                self.say(f"{number}. {item.text}")
                continue
            row = self.library.search.row(item)
            self.say(format_entry(number, row, self.config) if row else f"{number}. {GONE_TEXT}")
        self.say(MORE_TEXT if shown.find_at(shown.shown_count + 1) else END)

    def _go_back(self) -> None:
        """Say the page of the list with the open article."""
        if self._listing is not None:
            number = self._reading.number if self._reading else self._listing.shown_count
            page = self.flat.flat_lines
            self._listing.shown_count = max(number - 1, 0) // page * page
        self._choices, self._in_article = None, False
        self._say_list_page()

    def _list_source(self) -> None:
        source = self.open_reading.row.source
        if not source:
            raise LibraryError("This article has no source.")
        self._list_articles(value_term(Field.SOURCE, source))

    def _list_saved_searches(self) -> None:
        searches, mutes = self.config.searches, self.config.mutes
        if not searches and not mutes:
            raise LibraryError("No saved searches. To save one: rilo-reader settings.")
        choices = [Choice(f"@{one.name}: {one.query}", f"list {one.query}") for one in searches]
        for mute in mutes:
            end = f", until {mute.until}" if mute.until else ""
            choices.append(Choice(f"muted: {mute.query}{end}", "settings"))
        more = " That of a mute opens the settings." if mutes else ""
        self.start_choices(choices, f"A number lists what a search finds.{more}")

    def _list_facets(self) -> None:
        """Number the values of the fields of the list; each narrows it."""
        from rilo_reader.tui.panels.facets import MOST_VALUES, group_facets  # has textual

        if (query := self.listing.query) is None:
            raise LibraryError("This list is not of a search; list QUERY makes one that is.")
        text = to_text(query)
        search = self.library.search
        facets = search.facets_with_own_tags(query, MOST_VALUES)
        groups = group_facets(facets, search.count_feed_tags(query))
        choices = [
            Choice(f"{name}: {each.text}, {each.right_text}", f"list {add_restriction(text, term)}")
            for name, values in groups.items()
            for each in values
            if (term := each.payload.term)
        ]
        if not choices:
            raise LibraryError(EMPTY_LIST)
        self.start_choices(choices, "A number narrows the list.")

    def _list_new(self) -> None:
        """List what refreshes brought, newest first, once."""
        self.update_index(check=True)
        paths = NEW_PATHS.get([])
        found = [self.library.find(path) for path in paths]
        del paths[: len(found)]
        rows = [row for each in found if each and (row := self.library.search.row(each))]
        if not rows:
            raise LibraryError("There are no new articles.")
        rows.sort(key=lambda row: row.date, reverse=True)
        ids = [row.id for row in rows]
        self.start_numbered_list(ids, f"{format_count(len(ids), 'new article')}.")

    def _open_number(self, number: int) -> None:
        self._open_article(self.listing.item_at(number), number)

    def read_again(self) -> None:
        """Open the article again, which has another text now."""
        self._open_article(self.open_reading.row.id, self.open_reading.number)

    def _open_article(self, article: ArticleId, number: int) -> None:
        """Open an article, and say its head and first page."""
        row = self.read_row(article)
        content = self.library.article(article, row.path)
        marked = from_fields(self.library.state.annotations.read(article))
        others = others_highlights(self.library.folder, user_paths(), article).get(article, ())
        spoken = SpokenArticle(content, self.flat.flat_speaks, (*marked, *others))
        self._reading = OpenReading(row, content, number, spoken, self._console)
        self._choices, self._in_article = None, True
        self._console.say_all(self._reading.iter_head(self.config, len(marked)))
        self._say_article_page()
        if self.config.mark_read is MarkRead.OPENED:
            self._count_as_read()

    def _count_as_read(self) -> None:
        reading = self.open_reading
        if not reading.row.marks.read or reading.row.marks.is_edited:
            group = self.ids_of_group(reading.row.id)
            self.library.state.set_read(group, value=True, in_history=False)
            reading.row = self.read_row(reading.row.id)

    def _say_article_page(self) -> None:
        reading = self.open_reading
        first = reading.shown_count
        page = reading.lines_before(first + self.flat.flat_lines)[first:]
        for number, line in enumerate(page, 1):
            if line or 1 < number < len(page):  # no blank line at an edge
                output().line(line)
            reading.shown_count += 1
        if not reading.is_at_end:
            self.say(MORE_TEXT)
            return
        self.say(END)
        if self.config.mark_read is MarkRead.END:
            self._count_as_read()

    def page_down_or_next(self) -> None:
        """Say the next page of the article or the list; after an article, open the next unread."""
        if not self._in_article:
            shown = self._choices or self._listing
            if shown and not shown.find_at(shown.shown_count + 1):
                self.say(END)
            else:
                self._say_list_page()
        elif self.open_reading.is_at_end:
            self._open_next_unread()
        else:
            self._say_article_page()

    def _page_up(self) -> None:
        """Say the previous page again."""
        listed = None if self._in_article else self._choices or self._listing
        shown = listed or self.open_reading
        page = self.flat.flat_lines
        shown.shown_count = max((shown.shown_count - 1) // page * page - page, 0)
        (self._say_list_page if listed else self._say_article_page)()

    def _go_to_top(self) -> None:
        """Say the first page again."""
        listed = None if self._in_article else self._choices or self._listing
        (listed or self.open_reading).shown_count = 0
        (self._say_list_page if listed else self._say_article_page)()

    def _go_to_bottom(self) -> None:
        """Say the rest of the article, or of the list."""
        if not self._in_article:
            self._say_list_page(float("inf"))
            return
        reading = self.open_reading
        while not reading.is_at_end:
            for line in reading.lines_before(reading.shown_count + 1)[reading.shown_count :]:
                output().line(line)
                reading.shown_count += 1
        self._say_article_page()

    def _step_article(self, step: int) -> None:
        number = (self._reading.number if self._reading else 0) + step
        if self._listing and not 0 < number <= self._listing.total:
            where = "last" if step > 0 else "first"
            end = self._listing.end if step > 0 else ""
            last = f"This is the {where} article of the list."
            raise LibraryError(end or (last if self._listing.total else EMPTY_LIST))
        self._open_number(number)

    def _open_next_unread(self) -> None:
        first = (self._reading.number if self._reading else 0) + 1
        for number, article in self.listing.iter_numbered(first):
            if not self.library.search.marks([article])[article].read:
                self._open_number(number)
                return
        self.say(self.listing.end or "No more unread articles in the list.")

    def _find_in_article(self, text: str) -> None:
        """Say the lines with words, and continue at the first one after the current line."""
        reading = self.open_reading
        searched = self._listing.query if self._listing else None
        words = words_to_highlight(parse(text) if text else searched or Query())
        words = words or words_to_highlight(parse(self.ask_if_empty("", "Find in the article")))
        found = [at for at, line in enumerate(reading.lines_before(None)) if find_hits(line, words)]
        self.say(f"{format_count(len(found), 'line')}.")
        for at in found:
            self.say(f"line {at + 1}: {reading.lines[at]}")
        if found:
            reading.shown_count = next((at for at in found if at >= reading.shown_count), found[0])
            self._in_article = True

    def _say_outline(self, number: str) -> None:
        """Say the headings; with a number, continue there."""
        reading = self.open_reading
        lines = reading.lines_before(None)
        if number:
            chosen = next(parse_numbers(number))
            if not 0 < chosen <= len(reading.headings):
                raise LibraryError(f"There is no heading {chosen}.")
            reading.shown_count = reading.headings[chosen - 1]
            self._in_article = True
            self._say_article_page()
            return
        for count, at in enumerate(reading.headings, 1):
            self.say(f"{count}. {lines[at]}")
        self.say("outline NUMBER goes there." if reading.headings else "No headings.")

    def _say_links(self, start: str = "") -> None:
        """Say the links whose words begin so."""
        reading = self.open_reading
        reading.lines_before(None)
        links = sorted(reading.spoken.links.items())
        links = [(number, link) for number, link in links if link.words.startswith(start)]
        for number, link in links:
            self.say(f"link {number}: {link.words}")
            self.say(link.url)
        if not links:
            self.say(f"This article has no {'pictures' if start else 'links'}.")

    def _list_related(self) -> None:
        """List similar articles and copies, with numbers."""
        reading, search = self.open_reading, self.library.search
        rows = (*search.find_copies(reading.row.id), *search.related(reading.article))
        ids = dict.fromkeys(row.id for row in rows)
        self.start_numbered_list(tuple(ids), f"{format_count(len(ids), 'similar article')}.")

    def start_numbered_list(self, ids: Sequence[ArticleId], message: str, end: str = "") -> None:
        """Start a list of some articles: see `LISTS`."""
        self._start_list(NumberedList(ids, len(ids), end=end))
        self.say(message)
        if ids:
            self._say_list_page()

    def ask_if_empty(self, typed_text: str, question: str) -> str:
        """Return the typed text, else ask for it; LibraryError for an empty answer."""
        if not (answer := typed_text or self._console.ask_line(f"{question}: ")):
            raise LibraryError("Cancelled.")
        return answer

    # -- the objects of commands -------------------------------------------------------------------

    @property
    def open_reading(self) -> OpenReading:
        """The open article; LibraryError if there is none."""
        if self._reading is None:
            raise LibraryError(NO_ARTICLE)
        return self._reading

    @property
    def listing(self) -> NumberedList[ArticleId]:
        """The list; by default of all articles."""
        if self._listing is None:
            self._listing = self._find_articles(Query())
        return self._listing

    @property
    def asked_listing(self) -> NumberedList[ArticleId]:
        """The list that was asked for; LibraryError if there is none."""
        if self._listing is None:
            raise LibraryError("There is no list yet. list QUERY makes one.")
        return self._listing

    def iter_beside_open(self, *, above: bool) -> Iterator[tuple[int, ArticleId]]:
        """Return the articles of the list before the open one, or after it."""
        if not (number := self.open_reading.number):
            raise LibraryError("The open article is not in the list.")
        if above:
            return self.listing.iter_numbered(1, number - 1)
        return self.listing.iter_numbered(number + 1)

    def read_row(self, article: ArticleId) -> Row:
        """Return the row of an article with its marks now; LibraryError if it is gone."""
        row = self.library.search.row(article)
        if row is None:
            raise LibraryError(GONE_TEXT)
        return row

    def ids_of_group(self, article: ArticleId) -> list[ArticleId]:
        """Return an article and its copies, which are marked together."""
        return [article, *(row.id for row in self.library.search.find_copies(article))]

    def parse_rows(self, text: str) -> list[Row]:
        """Return the articles whose numbers were typed; the open one for ""."""
        if not text:
            return [self.read_row(self.open_reading.row.id)]
        if self._choices:
            raise LibraryError("These numbers are not of articles; h goes back to the list.")
        return [self.read_row(self.listing.item_at(number)) for number in parse_numbers(text)]

    def reload_marks(self) -> None:
        """Read the marks of the open article again."""
        if self._reading is not None:
            with suppress(LibraryError):
                self._reading.row = self.read_row(self._reading.row.id)


def parse_numbers(text: str) -> Iterator[int]:
    """Yield the numbers that were typed, such as 2 5 7-9; UsageError for anything else."""
    ranges = [word.split("-", 1) for word in text.split()]
    if not ranges or not all(is_number(number) for ends in ranges for number in ends):
        raise UsageError("Type article numbers, such as 2 5 or 7-9.")
    return chain.from_iterable(
        range(min(ends), max(ends) + 1) for ends in (list(map(int, each)) for each in ranges)
    )
