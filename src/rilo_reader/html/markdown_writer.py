"""Write blocks as Markdown, with only the escapes it needs (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rilo_reader.html.blocks import (
    Block,
    Code,
    Heading,
    Listing,
    Note,
    Paragraph,
    Quote,
    Rule,
    Run,
    RunKind,
    RunMark,
    Table,
    find_widest_mark,
    first_character,
    has_words,
    is_border,
    is_punctuation,
    is_word,
    last_character,
    split_edges,
    split_sentence_end,
    tidy_runs,
)

_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"`{}|\\^\[\]]+")
_FORMULA = re.compile(
    r"\$\$(?P<block>[^$]{1,2000})\$\$|\$(?P<line>[^$\s](?:[^$\n]{0,500}[^$\s\\])?)\$(?![0-9])"
    r"|\\\((?P<round>.{1,500}?)\\\)|\\\[(?P<square>.{1,2000}?)\\\]"
)
_TEX = re.compile(r"\\[A-Za-z]|[_^]")
_OPERATOR = re.compile("[=<>+]")
_WORD = re.compile(r"[^\W\d_]{3}")
"""Adjacent letters that occur in a formula only if TeX commands mark it as one."""

# Kramdown's and Pandoc's, behind their bracket; `render` drops them.
_ATTRIBUTES = r":?\s*(?:[.#][\w:-]|=[a-z]|[A-Za-z][\w-]*=)[^{}]*\}"
_HEADING_ATTRIBUTES = re.compile(rf"(?<!\\)\{{{_ATTRIBUTES}\Z")
_SPECIAL = re.compile(
    # The lookahead rejects text without any of these characters quickly.
    r"[\\*_`\[~^=%<&!{](?:(?<=\\)(?=[!-/:-@\[-`{-~]|\Z)|(?<=[*_`\[^])|(?<=~)~*|(?<==)=|(?<=%)(?=%)"
    r"|(?<=<)(?=[A-Za-z/!?]|\Z)|(?<=&)(?=#?[A-Za-z0-9]{1,31};|\Z)|(?<=!)\Z"
    rf"|(?<=\{{)(?={_ATTRIBUTES}))"
)
_HARMLESS = bytes(set(range(256)) - set(b"\\*_`[~^=%<&!{$"))
"""UTF-8 bytes that cannot begin a match of `_SPECIAL` or `_FORMULA`."""

_LINE_START = re.compile(
    r"(#{1,6}(?=\s|\Z)|[-+](?=\s|\Z)|>|~{3,}|=+\s*\Z|-{2,}|:?-+:?\s*(?:\||\Z)|\|"
    r"|:(?=[ \t])|[:\[]\^)"
    r"|([0-9]{1,9})([.)])(?=\s|\Z)"
)
# Notes and raised text of Pandoc, and marked text of Obsidian, which `render` shows.
_RAISED = re.compile(
    r"([~^])[\w+=.,()/*'-]{1,20}\1(?![~^\d])|\^\[|==(?=[^\s=])[^=\n]{1,500}?(?<=\S)==(?![=\w])"
)
_LABEL = re.compile(r"\[(?![\^\[ xX])[^\[\]]{1,200}\](?![(\[:])")


def escape_markdown(
    text: str, *, before: str, after: str, in_link: bool = False, in_del: bool = False
) -> str:
    """Escape `text` where it would otherwise be read as Markdown, and nowhere else.

    `before` and `after` are the adjacent characters: a line feed at the start or end of a line, "["
    before a link, an image or a footnote reference.
    """
    pieces: list[str] = []
    start = _LINE_START.match(text) if before == "\n" else None
    if start:
        pieces.append(f"{start[2]}\\{start[3]}" if start[2] else "\\" + start[0])
        before = start[0][-1]
        text = text[start.end() :]
    # Most paragraphs need no escaping; deleting bytes is five times as fast as a search.
    if not text.encode(errors="replace").translate(None, _HARMLESS):
        return "".join([*pieces, text.replace("]", r"\]") if in_link else text])
    at = 0
    for match in _find_unescaped(text, in_link):
        unescaped = _to_unescaped_text(match)
        piece = text[at : match.start()]
        pieces += _escape_markup(piece, before, unescaped[0], in_link, in_del), unescaped
        at, before = match.end(), unescaped[-1]
    pieces.append(_escape_markup(text[at:], before, after, in_link, in_del))
    return "".join(pieces)


def _escape_markup(text: str, before: str, after: str, in_link: bool, in_del: bool) -> str:
    def escape(match: re.Match[str]) -> str:
        sign = match[0]
        previous = text[match.start() - 1] if match.start() else before
        following = text[match.end()] if match.end() < len(text) else after
        at_end = match.end() == len(text)
        is_shown = sign[0] in "~^=" and _is_shown(text, match.start(), previous)
        means_nothing = (
            (sign == "*" and previous == " " and following in (" ", "\n"))
            or (sign == "_" and is_word(previous) and is_word(following))
            or (sign == "~" and not (in_del or is_shown) and "~" not in (previous, following))
            or (sign in ("^", "==") and not is_shown)
            # Comments of Obsidian, if the text is copied there.
            or (sign == "%" and not previous.isspace())
            or (sign == "{" and following != ":" and previous not in ")]>`")
            or (sign == "[" and not in_link and _LABEL.match(text, match.start()))
            or (sign in ("!", "<", "&") and at_end and after != "[")
        )
        return sign if means_nothing else "".join("\\" + character for character in sign)

    result = _SPECIAL.sub(escape, text)
    return result.replace("]", r"\]") if in_link else result


def _is_shown(text: str, at: int, previous: str) -> bool:
    """Return whether `render` would read a note, raised or marked text."""
    found = _RAISED.match(text, at)
    if found is None or found[0] == "^[":
        return found is not None
    return is_word(previous) != (found[0][0] == "=") or previous in ")]*_"


def _find_unescaped(text: str, in_link: bool) -> list[re.Match[str]]:
    """Return bare addresses and formulas, which are not escaped."""
    if "://" in text and not in_link:
        return list(_BARE_ADDRESS.finditer(text))
    if "$" in text or "\\(" in text or "\\[" in text:
        return list(filter(_is_formula, _FORMULA.finditer(text)))
    return []


def _is_formula(match: re.Match[str]) -> bool:
    """Return whether a match is TeX; in backslashed brackets letters or an equation suffice."""
    inner = match[0][2:-2]
    if _TEX.search(inner):
        return True
    is_letters = match[0][0] == "\\" and not _WORD.search(inner)
    return is_letters and (match["square"] is None or bool(_OPERATOR.search(inner)))


def _to_unescaped_text(match: re.Match[str]) -> str:
    r"""Return an address unchanged, or a formula between dollars: in Markdown `\(` is a bracket."""
    if match[0][0] != "\\":
        return match[0]
    sign = "$" if match["round"] else "$$"
    return f"{sign}{match[0][2:-2].strip()}{sign}"


_FENCE = re.compile("^[ \t]*(`{3,})", re.MULTILINE)
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._/-]{1,40}")


def write_blocks(blocks: Sequence[Block]) -> str:
    """Return the Markdown of `blocks`, separated by blank lines, without a trailing line end."""
    pieces: list[str] = []
    before: Block | None = None
    for block in blocks:
        text = _write_block(block)
        if not text:
            continue
        if (
            isinstance(block, Listing)
            and isinstance(before, Listing)
            and ((before.start is None) == (block.start is None))
        ):
            # Markdown would join adjacent lists without something between them.
            pieces.append("<!-- -->")
        pieces.append(text)
        before = block
    return "\n\n".join(pieces)


def _write_block(block: Block) -> str:
    return _WRITERS[type(block)](block)


def _write_heading(heading: Heading) -> str:
    text = InlineWriter(in_heading=True).write_runs(heading.runs)
    if not text:
        return ""
    if re.search(r"(?:^|\s)#+\Z", text):
        text = text[:-1] + r"\#"
    if attributes := _HEADING_ATTRIBUTES.search(text):
        text = text[: attributes.start()] + "\\" + attributes[0]
    return f"{'#' * heading.level} {text}"


def _write_code(code: Code) -> str:
    fence = "`" * (1 + max(map(len, _FENCE.findall(code.text)), default=2))
    language = code.language if _LANGUAGE.fullmatch(code.language) else ""
    return f"{fence}{language}\n{code.text}\n{fence}"


def _write_quote(quote: Quote) -> str:
    text = write_blocks(quote.blocks)
    if quote.callout and text:
        title = InlineWriter(in_heading=True).write_runs([Run(quote.title)])
        text = f"[!{quote.callout}] {title}".rstrip() + "\n" + text
    elif text.startswith("[!"):
        text = f"\\{text}"
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n")) if text else ""


# The blocks of items without blank lines between them.
_TIGHT_ITEMS: tuple[list[type], ...] = ([], [Paragraph], [Listing], [Paragraph, Listing])


def _write_list(listing: Listing) -> str:
    is_tight = all([type(block) for block in item] in _TIGHT_ITEMS for item in listing.items)
    items: list[str] = []
    for item in listing.items:
        text = "\n".join(filter(None, map(_write_block, item))) if is_tight else write_blocks(item)
        if text:
            marker = "- " if listing.start is None else f"{listing.start + len(items)}. "
            items.append(_indent_lines(marker, text, len(marker)))
    return ("\n" if is_tight else "\n\n").join(items)


def _indent_lines(marker: str, text: str, width: int) -> str:
    """Put a marker before the first line and indent the others."""
    first, *rest = text.split("\n")
    return "\n".join([marker + first, *(" " * width + line if line else "" for line in rest)])


def _write_table(table: Table) -> str:
    rows = [[InlineWriter(in_table=True).write_runs(cell) for cell in row] for row in table.rows]
    if not rows or not any(any(row) for row in rows):
        return ""
    rules = [{"right": "--:", "center": ":-:"}.get(align, "---") for align in table.aligns]
    lines = [rows[0], rules, *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    Paragraph: lambda paragraph: InlineWriter().write_runs(paragraph.runs),
    Rule: lambda rule: "---",
    Heading: _write_heading,
    Code: _write_code,
    Quote: _write_quote,
    Listing: _write_list,
    Table: _write_table,
    Note: lambda note: _indent_lines(f"[^{note.label}]: ", write_blocks(note.blocks), 4),
}


# Inline content.


SIGNS = {"strong": "**", "em": "*", "del": "~~"}
"""Delimiters of marks; links apart, all other marks are written as HTML."""

_TICKS = re.compile("`+")


class InlineWriter:
    """Writes the runs of one block.

    In tables bars are escaped and a line break is `<br>`; in headings it is a space.
    """

    def __init__(self, *, in_table: bool = False, in_heading: bool = False) -> None:
        self._in_table = in_table
        self._in_heading = in_heading
        self._pieces: list[str] = []
        self._last_character = "\n"

    def write_runs(self, runs: Sequence[Run]) -> str:
        """Return the Markdown of runs, trimmed; "" if there is nothing to show."""
        tidy = tidy_runs(runs)
        for index, run in enumerate(tidy):
            if self._in_heading and run.kind is RunKind.BREAK:
                tidy[index] = run._replace(text=" ", kind=RunKind.TEXT)
        self._write_runs(tidy, (), "\n")
        return "".join(self._pieces).strip(" \n")

    def _append_text(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._last_character = text[-1]

    def _write_runs(self, runs: Sequence[Run], active: tuple[RunMark, ...], after: str) -> None:
        """Write runs that share the `active` marks; `after` is the character that follows them."""
        at = 0
        while at < len(runs):
            mark, end = find_widest_mark(runs, at, active)
            following = first_character(runs[end]) if end < len(runs) else after
            if mark is None:
                follower = runs[at + 1] if at + 1 < len(runs) else None
                self._write_run(runs[at], active, follower, after)
            else:
                self._write_marked(runs[at:end], mark, active, following)
            at = end

    def _write_marked(
        self, runs: Sequence[Run], mark: RunMark, active: tuple[RunMark, ...], after: str
    ) -> None:
        inner = (*active, mark)
        if mark.name == "link":
            self._write_link(runs, mark, inner)
            return
        before, core, trailing = split_edges(runs)
        self._write_runs(before, inner, "\n")
        if core and not trailing and mark.name in SIGNS and not is_border(after):
            core, trailing = split_sentence_end(core)
        if core:
            follows = first_character(trailing[0]) if trailing else after
            opening, closing = self._choose_delimiters(core, mark, active, follows)
            if mark.name in SIGNS and opening.startswith("<") and not has_words(core):
                opening = closing = ""
            at = len(self._pieces)
            self._append_text(opening)
            self._write_runs(core, inner, closing[:1] or follows)
            if opening and not self._is_effective(at, opening, follows):
                self._pieces[at] = f"<{mark.name}>"
                closing = f"</{mark.name}>"
            self._append_text(closing)
        self._write_runs(trailing, inner, after)

    def _choose_delimiters(
        self, core: Sequence[Run], mark: RunMark, active: tuple[RunMark, ...], after: str
    ) -> tuple[str, str]:
        """Return the delimiters of a mark; HTML tags where Markdown's own would not work."""
        sign = SIGNS.get(mark.name)
        tag = f"<{mark.name}>", f"</{mark.name}>"
        if sign is None:
            return tag
        first, last = first_character(core[0]), last_character(core[-1])
        before = self._last_character
        if before == "*" and active and active[-1].name in ("strong", "em"):
            # Directly after the delimiter of the enclosing mark: parsers see one run of asterisks.
            pieces = (piece.rstrip("*") for piece in reversed(self._pieces))
            before = next((piece[-1] for piece in pieces if piece), "\n")
        elif before in "*_~" and sign[0] == before:
            return tag
        opens = not first.isspace() and (not is_punctuation(first) or is_border(before))
        closes = not last.isspace() and (not is_punctuation(last) or is_border(after))
        if not (opens and closes):
            return tag
        if mark.name == "em" and "*" in (self._last_character, after):
            if self._last_character == "*" == after and len(active) == 1:
                return "*", "*"
            return ("_", "_") if is_border(before) and is_border(after) else tag
        return sign, sign

    def _is_effective(self, at: int, opening: str, after: str) -> bool:
        """Return whether a delimiter still works next to the content written after it.

        Content that had to be written as HTML begins and ends with punctuation.
        """
        if opening.startswith("<"):
            return True
        # No piece is empty; slices of all that is written would take quadratic time.
        first = self._pieces[at + 1][0] if at + 1 < len(self._pieces) else ""
        before = self._pieces[at - 1][-1] if at else "\n"
        opens = first == "*" or not is_punctuation(first) or is_border(before)
        return opens and (
            self._last_character == "*"
            or not is_punctuation(self._last_character)
            or is_border(after)
        )

    def _write_link(self, runs: Sequence[Run], mark: RunMark, inner: tuple[RunMark, ...]) -> None:
        before, core, trailing = split_edges(runs)
        self._write_runs(before, inner, "\n")
        if core:
            text = "".join(run.text for run in core)
            plain = all(run.kind is RunKind.TEXT and run.marks == inner for run in core)
            if plain and text in (mark.target, mark.target.removeprefix("mailto:")):
                self._append_text(f"<{text}>")
            else:
                self._append_text("[")
                self._write_runs(core, inner, "]")
                self._append_text(f"]({_make_destination(mark.target)})")
        self._write_runs(trailing, inner, "\n")

    def _write_run(
        self, run: Run, active: tuple[RunMark, ...], following: Run | None, after: str
    ) -> None:
        if run.kind is RunKind.BREAK:
            self._append_text("<br>" if self._in_table else "  \n")
        elif run.kind is RunKind.CODE:
            self._append_text(self._make_code_span(run.text))
        elif run.kind is RunKind.IMAGE:
            description = escape_markdown(run.text, before="[", after="]", in_link=True)
            description = description.replace("|", r"\|") if self._in_table else description
            self._append_text(f"![{description}]({_make_destination(run.target)})")
        elif run.kind is RunKind.NOTE:
            self._append_text(f"[^{run.text}]")
        elif run.kind is RunKind.RAW:
            self._append_text(run.text.replace("|", r"\|") if self._in_table else run.text)
        else:
            in_link = any(mark.name == "link" for mark in active)
            after = after if following is None else first_character(following)
            in_del = any(mark.name == "del" for mark in active)
            if following is not None and (
                following.kind in (RunKind.IMAGE, RunKind.NOTE) or following.marks != run.marks
            ):
                after = "["
            text = escape_markdown(
                run.text, before=self._last_character, after=after, in_link=in_link, in_del=in_del
            )
            self._append_text(text.replace("|", r"\|") if self._in_table else text)

    def _make_code_span(self, text: str) -> str:
        text = text.replace("|", r"\|") if self._in_table else text
        fence = "`" * (1 + max(map(len, _TICKS.findall(text)), default=0))
        is_spaced = text[0] == " " == text[-1] and not text.isspace()
        is_padded = "`" in (text[0], text[-1]) or is_spaced
        return f"{fence} {text} {fence}" if is_padded else f"{fence}{text}{fence}"


def _make_destination(url: str) -> str:
    """Return a link destination, in angle brackets if its parentheses are unbalanced."""
    depth = 0
    for character in url:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    return url if depth == 0 else f"<{url}>"
