"""Read the tags of text that need not be well-formed: feeds, lists, leftover HTML (pure).

Matches have the groups `start` and `inside` (a start tag: its name, and the text after it), `end`
(the name of an end tag) or `cdata` (the text of a section); none of these in comments and
declarations. Linear in the length of the text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from enum import Enum
from html import unescape
from typing import TextIO

from rilo_reader.text import lazy_re

ATTRIBUTES_LIMIT = 200


class Markup(Enum):
    """The kind of markup in a text, which decides how far a start tag extends."""

    # A quoted value never reaches beyond the next "<": a lost quote costs one tag.
    XML = r"""(?P<inside>(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*)>"""
    # A value may hold "<", up to a bound.
    HTML = r"""(?P<inside>(?:[^<>"'=]++|=\s*+(?:"[^"]{0,4000}"|'[^']{0,4000}')?+|["']){0,400}+)>"""
    # Each tag is one, if only the next one ends it.
    LIST = r"""(?P<inside>(?:[^<>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+|["'])*+)(?:>|(?=<)|\Z)"""


@functools.cache
def compile_pattern(
    markup: Markup, *, comments: bool = True, cdata: bool = True
) -> re.Pattern[str]:
    """Return a pattern of one piece of markup: whole comments and sections, or their beginnings."""
    return re.compile(
        (r"<!--.*?(?:-->|\Z)" if comments else "<!--")
        + (r"|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)" if cdata else r"|<!\[CDATA\[(?P<cdata>)")
        + r"|<[!?][^>]{0,4000}>"
        r"|</\s*(?P<end>[A-Za-z_][^\s<>/]*)[^<>]*>"
        r"|<(?P<start>[A-Za-z_][^\s<>/\"'=]*)" + markup.value,
        re.DOTALL,
    )


def iter_tags(text: str, markup: Markup) -> Iterator[re.Match[str]]:
    """Yield the pieces of markup in a text."""
    return compile_pattern(markup).finditer(text)


STREAM_CHUNK, STREAM_TAG_LIMIT = 1 << 18, 4_000_000
"""Characters that are read at once, and of the longest tag, with a picture in it, in a stream."""


def iter_tags_and_texts(stream: TextIO) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the tags of a long list, each with the text up to the next one."""
    pattern, text, is_end = compile_pattern(Markup.LIST), "", False
    while not is_end:
        more = stream.read(max(STREAM_CHUNK, len(text)))
        is_end, text = not more or len(text) > STREAM_TAG_LIMIT, text + more
        last = None
        for tag in pattern.finditer(text):
            if last is not None:
                yield last, text[last.end() : tag.start()]
            last = tag
        if last is not None:
            if is_end:
                yield last, text[last.end() :]
            text = text[last.start() :]  # it may go on in what is still to be read


_ATTRIBUTE = lazy_re(r"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


def parse_attributes(inside: str) -> dict[str, str]:
    """Return the attributes in a start tag by name in lower case; of duplicates, the first."""
    found: dict[str, str] = {}
    if "=" not in inside:
        return found
    for count, match in enumerate(_ATTRIBUTE.finditer(inside)):
        if count == ATTRIBUTES_LIMIT:
            break
        value = match[2] or match[3] or match[4] or ""
        found.setdefault(match[1].lower(), expand_entities(value))
    return found


_ENTITY = lazy_re(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def expand_entities(text: str) -> str:
    """Replace complete entities of HTML and XML, not "&copy=1", nor those that a file declares."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


PARAGRAPHS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "address"}
    | {"center", "figure", "figcaption", "fieldset", "form", "legend", "details", "summary"}
    | {"dl", "dt", "dd", "caption", "body", "html", "hgroup", "search"}
)
"""Elements that begin and end a paragraph everywhere."""

HEADINGS = {f"h{level}": level for level in range(1, 7)}  # the level of each heading
LISTS = frozenset({"ul", "ol", "menu", "dir"})

TABLE_PARTS = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th"})
"""Elements of tables, which begin and end a paragraph where a table is not data."""
