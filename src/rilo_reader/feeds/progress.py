"""The progress of an update, as it is reported (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

INCOMPLETE = "incomplete"
"""The `failure` of a feed that was read, but ends in the middle or has more than is kept."""


class Phase(StrEnum):
    """The state of a feed in an update; the last four are final."""

    WAITING = "waiting"
    FETCHING = "fetching"
    READING = "reading"
    SAVED = "saved"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"

    @property
    def is_end(self) -> bool:
        """True if the update of the feed is finished."""
        return self in (Phase.SAVED, Phase.UNCHANGED, Phase.SKIPPED, Phase.FAILED)


class FeedProgress(NamedTuple):
    """The progress of one feed."""

    url: str  # its address, without user and password
    name: str  # the user's title, else the feed's, else its address
    state: Phase
    new: tuple[str, ...] = ()  # paths of new articles
    updated: tuple[str, ...] = ()  # paths of articles whose entries had changed
    # paths of articles whose entries had changed, but which the user has edited
    kept: tuple[str, ...] = ()
    # likewise, but whose files are links that lead out of the library
    outside: tuple[str, ...] = ()
    unchanged: int = 0
    # why it failed or was skipped, one sentence; else a remark for the user, or ""; before the end,
    # how far it is, or ""
    reason: str = ""
    # the kind of failure, see `fetch.messages.Failure`, or "disk"; if it was skipped, see
    # `schedule.SkipReason`; if it was read, INCOMPLETE or ""
    failure: str = ""
    until: datetime | None = None  # when a skipped feed is due, if known
    seconds: float = 0.0  # how long the update took, once it is finished
    moved_to: str = ""  # the new address of the subscription if the feed has moved permanently

    @property
    def news_text(self) -> str:
        """The news of a finished feed in words, or ""."""
        if self.state not in (Phase.SAVED, Phase.UNCHANGED):
            return ""
        counts = (
            (len(self.new), "new"),
            (len(self.updated), "updated"),
            (len(self.kept), "changed, but your edits were kept"),
            (len(self.outside), "changed, but a link leads from the file out of the library"),
        )
        parts = [f"{count:,} {what}" for count, what in counts if count]
        return ". ".join(filter(None, (", ".join(parts), self.reason)))

    def to_json(self) -> Mapping[str, object]:
        """Return the object that `refresh --json` prints."""
        values: dict[str, object] = self._asdict()
        values["state"] = str(self.state)
        values["until"] = self.until.isoformat() if self.until else None
        values["seconds"] = round(self.seconds, 3)
        return values


class Summary(NamedTuple):
    """The totals of an update."""

    feeds: int
    done: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0  # feeds without news
    failed: int = 0
    incomplete: int = 0  # feeds of which something is missing, whatever was new in them
    skipped: int = 0  # feeds that were not due
    finished: bool = False  # whether the update is finished
    offline: bool = False  # whether nothing at all could be reached
    rules: str = ""  # what the user's rules did, "Rule Football: 12 read", or ""

    def add_report(self, progress: FeedProgress) -> Summary:
        """Return the totals after a report of a feed."""
        state = progress.state
        if not state.is_end:
            return self
        is_cut = progress.failure == INCOMPLETE
        return self._replace(
            done=self.done + 1,
            new=self.new + len(progress.new),
            updated=self.updated + len(progress.updated),
            unchanged=self.unchanged + (state is Phase.UNCHANGED and not is_cut),
            incomplete=self.incomplete + is_cut,
            failed=self.failed + (state is Phase.FAILED),
            skipped=self.skipped + (state is Phase.SKIPPED),
        )
