"""What a page must hold for a walk over its tree to find formulas or footnotes (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


_ASCII_REFERENCE = re.compile(
    r"(?i)&#(?:0*(?:[1-9][0-9]|1[01][0-9]|12[0-7])|x0*[0-7][0-9a-f])(?![0-9a-f])"
)
"""A plain character written as a number: then nothing can be told from the text."""

_DRAWN = ("math", "mjx", "katex", "hurmet")
_PICTURED = ("tex", "formula", "equation", "cht=tx", "\\", "_{", "^{")


def may_hold_formulas(html: str) -> bool:
    """Whether `math.mark_formulas` can find any."""
    lower = html.lower()
    return (
        any(word in lower for word in _DRAWN)
        or ("<img" in lower and any(word in lower for word in _PICTURED))
        or _is_veiled(html)
    )


def may_hold_notes(html: str) -> bool:
    """Whether `footnotes.Notes` can find any: a link within the page, a class, a raised number."""
    lower = html.lower()
    return (
        html.count("#") > html.count("&#") or "note" in lower or "<sup" in lower or _is_veiled(html)
    )


def _is_veiled(html: str) -> bool:
    return "&#" in html and _ASCII_REFERENCE.search(html) is not None
