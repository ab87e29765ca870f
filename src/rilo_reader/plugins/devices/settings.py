"""Settings as they travel between devices: those that the user lists, and nothing that runs."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rilo_reader import config
from rilo_reader.commands import commands_by_id
from rilo_reader.config import Config
from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import Setting, SettingError, quote_short, suggest_name
from rilo_reader.config.toml_table import RowEdits, TomlTable
from rilo_reader.keys import key_label, key_name
from rilo_reader.plugins.devices.carried_file import ThingEdits, Things, Values
from rilo_reader.store.marks import SETTING

TRAVELLERS = ("keys", "saved_searches", "mutes")


def _check_travelling(value: object) -> tuple[str, ...]:
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple):
        raise SettingError(f'expected a list such as ["keys"], not {quote_short(value)}')
    for name in several:
        if name not in TRAVELLERS:
            can = f"{', '.join(TRAVELLERS[:-1])} and {TRAVELLERS[-1]}"
            hint = suggest_name(str(name), TRAVELLERS)
            raise SettingError(f"{quote_short(name)} cannot be synced; {can} can{hint}")
    return tuple(dict.fromkeys(several))


class TravelSettings(NamedTuple):
    """The settings of sync."""

    travel: tuple[str, ...] = ()  # of TRAVELLERS


SETTINGS = PluginSettings(
    TravelSettings,
    {
        "travel": Setting(
            'What sync brings to your other devices of these settings: "keys", "saved_searches",\n'
            '"mutes".',
            _check_travelling,
            is_rare=True,
        )
    },
)


class SettingsFile(ABC):
    """Rows of a kind in settings.toml, of which each is a text."""

    noun: str

    def __init__(self, file: Path, name: str) -> None:
        self.file, self.name = file, name
        self._field = f"{SETTING}{name}"
        self.fields: Sequence[str] = (self._field,)

    def read_rows(self) -> tuple[Things, set[str]] | None:
        """See `CarriedKind.read_rows`."""
        settings, problems = config.load(self.file)
        if problems:
            return None  # what cannot be read was not removed
        return {name: {self._field: text} for name, text in self._list_rows(settings)}, set()

    def check_values(self, name: str, values: Values) -> Values | None:
        """See `CarriedKind.check_values`."""
        try:
            return {self._field: self._make_text(name, json.loads(values[self._field]))}
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None

    def title_of(self, name: str, values: Values) -> str:
        """See `CarriedKind.title_of`."""
        return name

    def write_rows(self, edits: ThingEdits) -> tuple[Things, Mapping[str, str]]:
        """See `CarriedKind.write_rows`."""
        added, changed = (
            {name: json.loads(values[self._field]) for name, values in things.items()}
            for things in (edits.added, edits.changed)
        )
        return edits.changed, self._write(added, changed, edits.removed)

    @abstractmethod
    def _list_rows(self, settings: Config) -> Iterable[tuple[str, str]]:
        """The names of rows, and their texts."""

    @abstractmethod
    def _make_text(self, name: str, value: Any) -> str:  # noqa: ANN401  # as another device wrote it
        """The text of a row; raises ValueError, TypeError or AttributeError if it is not one."""

    @abstractmethod
    def _write(
        self, added: Mapping[str, Any], changed: Mapping[str, Any], removed: Sequence[str]
    ) -> Mapping[str, str]:
        """Write rows; return why some were not written."""


class KeysFile(SettingsFile):
    """Keys of commands of the table; those of `[[commands]]` stand with their programs."""

    noun = "key"

    def _list_rows(self, settings: Config) -> Iterable[tuple[str, str]]:
        return (
            (name, _to_json(list(map(_format_key, keys)))) for name, keys in settings.keys.items()
        )

    def _make_text(self, name: str, value: Any) -> str:  # noqa: ANN401
        if name not in commands_by_id() or not isinstance(value, list):
            raise ValueError(name)
        return _to_json([_format_key(key_name(key)) for key in value])

    def _write(
        self, added: Mapping[str, Any], changed: Mapping[str, Any], removed: Sequence[str]
    ) -> Mapping[str, str]:
        return config.change_keys(self.file, {**added, **changed, **dict.fromkeys(removed)})


class RowsFile(SettingsFile):
    """Rows of a table."""

    def __init__(self, file: Path, name: str, noun: str, table: TomlTable[Any]) -> None:
        super().__init__(file, name)
        self.noun, self._table = noun, table

    def _list_rows(self, settings: Config) -> Iterable[tuple[str, str]]:
        rows = getattr(settings, self._table.name)
        return ((self._table.key(row[0]), _to_json(row._asdict())) for row in rows)

    def _make_text(self, name: str, value: Any) -> str:  # noqa: ANN401
        row = self._table.check_row(self._table.row_type(**value))
        if self._table.key(row[0]) != name:
            raise ValueError(name)
        return _to_json(row._asdict())

    def _write(
        self, added: Mapping[str, Any], changed: Mapping[str, Any], removed: Sequence[str]
    ) -> Mapping[str, str]:
        rows = [self._table.check_row(self._table.row_type(**value)) for value in added.values()]
        edits: RowEdits[Any] = RowEdits(removed, changed=changed, added=rows)
        return self._table.edit_many(self.file, edits)


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)  # a date is what str makes of it


def _format_key(key: str) -> str:
    """A key as people write it."""
    label = key_label(key)
    return label if key_name(label) == key else key


def make_settings_files(file: Path, wanted: Iterable[str]) -> Iterator[SettingsFile]:
    """Those of TRAVELLERS that are wanted, in a file."""
    for name in wanted:
        if name == "keys":
            yield KeysFile(file, name)
        elif name == "mutes":
            yield RowsFile(file, name, "mute", config.MUTES)
        else:
            yield RowsFile(file, name, "saved search", config.SEARCHES)
