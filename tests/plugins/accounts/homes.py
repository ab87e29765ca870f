"""Homes of people who have an account at a Miniflux, where the program runs in real processes."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts.records import AccountRecords, open_records, records_file
from rilo_reader.plugins.accounts.service import Api, ServerMarks
from rilo_reader.store.folder import read_article
from tests.support.miniflux_server import MinifluxUser
from tests.support.terminal import rilo, run_piped

OWN, GREADER = Api.MINIFLUX, Api.GREADER


class Home:
    """A home with an account called `home`, by one of the APIs of the server."""

    def __init__(self, folder: Path, user: MinifluxUser, api: Api) -> None:
        self.folder = folder
        self._user = user
        self._api = api
        names = ("config", "data", "state", "cache")
        self.paths = Paths(*(folder / name / "rilo-reader" for name in names))
        self.library = self.paths.default_library  # the folder of its articles

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end, whatever comes of it."""
        done = run_piped(rilo(*arguments), self.folder)
        out, err = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def ok(self, *arguments: str) -> str:
        """Run a verb, which works; return what it prints."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def join(self) -> str:
        """Add the account, with a command that prints the secret."""
        user = self._user
        login = ["--password-command", _printing(user.password), "--user", user.name]
        if self._api is OWN:
            login = ["--api-key-command", _printing(user.key)]
        return self.ok("account", "add", str(self._api), user.url, "--name", "home", *login)

    def marks(self) -> dict[str, ServerMarks]:
        """The marks of all articles as `list` shows them, by title."""
        rows = list(map(json.loads, self.ok("list", "--json", "--limit", "0").splitlines()))
        found = {row["title"]: ServerMarks(row["read"], row["starred"]) for row in rows}
        assert len(found) == len(rows)
        return found

    def files(self) -> dict[str, bytes]:
        """What the files of the library have in them, by path."""
        files = self.library.rglob("*.md")
        return {each.relative_to(self.library).as_posix(): each.read_bytes() for each in files}

    def ids(self) -> dict[str, str]:
        """The ids of articles, by title."""
        articles = (read_article(self.library, path) for path in self.files())
        return {article.title: article.id for article in articles}

    def records(self) -> AccountRecords:
        """The records of its account."""
        return open_records(records_file(self.library, self.paths))


def _printing(secret: str) -> str:
    return shlex.join([sys.executable, "-c", f"print({secret!r})"])
