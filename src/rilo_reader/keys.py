"""The one table of commands: what each is called, its keys, its help and its group.

Also the names of keys, as people write them and as Textual calls them; without Textual, so that
settings are checked on the command line too. A test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable

# What people write for keys that are no characters, and Textual's name for each.
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
# Where Textual's name of a character is not its Unicode name.
_CHARACTER_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
# A terminal sends the same for both.
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
    """A text that names no key; the message is one sentence for the user."""


def key_name(text: str) -> str:
    """Textual's name of a key as somebody wrote it: "J", "?", "ctrl+d", "^d", "pgdn", "shift+tab".

    Raises:
        KeyNameError: no key is called so.
    """
    written = text if text == " " else text.strip()
    if len(written) == 2 and written[0] == "^":
        written = f"ctrl+{written[1]}"
    if not written:
        raise KeyNameError("it names no key")
    *modifiers, last = _parts(written)
    known = sorted({_modifier(part, text) for part in modifiers})
    key = _plain_key(last, text)
    if len(key) == 1 and "ctrl" in known:
        key = key.lower()
    elif len(key) == 1 and key.isupper() and known:
        known = sorted({*known, "shift"})
        key = key.lower()
    if known == ["shift"] and len(key) == 1 and key.upper() != key:
        return key.upper()
    if "shift" in known and key not in _KEY_NAMES and len(key) > 1:
        raise KeyNameError(f"{text!r} depends on the keyboard: write the character it types")
    name = "+".join([*known, key])
    return _SAME_KEY.get(name, name)


def key_label(key: str) -> str:
    """A key of Textual's name as the help and the key bar show it: "j", "↓", "space", "^d"."""
    if key in _LABELS:
        return _LABELS[key]
    modifiers, _, last = key.rpartition("+")
    label = _LABELS.get(last) or _character(last) or last
    if modifiers == "ctrl":
        return f"^{label}"
    return f"{modifiers}+{label}" if modifiers else label


def _parts(written: str) -> list[str]:
    """Modifiers and key: "ctrl+d", also "ctrl-d" and "ctrl++"."""
    for sign in "+-":
        if sign in written[:-1]:
            modifiers, key = written[:-1].rsplit(sign, 1)
            if modifiers or key:
                return [*modifiers.split(sign), key + written[-1]]
    return [written]


def _modifier(part: str, text: str) -> str:
    name = part.strip().lower()
    if name in _MODIFIERS:
        return _MODIFIERS[name]
    raise KeyNameError(f"{text!r} names no key{_near(name, _MODIFIERS)}")


def _plain_key(written: str, text: str) -> str:
    """The name of a key without modifiers."""
    import unicodedata

    if len(written) == 1:
        if written == " ":
            return "space"
        if not written.isprintable() or unicodedata.combining(written):
            raise KeyNameError(f"{text!r} names no key")
        if written.isalnum():
            return written
        name = unicodedata.name(written, "").lower().replace("-", "_").replace(" ", "_")
        shown = _CHARACTER_NAMES.get(name, name) or written
        if not _character(shown):
            # A name with two hyphens: Textual's form of it cannot be read back.
            raise KeyNameError(f"{text!r} cannot be a key here")
        return shown
    name = written.lower().replace(" ", "_")
    if name in _KEY_NAMES:
        return _KEY_NAMES[name]
    if _character(name):
        return _CHARACTER_NAMES.get(name, name)
    near = _near(name, [*_KEY_NAMES, "slash", "question_mark", "comma", "full_stop"])
    raise KeyNameError(f"{text!r} names no key{near or ': one character, or a name like space'}")


def _character(name: str) -> str:
    """The character that Textual calls so, "" where none is."""
    import unicodedata

    if len(name) == 1:
        return name
    original = {short: long for long, short in _CHARACTER_NAMES.items()}.get(name, name)
    words = original.split("_")
    # Textual's name does not tell a blank from a hyphen; Unicode's has one hyphen at most.
    spellings = [" ".join(words)]
    spellings += [" ".join(words[:at]) + "-" + " ".join(words[at:]) for at in range(1, len(words))]
    for spelt in spellings:
        try:
            found = unicodedata.lookup(spelt)
        except KeyError:
            continue
        return found if found.isprintable() and not found.isspace() and len(found) == 1 else ""
    return ""


def _near(name: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(names), 1)
    return f"; did you mean {near[0]}?" if near else ""
