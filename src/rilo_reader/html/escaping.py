"""Text that looks like Markdown, escaped where it would be read so and nowhere else (pure)."""

from __future__ import annotations

import re

from rilo_reader.html.runs import is_word

_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"`{}|\\^\[\]]+")
_FORMULA = re.compile(
    r"\$\$(?P<block>[^$]{1,2000})\$\$|\$(?P<line>[^$\s](?:[^$\n]{0,500}[^$\s\\])?)\$(?![0-9])"
    r"|\\\((?P<round>.{1,500}?)\\\)|\\\[(?P<square>.{1,2000}?)\\\]"
)
_TEX = re.compile(r"\\[A-Za-z]|[_^]")
_OPERATOR = re.compile("[=<>+]")
_WORD = re.compile(r"[^\W\d_]{3}")
"""Letters that no formula has beside each other, but where TeX says what they are."""

_SPECIAL = re.compile(
    # A set comes first, so that what holds none of it is passed over quickly.
    r"[\\*_`\[~%<&!](?:(?<=\\)(?=[!-/:-@\[-`{-~]|\Z)|(?<=[*_`\[])|(?<=~)~*|(?<=%)(?=%)"
    r"|(?<=<)(?=[A-Za-z/!?]|\Z)|(?<=&)(?=#?[A-Za-z0-9]{1,31};|\Z)|(?<=!)\Z)"
)
_HARMLESS = bytes(set(range(256)) - set(b"\\*_`[~%<&!$"))
"""Bytes of UTF-8 that are no part of what `_SPECIAL` or `_FORMULA` begins with."""

_LINE_START = re.compile(
    r"(#{1,6}(?=\s|\Z)|[-+](?=\s|\Z)|>|~{3,}|=+\s*\Z|-{2,}|:?-+:?\s*(?:\||\Z)|\|"
    r"|:(?=[ \t])|[:\[]\^)"
    r"|([0-9]{1,9})([.)])(?=\s|\Z)"
)
_LABEL = re.compile(r"\[(?![\^\[ xX])[^\[\]]{1,200}\](?![(\[:])")


def escaped(
    text: str, *, before: str, after: str, in_link: bool = False, in_del: bool = False
) -> str:
    """The text with a backslash before what Markdown would take for a sign.

    `before` and `after` are the characters beside it, a line feed where its line begins or ends;
    "[" after it where a link, a picture or a note follows.
    """
    pieces: list[str] = []
    start = _LINE_START.match(text) if before == "\n" else None
    if start:
        pieces.append(f"{start[2]}\\{start[3]}" if start[2] else "\\" + start[0])
        before = start[0][-1]
        text = text[start.end() :]
    # Most paragraphs have no sign at all; deleting bytes takes a fifth of looking at characters.
    if not text.encode(errors="replace").translate(None, _HARMLESS):
        pieces.append(text.replace("]", r"\]") if in_link else text)
        return "".join(pieces)
    done = 0
    for kept in _kept_as_is(text, in_link):
        piece = text[done : kept.start()]
        pieces.append(_signs_escaped(piece, before, _as_it_stands(kept)[0], in_link, in_del))
        pieces.append(_as_it_stands(kept))
        done = kept.end()
        before = pieces[-1][-1]
    pieces.append(_signs_escaped(text[done:], before, after, in_link, in_del))
    return "".join(pieces)


def _signs_escaped(text: str, before: str, after: str, in_link: bool, in_del: bool) -> str:
    def escape(match: re.Match[str]) -> str:
        sign = match[0]
        previous = text[match.start() - 1] if match.start() else before
        following = text[match.end()] if match.end() < len(text) else after
        at_end = match.end() == len(text)
        means_nothing = (
            (sign == "*" and previous == " " and following in (" ", "\n"))
            or (sign == "_" and is_word(previous) and is_word(following))
            or (sign == "~" and not in_del and "~" not in (previous, following))
            # Obsidian's comments, which our reader leaves out.
            or (sign == "%" and not previous.isspace())
            or (sign == "[" and not in_link and _LABEL.match(text, match.start()))
            or (sign in ("!", "<", "&") and at_end and after != "[")
        )
        return sign if means_nothing else "".join("\\" + character for character in sign)

    result = _SPECIAL.sub(escape, text)
    return result.replace("]", r"\]") if in_link else result


def _kept_as_is(text: str, in_link: bool) -> list[re.Match[str]]:
    """Bare addresses and formulas, in which nothing is escaped."""
    if "://" in text and not in_link:
        return list(_BARE_ADDRESS.finditer(text))
    if "$" in text or "\\(" in text or "\\[" in text:
        return list(filter(_is_formula, _FORMULA.finditer(text)))
    return []


def _is_formula(match: re.Match[str]) -> bool:
    """Whether it is TeX; between brackets it may be letters, in square ones an equation of them."""
    inner = match[0][2:-2]
    if _TEX.search(inner):
        return True
    is_letters = match[0][0] == "\\" and not _WORD.search(inner)
    return is_letters and (match["square"] is None or bool(_OPERATOR.search(inner)))


def _as_it_stands(kept: re.Match[str]) -> str:
    r"""An address, or a formula between dollars: to Markdown `\(` is but a bracket."""
    if kept[0][0] != "\\":
        return kept[0]
    sign = "$" if kept["round"] else "$$"
    return f"{sign}{kept[0][2:-2].strip()}{sign}"
