"""Drive an installed rilo-reader as a person would: `python -m tools.judge.installed COMMAND…`.

CI runs this against the built wheel as uv, pipx and pip install it, the Debian package and the
archive, away from the checkout, each in a home of its own. It says what it does, and ends with a
WaitError that shows the screen where something is not as it should be.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.terminal import ENTER, ESCAPE, Terminal, run_piped

from tools.judge.verbs import ask

FIRST, SECOND, NEWS = "First steps", "Five are enough", "Coalition against wildlife"


def drive(command: str, home: Path) -> None:
    """The first minute: open, read the next article, find one, leave; the exit code must be 0."""
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


def follow(command: str, home: Path) -> None:
    """A file that appears in the library while it is open: the reader's child must index it."""
    library = home / "notes"
    library.mkdir()
    (library / "first.md").write_text("# An old note\n\nwords\n", encoding="utf-8")
    with Terminal([command, str(library)], size=(110, 30), home=home, cwd=home) as terminal:
        terminal.wait_for("An old note")
        (library / "second.md").write_text("# A new note\n\nlatecomers\n", encoding="utf-8")
        terminal.wait_for("A new note")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def explain(command: str, home: Path) -> None:
    """Scripts and man pages of both names are written to where shells and man look."""
    done = run_piped([command, "completion", "--install"], home)
    assert done.returncode == 0, done
    for name in ("rilo-reader", "rilo"):
        for place in ("bash-completion/completions/{}", "man/man1/{}.1"):
            assert (home / "data" / place.format(name)).is_file()
    assert "--flat" in (home / "data/man/man1/rilo-reader.1").read_text("utf-8").replace("\\", "")
    assert (home / "data/man/man1/rilo-reader-search.1").is_file()
    assert (home / "data/zsh/site-functions/_rilo-reader").is_file()


def judge(command: str) -> str:
    """Ask and drive a command in a new home; return what went well."""
    with tempfile.TemporaryDirectory(prefix="rilo-installed-") as folder:
        home = Path(folder)
        drive(command, home)
        follow(command, home)
        ask(command, home)
        explain(command, home)
    return f"{command}: opens, walks, finds, follows and leaves, and its verbs answer"


def main(commands: Sequence[str]) -> int:
    """Drive each command, as many at the same time as a small machine bears."""
    with ThreadPoolExecutor(2) as pool:
        for line in pool.map(judge, (str(Path(command).absolute()) for command in commands)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
