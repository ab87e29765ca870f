"""Rewrite the parser's tokens for Rich: links, images, leftover HTML, callouts, template tags."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from markdown_it.token import Token

from rilo_reader.html.tags import Markup, iter_tags, parse_attributes
from rilo_reader.render.dialects.inline import is_contents, role, without_list
from rilo_reader.render.dialects.template_marks import BEGIN
from rilo_reader.render.html import SILENT, HtmlReader
from rilo_reader.render.lines import ADDED, DIM, NUMBER, is_ideographic, target_of
from rilo_reader.render.page import Image, Images, Links
from rilo_reader.render.parser import Source
from rilo_reader.render.rules import DEEP_BRACKET, trimmed_address
from rilo_reader.text import clean_text, replace_emoji

SUPERSCRIPTS = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")

# HTML elements that only have a style, and the tag of the equivalent token.
STYLED: Mapping[str, str] = {
    **dict.fromkeys(("b", "strong", "mark", "dt", "summary"), "strong"),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn"), "em"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "del", "strike"), "s"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    "small": "dim",
}
# Elements with embedded content, and the label shown for it.
EMBEDDED: Mapping[str, str] = {
    "iframe": "embedded page",
    "embed": "embedded page",
    "video": "video",
    "audio": "audio",
}

BACK = " ↩"  # the link from a footnote to its reference
DEEPEST = 100  # elements; those nested deeper have no style of their own
LONGEST_DESCRIPTION = 2_000  # characters of an image description

_BARE = (
    r"(?i)(?<![\w./@])www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"]*)?"
    r"|(?<![A-Za-z0-9.+-])https?://[^\s<>\"`{}|\\^]{1,2000}"
)
PICTURE = r"(?i)\.(?:png|jpe?g|gif|svg|webp|avif|bmp|heic|tiff?)\Z"
WIDTH = r"\d{1,5}(?:x\d{1,5})?\Z"


class _Open(NamedTuple):
    name: str
    closing: Token | None
    begin: int  # index of its first token
    link: int = 0  # its link, or 0


class Inline:
    """Rewrites the inline tokens of one block after another."""

    def __init__(
        self, source: Source, links: Links, *, images: Images | None = None, tex: bool = True
    ) -> None:
        self._keeps_tex = tex
        self._source = source
        self._templates = source.templates
        self._links = links
        self._images = images
        self._out: list[Token] = []
        self._open: list[_Open] = []
        self._last = "\n"  # the last character of the block so far
        self._silent = ""  # the open element whose text is not shown
        self._named: list[tuple[str, str]] = []  # address and description of each image

    def read(self, token: Token) -> list[Token]:
        """Return the tokens of a block, with a callout's label or a footnote's link back."""
        self._last, self._silent = "\n", ""
        self._named = []
        children = self._source.children(token.content) if token.content else []
        if "label" in token.meta:
            self._label(*token.meta["label"], is_alone=not children)
        self._all(children)
        self._close_all()
        if "back" in token.meta:
            self._link(f"#fnref-{token.meta['back']}", BACK)
        out, self._out = self._out, []
        return out

    def images_in(self, tokens: Sequence[Token]) -> list[Image]:
        """Return the images of the block that was read last, with their places in its text."""
        if not self._named:
            return []
        places: dict[int, tuple[int, int]] = {}
        end = 0
        for token in tokens:
            start, end = end, end + len(token.content) + (token.type == "hardbreak")
            if (number := token.meta.get("image")) is not None:
                places[number] = places.get(number, (start, 0))[0], end
        return [Image(*self._named[at], *place) for at, place in places.items()]

    def _label(self, kind: str, title: str, *, is_alone: bool) -> None:
        """Add the label of a callout; its title has a line of its own."""
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
                following = next((t.content[0] for t in tokens[index + 1 :] if t.content), " ")
                if not (is_ideographic(self._last) and is_ideographic(following)):
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
        """Handle a token that is complete in itself."""
        kind = token.type
        if kind == "html_inline":
            self._html(token.content)
        elif kind == "code_inline":
            self._code(token.content)
        elif kind == "formula":
            self._formula(token.content)
        elif kind == "image":
            words = _described(_words_of(token), str(token.attrs.get("title", "")))
            self._put_placeholder("image", words, str(token.attrs.get("src", "")))
        elif kind == "footnote_ref":
            number = token.meta["number"]
            self._link(f"#fn-{number}", f"[{number}]", suffix=DIM)
        elif kind == "embed":
            # Obsidian's `![[file|text]]`: an image or another note; the text may be a width.
            target = token.meta["target"]
            words = target if re.match(WIDTH, token.content) else token.content
            kind = "image" if re.search(PICTURE, target) else "embedded"
            self._put_placeholder(kind, words, "", target)
        elif kind == "role":
            name, words = role(token.info, token.content)
            self._element(name, {}, words)

    def _write(self, text: str) -> None:
        """Add text, cleaned of what its entities decoded to."""
        if BEGIN in text:
            for piece in self._templates.pieces(text):
                if isinstance(piece, str):
                    self._write(piece.replace(BEGIN, ""))  # from an entity of HTML
                else:
                    self._element(piece.tag, piece.values, piece.words)
                    self._write(piece.after)
            return
        text = _cleaned(text).replace("\xad", "")
        if self._last in " \n":
            text = text.lstrip(" ")
        if self._silent or not text:
            return
        if ("www." in text or "://" in text) and not self._is_in("a", "code"):
            done = 0
            for match in re.finditer(_BARE, text):
                address = trimmed_address(match[0])
                if address.rpartition("://")[2]:
                    self._put(replace_emoji(text[done : match.start()]))
                    target = address if "://" in address else f"https://{address}"
                    self._link(target, address)
                    done = match.start() + len(address)
            text = text[done:]
        self._put(text if self._is_in("code") else replace_emoji(text))

    def _put(self, text: str) -> None:
        if text and not self._silent:
            self._last = text[-1]
            self._out.append(Token("text", "", 0, content=text))

    def _code(self, text: str) -> None:
        if self._silent:
            return
        text = _cleaned(self._templates.original(text))
        if text:
            self._last = text[-1]
            self._out.append(Token("code_inline", "code", 0, content=text))

    def _formula(self, source: str) -> None:
        """Add a formula in Unicode where that is possible, else its source as code."""
        from rilo_reader.render.tex import unicode_of

        shown = None if self._keeps_tex else unicode_of(source.strip("$"))
        for number, line in enumerate((shown or source).split("\n")):
            if number:
                self._break()
            if shown or self._keeps_tex:
                self._write(line.strip())
            else:
                self._code(line.strip())

    def _break(self) -> None:
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
        """Open an element; `tag` determines its style, "" for none."""
        if self._silent or len(self._open) >= DEEPEST:
            return
        closing = Token(f"{tag}_close", tag, -1) if tag else None
        self._open.append(_Open(name, closing, len(self._out)))
        if tag:
            self._out.append(Token(f"{tag}_open", tag, 1))

    def _enter_link(self, name: str, address: str, suffix: str = "") -> None:
        """Open a link; an unsafe one shows only its text."""
        if self._silent or len(self._open) >= DEEPEST:
            return
        target = self._links.target(self._templates.address(address).replace(DEEP_BRACKET, "["))
        if target is None:
            self._enter(name, "dim" if suffix == DIM else "")
            return
        number = target if isinstance(target, int) else 0
        self._open.append(_Open(name, Token("link_close", "a", -1), len(self._out), number))
        self._out.append(Token("link_open", "a", 1, attrs={"href": target_of(target, suffix)}))

    def _leave(self, name: str) -> None:
        """Close the innermost element of that name, with those open inside it."""
        while not self._silent and self._is_in(name):
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
                suffix = NUMBER if self._links.are_numbered else ADDED
                href = target_of(element.link, suffix)
                self._out.append(Token("link_open", "a", 1, attrs={"href": href}))
                self._put(note)
                self._out.append(Token("link_close", "a", -1))

    def _close_all(self) -> None:
        self._silent = ""
        while self._open:
            self._close(self._open.pop())

    def _link(self, address: str, words: str, *, suffix: str = "") -> None:
        """Add a link; inside another link, only its text, unless it leads into the page."""
        if self._is_in("a") and not address.startswith("#"):
            self._put(words)
            return
        self._enter_link("link", address, suffix)
        self._put(words)
        self._leave("link")

    def _put_placeholder(self, kind: str, words: str, address: str, name: str = "") -> None:
        """Add a placeholder for an image, a video or an embedded page, linked to its address.

        In an Obsidian vault it has only a name.
        """
        words = " ".join(_cleaned(words).split())[:LONGEST_DESCRIPTION]
        is_image = kind == "image" and (address or name) and not self._silent
        if is_image:
            name = self._templates.address(address).replace(DEEP_BRACKET, "[").strip() or name
            url = self._links.url_of(name) or ""
            if self._images and (source := self._images(name, url)):
                self._out.append(Token("image", "img", 0, attrs={"src": source}, content=words))
                return
        begin = len(self._out)
        self._link(address, f"[{kind}: {words}]" if words else f"[{kind}]", suffix=DIM)
        if is_image:
            for token in self._out[begin:]:
                token.meta["image"] = len(self._named)
            self._named.append((name, words))

    def _element(self, name: str, values: Mapping[str, str], words: str) -> None:
        """Add an HTML element with text."""
        self._begin(name, values)
        self._write(words)
        self._leave(name)

    # -- HTML -----------------------------------------------------------------------------------

    def _html(self, source: str) -> None:
        """Handle an inline tag; comments and declarations are dropped."""
        tag = next(iter_tags(self._templates.html(source), Markup.HTML), None)
        if tag is None:
            return
        if self._silent:
            if (tag["end"] or "").lower() == self._silent:
                self._silent = ""
        elif tag["end"]:
            self._leave(tag["end"].lower())
        elif tag["start"]:
            self._begin(tag["start"].lower(), parse_attributes(tag["inside"]))

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
            words = _described(values.get("alt", ""), values.get("title", ""))
            self._put_placeholder("image", words, values.get("src", ""))
        elif name in EMBEDDED:
            self._put_placeholder(EMBEDDED[name], values.get("title", ""), values.get("src", ""))

    def _raise(self, name: str, begin: int) -> None:
        """Replace superscript or subscript text by Unicode characters."""
        tokens = self._out[begin:]
        text = "".join(token.content for token in tokens)
        outer = [t for element in self._open for t in self._out[element.begin : element.begin + 1]]
        hrefs = (str(token.attrs.get("href", "")) for token in (*outer, *tokens))
        if not text or any(href.startswith("#") for href in hrefs):
            return  # A footnote reference, which is superscript already.
        table = SUPERSCRIPTS if name == "sup" else SUBSCRIPTS
        if all(ord(character) in table for character in text):
            for token in tokens:
                token.content = token.content.translate(table)
        elif not text.isalpha() and len(text) <= 20:
            self._out.insert(begin, Token("text", "", 0, content="^" if name == "sup" else "_"))


def _cleaned(text: str) -> str:
    """Return text as one line without control characters, with brackets restored."""
    return clean_text(text.replace(DEEP_BRACKET, "[")).replace("\t", " ").replace("\n", " ")


def _described(alt: str, title: str) -> str:
    """Return the words for a picture: its description, and its title if that says more."""
    is_more = title.strip().casefold() not in alt.casefold()
    return f"{alt} – {title}" if alt and is_more else alt or title


def _words_of(token: Token) -> str:
    """Return the text of an image description, without formatting."""
    return "".join(
        _words_of(child) if child.children else child.content or " " * (child.type == "softbreak")
        for child in token.children or ()
    )


_RAW_HTML = frozenset({"{=html}", "{raw} html"})
"""The languages of a block that is HTML, in Pandoc and MyST."""

_CALLOUT = r"\[!(\w[\w-]{0,30})\][+-]?(?:[ \t]+(.*)|(?=\n|\Z))"


class Flow:
    """Rewrites the tokens of one article, block by block."""

    def __init__(
        self, source: Source, links: Links, *, images: Images | None = None, tex: bool = True
    ) -> None:
        """Rewrite the tokens of `source`; `links` collects the addresses.

        Those that `images` knows stay tokens of their own, instead of links to them; with `tex`, a
        formula stays as it is written, instead of Unicode or code.
        """
        self._source = source
        self._html = HtmlReader(source.ask)
        self._inline = Inline(source, links, images=images, tex=tex)
        self._out: list[Token] = []

    def blocks(self) -> Iterator[list[Token]]:
        """Yield the tokens of each block; HTML that spans blank lines is one block."""
        for tokens in self._source.blocks():
            is_html = all(token.type == "html_block" for token in tokens)
            if self._html.is_unfinished and not is_html:
                yield from self._rewritten(self._html.take())
            yield from self._rewritten(tokens)
        yield from self._rewritten(self._html.take())

    def _rewritten(self, tokens: list[Token]) -> Iterator[list[Token]]:
        self._all(tokens)
        if self._out:
            out, self._out = self._out, []
            yield out

    def _all(self, tokens: list[Token], *, is_in_item: bool = False) -> None:
        """Rewrite the tokens of a block; `is_in_item` if they are in a list item."""
        templates = self._source.templates
        items: list[Token] = []
        may_be_callout: Token | None = None  # the quotation that has just begun
        for index, token in enumerate(tokens):
            if token.type == "fence" and token.info.strip() in _RAW_HTML:
                token.type = "html_block"
            kind = token.type
            if kind == "html_block":
                html = self._html
                html.feed(templates.html(token.content))
                goes_on = index + 1 < len(tokens) and tokens[index + 1].type == "html_block"
                if not goes_on and (not html.is_unfinished or index + 1 < len(tokens)):
                    self._all(html.take(), is_in_item=bool(items))
                continue
            if kind == "inline":
                self._text(token, tokens[index - 1], items, is_quoted=may_be_callout is not None)
            else:
                # A paragraph made from HTML does not make a list loose.
                token.hidden = token.hidden or is_in_item
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

    def _text(self, token: Token, opening: Token, items: list[Token], *, is_quoted: bool) -> None:
        """Rewrite the inline content of a block."""
        if opening.type == "heading_open":
            token.content = without_list(token.content)
        elif opening.type == "paragraph_open" and is_contents(token.content):
            if items:
                items[-1].meta["is_contents"] = True
            token.content = ""
        elif is_quoted and (found := re.match(_CALLOUT, token.content)):
            token.meta["label"] = found[1].capitalize(), found[2] or ""
            token.content = token.content[found.end() :].lstrip("\n")
        shown = self._inline.read(token)
        if opening.type == "paragraph_open":
            opening.meta["images"] = self._inline.images_in(shown)
        if items and token.content and not shown:  # as `{% for … %}` in a list
            items[-1].meta["is_contents"] = True
        self._out += shown
