"""A Markdown source in parts that can be read one after another, so that the first shows soon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.lazy import LazyPattern

if TYPE_CHECKING:
    from rilo_reader.render.dialects.template_marks import Templates

FIRST_PART = 5_000
"""Characters of the first part: somewhat more than a screenful."""

LARGEST_PART = 30_000
"""Parts grow up to this many characters."""

LONGEST_BLOCK = 16_000
"""A paragraph of more characters is cut between two of its lines."""

LONGEST_LINE = 20_000
"""A longer line is no prose: it is shown as it is, without reading its Markdown."""

DEEPEST = 24
"""Markers of quotes and lists before a line's text; what is nested deeper stays at this depth."""

NOT_PROSE = ("|", "<", ">", "    ", "\t", "```", "~~~", "#")

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
_RAW_HTML = re.compile(r" {0,3}<(script|pre|style|textarea|!--|\?|!\[CDATA\[)", re.IGNORECASE)
_RAW_ENDS = {"!--": "-->", "?": "?>", "![cdata[": "]]>"}
_MARKER = r"(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])"
_DEEP = re.compile(rf"^((?:[ \t]*{_MARKER}){{{DEEPEST}}})(?:[ \t]|{_MARKER})*", re.M)
_DELIMITERS = LazyPattern(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")
_INDENTED = re.compile(rf"^ {{{2 * DEEPEST},}}(?=[-+*][ \t]|\d{{1,9}}[.)][ \t])", re.M)
_EMBEDDED = LazyPattern(r"data:[\w/+.;=-]{0,200},?[A-Za-z0-9+/=%]{100,}")
_DEFINITION = LazyPattern(r"^ {0,3}\[(?!\^)[^\]\n]{1,999}\]:[ \t]*\n?[ \t]*\S.*$", re.M)
_FOOTNOTE = LazyPattern(r" {0,3}\[\^([^\]\s]{1,100})\]:[ \t]*(.*)")

_COMMENT = LazyPattern(
    r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1|\Z)|`[^`\n]*`|(?<!\S)%%(?!%).{0,20000}?%%(?!\S)",
    re.MULTILINE | re.DOTALL,
)
"""An Obsidian comment, or code, in which the same signs are meant as they stand."""


_BOX_FIRST = frozenset("!?=:/`~([ \t")
_BOX_HEAD = LazyPattern(
    r"[ \t]*(?:!!! \w|\?\?\?\+? \w|={3}[!+]{0,2} +\"|:{3,80}[ \t]*[A-Za-z{]|/{3,80}[ \t]*[A-Za-z]"
    r"|(?:`{3,}|~{3,})\{[A-Za-z]|\([\w .:/+-]{1,100}\)=[ \t]*\Z|\[\[_?toc_?\]\][ \t]*\Z)",
    re.IGNORECASE,
)
"""What may be the first line of a box, or one that readers never see; what it begins with."""


class Part(NamedTuple):
    """A piece of a source that can be read by itself.

    Attributes:
        text: Markdown.
        goes_on: whether it continues the list, table or paragraph that the part before it ended
            with; a table's head stands in each of its parts.
        raw: whether it is text to show as it is.
    """

    text: str
    goes_on: bool = False
    raw: bool = False


class Source(NamedTuple):
    """A body made ready.

    Attributes:
        text: Markdown without footnotes.
        footnotes: their texts by label.
        definitions: of links.
        templates: what the marks in all of these stand for; None where there are none.
    """

    text: str
    footnotes: dict[str, str]
    definitions: str
    templates: Templates | None = None


def prepare(body: str) -> Source:
    """Take footnotes and definitions out of a body, and mark the tags of site generators."""
    templates = None
    if "{{" in body or "{%" in body or "{::" in body:
        from rilo_reader.render.dialects.templates import marked

        body, templates = marked(body)
    if "data:" in body:
        body = _EMBEDDED.sub("data:,", body)
    if "%%" in body:
        body = _COMMENT.sub(_without_comment, body)
    footnotes: dict[str, str] = {}
    if "[^" in body and "]:" in body:
        body = _take_footnotes(body, footnotes)
    found = _DEFINITION.findall(body) if "]:" in body else []
    if may_hold_boxes(body):
        from rilo_reader.render.boxes import unboxed

        body = unboxed(body)
    return Source(body, footnotes, "\n\n".join(found[:20_000]), templates)


def may_hold_boxes(body: str) -> bool:
    """Whether it is worth looking for boxes in a text; fast, and never wrongly no."""
    lines = body.split("\n")
    return any(_BOX_HEAD.match(line) for line in lines if line[:1] in _BOX_FIRST)


def bounded(text: str) -> str:
    """The Markdown of a part without nesting so deep that it would take for ever to read."""
    return _INDENTED.sub(" " * (2 * DEEPEST), _DEEP.sub(r"\1", text))


def _without_comment(match: re.Match[str]) -> str:
    """Code as it is, a comment not at all."""
    return "" if match[0].startswith("%%") else match[0]


def _take_footnotes(body: str, footnotes: dict[str, str]) -> str:
    """Move `[^label]: text` with its indented lines from the body to `footnotes`."""
    kept: list[str] = []
    fence = ""
    label = ""
    for line in body.split("\n"):
        fence = _fence_after(fence, line)
        match = None if fence else _FOOTNOTE.match(line)
        if match:
            label = match[1].lower()
            footnotes.setdefault(label, "")
            footnotes[label] += match[2]
        elif label and (line.startswith(("    ", "\t")) or not line.strip()):
            footnotes[label] += "\n" + line.removeprefix("\t").removeprefix("    ")
            if not line.strip():
                kept.append(line)
        elif label and footnotes[label] and not footnotes[label].endswith("\n") and not fence:
            # A paragraph goes on in the next line without indentation.
            footnotes[label] += "\n" + line
        else:
            label = ""
            kept.append(line)
    return "\n".join(kept)


def _fence_after(fence: str, line: str) -> str:
    """The fence of code that is open after a line, "" where none is."""
    match = _FENCE.match(line)
    if not match:
        return fence
    mark, rest = match[1], match[2]
    if not fence:
        return "" if mark[0] == "`" and "`" in rest else mark
    if mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip():
        return ""
    return fence


def parts(text: str) -> Iterator[Part]:
    """Cut a source where one block has ended and another begins, and a long list at its items.

    A part's start is a line without indentation after a blank line, outside of code and raw
    HTML: there every quote, list and table has ended.
    """
    splitter = _Splitter()
    for line in text.split("\n"):
        yield from splitter.line(line)
    yield from splitter.rest()


class _Splitter:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size = 0
        self._wanted = FIRST_PART
        self._fence = ""
        self._raw_end = ""
        self._blank = True
        self._list = False
        self._goes_on = False
        self._prose = True  # whether nothing but paragraphs came so far
        self._block = 0  # characters since the last blank line
        self._table: tuple[str, ...] = ()  # the two lines that head the table one is in

    def line(self, line: str) -> Iterator[Part]:
        """Take a line; yields the part that ended before it."""
        if len(line) > LONGEST_LINE:
            yield from self.rest()
            yield from _pieces(line)
            return
        is_long = self._prose and self._block >= LONGEST_BLOCK
        if (self._size >= self._wanted or is_long) and not self._fence and not self._raw_end:
            begins = self._begins(line)
            if begins:
                head = self._table if begins == "row" else ()
                yield from self.rest()
                self._goes_on = begins != "block"
                for above in head:
                    self._take(above)
                self._wanted = min(self._wanted * 3, LARGEST_PART)
        self._take(line)

    def _take(self, line: str) -> None:
        self._follow(line)
        self._lines.append(line)
        self._size += len(line) + 1

    def _begins(self, line: str) -> str:
        """What a line may begin a part as: "block", "item", "row" of a table, "line" of text."""
        if self._table and "|" in line:
            return "row" if self._size >= 4 * self._wanted else ""
        if not line or line[0] in " \t":
            return ""
        if _ITEM.match(line):
            return "item" if self._list and self._size >= 2 * self._wanted else ""
        if line[0] in "|<>":
            return "block" if self._blank else ""
        if self._blank:
            return "block"
        return "line" if self._prose and self._block >= LONGEST_BLOCK else ""

    def _follow(self, line: str) -> None:
        stripped = line.strip()
        if self._raw_end:
            if self._raw_end in line.lower():
                self._raw_end = ""
        elif not (self._list and line.startswith(" ")):
            self._fence = _fence_after(self._fence, line)
            if not self._fence:
                self._follow_raw(line)
        if not self._fence and stripped and line[0] not in " \t":
            self._list = bool(_ITEM.match(line)) or (self._list and not self._blank)
        if not stripped:
            self._table = ()
        elif not self._table and self._lines and "|" in self._lines[-1] and _DELIMITERS.match(line):
            self._table = (self._lines[-1], line)
        self._prose = (
            self._prose and not self._table and not self._list and not line.startswith(NOT_PROSE)
        )
        self._blank = not stripped
        self._block = self._block + len(line) + 1 if stripped else 0

    def _follow_raw(self, line: str) -> None:
        match = _RAW_HTML.match(line)
        if match:
            name = match[1].lower()
            end = _RAW_ENDS.get(name, f"</{name}>")
            if end not in line.lower():
                self._raw_end = end

    def rest(self) -> Iterator[Part]:
        """The part so far."""
        if self._lines:
            yield Part("\n".join(self._lines), self._goes_on)
        self._lines = []
        self._size = 0
        self._goes_on = False
        self._list = False
        self._prose = True
        self._blank = True
        self._block = 0
        self._table = ()


def _pieces(line: str) -> Iterator[Part]:
    """A very long line in pieces, cut at spaces where there are any."""
    start = 0
    while start < len(line):
        end = start + LONGEST_LINE
        if end < len(line):
            space = line.rfind(" ", start + 1, end)
            end = space if space > start else end
        yield Part(line[start:end].strip(" "), goes_on=start > 0, raw=True)
        start = end
