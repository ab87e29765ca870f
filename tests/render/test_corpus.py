"""Real text of the world on pages, and samples: nothing too wide, nothing uncleaned, no crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from rilo_reader.text import clean_text
from tests.support.rendering import page_of
from tests.support.shared import Data, corpus, samples, samples_and_corpus

LARGEST = 400_000


def check(text: str) -> None:
    letters = set()
    for width in (80, 31):
        page = page_of(text, width)
        for line in page.lines:
            assert cell_len(line.text) <= width
            assert clean_text(line.text) == line.text
        letters.add(sum(line.body_letters for line in page.lines))
    assert len(letters) == 1


def bodies(paths: list[Path]) -> list[str]:
    texts = [path.read_bytes()[:LARGEST].decode("utf-8", "replace") for path in paths]
    return [text.split("\n---", 1)[-1] if text.startswith("---") else text for text in texts]


@pytest.mark.slow
@samples_and_corpus
def test_every_file_of_the_unicode_corpus(data: Data) -> None:
    for text in bodies([path for path in sorted(data("unicode").rglob("*")) if path.is_file()]):
        check(text[:60_000])
        check(text[-60_000:])


SAMPLES = sorted(folder.name for folder in samples("md").iterdir())
SITES = ["18f", "go-blog", "jekyll-posts", "letsencrypt", "obsidian-hub", "ruby-lang-news",
         "rust-blog", "simonw-til", "this-week-in-rust", "digitalgov"]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "site"),
    [
        *((samples, site) for site in SAMPLES),
        *(pytest.param(corpus, site, marks=pytest.mark.corpus) for site in SITES),
    ],
)
def test_a_sample_of_every_site(data: Data, site: str) -> None:
    files = [path for path in sorted((data("md") / site).rglob("*")) if path.is_file()]
    for text in bodies(files[:: max(len(files) // 8, 1)]):
        check(text)


@samples_and_corpus
def test_the_largest_articles(data: Data) -> None:
    files = [path for path in data("md").rglob("*") if path.is_file()]
    for text in bodies(sorted(files, key=lambda path: path.stat().st_size)[-3:]):
        check(text)
