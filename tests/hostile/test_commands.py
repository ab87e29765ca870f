"""Hostile text and every verb of the command line: not one control of it reaches the output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.hostile import UNWANTED, payloads
from tests.support.hostile_library import fill, fill_recordings
from tests.support.shared import Data, samples_and_corpus
from tests.support.terminal import Terminal, config_file, rilo, run_piped
from tests.support.verdict import faults_in_command

pytestmark = pytest.mark.terminal

EVERY_PAYLOAD = " ".join(
    # No argument can hold NUL, or a character that is no character.
    text.replace("\x00", "").replace("\ud800", "").replace("\udfff", "")
    for _, text in payloads().values()
)


@dataclass(frozen=True)
class Place:
    """A hostile library and the home whose index knows it."""

    library: Path
    home: Path
    marks: list[str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("hostile")
    # The very name of the home is hostile: doctor and messages name folders.
    home = folder / "home\x1b]0;markhome\x07\u202e\x9b31m"
    home.mkdir()
    marks = fill(folder / "library")
    yield Place(folder / "library", home, marks)


def both(place: Place, *arguments: str, env: dict[str, str | None] | None = None) -> str:
    """Run a verb into pipes and on a terminal; returns what it printed once all is judged."""
    done = run_piped(rilo(*arguments), place.home, env)
    for output in (done.stdout, done.stderr):
        assert faults_in_command(output, terminal=False) == []
    assert b"Traceback" not in done.stderr
    # A long article goes through the pager; `less` waits for somebody (cli/test_pager.py).
    env = {"PAGER": "cat", **(env or {})}
    with Terminal(rilo(*arguments), (120, 50), env, home=place.home) as terminal:
        status = terminal.wait_exit()
        assert faults_in_command(terminal.output, terminal=True) == []
    assert status == done.returncode
    return (done.stdout + done.stderr).decode()


def at(place: Place, *arguments: str) -> str:
    """The same of the hostile library."""
    return both(place, *arguments, "--library", str(place.library))


def test_list_and_search(place: Place) -> None:
    printed = at(place, "list", "--limit", "0")
    assert all(f"Title {mark}" in printed for mark in place.marks)
    # "goes on" stands in every body right behind the payload.
    printed = at(place, "search", "goes", "--limit", "0")
    assert all(f"Title {mark}" in printed for mark in place.marks[:40])
    for before in ("", 'title:"', "after:", "(", "is:"):
        at(place, "search", before + EVERY_PAYLOAD)


def test_list_as_json(place: Place) -> None:
    printed = at(place, "list", "--json")
    records = [json.loads(line) for line in printed.split("\n") if line.startswith("{")]
    titles = " ".join(record["title"] for record in records)
    assert all(f"Title {mark}" in titles for mark in place.marks)
    for record in records:
        # The path must stay what it is on the disk, and so an id that is a path: both arrive
        # escaped. Everything else is clean once decoded, too.
        shown = {key: value for key, value in record.items() if key not in ("path", "id")}
        assert not UNWANTED.search(json.dumps(shown, ensure_ascii=False)), record["path"]


@pytest.mark.parametrize("form", [[], ["--plain"], ["--json"]])
def test_show(place: Place, form: list[str]) -> None:
    for path in ("everything.md", "entities.md", "entitycode.md", "links0.md"):
        printed = at(place, "show", path, *form)
        assert "Body " in printed
        if path == "everything.md":
            assert all(f"End of {mark}" in printed for mark, _ in payloads().values())


def test_show_files_whose_names_are_hostile(place: Place) -> None:
    files = sorted((place.library / "named").glob("*.md"))
    assert len(files) > 30
    for path in (files[0], files[len(files) // 2]):
        assert "Named number" in at(place, "show", str(path))
    at(place, "show", EVERY_PAYLOAD)


def test_index_and_its_progress(place: Place) -> None:
    assert "articles" in at(place, "index", "--rebuild")
    at(place, "index", "--json")


def test_doctor(place: Place) -> None:
    settings = config_file(place.home, "settings.toml")
    settings.write_text(
        'theme = "\\u001b]0;marktheme\\u0007"\n'
        '"key\\u001b]0;markkey\\u0007" = 1\n'
        'folders = ["/nowhere/\\u001b]0;markfolder\\u0007\\u202e"]\n'
        '[keys]\n"\\u009b31m" = ["\\u001b"]\n'
    )
    names = ("TERM", "EDITOR", "VISUAL", "BROWSER", "COLORTERM", "LC_ALL", "TERM_PROGRAM", "PAGER")
    env: dict[str, str | None] = {name: f"x\x1b]0;mark{name}\x07\u202e" for name in names}
    printed = both(place, "doctor", "--library", str(place.library), "--all", env=env)
    assert "markhome" in printed
    both(place, "doctor", env=env)
    both(place, "list", "--limit", "1", env=env)
    settings.write_text("theme = '\x1b]0;x\x07\n")
    both(place, "doctor", "--library", str(place.library))
    settings.unlink()


@pytest.mark.parametrize(
    "arguments",
    [
        [EVERY_PAYLOAD],
        [EVERY_PAYLOAD, "second"],
        [f"--{EVERY_PAYLOAD}"],
        ["list", f"--{EVERY_PAYLOAD}"],
        ["list", EVERY_PAYLOAD],
        ["list", "--limit", EVERY_PAYLOAD],
        ["list", "--library", EVERY_PAYLOAD],
        ["show", "--library", EVERY_PAYLOAD, EVERY_PAYLOAD],
    ],
    ids=["folder", "folders", "option", "verb-option", "word", "number", "library", "show"],
)
def test_wrong_usage_says_so_without_repeating_the_attack(
    place: Place, arguments: list[str]
) -> None:
    assert both(place, *arguments).strip()


@samples_and_corpus
def test_recorded_terminal_sessions(place: Place, data: Data, tmp_path: Path) -> None:
    recordings = data("security").rglob("*.in")
    marks = fill_recordings(tmp_path, recordings)
    printed = both(place, "list", "--library", str(tmp_path), "--limit", "0")
    assert all(mark in printed for mark in marks)
    for mark in marks[::8]:
        both(place, "show", f"{mark}.md", "--library", str(tmp_path))
