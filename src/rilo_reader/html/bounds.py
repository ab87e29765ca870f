"""HTML in which no start tag has more attributes than a writer gives it (pure).

libxml2 walks all attributes of an element to add one more: three megabytes of `<p a0 a1 a2 …>`
keep it busy for minutes. What is too short for that is left alone. The rest is read as HTML is
read by browsers and written again so that it can be read in this one way only: what is no tag
holds no `<`, so that nothing can hide in what one reader takes for a comment and another does not.
"""

from __future__ import annotations

import re

HARMLESS = 100_000
"""Characters that cannot hold enough attributes to cost a second."""

ATTRIBUTES = 200
_LONG = 2_000
"""Characters that cannot hold more than a few hundred attributes."""

_W = r" \t\n\f\r"
"""What HTML calls white space; Python's includes more, and a second reading of a tag with it."""

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
    """The same page, as far as a reader sees it; what is no longer than harmless as it is."""
    return html if len(html) <= harmless else _TOKEN.sub(_written, html)


def _written(token: re.Match[str]) -> str:
    if token["tag"]:
        return _tag(token["tag"])
    if token["raw"]:
        # Data of a script is JSON, where this is another way to write the same character.
        code = token["code"].replace("<", "\\u003c")
        return _tag(f"<{token['raw']}{token['rest']}") + code + token["end"]
    # Comments, declarations and instructions say nothing to a reader; else it is a character.
    return "&lt;" if token[0] == "<" else ""


def _tag(tag: str) -> str:
    """A tag with so many attributes at most, and without `<` and `>` in them."""
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
