"""Accounts at a real Miniflux, by both of its APIs, beside a bare client that sends the same calls.

Each measurement is a process from its start to its end. Ours begins with the state that an earlier
sync has left, and the server's marks are put back before each, so that all do the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from tests.support.miniflux_server import (
    MinifluxServer,
    MinifluxUser,
    UnavailableError,
    items,
    rss,
    running_miniflux,
)
from tests.support.servers import Server, serving
from tests.support.terminal import environment, rilo

from benchmarks.calling import Call, CallRecorder
from benchmarks.collecting import WORDS
from benchmarks.figures import Figure, seconds
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.progress import Phase
from rilo_reader.feeds.update import update_feeds
from rilo_reader.feeds.update_request import update_request
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import FetchLimits
from rilo_reader.paths import Paths, library_name
from rilo_reader.plugins.accounts.account_update import AccountUpdate
from rilo_reader.plugins.accounts.accounts import open_service
from rilo_reader.plugins.accounts.records import open_records, records_file
from rilo_reader.plugins.accounts.service import Account, Api
from rilo_reader.secret_store import open_secrets
from rilo_reader.store.state import open_state

FEEDS, ENTRIES = 20, 500
MARKS = 1_000
FIRST_ROUNDS, ROUNDS = 3, 7
FLOOR = 1.5
BARE = "bare calls"
NAMES = {Api.MINIFLUX: "Miniflux", Api.GREADER: "Google Reader"}

_UNREAD = """update entries set status = 'unread', changed_at = '2026-01-01 00:00Z'
    where user_id = {user} and (status <> 'unread' or changed_at <> '2026-01-01 00:00Z')"""
_SOME_READ = """update entries set status = 'read', changed_at = now()
    where user_id = {user} and id in
    (select id from entries where user_id = {user} order by id limit {marks})"""


class Taken(NamedTuple):
    """Seconds that something took, and of them of the processor (that of the server not)."""

    whole: float
    processor: float


def measure(
    work: Path, running: Callable[[], AbstractContextManager[MinifluxServer]] = running_miniflux
) -> list[Figure]:
    """First syncs, syncs without news, and marks both ways; nothing without a Miniflux."""
    work = work / "services"
    work.mkdir()
    try:
        with running() as server, serving() as web:
            user = server.new_user()
            addresses = _publish(web)
            user.add_feeds(addresses)
            return [
                figure
                for api in (Api.MINIFLUX, Api.GREADER)
                for figure in _Measuring(work / api, user, api, addresses).figures()
            ]
    except UnavailableError as error:
        print(f"services: NOT MEASURED: {error}", file=sys.stderr)
        return []


def _publish(web: Server) -> list[str]:
    """Serve the feeds; their addresses."""
    chance = random.Random(7)

    def paragraphs() -> str:
        return "".join(f"<p>{' '.join(chance.choices(WORDS, k=60))}</p>" for _ in range(4))

    return [
        web.page(
            f"/{feed}.xml",
            rss(
                f"Feed {feed}",
                (
                    each
                    | {
                        "guid": f"{feed}-{each['guid']}",
                        "link": f"{each['link']}/{feed}",
                        "description": paragraphs(),
                    }
                    for each in items(ENTRIES)
                ),
            ),
        )
        for feed in range(FEEDS)
    ]


class Home:
    """A user's folders."""

    def __init__(self, place: Path) -> None:
        """Create them."""
        self.place = place
        names = ("config", "data", "state", "cache")
        self.paths = Paths(*(place / name / "rilo-reader" for name in names))
        for folder in self.paths:
            folder.mkdir(parents=True, exist_ok=True)
        self.library = self.paths.default_library
        self.marks = self.paths.state / f"{library_name(self.library)}.db"
        # Most people are without the extra `keyring`, which takes a while to import.
        self._modules = place / "modules"
        self._modules.mkdir(exist_ok=True)
        (self._modules / "keyring.py").write_text("raise ImportError\n", encoding="utf-8")

    def run(self, *arguments: str, given: str = "") -> None:
        """Run rilo-reader; raises CalledProcessError."""
        argv = rilo(*arguments)
        env = environment(self.place, {"PYTHONPATH": os.fspath(self._modules)})
        subprocess.run(argv, env=env, input=given.encode(), check=True, stdout=subprocess.DEVNULL)

    def refresh(self) -> None:
        """Refresh, as cron does."""
        self.run("refresh", "--quiet", "--force")


class _Measuring:
    """The measurements of one API."""

    def __init__(self, work: Path, user: MinifluxUser, api: Api, feeds: Sequence[str]) -> None:
        self._work = work
        self._user = user
        self._api = api
        self._name = NAMES[api]
        self._feeds = feeds
        self._homes = 0

    def figures(self) -> Iterator[Figure]:
        """Measure."""
        yield from self._first()
        home = self._new_home()
        self._reset()
        home.refresh()
        synced, marked = self._work / "synced", self._work / "marked"
        shutil.copytree(home.paths.state, synced)
        yield from self._later("nothing new", home, synced)
        with open_records(records_file(home.library, home.paths)) as records:
            articles = [each for some in records.iter_articles("home") for each in some][:MARKS]
        state = open_state(home.marks)
        state.set_read(articles, True)
        state.close()
        shutil.copytree(home.paths.state, marked)
        yield from self._later(f"{MARKS:,} marks up", home, marked)
        yield from self._later(f"{MARKS:,} marks down", home, synced, _SOME_READ)

    def _first(self) -> Iterator[Figure]:
        self._reset()
        calls = self._calls(self._new_home())
        rounds = []
        for _ in range(FIRST_ROUNDS):
            own = self._home()
            feeds = "".join(f'[[feeds]]\nurl = "{address}"\n' for address in self._feeds)
            (own.paths.config / "feeds.toml").write_text(feeds, encoding="utf-8")
            rounds.append(
                (
                    measure_run(self._new_home().refresh),
                    measure_run(lambda: _send(calls)),
                    measure_run(own.refresh),
                    measure_run(self._fetch),
                )
            )
        ours, bare, feed, fetched = map(_median, zip(*rounds, strict=True))
        name = f"{self._name}: first sync of {FEEDS * ENTRIES:,}"
        plain = bare.whole + feed.whole - fetched.whole
        against = "bare calls + the articles as own feeds"
        yield Figure(name, ours.whole, "s", plain, against, FLOOR)
        yield Figure("  bare calls alone", bare.whole, "s")
        yield Figure("  own feeds, less fetching them", feed.whole - fetched.whole, "s")
        busy = bare.processor + feed.processor - fetched.processor
        yield Figure("  processor", ours.processor, "s", busy, "the same")

    def _later(self, what: str, home: Home, state: Path, there: str = "") -> Iterator[Figure]:
        """Measure a sync that begins with a state here, and one on the server."""

        def begin() -> None:
            shutil.rmtree(home.paths.state)
            shutil.copytree(state, home.paths.state)
            self._reset(there)

        begin()
        calls = self._calls(home)
        rounds = []
        for _ in range(ROUNDS):
            begin()
            ours = measure_run(home.refresh)
            begin()
            rounds.append((ours, measure_run(lambda: _send(calls))))
        ours, bare = map(_median, zip(*rounds, strict=True))
        yield Figure(f"{self._name}: {what}", ours.whole, "s", bare.whole, BARE, FLOOR)
        yield Figure("  processor", ours.processor, "s", bare.processor, BARE)

    def _reset(self, there: str = "") -> None:
        """Make all entries unread since long ago; then run another statement."""
        for statement in (_UNREAD, there):
            self._user.server.sql(statement.format(user=self._user.id, marks=MARKS))
        self._user.server.sql("vacuum analyze entries")

    def _home(self) -> Home:
        self._homes += 1
        return Home(self._work / str(self._homes))

    def _new_home(self) -> Home:
        """Return a home with the account, never synced."""
        home, user = self._home(), self._user
        kept = ["--name", "home", "--password-stdin"]
        if self._api is Api.MINIFLUX:
            home.run("account", "add", self._api, user.url, *kept, given=user.key)
        else:
            login = ["--user", user.name]
            home.run("account", "add", self._api, user.url, *login, *kept, given=user.password)
        return home

    def _calls(self, home: Home) -> list[Call]:
        """Sync in this process; return the calls."""
        return asyncio.run(_recorded(home, self._account()))

    def _account(self) -> Account:
        user = "" if self._api is Api.MINIFLUX else self._user.name
        return Account("home", self._api, self._user.url, user)

    def _fetch(self) -> None:
        given = "\n".join(self._feeds).encode()
        argv = [sys.executable, "-m", "benchmarks.fetching"]
        subprocess.run(argv, input=given, check=True, stdout=subprocess.DEVNULL)


async def _recorded(home: Home, account: Account) -> list[Call]:
    secret = open_secrets(home.paths).find(account.credential)
    async with HttpClient(FetchLimits(), proxies={}) as client:
        recorder = CallRecorder(client)
        with (
            open_records(records_file(home.library, home.paths)) as records,
            open_collection(home.library, home.paths) as collection,
        ):
            state = open_state(home.marks)
            try:
                update = AccountUpdate(
                    account, lambda: open_service(account, secret, recorder), records, state
                )
                request = update_request((), ())._replace(force=True)
                beside = [(update.progress, update.run)]
                async for progress in update_feeds(
                    collection, request, client, account_tasks=beside
                ):
                    assert progress.state is not Phase.FAILED, progress.reason
            finally:
                state.close()
        return recorder.calls


def _send(calls: Sequence[Call]) -> None:
    argv = [sys.executable, "-m", "benchmarks.calling"]
    given = json.dumps(calls).encode()
    subprocess.run(argv, input=given, check=True, stdout=subprocess.DEVNULL)


def measure_run(work: Callable[[], object]) -> Taken:
    """Run something; return what it and its processes took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = seconds(work)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(whole, busy)


def _median(taken: Sequence[Taken]) -> Taken:
    return Taken(*(statistics.median(column) for column in zip(*taken, strict=True)))
