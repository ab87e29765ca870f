"""Completion: what the scripts know, what they ask for, and the real shells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rilo_reader.cli import all_verbs, completion, verb_of
from rilo_reader.cli.completion import SHELLS, list_words, make_all_scripts
from rilo_reader.cli.man_pages import make_all_pages
from rilo_reader.cli.output import NAMES
from tests.support.command_line import User
from tests.support.terminal import Terminal, environment, rilo

HOSTILE = "bad $(touch pwned) `touch pwned` ; touch pwned"


def candidates(user: User, kind: str, *words: str) -> list[str]:
    code, out, err = user.run("--candidates", kind, *words)
    assert (code, err) == (0, "")
    return [line.partition("\t")[0] for line in out.splitlines()]


@pytest.fixture
def reader(user: User) -> User:
    """Somebody with three articles, a saved search, feeds, and a tag of their own."""
    user.article("a/one.md", "One", "2020-01-01", "x", tags='["Customs", "customs work"]')
    user.article("a/two.md", "Two", "2020-01-02", "x", source='"The Wire"', id='"https://e.org/2"')
    user.article("three.md", "Three", "2020-01-03", "x", tags=f'["{HOSTILE}"]')
    user.settings('[[searches]]\nname = "Late ivory"\nquery = "ivory after:2019"\n')
    (user.home / "config/rilo-reader/feeds.toml").write_text(
        '[[feeds]]\nurl = "https://example.org/feed"\ntitle = "Daily Football"\n', encoding="utf-8"
    )
    user.ask("mark", "tag", "curious", "three.md").says("1 article")
    return user


# -- what is asked --------------------------------------------------------------------------------


def test_tags_sources_searches_and_articles_come_from_the_library(reader: User) -> None:
    assert candidates(reader, "query", "search", "tag:cust") == ['tag:"customs work"']
    assert candidates(reader, "query", "search", "-tag:CUR") == ["-tag:curious"]
    assert candidates(reader, "query", "search", 'source:"th') == ['source:"The Wire"']
    assert candidates(reader, "query", "search", "@la") == ['@"Late ivory"']
    assert candidates(reader, "query", "search", "is:un") == ["is:unread"]
    assert candidates(reader, "query", "search", "so") == ["source:", "sort:"]
    assert candidates(reader, "article", "show", "a/") == ["a/two.md", "a/one.md"]
    assert candidates(reader, "article", "show", "https://e") == ["https://e.org/2"]
    assert candidates(reader, "feed", "refresh", "daily") == ["Daily Football"]
    assert candidates(reader, "tag", "add", "--tag", "cur") == ["curious"]


def test_values_begin_with_what_is_typed_and_alike(reader: User) -> None:
    # Shells put in what all of them begin with.
    assert candidates(reader, "query", "search", "tag:cu") == [
        'tag:"curious"',
        'tag:"customs work"',
    ]


def test_mark_takes_a_tag_behind_tag_and_articles_elsewhere(reader: User) -> None:
    assert candidates(reader, "mark", "mark", "") == []
    assert candidates(reader, "mark", "mark", "untag", "cu") == ["curious", "customs work"]
    assert candidates(reader, "mark", "mark", "untag", "curious", "thr") == ["three.md"]


def test_fish_says_nothing_beside_the_values_of_an_option() -> None:
    lines = [
        line for line in SHELLS["fish"]().splitlines() if "in list'" in line and "-l color" in line
    ]
    assert [(" -a " in line, " -d " in line) for line in lines] == [(False, True), (True, False)]


def test_another_library_is_asked_where_it_is_named(reader: User, tmp_path: Path) -> None:
    words = ("search", "--library", str(tmp_path), "tag:c")
    assert candidates(reader, "query", *words) == []
    assert candidates(reader, "query", "search", "--library", str(reader.library), "tag:cur")


@pytest.mark.terminal
def test_without_an_index_it_is_said_once_why_nothing_is_offered(user: User) -> None:
    asked = rilo("--candidates", "article", "show", "x")
    for said in (True, False):
        with Terminal(asked, home=user.home) as terminal:
            assert terminal.wait_exit() == 0
            assert (
                "nothing can be completed yet. First: rilo-reader index" in terminal.text
            ) is said


def test_nothing_is_made_or_mended_by_asking(user: User) -> None:
    told = user.home / "state" / "rilo-reader" / "completion"  # why nothing is offered
    told.parent.mkdir(parents=True)
    told.touch()
    before = sorted(user.home.rglob("*"))
    assert candidates(user, "query", "search", "tag:") == []
    assert candidates(user, "article", "show", "") == []
    assert sorted(user.home.rglob("*")) == before


@pytest.mark.slow
def test_asking_imports_little(reader: User) -> None:
    """What reads files, calls servers or draws would take longer than anybody waits for a key."""
    code = (
        "import sys; from rilo_reader.cli import run; run(['--candidates', 'query', 'search', 'x'])"
        "; print(*sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=environment(reader.home),
    )
    loaded = set(said.stdout.split())
    assert "rilo_reader.index.read_only" in loaded
    assert loaded.isdisjoint(
        {"argparse", "asyncio", "rich", "aiohttp", "sqlite3", "rilo_reader.library", "lxml"}
    )


# -- what is printed ------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_every_command_and_option(user: User, shell: str) -> None:
    code, out, err = user.run("completion", shell)
    assert (code, err) == (0, "")
    assert "@" not in {word[0] for word in out.replace("$@", "").split()}
    for name in all_verbs():
        assert name in out
        for word in list_words(verb_of(name)):
            flag = f"-l {word.flag.removeprefix('--')}" if shell == "fish" else word.flag
            assert not word.flag or flag in out


def test_scripts_stand_where_shells_look() -> None:
    assert set(make_all_scripts()) == {
        "bash-completion/completions/rilo-reader",
        "bash-completion/completions/rilo",
        "fish/vendor_completions.d/rilo-reader.fish",
        "fish/vendor_completions.d/rilo.fish",
        "zsh/site-functions/_rilo-reader",
    }


@pytest.mark.slow
def test_every_installation_writes_them_where_shells_and_man_look(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone, a wheel, an archive: what is printed is what is written."""
    shared = user.home / "data"
    mine, link = shared / "man/man1/rilo.1", shared / "fish/vendor_completions.d/rilo.fish"
    target = user.home / "elsewhere"
    target.write_text("of an older version", encoding="utf-8")
    for each in (mine, link):
        each.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    link.symlink_to(target)
    for bins in ("", str(user.home / "bin")):
        monkeypatch.setenv("PATH", bins)
        done = user.run("completion", "--install")
        assert done.code == 0
        assert (f"export MANPATH={shared / 'man'}:" in done.out) is not bool(bins)
        assert "man rilo-reader" in done.out
        assert "site-functions" in done.out
        assert done.err == f"{mine} was not written by rilo-reader, so it was left as it is.\n"
    expected = {**make_all_scripts(), **make_all_pages()}
    for place, text in expected.items():
        written = (shared / place).read_text(encoding="utf-8")
        assert written == ("mine" if place == "man/man1/rilo.1" else text), place
    assert not link.is_symlink()
    assert target.read_text(encoding="utf-8") == "of an older version"
    assert all(text[:200].encode().count(completion.FILE_MARK) for text in expected.values())
    user.run("completion", "--remove").says(f"Deleted {len(expected) - 1} files below {shared}.\n")
    assert [file for file in shared.rglob("*") if file.is_file()] == [mine]
    user.run("completion", "--remove").says("Deleted 0 files")


def test_a_shell_or_install_is_needed(user: User) -> None:
    for words in ([], ["bash", "--install"], ["--install", "--remove"], ["tcsh"]):
        user.run("completion", *words).failed(2, "completion")


# -- real shells ----------------------------------------------------------------------------------


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not here")


@pytest.fixture
def path(reader: User, monkeypatch: pytest.MonkeyPatch) -> str:
    """A search path with both names of the program, which are these very sources."""
    folder = reader.home / "bin"
    folder.mkdir()
    for name in NAMES:
        file = folder / name
        command = " ".join(f"'{word}'" for word in rilo())
        file.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        file.chmod(0o755)
    other = folder / "rilo-reader-weather"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    return f"{folder}:{environment(reader.home)['PATH']}"


Ask = Callable[..., str]
"""Types a line and the tab key, returns the line once it has a text; runs it if it prints one."""


def asking(shell: list[str], start: str, path: str, home: Path) -> Iterator[Ask]:
    env = {"PATH": path, "PS1": "> ", "PROMPT": "> "}
    with Terminal(shell, size=(100, 40), home=home, cwd=home, env=env) as terminal:
        terminal.send(f"{start}; echo rea''dy\n")
        terminal.wait_for("\nready")

        def ask(line: str, wanted: str, printed: str = "") -> str:
            terminal.send(f"\x0c{line}\t")
            screen = terminal.wait_for(lambda screen: wanted in screen.partition("\n")[0])
            if printed:
                terminal.send("\r")
                terminal.wait_for(f"\n{printed}\n")
            terminal.send("\x15")
            return screen.partition("\n")[0]

        yield ask


_LOADED = Path("/usr/share/bash-completion/bash_completion")
_NO_BASH = pytest.mark.skipif(not _LOADED.exists(), reason="bash-completion is not here")
BASH = '. /usr/share/bash-completion/bash_completion; eval "$(rilo-reader completion bash)"'
ZSH = 'autoload -Uz compinit; compinit -u -D; eval "$(rilo-reader completion zsh)"'


@pytest.fixture(
    params=[
        pytest.param((["bash", "--norc", "-i"], BASH), marks=_NO_BASH, id="bash"),
        pytest.param((["zsh", "-f", "-i"], ZSH), marks=needs("zsh"), id="zsh"),
    ]
)
def ask(request: pytest.FixtureRequest, reader: User, path: str) -> Iterator[Ask]:
    shell, start = request.param
    yield from asking(shell, start, path, reader.home)


@pytest.mark.service
@pytest.mark.terminal
@pytest.mark.slow
def test_bash_and_zsh_complete(ask: Ask, reader: User) -> None:
    assert ask("rilo-reader hig", "highlights") == "> rilo-reader highlights"
    assert ask("rilo doct", "doctor") == "> rilo doctor"
    assert ask("rilo weat", "weather") == "> rilo weather"
    assert ask("rilo-reader search --no-c", "--no-check") == "> rilo-reader search --no-check"
    assert ask("rilo-reader export --format ep", "epub") == "> rilo-reader export --format epub"
    assert ask("rilo-reader sync sta", "status") == "> rilo-reader sync status"
    assert ask("rilo-reader search -tag:cur", "curious") == "> rilo-reader search -tag:curious"
    wire = ask("rilo-reader search source:Th", "Wire")
    assert wire == r"> rilo-reader search source:\"The\ Wire\""
    ivory = ask("rilo-reader search @La", "ivory")
    assert ivory == r"> rilo-reader search @\"Late\ ivory\""
    assert (
        ask("rilo-reader mark untag customs", "work") == r"> rilo-reader mark untag customs\ work"
    )
    assert ask("rilo-reader show a/o", "a/one.md") == "> rilo-reader show a/one.md"
    # What an article has comes back as it was, and is never run.
    bad = ask("rilo-reader search tag:bad", "pwned")
    assert r"\$\(touch\ pwned\)" in bad
    assert ask("rilo-reader search --count tag:bad", "pwned", printed="1")
    assert not (reader.home / "pwned").exists()


@pytest.mark.service
@pytest.mark.slow
@needs("fish")
def test_fish_completes(reader: User, path: str) -> None:
    script = reader.home / "rilo.fish"
    script.write_text(SHELLS["fish"](), encoding="utf-8")

    def ask(line: str) -> list[str]:
        said = subprocess.run(
            ["fish", "--no-config", "-c", f"source {script}; complete -C {line!r}"],
            env={**environment(reader.home), "PATH": path},
            cwd=reader.home,
            check=True,
            capture_output=True,
            text=True,
        )
        assert said.stderr == ""
        return said.stdout.splitlines()

    assert "highlights\tprint your highlights and notes" in ask("rilo-reader hig")
    assert ask("rilo-reader weat") == ["weather\tof another program"]
    assert [one.partition("\t")[0] for one in ask("rilo search --no-c")] == ["--no-check"]
    assert [one.partition("\t")[0] for one in ask("rilo export --format ep")] == ["epub"]
    assert ask("rilo-reader sync sta") == ["status"]
    assert ask("rilo-reader search tag:cur") == ["tag:curious"]
    assert ask("rilo-reader search source:Th") == ['source:"The Wire"']
    assert ask("rilo-reader search @La") == ['@"Late ivory"\tivory after:2019']
    assert ask("rilo-reader show a/o") == ["a/one.md\tOne"]
    assert ask("rilo-reader mark untag customs") == ["customs work"]
