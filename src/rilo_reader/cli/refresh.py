"""`refresh`: update feeds, and report progress as a table, as lines or as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from rilo_reader.cli.child import lower_priority
from rilo_reader.cli.collecting import Place, fetcher_of, place, select_feeds, subscriptions_of
from rilo_reader.cli.output import PROGRAM, Output, UsageError, errors, output
from rilo_reader.cli.refresh_table import conclude, news, print_failures
from rilo_reader.feeds.progress import FeedProgress, State, Summary
from rilo_reader.library import LibraryError

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.progress import UpdateRequest
    from rilo_reader.feeds.subscriptions import Subscription


Listener = Callable[[FeedProgress, Summary], None]


def run(options: Options) -> int:
    """Refresh feeds; return 0, or 1 if a feed failed."""
    if options.json:
        lower_priority()
    try:
        where = place(options.library)
        subscriptions = subscriptions_of(where)
        feeds = select_feeds(options.feeds, subscriptions) if options.feeds else subscriptions
        if not subscriptions and not options.json:
            errors().line(f"You follow no feed yet. To follow one: {PROGRAM} add URL")
            return 0
        summary = _refresh(where, feeds, subscriptions, options)
    except (LibraryError, UsageError) as error:
        if options.json:
            output().json({"error": str(error)})
        raise
    return 1 if summary.failed else 0


def _refresh(
    where: Place,
    feeds: Sequence[Subscription],
    subscriptions: Sequence[Subscription],
    options: Options,
) -> Summary:
    from rilo_reader.feeds.progress import orders_for

    request = orders_for(
        feeds,
        subscriptions,
        where.feeds_file,
        force=options.force or bool(options.feeds),
        dry_run=options.dry_run,
    )
    out = output()
    if options.json:
        return _as_json(out, where, request)
    if options.quiet:
        return _quietly(where, request)
    if out.obeys:
        from rilo_reader.cli.refresh_table import LiveTable

        with LiveTable(out, dry_run=options.dry_run) as table:
            return apply(where, request, table.show)
    return _plainly(out, where, request, dry_run=options.dry_run)


def apply(where: Place, request: UpdateRequest, listener: Listener) -> Summary:
    """Refresh feeds, and call `listener` after each report; return the final summary.

    Raises:
        LibraryError: the library cannot be collected into.
    """

    async def listen() -> Summary:
        summary = Summary(len(request.feeds))
        failures: list[str] = []
        async with aclosing(_progress(where, request)) as progresses:
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


async def _progress(where: Place, request: UpdateRequest) -> AsyncGenerator[FeedProgress, None]:
    from rilo_reader.cli.errors import write_log
    from rilo_reader.feeds.collection import open_shelf
    from rilo_reader.feeds.update import refresh

    with open_shelf(where.folder, where.paths) as collection:
        for notice in collection.notices():
            errors().line(notice)
        async with fetcher_of(where.config) as fetcher:
            updates = refresh(collection, request, fetcher, on_surprise=write_log)
            async with aclosing(updates) as progresses:
                async for progress in progresses:
                    yield progress


def _as_json(out: Output, where: Place, request: UpdateRequest) -> Summary:
    def listen(progress: FeedProgress, summary: Summary) -> None:
        out.json(progress.as_json())
        out.flush()

    summary = apply(where, request, listen)
    out.json(summary._asdict())
    return summary


def _quietly(where: Place, request: UpdateRequest) -> Summary:
    failed: list[FeedProgress] = []

    def listen(progress: FeedProgress, summary: Summary) -> None:
        if progress.state is State.FAILED:
            failed.append(progress)

    summary = apply(where, request, listen)
    print_failures(summary, failed)
    return summary


def _plainly(out: Output, where: Place, request: UpdateRequest, *, dry_run: bool) -> Summary:
    failed: list[FeedProgress] = []

    def listen(progress: FeedProgress, summary: Summary) -> None:
        if progress.state is State.FAILED:
            failed.append(progress)
        text = news(progress)
        if text:
            out.line(f"{progress.name}: {text}")
            out.flush()

    summary = apply(where, request, listen)
    conclude(out, summary, failed, dry_run=dry_run)
    return summary
