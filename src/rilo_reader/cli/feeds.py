"""`feeds`: list subscriptions and their status; `feed_actions` changes them."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rilo_reader.cli.account_feeds import account_feeds_of
from rilo_reader.cli.collecting import (
    Place,
    accounts_of,
    place,
    select_account,
    select_feeds,
    subscriptions_of,
)
from rilo_reader.cli.feed_actions import ACTIONS, act
from rilo_reader.cli.journals import exchange_of
from rilo_reader.cli.output import PROGRAM, Output, Piece, Style, UsageError, errors, output
from rilo_reader.fetch.addresses import without_login

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.status import AccountFeeds, Followed
    from rilo_reader.feeds.subscriptions import Subscription

_INDENT = " " * 9


def run(options: Options) -> int:
    """List or change feeds; return the exit code."""
    from rilo_reader.feeds.status import listed, named

    where = place(options.library)
    own, accounts = _selected(where, options)
    everything = named(where.folder, where.paths, listed(own, accounts))
    feeds = {each.subscription.url: each for each in everything}
    subscriptions = [each.subscription for each in feeds.values()]
    if options.feeds and options.feeds[0] in ACTIONS:
        return act(where, feeds, options)
    chosen = select_feeds(options.feeds, subscriptions) if options.feeds else subscriptions
    if not options.json:
        _print_accounts_without_feeds(accounts)
    if not (subscriptions or accounts or options.json):
        errors().line(f"You follow no feed yet. To follow one: {PROGRAM} add URL")
        return 0
    return _list(where, own, accounts, {each.url for each in chosen}, options)


def _selected(
    where: Place, options: Options
) -> tuple[Sequence[Subscription], Sequence[AccountFeeds]]:
    """One's own feeds and those of accounts, as far as they are asked for.

    Raises:
        UsageError: there is no such account, or both are asked for alone.
    """
    own, accounts = subscriptions_of(where), accounts_of(where)
    if options.own:
        if options.account is not None:
            raise UsageError("feeds takes --own or --account, not both")
        return own, ()
    if options.account is None:
        return own, account_feeds_of(where, accounts)
    return (), account_feeds_of(where, [select_account(options.account, accounts)])


def _print_accounts_without_feeds(accounts: Sequence[AccountFeeds]) -> None:
    """Print how accounts stand of which no feed can show it."""
    for each in accounts:
        if each.feeds:
            continue
        if each.problem:
            errors().line(f"{each.name}: {each.problem}")
        elif each.last_success is None:
            errors().line(f"{each.name} has not been synced yet. To sync it: {PROGRAM} refresh")


# -- list ---------------------------------------------------------------------------------------


def _list(
    where: Place,
    own: Sequence[Subscription],
    accounts: Sequence[AccountFeeds],
    named: Container[str],
    options: Options,
) -> int:
    from rilo_reader.feeds.status import followed, with_mutes

    out = output()
    unread = _unread(where)
    feeds = followed(where.folder, where.paths, own, datetime.now(UTC), accounts)
    for each in with_mutes(feeds, where.config.mutes):
        if each.subscription.url not in named:
            continue
        count = unread.get(each.source, 0) if each.source else 0
        if options.json:
            out.json(_record(each, count))
        elif out.terminal:
            _print(out, each, count)
        else:
            out.line("\t".join(_columns(each, count)))
    return 0


def _unread(where: Place) -> Mapping[str, int]:
    """Numbers of unread articles by source."""
    if not where.folder.is_dir():
        return {}
    from rilo_reader.cli.progress import bring_up_to_date
    from rilo_reader.library import LibraryBusy, open_library
    from rilo_reader.query.parser import parse

    with open_library(where.folder, where.paths, drafts=where.config.drafts) as library:
        try:
            bring_up_to_date(library)
        except LibraryBusy as busy:
            errors().line(str(busy))
        exchange_of(library.state_file)
        found = library.search.facets(parse("is:unread"), limit=100_000).source
    return {value.text: value.hits for value in found}


def _record(each: Followed, unread: int) -> dict[str, object]:
    subscription = each.subscription
    return {
        "url": without_login(subscription.url),
        "name": each.name,
        "title": subscription.title,
        "tags": list(subscription.tags),
        "source": each.source,
        "unread": unread,
        "standing": str(each.standing),
        "sentence": each.sentence,
        "last_new": each.last_new.isoformat() if each.last_new else None,
        "last_success": each.last_success.isoformat() if each.last_success else None,
        "full_text": subscription.full_text,
        "every": subscription.every,
        "limit": subscription.limit,
        "muted": subscription.muted,
        "paused": subscription.paused,
        "private": subscription.private,
        "account": ", ".join(each.accounts),
        "own": each.is_own,
    }


def _columns(each: Followed, unread: int) -> list[str]:
    last = each.last_new.astimezone().isoformat(" ", "minutes")[:16] if each.last_new else ""
    url = without_login(each.subscription.url)
    tags = ", ".join(each.subscription.tags)
    standing = [str(each.standing), each.sentence]
    return [str(unread), last, each.name, url, tags, *standing, ", ".join(each.accounts)]


def _print(out: Output, each: Followed, unread: int) -> None:
    """Print a feed: unread articles and name, then its tags, last news and status."""
    from rilo_reader.dates import human

    count = f"{unread:>6,} " if unread else " " * 7
    mark = Piece("✗ ", Style.ERROR) if each.standing.is_error else "  "
    out.line(Piece(count, Style.BOLD), mark, Piece(each.name, Style.BOLD if unread else ""))
    last = f"news {human(each.last_new, False)}" if each.last_new else ""
    muted = "muted" if each.subscription.muted else ""
    details = [last, ", ".join(each.subscription.tags), each.whose, muted, each.sentence]
    width = max(40, shutil.get_terminal_size().columns - 1)
    lines = textwrap.wrap(" · ".join(filter(None, details)), width - len(_INDENT))
    for line in lines:
        out.line(Piece(_INDENT + line, Style.DIM))
