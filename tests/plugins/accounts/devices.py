"""Devices that have accounts at a server of the tests, each with a library of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.progress import FeedProgress
from rilo_reader.feeds.progress import Phase as Ending
from rilo_reader.feeds.update import update_feeds
from rilo_reader.feeds.update_request import UpdateRequest, update_request
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Client, FetchLimits, Request, Response
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts.account_sync import DEFAULT_LIMITS
from rilo_reader.plugins.accounts.account_update import AccountUpdate
from rilo_reader.plugins.accounts.merge_base import MergeBase
from rilo_reader.plugins.accounts.records import AccountRecord, AccountRecords, open_records
from rilo_reader.plugins.accounts.service import (
    Account,
    Api,
    EntryId,
    ServerMark,
    ServerMarks,
    Service,
)
from rilo_reader.store import sqlite
from rilo_reader.store.database import Database
from rilo_reader.store.folder import read_article
from rilo_reader.store.gestures import Assignment, Gesture
from rilo_reader.store.marks import NO_MARKS, GestureContext
from rilo_reader.store.state import State
from rilo_reader.store.state_schema import STATE
from rilo_reader.store.sync_base import SyncBase
from rilo_reader.workers import WorkerPool
from tests.plugins.accounts.fake_service import NOON, FakeServer, FakeService


class NoNet:
    """An HTTP client that nobody is to use."""

    def __init__(self) -> None:
        self.public_hosts: set[str] = set()

    async def get(self, request: Request) -> Response:
        raise AssertionError(f"{request.url} was asked for")


class StepRecords(AccountRecords):
    """Records that are written in steps: one before, and one once it is on disk."""

    def __init__(self, file: Path, step: Callable[[str], None]) -> None:
        open_records(file).close()
        super().__init__(sqlite.connect(file))
        self.step = step


def _in_steps(name: str) -> Callable[..., None]:
    def method(self: StepRecords, *arguments: object) -> None:
        step = name.replace("_", " ")
        self.step(step)
        getattr(AccountRecords, name)(self, *arguments)
        self.step(f"{step}, done")

    return method


WRITES = ["start_anew", "put_account", "put_feeds", "put_entries", "forget"]
for each in WRITES:
    setattr(StepRecords, each, _in_steps(each))


class StepState(State):
    """Marks that are set in steps: one before, and one once it is on disk."""

    step: Callable[[str], None] = staticmethod(lambda _: None)

    def apply_assignments(
        self,
        assignments: Iterable[Assignment],
        *,
        in_history: int = True,
        actor: str = "",
        batch: str = "",
        done_at: int | None = None,
    ) -> Gesture | None:
        self.step("apply")
        gesture = super().apply_assignments(
            assignments,
            in_history=in_history,
            actor=actor,
            batch=batch,
            done_at=done_at,
        )
        self.step("apply, done")
        return gesture

    @cached_property
    def sync_base(self) -> SyncBase:
        return StepSyncBase(self, self._database)


class StepSyncBase(SyncBase):
    """What was agreed on, with a cursor that is set in steps."""

    def __init__(self, state: StepState, database: Database) -> None:
        super().__init__(database)
        self._state = state

    def set_cursor(self, name: str, before: str | None, after: str) -> None:
        self._state.step("set cursor")
        super().set_cursor(name, before, after)
        self._state.step("set cursor, done")


class Device:
    """A device with a library, and an account called `home`."""

    def __init__(self, home: Path, pool: WorkerPool, server: FakeServer) -> None:
        self._pool = pool
        self.folder = home / "library"
        self.paths = Paths(*(home / name for name in ("config", "data", "state", "cache")))
        self.paths.state.mkdir(parents=True)
        self.time = 1_790_000_000_000
        self.marks_file = self.paths.state / "marks.db"
        self.open_marks()
        self.records_file = self.paths.state / "accounts.db"
        self.account = Account("home", Api.MINIFLUX, "https://user:secret@home.example.org/")
        self.service: Service = FakeService(server)
        # Makes the service of an HTTP client, for a server on the net; None to use `service`.
        self.api: Callable[[HttpClient], Service] | None = None
        self.limits = DEFAULT_LIMITS
        self.now = NOON
        self.surprises: list[Exception] = []  # unexpected ones
        self.step: Callable[[str], None] = lambda _: None  # called at each step of a sync here

    def open_marks(self) -> None:
        """Open the file of the marks, as each process does."""
        self.state = StepState(Database(self.marks_file, STATE), GestureContext(self.state_time))

    def close(self) -> None:
        self.state.close()

    def state_time(self) -> int:
        """The time of gestures, in milliseconds since 1970."""
        return self.time

    # -- sync -----------------------------------------------------------------------------------

    def sync(self, *, force: bool = False, dry_run: bool = False) -> FeedProgress:
        """Refresh; return how the account ended."""
        [end] = self.refresh(update_request((), (), force=force, dry_run=dry_run))
        return end

    def sync_ok(self) -> FeedProgress:
        """Refresh; it works."""
        end = self.sync()
        assert end.state in (Ending.SAVED, Ending.UNCHANGED), end.reason
        return end

    def refresh(self, request: UpdateRequest, client: Client | None = None) -> list[FeedProgress]:
        """Refresh feeds and the account; return how each ended."""

        async def run() -> list[FeedProgress]:
            given = request._replace(pool=self._pool)
            if self.api is None:
                return await self._refresh(given, client or NoNet())
            limits = FetchLimits(silence_seconds=20, total_seconds=60)
            async with HttpClient(limits, proxies={}) as http:
                self.service = self.api(http)
                return await self._refresh(given, http)

        return asyncio.run(run())

    async def _refresh(self, request: UpdateRequest, client: Client) -> list[FeedProgress]:
        self.state.step = self.step
        with (
            StepRecords(self.records_file, self.step) as records,
            open_collection(self.folder, self.paths) as collection,
        ):
            update = AccountUpdate(
                self.account, lambda: self.service, records, self.state, self.limits
            )
            progresses = update_feeds(
                collection,
                request,
                client,
                lambda: self.now,
                self.surprises.append,
                account_tasks=[(update.progress, update.run)],
            )
            try:
                return [each async for each in progresses if each.state.is_end]
            finally:
                self.state.step = lambda _: None

    # -- what is there --------------------------------------------------------------------------

    def articles(self) -> dict[str, ArticleId]:
        """The articles in the library, by title."""
        found: dict[str, ArticleId] = {}
        for path in self.files():
            article = read_article(self.folder, path)
            assert article.title not in found
            found[article.title] = article.id
        return found

    def files(self) -> dict[str, str]:
        """The texts of the files in the library, by path."""
        files = self.folder.rglob("*.md")
        return {each.relative_to(self.folder).as_posix(): each.read_text() for each in files}

    def marks(self) -> dict[str, ServerMarks]:
        """The marks of all articles, by title."""
        articles = self.articles()
        marks = self.state.marks(articles.values())
        return {
            title: ServerMarks(found.read, found.starred)
            for title, found in ((t, marks.get(a, NO_MARKS)) for t, a in articles.items())
        }

    def mark(self, mark: ServerMark, value: bool, *titles: str) -> None:
        """Mark articles, as their reader does."""
        self.time += 1
        articles = self.articles()
        ids = [articles[title] for title in titles]
        if mark is ServerMark.READ:
            self.state.set_read(ids, value)
        else:
            self.state.set_starred(ids, value)

    @contextmanager
    def records(self) -> Iterator[AccountRecords]:
        """The records of its accounts."""
        with open_records(self.records_file) as records:
            yield records

    def record(self) -> AccountRecord:
        """The record of its account."""
        with self.records() as records:
            return records.read_account("home")

    def entries(self) -> dict[EntryId, tuple[ArticleId, ServerMarks]]:
        """The article of each known entry, and what was agreed of it."""
        found = {}
        with self.records() as records:
            for batch in records.iter_articles("home"):
                agreed = MergeBase(self.account, self.state).base_of(batch)
                for article, ids in batch.items():
                    values = [agreed.values[mark].get(article, False) for mark in ServerMark]
                    found.update(dict.fromkeys(ids, (article, ServerMarks(*values))))
        return found


class Shared:
    """Devices with one account and one folder of journals."""

    def __init__(self, folder: Path, *devices: Device) -> None:
        sync_of = pytest.importorskip("rilo_reader.plugins.devices.sync").JournalSync
        self.devices = devices
        self.journals = [
            sync_of(
                each.state.journals, each.records_file.with_name("lock"), each.state_time, wait=0.0
            )
            for each in devices
        ]
        for sync in self.journals:
            assert not sync.turn_on(folder).problem

    def synced(self) -> tuple[Device, ...]:
        """The devices, in step with their server."""
        for each in self.devices:
            each.sync_ok()
        return self.devices

    def exchange(self, number: int) -> None:
        """Carry the gestures of a device, and those of others to it."""
        self.devices[number].time += 1
        assert not self.journals[number].sync_now().problem
