"""All settings: those of the core and those that plugins bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from rilo_reader.commands import Command, effective_keys
from rilo_reader.config.checks import SETTINGS, Setting
from rilo_reader.config.model import Config
from rilo_reader.config.toml_table import TomlTable
from rilo_reader.plugin_list import plugins_with


class PluginSettings(NamedTuple):
    """Settings of a plugin, or of several that read the same."""

    # a NamedTuple: settings with their defaults, as `Config.plugin_values` gives them
    values_type: type[Any]
    plain: Mapping[str, Setting] = MappingProxyType({})  # those with one value, by field
    tables: tuple[TomlTable[Any], ...] = ()  # those with rows, each of the field with its name
    template: str = ""  # what a new file says of the tables, commented out
    # the commands that values make, as rows of `Plugin.commands` that head palette and help; asked
    # in the reader's thread whenever settings change; `find_own_handler` returns what they do
    make_commands: Callable[[Any], Sequence[Command]] = lambda values: ()


class _SettingsPlugin(Protocol):
    def settings(self) -> Sequence[PluginSettings]: ...


@cache
def plugin_settings() -> tuple[PluginSettings, ...]:
    """Return what plugins read; of what several read one."""
    found = {
        its.values_type: its
        for plugin in plugins_with(_SettingsPlugin)
        for its in plugin.settings()
    }
    return tuple(found.values())


@cache
def plain_settings() -> Mapping[str, Setting]:
    """Return all settings with one value, by name."""
    brought = {name: one for its in plugin_settings() for name, one in its.plain.items()}
    return MappingProxyType({**SETTINGS, **brought})


@cache
def setting_names() -> tuple[str, ...]:
    """Return the names of all settings, also of tables."""
    ours = (name for name in Config._fields if name != "of_plugins")
    return (*ours, *(name for its in plugin_settings() for name in its.values_type._fields))


def value_of(config: Config, name: str) -> Any:  # noqa: ANN401  # of each setting another
    """Return the value of a setting by its name."""
    brought = (its.values_type for its in plugin_settings() if name in its.values_type._fields)
    return getattr(config if name in Config._fields else config.plugin_values(next(brought)), name)


def default_or_example(name: str) -> object:
    """Return the default of a setting with one value, or an example if that is None."""
    default = value_of(Config(), name)
    return plain_settings()[name].example if default is None else default


def set_values(config: Config, values: Mapping[str, Any]) -> Config:
    """Return settings with other values, by their names."""
    config = config._replace(**{name: values[name] for name in values if name in Config._fields})
    for its in plugin_settings() if values.keys() - set(Config._fields) else ():
        if own := {name: values[name] for name in its.values_type._fields if name in values}:
            config = config.with_plugin_values(
                config.plugin_values(its.values_type)._replace(**own)
            )
    return config


def commands_from_settings(config: Config) -> tuple[Command, ...]:
    """Return the rows that settings add to the table of commands."""
    brought = plugin_settings() if config.of_plugins else ()  # else nothing need be imported
    rows = (its.make_commands(config.plugin_values(its.values_type)) for its in brought)
    return tuple(chain.from_iterable(rows))


def keys_by_command(config: Config) -> dict[str, tuple[str, ...]]:
    """Return the keys of every command by its id, also of those that settings make."""
    from_settings = {row.id: row.keys for row in commands_from_settings(config)}
    return {**effective_keys(config.keys), **from_settings}
