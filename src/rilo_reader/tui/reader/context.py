"""What a controller is, and what it may use of the reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from rilo_reader.article import Article
from rilo_reader.config import Config
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.tui.environment import Environment
from rilo_reader.tui.tasks import TaskRunner

if TYPE_CHECKING:
    from textual.app import App

    from rilo_reader.tui.reader.article import OpenArticle
    from rilo_reader.tui.reader.mutes import Mutes
    from rilo_reader.tui.reader.results import ResultList
    from rilo_reader.tui.reader.undo import UndoStack
    from rilo_reader.tui.reader.widgets import ReaderWidgets


Handler = Callable[[], Awaitable[None] | None]
"""What a command does; awaited where it is a coroutine."""


class ReaderContext(Protocol):
    """What a controller may use of the reader."""

    library: Library
    config: Config  # the settings; saved searches and mutes in it change while the reader is open
    environment: Environment  # the user's folders, and the processes beside the reader
    keys: Mapping[str, tuple[str, ...]]  # command id -> keys, in Textual's names
    widgets: ReaderWidgets
    results: ResultList
    article: OpenArticle
    tasks: TaskRunner
    undo: UndoStack

    @property
    def mutes(self) -> Mutes:
        """What is hidden of all results."""
        ...

    @property
    def app(self) -> App[Any]:
        """The app: its screens, its theme, its clipboard."""
        ...

    @property
    def is_running(self) -> bool:
        """Whether the reader is open; may be asked from a thread."""
        ...

    def key_of(self, command: str) -> str:
        """The first key of a command, as people write it; "" where it has none."""
        ...

    def show_message(self, message: str) -> None:
        """Show what was done, in the last line."""
        ...

    def show_error(self, error: LibraryError) -> None:
        """Show what went wrong, in the last line."""
        ...

    async def leave(self, code: int = 0) -> None:
        """Keep everything, and end the reader."""
        ...

    def leave_guide(self) -> None:
        """Open the user's own library, which has articles now, where the guide stood in for it."""
        ...


class ReaderPart:
    """Something that works with the reader; what it uses most has short names."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context
        self.library = context.library
        self.widgets = context.widgets
        self.results = context.results
        self.article = context.article
        self.tasks = context.tasks


class Controller(ReaderPart):
    """A part of what the reader does: some of its commands, and what they remember.

    Controllers are no widgets: the screen passes Textual's messages on to them.
    """

    def commands(self) -> Mapping[str, Handler]:
        """The commands of commands.py that are this controller's, by their ids."""
        return {}

    def results_shown(self) -> None:
        """Called when other results are on the screen."""

    def article_shown(self, row: Row, article: Article) -> None:
        """Called when another article is in the view."""
