"""The body of an article that is an HTML file -> Markdown (pure, never raises).

Site generators fill such files in: between their tags of HTML stand tags of templates, also inside
attributes, where their quotes would end what they stand in. They are set aside, and put back as
they were into what became Markdown, where the renderer knows what each means.
"""

from __future__ import annotations

import re
from html import escape

from rilo_reader import html as converter

# A tag holds no braces, and what it begins no tag of its kind: so each is looked through once.
_TAG = re.compile(r"\{%[^{}]{0,2000}%\}|\{\{[^{}]{0,2000}\}\}|\{#[^{}]{0,2000}#\}")


def _enclosed(name: str) -> str:
    """An expression for what stands between a tag of a template and the tag that ends it."""
    return rf"((?:[^{{]++|\{{(?!%-?\s*(?:end)?{name}\b))*+)\{{%-?\s*end{name}\s*-?%\}}"


_CODE = re.compile(rf"\{{%-?\s*highlight\s+([\w+#-]+)[^%\n{{]*%\}}\n?{_enclosed('highlight')}")
_COMMENT = re.compile(rf"\{{%-?\s*comment\s*-?%\}}{_enclosed('comment')}")

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""What a tag that is set aside stands between: no characters, by Unicode's own word."""

_SET_ASIDE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


_ELEMENT = re.compile(f"<[A-Za-z][^<>{_OPEN}]*{_OPEN}[^<>]*>")
_TEXT = re.compile(r"\{\{-?\s*(?:\"([^\"]*)\"|'([^']*)')")


def _in_attribute(tag: str) -> str:
    """What a tag of a template is in an attribute: the text that it begins with, such as a path.

    A name before a path is most often that of the site; a statement is no address at all.
    """
    text = _TEXT.match(tag)
    if text:
        return escape(text[1] or text[2] or "")
    return "" if tag.startswith("{{") else "about:"


_NOWHERE = "https://rilo-reader.invalid"
"""Stands in for the site where nobody knows it, so that what is relative to it is not dropped."""


def to_markdown(body: str, base: str = "") -> str:
    """The Markdown of a body.

    Links and pictures are absolute against `base`; where that is "", they begin with a slash.
    """
    html, tags = _without_tags(body)
    markdown = converter.to_markdown(html, base or f"{_NOWHERE}/")
    if not base:
        markdown = markdown.replace(_NOWHERE, "")
    return _SET_ASIDE.sub(lambda match: tags[int(match[1])], markdown) if tags else markdown


def _without_tags(body: str) -> tuple[str, list[str]]:
    """A body with the tags of templates set aside, and these."""
    tags: list[str] = []
    if "{%" not in body and "{{" not in body and "{#" not in body:
        return body, tags

    def set_aside(match: re.Match[str]) -> str:
        tags.append(" ".join(match[0].split()))
        return f"{_OPEN}{len(tags) - 1}{_CLOSE}"

    def in_attributes(element: re.Match[str]) -> str:
        return _SET_ASIDE.sub(lambda match: _in_attribute(tags[int(match[1])]), element[0])

    body = body.replace(_OPEN, "").replace(_CLOSE, "")
    if "endcomment" in body:
        body = _COMMENT.sub("", body)
    if "endhighlight" in body:
        body = _CODE.sub(_as_html, body)
    return _ELEMENT.sub(in_attributes, _TAG.sub(set_aside, body)), tags


def _as_html(match: re.Match[str]) -> str:
    """Jekyll's way to write code."""
    return f'<pre><code class="language-{match[1]}">{escape(match[2])}</code></pre>'
