"""A real Miniflux on PostgreSQL, from Debian's packages, on 127.0.0.1 for as long as the tests run.

    async def test_something(miniflux: MinifluxUser) -> None:     # a new user on the one server
        with serving() as feeds:
            feed = miniflux.add_feed(feeds.page("/a.xml", rss("A", items(500))))
            ids = miniflux.ids(status="unread")
            miniflux.set_read(ids[:3])
            ...a client of ours, with miniflux.url and miniflux.key...

PostgreSQL must be installed; Miniflux is unpacked from its package where it is not. Each process
of the tests starts a server of its own, when it runs its first test that needs one. It never
fetches feeds by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import pytest

from tests.support.processes import Stoppable, free_ports, running, wait_until

_ADMIN = ("admin", "a-password-of-tests")
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class UnavailableError(Exception):
    """What the server needs is not on this machine; the message says what."""


# -- feeds for it to fetch -------------------------------------------------------------------


def items(count: int, first: int = 0, text: str = "Some text.") -> list[dict[str, str]]:
    """Return items of a feed, each an hour younger than the one before."""
    return [
        {
            "title": f"Item {number}",
            "link": f"https://example.org/{number}",
            "guid": f"guid-{number}",
            "pubDate": format_datetime(_FIRST_DAY + timedelta(hours=number)),
            "description": f"<p>{text} {number}</p>",
        }
        for number in range(first, first + count)
    ]


def rss(title: str, items: Iterable[dict[str, str]], more: str = "") -> bytes:
    """Return a feed of items; `more` is XML that each of them has too."""
    entries = "".join(
        "<item>"
        + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in item.items())
        + f"{more}</item>"
        for item in items
    )
    return (
        f'<rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>https://example.org/</link>{entries}</channel></rss>"
    ).encode()


# -- users -----------------------------------------------------------------------------------


class MinifluxUser:
    """A user of the server, and what they do there by other programs than ours."""

    def __init__(self, server: MinifluxServer, name: str) -> None:
        self.server = server
        # Name and password are also those of the Google Reader API and of Fever.
        self.name, self.password, self.key = name, f"password of {name}", f"key-of-{name}"
        user = server.call("POST", "users", {"username": name, "password": self.password})
        self.id = int(user["id"])  # in the database
        server.sql(
            f"insert into api_keys (user_id, token, description) "
            f"values ({self.id}, '{self.key}', 'tests');"
            f"update integrations set googlereader_enabled=true, googlereader_username='{name}', "
            f"googlereader_password=crypt('{self.password}', gen_salt('bf', 4)), "
            f"fever_enabled=true, fever_username='{name}', "
            f"fever_token=md5('{name}:{self.password}') "
            f"where user_id={self.id};"
        )

    @property
    def url(self) -> str:
        """The address of the server."""
        return self.server.url

    def call(self, method: str, path: str, value: object = None) -> Any:
        """Call the API below /v1/; return what the reply says."""
        return self.server.call(method, path, value, {"X-Auth-Token": self.key})

    def add_feed(self, url: str, **also: object) -> int:
        """Subscribe to a feed, with all its items; return its number."""
        return int(self.call("POST", "feeds", {"feed_url": url, **also})["feed_id"])

    def add_feeds(self, urls: Iterable[str]) -> list[int]:
        """Subscribe to several feeds at a time, for more speed."""
        with ThreadPoolExecutor(8) as threads:
            return list(threads.map(self.add_feed, urls))

    def seed(self, feed: int, count: int, text: str = "Some text.", first: int = 1) -> None:
        """Add as many entries to a feed as if it had had them, 10,000 in two seconds."""
        self.server.sql(
            "insert into entries"
            " (user_id, feed_id, hash, published_at, changed_at, title, url, author, content)"
            f" select {self.id}, {feed}, encode(sha256(('seed-' || n)::bytea), 'hex'),"
            " timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', now(), 'Seed ' || n,"
            f" 'https://example.org/seed/' || n, '', '<p>' || '{text} ' || n || '</p>'"
            f" from generate_series({first}, {first + count - 1}) as n"
        )

    def fetch(self, feed: int) -> None:
        """Let the server fetch a feed again."""
        self.call("PUT", f"feeds/{feed}/refresh")

    def entries(self, **query: object) -> list[dict[str, Any]]:
        """Return all entries that answer a query, by number."""
        sent = urlencode({"order": "id", "direction": "asc", "limit": 100_000, **query})
        found: list[dict[str, Any]] = self.call("GET", f"entries?{sent}")["entries"]
        return found

    def ids(self, **query: object) -> list[int]:
        """Return the numbers of the entries that answer a query, in order."""
        return [entry["id"] for entry in self.entries(**query)]

    def set_read(self, ids: Iterable[int], read: bool = True) -> None:
        """Mark entries as read or unread."""
        status = "read" if read else "unread"
        self.call("PUT", "entries", {"entry_ids": list(ids), "status": status})

    def toggle_star(self, ids: Iterable[int]) -> None:
        """Toggle the stars of entries."""
        for each in ids:
            self.call("PUT", f"entries/{each}/bookmark")

    def delete_entries(self, ids: Iterable[int]) -> None:
        """Delete entries for good, as the server's cleaning does."""
        numbers = ", ".join(map(str, ids))
        self.server.sql(f"delete from entries where user_id={self.id} and id in ({numbers})")


# -- the server ------------------------------------------------------------------------------


class MinifluxServer(Stoppable):
    """A server that runs."""

    def __init__(
        self, url: str, psql: list[str], start: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """`start` runs it for as long as a context is open."""
        self.url = url
        self._psql = psql
        super().__init__(start)
        self._users = 0
        login = b64encode(":".join(_ADMIN).encode()).decode()
        self._admin = {"Authorization": f"Basic {login}"}

    def new_user(self) -> MinifluxUser:
        """Return a new user, without feeds."""
        self._users += 1
        return MinifluxUser(self, f"user{self._users}")

    def call(
        self, method: str, path: str, value: object = None, headers: dict[str, str] | None = None
    ) -> Any:
        """Call the API below /v1/, as the administrator by default; return what it replies."""
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(
            f"{self.url}/v1/{path}", data, headers or self._admin, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                text = reply.read()
        except urllib.error.HTTPError as error:
            pytest.fail(f"{method} {path}: {error.code} {error.read().decode()}")
        return json.loads(text) if text else None

    def sql(self, statements: str) -> str:
        """Run statements in its database; return what they print."""
        done = subprocess.run(
            [*self._psql, "-c", statements], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def backup(self, file: Path) -> None:
        """Write all that it has into a file."""
        self._database("pg_dump", "-Fc", "-f", str(file))

    def restore(self, file: Path) -> None:
        """Have what it had at the time of a backup again, and nothing of what came after."""
        self._database("pg_restore", "--clean", "--if-exists", "-1", "-d", "postgres", str(file))

    def _database(self, program: str, *arguments: str) -> None:
        """Run another program on its database."""
        psql, _, *place, name = self._psql
        command = [psql.replace("psql", program), *place, *arguments]
        if program == "pg_dump":
            command.append(name)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@contextmanager
def running_miniflux() -> Iterator[MinifluxServer]:
    """Run a server with a database of its own; raises UnavailableError if it cannot be run here."""
    programs = postgresql_programs()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="miniflux-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        miniflux = _miniflux(folder)
        as_owner = owner_of(folder)
        data = folder / "data"
        making = (programs / "initdb", "-D", data, "-A", "trust", "-U", "miniflux", "--no-sync")
        done = subprocess.run(
            [*making, "-E", "UTF8", "--locale=C.UTF-8"],
            capture_output=True, text=True, check=False, **as_owner,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        database: list[str | Path] = [
            programs / "postgres", "-D", data, "-F", "-c", "listen_addresses=",
            "-c", f"unix_socket_directories={folder}",
            "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
        ]  # fmt: skip
        log = folder / "postgres.log"
        stack.enter_context(running(database, log, signal.SIGQUIT, **as_owner))
        ready = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-U", "miniflux"]
        wait_until(lambda: not subprocess.run(ready, check=False).returncode, "no PostgreSQL", log)
        [port] = free_ports(1)
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": f"user=miniflux dbname=postgres host={folder} sslmode=disable",
            "RUN_MIGRATIONS": "1",
            "CREATE_ADMIN": "1",
            "ADMIN_USERNAME": _ADMIN[0],
            "ADMIN_PASSWORD": _ADMIN[1],
            "LISTEN_ADDR": f"127.0.0.1:{port}",
            "DISABLE_SCHEDULER_SERVICE": "1",
            "FETCHER_ALLOW_PRIVATE_NETWORKS": "1",
            "LOG_LEVEL": "warning",
        }
        miniflux_log = folder / "miniflux.log"

        @contextmanager
        def start() -> Iterator[None]:
            with running([miniflux], miniflux_log, env=environment):
                wait_until(lambda: _is_healthy(port), "no Miniflux", miniflux_log)
                yield

        psql = [str(programs / "psql"), "-qAt", "-h", str(folder), "-U", "miniflux", "postgres"]
        server = MinifluxServer(f"http://127.0.0.1:{port}", psql, start)
        stack.callback(server.close)
        server.sql("create extension if not exists pgcrypto")
        yield server


def postgresql_programs() -> Path:
    """Return the folder of PostgreSQL's programs."""
    candidates = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if all((folder / name).exists() for name in ("initdb", "postgres", "pg_isready", "psql")):
            return folder
    raise UnavailableError("PostgreSQL is not here (the package postgresql)")


def _miniflux(folder: Path) -> Path:
    """Return the program, unpacked into a folder if it is not installed."""
    installed = shutil.which("miniflux")
    if installed:
        return Path(installed)
    absent = "Miniflux is not here (the package miniflux)"
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise UnavailableError(absent)
    for command in (["apt-get", "download", "-qq", "miniflux"], ["dpkg", "-x", "", "unpacked"]):
        if command[0] == "dpkg":
            command[2] = next(file.name for file in folder.glob("miniflux_*.deb"))
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or [""])[-1]
            raise UnavailableError(f"{absent}, and {command[0]} did not bring it: {reason}")
    return folder / "unpacked" / "usr" / "bin" / "miniflux"


def owner_of(folder: Path) -> dict[str, Any]:
    """Return options of Popen for PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError:
        raise UnavailableError("there is no user postgres to run PostgreSQL as") from None
    folder.chmod(0o755)
    return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": folder}


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthcheck", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


# -- fixtures, which tests/conftest.py imports -----------------------------------------------


@pytest.fixture(scope="session")
def miniflux_server() -> Iterator[MinifluxServer]:
    """The server of this process of the tests; skips what needs it where it cannot run."""
    try:
        with running_miniflux() as server:
            yield server
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def miniflux(miniflux_server: MinifluxServer) -> MinifluxUser:
    """A new user of the server, without feeds."""
    return miniflux_server.new_user()
