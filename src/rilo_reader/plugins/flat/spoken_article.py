"""An article as paragraphs to listen to, with words for what the screen shows by its looks.

Made of the same tokens as pages and books, so that all have the same text, links and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it.token import Token

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import Article
from rilo_reader.plugins.flat.settings import SpeechDetail
from rilo_reader.render.lines import DIM
from rilo_reader.render.page import LinkNumbers
from rilo_reader.render.parser import MarkdownSource
from rilo_reader.render.tokens import TokenRewriter
from rilo_reader.text import clean_text, format_count, to_display_title

NO_WORDS = "without words"  # of a link

_WITHIN = frozenset({"em", "strong", "u", "dim", "code", "link", "s"})
"""Elements that begin no paragraph."""


class SpokenParagraph(NamedTuple):
    """A paragraph without line ends, as it is said."""

    text: str
    is_heading: bool = False
    is_continuation: bool = False  # of the one before: the next item, row, line of code


class SpokenLink(NamedTuple):
    """The link of a number."""

    words: str
    url: str


class SpokenArticle:
    """The body of an article; paragraphs are made as they are needed, links grow with them."""

    def __init__(
        self,
        article: Article,
        speaks: SpeechDetail,
        highlights: Sequence[Highlight] = (),
    ) -> None:
        """Read `article.text`; `speaks` is the detail in which its structure is said.

        Each of the highlights is said after the paragraph in which it begins.
        """
        links = LinkNumbers(article.url)
        self.links: dict[int, SpokenLink] = {}
        if article.comments:
            links.urls.append(article.comments)
            self.links[1] = SpokenLink("comments", article.comments)
        source = MarkdownSource(clean_text(article.text), article.dialect)
        self._blocks = TokenRewriter(source, links).rewrite_blocks()
        self._title = to_display_title(article.title).casefold()
        self._all, self._some = speaks is SpeechDetail.ALL, speaks is not SpeechDetail.NONE
        self._urls = links.urls
        self._paragraphs: list[SpokenParagraph] = []  # of the block so far
        self._highlights = sorted(highlights, key=lambda each: each.anchor.start)
        self._lines: list[str] = []  # of text since highlights were looked for in it
        self._text = ""  # of the open paragraph, heading or cell
        self._plain = ""  # the same without words of ours
        self._prefix = ""  # is said before it
        self._open: list[tuple[str, int]] = []  # targets of open links, "" of deletions; positions
        self._lists: list[int] = []  # of open lists, the number of the next item; 0: without
        self._rows: list[list[str]] = []  # of the open table
        self._has_head = False

    def iter_paragraphs(self) -> Iterator[SpokenParagraph]:
        """Yield the paragraphs, once, without a rule or a heading that repeats the title on top."""
        is_first = True
        for tokens in self._blocks:
            is_rule = tokens[0].type == "hr"
            for paragraph in self._speak_block(tokens):
                words = paragraph.text.rpartition(": ")[2].casefold()
                repeats = paragraph.is_heading and words == self._title
                if not (is_first and (is_rule or repeats)):
                    is_first = False
                    yield paragraph

    def _speak_block(self, tokens: Sequence[Token]) -> list[SpokenParagraph]:
        for index, token in enumerate(tokens):
            self._speak_token(token, tokens[index + 1 :])
        self._end_paragraph()
        paragraphs, self._paragraphs = self._paragraphs, []
        return paragraphs

    def _speak_token(self, token: Token, following: Sequence[Token]) -> None:
        kind = token.type
        if kind in ("text", "code_inline"):
            self._text += token.content
            self._plain += token.content
        elif kind in ("link_open", "s_open"):
            self._open.append((str(token.attrs.get("href", "")), len(self._text)))
        elif kind in ("link_close", "s_close") and self._open:
            self._wrap_span(*self._open.pop())
        elif kind in ("fence", "code_block", "raw"):
            self._speak_code(token)
        elif kind == "hr":
            self._add_paragraph("separator" if self._all else "")
        elif kind in ("th_open", "td_open"):
            self._text = ""
        elif kind in ("th_close", "td_close"):
            self._rows[-1].append(self._take_text())
            self._has_head = self._has_head or kind == "th_close"
        elif kind == "tr_open":
            self._rows.append([])
        elif kind.rpartition("_")[0] not in _WITHIN:
            self._end_paragraph(is_heading=kind == "heading_close")
            self._start_block(token, following)

    def _start_block(self, token: Token, following: Sequence[Token]) -> None:
        """Add the words for the edges of blocks."""
        kind = token.type
        if kind == "heading_open" and self._some:
            self._prefix = f"heading {token.tag[1]}: "
        elif kind == "blockquote_open" and self._some:
            self._prefix += "quote: "
        elif kind == "blockquote_close" and self._all:
            self._add_paragraph("end of quote", goes_on=True)
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._start_list(token, following)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
            if self._all and self._lists:
                self._add_paragraph("end of inner list", goes_on=True)
        elif kind == "list_item_open":
            self._start_item(token)
        elif kind == "dd_open" and self._all:
            self._prefix = "meaning: "
        elif kind == "table_open":
            self._rows, self._has_head = [], False
        elif kind == "table_close":
            self._speak_table()

    def _take_text(self) -> str:
        text, self._text, self._open = squeeze_space(self._text), "", []
        self._lines.append(squeeze_space(self._plain))
        self._plain = ""
        return text

    def _end_paragraph(self, *, is_heading: bool = False) -> None:
        """End the open paragraph."""
        text = self._take_text()
        if text:
            before, self._prefix = self._prefix, ""
            self._add_paragraph(before + text, is_heading=is_heading, goes_on=bool(self._lists))
            self._say_highlights()

    def _say_highlights(self) -> None:
        """Say the highlights that begin in the lines since the last call."""
        lines, self._lines = self._lines, []
        for line in lines if self._highlights else ():
            # Of two with equal lines around them, the first comes with the first line.
            backwards = reversed(self._highlights)
            pieces = {
                (each.owner, _SpokenPiece.from_anchor(each.anchor)): each for each in backwards
            }
            here = [each for (_, piece), each in pieces.items() if piece.is_in(line)]
            for highlight in here[::-1]:
                self._highlights.remove(highlight)
                who, whose = "", "your note"
                if highlight.owner:
                    who, whose = f"{highlight.owner} ", "their note"
                note = f"; {whose}: {squeeze_space(highlight.note)}" if highlight.note else ""
                text = squeeze_space(highlight.anchor.exact)
                self._add_paragraph(f"{who}highlighted: {text}{note}", goes_on=True)

    def _add_paragraph(self, text: str, *, is_heading: bool = False, goes_on: bool = False) -> None:
        if text:
            goes_on = goes_on and bool(self._paragraphs)
            self._paragraphs.append(SpokenParagraph(text, is_heading, goes_on))

    # -- within a paragraph -----------------------------------------------------------------------

    def _wrap_span(self, target: str, start: int) -> None:
        """Put words around the text from a position on: a link, a note, a deletion."""
        text = self._text[start:]
        where = target.rpartition(" ")[0]
        if where.isdecimal() and int(where):
            number = int(where)
            words = squeeze_space(text) or NO_WORDS
            if target.endswith(DIM):  # the placeholder of an image, a video, a page
                words = words.strip("[]")
            self.links[number] = SpokenLink(words, self._urls[number - 1])
            text = f"link {number}: {words}" if self._all else f"{words} (link {number})"
            text = f"({text})" if self._all else text if self._some else words
            text += " " * (words == NO_WORDS)  # whose space was left out behind nothing
        elif where.startswith("#fnref-"):
            text = ""
        elif where.startswith("#fn-") and self._some:
            text = f" (note {where[4:]})"
        elif not target and self._some:
            text = f"(struck out: {text})"
        self._text = self._text[:start] + text

    # -- blocks -----------------------------------------------------------------------------------

    def _start_list(self, token: Token, following: Sequence[Token]) -> None:
        """Say the number of items of a list, before its first one."""
        start = token.attrs.get("start", 1) if token.type == "ordered_list_open" else 0
        self._lists.append(int(start))
        is_notes = "anchor" in following[0].meta
        if self._all and not is_notes and not token.meta.get("goes_on"):
            depth, items = 0, 0
            for each in following:
                depth += each.nesting if each.type.endswith(("list_open", "list_close")) else 0
                items += depth == 0 and each.type == "list_item_open"
                if depth < 0:
                    break
            self._prefix += f"{'inner ' * (len(self._lists) > 1)}list of {items}: "

    def _start_item(self, token: Token) -> None:
        number = self._lists[-1]
        self._lists[-1] += bool(number)
        note = str(token.meta.get("anchor", "")).startswith("fn-")
        mark = f"note {number}: " if note else f"{number}. " if number else "- "
        if self._all and not note:
            mark = f"item {number}: " if number else "item: "
        checked = token.meta.get("checked")
        state = "" if checked is None else "done: " if checked else "not done: "
        self._prefix += mark + state

    def _speak_code(self, token: Token) -> None:
        """Say lines of code as they are."""
        self._end_paragraph()
        lines = clean_text(token.content).expandtabs(4).strip("\n").split("\n")
        words = clean_text(token.info).split()
        language = f", {words[0]}" if words else ""
        if self._some and token.type != "raw":
            lines = [f"{self._prefix}code{language}:", *lines, "end of code"]
            self._prefix = ""
        for number, line in enumerate(lines):
            self._paragraphs.append(SpokenParagraph(line.rstrip(), is_continuation=number > 0))
        self._lines += map(squeeze_space, lines)
        self._say_highlights()

    def _speak_table(self) -> None:
        """Say each row as a paragraph; in full detail, each cell after the name of its column."""
        rows, self._rows = [row for row in self._rows if any(row)], []
        head = rows[0] if rows and self._has_head else []
        body = rows[1:] if head and self._all else rows
        columns = max(map(len, rows), default=0)
        if self._some and rows:
            size = f" of {format_count(len(body), 'row')}, {format_count(columns, 'column')}"
            self._add_paragraph(f"{self._prefix}table{size if self._all else ''}:")
            self._prefix = ""
        for number, row in enumerate(body, 1):
            cells = row
            if self._all and head:
                named = zip([*head, *[""] * len(row)], row, strict=False)
                cells = [f"{name}: {cell}".rstrip() if name else cell for name, cell in named]
            line = "; ".join(cells).rstrip("; ")
            self._add_paragraph(f"row {number}: {line}" if self._all else line, goes_on=True)
        if self._all and rows:
            self._add_paragraph("end of table", goes_on=True)
        self._say_highlights()


def squeeze_space(text: str) -> str:
    """Return a text on one line."""
    return " ".join(clean_text(text).split())


class _SpokenPiece(NamedTuple):
    """Part of a line in which a highlight begins."""

    text: str
    is_inside: bool  # whether other text may stand before it

    @classmethod
    def from_anchor(cls, anchor: Anchor) -> _SpokenPiece:
        """Return the first line of a quotation, with the text around it on that line."""
        _, line_end, before = anchor.prefix.rpartition("\n")
        first = (anchor.exact + anchor.suffix).partition("\n")[0]
        is_inside = not line_end and anchor.start > len(anchor.prefix)
        return cls(squeeze_space(before + first), is_inside)

    def is_in(self, line: str) -> bool:
        """Return whether a line has it."""
        return self.text in line if self.is_inside else line.startswith(self.text)
