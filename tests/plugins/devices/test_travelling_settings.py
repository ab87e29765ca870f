"""Settings that the user lists travel between two homes, and nothing else of settings.toml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from rilo_reader import config
from rilo_reader.plugins.devices.carried_file import CarriedFile, ThingEdits
from rilo_reader.plugins.devices.settings import TravelSettings, make_settings_files
from rilo_reader.store.marks import SETTING
from tests.plugins.devices.machines import Machine
from tests.plugins.devices.test_feeds import Home
from tests.support.annotate import journal, stamp
from tests.support.command_line import User
from tests.support.flat import session
from tests.support.terminal import config_file

LIST = 'travel = ["keys", "saved_searches", "mutes"]\n'
SETTINGS = (
    LIST
    + """width = 70
# my keys
[keys]
star = "F"  # favourite
read = ["alt+left", "down", "?"]

# what I look for
[[searches]]
name = "Ivory"
query = "ivory"

[[mutes]]
query = "tag:football"
until = 2036-12-31
"""
)
COMMAND = """
[[commands]]
name = "mine"
run = ["geheim"]
key = "Z"
"""


@pytest.mark.slow
def test_what_is_listed_goes_to_another_home_and_back(tmp_path: Path) -> None:
    laptop, desktop = Home(tmp_path / "laptop"), Home(tmp_path / "desktop")
    here, there = (config_file(home.home, "settings.toml") for home in (laptop, desktop))
    pytest.importorskip("rilo_reader.plugins.programs")
    settings = SETTINGS + COMMAND
    here.write_text(settings)
    there.write_text(LIST + "width = 60\n")
    laptop.on("--name", "Laptop")
    assert "geheim" not in laptop.written
    assert "width" not in laptop.written
    came = desktop.on("--name", "Desktop")
    assert "2 keys came from Laptop: read, star.\n" in came
    assert "1 saved search came from Laptop: ivory.\n" in came
    assert "1 mute came from Laptop: tag:football.\n" in came
    ours, theirs = (config.load(file)[0] for file in (here, there))
    assert theirs.width == 60
    assert (ours.keys, ours.searches, ours.mutes) == (theirs.keys, theirs.searches, theirs.mutes)
    text = there.read_text().replace('name = "Ivory"', 'name = "IVORY"')
    there.write_text(text.replace('star = ["F"]\n', ""))
    for home in (desktop, laptop, desktop):
        home.run("sync", "now")
    assert here.read_text() == settings.replace('star = "F"  # favourite\n', "").replace(
        '"Ivory"', '"IVORY"'
    ), "comments stay"
    assert "0 changes sent, 0 lines read" in laptop.run("sync", "now"), "nobody says it again"
    # An edit by hand is no step, but it has an id.
    for line in desktop.run("history", "--json").splitlines()[:2]:
        desktop.run("undo", json.loads(line)["id"])
    assert 'star = ["F"]' in there.read_text()
    laptop.run("sync", "now")
    assert 'star = ["F"]' in here.read_text()


def test_only_what_can_travel_may_be_listed(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    for wrong in ('"commands"', '"plugins"', '"folders"', '"rules"', '"theme"', "false", "[1]"):
        file.write_text(f'travel = ["keys", {wrong}]\n')
        settings, [problem] = config.load(file)
        assert settings.plugin_values(TravelSettings).travel == ()
        assert "cannot be synced; keys, saved_searches and mutes can" in problem.reason
    file.write_text('travel = "keys"\n')
    assert config.load(file)[0].plugin_values(TravelSettings).travel == ("keys",)


def test_without_a_list_nothing_goes_and_nothing_comes(user: User) -> None:
    file = user.settings('[keys]\nstar = "F"\n')
    user.ask("sync", "on")
    journal(user.library / ".rilo", "phone", f'{stamp(0)}\tsetting:keys=["J"]\tread')
    user.ask("sync", "now").says("1 line read")
    assert file.read_text() == '[keys]\nstar = "F"\n'
    written = (user.library / ".rilo").rglob("*.log")
    assert not [one for one in written if "phone" not in str(one) and "star" in one.read_text()]


HOSTILE: Mapping[str, tuple[str, str]] = {
    "no command": ("setting:keys", '["J"]\tmine'),
    "no key": ("setting:keys", '["no such key"]\tstar'),
    "no list": ("setting:keys", '{"a": 1}\tstar'),
    "numbers": ("setting:keys", "[1]\tstar"),
    "no JSON": ("setting:keys", "[\tstar"),
    "too deep": ("setting:keys", "[" * 9_000 + "\tstar"),
    "another setting": ("setting:commands", '[{"name": "x", "run": ["x"]}]\tx'),
    "a command in a row": ("setting:saved_searches", '{"name": "x", "query": "x", "run": "x"}\tx'),
    "another name": ("setting:saved_searches", '{"name": "y", "query": "x"}\tx'),
    "no query": ("setting:saved_searches", '{"name": "x"}\tx'),
    "a number": ("setting:mutes", '{"query": 1, "until": null}\tx'),
    "no day": ("setting:mutes", '{"query": "x", "until": "never"}\tx'),
}


@pytest.mark.parametrize(("field", "rest"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_journal_changes_no_setting(user: User, field: str, rest: str) -> None:
    file = user.settings(LIST)
    user.ask("sync", "on")
    journal(user.library / ".rilo", "phone", f"{stamp(0)}\t{field}={rest}")
    assert user.ask("sync", "now").code == 0
    assert file.read_text() == LIST


def test_a_file_with_a_mistake_waits(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(SETTINGS)
    kinds = list(make_settings_files(file, ["keys", "saved_searches", "mutes"]))
    assert all(kind.read_rows() for kind in kinds)
    file.write_text(SETTINGS.replace("width = 70", "width = wide"))
    assert not any(kind.read_rows() for kind in kinds)


def test_no_keys_at_all_is_a_value_too(laptop: Machine, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[keys]\nstar = ""\n')
    [kind] = make_settings_files(file, ["keys"])
    found = kind.read_rows()
    assert found is not None
    assert found[0] == {"star": {f"{SETTING}keys": "[]"}}
    carried = CarriedFile(laptop.state, kind)
    carried.send_changes()
    carried.take_changes()
    kind.write_rows(ThingEdits({}, {}, ["star"]))
    assert file.read_text() == "[keys]\n"
    kind.write_rows(ThingEdits({}, {}, ["star"]))
    carried.send_changes()
    assert laptop.state.value("star", f"{SETTING}keys") == ""


@pytest.mark.slow
def test_a_mute_of_flat_mode_is_one_change_and_sent_at_once(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rilo_reader.plugins.flat")
    file = user.settings(LIST)
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    user.ask("sync", "on")
    file.write_text(f'{LIST}[[mutes]]\nquery = "by hand"\n')
    session(user, monkeypatch, "mute crypto\nq\n")
    assert user.ask("sync", "status", "--json").objects[0]["waiting"] == 0
    muted, by_hand, *_ = (entry["what"] for entry in user.ask("history", "--json").objects)
    assert muted == 'Muted "crypto"'
    assert by_hand == "Changed 1 setting: by hand"
    assert user.ask("undo").out == 'Undone: muted "crypto".\n'
    user.ask("sync", "now")
    assert file.read_text() == f'{LIST}[[mutes]]\nquery = "by hand"\n'
