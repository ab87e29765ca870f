"""Keys one after the other: each is done with before the next one is looked at."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic

from textual import events
from textual.dom import DOMNode

PATIENCE = 1.0
"""Seconds after which a key that was lost on its way no longer holds up the next one."""

FRAME_HELD = 0.04
"""Seconds that the screen waits for the effect of keys before it is painted without."""

Deliver = Callable[[events.Event], Awaitable[None]]


class KeyOrder:
    """Holds keys back until those before them had their effect.

    Textual sends a key to what has the focus when it arrives, and handles it later. In a burst such
    as "/ivory", from a fast typist or over a slow line, the letters would still go to the list and
    run commands. So a key is delivered, followed up the tree as it bubbles, twice (the second time
    for the messages it caused), and only then the next one is delivered.

    So it also knows when a key has had its effect: the screen is painted then, once, instead of
    first with the letter, then with the rows, then with the article. What comes from a thread is
    waited for as well, as long as nobody notices.
    """

    def __init__(
        self,
        app: DOMNode,
        deliver: Deliver,
        top: Callable[[], DOMNode],
        awaits: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make an empty queue.

        Args:
            app: the root of the tree.
            deliver: what Textual does with a key.
            top: what gets the next key: the focused widget, or the screen.
            awaits: whether a part of the last key's effect is still to come from a thread.
        """
        self._app = app
        self._deliver = deliver
        self._top = top
        self._awaits = awaits
        self._held_since: float | None = None
        self._at_the_latest: asyncio.TimerHandle | None = None
        self._waiting: deque[events.Event] = deque()
        self._since: float | None = None

    @property
    def holds_frame(self) -> bool:
        """Whether a frame now would show half of what a key does; never for longer than a blink."""
        if self._held_since is None or monotonic() - self._held_since >= FRAME_HELD:
            return False
        return self._is_at_it

    @property
    def ahead(self) -> list[str]:
        """The keys that came and are not delivered yet."""
        return [event.key for event in self._waiting if isinstance(event, events.Key)]

    @property
    def _is_at_it(self) -> bool:
        return self._since is not None or self._awaits()

    async def add(self, event: events.Event) -> None:
        """Deliver a key, or keep it until its turn comes."""
        if self._held_since is None or not self._is_at_it:
            self._hold()
        self._waiting.append(event)
        if self._since is None or monotonic() - self._since > PATIENCE:
            await self._next()

    async def _next(self) -> None:
        self._since = None
        if self._waiting:
            self._since = monotonic()
            target = self._top()
            await self._deliver(self._waiting.popleft())
            self._follow(target, target, again=True)
        else:
            if not self._awaits():
                self._let_go()
            self._paint()

    def _hold(self) -> None:
        self._let_go()
        self._held_since = monotonic()
        loop = asyncio.get_running_loop()
        self._at_the_latest = loop.call_later(FRAME_HELD, self._paint)

    def _let_go(self) -> None:
        self._held_since = None
        if self._at_the_latest is not None:
            self._at_the_latest.cancel()

    def _paint(self) -> None:
        """Let the screen see that there is nothing else to do."""
        self._app.screen.check_idle()

    def _follow(self, node: DOMNode, target: DOMNode, *, again: bool) -> None:
        """Go one step up behind the key: queues are in order, so it has been there."""

        async def passed() -> None:
            parent = node.parent
            if parent is not None and node is not self._app:
                self._follow(parent, target, again=again)
            elif again:
                self._follow(target, target, again=False)
            # A room that was just opened is ready once it answers.
            elif not self._top().call_later(self._next):
                await self._next()

        if not node.call_later(passed):
            # It is going away, and with it whatever the key did there.
            self._app.call_later(self._next)


# When the screen is painted: at once for a key, at most sixty times a second for all else.


PERIOD = 1 / 60
"""Seconds from one frame to the next one that nobody waits for."""

Schedule = Callable[[Callable[[], None]], object]
"""Runs something in the screen's own turn."""


class FrameClock:
    """Stands in the place of the timer by which Textual paints a screen.

    That timer ticks by the clock. It passes over a tick that it is late for and the one behind it,
    so that whoever asks for a frame soon after another waits for 17 to 33 ms with nothing to do.
    """

    def __init__(self, paint: Callable[[], None], schedule: Schedule) -> None:
        """Make it.

        Args:
            paint: paints what has changed.
            schedule: runs that in the screen's own turn.
        """
        self._paint = paint
        self._schedule = schedule
        self._painted_at = 0.0
        self._is_key = False
        self._is_asked = False
        self._handle: asyncio.TimerHandle | None = None

    def key_came(self) -> None:
        """Somebody waits for the next frame: it comes as soon as it is asked for."""
        self._is_key = True

    def resume(self) -> None:
        """Ask for a frame, as Textual does when there is something to paint."""
        now, at = monotonic(), self._painted_at + PERIOD
        if self._is_key or at <= now:
            self._forget()
            if not self._is_asked:
                self._is_asked = True
                self._schedule(self._frame)
        elif self._handle is None and not self._is_asked:
            self._handle = asyncio.get_running_loop().call_later(at - now, self.resume)

    def pause(self) -> None:
        """Textual paints: whatever was asked for is in this frame."""
        self._is_key = False
        self._painted_at = monotonic()
        self.stand_back()

    def stand_back(self) -> None:
        """Nothing is painted now: whoever holds the frame back asks for it again."""
        self._is_asked = False
        self._forget()

    def _forget(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _frame(self) -> None:
        # Painted meanwhile, since Textual paints at once where the size changes.
        if self._is_asked:
            self._paint()
