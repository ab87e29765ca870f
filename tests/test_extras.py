"""The extras: what says that one is missing, and that pyproject.toml has it."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from rilo_reader import extras
from rilo_reader.errors import NotReadableError
from rilo_reader.extras import PAGES, Extra
from rilo_reader.pages import find_feeds, read_page
from tests.feeds.world import PAGE

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_page_on_installing_names_every_extra() -> None:
    page = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE)
    assert set(named) == {*PROJECT["optional-dependencies"]} - {"dev", "site"}


def test_every_extra_is_in_pyproject_and_in_all() -> None:
    declared = PROJECT["optional-dependencies"]
    every = ",".join(name for name in declared if name not in ("all", "dev", "site"))
    assert declared["all"] == [f"rilo-reader[{every}]"]
    assert "rilo-reader[all]" in declared["dev"]
    ours = [value for value in vars(extras).values() if isinstance(value, Extra)]
    assert PAGES in ours
    assert {extra.name for extra in ours} <= declared.keys()


@pytest.mark.parametrize(
    ("receipt", "how"),
    [
        ("uv-receipt.toml", "uv tool install"),
        ("pipx_metadata.json", "pipx install --force"),
        ("pyvenv.cfg", f"{sys.executable} -m pip install"),
    ],
)
def test_a_missing_extra_is_a_sentence_with_the_command_of_its_installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receipt: str, how: str
) -> None:
    _installed_from(monkeypatch, None)
    (tmp_path / receipt).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    extra = Extra("pages", "no_such_module", "Whole pages")
    assert extra.install_advice == f'Whole pages need the extra "pages": {how} "rilo-reader[pages]"'
    assert Extra("pages", "json", "Whole pages").install_advice == ""


class _Distribution:
    """What importlib.metadata knows of an installation."""

    def __init__(self, origin: dict[str, Any] | None) -> None:
        self._origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self._origin is None else json.dumps(self._origin)


def _installed_from(monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None) -> None:
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: _Distribution(origin))


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        ({"url": "file://{home}/a%20b", "dir_info": {}}, '"{home}/a b[pages]"'),
        ({"url": "file://{home}", "dir_info": {"editable": True}}, '-e "{home}[pages]"'),
        ({"url": "file://{home}/gone", "dir_info": {}}, '"rilo-reader[pages]"'),
        (
            {"url": "https://example.org/r.git", "vcs_info": {"vcs": "git"}},
            '"rilo-reader[pages] @ git+https://example.org/r.git"',
        ),
        (
            {"url": "file:///x/rilo_reader-1.whl", "archive_info": {}},
            '"rilo-reader[pages] @ file:///x/rilo_reader-1.whl"',
        ),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths are written as on Unix")
def test_an_extra_comes_from_where_the_program_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any], named: str
) -> None:
    (tmp_path / "a b").mkdir()
    origin["url"] = origin["url"].replace("{home}", str(tmp_path))
    _installed_from(monkeypatch, origin)
    said = Extra("pages", "no_such_module", "Whole pages").install_advice
    assert said.endswith(f" {named.replace('{home}', str(tmp_path))}")


def test_without_it_no_page_is_read_and_its_feeds_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, PAGES.module, None)  # what Python takes for not installed
    link = b"<link rel=alternate type=application/rss+xml href=/f></head>"
    page = PAGE.replace(b"</head>", link)
    assert [feed.url for feed in find_feeds(page, "https://a.example/")] == ["https://a.example/f"]
    with pytest.raises(NotReadableError, match=r'Whole pages need the extra "pages": .*\[pages\]"'):
        read_page(page, "https://a.example/")
    with pytest.raises(NotReadableError, match="a PDF document"):
        read_page(b"%PDF-1.7")
