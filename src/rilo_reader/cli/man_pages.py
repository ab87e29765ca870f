"""Man pages of the program and of each command, made of the declarations that `--help` prints."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import groupby

from rilo_reader import __version__
from rilo_reader.cli import ABOUT, all_verbs, options, usage_of_all, verb_of
from rilo_reader.cli.output import COLOURS, NAMES, PROGRAM
from rilo_reader.cli.verb import Verb
from rilo_reader.paths import changelog_file

_SPECIAL = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)

FILES = (
    ("~/.local/share/rilo-reader/articles", "the library that opens if you name none"),
    ("~/.config/rilo-reader", "your settings and feeds, which you can edit"),
    ("~/.local/state/rilo-reader", "marks and history"),
    ("~/.cache/rilo-reader", "the index, which you can delete at any time"),
)
ENVIRONMENT = (
    ("NO_COLOR", "if not empty, no colours are used"),
    ("PAGER", "shows output that is longer than the terminal; by default less"),
    ("VISUAL, EDITOR", "the editor of articles and settings"),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME", "replace these folders"),
)


def pages() -> dict[str, str]:
    """Each page by its place below `share`, dated as the last version in the changelog."""
    day = _released(changelog_file().read_text("utf-8"))
    made = {
        PROGRAM: _program(day),
        **{f"{PROGRAM}-{name}": _verb(name, day) for name in all_verbs()},
    }
    made |= dict.fromkeys(NAMES, made[PROGRAM])  # mandoc does not follow .so outside /usr
    return {f"man/man1/{name}.1": text for name, text in made.items()}


def _released(changes: str) -> date:
    found = re.search(r"^## [\d.]+ \((\d+ \w+ \d+)\)$", changes, re.MULTILINE)
    return datetime.strptime(found[1], "%d %B %Y").replace(tzinfo=UTC).date() if found else date.min


def _program(day: date) -> str:
    summary = "a news reader for the terminal that keeps articles as Markdown files"
    about = ABOUT.partition("\n\n")[2]
    commands = [(f"{PROGRAM} {name}", verb_of(name).summary()) for name in all_verbs()]
    return "".join(
        (
            _head(PROGRAM, summary, day),
            _usage("\n".join(usage_of_all())),
            ".SH DESCRIPTION\n" + _prose(about),
            ".SH COMMANDS\n" + _terms(commands),
            ".SH OPTIONS\n" + _terms(options().items()),
            ".SH ENVIRONMENT\n" + _terms(ENVIRONMENT),
            ".SH FILES\n" + _terms(FILES),
            ".SH EXIT STATUS\n" + _prose("0 done, 1 failed, 2 wrong usage, 130 interrupted."),
            ".SH SEE ALSO\n" + _see(f"{PROGRAM}-{name}" for name in all_verbs()),
        )
    )


def _verb(name: str, day: date) -> str:
    verb = verb_of(name)
    usage = verb.parser().format_usage().removeprefix("usage: ")
    if verb.usage is None:
        usage = " ".join(usage.split())  # versions of Python break the line elsewhere
    known = [
        *_options(verb),
        ("--library FOLDER", verb.library_help),
        ("--color WHEN", f"{', '.join(COLOURS)}; see {PROGRAM}(1)"),
        ("-h, --help", "this help"),
    ]
    return "".join(
        (
            _head(f"{PROGRAM}-{name}", verb.summary(), day),
            _usage(usage),
            ".SH DESCRIPTION\n" + _prose(verb.explained()),
            ".SH OPTIONS\n" + _terms(known),
            *([".SH NOTES\n" + _prose(verb.sections)] if verb.sections else []),
            ".SH EXAMPLES\n" + _prose("\n".join(f"  {example}" for example in verb.examples)),
            ".SH EXIT STATUS\n" + _prose(verb.exit_codes),
            ".SH SEE ALSO\n" + _see([PROGRAM]),
        )
    )


def _options(verb: type[Verb]) -> Iterator[tuple[str, str]]:
    for spec in verb.arguments():
        known = spec.metadata
        words = (known.get("flag"), known.get("metavar"))
        yield " ".join(filter(None, words)), str(known["help"])


# -- roff -----------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """A text as input of roff, in lines that are not too long."""
    lines = textwrap.wrap(" ".join(text.split()), 66, break_on_hyphens=False)
    return "".join(f"{_line(line)}\n" for line in lines)


def _line(line: str) -> str:
    """One line; one that begins with a dot is not a request."""
    return re.sub(r"^\.", r"\\&.", line.translate(_SPECIAL))


def _head(name: str, summary: str, day: date) -> str:
    title = f'.TH {name.upper().translate(_SPECIAL)} 1 {day} "{PROGRAM} {__version__}"\n'
    made = f'.\\" made by: {PROGRAM} completion --install\n'
    return f"{made}{title}.SH NAME\n{_text(f'{name} - {summary}')}"


def _usage(usage: str) -> str:
    forms = re.split(rf"\n\s*(?={PROGRAM} )", usage.strip())
    return ".SH SYNOPSIS\n" + ".br\n".join(map(_text, forms))


def _terms(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f".TP\n\\fB{_line(term)}\\fR\n{_text(meaning)}" for term, meaning in pairs)


def _prose(text: str) -> str:
    """Paragraphs; lines that are indented stand as they are."""
    parts = []
    for block in text.strip("\n").split("\n\n"):
        for is_set, lines in _runs(block.splitlines()):
            if is_set:
                as_set = textwrap.dedent("\n".join(lines)).splitlines()
                set_lines = "".join(f"{_line(one)}\n" for one in as_set)
                parts.append(f".nf\n.RS 2\n{set_lines}.RE\n.fi\n")
            else:
                parts.append(_text(" ".join(lines)))
    return ".PP\n".join(parts)


def _runs(lines: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    for is_set, several in groupby(lines, key=lambda line: line.startswith("  ")):
        yield is_set, list(several)


def _see(names: Iterable[str]) -> str:
    return "".join(f".BR {name.translate(_SPECIAL)} (1)\n" for name in names)
