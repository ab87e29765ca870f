"""Names under which people look for commands, as the palette of the reader has them for its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from shlex import join

from rilo_reader.cli import all_verbs
from rilo_reader.cli.output import PROGRAM
from rilo_reader.paths import expand_path
from rilo_reader.store.folder import is_article_file

_OURS: Mapping[str, str] = {
    "list": "ls ll dir articles",
    "search": "find grep query filter",
    "show": "open cat view print display read less",
    "settings": "config configuration configure preferences prefs options setup conf set",
    "refresh": "update fetch pull reload poll get sync-feeds",
    "add": "subscribe follow sub rss url page save clip",
    "feeds": "subscriptions sources subs feed",
    "feeds remove": "unsubscribe unfollow rm remove delete",
    "feeds rename": "rename mv",
    "mark star": "star favourite favorite fav bookmark like",
    "mark unstar": "unstar unfavourite unfavorite unlike",
    "mark read": "read",
    "mark unread": "unread",
    "mark tag": "tag label",
    "mark untag": "untag unlabel",
    "undo": "revert",
    "undo --redo": "redo",
    "history": "log activity changes",
    "index": "scan",
    "index --rebuild": "reindex rebuild",
    "doctor": "check status diagnose health verify info debug",
    "rules": "rule filters",
    "completion": "completions autocomplete",
    "help": "man manual docs usage",
}
"""Command lines of the core, each with the words that stand for it."""

QUERY_SYNONYMS = {"read": "search is:read", "unread": "search is:unread", "new": "search is:unread"}
QUERY_SYNONYMS |= dict.fromkeys(("star", "starred", "favourites", "favorites"), "search is:starred")
QUERY_SYNONYMS |= dict.fromkeys(("tag", "tags"), "search tag:NAME")
"""Command lines for words that are typed alone."""


def find_similar_commands(name: str, rest: Sequence[str], verbs: Sequence[str]) -> list[str]:
    """Whole command lines that somebody may mean who typed a name that is not a command."""
    word = name.lower().replace("_", "-")
    found = [] if rest or word not in QUERY_SYNONYMS else [QUERY_SYNONYMS[word]]
    if not found:
        found = list(_commands_with_synonym(word))
    if not found:
        found = get_close_matches(word, verbs, n=1, cutoff=0.7)
    if not found:
        names = " ".join(all_synonyms().values()).split()
        close = get_close_matches(word, [name for name in names if len(name) > 3], 1, 0.8)
        found = [line for name in close for line in _commands_with_synonym(name)]
    return [" ".join(filter(None, (PROGRAM, line, join(rest)))) for line in found]


def describe_file_commands(name: str) -> str:
    """Return what to do with a file that was named alone: sentences with command lines."""
    file = expand_path(name)
    takers = [
        verb for verb, entry in all_verbs().items() if file.suffix.lower() in entry.suffixes.split()
    ]
    if not takers or is_article_file(file):
        return f"To read it: {join((PROGRAM, 'show', name))}"
    return ". ".join(f"To {verb} it: {join((PROGRAM, verb, name))}" for verb in sorted(takers))


@cache
def all_synonyms() -> Mapping[str, str]:
    """Return command lines with such words, also those that plugins bring."""
    brought = (entry.synonyms for entry in all_verbs().values())
    return {line: words for names in (_OURS, *brought) for line, words in names.items()}


def _commands_with_synonym(word: str) -> Iterator[str]:
    return (line for line, names in all_synonyms().items() if word in names.split())
