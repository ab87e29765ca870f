"""docs/dialects.md, its samples, and what the pages of these show: held together.

Every sign that the table names stands in a sample of that dialect, and `tests/golden/dialects` has
the pages of all samples. `python -m tests.render.test_dialect_pages` writes those anew: read them.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from rilo_reader.dialects import DIALECTS, DialectRow, named
from rilo_reader.dialects.sites import Sites
from rilo_reader.library.article_reader import skip_reason
from rilo_reader.library.other_files import describe_counts
from rilo_reader.render.document import to_plain_text
from rilo_reader.store.date_order import day_comes_first
from rilo_reader.store.folder import read_article, read_date_heads, scan_folder
from tests.support.for_each import for_each
from tests.support.shared import REPOSITORY, samples

GOLDEN = REPOSITORY / "tests" / "golden" / "dialects"
FOLDERS = sorted(samples("dialects").iterdir())
TABLE = (REPOSITORY / "docs" / "dialects.md").read_text(encoding="utf-8")
ROWS = {
    name.lower(): (known, unknown)
    for name, known, unknown in re.findall(
        r"^\| \[(\w+)\]\([^)]+\)[^|]* \| (.+) \| (.+) \|$", TABLE, re.M
    )
}


def pages_of(folder: Path) -> str:
    """What the reader shows of a folder: for each article what is known of it, and its page."""
    sites = Sites(folder)
    order = day_comes_first(read_date_heads(folder))
    others: Counter[str] = Counter()
    parts = []
    for entry in chain.from_iterable(scan_folder(folder, other_kinds=others, sites=sites)):
        article = read_article(
            folder, entry.path, site=sites.of(entry.path), day_first=lambda: order
        )
        reason = skip_reason(article, with_drafts=True)
        if named(article.dialect).left_out and reason:
            parts.append(f"=== {entry.path}: {reason}\n")
            continue
        facts = {
            "title": article.title,
            "date": f"{article.date:%Y-%m-%d}" if article.dated else "",
            "authors": ", ".join(article.authors),
            "tags": ", ".join(article.tags),
            "aliases": ", ".join(article.aliases),
            "faults": " ".join(fault.reason for fault in article.faults),
        }
        known = "".join(f"{key}: {value}\n" for key, value in facts.items() if value)
        page = to_plain_text(article, 72, date_text="DATE")
        parts.append(f"=== {entry.path}\n{known}---\n{page}")
    return "\n".join([*parts, f"=== left out: {describe_counts(others) or 'nothing'}\n"])


@pytest.mark.slow
@for_each("folder", FOLDERS)
def test_the_samples_of_a_dialect_show_what_they_mean(folder: Path) -> None:
    assert pages_of(folder) == (GOLDEN / f"{folder.name}.txt").read_text(encoding="utf-8")


def test_every_dialect_of_the_table_has_samples() -> None:
    assert set(ROWS) == {folder.name for folder in FOLDERS}


@for_each("row", DIALECTS)
def test_every_dialect_is_in_the_table_and_its_sample_has_a_sign_of_it(row: DialectRow) -> None:
    folder = samples("dialects") / row.name.lower()
    sites = Sites(folder)
    paths = [entry.path for entry in chain.from_iterable(scan_folder(folder))]
    found = {read_article(folder, path, site=sites.of(path)).dialect for path in paths}
    assert found == {row.name}


@for_each("name", ROWS)
def test_every_sign_of_the_table_is_in_a_sample(name: str) -> None:
    folder = samples("dialects") / name
    files = [file for file in folder.rglob("*") if file.is_file()]
    written = "\n".join(f"{file.relative_to(folder)}\n{file.read_text('utf-8')}" for file in files)
    signs = [re.findall(r"`([^`]+)`", cell) for cell in ROWS[name]]
    assert all(signs), "each cell names what is meant by its sign"
    named = [sign.replace("\\|", "|") for sign in chain(*signs)]
    assert [sign for sign in named if sign not in written] == []


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in FOLDERS:
        (GOLDEN / f"{each.name}.txt").write_text(pages_of(each), encoding="utf-8")
