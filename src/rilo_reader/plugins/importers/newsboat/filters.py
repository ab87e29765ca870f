"""Translate newsboat's filters to queries, as far as they have an equivalent (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from rilo_reader.config.checks import LONGEST_QUERY
from rilo_reader.query.edit import tag_term
from rilo_reader.text import clean_line

DEPTH_LIMIT = 40
LENGTH_LIMIT = 4000

FLAG_TAG = "flag-"  # prefix of the tag that a flag becomes


class NoCounterpartError(ValueError):
    """A filter without an equivalent; the message tells users which part."""


Sources = Mapping[str, Sequence[str]]
"""Names of feeds by tag."""


Addresses = Mapping[str, str]
"""Names of feeds by their address."""


def to_query(
    text: str,
    star: str = "s",
    sources: Sources = MappingProxyType({}),
    addresses: Addresses = MappingProxyType({}),
) -> str:
    """Translate a filter to a query.

    newsboat matches parts of words by regular expressions, queries match whole words: `title =~
    "Linux"` becomes `title:Linux`, which does not match "Linuxes". Tags of feeds ignore case, and
    `news` includes `news/europe`. There are no other differences. `star` are the flags that stand
    for a star. Raises NoCounterpartError.
    """
    if len(text) > LENGTH_LIMIT:
        raise NoCounterpartError("it is too long")
    reader = _FilterParser(text, star, sources, addresses)
    query = reader.parse_expression(0)
    rest = clean_line(text[reader.position :], 40)
    if rest:
        raise NoCounterpartError(f"“{rest}” is not understood")
    if len(query) > LONGEST_QUERY:
        raise NoCounterpartError("its query would be too long")
    return query.removeprefix("(").removesuffix(")") if _is_one_group(query) else query


def _is_one_group(query: str) -> bool:
    """Return whether the first parenthesis is closed by the last one."""
    if not (query.startswith("(") and query.endswith(")")):
        return False
    depth = 0
    bare = re.sub(r'"[^"]*"', lambda quoted: "x" * len(quoted[0]), query)
    for position, character in enumerate(bare):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(query) - 1
    return False


_CONDITION = re.compile(
    r"([A-Za-z_]+)\s*(==|=~|=|!=|!~|!#|<=|>=|<|>|#|between)\s*"
    r"(?:\"((?:[^\"\\]|\\.)*)\"|(-?[0-9]{1,9})(?::(-?[0-9]{1,9}))?)"
)
_LOGIC = re.compile(r"(and|or)(?=[\s(])")


class _FilterParser:
    """Parses filters; as in newsboat, `and` and `or` have one precedence and associate right."""

    def __init__(self, text: str, star: str, sources: Sources, addresses: Addresses) -> None:
        self.text = text
        self.position = 0
        self._star = star
        self._sources = sources
        self._addresses = addresses

    def parse_expression(self, depth: int) -> str:
        """Return the query for an expression, up to its closing parenthesis or the end."""
        if depth > DEPTH_LIMIT:
            raise NoCounterpartError("its parentheses are too deep")
        left = self._parse_part(depth)
        self._skip_space()
        logic = _LOGIC.match(self.text, self.position)
        if logic is None:
            return left
        self.position = logic.end()
        right = self.parse_expression(depth + 1)
        return f"({left} OR {right})" if logic[1] == "or" else f"({left} {right})"

    def _parse_part(self, depth: int) -> str:
        self._skip_space()
        if self.text.startswith("(", self.position):
            self.position += 1
            inner = self.parse_expression(depth + 1)
            self._skip_space()
            if not self.text.startswith(")", self.position):
                raise NoCounterpartError("a parenthesis is not closed")
            self.position += 1
            return inner
        condition = _CONDITION.match(self.text, self.position)
        if condition is None:
            rest = clean_line(self.text[self.position :], 40)
            raise NoCounterpartError(f"“{rest}” is not understood")
        self.position = condition.end()
        name, operator, quoted, low, high = condition.groups()
        value = re.sub(r"\\([\\\"])", r"\1", quoted) if quoted is not None else low
        return self._translate_condition(name, operator, value, high)

    def _translate_condition(self, name: str, operator: str, value: str, high: str | None) -> str:
        if name == "age":
            if operator == "!=":
                return _negate_query(_translate_age("=", value, high))
            return _translate_age(operator, value, high)
        negated = operator.startswith("!")
        plain = {"!=": "=", "!~": "=~", "!#": "#", "==": "="}.get(operator, operator)
        if name == "flags":
            query = _translate_flag(plain, value, self._star)
        elif name == "tags":
            query = _translate_tag(plain, value, self._sources)
        elif name == "rssurl":
            query = _translate_feed(plain, value, self._addresses)
        elif name in _RULES:
            query = _RULES[name](plain, value)
        else:
            raise NoCounterpartError(f"there is no field “{clean_line(name, 40)}”")
        return _negate_query(query) if negated else query

    def _skip_space(self) -> None:
        self.position = len(self.text) - len(self.text[self.position :].lstrip())


def _negate_query(query: str) -> str:
    return query[1:] if query.startswith("-") else f"-{query}"


def _translate_unread(operator: str, value: str) -> str:
    if operator not in ("=", "=~", "#") or value not in ("yes", "no"):
        raise NoCounterpartError(f"unread is yes or no, not “{clean_line(value, 40)}”")
    return "is:unread" if value == "yes" else "is:read"


def _translate_flag(operator: str, value: str, star: str) -> str:
    """Translate a comparison with flags, all of which the article must have."""
    letters = value.strip(".*^$")
    if operator not in ("=", "=~", "#") or not re.fullmatch("[A-Za-z]{1,52}", letters):
        raise NoCounterpartError(f"queries cannot search for the flags “{clean_line(value, 40)}”")
    parts = ["is:starred" if letter in star else f'tag:="{FLAG_TAG}{letter}"' for letter in letters]
    query = " ".join(dict.fromkeys(parts))
    return f"({query})" if " " in query else query


def _translate_age(operator: str, value: str, high: str | None) -> str:
    if not re.fullmatch("-?[0-9]{1,9}", value):
        raise NoCounterpartError("an age is a number of days")
    least, most = _age_bounds(operator, int(value), int(high) if high is not None else None)
    parts = []
    if most is not None:
        if most < 0:
            raise NoCounterpartError("no article has such an age")
        parts.append("date:today" if most == 0 else f"after:{most}d")
    if least is not None and least > 0:
        parts.append(f"before:{least - 1}d" if least > 1 else "before:today")
    if not parts:
        raise NoCounterpartError("every article has such an age")
    query = " ".join(parts)
    return f"({query})" if " " in query else query


def _age_bounds(operator: str, days: int, high: int | None) -> tuple[int | None, int | None]:
    """Return the minimum and maximum age; None if unbounded."""
    if operator == "between":
        if high is None:
            raise NoCounterpartError("between needs two numbers")
        return min(days, high), max(days, high)
    bounds = {
        "<": (None, days - 1), "<=": (None, days), ">": (days + 1, None), ">=": (days, None),
        "=": (days, days), "==": (days, days),
    }  # fmt: skip
    if operator not in bounds:
        raise NoCounterpartError(f"ages cannot be compared with {operator}")
    return bounds[operator]


def _make_text_rule(field: str) -> Callable[[str, str], str]:
    """Return the rule for an attribute that is a text field."""

    def rule(operator: str, value: str) -> str:
        if operator not in ("=", "=~", "#"):
            raise NoCounterpartError(f"texts cannot be compared with {operator}")
        if operator == "=" and field in ("source", "author"):
            return f'{field}:="{_check_quotable(value)}"'
        choices = _split_alternatives(value) if operator == "=~" else [_check_quotable(value)]
        plain = re.compile(r"\w+").fullmatch
        return _join_or(
            f"{field}:{words}" if plain(words) else f'{field}:"{words}"' for words in choices
        )

    return rule


def _join_or(queries: Iterable[str]) -> str:
    parts = list(queries)
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _check_quotable(value: str) -> str:
    value = clean_line(value)
    if not value or '"' in value:
        raise NoCounterpartError(f"queries cannot search for “{clean_line(value, 40)}”")
    return value


def _split_alternatives(pattern: str) -> list[str]:
    """Return the words matched by a simple regular expression: `a|b c`, also in one group.

    Anchors and `.*` at its ends, and word boundaries, are dropped.
    """
    inner = re.sub(r"^\((.*)\)$", r"\1", pattern.strip())
    choices = []
    for part in inner.split("|"):
        words = re.sub(r"^(?:\^|\.\*|\\[b<])+|(?:\$|\.\*|\\[b>])+$", "", part.strip()).strip()
        words = re.sub(r"\\([.\-+#&/'])", r"\1", words.replace("\\ ", " "))
        if not re.fullmatch(r"[^\W_](?:[\w \-'’#&/+]|\.(?=\w))*", words):
            shown = clean_line(pattern, 40)
            raise NoCounterpartError(f"“{shown}” is a pattern, which queries do not have")
        choices.append(words)
    return choices


def _translate_tag(operator: str, value: str, sources: Sources) -> str:
    """Translate a tag to the term for the feeds that have it."""
    if operator == "=~":
        wanted = [choice.casefold() for choice in _split_alternatives(value)]
        tags = [tag for tag in sources if any(each in tag.casefold() for each in wanted)]
    elif operator == "#":
        tags = [tag for tag in sources if tag == value]
    else:
        raise NoCounterpartError("tags are compared one by one, with #")
    if not tags:
        raise NoCounterpartError(f"no feed has the tag “{clean_line(value, 40)}”")
    return _join_or(map(tag_term, tags))


def _translate_feed(operator: str, value: str, addresses: Addresses) -> str:
    """Translate the address of a feed, or a part of it, to the names of the feeds that have it."""
    if operator not in ("=", "=~"):
        raise NoCounterpartError(f"addresses cannot be compared with {operator}")
    parts = value.replace("\\.", ".").strip("^$").split("|") if operator == "=~" else []
    if not all(re.fullmatch(r"[\w./:&=%~-]+", part) for part in parts):
        shown = clean_line(value, 40)
        raise NoCounterpartError(f"“{shown}” is a pattern, which queries do not have")
    names = dict.fromkeys(
        name
        for url, name in addresses.items()
        if url == value or any(part.casefold() in url.casefold() for part in parts)
    )
    if not names:
        raise NoCounterpartError("no feed of urls has this address")
    return _sources_query(names)


def _sources_query(names: Iterable[str]) -> str:
    """Return the query for the articles of some feeds."""
    return _join_or(f'source:="{_check_quotable(name)}"' for name in names)


_RULES: Mapping[str, Callable[[str, str], str]] = {
    "unread": _translate_unread,
    "title": _make_text_rule("title"),
    "content": _make_text_rule("body"),
    "author": _make_text_rule("author"),
    "link": _make_text_rule("url"),
    "feedtitle": _make_text_rule("source"),
}
