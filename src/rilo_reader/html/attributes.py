"""Bound the attributes of tags, which lxml parses in quadratic time (pure)."""

from __future__ import annotations

import re

HARMLESS = 100_000
"""A document up to this length, in characters, is not worth checking."""

ATTRIBUTES = 200
_LONG = 2_000
"""Tags up to this length, in characters, cannot hold more than a few hundred attributes."""

_W = r" \t\n\f\r"
"""White space as HTML defines it, a subset of Python's."""

_ATTRIBUTE = (
    rf"[^{_W}/>][^{_W}/>=]*+"
    rf"""(?:[{_W}]*+=[{_W}]*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|(?!["'])[^{_W}>]*+))?+"""
)
_REST = rf"(?:[{_W}/]++|{_ATTRIBUTE})*+"
_NAME = re.compile(rf"</?[a-zA-Z][^{_W}/>]*+")
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<(?P<raw>script|style)(?=[{_W}/>])"
    rf"(?P<rest>{_REST}>)(?P<code>.*?)(?P<end></(?P=raw)(?=[{_W}/>])|\Z)"
    rf"|(?P<tag>{_NAME.pattern}{_REST}>?)"
    r"|<[!?/][^>]*+>?"
    r"|<",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.DOTALL)


def bounded(html: str, harmless: int = HARMLESS) -> str:
    """Return HTML with bounded attributes; unchanged up to `harmless` characters."""
    return html if len(html) <= harmless else _TOKEN.sub(_written, html)


def _written(token: re.Match[str]) -> str:
    if token["tag"]:
        return _tag(token["tag"])
    if token["raw"]:
        # Scripts hold JSON-LD, where `\u003c` is the same character.
        code = token["code"].replace("<", "\\u003c")
        return _tag(f"<{token['raw']}{token['rest']}") + code + token["end"]
    # Comments, declarations and processing instructions are dropped; anything else is text.
    return "&lt;" if token[0] == "<" else ""


def _tag(tag: str) -> str:
    """Return a tag with at most ATTRIBUTES attributes, and without `<` and `>` in them."""
    inner = tag[1:].removesuffix(">")
    if len(tag) > _LONG:
        inner = _shortened(tag, inner)
    if "<" in inner or ">" in inner:
        inner = inner.replace("<", "&lt;").replace(">", "&gt;")
    return f"<{inner}>"


def _shortened(tag: str, inner: str) -> str:
    name = _NAME.match(tag)
    at = name.end() if name else 1
    for number, attribute in enumerate(_ATTRIBUTES.finditer(tag, at)):
        if number == ATTRIBUTES:
            return tag[1 : attribute.start()].rstrip()
    return inner
