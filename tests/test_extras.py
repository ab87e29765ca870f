"""The extras: what says that one is missing, and that pyproject.toml has it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

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
    (tmp_path / receipt).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    extra = Extra("pages", "no_such_module", "Whole pages")
    assert extra.missing == f'Whole pages need the extra "pages": {how} "rilo-reader[pages]"'
    assert Extra("pages", "json", "Whole pages").missing == ""


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
