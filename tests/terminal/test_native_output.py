"""What native libraries print reaches a log, and nobody's terminal or pipe.

tantivy panics over files that change while they are mapped into memory; Rust then prints to file
descriptor 2, whatever becomes of the error.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from rilo_reader.__main__ import LOG, LOG_LIMIT
from tests.support.command_line import User
from tests.support.processes import needs_proc
from tests.support.terminal import Terminal, rilo, run_piped, until

SPEAKS = """
import os, sys
from rilo_reader.__main__ import redirect_native_output
redirect_native_output()
os.write(2, b"native\\n")
print(sys.stderr is sys.__stderr__, sys.stderr.isatty(), file=sys.stderr)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "state" / "rilo-reader").mkdir(parents=True)
    return folder


def log_of(home: Path) -> Path:
    return home / "state" / "rilo-reader" / LOG


def fill(user: User, count: int) -> None:
    for number in range(count):
        day = date(2010, 1, 1) + timedelta(number)
        user.article(f"{number:04}.md", f"Number {number} {'long ' * 30}", f"{day}", "words")
    assert user.ask("index")[0] == 0


def harm(home: Path) -> None:
    """Overwrite the index in place: whoever has it open has these very bytes in memory."""
    for file in (home / "cache" / "rilo-reader" / "index").rglob("*.*"):
        if file.suffix in {".store", ".fast"}:
            with suppress(FileNotFoundError), file.open("r+b") as opened:  # it may be merged away
                size = opened.seek(0, os.SEEK_END)
                opened.seek(0)
                opened.write(b"\xff" * size)


# -- the two descriptors --------------------------------------------------------------------------


@pytest.mark.slow
def test_native_output_goes_to_the_log_and_pythons_to_stderr(home: Path) -> None:
    done = run_piped([sys.executable, "-c", SPEAKS], home)
    assert done.stderr == b"True False\n"
    assert log_of(home).read_bytes() == b"native\n"
    with Terminal([sys.executable, "-c", SPEAKS], home=home) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.output == b"True True\r\n"
    assert log_of(home).read_bytes() == b"native\n" * 2


def test_a_log_does_not_grow_for_ever(home: Path) -> None:
    log_of(home).write_bytes(b"x" * (LOG_LIMIT + 1))
    run_piped([sys.executable, "-c", SPEAKS], home)
    assert log_of(home).read_bytes() == b"native\n"


def test_where_no_log_can_be_written_nothing_is_shown_all_the_same(tmp_path: Path) -> None:
    done = run_piped([sys.executable, "-c", SPEAKS], tmp_path)
    assert done.stderr == b"True False\n"
    assert not log_of(tmp_path).parent.exists()


def test_a_closed_standard_error_stays_closed_for_python(home: Path) -> None:
    says = SPEAKS.replace("print(", "open('said', 'w').write(repr(sys.stderr)) #")
    shell = f'cd {home} && exec "$0" -c "$1" 2>&-'
    done = run_piped(["/bin/sh", "-c", shell, sys.executable, says], home)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (home / "said").read_text() == "None"
    assert log_of(home).read_bytes() == b"native\n"


# -- an index that breaks while it is open --------------------------------------------------------


@pytest.mark.slow
def test_a_verb_whose_index_breaks_meanwhile_prints_every_row_and_no_panic(user: User) -> None:
    fill(user, 1500)
    with user.running("list") as listing:
        first = listing.stdout.readline()  # the rest waits, as the pipe is full
        harm(user.home)
        rows = {first, *listing.stdout}
        code, err = listing.ended()
        assert (code, len(rows)) == (0, 1500)
    assert b"damaged" in err
    assert b"panicked" not in err
    assert b"panicked" in log_of(user.home).read_bytes()


@pytest.mark.slow
@needs_proc
def test_an_indexer_whose_index_breaks_builds_it_again_and_shows_no_panic(user: User) -> None:
    fill(user, 300)
    with user.running("index", "--watch", "--json") as child:
        child.wait_for(finished=True)
        mapped = Path(f"/proc/{child.process.pid}/maps")
        until(lambda: "/rilo-reader/index/" not in mapped.read_text())  # it rests
        harm(user.home)
        user.article("new.md", "New", "2020-01-02", "words")
        child.wait_for(finished=True)
        child.stdin.close()
        _, said = child.ended()  # a busy machine may leave it so little time that it is forced
        assert said == b""
    assert user.ask("list", "--count").out == "301\n"


@pytest.mark.slow
def test_a_reader_whose_index_breaks_shows_no_panic(user: User) -> None:
    fill(user, 300)
    with Terminal(rilo(str(user.library)), home=user.home) as terminal:
        terminal.wait_for("Number 299")
        harm(user.home)
        terminal.send("G")
        log = log_of(user.home)
        until(lambda: log.exists() and b"panicked" in log.read_bytes())
        # Its child builds the index again, and the list is there again.
        until(lambda: user.ask("list", "--count").out == "300\n")
        terminal.wait_for(lambda screen: "Number 299" in screen and "Number 293" in screen)
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert b"panicked" not in terminal.output


# -- children that speak to the user --------------------------------------------------------------


@pytest.mark.slow
def test_an_editor_has_the_terminal_as_its_standard_error(user: User) -> None:
    user.article("a.md", "Story", "2020-01-01", "words")
    editor = user.home / "editor"
    editor.write_text("#!/bin/sh\necho to-standard-error >&2\n")
    editor.chmod(0o700)
    with Terminal(rilo(str(user.library)), env={"EDITOR": str(editor)}, home=user.home) as terminal:
        terminal.wait_for("Story")
        terminal.send("e")
        terminal.wait_for_bytes(b"to-standard-error")
        terminal.send("q")
        assert terminal.wait_exit() == 0
