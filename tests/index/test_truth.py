"""Every count equals an independent truth, over a generated corpus and over real articles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tools.judge.truth import (
    in_index,
    make_corpus,
    truth_of,
    wrong_counts,
    wrong_pairs,
    wrong_paths,
)

from rilo_reader.article import Article
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import file_stamp
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.render.document import NO_TEXT, visible_text
from rilo_reader.store.article_fields import to_article
from rilo_reader.store.front_matter import parse as parse_document
from tests.support.shared import Data, corpus, samples

ARTICLES = 10_000
ENGLISH = re.compile("[a-z]{3,}")


def articles(folder: Path) -> Iterator[Article]:
    modified = datetime(2026, 1, 1, tzinfo=UTC)
    for file in sorted(folder.rglob("*.md")):
        path = file.relative_to(folder).as_posix()
        yield to_article(parse_document(file.read_text("utf-8", "replace")), path, modified)


def indexed(folder: Path, directory: Path) -> SearchIndex:
    index = SearchIndex(directory)
    with index.hold_writer(is_bulk=True) as writer:
        for article in articles(folder):
            writer.add(article, file_stamp(0, 0))
        writer.commit()
    return index


def page_of(article: Article) -> str:
    """The text of an article's page, which says so where there is none."""
    shown = visible_text(article)
    if shown.strip() == NO_TEXT:
        return ""
    return re.sub(r"\[(?:image|embedded|video)(?=[:\]])", "[", shown)  # what the page adds


def paths(index: SearchIndex, query: Query) -> list[str]:
    return sorted(hit.path for hit in index.searcher.search(query, 0, ARTICLES).rows)


def folded(text: str) -> str:
    """A text without case and accents, by Unicode's own decomposition."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@pytest.mark.slow
def test_every_word_of_the_samples_is_found_in_just_the_articles_that_hold_it(
    tmp_path: Path,
) -> None:
    folder = samples("md")
    index = indexed(folder, tmp_path)
    words = {
        one.path: set(re.findall(r"[^\W_]+", folded(f"{one.title}\n{page_of(one)}")))
        for one in articles(folder)
    }
    asked = sorted({word for found in words.values() for word in found if ENGLISH.fullmatch(word)})
    assert len(asked) > 500
    for word in asked:
        expected = sorted(path for path, found in words.items() if word in found)
        assert paths(index, parse(f"text:{word}")) == expected


@pytest.mark.corpus
def test_every_count_pair_path_and_phrase_of_a_generated_corpus(tmp_path: Path) -> None:
    make_corpus(tmp_path / "articles", ARTICLES)
    index, truth = (
        indexed(tmp_path / "articles", tmp_path / "index"),
        truth_of(tmp_path / "articles"),
    )
    assert index.size == truth["n"] == ARTICLES
    assert list(wrong_counts(truth, index.searcher.count)) == []
    assert len(truth["df"]) > 100
    assert list(wrong_pairs(truth, index.searcher.count)) == []
    assert list(wrong_paths(truth, in_index(index)[1])) == []


# Letters of Chinese, Japanese and Korean, as a plain search for a substring would see them.
LETTERS = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3]+")


def parts(text: str) -> set[str]:
    """Parts of words of one to four letters, from all over the text."""
    runs = [run for run in LETTERS.findall(text) if len(run) > 1]
    found = set()
    for number, run in enumerate(runs[:: max(1, len(runs) // 12)]):
        start = number % len(run)
        found.add(run[start : start + 1 + number % 4])
    return found


@pytest.mark.parametrize(
    ("data", "site"),
    [
        (samples, "languages"),
        *(
            pytest.param(corpus, f"ruby-lang-news/{language}", marks=pytest.mark.corpus)
            for language in ("zh_cn", "zh_tw", "ja", "ko")
        ),
    ],
)
def test_parts_of_words_in_real_articles_are_found_like_substrings(
    data: Data, site: str, tmp_path: Path
) -> None:
    folder = data("md") / site
    texts = {
        one.path: unicodedata.normalize("NFKC", f"{one.title}\n{page_of(one)}")
        for one in articles(folder)
    }
    index = indexed(folder, tmp_path)
    assert index.size == len(texts) > 10
    every = 1 if data is samples else 5
    asked = sorted({part for text in list(texts.values())[::every] for part in parts(text)})
    assert len(asked) > 50
    for part in asked:
        found = set(paths(index, parse(f"text:{part}")))
        assert found == {path for path, text in texts.items() if part in text}, part
