"""`settings`: open the settings file in the editor, or read or change one setting."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Any

from rilo_reader import config
from rilo_reader.cli.arguments import convert_edit_errors
from rilo_reader.cli.output import EXIT_DONE, PROGRAM, UsageError, errors, output
from rilo_reader.cli.reader import find_non_terminal
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.commands import commands_by_id, effective_keys
from rilo_reader.config import Config, change_setting, load
from rilo_reader.config.all_settings import (
    default_or_example,
    plain_settings,
    setting_names,
    value_of,
)
from rilo_reader.config.checks import suggest_name
from rilo_reader.config.settings import set_value, written_key
from rilo_reader.config.toml_edit import parse_or_raise, to_literal
from rilo_reader.keys import key_name
from rilo_reader.paths import expand_path, user_paths
from rilo_reader.process import run_editor
from rilo_reader.system_programs import editor_command

KEYS = "keys."  # before the name of a command
FOLDERS = "folders"  # has several values, and can be set all the same


class SettingsVerb(Verb):
    """Open the settings in your editor, or change one."""

    library_help = "has no effect: all libraries have the same settings"
    heeds_settings = False
    about = """
Open settings.toml in your editor ($VISUAL or $EDITOR), or change one setting.

A new file has every setting, with its explanation and its default. Mistakes are
reported when you close the editor. With NAME, print that setting; with VALUE,
change it, and nothing else in the file. A command's keys are keys.NAME; "" for
none. In the reader, settings in the palette (ctrl+p) shows what a value does.
"""
    examples = (
        "rilo-reader settings",
        "rilo-reader settings width 90",
        "rilo-reader settings keys.star f2 s",
        "rilo-reader settings --path",
    )
    exit_codes = """0 done; 1 the editor failed, or the file has a mistake; 2 wrong usage, also if
there is no such setting, or the value is not valid."""
    surplus = "Quote a value that begins with a minus"

    words: list[str] = argument(
        "NAME VALUE",
        "the name of a setting, such as width or folders, and its new value",
        nargs="*",
        offers=(*plain_settings(), FOLDERS),
        may_be_empty=True,
    )
    path: bool = flag("--path", "print the path of the file; the default without a terminal")

    def run(self) -> int:
        """Open the settings in the editor and report what is wrong then, or read or change one."""
        file = user_paths().settings_file
        if self.words:
            return _read_or_change(file, *self.words)
        if self.path or find_non_terminal():
            output().line(str(file))
            return 0
        editor = editor_command()
        with convert_edit_errors(file):
            config.write_template(file)
        if problem := run_editor([*editor, str(file)]):
            errors().complain(problem)
            return 1
        problems = config.load(file)[1]
        for each in problems:
            errors().complain(each.message)
        return 1 if problems else 0


def _read_or_change(file: Path, name: str, *words: str) -> int:
    """Print a setting, or change it; "width 90", "width=90" and "width = 90" are the same."""
    name, is_given, value = name.partition("=")
    words = (*([value] if value else []), *words)
    if words[:1] == ("=",):
        words = words[1:]
    command = name.removeprefix(KEYS)
    is_key = name.startswith(KEYS) and command in commands_by_id()
    if name not in (*plain_settings(), FOLDERS) and not is_key:
        raise _make_unknown_error(file, name)
    if not words:
        if is_given:
            usual = _list_keys(Config(), command) if is_key else default_or_example(name)
            example = f"{PROGRAM} settings {name} {_format_value(usual)}"
            raise UsageError(f"settings {name} needs a value, such as: {example}")
        config, problems = load(file)
        for problem in (each for each in problems if each.key in ("", name)):
            errors().line(problem.message)
        found = _list_keys(config, command) if is_key else value_of(config, name)
        if name == FOLDERS and not found:
            found = user_paths().default_library
        if found is None:
            errors().line(f"{name} is not set. {' '.join(plain_settings()[name].meaning.split())}")
        else:
            output().line(_format_value(found))
        return EXIT_DONE
    with convert_edit_errors(file):
        value = _parse_words(name, words)
        if is_key:
            _refuse_taken_keys(file, command, value)
        change_setting(file, name, value)
    output().line(f"{name} = {to_literal(value)}")
    if name == FOLDERS:
        for folder in filter(lambda folder: not Path(folder).is_dir(), value):
            errors().line(f"{folder} does not exist yet. To create it: mkdir -p {quote(folder)}")
    return EXIT_DONE


def _make_unknown_error(file: Path, name: str) -> UsageError:
    """Return the error of a name that no setting with one value has."""
    if name in setting_names():
        several = f"{name} has a table of its own in {file}. To edit it: {PROGRAM} settings"
        return UsageError(several)
    if name.startswith(KEYS):
        commands = [KEYS + each for each in commands_by_id()]
        return UsageError(f"there is no command for {name}{suggest_name(name, commands)}")
    suggestion = suggest_name(name, (*plain_settings(), FOLDERS))
    return UsageError(f"there is no setting {name}{suggestion}")


def _list_keys(config: Config, command: str) -> tuple[str, ...]:
    """The keys of a command as they are written in the settings; one "" for none."""
    return tuple(map(written_key, effective_keys(config.keys)[command])) or ("",)


def _refuse_taken_keys(file: Path, command: str, written: str | list[str]) -> None:
    """Raise UsageError if the user has given one of the keys to another command."""
    taken = {
        key: other for other, keys in load(file)[0].keys.items() if other != command for key in keys
    }
    for each in filter(None, [written] if isinstance(written, str) else written):
        if other := taken.get(key_name(each)):
            raise UsageError(f"{each} is already the key of {other}; choose another")


def _format_value(value: object) -> str:
    """A value as somebody may type it."""
    if isinstance(value, tuple):
        return " ".join(quote(str(each)) for each in value)
    return str(value) if isinstance(value, (str, Path)) else to_literal(value)


def _parse_words(name: str, words: Sequence[str]) -> Any:  # noqa: ANN401  # what TOML has
    """The value that typed words mean: as TOML has it, else a text, else a list of texts."""
    text, meanings = " ".join(words), list[Any]()
    with suppress(ValueError):
        meanings.append(parse_or_raise(f"x = {text}")["x"])
    meanings += [text, list(words)]
    if name == FOLDERS:
        listed = meanings[0] if meanings and isinstance(meanings[0], list) else words
        meanings = [_resolve_folders(listed)]
    fault = ""
    for value in meanings:
        try:
            set_value("", tuple(name.split(".")), value)
        except ValueError as error:
            fault = fault or str(error)
        else:
            fault = _find_theme_fault(value) if name == "theme" else ""
            if not fault:
                return value
    raise UsageError(f"settings {name}: {fault}{'' if fault.endswith('?') else '.'}")


def _resolve_folders(typed: Sequence[str]) -> list[str]:
    """Folders that were typed, in full; an empty word (of an unset variable) is refused."""
    if not all(isinstance(word, str) and word.strip() for word in typed):
        advice = "for the current one, type a dot"
        raise UsageError(f"settings {FOLDERS}: '' is not a folder; {advice}.")
    return [str(expand_path(word).absolute()) for word in typed]


def _find_theme_fault(name: str) -> str:
    # What a screen needs takes time to import.
    from rilo_reader.tui.themes import read_own_themes, theme_names, theme_problem

    own = read_own_themes(user_paths().themes_folder).themes
    problem = theme_problem(name.strip(), own)
    if problem and not problem.endswith("?"):  # doctor lists them for a name in the file alone
        return f"there is no theme '{name.strip()}'; the themes are {', '.join(theme_names(own))}"
    return problem[:1].lower() + problem[1:]
