"""`fill`: fetch the pages of links that came without a text, slowly, and go on where it was."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.cli import arguments
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import errors, output
from rilo_reader.cli.printing import print_result, show_count
from rilo_reader.cli.refresh import tell_plugins_after
from rilo_reader.cli.search import join_query_words, query_of
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.errors import CollectingError
from rilo_reader.extras import PAGES
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.collection import read_public_hosts
from rilo_reader.feeds.discover import Discoverer, DiscoveryLimits
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.feeds.whole_page import (
    ask_page,
    find_page_place,
    make_page_text,
    needs_text,
    replace_text,
)
from rilo_reader.fetch.client import make_client
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.paths import Paths, library_name
from rilo_reader.query.tree import Query
from rilo_reader.text import clean_line, format_count, redact_address

PAUSE = 1.0  # seconds between two requests to a host, one at a time
HOSTS_AT_ONCE = 8
FAILURES_IN_TURN = 3  # links of a host that fail before the rest of it is left for later
HOSTS_IN_TURN = 20  # hosts that cannot be connected to before all the rest is left for later
SHOWN_REASONS = 20
_FOR_EVER = (Failure.MISSING, Failure.GONE, Failure.BROKEN, Failure.LOGIN, Failure.REFUSED)


class FilledPage(NamedTuple):
    """An article whose page was asked for, and the reason if it did not come."""

    row: Row
    reason: str = ""  # why it has no text; "" if it has
    failure: Failure | None = None  # None if the page was there

    @property
    def is_final(self) -> bool:
        """True if it is not asked for again."""
        return self.failure is None or self.failure in _FOR_EVER


def find_links(
    library: Library, paths: Paths, feeds: Sequence[Subscription], query: Query
) -> list[Row]:
    """Return the articles of a query whose text is missing; those that were edited have one."""
    found = []
    for row in library.search.each(query):
        text = text_of_file(library.folder, row.path) if row.url else None
        if text is None or not needs_text(text):
            continue
        if find_page_place(library.folder, paths, row.path, feeds).is_unedited:
            found.append(row)
    return found


class PageFiller:
    """Fills articles with their pages, one of a host at a time."""

    def __init__(
        self,
        discoverer: Discoverer,
        context: tuple[Path, Paths],
        feeds: Sequence[Subscription],
        recorder: StepRecorder,
        *,
        pause: float = PAUSE,
    ) -> None:
        self._discoverer = discoverer
        self._folder, self._paths = context
        self._feeds = feeds
        self._recorder = recorder
        self._pause = pause
        self._offline_count = 0  # hosts in turn

    async def fill_all(self, rows: Sequence[Row], on_end: Callable[[FilledPage], None]) -> None:
        """Fill articles; `on_end` is told of each, but not of those that are left for later."""
        hosts: dict[str, list[Row]] = {}
        for row in rows:
            hosts.setdefault(urlsplit(row.url).hostname or "", []).append(row)
        slots = asyncio.Semaphore(HOSTS_AT_ONCE)

        async def fill_host(its: Sequence[Row]) -> None:
            failed = 0  # in turn, of a host that is not there, or leads to one
            async with slots:
                # In no order, so that links that fail in each run do not hold up the others.
                for number, row in enumerate(random.sample(its, len(its))):
                    if self._offline_count >= HOSTS_IN_TURN:
                        break
                    await asyncio.sleep(self._pause if number else 0)
                    on_end(end := await self._fill(row))
                    self._offline_count += not failed and end.failure is Failure.OFFLINE
                    failed = 0 if end.is_final else failed + 1
                    if end.failure is Failure.BUSY or failed == FAILURES_IN_TURN:
                        break

        async with asyncio.TaskGroup() as group:
            for its in hosts.values():
                group.create_task(fill_host(its))

    async def _fill(self, row: Row) -> FilledPage:
        try:
            place = find_page_place(self._folder, self._paths, row.path, self._feeds)
            page = await ask_page(self._discoverer, row.url, place, trusted=False)
            self._offline_count = 0
            page = page._replace(title="" if place.has_title else page.title, tags=())
            text = make_page_text(place, page)
            self._recorder.replace_article(self._folder, row.path, place.text, text)
            replace_text(self._folder, place, page)
        except FetchError as error:
            return FilledPage(row, error.reason, error.failure)
        except CollectingError as error:
            return FilledPage(row, str(error))
        return FilledPage(row)


def describe_failures(failed: Sequence[FilledPage]) -> list[str]:
    """Return a line for each reason, that of most pages first, with the title of one (pure)."""
    titles: dict[str, list[str]] = {}
    for end in failed:
        titles.setdefault(end.reason, []).append(clean_line(end.row.title or end.row.url, 80))
    by_count = sorted(titles.items(), key=lambda item: -len(item[1]))
    lines = []
    for reason, named in by_count[:SHOWN_REASONS]:
        more = f" and {len(named) - 1:,} more" if named[1:] else ""
        lines.append(f"{named[0]}{more}: {reason}")
    if rest := sum(len(named) for _, named in by_count[SHOWN_REASONS:]):
        lines.append(f"… and {rest:,} more pages; fill --again --json names each.")
    return lines


class FillVerb(Verb):
    """Fetch the pages of links without text."""

    about = """
Fetch the pages of links without text.

Such are those that import brought from Pocket or a browser. It asks for one
page of a host at a time, with a second between two, and eight hosts at once, so
10,000 links take hours. Stop it whenever you like: the next run goes on, and
asks for no page again that is gone. Where three links of a host in turn cannot
be reached, its others are left for later. Highlights and notes stay, and find
their place in the text. undo takes the texts of a run out again.
"""
    examples = ("rilo-reader fill --dry-run", "rilo-reader fill tag:garden")
    exit_codes = """0 done, also if pages are gone; 1 failed; 2 wrong usage; 130 stopped: what
came is kept."""

    query: list[str] = argument("QUERY", "only the links that match; without it, all", nargs="*")
    again: bool = flag("--again", "also ask for pages that could not be fetched in an earlier run")
    dry_run: bool = flag("--dry-run", "show how many links have no text, and fetch nothing")
    json: bool = flag(
        "--json",
        "one JSON object per line: of each page path, url, filled, reason; then filled, failed, "
        "later, finished",
    )

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return not self.dry_run

    def run(self) -> int:
        """Fetch the pages of links; return the exit code."""
        if missing := PAGES.install_advice:
            raise LibraryError(missing)
        context = arguments.choose_writable(self.library)
        query = query_of(join_query_words(self.query))
        gone = _GonePages(context)
        feeds = arguments.load_subscriptions(context)
        with tell_plugins_after(self, as_json=self.json, dry_run=self.dry_run):
            with arguments.open_current(self) as library:
                rows = find_links(library, context.paths, feeds, query)
            known = 0 if self.again else sum(row.url in gone.urls for row in rows)
            if not self.again:
                rows = [row for row in rows if row.url not in gone.urls]
            if self.dry_run or not rows:
                return self._report_plan(rows, known)
            return self._fill(context, feeds, rows, gone)

    def _report_plan(self, rows: Sequence[Row], known: int) -> int:
        hosts = format_count(len({urlsplit(row.url).hostname for row in rows}), "host")
        message = f"{format_count(len(rows), 'link')} without text, of {hosts}."
        if known:
            message += f" {known:,} more could not be fetched before; to try again: --again"
        print_result(self.json, message, filled=0, failed=0, later=len(rows))
        return 0

    def _fill(
        self,
        context: LibraryContext,
        feeds: Sequence[Subscription],
        rows: Sequence[Row],
        gone: _GonePages,
    ) -> int:
        recorder = StepRecorder(context.paths)
        ends: list[FilledPage] = []
        hosts = read_public_hosts(context.folder, context.paths)

        async def fill(progress: Callable[[int], None]) -> None:
            def listen(end: FilledPage) -> None:
                ends.append(end)
                if end.reason and end.is_final:
                    gone.add(end.row.url)
                progress(len(ends))
                if self.json:
                    facts = {"path": end.row.path, "url": redact_address(end.row.url)}
                    done = {"filled": not end.reason, "reason": end.reason}
                    output().json({**facts, **done}, at_once=True)

            async with make_client(context.config) as client:
                client.public_hosts |= hosts
                limits = DiscoveryLimits(seconds=float(context.config.fetch_seconds))
                with Discoverer(client, limits, self.pool) as discoverer:
                    place = context.folder, context.paths
                    filler = PageFiller(discoverer, place, feeds, recorder)
                    await filler.fill_all(rows, listen)

        try:
            with (
                recorder.write_log(context.folder, "Fetched a part of the pages"),
                show_count("Page", len(rows)) as progress,
            ):
                asyncio.run(fill(progress))
        except KeyboardInterrupt:
            done = format_count(sum(not end.reason for end in ends), "article")
            errors().complain(f"stopped after {done}; rilo-reader fill goes on.")
            raise
        finally:  # also of a run that was stopped
            filled = sum(not end.reason for end in ends)
            step = f"Fetched the pages of {format_count(filled, 'article')}"
            arguments.save_step(context, recorder, step)
        failed = [end for end in ends if end.reason]
        for line in describe_failures(failed) if not self.json else ():
            output().note(line)
        gone_count = sum(end.is_final for end in failed)
        later = len(rows) - filled - gone_count
        message = f"{format_count(filled, 'article')} filled, {gone_count:,} failed."
        if later:
            message += f" {later:,} are left for later: rilo-reader fill"
        print_result(self.json, message, filled=filled, failed=gone_count, later=later)
        return 0


class _GonePages:
    """The addresses that no later run asks for, a line each in a file that may be deleted."""

    def __init__(self, context: LibraryContext) -> None:
        self._file = context.paths.cache / f"{library_name(context.folder.resolve())}.no-pages"
        self.urls: set[str] = set()
        with suppress(OSError):
            self.urls = set(self._file.read_text("utf-8", errors="replace").splitlines())

    def add(self, url: str) -> None:
        """Add an address, at once, so that a run that is stopped has it."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"{url}\n")
