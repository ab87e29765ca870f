"""The table of commands, and the names of keys held equal to Textual's."""

from __future__ import annotations

import string
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import _character_to_key, format_key

from rilo_reader import commands
from rilo_reader.commands import (
    MARK,
    Command,
    all_commands,
    commands_by_id,
    effective_keys,
    replacements_by_id,
)
from rilo_reader.hooks import Plugin
from rilo_reader.keys import KeyNameError, key_label, key_name
from rilo_reader.plugin_list import plugins_with
from tests.support.for_each import for_each

IN_DESIGN = """
down j ↓, up k ↑, next_article J ], previous_article K [, next_hit n, previous_hit N, page_on space,
open enter, switch tab, back esc, top g, bottom G, half_down ^d, half_up ^u, search /, read r,
star s, tags t, all_read A, undo u, browser o, copy_link y, edit e, links f, zen z, palette ^p,
help ?, quit q
"""


def test_the_keys_of_the_design_are_there() -> None:
    for row in IN_DESIGN.split(","):
        command, *wanted = row.split()
        labels = [key_label(key) for key in commands_by_id()[command].keys]
        assert labels[: len(wanted)] == wanted, command


def test_no_key_has_two_commands_and_no_command_two_rows() -> None:
    keys = Counter(key for command in all_commands() for key in command.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert len(commands_by_id()) == len(all_commands())
    assert len({command.title for command in all_commands()}) == len(all_commands())
    brought = [
        row
        for plugin in plugins_with(commands.CommandPlugin)
        for row in plugin.commands()
        if row.id not in replacements_by_id()
    ]
    assert brought == [commands_by_id()[row.id] for row in brought]
    assert replacements_by_id()
    assert not replacements_by_id().keys() & commands_by_id().keys()


def test_a_plugin_may_bring_a_group_but_no_key_or_name_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Weather(Plugin):
        name = "weather"

        def commands(self) -> Sequence[Command]:
            return (
                Command("rain", "Rain", ("j", "f9"), "Shows rain.", "Weather"),
                Command("snow", "Snow", ("f9",), "Shows snow.", MARK),
                Command("star", "Sun", ("f8",), "Shows the sun.", MARK),
            )

    monkeypatch.setattr(commands, "plugins_with", lambda _: [Weather()])
    found = all_commands.__wrapped__()
    rows = {row.id: row for row in found}
    assert (found[-1].id, found[-1].group, found[-1].keys) == ("rain", "Weather", ("f9",))
    assert rows["snow"].keys == ()
    assert rows["star"].title == "Star"
    assert [row.id for row in found].index("snow") < [row.id for row in found].index("browser")


def test_every_row_is_fit_to_be_shown() -> None:
    for command in all_commands():
        assert command.id.isidentifier()
        assert command.help.endswith(".")
        assert command.title
    groups = [command.group for command in all_commands()]
    assert groups == sorted(groups, key=groups.index), "a group stands together"


def test_helps_are_plain_words() -> None:
    """No word that only this project uses, and titles that the palette can show beside a key."""
    for command in all_commands():
        for word in ("zen", "gesture", "stand on", "narrow to", "bring them back", "for ever"):
            assert word not in command.help.lower(), command
        assert len(command.title) <= 25


def test_default_keys_are_written_in_textuals_names() -> None:
    for command in all_commands():
        assert tuple(key_name(key) for key in command.keys) == command.keys


def test_a_character_is_called_what_textual_calls_it() -> None:
    for character in string.printable.strip() + "éßЖ漢あ★«»–§¡":
        name = key_name(character)
        assert name == _character_to_key(character)
        assert key_label(name) == character


@given(st.characters(codec="utf-8"))
def test_any_character_is_textuals_or_refused(character: str) -> None:
    try:
        name = key_name(character)
    except KeyNameError:
        assert not character.isprintable() or character.isspace() or not character.isascii()
    else:
        assert name == _character_to_key(character)


def test_every_key_that_textual_reads_can_be_named() -> None:
    """Each key of its table of sequences keeps its name, but those that a terminal mixes up."""
    names = {
        key.value
        for keys in ANSI_SEQUENCES_KEYS.values()
        if isinstance(keys, tuple)
        for key in keys
        if not key.value.startswith("<")
    }
    assert len(names) > 100
    for name in names:
        if name == "ctrl+@":
            assert key_name("ctrl+space") == name
        else:
            assert key_name(name) == name


@for_each(
    "written, name",
    [
        *(("J", "J"), ("shift+j", "J"), (" ", "space"), ("Space", "space"), ("ctrl+d", "ctrl+d")),
        *(("Ctrl+D", "ctrl+d"), ("ctrl-d", "ctrl+d"), ("control+d", "ctrl+d"), ("^d", "ctrl+d")),
        *(("^", "circumflex_accent"), ("+", "plus"), ("-", "minus"), ("ctrl++", "ctrl+plus")),
        *(("ctrl+-", "ctrl+minus"), ("ctrl+/", "ctrl+slash"), ("alt+J", "alt+shift+j")),
        *(("shift+ctrl+left", "ctrl+shift+left"), ("alt+shift+j", "alt+shift+j")),
        *(("shift+tab", "shift+tab"), ("esc", "escape"), ("Return", "enter"), ("del", "delete")),
        *(("pgdn", "pagedown"), ("PageUp", "pageup"), ("F5", "f5"), ("ctrl+i", "tab")),
        *(("ctrl+m", "enter"), ("ctrl+[", "escape"), ("full_stop", "full_stop")),
        *(("question mark", "question_mark"), ("cmd+c", "super+c")),
    ],
)
def test_keys_as_people_write_them(written: str, name: str) -> None:
    assert key_name(written) == name
    assert key_name(name) == name


@for_each(
    "written, hint",
    [
        *(
            (written, "is not the name of a key")
            for written in ("", "gg", "ctrl+", "f30", "\x1b", "\u0301", "j,k")
        ),
        *(("pagdown", "did you mean pagedown?"), ("crtl+d", "did you mean ctrl?")),
        ("shift+/", "write the character that it types"),
    ],
)
def test_what_names_no_key_is_refused_with_a_hint(written: str, hint: str) -> None:
    with pytest.raises(KeyNameError, match=hint.replace("?", r"\?")):
        key_name(written)


@given(st.text(max_size=12))
@example("\ufdfd")  # its name has two hyphens
def test_any_text_is_a_key_or_refused_and_names_are_stable(text: str) -> None:
    try:
        name = key_name(text)
    except KeyNameError as error:
        assert str(error)
    else:
        assert key_name(name) == name or name == "ctrl+@"
        assert "," not in name
        assert key_label(name)


def test_labels() -> None:
    labels = {
        **{"down": "↓", "escape": "esc", "pagedown": "pgdn", "space": "space", "ctrl+d": "^d"},
        **{"ctrl+right_square_bracket": "^]", "ctrl+shift+left": "ctrl+shift+←"},
        **{"alt+j": "alt+j", "slash": "/", "full_stop": "."},
    }
    assert {key: key_label(key) for key in labels} == labels
    for name in ("slash", "question_mark", "left_square_bracket", "pagedown", "up"):
        assert key_label(name) == format_key(name)


def test_the_users_keys_take_the_place_of_the_default_ones() -> None:
    keys = effective_keys({"browser": ("n", "b"), "quit": (), "next_hit": ("m",)})
    assert keys["browser"] == ("n", "b")
    assert keys["quit"] == ()
    assert keys["next_hit"] == ("m",)
    # b was one of its default keys, and is the browser's now.
    assert keys["page_up"] == ("pageup", "ctrl+b")
    assert keys["down"] == commands_by_id()["down"].keys
    taken = Counter(key for own in keys.values() for key in own)
    assert max(taken.values()) == 1


def test_the_table_needs_no_textual() -> None:
    program = (
        "import sys; from rilo_reader.keys import key_name; key_name('ctrl+?')\n"
        "assert not [name for name in sys.modules if name.startswith(('textual', 'rich'))]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
