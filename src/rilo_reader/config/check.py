"""Check settings one by one. Imported only if there is a settings file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rilo_reader.commands import BY_ID
from rilo_reader.config.schema import (
    RULES,
    Fault,
    SettingError,
    mutes_of,
    near,
    searches_of,
    shown,
    text_of,
)
from rilo_reader.config.toml_edit import lines_of
from rilo_reader.config.values import Config, SettingsProblem
from rilo_reader.keys import KeyNameError, key_label, key_name
from rilo_reader.text import clean_line

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse(text: str) -> tuple[dict[str, Any], tuple[int, str] | None]:
    """Parse TOML; return its data, and the line and reason of an error, or None."""
    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        line = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
        message = _POSITION.sub("", str(error))
        return {}, (line, f"this is not valid TOML: {message[:1].lower()}{message[1:]}")
    except RecursionError:
        return {}, (0, "it is nested too deeply")


def check(
    file: Path, text: str, data: Mapping[str, Any]
) -> tuple[Config, tuple[SettingsProblem, ...]]:
    """A Config of the valid settings, and a problem for each invalid one."""
    valid: dict[str, Any] = {}
    faults_found: list[Fault] = []
    names = list(Config._fields)
    for name, value in data.items():
        if name in MANY:
            valid[name], faults = MANY[name](value)
            faults_found += faults
        elif name in RULES:
            try:
                valid[name] = RULES[name](value)
            except SettingError as reason:
                faults_found.append(((name,), str(reason)))
        else:
            hint = "; keys belong below [keys]" if name in BY_ID else near(name, names)
            faults_found.append(((name,), f"there is no such setting{hint}"))
    problems = [
        SettingsProblem(
            file,
            line,
            clean_line(_dotted(key)),
            clean_line(reason),
            () if key[0] in names else tuple(names),
        )
        for line, (key, reason) in zip(
            lines_of(text, [key for key, _ in faults_found]), faults_found, strict=True
        )
    ]
    problems.sort(key=lambda problem: problem.line)
    return Config()._replace(**valid), tuple(problems)


def _dotted(key: tuple[str | int, ...]) -> str:
    return ".".join(part for part in key if isinstance(part, str))


def _folders(value: object) -> tuple[tuple[Path, ...], list[Fault]]:
    """The valid folders, and the faults of the others."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        reason = f'expected a list of folders, such as ["~/news"], not {shown(value)}'
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
    text = text_of(value)
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise SettingError(f"{text!r} names the home of a user who does not exist") from None
    if "\0" in text or not folder.is_absolute():
        raise SettingError(
            f"{text!r} is not an absolute path; begin it with ~ or {Path(folder.anchor or '/')}"
        )
    return folder


def _keys(
    value: object,
) -> tuple[dict[str, tuple[str, ...]], list[Fault]]:
    """Command id -> keys, where they are valid, and the faults of the others."""
    if not isinstance(value, dict):
        return {}, [(("keys",), f"expected a table [keys], not {shown(value)}")]
    valid: dict[str, tuple[str, ...]] = {}
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
            reason = f"{key_label(clash)} is already the key of {owners[clash]}; choose another"
            faults.append((("keys", command), reason))
            continue
        valid[command] = keys
        owners.update((key, command) for key in keys)
    return valid, faults


def _keys_of(command: str, written: object) -> tuple[str, ...]:
    if command in RULES and command not in BY_ID:
        raise SettingError(f"{command} is a setting, not a command; write it above [keys]")
    if command not in BY_ID:
        found = get_close_matches(command, BY_ID, 1)
        hint = f"; did you mean {found[0]}?" if found else "; the guide lists them all"
        raise SettingError(f"there is no such command{hint}")
    keys = [written] if isinstance(written, str) else written
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise SettingError(
            f'expected a key such as "J" or a list such as ["J", "]"], not {shown(written)}'
        )
    if keys == [""]:
        return ()
    try:
        return tuple(dict.fromkeys(key_name(key) for key in keys))
    except KeyNameError as error:
        raise SettingError(f"{error}{_list_hint(written)}") from None


def _list_hint(written: object) -> str:
    """A hint for several keys in one string."""
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


MANY: Mapping[str, Callable[[object], tuple[object, list[Fault]]]] = {
    "folders": _folders,
    "keys": _keys,
    "searches": searches_of,
    "mutes": mutes_of,
}
"""Rules of settings with several values; each returns the valid ones and the faults of the rest."""
