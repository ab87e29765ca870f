"""Two people in two terminals share an archive: what one imports and highlights the other sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.plugins.archive.desks import make_archive
from tests.support.postgresql import Archive
from tests.support.terminal import ENTER, ESCAPE, Terminal, rilo, run_piped

pytestmark = [pytest.mark.terminal, pytest.mark.service, pytest.mark.slow]


class Person:
    """Somebody with a home and a library, which shares an archive."""

    def __init__(self, home: Path, archive: Archive, *options: str) -> None:
        self.home = home
        home.mkdir()
        self.run("share", "join", archive.url(home.name), *options)

    def run(self, *arguments: str) -> str:
        """Run a command; it works."""
        done = run_piped(rilo(*arguments), self.home)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def imports(self, title: str, text: str) -> None:
        """Import an article."""
        file = self.home / f"{title}.md"
        file.write_text(f"# {title}\n\n{text}\n")
        self.run("import", str(file))

    @contextmanager
    def reader(self) -> Iterator[Terminal]:
        """Run a reader of the library."""
        with Terminal(rilo(), (100, 30), home=self.home) as terminal:
            yield terminal


def test_they_read_on_while_the_server_is_away(archive: Archive, tmp_path: Path) -> None:
    make_archive(archive, anna="contributor", ben="contributor")
    anna = Person(tmp_path / "anna", archive, "--shared")
    ben = Person(tmp_path / "ben", archive)
    with ben.reader() as here:
        here.wait_for("There are no articles in")
        anna.imports("Report", "Found at the border.")
        here.wait_for("Found at the border.")
        here.send("s")
        here.wait_for("★")
        with anna.reader() as there:
            there.wait_for("Found at the border.")
            there.send(f"{ENTER}Hw")
            there.wait_for("SELECT")
            there.send(ENTER)
            there.wait_for("Highlighted")
            here.wait_for("@ Found at")
            assert "★" not in there.screen()
            here.send(f'{ENTER}"')
            here.wait_for("Highlights")
            here.send(ENTER)
            here.wait_for(f"{archive.login('anna')} highlighted this")
            here.send(ESCAPE)
            with archive.server.stopped():
                here.wait_for("does not answer")
                here.send("/border")
                here.wait_for("1 of 1")
                here.send(f"{ENTER}{ENTER}s")
                here.wait_for(lambda screen: "★" not in screen)
                anna.imports("Second", "Imported while the cable was out.")
                there.wait_for("Second")
                here.send(ESCAPE)
                here.send(ESCAPE)
            here.wait_for("Second")
    assert ben.run("search", "is:starred") == ""
