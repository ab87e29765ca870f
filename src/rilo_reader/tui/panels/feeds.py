"""The panel of feeds: by tag, with unread articles and the state of each; then of accounts."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import BindingType

from rilo_reader.article import Field
from rilo_reader.dates import format_date
from rilo_reader.feeds.identity import feed_key, host_of
from rilo_reader.feeds.request_headers import Login, parse_headers
from rilo_reader.query.edit import tag_term, value_term
from rilo_reader.text import clean_line, command_words, redact_address
from rilo_reader.tui.keys import Handler, PanelKey
from rilo_reader.tui.panels.panel import EntryPanel, FormLine, PromptScreen
from rilo_reader.tui.widgets.line_list import ListEntry

if TYPE_CHECKING:
    from rilo_reader.feeds.sources import FeedSource
    from rilo_reader.feeds.status import AccountFeeds, FeedStatus

ONLY_A_FEED = "This key needs a feed: press j to go to one."
EMPTY_NOTE = "You follow no feeds yet. Press a and paste the address of a site you read."
NO_ARTICLE = "It has no articles yet."
PROBLEMS = "With problems"
UNTAGGED_HEADING = "Without a tag"
ACCOUNTS = "Accounts"
INDENT = "  "


class FeedLine(NamedTuple):
    """A tag, a feed or an account: the payload of a line of the panel."""

    # one feed, or all of the account, or with the tag or one below it, as `feeds:news` finds
    feeds: tuple[FeedStatus, ...]
    tag: str = ""  # of the feeds; "" for feeds without one
    is_tag: bool = False  # whether it is the heading of a tag
    account: FeedSource | None = None
    about: str = ""  # details of the feed or account, or of the first feed in trouble
    is_on_top: bool = False  # whether it stands on top, for what is wrong with it

    @property
    def feed(self) -> FeedStatus | None:
        """The feed that it is of; None for others."""
        return None if self.is_tag or self.account else self.feeds[0]

    @property
    def key(self) -> tuple[str, bool, str, bool]:
        """Its identity among the lines."""
        url = self.feed.subscription.url if self.feed else ""
        name = self.account.name if self.account else url
        return self.tag, self.is_tag, name, self.is_on_top


class PanelFeeds(NamedTuple):
    """The subscriptions, as the panel shows them."""

    statuses: Sequence[FeedStatus] = ()
    unread: Mapping[str, int] = {}  # unread articles by source
    problem: str = ""  # an error in feeds.toml or accounts.toml, or ""
    accounts: Sequence[tuple[FeedSource, AccountFeeds]] = ()

    @property
    def check_commands(self) -> Mapping[str, str]:
        """Commands that check the accounts, each in a few words, by name."""
        return {each.name: f"to check it now: {each.check_command}" for each, _ in self.accounts}


class FeedsScreen(EntryPanel[FeedLine]):
    """A list of feeds by tag, then of accounts."""

    TITLE = "Feeds"
    BINDINGS: ClassVar[list[BindingType]] = [("F", "dismiss")]

    WIDTH = "90%"  # reasons of failing feeds are long
    DEFAULT_CSS = """
    FeedsScreen {
        #panel { min-width: 96; }
        #about { max-height: 3; margin-top: 1; }
        &.-low #about { margin: 0; }
    }
    """

    AIR, LOW_AIR = 11, 5
    HINT_LINES = 2

    def __init__(
        self,
        feeds: PanelFeeds,
        list_keys: Callable[[FeedsScreen], Sequence[PanelKey]],
        more: Sequence[str] = (),
        *,
        at_accounts: bool = False,
    ) -> None:
        """Create a panel; `at_accounts` is whether the cursor is on the first account.

        `more` is said besides where there are no feeds.
        """
        super().__init__(list_keys)
        self._empty_note = " ".join((EMPTY_NOTE, *more))
        self.show_feeds(feeds)
        if at_accounts:
            self._list.move_by(len(self.entries))
            self._list.move_by(1 - len(feeds.accounts))
            self._show_details()

    def show_feeds(self, feeds: PanelFeeds) -> None:
        """Show feeds, with the cursor on the same one, also if it has no problem any more."""
        self.feeds, before = feeds, self.current_payload
        self.show_entries(make_entries(feeds))
        self._show_details()
        keys = [entry.key for entry in self.entries]
        if before is not None and before.is_on_top and before.feed and before.key not in keys:
            self.go_to(before.feed.subscription.url)

    def go_to(self, name: str) -> None:
        """Move the cursor to the feed with an address, or to the tag of a query."""
        lines = [entry.payload for entry in self.entries]
        names = [
            ""
            if line is None
            else line.feed.subscription.url
            if line.feed
            else make_line_query(line)
            for line in lines
        ]
        if name in filter(None, names):
            self._list.show_entries(self.entries, names.index(name))
            self._show_details()

    def _show_details(self) -> None:
        problem = self.feeds.problem
        self.show_note(
            problem or (self.current_payload.about if self.current_payload else self._empty_note),
            wrong=bool(problem),
        )

    def action_move(self, rows: int) -> None:
        super().action_move(rows)
        self._show_details()


def make_headers_prompt(feed: FeedStatus, use_login: Callable[[Login], object]) -> PromptScreen:
    """Return a prompt for headers to send with the requests for a feed, such as a cookie."""
    own = feed.subscription
    questions = [
        *(FormLine(f"{name}: {value}", is_secret=True) for name, value in own.headers.items()),
        FormLine("", "Cookie: session=…", is_secret=True),
        FormLine(
            shlex.join(own.header_command),
            "or a command that prints it: pass show …",
            is_stored=True,
        ),
        FormLine(own.user_agent, "the name that rilo-reader sends"),
    ]
    note = f"They are sent only to {host_of(feed_key(own.url))}, and kept in feeds.toml."

    def read_answers(answers: tuple[str, ...]) -> Handler:
        *lines, command, agent = answers
        login = Login(parse_headers(lines), tuple(command_words(command)), clean_line(agent))
        return partial(use_login, login)

    return PromptScreen(f"{feed.name}: headers", questions, note, read_answers)


def parse_limit(text: str) -> int:
    """Return a number of articles, 0 for ""; raises ValueError with a message for the user."""
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ValueError("Type a number of articles, such as 5.")
    return int(text or 0)


def make_entries(feeds: PanelFeeds) -> list[ListEntry]:
    """Return the lines of the panel: what has problems, tags with their feeds, then accounts.

    Feeds that fail because their account does are not with the problems: the account is.
    """
    by_name = sorted(feeds.statuses, key=lambda feed: feed.name.casefold())
    failing = [feed for feed in by_name if feed.standing.is_error and not feed.account_fails]
    entries = [
        *(
            _make_account_entry(feeds, *one, is_on_top=True)
            for one in feeds.accounts
            if one[1].problem
        ),
        *(_make_feed_entry(feeds, feed, is_on_top=True) for feed in failing),
    ]
    if entries:
        entries.insert(0, ListEntry(PROBLEMS, is_heading=True))
    by_tag: dict[str, list[FeedStatus]] = {}
    for feed in by_name:
        for tag in feed.subscription.tags or ("",):
            by_tag.setdefault(tag, []).append(feed)
    for tag in sorted(by_tag, key=lambda tag: (not tag, tag.casefold())):
        if tag or len(by_tag) > 1 or entries:
            found = [feed for feed in by_name if feed.has_tag(tag)] if tag else by_tag[tag]
            entries.append(_make_tag_entry(feeds, tag, found))
        entries += [_make_feed_entry(feeds, feed, tag) for feed in by_tag[tag]]
    if feeds.accounts:
        entries.append(ListEntry(ACCOUNTS, is_heading=True))
    return [*entries, *(_make_account_entry(feeds, *one) for one in feeds.accounts)]


def _make_entry(
    feeds: PanelFeeds, line: FeedLine, name: str, detail: str, wrong: bool
) -> ListEntry:
    unread = sum(feeds.unread.get(source, 0) for source in list_sources(line.feeds))
    side = f"{unread:,}" if unread else ""
    return ListEntry(name, detail, side, is_wrong=wrong, payload=line, key=line.key)


def _make_tag_entry(feeds: PanelFeeds, tag: str, members: Sequence[FeedStatus]) -> ListEntry:
    wrong = [feed for feed in members if feed.standing.is_error]
    about = _describe_feed(wrong[0], feeds.check_commands) if wrong else ""
    line = FeedLine(tuple(members), tag, is_tag=True, about=about)
    detail = f"{len(wrong)} with problems" if wrong else ""
    return _make_entry(feeds, line, tag or UNTAGGED_HEADING, detail, bool(wrong))


def _make_feed_entry(
    feeds: PanelFeeds, feed: FeedStatus, tag: str = "", *, is_on_top: bool = False
) -> ListEntry:
    detail = feed.sentence
    if not detail and feed.last_new is not None:
        detail = format_date(feed.last_new, False)
    detail = _join_parts(feed.owner_text, "muted" if feed.subscription.muted else "", detail)
    about = _describe_feed(feed, feeds.check_commands)
    line = FeedLine((feed,), tag, about=about, is_on_top=is_on_top)
    return _make_entry(feeds, line, INDENT + feed.name, detail, feed.standing.is_error)


def _make_account_entry(
    feeds: PanelFeeds, account: FeedSource, known: AccountFeeds, *, is_on_top: bool = False
) -> ListEntry:
    members = tuple(feed for feed in feeds.statuses if account.name in feed.accounts)
    state = known.problem or "not synced yet; R fetches its articles."
    if known.last_success is not None and not known.problem:
        state = f"synced {format_date(known.last_success, False)}"
    check = feeds.check_commands[account.name] if known.problem else ""
    about = _join_parts(f"{account.name}: {state}", check, account.description)
    line = FeedLine(members, account=account, about=about, is_on_top=is_on_top)
    return _make_entry(feeds, line, account.name, state, bool(known.problem))


def _describe_feed(feed: FeedStatus, checks: Mapping[str, str]) -> str:
    """Return the details of a feed: address, status, last success."""
    url = redact_address(feed.subscription.url)
    last = f"Last answer: {format_date(feed.last_success, False)}." if feed.last_success else ""
    if feed.account_fails:
        # The address matters least if all does not fit.
        return _join_parts(feed.owner_text, feed.sentence, checks[feed.accounts[0]], last, url)
    return _join_parts(url, feed.owner_text, feed.sentence, last)


def _join_parts(*parts: str) -> str:
    return clean_line(" · ".join(filter(None, parts)))


def make_line_query(line: FeedLine) -> str:
    """Return a query for the articles of a line of the panel; "" where there are none."""
    sources = list_sources(line.feeds)
    return tag_term(line.tag) if line.is_tag and sources else make_sources_query(sources)


def make_sources_query(sources: Sequence[str]) -> str:
    """Return a query for the articles of sources; "" for none."""
    return " OR ".join(filter(None, (value_term(Field.SOURCE, source) for source in sources)))


def list_sources(feeds: Sequence[FeedStatus]) -> list[str]:
    """Return the sources of feeds, each once."""
    return list(dict.fromkeys(feed.source for feed in feeds if feed.source))
