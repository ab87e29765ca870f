"""`refresh`: update feeds and accounts, and report progress as a table, as lines or as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, aclosing
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.cli.account_feeds import account_feeds_of
from rilo_reader.cli.account_updates import account_updates, named_accounts
from rilo_reader.cli.child import lower_priority
from rilo_reader.cli.collecting import (
    Place,
    accounts_of,
    check_is_first,
    place,
    select_feeds,
    subscriptions_of,
)
from rilo_reader.cli.output import PROGRAM, Output, Piece, Style, UsageError, errors, output
from rilo_reader.feeds.progress import FeedProgress, State, Summary
from rilo_reader.library import LibraryError

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.progress import UpdateRequest
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.sync.services.service import Account


Listener = Callable[[FeedProgress, Summary], None]


def run(options: Options) -> int:
    """Refresh feeds; return 0, or 1 if a feed failed."""
    if options.json:
        lower_priority()
    try:
        where = place(options.library)
        request, accounts = _requested(where, options)
        if not (request.followed or accounts or options.json):
            errors().line(f"You follow no feed yet. To follow one: {PROGRAM} add URL")
            return 0
        if request.followed or accounts:
            check_is_first(where)
        summary = _refresh(where, request, accounts, options)
    except (LibraryError, UsageError) as error:
        if options.json:
            output().json({"error": str(error)})
        raise
    return 1 if summary.failed else 0


def _requested(where: Place, options: Options) -> tuple[UpdateRequest, Sequence[Account]]:
    """What is to be updated: what the arguments name, else everything.

    Raises:
        UsageError: an argument names neither a feed nor an account.
    """
    from rilo_reader.feeds.progress import update_request
    from rilo_reader.feeds.status import listed, named

    own, accounts = subscriptions_of(where), accounts_of(where)
    of_accounts = account_feeds_of(where, accounts)
    theirs = tuple(feed for each in of_accounts for feed in each.feeds)
    feeds: Sequence[Subscription] = own
    wanted: Sequence[Account] = accounts
    addresses: set[str] = set()
    if options.feeds:
        wanted = named_accounts(options.feeds, accounts, of_accounts)
        names = {account.name.casefold() for account in wanted}
        others = [name for name in options.feeds if name.casefold() not in names]
        known = named(where.folder, where.paths, listed(own, of_accounts))
        addresses = {e.url for e in select_feeds(others, [each.subscription for each in known])}
        feeds = [each for each in own if each.url in addresses]
    request = update_request(
        feeds,
        (*own, *theirs),
        where.paths.feeds_file,
        force=options.force or bool(options.feeds),
        dry_run=options.dry_run,
    )
    return request._replace(pool=options.pool, named=frozenset(addresses)), wanted


def _refresh(
    where: Place, request: UpdateRequest, accounts: Sequence[Account], options: Options
) -> Summary:
    out = output()
    if options.json:
        return _as_json(out, where, request, accounts)
    failed: list[FeedProgress] = []

    def listen(progress: FeedProgress, summary: Summary) -> None:
        if progress.state is State.FAILED:
            failed.append(progress)
        show(progress, summary)

    with ExitStack() as stack:
        show = _show_nothing if options.quiet else partial(_show_news, out)
        if out.obeys and not options.quiet:
            from rilo_reader.cli.refresh_table import LiveTable

            counted = "feeds and accounts" if accounts else "feeds"
            show = stack.enter_context(LiveTable(out, counted)).show
        summary = apply(where, request, listen, accounts)
    if options.quiet:
        _print_failures(summary, failed)
    else:
        _print_failures(summary, failed, Piece("✗ ", Style.ERROR))
        out.line(Piece(_total(summary, len(accounts), dry_run=options.dry_run), Style.BOLD))
    return summary


def _show_nothing(progress: FeedProgress, summary: Summary) -> None:
    """Ignore a report."""


def _show_news(out: Output, progress: FeedProgress, summary: Summary) -> None:
    """Print the news of a finished feed on a line."""
    if progress.news:
        out.line(f"{progress.name}: {progress.news}")
        out.flush()


def apply(
    where: Place, request: UpdateRequest, listener: Listener, accounts: Sequence[Account] = ()
) -> Summary:
    """Refresh feeds and accounts; call `listener` after each report; return the final summary.

    Raises:
        LibraryError: the library cannot be collected into.
    """

    async def listen() -> Summary:
        summary = Summary(len(request.feeds) + len(accounts))
        failures: list[str] = []
        async with aclosing(_progress(where, request, accounts)) as progresses:
            async for progress in progresses:
                summary = summary.after(progress)
                if progress.state is State.FAILED:
                    failures.append(progress.failure)
                listener(progress, summary)
        return summary._replace(finished=True, offline=_is_offline(summary, failures))

    return asyncio.run(listen())


def _is_offline(summary: Summary, failures: Sequence[str]) -> bool:
    """Whether this computer seems to have no network."""
    from rilo_reader.feeds.schedule import NOT_ITS_FAULT

    tried = summary.done - summary.skipped
    return tried > 1 and len(failures) == tried and all(f in NOT_ITS_FAULT for f in failures)


async def _progress(
    where: Place, request: UpdateRequest, accounts: Sequence[Account]
) -> AsyncGenerator[FeedProgress, None]:
    from rilo_reader.cli.errors import write_log
    from rilo_reader.feeds.collection import open_collection
    from rilo_reader.feeds.update import refresh
    from rilo_reader.fetch.client import client_of

    with open_collection(where.folder, where.paths) as collection:
        for notice in collection.notices():
            errors().line(notice)
        async with client_of(where.config) as client:
            with account_updates(where, accounts, client) as others:
                updates = refresh(
                    collection, request, client, on_surprise=write_log, accounts=others
                )
                async with aclosing(updates) as progresses:
                    async for progress in progresses:
                        yield progress


def _as_json(
    out: Output, where: Place, request: UpdateRequest, accounts: Sequence[Account]
) -> Summary:
    def listen(progress: FeedProgress, summary: Summary) -> None:
        out.json(progress.as_json())
        out.flush()

    summary = apply(where, request, listen, accounts)
    out.json(summary._asdict())
    return summary


def _print_failures(summary: Summary, failed: Sequence[FeedProgress], *before: Piece) -> None:
    """Print each failure with its reason; one common to all feeds only once."""
    if summary.offline:
        errors().line("Nothing could be reached: is this computer connected?")
    individual = [each for each in failed if not summary.offline and each.failure != "disk"]
    shared = [each for each in failed if summary.offline or each.failure == "disk"]
    for progress in (*individual, *shared[:1]):
        errors().line(*before, f"{progress.name}: {progress.reason}")
    if len(shared) > 1 and not summary.offline:
        more = f"The articles of {len(shared) - 1:,} more could not be kept either."
        errors().line(*before, more)


def _total(summary: Summary, accounts: int, *, dry_run: bool) -> str:
    """Return the totals of a refresh of feeds and of some accounts, as a sentence."""
    articles = f"{summary.new:,} new article{'' if summary.new == 1 else 's'}"
    would = "There would be " if dry_run else ""
    parts = [f"{would}{articles}"]
    if summary.updated:
        parts.append(f"{summary.updated:,} updated")
    feeds = (
        (summary.unchanged, "without news"),
        (summary.skipped, "not due"),
        (summary.failed, "failed"),
    )
    of = [f"{count:,} {what}" for count, what in feeds if count]
    both = ((summary.feeds - accounts, "feed"), (accounts, "account"))
    counted = ", ".join(f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in both if n)
    rest = f" ({', '.join(of)})" if of else ""
    return f"{', '.join(parts)}; {counted}{rest}."
