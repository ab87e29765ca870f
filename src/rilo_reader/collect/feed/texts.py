"""Texts for people in an element -> what they say and what they are written in (pure)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from rilo_reader.collect.feed.tree import Node
from rilo_reader.collect.feed.values import SUMMARY_LIMIT, content_text, form_of, plain_line
from rilo_reader.entry import Form


class Text(NamedTuple):
    """A text, what it is written in, its language, and where its relative links start.

    Language and base are "" where the feed does not say.
    """

    value: str = ""
    form: Form = Form.HTML
    base: str = ""
    lang: str = ""

    def plain(self, limit: int = SUMMARY_LIMIT) -> str:
        """The text as one line without markup, at most `limit` long."""
        return plain_line(self.value, markup=self.form is Form.HTML, limit=limit)


_HTML_TYPES = ("html", "text/html", "xhtml", "application/xhtml+xml", "text/xhtml")
_WRAPPER = re.compile(r"<div(?:\s[^<>]*)?>(.*)</div>", re.DOTALL)


def text_of(node: Node) -> Text:
    """The text of an element, by the type it names and else by its looks."""
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
    """The text as it was meant where all its markup was escaped twice."""
    if not _ESCAPED_TAG.match(value) or "<" in value:
        return value
    from html import unescape

    return unescape(value)


def _form(kind: str, value: str, node: Node) -> Form:
    """What a text is written in."""
    if kind in ("text/markdown", "text/x-markdown"):
        return Form.MARKDOWN
    if kind in _HTML_TYPES:
        return Form.HTML
    if kind in ("text", "text/plain"):
        return Form.TEXT
    if not kind and node.name.startswith("atom:") and "mode" not in node.attributes:
        # Text by Atom's rules; but what opens and closes tags only forgot to say that it is HTML.
        return Form.HTML if _ELEMENTS.search(value) else Form.TEXT
    return form_of(value)


def _is_encoded(kind: str, node: Node) -> bool:
    """Whether Atom 1.0 says that a text of this type is in base64."""
    if not node.name.startswith("atom:") or "/" not in kind or "mode" in node.attributes:
        return False
    return not kind.startswith(("text/", "message/")) and not kind.endswith(("xml", "html"))


def _from_base64(value: str) -> str:
    """The text that is written in base64; the value itself where it is none, "" for no text."""
    try:
        return base64.b64decode(re.sub(r"\s", "", value), validate=True).decode()
    except UnicodeDecodeError:
        return ""
    except (binascii.Error, ValueError):
        return value
