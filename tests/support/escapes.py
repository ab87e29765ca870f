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


_OPEN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x00-\x1f\x7f-\x9f]*\x1b?|[ -/]*)?\Z")


def complete_part(output: str) -> int:
    """How many characters of the output end with no sequence left open."""
    found = _OPEN.search(output)
    return len(output) if found is None or len(found[0]) > 8192 else found.start()
