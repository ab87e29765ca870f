"""What a plugin brings to settings.toml: a value, a table with keys and queries, and commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from rilo_reader.commands import Command
from rilo_reader.config import Config, all_settings, change_setting, load, settings
from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import Setting, check_query, check_text, make_number_check
from rilo_reader.config.toml_table import TomlTable
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.renaming import rename_in_queries
from rilo_reader.hooks import Plugin
from tests.support.reader import paths_in
from tests.support.settings_file import uncommented


class Place(NamedTuple):
    name: str
    query: str = ""
    key: str = ""


class WeatherSettings(NamedTuple):
    degrees: int = 20
    station: str | None = None
    places: tuple[Place, ...] = ()


TEMPLATE = '\n# Places.\n# [[places]]\n# name = "Tana"\n# query = "rain"\n'


class Weather(Plugin):
    name = "weather"

    def settings(self) -> Sequence[PluginSettings]:
        its = PluginSettings(
            WeatherSettings,
            {
                "degrees": Setting("How warm it is.", make_number_check(-90, 60)),
                "station": Setting(
                    "Where it\nis measured.", check_text, "roof", needs_restart=True
                ),
            },
            (
                TomlTable(
                    "places",
                    Place,
                    {"name": check_text, "query": check_query, "key": check_text},
                    key=str.casefold,
                    duplicate_message="{!r} is there",
                    missing_message="{!r} is not there",
                    make_head=str,
                    query_field="query",
                    key_field="key",
                ),
            ),
            TEMPLATE,
            lambda values: [
                Command(f"place:{one.name}", one.name, (one.key,), "", "Weather")
                for one in values.places
            ],
        )
        return (its,)


@pytest.fixture(autouse=True)
def weather(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The plugin, alone."""
    found = all_settings.plugin_settings, all_settings.plain_settings, all_settings.setting_names
    monkeypatch.setattr(all_settings, "plugins_with", lambda _: [Weather()])
    for cached in (*found, settings.all_tables):
        cached.cache_clear()
    yield
    for cached in (*found, settings.all_tables):
        cached.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = paths_in(tmp_path).settings_file
    file.parent.mkdir(parents=True)
    return file


PLACES = """
[[places]]
name = "Tana"
query = 'source:="Rain"'
key = "T"
[[places]]
name = "Nosy"
key = "T"
[[places]]
name = "Zomba"
key = "j"
"""


def test_values_are_read_and_what_is_wrong_is_named(file: Path) -> None:
    assert load(file)[0].plugin_values(WeatherSettings) == WeatherSettings()
    file.write_text('degrees = 99\nstation = "roof"\ndegrese = 3\n' + PLACES)
    config, problems = load(file)
    tana = Place("Tana", 'source:="Rain"', "T")
    places = (tana, Place("Nosy"), Place("Zomba"))
    assert config.plugin_values(WeatherSettings) == WeatherSettings(station="roof", places=places)
    assert [(each.line, each.key, each.reason) for each in problems] == [
        (1, "degrees", "99 is not between -90 and 60"),
        (3, "degrese", "there is no such setting; did you mean degrees?"),
        (11, "places.key", "T is already the key of Tana; choose another for Nosy"),
        (14, "places.key", "j is already the key of Down (down); choose another for Zomba"),
    ]
    assert all_settings.keys_by_command(config)["place:Tana"] == ("T",)


def test_a_new_file_explains_them_and_one_is_changed_in_place(file: Path) -> None:
    change_setting(file, "degrees", 30)
    text = file.read_text()
    assert "\n# How warm it is.\n# degrees = 20\ndegrees = 30\n" in text
    assert '\n# Where it\n# is measured.\n# station = "roof"\n' in text
    assert text.endswith(TEMPLATE)
    file.write_text(uncommented(settings.make_template()))
    config, problems = load(file)
    assert (config.plugin_values(WeatherSettings).places, problems) == (
        (Place("Tana", "rain"),),
        (),
    )


def test_queries_follow_a_feed_to_its_new_name(file: Path, tmp_path: Path) -> None:
    file.write_text(PLACES)
    folder = tmp_path / "news"
    folder.mkdir()
    with open_collection(folder, paths_in(tmp_path)) as collection:
        rename_in_queries(collection, {"Rain": "Snow"})
    assert load(file)[0].plugin_values(WeatherSettings).places[0].query == 'source:="Snow"'


def test_other_values_replace_those_with_their_names() -> None:
    config = all_settings.set_values(Config(), {"width": 90, "degrees": 5})
    assert (config.width, config.plugin_values(WeatherSettings).degrees) == (90, 5)
    assert all_settings.value_of(config, "degrees") == 5
    assert "degrees" in all_settings.setting_names()
