"""settings.toml: read and checked; one setting changed; its saved searches and mutes as tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rilo_reader.commands import all_commands, commands_by_id, effective_keys, replacements_by_id
from rilo_reader.config.all_settings import (
    default_or_example,
    plain_settings,
    plugin_settings,
    set_values,
    setting_names,
    value_of,
)
from rilo_reader.config.checks import (
    MAX_KEPT,
    SETTINGS,
    SettingError,
    check_age,
    check_bool,
    check_day,
    check_mute_query,
    check_query,
    check_rule_name,
    check_rule_query,
    check_search_name,
    check_text,
    check_user_tags,
    is_slip,
    make_number_check,
    quote_short,
    suggest_name,
)
from rilo_reader.config.model import ArrivalRule, Config, Mute, SavedSearch, SettingsProblem
from rilo_reader.config.toml_edit import (
    Statement,
    detect_newline,
    iter_statements,
    line_end,
    parse_or_raise,
    to_literal,
    verify_edit,
)
from rilo_reader.config.toml_table import (
    Fault,
    RowEdits,
    TomlTable,
    edit_file,
    make_problems,
    read_toml_file,
)
from rilo_reader.dialects import ANY, DIALECT_NAMES
from rilo_reader.dialects.sites import is_suffix
from rilo_reader.keys import KeyNameError, key_label, key_name


def load(file: Path) -> tuple[Config, tuple[SettingsProblem, ...]]:
    """Read the settings; a missing file gives the defaults, an invalid value also a problem."""
    text, data, unreadable = read_toml_file(file, "none of its settings are used")
    if unreadable is not None:
        return Config(), (unreadable._replace(is_grave=True, hides_library=True),)
    valid: dict[str, Any] = {}
    faults: list[Fault] = []
    # Most files name no setting of a plugin, and a launch need not import those.
    is_ours = data.keys() <= set(Config._fields)
    plain, tables = (SETTINGS, OURS) if is_ours else (plain_settings(), all_tables())
    if "keys" in data:  # before tables whose rows get what is left
        valid["keys"], faults = _check_keys(data.pop("keys"))
    owners: dict[str, str] | None = None
    for name, value in data.items():
        if name == "folders":
            valid[name], wrong = _check_folders(value)
            faults += wrong
        elif name == "dialects":
            valid[name], wrong = _check_dialects(value)
            faults += wrong
        elif name in tables:
            if tables[name].key_field and owners is None:
                owners = _commands_by_key(valid.get("keys", {}))
            valid[name], wrong = tables[name].parse_rows(value, owners)
            faults += wrong
        elif name in plain:
            try:
                valid[name] = plain[name].check(value)
            except SettingError as reason:
                faults.append(((name,), str(reason)))
        else:
            hint = suggest_name(name, setting_names())
            hint = "; write keys below [keys]" if name in commands_by_id() else hint
            hint = "; did you mean folders?" if _is_perhaps_folders(name, data) else hint
            faults.append(((name,), f"there is no such setting{hint}"))
    problems = make_problems(file, text, faults)
    return set_values(Config(), valid), tuple(_grade_problem(problem, data) for problem in problems)


def _grade_problem(problem: SettingsProblem, data: Mapping[str, object]) -> SettingsProblem:
    """Say of a problem whether something else was meant, and whether that is the library."""
    first, _, last = problem.key.rpartition(".")
    written = [problem.key, last]
    if problem.key not in setting_names() and isinstance(table := data.get(problem.key), dict):
        # Of a dot within a name, or a name in the wrong table.
        written += [name for inner in table for name in (inner, f"{problem.key}.{inner}")]
    # Where there are more problems than are told, one may be any of these.
    is_known = problem.key.partition(".")[0] in ("", *setting_names())
    problem = problem._replace(choices=() if is_known else setting_names())
    hides = not problem.key or any(is_slip(name, "folders") for name in written)
    hides = hides or _is_perhaps_folders(problem.key, data)
    is_unknown = not first and last not in setting_names()
    near = is_unknown and any(is_slip(a, b) for a in written for b in setting_names())
    return problem._replace(is_grave=hides or near, hides_library=hides)


def _is_perhaps_folders(name: str, data: Mapping[str, object]) -> bool:
    """Return whether an unknown name may mean `folders`: `library = "~/news"`."""
    value = data.get(name)
    if name in setting_names() or "folders" in data:
        return False
    several = value if isinstance(value, list) else [value]
    return any(isinstance(text, str) and text.startswith(("/", "~")) for text in several)


def _check_folders(value: object) -> tuple[tuple[Path, ...], list[Fault]]:
    """The valid folders, and the faults of the others."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        reason = f'expected a list of folders, such as ["~/news"], not {quote_short(value)}'
        return (), [(("folders",), reason)]
    folders: dict[Path, None] = {}
    faults: list[Fault] = []
    for folder in value:
        try:
            folders[_check_folder(folder)] = None
        except SettingError as reason:
            faults.append((("folders",), str(reason)))
    return tuple(folders), faults


def _check_folder(value: object) -> Path:
    text = check_text(value)
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise SettingError(f"{text!r} is the home of a user that does not exist") from None
    if "\0" in text or not folder.is_absolute():
        raise SettingError(
            f"{text!r} is not an absolute path; begin it with ~ or {Path(folder.anchor or '/')}"
        )
    return folder


def _check_dialects(value: object) -> tuple[dict[str, str], list[Fault]]:
    """Folder -> name of its dialect, where they are valid, and the faults of the others."""
    if not isinstance(value, dict):
        return {}, [(("dialects",), f"expected a table [dialects], not {quote_short(value)}")]
    valid: dict[str, str] = {}
    faults: list[Fault] = []
    for folder, name in value.items():
        known = DIALECT_NAMES.get(name.lower()) if isinstance(name, str) else None
        if known is None:
            found = get_close_matches(str(name).lower(), DIALECT_NAMES, 1)
            names = ", ".join(DIALECT_NAMES.values())
            hint = f"did you mean {found[0]}?" if found else f"the dialects are {names}"
            reason = f"there is no dialect {quote_short(name)}; {hint}"
            faults.append((("dialects", folder), reason))
        elif is_suffix(folder) and known != ANY:
            reason = f'expected {folder} = "{ANY}": the dialect is that of a file\'s folder'
            faults.append((("dialects", folder), reason))
        else:
            valid[folder] = known
    return valid, faults


def _check_keys(value: object) -> tuple[dict[str, tuple[str, ...]], list[Fault]]:
    """Command id -> keys, where they are valid, and the faults of the others."""
    if not isinstance(value, dict):
        return {}, [(("keys",), f"expected a table [keys], not {quote_short(value)}")]
    valid: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    owners: dict[str, str] = {}
    for command, written in value.items():
        try:
            keys = _check_command_keys(command, written)
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


def _commands_by_key(custom_keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Key -> title and id of the command that it runs."""
    return {
        key: f"{commands_by_id()[command].title} ({command})"
        for command, keys in effective_keys(custom_keys).items()
        for key in keys
    }


def _check_command_keys(command: str, value: object) -> tuple[str, ...]:
    if command not in commands_by_id() and command in setting_names():
        raise SettingError(f"{command} is a setting, not a command; write it above [keys]")
    if command in replacements_by_id():
        raise SettingError(f"this is no longer a command: {replacements_by_id()[command]}")
    if command not in commands_by_id():
        found = get_close_matches(command, commands_by_id(), 1)
        hint = f"; did you mean {found[0]}?" if found else "; the guide lists them all"
        raise SettingError(f"there is no such command{hint}")
    keys = [value] if isinstance(value, str) else value
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise SettingError(
            f'expected a key such as "J" or a list such as ["J", "]"], not {quote_short(value)}'
        )
    if keys == [""]:
        return ()
    try:
        return tuple(dict.fromkeys(key_name(key) for key in keys))
    except KeyNameError as error:
        hint, parts = "", re.findall(r"[^,\s]+", value) if isinstance(value, str) else []
        with suppress(KeyNameError):  # perhaps several keys in one string
            if len([key_name(part) for part in parts]) > 1:
                listed = ", ".join(f'"{part}"' for part in parts)
                hint = f". Several keys are a list: [{listed}]"
        raise SettingError(f"{error}{hint}") from None


# -- the file that is made first ------------------------------------------------------------------

_HEAD = """\
# The settings of rilo-reader. Lines that begin with # show the defaults: to change one,
# remove the # and edit the value. `rilo-reader doctor` checks this file.
"""
_FOLDERS = """
# Your folders of articles. The first opens by default; what you follow is saved into it.
# folders = ["~/news"]
"""
_RARE = """
# -- Rarely needed
"""
_KEYS = """
# Keys: a key, a list of keys, or "" for none. They replace the default ones.
# Keys are written "J", "?", "space", "pgdn", "f5", "ctrl+d", "alt+left".
[keys]
"""
_END = """
# Folders whose texts are those of a program if no file of it tells that; "any" if one misleads.
# A folder is in a library, "." for all of it, or begins with ~ or /.
# [dialects]
# "garden" = "obsidian"
# "old site" = "any"
# Suffixes of other files that are Markdown, in the dialect of their folder:
# ".smdx" = "any"

# Saved searches, in their order, and mutes (until is the last day). The reader can add them too.
# [[searches]]
# name = "Ivory"
# query = "wildlife customs after:30d"
#
# [[mutes]]
# query = "tag:football"
# until = 2026-12-31

# Rules mark what they find as it arrives: read = true, starred = true, or tags, one or a list.
# `rilo-reader rules try Adverts` shows what a rule would do.
# [[rules]]
# name = "Adverts"
# query = "title:sponsored OR tag:advertisement"
# read = true
# tags = "advert"
#
# A rule can also clear what grows old, at each refresh: read_after = "14d" marks as read what is
# older (h, d, w, mo, y), keep_unread = 200 all but the newest 200. Starred articles and those with
# notes or highlights stay. `rilo-reader rules try` shows what would be marked now.
# [[rules]]
# name = "Old news"
# query = "*"
# read_after = "14d"
"""


def make_template() -> str:
    """Return the text of a settings file that sets nothing: all is explained, commented out."""
    often: list[str] = []
    rarely: list[str] = []
    for name, one in plain_settings().items():
        meaning = one.meaning.replace("\n", "\n# ")
        said = f"\n# {meaning}\n# {name} = {to_literal(default_or_example(name))}\n"
        (rarely if one.is_rare else often).append(said)
    parts = [_HEAD, *often, _FOLDERS, _RARE, *rarely, _KEYS]
    for group, commands in groupby(all_commands(), key=lambda command: command.group):
        parts.append(f"\n# -- {group}\n")
        for command in commands:
            keys = [written_key(key) for key in command.keys]
            parts.append(f"# {command.id} = {to_literal(keys)}  # {command.help}\n")
    return "".join([*parts, _END, *(its.template for its in plugin_settings())])


def write_template(file: Path) -> None:
    """Write a settings file that sets nothing, if there is none; errors as `change_setting`."""
    with edit_file(file, make_template):
        pass


def written_key(key: str) -> str:
    """Return a key in Textual's name as it is written in settings.toml."""
    is_name = key.startswith("ctrl+") or key in ("up", "down", "left", "right")
    return key if is_name else key_label(key)


# -- saved searches and mutes ---------------------------------------------------------------------

SEARCHES = TomlTable(
    "searches",
    SavedSearch,
    {"name": check_search_name, "query": check_query},
    key=lambda name: name.strip().removeprefix("@").casefold(),
    duplicate_message="another saved search is already called {!r}",
    make_head=make_template,
    query_field="query",
    is_strict=True,
)

MUTES = TomlTable(
    "mutes",
    Mute,
    {"query": check_mute_query, "until": check_day},
    key=check_query,
    duplicate_message="{!r} is already muted",
    make_head=make_template,
    query_field="query",
    is_strict=True,
)


def _check_has_effect(
    table: Mapping[str, object], values: dict[str, object]
) -> list[tuple[str, str]]:
    # A value that is not valid has a fault of its own.
    if any(values.get(key, key in table) for key in ArrivalRule._fields[2:]):
        return []
    return [("name", "it does nothing; add read = true, starred = true, tags or read_after")]


RULES = TomlTable(
    "rules",
    ArrivalRule,
    {
        "name": check_rule_name,
        "query": check_rule_query,
        "read": check_bool,
        "starred": check_bool,
        "tags": check_user_tags,
        "read_after": check_age,
        "keep_unread": make_number_check(0, MAX_KEPT, "articles"),
    },
    duplicate_message="another rule is already called {!r}",
    make_head=make_template,
    query_field="query",
    is_strict=True,
    amend=_check_has_effect,
)


OURS: Mapping[str, TomlTable[Any]] = {"searches": SEARCHES, "mutes": MUTES, "rules": RULES}
"""The tables of the core, by name."""


@cache
def all_tables() -> Mapping[str, TomlTable[Any]]:
    """Return all settings with rows, by name."""
    brought = {table.name: table for its in plugin_settings() for table in its.tables}
    return MappingProxyType({**OURS, **brought})


def iter_queries(config: Config) -> Iterator[tuple[TomlTable[Any], Any, str]]:
    """Yield every query that rows of settings have, after its row and the table of that."""
    for table in all_tables().values():
        for row in value_of(config, table.name) if table.query_field else ():
            yield table, row, getattr(row, table.query_field)


def rewrite_queries(file: Path, rewrite: Callable[[str], str]) -> None:
    """Rewrite every query of the settings; raises OSError, or ValueError if one was not."""
    changed: dict[str, dict[str, Mapping[str, object]]] = {}
    for table, row, query in iter_queries(load(file)[0]):
        if (new := rewrite(query)) != query:
            changed.setdefault(table.name, {})[row[0]] = {table.query_field: new}
    for name, rows in changed.items():
        for fault in all_tables()[name].edit_many(file, RowEdits(changed=rows)).values():
            raise ValueError(fault)


# -- one setting changed --------------------------------------------------------------------------

Value = str | float | bool | list[str]


def change_setting(file: Path, key: str, value: Value) -> None:
    """Set one key, such as "width" or "keys.star"; comments and all other lines are kept.

    A missing file is created, with every setting explained in comments.

    Raises OSError if the file cannot be read or written, and as `set_value`: it is unchanged then.
    """
    with edit_file(file, make_template) as edited:
        edited.text = set_value(edited.text, tuple(key.split(".")), value)


def remove_setting(file: Path, key: str) -> None:
    """Take out the line of a key, such as "keys.star", so that its default holds.

    Raises OSError, and ValueError if the file is not TOML or has the key otherwise than in a line.
    """
    with edit_file(file, make_template) as edited:
        edited.text = remove_value(edited.text, tuple(key.split(".")))


def change_keys(file: Path, keys: Mapping[str, Sequence[str] | None]) -> dict[str, str]:
    """Set keys of commands, or take their lines out, with one write; return why some were not.

    Raises OSError, and ValueError if the file is not TOML.
    """
    faults: dict[str, str] = {}
    with edit_file(file, make_template) as edited:
        parse_or_raise(edited.text)
        for name, value in keys.items():
            try:
                path = ("keys", name)
                edited.text = (
                    remove_value(edited.text, path)
                    if value is None
                    else set_value(edited.text, path, list(value))
                )
            except ValueError as error:
                faults[name] = str(error)
    return faults


def remove_value(text: str, path: tuple[str, ...]) -> str:
    """Return the text without the line of a key; raises ValueError as `remove_setting`."""
    data = inner = parse_or_raise(text)
    for part in path[:-1]:
        inner = inner.get(part, {})
    if inner.pop(path[-1], None) is None:
        return text
    found = (one for one in iter_statements(text) if one.key == path and not one.is_header)
    edited = text
    for one in found:
        start = text.rfind("\n", 0, one.start) + 1
        edited = text[:start] + text[line_end(text, one.end) :]
    return verify_edit(edited, data, ".".join(path))


def set_value(text: str, key: tuple[str, ...], value: Value) -> str:
    """Return the text with `key` set to `value`.

    A key that is there keeps its place; one that stands there commented out, as in the template,
    gets a line of its own below; any other one comes last in its table.

    Raises ValueError if the text is not TOML, the key no setting, or the value cannot be put there.
    """
    if key == ("folders",):
        for fault in _check_folders(value)[1]:
            raise ValueError(fault[1])
    elif key[0] != "keys" or len(key) != 2 or key[1] not in commands_by_id():
        plain = plain_settings()
        if len(key) != 1 or key[0] not in plain:
            raise ValueError(f"there is no setting {'.'.join(key)}{suggest_name(key[0], plain)}")
        plain[key[0]].check(value)
    else:
        _check_command_keys(key[1], value)

    data = inner = parse_or_raise(text)
    for part in key[:-1]:
        inner = inner.setdefault(part, {})
    inner[key[-1]] = value
    return verify_edit(_value_edited(text, key, to_literal(value)), data, ".".join(key))


def _value_edited(text: str, key: tuple[str, ...], value: str) -> str:
    """Replace the key's value where it stands, or put in a line."""
    found = list(iter_statements(text))
    for statement in found:
        if statement.key == key and not statement.is_header:
            return text[: statement.start] + value + text[statement.end :]
    end = detect_newline(text)
    table = key[:-1]
    line = f"{key[-1]} = {value}{end}"
    at = _find_insert_position(text, found, table, key[-1])
    if at is None:
        at = len(text)
        line = f"{end if text else ''}[{'.'.join(table)}]{end}{line}"
    if at and text[at - 1] != "\n":
        line = end + line
    return text[:at] + line + text[at:]


def _find_insert_position(
    text: str, found: list[Statement], table: tuple[str, ...], name: str
) -> int | None:
    """Return where a new line of a table belongs, None where the table is not there."""
    stated = [statement for statement in found if statement.table == table]
    if table and not stated:
        return None
    first, last = _find_table_span(text, found, stated)
    for commented in re.finditer(rf"^#[ \t]*{re.escape(name)}[ \t]*=.*$\n?", text, re.MULTILINE):
        inside = any(s.start < commented.start() < s.end for s in found)
        if first <= commented.start() and commented.end() <= last and not inside:
            return commented.end()
    if stated:
        return line_end(text, stated[-1].end)
    # No setting yet: above the first table and the comments that belong to it.
    lines = text[:last].splitlines(keepends=True)
    while lines and lines[-1].lstrip().startswith("#"):
        lines.pop()
    return len("".join(lines)) if last < len(text) else len(text)


def _find_table_span(
    text: str, found: list[Statement], own_statements: list[Statement]
) -> tuple[int, int]:
    """From where to where a table's lines reach; without any of its own, the top of the file."""
    first = own_statements[0].start if own_statements and own_statements[0].is_header else 0
    after = own_statements[-1].end if own_statements else 0
    headers = [
        s.start for s in found if s.is_header and s.start >= after and s not in own_statements
    ]
    return first, min(headers, default=len(text))
