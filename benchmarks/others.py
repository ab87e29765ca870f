"""newsboat and notmuch over the same articles, where they are installed."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from html import escape
from pathlib import Path

from tests.support.terminal import Terminal, environment, rilo

from benchmarks.corpus import Corpus
from benchmarks.figures import Figure, interleaved, percentile, seconds
from benchmarks.launching import index, indexed_home, launch
from benchmarks.searching import paths_under
from rilo_reader.article import Article
from rilo_reader.library import Library, open_library
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query

OPERATORS = ("and", "or", "not", "xor", "near", "adj")
"""Words that mean something else to notmuch."""


MOST = 200_000
"""Articles up to which they are given them: a million take notmuch half an hour to index."""


def measure(corpus: Corpus, work: Path, runs: int = 5) -> list[Figure]:
    """Their start, search and index beside ours."""
    home = indexed_home(corpus, work, "home-others")
    figures: list[Figure] = []
    with open_library(corpus.folder, paths_under(home)) as library:
        if library.search.count(Query()) > MOST:
            return []
        place = work / "others"
        place.mkdir(exist_ok=True)
        if shutil.which("notmuch"):
            figures += _notmuch(library, corpus, place)
        if shutil.which("newsboat"):
            figures += _newsboat(library, corpus, home, place, runs)
    return figures


def _articles(library: Library) -> Iterator[Article]:
    for article in library.search.ids(Query()):
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
    ours = seconds(lambda: index(library.folder, home / "again"))
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
    return seconds(lambda: library.search.window(parse(text, typing=True), 0, 50)) * 1000


def _newsboat(
    library: Library, corpus: Corpus, home: Path, place: Path, runs: int
) -> Iterator[Figure]:
    feed, urls, cache = place / "feed.xml", place / "urls", place / "cache.db"
    with feed.open("w", encoding="utf-8") as file:
        file.write('<rss version="2.0"><channel><title>All the articles</title>')
        for number, article in enumerate(_articles(library)):
            file.write(
                f"<item><title>{escape(article.title)}</title><guid>{number}</guid>"
                f"<pubDate>{article.date:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
                f"<description>{escape(article.body)}</description></item>"
            )
        file.write("</channel></rss>")
    urls.write_text(feed.as_uri() + "\n", encoding="utf-8")
    newsboat = ["newsboat", "-u", str(urls), "-c", str(cache)]
    subprocess.run(
        [*newsboat, "-x", "reload"], env=environment(place), stdout=subprocess.DEVNULL, check=True
    )
    reader = rilo(str(library.folder))
    ours, theirs = interleaved(
        runs,
        lambda: launch(reader, corpus.first_words, home),
        lambda: launch(newsboat, "All the articles", place),
    )
    yield Figure("start, to something to read", ours, "ms", theirs, "newsboat, to its feeds")
    words = [word for word in corpus.words if word.isalpha()][:runs]
    totals = {word: library.search.count(parse(word, typing=True)) for word in words}
    ours = _typed(reader, home, corpus.first_words, lambda word: f"{totals[word]:,} of", words)
    theirs = _typed(newsboat, place, "All the articles", lambda word: "Search result", words)
    yield Figure("a word, to its results on the screen", ours, "ms", theirs, "newsboat, its search")


def _typed(
    argv: list[str],
    home: Path,
    first: str,
    shown: Callable[[str], str],
    words: Sequence[str],
) -> float:
    """The median from the last key of a word (Enter, which both take) to its results, in ms."""
    taken = []
    for word in words:
        with Terminal(argv, (120, 40), home=home) as terminal:
            terminal.wait_for_bytes(first.encode())
            terminal.send("/")  # the key of both
            terminal.wait_for(lambda screen: "earch" in screen)
            since, start = len(terminal.output), time.perf_counter()
            terminal.send(f"{word}\r")
            seen = terminal.wait_for_bytes(shown(word).encode(), since)
            taken.append((seen - start) * 1000)
    return statistics.median(taken)
