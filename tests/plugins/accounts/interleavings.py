"""Two devices and another client at one Miniflux: marks, syncs and new entries in a random order.

All of it comes from a seed. Things also happen in the middle of a sync: before any of its calls,
somebody marks on the phone or here, or the other device syncs from beginning to end.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiClient, ApiReply, ApiRequest
from rilo_reader.plugins.accounts.service import Api, ServerMark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.plugins.accounts.devices import Shared
from tests.plugins.accounts.fake_service import with_mark
from tests.plugins.accounts.miniflux_devices import Devices, numbers, there, titled
from tests.support.miniflux_server import MinifluxUser, rss
from tests.support.servers import Server

ENTRIES = 10
STEPS = 16
LAPTOP, DESKTOP, PHONE = range(3)
THREE_HOURS = 3 * 3_600_000

Actor = int


class _BeforeCalls:
    """An HTTP client that does something before each call."""

    def __init__(self, client: ApiClient, before: Callable[[], None]) -> None:
        self._client = client
        self._before = before

    async def call_api(self, request: ApiRequest) -> ApiReply:
        await asyncio.to_thread(self._before)
        return await self._client.call_api(request)


class Interleaving:
    """Two devices with one account, and somebody at its server."""

    def __init__(
        self,
        work: Path,
        pool: WorkerPool,
        user: MinifluxUser,
        web: Server,
        apis: Sequence[Api],
        seed: int,
        *,
        shares: bool,
    ) -> None:
        """Subscribe to a feed in `web`; the user has no other feeds.

        `apis` are those of each device, `seed` is of what happens, `shares` whether the devices
        share a folder of journals, too.
        """
        self._user, self._web = user, web
        self._chance = random.Random(seed)
        self._path = f"/{work.name}.xml"
        self._published = ENTRIES
        self._feed = user.add_feed(self._publish())
        self._ids = numbers(user)
        self._make = Devices(work, pool, user, self._client_of)
        self.devices = [self._make(api) for api in apis]
        self.devices[DESKTOP].time -= self._chance.choice((0, THREE_HOURS))
        self._shared = Shared(work / "shared", *self.devices) if shares else None
        self._gestures: dict[tuple[str, ServerMark], list[tuple[Actor, bool]]] = {}
        self._calls_until: int | None = None
        self._syncing: Actor = PHONE
        self._log: list[str] = []

    def close(self) -> None:
        """Close the devices, and remove the feed."""
        for device in self.devices:
            device.close()
        self._user.call("DELETE", f"feeds/{self._feed}")

    def play(self) -> None:
        """Let things happen, then sync, and check that all sides are equal."""
        for number in (LAPTOP, DESKTOP):
            self._sync(number)
        for _ in range(STEPS):
            action = self._chance.choice(
                (self._mark, self._mark, self._sync_undisturbed, self._sync_disturbed, self._news)
            )
            action()
        for number in (LAPTOP, DESKTOP, LAPTOP, DESKTOP):
            self._sync(number)
        self._check()

    # -- what happens ---------------------------------------------------------------------------

    def _mark(self) -> None:
        """Somebody gives or takes a mark of some entries."""
        self._mark_by(self._chance.choice((LAPTOP, DESKTOP, PHONE)))

    def _mark_by(self, actor: Actor) -> None:
        mark, value = self._chance.choice(list(ServerMark)), self._chance.random() < 0.6
        marks = there(self._user) if actor == PHONE else self.devices[actor].marks()
        titles = self._chance.sample(sorted(marks), min(3, len(marks)))
        titles = [each for each in titles if marks[each].has_mark(mark) is not value]
        for title in titles:
            self._gestures.setdefault((title, mark), []).append((actor, value))
        if not titles:
            return
        self._log.append(f"{actor} gives {mark} {value} to {', '.join(titles)}")
        if actor == PHONE:
            ids = [self._ids[title] for title in titles]
            if mark is ServerMark.READ:
                self._user.set_read(ids, value)
            else:
                self._user.toggle_star(ids)
            return
        self.devices[actor].mark(mark, value, *titles)
        if self._shared:
            self._shared.exchange(actor)

    def _news(self) -> None:
        """The server finds another entry."""
        self._published += 1
        self._publish()
        self._user.fetch(self._feed)
        self._ids = numbers(self._user)

    def _publish(self) -> str:
        return self._web.page(self._path, rss("Feed", titled(0, self._published)))

    def _sync_undisturbed(self) -> None:
        self._sync(self._chance.choice((LAPTOP, DESKTOP)))

    def _sync_disturbed(self) -> None:
        self._calls_until = self._chance.randrange(12)
        self._sync(self._chance.choice((LAPTOP, DESKTOP)))
        self._calls_until = None

    def _sync(self, number: Actor) -> None:
        """Sync a device as `refresh` does; nothing is marked there that nobody marked."""
        before, self._syncing = self._syncing, number
        for part in (self._exchange, self._sync_account, self._exchange):
            part(number)
        self._syncing = before

    def _exchange(self, number: Actor) -> None:
        if self._shared:
            self._shared.exchange(number)

    def _sync_account(self, number: Actor) -> None:
        self._log.append(f"{number} syncs")
        end = self.devices[number].sync_ok()
        self._log.append(f"{number} has synced: {end.reason}")
        assert not self.devices[number].surprises

    def _client_of(self, client: HttpClient) -> ApiClient:
        return _BeforeCalls(client, self._before_call)

    def _before_call(self) -> None:
        """Something happens in the middle of a sync, once."""
        if self._calls_until is None:
            return
        self._calls_until -= 1
        if self._calls_until >= 0:
            return
        self._calls_until = None
        other = DESKTOP if self._syncing == LAPTOP else LAPTOP
        if self._chance.random() < 0.3:
            self._sync(other)
        else:
            self._mark_by(self._chance.choice((PHONE, self._syncing)))

    # -- what must be so ------------------------------------------------------------------------

    def _check(self) -> None:
        """All sides are equal, nothing is there twice, and nothing is as nobody wanted it."""
        marks = there(self._user)
        assert len(marks) == len(self._ids) == self._published
        for device in self.devices:
            assert device.marks() == marks, self._history(marks, device.marks())
            assert len(device.files()) == len(device.entries()) == self._published
            agreed = {tuple(base) for _, base in device.entries().values()}
            assert agreed == {tuple(each) for each in marks.values()}
        for title, found in marks.items():
            for mark in ServerMark:
                gestures = self._gestures.get((title, mark), [])
                assert self._is_wanted(gestures, found.has_mark(mark)), self._history(
                    marks, {title: with_mark(found, mark, not found.has_mark(mark))}
                )
        for device in self.devices:
            assert device.sync_ok().reason == ""

    def _is_wanted(self, gestures: Sequence[tuple[Actor, bool]], value: bool) -> bool:
        """Return whether a mark may be so after what was done: as it was given last by somebody.

        Of several who gave and took a mark, nobody knows who was last without clocks.
        """
        actors, values = {actor for actor, _ in gestures}, {given for _, given in gestures}
        if len(values) > 1 and len(actors) > 1:
            return True
        return value == (gestures[-1][1] if gestures else False)

    def _history(self, marks: dict[str, ServerMarks], other: dict[str, ServerMarks]) -> str:
        """Return what happened, and to the entries that are not the same."""
        wrong = [title for title, found in other.items() if marks.get(title) != found]
        lines = [f"{title}: {marks.get(title)} / {other[title]}" for title in wrong]
        return "\n".join([*lines, *self._log])
