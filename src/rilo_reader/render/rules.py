"""Rules of ours for markdown-it: for blocks, then for text within them."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, lheading, paragraph, table
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from rilo_reader.dialects import Forms
from rilo_reader.text import lazy_re

MAX_DEPTH = 50  # quotations, lists and items; anything deeper is text
PARAGRAPH_LIMIT = 16_000  # characters after which a paragraph is split between two of its lines

_MARKERS = lazy_re(r"(?:[-+*>]|\d{1,9}[.)]|[ \t])*")
_TERMS = r"(?m)^[^\s:].*\n{1,2} {0,3}:[ \t]+\S"
_DEFINITION = lazy_re(r" {0,3}:[ \t]+\S")


class LineRange(NamedTuple):
    """Lines that are parsed as if they were the whole document."""

    end: int  # line after the last one
    line_after: int  # line to continue with after the section
    indent: int  # columns by which the lines are indented


def add_block_rules(parser: MarkdownIt, *, has_terms: bool) -> None:
    """Add the rules for blocks to a parser."""
    ruler = parser.block.ruler
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.enable("table")
    if has_terms:
        from mdit_py_plugins.deflist import deflist_plugin

        deflist_plugin(parser)
        ruler.before("paragraph", "term", _end_at_term, {"alt": ["paragraph"]})
    ruler.at("table", _read_table, {"alt": ["paragraph", "reference"]})
    ruler.at("lheading", _read_heading)
    ruler.at("paragraph", _read_paragraph)
    ruler.before("reference", "footnote_def", _read_footnote, {"alt": ["paragraph", "reference"]})
    ruler.before("table", "deepest", _read_deepest)
    ruler.before("deepest", "ask", _check_wanted, {"alt": ends})


def can_have_terms(body: str) -> bool:
    """Return whether a text may contain a definition list."""
    return "\n:" in body.replace("\n ", "\n") and re.search(_TERMS, body) is not None


def _check_wanted(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    state.env["ask"]()
    return False


def _end_at_term(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """End a paragraph at a line followed by a definition; the lines before it are terms too."""
    return silent and is_term_line(state, start)


def _read_deepest(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read any line at the maximum depth as text."""
    if state.level < MAX_DEPTH:
        return False
    begin = state.bMarks[start] + state.tShift[start]
    text = _MARKERS.sub("", state.src[begin : state.eMarks[start]], count=1)
    state.line = start + 1
    if text:
        push_paragraph(state, text, start)
    return True


def push_paragraph(state: StateBlock, text: str, start: int) -> None:
    """Add a paragraph that was read from line `start` to before the line of the state."""
    state.push("paragraph_open", "p", 1).map = [start, state.line]
    state.push("inline", "", 0).content = text
    state.push("paragraph_close", "p", -1)


def make_paragraph(text: str, *, hidden: bool = False) -> list[Token]:
    """Return the tokens of a paragraph."""
    inline = Token("inline", "", 0, content=text)
    opening = Token("paragraph_open", "p", 1, hidden=hidden)
    return [opening, inline, Token("paragraph_close", "p", -1)]


def _find_paragraph_end(state: StateBlock, start: int) -> int:
    """Return the line up to which a paragraph is read."""
    limit = state.bMarks[start] + PARAGRAPH_LIMIT
    return max(bisect_right(state.bMarks, limit, start + 1, state.lineMax), start + 1)


def _read_heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a setext heading, within the bounds of a paragraph."""
    return lheading(state, start, min(end, _find_paragraph_end(state, start)), silent)


def _read_paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a paragraph; a very long one is split between lines and continued by the next."""
    whole, state.lineMax = state.lineMax, _find_paragraph_end(state, start)
    first = len(state.tokens)
    paragraph(state, start, state.lineMax, silent)
    is_cut = state.line == state.lineMax < whole and not state.isEmpty(state.line)
    state.lineMax = whole
    if state.env.get("cut") == start:
        state.tokens[first].meta["goes_on"] = True
    state.env["cut"] = state.line if is_cut else -1
    return True


def _read_footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read `[^label]: text` if the label belongs to a footnote of the text."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("[^", begin):
        return False
    label = state.src[begin + 2 : state.src.find("]", begin, state.eMarks[start])].lower()
    if label not in state.env["notes"]:
        return False
    from mdit_py_plugins.footnote.index import footnote_def

    return bool(footnote_def(state, start, end, silent))


def _read_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table; text after the last column is kept in the last cell."""
    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    if not silent:
        columns = sum(token.type == "th_open" for token in state.tokens[first:])
        for index, token in enumerate(state.tokens[first:], first):
            if token.type != "tr_open" or not token.map or token.map[0] <= start + 1:
                continue
            text = state.src[state.bMarks[token.map[0]] : state.eMarks[token.map[0]]]
            if text.count("|") >= columns:
                cells = re.split(r"(?<!\\)\|", text.strip().removeprefix("|"))
                beyond = [cell.strip().replace("\\|", "|") for cell in cells[columns:]]
                last = state.tokens[index + 3 * columns - 1]
                last.content = " | ".join(filter(None, (last.content, *beyond)))
    return True


def is_term_line(state: StateBlock, line: int) -> bool:
    """Return whether a line may be the term of a definition below other terms."""
    if line + 1 >= state.lineMax or state.isEmpty(line):
        return False
    at = line + 2 if state.isEmpty(line + 1) else line + 1
    if at >= state.lineMax:
        return False
    return _DEFINITION.match(state.src, state.bMarks[at], state.eMarks[at]) is not None


def adopt_terms(tokens: list[Token]) -> list[Token]:
    """Turn a paragraph directly above a definition list into the first of its terms."""
    result: list[Token] = []
    for token in tokens:
        result.append(token)
        if token.type != "dl_open" or len(result) < 4 or token.map is None:
            continue
        opening, text, _ = result[-4:-1]
        if opening.type == "paragraph_open" and opening.map and opening.map[1] == token.map[0]:
            del result[-4:-1]
            for line in text.content.split("\n"):
                words = Token("inline", "", 0, content=line, meta=text.meta)
                result += Token("dt_open", "dt", 1), words, Token("dt_close", "dt", -1)
                text.meta = {}  # the label of a box precedes the first paragraph
    return result


MAX_BRACKETS = 12  # in each other that may be links; deeper ones are text
DEEP_BRACKET = "\ufff9"  # replaces a deeper one; `clean_text` removes it from articles

_BRACKET = lazy_re(r"\\.|!?\[|\]", re.DOTALL)

_FORMULA = (
    r"\$\$(?!\$)(?:(?!\n[ \t]*\n|\]\()[^$]){1,2000}\$\$"
    r"|\$(?![\s$])(?:(?!\n[ \t]*\n|\]\()[^$`]){1,500}?(?<![\s\\])\$(?![A-Za-z0-9_$])"
)
TEX = r"\\[A-Za-z,;!{}\\]|[_^]"  # tells TeX between dollars from text between two prices
WIKI = r"(?:!\[\[|\[\[)([^\[\]|\n]{1,500})(?:\|([^\[\]\n]{1,500}))?\]\]"
_HIGHLIGHT = r"==(?=[^\s=])([^=\n]{1,500}?)(?<=\S)==(?![=\w])"
_REFERENCE = r"!?\[(?![\"'^])([^\[\]]{2,500})\]\[(?![\"'^])([^\[\]\s]{0,200})\](?![\[(])"
_ADDRESS = r"(?i)https?://(?:[^\s<>\"`{}|\\^]|\\[_*~&]){1,2000}"
_SCHEME = r"(?i)(?:\A|[^A-Za-z0-9.+-])(https?)\Z"
_BLOCK_NAME = r"\^(?:[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9-]+|[a-z0-9]{5,30})\s*\Z"


def add_inline_rules(parser: MarkdownIt, forms: Forms) -> None:
    """Add the rules for text within blocks to a parser, as far as the forms have them."""
    ruler = parser.inline.ruler
    # The parser tries all rules at each terminator, so only characters that start one are.
    parser.inline.terminator_re = re.compile(r"[\n!$&*:<=\[\]\\^_`{~]")
    ruler.before("escape", "formula", _read_formula)
    if forms.brackets:
        ruler.before("escape", "bracketed_formula", _read_bracketed_formula)
    if forms.wiki:
        ruler.before("link", "wiki_link", _read_wiki_link)
    ruler.before("link", "footnote_ref", _read_footnote_reference)
    if forms.references:
        ruler.push("undefined", _read_undefined)
    if forms.marks:
        ruler.push("highlight", _read_highlight)
    if forms.block_names:
        ruler.push("block_name", _skip_block_name)
    ruler.push("address", _read_address)


def bound_brackets(text: str) -> str:
    """Replace brackets nested deeper than MAX_BRACKETS, and unclosed ones beyond that number.

    The parser would look for the end of each up to the end of the text.
    """
    if text.count("[") <= MAX_BRACKETS:
        return text
    open_: list[int] = []
    replaced: dict[int, str] = {}
    for match in _BRACKET.finditer(text):
        bracket, at = match[0], match.start()
        if bracket == "]":
            if open_:
                open_.pop()
        elif bracket[0] != "\\":
            open_.append(at)
            if len(open_) > MAX_BRACKETS:
                replaced[at] = DEEP_BRACKET if bracket == "[" else ""
    if len(open_) > MAX_BRACKETS:
        replaced |= {at: DEEP_BRACKET if text[at] == "[" else "" for at in open_}
    if not replaced:
        return text
    return _BRACKET.sub(lambda match: replaced.get(match.start(), match[0]), text)


def _read_footnote_reference(state: StateInline, silent: bool) -> bool:
    """Read `[^label]`, if that footnote exists; footnotes are numbered in the order of use."""
    notes: dict[str, int] = state.env["notes"]
    if not notes or not state.src.startswith("[^", state.pos):
        return False
    end = state.src.find("]", state.pos, min(state.posMax, state.pos + 200))
    label = state.src[state.pos + 2 : end].lower()
    # `[^a](x)` is an ordinary link.
    if end < 0 or label not in notes or state.src.startswith("](", end):
        return False
    if not silent:
        if not notes[label]:
            state.env["noted"].append(label)
            notes[label] = len(state.env["noted"])
        state.push("footnote_ref", "", 0).meta = {"number": notes[label]}
    state.pos = end + 1
    return True


def _read_formula(state: StateInline, silent: bool) -> bool:
    """Read TeX between dollars; between two dollars it keeps its lines.

    After an ASCII letter or digit a dollar is part of a price or a name (`US$5`); after other
    characters it may start a formula, since some scripts have no spaces.
    """
    match = match_formula(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        shown = match[0] if match[0][1] == "$" else match[0].replace("\n", " ")
        state.push("formula", "", 0).content = shown
    state.pos = match.end()
    return True


# No other bracket opens in a formula; else of many brackets each would be searched to the limit.
_BRACKETED = lazy_re(
    r"(?P<mark>\\{1,2})(?:"
    r"\((?P<round>(?:(?!\n[ \t]*\n|(?<!\\)(?P=mark)\().){1,500}?)(?<!\\)(?P=mark)\)"
    r"|\[(?P<square>(?:(?!\n[ \t]*\n|(?<!\\)(?P=mark)\[).){1,2000}?)(?<!\\)(?P=mark)\])",
    re.DOTALL,
)
_COMMAND = lazy_re(r"\\[A-Za-z]{2,}")
_PLAIN_WORD = lazy_re(r"(?<![A-Za-z\\])(?:[A-Za-z]{3,}|[A-Za-z]{2}\s+[A-Za-z]{2}\b)")


def _read_bracketed_formula(state: StateInline, silent: bool) -> bool:
    r"""Read TeX between `\(` and `\)`, or `\[` and `\]`; words there are an escaped parenthesis."""
    if not state.src.startswith(("\\(", "\\[", "\\\\(", "\\\\["), state.pos):
        return False
    match = match_bracketed_formula(state.src, state.pos, state.posMax)
    if match is None or (match["square"] and state.linkLevel):
        return False  # brackets of a link's text are escaped, whatever is in them
    if not silent:
        marks = "$$" if match["square"] else "$"
        formula = (match["round"] or match["square"]).strip()
        state.push("formula", "", 0).content = f"{marks}{formula}{marks}"
    state.pos = match.end()
    return True


def match_bracketed_formula(text: str, at: int, end: int) -> re.Match[str] | None:
    """Return the formula in brackets with backslashes at a position of a text."""
    match = _BRACKETED.match(text, at, end)
    formula = (match["round"] or match["square"]).strip() if match else ""
    is_item = not at and len(formula) < 3  # `\\(a\\)` begins an item of a list
    is_text = _PLAIN_WORD.search(formula) and not _COMMAND.search(formula)
    if match and match["square"] and not re.search(f"{TEX}|=", formula):
        return None  # escaped, as `[1]` is, which is how brackets of a text are written
    return None if not formula or is_item or is_text else match


def match_formula(text: str, at: int, end: int) -> re.Match[str] | None:
    """Return the formula at a position of a text that extends to `end`."""
    match = re.compile(_FORMULA).match(text, at, end) if text[at] == "$" else None
    if not match or not re.search(TEX if match[0][1] != "$" else f"{TEX}|=", match[0]):
        return None
    before = text[at - 1] if at else " "
    follows_word = before.isascii() and (before.isalnum() or before == "_")
    is_price = before in "$\\" or (match[0][1] != "$" and follows_word)
    return None if is_price else match


def _read_wiki_link(state: StateInline, silent: bool) -> bool:
    """Read `[[page|words]]` in the order of its dialect, and `![[picture.png]]`."""
    if not state.src.startswith(("[[", "![["), state.pos):
        return False
    match = re.compile(WIKI).match(state.src, state.pos, state.posMax)
    if not match or state.src.startswith("(", match.end()):
        return False  # `[[1]](https://example.org)` is a link whose text has brackets
    if match[1][0] == "^" and match[1][1:].lower() in state.env["notes"]:
        return False
    if not silent:
        token = state.push("embed" if match[0][0] == "!" else "text", "", 0)
        target, token.content = state.env["link"](match[1], match[2] or "")
        token.meta = {"target": target}
    state.pos = match.end()
    return True


def _read_highlight(state: StateInline, silent: bool) -> bool:
    """Read Obsidian's `==text==`."""
    if state.src[state.pos] != "=" or state.pending[-1:].isalnum() or state.pending[-1:] == "=":
        return False
    match = re.compile(_HIGHLIGHT).match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        push_inline(state, match[1], "strong")
    state.pos = match.end()
    return True


def push_inline(state: StateInline, markdown: str, tag: str = "") -> None:
    """Add the tokens of a text, in an element if there is a tag."""
    words = state.md.inline.parse(markdown, state.md, state.env, [])
    if tag:
        state.push(f"{tag}_open", tag, 1)
    elif state.pending:
        state.pushPending()
    push_tokens(state, words)
    if tag:
        state.push(f"{tag}_close", tag, -1)


def push_tokens(state: StateInline, tokens: Sequence[Token]) -> None:
    """Add tokens as they are."""
    state.tokens += tokens
    state.tokens_meta += [None] * len(tokens)


def _read_undefined(state: StateInline, silent: bool) -> bool:
    """Read `[text][label]` with an undefined label as its text."""
    match = match_undefined_reference(state.src, state.pos, state.posMax)
    if match is None:
        return False
    text = match[1]
    if not silent and match[0][0] == "!":
        image = state.push("image", "img", 0)
        image.children = [Token("text", "", 0, content=text)]
    elif not silent:
        push_inline(state, text)
    state.pos = match.end()
    return True


def match_undefined_reference(text: str, at: int, end: int) -> re.Match[str] | None:
    """Return `[text][label]` at a place, unless it may be something else.

    A text of one character or a word before it is an index (`a[0][1]`), two numbers are notes, and
    `[News][Sports]` are tags; several words before a label are a link.
    """
    match = re.compile(_REFERENCE).match(text, at, end) if text[at] in "[!" else None
    if not match or re.match(r"[\w\])]", text[at - 1 : at]):
        return None
    shown, label = match[1], match[2]
    is_name = not label or re.search(r"[^\W\d]", label) or re.search(r"[^\W\d]{2}", shown)
    is_tag = " " not in shown and label.isalpha() and not label[0].islower()
    return match if is_name and not is_tag else None


def _skip_block_name(state: StateInline, silent: bool) -> bool:
    """Skip Obsidian's name of a block, `^name` at its end."""
    if state.src[state.pos] != "^" or (state.pos and not state.src[state.pos - 1].isspace()):
        return False
    match = re.compile(_BLOCK_NAME).match(state.src, state.pos)
    if not match or state.posMax < len(state.src):
        return False
    state.pos = match.end()
    return True


def _read_address(state: StateInline, silent: bool) -> bool:
    """Read a bare URL as a link, without emphasis in it."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = re.search(_SCHEME, state.pending[-6:])
    if not scheme:
        return False
    begin = state.pos - len(scheme[1])
    match = re.compile(_ADDRESS).match(state.src, begin, state.posMax)
    address = trim_address(match[0]) if match else ""
    if not address.partition("://")[2]:
        return False
    state.pending = state.pending[: -len(scheme[1])]
    state.pos = begin + len(address)
    address = address.replace("\\", "")  # escapes of Markdown
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    return True


def trim_address(address: str) -> str:
    """Return a bare URL without the punctuation that follows it in a sentence."""
    while address:
        last = address[-1]
        opening = {")": "(", "]": "["}.get(last)
        is_unpaired = opening is not None and address.count(last) > address.count(opening)
        if last not in ".,;:!?'\"*_~»”’" and not is_unpaired:
            break
        address = address[:-1]
    return address
