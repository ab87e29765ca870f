"""The panel of the settings that people change, and the panel of the keys of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from textual import events

from rilo_reader.commands import Command, all_commands
from rilo_reader.config.checks import Setting
from rilo_reader.keys import key_label
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.panels.panel import EntryPanel
from rilo_reader.tui.widgets.line_list import ListEntry

KEYS = "keys"  # the payload of the line that opens the keys


class ShownSettings(NamedTuple):
    """Settings, as the panel shows them."""

    values: Mapping[str, Any]  # by name, those that the panel has
    faults: Mapping[str, str]  # what is wrong with the value that the file has, by name
    problem: str = ""  # why the file cannot be read, or ""
    own_keys: int = 0  # how many commands have other keys than the default ones


class SettingsScreen(EntryPanel[str]):
    """A list of settings with their values, below a part of the reader that shows their effect."""

    TITLE = "Settings"
    DEFAULT_CSS = """
    SettingsScreen {
        background: transparent;
        align: center bottom;
        /* The reader beside it is not dimmed, so a frame tells it from the page. */
        #panel, &:ansi #panel, &.-low:ansi #panel {
            margin-bottom: 1; border: round $page-rule; padding: 0 1; background: $page-ground;
        }
        EntryList { background: $page-ground; }
        #about { min-height: 2; max-height: 3; margin-top: 1; }
        &.-low #about { margin: 0; }
    }
    """

    def __init__(
        self,
        settings: Mapping[str, Setting],
        shown: ShownSettings,
        list_keys: Callable[[SettingsScreen], Sequence[PanelKey]],
    ) -> None:
        """Create a panel of `settings`, by their names; each has a title and choices."""
        super().__init__(list_keys)
        self._settings = settings
        self._choices = {name: dict(one.choices) for name, one in settings.items()}
        self.show_settings(shown)

    def show_settings(self, shown: ShownSettings) -> None:
        """Show values; one that is not offered is from now on, so that one can go back to it."""
        self.shown = shown
        for name, value in shown.values.items():
            self._choices[name].setdefault(value, str(value))
        entries = [self._make_entry(name) for name in self._settings]
        own = f"{shown.own_keys} of your own" if shown.own_keys else "the default ones"
        self.show_entries([*entries, ListEntry("Keys", own, is_value=True, payload=KEYS, key=KEYS)])
        self._show_details()

    def _make_entry(self, name: str) -> ListEntry:
        words = self._choices[name][self.shown.values[name]]
        is_wrong = name in self.shown.faults
        detail = f"{words}, as the file is wrong" if is_wrong else words
        title = self._settings[name].title
        return ListEntry(title, detail, is_wrong=is_wrong, is_value=True, payload=name, key=name)

    def show_next_value(self, steps: int) -> tuple[str, Any, str]:
        """Show the next or previous value at the cursor; return its setting, it, and its words."""
        name = self.current_payload or KEYS
        choices = self._choices[name]
        values = list(choices)
        if all(isinstance(each, int | float) for each in values):
            values.sort()
        value = values[(values.index(self.shown.values[name]) + steps) % len(values)]
        faults = {each: why for each, why in self.shown.faults.items() if each != name}
        values_now = {**self.shown.values, name: value}
        self.show_settings(self.shown._replace(values=values_now, faults=faults))
        return name, value, choices[value]

    def _show_details(self) -> None:
        name = self.current_payload or KEYS
        problem = self.shown.problem or self.shown.faults.get(name, "")
        about = "Which keys do what: enter shows them, and gives a command another one."
        if name in self._settings:
            about = " ".join(self._settings[name].meaning.split())
        self.show_note(problem or about, wrong=bool(problem))

    def fit_to_screen(self) -> None:
        """Leave half of the screen to the reader, where the effect is seen."""
        super().fit_to_screen()
        room = max(3, self.app.size.height // 2 - 5)
        self._list.styles.height = min(room, len(self.entries))

    def action_move(self, rows: int) -> None:
        super().action_move(rows)
        self._show_details()


class KeysScreen(EntryPanel[Command]):
    """A list of commands with their keys; the next key can be asked for as that of a command."""

    TITLE = "Keys"
    WIDTH = 96

    def __init__(
        self,
        keys: Mapping[str, tuple[str, ...]],
        own: Mapping[str, tuple[str, ...]],
        list_keys: Callable[[KeysScreen], Sequence[PanelKey]],
        use_key: Callable[[Command, str], object],
    ) -> None:
        """Create a panel of `keys`, by command; `own` are those that the user chose."""
        super().__init__(list_keys)
        self._asked: Command | None = None  # the command that gets the next key
        self._use_key = use_key
        self.show_keys(keys, own)

    def show_keys(
        self, keys: Mapping[str, tuple[str, ...]], own: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Show the keys of all commands."""
        entries: list[ListEntry] = []
        for group, commands in groupby(all_commands(), key=lambda command: command.group):
            entries.append(ListEntry(group, is_heading=True))
            for command in commands:
                labels = " ".join(map(key_label, keys[command.id])) or "no key"
                right = f"yours: {labels}" if command.id in own else labels
                entries.append(
                    ListEntry(command.title, command.help, right, payload=command, key=command.id)
                )
        self.show_entries(entries)

    def ask_key(self, command: Command) -> None:
        """Give a command the next key that is pressed, but for escape."""
        self._asked = command
        self.show_message(f"Press the new key for “{command.title}”; esc leaves it as it is.")

    def on_key(self, event: events.Key) -> None:
        """Take the key that was asked for."""
        if self._asked is None:
            super().on_key(event)
            return
        event.stop()
        command, self._asked = self._asked, None
        self.show_hints()
        if event.key != "escape":
            self._use_key(command, event.key)
