"""What reads otherwise here than in plain CommonMark, done to the text before it is parsed."""

from __future__ import annotations

import re

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.inline import trimmed_address

# Not where a link goes to, which no emphasis reaches, and up to the end of a link's words.
_ADDRESS = LazyPattern(r"(?<!\]\()https?://(?:(?!\]\()[^\s<>\"`{}|\\^]){1,2000}", re.IGNORECASE)
_LONE_TILDE = LazyPattern(r"(?<![~\\])~(?!~)")

_FORMULA = LazyPattern(
    r"(?<![\\$])\$\$(?!\$)(?:(?!\n[ \t]*\n|\]\()[^$]){1,2000}\$\$"
    r"|(?<![\\$A-Za-z0-9_])\$(?![\s$])(?:(?!\n[ \t]*\n|\]\()[^$`]){1,500}?(?<![\s\\])\$"
    r"(?![A-Za-z0-9_$])"
)
"""TeX between dollars; what stands between the prices of a sentence is told by `_TEX`.

Right beside a letter or digit of ASCII they are prices and names (`US$5`); beside others, where no
spaces part words, formulas stand.
"""

_TEX = LazyPattern(r"\\[A-Za-z,;!{}\\]|[_^]")

# Characters that no article holds (`clean_text` takes them out), in place of those that would
# mean emphasis, or anything at all in a formula.
_SIGNS = "*_~\\<&[]"
_STAND_INS = "\ufff9\ufffa\ufffb\u202a\u202b\u202c\u202d\u202e"
_PROTECTED = str.maketrans(_SIGNS, _STAND_INS)
_RESTORED = str.maketrans(_STAND_INS, _SIGNS)


def protect(text: str) -> str:
    """Keep bare addresses and formulas whole, and `3~5` from being struck out: only `~~` does that.

    Every text that comes out of the parser must go through `restore`.
    """
    if "~" in text:
        text = _LONE_TILDE.sub("\ufffb", text)
    if "$" in text:
        text = _FORMULA.sub(_formula_kept, text)
    return _ADDRESS.sub(_kept_whole, text) if "://" in text else text


def _formula_kept(match: re.Match[str]) -> str:
    return match[0].translate(_PROTECTED) if _TEX.search(match[0]) else match[0]


def _kept_whole(match: re.Match[str]) -> str:
    whole = match[0]
    address = trimmed_address(whole)
    return address.translate(_PROTECTED) + whole[len(address) :]


def restore(text: str) -> str:
    """The text as it was before `protect`."""
    return text if text.isascii() else text.translate(_RESTORED)
