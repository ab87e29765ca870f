"""The rooms of the reader's screen, each made when it is first entered.

The first frame needs none of them, so none is imported before it; what their commands need of each
other goes through here. A new room is a file and a property.
"""

from __future__ import annotations

from functools import cached_property
from inspect import isawaitable
from typing import TYPE_CHECKING, TypeVar

from rilo_reader.commands import BY_ID
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.tui.screens.adding import Adding
    from rilo_reader.tui.screens.adjusting import Adjusting
    from rilo_reader.tui.screens.charting import Charting
    from rilo_reader.tui.screens.completing import Completing
    from rilo_reader.tui.screens.faceting import Faceting
    from rilo_reader.tui.screens.following import Following
    from rilo_reader.tui.screens.hiding import Hiding
    from rilo_reader.tui.screens.keeping import Keeping
    from rilo_reader.tui.screens.leading import Leading
    from rilo_reader.tui.screens.marking import Marking
    from rilo_reader.tui.screens.navigation import Navigation
    from rilo_reader.tui.screens.reader import ReaderScreen
    from rilo_reader.tui.screens.recalling import Recalling
    from rilo_reader.tui.screens.refreshing import Refreshing
    from rilo_reader.tui.screens.relating import Relating
    from rilo_reader.tui.screens.saving import Saving
    from rilo_reader.tui.screens.searching import Searching
    from rilo_reader.tui.screens.sharing import Sharing
    from rilo_reader.tui.screens.subscribing import Subscribing
    from rilo_reader.tui.screens.tidying import Tidying
    from rilo_reader.tui.screens.undoing import Undoing
    from rilo_reader.tui.screens.warming import Warming

AnyRoom = TypeVar("AnyRoom", bound=Room)


class Rooms:
    """The rooms by their names, which are those of the table of commands.

    Attributes:
        there: the rooms that were entered so far.
    """

    def __init__(self, desk: ReaderScreen) -> None:
        self._desk = desk
        self.there: list[Room] = []

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
        from rilo_reader.tui.screens.navigation import Navigation

        return self._furnished(Navigation)

    @cached_property
    def searching(self) -> Searching:
        """Changing the query."""
        from rilo_reader.tui.screens.searching import Searching

        return self._furnished(Searching)

    @cached_property
    def completing(self) -> Completing:
        """Words for the search box."""
        from rilo_reader.tui.screens.completing import Completing

        return self._furnished(Completing)

    @cached_property
    def recalling(self) -> Recalling:
        """Searches of before."""
        from rilo_reader.tui.screens.recalling import Recalling

        return self._furnished(Recalling)

    @cached_property
    def charting(self) -> Charting:
        """The timeline."""
        from rilo_reader.tui.screens.charting import Charting

        return self._furnished(Charting)

    @cached_property
    def faceting(self) -> Faceting:
        """The panel of facets."""
        from rilo_reader.tui.screens.faceting import Faceting

        return self._furnished(Faceting)

    @cached_property
    def marking(self) -> Marking:
        """Marks."""
        from rilo_reader.tui.screens.marking import Marking

        return self._furnished(Marking)

    @cached_property
    def undoing(self) -> Undoing:
        """Taking back."""
        from rilo_reader.tui.screens.undoing import Undoing

        return self._furnished(Undoing)

    @cached_property
    def relating(self) -> Relating:
        """Articles like the open one."""
        from rilo_reader.tui.screens.relating import Relating

        return self._furnished(Relating)

    @cached_property
    def sharing(self) -> Sharing:
        """Browser, clipboard, editor."""
        from rilo_reader.tui.screens.sharing import Sharing

        return self._furnished(Sharing)

    @cached_property
    def adjusting(self) -> Adjusting:
        """Changes to the settings."""
        from rilo_reader.tui.screens.adjusting import Adjusting

        return self._furnished(Adjusting)

    @cached_property
    def hiding(self) -> Hiding:
        """Mutes."""
        from rilo_reader.tui.screens.hiding import Hiding

        return self._furnished(Hiding)

    @cached_property
    def saving(self) -> Saving:
        """Saved searches."""
        from rilo_reader.tui.screens.saving import Saving

        return self._furnished(Saving)

    @cached_property
    def refreshing(self) -> Refreshing:
        """Fetching what is new."""
        from rilo_reader.tui.screens.refreshing import Refreshing

        return self._furnished(Refreshing)

    @cached_property
    def adding(self) -> Adding:
        """Adding feeds, pages and files."""
        from rilo_reader.tui.screens.adding import Adding

        return self._furnished(Adding)

    @cached_property
    def subscribing(self) -> Subscribing:
        """The feeds that one follows."""
        from rilo_reader.tui.screens.subscribing import Subscribing

        return self._furnished(Subscribing)

    @cached_property
    def leading(self) -> Leading:
        """Help, outline, palette, themes, and the way out."""
        from rilo_reader.tui.screens.leading import Leading

        return self._furnished(Leading)

    @cached_property
    def following(self) -> Following:
        """The folder's changes."""
        from rilo_reader.tui.screens.following import Following

        return self._furnished(Following)

    @cached_property
    def keeping(self) -> Keeping:
        """Backups."""
        from rilo_reader.tui.screens.keeping import Keeping

        return self._furnished(Keeping)

    @cached_property
    def warming(self) -> Warming:
        """Having ready what is dear to ask for the first time."""
        from rilo_reader.tui.screens.warming import Warming

        return self._furnished(Warming)

    @cached_property
    def tidying(self) -> Tidying:
        """Collecting garbage where that disturbs nobody."""
        from rilo_reader.tui.screens.tidying import Tidying

        return self._furnished(Tidying)
