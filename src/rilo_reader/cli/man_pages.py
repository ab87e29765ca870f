"""Man pages of the program and of each command, made of the declarations that `--help` prints."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import groupby

from rilo_reader import __version__
from rilo_reader.cli import ABOUT, all_verbs, list_options, load_verbs, usage_lines, verb_of
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


def make_all_pages() -> dict[str, str]:
    """Each page by its place below `share`, dated as the last version in the changelog."""
    heading = r"^## [\d.]+ \((\d+ \w+ \d+)\)$"
    found = re.search(heading, changelog_file().read_text("utf-8"), re.MULTILINE)
    day = datetime.strptime(found[1], "%d %B %Y").replace(tzinfo=UTC).date() if found else date.min
    made = {
        PROGRAM: _make_program_page(day),
        **{f"{PROGRAM}-{name}": _make_verb_page(name, day) for name in load_verbs()},
    }
    made |= dict.fromkeys(NAMES, made[PROGRAM])  # mandoc does not follow .so outside /usr
    return {f"man/man1/{name}.1": text for name, text in made.items()}


def _make_program_page(day: date) -> str:
    summary = "a news reader for the terminal that keeps articles as Markdown files"
    about = ABOUT.partition("\n\n")[2]
    commands = [(f"{PROGRAM} {name}", entry.summary) for name, entry in all_verbs().items()]
    return "".join(
        (
            _make_head(PROGRAM, summary, day),
            _make_synopsis("\n".join(usage_lines())),
            ".SH DESCRIPTION\n" + _format_prose(about),
            ".SH COMMANDS\n" + _format_terms(commands),
            ".SH OPTIONS\n" + _format_terms(list_options().items()),
            ".SH ENVIRONMENT\n" + _format_terms(ENVIRONMENT),
            ".SH FILES\n" + _format_terms(FILES),
            ".SH EXIT STATUS\n"
            + _format_prose("0 done, 1 failed, 2 wrong usage, 130 interrupted."),
            ".SH SEE ALSO\n" + _format_see_also(f"{PROGRAM}-{name}" for name in load_verbs()),
        )
    )


def _make_verb_page(name: str, day: date) -> str:
    verb = verb_of(name)
    usage = verb.make_parser().format_usage().removeprefix("usage: ")
    if verb.usage is None:
        usage = " ".join(usage.split())  # versions of Python break the line elsewhere
    options = [
        *_iter_options(verb),
        ("--library FOLDER", verb.library_help),
        ("--color WHEN", f"{', '.join(COLOURS)}; see {PROGRAM}(1)"),
        ("-h, --help", "this help"),
    ]
    return "".join(
        (
            _make_head(f"{PROGRAM}-{name}", all_verbs()[name].summary, day),
            _make_synopsis(usage),
            ".SH DESCRIPTION\n" + _format_prose(verb.full_about()),
            ".SH OPTIONS\n" + _format_terms(options),
            *([".SH NOTES\n" + _format_prose(verb.sections)] if verb.sections else []),
            ".SH EXAMPLES\n"
            + _format_prose("\n".join(f"  {example}" for example in verb.examples)),
            ".SH EXIT STATUS\n" + _format_prose(verb.exit_codes),
            ".SH SEE ALSO\n" + _format_see_also([PROGRAM]),
        )
    )


def _iter_options(verb: type[Verb]) -> Iterator[tuple[str, str]]:
    for spec in verb.argument_fields():
        settings = spec.metadata
        words = (settings.get("flag"), settings.get("metavar"))
        yield " ".join(filter(None, words)), str(settings["help"])


# -- roff -----------------------------------------------------------------------------------------


def _format_text(text: str) -> str:
    """A text as input of roff, in lines that are not too long."""
    lines = textwrap.wrap(" ".join(text.split()), 66, break_on_hyphens=False)
    return "".join(f"{_escape_line(line)}\n" for line in lines)


def _escape_line(line: str) -> str:
    """One line; one that begins with a dot is not a request."""
    return re.sub(r"^\.", r"\\&.", line.translate(_SPECIAL))


def _make_head(name: str, summary: str, day: date) -> str:
    title = f'.TH {name.upper().translate(_SPECIAL)} 1 {day} "{PROGRAM} {__version__}"\n'
    made = f'.\\" made by: {PROGRAM} completion --install\n'
    return f"{made}{title}.SH NAME\n{_format_text(f'{name} - {summary}')}"


def _make_synopsis(usage: str) -> str:
    forms = re.split(rf"\n\s*(?={PROGRAM} )", usage.strip())
    return ".SH SYNOPSIS\n" + ".br\n".join(map(_format_text, forms))


def _format_terms(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f".TP\n\\fB{_escape_line(term)}\\fR\n{_format_text(meaning)}" for term, meaning in pairs
    )


def _format_prose(text: str) -> str:
    """Paragraphs; lines that are indented stand as they are."""
    parts = []
    for block in text.strip("\n").split("\n\n"):
        for is_set, lines in groupby(block.splitlines(), key=lambda line: line.startswith("  ")):
            if is_set:
                as_set = textwrap.dedent("\n".join(lines)).splitlines()
                set_lines = "".join(f"{_escape_line(one)}\n" for one in as_set)
                parts.append(f".nf\n.RS 2\n{set_lines}.RE\n.fi\n")
            else:
                parts.append(_format_text(" ".join(lines)))
    return ".PP\n".join(parts)


def _format_see_also(names: Iterable[str]) -> str:
    return "".join(f".BR {name.translate(_SPECIAL)} (1)\n" for name in names)
