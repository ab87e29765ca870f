"""The rooms of the reader's screen, each made when it is first entered.

The first frame needs none of them, so none is imported before it; what their commands need of each
other goes through here. A new room is a file and a property.
"""

from __future__ import annotations

from functools import cached_property
from inspect import isawaitable
from typing import TYPE_CHECKING, TypeVar

from rilo_reader.commands import BY_ID

if TYPE_CHECKING:
    from rilo_reader.article import Article
    from rilo_reader.library import Row
    from rilo_reader.tui.reader.background import Following, Keeping, Warming
    from rilo_reader.tui.reader.external import Sharing
    from rilo_reader.tui.reader.feeds import Adding, Refreshing, Subscribing
    from rilo_reader.tui.reader.marks import Marking, Undoing
    from rilo_reader.tui.reader.navigation import Navigation
    from rilo_reader.tui.reader.overlays import Leading
    from rilo_reader.tui.reader.related import Relating
    from rilo_reader.tui.reader.saved_searches import Adjusting, Hiding, Saving
    from rilo_reader.tui.reader.screen import ReaderScreen
    from rilo_reader.tui.reader.search import Completing, Recalling, Searching
    from rilo_reader.tui.reader.timeline import Charting, Faceting


# What every room of the reader's screen is.


class Controller:
    """A part of what the reader's screen does: some of its commands, and what they remember.

    A command is a method without arguments, called as in commands.py; it may be a coroutine.
    Rooms are no widgets: the screen passes Textual's messages on, and tells what happened.

    Attributes:
        desk: the screen, with its widgets, the library and the results.
        rooms: the other rooms.
    """

    def __init__(self, desk: ReaderScreen) -> None:
        self.desk = desk
        self.rooms = desk.rooms

    def results_shown(self) -> None:
        """Other results are on the screen; also told to a room that was not there yet."""

    def article_shown(self, row: Row, article: Article) -> None:
        """Another article is in the view."""


# The rooms of the reader's screen, each made when it is first entered.


AnyRoom = TypeVar("AnyRoom", bound=Controller)


class Controllers:
    """The rooms by their names, which are those of the table of commands.

    Attributes:
        there: the rooms that were entered so far.
    """

    def __init__(self, desk: ReaderScreen) -> None:
        self._desk = desk
        self.there: list[Controller] = []

    def _furnished(self, room: type[AnyRoom]) -> AnyRoom:
        made = room(self._desk)
        self.there.append(made)
        return made

    async def run(self, command: str) -> None:
        """Do what a command of commands.py says."""
        done = getattr(getattr(self, BY_ID[command].room), command)()
        if isawaitable(done):
            await done

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Every room, entered or not."""
        return tuple(name for name, part in vars(cls).items() if isinstance(part, cached_property))

    @cached_property
    def navigation(self) -> Navigation:
        """Moving in list and article."""
        from rilo_reader.tui.reader.navigation import Navigation

        return self._furnished(Navigation)

    @cached_property
    def searching(self) -> Searching:
        """Changing the query."""
        from rilo_reader.tui.reader.search import Searching

        return self._furnished(Searching)

    @cached_property
    def completing(self) -> Completing:
        """Words for the search box."""
        from rilo_reader.tui.reader.search import Completing

        return self._furnished(Completing)

    @cached_property
    def recalling(self) -> Recalling:
        """Searches of before."""
        from rilo_reader.tui.reader.search import Recalling

        return self._furnished(Recalling)

    @cached_property
    def charting(self) -> Charting:
        """The timeline."""
        from rilo_reader.tui.reader.timeline import Charting

        return self._furnished(Charting)

    @cached_property
    def faceting(self) -> Faceting:
        """The panel of facets."""
        from rilo_reader.tui.reader.timeline import Faceting

        return self._furnished(Faceting)

    @cached_property
    def marking(self) -> Marking:
        """Marks."""
        from rilo_reader.tui.reader.marks import Marking

        return self._furnished(Marking)

    @cached_property
    def undoing(self) -> Undoing:
        """Taking back."""
        from rilo_reader.tui.reader.marks import Undoing

        return self._furnished(Undoing)

    @cached_property
    def relating(self) -> Relating:
        """Articles like the open one."""
        from rilo_reader.tui.reader.related import Relating

        return self._furnished(Relating)

    @cached_property
    def sharing(self) -> Sharing:
        """Browser, clipboard, editor."""
        from rilo_reader.tui.reader.external import Sharing

        return self._furnished(Sharing)

    @cached_property
    def adjusting(self) -> Adjusting:
        """Changes to the settings."""
        from rilo_reader.tui.reader.saved_searches import Adjusting

        return self._furnished(Adjusting)

    @cached_property
    def hiding(self) -> Hiding:
        """Mutes."""
        from rilo_reader.tui.reader.saved_searches import Hiding

        return self._furnished(Hiding)

    @cached_property
    def saving(self) -> Saving:
        """Saved searches."""
        from rilo_reader.tui.reader.saved_searches import Saving

        return self._furnished(Saving)

    @cached_property
    def refreshing(self) -> Refreshing:
        """Fetching what is new."""
        from rilo_reader.tui.reader.feeds import Refreshing

        return self._furnished(Refreshing)

    @cached_property
    def adding(self) -> Adding:
        """Adding feeds, pages and files."""
        from rilo_reader.tui.reader.feeds import Adding

        return self._furnished(Adding)

    @cached_property
    def subscribing(self) -> Subscribing:
        """The feeds that one follows."""
        from rilo_reader.tui.reader.feeds import Subscribing

        return self._furnished(Subscribing)

    @cached_property
    def leading(self) -> Leading:
        """Help, outline, palette, themes, and the way out."""
        from rilo_reader.tui.reader.overlays import Leading

        return self._furnished(Leading)

    @cached_property
    def following(self) -> Following:
        """The folder's changes."""
        from rilo_reader.tui.reader.background import Following

        return self._furnished(Following)

    @cached_property
    def keeping(self) -> Keeping:
        """Backups."""
        from rilo_reader.tui.reader.background import Keeping

        return self._furnished(Keeping)

    @cached_property
    def warming(self) -> Warming:
        """Having ready what is dear to ask for the first time."""
        from rilo_reader.tui.reader.background import Warming

        return self._furnished(Warming)
