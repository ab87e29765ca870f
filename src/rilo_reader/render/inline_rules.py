"""Rules of markdown-it for what stands within a line, beside those it has."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from rilo_reader.render.dialects import attributes

DEEPEST_BRACKETS = 30
"""Brackets in one another that may be links; what opens in them is text."""

DEEP_BRACKET = "\ufff9"
"""In place of such a bracket: a character that no article holds (`clean_text` takes it out)."""

_BRACKET = re.compile(r"\\.|!?\[|\]", re.DOTALL)

_FORMULA = re.compile(
    r"\$\$(?!\$)(?:(?!\n[ \t]*\n|\]\()[^$]){1,2000}\$\$"
    r"|\$(?![\s$])(?:(?!\n[ \t]*\n|\]\()[^$`]){1,500}?(?<![\s\\])\$(?![A-Za-z0-9_$])"
)
"""TeX between dollars; what stands between the prices of a sentence is told by `_TEX`."""

_TEX = re.compile(r"\\[A-Za-z,;!{}\\]|[_^]")
_WIKI = re.compile(r"!?\[\[([^\[\]|\n]{1,500})(?:\|([^\[\]\n]{1,500}))?\]\]")
_HIGHLIGHT = re.compile(r"==(?=[^\s=])([^=\n]{1,500}?)(?<=\S)==(?![=\w])")
_ROLE = re.compile(r"\{([A-Za-z][\w:.+-]{1,60})\}(`+)(?!`)(.+?)(?<!`)\2(?!`)", re.DOTALL)
_ADDRESS = re.compile(r"https?://(?:[^\s<>\"`{}|\\^]|\\[_*~&]){1,2000}", re.IGNORECASE)
_SCHEME = re.compile(r"(?:\A|[^A-Za-z0-9.+-])(https?)\Z", re.IGNORECASE)
_BLOCK_NAME = re.compile(r"\^(?:[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9-]+|[a-z0-9]{5,30})\s*\Z")


def add_to(parser: MarkdownIt) -> None:
    """Add the rules to a parser."""
    ruler = parser.inline.ruler
    # Each sign at which the parser stops costs it a round of all rules: only those that mean
    # something here.
    parser.inline.terminator_re = re.compile(r"[\n!$&*:<=\[\]\\^_`{~]")
    ruler.before("escape", "formula", _formula)
    ruler.before("link", "wiki_link", _wiki_link)
    ruler.before("link", "footnote_ref", _footnote_reference)
    ruler.push("highlight", _highlight)
    ruler.push("role", _role)
    ruler.push("attributes", attributes.rule)
    ruler.push("block_name", _block_name)
    ruler.push("address", _address)


def with_bounded_brackets(text: str) -> str:
    """A text with DEEP_BRACKET in place of brackets that open within very many others.

    Looking for the end of each link would take for ever otherwise.
    """
    if text.count("[") <= DEEPEST_BRACKETS:
        return text
    depth = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal depth
        sign = match[0]
        if sign == "]":
            depth = max(depth - 1, 0)
        elif sign[0] != "\\":
            depth += 1
            if depth > DEEPEST_BRACKETS:
                return DEEP_BRACKET if sign == "[" else ""
        return sign

    return _BRACKET.sub(kept, text)


def _footnote_reference(state: StateInline, silent: bool) -> bool:
    """`[^label]`, where there is a note of that label; notes are numbered in the order of use."""
    notes: dict[str, int] | None = state.env.get("notes")
    if not notes or not state.src.startswith("[^", state.pos):
        return False
    end = state.src.find("]", state.pos, min(state.posMax, state.pos + 200))
    label = state.src[state.pos + 2 : end].lower()
    # `[^a](x)` is a link like any other.
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
    """TeX between dollars stands as it is written.

    Right behind a letter or digit of ASCII a dollar is a price or a name (`US$5`); behind others,
    where no spaces part words, a formula stands.
    """
    if state.src[state.pos] != "$":
        return False
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if not match or not _TEX.search(match[0]):
        return False
    before = state.src[state.pos - 1] if state.pos else " "
    is_behind_word = before.isascii() and (before.isalnum() or before == "_")
    if before in "$\\" or (match[0][1] != "$" and is_behind_word):
        return False
    if not silent:
        state.push("text", "", 0).content = match[0].replace("\n", " ")
    state.pos = match.end()
    return True


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """Obsidian's `[[Note|words]]` and `![[picture.png]]`."""
    if not state.src.startswith(("[[", "![["), state.pos):
        return False
    match = _WIKI.match(state.src, state.pos, state.posMax)
    if not match or state.src.startswith("(", match.end()):
        return False  # `[[1]](https://example.org)` is a link with brackets as its words.
    if match[1][0] == "^" and match[1][1:].lower() in state.env.get("notes", ()):
        return False
    if not silent:
        token = state.push("embed" if match[0][0] == "!" else "text", "", 0)
        token.content = match[2] or match[1]
        token.meta = {"target": match[1]}
    state.pos = match.end()
    return True


def _highlight(state: StateInline, silent: bool) -> bool:
    """Obsidian's `==words==`."""
    if state.src[state.pos] != "=" or state.pending[-1:].isalnum() or state.pending[-1:] == "=":
        return False
    match = _HIGHLIGHT.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        words = state.md.inline.parse(match[1], state.md, state.env, [])
        state.push("strong_open", "strong", 1)
        state.tokens += words
        state.tokens_meta += [None] * len(words)
        state.push("strong_close", "strong", -1)
    state.pos = match.end()
    return True


def _role(state: StateInline, silent: bool) -> bool:
    """MyST's `{name}` with words between backticks behind it."""
    if state.src[state.pos] != "{" or state.pending[-1:] in ("$", "\\"):
        return False
    match = _ROLE.match(state.src, state.pos, min(state.posMax, state.pos + 2_000))
    if not match:
        return False
    if not silent:
        token = state.push("role", "", 0)
        token.info, token.content = match[1], match[3]
    state.pos = match.end()
    return True


def _block_name(state: StateInline, silent: bool) -> bool:
    """The name that Obsidian gives a block at its end, `^name`, is not for readers."""
    if state.src[state.pos] != "^" or (state.pos and not state.src[state.pos - 1].isspace()):
        return False
    match = _BLOCK_NAME.match(state.src, state.pos)
    if not match or state.posMax < len(state.src):
        return False
    state.pos = match.end()
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """A bare address is a link, and nothing in it means emphasis."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-6:])
    if not scheme:
        return False
    begin = state.pos - len(scheme[1])
    match = _ADDRESS.match(state.src, begin, state.posMax)
    address = trimmed_address(match[0]) if match else ""
    if not address.partition("://")[2]:
        return False
    state.pending = state.pending[: -len(scheme[1])]
    state.pos = begin + len(address)
    address = address.replace("\\", "")  # signs that would mean something elsewhere
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    return True


def trimmed_address(address: str) -> str:
    """A bare address without the punctuation of the sentence it stands in."""
    while address:
        last = address[-1]
        opening = {")": "(", "]": "["}.get(last)
        is_unpaired = opening is not None and address.count(last) > address.count(opening)
        if last not in ".,;:!?'\"*_~»”’" and not is_unpaired:
            break
        address = address[:-1]
    return address
