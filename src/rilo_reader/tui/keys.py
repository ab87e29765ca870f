"""The commands and the user's keys, as Textual's bindings and keymap."""

from __future__ import annotations

from collections.abc import Container, Mapping

from textual.binding import Binding, BindingType
from textual.events import Key

from rilo_reader.commands import COMMANDS, effective_keys
from rilo_reader.keys import key_label


def action_of(command: str) -> str:
    """Return Textual's action for a command, an action of ReaderScreen."""
    return f"command({command!r})"


def bindings() -> list[BindingType]:
    """Return a binding for each command, with its default keys and its id.

    Commands without keys are included, so that a keymap can bind them.
    """
    return [
        Binding(
            _joined(command.keys, command.id),
            action_of(command.id),
            command.title,
            show=False,
            tooltip=command.help,
            id=command.id,
        )
        for command in COMMANDS
    ]


def keymap(keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the argument of App.set_keymap: command id -> keys, where they are not the default.

    Args:
        keys: command id -> keys that replace its default ones, in Textual's names.
    """
    now = effective_keys(keys)
    return {
        command.id: _joined(now[command.id], command.id)
        for command in COMMANDS
        if now[command.id] != command.keys
    }


def _joined(keys: tuple[str, ...], command: str) -> str:
    # Textual would keep the default keys for an empty entry; this key does not exist.
    return ",".join(keys) or f"<{command}>"


# A letter typed right after escape, for which terminals send the same bytes as for alt.


def without_alt(event: Key, bound: Container[str]) -> tuple[Key, ...]:
    """Split a key such as `alt+q` into `escape` and `q`, which were pressed in quick succession.

    Textual reads what follows escape within a tenth of a second as alt. No default key uses alt
    with a letter or digit, so both keys would be lost.

    Args:
        event: the key as Textual read it.
        bound: keys that are bound to commands, which are not split.
    """
    letter = event.character or ""
    if not event.key.startswith("alt+") or event.key in bound or not letter.isalnum():
        return (event,)
    return (Key("escape", "\x1b"), Key(letter, letter))


__all__ = ["action_of", "bindings", "key_label", "keymap", "without_alt"]
