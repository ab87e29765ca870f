"""Drive a reader before and after the extra `pages`.

`python -m tools.judge.extra_pages COMMAND INSTALL…`: COMMAND is a reader without the extra, which
follows feeds, and refuses a page with a sentence that names the extra. INSTALL, a command with its
arguments, installs it; then the page is read.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.feeds.world import PAGE, rss
from tests.support.servers import Server, serving
from tests.support.terminal import run_piped


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


def keep_page(command: str, home: Path, server: Server, install: Sequence[str]) -> None:
    """Keep a page: refused without the extra, read once it is installed."""
    url = server.page("/page", PAGE, headers={"Content-Type": "text/html"})
    code, said, error = run(command, home, "add", "--page", url)
    assert (code, said) == (1, ""), said
    assert 'need the extra "pages": ' in error, error
    assert '"rilo-reader[pages] @ ' in error, error
    print(error, end="")
    subprocess.run(install, check=True)
    code, said, error = run(command, home, "add", "--page", url)
    assert (code, error) == (0, ""), error
    assert said.startswith("One: saved as "), said


def main(command: str, install: Sequence[str]) -> int:
    """Drive a command before and after the extra is installed."""
    with tempfile.TemporaryDirectory(prefix="rilo-pages-") as folder, serving() as server:
        collect(command, Path(folder), server)
        print("a feed is followed, and what came is found")
        keep_page(command, Path(folder), server, install)
        print("a page is kept")
    return 0


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).absolute()), sys.argv[2:]))
