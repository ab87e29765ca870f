"""Real text of the world on pages: nothing wider than the page, nothing uncleaned, no crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from rilo_reader.article import clean_text
from tests.rendering import page_of
from tests.shared import corpus

LARGEST = 400_000


def check(text: str) -> None:
    letters = set()
    for width in (80, 31):
        page = page_of(text, width)
        for line in page.lines:
            assert cell_len(line.text) <= width
            assert clean_text(line.text) == line.text
        letters.add(sum(line.letters for line in page.lines))
    assert len(letters) == 1


def bodies(paths: list[Path]) -> list[str]:
    texts = [path.read_bytes()[:LARGEST].decode("utf-8", "replace") for path in paths]
    return [text.split("\n---", 1)[-1] if text.startswith("---") else text for text in texts]


def test_every_file_of_the_unicode_corpus() -> None:
    for text in bodies([path for path in sorted(corpus("unicode").rglob("*")) if path.is_file()]):
        check(text[:60_000])
        check(text[-60_000:])


SITES = ["18f", "go-blog", "jekyll-posts", "letsencrypt", "obsidian-hub", "ruby-lang-news",
         "rust-blog", "simonw-til", "this-week-in-rust", "digitalgov"]  # fmt: skip


@pytest.mark.parametrize("site", SITES)
def test_a_sample_of_every_site(site: str) -> None:
    files = [path for path in sorted((corpus("md") / site).rglob("*")) if path.is_file()]
    for text in bodies(files[:: max(len(files) // 8, 1)]):
        check(text)


def test_right_to_left_and_thai_articles() -> None:
    for language in ("he", "fa", "th"):
        folder = corpus("md") / "letsencrypt" / "content" / language
        for text in bodies(sorted(folder.rglob("*.md"))[:4]):
            check(text)


def test_the_largest_articles() -> None:
    files = [path for path in corpus("md").rglob("*") if path.is_file()]
    for text in bodies(sorted(files, key=lambda path: path.stat().st_size)[-3:]):
        check(text)
