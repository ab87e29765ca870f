"""Code blocks: their text without line numbers and copy buttons, and their language."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from rilo_reader.text import clean_text

_CLASS = re.compile(
    r"(?:^|\s)(?:language|lang|brush|highlight-source|highlight-text|highlight|sourceCode|src|code)"
    r"(?:-|:\s*)([A-Za-z0-9+#._-]{1,30})(?=[\s;]|\Z)"
)
_BARE_CLASS = re.compile(r"(?:^|\s)(?:sourceCode|hljs|prettyprint|highlight|crayon|shiki)(?:\s|\Z)")
_NAMES = frozenset(
    [
        "bash",
        "c",
        "clojure",
        "console",
        "cpp",
        "csharp",
        "css",
        "dart",
        "diff",
        "docker",
        "dockerfile",
        "elixir",
        "elm",
        "erlang",
        "fish",
        "fsharp",
        "go",
        "graphql",
        "groovy",
        "haskell",
        "hcl",
        "html",
        "http",
        "ini",
        "java",
        "javascript",
        "js",
        "json",
        "jsx",
        "julia",
        "kotlin",
        "latex",
        "less",
        "lisp",
        "lua",
        "makefile",
        "markdown",
        "matlab",
        "nginx",
        "nix",
        "objc",
        "objectivec",
        "ocaml",
        "perl",
        "php",
        "plaintext",
        "powershell",
        "protobuf",
        "python",
        "py",
        "r",
        "racket",
        "rb",
        "ruby",
        "rust",
        "rs",
        "scala",
        "scheme",
        "scss",
        "sh",
        "shell",
        "sql",
        "svelte",
        "swift",
        "tex",
        "text",
        "toml",
        "ts",
        "tsx",
        "typescript",
        "vb",
        "vim",
        "vue",
        "xml",
        "yaml",
        "yml",
        "zig",
        "zsh",
    ]
)
_NO_LANGUAGE = frozenset(
    [
        "default",
        "none",
        "text",
        "plain",
        "plaintext",
        "plain-text",
        "txt",
        "nohighlight",
        "no-highlight",
        "block",
        "wrapper",
        "wrap",
        "toolbar",
        "inline",
        "table",
        "lines",
        "line",
        "figure",
        "container",
        "example",
        "notranslate",
        "basic",
    ]
)
_ATTRIBUTES = ("data-lang", "data-language", "lang", "language", "data-code-language")
_GUTTER = re.compile(
    r"(?i)(?:^|[\s_-])(?:gutter|lineno|linenos|linenumbers?|line-numbers?-rows|lnt?|rouge-gutter"
    r"|hljs-ln-numbers|blob-num|linenodiv|react-syntax-highlighter-line-number|line-number)(?:[\s_-]|\Z)"
)
_BUTTON = re.compile(r"(?i)(?:copy|clipboard)[\w-]*(?:btn|button|code)|(?:btn|button)[\w-]*copy")
_BLOCKS = frozenset({"div", "p", "li", "tr"})


def code_text(element: HtmlElement) -> str:
    """Return the text of a `pre`, without line numbers, buttons and markup."""
    parts: list[str] = []
    stack: list[tuple[HtmlElement, bool]] = [(element, False)]
    while stack:
        node, done = stack.pop()
        if done:
            if _is_line(node) and parts and not parts[-1].endswith("\n"):
                parts.append("\n")
            if node is not element and node.tail:
                parts.append(_tail(node))
            continue
        if node.tag == "br":
            parts.append("\n")
            if node.tail:
                parts.append(node.tail)
            continue
        if node is not element and _is_decoration(node):
            if node.tail:
                parts.append(node.tail)
            continue
        if node is not element and node.tag in _BLOCKS and parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        if node.text:
            parts.append(node.text)
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))
    text = clean_text("".join(parts).replace("\xa0", " "))
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n")


def is_gutter(element: HtmlElement, text: str) -> bool:
    """Return whether a `pre` only holds the line numbers of the code in the next table cell."""
    lines = text.split()
    if not lines[0].isdecimal() or len(lines[0]) > 6:
        return False
    first = int(lines[0])
    if lines != [str(number) for number in range(first, first + len(lines))]:
        return False
    cell = next(element.iterancestors("td"), None)
    next_cell = cell.getnext() if cell is not None else None
    return next_cell is not None and any(True for _ in next_cell.iter("pre"))


def _tail(node: HtmlElement) -> str:
    """Return the tail of a node, without the line end that follows an element that is a line."""
    tail: str = node.tail or ""
    return tail.removeprefix("\n") if _is_line(node) and tail.startswith("\n") else tail


def _is_line(node: HtmlElement) -> bool:
    """Return whether an element is displayed as one line of code."""
    if node.tag in _BLOCKS:
        return True
    if node.tag not in ("span", "code"):
        return False
    if node.get("data-line") is not None:
        return True
    style = node.get("style") or ""
    return "display:block" in style.replace(" ", "") or ("display:flex" in style.replace(" ", ""))


def _is_decoration(node: HtmlElement) -> bool:
    if node.tag in ("button", "script", "style", "svg", "template"):
        return True
    names = node.get("class") or ""
    if _GUTTER.search(names) or _BUTTON.search(names):
        return True
    return "user-select:none" in (node.get("style") or "").replace(" ", "")


def language(element: HtmlElement) -> str:
    """Return the language named by a `pre`, its `code` or an enclosing element; "" if none is."""
    nodes = [element]
    nodes += list(element.iter("code"))[:1]
    parent = element.getparent()
    for _ in range(4):
        if parent is None or parent.tag not in (
            "div",
            "figure",
            "td",
            "tr",
            "tbody",
            "table",
            "span",
        ):
            break
        nodes.append(parent)
        parent = parent.getparent()
    for node in nodes:
        found = _named(node)
        if found:
            return found
    return ""


def _named(node: HtmlElement) -> str:
    names = (node.get("class") or "")[:500]
    for match in _CLASS.finditer(names):
        name = match[1].lower().strip(".-_")
        name = name.removeprefix("source-").removeprefix("text-")
        if name and name not in _NO_LANGUAGE:
            return name
    if _BARE_CLASS.search(names):
        for name in names.lower().split():
            if name in _NAMES and name not in _NO_LANGUAGE:
                return name
    for attribute in _ATTRIBUTES:
        name = (node.get(attribute) or "").strip().lower()
        if attribute == "lang" and (name not in _NAMES):
            continue
        if name and name not in _NO_LANGUAGE and re.fullmatch(r"[a-z0-9+#._-]{1,30}", name):
            return name
    return ""
