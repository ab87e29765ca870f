"""MDX -> Markdown (pure, never raises): what is to be read of it, without running its program.

MDX is Markdown with JavaScript between it: `import` and `export`, components as tags, and
expressions in braces. Statements, comments and expressions that stand alone go, and of components
the tags: what they hold is the Markdown that it is, with as little indentation as its place has.
HTML stays, less the attributes that are expressions. In code all of this is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rilo_reader.text import clean_text


def to_markdown(body: str) -> str:
    """The Markdown of an MDX body, cleaned; takes time in proportion to its length."""
    prose = "\n".join(_without_statements(clean_text(body).split("\n")))
    return "\n".join(_dedented(_TOKEN.sub(_replaced, prose).split("\n")))


# -- statements ---------------------------------------------------------------------------------

_FENCE = re.compile(r"[ \t]*(?:[-*+>][ \t]+|\d+[.)][ \t]+)*(`{3,}|~{3,})")
_STATEMENT = re.compile(
    r"import[ \t]*(?:[\"'{*]|(?:type[ \t]+)?[\w$]+[ \t]*(?:,|[ \t]from\b))"
    r"|export[ \t]+(?:const|let|var|function|async|class|default|enum|interface|type)\b"
    r"|export[ \t]*[{*]"
)
_NO_STATEMENT = re.compile(rf"#{{1,6}}[ \t]|{_STATEMENT.pattern}")
_TEXTS = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|//.*")


def _without_statements(lines: list[str]) -> Iterator[str]:
    """The lines without imports and exports, which begin a paragraph and end with it."""
    fence = ""
    is_start = True
    number = 0
    while number < len(lines):
        line = lines[number]
        mark = _FENCE.match(line)
        if fence:
            closes = mark is not None and mark[1].startswith(fence)
            fence = "" if closes else fence
        elif mark:
            fence = mark[1]
        elif is_start and _STATEMENT.match(line):
            number = _end_of_statement(lines, number)
            continue
        is_start = not fence and not line.strip()
        yield line
        number += 1


def _end_of_statement(lines: list[str], start: int) -> int:
    """The first line behind a statement: a blank one, with no bracket open."""
    depth = 0
    blank = 0
    for number in range(start, len(lines)):
        line = _TEXTS.sub("", lines[number])
        if not lines[number].strip():
            if depth <= 0:
                return number
            blank = blank or number
        elif blank and _NO_STATEMENT.match(line):
            return blank  # a bracket that we took for one: then the paragraph must do
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
    return blank or len(lines)


# -- tags and expressions -----------------------------------------------------------------------


def _braces(depth: int) -> str:
    """An expression for text in braces, with braces in it so deep; looks at each letter once."""
    inner = rf"{_braces(depth - 1)}[^{{}}]*+" if depth else "(?!)"
    return rf"\{{[^{{}}]*+(?:{inner})*+\}}"


_EXPRESSION = _braces(5)
_ATTRIBUTE = rf"""[\w:@.-]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|{_EXPRESSION}))?+|{_EXPRESSION}"""
_TOKEN = re.compile(
    rf"""
      (?P<code>
          \\[{{<`]
        | ^{_FENCE.pattern.replace("(`", "(?P<fence>`")}[^\n]*
          (?:\n(?![ \t>]*(?P=fence)[`~]*[ \t]*$)[^\n]*)*+(?:\n[^\n]*|\Z)
        | (?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\n).){{1,2000}}?(?<!`)(?P=ticks)(?!`)
      )
    | \{{\s*+(?:"(?P<double>[^"\n{{}}]*+)"|'(?P<single>[^'\n{{}}]*+)'|`(?P<tick>[^`{{}}]*+)`)\s*+\}}
    | \{{/\*(?:[^*{{]|\*(?!/)|\{{(?!/\*))*+\*/\s*+\}}
    | ^[ \t]*+{_EXPRESSION}[ \t]*+$
    | <(?P<close>/?+)(?:(?P<name>[A-Za-z][\w.-]*+)(?:\s++(?:{_ATTRIBUTE})?+)*+(?P<alone>/?+))?+>
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_WITH_EXPRESSION = re.compile(rf"\s++(?:[\w:@.-]++\s*+=\s*+)?+{_EXPRESSION}")
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "source", "track", "wbr"})

_OPENED, _CLOSED = "\x02", "\x03"
"""Where tags open and close that may stand around lines: in no cleaned text."""


def _replaced(match: re.Match[str]) -> str:
    """What stands in a token's place."""
    if match["code"] is not None:
        return match[0]
    for text in (match["double"], match["single"], match["tick"]):
        if text is not None:
            return text
    if not match[0].lstrip().startswith("<"):
        return ""
    name = match["name"] or ""
    is_html = name[:1].islower() and "." not in name
    tag = _WITH_EXPRESSION.sub("", match[0]) if is_html else ""
    if match["alone"] or name in _VOID:
        return tag
    return f"{_CLOSED}{tag}" if match["close"] else f"{tag}{_OPENED}"


# -- indentation --------------------------------------------------------------------------------


_DEEPEST = 20
"""Columns that a tag may be indented: every line in it is set as far to the right."""


def _dedented(lines: list[str]) -> Iterator[str]:
    """The lines; those between tags stand where the tag does, however far they were indented.

    MDX has no code that is told by its indentation, Markdown has.
    """
    around: list[list[int]] = []  # of each open tag: where it stands now, where its lines stood
    for line in lines:
        opened, closed = line.count(_OPENED), line.count(_CLOSED)
        text = line.replace(_OPENED, "").replace(_CLOSED, "") if opened or closed else line
        if closed > opened:
            del around[max(0, len(around) - (closed - opened)) :]
        indent = len(text) - len(text.lstrip(" \t"))
        is_blank = indent == len(text)
        if around and not is_blank:
            place, stood = around[-1]
            if stood < 0:
                around[-1][1] = stood = max(place, indent)
            text = " " * place + text[min(stood, indent) :]
            indent = place + indent - min(stood, indent)
        if opened > closed:
            place = around[-1][0] if around and is_blank else indent
            around.extend([min(place, _DEEPEST), -1] for _ in range(opened - closed))
        yield "" if is_blank else text
