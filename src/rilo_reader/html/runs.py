"""Runs of text made tidy, cut and looked at (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rilo_reader.html.blocks import Kind, Mark, Run

_SENTENCE_ENDS = ".,:;!?…。，、：；！？"
_SPACES = re.compile("[ \t\n\r\f]+")


def collapsed(text: str) -> str:
    """The text with each stretch of white space as one space; no-break spaces stay."""
    # What is printable has no white space but the space itself.
    return text if text.isprintable() and "  " not in text else _SPACES.sub(" ", text)


def tidied(runs: Sequence[Run]) -> list[Run]:
    """Runs with white space collapsed, edges trimmed, neighbours of one sort joined."""
    result: list[Run] = []
    for run in runs:
        text = run.text
        if run.kind is Kind.TEXT:
            text = collapsed(text)
            if not result or last_character(result[-1]) in " \n":
                text = text.lstrip(" " if result else " \xa0")
            if not text:
                continue
        elif run.kind is Kind.BREAK:
            _trim_end(result)
            if not result:
                continue
        previous = result[-1] if result else None
        if previous and previous.kind is run.kind is Kind.TEXT and previous.marks == run.marks:
            result[-1] = previous._replace(text=previous.text + text)
        else:
            result.append(run._replace(text=text))
    while result and (result[-1].kind is Kind.BREAK or not result[-1].text.strip()):
        if result[-1].kind in (Kind.IMAGE, Kind.NOTE):
            break
        result.pop()
    _trim_end(result)
    return result


def _trim_end(runs: list[Run]) -> None:
    """Take the spaces from the end of the last run, and the run where it was nothing else."""
    while runs and runs[-1].kind is Kind.TEXT:
        text = runs[-1].text.rstrip(" \xa0")
        if text:
            runs[-1] = runs[-1]._replace(text=text)
            return
        runs.pop()


def widest(runs: Sequence[Run], at: int, active: tuple[Mark, ...]) -> tuple[Mark | None, int]:
    """The mark of a run, beyond the active ones, that holds furthest, and where it ends."""
    best: Mark | None = None
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


def without_edges(runs: Sequence[Run]) -> tuple[list[Run], list[Run], list[Run]]:
    """Runs as (space before, what is meant, space and breaks behind)."""
    core = list(runs)
    before: list[Run] = []
    behind: list[Run] = []
    while core and (core[0].kind is Kind.BREAK or core[0].kind is Kind.TEXT):
        text = core[0].text.lstrip()
        if core[0].kind is Kind.TEXT and text:
            if len(text) < len(core[0].text):
                space = core[0].text[: len(core[0].text) - len(text)]
                before.append(core[0]._replace(text=space))
                core[0] = core[0]._replace(text=text)
            break
        before.append(core.pop(0))
    while core and (core[-1].kind is Kind.BREAK or core[-1].kind is Kind.TEXT):
        text = core[-1].text.rstrip()
        if core[-1].kind is Kind.TEXT and text:
            if len(text) < len(core[-1].text):
                behind.insert(0, core[-1]._replace(text=core[-1].text[len(text) :]))
                core[-1] = core[-1]._replace(text=text)
            break
        behind.insert(0, core.pop())
    return before, core, behind


def without_sentence_end(core: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Runs as (what is meant, the sign that ends its sentence): emphasis may close before the sign.

    For what goes on without a space: Markdown reads no sign of emphasis between "." and a letter.
    """
    last = core[-1]
    text = last.text.rstrip(_SENTENCE_ENDS)
    if last.kind is not Kind.TEXT or not text or text == last.text or not is_word(text[-1]):
        return list(core), []
    return [*core[:-1], last._replace(text=text)], [last._replace(text=last.text[len(text) :])]


def says_anything(runs: Sequence[Run]) -> bool:
    """Whether runs hold more than signs: a letter, a digit, code, a picture."""
    return any(run.kind is not Kind.TEXT or any(map(is_word, run.text)) for run in runs)


def first_character(run: Run) -> str:
    """The first character that a run is written with."""
    if run.kind is Kind.TEXT:
        return run.text[:1] or " "
    return {Kind.BREAK: "\n", Kind.CODE: "`", Kind.IMAGE: "!", Kind.NOTE: "["}.get(
        run.kind, run.text[:1] or " "
    )


def last_character(run: Run) -> str:
    """The last character that a run is written with."""
    if run.kind is Kind.TEXT:
        return run.text[-1:] or " "
    return {Kind.BREAK: "\n", Kind.CODE: "`", Kind.IMAGE: ")", Kind.NOTE: "]"}.get(
        run.kind, run.text[-1:] or " "
    )


def is_punctuation(character: str) -> bool:
    """As CommonMark has it: punctuation or symbol."""
    return unicodedata.category(character)[0] in "PS"


def is_border(character: str) -> bool:
    """Whether a sign of emphasis beside this character may begin or end there."""
    return character.isspace() or is_punctuation(character)


def is_word(character: str) -> bool:
    """Whether this is a letter or a digit."""
    return bool(character) and character.isalnum()


# Text that looks like Markdown, escaped where it would be read so and nowhere else (pure).


_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"`{}|\\^\[\]]+")
_FORMULA = re.compile(
    r"\$\$(?P<block>[^$]{1,2000})\$\$|\$(?P<line>[^$\s](?:[^$\n]{0,500}[^$\s\\])?)\$(?![0-9])"
    r"|\\\((?P<round>.{1,500}?)\\\)|\\\[(?P<square>.{1,2000}?)\\\]"
)
_TEX = re.compile(r"\\[A-Za-z]|[_^]")
_OPERATOR = re.compile("[=<>+]")
_WORD = re.compile(r"[^\W\d_]{3}")
"""Letters that no formula has beside each other, but where TeX says what they are."""

_SPECIAL = re.compile(
    # A set comes first, so that what holds none of it is passed over quickly.
    r"[\\*_`\[~%<&!](?:(?<=\\)(?=[!-/:-@\[-`{-~]|\Z)|(?<=[*_`\[])|(?<=~)~*|(?<=%)(?=%)"
    r"|(?<=<)(?=[A-Za-z/!?]|\Z)|(?<=&)(?=#?[A-Za-z0-9]{1,31};|\Z)|(?<=!)\Z)"
)
_HARMLESS = bytes(set(range(256)) - set(b"\\*_`[~%<&!$"))
"""Bytes of UTF-8 that are no part of what `_SPECIAL` or `_FORMULA` begins with."""

_LINE_START = re.compile(
    r"(#{1,6}(?=\s|\Z)|[-+](?=\s|\Z)|>|~{3,}|=+\s*\Z|-{2,}|:?-+:?\s*(?:\||\Z)|\|"
    r"|:(?=[ \t])|[:\[]\^)"
    r"|([0-9]{1,9})([.)])(?=\s|\Z)"
)
_LABEL = re.compile(r"\[(?![\^\[ xX])[^\[\]]{1,200}\](?![(\[:])")


def escaped(
    text: str, *, before: str, after: str, in_link: bool = False, in_del: bool = False
) -> str:
    """The text with a backslash before what Markdown would take for a sign.

    `before` and `after` are the characters beside it, a line feed where its line begins or ends;
    "[" after it where a link, a picture or a note follows.
    """
    pieces: list[str] = []
    start = _LINE_START.match(text) if before == "\n" else None
    if start:
        pieces.append(f"{start[2]}\\{start[3]}" if start[2] else "\\" + start[0])
        before = start[0][-1]
        text = text[start.end() :]
    # Most paragraphs have no sign at all; deleting bytes takes a fifth of looking at characters.
    if not text.encode(errors="replace").translate(None, _HARMLESS):
        pieces.append(text.replace("]", r"\]") if in_link else text)
        return "".join(pieces)
    done = 0
    for kept in _kept_as_is(text, in_link):
        piece = text[done : kept.start()]
        pieces.append(_signs_escaped(piece, before, _as_it_stands(kept)[0], in_link, in_del))
        pieces.append(_as_it_stands(kept))
        done = kept.end()
        before = pieces[-1][-1]
    pieces.append(_signs_escaped(text[done:], before, after, in_link, in_del))
    return "".join(pieces)


def _signs_escaped(text: str, before: str, after: str, in_link: bool, in_del: bool) -> str:
    def escape(match: re.Match[str]) -> str:
        sign = match[0]
        previous = text[match.start() - 1] if match.start() else before
        following = text[match.end()] if match.end() < len(text) else after
        at_end = match.end() == len(text)
        means_nothing = (
            (sign == "*" and previous == " " and following in (" ", "\n"))
            or (sign == "_" and is_word(previous) and is_word(following))
            or (sign == "~" and not in_del and "~" not in (previous, following))
            # Obsidian's comments, which our reader leaves out.
            or (sign == "%" and not previous.isspace())
            or (sign == "[" and not in_link and _LABEL.match(text, match.start()))
            or (sign in ("!", "<", "&") and at_end and after != "[")
        )
        return sign if means_nothing else "".join("\\" + character for character in sign)

    result = _SPECIAL.sub(escape, text)
    return result.replace("]", r"\]") if in_link else result


def _kept_as_is(text: str, in_link: bool) -> list[re.Match[str]]:
    """Bare addresses and formulas, in which nothing is escaped."""
    if "://" in text and not in_link:
        return list(_BARE_ADDRESS.finditer(text))
    if "$" in text or "\\(" in text or "\\[" in text:
        return list(filter(_is_formula, _FORMULA.finditer(text)))
    return []


def _is_formula(match: re.Match[str]) -> bool:
    """Whether it is TeX; between brackets it may be letters, in square ones an equation of them."""
    inner = match[0][2:-2]
    if _TEX.search(inner):
        return True
    is_letters = match[0][0] == "\\" and not _WORD.search(inner)
    return is_letters and (match["square"] is None or bool(_OPERATOR.search(inner)))


def _as_it_stands(kept: re.Match[str]) -> str:
    r"""An address, or a formula between dollars: to Markdown `\(` is but a bracket."""
    if kept[0][0] != "\\":
        return kept[0]
    sign = "$" if kept["round"] else "$$"
    return f"{sign}{kept[0][2:-2].strip()}{sign}"
