"""`add`: follow a feed, or keep a page as an article."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rilo_reader.cli.index import stand_back
from rilo_reader.cli.libraries import Place, fetcher_of, place, subscriptions_of
from rilo_reader.cli.output import PROGRAM, Piece, Style, UsageError, errors, output
from rilo_reader.feeds.identity import feed_key
from rilo_reader.fetch.values import FetchError
from rilo_reader.library import LibraryError

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.discover import DiscoveryResult, FeedCandidate
    from rilo_reader.feeds.progress import FeedProgress, Summary
    from rilo_reader.feeds.subscriptions import Subscription


def run(options: Options) -> int:
    """Add what is at an address."""
    if options.json:
        stand_back()
    try:
        return _add(options, _address(options.url))
    except (LibraryError, UsageError) as error:
        if options.json:
            output().json({"error": str(error)})
        raise


def _address(typed: str) -> str:
    from rilo_reader.config.schema import SettingError
    from rilo_reader.feeds.subscriptions import address_of

    try:
        return address_of(typed)
    except SettingError as error:
        raise UsageError(f"{error}.") from None


def _add(options: Options, url: str) -> int:
    where = place(options.library)
    subscriptions = subscriptions_of(where)
    if not (options.page or options.look):
        known = _known(url, subscriptions)
        if known is not None:
            return _say_followed(options, known)
    public_hosts: set[str] = set()
    found = _look(where, options, url, public_hosts)
    if options.look:
        return _print_look(found)
    if options.page:
        return _keep_page(where, options, found)
    choice = found.feeds[0] if found.is_feed else _chosen(options, found)
    if choice is None:
        return _keep_page(where, options, found)
    known = _known(choice.url, subscriptions)
    if known is not None:
        return _say_followed(options, known)
    if not found.is_feed:
        choice = _proved(where, choice, public_hosts)
    return _follow(where, options, choice, public_hosts)


def _known(url: str, subscriptions: Sequence[Subscription]) -> Subscription | None:
    """The subscription of an address, None where it is not followed."""
    return next((each for each in subscriptions if feed_key(each.url) == feed_key(url)), None)


def _say_followed(options: Options, known: Subscription) -> int:
    from rilo_reader.fetch.addresses import without_login

    url = without_login(known.url)
    if options.json:
        name = known.title or url
        record = {"followed": False, "name": name, "url": url, "new": 0}
        output().json({"finished": True, **record})
    else:
        output().line(f"You follow {url} already.")
    return 0


# -- look ---------------------------------------------------------------------------------------


def _look(where: Place, options: Options, url: str, public_hosts: set[str]) -> DiscoveryResult:
    """What is at the address; hosts that were found on the public net are added to the set."""
    from rilo_reader.feeds.discover import look

    async def work() -> DiscoveryResult:
        async with fetcher_of(where.config) as fetcher:
            typed_scheme, for_feeds = "://" in options.url, not options.page
            found = await look(fetcher, url, typed_scheme=typed_scheme, for_feeds=for_feeds)
            public_hosts.update(fetcher.public_hosts)
            return found

    try:
        return asyncio.run(work())
    except FetchError as error:
        raise _not_fetched(url, error) from error


def _proved(where: Place, choice: FeedCandidate, public_hosts: AbstractSet[str]) -> FeedCandidate:
    """A feed that a page named, seen to be one."""
    from rilo_reader.feeds.discover import prove_feed

    async def work() -> FeedCandidate:
        async with fetcher_of(where.config) as fetcher:
            fetcher.public_hosts.update(public_hosts)
            return await prove_feed(fetcher, choice)

    try:
        return asyncio.run(work())
    except FetchError as error:
        raise _not_fetched(choice.url, error) from error


def _not_fetched(url: str, error: FetchError) -> LibraryError:
    from rilo_reader.fetch.addresses import without_login

    return LibraryError(f"{without_login(url)}: {error.reason.rstrip('.')}.")


def _print_look(found: DiscoveryResult) -> int:
    page = found.page
    output().json(
        {
            "url": found.url,
            "feeds": [{"url": f.url, "title": f.title, "type": f.type} for f in found.feeds],
            "page": {"title": page.title, "url": page.url or found.url} if page else None,
        }
    )
    return 0


# -- choose -------------------------------------------------------------------------------------


def _chosen(options: Options, found: DiscoveryResult) -> FeedCandidate | None:
    """The feed of a page that is meant; None where the page itself is.

    Raises:
        LibraryError: it has none, or nobody can be asked which.
    """
    if not found.feeds:
        keep = f" To keep the page itself: {PROGRAM} add --page {quote(found.url)}"
        advice = keep if found.page else ""
        raise LibraryError(f"{found.url} is no feed, and names none.{advice}")
    if options.feed and len(found.feeds) == 1:
        return found.feeds[0]
    if output().terminal and sys.stdin is not None and sys.stdin.isatty() and not options.json:
        return _asked(options, found)
    for feed in found.feeds:
        errors().line(f"  {feed.url}  {feed.title}".rstrip())
    if options.feed:
        raise LibraryError(f"{found.url} has several feeds; add the address of one.")
    raise LibraryError(
        f"{found.url} is a page; --feed follows its feed, --page keeps it as an article."
    )


def _asked(options: Options, found: DiscoveryResult) -> FeedCandidate | None:
    out = output()
    out.line(Piece(f"{found.url} has", Style.BOLD))
    for number, feed in enumerate(found.feeds, 1):
        out.line(f"  {number}  {feed.title or 'a feed'}  ", Piece(feed.url, Style.DIM))
    if found.page is not None and not options.feed:
        out.line(f"  p  the page itself, as an article: {found.page.title}")
    while True:
        out.write("Which? [1] ")
        out.flush()
        answer = sys.stdin.readline()
        if not answer:
            raise KeyboardInterrupt
        answer = answer.strip().lower() or "1"
        if answer == "p" and found.page is not None and not options.feed:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(found.feeds):
            return found.feeds[int(answer) - 1]
        out.line("A number of the list, please, or Ctrl-C for none.")


# -- keep ---------------------------------------------------------------------------------------


def _follow(
    where: Place, options: Options, choice: FeedCandidate, public_hosts: AbstractSet[str]
) -> int:
    """Subscribe, and fetch for the first time."""
    from rilo_reader.cli.refresh import apply
    from rilo_reader.feeds import subscriptions
    from rilo_reader.feeds.progress import State, orders_for
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.fetch.addresses import without_login

    wanted = Subscription(
        choice.url, options.title or "", tuple(options.tags or ()), full_text=options.full_text
    )
    out = output()
    if not options.dry_run:
        try:
            subscriptions.add(where.feeds_file, [wanted])
        except ValueError as error:
            raise LibraryError(f"{where.feeds_file}: {error}.") from error
    ends: list[FeedProgress] = []

    def listen(progress: FeedProgress, summary: Summary) -> None:
        if progress.state.is_end:
            ends.append(progress)
        if options.json:
            out.json(progress.as_json())
            out.flush()

    everything = (*subscriptions.load(where.feeds_file)[0], wanted)
    orders = orders_for([wanted], everything, where.feeds_file, force=True, dry_run=options.dry_run)
    this = frozenset((choice.url,))
    orders = orders._replace(
        typed=this if choice.typed else frozenset(),
        untyped=frozenset() if choice.typed else this,
        public_hosts=frozenset(public_hosts),
    )
    apply(where, orders, listen)
    [end] = ends
    name, url = end.name, without_login(end.moved_to or wanted.url)
    if options.json:
        record = {"followed": True, "name": name, "url": url, "new": len(end.new)}
        out.json({"finished": True, **record})
    elif end.state is State.FAILED:
        errors().line(f"You follow {name} now, but it could not be fetched: {end.reason}")
    else:
        would = "would follow" if options.dry_run else "follow"
        new = f"{len(end.new):,} new article{'' if len(end.new) == 1 else 's'}"
        out.line(f"You {would} {name} ({url}): {new}.")
    return 1 if end.state is State.FAILED else 0


def _keep_page(where: Place, options: Options, found: DiscoveryResult) -> int:
    """Keep a page as an article."""
    from rilo_reader.feeds.article_text import Origin
    from rilo_reader.feeds.collection import open_shelf

    page = found.page
    if page is None:
        what = "It is a feed: add it without --page." if found.is_feed else "It has no text."
        raise LibraryError(f"{found.url} is no page that could be kept. {what}")
    host = (urlsplit(found.url).hostname or "").removeprefix("www.")
    page = page._replace(
        url=page.url or found.url,
        title=options.title or page.title,
        tags=tuple(dict.fromkeys((*page.tags, *(options.tags or ())))),
    )
    with open_shelf(where.folder, where.paths) as shelf:
        saved = shelf.save(
            Origin(source=page.site or host), [page], now=datetime.now(UTC), dry_run=options.dry_run
        )
    path = next(iter((*saved.new, *saved.updated, *saved.kept)), "")
    if options.json:
        record = {"path": path, "title": page.title, "new": len(saved.new)}
        output().json({"finished": True, **record})
    elif not path:
        output().line(f"{page.title}: it is in the library already, as it is.")
    else:
        would = (
            "would be kept" if options.dry_run else "kept" if saved.new else "brought up to date"
        )
        output().line(f"{page.title}: {would} as {path}")
    return 0
