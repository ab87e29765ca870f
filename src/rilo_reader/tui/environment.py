"""What the reader is given: the user's folders, the processes beside it, notices and delays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rilo_reader.paths import Paths
    from rilo_reader.sync.services.feeds import Connect
    from rilo_reader.tui.children import Collector, Indexer
    from rilo_reader.tui.marks_thread import FollowedMarks

REOPEN = 75
"""The exit code that asks for the reader to be opened again (EX_TEMPFAIL of sysexits.h)."""


def local_day() -> date:
    """Today, in the local time zone."""
    return datetime.now().astimezone().date()


class Delays(NamedTuple):
    """Delays of the reader, in seconds.

    Attributes:
        frame: longest time that a frame waits for the effect of a key; nobody notices less.
        told: until it is said how far a long change of marks is, and until it is said anew.
        count_copies: without new results, before copies further down are counted.
        prepare: without new results or another article, before expensive queries are prepared.
        first_backup: from the start to the first backup of the marks.
        backup: between backups of the marks.
        first_sync: from the first frame to the first sync.
        last_sync: that leaving waits for the last sync at most.
        marks: between looks whether marks have changed.
        journals: between looks at the journals of a folder that cannot be watched.
        notes: between updates of the notes on the disk.
    """

    frame: float = 0.04
    told: float = 0.1
    count_copies: float = 0.3
    prepare: float = 2.0
    first_backup: float = 30.0
    backup: float = 600.0
    first_sync: float = 0.3
    last_sync: float = 1.0
    marks: float = 1.0
    journals: float = 5.0
    notes: float = 15.0


class Environment(NamedTuple):
    """What the reader does not do itself.

    Attributes:
        paths: the folders of settings and feeds; if None, changes of them are not saved.
        indexer: starts what keeps the index in step with the folder.
        collector: creates what fetches and imports; one for each verb.
        collects_into: the folder of collected articles; not the library's while the guide is shown
            in place of an empty library.
        notices: what to show at the start, the most important first.
        today: returns the day, by which mutes end.
        delays: how long to wait for what.
        marks: creates what says which marks change, and syncs them.
        connect: opens the service of an account whose feeds are changed; None to call its server.
    """

    paths: Paths | None = None
    indexer: Callable[[], Indexer] | None = None
    collector: Callable[[], Collector] | None = None
    collects_into: Path | None = None
    notices: tuple[str, ...] = ()
    today: Callable[[], date] = local_day
    delays: Delays = Delays()
    marks: Callable[[], FollowedMarks] | None = None
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
