"""`[[commands]]` and `[[on_new]]` of settings.toml: programs of the user's own (pure).

Strangers write articles. Something of one reaches a program as a whole argument, as a part of one,
in an environment variable or on standard input, and never as a part of a line that a shell reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from pathlib import PurePath
from typing import NamedTuple

from rilo_reader.article import FIELDS
from rilo_reader.commands import Command
from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import (
    LONGEST_NAME,
    SettingError,
    check_bool,
    check_query,
    check_text,
    make_choice_check,
    make_number_check,
    quote_short,
)
from rilo_reader.config.toml_table import TomlTable
from rilo_reader.keys import KeyNameError, key_name
from rilo_reader.text import clean_line


class ProgramInput(StrEnum):
    """The standard input of a program of the user: a form of the article."""

    NONE = "none"
    MARKDOWN = "markdown"
    TEXT = "text"  # without the signs of Markdown
    HTML = "html"
    JSON = "json"
    LINKS = "links"  # an address a line


class ProgramOutput(StrEnum):
    """The place where the output of a program of the user is shown."""

    PANEL = "panel"
    NOTE = "note"  # its first line, in the last line of the screen
    NONE = "none"


class OwnCommand(NamedTuple):
    """A command of the user's own, which runs a program on the article that is selected."""

    name: str
    # the program and its arguments, with placeholders; with `shell` one line for the shell
    run: tuple[str, ...]
    key: str = ""  # in Textual's name, "" for none
    input: ProgramInput = ProgramInput.NONE
    output: ProgramOutput = ProgramOutput.PANEL
    terminal: bool = False  # it takes the terminal until it ends; then nothing else is shown
    shell: bool = False
    seconds: int = 60  # after which it is ended; not with `terminal`


class OnNew(NamedTuple):
    """A program of the user's own that gets the new articles of a refresh as JSON lines."""

    name: str
    run: tuple[str, ...]  # as of an OwnCommand, without placeholders
    query: str = ""  # which of them it gets, "" for all
    shell: bool = False
    seconds: int = 60


class ProgramSettings(NamedTuple):
    """The settings of programs."""

    commands: tuple[OwnCommand, ...] = ()  # in the user's order
    on_new: tuple[OnNew, ...] = ()  # what is run after a refresh, in this order


PLACEHOLDERS = (*(one.name for one in FIELDS), "file", "id", "date", "enclosure", "comments")
"""Names that may stand in braces in an argument; each is also a variable such as RILO_URL."""

INSIDE = "RILO_ON_NEW"
"""The variable that a program of `[[on_new]]` has: a refresh within it runs none of them."""

IN_BRACES = re.compile("{([a-z]+)}")
LONGEST_TIME = 86_400  # seconds, a day
YOURS = "Your commands"
"""The group of commands of the user's own, in help and palette."""

# Programs that read or run an argument as a program, and those that read all arguments as one. No
# list is complete, as docs/hooks.md says.
_INTERPRETERS = frozenset(
    (
        *("sh", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh"),
        *("python", "perl", "ruby", "node", "deno", "php", "lua", "osascript", "tclsh", "guile"),
        *("awk", "gawk", "mawk", "sed"),
        *("env", "nohup", "nice", "ionice", "time", "timeout", "setsid", "stdbuf", "sudo", "doas"),
    )
)
_JOINING = frozenset(
    (
        *("ssh", "su", "eval", "cmd", "powershell", "pwsh", "busybox", "tmux", "screen", "watch"),
        *("xterm", "xargs", "parallel", "systemd-run", "at", "batch", "expect", "wsl", "entr"),
        *("sqlite", "make", "just"),
    )
)
# Strings, which `re` compiles when they are used: most have no programs, and all launch.
_NO_PROGRAM = r"-.*|[\d.]+[smhd]?|\w+=.*"  # options of the latter, and their values

# Options whose value one program or another runs: vim -c, emacs --eval, env -S, git -c, gdb -ex,
# yt-dlp --exec, rsync -e, tar --to-command, find -exec, rg --pre, fzf --preview, less +!…
_WORDS = (
    *("eval", "exec", "execute", "run", "command", "cmd", "expression", "script", "shell", "rsh"),
    *("rsync-path", "upload-pack", "receive-pack", "to-command", "checkpoint-action", "pre"),
    *("use-compress-program", "compress-program", "split-string", "preview", "bind", "pager"),
    *("open-files-in-pager", "editor", "proxy-command", "use-askpass"),
)
_LONG = rf"--(?:{'|'.join(_WORDS)})(?![a-z])"
_RUNS_NEXT = rf"-\w{{0,2}}[ceS]|-(?:ex|eval|exec|execdir|ok|okdir|command|run)|(?:{_LONG})[\w-]*"
_RUNS_WITHIN = (
    rf"-(?:[ceS]|ex)|{_LONG}|\+|(?i:[\w.-]*(?:command|exec|editor|pager|shell)=|(?:exec|system):)"
)


def _check_name(value: object) -> str:
    name = clean_line(check_text(value), LONGEST_NAME + 1)
    if not name or len(name) > LONGEST_NAME:
        raise SettingError(f"expected a name of at most {LONGEST_NAME} characters")
    return name


def _check_key(value: object) -> str:
    try:
        return key_name(check_text(value)) if value != "" else ""
    except KeyNameError as error:
        raise SettingError(str(error)) from None


def _check_run(value: object) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    is_text = all(isinstance(word, str) and "\0" not in word for word in words)
    if not (words and is_text and words[0].strip()):
        given = quote_short(value)
        raise SettingError(
            f'expected a program and its arguments, such as ["mpv", "{{url}}"], not {given}'
        )
    return tuple(words)


def _remove_unsafe(
    table: Mapping[str, object], values: dict[str, object], *, of_article: bool
) -> list[tuple[str, str]]:
    """Leave out a program that must not be run; return why."""
    if not (run := values.get("run")):
        return []
    is_line, shell = isinstance(table["run"], str), values.get("shell") is True
    if reason := _find_fault(run, is_line=is_line, shell=shell, of_article=of_article):  # type: ignore[arg-type]
        del values["run"]
        return [("run", reason)]
    if (
        values.get("terminal")
        and values.get("output", ProgramOutput.NONE) is not ProgramOutput.NONE
    ):
        return [("output", "a command that uses the terminal has no output to show")]
    return []


def _find_fault(run: Sequence[str], *, is_line: bool, shell: bool, of_article: bool) -> str:
    """Return why a program must not be run so, "" if it may."""
    if is_line and not shell:
        return 'expected a list such as ["mpv", "{url}"]; one line for a shell needs shell = true'
    if shell and not is_line:
        return "with shell = true, expected one line in quotes for the shell, and no list"
    found = [(at, name) for at, word in enumerate(run) for name in IN_BRACES.findall(word)]
    reasons = (
        _find_placeholder_fault(run, at, name, shell=shell, of_article=of_article)
        for at, name in found
    )
    return next(filter(None, reasons), "")


def _find_placeholder_fault(
    run: Sequence[str], at: int, name: str, *, shell: bool, of_article: bool
) -> str:
    """Return why a name in braces must not stand in an argument, "" if it may."""
    if name not in PLACEHOLDERS:
        near = get_close_matches(name, PLACEHOLDERS, 1)
        return f"there is no {{{name}}}; did you mean {{{near[0]}}}?" if near else ""
    if not of_article:
        return f"{{{name}}} is of one article; new ones are read from standard input"
    if shell or (at and _is_code(run, at)):
        return f'a shell would read {{{name}}} as commands; write "$RILO_{name.upper()}"'
    if at and (re.fullmatch(_RUNS_NEXT, run[at - 1]) or re.match(_RUNS_WITHIN, run[at])):
        option = run[at - 1] if re.fullmatch(_RUNS_NEXT, run[at - 1]) else run[at].partition("{")[0]
        return (
            f"the value of {option} may be run as a program, so {{{name}}} must not be in it; "
            'use standard input, with input = "text"'
        )
    return "" if at else "the program's name must not come from an article"


def _is_code(run: Sequence[str], at: int) -> bool:
    """Return whether an argument is, or becomes a part of, a program that is run."""
    names = [re.sub(r"[\d.]*(\.exe)?$", "", PurePath(word).name.lower()) for word in run[:at]]
    if any(name in _JOINING for name in names):
        return True
    place = next((place for place, name in enumerate(names) if name in _INTERPRETERS), None)
    if place is None:
        return False
    between = run[place + 1 : at]
    has_program = any(not re.fullmatch(_NO_PROGRAM, word) for word in between)
    return not has_program or bool(re.fullmatch(r"-\w*[cer]|--eval", between[-1]))


OWN_COMMANDS = TomlTable(
    "commands",
    OwnCommand,
    {
        "name": _check_name,
        "run": _check_run,
        "key": _check_key,
        "shell": check_bool,
        "terminal": check_bool,
        "input": make_choice_check(ProgramInput),
        "output": make_choice_check(ProgramOutput),
        "seconds": make_number_check(1, LONGEST_TIME, "seconds"),
    },
    duplicate_message="another command is already called {!r}",
    key_field="key",
    amend=partial(_remove_unsafe, of_article=True),
)

ON_NEW = TomlTable(
    "on_new",
    OnNew,
    {
        **{"name": _check_name, "run": _check_run, "query": check_query, "shell": check_bool},
        "seconds": make_number_check(1, LONGEST_TIME, "seconds"),
    },
    duplicate_message="another on_new is already called {!r}",
    query_field="query",
    amend=partial(_remove_unsafe, of_article=False),
)


_TEMPLATE = """\
# Your own commands: each runs a program on the selected article; no shell reads the line.
# In run: {url} {title} {file} {id} {source} {date} {authors} {tags} {lang}
# {enclosures} {enclosure} {comments}.
# input: "markdown", "text", "html", "json", "links" or "none". output: "panel", "note" (one line)
# or "none". terminal = true: it uses the terminal. seconds: the longest it may run (60).
# [[commands]]
# name = "Read aloud"
# key = "D"
# run = ["espeak-ng", "--stdin"]
# input = "text"
# output = "none"
# seconds = 3600
#
# Programs that run after a refresh, with the new articles as JSON lines on standard input.
# [[on_new]]
# name = "Tell me"
# query = "tag:urgent"
# run = ["my-notice"]
"""


def make_commands(commands: Iterable[OwnCommand]) -> tuple[Command, ...]:
    """Return commands of the user's own as rows of the table of commands."""
    return tuple(
        Command(
            f"own:{one.name}",
            one.name,
            (one.key,) if one.key else (),
            "Runs your line in the shell." if one.shell else f"Runs {clean_line(one.run[0], 60)}.",
            YOURS,
        )
        for one in commands
    )


SETTINGS = PluginSettings(
    ProgramSettings,
    tables=(OWN_COMMANDS, ON_NEW),
    template=_TEMPLATE,
    make_commands=lambda values: make_commands(values.commands),
)
