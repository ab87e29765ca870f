"""Rewrite the parser's tokens for Rich: links, images, leftover HTML, callouts, template tags."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from markdown_it.token import Token

from rilo_reader.html.tags import Markup, iter_tags, parse_attributes
from rilo_reader.render.dialects.inline import is_contents, resolve_role, strip_attributes
from rilo_reader.render.dialects.template_marks import BEGIN
from rilo_reader.render.leftover_html import SILENT, HtmlReader
from rilo_reader.render.lines import ADDED_SUFFIX, DIM, NUMBER, encode_target, is_ideographic
from rilo_reader.render.page import Images, InlineImage, LinkNumbers
from rilo_reader.render.parser import MarkdownSource
from rilo_reader.render.rules import DEEP_BRACKET, trim_address
from rilo_reader.text import clean_text, replace_emoji

SUPERSCRIPTS = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")

# HTML elements that only have a style, and the tag of the equivalent token.
STYLED_TAGS: Mapping[str, str] = {
    **dict.fromkeys(("b", "strong", "mark", "dt", "summary"), "strong"),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn"), "em"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "del", "strike"), "s"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    "small": "dim",
}
# Elements with embedded content, and the label shown for it.
EMBEDDED_TAGS: Mapping[str, str] = {
    "iframe": "embedded page",
    "embed": "embedded page",
    "video": "video",
    "audio": "audio",
}

BACK_SIGN = " ↩"  # the link from a footnote to its reference
MAX_DEPTH = 100  # elements; those nested deeper have no style of their own
DESCRIPTION_LIMIT = 2_000  # characters of an image description

_BARE = (
    r"(?i)(?<![\w./@])www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"]*)?"
    r"|(?<![A-Za-z0-9.+-])https?://[^\s<>\"`{}|\\^]{1,2000}"
)
PICTURE = r"(?i)\.(?:png|jpe?g|gif|svg|webp|avif|bmp|heic|tiff?)\Z"
WIDTH = r"\d{1,5}(?:x\d{1,5})?\Z"


class _OpenElement(NamedTuple):
    name: str
    closing: Token | None
    first_token: int  # index of its first token
    link: int = 0  # its link, or 0


class InlineRewriter:
    """Rewrites the inline tokens of one block after another."""

    def __init__(
        self,
        source: MarkdownSource,
        links: LinkNumbers,
        *,
        images: Images | None = None,
        tex: bool = True,
    ) -> None:
        self._keeps_tex = tex
        self._source = source
        self._templates = source.templates
        self._show = replace_emoji if source.forms.emoji else str
        self._links = links
        self._images = images
        self._out: list[Token] = []
        self._open: list[_OpenElement] = []
        self._last_character = "\n"  # the last character of the block so far
        self._silent = ""  # the open element whose text is not shown
        self._found_images: list[tuple[str, str]] = []  # address and description of each image

    def rewrite_block(self, token: Token) -> list[Token]:
        """Return the tokens of a block, with a callout's label or a footnote's link back."""
        self._last_character, self._silent = "\n", ""
        self._found_images = []
        children = self._source.parse_inline(token.content) if token.content else []
        if "label" in token.meta:
            self._add_label(*token.meta["label"], is_alone=not children)
        self._rewrite_all(children)
        self._close_all()
        if "back" in token.meta:
            self._add_link(f"#fnref-{token.meta['back']}", BACK_SIGN)
        out, self._out = self._out, []
        return out

    def list_images(self, tokens: Sequence[Token]) -> list[InlineImage]:
        """Return the images of the block that was read last, with their places in its text."""
        if not self._found_images:
            return []
        ranges: dict[int, tuple[int, int]] = {}
        end = 0
        for token in tokens:
            start, end = end, end + len(token.content) + (token.type == "hardbreak")
            if (number := token.meta.get("image")) is not None:
                ranges[number] = ranges.get(number, (start, 0))[0], end
        return [InlineImage(*self._found_images[at], *each) for at, each in ranges.items()]

    def _add_label(self, kind: str, title: str, *, is_alone: bool) -> None:
        """Add the label of a callout; its title has a line of its own."""
        self._open_element("label", "strong")
        self._add_cleaned(f"{kind}: " if kind and (title or not is_alone) else kind)
        if title:
            self._rewrite_all(self._source.parse_inline(title))
        self._close_all()
        if title and not is_alone:
            self._add_line_break()

    # -- tokens of the parser -------------------------------------------------------------------

    def _rewrite_all(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            kind = token.type
            if kind in ("text", "text_special"):
                self._add_cleaned(token.content)
            elif kind == "softbreak":
                following = next((t.content[0] for t in tokens[index + 1 :] if t.content), " ")
                if not (is_ideographic(self._last_character) and is_ideographic(following)):
                    self._add_cleaned(" ")
            elif kind == "hardbreak":
                self._add_line_break()
            elif kind == "link_open":
                self._enter_link("a", str(token.attrs.get("href", "")))
            elif token.nesting == 1:
                self._open_element(token.tag, token.tag)
            elif token.nesting == -1:
                self._close_element(token.tag)
            else:
                self._rewrite_single(token)

    def _rewrite_single(self, token: Token) -> None:
        """Rewrite a token that is complete in itself."""
        kind = token.type
        if kind == "html_inline":
            self._read_inline_tag(token.content)
        elif kind == "code_inline":
            self._add_code(token.content)
        elif kind == "formula":
            self._add_formula(token.content)
        elif kind == "image":
            words = _describe_picture(_image_text(token), str(token.attrs.get("title", "")))
            self._add_placeholder("image", words, str(token.attrs.get("src", "")))
        elif kind == "footnote_ref":
            number = token.meta["number"]
            self._add_link(f"#fn-{number}", f"[{number}]", suffix=DIM)
        elif kind == "embed":
            # Obsidian's `![[file|text]]`: an image or another note; the text may be a width.
            target = token.meta["target"]
            words = target if re.match(WIDTH, token.content) else token.content
            kind = "image" if re.search(PICTURE, target) else "embedded"
            self._add_placeholder(kind, words, "", target)
        elif kind == "role":
            name, words = resolve_role(token.info, token.content)
            self._add_element(name, {}, words)

    def _add_cleaned(self, text: str) -> None:
        """Add text, cleaned after its entities were decoded."""
        if BEGIN in text:
            for piece in self._templates.split_pieces(text):
                if isinstance(piece, str):
                    self._add_cleaned(piece.replace(BEGIN, ""))  # from an entity of HTML
                else:
                    self._add_element(piece.tag, piece.values, piece.words)
                    self._add_cleaned(piece.text_after)
            return
        text = _clean_inline(text).replace("\xad", "")
        if self._last_character in " \n":
            text = text.lstrip(" ")
        if self._silent or not text:
            return
        if ("www." in text or "://" in text) and not self._is_in("a", "code"):
            done = 0
            for match in re.finditer(_BARE, text):
                address = trim_address(match[0])
                if address.rpartition("://")[2]:
                    self._add_text(self._show(text[done : match.start()]))
                    target = address if "://" in address else f"https://{address}"
                    self._add_link(target, address)
                    done = match.start() + len(address)
            text = text[done:]
        self._add_text(text if self._is_in("code") else self._show(text))

    def _add_text(self, text: str) -> None:
        if text and not self._silent:
            self._last_character = text[-1]
            self._out.append(Token("text", "", 0, content=text))

    def _add_code(self, text: str) -> None:
        if self._silent:
            return
        text = _clean_inline(self._templates.restore_source(text))
        if text:
            self._last_character = text[-1]
            self._out.append(Token("code_inline", "code", 0, content=text))

    def _add_formula(self, source: str) -> None:
        """Add a formula in Unicode where that is possible, else its source as code."""
        from rilo_reader.render.tex import tex_to_unicode

        shown = None if self._keeps_tex else tex_to_unicode(source.strip("$"))
        for number, line in enumerate((shown or source).split("\n")):
            if number:
                self._add_line_break()
            if shown or self._keeps_tex:
                self._add_cleaned(line.strip())
            else:
                self._add_code(line.strip())

    def _add_line_break(self) -> None:
        if self._silent:
            return
        if self._out and self._out[-1].type == "text":
            self._out[-1].content = self._out[-1].content.rstrip(" ")
        self._last_character = "\n"
        self._out.append(Token("hardbreak", "br", 0))

    # -- elements -------------------------------------------------------------------------------

    def _is_in(self, *names: str) -> bool:
        return any(element.name in names for element in self._open)

    def _open_element(self, name: str, tag: str) -> None:
        """Open an element; `tag` determines its style, "" for none."""
        if self._silent or len(self._open) >= MAX_DEPTH:
            return
        closing = Token(f"{tag}_close", tag, -1) if tag else None
        self._open.append(_OpenElement(name, closing, len(self._out)))
        if tag:
            self._out.append(Token(f"{tag}_open", tag, 1))

    def _enter_link(self, name: str, address: str, suffix: str = "") -> None:
        """Open a link; an unsafe one shows only its text."""
        if self._silent or len(self._open) >= MAX_DEPTH:
            return
        target = self._links.target_of(self._resolve_address(address))
        if target is None:
            self._open_element(name, "dim" if suffix == DIM else "")
            return
        number = target if isinstance(target, int) else 0
        self._open.append(_OpenElement(name, Token("link_close", "a", -1), len(self._out), number))
        self._out.append(Token("link_open", "a", 1, attrs={"href": encode_target(target, suffix)}))

    def _resolve_address(self, address: str) -> str:
        return self._templates.resolve_address(address).replace(DEEP_BRACKET, "[")

    def _close_element(self, name: str) -> None:
        """Close the innermost element of that name, with those open inside it."""
        while not self._silent and self._is_in(name):
            element = self._open.pop()
            self._finish_element(element)
            if element.name == name:
                return

    def _finish_element(self, element: _OpenElement) -> None:
        if element.closing is not None:
            self._out.append(element.closing)
        if element.name in ("sup", "sub"):
            self._raise_characters(element.name, element.first_token)
        elif element.name == "q":
            self._add_text("”")
        if element.link:
            words = "".join(token.content for token in self._out[element.first_token :])
            note = self._links.text_after(element.link, words)
            if words and note:
                suffix = NUMBER if self._links.are_numbered else ADDED_SUFFIX
                href = encode_target(element.link, suffix)
                self._out.append(Token("link_open", "a", 1, attrs={"href": href}))
                self._add_text(note)
                self._out.append(Token("link_close", "a", -1))

    def _close_all(self) -> None:
        self._silent = ""
        while self._open:
            self._finish_element(self._open.pop())

    def _add_link(self, address: str, words: str, *, suffix: str = "") -> None:
        """Add a link; inside another link, only its text, unless it leads into the page."""
        if self._is_in("a") and not address.startswith("#"):
            self._add_text(words)
            return
        self._enter_link("link", address, suffix)
        self._add_text(words)
        self._close_element("link")

    def _add_placeholder(self, kind: str, words: str, address: str, name: str = "") -> None:
        """Add a placeholder for an image, a video or an embedded page, linked to its address.

        In an Obsidian vault it has only a name.
        """
        words = " ".join(_clean_inline(words).split())[:DESCRIPTION_LIMIT]
        is_image = kind == "image" and (address or name) and not self._silent
        if is_image:
            name = self._resolve_address(address).strip() or name
            url = self._links.url_of(name) or ""
            if self._images and (source := self._images(name, url)):
                self._out.append(Token("image", "img", 0, attrs={"src": source}, content=words))
                return
        begin = len(self._out)
        self._add_link(address, f"[{kind}: {words}]" if words else f"[{kind}]", suffix=DIM)
        if is_image:
            for token in self._out[begin:]:
                token.meta["image"] = len(self._found_images)
            self._found_images.append((name, words))

    def _add_element(self, name: str, values: Mapping[str, str], words: str) -> None:
        self._begin_element(name, values)
        self._add_cleaned(words)
        self._close_element(name)

    # -- HTML -----------------------------------------------------------------------------------

    def _read_inline_tag(self, source: str) -> None:
        """Handle an inline tag; comments and declarations are dropped."""
        tag = next(iter_tags(self._templates.replace_in_html(source), Markup.HTML), None)
        if tag is None:
            return
        if self._silent:
            if (tag["end"] or "").lower() == self._silent:
                self._silent = ""
        elif tag["end"]:
            self._close_element(tag["end"].lower())
        elif tag["start"]:
            self._begin_element(tag["start"].lower(), parse_attributes(tag["inside"]))

    def _begin_element(self, name: str, values: Mapping[str, str]) -> None:
        if self._silent:
            return
        if name in SILENT:
            self._silent = name
        elif name in STYLED_TAGS:
            self._open_element(name, STYLED_TAGS[name])
        elif name == "a":
            self._enter_link(name, values.get("href", ""))
        elif name in ("sup", "sub", "q"):
            self._add_text("“" if name == "q" else "")
            self._open_element(name, "")
        elif name == "br":
            self._add_line_break()
        elif name == "img":
            words = _describe_picture(values.get("alt", ""), values.get("title", ""))
            self._add_placeholder("image", words, values.get("src", ""))
        elif name in EMBEDDED_TAGS:
            label, title = EMBEDDED_TAGS[name], values.get("title", "")
            self._add_placeholder(label, title, values.get("src", ""))

    def _raise_characters(self, name: str, begin: int) -> None:
        """Replace superscript or subscript text by Unicode characters."""
        tokens = self._out[begin:]
        text = "".join(token.content for token in tokens)
        outer = [
            t for each in self._open for t in self._out[each.first_token : each.first_token + 1]
        ]
        hrefs = (str(token.attrs.get("href", "")) for token in (*outer, *tokens))
        if not text or any(href.startswith("#") for href in hrefs):
            return  # A footnote reference, which is superscript already.
        table = SUPERSCRIPTS if name == "sup" else SUBSCRIPTS
        if all(ord(character) in table for character in text):
            for token in tokens:
                token.content = token.content.translate(table)
        elif not text.isalpha() and len(text) <= 20:
            self._out.insert(begin, Token("text", "", 0, content="^" if name == "sup" else "_"))


def _clean_inline(text: str) -> str:
    """Return text as one line without control characters, with brackets restored."""
    return clean_text(text.replace(DEEP_BRACKET, "[")).replace("\t", " ").replace("\n", " ")


def _describe_picture(alt: str, title: str) -> str:
    """Return the words for a picture: its description, and its title if that says more."""
    is_more = title.strip().casefold() not in alt.casefold()
    return f"{alt} – {title}" if alt and is_more else alt or title


def _image_text(token: Token) -> str:
    """Return the text of an image description, without formatting."""
    return "".join(
        _image_text(child) if child.children else child.content or " " * (child.type == "softbreak")
        for child in token.children or ()
    )


_RAW_HTML = frozenset({"{=html}", "{raw} html"})
"""The languages of a block that is HTML, in Pandoc and MyST."""

_CALLOUT = r"\[!(\w[\w-]{0,30})\][+-]?(?:[ \t]+(.*)|(?=\n|\Z))"


class TokenRewriter:
    """Rewrites the tokens of one article, block by block."""

    def __init__(
        self,
        source: MarkdownSource,
        links: LinkNumbers,
        *,
        images: Images | None = None,
        tex: bool = True,
    ) -> None:
        """Rewrite the tokens of `source`; `links` collects the addresses.

        Those that `images` knows stay tokens of their own, instead of links to them; with `tex`, a
        formula stays as it is written, instead of Unicode or code.
        """
        self._source = source
        self._html = HtmlReader(source.check_wanted)
        self._inline = InlineRewriter(source, links, images=images, tex=tex)
        self._out: list[Token] = []

    def rewrite_blocks(self) -> Iterator[list[Token]]:
        """Yield the tokens of each block; HTML that spans blank lines is one block."""
        for tokens in self._source.parse_blocks():
            is_html = all(token.type == "html_block" for token in tokens)
            if self._html.is_unfinished and not is_html:
                yield from self._take_rewritten(self._html.take_tokens())
            yield from self._take_rewritten(tokens)
        yield from self._take_rewritten(self._html.take_tokens())

    def _take_rewritten(self, tokens: list[Token]) -> Iterator[list[Token]]:
        self._rewrite_block(tokens)
        if self._out:
            out, self._out = self._out, []
            yield out

    def _rewrite_block(self, tokens: list[Token], *, is_in_item: bool = False) -> None:
        """Rewrite the tokens of a block; `is_in_item` if they are in a list item."""
        templates, boxes = self._source.templates, self._source.forms.boxes
        items: list[Token] = []
        is_quoted = False  # whether a quotation has just begun, which may be a callout
        for index, token in enumerate(tokens):
            if token.type == "fence" and boxes and token.info.strip() in _RAW_HTML:
                token.type = "html_block"
            kind = token.type
            if kind == "html_block":
                html = self._html
                html.read_piece(templates.replace_in_html(token.content))
                goes_on = index + 1 < len(tokens) and tokens[index + 1].type == "html_block"
                if not goes_on and (not html.is_unfinished or index + 1 < len(tokens)):
                    self._rewrite_block(html.take_tokens(), is_in_item=bool(items))
                continue
            if kind == "inline":
                self._rewrite_text(token, tokens[index - 1], items, is_quoted=is_quoted)
            else:
                # A paragraph made from HTML does not make a list loose.
                token.hidden = token.hidden or is_in_item
                token.content = templates.restore_source(token.content)
                self._out.append(token)
            if kind == "list_item_open":
                items.append(token)
            elif kind == "list_item_close":
                items.pop()
            is_quoted = kind == "blockquote_open" or (is_quoted and kind == "paragraph_open")

    def _rewrite_text(
        self, token: Token, opening: Token, items: list[Token], *, is_quoted: bool
    ) -> None:
        forms = self._source.forms
        if opening.type == "heading_open" and forms.attributes:
            token.content = strip_attributes(token.content)
        elif opening.type == "paragraph_open" and forms.contents and is_contents(token.content):
            if items:
                items[-1].meta["is_contents"] = True
            token.content = ""
        elif is_quoted and (found := re.match(_CALLOUT, token.content)):
            token.meta["label"] = found[1].capitalize(), found[2] or ""
            token.content = token.content[found.end() :].lstrip("\n")
        shown = self._inline.rewrite_block(token)
        if opening.type == "paragraph_open":
            opening.meta["images"] = self._inline.list_images(shown)
        if items and token.content and not shown:  # as `{% for … %}` in a list
            items[-1].meta["is_contents"] = True
        self._out += shown
