"""`feeds`: list subscriptions and their status, and change them, here and at accounts."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from shlex import quote

from rilo_reader.article import Field
from rilo_reader.cli import arguments
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import (
    PROGRAM,
    OutputStyle,
    StyledText,
    UsageError,
    errors,
    output,
)
from rilo_reader.cli.printing import CHOICES, Choice, Line, RecordPrinter, pick_values
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.dates import format_date
from rilo_reader.feeds import actions, status
from rilo_reader.feeds.actions import ActionResult, FeedAction, join_changes, perform_actions
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.sources import FeedSources
from rilo_reader.feeds.status import FeedStatus
from rilo_reader.feeds.subscriptions import MatchScope, Subscription
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.library import LibraryError
from rilo_reader.query.edit import value_term
from rilo_reader.query.parser import parse
from rilo_reader.text import format_count, redact_address

COLUMNS = ("unread", "last_new", "name", "url", "tags", "standing", "sentence", "account")
"""The columns in a pipe."""

_INDENT = " " * 9

ACTIONS = (*actions.SWITCHES, "remove", "rename", "tag")


class FeedsVerb(Verb):
    """List the feeds that you follow, and change them."""

    library_help = "the library whose articles are counted"
    usage = """\
rilo-reader feeds [FEED…] [OPTION…]
       rilo-reader feeds ACTION FEED… [OPTION…]"""
    about = """
List the feeds that you follow, or change them.

The list shows unread articles, the last news, and why a feed is silent. Your
feeds are in feeds.toml, which you can edit too. For an ACTION, FEED must be a
tag, or whole words of a title or address; for remove, a whole tag, title,
address or host. If several feeds match, they are only listed. --all lifts both
rules.

Actions:
  remove FEED         stop following it; keep its articles
  pause, resume FEED  stop fetching it; fetch it again
  mute, unmute FEED   hide its articles in the list; show them again
  allow FEED          allow it to be on your own network, if it came with an
                      imported list, or if its host has moved there
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
    own: bool = flag("--own", "list or change only feeds in feeds.toml", hook="feed_sources")
    account: str | None = option(
        "--account NAME",
        "list or change only feeds of an account",
        completes="account",
        hook="feed_sources",
    )
    all: bool = flag("--all", "change every feed that FEED matches")
    json: bool = flag(
        "--json",
        "one JSON object per line: url, name, title, tags, source, unread, standing, sentence, "
        "last_new, last_success, full_text, pictures, every, limit, at_most, read_after, "
        "keep_unread, muted, paused, private, page (null, or its selectors), account, own; of an "
        "ACTION: url, name, action, dry_run, and error if it failed",
    )
    dry_run: bool = flag("--dry-run", "show what would be changed, and change nothing")

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return bool(self.feeds) and self.feeds[0] in ACTIONS

    def run(self) -> int:
        """List or change feeds; return the exit code."""
        context = arguments.choose_writable(self.library)
        unread = {} if self.writes else _count_unread(context)  # first: feeds may come with marks
        subscribed, found = _load_selected(context, self)
        accounts = [account.read_feeds() for account in found.sources]
        now = datetime.now(UTC)
        everything = status.read_feed_statuses(
            context.folder, context.paths, subscribed, now, accounts
        )
        everything = status.apply_mutes(everything, context.config.mutes)
        feeds = {feed.subscription.url: feed for feed in everything}
        if "" in self.feeds and not (self.feeds[0] == "rename" and self.feeds[1]):
            raise UsageError(
                f"feeds: FEED is empty; is a variable not set? See {PROGRAM} feeds --help"
            )
        if self.feeds and self.feeds[0] in ACTIONS:
            return _run_action(context, feeds, found, self)
        chosen = _match_feeds(self.feeds, feeds) if self.feeds else list(feeds.values())
        if not self.json:
            _print_accounts_without_feeds(accounts)
        if not (feeds or accounts or self.json):
            errors().line(arguments.NO_FEED)
            return 0
        counted = [(feed, unread.get(feed.source, 0) if feed.source else 0) for feed in chosen]
        if (offer := CHOICES.get()) and not self.json:
            offer(
                [_make_choice(*each) for each in counted], f"{format_count(len(chosen), 'feed')}."
            )
            return 0
        report = RecordPrinter(COLUMNS, as_json=self.json)
        for feed, count in counted:
            report.print_record(_make_record(feed, count), _format_feed(feed, count))
        return 0


def _load_selected(
    context: LibraryContext, options: FeedsVerb
) -> tuple[Sequence[Subscription], FeedSources]:
    """Feeds of feeds.toml and accounts, as far as they are asked for."""
    subscribed = arguments.load_subscriptions(context)
    if options.own:
        if options.account is not None:
            raise UsageError("feeds takes --own or --account, not both")
        return subscribed, FeedSources()
    if options.account is None:
        return subscribed, arguments.load_sources(context)
    return (), FeedSources((arguments.select_source(context, options.account),))


def _match_feeds(
    names: Sequence[str], feeds: Mapping[str, FeedStatus], part: MatchScope = MatchScope.ANY
) -> list[FeedStatus]:
    """The feeds that arguments name; lists show them by these names."""
    known = [feed.named_subscription for feed in feeds.values()]
    return [feeds[each.url] for each in arguments.select_feeds(names, known, part)]


def _print_accounts_without_feeds(accounts: Sequence[status.AccountFeeds]) -> None:
    """Print the status of accounts without feeds, which no line of the list shows."""
    for account in accounts:
        if account.feeds:
            continue
        if account.problem:
            errors().line(f"{account.name}: {account.problem}")
        elif account.last_success is None:
            errors().line(f"{account.name} has not been synced yet. To sync it: {PROGRAM} refresh")


# -- list ---------------------------------------------------------------------------------------


def _count_unread(context: LibraryContext) -> Mapping[str, int]:
    if not context.folder.is_dir():
        return {}
    with context.open_library() as library:
        arguments.make_current(library)
        return library.search.counts(parse("is:unread"))


def _make_record(feed: FeedStatus, unread: int) -> dict[str, object]:
    subscription = feed.subscription
    return {
        "url": redact_address(subscription.url),
        "name": feed.name,
        **pick_values(subscription, "title", "tags"),
        "source": feed.source,
        "unread": unread,
        **pick_values(feed, "standing", "sentence", "last_new", "last_success"),
        **pick_values(
            subscription,
            *("full_text", "pictures", "every", "limit", "at_most", "read_after", "keep_unread"),
            *("muted", "paused", "private"),
        ),
        "page": subscription.page._asdict() if subscription.page.items else None,
        "account": ", ".join(feed.accounts),
        "own": feed.is_own,
    }


def _format_feed(feed: FeedStatus, unread: int) -> Iterator[Line]:
    """A feed for people: unread articles and name, then its tags, last news and status."""
    count = f"{unread:>6,} " if unread else " " * 7
    mark = StyledText("✗ ", OutputStyle.ERROR) if feed.standing.is_error else "  "
    name = StyledText(feed.name, OutputStyle.BOLD if unread else "")
    yield StyledText(count, OutputStyle.BOLD), mark, name
    width = max(40, shutil.get_terminal_size().columns - 1)
    for line in textwrap.wrap(" · ".join(_iter_details(feed)), width - len(_INDENT)):
        yield (StyledText(_INDENT + line, OutputStyle.DIM),)


def _iter_details(feed: FeedStatus) -> Iterator[str]:
    last = f"news {format_date(feed.last_new, False)}" if feed.last_new else ""
    muted = "muted" if feed.subscription.muted else ""
    details = (last, ", ".join(feed.subscription.tags), feed.owner_text, muted, feed.sentence)
    return filter(None, details)


def _make_choice(feed: FeedStatus, unread: int) -> Choice:
    """Return a feed on one line, which lists its articles."""
    facts = [f"{unread:,} unread"] * (unread > 0)
    term = value_term(Field.SOURCE, feed.source) if feed.source else ""
    return Choice(
        ", ".join((feed.name, *facts, *_iter_details(feed))), f"list {term}" if term else ""
    )


# -- change ---------------------------------------------------------------------------------------


def _run_action(
    context: LibraryContext,
    feeds: Mapping[str, FeedStatus],
    sources: FeedSources,
    options: FeedsVerb,
) -> int:
    """Run an action on the named feeds; return the exit code, 1 if it failed for a feed."""
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
    part = MatchScope.HOST if action == "remove" else MatchScope.WORDS
    part = MatchScope.ANY if options.all else part
    if action == "tag" and (wrong := next((tag for tag in values if "," in tag), "")):
        separate = " ".join(quote(tag.strip()) for tag in wrong.split(",") if tag.strip())
        raise UsageError(
            f"a tag must not contain a comma, as '{wrong}' does. For several tags: "
            f"{PROGRAM} feeds tag {quote(names[0])} {separate}"
        )
    chosen = _match_feeds(names, feeds, part)
    if len(chosen) > len(names) and not options.all:
        for each in chosen:
            errors().line(f"  {redact_address(each.subscription.url)}  {each.name}".rstrip())
        raise LibraryError(f"{len(chosen)} feeds match; name one, or add --all.")
    wanted = [_make_action(feed, action, values) for feed in chosen]
    done = [ActionResult()] * len(wanted)
    if not options.dry_run:
        with arguments.exchange_around(context):
            recorder = StepRecorder(context.paths)  # after what came from other devices
            done = perform_actions(context.paths, wanted, sources, arguments.change_at_account)
            recorder.capture()
        recorder.account_changes = join_changes(done)
    for feed, what, result in zip(chosen, wanted, done, strict=True):
        if action == "rename" and feed.is_own and not (options.dry_run or result.error):
            _rename_articles(context, feed.subscription.url, values[0])
        _report_change(feed, what.message, options, result.error)
    if not options.dry_run:
        did = [
            what.short_message for what, each in zip(wanted, done, strict=True) if not each.error
        ]
        more = f", and {len(did) - 1} more" if len(did) > 1 else ""
        arguments.save_step(context, recorder, f"{did[0] if did else ''}{more}")
    return int(any(each.error for each in done))


def _make_action(feed: FeedStatus, action: str, values: Sequence[str]) -> FeedAction:
    """Return an action on a feed; raise LibraryError if it cannot be done with this one."""
    url, names = redact_address(feed.subscription.url), feed.accounts
    if not feed.is_own and action in ("pause", "resume", "allow"):
        advice = f" To hide its articles: {PROGRAM} feeds mute {quote(url)}"
        server = f"the server of {' and '.join(names)}"
        message = f"{url} is fetched by {server}; {action} it on the server."
        raise LibraryError(f"{message}{advice if action == 'pause' else ''}")
    if not feed.is_own and action in ("mute", "unmute") and not feed.source:
        raise LibraryError(f"{feed.name} has no articles yet, so there is nothing to mute.")
    if action == "rename":
        return actions.rename_feed(feed, values[0])
    if action == "tag":
        return actions.tag_feed(feed, tuple(values))
    if action == "remove":
        return actions.remove_feed(feed)
    return actions.switch_feed(feed, action)


def _report_change(feed: FeedStatus, message: str, options: FeedsVerb, fault: str) -> None:
    """Print what was done with a feed; `fault` is why it was not changed, or ""."""
    if fault:
        errors().complain(f"{feed.name}: {fault}")
    if options.json:
        failed = {"error": fault} if fault else {}
        done = {"url": redact_address(feed.subscription.url), "name": feed.name}
        output().json({**done, "action": options.feeds[0], "dry_run": options.dry_run, **failed})
    elif not fault:
        more = ""
        if options.feeds[0] == "remove" and feed.is_own and feed.accounts:
            there = f"{quote(redact_address(feed.subscription.url))} --account"
            more = f" To stop that: {PROGRAM} feeds remove {there} {quote(feed.accounts[0])}"
        end = " (not done: --dry-run)" if options.dry_run else f".{more}"
        output().line(f"{message}{end}")


def _rename_articles(context: LibraryContext, url: str, title: str) -> None:
    """Give the articles of the user's own feed its title at once, not with its next fetch."""
    if ledger_file(context.folder, context.paths).exists():
        with open_collection(context.folder, context.paths) as collection:
            rename_source(collection, url, title)
