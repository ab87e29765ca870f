"""What the reader is given: the user's folders, the processes beside it, notices and delays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rilo_reader.paths import Paths
    from rilo_reader.sync.services.remote_feeds import Connect
    from rilo_reader.tui.children import Collector, Indexer
    from rilo_reader.tui.marks_thread import FollowedMarks

REOPEN = 75
"""The exit code that asks for the reader to be opened again (EX_TEMPFAIL of sysexits.h)."""


def local_day() -> date:
    """Today, in the local time zone."""
    return datetime.now().astimezone().date()


class Delays(NamedTuple):
    """Delays of the reader, in seconds."""

    # longest time that a frame waits for the effect of a key; nobody notices less
    frame: float = 0.04
    count_copies: float = 0.3  # without new results, before copies further down are counted
    # without new results or another article, before expensive queries are prepared
    prepare: float = 2.0
    first_backup: float = 30.0  # from the start to the first backup of the marks
    backup: float = 600.0  # between backups of the marks
    first_sync: float = 0.3  # from the first frame to the first sync
    last_sync: float = 1.0  # that leaving waits for the last sync at most
    marks: float = 0.25  # between looks whether marks have changed
    journals: float = 5.0  # between looks at the journals of a folder that cannot be watched
    notes: float = 15.0  # between updates of the notes on the disk


class Environment(NamedTuple):
    """What the reader does not do itself."""

    # the folders of settings and feeds; if None, changes of them are not saved
    paths: Paths | None = None
    # starts what keeps the index in step with the folder
    indexer: Callable[[], Indexer] | None = None
    # creates what fetches and imports; one for each verb
    collector: Callable[[], Collector] | None = None
    # the folder of collected articles; not the library's while the guide is shown in place of an
    # empty library
    collects_into: Path | None = None
    notices: tuple[str, ...] = ()  # what to show at the start, the most important first
    today: Callable[[], date] = local_day  # returns the day, by which mutes end
    delays: Delays = Delays()
    # creates what says which marks change, and syncs them
    marks: Callable[[], FollowedMarks] | None = None
    # opens the service of an account whose feeds are changed; None to call its server
    connect: Connect | None = None

    @property
    def settings_file(self) -> Path | None:
        """The user's settings.toml; None without `paths`."""
        return None if self.paths is None else self.paths.settings_file

    def places(self) -> tuple[Path, Paths]:
        """The folder of collected articles, and those of settings and feeds.

        Raises:
            LibraryError: there are none.
        """
        from rilo_reader.library import LibraryError

        if self.paths is None or self.collects_into is None:
            raise LibraryError("There is nowhere to follow feeds from here.")
        return self.collects_into, self.paths
