"""`--candidates`: what a word of a command line may become, for the scripts of `completion`.

    rilo-reader --candidates KIND WORD…

The words are those behind the program's name, the last one unfinished. Each line that is printed is
a candidate, a tab, and what it means. It is asked at each press of the tab key, so it reads the
index as it is, and imports little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rilo_reader import config as settings
from rilo_reader.cli.output import output
from rilo_reader.config import Config
from rilo_reader.index.as_it_is import beginning_with, open_as_it_is, values_of
from rilo_reader.index.snapshot import Snapshot
from rilo_reader.paths import (
    Paths,
    index_directory,
    marks_file,
    shipped_articles,
    typed_path,
    user_paths,
)
from rilo_reader.query.completion import quoted, unfinished
from rilo_reader.query.tree import WHOLE_FIELDS, WORD_FIELDS, Field
from rilo_reader.text import clean_line

MOST = 200  # candidates; with more, a shell asks whether to list them

_QUOTES = str.maketrans("", "", "\"'\\")
_VALUE = re.compile(r"(-?([a-z]+):)(.*)")

Candidate = tuple[str, str]
"""What completes a word, and what it means or ""."""


def run(arguments: Sequence[str]) -> int:
    """Print the candidates."""
    kind, *words = arguments
    for text, meaning in _of(kind, words or [""]):
        # One with a control character would be another text once it is clean.
        if clean_line(text, len(text) + 1) == text:
            output().line(f"{text}\t{clean_line(meaning, 80)}")
    return 0


def _of(kind: str, words: Sequence[str]) -> Iterable[Candidate]:
    *before, typed = words
    paths = user_paths()
    asked = _Asked(before, paths, settings.load(paths.settings_file)[0])
    if before in (["mark"], ["account"]):
        return ()  # an action comes first, which the scripts know
    if kind == "mark":
        kind = "tag" if before[-1] in ("tag", "untag") else "article"
    if kind == "query":
        return asked.queries(typed)
    if kind == "article":
        return asked.articles(typed)
    if kind == "tag":
        return _beginning(asked.values(Field.TAG), typed)
    if kind == "feed":
        return _beginning(asked.feeds(), typed)
    return _beginning(asked.accounts(), typed)


def _beginning(texts: Iterable[str], start: str) -> list[Candidate]:
    """The first texts that begin so; in another case only where none does.

    Shells put in what all candidates begin with, and that must not be less than what is typed.
    """
    wanted = start.translate(_QUOTES)
    several = list(dict.fromkeys(texts))
    found = [text for text in several if text.startswith(wanted)] or [
        text for text in several if text.casefold().startswith(wanted.casefold())
    ]
    return [(text, "") for text in found[:MOST]]


class _Asked(NamedTuple):
    """What is known where a word is completed."""

    before: Sequence[str]  # the words before it
    paths: Paths
    config: Config

    def library(self) -> tuple[Path, Snapshot] | None:
        """The folder and the index of `--library`, else of the user's, else of the guide."""
        folders = [self.config.first_library(self.paths), shipped_articles()]
        if "--library" in self.before[:-1]:
            named = self.before[self.before.index("--library") + 1]
            folders = [typed_path(named.translate(_QUOTES)).absolute()]
        for folder in folders:
            directory = index_directory(folder, self.paths, drafts=self.config.drafts)
            if commit := open_as_it_is(directory):
                return folder, commit
        return None

    def values(self, field: Field) -> list[str]:
        """The values of a field in the library; the user's tags come first."""
        if (library := self.library()) is None:
            return []
        folder, commit = library
        own: list[str] = []
        if field is Field.TAG:
            from rilo_reader.store.state import tags_in  # 15 ms that nothing else needs

            own = tags_in(marks_file(folder, self.paths))
        return [*own, *values_of(commit, f"{field}_value")]

    def articles(self, typed: str) -> Iterator[Candidate]:
        """The newest articles whose path or id begins so, with their titles."""
        if library := self.library():
            wanted = typed.translate(_QUOTES)
            for hit in beginning_with(library[1], wanted, MOST):
                yield hit.path if hit.path.startswith(wanted) else hit.id, hit.title

    def queries(self, typed: str) -> list[Candidate]:
        """A word of a query: a field, a value of the library, a saved search."""
        value = _VALUE.fullmatch(typed.translate(_QUOTES))
        if value and (field := WORD_FIELDS.get(value[2])) in WHOLE_FIELDS:
            found = [quoted(text) for text, _ in _beginning(self.values(field), value[3])]
            if any(text.startswith('"') for text in found):  # all, so that they begin alike
                found = [text if text.startswith('"') else f'"{text}"' for text in found]
            return [(value[1] + text, "") for text in found]
        known = {search.name: search.query for search in self.config.searches}
        begun = unfinished(typed, tuple(known))
        if begun is None:
            return []
        names = [(offer.text.strip(), offer.shown) for offer in begun.names]
        return [
            (typed[: begun.start] + text, known.get(shown[1:], "") if shown[0] == "@" else "")
            for text, shown in names
        ]

    def feeds(self) -> list[str]:
        """Titles and addresses of feeds in feeds.toml."""
        from rilo_reader.feeds.subscriptions import load

        return [feed.title or feed.url for feed in load(self.paths.feeds_file)[0]]

    def accounts(self) -> list[str]:
        """Names of accounts."""
        from rilo_reader.sync.services.accounts import load  # it imports their services

        return [account.name for account in load(self.paths.accounts_file)[0]]
