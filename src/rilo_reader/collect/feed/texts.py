"""Texts for people in an element -> what they say and what they are written in (pure)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from rilo_reader.collect.entry import Form
from rilo_reader.collect.feed.tree import Node
from rilo_reader.collect.feed.values import SUMMARY_LIMIT, content_text, form_of, plain_line


class Text(NamedTuple):
    """A text, what it is written in, and where its relative links start ("" where unknown)."""

    value: str = ""
    form: Form = Form.HTML
    base: str = ""

    def plain(self, limit: int = SUMMARY_LIMIT) -> str:
        """The text as one line without markup, at most `limit` long."""
        # Markup may be many times the text, so more is looked at than is kept.
        start = self.value[: 50 * limit]
        return plain_line(start, markup=self.form is Form.HTML, limit=limit)


_HTML_TYPES = ("html", "text/html", "xhtml", "application/xhtml+xml", "text/xhtml")
_WRAPPER = re.compile(r"<div(?:\s[^<>]*)?>(.*)</div>", re.DOTALL)


def text_of(node: Node) -> Text:
    """The text of an element, by the type it names and else by its looks."""
    value = node.text()
    given = node.attributes
    kind = given.get("type", "").partition(";")[0].strip().lower()
    if given.get("mode", "") == "base64" or _is_encoded(kind, node):
        decoded = _from_base64(value)
        if decoded is None:
            return Text()
        value = decoded
    value = content_text(value)
    if node.inline:
        wrapped = _WRAPPER.fullmatch(value)
        if wrapped and "<div" not in wrapped[1]:
            value = wrapped[1].strip()
        return Text(value, Form.HTML, node.base)
    return Text(value, _form(kind, value, node), node.base)


def _form(kind: str, value: str, node: Node) -> Form:
    """What a text is written in."""
    if kind in ("text/markdown", "text/x-markdown"):
        return Form.MARKDOWN
    if kind in _HTML_TYPES:
        return Form.HTML
    if kind in ("text", "text/plain") or (not kind and node.name.startswith("atom:")):
        return Form.TEXT
    return form_of(value)


def _is_encoded(kind: str, node: Node) -> bool:
    """Whether Atom 1.0 says that a content of this type is in base64."""
    if node.name != "atom:content" or "/" not in kind or "mode" in node.attributes:
        return False
    return not kind.startswith(("text/", "message/")) and not kind.endswith(("xml", "html"))


def _from_base64(value: str) -> str | None:
    """The text that is written in base64; None where it is none, or no text."""
    try:
        return base64.b64decode(re.sub(r"\s", "", value), validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        return None
