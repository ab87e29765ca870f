"""What the elements of HTML do to what stands in them."""

from __future__ import annotations

MARKS = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em",
    "var": "em", "s": "del", "del": "del", "strike": "del", "sup": "sup", "sub": "sub",
    "kbd": "kbd", "ins": "ins", "u": "u", "mark": "mark",
}  # fmt: skip

STYLED = frozenset({"span", "font"})
"""Elements that say nothing but how they look."""

PARAGRAPHS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "address"}
    | {"center", "figure", "figcaption", "fieldset", "form", "legend", "details", "summary", "dl"}
    | {"dt", "dd", "body", "html", "hgroup", "search", "caption", "table", "tbody", "thead"}
    | {"tfoot", "tr", "td", "th", "amp-carousel", "optgroup"}
)
"""Elements that begin and end a paragraph."""

OPENING = {"q": "“", "rt": " ("}
CLOSING = {"q": "”", "rt": ")"}
"""What stands around a quotation in a line, and around how a word is read."""

HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = frozenset({"ul", "ol", "menu", "dir"})
CODES = frozenset({"code", "tt", "samp"})
EMBEDDED = frozenset(
    {"iframe", "video", "audio", "embed", "object", "amp-youtube", "amp-iframe", "amp-video"}
)
