"""The commands and the user's keys, as Textual's bindings and keymap."""

from __future__ import annotations

from collections.abc import Container, Mapping

from textual.binding import Binding, BindingType
from textual.events import Key

from rilo_reader.commands import COMMANDS, effective_keys
from rilo_reader.keys import key_label


def action_of(command: str) -> str:
    """Textual's action for a command: all of them are one action of the reader's screen."""
    return f"command({command!r})"


def bindings() -> list[BindingType]:
    """Every command with its default keys; the binding's id is the command's id.

    A command without keys is there too, so that a keymap can give it one.
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
    """What App.set_keymap needs for the user's keys: each command whose keys are not the default.

    Args:
        keys: command id -> the keys that replace its default ones, in Textual's names.
    """
    now = effective_keys(keys)
    return {
        command.id: _joined(now[command.id], command.id)
        for command in COMMANDS
        if now[command.id] != command.keys
    }


def _joined(keys: tuple[str, ...], command: str) -> str:
    # Textual takes an empty entry for none and keeps the default; nobody can press this one.
    return ",".join(keys) or f"<{command}>"


# A letter typed right behind escape: terminals send the very same for that and for alt.


def meant(event: Key, bound: Container[str]) -> tuple[Key, ...]:
    """The keys that somebody pressed: `escape` and `q`, where the terminal's bytes say `alt+q`.

    Textual takes for alt what comes within a tenth of a second. Nothing here is bound to alt and a
    letter, so whoever is that quick would find that neither key did anything.

    Args:
        event: what Textual made of the bytes.
        bound: the keys that the user gave to commands; those are left alone.
    """
    letter = event.character or ""
    if not event.key.startswith("alt+") or event.key in bound or not letter.isalnum():
        return (event,)
    return (Key("escape", "\x1b"), Key(letter, letter))


__all__ = ["action_of", "bindings", "key_label", "keymap"]
