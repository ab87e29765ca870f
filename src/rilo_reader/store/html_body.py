"""Convert the body of an HTML article to Markdown (pure, never raises).

Such files are input of site generators and contain template tags, also inside attributes, where
their quotes would end the attribute. The tags are replaced by placeholders before the conversion
and restored in the Markdown, where the renderer handles them.
"""

from __future__ import annotations

import re
from html import escape

from rilo_reader import html as converter

# A tag contains no braces, and a block no tag of its own kind, so that matching is linear.
_TAG = re.compile(r"\{%[^{}]{0,2000}%\}|\{\{[^{}]{0,2000}\}\}|\{#[^{}]{0,2000}#\}")


def _make_block_pattern(name: str) -> str:
    """A pattern for the content of a template block and the tag that ends it."""
    return rf"((?:[^{{]++|\{{(?!%-?\s*(?:end)?{name}\b))*+)\{{%-?\s*end{name}\s*-?%\}}"


_CODE = re.compile(
    rf"\{{%-?\s*highlight\s+([\w+#-]+)[^%\n{{]*%\}}\n?{_make_block_pattern('highlight')}"
)
_COMMENT = re.compile(rf"\{{%-?\s*comment\s*-?%\}}{_make_block_pattern('comment')}")

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Around the number of a tag in its placeholder; noncharacters by definition of Unicode."""

_SET_ASIDE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


_ELEMENT = re.compile(f"<[A-Za-z][^<>{_OPEN}]*{_OPEN}[^<>]*>")
_TEXT = re.compile(r"\{\{-?\s*(?:\"([^\"]*)\"|'([^']*)')")


def _render_attribute_tag(tag: str) -> str:
    """The replacement of a template tag in an attribute: the string it begins with, or "".

    A variable before a path is usually the site's address; a statement is not an address at all.
    """
    if text := _TEXT.match(tag):
        return escape(text[1] or text[2] or "")
    return "" if tag.startswith("{{") else "about:"


_NOWHERE = "https://rilo-reader.invalid"
"""Base address where the real one is unknown, so that relative links are not dropped."""


def to_markdown(body: str, base: str = "") -> str:
    """Convert a body; links and images are resolved against `base`, or start with / without one."""
    html, tags = _hide_tags(body)
    markdown = converter.to_markdown(html, base or f"{_NOWHERE}/")
    if not base:
        markdown = markdown.replace(_NOWHERE, "")
    return _SET_ASIDE.sub(lambda match: tags[int(match[1])], markdown) if tags else markdown


def _hide_tags(body: str) -> tuple[str, list[str]]:
    tags: list[str] = []
    if "{%" not in body and "{{" not in body and "{#" not in body:
        return body, tags

    def hide_tag(match: re.Match[str]) -> str:
        tags.append(" ".join(match[0].split()))
        return f"{_OPEN}{len(tags) - 1}{_CLOSE}"

    def restore_attributes(element: re.Match[str]) -> str:
        return _SET_ASIDE.sub(lambda match: _render_attribute_tag(tags[int(match[1])]), element[0])

    body = body.replace(_OPEN, "").replace(_CLOSE, "")
    if "endcomment" in body:
        body = _COMMENT.sub("", body)
    if "endhighlight" in body:
        code = '<pre><code class="language-{}">{}</code></pre>'
        body = _CODE.sub(lambda match: code.format(match[1], escape(match[2])), body)
    return _ELEMENT.sub(restore_attributes, _TAG.sub(hide_tag, body)), tags
