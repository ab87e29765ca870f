"""Hostile text in the reader, judged by the raw bytes of a pseudo-terminal.

Whatever an article, a file name, a query, the environment or an editor holds: every escape
sequence that reaches the terminal is one that the reader itself means (see tests.support.verdict).
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.commands import commands_by_id
from tests.hostile.test_commands import EVERY_PAYLOAD
from tests.support.hostile import payloads
from tests.support.hostile_library import fill, fill_recordings
from tests.support.shared import Data, samples_and_corpus
from tests.support.terminal import ENTER, ESCAPE, Terminal, config_file, rilo, run_piped, until
from tests.support.verdict import faults_in_reader, safe_address

pytestmark = pytest.mark.terminal

SIZE = (110, 120)  # tall, so that an article with a payload in every place is on the screen at once

PASTED = EVERY_PAYLOAD.replace("\x1b", "")
"""What a terminal makes of a paste: none lets an ESC through, everything else arrives."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """A hostile library, a home, and the marks of the articles."""
    folder = tmp_path_factory.mktemp("hostile")
    marks = fill(folder / "library")
    (folder / "home").mkdir()
    # While an index grows, what comes in above the row one stands on does not move it.
    assert run_piped(rilo("index", "--library", str(folder / "library")), folder / "home").stdout
    return folder / "library", folder / "home", marks


@pytest.fixture
def terminal(hostile: tuple[Path, Path, list[str]], tmp_path: Path) -> Iterator[Terminal]:
    """The reader on the hostile library, judged when it has been left."""
    library, home, _ = hostile
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{tmp_path}/browsed'\n")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    env: dict[str, str | None] = {
        "BROWSER": str(browser),
        "EDITOR": "no-editor\x1b]0;markeditor\x07\u202e\x9b31m",
        "TERM_PROGRAM": "x\x1b]0;markterm\x07",
    }
    config_file(home, "settings.toml").write_text('[keys]\nquit = ["q", "ctrl+q"]\n')
    with Terminal(rilo(str(library)), SIZE, env, home=home) as running:
        running.wait_for("quit")
        yield running
        # Out of whatever is open by now: a box, a dialog, the links; the settings have this key.
        running.send(ESCAPE)
        running.send("\x11")
        assert running.wait_exit() == 0
        assert faults_in_reader(running.output, SIZE) == []
        assert running.is_restored


def key(command: str) -> str:
    """The character of a command's first key."""
    return {"slash": "/", "question_mark": "?", "ctrl+p": "\x10"}.get(
        commands_by_id()[command].keys[0], commands_by_id()[command].keys[0]
    )


def find(terminal: Terminal, query: str, sought: str) -> None:
    """Search, and wait until the article that is found stands open."""
    terminal.send(key("search"))
    terminal.send("\x15" + query)
    terminal.wait_for(sought)
    terminal.send(ENTER)


def test_walking_through_every_article(
    terminal: Terminal, hostile: tuple[Path, Path, list[str]]
) -> None:
    seen = 0
    # Not those with broken headers or hostile names: they have no date but that of their file.
    others = '-body:broken -title:"half json" -title:"half yaml" -title:"half toml"'
    find(terminal, f"body:body {others}", f"Body {hostile[2][0]}")
    for mark in hostile[2]:
        terminal.wait_for(f"Body {mark}")
        seen += 1
        terminal.send(key("next_article"))
    assert seen == len(hostile[2]) > 50


def test_rows_of_hostile_file_names(terminal: Terminal) -> None:
    find(terminal, "named", "Named number")
    for _ in range(12):
        terminal.send(key("next_article"))
    terminal.send("G")
    terminal.wait_for("Named number")


def test_links_outline_tags_and_copying(terminal: Terminal) -> None:
    for mark in ("links0", "links7", "links14", "links21", "everything"):
        find(terminal, f"title:{mark}", f"Body {mark}")
        terminal.send(ENTER)
        terminal.send(key("links"))
        terminal.wait_for("[1]")
        terminal.send(ESCAPE)
        terminal.send(key("outline"))
        terminal.send(ESCAPE)
        terminal.send(key("tags"))
        terminal.paste(PASTED)
        terminal.send(ESCAPE)
        terminal.send(ESCAPE)
    # An address that holds controls is none; one that holds markup is one, encoded.
    mark = payloads()["markup-quit"][0]
    find(terminal, f"title:{mark} -broken -number", f"Body {mark}")
    terminal.send(key("copy_link"))
    terminal.wait_for("Copied https://")
    terminal.wait_for_bytes(b"\x1b]52;c;")


def test_the_browser_gets_a_safe_address(terminal: Terminal, tmp_path: Path) -> None:
    mark = payloads()["markup-link"][0]
    find(terminal, f"title:{mark} -broken -number", f"Body {mark}")
    terminal.send(key("browser"))
    browsed = tmp_path / "browsed"
    until(browsed.exists)
    until(lambda: browsed.read_text().endswith("\n"))
    assert all(safe_address(url) for url in browsed.read_text().splitlines())
    assert mark in browsed.read_text()


def test_queries_pasted_and_typed(terminal: Terminal) -> None:
    terminal.send(key("search"))
    terminal.paste(PASTED)
    terminal.wait_for(lambda screen: re.search(r"\d of \d+", screen) is not None)
    terminal.send("\x15")
    for letter in "\u202e\u2066\x9b\x9d0;x\x9c\x85\ufeff\u2028\U000e0041[@click=app.quit]x[/][/b]":
        terminal.send(letter)
    terminal.wait_for("[@click=app.quit]x[/][/b]")
    for name in ("window-title", "c1-osc", "bidi-override", "markup-close"):
        terminal.send("\x15")
        terminal.paste(f'title:"{payloads()[name][1]}'.replace("\x1b", ""))
        terminal.wait_for(payloads()[name][0])
    terminal.send(ESCAPE)
    terminal.send(key("palette"))
    terminal.paste(PASTED)
    terminal.send(ESCAPE)


def test_an_editor_that_cannot_be_started_is_named_without_its_controls(terminal: Terminal) -> None:
    terminal.send(key("edit"))
    terminal.wait_for("could not be started")


def test_a_file_that_an_editor_or_another_program_writes(tmp_path: Path) -> None:
    library, home = tmp_path / "library", tmp_path / "home"
    library.mkdir()
    home.mkdir()
    (library / "a.md").write_text("# Harmless\n\nBody harmless.\n")
    written = f"# Edited\x1b]0;markedit\x07\u202e [@click=app.quit]x[/]\n\nNow {EVERY_PAYLOAD}\n"
    (tmp_path / "text").write_text(written)
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\ncp '{tmp_path}/text' \"$1\"\n")
    editor.chmod(0o700)
    with Terminal(rilo(str(library)), SIZE, {"EDITOR": str(editor)}, home=home) as terminal:
        terminal.wait_for("Body harmless")
        terminal.send(key("edit"))
        terminal.wait_for(lambda screen: "[@click=app.quit]x[/]" in screen and "Now " in screen)
        (library / "b\x1b]0;markname\x07.md").write_text(f"No heading {EVERY_PAYLOAD}")
        terminal.wait_for("markname")
        (library / "a.md").unlink()
        terminal.wait_for(lambda screen: "Edited" not in screen)
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert faults_in_reader(terminal.output, SIZE) == []


def test_a_library_whose_own_path_is_hostile(tmp_path: Path) -> None:
    library = tmp_path / "lib\x1b]0;marklib\x07\u202e\x9b31m"
    library.mkdir()
    home = tmp_path / "home\x1b]0;markhome\x07"
    home.mkdir()
    settings = config_file(home, "settings.toml")
    settings.write_text('theme = "\\u001b]0;marktheme\\u0007"\n"\\u009b31m" = 1\n')
    with Terminal(rilo(str(library)), SIZE, home=home) as terminal:
        terminal.wait_for("There are no articles")
        (library / "first.md").write_text("# First\n\nBody first.")
        terminal.wait_for("Body first")
        (library / "first.md").unlink()
        terminal.send("o")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert faults_in_reader(terminal.output, SIZE) == []


@samples_and_corpus
def test_recorded_terminal_sessions(data: Data, tmp_path: Path) -> None:
    library, home = tmp_path / "library", tmp_path / "home"
    library.mkdir()
    home.mkdir()
    recordings = data("security").rglob("*.in")
    marks = fill_recordings(library, recordings)
    with Terminal(rilo(str(library)), SIZE, home=home) as terminal:
        for mark in reversed(marks):
            terminal.wait_for(f"Body {mark}")
            terminal.send("J")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert faults_in_reader(terminal.output, SIZE) == []
