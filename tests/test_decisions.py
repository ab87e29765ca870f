"""docs/decisions has one short page for each decision, all of one form."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from tests.support.plugins import every_plugin

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").exists())
PAGES = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_a_page_says_when_why_and_what_follows() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        number, _, _ = page.stem.partition("-")
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+", page.stem)
        begins = rf"# {number} \S.*\n\n\d{{4}}-\d\d-\d\d\n\n## Context\n"
        assert re.match(begins, text), page.name
        assert date.fromisoformat(text.splitlines()[2])
        parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert parts == ["Context", "Choice", "Consequence"], page.name
        assert len(text.splitlines()) <= 40, page.name


def test_numbers_are_used_once() -> None:
    numbers = [page.stem[:4] for page in PAGES]
    assert len(numbers) == len(set(numbers)) > 0


@every_plugin
def test_files_that_pages_name_exist() -> None:
    folders = ("src", "tests", "tools", "benchmarks", "packaging")
    files = [
        f"/{file.relative_to(ROOT)}" for name in folders for file in (ROOT / name).rglob("*.py")
    ]
    gone = [
        f"{page.name}: {name}"
        for page in PAGES
        for name in re.findall(r"`([\w/]+\.py)`", page.read_text(encoding="utf-8"))
        if not any(file.endswith(f"/{name}") for file in files)
    ]
    assert gone == []
