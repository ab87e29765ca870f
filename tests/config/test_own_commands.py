"""Commands of the user's own in settings.toml: what may be run, and what an article may become."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.config import Config, Input, OnNew, OwnCommand, Shown, load
from rilo_reader.config.own_commands import YOURS, as_commands

HEAD = '[[commands]]\nname = "Mine"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def read(file: Path, text: str) -> tuple[Config, list[tuple[int, str, str]]]:
    file.write_text(text, encoding="utf-8")
    config, found = load(file)
    return config, [(problem.line, problem.key, problem.reason) for problem in found]


def test_a_name_and_a_program_are_enough(file: Path) -> None:
    config, wrong = read(file, HEAD + 'run = ["wc", "-w"]\n\n[[on_new]]\nname="N"\nrun=["cat"]\n')
    assert wrong == []
    assert config.commands == (OwnCommand("Mine", ("wc", "-w")),)
    assert config.commands[0][2:] == ("", Input.NONE, Shown.PANEL, False, False, 60)
    assert config.on_new == (OnNew("N", ("cat",)),)


def test_a_key_that_another_has_is_named_with_both(file: Path) -> None:
    text = (
        '[keys]\nstar = "x"\n'
        + HEAD
        + 'key = "s"\nrun = ["a"]\n'  # free: the star has moved
        + '[[commands]]\nname = "Other"\nkey = "x"\nrun = ["b"]\n'
        + '[[commands]]\nname = "Third"\nkey = "s"\nrun = ["c"]\n'
        + '[[commands]]\nname = "Fourth"\nkey = "?"\nrun = ["d"]\n'
    )
    config, wrong = read(file, text)
    assert wrong == [
        (9, "commands.key", "x is already the key of Star (star); choose another for Other"),
        (13, "commands.key", "s is already the key of Mine; choose another for Third"),
        (17, "commands.key", "? is already the key of Help (help); choose another for Fourth"),
    ]
    assert [each.key for each in config.commands] == ["s", "", "", ""], "the palette has them all"


def test_help_palette_and_flat_mode_get_rows_as_of_other_commands(file: Path) -> None:
    config, _ = read(file, HEAD + 'key = "Z"\nrun = ["mpv", "{url}"]\n')
    (row,) = as_commands(config.commands)
    assert (row.title, row.keys, row.help, row.group) == ("Mine", ("Z",), "Runs mpv.", YOURS)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("run = []", "expected a program"),
        ('run = [""]', "expected a program"),
        ('run = ["a", 1]', "expected a program"),
        ('run = "mpv {url}"', "shell = true"),
        ('run = ["echo"]\nshell = true', "expected one line in quotes"),
        ('run = ["{url}"]', "never taken from an article"),
        ('run = ["/usr/bin/{title}"]', "never taken from an article"),
        ('run = ["mpv", "{ulr}"]', "did you mean {url}?"),
        ("run = 'notify-send \"{title}\"'\nshell = true", 'write "$RILO_TITLE"'),
        # What a shell, or another interpreter, would read as a program.
        ('run = ["sh", "-c", "echo {title}"]', 'write "$RILO_TITLE"'),
        ('run = ["/bin/bash", "-ec", "{title}"]', "would read"),
        ('run = ["env", "zsh", "-c", "echo {url}"]', "would read"),
        ('run = ["bash", "{file}"]', "would read"),
        ('run = ["bash", "-o", "pipefail", "-c", "{title}"]', "would read"),
        ('run = ["python3.11", "-c", "print(\'{title}\')"]', "would read"),
        ('run = ["awk", "{title}"]', "would read"),
        ('run = ["perl", "-e", "{title}"]', "would read"),
        ('run = ["ssh", "host", "notify-send", "{title}"]', "would read"),
        ('run = ["cmd.exe", "/c", "echo", "{title}"]', "would read"),
        ('run = ["tmux", "display-message", "{title}"]', "would read"),
        ('run = ["a"]\nterminal = true\noutput = "panel"', "leaves no output"),
        ('run = ["a"]\ninput = "markdwon"', "did you mean markdown?"),
        ('run = ["a"]\noutput = "window"', "the choices are panel, note, none"),
        ('run = ["a"]\nseconds = 0', "is not between 1 and 86,400"),
        ('run = ["a"]\nkey = "gg"', "names no key"),
        ('run = ["a"]\nprogram = "x"', "commands have no program"),
    ],
)
def test_what_must_not_be_is_said_in_its_line(file: Path, lines: str, reason: str) -> None:
    config, wrong = read(file, HEAD + lines)
    assert len(wrong) == 1
    assert reason in wrong[0][2], wrong
    assert all(each.run == ("a",) for each in config.commands), "what could do harm is left out"


@pytest.mark.parametrize(
    "run",
    [
        '["sh", "-c", "echo \\"$1\\"", "sh", "{title}"]',  # an argument of the program
        '["python3", "/home/me/tell.py", "{title}", "{url}"]',
        '["awk", "{print $1}"]',  # no name in braces
        '["jq", "{print}"]',
        '["mpv", "--title={title}", "--", "{url}"]',
    ],
)
def test_what_is_an_argument_may_be(file: Path, run: str) -> None:
    config, wrong = read(file, f"{HEAD}run = {run}\n")
    assert wrong == []
    assert len(config.commands) == 1


def test_new_articles_are_never_arguments(file: Path) -> None:
    config, wrong = read(file, '[[on_new]]\nname = "a"\nrun = ["b", "{url}"]\n')
    assert config.on_new == ()
    assert "standard input" in wrong[0][2]
