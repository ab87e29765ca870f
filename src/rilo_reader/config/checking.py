"""Each setting's own rules; loaded only where there is a settings file."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rilo_reader.commands import BY_ID, KeyNameError, key_label, key_name
from rilo_reader.config.layout import line_of
from rilo_reader.config.settings import Config, MarkRead, SettingsProblem

NARROWEST, WIDEST = 20, 200
LONGEST_WAIT = 3600.0
_DIRECTIVE = re.compile(r"%[-_0^#]?(.?)", re.DOTALL)
_DIRECTIVES = frozenset("aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZ%")
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


Fault = tuple[tuple[str, ...], str]
"""The path of a key, and what is wrong with it."""


class SettingError(ValueError):
    """A value that a setting cannot have; the message is one sentence for the user."""


def parse(text: str) -> tuple[dict[str, Any], tuple[int, str] | None]:
    """The data of a TOML text, or the line and reason of what is wrong with it."""
    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        line = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
        message = _POSITION.sub("", str(error))
        return {}, (line, f"this is no TOML: {message[:1].lower()}{message[1:]}")
    except RecursionError:
        return {}, (0, "it is nested too deeply")


def check(
    file: Path, text: str, data: Mapping[str, Any]
) -> tuple[Config, tuple[SettingsProblem, ...]]:
    """A Config of what is right in the data, and a problem for each thing that is not."""
    right: dict[str, Any] = {}
    wrong: list[Fault] = []
    names = [field.name for field in fields(Config)]
    for name, value in data.items():
        if name not in names:
            hint = "; keys stand below [keys]" if name in BY_ID else near(name, names)
            wrong.append(((name,), f"there is no such setting{hint}"))
        elif name == "keys":
            right["keys"], faults = _keys(value)
            wrong += faults
        elif name == "folders":
            right["folders"], faults = _folders(value)
            wrong += faults
        else:
            try:
                right[name] = RULES[name](value)
            except SettingError as reason:
                wrong.append(((name,), str(reason)))
    problems = [
        SettingsProblem(file, line_of(text, key), ".".join(key), reason) for key, reason in wrong
    ]
    problems.sort(key=lambda problem: problem.line)
    return replace(Config(), **right), tuple(problems)


def near(name: str, names: Iterable[str]) -> str:
    """A hint at the name that was perhaps meant."""
    names = list(names)
    found = get_close_matches(name, names, 1)
    return f"; did you mean {found[0]}?" if found else f"; there are {', '.join(names)}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise SettingError(f"a text in quotes is wanted, not {_shown(value)}")
    return value


def _theme(value: object) -> str:
    if not _text(value).strip():
        raise SettingError("a theme has a name, such as ink or paper")
    return _text(value).strip()


def _width(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingError(f"a whole number is wanted, not {_shown(value)}")
    if not NARROWEST <= value <= WIDEST:
        raise SettingError(f"{value} is not between {NARROWEST} and {WIDEST}")
    return value


def _date_format(value: object) -> str:
    form = _text(value)
    if form in ("human", "iso"):
        return form
    if "%" not in form:
        near_miss = get_close_matches(form, ["human", "iso"], 1)
        hint = f"; did you mean {near_miss[0]}?" if near_miss else ""
        raise SettingError(
            f'{form!r} is neither "human", "iso" nor a pattern such as "%d.%m.%Y"{hint}'
        )
    if not form.isprintable():
        raise SettingError("a date is one line, without control characters")
    for found in _DIRECTIVE.finditer(form):
        if found[1] not in _DIRECTIVES:
            raise SettingError(
                f"{found[0]!r} stands for nothing in a date; %d.%m.%Y %H:%M is a pattern"
            )
    return form


def _mark_read(value: object) -> MarkRead:
    choices = [str(choice.value) for choice in MarkRead]
    try:
        return MarkRead(_text(value))
    except ValueError as error:
        if isinstance(error, SettingError):
            raise
        raise SettingError(f"{value!r} is no rule{near(_text(value), choices)}") from None


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise SettingError(f"a number of seconds is wanted, not {_shown(value)}")
    if not (math.isfinite(value) and 0 <= value <= LONGEST_WAIT):
        raise SettingError(f"{value} is not between 0 and {LONGEST_WAIT:.0f} seconds")
    return float(value)


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"true or false is wanted, not {_shown(value)}")
    return value


RULES: Mapping[str, Callable[[object], object]] = {
    "theme": _theme,
    "width": _width,
    "date_format": _date_format,
    "mark_read": _mark_read,
    "mark_read_after": _seconds,
    "drafts": _yes_or_no,
}
"""What each setting of one value may be: the value as Config has it, or SettingError."""


def _folders(value: object) -> tuple[tuple[Path, ...], list[Fault]]:
    """The folders that are right, and the faults of the others."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        reason = f'a list of folders is wanted, such as ["~/news"], not {_shown(value)}'
        return (), [(("folders",), reason)]
    folders: dict[Path, None] = {}
    faults: list[Fault] = []
    for folder in value:
        try:
            folders[_folder(folder)] = None
        except SettingError as reason:
            faults.append((("folders",), str(reason)))
    return tuple(folders), faults


def _folder(value: object) -> Path:
    text = _text(value)
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise SettingError(f"{text!r} names the home of a user who is not there") from None
    if "\0" in text or not folder.is_absolute():
        raise SettingError(
            f"{text!r} is no whole path; begin it with ~ or {Path(folder.anchor or '/')}"
        )
    return folder


def _keys(
    value: object,
) -> tuple[dict[str, tuple[str, ...]], list[Fault]]:
    """Command id -> its keys where they are right, and the faults of the others."""
    if not isinstance(value, dict):
        return {}, [(("keys",), f"a table [keys] is wanted, not {_shown(value)}")]
    right: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    owners: dict[str, str] = {}
    for command, written in value.items():
        try:
            keys = _keys_of(command, written)
        except SettingError as error:
            faults.append((("keys", command), str(error)))
            continue
        clash = next((key for key in keys if key in owners), None)
        if clash is not None:
            reason = f"{key_label(clash)} is the key of {owners[clash]} already; choose another"
            faults.append((("keys", command), reason))
            continue
        right[command] = keys
        owners.update((key, command) for key in keys)
    return right, faults


def _keys_of(command: str, written: object) -> tuple[str, ...]:
    if command in RULES and command not in BY_ID:
        raise SettingError(f"{command} is no command but a setting: write it above [keys]")
    if command not in BY_ID:
        found = get_close_matches(command, BY_ID, 1)
        hint = f"; did you mean {found[0]}?" if found else "; the guide lists them all"
        raise SettingError(f"there is no such command{hint}")
    several = [written] if isinstance(written, str) else written
    if not isinstance(several, list) or not all(isinstance(key, str) for key in several):
        raise SettingError(
            f'a key such as "J" or a list such as ["J", "]"] is wanted, not {_shown(written)}'
        )
    if several == [""]:
        return ()
    try:
        return tuple(dict.fromkeys(key_name(key) for key in several))
    except KeyNameError as error:
        raise SettingError(f"{error}{_list_meant(written)}") from None


def _list_meant(written: object) -> str:
    """A hint where several keys stand in one text."""
    if not isinstance(written, str):
        return ""
    parts = [part for part in re.split(r"[,\s]+", written) if part]
    try:
        names = [key_name(part) for part in parts]
    except KeyNameError:
        return ""
    if len(names) < 2:
        return ""
    return ". Several keys are a list: [" + ", ".join(f'"{part}"' for part in parts) + "]"


def _shown(value: object) -> str:
    """A value of the file in a message: short, and as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "a table" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
