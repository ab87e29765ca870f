"""Timeline and facets of results, completion, spelling, related articles and duplicates."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from rilo_reader.article import Article, ArticleId
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import VALUE_FIELDS
from rilo_reader.index.order import Ranges, ranges
from rilo_reader.index.schema import Hit
from rilo_reader.index.snapshot import row_of
from rilo_reader.index.writer import fingerprint
from rilo_reader.query.dates import Calendar
from rilo_reader.query.patterns import is_near
from rilo_reader.query.tokens import prepare, prepare_bytes, tokens
from rilo_reader.query.tree import And, Field, How, Node, Not, Or, Query, Words

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.snapshot import Snapshot


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DAYS = 92
_MOST_MONTHS = 720
_A_DAY = timedelta(days=1)
_LAST = datetime(9998, 12, 31)  # noqa: DTZ001 - a day of the calendar; no article has a later one
_FEW_MONTHS = 2
"""Months within which hits are counted by day."""


class Slot(NamedTuple):
    """A day, month or year, from `start` on and before `end`, and its number of hits."""

    start: date
    end: date
    hits: int


class Timeline(NamedTuple):
    """Numbers of hits by time, in adjacent slots from the first hit to the last.

    Attributes:
        unit: "day", "month" or "year", in the user's time zone.
        slots: the slots, empty without hits.
    """

    unit: str
    slots: tuple[Slot, ...]


class Value(NamedTuple):
    """A word or a value of a field, and the number of articles that have it."""

    text: str
    hits: int


class Facets(NamedTuple):
    """The most frequent values of each field among results, most frequent first."""

    source: tuple[Value, ...]
    tag: tuple[Value, ...]
    author: tuple[Value, ...]
    lang: tuple[Value, ...]
    year: tuple[Value, ...]


# -- timeline ---------------------------------------------------------------------------------


def timeline(commit: Snapshot, query: tantivy.Query, now: datetime | None = None) -> Timeline:
    """The numbers of results of a compiled query by time."""
    calendar = Calendar(now)
    counted = _Counted(commit, query, calendar)
    ends = commit.recent.ends
    if ends is None:
        return Timeline("month", ())
    first, last = (calendar.day_of(_EPOCH + timedelta(seconds=seconds)) for seconds in ends)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if (last - first).days < _MOST_DAYS:
        return counted.by("day", first, last)
    if months > _MOST_MONTHS:
        return counted.by("year", first, last)
    found = counted.by("month", first, last)
    if 0 < len(found.slots) <= _FEW_MONTHS:
        start, end = found.slots[0].start, found.slots[-1].end
        return counted.by("day", _midnight(start), _midnight(end))
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - Calendar gives it its zone


def _starts(unit: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """The starts of all slots, and the end of the last."""
    day = first
    if unit != "day":
        day = day.replace(day=1, month=1 if unit == "year" else day.month)
    while day <= last:
        yield day
        day = _next(unit, day)
    yield day


def _next(unit: str, day: datetime) -> datetime:
    if unit == "day":
        return day + timedelta(days=1)
    if unit == "year" or day.month == 12:
        return day.replace(year=day.year + 1, month=1)
    return day.replace(month=day.month + 1)


class _Counted(NamedTuple):
    """Counts the results of a query by time."""

    commit: Snapshot
    query: tantivy.Query
    calendar: Calendar

    def by(self, unit: str, first: datetime, last: datetime) -> Timeline:
        """The results by day, month or year between two naive days.

        One day more on each side is counted, since dates without a time may be on these.
        """
        days = list(_starts(unit, first - _A_DAY, min(last + _A_DAY, _LAST)))
        starts = [self.calendar.moment(day) for day in days]
        keys = [ranges(start, end) for start, end in pairwise(starts)]
        counts = self._counts([one for its in keys for one in its])
        slots = [
            Slot(start.date(), end.date(), sum(counts.get(low, 0) for low, _ in its))
            for (start, end), its in zip(pairwise(days), keys, strict=True)
        ]
        filled = [place for place, slot in enumerate(slots) if slot.hits]
        return Timeline(unit, tuple(slots[filled[0] : filled[-1] + 1]) if filled else ())

    def _counts(self, keys: Ranges) -> dict[int | None, int]:
        """The numbers of results in ranges of sort keys, by the start of each range."""
        # tantivy takes floating point numbers here, which are exact: the bits of the hash are 0.
        requests = [{"from": float(low or 0), "to": float(high or 0)} for low, high in keys]
        found: Any = self.commit.searcher.aggregate(
            self.query, {"order": {"range": {"field": fields.ORDER, "ranges": requests}}}
        )
        buckets = found["order"]["buckets"]
        return {int(one["from"]): one["doc_count"] for one in buckets if "from" in one}


# -- facets and completion ----------------------------------------------------------------------


def facets(
    commit: Snapshot, query: tantivy.Query, limit: int, now: datetime | None = None
) -> Facets:
    """The most frequent values of each field among the results of a compiled query."""
    requests = {
        field.value: {"terms": {"field": name, "size": limit}}
        for field, name in VALUE_FIELDS.items()
    }
    found: Any = commit.searcher.aggregate(query, requests)
    values = {
        name: tuple(Value(one["key"], one["doc_count"]) for one in facet["buckets"])
        for name, facet in found.items()
    }
    years = _years(commit, query, Calendar(now))
    by_count = sorted(years, key=lambda year: (-year.hits, year.text))[:limit]
    return Facets(
        source=values[Field.SOURCE],
        tag=values[Field.TAG],
        author=values[Field.AUTHOR],
        lang=values[Field.LANG],
        year=tuple(by_count),
    )


def _years(commit: Snapshot, query: tantivy.Query, calendar: Calendar) -> list[Value]:
    ends = commit.recent.ends
    if ends is None:
        return []
    first, last = (calendar.day_of(_EPOCH + timedelta(seconds=seconds)) for seconds in ends)
    slots = _Counted(commit, query, calendar).by("year", first, last).slots
    return [Value(str(slot.start.year), slot.hits) for slot in slots if slot.hits]


def suggest(commit: Snapshot, start: str, field: Field, limit: int) -> tuple[Value, ...]:
    """Words, or values of a field, that begin with `start`; most frequent first."""
    prefix_tokens = tokens(start)
    if field in VALUE_FIELDS:
        values = commit.searcher.terms_with_prefix(VALUE_FIELDS[field], "")
        found = [
            Value(text, count) for text, count in values if continues(prefix_tokens, tokens(text))
        ]
        return tuple(found[:limit])
    if len(prefix_tokens) != 1:
        return ()
    name = fields.TITLE if field is Field.TITLE else fields.BODY
    words = commit.searcher.terms_with_prefix(name, prefix_tokens[0], limit=limit)
    return tuple(Value(text, count) for text, count in words)


def continues(prefix_tokens: Sequence[str], value: Sequence[str]) -> bool:
    """Whether a value contains the tokens in order, the last of them as a prefix."""
    if not prefix_tokens:
        return True
    size = len(prefix_tokens)
    return any(
        tuple(value[at : at + size - 1]) == tuple(prefix_tokens[:-1])
        and value[at + size - 1].startswith(prefix_tokens[-1])
        for at in range(len(value) - size + 1)
    )


# -- did you mean -------------------------------------------------------------------------------


def did_you_mean(commit: Snapshot, query: Query) -> Query | None:
    """The query with unknown words replaced by similar ones, None if none are."""
    node = _corrected(commit, query.node)
    return None if node == query.node else query._replace(node=node, faults=())


def _corrected(commit: Snapshot, node: Node) -> Node:
    if isinstance(node, Words):
        if node.how is not How.EXACTLY or node.field in {Field.URL, Field.LANG}:
            return node
        words = tuple(_nearest_known_word(commit, word) for word in node.tokens)
        return node if words == node.tokens else Words(node.field, words)
    if isinstance(node, Not):  # an unknown word here excludes nothing
        return node
    if isinstance(node, And | Or):
        return type(node)(tuple(_corrected(commit, child) for child in node.nodes))
    return node


def _nearest_known_word(commit: Snapshot, word: str) -> str:
    """The word, or the most frequent similar one if no article has a word that begins with it."""
    names = (fields.BODY, fields.HEAD)
    if len(word) < 3 or any(commit.searcher.terms_with_prefix(name, word) for name in names):
        return word
    counts: dict[str, int] = {}
    for name in names:
        for prefix_tokens in {word[0], word[1]}:
            for term, count in commit.searcher.terms_with_prefix(name, prefix_tokens):
                if is_near(word, term):
                    counts[term] = counts.get(term, 0) + count
        # There are too many terms with other first letters; the possible ones are looked up.
        for letter in string.ascii_lowercase:
            for term in (letter + word[1:], letter + word):
                if term[0] not in word[:2] and (count := commit.searcher.doc_freq(name, term)):
                    counts[term] = counts.get(term, 0) + count
    return max(counts, key=lambda term: (counts[term], term), default=word)


# -- related articles and duplicates --------------------------------------------------------------

_QUERY_TERMS = 25
"""Number of an article's most significant words to search for."""

_BODY_CHARACTERS = 20_000
"""Characters of a body from which they are taken."""


def related(commit: Snapshot, article: Article, limit: int) -> tuple[Hit, ...]:
    """Articles with the same rare words, most similar first, without the article and duplicates."""
    import tantivy

    body = prepare(article.body[:_BODY_CHARACTERS])
    sample: dict[str, Any] = {fields.BODY: [body], fields.TITLE: [prepare(article.title)]}
    alike = tantivy.Query.more_like_this_document_fields_query(
        commit.schema,
        sample,
        min_doc_frequency=2,
        min_term_frequency=1,
        max_query_terms=_QUERY_TERMS,
        min_word_length=3,
    )
    without = [_term(commit, fields.KEY, fields.hash64(article.id))]
    if fingerprint_value := fingerprint(prepare_bytes(article.body)):
        without.append(_term(commit, fields.FINGERPRINT, fingerprint_value))
    parts = [(tantivy.Occur.Must, alike)]
    parts.extend((tantivy.Occur.MustNot, query) for query in without)
    found = commit.searcher.search(tantivy.Query.boolean_query(parts), limit=limit)
    return tuple(row_of(commit.searcher, address) for _, address in found.hits)


def copies(commit: Snapshot, article: ArticleId, limit: int) -> tuple[Hit, ...]:
    """Other articles with the same fingerprint, newest first."""
    searcher = commit.searcher
    found_article: Any = searcher.search(_term(commit, fields.KEY, fields.hash64(article)), limit=1)
    if not found_article.hits:
        return ()
    [fingerprint_value] = searcher.fast_field_values(fields.FINGERPRINT, [found_article.hits[0][1]])
    if not fingerprint_value:
        return ()
    same = _term(commit, fields.FINGERPRINT, int(fingerprint_value))
    found = searcher.search(same, limit=limit + 1, order_by_field=fields.ORDER)
    rows = (row_of(searcher, address) for _, address in found.hits)
    return tuple(row for row in rows if row.id != article)[:limit]


def _term(commit: Snapshot, field: str, number: int) -> tantivy.Query:
    import tantivy

    return tantivy.Query.term_query(commit.schema, field, number, index_option="basic")
