"""Character references of HTML as characters (pure)."""

from __future__ import annotations

_COMMON = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\xa0"}


def unescape(text: str) -> str:
    """The text with its character references as characters; the same as html.unescape.

    Reading the table of all 2,231 names takes 2 ms, which a launch should not wait for because of
    one title: the references that titles hold are known here.
    """
    first, *parts = text.split("&")
    characters = [first]
    for part in parts:
        name, semicolon, rest = part.partition(";")
        character = _character(name) if semicolon else ""
        if character:
            characters += character, rest
        elif part[:1] == "#" or part[:1].isalnum():
            from html import unescape as unescape_any

            return unescape_any(text)
        else:
            characters += "&", part
    return "".join(characters)


def _character(name: str) -> str:
    """The character of a common reference, "" for any other."""
    number = name[1:]
    if name[:1] == "#" and number.isascii() and number.isdecimal() and len(number) < 7:
        code = int(number)
        # Below and above stand codes that HTML reads as something else, or as nothing.
        return chr(code) if 0xA0 <= code < 0xD800 else ""
    return _COMMON.get(name, "")
