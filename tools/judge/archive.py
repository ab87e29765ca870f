"""Ask a shared archive and a whole local index the same questions: `python -m tools.judge.archive`.

The articles are the real ones of `testdata`; three hundred queries of many kinds are made of their
words. Both must find the same articles in the same order, and the same number of them. Prefixes
within phrases are told apart: where a prefix is common, the local index looks for it anywhere.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
from tests.support.postgresql import running_postgresql
from tests.support.shared import corpus

from rilo_reader.article import Article, ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import file_stamp, hash64, order_of_article
from rilo_reader.index.writer import prepare_article
from rilo_reader.plugins.archive import schema
from rilo_reader.plugins.archive.find import ArchiveFinder
from rilo_reader.plugins.archive.lexemes import make_article_words
from rilo_reader.plugins.archive.words_table import add_words, send_words
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import prepare_text
from rilo_reader.store.article_fields import write_article
from rilo_reader.store.file_names import searchable_name
from rilo_reader.store.folder import UnreadableError, read_article, scan_folder

MOST = 5_000
"""Results whose order is compared."""

TOGETHER = 500
_UNDATED = datetime(2015, 1, 1, tzinfo=UTC)
PHRASE_PREFIX = "a prefix in a phrase"


class Question(NamedTuple):
    """A query, and of what kind it is."""

    kind: str
    text: str


# -- articles ------------------------------------------------------------------------------------


def articles_in(folder: Path, limit: int = 0) -> list[Article]:
    """The articles of a folder, of each identity the first; dates are those that files say."""
    found: dict[ArticleId, Article] = {}
    for entries in scan_folder(folder):
        for entry in entries:
            try:
                article = read_article(folder, entry.path)
            except UnreadableError:
                continue
            if not article.dated:
                # Not all the same: the sort key holds only some bits of the id within a second.
                article = article._replace(date=_UNDATED + timedelta(minutes=len(found)))
            if len(article.id.encode(errors="replace")) <= schema.ID_LIMIT:
                found.setdefault(article.id, article)
            if limit and len(found) >= limit:
                return list(found.values())
    return list(found.values())


def index_of(articles: Sequence[Article], directory: Path) -> SearchIndex:
    """A whole local index."""
    index = SearchIndex(directory)
    with index.hold_writer(is_bulk=True) as writer:
        for article in articles:
            name = searchable_name(article.path)
            ready = prepare_article(article, with_prefixes=writer.with_prefixes, name=name)
            writer.add_prepared(ready, file_stamp(0, 0))
        writer.commit()
    return index


def fill(connection: psycopg.Connection, articles: Sequence[Article]) -> None:
    """Add articles to the log and their words beside it, as desks do."""
    for start in range(0, len(articles), TOGETHER):
        some = articles[start : start + TOGETHER]
        with connection.transaction():
            send_words(connection, {one.id: make_article_words(one) for one in some})
            connection.execute(schema.LOG_LOCK)
            rows = connection.execute(
                "insert into log(id, at, text) select * from unnest(%s::text[], %s::bigint[],"
                " %s::text[]) returning seq",
                (
                    [one.id for one in some],
                    [order_of_article(one, hash64(one.id)) for one in some],
                    [write_article(one) for one in some],
                ),
            ).fetchall()
            add_words(connection, [seq for (seq,) in rows])
    connection.execute("vacuum analyze words")


# -- questions -----------------------------------------------------------------------------------


def questions(articles: Sequence[Article], number: int, seed: int = 5) -> list[Question]:
    """As many questions, made of the words of articles."""
    rng = random.Random(seed)
    kinds = list(_kinds(rng, articles))
    found: dict[Question, None] = {}
    while len(found) < number:
        for kind, make in kinds:
            for _ in range(20):
                text = make()
                question = Question(kind, text)
                if text and question not in found and not parse(text).faults:
                    found[question] = None
                    break
    return list(found)[:number]


def _kinds(  # noqa: C901  # a list, with what makes it
    rng: random.Random, articles: Sequence[Article]
) -> Iterator[tuple[str, Callable[[], str]]]:
    cjk = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{2,}")
    with_cjk = [one for one in articles if cjk.search(one.body[:3_000])]
    with_tags = [one for one in articles if one.tags]
    with_authors = [one for one in articles if one.authors]
    with_source = [one for one in articles if one.source]
    with_lang = [one for one in articles if one.lang]
    with_url = [one for one in articles if one.url]

    def some(of: Sequence[Article] = articles) -> Article | None:
        return rng.choice(of) if of else None

    def words(number: int = 1, of: Sequence[Article] = articles, name: str = "body") -> list[str]:
        """Words of one article that follow each other."""
        for _ in range(100):
            article = some(of)
            text = str(getattr(article, name)) if article else ""
            found = [word for word in prepare_text(text[:20_000]).split() if word.isalnum()]
            if len(found) >= number:
                at = rng.randrange(len(found) - number + 1)
                return found[at : at + number]
        return []

    def word(of: Sequence[Article] = articles, name: str = "body") -> str:
        return next(iter(words(1, of, name)), "")

    def common() -> str:
        return rng.choice(("the", "and", "rust", "web", "data", "new", "a", "government", "2015"))

    def chars(number: int) -> str:
        article = some(with_cjk)
        runs = cjk.findall(article.body[:3_000]) if article else []
        runs = [run for run in runs if len(run) >= number]
        return str(rng.choice(runs)[:number]) if runs else ""

    def value(field: str, of: Sequence[Article], name: str) -> str:
        article = some(of)
        if article is None:
            return ""
        found = getattr(article, name)
        found = found if isinstance(found, str) else rng.choice(found)
        return "" if '"' in found else f'{field}:="{found}"'

    def date() -> str:
        return f"{rng.randrange(2009, 2025)}-{rng.randrange(1, 13):02}"

    def near() -> str:
        letters = list(word())
        if len(letters) < 4:
            return ""
        letters[rng.randrange(1, len(letters))] = rng.choice("aeiounrt")
        return f"~{''.join(letters)}"

    def pattern(text: str) -> str:
        return f"/{text[:2]}[a-z]{text[3:]}/" if len(text) > 4 and text.isascii() else ""

    def joined(*parts: str) -> str:
        return " ".join(parts) if all(parts) else ""

    yield "a word", word
    yield "a common word", common
    yield "two words", lambda: joined(*words(2))
    yield "two words of two articles", lambda: joined(word(), word())
    yield "three words", lambda: joined(*words(3))
    yield "a prefix of 3", lambda: f"{word()[:3]}*"
    yield "a prefix of 4", lambda: f"{word()[:4]}*"
    yield "a prefix and a word", lambda: joined(word(), f"{word()[:3]}*")
    yield "a phrase of 2", lambda: f'"{joined(*words(2))}"'
    yield "a phrase of 3", lambda: f'"{joined(*words(3))}"'
    yield "a phrase of 8", lambda: f'"{joined(*words(8))}"'
    yield "common words as a phrase", lambda: rng.choice(('"of the"', '"in the"', '"to be"'))
    yield PHRASE_PREFIX, lambda: f'"{joined(*words(2))[:-1]}*"'
    yield "words without another", lambda: joined(common(), f"-{word()}")
    yield "without", lambda: f"-{word()}"
    yield "without a phrase", lambda: joined(word(), f'-"{joined(*words(2))}"')
    yield "either", lambda: f"{word()} OR {word()}"
    yield "brackets", lambda: f"({word()} OR {word()}) {common()}"
    yield "a phrase or a word", lambda: f'"{joined(*words(2))}" OR {word()}'
    yield "neither", lambda: f"-({word()} OR {common()})"
    yield "in the title", lambda: f"title:{word(name='title')}"
    yield "a phrase in the title", lambda: f'title:"{joined(*words(2, name="title"))}"'
    yield "a prefix in the title", lambda: f"title:{word(name='title')[:3]}*"
    yield "in the body", lambda: f"body:{word()}"
    yield "in the text", lambda: f'text:"{joined(*words(2))}"'
    yield "a tag", lambda: f"tag:{rng.choice(_of(with_tags, rng, 'tags')).split()[0]}"
    yield "a whole tag", lambda: value("tag", with_tags, "tags")
    yield "an author", lambda: f'author:"{rng.choice(_of(with_authors, rng, "authors"))}"'
    yield "a whole author", lambda: value("author", with_authors, "authors")
    yield "a source", lambda: value("source", with_source, "source")
    yield "a language", lambda: f"lang:{getattr(some(with_lang), 'lang', '')}"
    yield "an address", lambda: f"url:{word(with_url, 'url')}"
    yield "a month", lambda: f"date:{date()}"
    yield "a word since", lambda: joined(word(), f"after:{date()}")
    yield "a word of a month", lambda: joined(common(), f"date:{date()}")
    yield "not in a year", lambda: joined(word(), f"-date:{date()[:4]}")
    yield "the oldest", lambda: joined(common(), word(), "sort:oldest")
    yield "near", near
    yield "near in the title", lambda: f"title:{near()}"
    yield "a pattern", lambda: pattern(word())
    yield "a pattern with an end", lambda: f"/{word()[:4]}(s|ed|ing)?/"
    yield "symbols", lambda: rng.choice(("c++", "c#", ".net", "at&t", "#rust", "q&a", "node.js"))
    yield "joined", lambda: rng.choice(("email", "e-mail", "usa", "dont", "opensource", "e-mail*"))
    yield "two characters", lambda: chars(2)
    yield "three characters", lambda: chars(3)
    yield "five characters", lambda: chars(5)
    yield "a character", lambda: chars(1)
    yield "characters in the title", lambda: f"title:{chars(2)}" if chars(2) else ""


def _of(articles: Sequence[Article], rng: random.Random, name: str) -> Sequence[str]:
    return getattr(rng.choice(articles), name) if articles else ("none",)


# -- judgement -----------------------------------------------------------------------------------


def differences(
    asked: Sequence[Question], index: SearchIndex, connection: psycopg.Connection
) -> Iterator[tuple[Question, str]]:
    """The questions that the two answer differently, and how."""
    finder = ArchiveFinder(connection)
    for question in asked:
        query = parse(question.text)
        local = index.searcher.search(query, 0, MOST)
        try:
            *_, found = finder.find_articles(query, MOST)
        except (LibraryError, psycopg.Error) as error:
            yield question, str(error).partition("\n")[0]
            continue
        there = ids_of(connection, [place.seq for place in found.places])
        here = [hit.id for hit in local.rows]
        if found.total != local.total:
            odd = sorted({*here} ^ {*there})[:3]
            yield question, f"{found.total:,} there, {local.total:,} here, such as {odd}"
        elif there != here:
            yield question, "another order"


def ids_of(connection: psycopg.Connection, seqs: Sequence[int]) -> list[str]:
    """The ids of articles, in the order of their numbers in the log."""
    rows = connection.execute("select seq, id from log where seq = any(%s)", (list(seqs),))
    ids: dict[int, str] = dict(rows.fetchall())
    return [ids[seq] for seq in seqs]


def main() -> int:
    """Judge the real articles; 1 if an answer differs but for prefixes in phrases."""
    parser = argparse.ArgumentParser(prog="python -m tools.judge.archive", description=__doc__)
    parser.add_argument("--questions", type=int, default=300, help="how many (300)")
    parser.add_argument("--articles", type=int, default=0, help="of the first so many articles")
    parser.add_argument("--seed", type=int, default=5)
    wishes = parser.parse_args()
    articles = articles_in(corpus("md"), wishes.articles)
    with tempfile.TemporaryDirectory() as work, running_postgresql() as server:
        index = index_of(articles, Path(work))
        url = server.new_archive().url()
        with psycopg.connect(
            url, options="-c search_path=rilo -c jit=off", autocommit=True
        ) as connection:
            schema.create_tables(connection)
            fill(connection, articles)
            asked = questions(articles, wishes.questions, wishes.seed)
            odd = list(differences(asked, index, connection))
    for question, how in odd:
        print(f"{question.kind}: {question.text}: {how}")
    wrong = sum(question.kind != PHRASE_PREFIX for question, _ in odd)
    prefixes = len(odd) - wrong
    print(
        f"{len(articles):,} articles, {len(asked)} questions of {len({q.kind for q in asked})} "
        f"kinds: {wrong} answered otherwise, and {prefixes} with prefixes in phrases"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
