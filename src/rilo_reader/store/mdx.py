"""Convert MDX to Markdown without running its JavaScript (pure, never raises).

MDX is Markdown with `import` and `export` statements, components as tags, and expressions in
braces. Statements, comments and expressions on lines of their own are removed, and so are the tags
of components; their content is dedented to the tag. HTML is kept, except for attributes that are
expressions. Code is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rilo_reader.text import clean_text


def to_markdown(body: str) -> str:
    """Convert an MDX body, in linear time; the result is cleaned text."""
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
    """Remove import and export statements, each of which is a paragraph."""
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
    """The line after a statement: the first blank one with no bracket open."""
    depth = 0
    blank = 0
    for number in range(start, len(lines)):
        line = _TEXTS.sub("", lines[number])
        if not lines[number].strip():
            if depth <= 0:
                return number
            blank = blank or number
        elif blank and _NO_STATEMENT.match(line):
            return blank  # a bracket was misread: the statement ends with its paragraph
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
    return blank or len(lines)


# -- tags and expressions -----------------------------------------------------------------------


def _braces(depth: int) -> str:
    """A linear pattern for text in braces, with braces nested up to `depth` levels inside."""
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
"""Where tags open and close; control characters, which cleaned text does not contain."""


def _replaced(match: re.Match[str]) -> str:
    """The replacement of a token."""
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
"""Columns of the deepest indentation of a tag, to which every line in it is indented."""


def _dedented(lines: list[str]) -> Iterator[str]:
    """Reindent lines between tags to the column of the opening tag.

    Otherwise Markdown would take them for indented code, which MDX does not have.
    """
    open_tags: list[list[int]] = []  # new indentation of each tag, old indentation of its lines
    for line in lines:
        opened, closed = line.count(_OPENED), line.count(_CLOSED)
        text = line.replace(_OPENED, "").replace(_CLOSED, "") if opened or closed else line
        if closed > opened:
            del open_tags[max(0, len(open_tags) - (closed - opened)) :]
        indent = len(text) - len(text.lstrip(" \t"))
        is_blank = indent == len(text)
        if open_tags and not is_blank:
            new_indent, old_indent = open_tags[-1]
            if old_indent < 0:
                open_tags[-1][1] = old_indent = max(new_indent, indent)
            text = " " * new_indent + text[min(old_indent, indent) :]
            indent = new_indent + indent - min(old_indent, indent)
        if opened > closed:
            new_indent = open_tags[-1][0] if open_tags and is_blank else indent
            open_tags.extend([min(new_indent, _DEEPEST), -1] for _ in range(opened - closed))
        yield "" if is_blank else text
