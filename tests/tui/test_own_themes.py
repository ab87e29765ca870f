"""Themes of the user's own, in a folder beside settings.toml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.tui.themes import choose_theme, read_own_themes
from tests.support.command_line import User
from tests.support.for_each import for_each
from tests.support.reader import BY_HAND, paths_in, reading

ROOT = Path(__file__).parents[2]
OURS = ROOT / "src" / "rilo_reader" / "tui" / "themes" / "ink.json"
SEPIA: dict[str, Any] = {"theme": {"dark": False, "primary": "#704214", "background": "#f4ecd8"}}


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


def themes(folder: Path, **files: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        text = data if isinstance(data, str) else json.dumps(data)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


def test_a_theme_has_the_form_of_ours_and_may_have_less_of_it(tmp_path: Path) -> None:
    found = read_own_themes(themes(tmp_path / "themes", sepia=SEPIA, night=OURS.read_text("utf-8")))
    assert (list(found.themes), found.faults) == (["night", "sepia"], ())
    assert found.themes["night"].variables["page-ground"] == "#15171a"
    assert found.themes["sepia"].background == "#f4ecd8"
    assert read_own_themes(tmp_path / "nowhere").themes == {}


@for_each(
    "data, fault",
    [
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion"),
        ([], "expected an object with theme"),
        ({}, "theme: primary is missing"),
        ({**SEPIA, "pages": {}}, "there is no pages; did you mean page?"),
        ({**SEPIA, "page": []}, "page: expected an object"),
        ({"theme": {"primry": "#704214"}}, "theme: there is no primry; did you mean primary?"),
        ({"theme": {"primary": "brown"}}, "theme: primary: 'brown' is not a colour, such as #82b"),
        ({"theme": {"primary": 7}}, "theme: primary: 7 is not a colour"),
        ({"theme": {**SEPIA["theme"], "dark": 1}}, "theme: dark: 1 is neither true nor false"),
        ({**SEPIA, "page": {"link": "red; x"}}, "page: link: 'red; x' is not a colour"),
        ({**SEPIA, "page": {"lnk": "#704214"}}, "page: there is no lnk; did you mean link?"),
        ({**SEPIA, "page": {"row-text-style": "loud"}}, "'loud' is not a style, such as bold"),
        ({**SEPIA, "variables": {"border": "$x"}}, "variables: border: '$x' is not a colour"),
    ],
)
def test_a_fault_is_a_line_that_names_the_file_and_the_rest_works(
    tmp_path: Path, data: object, fault: str
) -> None:
    found = read_own_themes(themes(tmp_path / "themes", broken=data, sepia=SEPIA))
    assert list(found.themes) == ["sepia"]
    (said,) = found.faults
    assert said.startswith("themes/broken.json: ")
    assert fault in said
    assert "\n" not in said


def test_ours_win_over_equal_names(tmp_path: Path) -> None:
    found = read_own_themes(themes(tmp_path / "themes", ink=SEPIA, nord=SEPIA, auto=SEPIA))
    assert found.themes == {}
    assert [fault.partition(": ")[2] for fault in found.faults] == [
        f"rilo-reader has a theme {name}, which is used" for name in ("auto", "ink", "nord")
    ]


def test_a_terminal_without_colours_gets_a_light_or_dark_one(tmp_path: Path) -> None:
    own = read_own_themes(
        themes(tmp_path / "themes", sepia=SEPIA, night=OURS.read_text("utf-8"))
    ).themes
    plain = {"TERM": "linux"}
    assert choose_theme(plain, "sepia", own=own, windows=False) == "ansi-light"
    assert choose_theme(plain, "night", own=own, windows=False) == "ansi-dark"
    assert choose_theme({"TERM": "xterm-256color"}, "sepia", own=own, windows=False) == "sepia"


@pytest.mark.slow
async def test_it_is_named_in_the_settings_or_chosen(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    themes(paths.themes_folder, sepia=SEPIA)
    async with reading(config=BY_HAND._replace(theme="sepia"), paths=paths) as reader:
        assert reader.app.theme == "sepia"
        await reader.screen.controllers.run("theme")
        await reader.settle()
        assert any("sepia" in line for line in reader.text())


async def test_the_reader_notices_a_fault(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    themes(paths.themes_folder, broken="{", sepia=SEPIA)
    async with reading(config=BY_HAND._replace(theme="sepia"), paths=paths) as reader:
        assert reader.app.theme == "sepia"
        assert reader.message.startswith("themes/broken.json: Expecting property name")


def test_doctor_and_settings_know_them(user: User) -> None:
    folder = themes(user.settings('theme = "sepia"\n').parent / "themes", sepia=SEPIA)
    assert "sepia" not in user.ask("doctor").out
    user.run("settings", "theme", "sepia").says('theme = "sepia"')
    assert "sepia" in user.run("settings", "theme", "zzz").err
    themes(folder, sepia="{")
    report = user.ask("doctor").out
    assert "✗ themes/sepia.json: Expecting property name" in report
    assert f"correct it in {folder}" in report
    assert "There is no theme 'sepia'" in report


def test_the_theme_on_the_page_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "read.md").read_text("utf-8")
    block = page.partition("```json\n")[2].partition("```")[0]
    found = read_own_themes(themes(tmp_path / "themes", sepia=block))
    assert (list(found.themes), found.faults) == (["sepia"], ())
