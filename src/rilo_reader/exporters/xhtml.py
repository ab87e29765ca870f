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
from bisect import bisect_right
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from markdown_it.token import Token

from rilo_reader.annotations.anchors import Found, find_anchors
from rilo_reader.annotations.highlight import Highlight
from rilo_reader.render.elements import slug
from rilo_reader.render.page import Links
from rilo_reader.render.parser import Source
from rilo_reader.render.tokens import Flow
from rilo_reader.text import clean_text, xml_text

_ID = re.compile(r"[\w.-]{1,100}")
_NAMES = {"dim": "small"}
"""Elements of tokens with another name in HTML."""


def to_xhtml(
    markdown: str,
    prefix: str,
    *,
    base: str = "",
    images: bool = False,
    highlights: Sequence[Highlight] = (),
) -> str:
    """Convert Markdown to well-formed XHTML that is safe.

    Args:
        markdown: any text, possibly hostile.
        prefix: prefix of all ids, so that articles in one page do not clash; begins with a letter.
        base: the address that relative links are resolved against.
        images: whether images are kept; otherwise they become links, and nothing is loaded.
        highlights: what is marked, with a class for its kind (`kind1` to `kind4`); notes follow at
            the end.
    """
    links = Links(base, number_links=False, addresses=False)
    writer = _Writer(prefix, links)
    for tokens in Flow(Source(clean_text(markdown)), links, images=images).blocks():
        writer.add(tokens)
    return writer.text(highlights)


class _Writer:
    """Writes tokens as elements."""

    def __init__(self, prefix: str, links: Links) -> None:
        self._prefix = prefix
        self._links = links
        self._parts: list[str] = []
        self._ids: set[str] = set()
        self._inner: list[tuple[int, str]] = []  # links to ids: their part, and the id
        self._open_links: list[bool] = []  # whether each open link is written
        self._pieces: list[Piece] = []
        self._length = 0  # of the text
        self._is_new_line = False
        self._first_in_link = 0  # the first piece in the open link

    def text(self, highlights: Sequence[Highlight]) -> str:
        """The output with highlights, without links to missing ids."""
        if highlights:
            mark(self._parts, self._pieces, highlights, self._prefix, self._id)
        for part, name in self._inner:
            if name not in self._ids:
                self._parts[part] = "<a>"
        return "".join(self._parts)

    def add(self, tokens: Sequence[Token]) -> None:
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
                self._put(f"<{_heading(token)}{self._id(slug(_words(tokens, index)))}>")
            elif kind == "heading_close":
                self._put(f"</{_heading(token)}>\n")
            elif kind == "link_open":
                self._open_link(str(token.attrs["href"]))
            elif kind == "link_close":
                self._close_link()
            elif token.nesting == 1:
                self._open(token, is_empty=tokens[index + 1].type == kind.replace("open", "close"))
            elif token.nesting == -1:
                is_empty = tokens[index - 1].type == kind.replace("close", "open")
                if not (is_empty and token.tag in ("thead", "tbody")):
                    end = "\n" if token.block else ""
                    self._put(f"</{_NAMES.get(token.tag, token.tag)}>{end}")
            else:
                self._whole(token)

    def _put(self, markup: str) -> None:
        self._parts.append(markup)

    def _put_text(self, text: str) -> None:
        """Write text, and note where it is."""
        start = self._length + (1 if self._is_new_line else 0)
        self._is_new_line = False
        self._pieces.append(Piece(len(self._parts), text, start, len(self._parts)))
        self._length = start + len(text)
        self._put(xml_text(text))

    def _whole(self, token: Token) -> None:
        if token.type == "text":
            self._put_text(token.content)
        elif token.type == "code_inline":
            self._put("<code>")
            self._put_text(token.content)
            self._put("</code>")
        elif token.type == "image":
            source, alt = escape(str(token.attrs["src"])), escape(xml_text(token.content))
            self._put(f'<img src="{source}" alt="{alt}"/>')
        elif token.type in ("fence", "code_block"):
            code = clean_text(token.content).rstrip("\n")
            self._put("<pre><code>")
            self._put_text(code)
            self._put("</code></pre>\n")
        elif token.type == "raw":
            self._put("<p>")
            self._put_text(clean_text(token.content).strip())
            self._put("</p>\n")
        elif token.type in ("hardbreak", "hr"):
            self._put(f"<{token.tag}/>\n")

    def _open(self, token: Token, *, is_empty: bool) -> None:
        """Write a start tag; the head or body of a table without rows is left out."""
        if is_empty and token.tag in ("thead", "tbody"):
            return
        attributes = ""
        if token.type == "ordered_list_open" and token.attrs.get("start", 1) != 1:
            attributes = f' start="{token.attrs["start"]}"'
        elif "anchor" in token.meta:
            attributes = self._id(token.meta["anchor"])
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
            own = self._id(f"fnref-{name[3:]}") if name.startswith("fn-") else ""
            self._inner.append((len(self._parts), name))
            self._put(f'<a{own} href="#{self._prefix}{escape(name)}">')
        else:
            self._put(f'<a href="{escape(self._links.urls[int(where) - 1])}">')

    def _close_link(self) -> None:
        if not self._open_links.pop():
            self._put("")
            return
        # What belongs to the text of the link but is a link itself follows it.
        for index in range(self._first_in_link, len(self._pieces)):
            self._pieces[index] = self._pieces[index]._replace(after=len(self._parts))
        self._put("</a>")

    def _id(self, name: str) -> str:
        """An attribute with an id; "" if it is invalid or taken."""
        if not _ID.fullmatch(name) or name in self._ids:
            return ""
        self._ids.add(name)
        return f' id="{self._prefix}{name}"'


def _heading(token: Token) -> str:
    """The element of a heading, below that of the article, which has level 2."""
    return f"h{min(6, int(token.tag[1]) + 2)}"


def _words(tokens: Sequence[Token], index: int) -> str:
    """The text of the heading that begins at an index."""
    words = []
    while tokens[index].type != "heading_close":
        words.append(tokens[index].content)
        index += 1
    return "".join(words)


class Piece(NamedTuple):
    """A piece of text in the output."""

    part: int  # index of the part of the output that is this piece, escaped
    text: str
    start: int  # where it begins in the text of the article
    # index of the part behind which a link may follow: the end of the link that the piece is
    # in, else `part`
    after: int


class _Placed(NamedTuple):
    """A highlight that was found, and the reference to its note behind it, or ""."""

    highlight: Highlight
    place: Found
    reference: str = ""


def mark(
    parts: list[str],
    pieces: Sequence[Piece],
    highlights: Sequence[Highlight],
    prefix: str,
    id_of: Callable[[str], str],
) -> None:
    """Mark highlights in the parts of an output, and append their notes.

    Highlights that are not found are appended with their quotations.

    Args:
        parts: the output; changed in place.
        pieces: the pieces of text in it, in order.
        highlights: of the article.
        prefix: prefix of all ids.
        id_of: makes an attribute with the id of a name, "" if it is taken.
    """
    placed: list[_Placed] = []
    notes: list[tuple[Highlight, str]] = []
    lost: list[str] = []
    found = find_anchors([each.anchor for each in highlights], _text(pieces))
    for highlight, place in zip(highlights, found, strict=True):
        if place is None:
            note = f"<p>{_lines(highlight.note)}</p>" if highlight.note else ""
            quotation = f"<blockquote><p>{_lines(highlight.anchor.exact)}</p></blockquote>"
            lost.append(f'<aside class="note">{quotation}{note}</aside>\n')
            continue
        reference = ""
        if highlight.note:
            attribute = id_of(f"note-{highlight.id}")
            notes.append((highlight, attribute))
            link = f'<a href="#{prefix}note-{highlight.id}" role="doc-noteref">{len(notes)}</a>'
            reference = f"<sup>{link}</sup>" if attribute else ""
        placed.append(_Placed(highlight, place, reference))
    targets = _put_marks(parts, pieces, placed, id_of)
    for count, (highlight, attribute) in enumerate(notes, 1):
        note = f"{count}. {_lines(highlight.note)}"
        if highlight.id in targets:
            note += f' <a href="#{prefix}highlight-{highlight.id}" role="doc-backlink">↩</a>'
        parts.append(f'<aside{attribute} class="note" role="doc-footnote"><p>{note}</p></aside>\n')
    parts += lost


def _text(pieces: Sequence[Piece]) -> str:
    """The text of the article; between blocks is a line end."""
    made: list[str] = []
    length = 0
    for piece in pieces:
        made += ["\n" * (piece.start - length), piece.text]
        length = piece.start + len(piece.text)
    return "".join(made)


def _put_marks(
    parts: list[str],
    pieces: Sequence[Piece],
    placed: Sequence[_Placed],
    id_of: Callable[[str], str],
) -> set[str]:
    """Mark the pieces, with references at the ends; return the highlights whose mark has an id."""
    edges = sorted({edge for each in placed for edge in (each.place.start, each.place.end)})
    owners = _owners(edges, placed)
    targets: set[str] = set()
    for piece in pieces:
        at, end = piece.start, piece.start + len(piece.text)
        index = bisect_right(edges, at) - 1
        if not any(owners[max(index, 0) : bisect_right(edges, end)]):
            continue
        made: list[str] = []
        while at < end:
            stop = min(end, edges[index + 1]) if index + 1 < len(edges) else end
            markup = xml_text(piece.text[at - piece.start : stop - piece.start])
            own = owners[index] if index >= 0 else []
            if own:
                new = next((one.highlight.id for one in own if one.highlight.id not in targets), "")
                attribute = id_of(f"highlight-{new}") if new else ""
                targets.update((new,) if attribute else ())
                kinds = sorted({f"kind{one.highlight.kind}" for one in own})
                markup = f'<mark{attribute} class="{" ".join(kinds)}">{markup}</mark>'
            made.append(markup)
            references = "".join(one.reference for one in own if one.place.end == stop)
            if piece.after == piece.part:
                made.append(references)
            else:
                parts[piece.after] += references
            at, index = stop, index + 1
        parts[piece.part] = "".join(made)
    return targets


def _owners(edges: Sequence[int], placed: Sequence[_Placed]) -> list[list[_Placed]]:
    """The highlights between each edge and the next one."""
    owners: list[list[_Placed]] = [[] for _ in edges]
    for each in placed:
        start, end = each.place.start, each.place.end
        for index in range(bisect_right(edges, start) - 1, bisect_right(edges, end) - 1):
            owners[index].append(each)
    return owners


def _lines(text: str) -> str:
    return xml_text(text).replace("\n", "<br/>")
