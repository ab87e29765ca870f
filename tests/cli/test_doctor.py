"""doctor: what it finds, what it says to do, and when it is satisfied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rilo_reader.article import HIGHLIGHTS_OF
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.sync.services import accounts
from rilo_reader.sync.services.secrets import Secret, Secrets
from rilo_reader.sync.services.service import Account, Api
from tests.support.command_line import User
from tests.support.terminal import Terminal, rilo


@pytest.fixture(autouse=True)
def utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Captured output is UTF-8 as a user's terminal is."""
    monkeypatch.setenv("TERM", "xterm-256color")


def test_all_is_well_on_a_fresh_machine(user: User) -> None:
    code, out, err = user.run("doctor")
    assert (code, err) == (0, "")
    assert out.endswith("No problems found.\n")
    for expected in ("Python 3.", "tantivy 0.", "encoding UTF-8", "12 articles", "guide: "):
        assert expected.lower() in out.lower()
    assert str(user.home / "config" / "rilo-reader") in out
    assert str(user.home / "cache" / "rilo-reader") in out


def test_marks_are_counted(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    user.ask("index")
    with open_library(user.library, user_paths()) as library:
        identity = library.find("a.md")
        assert identity is not None
        library.state.set_starred([identity], True)
    assert "0 read, 1 starred" in user.ask("doctor").out


def overwrite(file: Path, start: bytes) -> None:
    """Write over the start of a file that may still be mapped, so it is not cut short first."""
    with file.open("r+b") as opened:
        opened.write(start)


def test_an_index_whose_files_rotted_is_to_be_made_again(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "some words")
    user.ask("index")
    with open_library(user.library, user_paths()) as library:
        (words,) = library.index_directory.glob("*/*.term")
    rotten = bytearray(words.read_bytes())
    rotten[len(rotten) // 4] ^= 0x5A
    status = words.stat()
    overwrite(words, bytes(rotten))
    # As a disk does it: the file looks as it did.
    os.utime(words, ns=(status.st_atime_ns, status.st_mtime_ns))
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert f"{words.name} is not as it was written" in out
    assert "rilo-reader index --rebuild" in out
    user.ask("index", "--rebuild")
    assert user.ask("doctor").code == 0


def test_an_index_that_was_changed_has_been_made_again(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "some words")
    user.ask("index")
    with open_library(user.library, user_paths()) as library:
        (words,) = library.index_directory.glob("*/*.term")
    overwrite(words, b"x")
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert f"{words.name} is not as it was written" in " ".join(out.split())
    assert "built from your files" in out
    assert user.ask("doctor").code == 0


def test_wrong_settings_are_to_be_mended(user: User) -> None:
    file = user.settings("width = 9999\n")
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert f"{file}, line 1, width" in out
    assert "→ correct it" in out
    assert "1 problem found" in out


def test_names_that_are_none_are_told_which_there_are(user: User) -> None:
    user.settings('thme = "x"\ncolour = 1\ntheme = "zzz"\n')
    found = user.run("doctor")
    said = " ".join(found.out.split())
    assert "thme: there is no such setting; did you mean theme?" in said
    assert "→ the settings are theme, width, date_format," in said
    assert "→ the themes are ink, paper," in said
    assert said.count("fetch_together") == 1


def test_a_theme_that_is_not_there_is_named(user: User) -> None:
    user.settings('theme = "nrod"\n')
    done = user.ask("doctor")
    assert done.code == 1
    assert "did you mean nord?" in done.out


def test_faults_are_named_by_file_line_and_reason(user: User) -> None:
    user.write("broken.md", '+++\ntitle = "A"\ndate = yesterday\n+++\n\nText.\n')
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert "broken.md, line 3: " in out
    assert "→ correct the line" in out


def test_a_conflict_copy_of_a_note_is_to_be_joined(user: User) -> None:
    (user.home / "notes").mkdir()
    user.settings(f'folders = ["{user.library}"]\nnotes_folder = "{user.home / "notes"}"\n')
    for name in ("bees.md", "bees.sync-conflict-20260921-143000-ABCDEFG.md"):
        (user.home / "notes" / name).write_text(f"---\n{HIGHLIGHTS_OF}: bees-1\n---\n")
    found = user.ask("doctor")
    assert "ABCDEFG.md is another version of bees.md, and is not read" in found.out
    assert "1 problem found" in found.out


def test_files_that_are_no_articles_are_counted_by_kind(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    for name in ("b.rst", "c.rst", "d.html", "e.png", "Makefile"):
        (user.library / name).touch()
    code, out, _ = user.ask("doctor")
    assert code == 0
    assert "texts that are not articles: 2 .rst, 1 .html\n" in out
    assert "→ to read them here" in out
    assert "other files: 1 .png, 1 other file\n" in out


def test_two_files_of_one_identity_are_named(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x", id='"same"')
    user.article("b.md", "B", "2020-01-02", "x", id='"same"')
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert "same" in out.partition("Faults in articles")[2]


def test_many_files_are_cut_short_without_all(user: User) -> None:
    for number in range(30):
        user.write(f"draft-{number:02}.md", f"---\ntitle: D{number}\ndraft: true\n---\nText.\n")
    code, out, _ = user.ask("doctor")
    assert code == 0
    assert "draft-19.md" in out
    assert "draft-20.md" not in out
    assert "… and 10 more; --all lists them." in out
    assert "draft-29.md" in user.ask("doctor", "--all").out


def test_a_folder_of_the_settings_that_is_gone_is_to_be_mended(user: User) -> None:
    user.settings('folders = ["/nowhere/at/all"]\n')
    code, out, _ = user.run("doctor")
    assert code == 1
    assert "/nowhere/at/all" in out
    assert "→ name a folder that exists" in out


@pytest.mark.terminal
def test_a_terminal_that_is_too_little_is_to_be_mended(user: User) -> None:
    latin = {"TERM": "dumb", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    argv = rilo("doctor", "--library", str(user.library))
    with Terminal(argv, (36, 8), {**latin}, home=user.home) as terminal:
        assert terminal.wait_exit() == 1
        said = " ".join(terminal.text.split())
    assert "36 columns, 8 rows" in said
    assert "make the window larger, at least 40 columns and 10 rows" in said
    assert "set TERM to what your terminal is" in said
    assert "set LANG to a UTF-8 locale" in said


def test_a_place_that_cannot_be_used_is_to_be_mended(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    (user.home / "cache" / "rilo-reader").write_text("in the way", encoding="utf-8")
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert "is a file" in out
    assert "→ move" in out


def test_a_damaged_state_is_told(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    user.ask("index")
    with open_library(user.library, user_paths()) as library:
        state = library.state_file
    state.write_bytes(b"this is no database" * 100)
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert "✗" in out.partition("Marks")[2].partition("Files left out")[0]


def test_hostile_names_and_variables_are_shown_clean(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "x\x1b]0;owned\x07")
    name = os.fsdecode(b"bad\x1b[2J\xff.md")
    (user.library / name).write_bytes(b"+++\ndate = \x1b[31m\n+++\n")
    (user.library / (name + ".bin.md")).write_bytes(bytes(range(256)))
    out = user.ask("doctor", "--all").out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_accounts_and_what_is_wrong_with_them_are_listed(user: User) -> None:
    paths = user_paths()
    home = accounts.add(
        paths.accounts_file, Account("home", Api.MINIFLUX, "https://reader.example.org", "me")
    )
    Secrets(paths).keep(home, Secret("hunter2-unique"))
    code, out, _ = user.ask("doctor")
    assert code == 0
    assert "home: miniflux at https://reader.example.org, not synced yet" in out
    Secrets(paths).file.chmod(0o644)
    file = paths.accounts_file
    file.write_text(file.read_text() + "pasword_command = 'pass'\n")
    code, out, err = user.ask("doctor")
    assert code == 1
    assert "did you mean password_command?" in out
    assert "may be read by others" in out
    assert "rilo-reader account check 'home'" in out
    assert "hunter2" not in out + err
