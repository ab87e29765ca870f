"""All that relies on private names of Textual (8.2.8), each with its reason and when it can go."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable
from select import select
from threading import Event
from typing import Any, cast

from textual import constants
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.events import Key
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.worker import WorkerFailed

from rilo_reader.third_parties import blame_plugin, failures
from rilo_reader.tui.terminal_queries import ANSWER, PART

SEQUENCE_ENDS = constants.ESCAPE_DELAY + 0.01  # s until nothing belongs to an escape any more
ESC = "\x1b"
_NO_SEQUENCE = re.compile("\x1b(?=[ !-/:-@`{-~])")  # a blank and signs, but for []^_\\
LAST_READS = 256  # of 4 kB each, once it is to end; somebody may paste without an end


def make_driver_class(
    typed: str,
    made: Callable[[Driver], object],
    sent: Callable[[str], str],
    read: Callable[[], object],
) -> type[Driver] | None:
    """Return a driver that loses no key and reads bytes which are not UTF-8 as U+FFFD.

    None to use Textual's own. `made` is called with it: its public `write` sends pictures in the
    order of the frames, which Textual offers no other way to do. `sent` returns what is written.
    `read` is called in its thread for each key.

    It begins with what was `typed` already, and leaves out late answers to `background.asking`,
    which Textual would take for keys. That can go once it asks for the background itself.

    Textual's driver decodes input as strict UTF-8, and ends the app with exit code 0 if reading
    fails. It drops what is typed while an editor is being started: it has stopped reading then, and
    empties the terminal .1 s later. So the thread that reads is ours. It can go once Textual
    decodes with `errors="replace"`, passes errors on and reads to the end: the tests in
    tests/terminal/test_input.py then pass without it.

    Textual's begins to read once more whenever the process is continued, also where it had not
    left the terminal (`kill -STOP`): two threads then share the keys, and some are lost.
    """
    try:
        from textual.drivers import linux_driver
    except ImportError:  # Windows, whose driver gets characters and not bytes
        return None

    class ForgivingDriver(linux_driver.LinuxDriver):
        """Raises errors of the input thread in the app, which then ends as at any other error."""

        exit_event: PipedEvent

        def __init__(
            self,
            app: App[Any],
            *,
            debug: bool = False,
            mouse: bool = True,
            size: tuple[int, int] | None = None,
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            self._reports_to = app
            self.exit_event = PipedEvent()
            # Kept while an editor has the terminal: an escape may wait here for what follows it.
            self._keys, self._parser = KeyDecoder(typed), XTermParser(debug)
            made(self)

        def write(self, data: str) -> None:
            super().write(sent(data))

        def _sigcont_application(self, *_: object) -> None:
            if self._must_signal_resume:  # the terminal was left at ctrl+z
                super()._sigcont_application()
            else:
                self._reports_to.call_later(self._reports_to.refresh)

        def run_input_thread(self) -> None:
            """Read until the driver is stopped, and then what has come by then."""
            try:
                _read_on(self._read, self.exit_event)
            except Exception as error:
                self._reports_to.call_later(_raise_error, error)

        def _read(self, seconds: float | None) -> bool:
            """Wait for bytes, or the end, and read them; return False if none came."""
            ready = select([self.fileno, self.exit_event], [], [], seconds)[0]
            data = os.read(self.fileno, 4096) if self.fileno in ready else b""
            text = self._keys.decode(data)
            for message in (*(self._parser.feed(text) if text else ()), *self._parser.tick()):
                self._keys.observe_message(message)
                if isinstance(message, Key):
                    read()
                self.process_message(message)
            return bool(data)

    return ForgivingDriver


def _read_on(read: Callable[[float | None], bool], end: Event) -> None:
    has_come = True  # what was typed before, too
    while not end.is_set():
        has_come = read(SEQUENCE_ENDS if has_come else None)
    for _ in range(LAST_READS):
        if not read(0):
            break


class PipedEvent(Event):
    """An event that `select` can wait for, so that nobody looks ten times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._out, self._into = os.pipe()

    def fileno(self) -> int:
        """Return the descriptor that can be read while it is set."""
        return self._out

    def set(self) -> None:
        """Set it, once."""
        super().set()
        os.write(self._into, b"x")

    def clear(self) -> None:
        """Clear it, after it was set."""
        os.read(self._out, 1)
        super().clear()


class KeyDecoder:
    """Decodes what is typed, without answers to `background.asking`; begins with what was typed.

    Textual drops an escape with a sign right behind it (`escape`, `/`), which no sequence begins
    with; one with a letter it calls alt. Two escapes are one that is a key, and that other one.
    """

    def __init__(self, typed: str = "") -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._incomplete = typed
        self._waits = False  # whether an escape is the last that was decoded, and no key yet

    def decode(self, data: bytes) -> str:
        """Decode bytes; the beginning of an answer waits for its rest."""
        text = ANSWER.sub("", self._incomplete + self._decode(data))
        part = PART.search(text)
        self._incomplete = part[0] if part else ""
        text = text.removesuffix(self._incomplete)
        if text:
            before, self._waits = ESC * self._waits, text.endswith(ESC)
            text = _NO_SEQUENCE.sub(ESC + ESC, before + text).removeprefix(before)
        return text

    def observe_message(self, message: Message) -> None:
        """Hear what came of it: an escape that is a key has nothing to do with what follows."""
        if isinstance(message, Key) and message.key == "escape":
            self._waits = False


def _raise_error(error: Exception) -> None:
    raise error


# Named before Textual's class by what derives from both: a class of Textual's own takes 1.2 to 2 of
# the 1,300 million instructions of a launch.


class ErrorKeepingMixin:
    """An app that keeps the error that ended it, for the caller of `run`.

    Textual prints a traceback with local variables, which may hold what the user reads, over the
    user's shell. This can go once `App.run` can raise the error instead.
    """

    @property
    def error(self) -> Exception | None:
        """The exception that ended the app; that of a worker is the one raised in it."""
        error = cast("App[None]", self)._exception
        return error.error if isinstance(error, WorkerFailed) else error  # type: ignore[return-value]

    def _handle_exception(self, error: Exception) -> None:
        """Go on where a plugin failed: in a worker or timer, or in its panel, which is left.

        Textual ends at every error, and offers no place to say otherwise; this can go once it does.
        """
        app = cast("App[None]", self)
        of_worker = isinstance(error, WorkerFailed)
        line = blame_plugin(error.error if isinstance(error, WorkerFailed) else error)
        in_panel = isinstance(app.screen, ModalScreen)
        if not line or not (of_worker or in_panel):
            super()._handle_exception(error)  # type: ignore[misc]  # Textual's
            return
        failures().record(line)
        if in_panel and not of_worker:
            app.screen.dismiss()

    def _fatal_error(self) -> None:
        cast("App[None]", self)._close_messages_no_wait()


class EarlySizeMixin:
    """A ScrollView that calls `handle_size` as soon as it has a size, before it is painted.

    Textual posts a Resize message, which is handled after the widget was painted: a launch would
    take 34 of 300 ms longer, and miss its floor. This can go once a launch without it meets 1.6
    times a minimal app (`python -m benchmarks launch`).
    """

    def handle_size(self) -> None:
        """Handle that the widget has a size, perhaps the same as before."""

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        changed = cast("ScrollView", super())._size_updated(
            size, virtual_size, container_size, layout
        )
        self.handle_size()
        return changed
