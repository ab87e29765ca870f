"""Markdown to the tokens of markdown-it, a block at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from rilo_reader.render import block_rules, inline_rules
from rilo_reader.render.dialects import boxes, obsidian

if TYPE_CHECKING:
    from rilo_reader.render.dialects.template_marks import Templates

LONGEST_LINE = 20_000
"""A longer line is no prose: it is shown as it stands, without reading its Markdown."""

LONGEST_LIST = 200
"""Lines after which a list is cut at its next item, and read on as another that continues it; a
quotation likewise, at its next blank line."""

LONGEST_QUOTE = 2_000
"""Lines after which a quotation without blank lines is cut."""

MOST_DEFINITIONS = 20_000
"""Definitions of links that are known above where they stand."""

PIECES = {"bullet_list_open": 60, "ordered_list_open": 60, "table_open": 1_500}
"""Items of a list or rows of a table that are laid out at once."""

_ITEM = re.compile(r"(?:([-+*])|\d{1,9}([.)]))(?:[ \t]|$)", re.MULTILINE)
_EMBEDDED = re.compile(r"data:[\w/+.;=-]{0,200},?[A-Za-z0-9+/=%]{100,}")
_DEFINED = re.compile(
    r"^(?: {0,3}(?:(`{3,}|~{3,})(.*)|\[\^([^\]\s]{1,100})\]:)"
    r"| {0,3}(?:>[ \t>]{0,40}|[-+*][ \t]{1,4})?(\[(?!\^)[^\]\n]{1,999}\]:[ \t]*\n?[ \t]*\S.*))",
    re.MULTILINE,
)
"""A fence, the label of a footnote, or the definition of a link."""

_SIGNS = re.compile(r"[\\`*_\[<&~!{$=^]|://|  \n")
"""What something may begin with within a line."""


class UnwantedError(Exception):
    """What is read is no longer wanted."""


class ArticleParser(MarkdownIt):
    """The parser; addresses are judged where they are used, so all of them pass here."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """The address as it is written."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Whether it is an address."""
        return True


@cache
def parser(*, has_terms: bool = False) -> ArticleParser:
    """The parser; lists of terms cost time with every paragraph, so only where there are some."""
    made = ArticleParser("commonmark", {"maxNesting": 100, "tasklists": True})
    made.enable("strikethrough")
    block_rules.add_to(made, has_terms=has_terms)
    boxes.add_to(made)
    inline_rules.add_to(made)
    return made


class Source:
    """The Markdown of one article.

    Attributes:
        templates: what the marks in it stand for; None where there are none.
    """

    def __init__(
        self,
        body: str,
        *,
        in_vault: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make a body ready; nothing is parsed before it is asked for.

        Args:
            body: Markdown.
            in_vault: whether it belongs to a vault of Obsidian.
            wanted: asked for each block and each line of a paragraph.
        """
        self.templates: Templates | None = None
        if "{{" in body or "{%" in body or "{::" in body:
            from rilo_reader.render.dialects.templates import marked

            body, self.templates = marked(body)
        if "data:" in body:
            body = _EMBEDDED.sub("data:,", body)
        if "%%" in body and (in_vault or obsidian.is_note(body)):
            body = obsidian.without_comments(body)
        self._body = body
        self._has_terms = block_rules.may_hold_terms(body)
        self._parser = parser(has_terms=self._has_terms)
        self._wanted = wanted
        self._env: dict[str, Any] = {
            "ask": self.ask,
            "is_myst": boxes.is_myst(body),
            "sections": [],
        }
        self._notes: dict[str, list[Token]] = {}
        self._unused: set[str] = set()  # labels of notes that nothing refers to

    def ask(self) -> None:
        """End the reading of what is no longer wanted.

        Raises:
            UnwantedError: it is not.
        """
        if not self._wanted():
            raise UnwantedError

    def blocks(self) -> Iterator[list[Token]]:
        """The tokens of each block, of long ones in pieces; the footnotes are last.

        Raises:
            UnwantedError: see `ask`.
        """
        if "]:" in self._body:
            self._define()
        for tokens in self._parsed():
            self._take_notes(tokens)
            if tokens:
                yield from _in_pieces(tokens)
        yield from self._footnotes()

    def children(self, content: str) -> list[Token]:
        """What stands within a paragraph, a heading or a cell."""
        tokens: list[Token] = []
        if not _SIGNS.search(content):
            for line in content.split("\n"):
                tokens += Token("text", "", 0, content=line.strip()), Token("softbreak", "br", 0)
            return tokens[:-1]
        begin = 0
        while begin < len(content):
            end = begin + LONGEST_LINE
            if end < len(content):
                end = max(content.rfind("\n", begin, end), content.rfind(" ", begin, end)) + 1
                end = end if end > begin else begin + LONGEST_LINE
            self.ask()
            piece = inline_rules.with_bounded_brackets(content[begin:end])
            tokens += self._parser.inline.parse(piece, self._parser, self._env, [])
            begin = end
        return tokens

    # -- blocks ---------------------------------------------------------------------------------

    def _define(self) -> None:
        """What is defined further down must be known in the first paragraph."""
        found: list[str] = []
        labels: dict[str, int] = {}
        fence = ""
        for match in _DEFINED.finditer(self._body):
            signs, rest, label, definition = match.groups()
            if signs and fence:
                is_end = signs.startswith(fence) and not rest.strip()
                fence = "" if is_end else fence
            elif signs:
                fence = "" if signs[0] == "`" and "`" in rest else signs
            elif label and not fence:
                labels.setdefault(label.lower(), 0)
            elif definition and not fence and len(found) < MOST_DEFINITIONS:
                found.append(definition)
        self._env["notes"] = labels
        self._env["noted"] = []
        if found:
            self._parser.block.parse("\n\n".join(found), self._parser, self._env, [])

    def _parsed(self) -> Iterator[list[Token]]:
        """The tokens of each block, or of a part of one."""
        tokens: list[Token] = []
        state = StateBlock(self._body, self._parser, self._env, tokens)
        rules = self._parser.block.ruler.getRules("")
        sections: list[block_rules.Section] = self._env["sections"]
        line = number = 0  # of the item that a list goes on with, 0 where none does
        whole = state.lineMax
        while line < whole:
            line = self._leave_sections(state, line, whole)
            state.line = line = state.skipEmptyLines(line)
            if line >= state.lineMax:
                if not sections:
                    break
                continue
            if state.eMarks[line] - state.bMarks[line] > LONGEST_LINE:
                content = state.getLines(line, line + 1, 0, False)
                yield [Token("raw", "", 0, content=content)]
                line += 1
                continue
            end, state.lineMax = state.lineMax, _end_of_piece(state, line)
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
                number = int(tokens[0].attrs.get("start", 1)) + _items(tokens)
            else:
                number = 0
            line = state.line
            is_paragraph = bool(tokens) and tokens[-1].type == "paragraph_close"
            if self._has_terms and is_paragraph and block_rules.begins_definition(state, line):
                continue  # It holds terms of the definition right below it.
            yield block_rules.with_terms(tokens) if self._has_terms else tokens
            state.tokens = tokens = []
        if tokens:
            yield tokens

    def _leave_sections(self, state: StateBlock, line: int, whole: int) -> int:
        """Set the state to the innermost section that a line is in; the line to go on with."""
        sections: list[block_rules.Section] = self._env["sections"]
        while sections and line >= sections[-1].end:
            line = max(line, sections.pop().after)
        state.lineMax = sections[-1].end if sections else whole
        state.blkIndent = sections[-1].indent if sections else 0
        return line

    # -- footnotes ------------------------------------------------------------------------------

    def _take_notes(self, tokens: list[Token]) -> None:
        """Move the footnotes out of the tokens of a block."""
        if not any(token.type == "footnote_reference_open" for token in tokens):
            return
        kept: list[Token] = []
        into = kept
        for token in tokens:
            if token.type == "footnote_reference_open":
                # Of two notes with one label the first is meant; of the other the text stays.
                label = token.meta["label"].lower()
                into = kept if label in self._notes else self._notes.setdefault(label, [])
            elif token.type == "footnote_reference_close":
                into = kept
            else:
                into.append(token)
        tokens[:] = kept

    def _footnotes(self) -> Iterator[list[Token]]:
        """The notes that the text refers to, in the order it does; notes may refer to notes."""
        if not self._notes and not self._env.get("noted"):
            return
        yield [Token("hr", "hr", 0)]
        noted: list[str] = self._env["noted"]
        done = 0
        while done < len(noted) or self._number_unused():
            labels = noted[done : done + PIECES["ordered_list_open"]]
            opening = Token("ordered_list_open", "ol", 1, attrs={"start": done + 1})
            opening.meta["goes_on"] = done > 0
            tokens = [opening]
            for number, label in enumerate(labels, done + 1):
                tokens += self._footnote(number, label)
            done += len(labels)
            yield [*tokens, Token("ordered_list_close", "ol", -1)]

    def _number_unused(self) -> bool:
        """Number the notes that nothing refers to, which are text too; whether there are any."""
        numbers: dict[str, int] = self._env["notes"]
        noted: list[str] = self._env["noted"]
        unused = [label for label in self._notes if not numbers[label]]
        for label in unused:
            noted.append(label)
            numbers[label] = len(noted)
        self._unused.update(unused)
        return bool(unused)

    def _footnote(self, number: int, label: str) -> list[Token]:
        """The item of a note, with a way back at its end."""
        tokens = self._notes.get(label, [])
        for token in tokens:
            token.hidden = token.hidden or token.type == "paragraph_open"
        has_way_back = label not in self._unused
        if has_way_back and (not tokens or tokens[-1].type != "paragraph_close"):
            tokens = [
                *tokens,
                Token("paragraph_open", "p", 1, hidden=True),
                Token("inline", "", 0),
                Token("paragraph_close", "p", -1),
            ]
        if has_way_back:
            tokens[-2].meta["back"] = number
        opening = Token("list_item_open", "li", 1, meta={"anchor": f"fn-{number}"})
        return [opening, *tokens, Token("list_item_close", "li", -1)]


def _end_of_piece(state: StateBlock, line: int) -> int:
    """The line up to which a block is read: a very long list or quotation is cut."""
    end = state.lineMax
    if end - line <= 2 * LONGEST_LIST:
        return end
    if state.src.startswith(">", state.bMarks[line] + state.tShift[line]):
        return _end_of_quote(state, line, end)
    kind = _item_of(state, line)
    if kind:
        for at in range(line + LONGEST_LIST, end):
            if state.sCount[at] == state.sCount[line] and _item_of(state, at) == kind:
                return at
    return end


def _end_of_quote(state: StateBlock, line: int, end: int) -> int:
    """The line up to which a quotation is read, outside of code in it."""
    is_code = False
    for at in range(line, end):
        text = state.src[state.bMarks[at] + state.tShift[at] : state.eMarks[at]]
        if not text.startswith(">"):
            return end
        text = text[1:].strip()
        lines = at - line
        if text.startswith(("```", "~~~")):
            is_code = not is_code
        elif not is_code and (lines > LONGEST_QUOTE or (lines > LONGEST_LIST and not text)):
            return at
    return end


def _item_of(state: StateBlock, line: int) -> str:
    """The sign of the item that begins with a line, "" where none does."""
    match = _ITEM.match(state.src, state.bMarks[line] + state.tShift[line])
    return (match[1] or match[2]) if match else ""


def _items(tokens: list[Token]) -> int:
    """How many items a list has."""
    return sum(token.type == "list_item_open" and token.level == 1 for token in tokens)


def _in_pieces(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of a block; those of a long list or table as several that go on."""
    opening, closing = tokens[0], tokens[-1]
    most = PIECES.get(opening.type, 0)
    if not most or len(tokens) < 3 * most:
        yield tokens
        return
    is_table = opening.type == "table_open"
    one, level = ("tr_open", opening.level + 2) if is_table else ("list_item_open", 1)
    start = int(opening.attrs.get("start", 1))
    begin = count = 0
    piece: list[Token] = []
    for at, token in enumerate(tokens):
        if token.type != one or token.level != level:
            continue
        count += 1
        if count % most == 1 and count > 1:
            piece += tokens[begin:at]
            end = [Token("tbody_close", "tbody", -1)] if is_table else []
            yield [*piece, *end, closing]
            again = Token(opening.type, opening.tag, 1, meta={"goes_on": True})
            again.attrs["start"] = start + count - 1
            piece = [again, Token("tbody_open", "tbody", 1)] if is_table else [again]
            begin = at
    yield [*piece, *tokens[begin:]]
