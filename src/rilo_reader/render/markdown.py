"""Markdown to blocks: markdown-it's tokens, read in parts that share links and footnotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

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
from rilo_reader.render.inline import Inlines, Links, attributes, marked, trimmed_address
from rilo_reader.render.split import Part, parts, prepare

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

PROSE = re.compile(
    r"\A(?:(?![ \t]{4}|\t|[ \t]*(?:[#>+=|:-]|\d+[.)]))[^\\`*_\[\]<&~|!\t\n]*(?:\n|\Z))+\Z"
)
"""Text that reads the same as Markdown and as plain paragraphs."""

_ADDRESS = re.compile(r"https?://[^\s<>\"`{}|\\^]{1,2000}", re.IGNORECASE)
_SCHEME = re.compile(r"(?:^|[^A-Za-z0-9.+-])(https?)$", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)(.*?)/?>\Z", re.DOTALL)
_TASK = re.compile(r"\[([ xX])\] ")
_CALLOUT = re.compile(r"\[!(\w[\w-]{0,30})\][+-]?(?= |\Z)")
_ALIGN = re.compile(r"text-align:(left|right|center)")

MARKS = {"em": "emphasis", "strong": "strong", "s": "strike"}


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
            return _Tokens(self._html, self.links, self._number).read(
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
        parser.inline.ruler.before("link", "wiki_link", _wiki_link_rule)
        parser.inline.ruler.after("text", "address", _address_rule)
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


def _address_rule(state: StateInline, silent: bool) -> bool:
    """A bare web address."""
    position = state.pos
    if not state.src.startswith("://", position) or state.linkLevel > 0:
        return False
    scheme = _SCHEME.search(state.pending)
    if not scheme:
        return False
    match = _ADDRESS.match(state.src, position - len(scheme[1]))
    address = trimmed_address(match[0]) if match else ""
    if len(address) < len(scheme[1]) + 4:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        state.push("link_open", "a", 1).attrs = {"href": address}
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1)
    state.pos += len(address) - len(scheme[1])
    return True


def _wiki_link_rule(state: StateInline, silent: bool) -> bool:
    """Obsidian's `[[Note|words]]`: the words, since only Obsidian could follow it."""
    if not state.src.startswith("[[", state.pos):
        return False
    end = state.src.find("]]", state.pos + 2, state.pos + 402)
    target = state.src[state.pos + 2 : end]
    if end < 0 or not target.strip() or "[" in target or "\n" in target:
        return False
    if not silent:
        state.push("text", "", 0).content = target.rsplit("|", 1)[-1].strip()
    state.pos = end + 2
    return True


class _Tokens:
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
