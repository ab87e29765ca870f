"""`refresh` with an account where the server is slow, or another process is in the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence

import pytest

from rilo_reader.paths import user_paths
from rilo_reader.sync.services import accounts
from tests.support.command_line import User
from tests.support.freshrss_server import FreshRss, freshrss
from tests.support.terminal import environment, rilo

pytestmark = pytest.mark.slow


@pytest.fixture
def fresh() -> Iterator[FreshRss]:
    with freshrss() as server:
        feed = server.add_feed("https://news.example.org/feed", "News")
        for number in range(600):
            server.add_entry(feed, f"Title {number}")
        yield server


def join(user: User, fresh: FreshRss, name: str = "Home") -> None:
    """Add an account at the server."""
    command = f"echo '{fresh.password}'"
    accounts.add(user_paths().accounts_file, fresh.account(name=name, password_command=command))


def started(user: User, *arguments: str) -> subprocess.Popen[str]:
    """A refresh that has begun in a process of its own."""
    command: Sequence[str] = rilo("refresh", *arguments, "--library", str(user.library))
    env = {**os.environ, **environment(user.home), "NO_PROXY": "*"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=user.home
    )


def test_a_slow_server_is_left_at_once_and_what_came_stays(user: User, fresh: FreshRss) -> None:
    join(user, fresh)
    contents = "/stream/items/contents"
    fresh.fault(lambda page: page, contents, calls=1, carried_out=True)
    fresh.fault(lambda page: page._replace(delay=50.0), contents, calls=9, carried_out=True)
    process = started(user, "--json")
    assert process.stdout is not None
    states = [json.loads(process.stdout.readline())["state"] for _ in range(3)]
    assert states == ["waiting", "fetching", "reading"]
    # Nobody else may collect meanwhile; that says so, and changes nothing.
    other = started(user)
    assert other.wait(30) == 1
    assert other.stderr is not None
    assert "another" in other.stderr.read().lower()
    until = time.monotonic() + 20
    while len(list(user.library.rglob("*.md"))) < 250 and time.monotonic() < until:
        time.sleep(0.05)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert time.monotonic() - begun < 3
    came = {path: path.read_bytes() for path in user.library.rglob("*.md")}
    assert len(came) == 250
    fresh.calm()
    fresh.mark(*fresh.entries, read=True)
    again = started(user)
    assert again.wait(60) == 0
    files = {path: path.read_bytes() for path in user.library.rglob("*.md")}
    assert len(files) == 600
    assert {path: files[path] for path in came} == came
