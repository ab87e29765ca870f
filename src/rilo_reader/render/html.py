"""Leftover HTML to blocks: tolerant, bounded, and only what a reader needs of it."""

from __future__ import annotations

import re

from rilo_reader.article import clean_text
from rilo_reader.entities import unescape
from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import (
    Block,
    Code,
    Item,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
    Title,
)
from rilo_reader.render.inline import SILENT, Inlines, Links, attributes

_PIECE = LazyPattern(
    r"<!--.*?(?:-->|\Z)"
    r"|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    r"|<[!?][^>]{0,4000}>"
    r"""|<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})((?:"[^"]{0,4000}"|'[^']{0,4000}'|[^"'<>]){0,200})>""",
    re.DOTALL,
)
"""A comment, a declaration, or a tag: its slash, name and attributes."""

PARAGRAPHS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "address"}
    | {"center", "figure", "figcaption", "fieldset", "form", "details", "summary", "legend"}
    | {"dl", "dt", "dd", "caption", "body", "html", "head", "title"}
)
"""Elements that begin and end a paragraph."""

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

LISTS = frozenset({"ul", "ol", "menu"})

DEEPEST = 30
"""Quotations and lists nested deeper than this are shown at this depth."""


class HtmlReader:
    """Reads HTML in pieces, as Markdown cuts it; `blocks` is what was read so far."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._inlines = Inlines(links)
        self._blocks: list[Block] = []
        self._into: list[tuple[str, list[Block]]] = [("", self._blocks)]
        self._lists: list[tuple[Listing, int]] = []  # the list, and the number it is at; 0: none
        self._table: Table | None = None
        self._row_is_header = True
        self._code: list[str] | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a table, a list or a quotation waits for what comes."""
        return self._table is not None or len(self._into) > 1 or self._code is not None

    def feed(self, source: str) -> None:
        """Read a piece of HTML."""
        done = 0
        for match in _PIECE.finditer(source):
            self._text(source[done : match.start()])
            done = match.end()
            name = match[2]
            if name and match[1]:
                self._close(name.lower())
            elif name:
                self._open(name.lower(), match[3])
        self._text(source[done:])

    def take(self) -> list[Block]:
        """Everything read since the last call; what was open is closed."""
        self._finish_code()
        self._flush()
        self._finish_table()
        blocks = list(self._blocks)
        self._blocks.clear()
        del self._into[1:]
        self._lists.clear()
        return blocks

    # -- pieces ---------------------------------------------------------------------------------

    def _text(self, text: str) -> None:
        if not text:
            return
        if self._code is not None:
            self._code.append(unescape(text))
        elif not text.isspace() or self._inlines.runs:
            self._inlines.write_html(text)

    def _open(self, name: str, raw: str) -> None:
        if name in PARAGRAPHS or name in HEADINGS:
            self._flush()
            if name in ("summary", "dt"):
                self._inlines.open_tag(name, {})
        elif name == "pre":
            self._flush()
            self._code = []
        elif name == "hr":
            self._flush()
            self._add(Rule())
        elif name == "br" and self._code is not None:
            self._code.append("\n")
        elif name == "blockquote" or name in LISTS:
            self._flush()
            self._open_container(name, raw)
        elif name == "li":
            self._flush()
            self._open_item()
        elif name in ("table", "tr", "td", "th"):
            self._open_cell(name, raw)
        elif self._code is None:
            self._inlines.open_tag(name, attributes(raw) if raw else {})

    def _close(self, name: str) -> None:
        if name == "pre":
            self._finish_code()
        elif name in HEADINGS:
            runs = self._inlines.finish()
            if runs:
                self._add(Title(int(name[1]), runs))
        elif name in PARAGRAPHS:
            self._flush()
        elif name in ("blockquote", "li") or name in LISTS:
            self._flush()
            self._leave(name)
        elif name in ("td", "th", "tr"):
            if self._table is not None and name != "tr":
                self._end_cell()
        elif name == "table":
            self._flush()
            self._finish_table()
        elif self._code is None or name in SILENT:
            self._inlines.close_tag(name)

    # -- containers -----------------------------------------------------------------------------

    def _add(self, block: Block) -> None:
        if self._table is not None and not isinstance(block, Table):
            return
        self._into[-1][1].append(block)

    def _flush(self) -> None:
        """End the paragraph; inside a table cell it is a line break."""
        if self._table is not None and self._code is None:
            if self._inlines.runs:
                self._inlines.line_break()
            return
        runs = self._inlines.finish()
        if runs:
            self._add(Paragraph(runs))

    def _open_container(self, name: str, raw: str) -> None:
        if len(self._into) > DEEPEST or self._table is not None:
            return
        if name == "blockquote":
            quote = Quote()
            self._add(quote)
            self._into.append((name, quote.blocks))
            return
        listing = Listing()
        self._add(listing)
        start = attributes(raw).get("start", "1")
        number = int(start) if name == "ol" and start.isdecimal() and len(start) < 7 else 1
        self._lists.append((listing, number if name == "ol" else 0))
        self._into.append((name, []))

    def _open_item(self) -> None:
        if self._table is not None:
            self._inlines.write("• ")
            return
        if self._into[-1][0] == "li":
            self._into.pop()
        if not self._lists or self._into[-1][0] not in LISTS:
            self._inlines.write("• ")
            return
        listing, number = self._lists[-1]
        item = Item(f"{number}." if number else "•")
        listing.items.append(item)
        self._lists[-1] = (listing, number + 1 if number else 0)
        self._into.append(("li", item.blocks))

    def _leave(self, name: str) -> None:
        """Leave the nearest container of that name, and those left open in it."""
        names = [entry[0] for entry in self._into]
        if name not in names:
            return
        while len(self._into) > 1:
            left = self._into.pop()[0]
            if left in LISTS and self._lists:
                self._lists.pop()
            if left == name:
                return

    # -- tables and code ------------------------------------------------------------------------

    def _open_cell(self, name: str, raw: str) -> None:
        if name == "table":
            if self._table is not None:
                return
            self._flush()
            self._table = Table([], [], [])
            return
        if self._table is None:
            if name == "tr":
                self._flush()
            return
        self._end_cell()
        if name == "tr":
            self._table.rows.append([])
        else:
            if not self._table.rows:
                self._table.rows.append([])
            align = "right" if "right" in raw else "center" if "center" in raw else "left"
            if len(self._table.rows) == 1:
                self._table.aligns.append(align)
                self._row_is_header = self._row_is_header and name == "th"
            self._table.rows[-1].append([])

    def _end_cell(self) -> None:
        runs = self._inlines.finish()
        if runs and self._table is not None:
            if not self._table.rows:
                self._table.rows.append([])
            row = self._table.rows[-1]
            if row and not row[-1]:
                row[-1] = runs
            elif row:
                row[-1] = [*row[-1], Run(" "), *runs]
            else:
                row.append(runs)

    def _finish_table(self) -> None:
        if self._table is None:
            return
        self._end_cell()
        table, self._table = self._table, None
        table.rows = [row for row in table.rows if any(row)]
        if table.rows and self._row_is_header and len(table.rows) > 1:
            table.header = table.rows.pop(0)
        self._row_is_header = True
        if not table.rows:
            return
        if max(len(row) for row in table.rows) == 1 and not table.header:
            # A table of one column is layout, not data.
            for row in table.rows:
                self._add(Paragraph(row[0]))
        else:
            self._add(table)

    def _finish_code(self) -> None:
        if self._code is None:
            return
        text = clean_text("".join(self._code)).strip("\n")
        self._code = None
        if text.strip():
            if self._table is not None:
                self._inlines.write(text)
            else:
                self._add(Code(text))
