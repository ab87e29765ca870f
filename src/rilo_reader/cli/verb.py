"""`Verb`: a command's arguments, help, examples and exit codes, stated once beside its `run`.

Its options are a dataclass whose fields say how argparse reads them:

    @dataclass(kw_only=True)
    class _ShowOptions(Options):
        article: str = argument("ID|PATH", "an id, the beginning of one, or a path")
        plain: bool = flag("--plain", "the text alone, as when piped")

    SHOW = Verb("show", run, _ShowOptions, summary="print one article", …)
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from rilo_reader.cli.output import PROGRAM, PROGRESS_DELAY, UsageError

if TYPE_CHECKING:
    from rilo_reader.sync.services.feeds import Connect
    from rilo_reader.workers import WorkerPool

WIDTH = 79  # columns of help
_MINUS = "\0"  # stands for the minus of a word that is no option; no argument contains it


def argument(metavar: str, meaning: str, **settings: Any) -> Any:  # noqa: ANN401
    """A field of `Options`: an argument by its place; `settings` are those of `add_argument`.

    For the completions of shells `completes` is what completes its value, where its metavar does
    not say so, and `offers` are words that it may begin with (see `completion`).
    """
    return field(metadata={"metavar": metavar, "help": meaning, **settings})


def option(flag: str, meaning: str, **settings: Any) -> Any:  # noqa: ANN401
    """A field of `Options`: an option with a value, "--to FILE"; of one `only_one` one is given."""
    name, metavar = flag.split()
    return argument(metavar, meaning, flag=name, **settings)


def flag(flag: str, meaning: str, **settings: Any) -> Any:  # noqa: ANN401
    """A field of `Options`: an option without a value, which is a bool."""
    return field(metadata={"flag": flag, "help": meaning, "action": "store_true", **settings})


def number(text: str) -> int:
    """A number of articles or gestures, 0 for all, as the `type` of an argument."""
    if not text.isdecimal():
        shown = text.replace(_MINUS, "-")
        raise argparse.ArgumentTypeError(f"'{shown}' is not a number, such as 20")
    return int(text)


@dataclass(kw_only=True)
class Options:
    """What every verb is given; a verb's own class adds a field for each of its arguments."""

    library: str | None = None  # the folder of --library; None: the user's
    progress_delay: float = PROGRESS_DELAY  # seconds before progress is shown
    pool: WorkerPool | None = None  # workers that read feeds and pages; None: start some
    connect: Connect | None = None  # opens the service of an account; None: calls its server


_Given = TypeVar("_Given", bound=Options)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError, and never exits or prints."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would have printed."""
        name = self.prog.removeprefix(f"{PROGRAM} ")
        _, lacks, what = message.partition("arguments are required: ")
        said = f"{name} needs {what}" if lacks else f"{name}: {message.replace(_MINUS, '-')}"
        raise UsageError(f"{said}. See {self.prog} --help")


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Help around arguments."""

    about: str  # above them; lines are printed as they are
    examples: Sequence[str]  # command lines
    exit_codes: str = "0 done, 1 failed, 2 wrong usage."
    sections: str = ""  # more, below the arguments
    usage: str | None = None  # where there are several forms; None: made of the arguments

    def settings(self) -> dict[str, Any]:
        """These texts, and how they are shown, as settings of an argparse parser."""
        shown = "\n".join(("Examples:", *(f"  {example}" for example in self.examples)))
        codes = textwrap.fill(f"Exit codes: {self.exit_codes}", WIDTH)
        return {
            "usage": self.usage,
            "description": self.about.strip("\n"),
            "epilog": "\n\n".join(filter(None, (self.sections.strip("\n"), shown, codes))),
            "formatter_class": partial(argparse.RawDescriptionHelpFormatter, width=WIDTH),
            "add_help": False,
            "allow_abbrev": False,
            **({"color": False} if sys.version_info >= (3, 14) else {}),
        }


@dataclass(frozen=True)
class Verb(Texts, Generic[_Given]):
    """A command of the command line."""

    name: str
    run: Callable[[_Given], int]  # returns the exit code
    options: type[_Given]
    _: KW_ONLY
    summary: str  # in the list of commands
    library: str = "the folder to look in, instead of your library"  # what --library means
    surplus: str = ""  # advice where a word, {}, is too many; "": it may be a folder

    def parser(self) -> Parser:
        """The parser of its arguments."""
        parser = Parser(prog=f"{PROGRAM} {self.name}", **self.settings())
        self.add_to(parser)
        return parser

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add its arguments to a parser, `--library` last."""
        places = parser.add_argument_group("Arguments")
        options = parser.add_argument_group("Options")
        rivals: dict[str, Callable[..., object]] = {}
        for spec in fields(self.options):
            settings = dict(spec.metadata)
            for for_shells in ("completes", "offers"):
                settings.pop(for_shells, None)
            flag, only_one = settings.pop("flag", None), settings.pop("only_one", None)
            if flag is None:
                if settings:
                    places.add_argument(spec.name, **settings)
                continue
            add: Callable[..., object] = options.add_argument
            if only_one:
                if only_one not in rivals:
                    rivals[only_one] = options.add_mutually_exclusive_group().add_argument
                add = rivals[only_one]
            add(flag, dest=spec.name, **settings)
        options.add_argument("--library", metavar="FOLDER", help=self.library)
        options.add_argument("-h", "--help", action="help", help="this help")

    def parse(self, arguments: Sequence[str], **given: Any) -> _Given:  # noqa: ANN401
        """Read the arguments behind the verb; `given` are fields that none of them sets.

        Raises:
            UsageError: they are not valid.
        """
        parser = self.parser()
        has_query = any(spec.name == "query" for spec in fields(self.options))
        marked = _marked(arguments, are_words=has_query)
        read, unknown = parser.parse_known_intermixed_args(marked)
        if unknown:
            self._reject(unknown[0].replace(_MINUS, "-"), parser)
        values: dict[str, Any] = {name: _unmarked(value) for name, value in vars(read).items()}
        return self.options(**values, **given)

    def _reject(self, word: str, parser: Parser) -> NoReturn:
        if not word.startswith("-"):
            surplus = self.surplus or f"For a folder: {parser.prog} --library '{{}}'"
            raise UsageError(f"{self.name} does not take '{word}'. {surplus.format(word)}")
        name = word.partition("=")[0]
        known = [spec.metadata.get("flag", "") for spec in fields(self.options)]
        close = get_close_matches(name, (*known, "--library", "--color", "--help"), n=1)
        advice = f"Did you mean {close[0]}?" if close else f"See {parser.prog} --help"
        raise UsageError(f"{self.name} has no option '{name}'. {advice}")


def _marked(arguments: Sequence[str], *, are_words: bool) -> list[str]:
    """The arguments, with another sign for the minus of words that are no options.

    Those are all words behind `--`; and words with one minus, where they are words of a query:
    `-ebay` is one.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [
        _MINUS + word[1:]
        if word[:1] == "-" and (at > end or (are_words and word[1:2] not in ("", "-")))
        else word
        for at, word in enumerate(arguments)
        if at != end
    ]


def _unmarked(value: object) -> object:
    if isinstance(value, list):
        return [_unmarked(word) for word in value]
    return value.replace(_MINUS, "-") if isinstance(value, str) else value


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether -h or --help is among the arguments before any `--`."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "-h" in options or "--help" in options
