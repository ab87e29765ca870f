"""The document model between HTML and Markdown: blocks of runs of text, normalised (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple


class RunKind(Enum):
    """The kind of content in a `Run`."""

    TEXT = auto()
    CODE = auto()
    IMAGE = auto()  # `text` is the alternative text, `target` the URL
    BREAK = auto()  # a hard line break
    NOTE = auto()  # a reference to the footnote with the label `text`
    RAW = auto()  # Markdown or TeX that is written without escaping


class RunMark(NamedTuple):
    """Formatting of a run."""

    # strong, em, del, link, or an HTML element without a Markdown equivalent (sup, kbd, …)
    name: str
    target: str = ""  # URL of a link


class Run(NamedTuple):
    """Text, or one inline object, with its marks from the outermost to the innermost."""

    text: str
    marks: tuple[RunMark, ...] = ()
    kind: RunKind = RunKind.TEXT
    target: str = ""


@dataclass
class Paragraph:
    """A paragraph."""

    runs: list[Run]


@dataclass
class Heading:
    """A heading of level 1 to 6."""

    level: int
    runs: list[Run]


@dataclass
class Code:
    """A code block."""

    text: str
    language: str = ""  # "" if unknown


@dataclass
class Quote:
    """A block quote, or a callout."""

    blocks: list[Block] = field(default_factory=list)
    callout: str = ""  # kind of a callout ("note"), or ""
    title: str = ""  # plain-text title of a callout


@dataclass
class Listing:
    """A list."""

    start: int | None = None  # the first number, or None for bullets
    items: list[list[Block]] = field(default_factory=list)


@dataclass
class Table:
    """Rows of equally many cells; the first row is the header."""

    rows: list[list[list[Run]]]
    aligns: list[str]  # "left", "center", "right" or "" for each column


@dataclass
class Rule:
    """A thematic break."""


@dataclass
class Note:
    """The definition of a footnote."""

    label: str
    blocks: list[Block]


Block = Paragraph | Heading | Code | Quote | Listing | Table | Rule | Note


_SENTENCE_ENDS = ".,:;!?…。，、：；！？"
_SPACES = re.compile("[ \t\n\r\f]+")


def tidy_runs(runs: Sequence[Run]) -> list[Run]:
    """Return runs with white space collapsed, trimmed, and equal neighbours joined."""
    result: list[Run] = []
    for run in runs:
        text = run.text
        if run.kind is RunKind.TEXT:
            # A printable string has no white space but spaces. No-break spaces are kept.
            text = text if text.isprintable() and "  " not in text else _SPACES.sub(" ", text)
            if not result or last_character(result[-1]) in " \n":
                text = text.lstrip(" " if result else " \xa0")
            if not text:
                continue
        elif run.kind is RunKind.BREAK:
            _trim_end(result)
            if not result:
                continue
        previous = result[-1] if result else None
        if previous and previous.kind is run.kind is RunKind.TEXT and previous.marks == run.marks:
            result[-1] = previous._replace(text=previous.text + text)
        else:
            result.append(run._replace(text=text))
    while result and (result[-1].kind is RunKind.BREAK or not result[-1].text.strip()):
        if result[-1].kind in (RunKind.IMAGE, RunKind.NOTE):
            break
        result.pop()
    _trim_end(result)
    return result


def _trim_end(runs: list[Run]) -> None:
    """Remove trailing space from the last run, or the run if it is only space."""
    while runs and runs[-1].kind is RunKind.TEXT:
        text = runs[-1].text.rstrip(" \xa0")
        if text:
            runs[-1] = runs[-1]._replace(text=text)
            return
        runs.pop()


def find_widest_mark(
    runs: Sequence[Run], at: int, active: tuple[RunMark, ...]
) -> tuple[RunMark | None, int]:
    """Return the mark, not among `active`, that extends furthest from a run, and where it ends."""
    best: RunMark | None = None
    end = at + 1
    for mark in runs[at].marks:
        if mark in active:
            continue
        reach = at + 1
        while reach < len(runs) and mark in runs[reach].marks:
            reach += 1
        if best is None or reach > end:
            best, end = mark, reach
    return best, end


def split_edges(runs: Sequence[Run]) -> tuple[list[Run], list[Run], list[Run]]:
    """Split runs into leading space, content, and trailing space and line breaks."""
    core = list(runs)
    before: list[Run] = []
    trailing: list[Run] = []
    while core and core[0].kind in (RunKind.BREAK, RunKind.TEXT):
        run = core.pop(0)
        text = run.text.lstrip()
        before.append(run._replace(text=run.text[: len(run.text) - len(text)]))
        if text:
            core.insert(0, run._replace(text=text))
            break
    while core and core[-1].kind in (RunKind.BREAK, RunKind.TEXT):
        run = core.pop()
        text = run.text.rstrip()
        trailing.insert(0, run._replace(text=run.text[len(text) :]))
        if text:
            core.append(run._replace(text=text))
            break
    return [run for run in before if run.text], core, [run for run in trailing if run.text]


def split_sentence_end(core: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Split runs into content and final punctuation, so that emphasis can close before it.

    Needed where no space follows: Markdown does not close emphasis between "." and a letter.
    """
    last = core[-1]
    text = last.text.rstrip(_SENTENCE_ENDS)
    if last.kind is not RunKind.TEXT or not text or text == last.text or not is_word(text[-1]):
        return list(core), []
    return [*core[:-1], last._replace(text=text)], [last._replace(text=last.text[len(text) :])]


def has_words(runs: Sequence[Run]) -> bool:
    """Return whether runs contain a letter, a digit, code or an image."""
    return any(run.kind is not RunKind.TEXT or any(map(is_word, run.text)) for run in runs)


_EDGES = {RunKind.BREAK: "\n", RunKind.CODE: "`", RunKind.IMAGE: "!)", RunKind.NOTE: "[]"}


def first_character(run: Run) -> str:
    """Return the first character of the Markdown of a run."""
    return (_EDGES.get(run.kind) or run.text or " ")[0]


def last_character(run: Run) -> str:
    """Return the last character of the Markdown of a run."""
    return (_EDGES.get(run.kind) or run.text or " ")[-1]


def is_punctuation(character: str) -> bool:
    """Return whether a character is punctuation or a symbol as defined by CommonMark."""
    return unicodedata.category(character)[0] in "PS"


def is_border(character: str) -> bool:
    """Return whether emphasis may open or close next to this character."""
    return character.isspace() or is_punctuation(character)


def is_word(character: str) -> bool:
    """Return whether a character is a letter or a digit."""
    return bool(character) and character.isalnum()
