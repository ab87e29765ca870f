"""Keys one after the other: each is done with before the next one is looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic

from textual import events
from textual.dom import DOMNode

PATIENCE = 0.3
"""Seconds after which a key that was lost on its way no longer holds up the next one."""

Deliver = Callable[[events.Event], Awaitable[None]]


class KeyOrder:
    """Holds keys back until those before them had their effect.

    Textual sends a key to what has the focus when it arrives, and handles it later. In a burst such
    as "/ivory", from a fast typist or over a slow line, the letters would still go to the list and
    run commands. So a key is delivered, followed up the tree as it bubbles, twice (the second time
    for the messages it caused), and only then the next one is delivered.
    """

    def __init__(self, app: DOMNode, deliver: Deliver, top: Callable[[], DOMNode]) -> None:
        """Make an empty queue.

        Args:
            app: the root of the tree.
            deliver: what Textual does with a key.
            top: what gets the next key: the focused widget, or the screen.
        """
        self._app = app
        self._deliver = deliver
        self._top = top
        self._waiting: deque[events.Event] = deque()
        self._since: float | None = None

    async def add(self, event: events.Event) -> None:
        """Deliver a key, or keep it until its turn comes."""
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
