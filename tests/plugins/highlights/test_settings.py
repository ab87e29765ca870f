"""`notes_folder` of settings.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.config import Config, load
from rilo_reader.config.settings import make_template
from rilo_reader.paths import user_paths
from rilo_reader.plugins.highlights.settings import NoteSettings
from tests.support.command_line import User
from tests.support.for_each import for_each
from tests.support.settings_file import uncommented


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        *(("", Path()), ("notes", Path("notes")), ("/srv/x", Path("/srv/x"))),
        ("~/vault/highlights", Path.home() / "vault" / "highlights"),
    ],
)
def test_notes_have_a_folder_in_the_library_or_elsewhere_or_none(
    file: Path, text: str, folder: Path
) -> None:
    file.write_text(f'notes_folder = "{text}"\n')
    assert load(file) == (Config().with_plugin_values(NoteSettings(folder)), ())


@for_each(
    "line, reason",
    [
        ("notes_folder = 5", "a text in quotes"),
        ("notes_folder = '.'", "not a folder of its own"),
        ("notes_folder = 'a/../..'", "the name of a folder in the library"),
        ("notes_folder = '~nobody-of-that-name/x'", "that does not exist"),
        ("highlight_kinds = 'x'", "expected a list of 4 names, not 'x'"),
        ("highlight_kinds = ['a', 'b']", "expected a list of 4 names"),
        ("highlight_kinds = ['a', 'b', 'c', ' ']", "a list of 4 names"),
        ("highlight_kinds = ['a', 'b', 'c', 'A']", "have the same name"),
        ("highlight_kinds = ['a', 'b', 'c', 4]", "expected a text in quotes"),
    ],
)
def test_what_is_wrong_is_named(file: Path, line: str, reason: str) -> None:
    file.write_text(f"{line}\n")
    config, (problem,) = load(file)
    assert config == Config()
    assert problem.key == line.partition(" ")[0]
    assert reason in problem.reason


def test_kinds_are_named_by_words_that_are_typed(user: User) -> None:
    written = 'highlight_kinds = ["facts", "ideas", "names", "doubts"]'
    user.run("settings", "highlight_kinds", "facts", "ideas", "names", "doubts").says(written)
    assert f"\n{written}\n" in user_paths().settings_file.read_text("utf-8")


def test_a_new_file_shows_an_example(file: Path) -> None:
    file.write_text(uncommented(make_template()))
    config, _ = load(file)
    assert config.plugin_values(NoteSettings).notes_folder == Path.home() / "vault" / "highlights"


def test_without_a_value_it_is_explained(user: User) -> None:
    told = user.run("settings", "notes_folder")
    assert (told.code, told.out) == (0, "")
    assert "notes_folder is not set. Where notes on your highlights are saved" in told.err
    assert (
        "such as: rilo-reader settings notes_folder ~/vault"
        in user.run("settings", "notes_folder=").err
    )
