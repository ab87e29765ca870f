"""Format Markdown as safe XHTML (pure).

The tokens are those from which the reader makes its pages, so that a book or a feed shows what the
screen does. They hold text, safe addresses and a fixed set of elements, but no HTML of the article:
whatever is written here is made here, and can neither act nor load anything.

Highlights are marked in what was written, with their notes below it. Their places are found in the
text of the article, whose pieces lie in elements of all kinds: each piece is marked for itself, so
marks never cross an element.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import pairwise, takewhile
from typing import NamedTuple

from markdown_it.token import Token

from rilo_reader.annotations.anchors import find_anchors
from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import Article
from rilo_reader.render.elements import make_slug
from rilo_reader.render.page import Images, LinkNumbers
from rilo_reader.render.parser import MarkdownSource
from rilo_reader.render.tokens import TokenRewriter
from rilo_reader.text import clean_text, xml_text

_ID = re.compile(r"[\w.-]{1,100}")
_NAMES = {"dim": "small", **{f"h{level}": f"h{min(6, level + 2)}" for level in range(1, 7)}}
"""Elements of tokens with another name in HTML: headings are below the article's, of level 2."""

_ELEMENTS_AROUND = {
    "text": ("", ""),
    "code_inline": ("<code>", "</code>"),
    "fence": ("<pre><code>", "</code></pre>\n"),
    "code_block": ("<pre><code>", "</code></pre>\n"),
    "raw": ("<p>", "</p>\n"),
}
"""Tokens of text, and what is written around it."""


def to_xhtml(
    article: Article,
    prefix: str,
    *,
    images: Images | None = None,
    highlights: Sequence[Highlight] = (),
) -> str:
    """Convert the text of an article, possibly hostile, to well-formed XHTML that is safe.

    Args:
        article: the article.
        prefix: prefix of all ids, so that articles in one page do not clash; begins with a letter.
        images: says what is written for an image; others become links, and nothing is loaded.
        highlights: what is marked, with a class for its kind (`kind1` to `kind4`); notes follow at
            the end, and the quotations of what is not found.
    """
    links = LinkNumbers(article.url)
    writer = _XhtmlWriter(prefix, links)
    for tokens in TokenRewriter(
        MarkdownSource(clean_text(article.text), article.dialect), links, images=images
    ).rewrite_blocks():
        writer.add_tokens(tokens)
    return writer.finish_text(highlights)


class _TextPiece(NamedTuple):
    """A piece of text in the output."""

    part: int  # index of the part of the output that is this piece, escaped
    text: str
    start: int  # where it begins in the text of the article
    # index of the part behind which a link may follow: the end of the link that the piece is
    # in, else `part`
    after: int


class _FoundHighlight(NamedTuple):
    """A highlight that was found."""

    highlight: Highlight
    start: int  # in the text of the article
    end: int
    reference: str  # to its note, written behind it, or ""


class _XhtmlWriter:
    """Writes tokens as elements."""

    def __init__(self, prefix: str, links: LinkNumbers) -> None:
        self._prefix = prefix
        self._links = links
        self._parts: list[str] = []
        self._put = self._parts.append
        self._ids: set[str] = set()
        self._inner: list[tuple[int, str]] = []  # links to ids: their part, and the id
        self._open_links: list[bool] = []  # whether each open link is written
        self._pieces: list[_TextPiece] = []
        self._texts: list[str] = []  # the text of the article; between blocks is a line end
        self._length = 0  # of that
        self._is_new_line = False
        self._first_in_link = 0  # the first piece in the open link

    def finish_text(self, highlights: Sequence[Highlight]) -> str:
        """The output with highlights, without links to missing ids."""
        if highlights:
            self._mark_highlights(highlights)
        for part, name in self._inner:
            if name not in self._ids:
                self._parts[part] = "<a>"
        return "".join(self._parts)

    def add_tokens(self, tokens: Sequence[Token]) -> None:
        """Write the tokens of a block."""
        is_bare = False  # whether the open paragraph has no element
        for index, token in enumerate(tokens):
            kind = token.type
            self._is_new_line = self._is_new_line or token.block or kind == "hardbreak"
            if kind == "paragraph_open":
                is_bare = token.hidden and index > 0 and tokens[index - 1].nesting == 1
                self._put("" if is_bare else "<p>")
            elif kind == "paragraph_close":
                self._put("" if is_bare else "</p>\n")
            elif kind == "heading_open":
                inner = takewhile(lambda each: each.type != "heading_close", tokens[index:])
                words = "".join(each.content for each in inner)
                self._put(f"<{_NAMES[token.tag]}{self._id_attribute(make_slug(words))}>")
            elif kind == "link_open":
                self._open_link(str(token.attrs["href"]))
            elif kind == "link_close":
                self._close_link()
            elif token.nesting == 1:
                self._write_opening(token)
            elif token.nesting == -1:
                line_end = "\n" if token.block or kind == "heading_close" else ""
                self._put(f"</{_NAMES.get(token.tag, token.tag)}>{line_end}")
            else:
                self._write_single(token)

    def _write_single(self, token: Token) -> None:
        if token.type in _ELEMENTS_AROUND:
            text = token.content
            if token.type == "raw":
                text = clean_text(text).strip()
            elif token.type in ("fence", "code_block"):
                text = clean_text(text).rstrip("\n")
            before, after = _ELEMENTS_AROUND[token.type]
            self._put(before)
            self._add_text(text)
            self._put(after)
        elif token.type == "image":
            source, alt = escape(str(token.attrs["src"])), escape(xml_text(token.content))
            self._put(f'<img src="{source}" alt="{alt}"/>')
        elif token.type in ("hardbreak", "hr"):
            self._put(f"<{token.tag}/>\n")

    def _add_text(self, text: str) -> None:
        """Write text, and note where it is."""
        if self._is_new_line:
            self._texts.append("\n")
            self._length += 1
            self._is_new_line = False
        self._texts.append(text)
        self._pieces.append(_TextPiece(len(self._parts), text, self._length, len(self._parts)))
        self._length += len(text)
        self._put(xml_text(text))

    def _write_opening(self, token: Token) -> None:
        attributes = ""
        if token.type == "ordered_list_open" and token.attrs.get("start", 1) != 1:
            attributes = f' start="{token.attrs["start"]}"'
        elif "anchor" in token.meta:
            attributes = self._id_attribute(token.meta["anchor"])
        self._put(f"<{_NAMES.get(token.tag, token.tag)}{attributes}>")
        checked = token.meta.get("checked")
        if checked is not None:
            self._put("☑ " if checked else "☐ ")

    def _open_link(self, target: str) -> None:
        """Write the start tag of a link (see `render.lines.target_of`); links do not nest."""
        where = target.rpartition(" ")[0]
        is_written = not any(self._open_links)
        self._open_links.append(is_written)
        if not is_written:
            return
        self._first_in_link = len(self._pieces)
        if where.startswith("#"):
            name = where[1:]
            own = self._id_attribute(f"fnref-{name[3:]}") if name.startswith("fn-") else ""
            self._inner.append((len(self._parts), name))
            self._put(f'<a{own} href="#{self._prefix}{escape(name)}">')
        else:
            self._put(f'<a href="{escape(self._links.urls[int(where) - 1])}">')

    def _close_link(self) -> None:
        if not self._open_links.pop():
            return
        # What belongs to the text of the link but is a link itself follows it.
        for index in range(self._first_in_link, len(self._pieces)):
            self._pieces[index] = self._pieces[index]._replace(after=len(self._parts))
        self._put("</a>")

    def _id_attribute(self, name: str) -> str:
        """An attribute with an id; "" if it is invalid or taken."""
        if not _ID.fullmatch(name) or name in self._ids:
            return ""
        self._ids.add(name)
        return f' id="{self._prefix}{name}"'

    # -- highlights -----------------------------------------------------------------------------

    def _mark_highlights(self, highlights: Sequence[Highlight]) -> None:
        """Mark highlights in the output; append their notes, and those that are not found."""
        placed: list[_FoundHighlight] = []
        notes: list[tuple[Highlight, str]] = []
        lost: list[str] = []
        found = find_anchors([each.anchor for each in highlights], "".join(self._texts))
        for highlight, place in zip(highlights, found, strict=True):
            if place is None:
                note = f"<p>{_break_lines(highlight.note)}</p>" if highlight.note else ""
                quotation = (
                    f"<blockquote><p>{_break_lines(highlight.anchor.exact)}</p></blockquote>"
                )
                lost.append(f'<aside class="note">{quotation}{note}</aside>\n')
                continue
            reference = ""
            if highlight.note:
                name = f"note-{highlight.id}"
                notes.append((highlight, self._id_attribute(name)))
                link = f'<a href="#{self._prefix}{name}" role="doc-noteref">{len(notes)}</a>'
                reference = f"<sup>{link}</sup>" if notes[-1][1] else ""
            placed.append(_FoundHighlight(highlight, place.start, place.end, reference))
        targets: set[str] = set()
        for piece in self._pieces:
            self._mark_piece(piece, placed, targets)
        for count, (highlight, attribute) in enumerate(notes, 1):
            note = f"{count}. {_break_lines(highlight.note)}"
            if highlight.id in targets:
                target = f"#{self._prefix}highlight-{highlight.id}"
                note += f' <a href="{target}" role="doc-backlink">↩</a>'
            aside = f'<aside{attribute} class="note" role="doc-footnote"><p>{note}</p></aside>\n'
            self._put(aside)
        self._parts += lost

    def _mark_piece(
        self, piece: _TextPiece, placed: Sequence[_FoundHighlight], targets: set[str]
    ) -> None:
        """Mark what of a piece is in highlights; add those whose mark has an id to `targets`."""
        start, end = piece.start, piece.start + len(piece.text)
        placed = [each for each in placed if each.start < end and start < each.end]
        if not placed:
            return
        edges = {edge for each in placed for edge in (each.start, each.end) if start < edge < end}
        made: list[str] = []
        for at, stop in pairwise(sorted({start, end, *edges})):
            markup = xml_text(piece.text[at - start : stop - start])
            own = [each for each in placed if each.start <= at < each.end]
            if own:
                new = next((one.highlight.id for one in own if one.highlight.id not in targets), "")
                attribute = self._id_attribute(f"highlight-{new}") if new else ""
                targets.update((new,) if attribute else ())
                kinds = sorted({f"kind{one.highlight.kind}" for one in own})
                markup = f'<mark{attribute} class="{" ".join(kinds)}">{markup}</mark>'
            made.append(markup)
            references = "".join(one.reference for one in own if one.end == stop)
            if piece.after == piece.part:
                made.append(references)
            else:
                self._parts[piece.after] += references
        self._parts[piece.part] = "".join(made)


def _break_lines(text: str) -> str:
    return xml_text(text).replace("\n", "<br/>")
