"""Plans of many feeds carried out together, so that the disk is waited for once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rilo_reader.feeds.article_writer import Marks, Saved, Written
    from rilo_reader.feeds.feed_records import Keeps
    from rilo_reader.feeds.plan import Plan

SAVED_TOGETHER = 64
"""Plans that are carried out in one go: the disk is waited for once for all of them."""

GATHERED_SECONDS = 0.05
"""That are waited for more plans where many come: each group waits for the disk four times."""

SAVERS = 2
"""Groups that are carried out at one time: one is written while another is decided and noted."""


class WriteBatcher:
    """Gathers plans and carries them out, in groups.

    Args:
        keeping: does something with the shelf, in turn.
        write: writes files; which could not be written.
        many: whether more plans are to be expected at any moment.
        dry_run: whether nothing is kept.
    """

    def __init__(
        self,
        keeping: Keeps,
        write: Callable[[Mapping[str, str]], Awaitable[Written]],
        *,
        many: bool,
        dry_run: bool,
    ) -> None:
        self._keeping = keeping
        self._write = write
        self._many = many
        self._dry_run = dry_run
        self._pending: list[tuple[Plan, Marks, asyncio.Future[Saved]]] = []
        self._savers: set[asyncio.Task[None]] = set()

    async def apply(self, plan: Plan, marks: Marks) -> Saved:
        """Apply a plan, together with those of other feeds that wait for the disk.

        Raises:
            CollectingError: not everything could be kept.
        """
        done: asyncio.Future[Saved] = asyncio.get_running_loop().create_future()
        self._pending.append((plan, marks, done))
        if not self._savers or (
            len(self._savers) < SAVERS and len(self._pending) >= SAVED_TOGETHER // 2
        ):
            saver = asyncio.create_task(self._save_pending())
            self._savers.add(saver)
            saver.add_done_callback(self._savers.discard)
        return await done

    async def stop(self) -> None:
        """Begin nothing more to be kept, and wait for what has begun."""
        self._pending.clear()
        await asyncio.gather(*self._savers)

    async def _save_pending(self) -> None:
        """Carry out what waits, again and again until nothing does."""
        while self._pending:
            if self._many and len(self._pending) < SAVED_TOGETHER // 2:
                await asyncio.sleep(GATHERED_SECONDS)
                if not self._pending:
                    break
            group, self._pending = self._pending[:SAVED_TOGETHER], self._pending[SAVED_TOGETHER:]
            try:
                outcomes = await self._carry_out([(plan, marks) for plan, marks, _ in group])
            except Exception as error:
                outcomes = [error] * len(group)
            for (_, _, done), outcome in zip(group, outcomes, strict=True):
                if done.cancelled():
                    continue
                if isinstance(outcome, Exception):
                    done.set_exception(outcome)
                else:
                    done.set_result(outcome)

    async def _carry_out(self, plans: list[tuple[Plan, Marks]]) -> Sequence[Saved | Exception]:
        """Carry plans out; while files are written the shelf is free for others."""
        under_way = await self._keeping(lambda shelf: shelf.begin(plans, dry_run=self._dry_run))
        failed = await self._write(under_way.texts) if under_way.texts else {}
        return await self._keeping(lambda shelf: shelf.end(under_way, failed))
