"""Rewrite the parser's tokens for Rich's Markdown: leftover HTML, callouts and template tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from markdown_it.token import Token

from rilo_reader.render.dialects import is_contents, without_attributes
from rilo_reader.render.inline import Inline
from rilo_reader.render.links import Links
from rilo_reader.render.parser import Source

if TYPE_CHECKING:
    from rilo_reader.render.html import HtmlReader

_CALLOUT = r"\[!(\w[\w-]{0,30})\][+-]?(?:[ \t]+(.*)|(?=\n|\Z))"


class Flow:
    """Rewrites the tokens of one article, block by block."""

    def __init__(self, source: Source, links: Links, *, images: bool = False) -> None:
        """Create a flow from the tokens of `source`.

        Args:
            source: the parser of the article.
            links: collects the addresses.
            images: whether images stay tokens of their own, instead of links to them.
        """
        self._source = source
        self._html: HtmlReader | None = None
        self._inline = Inline(source, links, images=images)
        self._out: list[Token] = []

    def blocks(self) -> Iterator[list[Token]]:
        """Yield the tokens of each block; HTML that spans blank lines is one block."""
        for tokens in self._source.blocks():
            is_html = all(token.type == "html_block" for token in tokens)
            if self._html and self._html.is_unfinished and not is_html:
                self._all(self._html.take())
                yield from self._take()
            self._all(tokens)
            yield from self._take()
        if self._html:
            self._all(self._html.take())
            yield from self._take()

    def _take(self) -> Iterator[list[Token]]:
        if self._out:
            out, self._out = self._out, []
            yield out

    def _all(self, tokens: list[Token], *, is_in_item: bool = False) -> None:
        """Rewrite the tokens of a block; `is_in_item` if they are in a list item."""
        templates = self._source.templates
        items: list[Token] = []
        may_be_callout: Token | None = None  # the quotation that has just begun
        for index, token in enumerate(tokens):
            if token.type == "fence" and token.info.strip() == "{=html}":  # Pandoc's raw HTML
                token.type = "html_block"
            kind = token.type
            if kind == "html_block":
                html = self._reader()
                html.feed(templates.html(token.content) if templates else token.content)
                goes_on = index + 1 < len(tokens) and tokens[index + 1].type == "html_block"
                if not goes_on and (not html.is_unfinished or index + 1 < len(tokens)):
                    self._all(html.take(), is_in_item=bool(items))
                continue
            if kind == "inline":
                self._text(token, tokens[index - 1], items, is_quoted=may_be_callout is not None)
            else:
                # A paragraph made from HTML does not make a list loose.
                token.hidden = token.hidden or is_in_item
                if templates and token.content:
                    token.content = templates.original(token.content)
                self._out.append(token)
            if kind == "list_item_open":
                items.append(token)
            elif kind == "list_item_close":
                items.pop()
            if kind == "blockquote_open":
                may_be_callout = token
            elif kind != "paragraph_open":
                may_be_callout = None

    def _reader(self) -> HtmlReader:
        """Return the reader of HTML, which few articles need."""
        if self._html is None:
            from rilo_reader.render.html import HtmlReader

            self._html = HtmlReader(self._source.ask)
        return self._html

    def _text(self, token: Token, opening: Token, items: list[Token], *, is_quoted: bool) -> None:
        """Rewrite the inline content of a block."""
        if opening.type == "heading_open":
            token.content = without_attributes(token.content)
        elif opening.type == "paragraph_open" and is_contents(token.content):
            if items:
                items[-1].meta["is_contents"] = True
            token.content = ""
        elif is_quoted and (found := re.match(_CALLOUT, token.content)):
            token.meta["label"] = found[1].capitalize(), found[2] or ""
            token.content = token.content[found.end() :].lstrip("\n")
        shown = self._inline.read(token)
        if items and token.content and not shown:  # as `{% for … %}` in a list
            items[-1].meta["is_contents"] = True
        self._out += shown
