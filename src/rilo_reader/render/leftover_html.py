"""Convert leftover HTML to tokens of markdown-it; tolerant and bounded.

The content between block tags becomes the source of a paragraph, a heading or a cell, inline tags
included. The parser reads it as Markdown, as most site generators do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape, unescape

from markdown_it.token import Token

from rilo_reader.html.tags import HEADINGS, LISTS, PARAGRAPHS, Markup, iter_tags, parse_attributes
from rilo_reader.text import clean_text, lazy_re

_SPACES = lazy_re(r"[ \t\r\f\v\n\u2028\u2029]+")

# Elements that contain blocks, and their tokens.
CONTAINERS: Mapping[str, str] = {
    **dict.fromkeys(LISTS, "bullet_list"),
    "ol": "ordered_list",
    "li": "list_item",
    "blockquote": "blockquote",
}
BLOCKS = PARAGRAPHS | {"head", "title"}  # begin and end a paragraph
WITHOUT_MEANING = frozenset({"tr", "thead", "tbody", "tfoot", "colgroup", "col"})  # in tables
LITERAL = frozenset({"code", "kbd", "samp", "tt"})  # inline elements whose text is never Markdown
SILENT = frozenset({"script", "style", "template", "noscript", "object", "svg", "math"})
MAX_DEPTH = 30  # quotations and lists; those nested deeper are shown at this depth
_KEPT_ATTRIBUTES = ("href", "src", "alt", "title")  # attributes of inline elements that are used


class HtmlReader:
    """Reads HTML in the pieces into which Markdown splits it."""

    def __init__(self, ask: Callable[[], None]) -> None:
        """Create a reader; `ask` is called for each tag and may raise."""
        self._ask = ask
        self._tokens: list[Token] = []
        self._words: list[str] = []  # the content of the current block
        self._open: list[str] = []  # the open containers
        self._rows: list[list[tuple[str, list[str], str]]] | None = None  # of the current table
        self._code: list[str] | None = None
        self._silent = ""  # the open element whose text is not shown
        self._literals = 0  # number of open elements of code in the current block

    @property
    def is_unfinished(self) -> bool:
        """True if a table, a list, a quotation or code is open."""
        return bool(self._open or self._silent) or self._rows is not None or self._code is not None

    def read_piece(self, source: str) -> None:
        """Read a piece of HTML."""
        end = 0  # of the last tag
        for tag in iter_tags(source, Markup.HTML):
            self._ask()
            self._add_text(source[end : tag.start()])
            end = tag.end()
            if self._silent:
                self._silent = "" if (tag["end"] or "").lower() == self._silent else self._silent
            elif tag["end"]:
                self._end_element(tag["end"].lower())
            elif tag["start"]:
                self._begin_element(tag["start"].lower(), tag["inside"])
        self._add_text(source[end:])

    def take_tokens(self) -> list[Token]:
        """Return the tokens since the last call; closes what is open."""
        self._silent = ""
        self._end_code()
        self._end_table()
        self._end_paragraph()
        while self._open:
            self._leave_container(self._open[-1])
        tokens, self._tokens = self._tokens, []
        return tokens

    # -- pieces ---------------------------------------------------------------------------------

    def _add_text(self, text: str) -> None:
        if not text or self._silent:
            return
        if self._code is not None:
            self._code.append(unescape(text))
        elif not text.isspace() or (self._words and self._words[-1] != "<br>"):
            text = _SPACES.sub(" ", text)
            self._words.append(_escape_text(unescape(text)) if self._literals else text)

    def _begin_element(self, name: str, raw: str) -> None:
        if name in SILENT:
            self._silent = "" if raw.endswith("/") else name
        elif name in BLOCKS or name in HEADINGS or name == "hr":
            self._end_paragraph()
            if name == "hr" and self._rows is None:
                self._tokens.append(Token("hr", "hr", 0))
            if name in ("summary", "dt"):
                self._words.append("<b>")
        elif name == "pre":
            self._end_paragraph()
            self._end_code()
            self._code = []
        elif name == "br" and self._code is not None:
            self._code.append("\n")
        elif name in CONTAINERS:
            self._end_code()
            self._end_paragraph()
            self._enter_container(name, raw)
        elif name in ("table", "tr", "td", "th"):
            self._end_code()
            self._begin_cell(name, raw)
        elif self._code is None and name not in WITHOUT_MEANING:
            self._literals += name in LITERAL
            self._words.append(_make_inline_tag(name, raw))

    def _end_element(self, name: str) -> None:
        if name == "pre":
            self._end_code()
        elif name in HEADINGS:
            self._end_paragraph(name)
        elif name in BLOCKS:
            self._end_paragraph()
        elif name in CONTAINERS:
            self._end_paragraph()
            self._leave_container(name)
        elif name in ("td", "th"):
            self._end_cell()
        elif name == "table":
            self._end_code()
            self._end_table()
        elif self._code is None and name not in WITHOUT_MEANING:
            self._literals -= name in LITERAL and self._literals > 0
            self._words.append(f"</{name}>")

    # -- containers -----------------------------------------------------------------------------

    def _end_paragraph(self, tag: str = "p") -> None:
        """End the current paragraph; in a table cell, add a line break."""
        if self._code is not None:
            return
        self._literals = 0
        if self._rows is not None:
            if self._words and self._words[-1] != "<br>":
                self._words.append("<br>")
            return
        if content := self._take_content():
            self._enter_item()
            kind = "paragraph" if tag == "p" else "heading"
            self._tokens += [
                Token(f"{kind}_open", tag, 1, hidden="li" in self._open),
                Token("inline", "", 0, content=content),
                Token(f"{kind}_close", tag, -1),
            ]

    def _take_content(self) -> str:
        words, self._words, self._literals = self._words, [], 0
        return "".join(words).strip(" ").removesuffix("<br>")

    def _enter_container(self, name: str, raw: str) -> None:
        if self._rows is not None:
            self._words += ["• "] * (name == "li")
            return
        if name == "li":
            if self._open and self._open[-1] not in LISTS and "li" in self._open:
                self._leave_container("li")
            if not self._open or self._open[-1] not in LISTS:
                self._enter_container("ul", "")
        elif len(self._open) > MAX_DEPTH:
            return
        else:
            self._enter_item()
        start = parse_attributes(raw).get("start", "1") if name == "ol" else "1"
        number = int(start) if start.isdecimal() and len(start) < 7 else 1
        self._tokens.append(Token(f"{CONTAINERS[name]}_open", name, 1, attrs={"start": number}))
        self._open.append(name)

    def _enter_item(self) -> None:
        """Put content directly inside a list into the item before it, or a new one."""
        if not self._open or self._open[-1] not in LISTS:
            return
        if self._tokens[-1].type == "list_item_close":
            self._tokens.pop()
            self._open.append("li")
        else:
            self._enter_container("li", "")

    def _leave_container(self, name: str) -> None:
        """Leave the innermost container of that name, with those open inside it."""
        left = ""
        while left != name and name in self._open and self._rows is None:
            left = self._open.pop()
            self._tokens.append(Token(f"{CONTAINERS[left]}_close", left, -1))

    # -- tables and code ------------------------------------------------------------------------

    def _begin_cell(self, name: str, raw: str) -> None:
        if name == "table" or self._rows is None:
            if self._rows is None:
                self._end_paragraph()
                self._rows = [] if name == "table" else None
            return
        if self._rows:
            self._end_cell()
        else:
            self._rows = None
            self._end_paragraph()  # a caption
            self._rows = []
        if name == "tr" or not self._rows:
            self._rows.append([])
        if name != "tr":
            align = next((side for side in ("right", "center") if side in raw), "left")
            self._rows[-1].append((name, [], align))

    def _end_cell(self) -> None:
        self._end_code()
        if self._rows is None:
            self._end_paragraph()
            return
        if content := self._take_content():
            if not self._rows:
                self._rows.append([])
            if not self._rows[-1]:
                self._rows[-1].append(("td", [], "left"))
            self._rows[-1][-1][1].append(content)

    def _end_table(self) -> None:
        if self._rows is None:
            return
        self._end_cell()
        rows, self._rows = [row for row in self._rows if any(cell[1] for cell in row)], None
        has_head = len(rows) > 1 and all(cell[0] == "th" for cell in rows[0])
        if rows and max(map(len, rows)) == 1 and not has_head:
            for row in rows:  # A table of one column is layout, not data.
                self._words = [" ".join(row[0][1])]
                self._end_paragraph()
        elif rows:
            self._add_table(rows, has_head=has_head)

    def _add_table(self, rows: list[list[tuple[str, list[str], str]]], *, has_head: bool) -> None:
        self._enter_item()
        add = self._tokens.append
        add(Token("table_open", "table", 1))
        for part, part_rows in (("thead", rows[:has_head]), ("tbody", rows[has_head:])):
            if not part_rows:
                continue
            add(Token(f"{part}_open", part, 1))
            for row in part_rows:
                add(Token("tr_open", "tr", 1, level=2))
                for _, content, align in row:
                    add(Token("td_open", "td", 1, attrs={"style": f"text-align:{align}"}))
                    add(Token("inline", "", 0, content=" ".join(content)))
                    add(Token("td_close", "td", -1))
                add(Token("tr_close", "tr", -1))
            add(Token(f"{part}_close", part, -1))
        add(Token("table_close", "table", -1))

    def _end_code(self) -> None:
        text = clean_text("".join(self._code or ())).strip("\n")
        self._code = None
        if text.strip() and self._rows is not None:
            lines = (_escape_text(line).replace("  ", "\xa0 ") for line in text.split("\n"))
            self._words.append("<br>".join(f"<code>{line}</code>" for line in lines))
        elif text.strip():
            self._end_paragraph()
            self._enter_item()
            self._tokens.append(Token("fence", "code", 0, content=text))


def _make_inline_tag(name: str, raw: str) -> str:
    """Return an inline tag for the parser, with the attributes that are used."""
    values = parse_attributes(raw) if raw else {}
    kept = (key for key in _KEPT_ATTRIBUTES if key in values)
    attributes = "".join(f' {key}="{_SPACES.sub(" ", escape(values[key]))}"' for key in kept)
    return f"<{name}{attributes}>"


_SPECIAL = lazy_re(r"[^\w\s]")


def _escape_text(text: str) -> str:
    """Escape text so that it is neither Markdown nor HTML."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)
