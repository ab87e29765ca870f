"""Edit the `[[name]]` tables of a TOML text: add, change, remove and restore entries (pure).

Every function returns the new text. It raises ValueError, with a message for the user, if the text
is not TOML, or has the list in a form that cannot be edited (an inline list).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import tomli_w

from rilo_reader.config.check import parse
from rilo_reader.config.toml_edit import (
    blocks,
    newline,
    with_block,
    with_entry,
    with_piece,
    without_block,
)

BYTE_ORDER_MARK = "\ufeff"


def with_table(text: str, setting: str, entry: Mapping[str, object]) -> str:
    """Add an entry at the end of a list."""

    def edit(body: str) -> str:
        return with_block(body, setting, {key: literal(value) for key, value in entry.items()})

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(setting, []).append(dict(entry))

    return surely(text, edit, wanted, f"the list of {setting}")


def with_table_values(text: str, setting: str, place: int, values: Mapping[str, object]) -> str:
    """Change values of an entry; None removes a key."""

    def edit(body: str) -> str:
        for key, value in values.items():
            own = blocks(body, setting)[place]
            body = with_entry(body, own, key, None if value is None else literal(value))
        return body

    def wanted(data: dict[str, Any]) -> None:
        changed = {**data[setting][place], **values}
        data[setting][place] = {key: value for key, value in changed.items() if value is not None}

    return surely(text, edit, wanted, f"the list of {setting}")


def without_table(text: str, setting: str, place: int) -> tuple[str, str]:
    """Remove an entry; the last one takes the list with it.

    Returns:
        The new text, and the lines of the entry with the comments above.
    """
    piece = ""

    def edit(body: str) -> str:
        nonlocal piece
        own = blocks(body, setting)[place]
        piece = body[own.start : own.end]
        return without_block(body, own)

    def wanted(data: dict[str, Any]) -> None:
        del data[setting][place]
        if not data[setting]:
            del data[setting]

    return surely(text, edit, wanted, f"the list of {setting}"), piece


def with_table_restored(text: str, setting: str, place: int, piece: str) -> str:
    """Put the lines of a removed entry back at its place, else at the end."""
    end = newline(text)
    piece = piece if piece.endswith("\n") else piece + end
    table = tomllib.loads(piece)[setting][0]
    place = min(place, len(blocks(text, setting)))

    def edit(body: str) -> str:
        own = blocks(body, setting)
        if place < len(own):
            at = own[place].start
            return body[:at] + piece + end + body[at:]
        return with_piece(body, own[-1].end if own else len(body), piece)

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(setting, []).insert(place, table)

    return surely(text, edit, wanted, f"the list of {setting}")


def tables(text: str, setting: str) -> list[dict[str, Any]]:
    """The entries of a list.

    Raises:
        ValueError: the text is no TOML, or they are no `[[…]]` tables in it.
    """
    body = text.removeprefix(BYTE_ORDER_MARK)
    entries = parsed(body).get(setting, [])
    if not isinstance(entries, list) or len(entries) != len(blocks(body, setting)):
        raise ValueError(
            f"the list of {setting} is not written as [[{setting}]] tables; edit it by hand"
        )
    return entries


def surely(
    text: str,
    edit: Callable[[str], str],
    wanted: Callable[[dict[str, Any]], None],
    what: str,
) -> str:
    """The text as edited, where that says what is wanted and nothing else.

    Args:
        text: a TOML text; a byte order mark stays.
        edit: makes the new text of the old.
        wanted: makes the data that the new text is to have of the old text's.
        what: what is edited, for the message.

    Raises:
        ValueError: the text is no TOML, or what is wanted cannot be put there.
    """
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    data = parsed(body)
    changed = edit(body)
    after, fault = parse(changed)
    wanted(data)
    if fault is not None or after != data:
        raise ValueError(f"{what} cannot be changed in this file; do it there by hand")
    return mark + changed


def parsed(body: str) -> dict[str, Any]:
    """The data of a text; raises ValueError if it is no TOML."""
    data, fault = parse(body)
    if fault is not None:
        raise ValueError(f"line {fault[0]}: {fault[1]}; put that right first")
    return data


def literal(value: object) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(item) for item in value)}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
