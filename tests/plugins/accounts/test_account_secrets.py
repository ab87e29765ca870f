"""No secret is in what any verb prints, writes or sends, but where it belongs."""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from rilo_reader.fetch.messages import ApiReply, ApiRequest
from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts.accounts import open_service_of
from rilo_reader.plugins.accounts.service import Account, Api, Service
from tests.plugins.accounts.login_server import MARK, USER, LoginServer
from tests.support.command_line import User
from tests.support.servers import Asked, Page, Server, serving
from tests.support.terminal import rilo, run_piped

pytestmark = pytest.mark.slow

SECRET = "hunter2+unique/ß=%"  # looks otherwise in a URL, in JSON and in a form


def forms(secret: str) -> set[bytes]:
    """What a secret may look like somewhere."""
    basic = b64encode(f"{USER}:{secret}".encode()).decode()
    escaped = secret.encode("unicode_escape").decode()
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), basic, escaped}
    return {text.encode() for text in (*texts, ascii(secret)[1:-1], MARK)}


class Machine:
    """Runs verbs, and keeps all they print."""

    def __init__(self, user: User, server: Server, patch: pytest.MonkeyPatch) -> None:
        self.user = user
        self.server = server
        self.printed = b""
        self.codes: list[int] = []
        self._patch = patch

    def run(self, *arguments: str, stdin: str = "") -> int:
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        code, *printed = self.user.run(*arguments)
        self.printed += "".join(printed).encode(errors="surrogateescape")
        self.codes.append(code)
        return code

    def every_verb(self) -> None:
        """Run what knows accounts."""
        for verb in (
            *("account list", "account check", "account list --json", "refresh"),
            *("refresh --json", "feeds --json", "doctor"),
        ):
            self.run(*verb.split())

    def found(self, secret: str) -> list[str]:
        """Where a secret is seen."""
        seen = []
        for form in forms(secret):
            seen += ["output"] if form in self.printed else []
            for file in self.user.home.rglob("*"):
                if file.is_file() and file.name != "passwords.toml" and form in file.read_bytes():
                    seen.append(str(file.relative_to(self.user.home)))
            for asked in self.server.asked:
                seen += [f"URL {asked.path}"] if form in asked.path.encode() else []
        return seen


@pytest.fixture
def machine(user: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with serving() as server:
        yield Machine(user, server, monkeypatch)


def test_what_shows_a_secret_is_noticed(machine: Machine) -> None:
    assert machine.found(SECRET) == []
    machine.printed += quote_plus(SECRET).encode()
    assert machine.found(SECRET) == ["output"]
    (machine.user.home / "log").write_text(f"of {SECRET}", encoding="utf-8")
    assert sorted(machine.found(SECRET)) == ["log", "output"]


@pytest.mark.parametrize("api", [Api.MINIFLUX, Api.GREADER])
@pytest.mark.parametrize("is_right", [True, False])
def test_no_verb_shows_a_secret_whether_it_is_right_or_not(
    machine: Machine, api: Api, is_right: bool
) -> None:
    url = LoginServer(machine.server, SECRET if is_right else "another").url
    add = ("account", "add", str(api), url, "--user", USER, "--password-stdin")
    assert machine.run(*add, stdin=f"{SECRET}\n") == int(not is_right)
    assert machine.run(*add, "--json", stdin=f"{SECRET}\n") == int(not is_right)
    assert machine.run(*add, "--no-check", stdin=f"{SECRET}\n") == 0
    machine.every_verb()
    assert machine.codes[-6] == int(not is_right)  # account check
    assert machine.found(SECRET) == []
    file = user_paths().state / "passwords.toml"
    assert SECRET in file.read_text(encoding="utf-8")
    assert machine.run("account", "remove", "127.0.0.1") == 0
    assert machine.found(SECRET) == []
    assert not file.exists()


@pytest.mark.parametrize("api", [Api.MINIFLUX, Api.GREADER])
@pytest.mark.parametrize("status", [200, 500])
def test_no_verb_shows_a_secret_that_a_server_repeats_with_controls(
    machine: Machine, api: Api, status: int
) -> None:
    basic = b64encode(f"{USER}:{SECRET}".encode()).decode()
    text = "; ".join("\x1b".join(form) for form in (SECRET, quote(SECRET, safe=""), basic))

    def answer(asked: Asked) -> Page:
        if asked.path.startswith(("/accounts/ClientLogin", "/reader/api/0/token")) and status < 300:
            return Page(b"Auth=1" if "Client" in asked.path else b"T1")
        if asked.path == "/v1/feeds" and status < 300:
            feed = {"id": 1, "feed_url": "http://a.example/", "parsing_error_message": text}
            return Page(json.dumps([feed]).encode())
        names = ("username", "userName", "version", "error_message", "error")
        return Page(json.dumps(dict.fromkeys(names, text)).encode(), status)

    machine.server.answer(answer)
    url = machine.server.url("").rstrip("/")
    add = ("account", "add", str(api), url, "--user", USER, "--password-stdin")
    machine.run(*add, stdin=f"{SECRET}\n")
    machine.run(*add, "--no-check", stdin=f"{SECRET}\n")
    machine.every_verb()
    machine.run("add", "http://127.0.0.1:9/feed", "--account", "127.0.0.1")
    assert "…" in machine.printed.decode()
    assert machine.found(SECRET) == []


@pytest.mark.parametrize("api", [Api.MINIFLUX, Api.GREADER])
def test_no_verb_shows_a_secret_where_no_service_is(machine: Machine, api: Api) -> None:
    async def hang_up(*_: object) -> None:
        pass

    for path, handler in (("/gone", None), ("/closed", hang_up)):
        if handler is not None:
            machine.server.route("*", handler)
        url = machine.server.url(path)
        login = url.replace("://", f"://{USER}:{quote(SECRET, safe='')}@")
        add = ("account", "add", str(api), login, "--name", path)
        # The address holds it only where its user has put it there.
        assert machine.run(*add) == 1
        assert machine.run(*add, "--no-check") == 0
    machine.every_verb()
    assert machine.found(SECRET) == []


def test_no_verb_shows_what_a_failing_command_prints(machine: Machine) -> None:
    url = LoginServer(machine.server, SECRET).url
    script = machine.user.home.parent / f"{machine.user.home.name}-prints.py"
    script.write_text(f"import sys; print({SECRET!r}); sys.exit('no key')", encoding="utf-8")
    command = shlex.join([sys.executable, str(script)])
    add = ("account", "add", "miniflux", url, "--user", USER, "--password-command", command)
    assert machine.run(*add) == 1
    assert machine.run(*add, "--no-check") == 0
    machine.every_verb()
    assert b"no key" in machine.printed
    assert machine.found(SECRET) == []


class Crashing:
    """A client with a fault."""

    async def call_api(self, _: ApiRequest) -> ApiReply:
        raise RuntimeError("a fault of ours")


@asynccontextmanager
async def crashing(account: Account) -> AsyncIterator[Service]:
    yield open_service_of(account, user_paths(), Crashing())


@pytest.mark.parametrize("api", [Api.MINIFLUX, Api.GREADER])
def test_the_log_of_a_crash_has_no_secret(
    machine: Machine, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = machine.server.url()
    add = ("account", "add", str(api), url, "--user", USER, "--password-stdin", "--no-check")
    assert machine.run(*add, stdin=f"{SECRET}\n") == 0
    monkeypatch.setattr("rilo_reader.plugins.accounts.source.make_connector", lambda *_: crashing)
    assert machine.run("add", f"{url}/feed", "--account", "127.0.0.1") == 1
    [log] = user_paths().state.glob("error-*.log")
    assert "a fault of ours" in log.read_text(encoding="utf-8")
    assert machine.found(SECRET) == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc here")
def test_a_secret_is_never_an_argument(machine: Machine) -> None:
    # Of its own: other tests beside this one give theirs as a part of an address.
    secret = f"argument {SECRET}"
    seen: list[bytes] = []

    async def look(*_: object) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                seen.append((process / "cmdline").read_bytes())
                if process.name == str(os.getpid()):
                    continue
                seen.append((process / "environ").read_bytes())
            except OSError:
                continue

    machine.server.route("*", look)
    url = machine.server.url()
    add = ("account", "add", "miniflux", url, "--user", USER, "--password-stdin")
    for arguments in (add, (*add, "--no-check"), ("account", "check")):
        done = run_piped(rilo(*arguments), machine.user.home, stdin=f"{secret}\n".encode())
        machine.printed += done.stdout + done.stderr
    assert machine.found(secret) == []
    assert any(b"account\0add" in each for each in seen)
    assert [each for each in seen if any(form in each for form in forms(secret))] == []
