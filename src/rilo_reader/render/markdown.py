"""Markdown to blocks: markdown-it's tokens, read in parts that share links and footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rilo_reader.article import clean_text
from rilo_reader.render.blocks import Block, Item, Listing, Paragraph, Rule, Run, Table
from rilo_reader.render.html import HtmlReader
from rilo_reader.render.inline import Inlines, Links
from rilo_reader.render.rules import address, wiki_link
from rilo_reader.render.split import Part, parts, prepare
from rilo_reader.render.tokens import TokenReader

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

PROSE = re.compile(
    r"\A(?:(?![ \t]{4}|\t|[ \t]*(?:[#>+=|:-]|\d+[.)]))[^\\`*_\[\]<&~|!\t\n]*(?:\n|\Z))+\Z"
)
"""Text that reads the same as Markdown and as plain paragraphs."""


class Reader:
    """Reads one article's body; `blocks` yields its parts in order, footnotes last."""

    def __init__(self, body: str, base: str = "") -> None:
        self.links = Links(base)
        self._source = prepare(body)
        self._notes: dict[str, int] = {}  # label -> number, in order of first use
        self._env: dict[str, Any] = {}
        self._parser: MarkdownIt | None = None
        self._html = HtmlReader(self.links)
        self._last: Listing | None = None

    def blocks(self) -> Iterator[list[Block]]:
        """The blocks of each part."""
        for part in parts(self._source.text):
            yield self._part(part)
        notes = self._footnotes()
        if notes:
            yield notes

    def _part(self, part: Part) -> list[Block]:
        if part.raw:
            return [Paragraph([Run(clean_text(part.text).replace("\t", " "))], part.goes_on)]
        if "://" not in part.text and "www." not in part.text and PROSE.match(part.text):
            self._last = None
            return _gone_on(_paragraphs(part.text, self.links), part)
        blocks = _gone_on(self._read(part.text), part)
        if part.goes_on and blocks and isinstance(blocks[0], Listing) and self._last:
            _continue(self._last, blocks[0])
        self._last = blocks[-1] if blocks and isinstance(blocks[-1], Listing) else None
        return blocks

    def _read(self, text: str) -> list[Block]:
        """Read Markdown; what cannot be read for its nesting is shown as it stands."""
        if self._parser is None:
            self._parser = self._make_parser()
            if self._source.definitions:
                self._parser.parse(self._source.definitions, self._env)
        try:
            return TokenReader(self._html, self.links, self._number).read(
                self._parser.parse(text, self._env)
            )
        except RecursionError:
            return _paragraphs(text, self.links)

    def _make_parser(self) -> MarkdownIt:
        from markdown_it import MarkdownIt

        parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
        parser.enable(["table", "strikethrough"])
        # Addresses are checked where a link is made; what is refused still shows its text.
        parser.validateLink = _any_link  # type: ignore[method-assign]
        parser.normalizeLink = _same  # type: ignore[method-assign]
        parser.inline.ruler.before("link", "footnote", self._footnote_rule)
        parser.inline.ruler.before("link", "wiki_link", wiki_link)
        parser.inline.ruler.after("text", "address", address)
        return parser

    # -- footnotes ------------------------------------------------------------------------------

    def _number(self, label: str) -> int:
        return self._notes.setdefault(label, len(self._notes) + 1)

    def _footnote_rule(self, state: StateInline, silent: bool) -> bool:
        """`[^label]` where the label is defined."""
        if not state.src.startswith("[^", state.pos):
            return False
        end = state.src.find("]", state.pos + 2, state.pos + 103)
        label = state.src[state.pos + 2 : end].lower()
        if end < 0 or label not in self._source.footnotes:
            return False
        if not silent:
            state.push("footnote_ref", "", 0).content = label
        state.pos = end + 1
        return True

    def _footnotes(self) -> list[Block]:
        """The notes that the text refers to, in the order it does; notes may refer to notes."""
        listing = Listing()
        done: set[str] = set()
        while len(done) < len(self._notes):
            label = next(label for label in self._notes if label not in done)
            done.add(label)
            blocks = self._read(self._source.footnotes[label].strip("\n"))
            number = self._notes[label]
            back = Run(" ↩", Inlines(self.links).ink._replace(jump=f"fnref-{number}"))
            if blocks and isinstance(blocks[-1], Paragraph):
                blocks[-1].runs.append(back)
            else:
                blocks.append(Paragraph([back]))
            listing.items.append(Item(f"{number}.", blocks, f"fn-{number}"))
        return [Rule(), listing] if listing.items else []


def _any_link(url: str) -> bool:
    return True


def _same(url: str) -> str:
    return url


def _paragraphs(text: str, links: Links) -> list[Block]:
    """Text as paragraphs at its blank lines."""
    blocks: list[Block] = []
    for piece in re.split(r"\n[ \t]*\n", text):
        inlines = Inlines(links)
        lines = piece.strip("\n").split("\n")
        for index, line in enumerate(lines):
            inlines.write(line.strip())
            if index < len(lines) - 1:
                inlines.line_break() if line.endswith("  ") else inlines.soft_break()
        runs = inlines.finish()
        if runs:
            blocks.append(Paragraph(runs))
    return blocks


def _gone_on(blocks: list[Block], part: Part) -> list[Block]:
    """The blocks, the first one marked where it continues that of the part before."""
    if part.goes_on and blocks and isinstance(blocks[0], Paragraph | Table):
        blocks[0].goes_on = True
    return blocks


def _continue(before: Listing, after: Listing) -> None:
    """Make a list go on with the one that was cut from it."""
    after.goes_on = before.tight and after.tight
    last = before.items[-1].marker if before.items else ""
    if last.endswith(".") and last[:-1].isdecimal():
        for number, item in enumerate(after.items, int(last[:-1]) + 1):
            if item.marker.endswith("."):
                item.marker = f"{number}."
