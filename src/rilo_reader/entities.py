"""Character references of HTML as characters (pure)."""

from __future__ import annotations

_COMMON = {
    **{"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\xa0"},
    **{"ndash": "–", "mdash": "—", "hellip": "…"},
    **{"lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”"},
}


def unescape(text: str) -> str:
    """The text with its character references as characters; the same as html.unescape.

    Reading the table of all 2,231 names takes 2 ms, which a launch should not wait for because of
    one title: the references that titles hold are known here.
    """
    first, *parts = text.split("&")
    characters = [first]
    for part in parts:
        name, semicolon, rest = part.partition(";")
        character = _character(name) if semicolon else None
        if character is not None:
            characters += character, rest
        elif _may_be_one(part):
            from html import unescape as unescape_any

            return unescape_any(text)
        else:
            characters += "&", part
    return "".join(characters)


def _character(name: str) -> str | None:
    """The character of a common reference, None for any other."""
    number = name[1:]
    if name[:1] == "#" and number.isascii() and number.isdecimal() and len(number) < 7:
        code = int(number)
        # The others are codes that HTML reads as something else.
        is_plain = 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 or code in (9, 10)
        return chr(code) if is_plain else None
    return _COMMON.get(name)


def _may_be_one(part: str) -> bool:
    """Whether "&" and this text may begin with a reference; names have two letters at least."""
    return part[:1] == "#" or (part[:1].isalnum() and part[1:2] not in ("", " ", "&", ";"))
