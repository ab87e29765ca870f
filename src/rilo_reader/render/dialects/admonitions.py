"""The boxes of MkDocs, Docusaurus, VitePress, Pandoc, Quarto, MyST: their heads, and a block rule.

A callout becomes a quotation with a label, as in GitHub's Markdown; of a box that only arranges its
content, the content remains. MyST's `(name)=`, its `% comments` and a `[[toc]]` are hidden. A box
that is empty or never closed is left as text.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from rilo_reader.dialects import Forms
from rilo_reader.render.rules import LineRange, make_paragraph
from rilo_reader.text import lazy_re


class Box(NamedTuple):
    """A box as described by its first line."""

    kind: str = ""  # label ("note"), or "" if only the title is shown
    title: str = ""  # Markdown; "" for none
    has_bar: bool = False  # whether the content is shown as a quotation is
    is_code: bool = False  # whether the content is code in the language `title`
    picture: str = ""  # address of the image that the content describes, or ""
    is_shown: bool = True  # whether any of it is visible
    has_options: bool = False  # whether lines with options may precede the content


# Kinds that are used as a label even if the box has no title.
CALLOUTS = frozenset(
    {"note", "tip", "info", "warning", "danger", "caution", "important", "attention", "hint"}
    | {"error", "example", "question", "success", "failure", "fail", "bug", "abstract", "summary"}
    | {"tldr", "todo", "help", "faq", "done", "check", "missing", "notice", "exercise"}
    | {"solution", "theorem", "lemma", "proof", "definition", "remark", "corollary", "proposition"}
)
# Boxes that only arrange their content; their arguments are not shown.
LAYOUT = frozenset(
    {"tab-set", "grid", "grid-item", "div", "container", "columns", "column", "glossary", "only"}
)
# Boxes whose name is not shown next to their title.
NAMELESS = frozenset(
    {"details", "dropdown", "admonition", "tab", "tab-item", "card", "grid-item-card", "topic"}
    | {"collapse", "expand", "sidebar", "margin", "rubric", "table", "list-table", "caption"}
    | {"figure-caption", "table-caption", "html", "define"}
)
QUOTATIONS = frozenset({"epigraph", "pull-quote", "highlights", "blockquote"})

NAME_LIMIT = 14  # characters of a one-word title that may replace the kind as the label

_LABELS: Mapping[str, str] = {
    "seealso": "See also",
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
}
_SILENT = frozenset({"toctree", "contents", "tableofcontents", "index", "meta", "bibliography"})
_PICTURES = frozenset({"figure", "image"})
CODE = frozenset(
    {"code-block", "code", "code-cell", "sourcecode", "math", "mermaid", "eval-rst", "raw"}
    | {"csv-table", "literalinclude", "include", "parsed-literal", "doctest", "graphviz"}
)

# Code with options above it, in fences too.
_CELLS = frozenset({"code-cell", "code-block", "code", "sourcecode"})
_NOT_CODE = CALLOUTS.union(LAYOUT, NAMELESS, QUOTATIONS, _LABELS, _SILENT, _PICTURES)

_ADMONITION = lazy_re(
    r"(?:!!!|\?\?\?\+?) ([\w-]{1,40}(?: +[\w-]{1,40}){0,9})(?: +\"(.{0,500})\")?[ \t]*\Z"
)
_TAB = lazy_re(r"===[!+]{0,2} +\"(.{1,500})\"[ \t]*\Z")
_NAME = lazy_re(r"[A-Za-z][\w-]{0,40}(?=[\s\[{]|\Z)")
_ATTRIBUTES = lazy_re(r"\{([^{}]{0,500})\}\Z")
_DIRECTIVE = lazy_re(
    r"\{(?P<name>[A-Za-z][\w:.+-]{0,60})(?:[ \t]+[.#][^{}]{0,200})?\}"
    r"(?:[ \t]+(?P<argument>\S.{0,500}))?\Z"
)
_BLOCK = lazy_re(r"([A-Za-z][\w-]{0,40})(?:[ \t]*\|[ \t]*(.{0,500}))?[ \t]*\Z")
_CLASS = lazy_re(r"(?:\A|\s)\.([A-Za-z][\w-]{0,80})")
_TITLE = lazy_re(r"(?:\A|\s)title=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")


def parse_admonition(head: str) -> Box | None:
    """Parse `!!! note "Title"`, `??? note`, or the tab `=== "Title"`, whose content is indented."""
    if head[0] == "=":
        tab = _TAB.match(head)
        return Box(title=tab[1]) if tab else None
    match = _ADMONITION.match(head)
    return _make_callout(match[1].split()[0], (match[2] or "").strip()) if match else None


def parse_container(head: str) -> Box | None:
    """Parse the text after the colons of `:::note Title`; None if it is not a box."""
    if head.endswith(":::"):
        head = head.rstrip(":").rstrip()  # Pandoc allows closing colons
    if head.startswith("{"):
        if match := _DIRECTIVE.match(head):
            return parse_directive(match["name"].lower(), (match["argument"] or "").strip())
        match = _ATTRIBUTES.match(head)
        return _parse_attributes(match[1]) if match else None
    name = _NAME.match(head)
    if not name:
        return None
    title, attributes = head[name.end() :].strip(), ""
    if title.endswith("}") and "{" in title:
        title, _, attributes = title[:-1].rpartition("{")
        title = title.rstrip()
    if title.startswith("[") and title.endswith("]"):
        title = title[1:-1].strip()
    title = title or _find_title(attributes)
    return _make_callout(name[0], title) if title or name[0].lower() in CALLOUTS else Box()


def parse_block(head: str) -> Box | None:
    """Parse the text after the slashes of `/// note | Title`."""
    match = _BLOCK.match(head)
    if not match:
        return None
    name = match[1].lower()
    is_plain = name in ("html", "define")
    box = Box() if is_plain else _make_callout(name, (match[2] or "").strip())
    return box._replace(has_options=True)


def parse_directive(name: str, argument: str) -> Box:
    """Parse the directive `{name} argument`, whose content is Markdown."""
    if name in _SILENT:
        box = Box(is_shown=False)
    elif name in CODE:
        box = Box(title=argument, is_code=True)
    elif name in _PICTURES:
        box = Box(picture=argument)
    elif name in QUOTATIONS:
        box = Box(has_bar=True)
    elif name in _LABELS:
        box = Box(title=f"{_LABELS[name]} {argument}".strip(), has_bar=True)
    else:
        box = _make_callout(name, argument) if name in CALLOUTS or argument else Box()
    return box._replace(has_options=True)


def parse_fenced(head: str) -> Box | None:
    """Parse the text after the backticks of ```` ```{note} Title ````; None for a code block."""
    match = _DIRECTIVE.match(head)
    if not match:
        return None
    name = match["name"].lower()
    is_box = name in _NOT_CODE or name in _CELLS
    return parse_directive(name, (match["argument"] or "").strip()) if is_box else None


def _make_callout(name: str, title: str) -> Box:
    """Return a box with a bar, or without one if it is part of the page layout."""
    name = name.lower()
    if name in LAYOUT:
        return Box()
    if name in _LABELS:
        return Box(title=title or _LABELS[name], has_bar=True)
    if name in NAMELESS:
        return Box(title=title, has_bar=name not in ("tab", "tab-item", "table", "list-table"))
    if title and " " not in title and len(title) <= NAME_LIMIT:
        # Usually the kind in the language of the text: "Note: Remarque" would repeat it.
        return Box(title=title, has_bar=True)
    return Box(name, title, has_bar=True)


def _parse_attributes(attributes: str) -> Box:
    """Parse attributes: Pandoc's `::: {.note #name title="…"}`, Quarto's `{.callout-note}`."""
    title = _find_title(attributes)
    for style in _CLASS.findall(attributes):
        name = style.lower().removeprefix("callout-").removeprefix("admonition-")
        if name in CALLOUTS:
            return _make_callout(name, title)
    return Box(title=title, has_bar=bool(title))


def _find_title(attributes: str) -> str:
    match = _TITLE.search(attributes)
    return next((value for value in match.groups() if value), "") if match else ""


MAX_LINES = 300  # of a box; the content of a longer one is read as blocks of the article
HEAD_LIMIT = 800  # characters of the first line of a box

_MYST = lazy_re(
    r"^[ \t]*(?:`{3,}|:{3,})\{[A-Za-z]|^\([\w .:/+-]{1,100}\)=[ \t]*$"
    r"|\{[a-z][\w:.+-]{1,40}\}`[^`\s]",
    re.MULTILINE,
)
SIGNS = lazy_re(r"(:{3,80}|/{3,80}|`{3,}|~{3,})(?![:/`~])[ \t]*(.*)\Z", re.DOTALL)
TARGET = lazy_re(r"\([\w .:/+-]{1,100}\)=[ \t]*\Z")
CONTENTS = lazy_re(r"\[\[_?toc_?\]\][ \t]*\Z", re.IGNORECASE)
COMMENT = lazy_re(r"%(?:[ \t].*)?\Z|\+\+\+(?:[ \t].*)?\Z")
OPTION = lazy_re(r"[ \t]*:[\w-]{1,40}:(?:[ \t].*)?\Z|[ \t]{4,}[\w-]{1,40}:(?:[ \t].*)?\Z")
_HEADER = lazy_re(r"[ \t]*(?:[\w-]{1,40}:(?:[ \t].*)?|- .*|#.*)?\Z")
ALT_OPTION = lazy_re(r"[ \t]*:?alt:[ \t]*(.{1,500})")


def is_myst(body: str) -> bool:
    """Return whether a text has syntax of MyST, whose lines that begin with `% ` are comments."""
    may_be = body.startswith("%") or "\n%" in body or "\n+++" in body
    return may_be and _MYST.search(body) is not None


def _line_text(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def skip_hidden_line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Skip a line that is never shown."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith(("(", "[[", "%", "+++"), begin) or state.is_code_block(start):
        return False
    text = _line_text(state, start)
    forms: Forms = state.env["forms"]
    is_hidden = (
        (forms.roles and TARGET.match(text))
        or (forms.contents and CONTENTS.match(text))
        or (state.env["is_myst"] and COMMENT.match(text))
    )
    if not is_hidden:
        return False
    state.line = start + 1
    return True


def read_box(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a box of any of the dialects."""
    begin = state.bMarks[start] + state.tShift[start]
    if (
        not state.src.startswith(("!!!", "???", "===", ":::", "///", "```", "~~~"), begin)
        or state.is_code_block(start)
        or state.eMarks[start] - begin > HEAD_LIMIT
    ):
        return False
    head = _line_text(state, start)
    if head[0] in "!?=":
        return _read_indented_box(state, start, end, head, silent=silent)
    match = SIGNS.match(head)
    box = parse_fence_head(match) if match else None
    if match is None or box is None:
        return False
    last = _find_box_end(state, start, end, match[1])
    if last and not silent:
        _push_box(state, box, start + 1, LineRange(last, last + 1, state.blkIndent))
    return last > 0


def parse_fence_head(signs: re.Match[str]) -> Box | None:
    """Parse the first line of a box that is enclosed in fences."""
    marks, rest = signs[1], signs[2].strip()
    if not rest:
        return None
    if marks[0] == ":":
        return parse_container(rest)
    return parse_block(rest) if marks[0] == "/" else parse_fenced(rest)


def _read_indented_box(state: StateBlock, start: int, end: int, head: str, *, silent: bool) -> bool:
    box = parse_admonition(head)
    if box is None:
        return False
    indent = state.sCount[start] + 4
    last = at = start + 1
    while at < end and (state.isEmpty(at) or state.sCount[at] >= indent):
        at += 1
        last = last if state.isEmpty(at - 1) else at
    if last == start + 1 and not head.endswith('"'):
        return False  # perhaps a sentence; a title is certain even if no content follows
    if not silent:
        _push_box(state, box, start + 1, LineRange(last, last, indent))
    return True


def _find_box_end(state: StateBlock, start: int, end: int, marks: str) -> int:
    """Return the line that closes a box; 0 if there is none.

    A closing line ends the innermost open box with the same number of marks; if there is none and
    the marks are colons, the innermost box of all. Boxes left open inside it are text.
    """
    ends: dict[int, int] = state.env.setdefault("ends_of_boxes", {})
    if start not in ends:
        # Finds all nested boxes as well, so that each line is read once.
        record = _record_fence_end if marks[0] in "`~" else _record_box_ends
        record(state, start, end, marks, ends)
    last = ends[start]
    leaves_item = state.blkIndent and any(
        state.sCount[line] < state.blkIndent and not state.isEmpty(line)
        for line in range(start + 1, last)
    )
    return 0 if last >= end or leaves_item else last


def _record_box_ends(
    state: StateBlock, start: int, end: int, marks: str, ends: dict[int, int]
) -> None:
    """Record the closing lines of a box and those nested in it; 0 if not closed."""
    open_: list[tuple[int, int]] = []  # line, number of marks
    counts: dict[int, int] = {}  # number of marks -> open boxes
    fence = ""
    for line in range(start, end):
        begin = state.bMarks[line] + state.tShift[line]
        if state.src.startswith(("```", "~~~"), begin):
            fence = _next_fence(fence, _line_text(state, line))
        if fence or not state.src.startswith(marks[:3], begin):
            continue
        match = SIGNS.match(_line_text(state, line)[:HEAD_LIMIT])
        if match is None:
            continue
        length = len(match[1])
        if match[2]:
            if parse_fence_head(match):
                ends[line] = 0
                open_.append((line, length))
                counts[length] = counts.get(length, 0) + 1
            continue
        is_found = bool(counts.get(length))
        if not is_found and marks[0] == "/":
            continue
        while True:
            opened, count = open_.pop()
            counts[count] -= 1
            if not is_found or count == length:
                break
        ends[opened] = line
        if not open_:
            return


def _record_fence_end(
    state: StateBlock, start: int, end: int, marks: str, ends: dict[int, int]
) -> None:
    """Record the closing line of a fenced box; 0 if not closed."""
    ends[start] = 0
    # If one fence of this length is not closed, later ones are not closed either.
    unclosed: dict[str, int] = state.env.setdefault("unclosed_fences", {})
    if len(marks) >= unclosed.get(marks[0], len(marks) + 1):
        return
    for line in range(start + 1, end):
        begin = state.bMarks[line] + state.tShift[line]
        if state.src.startswith(marks, begin) and not _line_text(state, line).strip(marks[0]):
            ends[start] = line
            return
    if end == len(state.bMarks) - 1:
        unclosed[marks[0]] = len(marks)


def _next_fence(fence: str, text: str) -> str:
    marks = text[: len(text) - len(text.lstrip(text[0]))]
    if not fence:
        return "" if marks[0] == "`" and "`" in text[len(marks) :] else marks
    return "" if marks.startswith(fence) and marks == text else fence


# -- output -------------------------------------------------------------------------------------


def _push_box(state: StateBlock, box: Box, first: int, section: LineRange) -> None:
    """Add the tokens of a box and of its content, from line `first` to the end of `section`."""
    last, after, indent = section
    state.line = after
    if not box.is_shown:
        return
    alt = ""
    if box.has_options:
        first, alt = _skip_options(state, first, last)
    if box.is_code:
        token = state.push("fence", "code", 0)
        token.info, token.content = box.title, state.getLines(first, last, indent, False)
        return
    if state.level == 0 and last - first > MAX_LINES:
        _insert_label(state.tokens, 0, box, is_apart=True)
        state.env["sections"].append(section)
        state.line = first
        return
    begin = len(state.tokens)
    if box.has_bar:
        state.push("blockquote_open", "blockquote", 1)
    else:
        state.level += 1
    if box.picture:
        state.tokens += make_paragraph(f"![{alt}](<{box.picture}>)")
    text = len(state.tokens)
    before = state.parentType, state.lineMax, state.blkIndent, state.tight
    state.parentType, state.lineMax, state.blkIndent = "box", last, indent
    state.md.block.tokenize(state, first, last)
    state.parentType, state.lineMax, state.blkIndent, state.tight = before
    _insert_label(state.tokens, text, box, is_apart=not box.has_bar)
    if box.has_bar:
        state.push("blockquote_close", "blockquote", -1)
    else:
        state.level -= 1
    if len(state.tokens) > begin:
        state.tokens[begin].meta["is_box"] = True
    state.line = after


def _insert_label(tokens: list[Token], at: int, box: Box, *, is_apart: bool) -> None:
    """Insert the label of a box: in its first paragraph, or as a paragraph above."""
    if not box.kind and not box.title:
        return
    if is_apart or at >= len(tokens) or tokens[at].type != "paragraph_open":
        tokens[at:at] = make_paragraph("")
    tokens[at + 1].meta["label"] = box.kind.capitalize(), box.title


def _skip_options(state: StateBlock, line: int, last: int) -> tuple[int, str]:
    """Return the first line after the options of a box, and the alternative text of its image."""
    numbers = range(line, min(last, line + 51))
    lines = [state.getLines(number, number + 1, state.blkIndent, False) for number in numbers]
    at = 0
    end = next((at for at, text in enumerate(lines) if at and text.strip() == "---"), 0)
    if end and lines[0].strip() == "---" and all(map(_HEADER.match, lines[1:end])):
        at = end + 1
    else:
        while at < len(lines) and OPTION.match(lines[at]):
            at += 1
    described = (ALT_OPTION.match(option) for option in lines[:at])
    alt = next((match[1].strip() for match in described if match), "")
    return line + at, alt.replace("[", "(").replace("]", ")")
