"""What reads otherwise here than in plain CommonMark, done to the text before it is parsed."""

from __future__ import annotations

import re

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.inline import trimmed_address

# Not where a link goes to, which no emphasis reaches, and up to the end of a link's words.
_ADDRESS = LazyPattern(r"(?<!\]\()https?://(?:(?!\]\()[^\s<>\"`{}|\\^]){1,2000}", re.IGNORECASE)
_LONE_TILDE = LazyPattern(r"(?<![~\\])~(?!~)")

# Characters that no article holds (`clean_text` takes them out), in place of those that would
# mean emphasis.
_PROTECTED = str.maketrans("*_~", "\ufff9\ufffa\ufffb")
_RESTORED = str.maketrans("\ufff9\ufffa\ufffb", "*_~")


def protect(text: str) -> str:
    """Keep bare addresses whole, and `3~5 June` from being struck out: only `~~` does that.

    Every text that comes out of the parser must go through `restore`.
    """
    if "~" in text:
        text = _LONE_TILDE.sub("\ufffb", text)
    return _ADDRESS.sub(_kept_whole, text) if "://" in text else text


def _kept_whole(match: re.Match[str]) -> str:
    whole = match[0]
    address = trimmed_address(whole)
    return address.translate(_PROTECTED) + whole[len(address) :]


def restore(text: str) -> str:
    """The text as it was before `protect`."""
    return text if text.isascii() else text.translate(_RESTORED)
