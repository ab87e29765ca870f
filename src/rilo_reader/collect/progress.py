"""What a refresh says while it goes: values, one kind for everybody who listens (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


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
