"""`--candidates`: what a word of a command line may become, for the scripts of `completion`.

    rilo-reader --candidates KIND WORD…

The words are those behind the program's name, the last one unfinished. Each line that is printed is
a candidate, a tab, and what it means. It is asked at each press of the tab key, so it reads the
index as it is, and imports little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rilo_reader import config as settings
from rilo_reader.article import Field
from rilo_reader.cli.output import PROGRAM, output
from rilo_reader.config import Config
from rilo_reader.index.read_only import iter_beginning_with, list_values, open_as_it_is
from rilo_reader.index.snapshot import Snapshot
from rilo_reader.paths import expand_path, guide_folder, index_directory, marks_file, user_paths
from rilo_reader.query.completion import find_partial_term, quote_value
from rilo_reader.query.tree import WHOLE_FIELDS, WORD_FIELDS
from rilo_reader.text import clean_line, redact_address

MAX_CANDIDATES = 200  # candidates; with more, a shell asks whether to list them

_QUOTES = str.maketrans("", "", "\"'\\")
_VALUE = re.compile(r"(-?([a-z]+):)(.*)")

Candidate = tuple[str, str]
"""The completion of a word, and its meaning or ""."""


def run(arguments: Sequence[str]) -> int:
    """Print the candidates."""
    kind, *words = arguments
    *before, typed = words or [""]
    if before != [kind]:  # of a verb's own kind: an action comes first, which the scripts know
        for text, meaning in _list_candidates(kind, before, typed):
            # One with a control character would be another text once it is clean.
            if clean_line(text, len(text) + 1) == text:
                output().line(f"{text}\t{clean_line(meaning, 80)}")
    return 0


def _list_candidates(kind: str, before: Sequence[str], typed: str) -> Iterable[Candidate]:
    paths = user_paths()
    config, _ = settings.load(paths.settings_file)
    if kind == "mark":
        kind = "tag" if before[-1] in ("tag", "untag") else "article"
    if kind == "query":
        return _list_query_words(typed, config, before)
    if kind == "article":
        return _iter_articles(typed, config, before)
    return [(text, "") for text in _filter_by_start(_list_texts(kind, config, before), typed)]


def _list_texts(kind: str, config: Config, before: Sequence[str]) -> Iterable[str]:
    if kind == "tag":
        return _list_values(Field.TAG, config, before)
    if kind == "feed":
        from rilo_reader.feeds.subscriptions import load

        return (feed.title or redact_address(feed.url) for feed in load(user_paths().feeds_file)[0])
    from rilo_reader.feeds.sources import feed_sources

    paths = user_paths()
    found = feed_sources(config.first_library(paths), paths, config)
    return (account.name for account in found.sources)


def _filter_by_start(texts: Iterable[str], start: str) -> list[str]:
    """The first texts that begin so; in another case only where none does.

    Shells put in what all candidates begin with, and that must not be less than what is typed.
    """
    wanted = start.translate(_QUOTES)
    several = list(dict.fromkeys(texts))
    found = [text for text in several if text.startswith(wanted)] or [
        text for text in several if text.casefold().startswith(wanted.casefold())
    ]
    return found[:MAX_CANDIDATES]


def _find_snapshot(config: Config, before: Sequence[str]) -> tuple[Path, Snapshot] | None:
    """The folder and the index of `--library` in the words before, else of the user, or guide."""
    paths = user_paths()
    folders = [config.first_library(paths), guide_folder()]
    if "--library" in before[:-1]:
        named = before[before.index("--library") + 1]
        folders = [expand_path(named.translate(_QUOTES)).absolute()]
    for folder in folders:
        if commit := open_as_it_is(index_directory(folder, paths, with_drafts=config.drafts)):
            return folder, commit
    _log_library_once(paths.state / "completion")
    return None


def _log_library_once(folder: Path) -> None:
    """Say on the terminal, the first time, why nothing is offered; shells drop what is printed."""
    with suppress(OSError):
        if folder.exists():
            return
        with Path("/dev/tty").open("w", encoding="utf-8", errors="replace") as terminal:
            terminal.write(f"\n{PROGRAM}: nothing can be completed yet. First: {PROGRAM} index\n")
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.touch()


def _list_values(field: Field, config: Config, before: Sequence[str]) -> list[str]:
    """The values of a field in the library; the user's tags come first."""
    if (library := _find_snapshot(config, before)) is None:
        return []
    folder, commit = library
    own: list[str] = []
    if field is Field.TAG:
        from rilo_reader.store.state import read_tags  # 15 ms that nothing else needs

        own = read_tags(marks_file(folder, user_paths()))
    return [*own, *list_values(commit, f"{field}_value")]


def _iter_articles(typed: str, config: Config, before: Sequence[str]) -> Iterator[Candidate]:
    """The newest articles whose path or id begins so, with their titles."""
    if library := _find_snapshot(config, before):
        wanted = typed.translate(_QUOTES)
        for hit in iter_beginning_with(library[1], wanted, MAX_CANDIDATES):
            yield hit.path if hit.path.startswith(wanted) else hit.id, hit.title


def _list_query_words(typed: str, config: Config, before: Sequence[str]) -> list[Candidate]:
    """A word of a query: a field, a value of the library, a saved search."""
    value = _VALUE.fullmatch(typed.translate(_QUOTES))
    if value and (field := WORD_FIELDS.get(value[2])) in WHOLE_FIELDS:
        found = list(
            map(quote_value, _filter_by_start(_list_values(field, config, before), value[3]))
        )
        if any(text.startswith('"') for text in found):  # all, so that they begin alike
            found = [text if text.startswith('"') else f'"{text}"' for text in found]
        return [(value[1] + text, "") for text in found]
    known = {f"@{search.name}": search.query for search in config.searches}
    begun = find_partial_term(typed, tuple(search.name for search in config.searches))
    if begun is None:
        return []
    start = typed[: begun.start]
    return [(start + offer.text.strip(), known.get(offer.label, "")) for offer in begun.name_offers]
