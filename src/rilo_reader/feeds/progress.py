"""What a refresh says while it goes: values, one kind for everybody who listens (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.schedule import Wait, Why
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.values import Request, Response


class State(StrEnum):
    """Where a feed is in a refresh; the last four are ends."""

    WAITING = "waiting"
    FETCHING = "fetching"
    READING = "reading"
    SAVED = "saved"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"

    @property
    def is_end(self) -> bool:
        """Whether nothing more comes of the feed."""
        return self in (State.SAVED, State.UNCHANGED, State.SKIPPED, State.FAILED)


class FeedProgress(NamedTuple):
    """How far one feed is.

    Attributes:
        url: the subscription, without user and password.
        name: what the user calls it, else what it calls itself, else its address.
        state: where it is.
        new: articles that came, paths.
        updated: articles whose entry had changed, paths.
        kept: articles whose entry had changed, but so had the user their text: paths.
        unchanged: articles that were as they are.
        reason: of FAILED and SKIPPED a sentence; of the others what else the user should know.
        failure: of FAILED its kind, see `fetching.Failure`; "disk" where the disk failed.
        until: of SKIPPED until when, where that is known.
        seconds: of an end how long it took.
        moved_to: where the feed moved for good, and its subscription with it; "" elsewhere.
    """

    url: str
    name: str
    state: State
    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unchanged: int = 0
    reason: str = ""
    failure: str = ""
    until: datetime | None = None
    seconds: float = 0.0
    moved_to: str = ""

    def as_json(self) -> Mapping[str, object]:
        """As `refresh --json` prints it."""
        values: dict[str, object] = self._asdict()
        values["state"] = str(self.state)
        values["until"] = self.until.isoformat() if self.until else None
        values["seconds"] = round(self.seconds, 3)
        return values


class Summary(NamedTuple):
    """A refresh as a whole.

    Attributes:
        feeds: how many there are in it.
        done: how many have come to an end.
        new: articles that came.
        updated: articles that changed.
        unchanged: feeds without anything new.
        failed: feeds that failed.
        skipped: feeds that were left alone.
        finished: whether this is the last word.
        offline: whether nothing at all could be reached.
    """

    feeds: int
    done: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    skipped: int = 0
    finished: bool = False
    offline: bool = False

    def after(self, progress: FeedProgress) -> Summary:
        """The summary when one feed more has come so far."""
        state = progress.state
        if not state.is_end:
            return self
        return self._replace(
            done=self.done + 1,
            new=self.new + len(progress.new),
            updated=self.updated + len(progress.updated),
            unchanged=self.unchanged + (state is State.UNCHANGED),
            failed=self.failed + (state is State.FAILED),
            skipped=self.skipped + (state is State.SKIPPED),
        )


READING_SECONDS = 30.0
"""Processor time that one feed may take to be read: five times that of the worst of 20 MB found."""

PAGE_SECONDS = 10.0
"""Processor time that one page may take to be read; of 724 real ones the worst takes four."""


class Gets(Protocol):
    """What fetches; `fetch.HttpClient` does.

    Attributes:
        public_hosts: names that led to the public net and must go on doing so.
    """

    public_hosts: set[str]

    async def get(self, request: Request) -> Response:
        """What is at an address; raises FetchError."""
        ...


class UpdateRequest(NamedTuple):
    """What a refresh is to do.

    Attributes:
        feeds: the subscriptions to look at.
        followed: the keys of all subscriptions, these and others.
        feeds_file: feeds.toml, where a feed that moved for good is changed; None to change none.
        force: ask also feeds that want to be left alone, are paused or dead.
        dry_run: fetch, and say what would come, but keep nothing.
        untyped: addresses among them that the user did not type but a page named: they lead to
            nowhere private, now and later.
        typed: addresses among them that the user typed just now, whoever named them before.
        public_hosts: hosts that the user named and that were found on the public net just now.
        reading_seconds: of processor time that one feed may take to read.
        page_seconds: of processor time that one page of an entry may take to read.
    """

    feeds: tuple[Subscription, ...]
    followed: frozenset[str]
    feeds_file: Path | None = None
    force: bool = False
    dry_run: bool = False
    untyped: frozenset[str] = frozenset()
    typed: frozenset[str] = frozenset()
    public_hosts: frozenset[str] = frozenset()
    reading_seconds: float = READING_SECONDS
    page_seconds: float = PAGE_SECONDS


def orders_for(
    feeds: Iterable[Subscription],
    subscriptions: Iterable[Subscription],
    feeds_file: Path | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
) -> UpdateRequest:
    """Orders to refresh some of one's subscriptions."""
    followed = frozenset(feed_key(each.url) for each in subscriptions)
    return UpdateRequest(tuple(feeds), followed, feeds_file, force, dry_run)


_SENTENCES = {
    Why.PAUSED: "It is paused.",
    Why.DEAD: "It is not asked any more.",
    Why.BACK_OFF: "It failed before; it is asked again {when}.",
    Why.ASKED_TO_WAIT: "Its server asked to be left alone; it is asked again {when}.",
    Why.NOT_DUE: "Its last answer still holds; it is asked again {when}.",
    Why.QUIET_HOURS: "It has quiet hours; it is asked again {when}.",
}


def sentence_of(wait: Wait) -> str:
    """Why a feed is left alone, in words."""
    when = "later"
    if wait.until is not None:
        local = wait.until.astimezone()
        today = datetime.now().astimezone().date() == local.date()
        when = f"after {local:%H:%M}" if today else f"after {local:%Y-%m-%d %H:%M}"
    return _SENTENCES[wait.why].format(when=when)
