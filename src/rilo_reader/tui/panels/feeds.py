"""The panel of feeds: by tag, with unread articles and the state of each; then of accounts."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import BindingType

from rilo_reader.article import Field
from rilo_reader.dates import format_date
from rilo_reader.feeds import actions
from rilo_reader.feeds.identity import feed_key, host_of
from rilo_reader.feeds.request_headers import Login, parse_headers
from rilo_reader.feeds.subscriptions import settings_of_plugins
from rilo_reader.query.edit import value_term
from rilo_reader.text import clean_line, command_words, redact_address
from rilo_reader.tui.panels.panel import EntryPanel, FormLine, PromptScreen
from rilo_reader.tui.panels.pickers import split_tags
from rilo_reader.tui.widgets.line_list import ListEntry

if TYPE_CHECKING:
    from rilo_reader.feeds.sources import FeedSource
    from rilo_reader.feeds.status import AccountFeeds, FeedStatus

TAG_KEYS = ("enter show", "a add", "R fetch", "r rename", "u undo", "esc close")
LIMIT = "l limit"
OF_A_FEED = ("t tag", "p pause", "m mute", LIMIT, "h headers", "d remove")
FEED_KEYS = (*TAG_KEYS[:4], *OF_A_FEED, *TAG_KEYS[4:])
ONLY_A_FEED = "That works on a feed only: press j to go to one."
NO_KEYS = ("a add one", "esc close")
ACCOUNT_KEYS = (*TAG_KEYS[:3], "d log out", *TAG_KEYS[4:])
EMPTY_NOTE = "You follow no feeds yet. Press a and paste the address of a site you read."
NO_ARTICLE = "It has no articles yet."
NO_LIMIT = "Leave empty for no limit."
UNTAGGED_HEADING = "Without a tag"
ACCOUNTS = "Accounts"
INDENT = "  "


class FeedLine(NamedTuple):
    """What a line of the panel is of: a tag, a feed, or an account."""

    feeds: tuple[FeedStatus, ...]  # one feed, or all with the tag or of the account
    tag: str = ""  # of the feeds; "" for feeds without one
    is_tag: bool = False  # whether it is the heading of a tag
    account: FeedSource | None = None
    about: str = ""  # details of the feed or account, or of the first feed in trouble

    @property
    def feed(self) -> FeedStatus | None:
        """The feed that it is of; None for others."""
        return None if self.is_tag or self.account else self.feeds[0]

    @property
    def key(self) -> tuple[str, bool, str]:
        """What tells it from the other lines."""
        url = self.feed.subscription.url if self.feed else ""
        return self.tag, self.is_tag, self.account.name if self.account else url


class PanelFeeds(NamedTuple):
    """The subscriptions, as the panel shows them."""

    statuses: Sequence[FeedStatus] = ()
    unread: Mapping[str, int] = {}  # unread articles by source
    problem: str = ""  # an error in feeds.toml or accounts.toml, or ""
    accounts: Sequence[tuple[FeedSource, AccountFeeds]] = ()


class FeedsScreen(EntryPanel[str, FeedLine]):
    """A list of feeds by tag, then of accounts; the result is the query to show.

    What it has done can be undone: "add", "fetch" feeds by their addresses or accounts by their
    names, "do" one of `feeds.actions` with what it takes, and "remove_account". `show_feeds` shows
    what came of that.
    """

    TITLE = "Feeds"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("F", "dismiss"),
        ("a", "add"),
        ("R", "fetch"),
        ("r", "rename"),
        ("t", "tags"),
        ("p", "pause"),
        ("m", "mute"),
        ("l", "limit"),
        ("h", "headers"),
        ("d,delete", "remove"),
        ("u", "undo"),
    ]

    WIDTH = 96
    DEFAULT_CSS = """
    FeedsScreen {
        #about { max-height: 3; margin-top: 1; }
        &.-low #about { margin: 0; }
    }
    """

    AIR, LOW_AIR = 11, 5
    HINT_LINES = 2

    def __init__(
        self, feeds: PanelFeeds, more: Sequence[str] = (), *, at_accounts: bool = False
    ) -> None:
        """Create a panel; `at_accounts` is whether the cursor is on the first account.

        `more` is said besides where there are no feeds.
        """
        super().__init__()
        self._empty_note = " ".join((EMPTY_NOTE, *more))
        self.show_feeds(feeds)
        if at_accounts:
            self._list.move_by(len(self.entries))
            self._list.move_by(1 - len(feeds.accounts))
            self._show_details()

    def show_feeds(self, feeds: PanelFeeds) -> None:
        """Show feeds, with the cursor on the same one."""
        self._feeds = feeds
        self.show_entries(make_entries(feeds))
        self._show_details()

    def _show_details(self) -> None:
        problem = self._feeds.problem
        self.show_note(
            problem or (self.current_payload.about if self.current_payload else self._empty_note),
            wrong=bool(problem),
        )

    @property
    def hints(self) -> Sequence[str]:
        if self.current_payload is None:
            return NO_KEYS
        if self.current_payload.account is not None:
            return ACCOUNT_KEYS
        keys = TAG_KEYS if self.current_payload.is_tag else FEED_KEYS
        return [key for key in keys if key != LIMIT or self.check_action("limit", ())]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Limit feeds only where a plugin heeds it."""
        is_heeded = action != "limit" or "at_most" in settings_of_plugins()
        return is_heeded and super().check_action(action, parameters)

    def action_move(self, rows: int) -> None:
        super().action_move(rows)
        self._show_details()

    def _feed_here(self) -> FeedStatus | None:
        """Return the feed at the cursor; elsewhere, show a message and return None."""
        feed = self.current_payload.feed if self.current_payload else None
        if feed is None:
            self.show_message(ONLY_A_FEED)
        return feed

    def action_choose(self) -> None:
        """Show only the articles of the feed, or of all feeds with the tag."""
        query = (
            make_sources_query(_list_sources(self.current_payload.feeds))
            if self.current_payload
            else ""
        )
        if query:
            self.dismiss(query)
        elif self.current_payload:
            self.show_message(NO_ARTICLE)

    def action_add(self) -> None:
        self.handlers["add"]()

    def action_fetch(self) -> None:
        """Fetch the feeds of this line now, also those that are not due."""
        here = self.current_payload
        if here is not None and here.account is not None:
            self.handlers["fetch"]([here.account.name])
        elif here is not None:
            self.handlers["fetch"]([feed.subscription.url for feed in here.feeds])

    def action_rename(self) -> None:
        """Rename the feed, or the tag on all its feeds."""
        here = self.current_payload
        if here is None or here.account is not None or (here.is_tag and not here.tag):
            return
        feed = here.feed
        title, name, note = "Rename the tag", here.tag, ""
        if feed is not None:
            title, name, note = "Rename the feed", feed.name, "Leave empty for its own title."
            if feed.accounts:
                note = f"The title also changes on {' and '.join(feed.accounts)}."

        def rename(name: str) -> None:
            name = clean_line(name)
            if feed is None:
                self.handlers["do"](actions.rename_tag, here.tag, name, self._feeds.statuses)
                return
            self.handlers["do"](actions.rename_feed, feed, name)

        question = FormLine(name, "a name")
        self._ask_value(PromptScreen(title, [question], note, verb="rename"), name, rename)

    def action_tags(self) -> None:
        if (feed := self._feed_here()) is None:
            return
        note = "Separate tags with commas; News/Europe is below News."
        if feed.accounts:
            note = f"{note}\nOn {' and '.join(feed.accounts)} they are its categories."

        def file(text: str) -> None:
            self.handlers["do"](actions.tag_feed, feed, split_tags(text))

        question = FormLine(
            ", ".join(feed.subscription.tags), "News, Science/Space", is_appended_to=True
        )
        self._ask_value(
            PromptScreen(f"Tags of {feed.name}", [question], note), question.value, file
        )

    def _ask_value(
        self, prompt: PromptScreen, old_value: str, change: Callable[[str], None]
    ) -> None:
        """Ask for another value than the one before; `change` gets it."""

        def answered(answers: tuple[str, ...] | None) -> None:
            if answers is not None and answers[0] != old_value:
                change(answers[0])

        self.app.push_screen(prompt, answered)

    def action_pause(self) -> None:
        """Stop fetching the feed, or resume."""
        feed = self._feed_here()
        if feed is not None and not feed.is_own:
            self.show_message(f"Its server fetches it ({feed.owner_text}); m hides its articles.")
        elif feed is not None:
            self.handlers["do"](
                actions.switch_feed, feed, "resume" if feed.subscription.paused else "pause"
            )

    def action_mute(self) -> None:
        """Hide the articles of the feed from all lists, or show them again."""
        feed = self._feed_here()
        if feed is not None and not feed.is_own and not feed.source:
            self.show_message(NO_ARTICLE)
        elif feed is not None:
            self.handlers["do"](
                actions.switch_feed, feed, "unmute" if feed.subscription.muted else "mute"
            )

    def action_limit(self) -> None:
        """Ask how many of its articles an edition may have on a day."""
        if (feed := self._feed_here()) is None:
            return
        if not feed.is_own:
            self.show_message("Only feeds in your feeds.toml have a limit; m hides its articles.")
            return

        def limit(text: str) -> None:
            self.handlers["do"](actions.set_daily_limit, feed, int(text or 0))

        here = str(feed.subscription.at_most or "")
        note = f"Today's edition has no more of its articles; the others wait.\n{NO_LIMIT}"
        question = FormLine(here, "5")
        prompt = PromptScreen(f"{feed.name}: at most", [question], note, fault_of_limit)
        self._ask_value(prompt, here, limit)

    def action_headers(self) -> None:
        """Ask for headers to send with the requests for the feed, such as those of a login."""
        if (feed := self._feed_here()) is None:
            return
        if not feed.is_own:
            self.show_message(f"Its server fetches it ({feed.owner_text}).")
            return
        own = feed.subscription
        questions = [
            *(FormLine(f"{name}: {value}", is_secret=True) for name, value in own.headers.items()),
            FormLine("", "Cookie: session=…", is_secret=True),
            FormLine(shlex.join(own.header_command), "or a command that prints it: pass show …"),
            FormLine(own.user_agent, "the name that rilo-reader sends"),
        ]

        def send(answers: tuple[str, ...] | None) -> None:
            if answers is not None:
                self.handlers["do"](actions.set_request_headers, feed, login_of(answers))

        note = f"They are sent only to {host_of(feed_key(own.url))}, and kept in feeds.toml."
        prompt = PromptScreen(f"{feed.name}: headers", questions, note, fault_of_headers)
        self.app.push_screen(prompt, send)

    def action_remove(self) -> None:
        """Unsubscribe from the feed, or log out of the account."""
        here = self.current_payload
        if here is not None and here.account is not None:
            self.handlers["remove_account"](here.account)
        elif (feed := self._feed_here()) is not None:
            self.handlers["do"](actions.remove_feed, feed, ": d again removes it there")


def login_of(answers: tuple[str, ...]) -> Login:
    """Return what the form of headers says; raises ValueError with a message for the user."""
    *lines, command, agent = answers
    return Login(parse_headers(lines), tuple(command_words(command)), clean_line(agent))


def fault_of_headers(answers: tuple[str, ...]) -> str:
    """Why these are not headers, "" if they are or there are none."""
    try:
        login_of(answers)
    except ValueError as error:
        return str(error)
    return ""


def fault_of_limit(answers: tuple[str, ...]) -> str:
    """Why this is not a number of articles, "" if it is one or there is none."""
    text = answers[0]
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return "" if is_number or not text else "Type a number of articles, such as 5."


def make_entries(feeds: PanelFeeds) -> list[ListEntry]:
    """Return the lines of the panel: tags in alphabetical order with their feeds, then accounts."""
    by_tag: dict[str, list[FeedStatus]] = {}
    for feed in feeds.statuses:
        for tag in feed.subscription.tags or ("",):
            by_tag.setdefault(tag, []).append(feed)
    entries: list[ListEntry] = []
    checks = {each.name: f"to check it now: {each.check_command}" for each, _ in feeds.accounts}

    def add(entry: ListEntry, line: FeedLine) -> None:
        unread = sum(feeds.unread.get(source, 0) for source in _list_sources(line.feeds))
        side = f"{unread:,}" if unread else ""
        entries.append(entry._replace(right_text=side, payload=line, key=line.key))

    for tag in sorted(by_tag, key=lambda tag: (not tag, tag.casefold())):
        members = tuple(sorted(by_tag[tag], key=lambda feed: feed.name.casefold()))
        if tag or len(by_tag) > 1:
            wrong = [feed for feed in members if feed.standing.is_error]
            detail = f"{len(wrong)} with problems" if wrong else ""
            about = _describe_feed(wrong[0], checks) if wrong else ""
            entry = ListEntry(tag or UNTAGGED_HEADING, detail, is_wrong=bool(wrong))
            add(entry, FeedLine(members, tag, is_tag=True, about=about))
        for feed in members:
            add(_make_feed_entry(feed), FeedLine((feed,), tag, about=_describe_feed(feed, checks)))
    if feeds.accounts:
        entries.append(ListEntry(ACCOUNTS, is_heading=True))
    for account, known in feeds.accounts:
        members = tuple(feed for feed in feeds.statuses if account.name in feed.accounts)
        state = known.problem or "not synced yet; R fetches its articles."
        if known.last_success is not None and not known.problem:
            state = f"synced {format_date(known.last_success, False)}"
        check = checks[account.name] if known.problem else ""
        about = _join_parts(f"{account.name}: {state}", check, account.description)
        entry = ListEntry(account.name, state, is_wrong=bool(known.problem))
        add(entry, FeedLine(members, account=account, about=about))
    return entries


def _make_feed_entry(feed: FeedStatus) -> ListEntry:
    detail = feed.sentence
    if not detail and feed.last_new is not None:
        detail = format_date(feed.last_new, False)
    detail = _join_parts(feed.owner_text, "muted" if feed.subscription.muted else "", detail)
    return ListEntry(INDENT + feed.name, detail, is_wrong=feed.standing.is_error)


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


def make_sources_query(sources: Sequence[str]) -> str:
    """Return a query for the articles of sources; "" for none."""
    terms = [term for source in sources if (term := value_term(Field.SOURCE, source))]
    return " OR ".join(terms)


def _list_sources(feeds: Sequence[FeedStatus]) -> list[str]:
    return list(dict.fromkeys(feed.source for feed in feeds if feed.source))
