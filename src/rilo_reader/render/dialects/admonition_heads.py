"""Parse the first line of boxes: `!!! note "Title"`, `:::tip[Title]`, `/// note | Title`, `{note}`.

MkDocs, Docusaurus, VitePress, Pandoc, Quarto and MyST each have a syntax of their own; all are
parsed to a `Box`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Box(NamedTuple):
    """A box as described by its first line."""

    kind: str = ""  # label ("note"), or "" if only the title is shown
    title: str = ""  # Markdown; "" for none
    has_bar: bool = False  # whether the content is shown as a quotation is
    is_code: bool = False  # whether the content is code in the language `title`
    picture: str = ""  # address of the image that the content describes, or ""
    is_shown: bool = True  # whether any of it is visible
    has_options: bool = False  # whether lines with options may precede the content


CALLOUTS = frozenset(
    {"note", "tip", "info", "warning", "danger", "caution", "important", "attention", "hint"}
    | {"error", "example", "question", "success", "failure", "fail", "bug", "abstract", "summary"}
    | {"tldr", "todo", "help", "faq", "done", "check", "missing", "notice", "exercise"}
    | {"solution", "theorem", "lemma", "proof", "definition", "remark", "corollary", "proposition"}
)
"""Kinds that are used as a label even if the box has no title."""

LAYOUT = frozenset(
    {"tab-set", "grid", "grid-item", "div", "container", "columns", "column", "glossary", "only"}
)
"""Boxes that only arrange their content; their arguments are not shown."""

NAMELESS = frozenset(
    {"details", "dropdown", "admonition", "tab", "tab-item", "card", "grid-item-card", "topic"}
    | {"collapse", "expand", "sidebar", "margin", "rubric", "table", "list-table", "caption"}
    | {"figure-caption", "table-caption", "html", "define"}
)
"""Boxes whose name is not shown next to their title."""

LONGEST_NAME = 14
"""Length in characters of a one-word title that may replace the kind as the label."""

QUOTATIONS = frozenset({"epigraph", "pull-quote", "highlights", "blockquote"})

_SAID: Mapping[str, str] = {
    "seealso": "See also",
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
}
_SILENT = frozenset({"toctree", "contents", "tableofcontents", "index", "meta", "bibliography"})
_PICTURES = frozenset({"figure", "image"})
_CODE = frozenset(
    {"code-block", "code", "code-cell", "sourcecode", "math", "mermaid", "eval-rst", "raw"}
    | {"csv-table", "literalinclude", "include", "parsed-literal", "doctest", "graphviz"}
)

_ADMONITION = re.compile(
    r"(?:!!!|\?\?\?\+?) ([\w-]{1,40}(?: +[\w-]{1,40}){0,9})(?: +\"(.{0,500})\")?[ \t]*\Z"
)
_TAB = re.compile(r"===[!+]{0,2} +\"(.{1,500})\"[ \t]*\Z")
_NAME = re.compile(r"[A-Za-z][\w-]{0,40}(?=[\s\[{]|\Z)")
_ATTRIBUTES = re.compile(r"\{([^{}]{0,500})\}\Z")
_DIRECTIVE = re.compile(
    r"\{(?P<name>[A-Za-z][\w:.+-]{0,60})\}(?:[ \t]+(?P<argument>\S.{0,500}))?\Z"
)
_BLOCK = re.compile(r"(?P<name>[A-Za-z][\w-]{0,40})(?:[ \t]*\|[ \t]*(?P<title>.{0,500}))?[ \t]*\Z")
_CLASS = re.compile(r"(?:\A|\s)\.([A-Za-z][\w-]{0,80})")
_TITLE = re.compile(r"(?:\A|\s)title=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")


def admonition(head: str) -> Box | None:
    """Parse `!!! note "Title"`, `??? note`, or the tab `=== "Title"`, whose content is indented."""
    if head[0] == "=":
        tab = _TAB.match(head)
        return Box(title=tab[1]) if tab else None
    match = _ADMONITION.match(head)
    return _callout(match[1].split()[0], (match[2] or "").strip()) if match else None


def is_complete(head: str) -> bool:
    """Return whether a line is certainly an admonition, even if no content follows."""
    return head.rstrip().endswith('"')


def container(head: str) -> Box | None:
    """Parse what follows the colons of `:::note Title`; None if it is not a box."""
    if head.endswith(":::"):
        head = head.rstrip(":").rstrip()  # Pandoc allows closing colons
    if head.startswith("{"):
        if match := _DIRECTIVE.match(head):
            return directive(match["name"].lower(), (match["argument"] or "").strip())
        match = _ATTRIBUTES.match(head)
        return _of_attributes(match[1]) if match else None
    name = _NAME.match(head)
    if not name:
        return None
    title, attributes = _without_list(head[name.end() :].strip())
    if title.startswith("[") and title.endswith("]"):
        title = title[1:-1].strip()
    title = title or _title_in(attributes)
    return _callout(name[0], title) if title or name[0].lower() in CALLOUTS else Box()


def _without_list(text: str) -> tuple[str, str]:
    """Split a title from the attribute list after it."""
    begin = text.rfind("{") if text.endswith("}") else -1
    return (text[:begin].rstrip(), text[begin + 1 : -1]) if begin >= 0 else (text, "")


def block(head: str) -> Box | None:
    """Parse what follows the slashes of `/// note | Title`."""
    match = _BLOCK.match(head)
    if not match:
        return None
    name, title = match["name"].lower(), (match["title"] or "").strip()
    if name in ("html", "define"):
        return Box(has_options=True)
    return _callout(name, title)._replace(has_options=True)


def directive(name: str, argument: str) -> Box:
    """Parse the directive `{name} argument`, whose content is Markdown."""
    if name in _SILENT:
        box = Box(is_shown=False)
    elif name in _CODE:
        box = Box(title=argument, is_code=True)
    elif name in _PICTURES:
        box = Box(picture=argument)
    elif name in LAYOUT:
        box = Box()
    elif name in QUOTATIONS:
        box = Box(has_bar=True)
    elif name in _SAID:
        box = Box(title=f"{_SAID[name]} {argument}".strip(), has_bar=True)
    else:
        box = _callout(name, argument) if name in CALLOUTS or argument else Box()
    return box._replace(has_options=True)


def fenced(head: str) -> Box | None:
    """Parse what follows the backticks of ```` ```{note} Title ````; None for a code block."""
    match = _DIRECTIVE.match(head)
    if not match:
        return None
    name = match["name"].lower()
    is_known = (
        name in CALLOUTS or name in LAYOUT or name in NAMELESS or name in QUOTATIONS
        or name in _SAID or name in _SILENT or name in _PICTURES
    )  # fmt: skip
    return directive(name, (match["argument"] or "").strip()) if is_known else None


def _callout(name: str, title: str) -> Box:
    """Return a box with a bar, or without one if it is part of the page layout."""
    name = name.lower()
    if name in LAYOUT:
        return Box()
    if name in _SAID:
        return Box(title=title or _SAID[name], has_bar=True)
    if name in NAMELESS:
        return Box(title=title, has_bar=name not in ("tab", "tab-item", "table", "list-table"))
    if title and " " not in title and len(title) <= LONGEST_NAME:
        # Usually the kind in the language of the text: "Note: Remarque" would repeat it.
        return Box(title=title, has_bar=True)
    return Box(name, title, has_bar=True)


def _of_attributes(attributes: str) -> Box:
    """Parse attributes: Pandoc's `::: {.note #name title="…"}`, Quarto's `{.callout-note}`."""
    title = _title_in(attributes)
    for style in _CLASS.findall(attributes):
        name = style.lower().removeprefix("callout-").removeprefix("admonition-")
        if name in CALLOUTS:
            return _callout(name, title)
    return Box(title=title, has_bar=bool(title))


def _title_in(attributes: str) -> str:
    match = _TITLE.search(attributes)
    return next((value for value in match.groups() if value), "") if match else ""
