"""Whatever a text says, each dialect reads it in bounded time, leaves code alone, and never fails.

The words of its page are those that searches find: of each sample, of its pieces in any order, and
of what hostile people repeat.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.judge import shapes
from tools.judge.shown import words_of
from tools.judge.truth import in_library, wrong_counts, wrong_paths

from rilo_reader.article import Article
from rilo_reader.dialects import DIALECTS, DialectRow, Header, named
from rilo_reader.dialects.sites import Sites
from rilo_reader.library import open_library
from rilo_reader.paths import Paths
from rilo_reader.query.tokens import prepare_text
from rilo_reader.query.tree import Query
from rilo_reader.render.document import NO_TEXT, visible_text
from rilo_reader.render.shown_text import read_shown_text
from rilo_reader.store.article_fields import FolderFacts, to_article
from rilo_reader.store.folder import read_article, scan_folder
from rilo_reader.store.front_matter import parse
from tests.support.examples import examples, sample
from tests.support.for_each import for_each
from tests.support.shared import samples
from tests.support.signs import SIGNS

DAY = datetime(2020, 1, 1, tzinfo=UTC)
OWN = tuple(row for row in DIALECTS if row.module)
SAID_BY_US = {"image", "embedded", "video", "audio", "page"}
"""Words in place of what a terminal does not show."""


def texts_of(row: DialectRow) -> list[str]:
    """The texts of a dialect's sample, with all kinds of files."""
    folder = samples("dialects") / row.name.lower()
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return [file.read_text("utf-8") for file in files]


PIECES = {
    row.name: list(
        dict.fromkeys(
            piece
            for text in texts_of(row)
            for piece in chain(text.split("\n"), re.split(r"(\W+)", text))
            if piece.strip()
        )
    )
    for row in OWN
}


def article_of(text: str, dialect: str, path: str = "a/b.md") -> Article:
    """The article of a file in a folder of this dialect; a file that it includes says the same."""
    return to_article(parse(text, dialect), path, DAY, FolderFacts(dialect, read=lambda name: text))


def differing_words(article: Article) -> tuple[set[str], set[str]]:
    """The words that are found and not shown, and those that are shown and not found."""
    page = visible_text(article)
    page = "" if page.strip() == NO_TEXT else re.sub("[↩\u200b]", " ", page)
    found, shown, title = (
        {word for word in prepare_text(text).split() if word != "\x7f" and not word.isdigit()}
        for text in (read_shown_text(article.text, article.dialect).text, page, article.title)
    )
    return found - shown - title, shown - found - title - SAID_BY_US


@pytest.mark.slow
@for_each("row", DIALECTS)
def test_searches_find_what_the_pages_of_samples_show(row: DialectRow) -> None:
    folder = samples("dialects") / row.name.lower()
    sites = Sites(folder)
    paths = [entry.path for entry in chain.from_iterable(scan_folder(folder))]
    found = {
        path: differing_words(read_article(folder, path, site=sites.of(path))) for path in paths
    }
    assert {path: words for path, words in found.items() if words != (set(), set())} == {}


@pytest.mark.slow
def test_every_word_of_the_samples_is_found_in_just_its_articles(paths: Paths) -> None:
    """The judge `truth`, of which the truth is what the pages show."""
    with open_library(samples("dialects"), paths) as library:
        list(library.follower.reconcile())
        library.index.reload()
        count, paths_of = in_library(library)
        where: dict[str, list[str]] = {}
        for path in paths_of(Query()):
            article = library.article(library.find(path) or pytest.fail(path))
            page = visible_text(article).replace("↩", "")
            text = "" if page.strip() == NO_TEXT else page
            for word in words_of(f"{article.title} {text}") - SAID_BY_US:
                where.setdefault(word, []).append(path)
        for word in words_of(" ".join(Path(path).stem for path in paths_of(Query()))):
            where.pop(word, None)  # words of names of files are found, too
        truth = {
            "df": {word: len(found) for word, found in where.items()},
            "paths": where,
            "needles": {},
        }
        assert len(where) > 250
        assert [*wrong_counts(truth, count), *wrong_paths(truth, paths_of)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sample([*shapes.samples()], 8))
def test_samples_over_and_over_are_laid_out_within_the_limits(name: str) -> None:
    """The judge `shapes`, whose limits of time and memory end what is not linear."""
    assert shapes.seconds(name, shapes.SIZE // 4) < float("inf")


@pytest.mark.parametrize("row", OWN)
@given(data=st.data())
@examples(300)
def test_any_text_is_read(row: DialectRow, data: st.DataObject) -> None:
    pieces = st.sampled_from(PIECES[row.name]) | st.sampled_from(SIGNS) | st.sampled_from("\n \t`~")
    text = "".join(data.draw(st.lists(pieces, max_size=30)))
    dialect = named(row.name)
    header = dialect.header(text)
    assert header is None or (isinstance(header, Header) and 0 <= header.end <= len(text))
    dialect.link(text, "")
    dialect.link("", text)
    article = article_of(text, row.name, f"{text[:20]}.md")
    visible_text(article)
    code = f"\n\n```text\n{text.replace('`', '').replace('~', '')}\n```\n"
    body = dialect.body(f"Before.{code}", "a.md", lambda path: None)
    # The fields and blocks of Lektor and the includes of mdBook come before Markdown.
    assert code.strip() in body or row.name in ("Lektor", "mdBook")


@pytest.mark.slow
@pytest.mark.parametrize("row", OWN)
def test_repeated_beginnings_end_in_every_dialect(row: DialectRow) -> None:
    for piece in PIECES[row.name]:
        units = (piece, f"{piece}\n", piece[: len(piece) // 2], f"{piece} " + "x" * 50)
        for unit in sample(units, 2):
            if unit.strip():
                text = unit * (60_000 // len(unit))
                dialect = named(row.name)
                dialect.header(text)
                assert isinstance(dialect.body(text, "a.md", lambda path: "x"), str)
