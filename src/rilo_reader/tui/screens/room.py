"""What every room of the reader's screen is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rilo_reader.article import Article
    from rilo_reader.library import Row
    from rilo_reader.tui.screens.reader import ReaderScreen


class Room:
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
