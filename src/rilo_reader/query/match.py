"""Where the words of a query stand in a text (pure).

The text is prepared as for the index, but with the way back from each prepared character to the
one that it came from.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from rilo_reader.query.joined import joined_places, may_be_joined
from rilo_reader.query.letters import DROPPED, FOLDING_SIGNS, HALF_WIDTH, NOT_ASCII, composed
from rilo_reader.query.tokens import (
    GAP,
    SYMBOL,
    carried,
    fold_letters,
    parted,
    to_spaces,
    without_carriers,
)
from rilo_reader.query.tree import How, Words

_TOKEN = re.compile(f"[^ {GAP}]+")


class _Origins:
    """Where the characters of a changed text came from.

    Holds a stretch for every piece: where it begins in the new text, where in the old, and
    where it ends in the old; -1 there says that the stretch was copied one to one.
    """

    def __init__(self) -> None:
        self._new: list[int] = []
        self._old: list[int] = []
        self._old_end: list[int] = []

    def add(self, new: int, old: int, old_end: int = -1) -> None:
        self._new.append(new)
        self._old.append(old)
        self._old_end.append(old_end)

    def character(self, position: int) -> tuple[int, int]:
        """The old characters, (start, end), that a new one stands for."""
        at = bisect_right(self._new, position) - 1
        if self._old_end[at] < 0:
            start = self._old[at] + position - self._new[at]
            return start, start + 1
        return self._old[at], self._old_end[at]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.character(start)[0], self.character(end - 1)[1]


def _clusters(run: str) -> Iterator[str]:
    """The run's characters, each with the marks and Hangul parts that may compose with it."""
    if HALF_WIDTH.search(run) is None and unicodedata.is_normalized("NFC", run):
        yield from run
        return
    start = 0
    for position in range(1, len(run)):
        character = run[position]
        joins = (
            unicodedata.category(character)[0] == "M"
            or "\u1160" <= character <= "\u11ff"
            or "\uff9e" <= character <= "\uffdc"
        )
        if not joins:
            yield run[start:position]
            start = position
    yield run[start:]


def _aligned_fold(text: str) -> tuple[str, _Origins]:
    origins = _Origins()
    pieces: list[str] = []
    new = last = 0
    for match in NOT_ASCII.finditer(text):
        old = match.start()
        origins.add(new, last)
        pieces.append(text[last:old])
        new += old - last
        for cluster in _clusters(match[0]):
            folded = composed(cluster).translate(FOLDING_SIGNS)
            if folded:
                origins.add(new, old, old + len(cluster))
                pieces.append(folded)
                new += len(folded)
            old += len(cluster)
        last = match.end()
    origins.add(new, last)
    pieces.append(text[last:])
    return "".join(pieces), origins


def _aligned_symbols(text: str) -> tuple[str, _Origins]:
    origins = _Origins()
    pieces: list[str] = []
    new = last = 0
    for match in SYMBOL.finditer(text):
        origins.add(new, last)
        pieces.append(text[last : match.start()])
        new += match.start() - last
        for at, carriers in enumerate(carried(match), start=match.start()):
            origins.add(new, at, at + 1)
            pieces.append(carriers)
            new += len(carriers)
        last = match.end()
    origins.add(new, last)
    pieces.append(text[last:])
    return "".join(pieces), origins


def _folded(text: str) -> tuple[str, list[_Origins]]:
    """As `analysis.fold`, with the way back: maps to apply one after the other to a position."""
    text = without_carriers(text)
    if text.isascii():
        return text, []
    folded, origins = _aligned_fold(text)
    return parted(folded), [origins]


def _aligned(folded: str, maps: list[_Origins]) -> tuple[str, list[_Origins]]:
    """Folded text as `prepare` has it, with the whole way back."""
    if SYMBOL.search(folded):
        folded, origins = _aligned_symbols(folded)
        maps = [origins, *maps]
    return to_spaces(folded), maps


@lru_cache(maxsize=256)
def _pattern(parts: tuple[str, ...], prefix: bool) -> re.Pattern[str]:
    # Possessive, so that a long blank is never walked twice.
    text = " " + " ++".join(re.escape(token) for token in parts)
    return re.compile(text + ("[^ ]*+" if prefix else "(?= )"))


def _spans_of_tokens(padded: str, words: Words, limit: int) -> Iterator[tuple[int, int]]:
    """The tokens that are near a word or match a regular expression, in padded text."""
    matches = lru_cache(maxsize=None)(matcher(words))
    found = (match for match in _TOKEN.finditer(padded) if matches(match[0]))
    for match in islice(found, limit):
        yield match.start() - 1, match.end() - 1


def _original(span: tuple[int, int], maps: Sequence[_Origins]) -> tuple[int, int]:
    """The characters that a changed text's came from."""
    for origins in maps:
        span = origins.span(*span)
    return span


def _spans_of_joined(
    places: Sequence[tuple[str, str, int, int]], words: Words, limit: int
) -> Iterator[tuple[int, int]]:
    """What is written with hyphens and the like and is the word written together."""
    [token] = words.tokens
    found = (
        (start, end)
        for form, first, start, end in places
        # Of "well-known" only `well` is begun by `wel`.
        if form == token
        or (words.prefix and form.startswith(token) and not first.startswith(token))
    )
    return islice(found, limit)


def find_hits(text: str, words: Sequence[Words], limit: int = 10_000) -> list[tuple[int, int]]:
    """Where the words of a query stand in a text: (start, end) characters, sorted, disjoint.

    Fields are the caller's business: every one of `words` is looked for. A hit covers the marks
    that belong to its last letter. Linear in the text for each of `words`; the first `limit`
    hits of each are looked at, and at most `limit` are returned.
    """
    if not words or not text:
        return []
    folded, back = _folded(text)
    prepared, maps = _aligned(folded, back)
    padded = f" {prepared} "
    places = list(joined_places(folded)) if any(map(may_be_joined, words)) else []
    spans: set[tuple[int, int]] = set()
    for one in words:
        if one.how is not How.EXACTLY:
            spans.update(_spans_of_tokens(padded, one, limit))
            continue
        for count, match in enumerate(_pattern(one.tokens, one.prefix).finditer(padded)):
            if count >= limit:
                break
            spans.add((match.start(), match.end() - 1))  # less the space before, and padding
    original = {_original(span, maps) for span in spans}
    for one in words:
        if may_be_joined(one):
            original.update(_original(span, back) for span in _spans_of_joined(places, one, limit))
    hits: list[tuple[int, int]] = []
    for start, end in sorted(original):
        while end < len(text) and DROPPED.match(text[end]):
            end += 1  # noqa: PLW2901
        if hits and start < hits[-1][1]:
            hits[-1] = (hits[-1][0], max(end, hits[-1][1]))
        else:
            hits.append((start, end))
    return hits[:limit]


# Words that are not compared letter by letter: regular expressions and near misses (pure).


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
