"""Convert MDX to Markdown without running its JavaScript (pure, never raises).

MDX is Markdown with `import` and `export` statements, components as tags, and expressions in
braces. Statements, comments and expressions on lines of their own are removed. A component is shown
as the text that is handed to it: title or label, link, description; then its content, dedented to
the tag. HTML is kept, except for attributes that are expressions. Code is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from rilo_reader.html.markdown_writer import escape_markdown
from rilo_reader.text import clean_line, clean_text


def to_markdown(body: str) -> str:
    """Convert an MDX body, in linear time; the result is cleaned text."""
    prose = "\n".join(_remove_statements(clean_text(body).split("\n")))
    return "\n".join(_dedent_lines(_TOKEN.sub(_TagReplacer().replace_token, prose).split("\n")))


def is_mdx(body: str) -> bool:
    """Return whether Markdown under another suffix is MDX: by its comments or statements.

    Docusaurus and others read `.md` as MDX. A statement is at the top, or imports a component that
    is used. Code may be about MDX, and `{{/* … */}}` is Hugo's.
    """
    has_comments = "{/*" in body and _END_OF_COMMENT.search(body) is not None
    lines = body.split("\n")
    if not has_comments and not any(map(_is_statement, lines)):
        return False
    end_of_code = ""
    above, is_top = "", True
    for line in lines:
        mark = _FENCE.match(line) or _SCRIPT.match(line)
        if end_of_code:
            is_end = (
                end_of_code in line
                if end_of_code[0] == "<"
                else mark and mark[1].startswith(end_of_code)
            )
            end_of_code = "" if is_end else end_of_code
        elif mark:
            end_of_code = "</script" if mark[1].startswith("<") else mark[1]
        elif has_comments and "{/*" in line and _COMMENT.search(_SPAN.sub("", line)):
            return True
        elif statement := _is_statement(line):
            starts = not above.strip() or _is_statement(above) is not None
            if starts and (is_top or _is_used(statement["names"], body)):
                return True
        is_top = is_top and (not line.strip() or _is_statement(line) is not None)
        above = line
    return False


def _is_statement(line: str) -> re.Match[str] | None:
    return _OWN.match(line) if line.startswith(("import", "export")) else None


def _is_used(names: str | None, body: str) -> bool:
    """Return whether one of the names that a statement imports is a tag of the text."""
    return any(f"<{name}" in body for name in re.findall(r"\b[A-Z]\w*", names or ""))


# -- statements ---------------------------------------------------------------------------------

_FENCE = re.compile(r"[ \t]*(?:[-*+>][ \t]+|\d+[.)][ \t]+)*(`{3,}|~{3,})")
_STATEMENT = re.compile(
    r"import[ \t]*(?:[\"'{*]|(?:type[ \t]+)?[\w$]+[ \t]*(?:,|[ \t]from\b))"
    r"|export[ \t]+(?:const|let|var|function|async|class|default|enum|interface|type)\b"
    r"|export[ \t]*[{*]"
)
_COMMENT = re.compile(r"(?<!\{)\{/\*")
_OWN = re.compile(
    r"import\b(?P<names>[^\n\"']*)(?:\bfrom[ \t]*|[ \t])[\"'][^\n\"']+[\"'];?[ \t]*$"
    r"|export[ \t]+(?:const|let|var)[ \t]+[\w${}, ]+=|export[ \t]+(?:default|function)\b.*[({]"
)
"""A statement as it stands in Markdown that is MDX; a sentence may begin with `import`, too."""

_END_OF_COMMENT = re.compile(r"\*/\s*\}")
_SCRIPT = re.compile(r"[ \t]*(<script\b)(?![^\n]*</script)", re.IGNORECASE)
_SPAN = re.compile(r"(`+)[^`]+\1")
_NO_STATEMENT = re.compile(rf"#{{1,6}}[ \t]|{_STATEMENT.pattern}")
_IMPORTED = re.compile(r"(?:import\b|[^\n]*\}[ \t]*from\b)[^\n]*[\"'];?[ \t]*$")
_TEXTS = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|//.*")


def _remove_statements(lines: list[str]) -> Iterator[str]:
    """Remove import and export statements, each of which is a paragraph."""
    fence = ""
    is_start = True
    number = 0
    while number < len(lines):
        line = lines[number]
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
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
        elif number > start and depth <= 0 and _IMPORTED.match(lines[number - 1]):
            return number  # text right below an import, as some write it
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
    return blank or len(lines)


# -- tags and expressions -----------------------------------------------------------------------


def _make_brace_pattern(depth: int) -> str:
    """A linear pattern for text in braces, with braces nested up to `depth` levels inside."""
    inner = rf"{_make_brace_pattern(depth - 1)}[^{{}}]*+" if depth else "(?!)"
    return rf"\{{[^{{}}]*+(?:{inner})*+\}}"


_EXPRESSION = _make_brace_pattern(5)
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
_GIVEN = re.compile(
    r"""(?<![\w:@.-])([\w:@.-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'"""
    r"|\{\s*+(?:\"([^\"{}]*+)\"|'([^'{}]*+)'|`([^`{}$]*+)`)\s*+\}"
    rf"|{_EXPRESSION})|{_EXPRESSION}"
)
"""An attribute of a component and its text; its name alone if it is an expression."""

_HEADED = re.compile("Card|Step|Accordion|Section|Tile|Update|Feature")
"""Names of components whose title is a heading; the titles of others are labels."""

_LONGEST_TEXT = 20_000
"""Maximum length of an attribute that is shown, in characters."""

_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "source", "track", "wbr"})

_OPENED, _CLOSED = "\x02", "\x03"
"""Where tags open and close; control characters, which cleaned text does not contain."""


class _TagReplacer:
    """Replaces the tokens of a body, one after another."""

    def __init__(self) -> None:
        self._links: set[str] = set()  # components whose content is the text of a link

    def replace_token(self, match: re.Match[str]) -> str:
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
        if match["close"]:
            if name in self._links:
                self._links.remove(name)
                tag = "</a>"
            return f"{_CLOSED}{tag}"
        is_alone = bool(match["alone"]) or name in _VOID
        text = (
            "" if is_html or "=" not in match[0] else self._render_attributes(match, name, is_alone)
        )
        return f"{tag}{text}" if is_alone else f"{tag}{text}{_OPENED}"

    def _render_attributes(self, match: re.Match[str], name: str, is_alone: bool) -> str:
        """The text and the link in the attributes of a component."""
        values = {
            found[1].lower(): clean_line(unescape(found[found.lastindex]), _LONGEST_TEXT)
            for found in _GIVEN.finditer(match[0])
            if found.lastindex and found.lastindex > 1
        }

        def first_value(*keys: str) -> str:
            return next(filter(None, map(values.get, keys)), "")

        # A name says something to a reader only where it is what the content is about.
        title = first_value("title", "label", "heading", "" if is_alone else "name")
        text, link = (
            first_value("description", "text", "caption"),
            first_value("href", "link", "url", "cite"),
        )
        picture = f"![{_escape_text(values['alt'], in_link=True)}]()" if values.get("alt") else ""
        if name.endswith("Icon") or not (title or text or link or picture):
            return ""
        if link and not title and not is_alone:
            self._links.add(name)
            return f'<a href="{escape(link)}">'
        before = match.string[max(0, match.start() - _DEEPEST) : match.start()]
        indent = before.rpartition("\n")[2]
        is_block = (
            not indent.strip()
            and ("\n" in before or match.start() < _DEEPEST)
            and (bool(title or link) or "text" not in values)
        )
        is_heading = is_block and bool(title) and _HEADED.search(name) is not None and not link
        if link:
            title, text = title or text or link, text if title else ""
            target = f"<{re.sub('[<>]', '', link)}>" if re.search("[ ()<>]", link) else link
            title = f"[{_escape_text(title, in_link=True)}]({target})"
        elif title:
            title = f"#### {_escape_text(title)}" if is_heading else f"**{_escape_text(title)}**"
        text = text and _escape_text(text, before=" " if title else "\n")
        parts = f"\n\n{indent}" if is_heading else " — "
        shown = parts.join(filter(None, (title, text, picture)))
        return f"\n{indent}{shown}\n\n{indent}" if is_block else shown + " " * (not is_alone)


def _escape_text(text: str, *, before: str = " ", in_link: bool = False) -> str:
    """A text as Markdown."""
    return escape_markdown(text, before=before, after=" ", in_link=in_link)


# -- indentation --------------------------------------------------------------------------------


_DEEPEST = 20
"""Columns of the deepest indentation of a tag, to which every line in it is indented."""


def _dedent_lines(lines: list[str]) -> Iterator[str]:
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
        if open_tags and (opened or not is_blank):
            new_indent, old_indent = open_tags[-1]
            if old_indent < 0:
                open_tags[-1][1] = old_indent = max(new_indent, indent)
            text = " " * new_indent + text[min(old_indent, indent) :]
            indent = new_indent + indent - min(old_indent, indent)
        if opened > closed:
            open_tags.extend([min(indent, _DEEPEST), -1] for _ in range(opened - closed))
        yield "" if is_blank else text
