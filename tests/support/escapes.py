"""A terminal's output as tokens: text, controls and every kind of escape sequence (ECMA-48)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a piece of a terminal's output is."""

    TEXT = "text"
    CONTROL = "control"  # one C0, DEL or C1 character
    CSI = "csi"  # ESC [ … final
    OSC = "osc"  # ESC ] … BEL or ST: titles, clipboard, links
    STRING = "string"  # DCS, SOS, PM or APC … ST
    ESCAPE = "escape"  # any other sequence that ESC opens, unfinished ones too


_KINDS = {kind.value: kind for kind in Kind}


class Token(NamedTuple):
    """One piece of output: what it is, its characters, and where it begins."""

    kind: Kind
    text: str
    start: int


# An operating system command or string that holds another control is not one: it falls through
# to ESCAPE, so that what a terminal would do with the rest can never hide inside it.
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<csi>\x1b\[[0-?]*[ -/]*[@-~])"
    r"|(?P<osc>\x1b\][^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\))"
    r"|(?P<string>\x1b[PX^_][^\x00-\x1f\x7f-\x9f]*\x1b\\)"
    r"|(?P<escape>\x1b[ -/]*[0-~]?)"
    r"|(?P<control>[\x00-\x1f\x7f-\x9f])"
)


def tokens(output: str) -> Iterator[Token]:
    """Every piece of the output, in order; joined, their texts are the output again."""
    for match in _TOKEN.finditer(output):
        # The pattern takes every character by one of its names.
        yield Token(_KINDS[str(match.lastgroup)], match[0], match.start())


def complete_part(output: str) -> int:
    """How many characters of the output end with no sequence left open."""
    last = output.rfind("\x1b")
    if last == -1 or len(output) - last > 4096:
        return len(output)
    if last > 0 and output[last:] in ("\x1b", "\x1b\\"):
        # The ESC of an ST belongs to the string that it ends.
        opened = output.rfind("\x1b", 0, last)
        if opened != -1 and output[opened + 1 : opened + 2] in tuple("]PX^_"):
            whole = _TOKEN.match(output, opened)
            if whole is not None and whole.end() > last:
                return len(output)
            return opened if output[last:] == "\x1b" else len(output)
    first = _TOKEN.match(output, last)
    if first is None or first.lastgroup in ("csi", "osc", "string"):
        return len(output)
    opener = output[last : last + 2]
    if opener in ("\x1b", "\x1b[") or opener[1:] in ("]", "P", "X", "^", "_"):
        # A CSI with a foreign character in it is broken, not unfinished.
        unfinished = re.fullmatch(r"\x1b(\[[0-?]*[ -/]*|[\]PX^_][^\x00-\x1f]*)?", output[last:])
        return last if unfinished else len(output)
    return len(output)
