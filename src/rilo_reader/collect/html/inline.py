"""Runs of text -> a line of Markdown that means them, with as few signs as will do (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rilo_reader.collect.html.blocks import Kind, Mark, Run

SIGNS = {"strong": "**", "em": "*", "del": "~~"}
"""Marks that Markdown has a sign for; links apart, all others are written as HTML."""

_SPACES = re.compile("[ \t\n\r\f]+")
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"`{}|\\^\[\]]+")
_FORMULA = re.compile(
    r"\$\$(?P<block>[^$]{1,2000})\$\$|\$(?P<line>[^$\s](?:[^$\n]{0,500}[^$\s\\])?)\$(?![0-9])"
    r"|\\\((?P<round>.{1,500}?)\\\)|\\\[(?P<square>.{1,2000}?)\\\]"
)
_TEX = re.compile(r"\\[A-Za-z]|[_^]")
_SPECIAL = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|\Z)|[*_`\[]|~+|<(?=[A-Za-z/!?]|\Z)|&(?=#?[A-Za-z0-9]{1,31};|\Z)|!\Z"
)
_LINE_START = re.compile(
    r"(#{1,6}(?=\s|\Z)|[-+](?=\s|\Z)|>|~{3,}|=+\s*\Z|-{2,}|:?-+:?\s*(?:\||\Z)|\||[:\[]\^)"
    r"|([0-9]{1,9})([.)])(?=\s|\Z)"
)
_LABEL = re.compile(r"\[(?![\^\[ xX])[^\[\]]{1,200}\](?![(\[:])")
_TICKS = re.compile("`+")


class InlineWriter:
    """Writes the runs of one block.

    Attributes:
        in_table: whether bars are escaped and a line break is `<br>`.
        in_heading: whether a line break is a space.
    """

    def __init__(self, *, in_table: bool = False, in_heading: bool = False) -> None:
        self._in_table = in_table
        self._in_heading = in_heading
        self._out: list[str] = []
        self._last = "\n"
        self._in_del = False

    def write(self, runs: Sequence[Run]) -> str:
        """The Markdown of these runs, trimmed; "" where they say nothing."""
        tidy = tidied(runs)
        if self._in_heading:
            tidy = [
                run._replace(text=" ", kind=Kind.TEXT) if run.kind is Kind.BREAK else run
                for run in tidy
            ]
        self._emit(tidy, (), "\n")
        return "".join(self._out).strip(" \n")

    def _put(self, text: str) -> None:
        if text:
            self._out.append(text)
            self._last = text[-1]

    def _emit(self, runs: Sequence[Run], active: tuple[Mark, ...], after: str) -> None:
        """Write runs that all have the active marks; `after` is the first character that follows."""
        at = 0
        while at < len(runs):
            mark, end = _widest(runs, at, active)
            following = _first_character(runs[end]) if end < len(runs) else after
            if mark is None:
                self._leaf(runs[at], active, runs[at + 1] if at + 1 < len(runs) else None, after)
            else:
                self._marked(runs[at:end], mark, active, following)
            at = end

    def _marked(
        self, runs: Sequence[Run], mark: Mark, active: tuple[Mark, ...], after: str
    ) -> None:
        inner = (*active, mark)
        if mark.name == "link":
            self._link(runs, mark, inner)
            return
        before, core, behind = _without_edges(runs)
        self._emit(before, inner, "\n")
        if core:
            follows = _first_character(behind[0]) if behind else after
            opening, closing = self._signs(core, mark, active, follows)
            at = len(self._out)
            self._put(opening)
            self._emit(core, inner, closing[0])
            if not self._holds(at, opening, follows):
                self._out[at] = f"<{mark.name}>"
                closing = f"</{mark.name}>"
            self._put(closing)
        self._emit(behind, inner, after)

    def _signs(
        self, core: Sequence[Run], mark: Mark, active: tuple[Mark, ...], after: str
    ) -> tuple[str, str]:
        """The sign before and after, in HTML where Markdown would not read its own as meant."""
        sign = SIGNS.get(mark.name)
        tag = f"<{mark.name}>", f"</{mark.name}>"
        if sign is None:
            return tag
        first, last = _first_character(core[0]), _last_character(core[-1])
        before = self._last
        if before == "*" and active and active[-1].name in ("strong", "em"):
            # Right behind the sign it stands in: both are one run of stars to a parser.
            before = self._before_stars()
        elif before in "*_~" and sign[0] == before:
            return tag
        opens = not first.isspace() and (not _is_punctuation(first) or _is_border(before))
        closes = not last.isspace() and (not _is_punctuation(last) or _is_border(after))
        if not (opens and closes):
            return tag
        if mark.name == "em" and self._last == "*":
            alone = _is_border(before) and _is_border(after)
            return (
                ("*", "*") if after == "*" and len(active) == 1 else (("_", "_") if alone else tag)
            )
        if mark.name == "em" and after == "*":
            return ("_", "_") if _is_border(before) else tag
        return sign, sign

    def _holds(self, at: int, opening: str, after: str) -> bool:
        """Whether a sign is still read as meant beside what came to stand in it.

        An element within may have been written in HTML, which begins and ends with punctuation.
        """
        if opening.startswith("<"):
            return True
        first = next((piece[0] for piece in self._out[at + 1 :] if piece), "")
        before = next((piece[-1] for piece in reversed(self._out[:at]) if piece), "\n")
        opens = first == "*" or not _is_punctuation(first) or _is_border(before)
        return opens and (self._last == "*" or not _is_punctuation(self._last) or _is_border(after))

    def _before_stars(self) -> str:
        """The last character before the stars at the end of what is written."""
        for piece in reversed(self._out):
            rest = piece.rstrip("*")
            if rest:
                return rest[-1]
        return "\n"

    def _link(self, runs: Sequence[Run], mark: Mark, inner: tuple[Mark, ...]) -> None:
        before, core, behind = _without_edges(runs)
        self._emit(before, inner, "\n")
        if core:
            text = "".join(run.text for run in core)
            plain = all(run.kind is Kind.TEXT and run.marks == inner for run in core)
            if plain and text in (mark.target, mark.target.removeprefix("mailto:")):
                self._put(f"<{text}>")
            else:
                self._put("[")
                self._emit(core, inner, "]")
                self._put(f"]({_destination(mark.target)}{_title(mark.title)})")
        self._emit(behind, inner, "\n")

    def _leaf(self, run: Run, active: tuple[Mark, ...], following: Run | None, after: str) -> None:
        if run.kind is Kind.BREAK:
            self._put("<br>" if self._in_table else "  \n")
        elif run.kind is Kind.CODE:
            self._put(self._code(run.text))
        elif run.kind is Kind.IMAGE:
            self._put(f"![{self._escaped(run.text, True, ']')}]({_destination(run.target)})")
        elif run.kind is Kind.NOTE:
            self._put(f"[^{run.text}]")
        elif run.kind is Kind.RAW:
            self._put(run.text.replace("|", r"\|") if self._in_table else run.text)
        else:
            in_link = any(mark.name == "link" for mark in active)
            after = after if following is None else _first_character(following)
            self._in_del = any(mark.name == "del" for mark in active)
            if following is not None and (
                following.kind in (Kind.IMAGE, Kind.NOTE) or following.marks != run.marks
            ):
                after = "["
            self._put(self._escaped(run.text, in_link, after))

    def _code(self, text: str) -> str:
        text = text.replace("|", r"\|") if self._in_table else text
        longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
        fence = "`" * (1 if longest == 0 else longest + 1)
        padded = text.startswith("`") or text.endswith("`")
        padded = padded or (text[0] == " " == text[-1] and not text.isspace())
        return f"{fence} {text} {fence}" if padded else f"{fence}{text}{fence}"

    # -- escaping -------------------------------------------------------------------------------

    def _escaped(self, text: str, in_link: bool, after: str) -> str:
        """The text with a backslash before what Markdown would take for a sign."""
        pieces: list[str] = []
        if self._last == "\n":
            start = _LINE_START.match(text)
            if start:
                kept = start[0]
                escaped = f"{start[2]}\\{start[3]}" if start[2] else "\\" + kept
                pieces.append(escaped)
                self._last = kept[-1]
                text = text[len(kept) :]
        done = 0
        for kept in _kept_as_is(text, in_link):
            pieces.append(self._signs_escaped(text[done : kept.start()], in_link, kept[0][0]))
            pieces.append(kept[0])
            done = kept.end()
            self._last = kept[0][-1]
        pieces.append(self._signs_escaped(text[done:], in_link, after))
        result = "".join(pieces)
        return result.replace("|", r"\|") if self._in_table else result

    def _signs_escaped(self, text: str, in_link: bool, after: str) -> str:
        before = self._last

        def escaped(match: re.Match[str]) -> str:
            sign = match[0]
            previous = text[match.start() - 1] if match.start() else before
            following = text[match.end()] if match.end() < len(text) else after
            if sign == "*" and previous == " " and following in (" ", "\n"):
                return sign
            if sign == "_" and _is_word(previous) and _is_word(following):
                return sign
            if sign == "~" and not self._in_del and "~" not in (previous, following):
                return sign
            if sign == "[" and not in_link and _LABEL.match(text, match.start()):
                return sign
            if sign in ("!", "<", "&") and match.end() == len(text) and after != "[":
                return sign
            return "".join("\\" + character for character in sign)

        result = _SPECIAL.sub(escaped, text)
        return result.replace("]", r"\]") if in_link else result


def _kept_as_is(text: str, in_link: bool) -> list[re.Match[str]]:
    """Bare addresses and formulas, in which nothing is escaped."""
    if "://" in text and not in_link:
        return list(_BARE_ADDRESS.finditer(text))
    if "$" in text or "\\(" in text or "\\[" in text:
        return [match for match in _FORMULA.finditer(text) if _TEX.search(match[0][2:-2])]
    return []


def tidied(runs: Sequence[Run]) -> list[Run]:
    """Runs with white space collapsed, edges trimmed, neighbours of one sort joined."""
    result: list[Run] = []
    for run in runs:
        text = run.text
        if run.kind is Kind.TEXT:
            text = _SPACES.sub(" ", text)
            if not result or _last_character(result[-1]) in " \n":
                text = text.lstrip(" ")
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
        text = runs[-1].text.rstrip(" ")
        if text:
            runs[-1] = runs[-1]._replace(text=text)
            return
        runs.pop()


def _widest(runs: Sequence[Run], at: int, active: tuple[Mark, ...]) -> tuple[Mark | None, int]:
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


def _without_edges(runs: Sequence[Run]) -> tuple[list[Run], list[Run], list[Run]]:
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


def _first_character(run: Run) -> str:
    if run.kind is Kind.TEXT:
        return run.text[:1] or " "
    return {Kind.BREAK: "\n", Kind.CODE: "`", Kind.IMAGE: "!", Kind.NOTE: "["}.get(
        run.kind, run.text[:1] or " "
    )


def _last_character(run: Run) -> str:
    if run.kind is Kind.TEXT:
        return run.text[-1:] or " "
    return {Kind.BREAK: "\n", Kind.CODE: "`", Kind.IMAGE: ")", Kind.NOTE: "]"}.get(
        run.kind, run.text[-1:] or " "
    )


def _is_punctuation(character: str) -> bool:
    """As CommonMark has it: punctuation or symbol."""
    return unicodedata.category(character)[0] in "PS"


def _is_border(character: str) -> bool:
    return character.isspace() or _is_punctuation(character)


def _is_word(character: str) -> bool:
    return bool(character) and character.isalnum()


def _destination(url: str) -> str:
    """A link's target: in angle brackets where its parentheses do not pair."""
    depth = 0
    for character in url:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    return url if depth == 0 else f"<{url}>"


def _title(title: str) -> str:
    if not title:
        return ""
    escaped = title.replace("\\", "\\\\").replace('"', '\\"')
    return f' "{escaped}"'
