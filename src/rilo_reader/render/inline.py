"""What stands within a block, as Rich's Markdown reads it: links, pictures, tags, roles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markdown_it.token import Token

from rilo_reader.render.dialects.roles import role
from rilo_reader.render.dialects.template_forms import Meaning
from rilo_reader.render.dialects.template_marks import BEGIN
from rilo_reader.render.emoji import named_emoji
from rilo_reader.render.html import SILENT, attributes
from rilo_reader.render.inline_rules import DEEP_BRACKET, trimmed_address
from rilo_reader.render.lines import ADDED, DIM, target_of
from rilo_reader.render.links import Links
from rilo_reader.render.parser import Source
from rilo_reader.render.wrap import is_ideographic
from rilo_reader.text import clean_text

SUPERSCRIPTS = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")

STYLED: Mapping[str, str] = {
    **dict.fromkeys(("b", "strong", "mark", "dt", "summary"), "strong"),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn"), "em"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "del", "strike"), "s"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    "small": "dim",
}
"""HTML elements that only change how text looks, and the tag of the token that says so."""

EMBEDDED: Mapping[str, str] = {
    "iframe": "embedded page",
    "embed": "embedded page",
    "video": "video",
    "audio": "audio",
}
"""HTML elements that stand for something else, and what it is called."""

DEEPEST = 100
"""Elements in one another; what is nested deeper looks like what it stands in."""

LONGEST_DESCRIPTION = 300
"""Characters of what describes a picture."""

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)(.*?)/?>\Z", re.DOTALL)
_BARE = re.compile(
    r"(?<![\w./@])www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"]*)?"
    r"|(?<![A-Za-z0-9.+-])https?://[^\s<>\"`{}|\\^]{1,2000}",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|bmp|heic|tiff?)\Z", re.IGNORECASE)
_WIDTH = re.compile(r"\d{1,5}(?:x\d{1,5})?\Z")


class _Open(NamedTuple):
    """An element that is open.

    Attributes:
        name: of it.
        closing: what ends it, None for nothing.
        begin: the place of its first token.
        link: the number of the link that it is, or 0.
    """

    name: str
    closing: Token | None
    begin: int
    link: int = 0


class Inline:
    """Rewrites what stands within one block after the other."""

    def __init__(self, source: Source, links: Links) -> None:
        """Begin; the source parses the text, and `links` takes the addresses in it."""
        self._source = source
        self._links = links
        self._out: list[Token] = []
        self._open: list[_Open] = []
        self._last = "\n"  # the last character of the block so far
        self._silent = ""  # the element one is in whose text is not shown

    def read(self, token: Token) -> list[Token]:
        """The tokens of a block's text, with its label before and a way back behind it."""
        self._last, self._silent = "\n", ""
        children = self._source.children(token.content) if token.content else []
        if "label" in token.meta:
            self._label(*token.meta["label"], is_alone=not children)
        self._all(children)
        self._close_all()
        if "back" in token.meta:
            self._link(f"#fnref-{token.meta['back']}", " ↩")
        out, self._out = self._out, []
        return out

    def _label(self, kind: str, title: str, *, is_alone: bool) -> None:
        """What a callout is called: its kind and its title, which has a line of its own."""
        self._enter("label", "strong")
        self._write(f"{kind}: " if kind and (title or not is_alone) else kind)
        if title:
            self._all(self._source.children(title))
        self._close_all()
        if title and not is_alone:
            self._break()

    # -- tokens of the parser -------------------------------------------------------------------

    def _all(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            kind = token.type
            if kind in ("text", "text_special"):
                self._write(token.content)
            elif kind == "softbreak":
                following = next((t.content[0] for t in tokens[index + 1 :] if t.content), "")
                if not (following and is_ideographic(self._last) and is_ideographic(following)):
                    self._write(" ")
            elif kind == "hardbreak":
                self._break()
            elif kind == "link_open":
                self._enter_link("a", str(token.attrs.get("href", "")))
            elif token.nesting == 1:
                self._enter(token.tag, token.tag)
            elif token.nesting == -1:
                self._leave(token.tag)
            else:
                self._whole(token)

    def _whole(self, token: Token) -> None:
        """What is complete in one token."""
        kind = token.type
        if kind == "html_inline":
            self._html(token.content)
        elif kind == "code_inline":
            self._code(token.content)
        elif kind == "image":
            self._stand_in("image", _words_of(token), str(token.attrs.get("src", "")))
        elif kind == "footnote_ref":
            number = token.meta["number"]
            self._link(f"#fn-{number}", f"[{number}]", look=DIM)
        elif kind == "embed":
            self._embed(token.content, token.meta["target"])
        elif kind == "role":
            shown = role(token.info, token.content)
            self._element(shown.tag, {}, shown.text)

    def _write(self, text: str) -> None:
        """Add text; what its entities decoded to is cleaned here."""
        templates = self._source.templates
        if templates and BEGIN in text:
            for piece in templates.pieces(text):
                self._write(piece) if isinstance(piece, str) else self._meant(piece)
            return
        text = _cleaned(text).replace("\xad", "").replace("\t", " ").replace("\n", " ")
        if self._last in " \n":
            text = text.lstrip(" ")
        if self._silent or not text:
            return
        if ("www." in text or "://" in text) and not self._is_in("a", "code"):
            done = 0
            for match in _BARE.finditer(text):
                address = trimmed_address(match[0])
                if address.rpartition("://")[2]:
                    self._put(named_emoji(text[done : match.start()]))
                    target = address if "://" in address else f"https://{address}"
                    self._link(target, address)
                    done = match.start() + len(address)
            text = text[done:]
        self._put(text if self._is_in("code") else named_emoji(text))

    def _put(self, text: str) -> None:
        """Add text as it is."""
        if text and not self._silent:
            self._last = text[-1]
            self._out.append(Token("text", "", 0, content=text))

    def _code(self, text: str) -> None:
        if self._silent:
            return
        text = self._source.templates.original(text) if self._source.templates else text
        text = _cleaned(text).replace("\t", " ").replace("\n", " ")
        if text:
            self._last = text[-1]
            self._out.append(Token("code_inline", "code", 0, content=text))

    def _break(self) -> None:
        """A line break that is meant."""
        if self._silent:
            return
        if self._out and self._out[-1].type == "text":
            self._out[-1].content = self._out[-1].content.rstrip(" ")
        self._last = "\n"
        self._out.append(Token("hardbreak", "br", 0))

    # -- elements -------------------------------------------------------------------------------

    def _is_in(self, *names: str) -> bool:
        return any(element.name in names for element in self._open)

    def _enter(self, name: str, tag: str) -> None:
        """Begin an element; `tag` says how it looks, "" where only its end matters."""
        if self._silent or len(self._open) >= DEEPEST:
            return
        closing = Token(f"{tag}_close", tag, -1) if tag else None
        self._open.append(_Open(name, closing, len(self._out)))
        if tag:
            self._out.append(Token(f"{tag}_open", tag, 1))

    def _enter_link(self, name: str, address: str, look: str = "") -> None:
        """Begin a link; one that is not safe to follow is only its words."""
        if self._silent or len(self._open) >= DEEPEST:
            return
        address = self._source.templates.address(address) if self._source.templates else address
        target = self._links.target(address.replace(DEEP_BRACKET, "["))
        if target is None:
            self._enter(name, "dim" if look == DIM else "")
            return
        self._open.append(_Open(
            name, Token("link_close", "a", -1), len(self._out),
            target if isinstance(target, int) else 0,
        ))  # fmt: skip
        self._out.append(Token("link_open", "a", 1, attrs={"href": target_of(target, look)}))

    def _leave(self, name: str) -> None:
        """End the nearest element of that name, and those that were left open in it."""
        if self._silent or not self._is_in(name):
            return
        while True:
            element = self._open.pop()
            self._close(element)
            if element.name == name:
                return

    def _close(self, element: _Open) -> None:
        if element.closing is not None:
            self._out.append(element.closing)
        if element.name in ("sup", "sub"):
            self._raise(element.name, element.begin)
        elif element.name == "q":
            self._put("”")
        if element.link:
            words = "".join(token.content for token in self._out[element.begin :])
            note = self._links.note(element.link, words)
            if words and note:
                href = target_of(element.link, ADDED)
                self._out.append(Token("link_open", "a", 1, attrs={"href": href}))
                self._put(note)
                self._out.append(Token("link_close", "a", -1))

    def _close_all(self) -> None:
        self._silent = ""
        while self._open:
            self._close(self._open.pop())

    def _link(self, address: str, words: str, *, look: str = "") -> None:
        """A link of these words; within another it is a part of that, or leads into the page."""
        if self._is_in("a") and not address.startswith("#"):
            self._put(words)
            return
        self._enter_link("link", address, look)
        self._put(words)
        self._leave("link")

    def _stand_in(self, kind: str, words: str, address: str) -> None:
        """Stand in for a picture, a film or a page within the page, linked to its address."""
        words = " ".join(_cleaned(words).split())[:LONGEST_DESCRIPTION]
        self._link(address, f"[{kind}: {words}]" if words else f"[{kind}]", look=DIM)

    def _embed(self, words: str, target: str) -> None:
        """Obsidian's `![[file|words]]`: a picture, or another note; words may be a width."""
        words = target if _WIDTH.match(words) else words
        self._stand_in("image" if _PICTURE.search(target) else "embedded", words, "")

    def _meant(self, meaning: Meaning) -> None:
        """What a tag of a site generator stands for."""
        self._element(meaning.tag, meaning.values, meaning.words)
        self._write(meaning.after)

    def _element(self, name: str, values: Mapping[str, str], words: str) -> None:
        """An HTML element with words in it."""
        self._begin(name, values)
        self._write(words)
        self._leave(name)

    # -- HTML -----------------------------------------------------------------------------------

    def _html(self, source: str) -> None:
        """A tag within a line; comments and declarations mean nothing."""
        templates = self._source.templates
        match = _TAG.match(templates.html(source) if templates else source)
        if not match:
            return
        name = match[2].lower()
        if self._silent:
            self._silent = "" if match[1] and name == self._silent else self._silent
        elif match[1]:
            self._leave(name)
        else:
            self._begin(name, attributes(match[3]) if match[3] else {})

    def _begin(self, name: str, values: Mapping[str, str]) -> None:
        if self._silent:
            return
        if name in SILENT:
            self._silent = name
        elif name in STYLED:
            self._enter(name, STYLED[name])
        elif name == "a":
            self._enter_link(name, values.get("href", ""))
        elif name in ("sup", "sub", "q"):
            self._put("“" if name == "q" else "")
            self._enter(name, "")
        elif name == "br":
            self._break()
        elif name == "img":
            self._stand_in("image", values.get("alt", ""), values.get("src", ""))
        elif name in EMBEDDED:
            self._stand_in(EMBEDDED[name], values.get("title", ""), values.get("src", ""))

    def _raise(self, name: str, begin: int) -> None:
        """Show raised or lowered text with the characters Unicode has for it."""
        tokens = self._out[begin:]
        text = "".join(token.content for token in tokens)
        around = [t for element in self._open for t in self._out[element.begin : element.begin + 1]]
        hrefs = (str(token.attrs.get("href", "")) for token in (*around, *tokens))
        if not text or any(href.startswith("#") for href in hrefs):
            return  # It refers to a note, which says so itself.
        table = SUPERSCRIPTS if name == "sup" else SUBSCRIPTS
        if all(ord(character) in table for character in text):
            for token in tokens:
                token.content = token.content.translate(table)
        elif not text.isalpha() and len(text) <= 20:
            self._out.insert(begin, Token("text", "", 0, content="^" if name == "sup" else "_"))


def _cleaned(text: str) -> str:
    """Text without anything that a terminal could obey, its brackets as they were written."""
    return clean_text(text.replace(DEEP_BRACKET, "["))


def _words_of(token: Token) -> str:
    """The words of a picture's description, without what would mark them."""
    return "".join(
        _words_of(child) if child.children else child.content or " " * (child.type == "softbreak")
        for child in token.children or ()
    )
