"""Sets of HTML elements that begin and end blocks of text, for all that reads HTML."""

from __future__ import annotations

PARAGRAPHS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "address"}
    | {"center", "figure", "figcaption", "fieldset", "form", "legend", "details", "summary"}
    | {"dl", "dt", "dd", "caption", "body", "html", "hgroup", "search"}
)
"""Elements that begin and end a paragraph, wherever they stand."""

HEADINGS = {f"h{level}": level for level in range(1, 7)}
"""The level of each heading."""

LISTS = frozenset({"ul", "ol", "menu", "dir"})

TABLE_PARTS = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th"})
"""Elements of tables, which begin and end a paragraph where a table is no data."""
