"""`feeds`: list subscriptions and their status, and change them."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rilo_reader.cli.collecting import Place, place, select_feeds, subscriptions_of
from rilo_reader.cli.journals import exchange_of
from rilo_reader.cli.output import PROGRAM, Output, Piece, Style, UsageError, errors, output
from rilo_reader.fetch.addresses import without_login

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.status import Followed
    from rilo_reader.feeds.subscriptions import Subscription

SWITCHES: Mapping[str, tuple[str, bool, str]] = {
    "pause": ("paused", True, "Paused"),
    "resume": ("paused", False, "Fetched again"),
    "mute": ("muted", True, "Muted"),
    "unmute": ("muted", False, "Shown again"),
}
"""Actions that set one key of a subscription: the key, its value, and a word for the result."""

_INDENT = " " * 9

ACTIONS = (*SWITCHES, "allow", "remove", "rename", "tag")


def run(options: Options) -> int:
    """List or change feeds; return the exit code."""
    where = place(options.library)
    subscriptions = subscriptions_of(where)
    if options.feeds and options.feeds[0] in ACTIONS:
        return _act(where, subscriptions, options)
    feeds = select_feeds(options.feeds, subscriptions) if options.feeds else list(subscriptions)
    if not subscriptions and not options.json:
        errors().line(f"You follow no feed yet. To follow one: {PROGRAM} add URL")
        return 0
    return _list(where, feeds, options)


# -- list ---------------------------------------------------------------------------------------


def _list(where: Place, feeds: Sequence[Subscription], options: Options) -> int:
    from rilo_reader.feeds.status import followed

    out = output()
    unread = _unread(where)
    for each in followed(where.folder, where.paths, feeds, datetime.now(UTC)):
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
        found = library.insight.facets(parse("is:unread"), limit=100_000).source
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
    }


def _columns(each: Followed, unread: int) -> list[str]:
    last = each.last_new.astimezone().isoformat(" ", "minutes")[:16] if each.last_new else ""
    url = without_login(each.subscription.url)
    tags = ", ".join(each.subscription.tags)
    return [str(unread), last, each.name, url, tags, str(each.standing), each.sentence]


def _print(out: Output, each: Followed, unread: int) -> None:
    """Print a feed: unread articles and name, then its tags, last news and status."""
    from rilo_reader.render.dates import human

    count = f"{unread:>6,} " if unread else " " * 7
    mark = Piece("✗ ", Style.ERROR) if each.standing.is_error else "  "
    out.line(Piece(count, Style.BOLD), mark, Piece(each.name, Style.BOLD if unread else ""))
    last = f"news {human(each.last_new, False)}" if each.last_new else ""
    muted = "muted" if each.subscription.muted else ""
    details = [last, ", ".join(each.subscription.tags), muted, each.sentence]
    width = max(40, shutil.get_terminal_size().columns - 1)
    lines = textwrap.wrap(" · ".join(filter(None, details)), width - len(_INDENT))
    for line in lines:
        out.line(Piece(_INDENT + line, Style.DIM))


# -- change -------------------------------------------------------------------------------------


def _act(where: Place, subscriptions: Sequence[Subscription], options: Options) -> int:
    action, *words = options.feeds
    if not words:
        raise UsageError(f"feeds {action} needs a feed. See {PROGRAM} feeds --help")
    if action in ("rename", "tag"):
        names, values = words[:1], words[1:]
        if action == "rename" and len(values) != 1:
            raise UsageError(
                f"feeds rename takes a feed and a title; quote names with spaces. "
                f"For example: {PROGRAM} feeds rename example.org 'The Example'"
            )
    else:
        names, values = words, []
    feeds = select_feeds(names, subscriptions)
    if len(feeds) > len(names) and not options.all:
        listed = [f"  {without_login(each.url)}  {each.title}".rstrip() for each in feeds]
        raise UsageError(f"{len(feeds)} feeds match; name one, or add --all", *listed)
    out = output()
    for feed in feeds:
        message = f"{feed.title or without_login(feed.url)}: {_outcome(action, values)}"
        if options.dry_run:
            out.line(f"{message} (not done: --dry-run)")
        else:
            _change(where, feed, action, values)
            out.line(message)
    return 0


def _outcome(action: str, values: Sequence[str]) -> str:
    if action in SWITCHES:
        return f"{SWITCHES[action][2]}."
    if action == "allow":
        return "It may be on your own network from now on, and is fetched again."
    if action == "remove":
        return "No longer followed; its articles stay."
    if action == "rename":
        return f"Now called {values[0]}." if values[0] else "It has its own title again."
    return f"Tagged {', '.join(values)}." if values else "It has no tags now."


def _change(where: Place, feed: Subscription, action: str, values: Sequence[str]) -> None:
    from rilo_reader.feeds import subscriptions
    from rilo_reader.library import LibraryError

    file = where.feeds_file
    try:
        if action == "remove":
            subscriptions.remove(file, feed.url)
        elif action == "rename":
            _rename(where, feed, values[0])
        elif action == "tag":
            subscriptions.change(file, feed.url, tags=tuple(values))
        elif action == "allow":
            subscriptions.change(file, feed.url, private=True, paused=False)
        else:
            key, value, _ = SWITCHES[action]
            subscriptions.change(file, feed.url, **{key: value})
    except ValueError as error:
        raise LibraryError(f"{file}: {error}.") from error


def _rename(where: Place, feed: Subscription, title: str) -> None:
    """Rename a feed in feeds.toml and in its articles."""
    from rilo_reader.feeds import subscriptions
    from rilo_reader.feeds.collection import ledger_file, open_collection
    from rilo_reader.feeds.renaming import rename_source

    subscriptions.change(where.feeds_file, feed.url, title=title)
    if ledger_file(where.folder, where.paths).exists():
        with open_collection(where.folder, where.paths) as collection:
            rename_source(collection, feed.url, title)
