"""Regular expressions and near misses, compared with single tokens (pure)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache

from rilo_reader.query.tokens import GAP, fold_letters
from rilo_reader.query.tree import MatchKind, Words
from rilo_reader.text import lazy_re

MAX_PATTERN = 100
"""Characters of the longest regular expression; the index would take a little more."""

_UNSUPPORTED = lazy_re(r"""\(\?|[*+?}][*+?]|\\[^dw\W_]|[*+?}]\{|\\$""", re.VERBOSE)
_CLASS = lazy_re(r"\\.")
_BRACKETS = lazy_re(r"\[\^?[^\[\]]+\]")
_CLASS_IN_CLASS = lazy_re(r"\[[^\]]*\\[dw]")
_REPEATED = lazy_re(r"\{(\d*)(?:,(\d*))?\}")
_MAX_REPEATED = 20
_MAY_BE_GAP = lazy_re(rf"\\.|\[[^\]]*\]|\.|{GAP}")
_LETTERS = lazy_re(r"[^\W_]+")


def read_pattern(text: str) -> tuple[str, str]:
    """Check a regular expression, and fold it for both Python and the index.

    Returns the folded pattern and "", or "" and a sentence for the user.
    """
    pattern = text.removeprefix("^")
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1]
    if objection := _find_objection(pattern):
        return "", objection
    # Tokens contain only letters and digits folded to 0-9, and Unicode's \w and \d are too large
    # for the automaton of the index.
    pattern = _CLASS.sub(lambda one: {r"\w": ".", r"\d": "[0-9]"}.get(one[0], one[0]), pattern)
    pattern = fold_letters(pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, FutureWarning, OverflowError) as error:
        return "", f"The regular expression cannot be read: {error}."
    return pattern, ""


def _find_objection(pattern: str) -> str:
    """Say why a pattern is not supported by both Python and the index; "" if it is."""
    if not pattern:
        return "There is nothing between the slashes."
    if len(pattern) > MAX_PATTERN:
        return f"A regular expression has {MAX_PATTERN} characters at most."
    repeated = [int(n) for pair in _REPEATED.findall(pattern) for n in pair if n]
    if max(repeated, default=0) > _MAX_REPEATED:
        return f"A regular expression repeats {_MAX_REPEATED} times at most."
    unescaped = _CLASS.sub("x", pattern)
    without_classes = _BRACKETS.sub("x", unescaped)
    if _UNSUPPORTED.search(pattern) or any(sign in without_classes for sign in "^$["):
        return "A regular expression can only have letters, . [] () | * + ? {} \\d and \\w."
    if _CLASS_IN_CLASS.search(pattern):
        return r"In a regular expression \d and \w cannot be inside []."
    return ""


def to_index_pattern(pattern: str) -> str:
    """A checked pattern for the terms of the index, which must not match GAP."""
    return _MAY_BE_GAP.sub(_exclude_gap, pattern)


def _exclude_gap(match: re.Match[str]) -> str:
    if match[0] == ".":
        return f"[^{GAP}]"
    if match[0].startswith("[^"):
        return f"[^{GAP}{match[0][2:]}"
    return " " if match[0] in {GAP, f"\\{GAP}"} else match[0]  # no term has a space


def literal_start(text: str) -> str:
    """Letters with which every match of a regular expression begins, "" if that is not obvious."""
    match = _LETTERS.match(text.removeprefix("^"))
    if match is None:
        return ""
    start, following = match[0], text.removeprefix("^")[match.end() :]
    # An optional letter or an alternative is not in every match.
    if "|" in text:
        return ""
    return start[:-1] if following[:1] in {"?", "*", "{"} else start


def is_near(word: str, token: str) -> bool:
    """Return whether two words are at most one edit apart, which may be a swap of two letters."""
    if word == token:
        return True
    if abs(len(word) - len(token)) > 1:
        return False
    start = 0
    while start < min(len(word), len(token)) and word[start] == token[start]:
        start += 1
    one, other = word[start:], token[start:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (one[:2] == other[1::-1] and one[2:] == other[2:])
    )


def make_matcher(words: Words) -> Callable[[str], bool]:
    """A predicate for the tokens that a PATTERN or NEARLY term matches."""
    word = words.tokens[0]
    if words.match_kind is MatchKind.PATTERN:
        pattern = _compile_pattern(word)
        return lambda token: pattern is not None and pattern.fullmatch(token) is not None
    if words.is_prefix:
        ends = range(max(0, len(word) - 1), len(word) + 2)
        return lambda token: any(is_near(word, token[:end]) for end in ends)
    return lambda token: is_near(word, token)


@lru_cache(maxsize=64)
def _compile_pattern(pattern: str) -> re.Pattern[str] | None:
    # Nested repetition can take Python exponential time. The index still finds the articles; only
    # their hits are not highlighted.
    if re.search(r"\)[*+{]", pattern):
        return None
    return re.compile(pattern)
