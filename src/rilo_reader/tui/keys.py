"""Keys: the commands as bindings and keymap, keys of panels, and typed-ahead keys in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Container, Mapping
from time import monotonic
from typing import NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.events import Key

from rilo_reader.commands import all_commands, effective_keys

Handler = Callable[[], object]  # what a command or a key does; awaited where it is a coroutine


class PanelKey(NamedTuple):
    """A key of a panel: what it does with the current entry, or with the whole list."""

    keys: str  # in Textual's names, separated by commas
    hint: str  # the key and a word for the last line, such as "d remove"; "" is not shown
    handler: Handler
    closes: bool = False  # whether the panel is left before that


def action_of(command: str) -> str:
    """Return Textual's action for a command, an action of ReaderScreen."""
    return f"command({command!r})"


def make_bindings() -> list[BindingType]:
    """Return a binding for each command, with its default keys and its id.

    Commands without keys are included, so that a keymap can bind them.
    """
    return [
        Binding(
            _join_keys(command.keys, command.id),
            action_of(command.id),
            command.title,
            show=False,
            tooltip=command.help,
            id=command.id,
        )
        for command in all_commands()
    ]


def make_keymap(keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the argument of App.set_keymap: command id -> keys, where not the default."""
    now = effective_keys(keys)
    return {
        command.id: _join_keys(now[command.id], command.id)
        for command in all_commands()
        if now[command.id] != command.keys
    }


def _join_keys(keys: tuple[str, ...], command: str) -> str:
    # Textual would keep the default keys for an empty entry; this key does not exist.
    return ",".join(keys) or f"<{command}>"


def split_alt(event: Key, bound: Container[str]) -> tuple[Key, ...]:
    """Split `alt+q`, which is how terminals report a q typed right after escape, into both keys.

    No default key uses alt with a letter or digit, so both would be lost. Keys that are bound stay.
    """
    letter = event.character or ""
    if not event.key.startswith("alt+") or event.key in bound or not letter.isalnum():
        return (event,)
    return (Key("escape", "\x1b"), Key(letter, letter))


# Textual drops keys sent to a widget that is being removed. They are given up after some ticks, and
# not after some time: a process that was stopped, or is busy, has lost nothing.
LOST_KEY_TICKS, TICK = 10, 0.1

Deliver = Callable[[events.Event], Awaitable[None]]


class KeyQueue:
    """A queue of keys and pastes, delivered one at a time.

    A delivered key is followed up the tree as it bubbles, twice: the second time for the messages
    that it caused. Since each node handles its messages in order, the key has had its effect by
    then. Only public methods of Textual are used.

    So the screen is painted once for each key, instead of first with the letter, then with the
    rows, then with the article. Results that come from a thread are waited for as well, for
    `longest_hold` seconds.
    """

    _is_delivered = False  # whether a key is that is not done yet
    _held_since: float | None = None
    _hold_ends: asyncio.TimerHandle | None = None
    _give_up_timer: asyncio.TimerHandle | None = None

    def __init__(
        self,
        app: DOMNode,
        deliver: Deliver,  # Textual's own handling of a key
        receiver: Callable[[], DOMNode],  # what gets the next key: focused widget, or screen
        awaits_result: Callable[[], bool],  # whether a thread works on an effect of the last key
        longest_hold: float,  # seconds that a frame waits for the effect of a key
    ) -> None:
        self.app, self.deliver, self.receiver = app, deliver, receiver
        self.awaits_result, self.longest_hold = awaits_result, longest_hold
        self._queue: deque[events.Event] = deque()

    def holds_frame(self) -> bool:
        """Return whether a frame now would show half of what a key does."""
        if self._held_since is None or monotonic() - self._held_since >= self.longest_hold:
            return False
        return self._is_busy

    @property
    def waiting_keys(self) -> list[str]:
        """The keys that are not delivered yet."""
        return [event.key for event in self._queue if isinstance(event, events.Key)]

    @property
    def _is_busy(self) -> bool:
        return self._is_delivered or self.awaits_result()

    async def add(self, event: events.Event) -> None:
        """Deliver a key, or queue it until those before it are done."""
        if self._held_since is None or not self._is_busy:
            self._release_frame()
            self._held_since = monotonic()
            loop = asyncio.get_running_loop()
            self._hold_ends = loop.call_later(self.longest_hold, self._check_paint)
        self._queue.append(event)
        if not self._is_delivered:
            await self._deliver_next()

    def _wait_for_effect(self, ticks: int) -> None:
        """Wait for the effect of the key some ticks longer, then give it up."""
        if ticks:
            loop = asyncio.get_running_loop()
            self._give_up_timer = loop.call_later(TICK, self._wait_for_effect, ticks - 1)
        else:
            self.app.call_later(self._deliver_next)

    async def _deliver_next(self) -> None:
        self._is_delivered = False
        if self._give_up_timer is not None:
            self._give_up_timer.cancel()
        if self._queue:
            self._is_delivered = True
            self._wait_for_effect(LOST_KEY_TICKS)
            receiver = self.receiver()
            await self.deliver(self._queue.popleft())
            self._follow_key(receiver, receiver, again=True)
        else:
            if not self.awaits_result():
                self._release_frame()
            self._check_paint()

    def _release_frame(self) -> None:
        self._held_since = None
        if self._hold_ends is not None:
            self._hold_ends.cancel()

    def _check_paint(self) -> None:
        """Ask the screen to paint, if there is something to paint."""
        self.app.screen.check_idle()

    def _follow_key(self, node: DOMNode, receiver: DOMNode, *, again: bool) -> None:
        """Wait until `node` has handled the key, then go on to its parent."""

        async def go_on() -> None:
            parent = node.parent
            if parent is not None and node is not self.app:
                self._follow_key(parent, receiver, again=again)
            elif again:
                self._follow_key(receiver, receiver, again=False)
            # A screen that was just pushed is ready once it answers.
            elif not self.receiver().call_later(self._deliver_next):
                await self._deliver_next()

        if not node.call_later(go_on):
            # The node is being removed, and the effect of the key on it with it.
            self.app.call_later(self._deliver_next)
