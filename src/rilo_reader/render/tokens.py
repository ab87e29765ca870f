"""markdown-it's tokens of one part to blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rilo_reader.article import clean_text
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
from rilo_reader.render.html import HtmlReader
from rilo_reader.render.inline import Inlines, Links, attributes, marked

if TYPE_CHECKING:
    from markdown_it.token import Token

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)(.*?)/?>\Z", re.DOTALL)
_TASK = re.compile(r"\[([ xX])\] ")
_CALLOUT = re.compile(r"\[!(\w[\w-]{0,30})\][+-]?(?= |\Z)")
_ALIGN = re.compile(r"text-align:(left|right|center)")

MARKS = {"em": "emphasis", "strong": "strong", "s": "strike"}


class TokenReader:
    """Walks the tokens of one part."""

    def __init__(self, html: HtmlReader, links: Links, number: Callable[[str], int]) -> None:
        self._html = html
        self._links = links
        self._number = number
        self._blocks: list[Block] = []
        self._into: list[list[Block]] = [self._blocks]
        self._lists: list[tuple[Listing, int]] = []
        self._table: Table | None = None

    def read(self, tokens: Sequence[Token]) -> list[Block]:
        """The blocks of the tokens."""
        for index, token in enumerate(tokens):
            kind = token.type
            if kind != "html_block" and self._html.unfinished:
                self._add(*self._html.take())
            if kind == "inline":
                self._inline(token, tokens[index - 1])
            else:
                self._block(kind, token)
        self._add(*self._html.take())
        return self._blocks

    def _add(self, *blocks: Block) -> None:
        self._into[-1].extend(blocks)

    def _block(self, kind: str, token: Token) -> None:
        if kind in ("fence", "code_block"):
            language = token.info.strip().split(None, 1)[0] if token.info.strip() else ""
            self._add(Code(clean_text(token.content).rstrip("\n"), clean_text(language)))
        elif kind == "html_block":
            self._html.feed(token.content)
            if not self._html.unfinished:
                self._add(*self._html.take())
        elif kind == "hr":
            self._add(Rule())
        elif kind == "blockquote_open":
            self._enter(quote := Quote(), quote.blocks)
        elif kind in ("bullet_list_open", "ordered_list_open"):
            listing = Listing()
            self._add(listing)
            self._lists.append((listing, int(token.attrGet("start") or 1)))
        elif kind == "list_item_open":
            self._open_item(token)
        elif kind in ("blockquote_close", "list_item_close"):
            self._into.pop()
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif kind == "paragraph_open" and not token.hidden and self._lists:
            self._note_loose(token)
        elif kind.startswith(("table", "tr", "th", "td")):
            self._table_token(kind, token)

    def _enter(self, block: Block, inner: list[Block]) -> None:
        self._add(block)
        self._into.append(inner)

    def _open_item(self, token: Token) -> None:
        listing, start = self._lists[-1]
        ordered = token.markup in (".", ")")
        item = Item(f"{start + len(listing.items)}." if ordered else "•")
        listing.items.append(item)
        self._into.append(item.blocks)

    def _note_loose(self, token: Token) -> None:
        """A paragraph that is not hidden makes the list it stands in directly a loose one."""
        listing = self._lists[-1][0]
        if listing.items and listing.items[-1].blocks is self._into[-1]:
            listing.tight = False

    def _table_token(self, kind: str, token: Token) -> None:
        if kind == "table_open":
            self._table = Table([], [], [])
            self._add(self._table)
        elif self._table is None:
            return
        elif kind == "table_close":
            self._table = None
        elif kind == "tr_open":
            self._table.rows.append([])
        elif kind == "thead_close":
            self._table.header = self._table.rows.pop() if self._table.rows else []
        elif kind == "th_open":
            match = _ALIGN.search(str(token.attrGet("style") or ""))
            self._table.aligns.append(match[1] if match else "left")

    def _inline(self, token: Token, opener: Token) -> None:
        runs = self._runs(token.children or ())
        if self._table is not None and opener.type in ("th_open", "td_open"):
            self._table.rows[-1].append(runs)
        elif opener.type == "heading_open":
            if runs:
                self._add(Title(int(opener.tag[1]), runs))
        elif runs:
            self._add(Paragraph(self._marked(runs)))

    def _marked(self, runs: list[Run]) -> list[Run]:
        """A first paragraph without its mark of a task or a callout, which shows otherwise."""
        first = runs[0]
        into = self._into[-1]
        if into or not first.text.startswith("["):
            return runs
        if self._lists and self._lists[-1][0].items and (match := _TASK.match(first.text)):
            item = self._lists[-1][0].items[-1]
            if item.blocks is into:
                item.marker = "☐" if match[1] == " " else "☑"
                return [Run(first.text[4:], first.ink), *runs[1:]]
        if match := _CALLOUT.match(first.text):
            rest = first.text[match.end() :].strip()
            name = match[1].capitalize()
            label = Run(f"{name}: " if rest or runs[1:] else name, first.ink._replace(strong=True))
            return [label, *([Run(rest, first.ink)] if rest else []), *runs[1:]]
        return runs

    def _runs(self, tokens: Sequence[Token]) -> list[Run]:
        inlines = Inlines(self._links)
        for token in tokens:
            kind = token.type
            if kind in ("text", "text_special"):
                inlines.write(token.content)
            elif kind == "softbreak":
                inlines.soft_break()
            elif kind == "hardbreak":
                inlines.line_break()
            elif kind == "code_inline":
                inlines.write(token.content, inlines.ink._replace(code=True))
            elif kind == "html_inline":
                _inline_tag(inlines, token.content)
            elif kind.endswith("_close"):
                inlines.pop(token.tag)
            else:
                self._special(inlines, token)
        return inlines.finish()

    def _special(self, inlines: Inlines, token: Token) -> None:
        """A picture, a footnote's number, a link, or emphasis that begins."""
        if token.type == "image":
            inlines.image(token.content, str(token.attrGet("src") or ""))
        elif token.type == "footnote_ref":
            number = self._number(token.content)
            inlines.write(f"[{number}]", inlines.ink._replace(jump=f"fn-{number}", dim=True))
        elif token.type == "link_open":
            target = str(token.attrGet("href") or "")
            inlines.push(token.tag, self._links.ink(inlines.ink, target))
        elif token.tag in MARKS:
            inlines.push(token.tag, marked(inlines.ink, MARKS[token.tag]))


def _inline_tag(inlines: Inlines, content: str) -> None:
    """A single tag among Markdown text; comments and declarations mean nothing."""
    match = _TAG.match(content)
    if not match:
        return
    name = match[2].lower()
    if match[1]:
        inlines.close_tag(name)
    else:
        inlines.open_tag(name, attributes(match[3]) if match[3] else {})
