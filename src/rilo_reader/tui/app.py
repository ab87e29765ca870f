"""The application: themes, keys and signals around the reader's screen."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from rilo_reader.commands import effective_keys
from rilo_reader.config import Config
from rilo_reader.library import Library
from rilo_reader.tui.environment import Environment
from rilo_reader.tui.failures import EndProgram, failing_threads
from rilo_reader.tui.key_order import KeyOrder
from rilo_reader.tui.keys import keymap, without_alt
from rilo_reader.tui.reader.screen import ReaderScreen
from rilo_reader.tui.sanitizer import ControlFilter
from rilo_reader.tui.signals import SizeCheck, is_lost_terminal, leave_at_signals
from rilo_reader.tui.textual_patches import AppWithoutTraceback, forgiving_driver
from rilo_reader.tui.themes import our_themes, page_variables, theme_for, theme_problem

if TYPE_CHECKING:
    from rilo_reader.tui.children import Collector, Indexer
    from rilo_reader.tui.marks_thread import FollowedMarks


class ReaderApp(AppWithoutTraceback, inherit_bindings=False):
    """Shows a library on one screen, ReaderScreen."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    TITLE = "rilo-reader"

    _has_themes = False
    """Whether our themes are registered. Before, nobody sees the colours of Textual's default."""

    # Leaving must work whatever stands on top, so the keys of `quit` that type nothing are here.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", id="leave", show=False, priority=True)
    ]

    def __init__(
        self,
        library: Library,
        config: Config,
        environment: Environment | None = None,
    ) -> None:
        """Create the app.

        Args:
            library: what to show.
            config: the settings.
            environment: the user's folders, and the processes beside the reader.
        """
        # Before Textual, which removes NO_COLOR from the environment, and obeys an empty one.
        theme = theme_for(os.environ, config.theme)
        no_colour = bool(os.environ.get("NO_COLOR"))
        if not no_colour:
            os.environ.pop("NO_COLOR", None)
        # With the terminal's own colours, Textual does not add its filter to greys.
        super().__init__(forgiving_driver(), ansi_color=True if no_colour else None)
        self._control_filter = ControlFilter()
        self._size_check = SizeCheck(self)
        environment = environment or Environment()
        self._key_order = KeyOrder(
            self,
            super().on_event,
            lambda: self.focused or self.screen,
            lambda: self._reader.awaits_answer,
            longest_hold=environment.delays.frame,
        )
        for ours in our_themes():
            self.register_theme(ours)
        self._has_themes = True
        keys = effective_keys(config.keys)
        self._bound = frozenset(key for bound in keys.values() for key in bound)
        leave = [key for key in keys["quit"] if "+" in key]
        self.set_keymap({**keymap(config.keys), "leave": ",".join(leave) or "<leave>"})
        self._reader = ReaderScreen(library, config, environment)
        self._reader.tasks.keys_ahead = lambda: self._key_order.waiting
        self._reader.frame_waits = lambda: self._key_order.holds_frame
        if self.theme == theme:
            self.refresh_css()  # as Textual does for another theme
        self.theme = theme

    def get_default_screen(self) -> ReaderScreen:
        """The one screen that is always there."""
        return self._reader

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The page's colours, from whatever theme is on."""
        return page_variables(self.current_theme)

    def get_css_variables(self) -> dict[str, str]:
        """The variables of the theme that is on; none before there is a choice of themes."""
        return super().get_css_variables() if self._has_themes else {}

    def refresh_css(self, animate: bool = True) -> None:
        """Before there is a screen a theme only sets the colours: styles are parsed but once."""
        if self._reader.is_attached:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters, then the backstop against control characters."""
        return [*super().get_line_filters(), self._control_filter]

    async def on_event(self, event: events.Event) -> None:
        """Deliver keys and pastes in order, each after the previous one has had its effect."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            for key in (
                without_alt(event, self._bound) if isinstance(event, events.Key) else (event,)
            ):
                await self._key_order.add(key)
            self._reader.tasks.keys_came()
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Leave at SIGTERM and SIGHUP, so that the terminal is restored."""
        leave_at_signals(partial(self.call_later, self.action_leave))

    def on_resize(self) -> None:
        """Check the size once it no longer changes."""
        self._size_check.soon()

    async def action_leave(self) -> None:
        """Save everything, and exit."""
        await self._reader.leave()


def reader_of(library: Library, config: Config, environment: Environment) -> ReaderApp:
    """Return the app over a library, with an indexer, a collector, and what follows its marks.

    Args:
        library: open; the caller closes it.
        config: the settings.
        environment: the user's folders and notices; the processes are added.
    """

    def indexer() -> Indexer:
        from rilo_reader.tui.children import ChildIndexer, indexer_command

        return ChildIndexer(indexer_command(library.folder))

    def collector() -> Collector:
        from rilo_reader.tui.children import ChildCollector

        # The user's own library needs no name, and is created if it does not exist.
        return ChildCollector(None if environment.collects_into else library.folder)

    def marks() -> FollowedMarks:
        from rilo_reader.store.gestures import wall_clock
        from rilo_reader.tui.marks_thread import MarksThread

        return MarksThread(library.state_file, environment.delays, wall_clock)

    return ReaderApp(
        library,
        config,
        environment._replace(
            marks=marks,
            indexer=indexer,
            collector=collector,
            collects_into=environment.collects_into or library.folder,
            notices=(*environment.notices, theme_problem(config.theme)),
        ),
    )


def run(app: ReaderApp, end_program: EndProgram) -> int:
    """Run the app until the user leaves.

    Threads and child processes may still be running when this returns. Keep a reference to `app`
    until the program ends: asyncio kills child processes that nothing refers to.

    Args:
        app: what to run.
        end_program: called in a thread if an error has left the app unable to exit.

    Returns:
        The exit code; REOPEN if the user's own library has articles now, and is to be opened in
        place of the guide.

    Raises:
        Exception: an unexpected error, once the terminal is restored.
    """
    # asyncio would log a line into the user's shell for each child that ends after the loop.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with failing_threads(app.call_later, end_program, is_lost_terminal):
        app.run()
    if app.error is not None:
        raise app.error
    return app.return_code or 0
