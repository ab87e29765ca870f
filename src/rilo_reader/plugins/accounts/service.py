"""`Account` and `Service`: what all APIs of feed services have in common (pure).

A service is a server where the user's feeds live. It is reached only through `fetch`, so its
errors are `FetchError`s: LOGIN, BUSY (with `retry_after`), OFFLINE, BROKEN and so on.
"""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, NewType, Protocol

from rilo_reader.entry import Entry
from rilo_reader.secret_store import Credential


class Api(StrEnum):
    """The API of a feed service."""

    MINIFLUX = "miniflux"
    GREADER = "greader"
    """The Google Reader API: FreshRSS, BazQux, The Old Reader, Miniflux."""

    FEVER = "fever"
    """The Fever API: yarr, CommaFeed, Tiny Tiny RSS, and most of the others; it edits no feeds."""

    IMAP = "imap"
    """A folder of a mailbox, whose letters come; it has no feeds, and nothing goes back."""

    @property
    def has_keys(self) -> bool:
        """True if a login takes an API key, without a user."""
        return self is Api.MINIFLUX

    @property
    def can_edit_feeds(self) -> bool:
        """True if feeds can be added, changed and removed."""
        return self in (Api.MINIFLUX, Api.GREADER)

    @property
    def has_one_category(self) -> bool:
        """True if a feed is in exactly one category."""
        return self is Api.MINIFLUX


class Account(NamedTuple):
    """An account in accounts.toml; no secret is part of it."""

    name: str  # what the user calls it; identifies it
    api: Api
    url: str  # the address of the API, without user and password
    user: str = ""  # the user's name there; "" to log in with an API key
    # a command that prints the password or the API key; "" where the system's keyring or a file of
    # ours has it
    password_command: str = ""
    window: int = 10_000  # see `KnownEntries.window`
    private: bool = False  # it may be on the local network, even if it was public before

    @property
    def credential(self) -> Credential:
        """The credential under which its secret is stored."""
        words = ["rilo-reader", "account", "add", str(self.api), self.url]
        words += ["--user", self.user] if self.user else []
        to_store = shlex.join([*words, "--name", self.name])
        return Credential(self.name, self.url, self.user, self.password_command, to_store)


EntryId = NewType("EntryId", str)
"""The server's id of an entry, as a decimal number."""


class ServerMark(StrEnum):
    """The marks that travel to and from a service."""

    READ = "read"
    STARRED = "starred"


class ServerFeed(NamedTuple):
    """A subscription on the server."""

    id: str  # the server's id of it
    url: str
    title: str = ""  # its title there, which the user may have changed
    categories: tuple[str, ...] = ()  # the categories or labels it is filed under
    site: str = ""
    problem: str = ""  # why the server could not fetch it last, in its words, or ""


class ServerMarks(NamedTuple):
    """The marks of an entry on the server."""

    read: bool = False
    starred: bool = False

    def has_mark(self, mark: ServerMark) -> bool:
        """Return whether it has a mark."""
        return self.read if mark is ServerMark.READ else self.starred


class ServerEntry(NamedTuple):
    """An entry as the server has it."""

    id: EntryId
    feed: str  # the id of its feed
    entry: Entry  # the entry, cleaned as parsers clean it. The guid is unknown.
    # the SHA-256 of its guid (of its address if it has none) in hex, or "" where the server does
    # not tell
    guid_hash: str = ""
    marks: ServerMarks = ServerMarks()

    @property
    def fingerprint(self) -> str:
        """A text that stays the same as long as the id means this entry."""
        return self.guid_hash or self.entry.url or self.entry.title


class KnownEntries(NamedTuple):
    """The known entries of an account before a sync."""

    cursor: str = ""  # the `cursor` of the last changes that were applied; "" at first
    ids: AbstractSet[EntryId] = frozenset()  # the entries that are here
    # how many of the newest entries to have, beside all unread and all starred ones
    window: int = 10_000
    # those of `ids` that were unread or starred when both sides agreed last, so that they have
    # changed if no list shows them any more; None if that is not known
    watched_ids: AbstractSet[EntryId] | None = None
    # How many of the newest entries, and how many others of the window in turns, are to come again
    # though no mark of them has changed: their content may have. Of no effect where an API does not
    # show it.
    recheck_count: int = 0


class Changes(NamedTuple):
    """A batch of what has changed on the server, or may have."""

    # entries that are not known, or whose content may have changed
    entries: Sequence[ServerEntry] = ()
    # The marks of known entries. An entry that is in neither may be unchanged, or the server may
    # have forgotten it.
    marks: Mapping[EntryId, ServerMarks] = MappingProxyType({})
    # where to continue once this batch and all before it are applied; "" in every batch but the
    # last
    cursor: str = ""
    # how many entries all batches are expected to have, for the display; 0 if unknown
    total: int = 0
    # Whether the server was restored from a backup since the cursor, so that its marks are older
    # than the base. This comes before any of them.
    is_restored: bool = False


class Service(Protocol):
    """The API of a feed service. Every method raises FetchError."""

    async def check_login(self) -> str:
        """Log in; return what the server is, such as "Miniflux 2.2.6, as reader"."""

    async def list_feeds(self) -> list[ServerFeed]:
        """Return all subscriptions."""

    async def fetch_entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a few entries that the server still has."""

    def iter_changes(self, known: KnownEntries) -> AsyncIterator[Changes]:
        """Yield what has changed since `known`; the last batch has a cursor."""

    async def push_mark(self, mark: ServerMark, value: bool, ids: Sequence[EntryId]) -> None:
        """Give a mark to entries, or take it away.

        Only entries that do not have it so, as far as is known: some servers toggle. When it
        returns, the server has the marks. After an error it may have some.
        """

    async def add_feed(self, url: str, category: str = "", title: str = "") -> ServerFeed:
        """Subscribe to a feed; return the subscription, also if there was one already."""

    async def change_feed(
        self, feed: ServerFeed, *, title: str | None = None, categories: Sequence[str] | None = None
    ) -> ServerFeed:
        """Change the title or the categories of a subscription; return it as it is then."""

    async def remove_feed(self, feed: ServerFeed) -> None:
        """Unsubscribe from a feed; nothing happens if it is not subscribed to."""

    async def fetch_feed(self, feed: ServerFeed) -> None:
        """Make the server fetch a feed now, if it can; `list_feeds` returns the result."""
