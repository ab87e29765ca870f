"""Controllers, and the part of the reader's screen that they may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from inspect import isawaitable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events
from textual.screen import Screen

from rilo_reader.article import Article
from rilo_reader.config import Config
from rilo_reader.library import Library, Row
from rilo_reader.tui.environment import REOPEN, Environment
from rilo_reader.tui.tasks import SerialTasks, TaskRunner

if TYPE_CHECKING:
    from rilo_reader.tui.keys import Handler
    from rilo_reader.tui.panels.panel import EntryPanel, Panel
    from rilo_reader.tui.reader.article import OpenArticle
    from rilo_reader.tui.reader.mutes import Mutes
    from rilo_reader.tui.reader.results import ResultList
    from rilo_reader.tui.reader.undo import UndoStack
    from rilo_reader.tui.reader.values import Addition
    from rilo_reader.tui.reader.widgets import ReaderWidgets

Kind = TypeVar("Kind", bound="Controller")


class ReaderContext(Screen[None], inherit_bindings=False):
    """The screen, as far as controllers may use it, and its app."""

    library: Library
    config: Config  # the settings; saved searches and mutes in it change while the reader is open
    environment: Environment  # the user's folders, and the processes beside the reader
    keys: Mapping[str, tuple[str, ...]]  # command id -> keys, in Textual's names
    widgets: ReaderWidgets
    results: ResultList
    article: OpenArticle
    tasks: TaskRunner
    # writes to the terminal between two frames; nothing where there is none
    write_to_terminal: Callable[[str], object] = staticmethod(lambda text: None)

    @cached_property
    def undo_stack(self) -> UndoStack:
        """Steps that can be undone."""
        from rilo_reader.tui.reader.undo import UndoStack

        return UndoStack(self.widgets, self.tasks.write_tasks, self.library.state)

    @cached_property
    def server_tasks(self) -> SerialTasks:
        """Questions to the servers of accounts, for which no mark waits."""
        return self.tasks.make_serial("servers")

    @cached_property
    def mutes(self) -> Mutes:
        """The mutes, which hide articles from all results."""
        from rilo_reader.tui.reader.mutes import Mutes

        return Mutes(self.library, self.environment, self.widgets, self.results, self.tasks)

    @cached_property
    def _made_controllers(self) -> list[Controller]:
        return []

    def controller_of(self, kind: type[Kind]) -> Kind:
        """Return the core's controller of a kind, which is made when it is first asked for."""
        for controller in self._made_controllers:
            if isinstance(controller, kind):
                return controller
        made = kind(self)
        self._made_controllers.append(made)
        return made

    @property
    def all_controllers(self) -> Sequence[Controller]:
        """All controllers, in the order of the help."""
        raise NotImplementedError

    def tell(self, happened: Callable[[Controller], object]) -> None:
        """Tell all controllers what happened: `happened` calls the method for that."""
        for controller in self.all_controllers:
            happened(controller)

    def use_settings(self, config: Config) -> list[str]:
        """Use other settings; return the names of those that need a restart."""
        raise NotImplementedError

    def show_query(self, text: str) -> None:
        """Show what a query finds in the list, as if it were typed, and go there."""
        raise NotImplementedError

    async def leave(self, code: int = 0) -> None:
        """Keep everything, and end the reader."""
        raise NotImplementedError

    def leave_guide(self) -> None:
        """Exit with REOPEN if the guide is shown, since the user's library has articles now."""
        if self.environment.collection_folder == self.library.folder:
            return
        if self.environment.in_browser:
            self.widgets.show_message("Your first articles have arrived: reload this page.")
        else:
            self.call_later(self.leave, REOPEN)


class ReaderPart:
    """Something that works with the reader; what it uses most has short names."""

    # command id of commands.py -> what it does, where that is this part's
    commands: Mapping[str, Handler] = MappingProxyType({})
    panel: EntryPanel[Any] | None = None  # of this part, while it is open

    def __init__(self, context: ReaderContext) -> None:
        self.context = context
        self.library = context.library
        self.widgets = context.widgets
        self.results = context.results
        self.article = context.article
        self.tasks = context.tasks

    def open_panel(self, panel: Panel, on_left: Handler = lambda: None) -> None:
        """Open a panel or a prompt; once it is left call `on_left`, then do what its result is."""

        async def finish(then: Handler | None) -> None:
            on_left()
            if then is not None and isawaitable(result := then()):
                await result

        self.context.app.push_screen(panel, finish)

    def open_list(self, panel: EntryPanel[Any]) -> None:
        """Open a list that was read in a thread, and that is changed and told of while it is open.

        Where the user opened something else meanwhile, and may type there, it is not opened.
        """
        if self.context.app.screen is self.context:
            self.panel, self.widgets.message_listener = panel, panel.show_message
            self.open_panel(panel, self._forget_panel)

    def _forget_panel(self) -> None:
        self.panel = self.widgets.message_listener = None


class Controller(ReaderPart):
    """A part of what the reader does: some of its commands, and what they remember.

    Controllers are not widgets: the screen passes Textual's messages on to them.
    """

    addition: Addition | None = None

    @property
    def mode(self) -> str:
        """The heading in `help_sections` of the keys that this takes now; "" outside of a mode."""
        return ""

    def help_sections(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return keys that are not commands', with what they do, by the headings of the help."""
        return {}

    def start(self) -> None:
        """Called once the first article is painted: begin what runs beside the reader."""

    async def stop(self) -> None:
        """Called when the reader is being left: end that, in a moment; marks are still written."""

    async def finish(self) -> None:
        """Called once the last mark is written; waited for, so it bounds itself."""

    def on_results_shown(self) -> None:
        """Called when other results are on the screen."""

    def on_article_shown(self, row: Row, article: Article) -> None:
        """Called when another article is in the view."""

    def on_page_shown(self) -> None:
        """Called when all of the article is on the screen."""

    def on_scrolled(self) -> None:
        """Called when another part of the article is on the screen."""

    def on_marks_changed(self) -> None:
        """Called when marks have changed, here or elsewhere."""

    def on_files_changed(self) -> None:
        """Called when the reader has changed feeds or settings, here or at an account."""

    def on_feeds_changed(self) -> None:
        """Called when feeds have been changed or fetched, once that is written."""

    def on_settings_changed(self) -> None:
        """Called when other settings are in use."""

    def handle_open(self) -> bool:
        """Do what `open` does for one who is in the article already; False for nothing."""
        return False

    def handle_back(self) -> bool:
        """Go a step back within the article, if `back` does that now; False for nothing.

        The first that returns True has gone.
        """
        return False

    def key_pressed(self, event: events.Key) -> None:
        """Take a key that is not a command's, by stopping the event."""

    def handle_click(self, kind: str, value: Any) -> bool:  # noqa: ANN401  # of each kind another
        """Do what a click in the article means, as `ArticleView.Chosen` says it; False if not its.

        The first that returns True has it.
        """
        return False

    def on_text_selected(self) -> None:
        """Called when the mouse has selected a passage of the article."""

    def find_own_handler(self, command: str) -> Handler | None:
        """Return what a command does that is not in the table, such as one of the settings."""
        return None
