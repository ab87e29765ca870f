"""Names of keys: as users write them, as Textual calls them, and as the help shows them.

Does not import Textual, so that the command line can check settings quickly; a test compares the
names with Textual's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

# Names that users may write for keys without a character -> Textual's names.
_TEXTUAL_NAMES = (
    *("escape", "enter", "tab", "space", "backspace", "insert", "delete", "home", "end"),
    *("pageup", "pagedown", "up", "down", "left", "right"),
)
_KEY_NAMES = {
    **{name: name for name in _TEXTUAL_NAMES},
    **{f"f{number}": f"f{number}" for number in range(1, 25)},
    "esc": "escape",
    "return": "enter",
    "spacebar": "space",
    "bs": "backspace",
    "ins": "insert",
    "del": "delete",
    "pgup": "pageup",
    "page_up": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "page_down": "pagedown",
}
_MODIFIERS = {
    **{name: name for name in ("alt", "ctrl", "shift", "super")},
    "control": "ctrl",
    "option": "alt",
    "meta": "alt",
    "cmd": "super",
    "command": "super",
    "win": "super",
}
# Characters whose names in Textual differ from those in Unicode.
_CHARACTER_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
# Pairs of keys for which terminals send the same bytes.
_SAME_KEY = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
    "ctrl+space": "ctrl+@",
    "ctrl+at": "ctrl+@",
}
_LABELS = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "delete": "del",
    "insert": "ins",
    "ctrl+@": "^space",
}


class KeyNameError(ValueError):
    """An unknown name of a key; the message is one sentence for the user."""


def key_name(text: str) -> str:
    """Textual's name of a key as users write it: "J", "?", "ctrl+d", "^d", "pgdn", "shift+tab".

    Raises:
        KeyNameError: there is no such key.
    """
    written = text if text == " " else text.strip()
    if len(written) == 2 and written[0] == "^":
        written = f"ctrl+{written[1]}"
    if not written:
        raise KeyNameError("it is not the name of a key")
    *modifiers, last = _split_key(written)
    known = sorted({_read_modifier(part, text) for part in modifiers})
    key = _read_key(last, text)
    if len(key) == 1 and "ctrl" in known:
        key = key.lower()
    elif len(key) == 1 and key.isupper() and known:
        known = sorted({*known, "shift"})
        key = key.lower()
    if known == ["shift"] and len(key) == 1 and key.upper() != key:
        return key.upper()
    if "shift" in known and key not in _KEY_NAMES and len(key) > 1:
        raise KeyNameError(f"{text!r} depends on the keyboard: write the character that it types")
    name = "+".join([*known, key])
    return _SAME_KEY.get(name, name)


@lru_cache(256)
def key_label(key: str) -> str:
    """Return a key as the help and the key bar show it: "j", "↓", "space", "^d"."""
    if key in _LABELS:
        return _LABELS[key]
    modifiers, _, last = key.rpartition("+")
    label = _LABELS.get(last) or _find_character(last) or last
    if modifiers == "ctrl":
        return f"^{label}"
    return f"{modifiers}+{label}" if modifiers else label


def _split_key(written: str) -> list[str]:
    """Modifiers and key: "ctrl+d", also "ctrl-d" and "ctrl++"."""
    for separator in "+-":
        if separator in written[:-1]:
            modifiers, key = written[:-1].rsplit(separator, 1)
            if modifiers or key:
                return [*modifiers.split(separator), key + written[-1]]
    return [written]


def _read_modifier(part: str, text: str) -> str:
    name = part.strip().lower()
    if name not in _MODIFIERS:
        raise KeyNameError(f"{text!r} is not the name of a key{_suggest_name(name, _MODIFIERS)}")
    return _MODIFIERS[name]


def _read_key(written: str, text: str) -> str:
    """The name of a key without modifiers."""
    if len(written) == 1:
        if written == " ":
            return "space"
        if not written.isprintable() or unicodedata.combining(written):
            raise KeyNameError(f"{text!r} is not the name of a key")
        if written.isalnum():
            return written
        name = unicodedata.name(written, "").lower().replace("-", "_").replace(" ", "_")
        shown = _CHARACTER_NAMES.get(name, name) or written
        if not _find_character(shown):
            # Its name has two hyphens, so that Textual's form is ambiguous.
            raise KeyNameError(f"{text!r} cannot be used as a key")
        return shown
    name = written.lower().replace(" ", "_")
    if name in _KEY_NAMES:
        return _KEY_NAMES[name]
    if _find_character(name):
        return _CHARACTER_NAMES.get(name, name)
    hint = _suggest_name(name, [*_KEY_NAMES, "slash", "question_mark", "comma", "full_stop"])
    raise KeyNameError(
        f"{text!r} is not the name of a key{hint or ': one character, or a name like space'}"
    )


def _find_character(name: str) -> str:
    """The character with a name in Textual, "" if there is none."""
    if len(name) == 1:
        return name
    original = {short: long for long, short in _CHARACTER_NAMES.items()}.get(name, name)
    words = original.split("_")
    # Textual's names have the same sign for space and hyphen; Unicode's have at most one hyphen.
    spellings = [" ".join(words)]
    spellings += [" ".join(words[:at]) + "-" + " ".join(words[at:]) for at in range(1, len(words))]
    for spelling in spellings:
        try:
            found = unicodedata.lookup(spelling)
        except KeyError:
            continue
        return found if found.isprintable() and not found.isspace() and len(found) == 1 else ""
    return ""


def _suggest_name(name: str, names: Iterable[str]) -> str:
    suggestion = get_close_matches(name, list(names), 1)
    return f"; did you mean {suggestion[0]}?" if suggestion else ""
