"""Format Markdown as safe XHTML (pure).

The tokens are those from which the reader makes its pages, so that a book or a feed shows what the
screen does. They hold text, safe addresses and a fixed set of elements, but no HTML of the article:
whatever is written here is made here, and can neither act nor load anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from markdown_it.token import Token

from rilo_reader.annotations.highlight import Highlight
from rilo_reader.exporters.marks import Piece, escaped, mark
from rilo_reader.render.elements import slug
from rilo_reader.render.flow import Flow
from rilo_reader.render.links import Links
from rilo_reader.render.parser import Source
from rilo_reader.text import clean_text

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
                self._close(token, is_empty=tokens[index - 1].type == kind.replace("close", "open"))
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
        self._put(escaped(text))

    def _whole(self, token: Token) -> None:
        """Write a token that is complete in itself."""
        if token.type == "text":
            self._put_text(token.content)
        elif token.type == "code_inline":
            self._put("<code>")
            self._put_text(token.content)
            self._put("</code>")
        elif token.type == "image":
            source, alt = escape(str(token.attrs["src"])), escape(escaped(token.content))
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

    def _close(self, token: Token, *, is_empty: bool) -> None:
        if not (is_empty and token.tag in ("thead", "tbody")):
            end = "\n" if token.block else ""
            self._put(f"</{_NAMES.get(token.tag, token.tag)}>{end}")

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
