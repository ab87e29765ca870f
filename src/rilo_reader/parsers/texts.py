"""Read the texts of RSS and Atom: their content, format, language and base (pure)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from rilo_reader.entry import Form
from rilo_reader.parsers.tree import Node
from rilo_reader.parsers.values import SUMMARY_LIMIT, content_text, form_of, plain_line


class Text(NamedTuple):
    """A text with its format, language, and the base of its relative links.

    Language and base are "" if unknown.
    """

    value: str = ""
    form: Form = Form.HTML
    base: str = ""
    lang: str = ""

    def plain(self, limit: int = SUMMARY_LIMIT) -> str:
        """Return the text as one line of plain text, at most `limit` characters long."""
        return plain_line(self.value, markup=self.form is Form.HTML, limit=limit)


_HTML_TYPES = ("html", "text/html", "xhtml", "application/xhtml+xml", "text/xhtml")
_WRAPPER = re.compile(r"<div(?:\s[^<>]*)?>(.*)</div>", re.DOTALL)


def text_of(node: Node) -> Text:
    """Return the text of an element, in its declared or else its apparent format."""
    value = node.text()
    given = node.attributes
    kind = given.get("type", "").partition(";")[0].strip().lower()
    if given.get("mode", "") == "base64" or _is_encoded(kind, node):
        value = _from_base64(value)
    value = content_text(_once_escaped(value))
    if node.inline:
        wrapped = _WRAPPER.fullmatch(value)
        if wrapped and "<div" not in wrapped[1]:
            value = wrapped[1].strip()
        return Text(value, Form.HTML, node.base, node.lang)
    return Text(value, _form(kind, value, node), node.base, node.lang)


_ELEMENTS = re.compile(
    r"</(?:a|b|blockquote|code|div|em|h[1-6]|i|li|ol|p|pre|span|strong|table|ul)>|<br ?/?>|<img\s",
    re.IGNORECASE,
)
_ESCAPED_TAG = re.compile(
    r"&lt;(?:p|div|br|a|img|h[1-6]|ul|ol|table|blockquote|em|strong|span|figure|article|section)"
    r"(?:\s|/?&gt;)",
    re.IGNORECASE,
)


def _once_escaped(value: str) -> str:
    """Undo one level of escaping if all markup was escaped twice."""
    if not _ESCAPED_TAG.match(value) or "<" in value:
        return value
    from html import unescape

    return unescape(value)


def _form(kind: str, value: str, node: Node) -> Form:
    """Return the format of a text."""
    if kind in ("text/markdown", "text/x-markdown"):
        return Form.MARKDOWN
    if kind in _HTML_TYPES:
        return Form.HTML
    if kind in ("text", "text/plain"):
        return Form.TEXT
    if not kind and node.name.startswith("atom:") and "mode" not in node.attributes:
        # Plain text by Atom's rules; but text with matching tags is HTML with a wrong type.
        return Form.HTML if _ELEMENTS.search(value) else Form.TEXT
    return form_of(value)


def _is_encoded(kind: str, node: Node) -> bool:
    """Return whether a type means base64 in Atom 1.0."""
    if not node.name.startswith("atom:") or "/" not in kind or "mode" in node.attributes:
        return False
    return not kind.startswith(("text/", "message/")) and not kind.endswith(("xml", "html"))


def _from_base64(value: str) -> str:
    """Decode base64; return the value itself if it is not base64, "" if it is not text."""
    try:
        return base64.b64decode(re.sub(r"\s", "", value), validate=True).decode()
    except UnicodeDecodeError:
        return ""
    except (binascii.Error, ValueError):
        return value
