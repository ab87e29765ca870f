"""The pager: when what is long opens in it, and what it gets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.command_line import User
from tests.support.terminal import Terminal, rilo

LONG = "\n\n".join(f"Paragraph {number}." for number in range(60))


@pytest.fixture
def paged(user: User, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody at a terminal, whose pager writes what it gets to this file."""
    user.article("long.md", "Long \\u001b]0;owned\\u0007", "2021-01-01", f"\x1b[31m{LONG}\u202e")
    user.article("short.md", "Short", "2021-01-01", "One line.")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    file = user.home / "paged"
    command = user.home / "pager"
    command.write_text(f"#!/bin/sh\ncat > '{file}'\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PAGER", f"'{command}' -x")
    return file


def test_what_is_longer_than_the_terminal_opens_in_the_pager(user: User, paged: Path) -> None:
    assert "Paragraph" not in user.show("show", "long.md", env={"LINES": "30"})
    text = paged.read_text(encoding="utf-8")
    assert "Paragraph 59." in text
    assert "\x1b[1m" in text
    # Nothing that an article has can do more than be read.
    for hostile in ("\x1b]", "\x1b[31m", "\x07", "\u202e"):
        assert hostile not in text
    paged.unlink()
    assert "One line." in user.show("show", "short.md", env={"LINES": "30"})
    assert not paged.exists()


def test_long_help_opens_in_the_pager(user: User, paged: Path) -> None:
    for words in (["search", "--help"], ["help", "search"]):
        assert user.show(*words, env={"LINES": "20"}) == ""
        assert "Queries:" in paged.read_text(encoding="utf-8")
        paged.unlink()


@pytest.mark.parametrize("command", ["", "/nowhere/at/all", "it's"])
def test_without_a_pager_it_is_printed(user: User, paged: Path, command: str) -> None:
    env = {"LINES": "30", "PAGER": command}
    assert "Paragraph 59." in user.show("show", "long.md", env=env)


def test_less_is_the_pager_where_none_is_named(
    user: User, paged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAGER")
    without = {"LINES": "30", "PATH": str(user.home)}
    assert "Paragraph 59." in user.show("show", "long.md", env=without)
    less = user.home / "less"
    less.write_text(f'#!/bin/sh\necho "$@" "$LESS" > "{paged}"\n', encoding="utf-8")
    less.chmod(0o755)
    assert "Paragraph" not in user.show(
        "show", "long.md", env={"LINES": "30", "PATH": f"{user.home}:/usr/bin:/bin"}
    )
    assert paged.read_text(encoding="utf-8") == "-FRX FRX\n"


def test_into_a_pipe_nothing_is_paged(user: User, paged: Path) -> None:
    assert "Paragraph 59." in user.ask("show", "long.md").out
    assert "Queries:" in user.run("search", "--help").out
    assert not paged.exists()


@pytest.mark.terminal
def test_ctrl_c_belongs_to_the_pager(user: User) -> None:
    user.article("long.md", "Long", "2021-01-01", LONG)
    argv = rilo("show", "long.md", "--library", str(user.library))
    waits = "while read -r line; do :; done; echo reading; while :; do sleep .1; done"
    shell = f"trap 'echo caught; exit 7' INT; {waits}"
    command = user.home / "pager"
    command.write_text(f"#!/bin/sh\n{shell}\n", encoding="utf-8")
    command.chmod(0o755)
    with Terminal(argv, home=user.home, env={"PAGER": str(command)}) as terminal:
        terminal.wait_for("reading")
        terminal.send("\x03")
        terminal.wait_for("caught")
        assert terminal.wait_exit() == 0


# -- colours --------------------------------------------------------------------------------------


def test_color_always_is_as_on_a_terminal_and_never_is_without(user: User) -> None:
    user.article("a.md", "A title", "2021-01-01", "ivory")
    assert "\x1b" not in user.ask("search", "ivory").out
    text = user.ask("search", "ivory", "--color", "always").out
    assert "\x1b[1;31mivory\x1b[0m" in text
    assert "\t" not in text
    assert "\x1b[1mA title\x1b[0m" in user.ask("--color=always", "show", "a.md").out
    assert "\x1b" in user.show("show", "a.md")
    assert "\x1b" not in user.show("show", "a.md", "--color=never")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        assert "\x1b" in user.ask("show", "a.md", "--color", "always").out
        assert "\x1b" not in user.show("show", "a.md", "--color", "auto")
    # It holds for that command alone, and is a word behind --.
    assert "\x1b" not in user.ask("search", "ivory").out
    assert user.ask("search", "--count", "ivory", "--color", "always").out == "1\n"


@pytest.mark.terminal
def test_the_reader_has_no_colours_with_color_never(user: User) -> None:
    for words, coloured in ((["--color", "never"], False), ([], True)):
        with Terminal(rilo(*words), home=user.home) as terminal:
            terminal.wait_for("First steps")
            assert (b"38;2;" in terminal.output or b"38;5;" in terminal.output) is coloured
            terminal.send("q")
            assert terminal.wait_exit() == 0


@pytest.mark.parametrize(
    ("arguments", "value"), [(["--color"], ""), (["--color", "no"], "no"), (["--color=x"], "x")]
)
def test_a_wrong_color_is_wrong_usage(user: User, arguments: list[str], value: str) -> None:
    user.run("list", *arguments).failed(2, "--color takes auto, always, never", f"not '{value}'")
