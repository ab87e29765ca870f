"""`refresh`: update feeds and accounts, and report progress as a table, as lines or as JSON."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import ExitStack, aclosing, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import Literal, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rilo_reader import config as settings
from rilo_reader.cli import arguments
from rilo_reader.cli.child import lower_priority
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import Output, OutputStyle, StyledText, errors, output, write_log
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.feeds.collection import Collection, open_collection
from rilo_reader.feeds.progress import FeedProgress, Phase, Summary
from rilo_reader.feeds.rules import (
    apply_age_rules,
    apply_rules,
    make_age_rules,
    parse_rules,
    read_feed_rules,
)
from rilo_reader.feeds.schedule import NOT_ITS_FAULT
from rilo_reader.feeds.sources import FeedSource, SourceUpdate
from rilo_reader.feeds.status import read_feed_statuses
from rilo_reader.feeds.subscriptions import Subscription, find_subscriptions, missing_extras
from rilo_reader.feeds.update import update_feeds
from rilo_reader.feeds.update_request import UpdateRequest, update_request
from rilo_reader.fetch.client import make_client
from rilo_reader.fetch.messages import ServerClient
from rilo_reader.library import LibraryError
from rilo_reader.paths import marks_file
from rilo_reader.store.state import open_state
from rilo_reader.text import clean_line, format_count

Listener = Callable[[FeedProgress, Summary], None]


class RefreshVerb(Verb):
    """Fetch what is new in your feeds."""

    library_help = "the library that feeds are fetched into; others are refused"
    about = """
Fetch new entries of your feeds, and keep each as an article.

Feeds that asked to wait, that failed recently or that you paused are skipped,
unless you name them. Everything goes into one library: the first of folders in
settings.toml, else the one that opens by default.
"""
    examples = ("rilo-reader refresh", "rilo-reader refresh --quiet")
    exit_codes = """0 done; 1 something failed, or another refresh is running; 2 wrong usage;
130 interrupted: fetched articles are kept, and the next run continues."""

    feeds: list[str] = argument("FEED", "its address, title or tag, or a part of one", nargs="*")
    force: bool = flag("--force", "fetch every feed, also feeds that asked to wait")
    quiet: bool = flag("--quiet", "print only failures, for cron")
    json: bool = flag(
        "--json",
        "one JSON object per line: url, name, state, new, updated, kept, outside, unchanged, "
        "reason, failure, until, seconds, moved_to; then the sums: feeds, done, new, updated, "
        "unchanged, failed, incomplete, skipped, offline, rules, finished. It runs at low priority",
    )
    dry_run: bool = flag("--dry-run", "fetch and show what is new, but save nothing")

    writes = True

    def run(self) -> int:
        """Refresh feeds; return 0, or 1 if a feed or a program for new articles failed."""
        if self.json:
            lower_priority()
        context = arguments.choose_writable(self.library)
        request, accounts = _make_request(context, self)
        if request.followed_keys or accounts:
            arguments.check_is_first(context)
        elif not self.json:
            errors().line(arguments.NO_FEED)
            arguments.tell_library_changed(context)
            return 0
        return 1 if _run_refresh(context, request, accounts, self) else 0


@contextmanager
def tell_plugins_after(options: Verb, *, as_json: bool, dry_run: bool) -> Iterator[None]:
    """Lower the priority for `--json`; afterwards tell plugins that the library changed."""
    if as_json:
        lower_priority()
    yield
    if not dry_run:
        arguments.tell_library_changed(arguments.choose_writable(options.library), as_json=as_json)


def _make_request(
    context: LibraryContext, options: RefreshVerb
) -> tuple[UpdateRequest, Sequence[FeedSource]]:
    """Return the feeds and accounts to update: those that the arguments name, else all."""
    subscribed = arguments.load_subscriptions(context)
    accounts = arguments.load_sources(context).sources
    of_accounts = [account.read_feeds() for account in accounts]
    theirs = tuple(feed for account in of_accounts for feed in account.feeds)
    feeds: Sequence[Subscription] = subscribed
    wanted: Sequence[FeedSource] = accounts
    addresses: set[str] = set()
    if options.feeds:
        names = {name.casefold() for name in options.feeds}
        # An account is named by its own name, or by one of its feeds.
        wanted = [
            account
            for account, its in zip(accounts, of_accounts, strict=True)
            if account.name.casefold() in names
            or any(find_subscriptions(its.feeds, name) for name in options.feeds)
        ]
        names -= {account.name.casefold() for account in wanted}
        others = [name for name in options.feeds if name.casefold() in names]
        now = datetime.now(UTC)
        statuses = read_feed_statuses(context.folder, context.paths, subscribed, now, of_accounts)
        named = arguments.select_feeds(others, [feed.named_subscription for feed in statuses])
        addresses = {feed.url for feed in named}
        feeds = [feed for feed in subscribed if feed.url in addresses]
    request = update_request(
        feeds,
        (*subscribed, *theirs),
        context.paths.feeds_file,
        force=options.force or bool(options.feeds),
        dry_run=options.dry_run,
    )
    return request._replace(pool=options.pool, user_urls=frozenset(addresses)), wanted


def _run_refresh(
    context: LibraryContext,
    request: UpdateRequest,
    accounts: Sequence[FeedSource],
    options: RefreshVerb,
) -> int:
    """Refresh, and print the progress; return how many feeds and programs failed."""
    out, failed, new = output(), list[FeedProgress](), list[str]()
    is_seen = out.can_move_cursor and not (options.quiet or options.json)
    table = LiveTable(out, "feeds and accounts" if accounts else "feeds") if is_seen else None

    def listen(progress: FeedProgress, summary: Summary) -> None:
        new.extend(progress.new)
        if progress.state is Phase.FAILED:
            failed.append(progress)
        if options.json:
            out.json(progress.to_json())
        elif table is not None:
            table.show_progress(progress, summary)
        elif progress.news_text and not options.quiet:
            out.line(f"{progress.name}: {progress.news_text}")
        out.flush()

    with table or nullcontext():
        summary = asyncio.run(update_all(context, request, listen, accounts))

    def tell_plugins() -> int:
        if options.dry_run:
            return 0
        return arguments.tell_library_changed(context, new, as_json=options.json)

    if options.json:
        wrong = tell_plugins()
        out.json(summary._asdict())
        return summary.failed + wrong
    names = {account.name for account in accounts}
    _print_failures(
        summary, failed, names, StyledText("" if options.quiet else "✗ ", OutputStyle.ERROR)
    )
    if not options.quiet:
        if missing := missing_extras(request.feeds):
            errors().line(missing)
        total = _describe_total(summary, len(accounts), dry_run=options.dry_run)
        out.line(StyledText(total, OutputStyle.BOLD))
        if summary.rules:
            out.line(f"{summary.rules}.")
        out.flush()
    return summary.failed + tell_plugins()


async def update_all(
    context: LibraryContext,
    request: UpdateRequest,
    listener: Listener,
    accounts: Sequence[FeedSource] = (),
) -> Summary:
    """Refresh feeds and accounts; call `listener` after each report; return the final summary.

    Raises LibraryError if the library cannot be collected into.
    """
    summary = Summary(len(request.feeds) + len(accounts))
    failures: list[str] = []
    with (
        open_collection(context.folder, context.paths) as collection,
        apply_rules_after(context, collection, dry_run=request.dry_run, with_age=True) as applied,
    ):
        arguments.print_notices(collection.take_notices())
        async with make_client(context.config) as client:
            with open_source_updates(context, accounts, client) as others:
                beside = [(other.progress, other.run) for other in others]
                updates = update_feeds(
                    collection, request, client, on_unexpected_error=write_log, account_tasks=beside
                )
                async with aclosing(updates) as progresses:
                    async for progress in progresses:
                        summary = summary.add_report(progress)
                        if progress.state is Phase.FAILED:
                            failures.append(progress.failure)
                        listener(progress, summary)
    # With all that was tried out of reach, this computer seems to have no network.
    tried = summary.done - summary.skipped
    away = [failure for failure in failures if failure in NOT_ITS_FAULT]
    return summary._replace(
        finished=True,
        offline=1 < tried == len(away) == len(failures),
        rules="; ".join(filter(None, applied)),
    )


@contextmanager
def apply_rules_after(
    context: LibraryContext, collection: Collection, *, dry_run: bool, with_age: bool = False
) -> Iterator[list[str]]:
    """Apply the user's rules to what is collected in a block, at its end.

    Articles that an interrupted block left come first; `with_age` is whether what grew old is
    marked, too. The list gets a sentence on what rules did; if they fail, that is printed, and the
    articles wait for the next time.
    """
    config = context.config
    rules = parse_rules(config.rules, config.searches)
    arguments.print_notices(filter(None, (each.problem for each in rules)))
    applied: list[str] = []

    def apply_now(*, with_age: bool) -> None:
        # Read again: names of feeds in queries may have changed meanwhile.
        config = settings.load(context.paths.settings_file)[0]
        rules = parse_rules(config.rules, config.searches)
        of_feeds = read_feed_rules(context.folder, context.paths) if with_age else []
        aging = make_age_rules(rules if with_age else (), of_feeds)
        has_arrived = bool(collection.ledger.list_awaiting_rules())
        if dry_run or not (aging or has_arrived):
            return
        try:
            with context.open_library(fills_itself=True) as library:
                if has_arrived:
                    applied.append(apply_rules(collection.ledger, library, rules))
                if aging:
                    arguments.exchange_marks(library.state)  # what was undone elsewhere
                    arguments.hide_muted(library)
                    applied.append(apply_age_rules(library.search, library.state, aging))
                arguments.exchange_marks(library.state)
        except LibraryError as error:
            errors().line(f"The rules are applied at the next refresh: {error}")

    apply_now(with_age=False)
    are_any = bool(rules or read_feed_rules(context.folder, context.paths))
    collection.writer.records_arrivals = are_any and not dry_run
    yield applied
    apply_now(with_age=with_age)


@contextmanager
def open_source_updates(
    context: LibraryContext, sources: Sequence[FeedSource], client: ServerClient
) -> Iterator[list[SourceUpdate]]:
    """Updates of accounts, while the context is open; journals are read before and written after.

    Raises LibraryError if marks or the records of accounts cannot be used.
    """
    if not sources:
        yield []
        return
    file = marks_file(context.folder, context.paths)
    with ExitStack() as stack:
        marks = stack.enter_context(closing(open_state(file)))
        updates = [stack.enter_context(source.join_update(marks, client)) for source in sources]
        notices = () if marks.is_protected else marks.notices  # else each account says it
        arguments.print_notices(filter(None, (*notices, *(update.warning for update in updates))))
        arguments.exchange_marks(marks)
        yield updates
        arguments.exchange_marks(marks)


# -- messages -------------------------------------------------------------------------------------


def _print_failures(
    summary: Summary, failed: Sequence[FeedProgress], accounts: Container[str], before: StyledText
) -> None:
    """Print each failure with its reason; one common to all feeds only once, but each account."""
    if summary.offline:
        errors().line("Nothing could be reached: is this computer connected?")
    individual, shared = list[FeedProgress](), list[FeedProgress]()
    for feed in failed:
        is_shared = feed.name not in accounts and (summary.offline or feed.failure == "disk")
        (shared if is_shared else individual).append(feed)
    for progress in (*individual, *shared[:1]):
        errors().line(before, f"{progress.name}: {progress.reason}")
    if len(shared) > 1 and not summary.offline:
        more = f"The articles of {len(shared) - 1:,} more could not be saved either."
        errors().line(before, more)


def _describe_total(summary: Summary, accounts: int, *, dry_run: bool) -> str:
    """The totals of a refresh of feeds and of some accounts, as a sentence."""
    would = "There would be " if dry_run else ""
    updated = f", {summary.updated:,} updated" if summary.updated else ""
    both = ((summary.feeds - accounts, "feed"), (accounts, "account"))
    of_what = ", ".join(format_count(number, what) for number, what in both if number)
    ends = (
        (summary.unchanged, "without news"),
        (summary.skipped, "not due"),
        (summary.incomplete, "incomplete"),
        (summary.failed, "failed"),
    )
    of = ", ".join(f"{count:,} {what}" for count, what in ends if count)
    rest = f" ({of})" if of else ""
    return f"{would}{format_count(summary.new, 'new article')}{updated}; {of_what}{rest}."


# -- the table on a terminal ----------------------------------------------------------------------

ROWS = 8  # maximum number of active feeds that are shown

INTERVAL = 0.1
"""Least number of seconds between two drawings, each of which takes some milliseconds."""

_BAR_WIDTH = 24


class LiveTable:
    """Shows the progress of a refresh on standard output while the context is open."""

    def __init__(self, out: Output, unit: str = "feeds", interval: float = INTERVAL) -> None:
        """Draw on a terminal that can move its cursor; `unit` is what is counted, in the plural."""
        if isinstance(sys.stdout, TextIOWrapper):
            # A name that the terminal cannot show must not end the refresh.
            sys.stdout.reconfigure(errors="replace")
        self._out = out
        self._unit = unit
        self._interval = interval  # least number of seconds between two drawings
        colours: Literal["standard"] | None = "standard" if out.has_colour else None
        self._console = Console(force_terminal=True, color_system=colours, highlight=False)
        self._live = Live(
            self, console=self._console, auto_refresh=False, transient=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        self._active: dict[str, tuple[FeedProgress, float]] = {}
        self._finished: list[FeedProgress] = []
        self._summary = Summary(0)
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        # Killed in the middle of a refresh, it would stay hidden.
        self._console.show_cursor(True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._draw_table()
        self._live.stop()
        if kind is not None and self._summary.new:
            # After Ctrl-C or a full disk, the articles so far are kept.
            self._out.line(f"{self._summary.new:,} new articles came before it stopped.")
        self._out.flush()

    def show_progress(self, progress: FeedProgress, summary: Summary) -> None:
        """Add a report of a feed, and draw the table if it is due."""
        self._summary = summary
        if progress.state.is_end:
            self._active.pop(progress.url, None)
            if progress.news_text or progress.state is Phase.FAILED:
                self._finished.append(progress)
        elif progress.state is not Phase.WAITING:
            started = self._active.get(progress.url, (progress, time.monotonic()))[1]
            self._active[progress.url] = (progress, started)
        if time.monotonic() - self._drawn_at >= self._interval:
            self._draw_table()

    def _draw_table(self) -> None:
        self._drawn_at = time.monotonic()
        finished, self._finished = self._finished, []
        if finished:  # above the table, which this draws again
            self._console.print(self._make_table((feed, feed.seconds) for feed in finished))
        else:
            self._live.refresh()

    def __rich__(self) -> Group:
        """Return the rows of active feeds, and the bar."""
        now, most = time.monotonic(), max(1, min(ROWS, self._console.height - 3))
        active = [(feed, now - started) for feed, started in list(self._active.values())[:most]]
        return Group(self._make_table(active), self._make_bar())

    def _make_table(self, feeds: Iterable[tuple[FeedProgress, float]]) -> Table:
        """Rows of feeds with their times in seconds: name, state, new articles, time."""
        table = Table.grid(padding=(0, 1))
        # Not the last column, after which some terminals wrap.
        table.width = self._console.width - 1
        table.add_column(ratio=1, no_wrap=True, overflow="crop")
        table.add_column(width=10)
        table.add_column(width=6, justify="right", style="bold")
        table.add_column(width=7, justify="right")
        for progress, seconds in feeds:
            new = f"{len(progress.new):,}" if progress.new else ""
            name = Text(clean_line(progress.name))
            if progress.reason and progress.state is not Phase.FAILED:
                name.append(f"  {clean_line(progress.reason)}", style="dim")
            table.add_row(name, _format_state(progress), new, f"{seconds:.1f} s")
        return table

    def _make_bar(self) -> Table:
        summary = self._summary
        text = f"{summary.done:,} of {summary.feeds:,} {self._unit}, {summary.new:,} new"
        if summary.failed:
            text += f", {summary.failed:,} failed"
        bar = ProgressBar(total=max(1, summary.feeds), completed=summary.done, width=_BAR_WIDTH)
        grid = Table.grid(padding=(0, 1))
        grid.add_row(bar, Text(text, no_wrap=True, overflow="crop"))
        return grid


def _format_state(progress: FeedProgress) -> Text:
    """A state in one or two words."""
    if progress.state is Phase.FAILED:
        return Text("failed", style="bold red")
    if progress.state is not Phase.SAVED:
        return Text(str(progress.state), style="dim")
    changed = "updated" if progress.updated else "kept yours" if progress.kept else "not written"
    return Text("" if progress.new else changed, style="bold")
