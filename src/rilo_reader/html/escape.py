"""Escape text for Markdown, except bare addresses and formulas (pure)."""

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
"""Adjacent letters that occur in a formula only if TeX commands mark it as one."""

_SPECIAL = re.compile(
    # The lookahead rejects text without any of these characters quickly.
    r"[\\*_`\[~%<&!](?:(?<=\\)(?=[!-/:-@\[-`{-~]|\Z)|(?<=[*_`\[])|(?<=~)~*|(?<=%)(?=%)"
    r"|(?<=<)(?=[A-Za-z/!?]|\Z)|(?<=&)(?=#?[A-Za-z0-9]{1,31};|\Z)|(?<=!)\Z)"
)
_HARMLESS = bytes(set(range(256)) - set(b"\\*_`[~%<&!$"))
"""UTF-8 bytes that cannot begin a match of `_SPECIAL` or `_FORMULA`."""

_LINE_START = re.compile(
    r"(#{1,6}(?=\s|\Z)|[-+](?=\s|\Z)|>|~{3,}|=+\s*\Z|-{2,}|:?-+:?\s*(?:\||\Z)|\|"
    r"|:(?=[ \t])|[:\[]\^)"
    r"|([0-9]{1,9})([.)])(?=\s|\Z)"
)
_LABEL = re.compile(r"\[(?![\^\[ xX])[^\[\]]{1,200}\](?![(\[:])")


def escaped(
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
        pieces.append(text.replace("]", r"\]") if in_link else text)
        return "".join(pieces)
    done = 0
    for protected in _unescaped(text, in_link):
        piece = text[done : protected.start()]
        pieces.append(
            _markup_escaped(piece, before, _unescaped_text(protected)[0], in_link, in_del)
        )
        pieces.append(_unescaped_text(protected))
        done = protected.end()
        before = pieces[-1][-1]
    pieces.append(_markup_escaped(text[done:], before, after, in_link, in_del))
    return "".join(pieces)


def _markup_escaped(text: str, before: str, after: str, in_link: bool, in_del: bool) -> str:
    def escape(match: re.Match[str]) -> str:
        sign = match[0]
        previous = text[match.start() - 1] if match.start() else before
        following = text[match.end()] if match.end() < len(text) else after
        at_end = match.end() == len(text)
        means_nothing = (
            (sign == "*" and previous == " " and following in (" ", "\n"))
            or (sign == "_" and is_word(previous) and is_word(following))
            or (sign == "~" and not in_del and "~" not in (previous, following))
            # Comments of Obsidian, which `render` hides.
            or (sign == "%" and not previous.isspace())
            or (sign == "[" and not in_link and _LABEL.match(text, match.start()))
            or (sign in ("!", "<", "&") and at_end and after != "[")
        )
        return sign if means_nothing else "".join("\\" + character for character in sign)

    result = _SPECIAL.sub(escape, text)
    return result.replace("]", r"\]") if in_link else result


def _unescaped(text: str, in_link: bool) -> list[re.Match[str]]:
    """Return bare addresses and formulas, which are not escaped."""
    if "://" in text and not in_link:
        return list(_BARE_ADDRESS.finditer(text))
    if "$" in text or "\\(" in text or "\\[" in text:
        return list(filter(_is_formula, _FORMULA.finditer(text)))
    return []


def _is_formula(match: re.Match[str]) -> bool:
    """Return whether a match is TeX; in backslashed brackets letters or an equation will do."""
    inner = match[0][2:-2]
    if _TEX.search(inner):
        return True
    is_letters = match[0][0] == "\\" and not _WORD.search(inner)
    return is_letters and (match["square"] is None or bool(_OPERATOR.search(inner)))


def _unescaped_text(protected: re.Match[str]) -> str:
    r"""Return an address unchanged, or a formula between dollars: in Markdown `\(` is a bracket."""
    if protected[0][0] != "\\":
        return protected[0]
    sign = "$" if protected["round"] else "$$"
    return f"{sign}{protected[0][2:-2].strip()}{sign}"
