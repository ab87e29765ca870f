"""The heading that serves as the title of a Markdown text (pure).

Imported only for articles without a title of their own: compiling its patterns takes 2 ms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rilo_reader.text import clean_line


def find_title_heading(body: str, can_be_title: Callable[[int], bool] = lambda level: True) -> str:
    """The heading that serves as the title of a Markdown body, as a clean line; "" if none does.

    Only blank lines, rules, images, badges, comments, HTML and template tags may precede it, and it
    must be of the first level or the only heading of its level, and of a level that `can_be_title`.
    """
    start = _start_of_text(body)
    first = _read_heading(body, start)
    if first is None:
        return ""
    level, markdown = first
    if not can_be_title(level) or (
        level > 1 and sum(other == level for other in _iter_levels(body[start:])) > 1
    ):
        return ""
    return _inline_text(markdown)


_BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")
_SPACES = re.compile(r"[ \t]*")
_TARGET = r"(?:\([^)\n]{0,4000}\)|\[[^\]\n]{0,999}\])"
_PICTURE = rf"!\[[^\]\n]{{0,999}}\]{_TARGET}"
_UNTITLED = "(?:raw|code-cell|code|index|meta|contents|tableofcontents|toctree)"
_LEADING_MARKUP = re.compile(
    rf"""
      {_PICTURE} | \[[ \t]*{_PICTURE}[ \t]*\]{_TARGET}          # a badge, linked
    | !\[\[[^\]\n]*\]\]                                # Obsidian's picture
    | <!--.*?--> | %%.*?%%                             # comments
    | </?(?!h[1-6]\b)[a-z][\w-]*(?:\s[^<>]*)?>         # tags; the words between them are none
    | \{{%[^\n]*?%\}} | \{{\{{[^\n]*?\}}\}}            # tags of templates
    | \[[^\]\n]+\]:[ \t]*\S[^\n]*                      # where a link leads
    | \([\w .:/+-]{{1,100}}\)= | \+\+\+[^\n]*           # a target, a new cell of MyST
    | (?P<marks>`{{3,}}|:{{3,}})\{{{_UNTITLED}\}}.*?\n[ \t]*(?P=marks)  # its code and lists
    | (?P<rule>[-*_])(?:[ \t]*(?P=rule)){{2,}}[ \t]*(?=\n|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def _start_of_text(body: str) -> int:
    """The start of the first line with readable text."""
    start = position = _match_end(_BLANK_LINES, body, 0)
    while before := _LEADING_MARKUP.match(body, _match_end(_SPACES, body, position)):
        position = _match_end(_SPACES, body, before.end())
        if position == len(body) or body[position] == "\n":
            start = position = _match_end(_BLANK_LINES, body, position)
        elif before[0].startswith("<") and body.startswith("<", position):
            start = position  # `<div><h1>`: HTML has no lines
    return start


def _match_end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+([^\n]*))?(?:\n|\Z)")
_HTML = re.compile(r"[ \t]*<h([1-6])\b[^<>]*>", re.IGNORECASE)
_HTML_LIMIT = 2000
_UNDERLINE = re.compile(r" {0,3}(?:(=+)|-{2,})[ \t]*(?:\n|\Z)")
_NO_PARAGRAPH = re.compile(r" {4}|\s*\Z| {0,3}(?:\t|[-*+][ \t]|>|\||<|\d+[.)][ \t]|`{3}|~{3})")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINED_LINES = 4


def _read_heading(body: str, start: int) -> tuple[int, str] | None:
    """The level and the Markdown of the heading that begins at `start`, the start of a line."""
    match = _ATX.match(body, start)
    if match:
        text = match[2] or ""
        opened = text.rstrip().rstrip("#")  # number signs may close it
        return len(match[1]), opened if not opened or opened[-1] in " \t" else text
    match = _HTML.match(body, start)
    if match:
        rest = body[match.end() : match.end() + _HTML_LIMIT]
        closing = re.search(f"(?i)</h{match[1]}>", rest)
        return (int(match[1]), rest[: closing.start()]) if closing else None
    lines: list[str] = []
    while len(lines) < _UNDERLINED_LINES:
        line, end, _ = body[start : start + _HTML_LIMIT].partition("\n")
        match = _UNDERLINE.match(line)
        if lines and match:
            return 1 if match[1] else 2, " ".join(lines)
        if not end or _NO_PARAGRAPH.match(line) or _ATX.match(line):
            break
        lines.append(line)
        start += len(line) + 1
    return None


def _iter_levels(body: str) -> Iterator[int]:
    """The levels of a text's headings, except in fenced code."""
    fence = ""
    in_paragraph = False
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif match := _ATX.match(line):
            yield len(match[1])
        elif match := _HTML.match(line):
            yield int(match[1])
        elif in_paragraph and (match := _UNDERLINE.match(line)):
            yield 1 if match[1] else 2
        else:
            in_paragraph = not _NO_PARAGRAPH.match(line)
            continue
        in_paragraph = False


# -- the text of a heading ----------------------------------------------------------------------

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_KEPT = re.compile("\0([0-9]+)\0")
_LINK = re.compile(
    r"!?\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])|\[\[(?:[^\]|\n]*\|)?([^\]\n]*)\]\]"
)
_MARKS = re.compile(r"(\*\*|__|\*|~~)(?=\S)(.+?)(?<=\S)\1|(?<!\w)(_)(?=\S)(.+?)(?<=\S)_(?!\w)")
_TAGS = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>\n]*>|\{%.*?%\}|\{\{.*?\}\}")
_ATTRIBUTE = r"(?:[.#][\w:.-]+|[A-Za-z][\w:-]*=(?:\"[^\"]*\"|'[^']*'|[^\s\"'{}]+)|-)"
_ATTRIBUTES = re.compile(rf"\s*\{{:?\s*{_ATTRIBUTE}(?:\s+{_ATTRIBUTE})*\s*\}}\s*$")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def _inline_text(markdown: str) -> str:
    """A heading's Markdown as a line of plain text; "" if nothing but markup is left."""
    code: list[str] = []

    def hide_code(match: re.Match[str]) -> str:
        code.append(match[2].strip())
        return f"\0{len(code) - 1}\0"  # in no cleaned text

    text = _CODE.sub(hide_code, clean_line(markdown))
    text = _LINK.sub(lambda match: match[1] or match[2] or "", text)
    text = _ATTRIBUTES.sub("", _TAGS.sub("", text))
    for _ in range(2):
        text = _MARKS.sub(lambda match: match[2] or match[4], text)
    text = _ESCAPE.sub(r"\1", text)
    return clean_line(_KEPT.sub(lambda match: code[int(match[1])], text))
