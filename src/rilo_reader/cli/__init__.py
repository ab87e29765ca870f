"""The command line: one file a verb, and the start of the reader."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from rilo_reader import find_version
from rilo_reader.cli.output import (
    COLOUR,
    COLOURS,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    PROGRAM,
    UsageError,
    close_quietly,
    errors,
    output,
    report_error,
)
from rilo_reader.errors import LibraryError
from rilo_reader.plugin_list import VerbEntry, plugins_with
from rilo_reader.third_parties import describe_error, failures, loaded_modules

if TYPE_CHECKING:
    # The reader needs neither argparse nor what verbs are given.
    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.cli.verb import Verb, VerbParser
    from rilo_reader.config import Config

_MORE, _CARE = "More for your articles", "Maintenance"  # headings
_OURS: Mapping[str, VerbEntry] = {
    "search": VerbEntry("search:SearchVerb", "find articles"),
    "list": VerbEntry("search:ListVerb", "list articles, newest first"),
    "show": VerbEntry("show:ShowVerb", "print one article"),
    "add": VerbEntry("add:AddVerb", "follow a feed, or save a page"),
    "refresh": VerbEntry("refresh:RefreshVerb", "fetch what is new in your feeds"),
    "feeds": VerbEntry("feeds:FeedsVerb", "list the feeds that you follow, and change them"),
    "mark": VerbEntry("mark:MarkVerb", "mark articles read, unread, starred or tagged"),
    "rules": VerbEntry("rules:RulesVerb", "list your rules, or try them", _MORE),
    "history": VerbEntry("history:HistoryVerb", "list your changes", _MORE),
    "undo": VerbEntry("history:UndoVerb", "undo a change"),
    "settings": VerbEntry(
        "settings:SettingsVerb", "open the settings in your editor, or change one"
    ),
    "doctor": VerbEntry("doctor:DoctorVerb", "look for problems, and suggest how to fix them"),
    "index": VerbEntry("index:IndexVerb", "update the search index", _CARE),
    "completion": VerbEntry(
        "completion:CompletionVerb",
        "let your shell complete commands, options, tags, articles",
        _CARE,
    ),
    "help": VerbEntry("help:HelpVerb", "explain a command, as COMMAND --help does", _CARE),
}
"""The verbs of the core: modules here and classes, summaries, headings."""

_LISTED_LAST = ("settings", "doctor", "index", "completion", "help")  # after those of plugins

CANDIDATES = "--candidates"  # asked by the completions of shells, see `candidates`

_OPTIONS: Mapping[str, str] = {
    "--color WHEN": "when to use colours: auto, always (also in a pipe) or never",
    "-h, --help": "this help; COMMAND --help explains a command",
    "-V, --version": "the version",
}
"""The options without a command that the core has, and what they mean."""

ABOUT = """\
A news reader for the terminal that keeps articles as Markdown files.

rilo-reader opens FOLDER, or your library if you name none. Inside, ? shows the
keys and q quits. To open a folder named like a command: ./search
"""


class StartMode(NamedTuple):
    """Another way to read a folder than on the screen, by an option of the program."""

    option: str  # such as "--flat"
    meaning: str  # of the option, for help and shells
    is_wanted: Callable[[Config], bool]  # whether it is meant where nobody gives the option
    # opens a folder, with fields of verbs that no argument sets and lines to begin with; returns
    # the exit code
    run: Callable[[LibraryContext, Mapping[str, Any], Sequence[str]], int]


def run(arguments: Sequence[str], **given: Any) -> int:  # noqa: ANN401
    """Run the command line; return the exit code: 0, 1 for errors, 2 for usage, 130 for Ctrl-C.

    An error is one line on stderr that says what happened and what to do; with --json it is also an
    object that has `error`. The traceback of an unexpected one is written to a log file, which the
    line names. `given` are fields of `Verb` that no argument sets.
    """
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in before
    try:
        left = list(arguments)
        if left[:1] == [CANDIDATES] and left[1:]:
            from rilo_reader.cli import candidates

            return candidates.run(left[1:])
        if left and not (
            left[0] in (*all_verbs(), "version") or left[0].startswith(("-", "/", "."))
        ):
            from rilo_reader.cli import external_commands

            if program := external_commands.find_program_of(left[0]):
                return external_commands.run(program, left[1:])
        colour = COLOUR.set(_take_colour_option(left))
        try:
            code = _run_arguments(left, given)
        finally:
            COLOUR.reset(colour)
        if sys.stdout is not None:
            sys.stdout.flush()
        for line in failures().lines:
            errors().complain(line)
    except KeyboardInterrupt:
        close_quietly(sys.stdout)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of the pipe has read enough (`| head -1`).
        close_quietly(sys.stdout)
        return EXIT_DONE
    except Exception as error:
        return report_error(error, as_json=as_json)
    return code


class _VerbPlugin(Protocol):
    def verbs(self) -> Mapping[str, VerbEntry | str]: ...


class _StartPlugin(Protocol):
    def start_modes(self) -> Sequence[StartMode]: ...


@cache
def all_verbs() -> Mapping[str, VerbEntry]:
    """Return the verbs, as they are listed; any other first argument is a folder."""
    verbs = {
        name: entry._replace(place=f"{__name__}.{entry.place}") for name, entry in _OURS.items()
    }
    for plugin in plugins_with(_VerbPlugin):
        for name, entry in plugin.verbs().items():
            listed = entry if isinstance(entry, VerbEntry) else VerbEntry(entry, heading=_MORE)
            verbs.setdefault(name, listed)  # none in place of one of ours
    return {name: verbs[name] for name in sorted(verbs, key=lambda name: name in _LISTED_LAST)}


@cache
def find_starts() -> Mapping[str, StartMode]:
    """Return other ways to read than on the screen, by the options that ask for them."""
    return {
        start.option: start
        for plugin in plugins_with(_StartPlugin)
        for start in plugin.start_modes()
    }


def usage_lines() -> tuple[str, ...]:
    """Return the forms of a command line."""
    ways = "".join(f"[{option}] " for option in find_starts())
    return f"{PROGRAM} {ways}[FOLDER]", f"{PROGRAM} COMMAND …"


def list_options() -> Mapping[str, str]:
    """Return the options without a command, and what they mean."""
    return {**{option: start.meaning for option, start in find_starts().items()}, **_OPTIONS}


def verb_of(name: str) -> type[Verb]:
    """Return the class of a verb; raise LibraryError if that of a plugin cannot be loaded."""
    module, _, class_name = str(all_verbs()[name].place).partition(":")
    try:
        verb: type[Verb] = getattr(import_module(module), class_name)
        verb.argument_fields()
    except (Exception, SystemExit) as error:
        if module.startswith("rilo_reader."):
            raise
        reason = f"the command {name} of {module} cannot be used: {describe_error(error)}"
        raise LibraryError(reason) from error
    return verb


@cache
def load_verbs() -> Mapping[str, type[Verb]]:
    """Return the classes of all verbs, but of those of plugins that cannot be loaded."""
    verbs = {}
    for name in all_verbs():
        try:
            verbs[name] = verb_of(name)
        except LibraryError as error:
            failures().record(str(error))
    return verbs


def run_verb(verb: Verb) -> int:
    """Run a verb; return the exit code.

    Problems in the settings are printed first. Raises LibraryError if something else may have
    been meant, and the verb changes something, or it is not known which library is meant.
    """
    if verb.heeds_settings:
        from rilo_reader.cli.arguments import check_settings

        check_settings(verb)
    return verb.run()


def make_main_parser() -> VerbParser:
    """Return a parser that has the help of the program: commands, and options without one."""
    from rilo_reader.cli.external_commands import list_external_commands
    from rilo_reader.cli.verb import VerbParser, make_help

    examples = ("rilo-reader ~/blog/content", "rilo-reader search 'wildlife -ebay after:2019'")
    usage = "\n       ".join(usage_lines())
    parser = VerbParser(prog=PROGRAM, usage=usage, **make_help(ABOUT, examples))
    verbs = all_verbs()
    for heading in dict.fromkeys(entry.heading for entry in verbs.values()):
        commands = parser.add_argument_group(heading)
        for name, entry in verbs.items():
            if entry.heading == heading:
                commands.add_argument(name, help=str(entry.summary).replace("%", "%%"))
    if names := list_external_commands(verbs):
        parser.add_argument_group("Others", "\n".join(names))
    group = parser.add_argument_group("Options")
    for named, meaning in list_options().items():
        *short, long = named.split(", ")
        flag, _, value = long.partition(" ")
        taken: dict[str, Any] = {"metavar": value} if value else {"action": "store_true"}
        group.add_argument(*short, flag, help=meaning, **taken)
    return parser


def _run_arguments(arguments: list[str], fields: Mapping[str, Any]) -> int:
    """Start the reader, run a verb, or answer one of the options without a verb."""
    first, *rest = arguments or ("--",)
    if first in all_verbs():
        from rilo_reader.cli.verb import asks_for_help

        verb = verb_of(first)
        is_help = asks_for_help(rest)
        return _print_help(verb.make_parser()) if is_help else run_verb(verb.parse(rest, **fields))
    end = arguments.index("--") if "--" in arguments else len(arguments)
    start = next((find_starts()[word] for word in arguments[:end] if word in find_starts()), None)
    if start:
        arguments = [word for at, word in enumerate(arguments) if at > end or word != start.option]
        first, *rest = arguments or ("--",)
    if first == "--":
        return _open_reader(rest, fields, start)
    if first in ("-h", "--help") and rest and rest[0] in all_verbs():
        return _print_help(verb_of(rest[0]).make_parser())
    if first in ("-h", "--help") or (not first.startswith("-") and {"-h", "--help"} & set(rest)):
        return _print_help(make_main_parser())
    is_version = arguments == ["version"] and not Path("version").is_dir()
    if not (first.startswith("-") or is_version):
        return _open_reader(arguments, fields, start)
    if is_version or first in ("-V", "-v", "--version"):
        output().line(f"{PROGRAM} {find_version()}")
        for plugin in loaded_modules().values():
            output().line(f"plugin {plugin}")
        return EXIT_DONE
    if Path(first).is_dir():
        raise UsageError(f"to open a folder of this name: {PROGRAM} './{first}'")
    raise UsageError(f"there is no option '{first}'. See {PROGRAM} --help")


def _print_help(parser: VerbParser) -> int:
    from rilo_reader.cli.pager import print_paged

    print_paged(parser.format_help())
    return EXIT_DONE


def _take_colour_option(arguments: list[str]) -> str:
    """Take `--color WHEN` out of arguments, wherever it stands before `--`; return WHEN."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    when = "auto"
    for at in reversed(range(end)):
        name, is_given, value = arguments[at].partition("=")
        if name == "--color":
            behind = at + 1 if is_given else at + 2
            when = value if is_given else "".join(arguments[at + 1 : min(behind, end)])
            if when not in COLOURS:
                raise UsageError(f"--color takes {', '.join(COLOURS)}, not '{when}'")
            del arguments[at:behind]
            end -= behind - at
    return when


def _open_reader(words: list[str], given: Mapping[str, Any], start: StartMode | None) -> int:
    gc.disable()  # until the first article is painted: none of this is garbage (decision 0208)
    from rilo_reader.cli import library_context, reader

    if COLOUR.get() == "never":
        os.environ["NO_COLOR"] = "1"  # which the reader and its children heed
    if len(words) > 1:
        raise library_context.make_surplus_error(words, tuple(all_verbs()))
    return reader.run(words[0] if words else None, tuple(all_verbs()), start=start, fields=given)
