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
