"""doctor: what it finds, what it says to do, and when it is satisfied."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from rilo_reader.cli import doctor
from rilo_reader.cli.findings import Finding, Section
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.hooks import Plugin
from rilo_reader.library import Library, open_library
from rilo_reader.paths import user_paths
from rilo_reader.query.tree import Query
from tests.support.command_line import User
from tests.support.for_each import for_each
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


@pytest.mark.slow
@for_each(
    "text, said",
    [
        ("width = 9999\n", ["{file}, line 1, width", "→ correct it", "1 problem found"]),
        ("thme = 'x'\n", ["there is no such setting; did you mean theme?"]),
        ("colour = 1\n", ["→ the settings are theme, width, date_format,"]),
        ("theme = 'zzz'\n", ["→ the themes are auto, ink,"]),
        ("theme = 'nrod'\n", ["did you mean nord?"]),
        ("folders = ['/nowhere/at/all']\n", ["/nowhere/at/all", "→ name a folder that exists"]),
    ],
)
def test_wrong_settings_are_to_be_mended(user: User, text: str, said: list[str]) -> None:
    file = user.settings(text)
    code, out, _ = user.run("doctor")
    assert code == 1
    out = " ".join(out.split())
    assert [words for words in said if words.format(file=file) not in out] == []
    assert out.count("fetch_together") <= 1


@pytest.mark.parametrize("rotten", [True, False])
def test_an_index_that_is_not_as_it_was_written_is_made_again(user: User, rotten: bool) -> None:
    """What rotted looks as it did, as a disk does it, and is for the user to make again."""
    user.article("a.md", "A", "2020-01-01", "some words")
    user.ask("index")
    with open_library(user.library, user_paths()) as library:
        (words,) = library.index_directory.glob("*/*.term")
    content, status = bytearray(words.read_bytes()), words.stat()
    content[len(content) // 4] ^= 0x5A
    # It may still be mapped, so it is not cut short first.
    with words.open("r+b") as opened:
        opened.write(bytes(content) if rotten else b"x")
    if rotten:
        os.utime(words, ns=(status.st_atime_ns, status.st_mtime_ns))
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert f"{words.name} has changed since it was written" in " ".join(out.split())
    assert ("rilo-reader index --rebuild" if rotten else "built from your files") in out
    if rotten:
        user.ask("index", "--rebuild")
    assert user.ask("doctor").code == 0


def test_faults_are_named_by_file_line_and_reason(user: User) -> None:
    user.write("broken.md", '+++\ntitle = "A"\ndate = yesterday\n+++\n\nText.\n')
    for name in ("a.md", "b.md"):
        user.article(name, "A", "2020-01-01", "x", id='"same"')
    code, out, _ = user.ask("doctor")
    assert code == 1
    faults = out.partition("Faults in articles")[2]
    assert "broken.md, line 3: " in faults
    assert "→ correct the line" in faults
    assert "Its id is already used by" in faults


def test_section_pages_are_counted_and_git_is_asked_as_the_settings_say(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = user.home / "bin/git"
    git.parent.mkdir()
    git.write_text('#!/bin/sh\nprintf "@1551916800\\0\\0\\nA\\0post.md\\0"\n', encoding="utf-8")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(git.parent))
    (user.library / ".git").mkdir()
    (user.library / ".git/HEAD").write_text("1" * 40, encoding="utf-8")
    user.write("post.md", "Words.\n")
    for name in ("_index.md", "index.md"):
        user.write(f"section/{name}", "---\ntitle: Section\n---\n")
    said = "  2 section pages with neither text nor date (_index.md, index.md)\n"
    assert said in user.ask("doctor").out
    assert user.ask("search", "before:2020").out.startswith("2019-03-07")
    user.settings("git_dates = false\n")
    assert user.ask("search", "before:2020").out == ""


def test_git_that_fails_is_told(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    git = user.home / "bin/git"
    git.parent.mkdir()
    git.write_text("#!/bin/sh\nexit 128\n", encoding="utf-8")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(git.parent))
    (user.library / ".git").mkdir()
    (user.library / ".git/HEAD").write_text("1" * 40, encoding="utf-8")
    user.write("post.md", "Words.\n")
    for _ in range(2):
        said = user.ask("doctor")
        assert said.code == 0
        assert "git could not tell when files were added" in said.out


def test_a_place_that_cannot_be_used_is_to_be_mended(user: User) -> None:
    (user.home / "cache" / "rilo-reader").write_text("in the way", encoding="utf-8")
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert "is a file" in out
    assert "→ move" in out


def test_headers_that_others_can_read_are_to_be_mended(user: User) -> None:
    file = user_paths().feeds_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("[[feeds]]\nurl = 'https://a.example/feed'\nheaders = { Cookie = 'a=1' }\n")
    file.chmod(0o644)
    code, out, _ = user.ask("doctor")
    assert (code, "a=1" in out) == (1, False)
    assert f"chmod 600 {file}" in out
    file.chmod(0o600)
    assert "chmod 600" not in user.ask("doctor").out


def test_programs_of_feeds_are_named(user: User) -> None:
    file = user_paths().feeds_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "[[feeds]]\nrun = ['my-source', '--key=secret']\ntitle = 'Mine'\n"
        "[[feeds]]\nurl = 'https://a.example/x'\nheader_command = ['sh', 'secret']\n"
    )
    said = user.ask("doctor").out
    assert "my-source prints Mine" in said
    assert "sh prints headers for https://a.example/x" in said
    assert "secret" not in said


def test_files_that_are_no_articles_are_counted_by_kind(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    for name in ("b.rst", "c.rst", "d.html", "e.png", "Makefile"):
        (user.library / name).touch()
    code, out, _ = user.ask("doctor")
    assert code == 0
    assert "texts that are not articles: 2 .rst, 1 .html\n" in out
    assert "→ to read them, convert" in out
    assert "other files and folders: 1 .png, 1 other file" in out


def test_dialects_of_folders_are_told_and_what_tells_them(user: User) -> None:
    user.settings('[dialects]\nold = "any"\nwiki = "Logseq"\n')
    for name in ("garden/.obsidian/app.json", "old/hugo.toml", "wiki/a.md", "site/mkdocs.yml"):
        (user.library / name).parent.mkdir(parents=True, exist_ok=True)
        (user.library / name).touch()
    out = user.ask("doctor").out
    for line in (
        "garden: Obsidian (.obsidian)",
        "old: any (settings.toml)",
        "wiki: Logseq (settings.toml)",
        "site: MkDocs (mkdocs.yml)",
    ):
        assert f"  {line}\n" in out


def test_a_suffix_that_may_be_of_articles_is_told(user: User) -> None:
    """Also at the first start, if it is a tenth of all texts."""
    user.article("a.md", "A", "2020-01-01", "x")
    for number in range(5):
        (user.library / f"{number}.djot").write_text("---\ntitle: A\n---\n\nText.\n")
        (user.library / f"{number}.css").write_text("--- a {}")
    (user.library / "odd.yaml").write_text("---\na: 1\n---\nb: 2\n")
    out = user.ask("doctor").out
    assert "5 .djot begin with front matter" in out
    assert "problem found" in out
    made = user.run("index", "--rebuild", "--library", str(user.library))
    assert "cannot read 5 of 6 text files in this folder: 5 .djot" in made.err + made.out


@pytest.mark.slow
def test_a_suffix_is_markdown_if_the_settings_say_so(user: User) -> None:
    for number in range(12):
        text = f"---\ntitle: Quay {number}\n---\n\nA boat.\n"
        (user.library / f"{number}.smdx").write_text(text)
    library = ("--library", str(user.library))
    told = user.run("index", *library)
    advice = '".smdx" = "any" to [dialects] in settings.toml'
    assert advice in told.out + told.err
    assert advice in user.ask("doctor").out
    settings = user.home / "config" / "rilo-reader" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[dialects]\n".smdx" = "any"\n')
    assert user.run("search", "boat", *library).out.count(".smdx") == 12
    assert "Quay 7" in user.run("show", "7.smdx", *library).out
    out = user.ask("doctor").out
    assert ".smdx" not in out.replace(str(settings), "")
    settings.write_text('[dialects]\n".smdx" = "hugo"\n')
    assert 'expected .smdx = "any"' in user.ask("doctor").out
    settings.write_text("")
    assert ".smdx" not in user.run("search", "boat", *library).out


def test_many_files_are_cut_short_without_all(user: User) -> None:
    for number in range(30):
        user.write(f"draft-{number:02}.md", f"---\ntitle: D{number}\ndraft: true\n---\nText.\n")
    code, out, _ = user.ask("doctor")
    assert code == 0
    assert "draft-19.md" in out
    assert "draft-20.md" not in out
    assert "… and 10 more; --all lists them." in out
    assert "draft-29.md" in user.ask("doctor", "--all").out


@pytest.mark.terminal
def test_a_terminal_that_is_too_little_is_to_be_mended(user: User) -> None:
    latin = {"TERM": "dumb", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    argv = rilo("doctor", "--library", str(user.library))
    with Terminal(argv, (36, 8), {**latin}, home=user.home) as terminal:
        assert terminal.wait_exit() == 1
        said = " ".join(terminal.text.split())
    assert "36 columns, 8 rows" in said
    assert "make the window larger, at least 40 columns and 10 rows" in said
    assert "set TERM to the name of your terminal" in said
    assert "set LANG to a UTF-8 locale" in said


def test_marks_are_counted_and_a_damaged_file_is_told(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    user.ask("mark", "star", "a.md")
    assert "0 read, 1 starred" in user.ask("doctor").out
    with open_library(user.library, user_paths()) as library:
        state = library.state_file
    state.write_bytes(b"this is no database" * 100)
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert "✗" in out.partition("Marks")[2].partition("Files left out")[0]


def test_plugins_add_lines_and_sections(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Weather(Plugin):
        name = "weather"

        def checks(self, where: LibraryContext, library: Library | None) -> Iterable[Section]:
            if library is None:
                return (("Settings", [Finding("rain is likely", "take an umbrella", wrong=True)]),)
            return (("Weather", [Finding(f"{library.search.count(Query())} clouds")]),)

    monkeypatch.setattr(doctor, "plugins_with", lambda _: [Weather()])
    user.article("a.md", "A", "2020-01-01", "x")
    code, out, _ = user.ask("doctor")
    assert code == 1
    settings = out.partition("Settings")[2].partition("Feeds")[0]
    assert "every setting has its default" in settings
    assert "→ take an umbrella" in settings
    assert "Weather\n    1 clouds\n" in out


def test_json_has_this_shape(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "plugins_with", lambda _: [])
    file = user.settings("width = 9999\n")
    code, out, err = user.run("doctor", "--json")
    assert (code, err) == (1, "")
    said = json.loads(out.replace(str(file), "settings.toml"))
    depends = {"Program", "Terminal", "Folders", "Library", "Index", "Marks"}
    for section in said["sections"]:
        if section["title"] in depends:
            assert all(set(one) == {"text", "advice", "wrong"} for one in section["findings"])
            section["findings"] = len(section["findings"]) > 0
    golden = Path(__file__).parent.parent / "golden/doctor.json"
    assert said == json.loads(golden.read_text(encoding="utf-8").replace("HOME", str(user.home)))


def test_json_has_every_file(user: User) -> None:
    for number in range(25):
        user.write(f"{number:02}.md", "+++\ntitle = \n+++\n")
    (said,) = user.ask("doctor", "--json").objects
    assert said["problems"] == 25
    faults = next(one for one in said["sections"] if one["title"] == "Faults in articles")
    assert len(faults["findings"]) == 25
