"""The application: themes, keys and signals around the reader's screen."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Offset, Size
from textual.scrollbar import ScrollBar
from textual.timer import Timer

from rilo_reader.config import Config
from rilo_reader.config.all_settings import keys_by_command
from rilo_reader.library import Library
from rilo_reader.text import clean_text
from rilo_reader.tui.environment import Environment, make_indexer
from rilo_reader.tui.keys import KeyQueue, make_keymap, split_alt
from rilo_reader.tui.reader.screen import ReaderScreen
from rilo_reader.tui.shutdown import (
    EndProgram,
    PluginWatch,
    end_on_thread_error,
    leave_at_signals,
)
from rilo_reader.tui.textual_patches import ErrorKeepingMixin, make_driver_class
from rilo_reader.tui.themes import choose_theme, read_bundled_themes, read_own_themes, theme_problem
from rilo_reader.tui.themes.colours import page_variables
from rilo_reader.tui.widgets.divider import RuleBar
from rilo_reader.tui.widgets.page_view import Layer

if TYPE_CHECKING:
    from textual.driver import Driver


class ControlFilter(LineFilter):
    """Drops control characters from segments: text is cleaned where it comes in, and here again.

    A character that was given a cell is replaced by a space, so that no line shifts. What layers
    of the article draw privately stays: `clean_text` drops it from all text that comes in.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        super().__init__()
        self._private = [layer.raw_sequences for layer in layers if layer.raw_sequences]

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters."""
        for text, _, control in segments:
            if not (control or text.isprintable()):
                return [self._clean_segment(segment) for segment in segments]
        return segments  # most lines have none

    def _clean_segment(self, segment: Segment) -> Segment:
        if segment.control or any(each.fullmatch(segment.text) for each in self._private):
            return segment
        text = clean_text(segment.text).replace("\t", "").replace("\n", "")
        missing = segment.cell_length - Segment(text).cell_length
        return Segment(text + " " * max(0, missing), segment.style)


SIZE_SETTLES = 0.2  # seconds without another size before the size is checked


class ReaderApp(ErrorKeepingMixin, App[None], inherit_bindings=False):
    """Shows a library on one screen, ReaderScreen."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    TITLE = "rilo-reader"

    _has_themes = False
    """Whether our themes are registered. Before, nobody sees the colours of Textual's default."""

    # The keys of `quit` that type nothing, where the settings have some, leave from any panel.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("<leave>", "leave", id="leave", show=False, priority=True)
    ]

    def __init__(self, library: Library, config: Config, environment: Environment) -> None:
        # Before Textual, which removes NO_COLOR from the environment, and obeys an empty one.
        self._variables, self._is_light = dict(os.environ), environment.is_light
        self.plugin_watch = PluginWatch(lambda: self._key_order.waiting_keys)
        self._own_themes, faults = read_own_themes(environment.paths.themes_folder)
        theme = self._theme_for(config)
        faults = (theme_problem(config.theme, self._own_themes), *faults)
        environment = environment._replace(notices=(*environment.notices, *faults))
        no_colour = bool(os.environ.get("NO_COLOR"))
        if not no_colour:
            os.environ.pop("NO_COLOR", None)
        # With the terminal's own colours, Textual does not add its filter to greys.
        super().__init__(
            self._make_driver_class(environment), ansi_color=True if no_colour else None
        )
        ScrollBar.renderer = RuleBar  # where Textual has apps choose theirs
        self._size_timer: Timer | None = None
        self._has_checked_size = False
        self._key_order = KeyQueue(
            self,
            super().on_event,
            lambda: self.focused or self.screen,
            lambda: self._reader.awaits_answer,
            longest_hold=environment.delays.frame,
        )
        for each in (*read_bundled_themes(), *self._own_themes.values()):
            self.register_theme(each)
        self._has_themes = True
        self._bind_keys(config)
        self._reader = ReaderScreen(library, config, environment)
        self._control_filter = ControlFilter(self._reader.widgets.view.page_layers)
        self._reader.tasks.keys_ahead = lambda: self._key_order.waiting_keys
        self._reader.app_settings_changed = self._use_settings
        self._reader.frame_waits = self._key_order.holds_frame
        if self.theme == theme:
            self.refresh_css()  # as Textual does for another theme
        self.theme = theme

    def _make_driver_class(self, environment: Environment) -> type[Driver] | None:
        if environment.in_browser:
            return None  # Textual uses the one that $TEXTUAL_DRIVER names

        def on_made(driver: Driver) -> None:
            self._reader.write_to_terminal = driver.write

        def rewrite_frame(frame: str) -> str:
            for layer in self._reader.widgets.view.page_layers:
                frame = layer.rewrite_frame(frame)
            return frame

        return make_driver_class(
            environment.typed_ahead, on_made, rewrite_frame, self.plugin_watch.note_key
        )

    def _bind_keys(self, config: Config) -> None:
        keys = keys_by_command(config)
        self._bound_keys = frozenset(key for bound in keys.values() for key in bound)
        leave = [key for key in keys["quit"] if "+" in key]
        self.set_keymap({**make_keymap(config.keys), "leave": ",".join(leave) or "<leave>"})

    def _use_settings(self, config: Config) -> None:
        self._bind_keys(config)
        self.theme = self._theme_for(config)

    def _theme_for(self, config: Config) -> str:
        own, is_light = self._own_themes, self._is_light
        return choose_theme(self._variables, config.theme, is_light=is_light, own=own)

    @property
    def cursor_position(self) -> Offset:
        """The position of the terminal's own cursor behind each frame; screen readers follow it.

        It is on the selected row, or on the current line. Textual hides it, and has boxes set it
        for the input of Chinese and Japanese.
        """
        focused = self.focused
        shown = [focused] if focused is not None else self.screen.query("EntryList")
        for widget in shown:
            if widget.display and (place := getattr(widget, "reading_offset", None)) is not None:
                return cast("Offset", place)
        return self._cursor_of_box

    @cursor_position.setter
    def cursor_position(self, position: Offset) -> None:
        self._cursor_of_box = position

    @property
    def last_message(self) -> str:
        """The message in the last line, "" without one."""
        return self._reader.widgets.bottom.message

    def get_default_screen(self) -> ReaderScreen:
        """Return the screen that is always there."""
        return self._reader

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the page's colours in the present theme."""
        return page_variables(self.current_theme)

    def get_css_variables(self) -> dict[str, str]:
        """Return the variables of the present theme; none before there is a choice of themes."""
        return super().get_css_variables() if self._has_themes else {}

    def refresh_css(self, animate: bool = True) -> None:
        """Only set the colours before there is a screen, so that styles are parsed once."""
        if self._reader.is_attached:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's own filters, then the backstop against control characters."""
        return [*super().get_line_filters(), self._control_filter]

    async def on_event(self, event: events.Event) -> None:
        """Deliver keys and pastes in order, each after the previous one has had its effect."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.plugin_watch.keys_taken += isinstance(event, events.Key)
            keys = split_alt(event, self._bound_keys) if isinstance(event, events.Key) else (event,)
            for key in keys:
                await self._key_order.add(key)
            self._reader.tasks.on_keys_queued()
        else:
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Run the user's own command that has a key, before Textual looks for a binding."""
        if self.screen is self._reader and self._reader.run_own_key(event.key):
            event.prevent_default()

    def on_mount(self) -> None:
        """Leave at SIGTERM and SIGHUP, so that the terminal is restored."""
        leave_at_signals(partial(self.call_later, self.action_leave))

    def on_resize(self) -> None:
        """Check the size once it has not changed for SIZE_SETTLES seconds."""
        if self._size_timer is not None:
            self._size_timer.stop()
        if not (self.is_headless or self.is_web):
            self._size_timer = self.set_timer(SIZE_SETTLES, self._check_size)

    def _check_size(self) -> None:
        """Repaint after the size of the terminal has changed several times.

        Textual reads the size in the signal handler. If one signal interrupts the handling of
        another, the older size is reported last, and the screen would stay laid out for it. A
        terminal that shrinks and grows again at once loses what was beyond its edge, although its
        size is the one that Textual painted for.
        """
        size = Size(*shutil.get_terminal_size(self.size))
        if size != self.size:
            self.post_message(events.Resize(size, size))
        elif self._has_checked_size:  # nothing is lost at the start, when a slow line is busy
            self.refresh()
        self._has_checked_size = True

    async def action_leave(self) -> None:
        """Save everything, and exit."""
        await self._reader.leave()


def make_app(library: Library, config: Config, environment: Environment) -> ReaderApp:
    """Return the app over an open library, with the processes and the thread beside it."""
    return ReaderApp(
        library,
        config,
        environment._replace(
            follows=True,
            indexer=partial(make_indexer, library.folder),
        ),
    )


def run(app: ReaderApp, end_program: EndProgram) -> int:
    """Run the app until the user leaves; return the exit code.

    Threads and child processes may still be running when this returns. Keep a reference to `app`
    until the program ends: asyncio kills child processes that nothing refers to. `end_program` is
    called in a thread if an error has left the app unable to exit. The code is REOPEN if the user's
    own library is to be opened in place of the guide, and GUIDE the other way round. Raises what
    the app did not expect, once the terminal is restored.
    """
    # asyncio would log a line into the user's shell for each child that ends after the loop.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    watching = app.plugin_watch.watch_loop(end_program)
    with end_on_thread_error(app.call_later, end_program), watching:
        app.run()
    if app.error is not None:
        raise app.error
    return app.return_code or 0
