"""Drive an installed rilo-reader as a person would: `python -m tools.judge.installed COMMAND`.

CI runs this against the built wheel, away from the checkout, in a home of its own. It says what
it does, and ends with a WaitError that shows the screen where something is not as it should be.

What follows COMMAND is another one, which installs the extra `pages`: then the first is one
without it. A page is refused with a sentence that says so, and after the install it is read.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.feeds.world import PAGE, rss
from tests.support.servers import Server, serving
from tests.support.terminal import ENTER, ESCAPE, Terminal, run_piped

FIRST, SECOND, NEWS = "First steps", "Five are enough", "Coalition against wildlife"


def drive(command: str, home: Path) -> None:
    """Open, read the next article, find one, leave; the exit code must be 0."""
    with Terminal([command], size=(110, 30), home=home, cwd=home) as terminal:
        terminal.wait_for("Welcome. On the left")
        assert FIRST in terminal.screen()
        terminal.send("J")
        terminal.wait_for(SECOND)
        terminal.send("/")
        terminal.send("conservationists")
        terminal.wait_for(lambda screen: NEWS in screen and "Six talks" not in screen)
        terminal.send(ENTER)
        terminal.wait_for("A year after")
        # Back to the list, then out of the search: where we were before.
        terminal.send(ESCAPE)
        terminal.send(ESCAPE)
        terminal.wait_for(SECOND)
        terminal.send("q")
        status = terminal.wait_exit()
        assert status == 0, f"the reader ended with {status}"
        assert terminal.mode(1049) is False, "the terminal was left in the alternate screen"


def ask(command: str, home: Path) -> None:
    """The verbs, piped."""
    done = run_piped([command, "--version"], home)
    assert done.stdout.startswith(b"rilo-reader "), done
    done = run_piped([command, "search", "--json", "title:keys"], home)
    assert json.loads(done.stdout)["title"] == "The keys", done
    done = run_piped([command, "doctor"], home)
    assert done.returncode == 0, done.stdout.decode()


def run(command: str, home: Path, *arguments: str) -> tuple[int, str, str]:
    """The exit code of a verb, and what it printed."""
    done = run_piped([command, *arguments], home, {"NO_PROXY": "*"})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def collect(command: str, home: Path, server: Server) -> None:
    """Follow a feed of a server here, and find what came."""
    code, said, error = run(command, home, "add", server.page("/feed", rss("Ivory", "Post")))
    assert (code, error) == (0, ""), error
    assert "2 new articles" in said, said
    assert run(command, home, "search", "ivory", "--count") == (0, "1\n", "")
    code, said, error = run(command, home, "list")
    assert (code, error, len(said.splitlines())) == (0, "", 2), said


def keep_page(command: str, home: Path, server: Server, install: list[str]) -> None:
    """Keep a page; where a command installs what reads it, only after that."""
    url = server.page("/page", PAGE, headers={"Content-Type": "text/html"})
    if install:
        code, said, error = run(command, home, "add", "--page", url)
        assert (code, said) == (1, ""), said
        assert 'need the extra "pages": ' in error, error
        assert error.endswith('"rilo-reader[pages]"\n'), error
        print(error, end="")
        subprocess.run(install, check=True)
    code, said, error = run(command, home, "add", "--page", url)
    assert (code, error) == (0, ""), error
    assert said.startswith("One: saved as "), said


def explain(command: str, home: Path) -> None:
    """Scripts and man pages are there for both names, and are linked to where shells look."""
    share, linked = Path(command).parents[1] / "share", home / "data"
    done = run_piped([str(Path(command).with_name("rilo")), "completion", "--install"], home)
    assert done.returncode == 0, done
    for name in ("rilo-reader", "rilo"):
        for place in ("bash-completion/completions/{}", "man/man1/{}.1"):
            assert (share / place.format(name)).is_file()
            assert (linked / place.format(name)).is_symlink()
    assert (share / "man/man1/rilo-reader-search.1").is_file()
    assert (share / "zsh/site-functions/_rilo-reader").is_file()


def main() -> int:
    """Drive the command that the first argument names."""
    command = str(Path(sys.argv[1]).absolute())
    with tempfile.TemporaryDirectory(prefix="rilo-installed-") as folder:
        home = Path(folder)
        ask(command, home)
        print("the verbs answer")
        explain(command, home)
        print("completions and man pages are there")
        drive(command, home)
        print("the reader opens, walks, finds and leaves")
        with serving() as server:
            collect(command, home, server)
            print("a feed is followed, and what came is found")
            keep_page(command, home, server, sys.argv[2:])
            print("a page is kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
