"""The reader's environment: folders, processes beside it, notices and delays."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.paths import Paths

if TYPE_CHECKING:
    from rilo_reader.config.model import Config
    from rilo_reader.library import Progress
    from rilo_reader.tui.children import Collector, Watcher


REOPEN = 75
"""The exit code that asks for the reader to be opened again (EX_TEMPFAIL of sysexits.h)."""

GUIDE = 76  # the exit code that asks for the guide to be opened in place of the library


def local_day() -> date:
    """Return today, in the local time zone."""
    return datetime.now().astimezone().date()


class Delays(NamedTuple):
    """Delays of the reader, in seconds."""

    # longest time that a frame waits for the effect of a key; nobody notices less
    frame: float = 0.04
    # until it is said how far a long change of marks is, and until it is said anew
    slow_hint: float = 0.1
    count_copies: float = 0.3  # without new results, before copies further down are counted
    count_sources: float = 0.3  # without a change, before unread articles are counted by source
    # without new results or another article, before expensive queries are prepared
    prepare: float = 2.0
    first_backup: float = 30.0  # from the start to the first backup of the marks
    backup: float = 600.0  # between backups of the marks
    begin: float = 0.3  # from the first frame until other devices and people are followed
    finish: float = 1.0  # that leaving waits at most for what was done last to be sent
    marks: float = 1.0  # between looks whether marks have changed
    unwatched: float = 5.0  # between looks at a folder that cannot be watched
    day: float = 30.0  # between looks whether it is another day
    notes: float = 15.0  # between updates of the notes on the disk


class Environment(NamedTuple):
    """Folders, processes and facts that the reader is started with."""

    paths: Paths  # the folders of settings and feeds
    # the folder of collected articles; not the library's while the guide is shown in place of an
    # empty library
    collection_folder: Path
    # creates what fetches and imports; one for each verb
    collector: Callable[[], "Collector"]
    # starts what keeps the index in step with the folder
    indexer: Callable[[], "Watcher[Progress]"] | None = None
    notices: tuple[str, ...] = ()  # what to show at the start, the most important first
    # returns the day, by which mutes end and unread articles are those of today
    today: Callable[[], date] = local_day
    delays: Delays = Delays()
    # whether what other processes and devices do is followed
    follows: bool = False
    # whether this is the guide, which was asked for: leaving by REOPEN returns to
    # `collection_folder`
    guide_returns: bool = False
    is_light: bool = False  # whether the terminal has a light background
    typed_ahead: str = ""  # what was typed while it was asked
    has_graphics: bool = False  # whether the terminal said that it knows kitty's graphics
    has_sixel: bool = False  # whether it said so; tmux does even where what shows it cannot
    # whether it is shown by another driver of Textual's than the terminal's, $TEXTUAL_DRIVER
    in_browser: bool = False

    @property
    def places(self) -> tuple[Path, Paths]:
        """The folder of collected articles, and those of settings and feeds."""
        return self.collection_folder, self.paths

    def find_other_library(self, config: "Config") -> Path | None:
        """Return the library into which feeds are fetched, where it is another than this folder."""
        first = config.first_library(self.paths)
        return None if self.collection_folder.resolve() == first.resolve() else first


def make_collector(library: Path | None) -> "Collector":
    """Return what runs verbs on a library; on the user's own, which may be still to create."""
    from rilo_reader.tui.children import Collector

    return Collector(library)


def make_indexer(folder: Path) -> "Watcher[Progress]":
    """Return what keeps the index of a folder in step with it."""
    from rilo_reader.tui.children import Watcher, decode_index_progress, watch_command

    what = "New articles are not being indexed"
    return Watcher(watch_command(folder, "index"), decode_index_progress, what)
