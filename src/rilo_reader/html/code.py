"""Code blocks: their text without line numbers and copy buttons, and their language."""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

from rilo_reader.text import clean_text

_CLASS = re.compile(
    r"(?:^|\s)(?:language|lang|brush|highlight-source|highlight-text|highlight|sourceCode|src|code)"
    r"(?:-|:\s*)([A-Za-z0-9+#._-]{1,30})(?=[\s;]|\Z)"
)
_BARE_CLASS = re.compile(r"(?:^|\s)(?:sourceCode|hljs|prettyprint|highlight|crayon|shiki)(?:\s|\Z)")
_NAMES = frozenset({
    "bash", "c", "clojure", "console", "cpp", "csharp", "css", "dart", "diff", "docker",
    "dockerfile", "elixir", "elm", "erlang", "fish", "fsharp", "go", "graphql", "groovy",
    "haskell", "hcl", "html", "http", "ini", "java", "javascript", "js", "json", "jsx", "julia",
    "kotlin", "latex", "less", "lisp", "lua", "makefile", "markdown", "matlab", "nginx", "nix",
    "objc", "objectivec", "ocaml", "perl", "php", "plaintext", "powershell", "protobuf", "python",
    "py", "r", "racket", "rb", "ruby", "rust", "rs", "scala", "scheme", "scss", "sh", "shell",
    "sql", "svelte", "swift", "tex", "text", "toml", "ts", "tsx", "typescript", "vb", "vim",
    "vue", "xml", "yaml", "yml", "zig", "zsh",
})  # fmt: skip
_NO_LANGUAGE = frozenset({
    "default", "none", "text", "plain", "plaintext", "plain-text", "txt", "nohighlight",
    "no-highlight", "block", "wrapper", "wrap", "toolbar", "inline", "table", "lines", "line",
    "figure", "container", "example", "notranslate", "basic",
})  # fmt: skip
_NAME = re.compile(r"[a-z0-9+#._-]{1,30}")
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
        node, is_end = stack.pop()
        if is_end:
            if _is_line(node) and parts and not parts[-1].endswith("\n"):
                parts.append("\n")
            if node is not element and node.tail:
                # A line's own end is the line end behind it.
                parts.append(node.tail.removeprefix("\n") if _is_line(node) else node.tail)
            continue
        if node.tag == "br" or (node is not element and _is_decoration(node)):
            parts += ["\n"] if node.tag == "br" else []
            parts += [node.tail] if node.tail else []
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
    if lines != list(map(str, range(first, first + len(lines)))):
        return False
    cell = next(element.iterancestors("td"), None)
    next_cell = cell.getnext() if cell is not None else None
    return next_cell is not None and next(next_cell.iter("pre"), None) is not None


def _is_line(node: HtmlElement) -> bool:
    """Return whether an element is displayed as one line of code."""
    if node.tag in _BLOCKS:
        return True
    if node.tag not in ("span", "code"):
        return False
    style = (node.get("style") or "").replace(" ", "")
    is_block = "display:block" in style or "display:flex" in style
    return is_block or node.get("data-line") is not None


def _is_decoration(node: HtmlElement) -> bool:
    if node.tag in ("button", "script", "style", "svg", "template"):
        return True
    names = node.get("class") or ""
    if _GUTTER.search(names) or _BUTTON.search(names):
        return True
    return "user-select:none" in (node.get("style") or "").replace(" ", "")


def detect_language(element: HtmlElement) -> str:
    """Return the language named by a `pre`, its `code` or an enclosing element; "" if none is."""
    nodes = [element, *islice(element.iter("code"), 1)]
    for parent in islice(element.iterancestors(), 4):
        if parent.tag not in ("div", "figure", "td", "tr", "tbody", "table", "span"):
            break
        nodes.append(parent)
    return next(filter(None, map(_read_language, nodes)), "")


def _read_language(node: HtmlElement) -> str:
    names = (node.get("class") or "")[:500]
    for match in _CLASS.finditer(names):
        name = match[1].lower().strip(".-_")
        name = name.removeprefix("source-").removeprefix("text-")
        if name and name not in _NO_LANGUAGE:
            return name
    if _BARE_CLASS.search(names):
        for name in names.lower().split():
            if name in _NAMES - _NO_LANGUAGE:
                return name
    for attribute in _ATTRIBUTES:
        name = (node.get(attribute) or "").strip().lower()
        is_name = name in _NAMES if attribute == "lang" else _NAME.fullmatch(name)
        if is_name and name not in _NO_LANGUAGE:
            return name
    return ""
