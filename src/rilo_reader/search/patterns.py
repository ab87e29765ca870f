r"""Words that are not compared letter by letter: regular expressions and near misses (pure).

A regular expression is compared with each whole word as the index has it: folded, in lower case.
The index's dialect and Python's (which marks the hits) share literals, `.`, classes, groups, `|`,
`*`, `+`, `?`, `{2,3}`, `\\d`, `\\w` and escaped punctuation; only those are read.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache

from rilo_reader.search.analysis import fold_letters
from rilo_reader.search.query import How, Words
from rilo_reader.search.schema import GAP

MAX_PATTERN = 100
"""Characters of a regular expression; the index takes a little more."""

_UNREAD = re.compile(r"""\(\?|[*+?}][*+?]|\\[^dw\W_]|[*+?}]\{|\\$""", re.VERBOSE)
_CLASS = re.compile(r"\\.")
_BRACKETS = re.compile(r"\[\^?[^\[\]]+\]")
_CLASS_IN_CLASS = re.compile(r"\[[^\]]*\\[dw]")
_REPEATED = re.compile(r"\{(\d*)(?:,(\d*))?\}")
_MAX_REPEATED = 20
_MAY_BE_GAP = re.compile(rf"\\.|\[[^\]]*\]|\.|{GAP}")
_PLAIN = re.compile(r"[^\W_]+")


def read_pattern(text: str) -> tuple[str, str]:
    """A regular expression as both sides read it, or why it cannot be read.

    Args:
        text: what stands between the slashes.

    Returns:
        The folded pattern and "", or "" and a sentence for the user.
    """
    pattern = text.removeprefix("^")
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1]
    if objection := _objection(pattern):
        return "", objection
    # Tokens hold nothing but letters and figures, these folded to 0-9, and Unicode's own \w and
    # \d are more than the index's automaton takes.
    pattern = _CLASS.sub(lambda one: {r"\w": ".", r"\d": "[0-9]"}.get(one[0], one[0]), pattern)
    pattern = fold_letters(pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, FutureWarning, OverflowError) as error:
        return "", f"The regular expression cannot be read: {error}."
    return pattern, ""


def _objection(pattern: str) -> str:
    """Why a pattern is beyond what both sides read, "" where it is not."""
    if not pattern:
        return "There is nothing between the slashes."
    if len(pattern) > MAX_PATTERN:
        return f"A regular expression has {MAX_PATTERN} characters at most."
    repeated = [int(n) for pair in _REPEATED.findall(pattern) for n in pair if n]
    if max(repeated, default=0) > _MAX_REPEATED:
        return f"A regular expression repeats {_MAX_REPEATED} times at most."
    unescaped = _CLASS.sub("x", pattern)
    without_classes = _BRACKETS.sub("x", unescaped)
    if _UNREAD.search(pattern) or any(sign in without_classes for sign in "^$["):
        return "A regular expression knows letters, . [] () | * + ? {} \\d and \\w only."
    if _CLASS_IN_CLASS.search(pattern):
        return r"\d and \w stand outside [] in a regular expression."
    return ""


def for_index(pattern: str) -> str:
    """A pattern that was read, as it is compared with the index's terms: GAP is none of them."""
    return _MAY_BE_GAP.sub(_without_gap, pattern)


def _without_gap(match: re.Match[str]) -> str:
    if match[0] == ".":
        return f"[^{GAP}]"
    if match[0].startswith("[^"):
        return f"[^{GAP}{match[0][2:]}"
    return " " if match[0] in {GAP, f"\\{GAP}"} else match[0]  # no term has a space


def literal_start(text: str) -> str:
    """The letters with which every match of a regular expression begins, as far as is plain."""
    match = _PLAIN.match(text.removeprefix("^"))
    if match is None:
        return ""
    start, following = match[0], text.removeprefix("^")[match.end() :]
    # What is optional or one of several is no sure beginning.
    if "|" in text:
        return ""
    return start[:-1] if following[:1] in {"?", "*", "{"} else start


def is_near(word: str, token: str) -> bool:
    """Whether two words differ by one letter: wrong, missing, too many, or exchanged."""
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


def _begins_near(word: str, token: str) -> bool:
    size = len(word)
    return any(is_near(word, token[:end]) for end in range(max(0, size - 1), size + 2))


def matcher(words: Words) -> Callable[[str], bool]:
    """What tells whether a token is one of the words that a PATTERN or NEARLY means."""
    word = words.tokens[0]
    if words.how is How.PATTERN:
        pattern = _compiled(word)
        return lambda token: pattern is not None and pattern.fullmatch(token) is not None
    if words.prefix:
        return lambda token: _begins_near(word, token)
    return lambda token: is_near(word, token)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    # A repeated group that repeats inside can take Python for ever; the index finds it all the
    # same, only its hits are not marked.
    if re.search(r"\)[*+{]", pattern):
        return None
    return re.compile(pattern)
