"""A letter typed right behind escape: terminals send the very same for that and for alt."""

from __future__ import annotations

from collections.abc import Container

from textual.events import Key


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
