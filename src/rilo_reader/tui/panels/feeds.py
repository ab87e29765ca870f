"""The panel of feeds: by tag, with unread articles and the state of each; then of accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from rilo_reader.dates import human
from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import Field
from rilo_reader.text import clean_line
from rilo_reader.tui.panels.panel import EntryPanel, PanelMessage, PromptScreen, Question
from rilo_reader.tui.widgets.line_list import Entry

if TYPE_CHECKING:
    from rilo_reader.feeds.status import AccountFeeds, Followed
    from rilo_reader.sync.services.service import Account

TAG_KEYS = ("enter shows", "a adds", "R fetches", "r renames", "u undoes", "esc closes")
FEED_KEYS = (*TAG_KEYS[:4], "t tags", "p pauses", "m mutes", "d removes", *TAG_KEYS[4:])
ONLY_A_FEED = "That is for a feed: j goes to one."
NO_KEYS = ("a adds one", "esc closes")
ACCOUNT_KEYS = (*TAG_KEYS[:3], "d logs out", *TAG_KEYS[4:])
NOTHING = (
    "You follow no feed yet. a adds one: paste the address of a site you read. It also adds an "
    "account at a server with your feeds, such as Miniflux or FreshRSS."
)
UNFILED = "Not filed"
ACCOUNTS = "Accounts"
INDENT = "  "


class Line(NamedTuple):
    """A line of the panel: a tag, a feed, an account, or a heading."""

    tag: str  # of the feeds; "" for feeds without one
    feeds: tuple[Followed, ...]  # one feed, or all with the tag or of the account
    is_tag: bool = False  # whether it is the heading of a tag
    account: tuple[Account, AccountFeeds] | None = None

    @property
    def key(self) -> tuple[str, bool, str]:
        """What tells it from the other lines."""
        if self.account is not None:
            return "", True, self.account[0].name
        return self.tag, self.is_tag, "" if self.is_tag else self.feeds[0].subscription.url


class Feeds(NamedTuple):
    """The subscriptions, as the panel shows them."""

    followed: Sequence[Followed] = ()
    unread: Mapping[str, int] = {}  # unread articles by source
    problem: str = ""  # an error in feeds.toml or accounts.toml, or ""
    accounts: Sequence[tuple[Account, AccountFeeds]] = ()


class FeedsScreen(EntryPanel[str]):
    """A list of feeds by tag, then of accounts; the result is the query to show.

    The messages ask for changes, which can be undone; `show` shows what came of them.
    """

    class Add(PanelMessage):
        """Add a feed or an account."""

    @dataclass
    class Fetch(PanelMessage):
        """Fetch feeds by their addresses, or accounts by their names."""

        names: Sequence[str]

    @dataclass
    class Change(PanelMessage):
        """Change keys of a subscription, and show the text."""

        feed: Followed
        text: str
        fields: Mapping[str, object]

    @dataclass
    class RenameTag(PanelMessage):
        """Give a tag another name on all its feeds, which are among `feeds`."""

        old: str
        new: str
        feeds: Sequence[Followed]

    @dataclass
    class Remove(PanelMessage):
        """Unsubscribe from a feed; the articles stay."""

        feed: Followed

    @dataclass
    class RemoveAccount(PanelMessage):
        """Log out of an account; the articles stay."""

        account: Account

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("F", "leave", show=False),
        Binding("enter", "choose", show=False),
        Binding("a", "add", show=False),
        Binding("R", "fetch", show=False),
        Binding("r", "rename", show=False),
        Binding("t", "tags", show=False),
        Binding("p", "pause", show=False),
        Binding("m", "mute", show=False),
        Binding("d,delete", "remove", show=False),
        Binding("u", "undo", show=False),
    ]

    DEFAULT_CSS = """
    FeedsScreen {
        #panel { width: 96; }
        #about { max-height: 3; margin-top: 1; }
        &.-low #about { margin: 0; }
    }
    """

    AIR, LOW_AIR = 9, 4
    HINT_LINES = 2

    def __init__(self, feeds: Feeds, *, at_accounts: bool = False) -> None:
        """Create a panel; `at_accounts` is whether the cursor is on the first account."""
        super().__init__()
        self._feeds = feeds
        self._at_accounts = at_accounts
        self._lines: list[Line] = []

    def on_mount(self) -> None:
        """Show the feeds."""
        self.show(self._feeds)
        if self._at_accounts:
            first = len(self._lines) - len(self._feeds.accounts)
            self.action_move(first - self._list.cursor)

    # -- showing ----------------------------------------------------------------------------------

    def show(self, feeds: Feeds) -> None:
        """Show feeds, with the cursor on the same one."""
        here = self.here
        self._feeds = feeds
        self._lines = lines_of(feeds.followed) + _account_lines(feeds)
        entries = [self._entry(line) for line in self._lines]
        keys = [line.key for line in self._lines]
        self._list.display = bool(entries)
        self._list.show(entries, keys.index(here.key) if here and here.key in keys else None)
        self.fit()
        self._show_details()

    def _entry(self, line: Line) -> Entry:
        unread = sum(self._feeds.unread.get(source, 0) for source in _sources(line.feeds))
        side = f"{unread:,}" if unread else ""
        if line.account is not None:
            account, known = line.account
            return Entry(account.name, _standing(known), side, is_wrong=bool(known.problem))
        if line.tag == ACCOUNTS and not line.feeds:
            return Entry(ACCOUNTS, is_heading=True)
        if line.is_tag:
            wrong = sum(feed.standing.is_error for feed in line.feeds)
            detail = f"{wrong} in trouble" if wrong else ""
            return Entry(line.tag or UNFILED, detail, side, is_wrong=bool(wrong))
        feed = line.feeds[0]
        detail = feed.sentence
        if not detail and feed.last_new is not None:
            detail = human(feed.last_new, False)
        muted = "muted" if feed.subscription.muted else ""
        detail = " · ".join(filter(None, (feed.whose, muted, detail)))
        return Entry(INDENT + feed.name, detail, side, is_wrong=feed.standing.is_error)

    def _show_details(self) -> None:
        """Show details of the feed or account at the cursor."""
        here = self.here
        text = self._feeds.problem
        if not text and here is None:
            text = NOTHING
        elif here is not None and here.account is not None and not text:
            text = _about_account(*here.account)
        elif here is not None and not text:
            wrong = [feed for feed in here.feeds if feed.standing.is_error]
            about = wrong[:1] if here.is_tag else here.feeds
            text = _about(about[0]) if about else ""
        self.show_about(text, wrong=bool(self._feeds.problem))

    @property
    def hints(self) -> Sequence[str]:
        """What the keys do at the cursor."""
        if self.here is None:
            return NO_KEYS
        if self.here.account is not None:
            return ACCOUNT_KEYS
        return TAG_KEYS if self.here.is_tag else FEED_KEYS

    # -- keys -------------------------------------------------------------------------------------

    @property
    def here(self) -> Line | None:
        """The line at the cursor."""
        at = self._list.cursor
        return self._lines[at] if at < len(self._lines) else None

    def action_move(self, rows: int) -> None:
        """Move by lines."""
        super().action_move(rows)
        self._show_details()

    def _feed_here(self) -> Followed | None:
        """Return the feed at the cursor; elsewhere, show a message and return None."""
        here = self.here
        if here is None or here.is_tag or here.account is not None:
            self.show_message(ONLY_A_FEED)
            return None
        return here.feeds[0]

    def action_choose(self) -> None:
        """Show only the articles of the feed, or of all feeds with the tag."""
        if self.here is None:
            return
        query = query_of(_sources(self.here.feeds))
        if query:
            self.dismiss(query)
        else:
            self.show_message("No article of it has come yet.")

    def action_add(self) -> None:
        """Add a feed."""
        self.post_message(self.Add())

    def action_fetch(self) -> None:
        """Fetch the feeds of this line now, also those that are not due."""
        here = self.here
        if here is not None and here.account is not None:
            self.post_message(self.Fetch([here.account[0].name]))
        elif here is not None:
            self.post_message(self.Fetch([feed.subscription.url for feed in here.feeds]))

    def action_rename(self) -> None:
        """Rename the feed, or the tag on all its feeds."""
        here = self.here
        if here is None or here.account is not None or (here.is_tag and not here.tag):
            return
        name = here.tag if here.is_tag else here.feeds[0].name
        title = "Rename the tag" if here.is_tag else "Rename the feed"
        note = "" if here.is_tag else _title_note(here.feeds[0])

        def named(answers: tuple[str, ...] | None) -> None:
            if answers is not None and answers[0] != name:
                self._rename(here, clean_line(answers[0]))

        self.app.push_screen(
            PromptScreen(title, [Question(name, "a name")], note, verb="renames"), named
        )

    def _rename(self, line: Line, name: str) -> None:
        if line.is_tag:
            self.post_message(self.RenameTag(line.tag, name, self._feeds.followed))
            return
        feed = line.feeds[0]
        message = f"{feed.name} is {name} now" if name else f"{feed.name} has its own name again"
        self.post_message(self.Change(feed, message, {"title": name}))

    def action_tags(self) -> None:
        """Change the tags of the feed."""
        feed = self._feed_here()
        if feed is None:
            return
        before = ", ".join(feed.subscription.tags)

        def tagged(answers: tuple[str, ...] | None) -> None:
            if answers is not None and answers[0] != before:
                tags = tuple(filter(None, map(clean_line, answers[0].split(","))))
                message = f"{feed.name}: {', '.join(tags) or 'filed nowhere'}"
                self.post_message(self.Change(feed, message, {"tags": tags}))

        question = Question(before, "News, Science/Space", goes_on=True)
        note = "Separated by commas; a slash files one below another."
        if feed.accounts:
            note = f"{note}\nOn {' and '.join(feed.accounts)} they are its categories."
        self.app.push_screen(PromptScreen(f"File {feed.name} under", [question], note), tagged)

    def action_pause(self) -> None:
        """Stop fetching the feed, or resume."""
        feed = self._feed_here()
        if feed is not None and not feed.is_own:
            self.show_message(f"Its server fetches it ({feed.whose}); m hides its articles.")
        elif feed is not None:
            paused = not feed.subscription.paused
            message = f"{feed.name} is paused" if paused else f"{feed.name} is fetched again"
            self.post_message(self.Change(feed, message, {"paused": paused}))

    def action_mute(self) -> None:
        """Hide the articles of the feed from all lists, or show them again."""
        feed = self._feed_here()
        if feed is not None and not feed.is_own and not feed.source:
            self.show_message("No article of it has come yet.")
        elif feed is not None:
            muted = not feed.subscription.muted
            message = f"{feed.name} is muted" if muted else f"{feed.name} is shown again"
            self.post_message(self.Change(feed, message, {"muted": muted}))

    def action_remove(self) -> None:
        """Unsubscribe from the feed, or log out of the account."""
        here = self.here
        if here is not None and here.account is not None:
            self.post_message(self.RemoveAccount(here.account[0]))
        elif (feed := self._feed_here()) is not None:
            self.post_message(self.Remove(feed))


def lines_of(followed: Sequence[Followed]) -> list[Line]:
    """Return the lines of the panel: tags in alphabetical order, each followed by its feeds."""
    by_tag: dict[str, list[Followed]] = {}
    for feed in followed:
        for tag in feed.subscription.tags or ("",):
            by_tag.setdefault(tag, []).append(feed)
    lines = []
    for tag in sorted(by_tag, key=lambda tag: (not tag, tag.casefold())):
        feeds = sorted(by_tag[tag], key=lambda feed: feed.name.casefold())
        if tag or len(by_tag) > 1:
            lines.append(Line(tag, tuple(feeds), is_tag=True))
        lines += [Line(tag, (feed,)) for feed in feeds]
    return lines


def _account_lines(feeds: Feeds) -> list[Line]:
    """Return a heading and the lines of accounts, if there are any."""
    lines = [Line(ACCOUNTS, (), is_tag=True)] if feeds.accounts else []
    for account, known in feeds.accounts:
        own = tuple(feed for feed in feeds.followed if account.name in feed.accounts)
        lines.append(Line("", own, account=(account, known)))
    return lines


def query_of(sources: Sequence[str]) -> str:
    """Return a query for the articles of sources; "" for none."""
    terms = [term for source in sources if (term := value_term(Field.SOURCE, source))]
    return " OR ".join(terms)


def _sources(feeds: Sequence[Followed]) -> list[str]:
    return list(dict.fromkeys(feed.source for feed in feeds if feed.source))


def _title_note(feed: Followed) -> str:
    if feed.accounts:
        return f"It gets the title on {' and '.join(feed.accounts)}, too."
    return "Nothing: what the feed calls itself."


def _standing(known: AccountFeeds) -> str:
    """Return how an account stands."""
    if known.problem or known.last_success is None:
        return known.problem or "not synced yet; R brings its feeds."
    return f"synced {human(known.last_success, False)}"


def _about_account(account: Account, known: AccountFeeds) -> str:
    """Return the details of an account: how it stands, and whose it is where."""
    where = f"{account.api} at {account.url}" + (f", as {account.user}" if account.user else "")
    check = _check(account.name) if known.problem else ""
    parts = (f"{account.name}: {_standing(known)}", check, where)
    return clean_line(" · ".join(filter(None, parts)))


def _check(name: str) -> str:
    return f"to ask it now: rilo-reader account check {quote(name)}"


def _about(feed: Followed) -> str:
    """Return the details of a feed: address, status, last success."""
    from rilo_reader.fetch.addresses import without_login

    answered = feed.last_success
    url = without_login(feed.subscription.url)
    last = f"Last answer: {human(answered, False)}." if answered is not None else ""
    parts = [url, feed.whose, feed.sentence, last]
    if feed.account_fails:
        # The address matters least if all does not fit.
        parts = [feed.whose, feed.sentence, _check(feed.accounts[0]), last, url]
    return clean_line(" · ".join(filter(None, parts)))
