"""The panel of feeds: by tag, with unread articles, and the state of each feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import Field
from rilo_reader.render.dates import human
from rilo_reader.text import clean_line
from rilo_reader.tui.panels.base import EntryPanel, PromptScreen, Question
from rilo_reader.tui.widgets.line_list import Entry

if TYPE_CHECKING:
    from rilo_reader.feeds.status import Followed

TAG_KEYS = ("enter shows", "a adds", "R fetches", "r renames", "u undoes", "esc closes")
FEED_KEYS = (*TAG_KEYS[:4], "t tags", "p pauses", "m mutes", "d removes", *TAG_KEYS[4:])
ONLY_A_FEED = "That is for a feed: j goes to one."
NO_KEYS = ("a adds one", "esc closes")
UNSYNCED_KEYS = ("R fetches", *NO_KEYS)
NOTHING = (
    "You follow no feed yet. a adds one: paste the address of a site you read. It also adds an "
    "account at a server with your feeds, such as Miniflux or FreshRSS."
)
UNFILED = "Not filed"
INDENT = "  "


class Line(NamedTuple):
    """A line of the panel.

    Attributes:
        tag: the tag of the feeds; "" for feeds without one.
        feeds: one feed, or all with the tag.
        is_tag: whether it is the heading of a tag.
    """

    tag: str
    feeds: tuple[Followed, ...]
    is_tag: bool = False


class Feeds(NamedTuple):
    """The subscriptions, as the panel shows them.

    Attributes:
        followed: each feed with its status.
        unread: unread articles by source.
        problem: an error in feeds.toml, accounts.toml or of an account without feeds, or "".
        unsynced: the names of accounts that have never been synced.
    """

    followed: Sequence[Followed] = ()
    unread: Mapping[str, int] = {}
    problem: str = ""
    unsynced: Sequence[str] = ()


class FeedActions(Protocol):
    """What the panel can change; each change can be undone, and calls `show`."""

    @property
    def is_refreshing(self) -> bool:
        """Whether feeds are being fetched."""
        ...

    def add(self) -> None:
        """Ask for the address of a feed to follow."""
        ...

    def refresh_feeds(self, urls: Sequence[str]) -> None:
        """Fetch feeds now, also those that are not due."""
        ...

    def change(self, feed: Followed, message: str, **fields: object) -> None:
        """Change keys of a subscription, and show the message."""
        ...

    def mute(self, feed: Followed, message: str) -> None:
        """Hide the articles of a feed, or show them again, and show the message."""
        ...

    def rename_tag(self, old: str, new: str, feeds: Sequence[Followed]) -> None:
        """Give a tag another name on all its feeds, which are among `feeds`."""
        ...

    def remove(self, followed: Followed) -> None:
        """Unsubscribe; the articles stay."""
        ...

    def undo_setting(self) -> None:
        """Undo the last change of subscriptions or settings."""
        ...


class FeedsScreen(EntryPanel[str]):
    """A list of feeds by tag; the result is the query to show."""

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
        #why {
            height: auto;
            max-height: 3;
            margin-top: 1;
            padding: 0 1;
            color: $page-dim;
            text-style: $dim-text-style;
        }
        #why.-wrong { color: $page-error; }
        &.-low #why { margin: 0; }
        #keys { height: auto; }
    }
    """

    AIR, LOW_AIR = 9, 4
    HINT_LINES = 2

    def __init__(self, actions: FeedActions, feeds: Feeds) -> None:
        super().__init__()
        self._actions = actions
        self._feeds = feeds
        self._lines: list[Line] = []
        self._why = Static(id="why", markup=False)

    def compose(self) -> ComposeResult:
        """Compose the list, the details of the feed at the cursor, and the hints."""
        with Vertical(id="panel"):
            yield self._list
            yield self._why
            yield self._last_line

    def on_mount(self) -> None:
        """Show the feeds."""
        self.show(self._feeds)
        self._show_keys()

    def on_resize(self) -> None:
        """Show the hints that fit."""
        self.call_after_refresh(self._show_keys)

    # -- showing ----------------------------------------------------------------------------------

    @property
    def why(self) -> str:
        """The details of the feed at the cursor."""
        return str(self._why.content)

    def show(self, feeds: Feeds) -> None:
        """Show feeds, with the cursor on the same one."""
        here = self.here
        self._feeds = feeds
        self._lines = lines_of(feeds.followed)
        entries = [self._entry(line) for line in self._lines]
        self._list.display = bool(entries)
        self._list.show(entries, self._place_of(here))
        self.fit()
        self._show_details()

    def _place_of(self, before: Line | None) -> int | None:
        if before is None:
            return None
        return next(
            (
                place
                for place, line in enumerate(self._lines)
                if (line.tag, line.is_tag) == (before.tag, before.is_tag)
                and (line.is_tag or _url(line) == _url(before))
            ),
            None,
        )

    def _entry(self, line: Line) -> Entry:
        unread = sum(self._feeds.unread.get(source, 0) for source in _sources(line.feeds))
        side = f"{unread:,}" if unread else ""
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
        """Show details of the feed at the cursor."""
        here = self.here
        text = self._feeds.problem
        if not text and here is None:
            names = " and ".join(self._feeds.unsynced)
            text = f"{names}: not synced yet; R brings its feeds." if names else NOTHING
        elif here is not None and not text:
            wrong = [feed for feed in here.feeds if feed.standing.is_error]
            about = wrong[:1] if here.is_tag else here.feeds
            text = _about(about[0]) if about else ""
        self._why.update(text)
        self._why.set_class(bool(self._feeds.problem), "-wrong")

    def _show_keys(self) -> None:
        here = self.here
        hints: tuple[str, ...] = UNSYNCED_KEYS if self._feeds.unsynced else NO_KEYS
        if here is not None:
            hints = TAG_KEYS if here.is_tag else FEED_KEYS
        self.show_hints(hints)

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
        self._show_keys()

    def _feed_here(self) -> Followed | None:
        """Return the feed at the cursor; on a tag, show a message and return None."""
        here = self.here
        if here is not None and here.is_tag:
            self.show_message(ONLY_A_FEED)
        return None if here is None or here.is_tag else here.feeds[0]

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
        self._actions.add()

    def action_fetch(self) -> None:
        """Fetch the feeds of this line now, also those that are not due."""
        here = self.here
        if here is None and not self._feeds.unsynced:
            return
        if self._actions.is_refreshing:
            self.show_message("A refresh is under way already.")
            return
        self.show_message("Fetching…")
        # Without a feed, everything.
        feeds = () if here is None else here.feeds
        self._actions.refresh_feeds([feed.subscription.url for feed in feeds])

    def action_rename(self) -> None:
        """Rename the feed, or the tag on all its feeds."""
        here = self.here
        if here is None or (here.is_tag and not here.tag):
            return
        name = here.tag if here.is_tag else here.feeds[0].name
        title = "Rename the tag" if here.is_tag else "Rename the feed"
        note = "" if here.is_tag else _title_note(here.feeds[0])

        def named(answers: tuple[str, ...] | None) -> None:
            if answers is not None and answers[0] != name:
                self._rename(here, clean_line(answers[0]))

        self.app.push_screen(PromptScreen(title, [Question(name, "a name")], note), named)

    def _rename(self, line: Line, name: str) -> None:
        if line.is_tag:
            self._actions.rename_tag(line.tag, name, self._feeds.followed)
            return
        feed = line.feeds[0]
        message = f"{feed.name} is {name} now" if name else f"{feed.name} has its own name again"
        self._actions.change(feed, message, title=name)

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
                self._actions.change(feed, message, tags=tags)

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
            self._actions.change(feed, message, paused=paused)

    def action_mute(self) -> None:
        """Hide the articles of the feed from all lists, or show them again."""
        feed = self._feed_here()
        if feed is not None and not feed.is_own and not feed.source:
            self.show_message("No article of it has come yet.")
        elif feed is not None:
            muted = not feed.subscription.muted
            message = f"{feed.name} is muted" if muted else f"{feed.name} is shown again"
            self._actions.mute(feed, message)

    def action_remove(self) -> None:
        """Unsubscribe from the feed."""
        feed = self._feed_here()
        if feed is not None:
            self._actions.remove(feed)

    def action_undo(self) -> None:
        """Undo the last change."""
        self._actions.undo_setting()


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


def query_of(sources: Sequence[str]) -> str:
    """Return a query for the articles of sources; "" for none."""
    terms = [term for source in sources if (term := value_term(Field.SOURCE, source))]
    return " OR ".join(terms)


def _sources(feeds: Sequence[Followed]) -> list[str]:
    return list(dict.fromkeys(feed.source for feed in feeds if feed.source))


def _url(line: Line) -> str:
    return line.feeds[0].subscription.url


def _title_note(feed: Followed) -> str:
    if feed.accounts:
        return f"It gets the title on {' and '.join(feed.accounts)}, too."
    return "Nothing: what the feed calls itself."


def _about(feed: Followed) -> str:
    """Return the details of a feed: address, status, last success."""
    from rilo_reader.fetch.addresses import without_login

    answered = feed.last_success
    url = without_login(feed.subscription.url)
    last = f"Last answer: {human(answered, False)}." if answered is not None else ""
    parts = [url, feed.whose, feed.sentence, last]
    if feed.account_fails:
        # The address matters least if all does not fit.
        check = f"to ask it now: rilo-reader account check {quote(feed.accounts[0])}"
        parts = [feed.whose, feed.sentence, check, last, url]
    return clean_line(" · ".join(filter(None, parts)))
