"""`feeds`: list subscriptions and their status, and change them, here and on sources."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from shlex import quote

from rilo_reader.article import Field
from rilo_reader.cli import libraries
from rilo_reader.cli.choice import Place
from rilo_reader.cli.output import APPENDS, PROGRAM, Piece, Style, UsageError, errors, output
from rilo_reader.cli.report import Line, Report, counting, values_of, waiting
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.config import MUTES, Mute
from rilo_reader.dates import human
from rilo_reader.feeds import sources, status, subscriptions
from rilo_reader.feeds.collection import ledger_file, open_collection
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.subscriptions import Part, Subscription
from rilo_reader.library import LibraryError
from rilo_reader.query.parser import parse
from rilo_reader.text import shown_address

COLUMNS = ("unread", "last_new", "name", "url", "tags", "standing", "sentence", "account")
"""What is printed in a pipe."""

_INDENT = " " * 9


SWITCHES: Mapping[str, tuple[Mapping[str, bool], str]] = {
    "pause": ({"paused": True}, "Paused"),
    "resume": ({"paused": False}, "Fetched again"),
    "mute": ({"muted": True}, "Muted"),
    "unmute": ({"muted": False}, "Shown again"),
    "allow": (
        {"private": True, "paused": False},
        "It may be on your own network from now on, and is fetched again",
    ),
}
"""Actions that set keys of a subscription: these, and words for the result."""

ACTIONS = (*SWITCHES, "remove", "rename", "tag")


class FeedsVerb(Verb):
    """List the feeds that you follow, and change them."""

    library_help = "the library whose articles are counted"
    usage = """\
rilo-reader feeds [FEED…] [--own | --account NAME] [--json]
                         [--library FOLDER]
       rilo-reader feeds ACTION FEED… [--own | --account NAME] [--all]
                         [--dry-run] [--json]"""
    about = """
List the feeds that you follow: unread articles, the last news, and why a feed
is silent. Or change them: they are in feeds.toml, which you can edit too. If an
ACTION would change several feeds, it lists them instead, unless you add --all.
An ACTION needs whole words of a title or address, and remove all of it or the
host, unless you add --all.
Feeds of accounts at feed services are listed too, with the account; remove,
rename and tag change them on the server, where tags are categories. A feed in
both places is renamed and tagged in both, unless you choose one by --own or
--account; remove stops following your own alone, unless you add --account.

Actions:
  remove FEED         stop following it; its articles stay
  pause, resume FEED  stop fetching it; fetch it again
  mute, unmute FEED   hide its articles in the list; show them again
  allow FEED          allow it to be on your own network, if it came with an
                      imported list, or its host has moved there
  rename FEED TITLE   change its title; "" restores its own
  tag FEED TAG…       set its tags, replacing all others; no TAG removes them
"""
    examples = (
        "rilo-reader feeds",
        "rilo-reader feeds pause newsboat",
        "rilo-reader feeds tag newsboat News/Software",
    )

    feeds: list[str] = argument(
        "FEED",
        "its address, title or tag, or a part of one",
        nargs="*",
        offers=ACTIONS,
        may_be_empty=True,  # the title of `rename`
    )
    own: bool = flag("--own", "list or change only feeds in feeds.toml")
    account: str | None = option("--account NAME", "list or change only feeds of an account")
    all: bool = flag("--all", "change every feed that FEED matches")
    json: bool = flag(
        "--json",
        "one JSON object a line: url, name, title, tags, source, unread, standing, sentence, "
        "last_new, last_success, full_text, pictures, every, limit, at_most, muted, paused, "
        "private, account, own; of an ACTION: url, name, action, dry_run, and error if it failed",
    )
    dry_run: bool = flag("--dry-run", "show what would be changed, and change nothing")

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return bool(self.feeds) and self.feeds[0] in ACTIONS

    def run(self) -> int:
        """List or change feeds; return the exit code."""
        where = libraries.place(self.library)
        subscribed, accounts = _selected(where, self)
        everything = status.named(where.folder, where.paths, status.listed(subscribed, accounts))
        feeds = {feed.subscription.url: feed for feed in everything}
        if "" in self.feeds and not (self.feeds[0] == "rename" and self.feeds[1]):
            raise UsageError(
                f"feeds: FEED is empty; is a variable not set? See {PROGRAM} feeds --help"
            )
        if self.feeds and self.feeds[0] in ACTIONS:
            return _act(where, feeds, self)
        subscriptions = [feed.subscription for feed in feeds.values()]
        chosen = libraries.select_feeds(self.feeds, subscriptions) if self.feeds else subscriptions
        if not self.json:
            _print_accounts_without_feeds(accounts)
        if not (subscriptions or accounts or self.json):
            errors().line(libraries.NO_FEED)
            return 0
        urls, unread = {feed.url for feed in chosen}, _unread(where)
        report = Report(COLUMNS, as_json=self.json)
        statuses = status.followed(
            where.folder, where.paths, subscribed, datetime.now(UTC), accounts
        )
        for feed in status.with_mutes(statuses, where.config.mutes):
            if feed.subscription.url in urls:
                count = unread.get(feed.source, 0) if feed.source else 0
                report.add(_record(feed, count), _lines(feed, count))
        return 0


def _selected(
    where: Place, options: FeedsVerb
) -> tuple[Sequence[Subscription], Sequence[status.AccountFeeds]]:
    """Feeds of feeds.toml and those of accounts, as far as they are asked for."""
    subscribed = libraries.subscriptions_of(where)
    if options.own:
        if options.account is not None:
            raise UsageError("feeds takes --own or --account, not both")
        return subscribed, ()
    if options.account is None:
        return subscribed, [each.feeds() for each in libraries.sources_of(where).sources]
    return (), [libraries.select_source(where, options.account).feeds()]


def _print_accounts_without_feeds(accounts: Sequence[status.AccountFeeds]) -> None:
    """Print how accounts stand of which no feed can show it."""
    for account in accounts:
        if account.feeds:
            continue
        if account.problem:
            errors().line(f"{account.name}: {account.problem}")
        elif account.last_success is None:
            errors().line(f"{account.name} has not been synced yet. To sync it: {PROGRAM} refresh")


# -- list ---------------------------------------------------------------------------------------


def _unread(where: Place) -> Mapping[str, int]:
    """Numbers of unread articles by source."""
    if not where.folder.is_dir():
        return {}
    with where.open() as library:
        libraries.make_current(library)
        found = library.search.facets(parse("is:unread"), limit=100_000)[Field.SOURCE]
    return {value.text: value.hits for value in found}


def _record(feed: status.Followed, unread: int) -> dict[str, object]:
    subscription = feed.subscription
    return {
        "url": shown_address(subscription.url),
        "name": feed.name,
        **values_of(subscription, "title", "tags"),
        "source": feed.source,
        "unread": unread,
        **values_of(feed, "standing", "sentence", "last_new", "last_success"),
        **values_of(
            subscription,
            *("full_text", "pictures", "every", "limit", "at_most", "muted", "paused", "private"),
        ),
        "account": ", ".join(feed.accounts),
        "own": feed.is_own,
    }


def _lines(feed: status.Followed, unread: int) -> Iterator[Line]:
    """A feed for people: unread articles and name, then its tags, last news and status."""
    count = f"{unread:>6,} " if unread else " " * 7
    if APPENDS.get():
        count = f"{unread:,} unread: " if unread else ""
    mark = Piece("✗ ", Style.ERROR) if feed.standing.is_error else "  " * (not APPENDS.get())
    yield Piece(count, Style.BOLD), mark, Piece(feed.name, Style.BOLD if unread else "")
    last = f"news {human(feed.last_new, False)}" if feed.last_new else ""
    muted = "muted" if feed.subscription.muted else ""
    details = [last, ", ".join(feed.subscription.tags), feed.whose, muted, feed.sentence]
    width = max(40, shutil.get_terminal_size().columns - 1)
    for line in textwrap.wrap(" · ".join(filter(None, details)), width - len(_INDENT)):
        yield (Piece(_INDENT + line, Style.DIM),)


# -- change ---------------------------------------------------------------------------------------


def _act(where: Place, feeds: Mapping[str, status.Listed], options: FeedsVerb) -> int:
    """Do an action with some of all feeds; return the exit code, 1 if it failed for a feed."""
    action, *words = options.feeds
    if not words:
        raise UsageError(f"feeds {action} needs a feed. See {PROGRAM} feeds --help")
    names, values = (words[:1], words[1:]) if action in ("rename", "tag") else (words, [])
    if action == "rename" and len(values) != 1:
        raise UsageError(
            f"feeds rename takes a feed and a title; quote names with spaces. "
            f"For example: {PROGRAM} feeds rename example.org 'The Example'"
        )
    # A name that is typed again must not find the next feed that is called like it.
    part = Part.HOST if action == "remove" else Part.WORDS
    part = Part.ANY if options.all else part
    if action == "tag" and (wrong := next((tag for tag in values if "," in tag), "")):
        separate = " ".join(quote(tag.strip()) for tag in wrong.split(",") if tag.strip())
        raise UsageError(
            f"a tag must not contain a comma, as '{wrong}' does. For several tags: "
            f"{PROGRAM} feeds tag {quote(names[0])} {separate}"
        )
    found = libraries.select_feeds(names, [feed.subscription for feed in feeds.values()], part)
    if len(found) > len(names) and not options.all:
        for each in found:
            errors().line(f"  {shown_address(each.url)}  {each.title}".rstrip())
        raise LibraryError(f"{len(found)} feeds match; name one, or add --all.")
    chosen = [feeds[feed.url] for feed in found]
    for feed in chosen:
        if not feed.is_own and action in ("pause", "resume", "allow"):
            url, owner = shown_address(feed.subscription.url), " and ".join(feed.accounts)
            advice = f" To hide its articles: {PROGRAM} feeds mute {quote(url)}"
            said = f"{url} is fetched by the server of {owner}; {action} it there."
            raise LibraryError(f"{said}{advice if action == 'pause' else ''}")
    faults = {} if options.dry_run else _elsewhere(where, chosen, options, values)
    for feed in chosen:
        subscription = feed.subscription
        fault = faults.get(subscription.url, "")
        if not (options.dry_run or fault):
            if feed.is_own:
                with libraries.editing(where.paths.feeds_file):
                    _change(where, subscription, action, values)
            elif action in ("mute", "unmute"):
                _mute_source(where, subscription, mute=action == "mute")
        _told(feed, options, values, fault)
    return 1 if faults else 0


def _told(feed: status.Listed, options: FeedsVerb, values: Sequence[str], fault: str) -> None:
    """Say what became of a feed: `fault` is why it is not changed."""
    action, url = options.feeds[0], shown_address(feed.subscription.url)
    name = feed.subscription.title or url
    if fault:
        errors().complain(f"{name}: {fault}")
    if options.json:
        failed = {"error": fault} if fault else {}
        done = {"url": url, "name": name, "action": action, "dry_run": options.dry_run}
        output().json({**done, **failed})
    elif not fault:
        undone = " (not done: --dry-run)" if options.dry_run else ""
        output().line(f"{name}: {_outcome(feed, action, values)}{undone}")


def _elsewhere(
    where: Place, feeds: Sequence[status.Listed], options: FeedsVerb, values: Sequence[str]
) -> dict[str, str]:
    """Change feeds of accounts; return why, by address, some are not changed."""
    action = options.feeds[0]
    change: Callable[[str], sources.FeedChange] = sources.Remove
    if action == "rename":
        change = partial(sources.Rename, title=values[0])
    elif action == "tag":
        change = partial(sources.Move, categories=tuple(values))
    elif action != "remove":
        return {}  # it is done here alone
    else:
        feeds = [feed for feed in feeds if not feed.is_own]  # one's own is removed alone
    faults: dict[str, str] = {}
    for account in sources.feed_sources(where.folder, where.paths, where.config).sources:
        urls = [feed.subscription.url for feed in feeds if account.name in feed.accounts]
        outcomes = change_elsewhere(account, [change(url) for url in urls]) if urls else ()
        faults |= {url: said.error for url, said in zip(urls, outcomes, strict=True) if said.error}
    return faults


def _outcome(feed: status.Listed, action: str, values: Sequence[str]) -> str:
    if action in SWITCHES:
        still = " and ".join(feed.accounts) if action == "pause" else ""
        return f"{SWITCHES[action][1]}{f'; {still} still fetches it' if still else ''}."
    if action == "remove" and feed.is_own and feed.accounts:
        url, name = shown_address(feed.subscription.url), feed.accounts[0]
        there = f"{PROGRAM} feeds remove {quote(url)} --account {quote(name)}"
        still = f"{' and '.join(feed.accounts)} still follow{'s' * (len(feed.accounts) == 1)} it"
        return f"No longer followed here; its articles stay. {still}. To stop that: {there}"
    too = " too" if feed.is_own else ""
    there = f", on {' and '.join(feed.accounts)}{too}" if feed.accounts else ""
    if action == "remove":
        return f"No longer followed{there}; its articles stay."
    if action == "rename":
        return f"Now called {values[0]}{there}." if values[0] else "It has its own title again."
    return f"Tagged {', '.join(values)}{there}." if values else f"It has no tags now{there}."


def _change(where: Place, feed: Subscription, action: str, values: Sequence[str]) -> None:
    """Change a feed of feeds.toml."""
    file = where.paths.feeds_file
    if action == "remove":
        subscriptions.remove(file, feed.url)
    elif action == "rename":
        subscriptions.change(file, feed.url, title=values[0])
        if ledger_file(where.folder, where.paths).exists():  # then articles have its title too
            with open_collection(where.folder, where.paths) as collection:
                rename_source(collection, feed.url, values[0])
    elif action == "tag":
        subscriptions.change(file, feed.url, tags=tuple(values))
    else:
        subscriptions.change(file, feed.url, **SWITCHES[action][0])


def _mute_source(where: Place, feed: Subscription, *, mute: bool) -> None:
    """Mute the source of a feed of an account, or show it again."""
    sources = status.sources_of(where.folder, where.paths, [feed])
    query = status.mute_of_source(sources[0]) if sources else ""
    if not query:
        name = feed.title or shown_address(feed.url)
        raise LibraryError(f"there are no articles of {name} yet, so there is nothing to mute.")
    file = where.paths.settings_file
    is_muted = any(muted.query == query for muted in where.config.mutes)
    with libraries.editing(file):
        if mute and not is_muted:
            MUTES.put(file, Mute(query))
        elif is_muted and not mute:
            MUTES.remove(file, query)


def change_elsewhere(
    account: sources.FeedSource, changes: Sequence[sources.FeedChange]
) -> list[sources.ChangeOutcome]:
    """Change feeds of an account, with progress on a terminal; LibraryError: none was changed."""
    if len(changes) == 1:
        with waiting(f"Asking {account.name} …"):
            return account.change(changes)
    with counting(f"{account.name}: feed", len(changes)) as progress:
        return account.change(changes, progress)
