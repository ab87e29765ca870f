"""The settings: a panel of those that people change, and the file of all in the user's editor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from rilo_reader import config as settings
from rilo_reader.commands import Command, commands_by_id
from rilo_reader.config import Config, SettingsProblem, change_setting, load, remove_setting
from rilo_reader.config.all_settings import plain_settings, value_of
from rilo_reader.config.settings import written_key
from rilo_reader.keys import key_label
from rilo_reader.library import LibraryError
from rilo_reader.system_programs import editor_command
from rilo_reader.tui import panels
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.external import edit_file
from rilo_reader.tui.reader.saved_searches import Edit, SavedSearchController, find_unreadable
from rilo_reader.tui.themes import OURS

Loaded = tuple[Config, tuple[SettingsProblem, ...]]


class SettingsController(Controller):
    """Shows and changes the settings, which are in use at once unless they need a restart."""

    panel: panels.settings.SettingsScreen | None = None

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._file = context.environment.paths.settings_file
        self._saved_searches = context.controller_of(SavedSearchController)
        self._reading = context.tasks.make_latest("settings panel")
        self._keys_panel: panels.settings.KeysScreen | None = None
        self._unwritten = 0  # changes that are on their way to the file
        read = partial(load, self._file)
        self.commands = {"settings": partial(self._reading.request, read, self._open_panel)}

    # -- the panel --------------------------------------------------------------------------------

    def _open_panel(self, loaded: Loaded) -> None:
        """Open the panel, with the settings as the file has them now; they are in use then."""
        self._use_loaded(loaded)
        shown = {name: one for name, one in plain_settings().items() if one.title}
        names = sorted(self.context.app.available_themes, key=lambda name: (name not in OURS, name))
        themes = {name: name for name in names}
        theme = shown["theme"]
        shown["theme"] = theme._replace(choices={**theme.choices, **themes})
        self.open_list(
            panels.settings.SettingsScreen(shown, self._make_shown(loaded), self._list_keys)
        )

    def _make_shown(self, loaded: Loaded) -> panels.settings.ShownSettings:
        config, problems = loaded
        unreadable = find_unreadable(problems)
        return panels.settings.ShownSettings(
            {
                name: value_of(self.context.config if unreadable else config, name)
                for name, one in plain_settings().items()
                if one.title
            },
            {each.key: each.short_message for each in problems if each.key},
            unreadable and f"{unreadable}; e opens it.",
            len(config.keys),
        )

    def _list_keys(self, panel: panels.settings.SettingsScreen) -> Sequence[PanelKey]:
        change, hint = partial(self._step, panel), "← → change"
        here: tuple[PanelKey, ...] = (
            PanelKey("right,l,enter", hint, partial(change, 1)),
            PanelKey("left,h", "", partial(change, -1)),
        )
        if panel.current_payload == panels.settings.KEYS:
            here = (PanelKey("right,l,enter", "enter keys", partial(self._open_keys, panel)),)
        return (
            *here,
            PanelKey("u", "u undo", self._undo),
            PanelKey("e", "e file, for the rest", self.edit_settings),
        )

    def _undo(self) -> None:
        self.context.undo_stack.undo(only_settings=True)

    def _step(self, panel: panels.settings.SettingsScreen, steps: int) -> None:
        name, value, words = panel.show_next_value(steps)
        self.change_value(name, value, f"{plain_settings()[name].title}: {words}")

    # -- keys -------------------------------------------------------------------------------------

    def _open_keys(self, below: panels.settings.SettingsScreen) -> None:
        own = self.context.config.keys
        panel = panels.settings.KeysScreen(
            self.context.keys, own, self._list_keys_of_commands, self._give_key
        )
        self._keys_panel, self.widgets.message_listener = panel, panel.show_message

        def on_left() -> None:
            self._keys_panel, self.widgets.message_listener = None, below.show_message

        self.open_panel(panel, on_left)

    def _list_keys_of_commands(self, panel: panels.settings.KeysScreen) -> Sequence[PanelKey]:
        undo = PanelKey("u", "u undo", self._undo)
        if (command := panel.current_payload) is None:
            return (undo,)
        return (
            PanelKey("enter", "enter new key", partial(panel.ask_key, command)),
            PanelKey("x", "x no key", partial(self._set_keys, command, ())),
            PanelKey("d", "d default", partial(self._set_keys, command, None)),
            undo,
        )

    def _give_key(self, command: Command, key: str) -> None:
        """Give a command a key, unless the user has given it to another one."""
        keys, label = self.context.keys, key_label(key)
        owner = next((one for one in keys if key in keys[one] and one != command.id), "")
        title = commands_by_id()[owner].title if owner in commands_by_id() else owner
        if owner in self.context.config.keys or (owner and owner not in commands_by_id()):
            self.widgets.show_message(f"“{title}” has {label} from you: give it another key first.")
        else:
            self._set_keys(command, (key,), f", no longer of “{title}”" if owner else "")

    def _set_keys(self, command: Command, keys: tuple[str, ...] | None, more: str = "") -> None:
        """Give a command other keys; None: its default ones."""
        if keys == self.context.config.keys.get(command.id):
            self.widgets.show_message(f"“{command.title}” has these keys already.")
            return

        key = f"keys.{command.id}"
        if keys is None:
            edit: Edit = partial(remove_setting, key=key)
        else:
            edit = partial(change_setting, key=key, value=[*map(written_key, keys)] or [""])
        shown = command.keys if keys is None else keys
        labels = " ".join(map(key_label, shown)) or "no key"
        self._change(edit, f"{command.title}: {labels}{more}")

    # -- changes ----------------------------------------------------------------------------------

    def change_value(self, name: str, value: Any, message: str) -> None:  # noqa: ANN401  # of each another
        """Write a setting and use it, and show a message; undo takes it back."""
        self._change(partial(change_setting, key=name, value=value), message, name)

    def _change(self, edit: Edit, message: str, name: str = "") -> None:
        def write() -> tuple[LibraryError | None, Loaded]:
            fault = None
            try:
                self._saved_searches.write_settings(edit, message)
            except LibraryError as error:
                fault = error
            return fault, load(self._file)

        def show(written: tuple[LibraryError | None, Loaded]) -> None:
            self._unwritten -= 1
            error, loaded = written
            later = self._use_loaded(loaded)
            if error is not None:
                self.widgets.show_error(error)
            else:
                after = "; restart rilo-reader for it" if name in later else ""
                self.context.undo_stack.show_done(message + after)

        self._unwritten += 1
        self.tasks.write_tasks.enqueue(write, show)

    def on_files_changed(self) -> None:
        """Use what an undo brought back."""
        self.tasks.write_tasks.enqueue(partial(load, self._file), self._use_loaded)

    def _use_loaded(self, loaded: Loaded) -> Sequence[str]:
        """Use settings, unless the file cannot be read; return which need a restart."""
        later: Sequence[str] = ()
        if not find_unreadable(loaded[1]):
            self._saved_searches.take_settings(loaded[0])
            later = self.context.use_settings(loaded[0])
        if self.panel is not None and not self._unwritten:  # else another value is shown already
            self.panel.show_settings(self._make_shown(loaded))
        if self._keys_panel is not None:
            self._keys_panel.show_keys(self.context.keys, self.context.config.keys)
        return later

    # -- the file ---------------------------------------------------------------------------------

    def edit_settings(self) -> None:
        """Open the settings file in the editor; what is changed there holds at once, if it can."""
        try:
            editor = editor_command()
            settings.write_template(self._file)
        except (LibraryError, OSError, ValueError) as error:
            self.widgets.show_error(f"The settings could not be opened: {error}")
            return
        if problem := edit_file(self.context.app, editor, self._file):
            self.widgets.show_error(problem)
        else:
            self.tasks.write_tasks.enqueue(partial(load, self._file), self._use_edited)

    def _use_edited(self, loaded: Loaded) -> None:
        later, problems = " and ".join(self._use_loaded(loaded)), loaded[1]
        if problems:
            more = f" ({len(problems) - 1} more: rilo-reader doctor)" if len(problems) > 1 else ""
            self.widgets.show_error(problems[0].short_message + more)
        elif later:
            self.widgets.show_message(f"Settings applied; for {later}, restart rilo-reader.")
        else:
            self.widgets.show_message("Settings applied")
