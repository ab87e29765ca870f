"""`Verb`: a command's arguments, help, examples and exit codes, stated once beside its `run`.

Its fields say how argparse reads them; the list of commands is in `all_verbs`:

    class ShowVerb(Verb):
        \"\"\"Print one article.\"\"\"

        about = "Print one article. Showing an article does not mark it read."
        article: str = argument("ID|PATH", "an id, the beginning of one, or a path")
        plain: bool = flag("--plain", "the text alone, as when piped")

        def run(self) -> int: …
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, Self, dataclass_transform

from rilo_reader.cli.output import PROGRAM, UsageError
from rilo_reader.plugin_list import has_hook, plugins_with

if TYPE_CHECKING:
    from rilo_reader.workers import WorkerPool

WIDTH = 79  # columns of help
EXIT_CODES = "0 done, 1 failed, 2 wrong usage."
_PLAIN: Mapping[str, str] = {
    r"argument (\S+): expected one argument": r"\1 needs a value; if it begins with -, write \1=-…",
    r"argument (\S+): invalid choice: (.+?) \(choose from (.*)\)": r"\1 must be one of \3, not \2",
    r"argument (\S+): not allowed with argument (\S+)": r"use \1 or \2, not both",
}
"""Sentences of argparse, and what they say plainly."""
_MINUS = "\0"  # stands for the minus of a word that is not an option; no argument contains it


def argument(metavar: str, meaning: str, **settings: Any) -> Any:  # noqa: ANN401
    """A field of a `Verb`: an argument by its place; `settings` are those of `add_argument`.

    With `hook` it is there only where a plugin brings that. For the completions of shells
    `completes` is what completes its value, where its metavar does not say so, and `offers` are
    words that it may begin with (see `completion`). An empty text, as of a variable that is not
    set, is refused unless it `may_be_empty`.
    """
    return field(metadata={"metavar": metavar, "help": meaning, **settings})


def option(flag: str, meaning: str, **settings: Any) -> Any:  # noqa: ANN401
    """A field of a `Verb`: an option with a value, "--to FILE"; of one `only_one` one is given."""
    name, metavar = flag.split()
    return argument(metavar, meaning, flag=name, **settings)


def flag(flag: str, meaning: str, **settings: Any) -> Any:  # noqa: ANN401
    """A field of a `Verb`: an option without a value, which is a bool."""
    return field(metadata={"flag": flag, "help": meaning, "action": "store_true", **settings})


def parse_number(text: str) -> int:
    """A number of articles or gestures, 0 for all, as the `type` of an argument."""
    if not text.isdecimal():
        shown = text.replace(_MINUS, "-")
        raise argparse.ArgumentTypeError(f"'{shown}' is not a number, such as 20")
    return int(text)


class VerbParser(argparse.ArgumentParser):
    """An argument parser that raises UsageError, and never exits or prints."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would have printed."""
        name = self.prog.removeprefix(f"{PROGRAM} ")
        for pattern, plain in _PLAIN.items():
            message = re.sub(pattern, plain, message)
        _, lacks, what = message.partition("arguments are required: ")
        problem = f"{name} needs {what}" if lacks else f"{name}: {message.replace(_MINUS, '-')}"
        raise UsageError(f"{problem}. See {self.prog} --help")


def make_help(
    about: str, examples: Sequence[str], exit_codes: str = EXIT_CODES, sections: str = ""
) -> dict[str, Any]:
    """Help around arguments, as settings of a `VerbParser`; for the texts see `Verb`."""
    shown = "\n".join(("Examples:", *(f"  {example}" for example in examples)))
    codes = textwrap.fill(f"Exit codes: {exit_codes}", WIDTH)
    return {
        "description": about.strip("\n"),
        "epilog": "\n\n".join(filter(None, (sections.strip("\n"), shown, codes))),
        "formatter_class": partial(argparse.RawDescriptionHelpFormatter, width=WIDTH),
        "add_help": False,
        "allow_abbrev": False,
        **({"color": False} if sys.version_info >= (3, 14) else {}),
    }


class HelpPlugin(Protocol):
    """A plugin that has more to say about commands."""

    def help_of_verbs(self) -> Mapping[str, str]:
        """Return what help says below its own, by commands."""
        ...


@dataclass_transform(kw_only_default=True)
@dataclass(kw_only=True)
class Verb(ABC):
    """A command of the command line, with the arguments that it is given as its fields."""

    verb: ClassVar[str]  # as it is typed: "show" of ShowVerb
    about: ClassVar[str]  # help above the arguments; lines are printed as they are
    examples: ClassVar[Sequence[str]]  # command lines
    exit_codes: ClassVar[str] = EXIT_CODES
    sections: ClassVar[str] = ""  # more help, below the arguments
    usage: ClassVar[str | None] = None  # where there are several forms; None: made of the arguments
    library_help: ClassVar[str] = "the folder to look in, instead of your library"
    surplus: ClassVar[str] = ""  # advice where a word, {}, is too many; "": it may be a folder
    # whether it uses the settings, so that what is wrong with them is printed first
    heeds_settings: ClassVar[bool] = True

    library: str | None = None  # the folder of --library; None: the user's
    pool: WorkerPool | None = None  # workers that read feeds and pages; None: start some

    def __init_subclass__(cls) -> None:
        cls.verb = cls.__name__.removesuffix("Verb").lower()
        dataclass(kw_only=True)(cls)

    @abstractmethod
    def run(self) -> int:
        """Do it; return the exit code."""

    @property
    def writes(self) -> bool:
        """True if it changes something: it is refused where the settings are not clear."""
        return False

    @classmethod
    def full_about(cls) -> str:
        """Return its full help, with what plugins add to it."""
        plugins = plugins_with(HelpPlugin)
        texts = (plugin.help_of_verbs().get(cls.verb, "") for plugin in plugins)
        return "\n\n".join(text.strip("\n") for text in (cls.about, *texts) if text)

    @classmethod
    def make_parser(cls, *, with_help: bool = True) -> VerbParser:
        """Return the parser of its arguments, `--library` last; it may do without help."""
        texts: dict[str, Any] = {"add_help": False, "allow_abbrev": False}
        if with_help:
            texts = make_help(cls.full_about(), cls.examples, cls.exit_codes, cls.sections)
        parser = VerbParser(prog=f"{PROGRAM} {cls.verb}", usage=cls.usage, **texts)
        places = parser.add_argument_group("Arguments")
        options = parser.add_argument_group("Options")
        rivals: dict[str, Callable[..., object]] = {}
        for spec in cls.argument_fields():
            settings = dict(spec.metadata)
            for not_of_argparse in ("completes", "offers", "may_be_empty", "hook"):
                settings.pop(not_of_argparse, None)
            flag, only_one = settings.pop("flag", None), settings.pop("only_one", None)
            if flag is None:
                places.add_argument(spec.name, **settings)
                continue
            add: Callable[..., object] = options.add_argument
            if only_one:
                if only_one not in rivals:
                    rivals[only_one] = options.add_mutually_exclusive_group().add_argument
                add = rivals[only_one]
            add(flag, dest=spec.name, **settings)
        options.add_argument("--library", metavar="FOLDER", help=cls.library_help)
        options.add_argument("-h", "--help", action="help", help="this help")
        return parser

    @classmethod
    def argument_fields(cls) -> list[Field[Any]]:
        """The fields that are arguments: their metadata are what `argument` was given."""
        return [
            spec
            for spec in fields(cls)
            if spec.metadata and ("hook" not in spec.metadata or has_hook(spec.metadata["hook"]))
        ]

    @classmethod
    def parse(cls, arguments: Sequence[str], **given: Any) -> Self:  # noqa: ANN401
        """Read the arguments behind the verb; `given` are fields that none of them sets.

        Raises:
            UsageError: they are not valid.
        """
        parser = cls.make_parser(with_help=False)
        takes_query = "query" in [spec.name for spec in fields(cls)]
        marked = _mark_minuses(arguments, are_words=takes_query)
        read, unknown = parser.parse_known_intermixed_args(marked)
        if unknown:
            cls._raise_unknown(unknown[0].replace(_MINUS, "-"), parser)
        values: dict[str, Any] = {name: _unmark_minuses(it) for name, it in vars(read).items()}
        cls._check_not_empty(values)
        for spec in fields(cls):  # those whose plugin is missing
            if "hook" in spec.metadata:
                values.setdefault(spec.name, spec.metadata.get("default"))
        return cls(**values, **given)

    def check_action(
        self, action: str, actions: Sequence[str], only: Mapping[str, Sequence[str]]
    ) -> None:
        """Raise UsageError if an action is not one, or has an option that is not for it.

        `only` has the options that are for some actions only: by their fields these actions.
        """
        see = f"See {PROGRAM} {self.verb} --help"
        if action not in actions:
            close = get_close_matches(action, actions, n=1)
            advice = f"Did you mean {PROGRAM} {self.verb} {close[0]}?" if close else see
            takes = "takes" if action else "needs an action:"
            raise UsageError(f"{self.verb} {takes} {', '.join(actions)}. {advice}")
        for name, those in only.items():
            if getattr(self, name) and action not in those:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(f"{option} is only for {self.verb} {' and '.join(those)}. {see}")

    @classmethod
    def _check_not_empty(cls, values: Mapping[str, object]) -> None:
        """Raise UsageError for an empty text: as a path it would be the current folder."""
        for spec in fields(cls):
            value, settings = values.get(spec.name), spec.metadata
            words = value if isinstance(value, list) else [value]
            may_be_empty = not settings or settings.get("may_be_empty")
            if may_be_empty or value == settings.get("default") or "" not in words:
                continue
            name = settings.get("flag") or settings["metavar"]
            see = f"See {PROGRAM} {cls.verb} --help"
            raise UsageError(f"{cls.verb}: {name} is empty; is a variable not set? {see}")

    @classmethod
    def _raise_unknown(cls, word: str, parser: VerbParser) -> NoReturn:
        if not word.startswith("-"):
            folder = f"For a folder: {parser.prog} --library '{{}}'"
            surplus = folder if Path(word).is_dir() else cls.surplus or folder
            raise UsageError(f"{cls.verb} does not take '{word}'. {surplus.format(word)}")
        name = word.partition("=")[0]
        known = [spec.metadata.get("flag", "") for spec in cls.argument_fields()]
        every = (*known, "--library", "--color", "--help")
        if len(name) == len("-n"):
            start = {"-n": "--limit", "-o": "--to"}.get(name, f"-{name}")
            close = [option for option in every if option.startswith(start)][:1]
        else:
            names = [option.lstrip("-") for option in every]
            close = [f"--{near}" for near in get_close_matches(name.lstrip("-"), names, n=1)]
        advice = f"Did you mean {close[0]}?" if close else f"See {parser.prog} --help"
        raise UsageError(f"{cls.verb} has no option '{name}'. {advice}")


def _mark_minuses(arguments: Sequence[str], *, are_words: bool) -> list[str]:
    """The arguments, with another sign for the minus of words that are not options.

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


def _unmark_minuses(value: object) -> object:
    if isinstance(value, list):
        return [_unmark_minuses(word) for word in value]
    return value.replace(_MINUS, "-") if isinstance(value, str) else value


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Return whether -h or --help is among the arguments before any `--`."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "-h" in options or "--help" in options
