"""The application people see: wiring of themes, keys, signals and the reader's screen."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.worker import WorkerFailed

from rilo_reader.commands import effective_keys
from rilo_reader.config import Config
from rilo_reader.library import Library
from rilo_reader.tui.children import Environment
from rilo_reader.tui.failures import GiveUp, failing_threads
from rilo_reader.tui.keys import keymap, meant
from rilo_reader.tui.reader.screen import ReaderScreen
from rilo_reader.tui.sanitizer import ControlFilter
from rilo_reader.tui.signals import SizeCheck, is_lost_terminal, leave_when_told
from rilo_reader.tui.terminal_input import forgiving_driver
from rilo_reader.tui.textual_patches import KeyOrder
from rilo_reader.tui.themes import our_themes, page_variables, theme_for, theme_problem

if TYPE_CHECKING:
    from rilo_reader.tui.children import Collector, Indexer

GIVES_WAY = 0.0005
"""Seconds after which a thread that works gives the interpreter to another that waits."""


class ReaderApp(App[None], inherit_bindings=False):
    """Shows a library. All there is to do is done by ReaderScreen."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    TITLE = "rilo-reader"

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
        """Make the app.

        Args:
            library: what to show.
            config: the settings.
            environment: where the user's things are, and the processes beside the reader.
        """
        # Before Textual looks at the environment: it takes NO_COLOR out, and counts an empty one.
        theme = theme_for(os.environ, config.theme)
        no_colour = bool(os.environ.get("NO_COLOR"))
        if not no_colour:
            os.environ.pop("NO_COLOR", None)
        # With the terminal's own colours Textual leaves out its filter to greys.
        super().__init__(forgiving_driver(), ansi_color=True if no_colour else None)
        self._control_filter = ControlFilter()
        self._size_check = SizeCheck(self)
        self._key_order = KeyOrder(
            self,
            super().on_event,
            lambda: self.focused or self.screen,
            lambda: self._reader.awaits_answer,
        )
        for ours in our_themes():
            self.register_theme(ours)
        self.theme = theme
        keys = effective_keys(config.keys)
        self._bound = frozenset(key for bound in keys.values() for key in bound)
        leave = [key for key in keys["quit"] if "+" in key]
        self.set_keymap({**keymap(config.keys), "leave": ",".join(leave) or "<leave>"})
        self._reader = ReaderScreen(library, config, environment or Environment())
        self._reader.tasks.keys_ahead = lambda: self._key_order.ahead
        self._reader.frame_waits = lambda: self._key_order.holds_frame

    def get_default_screen(self) -> ReaderScreen:
        """The one screen that is always there."""
        return self._reader

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The page's colours, from whatever theme is on."""
        return page_variables(self.current_theme)

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
        """Keys and pastes go through the queue that keeps them in order."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._reader.frames.key_came()
            came = meant(event, self._bound) if isinstance(event, events.Key) else (event,)
            for each in came:
                await self._key_order.add(each)
            self._reader.tasks.keys_came()
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Leave in good order when the system asks: the terminal must be given back."""
        leave_when_told(partial(self.call_later, self.action_leave))

    def on_resize(self) -> None:
        """Another size, and perhaps not yet the last."""
        self._size_check.soon()

    async def action_leave(self) -> None:
        """Keep everything and end."""
        await self._reader.leave()

    @property
    def unforeseen(self) -> Exception | None:
        """The exception that ended the app, as whoever runs it wants it: itself."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error  # type: ignore[return-value]

    def _fatal_error(self) -> None:
        # Textual would print a traceback over the user's shell; `run` raises the error instead.
        self._close_messages_no_wait()


def reader_of(library: Library, config: Config, environment: Environment) -> ReaderApp:
    """The app over a library.

    Args:
        library: open; it is not closed here.
        config: the settings.
        environment: where the user's things are, and what to say at the start; the processes
            that are missing are added.
    """

    def indexer() -> Indexer:
        from rilo_reader.tui.children import ChildIndexer

        return ChildIndexer(library.folder)

    def collector() -> Collector:
        from rilo_reader.tui.children import ChildCollector

        # The user's own place needs no name, and is made where it is not there yet.
        return ChildCollector(None if environment.collects_into else library.folder)

    notices = (*environment.notices, theme_problem(config.theme))
    return ReaderApp(
        library,
        config,
        environment._replace(
            indexer=indexer,
            collector=collector,
            collects_into=environment.collects_into or library.folder,
            notices=notices,
        ),
    )


def run(app: ReaderApp, give_up: GiveUp) -> int:
    """Show a library until somebody leaves.

    Threads and children that were started may still be at work when this returns: `app` must stay
    until the program ends, since asyncio kills the children of what nobody refers to any more.

    Args:
        app: what to run.
        give_up: called, in a thread, where an error has left the app unable to end.

    Returns:
        The exit code; REOPEN where the guide has done its work and the user's own folder is to be
        opened.

    Raises:
        Exception: whatever was not foreseen, as itself, once the terminal is restored.
    """
    # What runs beside the screen gives way to it at once: each time Textual looks for keys it would
    # else wait 5 ms for the interpreter.
    sys.setswitchinterval(GIVES_WAY)
    # It would write a line into the user's shell for each child that ends after the loop.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with failing_threads(app.call_later, give_up, is_lost_terminal):
        app.run()
    if app.unforeseen is not None:
        raise app.unforeseen
    return app.return_code or 0
