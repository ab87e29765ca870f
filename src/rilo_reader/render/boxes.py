"""Boxes of site generators in Markdown, rewritten as what CommonMark knows: before it is parsed.

Text that is set apart becomes a quotation that begins as GitHub's callouts do; a box that only says
where its text stands leaves the text. With them go the lines of these languages that readers never
see: MyST's `(name)=` and `% comments`, and a `[[toc]]`. Code stays as it is, and so does what only
looks like a box: one that is never closed, or has no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.dialects.box_heads import Box, admonition, block, container, fenced, is_said_in_full
from rilo_reader.render.box_lines import Survey, dedented, indent_of, survey

DEEPEST = 6
"""Boxes in boxes that are read; what is nested deeper is shown as it is written."""

MOST = 5_000
"""Boxes between lines of signs that are looked for; what comes after is shown as it is written."""

LONGEST = 300
"""Lines of a text that is set apart; a longer one is most of an article, and must be read in
parts, so that its first page shows soon."""

_MYST = LazyPattern(
    r"^[ \t]*(?:`{3,}|:{3,})\{[A-Za-z]|^\([\w .:/+-]{1,100}\)=[ \t]*$"
    r"|\{[a-z][\w:.+-]{1,40}\}`[^`\s]",
    re.MULTILINE,
)
"""What only MyST writes: there a line that begins with `% ` is a comment."""

_COLONS = LazyPattern(r"[ \t]*(:{3,80}|/{3,80})(?=[^:/]|\Z)[ \t]*(.*)")
_TARGET = LazyPattern(r" {0,3}\([\w .:/+-]{1,100}\)=[ \t]*\Z")
_CONTENTS = LazyPattern(r" {0,3}\[\[_?toc_?\]\][ \t]*\Z", re.IGNORECASE)
_COMMENT = LazyPattern(r"%(?:[ \t].*)?\Z|\+\+\+(?:[ \t].*)?\Z")
_OPTION = LazyPattern(r"[ \t]*:[\w-]{1,40}:(?:[ \t].*)?\Z")
_SETTING = LazyPattern(r"[ \t]{4,}[\w-]{1,40}:(?:[ \t].*)?\Z")
_ALT = LazyPattern(r"[ \t]*:?alt:[ \t]*(.{1,500})")
_PROSE = LazyPattern(r"[^\W\d_]|[\"“‘'(]|\*{1,2}[^\s*]|`(?!``)|!?\[(?![ xX]\])")
_UNDERLINE = LazyPattern(r"[ \t|:=-]+\Z")


def unboxed(body: str) -> str:
    """The text with its boxes as quotations and callouts."""
    has_comments = body.startswith("%") or "\n%" in body or "\n+++" in body
    is_myst = has_comments and _MYST.search(body) is not None
    return "\n".join(_Walk(body.split("\n"), is_myst=is_myst).run())


class _Walk:
    """Goes through the lines of a text, or of a box in it, once."""

    def __init__(self, lines: list[str], depth: int = 0, *, is_myst: bool) -> None:
        self._lines = lines
        self._depth = depth
        self._is_myst = is_myst
        self._out: list[str] = []

    def run(self) -> list[str]:
        """The lines, with boxes as what they mean."""
        if self._depth >= DEEPEST:
            return self._lines
        lines = self._lines
        found = survey(lines)
        ends = _pairs(lines, found)
        at = 0
        while at < len(lines):
            line = lines[at]
            if at in found.verbatim:
                at = self._verbatim(at, *found.verbatim[at])
            elif at in ends:
                at = self._between(at, ends[at])
            elif found.may_open(at) and (end := self._indented(at)):
                at = end
            else:
                self._out.append("" if self._is_unseen(at) else line)
                at += 1
        return self._out

    def _is_unseen(self, at: int) -> bool:
        """Whether a line is not for readers."""
        line = self._lines[at]
        first = line.lstrip()[:1]
        if first == "[":
            return _CONTENTS.match(line) is not None
        if first not in ("(", "%", "+") or (self._out and self._out[-1].strip()):
            return False
        return _TARGET.match(line) is not None or (
            self._is_myst and _COMMENT.match(line) is not None
        )

    def _verbatim(self, begin: int, end: int, closed: bool) -> int:
        """Code, and HTML that is one; a directive of MyST looks like code, and holds Markdown."""
        head = self._lines[begin].strip()
        box = fenced(head.lstrip(head[0])) if closed and head[0] in "`~" else None
        if box is None:
            self._out.extend(self._lines[begin:end])
        else:
            self._box(box, begin, self._lines[begin + 1 : end - 1], indent_of(self._lines[begin]))
        return end

    def _between(self, begin: int, last: tuple[int, Box]) -> int:
        """A box between a head and a line of signs alone."""
        end, box = last
        self._box(box, begin, self._lines[begin + 1 : end], indent_of(self._lines[begin]))
        return end + 1

    def _indented(self, begin: int) -> int:
        """A box whose text stands indented; 0 where there is none, else the line after it."""
        head = self._lines[begin].strip()
        if not head.startswith(("!!!", "???", "===")):
            return 0
        box = admonition(head)
        if box is None:
            return 0
        base = indent_of(self._lines[begin])
        end = begin + 1
        text_end = end
        while end < len(self._lines):
            line = self._lines[end]
            if line.strip():
                if indent_of(line) < base + 4:
                    break
                text_end = end + 1
            end += 1
        if text_end == begin + 1 and not is_said_in_full(head):
            return 0
        self._box(box, begin, self._lines[begin + 1 : text_end], base, inner=base + 4)
        return text_end

    # -- what is written ------------------------------------------------------------------------

    def _box(
        self, box: Box, begin: int, body: list[str], base: int, inner: int | None = None
    ) -> None:
        """Write a box.

        Args:
            box: what its head says.
            begin: the line of its head.
            body: its lines.
            base: the columns that its head stands indented by.
            inner: those of its text, where they are others.
        """
        if not box.is_shown:
            self._out.append("")
            return
        text = [dedented(line, base if inner is None else inner) for line in body]
        alt = ""
        if box.has_options:
            text, alt = _without_options(text)
        margin = " " * base
        if box.is_code:
            self._write(margin, _as_code(box.title, text))
            return
        text = _trimmed(_Walk(text, self._depth + 1, is_myst=self._is_myst).run())
        if box.picture:
            text = [f"![{alt}](<{box.picture}>)", "", *text]
        head = f"<b>{box.title}</b>" if box.title else ""
        if box.kind:
            head = f"[!{box.kind}] {box.title}".rstrip()
        if not box.has_bar or len(text) > LONGEST:
            head = f"**{box.kind.capitalize()}**" if box.kind and not box.title else head
            if box.kind and box.title:
                head = f"<b>{box.kind.capitalize()}: {box.title}</b>"
            self._write(margin, [head, "", *text] if head else text)
            return
        runs_on = bool(text) and _runs_on(text)
        if head and not box.kind and runs_on:
            head += "<br>"
        above = [head] if head and runs_on else [head, ""] if head else []
        self._write(f"{margin}> ", [*above, *text])

    def _write(self, margin: str, lines: Iterable[str]) -> None:
        """Lines behind a margin, with a blank line above and below."""
        self._out.append("")
        self._out.extend(
            f"{margin}{line}".rstrip() if not line else margin + line for line in lines
        )
        self._out.append("")


def _pairs(lines: list[str], found: Survey) -> dict[int, tuple[int, Box]]:
    """The boxes between lines of colons or slashes: by the line of its head, its last line.

    A closing line ends the innermost box with as many signs; where there is none, the innermost
    of all. What is open in the box that it ends is text then, and so is what stays open.
    """
    ends: dict[int, tuple[int, Box]] = {}
    open_: list[tuple[str, int, Box]] = []
    by_signs: dict[str, list[int]] = {}  # the places in `open_` of those with these signs
    for at in found.signs[: 2 * MOST]:
        match = _COLONS.match(lines[at])
        if not match or not found.may_open(at):
            continue
        signs, rest = match[1], match[2].strip()
        if rest:
            box = container(rest) if signs[0] == ":" else block(rest)
            if box is not None:
                by_signs.setdefault(signs, []).append(len(open_))
                open_.append((signs, at, box))
            continue
        places = by_signs.get(signs)
        if places:
            place = places[-1]
        elif open_ and open_[-1][0][0] == signs[0] == ":":
            place = len(open_) - 1
        else:
            continue
        _, begin, box = open_[place]
        for same, _, _ in reversed(open_[place:]):
            by_signs[same].pop()
        del open_[place:]
        ends[begin] = at, box
    return ends


def _without_options(text: list[str]) -> tuple[list[str], str]:
    """A text without the lines above it that say how it looks, and what describes its picture."""
    at = 0
    if text and text[0].strip() == "---" and "---" in (line.strip() for line in text[1:50]):
        at = next(i for i, line in enumerate(text[1:50], 2) if line.strip() == "---")
    else:
        while at < len(text) and (_OPTION.match(text[at]) or _SETTING.match(text[at])):
            at += 1
    described = (_ALT.match(line) for line in text[:at])
    alt = next((match[1].strip() for match in described if match), "")
    return text[at:], alt.replace("[", "(").replace("]", ")")


def _trimmed(text: list[str]) -> list[str]:
    """Lines without the blank ones at either end."""
    begin, end = 0, len(text)
    while begin < end and not text[begin].strip():
        begin += 1
    while end > begin and not text[end - 1].strip():
        end -= 1
    return text[begin:end]


def _runs_on(text: list[str]) -> bool:
    """Whether a text begins as a paragraph, which a title can stand in the first line of."""
    is_underlined = len(text) > 1 and text[1].strip() and _UNDERLINE.match(text[1])
    return _PROSE.match(text[0]) is not None and not is_underlined


def _as_code(language: str, text: list[str]) -> list[str]:
    """A block of code."""
    ticks = max((len(run) for line in text for run in re.findall("`{3,}", line)), default=2)
    fence = "`" * (ticks + 1)
    return [f"{fence}{language}", *text, fence]
