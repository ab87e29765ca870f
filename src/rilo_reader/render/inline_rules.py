"""Inline rules for markdown-it: footnotes, formulas, wiki links, highlights, bare URLs."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

DEEPEST_BRACKETS = 30
"""Maximum depth of brackets that may be links; deeper ones are text."""

DEEP_BRACKET = "\ufff9"
"""Replaces such a bracket: a character that `clean_text` removes from articles."""

_BRACKET = re.compile(r"\\.|!?\[|\]", re.DOTALL)

_FORMULA = (
    r"\$\$(?!\$)(?:(?!\n[ \t]*\n|\]\()[^$]){1,2000}\$\$"
    r"|\$(?![\s$])(?:(?!\n[ \t]*\n|\]\()[^$`]){1,500}?(?<![\s\\])\$(?![A-Za-z0-9_$])"
)
"""TeX between dollars; `_TEX` tells it from text between two prices."""

_TEX = r"\\[A-Za-z,;!{}\\]|[_^]"
_WIKI = r"!?\[\[([^\[\]|\n]{1,500})(?:\|([^\[\]\n]{1,500}))?\]\]"
_HIGHLIGHT = r"==(?=[^\s=])([^=\n]{1,500}?)(?<=\S)==(?![=\w])"
_REFERENCE = r"!?\[(?![\"'^])([^\[\]]{2,500})\]\[(?![\"'^])([^\[\]\s]{0,200})\](?![\[(])"
_ADDRESS = r"(?i)https?://(?:[^\s<>\"`{}|\\^]|\\[_*~&]){1,2000}"
_SCHEME = r"(?i)(?:\A|[^A-Za-z0-9.+-])(https?)\Z"
_BLOCK_NAME = r"\^(?:[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9-]+|[a-z0-9]{5,30})\s*\Z"


def add_to(parser: MarkdownIt) -> None:
    """Add the rules to a parser."""
    ruler = parser.inline.ruler
    # The parser tries all rules at each terminator, so only characters that start one are.
    parser.inline.terminator_re = re.compile(r"[\n!$&*:<=\[\]\\^_`{~]")
    ruler.before("escape", "formula", _formula)
    ruler.before("link", "wiki_link", _wiki_link)
    ruler.before("link", "footnote_ref", _footnote_reference)
    ruler.push("undefined", _undefined)
    ruler.push("highlight", _highlight)
    ruler.push("block_name", _block_name)
    ruler.push("address", _address)


def with_bounded_brackets(text: str) -> str:
    """Replace brackets nested deeper than DEEPEST_BRACKETS.

    The parser would take exponential time to look for the ends of their links.
    """
    if text.count("[") <= DEEPEST_BRACKETS:
        return text
    depth = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal depth
        bracket = match[0]
        if bracket == "]":
            depth = max(depth - 1, 0)
        elif bracket[0] != "\\":
            depth += 1
            if depth > DEEPEST_BRACKETS:
                return DEEP_BRACKET if bracket == "[" else ""
        return bracket

    return _BRACKET.sub(replacement, text)


def _footnote_reference(state: StateInline, silent: bool) -> bool:
    """Read `[^label]`, if that footnote exists; footnotes are numbered in the order of use."""
    notes: dict[str, int] | None = state.env.get("notes")
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


def _formula(state: StateInline, silent: bool) -> bool:
    """Read TeX between dollars, which is shown as it is; between two dollars it keeps its lines.

    After an ASCII letter or digit a dollar is part of a price or a name (`US$5`); after other
    characters it may start a formula, since some scripts have no spaces.
    """
    if state.src[state.pos] != "$":
        return False
    match = re.compile(_FORMULA).match(state.src, state.pos, state.posMax)
    if not match or not re.search(_TEX, match[0]):
        return False
    before = state.src[state.pos - 1] if state.pos else " "
    follows_word = before.isascii() and (before.isalnum() or before == "_")
    if before in "$\\" or (match[0][1] != "$" and follows_word):
        return False
    if not silent:
        shown = match[0] if match[0][1] == "$" else match[0].replace("\n", " ")
        for number, line in enumerate(shown.split("\n")):
            if number:
                state.push("hardbreak", "br", 0)
            state.push("text", "", 0).content = line.strip()
    state.pos = match.end()
    return True


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """Read Obsidian's `[[Note|text]]` and `![[picture.png]]`."""
    if not state.src.startswith(("[[", "![["), state.pos):
        return False
    match = re.compile(_WIKI).match(state.src, state.pos, state.posMax)
    if not match or state.src.startswith("(", match.end()):
        return False  # `[[1]](https://example.org)` is a link whose text has brackets
    if match[1][0] == "^" and match[1][1:].lower() in state.env.get("notes", ()):
        return False
    if not silent:
        token = state.push("embed" if match[0][0] == "!" else "text", "", 0)
        token.content = match[2] or match[1]
        token.meta = {"target": match[1]}
    state.pos = match.end()
    return True


def _highlight(state: StateInline, silent: bool) -> bool:
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
    state.tokens += words
    state.tokens_meta += [None] * len(words)
    if tag:
        state.push(f"{tag}_close", tag, -1)


def _undefined(state: StateInline, silent: bool) -> bool:
    """Read `[text][label]` whose label nobody defined as its text, unless it may be something else.

    A text of one character or a word before it is an index (`a[0][1]`), two numbers are notes, and
    `[News][Sports]` are tags.
    """
    if state.src[state.pos] not in "[!":
        return False
    match = re.compile(_REFERENCE).match(state.src, state.pos, state.posMax)
    if not match or re.match(r"[\w\])]", state.src[state.pos - 1 : state.pos]):
        return False
    text, label = match[1], match[2]
    is_name = not label or re.search(r"[^\W\d]", label) or re.search(r"[^\W\d]{2}", text)
    if not is_name or (label.isalpha() and not label[0].islower()):
        return False
    if not silent and match[0][0] == "!":
        image = state.push("image", "img", 0)
        image.children = [Token("text", "", 0, content=text)]
    elif not silent:
        push_inline(state, text)
    state.pos = match.end()
    return True


def _block_name(state: StateInline, silent: bool) -> bool:
    """Skip Obsidian's name of a block, `^name` at its end."""
    if state.src[state.pos] != "^" or (state.pos and not state.src[state.pos - 1].isspace()):
        return False
    match = re.compile(_BLOCK_NAME).match(state.src, state.pos)
    if not match or state.posMax < len(state.src):
        return False
    state.pos = match.end()
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """Read a bare URL as a link, without emphasis in it."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = re.search(_SCHEME, state.pending[-6:])
    if not scheme:
        return False
    begin = state.pos - len(scheme[1])
    match = re.compile(_ADDRESS).match(state.src, begin, state.posMax)
    address = trimmed_address(match[0]) if match else ""
    if not address.partition("://")[2]:
        return False
    state.pending = state.pending[: -len(scheme[1])]
    state.pos = begin + len(address)
    address = address.replace("\\", "")  # escapes of Markdown
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    return True


def trimmed_address(address: str) -> str:
    """Return a bare URL without the punctuation that follows it in a sentence."""
    while address:
        last = address[-1]
        opening = {")": "(", "]": "["}.get(last)
        is_unpaired = opening is not None and address.count(last) > address.count(opening)
        if last not in ".,;:!?'\"*_~»”’" and not is_unpaired:
            break
        address = address[:-1]
    return address
