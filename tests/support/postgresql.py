"""A real PostgreSQL from Debian's packages, on 127.0.0.1 for as long as the tests run.

    def test_something(archive: Archive) -> None:     # a database of its own on the one server
        archive.url("maria")                          # a new login, without any role
        archive.connect("maria")
        with archive.server.stopped(): ...

Each process of the tests starts one server, when it runs its first test that needs it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.miniflux_server import UnavailableError, owner_of, postgresql_programs
from tests.support.processes import Stoppable, free_ports, running, wait_until

SUPERUSER = "postgres"
PASSWORD = "a-password-of-tests"


class PostgreSQL(Stoppable):
    """A server that runs; logins need PASSWORD over TCP."""

    def __init__(
        self, folder: Path, port: int, start: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.folder = folder
        self.port = port
        super().__init__(start)
        self._archives = 0

    def new_archive(self) -> Archive:
        """Return an empty database."""
        self._archives += 1
        name = f"archive{self._archives}"
        self.program("createdb", name)
        return Archive(self, name)

    def program(self, name: str, *arguments: str) -> str:
        """Run a program of PostgreSQL's as superuser; return what it prints."""
        command = [str(postgresql_programs() / name), "-h", str(self.folder), "-p", str(self.port)]
        done = subprocess.run(
            [*command, "-U", SUPERUSER, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout).strip()

    def encrypt(self, certificate: Path, key: Path) -> None:
        """Have it take connections over TCP by TLS only, from now on."""
        owner = (self.folder / "data").stat()
        for name, file in (("server.crt", certificate), ("server.key", key)):
            shutil.copy(file, self.folder / "data" / name)
            os.chown(self.folder / "data" / name, owner.st_uid, owner.st_gid)
            (self.folder / "data" / name).chmod(0o600)
        (self.folder / "data/pg_hba.conf").write_text(
            "local all all trust\nhostssl all all all scram-sha-256\n"
        )
        self.program("psql", "-qc", "alter system set ssl = on", "-c", "select pg_reload_conf()")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop all its processes for as long as the block lasts (SIGSTOP); the system answers."""
        [main, *_] = (self.folder / "data/postmaster.pid").read_text().split()
        of_main = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        processes = [int(one) for one in (main, *of_main)]
        for one in processes:
            os.kill(one, signal.SIGSTOP)
        try:
            yield
        finally:
            for one in processes:
                os.kill(one, signal.SIGCONT)


class Archive:
    """A database of a server, and logins for it."""

    def __init__(self, server: PostgreSQL, name: str) -> None:
        self.server = server
        self.name = name
        self._logins = {SUPERUSER}

    def login(self, person: str) -> str:
        """Return the login of a person in this archive, made if it is missing."""
        login = person if person == SUPERUSER else f"{person}_{self.name}"
        if login not in self._logins:
            self._logins.add(login)
            self.sql(f"create role {login} login password '{PASSWORD}'")
        return login

    def url(self, person: str = SUPERUSER, password: str = PASSWORD) -> str:
        """Return the address for a person."""
        login = self.login(person)
        secret = f":{password}" if password else ""
        return f"postgresql://{login}{secret}@127.0.0.1:{self.server.port}/{self.name}"

    def sql(self, statements: str) -> str:
        """Run statements as superuser; return what they print."""
        return self.server.program("psql", "-qAt", "-d", self.name, "-c", statements)

    def backup(self, file: Path) -> None:
        """Write all that it has into a file."""
        self.server.program("pg_dump", "-Fc", "-f", str(file), self.name)

    def restore(self, file: Path) -> None:
        """Have what it had at the time of a backup again, and nothing of what came after."""
        self.server.program("dropdb", "--force", self.name)
        self.server.program("createdb", self.name)
        self.server.program("pg_restore", "-d", self.name, str(file))


@contextmanager
def running_postgresql(*settings: str, kept: Path | None = None) -> Iterator[PostgreSQL]:
    """Run a server, with its data in the folder `kept` if that is given, where they stay.

    Raises UnavailableError: it cannot be run here.
    """
    programs = postgresql_programs()
    with ExitStack() as stack:
        folder = kept or Path(tempfile.mkdtemp(prefix="rilo-pg-"))
        folder.mkdir(exist_ok=True)
        if kept is None:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        as_owner = owner_of(folder)
        data = folder / "data"
        if not data.exists():
            _make(programs, folder, data, as_owner)
        [port] = free_ports(1)
        command: list[str | Path] = [
            programs / "postgres", "-D", data, "-F", "-p", str(port),
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}",
            "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
        ]  # fmt: skip
        for setting in settings:
            command += ["-c", setting]
        log = folder / "postgres.log"
        ready = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-p", str(port)]

        @contextmanager
        def start() -> Iterator[None]:
            with running(command, log, signal.SIGINT, **as_owner):
                wait_until(lambda: not _fails(ready), "no PostgreSQL", log)
                yield

        server = PostgreSQL(folder, port, start)
        stack.callback(server.close)
        yield server


def _make(programs: Path, folder: Path, data: Path, as_owner: dict[str, Any]) -> None:
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    making = [str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, f"--pwfile={secret}"]
    done = subprocess.run(
        [*making, "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "-E", "UTF8",
         "--locale=C.UTF-8"],
        capture_output=True, text=True, check=False, **as_owner,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _fails(command: list[Any]) -> bool:
    return subprocess.run(command, check=False).returncode != 0


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The server of this process of the tests; skips what needs it where it cannot run."""
    try:
        with running_postgresql() as server:
            yield server
    except UnavailableError as error:
        pytest.skip(str(error))
