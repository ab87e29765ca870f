"""Parse the arguments of verbs with argparse, and call the function of the verb."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from rilo_reader.cli import help as help_texts
from rilo_reader.cli.options import Options
from rilo_reader.cli.output import PROGRAM, UsageError, output


def run(verb: str, arguments: Sequence[str], given: Mapping[str, object]) -> int:
    """Run a verb; return the exit code.

    Args:
        verb: one of `VERBS`.
        arguments: those behind the verb.
        given: the options that no argument sets, see `Options`.

    Raises:
        UsageError: the arguments are not valid for the verb.
    """
    if asks_for_help(arguments):
        output().write(help_texts.OF[verb])
        return 0
    options = parse(verb, arguments)
    for name, value in given.items():
        setattr(options, name, value)
    return _VERB_FUNCTIONS[verb](options)


def run_option(option: str) -> int:
    """Run `--help` or `--version`, the options without a verb.

    Raises:
        UsageError: it is another option.
    """
    if option in ("-h", "--help"):
        output().write(help_texts.MAIN)
        return 0
    if option in ("-V", "--version"):
        from rilo_reader import __version__

        output().line(f"{PROGRAM} {__version__}")
        return 0
    if Path(option).is_dir():
        raise UsageError(f"to open a folder of this name: {PROGRAM} './{option}'")
    raise UsageError(f"there is no option '{option}'. See {PROGRAM} --help")


# The module of a verb is imported when it is used, since verbs need different libraries.


def _search(options: Options) -> int:
    from rilo_reader.cli import search

    return search.search(options)


def _list(options: Options) -> int:
    from rilo_reader.cli import search

    return search.list_all(options)


def _show(options: Options) -> int:
    from rilo_reader.cli import show

    return show.run(options)


def _index(options: Options) -> int:
    from rilo_reader.cli import index

    return index.run(options)


def _doctor(options: Options) -> int:
    from rilo_reader.cli import doctor

    return doctor.run(options)


def _import(options: Options) -> int:
    from rilo_reader.cli import imports

    return imports.run(options)


def _export(options: Options) -> int:
    from rilo_reader.cli import exports

    return exports.run(options)


def _add(options: Options) -> int:
    from rilo_reader.cli import add

    return add.run(options)


def _refresh(options: Options) -> int:
    from rilo_reader.cli import refresh

    return refresh.run(options)


def _feeds(options: Options) -> int:
    from rilo_reader.cli import feeds

    return feeds.run(options)


def _mark(options: Options) -> int:
    from rilo_reader.cli import mark

    return mark.run(options)


def _history(options: Options) -> int:
    from rilo_reader.cli import history

    return history.run(options)


def _undo(options: Options) -> int:
    from rilo_reader.cli import history

    return history.undo(options)


def _highlights(options: Options) -> int:
    from rilo_reader.cli import highlights

    return highlights.run(options)


def _account(options: Options) -> int:
    from rilo_reader.cli import account

    return account.run(options)


def _sync(options: Options) -> int:
    from rilo_reader.cli import sync

    return sync.run(options)


_VERB_FUNCTIONS: Mapping[str, Callable[[Options], int]] = MappingProxyType(
    {
        **{"search": _search, "list": _list, "show": _show, "index": _index, "doctor": _doctor},
        **{"import": _import, "export": _export},
        **{"add": _add, "refresh": _refresh, "feeds": _feeds, "sync": _sync},
        **{"mark": _mark, "history": _history, "undo": _undo, "highlights": _highlights},
        **{"account": _account},
    }
)
"""The function of each verb."""


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether -h or --help is among the arguments before any `--`."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "-h" in options or "--help" in options


_MINUS = "\0"
_WITH_QUERY = ("search", "export", "highlights")


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError with a suggestion, and never exits."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would have printed."""
        readable = message.replace(_MINUS, "-")
        _, lacks, what = readable.partition("arguments are required: ")
        if lacks:
            raise UsageError(f"{self.prog} needs {what}. See {PROGRAM} {self.prog} --help")
        raise UsageError(f"{self.prog}: {readable}. See {PROGRAM} {self.prog} --help")

    def options(self) -> list[str]:
        """All option strings."""
        return [name for action in self._actions for name in action.option_strings]


def parse(verb: str, arguments: Sequence[str]) -> Options:
    """Read the arguments of a verb.

    Raises:
        UsageError: they are not valid for the verb.
    """
    parser = parser_of(verb)
    words = list(arguments)
    if verb in _WITH_QUERY:
        # `-ebay` is a word of the query, which argparse would take for an option: replace its
        # minus by NUL, which no argument contains.
        words = [_MINUS + word[1:] if _is_excluded_word(word) else word for word in words]
    if verb in ("mark", "account", "feeds"):
        # Options may stand between what to do and what to do it with.
        options, unknown = parser.parse_known_intermixed_args(words, namespace=Options())
    else:
        options, unknown = parser.parse_known_args(words, namespace=Options())
    if unknown:
        _reject(unknown[0], parser, verb)
    if verb in _WITH_QUERY:
        options.query = [word.replace(_MINUS, "-") for word in options.query]
        if verb == "search" and not any(word.strip() for word in options.query):
            raise UsageError(
                f"search needs a query, for example: {PROGRAM} search ivory. "
                f"To list all articles: {PROGRAM} list"
            )
    return options


def parser_of(verb: str) -> _Parser:
    """The parser of one verb."""
    parser = _Parser(prog=verb, add_help=False, allow_abbrev=False)
    parser.add_argument("--library", metavar="FOLDER")
    _ADD_ARGUMENTS[verb](parser)
    return parser


def _add_search(parser: _Parser) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY")
    _add_list(parser)


def _add_list(parser: _Parser) -> None:
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--limit", metavar="N", type=_limit)
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--muted", action="store_true")


def _add_show(parser: _Parser) -> None:
    parser.add_argument("article", metavar="ID|PATH")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true")
    form.add_argument("--json", action="store_true")


def _add_index(parser: _Parser) -> None:
    parser.add_argument("--rebuild", action="store_true")
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("--json", action="store_true")


def _add_doctor(parser: _Parser) -> None:
    parser.add_argument("--all", action="store_true")


def _add_import(parser: _Parser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--star", metavar="FLAGS")
    parser.add_argument("--deleted", action="store_true")
    parser.add_argument("--account", metavar="NAME")
    parser.add_argument("--json", action="store_true")


def _add_export(parser: _Parser) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY")
    parser.add_argument("--to", metavar="FILE", required=True)
    parser.add_argument("--format", choices=("md", "jsonl", "atom", "epub", "html", "opml"))
    parser.add_argument("--title", metavar="TITLE")
    parser.add_argument("--no-highlights", action="store_true")
    parser.add_argument("--muted", action="store_true")


def _add_sync(parser: _Parser) -> None:
    parser.add_argument("action", metavar="ACTION")
    parser.add_argument("device", nargs="?", metavar="DEVICE")
    parser.add_argument("--old", action="store_true")
    parser.add_argument("--folder", metavar="DIR")
    parser.add_argument("--name", metavar="NAME")
    parser.add_argument("--json", action="store_true")


def _add_account(parser: _Parser) -> None:
    parser.add_argument("action", metavar="ACTION", nargs="?", default="")
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--user", metavar="NAME")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--password-command", metavar="CMD")
    secret.add_argument("--api-key-command", metavar="CMD")
    secret.add_argument("--password-stdin", action="store_true")
    parser.add_argument("--name", metavar="NAME")
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument("--json", action="store_true")


def _add_mark(parser: _Parser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--query", metavar="QUERY", dest="selected")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dry-run", action="store_true")


def _add_history(parser: _Parser) -> None:
    parser.add_argument("--limit", metavar="N", type=_limit)
    parser.add_argument("--json", action="store_true")


def _add_undo(parser: _Parser) -> None:
    parser.add_argument("gesture", nargs="?", metavar="ID")
    parser.add_argument("--redo", action="store_true")
    parser.add_argument("--json", action="store_true")


def _add_highlights(parser: _Parser) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY")
    parser.add_argument("--format", choices=("text", "markdown", "jsonl", "jsonld"))
    parser.add_argument("--output", metavar="FILE")
    parser.add_argument("--lost", action="store_true")
    parser.add_argument("--notes", action="store_true")


def _add_add(parser: _Parser) -> None:
    parser.add_argument("url", metavar="URL")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--feed", action="store_true")
    what.add_argument("--page", action="store_true")
    what.add_argument("--look", action="store_true")
    parser.add_argument("--title", metavar="TITLE")
    parser.add_argument("--tag", metavar="TAG", action="append", dest="tags")
    parser.add_argument("--full-text", action="store_true")
    parser.add_argument("--account", metavar="NAME")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dry-run", action="store_true")


def _add_refresh(parser: _Parser) -> None:
    parser.add_argument("feeds", nargs="*", metavar="FEED")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dry-run", action="store_true")


def _add_feeds(parser: _Parser) -> None:
    parser.add_argument("feeds", nargs="*", metavar="FEED")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--account", metavar="NAME")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dry-run", action="store_true")


_ADD_ARGUMENTS: Mapping[str, Callable[[_Parser], None]] = MappingProxyType(
    {
        **{"search": _add_search, "list": _add_list, "show": _add_show, "index": _add_index},
        **{"doctor": _add_doctor, "import": _add_import, "export": _add_export},
        **{"add": _add_add, "refresh": _add_refresh, "feeds": _add_feeds, "sync": _add_sync},
        **{"mark": _add_mark, "history": _add_history, "undo": _add_undo},
        **{"highlights": _add_highlights, "account": _add_account},
    }
)
"""For each verb, the function that adds its arguments to a parser."""


def _is_excluded_word(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and word[1] != "-"


def _limit(text: str) -> int:
    """A number of articles or gestures, 0 for all.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        shown = text.replace(_MINUS, "-")
        raise argparse.ArgumentTypeError(f"'{shown}' is not a number, such as 20")
    return number


def _reject(word: str, parser: _Parser, verb: str) -> NoReturn:
    name = word.partition("=")[0]
    if not word.startswith("-"):
        extra = {
            "list": f"To find articles: {PROGRAM} search '{word}'",
            "show": "One article at a time; quote a name with spaces",
        }
        folder = f"For a folder: {PROGRAM} {verb} --library '{word}'"
        raise UsageError(f"{verb} does not take '{word}'. {extra.get(verb, folder)}")
    close = get_close_matches(name, parser.options(), n=1)
    advice = f"Did you mean {close[0]}?" if close else f"See {PROGRAM} {verb} --help"
    raise UsageError(f"{verb} has no option '{name}'. {advice}")
