"""The shipped articles: in the form rilo-reader writes, true to its keys and query language."""

from __future__ import annotations

import re
import shlex
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader import config
from rilo_reader.article import Article
from rilo_reader.cli import all_verbs, verb_of
from rilo_reader.cli.search import SearchVerb
from rilo_reader.commands import all_commands
from rilo_reader.paths import guide_folder
from rilo_reader.query.parser import parse as parse_query
from rilo_reader.store.folder import read_article, scan_folder
from rilo_reader.text import safe_url
from tests.support.guide_language import KEYS, inline_code, key
from tests.support.plugins import every_plugin
from tests.support.shared import shared_file

GUIDE = ("first-steps", "keys", "search", "feeds", "files", "make-it-yours")
RELEASE = datetime(2026, 11, 24, tzinfo=UTC).date()

# Inline code in a guide that is no key, no query and no command: names of files and of settings.
OTHER = {"settings.toml", "NO_COLOR", "id", "url", "refresh_every", "miniflux", "greader"}


def _paths() -> list[str]:
    return [entry.path for entries in scan_folder(guide_folder()) for entry in entries]


def _articles() -> list[Article]:
    return [read_article(guide_folder(), path) for path in _paths()]


def _guide(name: str) -> Article:
    return read_article(guide_folder(), f"guide/{name}.md")


def _blocks(body: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", body, flags=re.M | re.S)


def test_all_twelve_are_there_and_without_fault() -> None:
    articles = _articles()
    assert len(articles) == 12
    assert [a.path for a in articles if a.faults or a.draft] == []
    assert len({a.id for a in articles}) == len({a.title for a in articles}) == 12
    assert all(a.lang == "en" and a.tags and a.summary and a.source for a in articles)


def test_the_first_launch_shows_the_guide_then_the_news() -> None:
    newest_first = sorted(_articles(), key=lambda article: article.date, reverse=True)
    names = [Path(article.path).stem for article in newest_first]
    assert tuple(names[:6]) == GUIDE
    assert all(article.date.date() == RELEASE for article in newest_first[:6])
    assert all(article.path.startswith("news/") for article in newest_first[6:])


def test_headers_have_the_form_that_rilo_reader_writes() -> None:
    order = ["id", "title", "date", "source", "url", "tags", "lang", "summary"]
    for path in _paths():
        text = (guide_folder() / path).read_text(encoding="utf-8")
        assert text.startswith("+++\n")
        keys = list(tomllib.loads(text.split("+++\n")[1]))
        assert keys == [key for key in order if key in keys]


@pytest.mark.parametrize("name", GUIDE)
@every_plugin
def test_every_key_query_and_command_in_the_guide_is_real(name: str) -> None:
    for code in inline_code(_guide(name).body):
        if code.startswith("rilo-reader"):
            _assert_command(code)
        elif name == "search" and code != "/":
            assert parse_query(code).faults == (), code
        elif code not in OTHER:
            assert key(code) in KEYS, code
    for block in _blocks(_guide(name).body, "sh"):
        for line in block.splitlines():
            _assert_command(line)


def _assert_command(line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "rilo-reader"
    if words[1] not in all_verbs():
        assert len(words) == 2
        return
    verb = verb_of(words[1]).parse(words[2:])
    if isinstance(verb, SearchVerb):
        assert parse_query(" ".join(verb.query)).faults == ()


def test_the_guide_to_keys_names_every_command_of_the_key_bar() -> None:
    named = {key(code) for code in inline_code(_guide("keys").body)}
    missing = [c.id for c in all_commands() if c.bar and not named & set(c.keys)]
    assert missing == []


@every_plugin
def test_the_settings_in_the_guide_are_right(tmp_path: Path) -> None:
    (example,) = _blocks(_guide("make-it-yours").body, "toml")
    file = tmp_path / "settings.toml"
    file.write_text(example, encoding="utf-8")
    read_back, problems = config.load(file)
    assert problems == ()
    assert read_back.theme == "paper"
    assert read_back.keys["next_article"] == ("ctrl+n",)


def test_the_article_in_the_guide_is_one() -> None:
    (example,) = _blocks(_guide("files").body, "toml")
    header = tomllib.loads(example.split("+++")[1])
    assert set(header) <= {"title", "date", "source", "url", "tags"}


def test_each_news_item_names_its_source_and_address() -> None:
    news = [article for article in _articles() if article.path.startswith("news/")]
    assert len(news) == 6
    for article in news:
        assert article.source == "RILO AP"
        assert safe_url(article.url) == article.url
        assert article.url.startswith("http://riloap.org/rilo2/contents/view/news/")
        assert article.date_only
        assert Path(article.path).name.startswith(article.date.date().isoformat())


@pytest.mark.corpus
def test_the_news_holds_the_seeds_facts_and_none_of_its_sentences() -> None:
    seed = shared_file("seed/000_940b4c0bd299f044.txt").read_text(encoding="utf-8")
    rows = shared_file("seed/README.md").read_text(encoding="utf-8")
    text = {a.url: f"{a.title}\n{a.summary}\n{a.body}" for a in _articles() if a.url}
    for url, body in text.items():
        row = next(line for line in rows.splitlines() if line.endswith(f"| {url} |"))
        # Every number of an item is a fact of its row, or of the background below the table.
        known = set(re.findall(r"\d+", row + rows.partition("Background")[2]))
        counted = re.sub(r"^\d+\. ", "", body, flags=re.M)  # the numbers of a list
        assert set(re.findall(r"\d+", counted)) <= known
    for sentence in _sentences(seed) + _sentences(rows):
        assert all(sentence not in " ".join(body.split()) for body in text.values())


CITES = "Convention on International Trade in Endangered Species of Wild Fauna and Flora"


def _sentences(text: str) -> list[str]:
    """Runs of eight words: nobody writes the same eight by chance, but where they are a name."""
    words = text.replace(CITES, "CITES").split()
    return [" ".join(words[i : i + 8]) for i in range(len(words) - 7)]
