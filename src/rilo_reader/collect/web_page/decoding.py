"""The bytes of a web page -> text (pure); never raises."""

from __future__ import annotations

import re

from rilo_reader.parsers.decoding import decode as decode_text

_SAID = re.compile(rb"""(?i)<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]+)""")
_LOOK = 4096
"""Bytes within which a page says its encoding; browsers look as far as 1,024."""


def decode(data: bytes, content_type: str = "") -> str:
    """The text of a page: by its byte order mark, UTF-8 where it is that, header, `meta`, a guess.

    Names of encodings mean what browsers take them for ("latin1" is Windows-1252).
    """
    if "charset" not in content_type.lower():
        said = _SAID.search(data[:_LOOK])
        if said:
            content_type = f"text/html; charset={said[1].decode('ascii', 'ignore')}"
    text, _ = decode_text(data, content_type)
    return text
