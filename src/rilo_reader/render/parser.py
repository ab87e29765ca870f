"""Parse Markdown to tokens of markdown-it, one block at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from rilo_reader.dialects import Forms, named
from rilo_reader.render.dialects import admonitions, grid_tables, inline
from rilo_reader.render.preparation import prepare_body
from rilo_reader.render.rules import (
    LineRange,
    add_block_rules,
    add_inline_rules,
    adopt_terms,
    bound_brackets,
    can_have_terms,
    is_term_line,
    make_paragraph,
)

LINE_LIMIT = 20_000  # characters of a line of Markdown; a longer one is shown as it is
# Lines after which a list is split at its next item, or a quotation at its next blank line.
MAX_LIST_LINES = 200
MAX_QUOTE_LINES = 2_000  # after which a quotation without blank lines is split
MAX_TOKENS = 100_000
"""Tokens of an article that are laid out, which take some 25 µs each; a long novel has fewer."""
RAW_LINES = 500  # of the rest, that are one block
REST_NOTE = "… The rest of this article is too long to be laid out. Its source text follows:"
MAX_DEFINITIONS = 20_000  # of links, that are known before they are reached
# Items of a list, or rows of a table, that are laid out at once.
PIECES = {"bullet_list_open": 60, "ordered_list_open": 60, "table_open": 1_500}

_ITEM = r"(?m)(?:([-+*])|\d{1,9}([.)]))(?:[ \t]|$)"
_DEFINITION = (
    r"(?m)^(?: {0,3}(?:(`{3,}|~{3,})(.*)|\[\^([^\]\s]{1,100})\]:)"
    r"| {0,3}(?:>[ \t>]{0,40}|[-+*][ \t]{1,4})?(\[(?!\^)[^\]\n]{1,999}\]:[ \t]*\n?[ \t]*\S.*))"
)
"""A fence, the label of a footnote, or the definition of a link."""

_SIGNS = re.compile(r"[\\`*_\[<&~!{$=^]|://|  \n")  # characters that may start inline syntax


class UnwantedError(Exception):
    """The text being parsed is no longer wanted."""


class ArticleParser(MarkdownIt):
    """markdown-it without URL checks: links are checked where they are used."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Return the address unchanged."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Accept every address."""
        return True


@cache
def make_parser(forms: Forms, *, has_terms: bool = False) -> ArticleParser:
    """Return a parser of some forms; definition lists slow down every paragraph."""
    parser = ArticleParser("commonmark", {"maxNesting": 100, "tasklists": True})
    parser.enable("strikethrough")
    add_block_rules(parser, has_terms=has_terms)
    add_inline_rules(parser, forms)
    ends = ["paragraph", "reference", "blockquote", "list"]
    if forms.boxes:
        parser.block.ruler.before("fence", "box", admonitions.read_box, {"alt": ends})
    if forms.roles or forms.contents:
        parser.block.ruler.before("fence", "unseen", admonitions.skip_hidden_line)
    parser.block.ruler.before("fence", "formula", inline.read_formula_block, {"alt": ends})
    if forms.grids:
        parser.block.ruler.before("fence", "grid_table", grid_tables.read_grid_table)
    for is_read, rule in (
        (forms.attributes, inline.read_span),
        (forms.raised, inline.read_raised),
        (forms.roles, inline.read_role),
        (forms.attributes, inline.skip_attributes),
    ):
        if is_read:
            parser.inline.ruler.push(rule.__name__, rule)
    return parser


class MarkdownSource:
    """The Markdown of one article."""

    def __init__(
        self, body: str, dialect: str = "", *, wanted: Callable[[], bool] = lambda: True
    ) -> None:
        """Prepare a body; `wanted` is called for each block and each line of a paragraph."""
        self.forms = named(dialect).forms
        body, self.templates = prepare_body(body, self.forms)
        self._body = body
        self._has_terms = self.forms.terms and can_have_terms(body)
        self._parser = make_parser(self.forms, has_terms=self._has_terms)
        self._is_wanted = wanted
        self._notes: dict[str, list[Token]] = {}
        self._env: dict[str, Any] = {
            "ask": self.check_wanted,
            "is_myst": self.forms.roles and admonitions.is_myst(body),
            "forms": self.forms,
            "link": named(dialect).link,
            "sections": [],
            "notes": {},  # numbers of footnotes by their labels; 0: not referred to
            "noted": [],  # labels in the order of their numbers
            "note_tokens": self._notes,
        }
        self._spent = 0  # of MAX_TOKENS
        self._unreferenced: set[str] = set()  # labels of footnotes without a reference

    def check_wanted(self) -> None:
        """Raise UnwantedError if the text is no longer wanted."""
        if not self._is_wanted():
            raise UnwantedError

    def parse_blocks(self) -> Iterator[list[Token]]:
        """Yield the tokens of each block, long ones in pieces; the footnotes come last."""
        if "]:" in self._body:
            self._collect_definitions()
        for tokens in self._iter_parsed():
            self._take_notes(tokens)
            if tokens:
                yield from _split_tokens(tokens)
        yield from self._iter_footnotes()

    def parse_inline(self, content: str) -> list[Token]:
        """Return the inline tokens of a paragraph, a heading or a cell."""
        tokens: list[Token] = []
        if not _SIGNS.search(content):
            self._spent += content.count("\n") // 8  # they are quickly made
            return _make_plain_tokens(content)
        begin = 0
        while begin < len(content):
            end = begin + LINE_LIMIT
            if end < len(content):
                end = max(content.rfind("\n", begin, end), content.rfind(" ", begin, end)) + 1
                end = end if end > begin else begin + LINE_LIMIT
            self.check_wanted()
            if self._spent > MAX_TOKENS:
                note = Token("text", "", 0, content=REST_NOTE)
                rest = _make_plain_tokens("\n" + content[begin:])
                return [*tokens, Token("hardbreak", "br", 0), note, *rest]
            before = len(tokens)
            piece = bound_brackets(content[begin:end])
            tokens += self._parser.inline.parse(piece, self._parser, self._env, [])
            self._spent += (len(tokens) - before) * 2
            begin = end
        return tokens

    # -- blocks ---------------------------------------------------------------------------------

    def _collect_definitions(self) -> None:
        """Collect definitions of links and footnotes, which may be used before they occur."""
        found: list[str] = []
        labels: dict[str, int] = {}
        fence = ""
        for match in re.finditer(_DEFINITION, self._body):
            marks, rest, label, definition = match.groups()
            if marks and fence:
                is_end = marks.startswith(fence) and not rest.strip()
                fence = "" if is_end else fence
            elif marks:
                fence = "" if marks[0] == "`" and "`" in rest else marks
            elif label and not fence:
                labels.setdefault(label.lower(), 0)
            elif definition and not fence and len(found) < MAX_DEFINITIONS:
                found.append(definition)
        self._env["notes"] = labels
        if found:
            self._parser.block.parse("\n\n".join(found), self._parser, self._env, [])

    def _iter_parsed(self) -> Iterator[list[Token]]:
        """Yield the tokens of each block or part of a block."""
        tokens: list[Token] = []
        state = StateBlock(self._body, self._parser, self._env, tokens)
        rules = self._parser.block.ruler.getRules("")
        sections: list[LineRange] = self._env["sections"]
        line = number = 0  # of the item with which a list continues, or 0
        whole = state.lineMax
        while line < whole:
            while sections and line >= sections[-1].end:
                line = max(line, sections.pop().line_after)
            state.lineMax = sections[-1].end if sections else whole
            state.blkIndent = sections[-1].indent if sections else 0
            state.line = line = state.skipEmptyLines(line)
            if line >= state.lineMax:
                if not sections:
                    break
                continue
            if after := self._find_raw_end(state, line, whole):
                text = state.getLines(line, after, 0, False)
                yield from _iter_raw(text, is_rest=self._spent > MAX_TOKENS)
                line = after
                continue
            end, state.lineMax = state.lineMax, _find_piece_end(state, line)
            last = state.lineMax
            is_parted = state.src[state.bMarks[line] : state.eMarks[line]].strip() == ">"
            for rule in rules:
                if rule(state, line, last, False):
                    break
            state.lineMax = end
            if tokens and number:
                tokens[0].meta["goes_on"] = True
                tokens[0].meta["is_parted"] = is_parted
                tokens[0].attrs["start"] = number
            if last < end and state.line == last and tokens:
                items = sum(each.type == "list_item_open" and each.level == 1 for each in tokens)
                number = int(tokens[0].attrs.get("start", 1)) + items
            else:
                number = 0
            self._spent += len(tokens) + 3 + (state.line - line) // 8
            self._spent += sum(each.content.count("<") for each in tokens if not each.children)
            line = state.line
            is_paragraph = bool(tokens) and tokens[-1].type == "paragraph_close"
            if self._has_terms and is_paragraph and is_term_line(state, line):
                continue  # The line contains terms of the definition below it.
            yield adopt_terms(tokens) if self._has_terms else tokens
            state.tokens = tokens = []
        if tokens:
            yield tokens

    def _find_raw_end(self, state: StateBlock, line: int, whole: int) -> int:
        """Return the line up to which text is shown as it is; 0 if it is parsed."""
        if self._spent > MAX_TOKENS:
            self._env["sections"].clear()
            return whole
        return line + 1 if state.eMarks[line] - state.bMarks[line] > LINE_LIMIT else 0

    # -- footnotes ------------------------------------------------------------------------------

    def _take_notes(self, tokens: list[Token]) -> None:
        """Move footnotes out of the tokens of a block."""
        if not any(token.type == "footnote_reference_open" for token in tokens):
            return
        remaining: list[Token] = []
        into = remaining
        for token in tokens:
            if token.type == "footnote_reference_open":
                # The first footnote with a label counts; the text of others stays.
                label = token.meta["label"].lower()
                into = remaining if label in self._notes else self._notes.setdefault(label, [])
            elif token.type == "footnote_reference_close":
                into = remaining
            else:
                into.append(token)
        tokens[:] = remaining

    def _iter_footnotes(self) -> Iterator[list[Token]]:
        """Yield the footnotes in the order of their references; footnotes may refer to others."""
        noted: list[str] = self._env["noted"]
        if not self._notes and not noted:
            return
        yield [Token("hr", "hr", 0)]
        done = 0
        while done < len(noted) or self._number_unused():
            labels = noted[done : done + PIECES["ordered_list_open"]]
            opening = Token("ordered_list_open", "ol", 1, attrs={"start": done + 1})
            opening.meta["goes_on"] = done > 0
            tokens = [opening]
            for number, label in enumerate(labels, done + 1):
                tokens += self._make_footnote(number, label)
            done += len(labels)
            yield [*tokens, Token("ordered_list_close", "ol", -1)]

    def _number_unused(self) -> bool:
        """Number footnotes without a reference, which are shown too; False if there are none."""
        numbers: dict[str, int] = self._env["notes"]
        noted: list[str] = self._env["noted"]
        unused = [label for label in self._notes if not numbers[label]]
        for label in unused:
            noted.append(label)
            numbers[label] = len(noted)
        self._unreferenced.update(unused)
        return bool(unused)

    def _make_footnote(self, number: int, label: str) -> list[Token]:
        """Return the list item of a footnote, with a link back at its end."""
        tokens = self._notes.get(label, [])
        for token in tokens:
            token.hidden = token.hidden or token.type == "paragraph_open"
        has_back_link = label not in self._unreferenced
        if has_back_link and (not tokens or tokens[-1].type != "paragraph_close"):
            tokens = [*tokens, *make_paragraph("", hidden=True)]
        if has_back_link:
            tokens[-2].meta["back"] = number
        opening = Token("list_item_open", "li", 1, meta={"anchor": f"fn-{number}"})
        return [opening, *tokens, Token("list_item_close", "li", -1)]


def _find_piece_end(state: StateBlock, line: int) -> int:
    """Return the line up to which a block is read: very long lists and quotations are split."""
    end = state.lineMax
    if end - line <= 2 * MAX_LIST_LINES:
        return end
    if state.src.startswith(">", state.bMarks[line] + state.tShift[line]):
        return _find_quote_end(state, line, end)
    kind = _read_marker(state, line)
    if kind:
        for at in range(line + MAX_LIST_LINES, end):
            if state.sCount[at] == state.sCount[line] and _read_marker(state, at) == kind:
                return at
    return end


def _find_quote_end(state: StateBlock, line: int, end: int) -> int:
    """Return the line up to which a quotation is read, which is not within code."""
    is_code = False
    for at in range(line, end):
        text = state.src[state.bMarks[at] + state.tShift[at] : state.eMarks[at]]
        if not text.startswith(">"):
            return end
        text = text[1:].strip()
        lines = at - line
        if text.startswith(("```", "~~~")):
            is_code = not is_code
        elif not is_code and (lines > MAX_QUOTE_LINES or (lines > MAX_LIST_LINES and not text)):
            return at
    return end


def _read_marker(state: StateBlock, line: int) -> str:
    """Return the marker of the list item that begins at a line, or ""."""
    match = re.compile(_ITEM).match(state.src, state.bMarks[line] + state.tShift[line])
    return (match[1] or match[2]) if match else ""


def _make_plain_tokens(text: str) -> list[Token]:
    """Return the inline tokens of a text without syntax."""
    tokens: list[Token] = []
    for line in text.split("\n"):
        tokens += Token("text", "", 0, content=line.strip()), Token("softbreak", "br", 0)
    return tokens[:-1]


def _iter_raw(text: str, *, is_rest: bool) -> Iterator[list[Token]]:
    """Yield the tokens of lines that are not parsed; before the rest of an article, a sentence."""
    # A very long line may be a paragraph, as converters write them, rather than data.
    is_data = text[0] in " \t>#|-+<{:~`$=0123456789" or text.count(" ") <= len(text) // 100
    if not is_rest and not is_data:
        yield make_paragraph(text)
        return
    if is_rest and "\n" in text:
        yield [Token("raw", "", 0, content=REST_NOTE)]
    lines = text.split("\n")
    for begin in range(0, len(lines), RAW_LINES):
        part = "\n".join(lines[begin : begin + RAW_LINES])
        yield [Token("raw", "", 0, content=part)]


def _split_tokens(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of a block; those of a long list or table in pieces."""
    opening, closing = tokens[0], tokens[-1]
    limit = PIECES.get(opening.type, 0)
    if not limit or len(tokens) < 3 * limit:
        yield tokens
        return
    is_table = opening.type == "table_open"
    item, level = ("tr_open", opening.level + 2) if is_table else ("list_item_open", 1)
    start = int(opening.attrs.get("start", 1))
    begin = count = 0
    piece: list[Token] = []
    for at, token in enumerate(tokens):
        if token.type != item or token.level != level:
            continue
        count += 1
        if count % limit == 1 and count > 1:
            piece += tokens[begin:at]
            end = [Token("tbody_close", "tbody", -1)] if is_table else []
            yield [*piece, *end, closing]
            again = Token(opening.type, opening.tag, 1, meta={"goes_on": True})
            again.attrs["start"] = start + count - 1
            piece = [again, Token("tbody_open", "tbody", 1)] if is_table else [again]
            begin = at
    yield [*piece, *tokens[begin:]]
