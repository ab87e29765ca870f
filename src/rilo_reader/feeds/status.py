"""The status of subscriptions, for lists of feeds: in words, with the reason if one is silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from shlex import quote
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.article import Field
from rilo_reader.config import Mute
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger import ledger_to_read
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.schedule import SILENT_AFTER, Wait, describe_wait, find_wait
from rilo_reader.feeds.subscriptions import Subscription, load, missing_extras
from rilo_reader.fetch.messages import Failure
from rilo_reader.files import read_regular
from rilo_reader.paths import Paths
from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import FeedTag, fold_tag, is_tag_found
from rilo_reader.text import redact_address


class Standing(StrEnum):
    """The state of a feed."""

    WELL = "well"
    FRESH = "never fetched"
    PAUSED = "paused"
    FAILING = "failing"
    DEAD = "dead"
    INCOMPLETE = "incomplete"
    SILENT = "silent"

    @property
    def is_error(self) -> bool:
        """True if it needs attention."""
        return self in (Standing.FAILING, Standing.DEAD, Standing.INCOMPLETE)


class AccountFeeds(NamedTuple):
    """The feeds of an account at a feed service, as its last sync left them."""

    name: str
    feeds: tuple[Subscription, ...] = ()  # its feeds; their tags are the categories there
    problem: str = ""  # why its last sync failed, or ""
    last_success: datetime | None = None  # when it was last in step with the server, or None
    # why the server could not fetch some of them, by address
    problems: Mapping[str, str] = MappingProxyType({})


class FollowedFeed(NamedTuple):
    """A feed, and where it is followed; once, also if that is in several places."""

    subscription: Subscription  # the entry in feeds.toml, else what the first account has
    accounts: tuple[str, ...] = ()  # the names of the accounts that follow it
    is_own: bool = True


def merge_feeds(
    own_feeds: Iterable[Subscription], accounts: Iterable[AccountFeeds]
) -> list[FollowedFeed]:
    """Return all feeds, the user's own first (pure)."""
    feeds = {feed_key(feed.url): FollowedFeed(feed) for feed in own_feeds}
    for account in accounts:
        for feed in account.feeds:
            before = feeds.setdefault(feed_key(feed.url), FollowedFeed(feed, is_own=False))
            names = dict.fromkeys((*before.accounts, account.name))
            feeds[feed_key(feed.url)] = before._replace(accounts=tuple(names))
    return list(feeds.values())


class FeedStatus(NamedTuple):
    """A subscription with its status."""

    subscription: Subscription  # the entry in feeds.toml, else what the first account has
    name: str  # the user's title, else the feed's, else its address
    # the source of its articles, which `source:="…"` finds; "" before the first one
    source: str = ""
    standing: Standing = Standing.FRESH
    sentence: str = ""  # why it is silent, or what it lacks, or ""
    last_new: datetime | None = None  # when it last had a new entry, or None
    last_success: datetime | None = None  # when it last responded
    wait: Wait | None = None  # why it would not be updated now, or None
    accounts: tuple[str, ...] = ()  # the names of the accounts that follow it
    is_own: bool = True
    account_fails: bool = False  # whether it fails because an account does

    @property
    def named_subscription(self) -> Subscription:
        """The subscription with the name in lists as its title, so that users may type it."""
        return self.subscription._replace(title=self.name)

    @property
    def owner_text(self) -> str:
        """The accounts that follow it, in words; "" if it is only the user's own."""
        prefix = "also on " if self.is_own else "on "
        return prefix + " and ".join(self.accounts) if self.accounts else ""

    def has_tag(self, tag: str) -> bool:
        """Return whether it has a tag, or one below it."""
        return any(is_tag_found(each, FeedTag(tag)) for each in self.subscription.tags)


def read_feed_statuses(
    folder: Path,
    paths: Paths,
    subscriptions: Iterable[Subscription],
    now: datetime,
    accounts: Sequence[AccountFeeds] = (),
) -> list[FeedStatus]:
    """Return the status of feeds of feeds.toml and of accounts; only reads.

    Raises CollectingError.
    """
    feeds = merge_feeds(subscriptions, accounts)
    pairs = _read_records(folder, paths, [feed.subscription for feed in feeds])
    by_name = {account.name: account for account in accounts}
    statuses = []
    for feed, (subscription, record) in zip(feeds, pairs, strict=True):
        account, wait = None, None
        if feed.is_own:
            wait = find_wait(subscription, record, now)
            standing, sentence = _own_standing(subscription, record, wait, now)
        else:
            account = by_name[feed.accounts[0]]
            standing, sentence = _account_standing(subscription, record, account, now)
        status = FeedStatus(
            subscription,
            record.display_name(subscription),
            record.source,
            standing,
            sentence,
            record.last_new,
            account.last_success if account else record.last_success,
            wait,
            feed.accounts,
            feed.is_own,
            account_fails=bool(account and account.problem),
        )
        statuses.append(status)
    return statuses


def read_sources_by_tag(
    folder: Path,
    paths: Paths,
    subscriptions: Iterable[Subscription],
    accounts: Iterable[AccountFeeds],
) -> dict[str, list[str]]:
    """Return the sources of feeds with each tag, "" for none; raises CollectingError.

    Tags that queries cannot tell apart are one, as it is written first.
    """
    feeds = [feed.subscription for feed in merge_feeds(subscriptions, accounts)]
    spellings: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for feed, record in _read_records(folder, paths, feeds):
        for tag in [tag for tag in feed.tags if fold_tag(tag)] or ("",):
            if record.source:
                known = spellings.setdefault(fold_tag(tag), tag)
                found.setdefault(known, []).append(record.source)
    return found


def read_sources(
    folder: Path, paths: Paths, subscriptions: Iterable[Subscription]
) -> tuple[str, ...]:
    """Return the sources of subscriptions that have articles; raises CollectingError."""
    records = (record for _, record in _read_records(folder, paths, subscriptions))
    return tuple(record.source for record in records if record.source)


def _read_records(
    folder: Path, paths: Paths, subscriptions: Iterable[Subscription]
) -> list[tuple[Subscription, FeedRecord]]:
    """Return the record of each subscription, empty for one that was never updated."""
    with ledger_to_read(folder, paths) as ledger:
        if ledger is None:
            return [(feed, FeedRecord(feed_key(feed.url))) for feed in subscriptions]
        return [(feed, ledger.read_feed(feed.url)) for feed in subscriptions]


def _account_standing(
    subscription: Subscription, record: FeedRecord, account: AccountFeeds, now: datetime
) -> tuple[Standing, str]:
    """Return the state of a feed that only accounts follow, and why it is silent."""
    if account.problem:
        return Standing.FAILING, account.problem
    if account.last_success is None:
        return Standing.FRESH, "It has not been synced yet."
    if problem := account.problems.get(subscription.url):
        command = f"rilo-reader refresh {quote(redact_address(subscription.url))}"
        sentence = f"{account.name} cannot fetch it: {problem}. To try again there: {command}"
        return Standing.FAILING, sentence
    return _working_standing(record._replace(last_success=account.last_success), now)


def _own_standing(
    subscription: Subscription, record: FeedRecord, wait: Wait | None, now: datetime
) -> tuple[Standing, str]:
    """Return the state of a feed, and why it is silent."""
    if subscription.paused:
        return Standing.PAUSED, "It is paused."
    if record.failures and record.dead:
        return Standing.DEAD, record.dead
    if record.failures:
        # The address comes from outside, and users may paste this into a shell.
        address = quote(redact_address(subscription.url))
        count = "" if record.failures == 1 else f" {record.failures} times in a row"
        sentence = f"It failed{count}: {record.reason.rstrip('.')}"
        sentence += "" if sentence.endswith(("!", "?", "…")) else "."
        if again := describe_wait(wait, now).rpartition(";")[2].strip() if wait else "":
            sentence += f" {again[:1].upper()}{again[1:]}"
        if record.failure == Failure.REFUSED and record.public_only and not subscription.private:
            sentence += f" If it is your own: rilo-reader feeds allow {address}"
        if record.failure == Failure.LOGIN:
            if not subscription.user_agent:
                sentence += ' If it wants a browser, add user_agent = "Mozilla/5.0" in feeds.toml.'
            if not (subscription.headers or subscription.header_command):
                sentence += ' If it needs a login, add headers = { Cookie = "…" } in feeds.toml.'
        if record.failure == Failure.BROKEN and subscription.page.items:
            sentence += f" To choose other selectors: rilo-reader add --page-feed {address}"
        return Standing.FAILING, sentence
    standing, sentence = _working_standing(record, now)
    return standing, sentence or missing_extras([subscription])


def _working_standing(record: FeedRecord, now: datetime) -> tuple[Standing, str]:
    """Return the state of a feed whose last update was successful."""
    if record.last_success is None:
        failed = f" The last try failed: {record.reason}" if record.reason else ""
        return Standing.FRESH, f"Not fetched into this library yet.{failed}"
    if record.reason and not record.failures:
        return Standing.INCOMPLETE, record.reason
    if record.last_new is None:
        return Standing.SILENT, "The feed works, but has had nothing new since you added it."
    if now - record.last_new > SILENT_AFTER:
        since = f"{record.last_new.astimezone():%Y-%m-%d}"
        return Standing.SILENT, f"The feed works, but has had nothing new since {since}."
    return Standing.WELL, ""


def mute_of_source(source: str) -> str:
    """Return the query of the mute that hides the articles of a source; "" if there is none."""
    return value_term(Field.SOURCE, source) if source else ""


def apply_mutes(feeds: Iterable[FeedStatus], mutes: Iterable[Mute]) -> list[FeedStatus]:
    """Return the feeds; those of accounts are muted where the settings mute their source (pure)."""
    queries = {mute.query for mute in mutes}
    return [
        feed
        if feed.is_own or mute_of_source(feed.source) not in queries
        else feed._replace(subscription=feed.subscription._replace(muted=True))
        for feed in feeds
    ]


def feed_mutes(folder: Path, paths: Paths) -> tuple[Mute, ...]:
    """Return a mute for each muted feed with articles in a library.

    Only reads feeds.toml if no feed is muted. Errors are ignored here, so that the library still
    opens; `refresh` and `feeds` report them.
    """
    try:
        if b"muted" not in read_regular(paths.feeds_file):
            return ()
        muted = [feed for feed in load(paths.feeds_file)[0] if feed.muted]
        sources = read_sources(folder, paths, muted) if muted else ()
    except (OSError, CollectingError):
        return ()
    return tuple(Mute(term) for source in sources if (term := mute_of_source(source)))


def list_aging_feeds(folder: Path, paths: Paths) -> list[FeedStatus]:
    """Return the feeds that say themselves what becomes of articles that grow old.

    As of `feed_mutes`, errors are ignored.
    """
    try:
        text = read_regular(paths.feeds_file)
        if b"read_after" not in text and b"keep_unread" not in text:
            return []
        aging = [feed for feed in load(paths.feeds_file)[0] if feed.read_after or feed.keep_unread]
        pairs = _read_records(folder, paths, aging)
    except (OSError, CollectingError):
        return []
    return [
        FeedStatus(feed, record.display_name(feed), record.source)
        for feed, record in pairs
        if record.source
    ]


def daily_limits(folder: Path, paths: Paths) -> dict[str, int]:
    """Return by source how many of its articles an edition may have on a day, where that is set.

    As of `feed_mutes`, errors are ignored.
    """
    try:
        if b"at_most" not in read_regular(paths.feeds_file):
            return {}
        limited = [feed for feed in load(paths.feeds_file)[0] if feed.at_most]
        pairs = _read_records(folder, paths, limited)
    except (OSError, CollectingError):
        return {}
    return {record.source: feed.at_most for feed, record in pairs if record.source}
