"""newsboat and notmuch over the same articles, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from html import escape
from pathlib import Path

from tests.terminal import environment, rilo

from benchmarks.corpus import FIRST_WORDS, Corpus
from benchmarks.figures import Figure, interleaved, percentile, seconds
from benchmarks.launching import index, launch
from benchmarks.searching import paths_under
from rilo_reader.article import Article
from rilo_reader.library import Library, open_library
from rilo_reader.search.parser import parse
from rilo_reader.search.query import Query

OPERATORS = ("and", "or", "not", "xor", "near", "adj")
"""Words that mean something else to notmuch."""


def measure(corpus: Corpus, work: Path, runs: int = 5) -> list[Figure]:
    """Their start, search and index beside ours."""
    home = work / "home-others"
    index(corpus.folder, home)
    figures: list[Figure] = []
    with open_library(corpus.folder, paths_under(home)) as library:
        if shutil.which("notmuch"):
            figures += _notmuch(library, corpus, home)
        if shutil.which("newsboat"):
            figures += _newsboat(library, home, runs)
    return figures


def _articles(library: Library) -> Iterator[Article]:
    for article in library.ids(Query()):
        yield library.article(article)


def _notmuch(library: Library, corpus: Corpus, home: Path) -> Iterator[Figure]:
    mail = home / "mail"
    mail.mkdir()
    for number, article in enumerate(_articles(library)):
        message = EmailMessage()
        message["From"] = "articles@example.org"
        message["Message-ID"] = f"<{number}@example.org>"
        message["Date"], message["Subject"] = article.date, article.title
        message.set_content(article.body)
        (mail / f"{number}.eml").write_bytes(bytes(message))
    env = environment(home, {"NOTMUCH_CONFIG": str(home / "notmuch")})
    (home / "notmuch").write_text(f"[database]\npath={mail}\n[user]\nname=x\n", encoding="utf-8")

    def run(*arguments: str) -> float:
        argv = ["notmuch", *arguments]
        return seconds(lambda: subprocess.run(argv, env=env, capture_output=True, check=True))

    theirs = run("new")
    ours = seconds(
        lambda: subprocess.run(
            rilo("index", "--library", str(library.folder), "--rebuild"),
            env=environment(home),
            stdout=subprocess.DEVNULL,
            check=True,
        )
    )
    yield Figure("the whole index, as a command", ours, "s", theirs, "notmuch new")
    start = run("--version")
    plain = [word for word in corpus.words if word not in OPERATORS][:40]
    words = [word[:length] for word in plain for length in (1, 2, 4)]
    words = [word for word in words if word not in OPERATORS]
    found = [(run("search", "--limit=50", f"{word}*") - start) * 1000 for word in words]
    counted = [(run("count", f"{word}*") - start) * 1000 for word in words]
    both = [first + second for first, second in zip(found, counted, strict=True)]
    own = [_asked(library, word) for word in words]
    yield Figure(
        "prefix, newest 50 and count: p95",
        percentile(own, 0.95),
        "ms",
        percentile(both, 0.95),
        "notmuch search, count",
    )


def _asked(library: Library, text: str) -> float:
    return seconds(lambda: library.window(parse(text, typing=True), 0, 50)) * 1000


def _newsboat(library: Library, home: Path, runs: int) -> Iterator[Figure]:
    items = "".join(
        f"<item><title>{escape(article.title)}</title><guid>{number}</guid>"
        f"<pubDate>{article.date:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description>{escape(article.body)}</description></item>"
        for number, article in enumerate(_articles(library))
    )
    feed, urls, cache = home / "feed.xml", home / "urls", home / "cache.db"
    feed.write_text(
        f'<rss version="2.0"><channel><title>All the articles</title>{items}</channel></rss>',
        encoding="utf-8",
    )
    urls.write_text(feed.as_uri() + "\n", encoding="utf-8")
    newsboat = ["newsboat", "-u", str(urls), "-c", str(cache)]
    subprocess.run(
        [*newsboat, "-x", "reload"], env=environment(home), stdout=subprocess.DEVNULL, check=True
    )
    ours, theirs = interleaved(
        runs,
        lambda: launch(rilo(str(library.folder)), FIRST_WORDS, home),
        lambda: launch(newsboat, "All the articles", home),
    )
    yield Figure("start, to something to read", ours, "ms", theirs, "newsboat, to its feeds")
