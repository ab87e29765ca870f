"""Apply the user's rules: to each article that arrives once, and to what grew old.

    the ledger records new articles          in the transaction that records their files
    the index adds them                      so a rule matches what `search` finds
    for each rule: search.ids(query, among)  as the marks were before any of them
    library.state.apply_assignments(batch=…) one gesture for all rules
    ledger.clear_arrived()

Killed before the gesture, the next refresh does it; killed after it, the name of the batch, which
is in the transaction of the gesture, says that it is done.

An article whose text changed after it was read arrives again, for rules that ask for `is:edited`.

What grows old is marked as read at each refresh, also as one gesture (`apply_age_rules`). It never
touches an article that anybody, or a rule, ever marked as read or unread, so an undo holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId, Field
from rilo_reader.config import ArrivalRule, SavedSearch, queries_by_name
from rilo_reader.feeds.ledger import Ledger
from rilo_reader.feeds.status import list_aging_feeds
from rilo_reader.library import Library
from rilo_reader.library.search import ArticleSearch
from rilo_reader.paths import Paths
from rilo_reader.query.dates import Calendar, read_dates
from rilo_reader.query.edit import value_term
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import (
    Dates,
    HasMark,
    MatchKind,
    Not,
    Or,
    Query,
    QueryMark,
    Sort,
    Words,
    has_node,
    restrict_query,
)
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import BY_LIMIT, EDITED, READ, STARRED, TAG, Marks
from rilo_reader.store.state import State
from rilo_reader.text import clean_line, format_count


class ParsedRule(NamedTuple):
    """A rule with its query as a tree."""

    rule: ArrivalRule
    query: Query
    problem: str = ""  # one sentence if it cannot be applied

    @property
    def fields(self) -> dict[str, str]:
        """The fields that get the value "1", each with a word for what an article is then."""
        rule = self.rule
        flags = {READ: "read"} if rule.read else {}
        flags |= {STARRED: "starred"} if rule.starred else {}
        return flags | {TAG + tag: f"tagged {tag}" for tag in rule.tags}

    @property
    def asks_edited(self) -> bool:
        """True if it asks for articles that were edited since they were read."""
        return has_node(self.query.node, lambda node: node == HasMark(QueryMark.EDITED))

    def describe_changes(self, marks: Marks) -> list[str]:
        """Return what the rule would change of an article with these marks, in words."""
        has = {
            READ: marks.read and not marks.is_edited,
            STARRED: marks.starred,
            **{TAG + tag: True for tag in marks.tags},
        }
        return [word for field, word in self.fields.items() if not has.get(field)]


def parse_rules(rules: Iterable[ArrivalRule], searches: Iterable[SavedSearch]) -> list[ParsedRule]:
    """Parse the queries of rules, with the saved searches that they may name."""
    saved, found = queries_by_name(searches), []
    for rule in rules:
        query = parse(rule.query, saved=saved)
        reasons = (f'The rule "{rule.name}" is ignored: {fault.reason}' for fault in query.faults)
        found.append(ParsedRule(rule, query, next(reasons, "")))
    return found


def apply_rules(ledger: Ledger, library: Library, rules: Sequence[ParsedRule]) -> str:
    """Apply rules to the articles that have arrived, and record that.

    Returns what they did, "Rule Football: 12 read; rule Ivory: 3 starred", or "".

    Raises:
        LibraryError: index or marks cannot be written; the articles wait for the next time.
    """
    arrived = ledger.list_awaiting_rules()
    library.follower.update(list(arrived.values()))
    library.index.reload()
    search = library.search.ids
    applied = [each for each in rules if each.fields and not each.problem]
    edits = {one: edit for one, edit in library.state.edits().items() if one in arrived}
    new = [article for article in arrived if article not in edits]
    found = {
        each: list(search(each.query, arrived if each.asks_edited else new)) for each in applied
    }
    ids_by_field: dict[str, dict[ArticleId, None]] = {}
    for rule, ids in found.items():
        for field in rule.fields:
            ids_by_field.setdefault(field, {}).update(dict.fromkeys(ids))
    names = [each.rule.name for each, ids in found.items() if ids]
    batch = "\0".join(article + edits.get(article, "") for article in arrived)
    gesture = library.state.apply_assignments(
        [Assignment(field, "1", Ids(ids)) for field, ids in ids_by_field.items()],
        actor=clean_line(f"Rule{'s' * (len(names) > 1)} {', '.join(names)}", BY_LIMIT),
        batch=hashlib.sha256(batch.encode(errors="replace")).hexdigest(),
    )
    with ledger.transaction():
        ledger.clear_arrived()
    if gesture is None:
        return ""
    changed = {each.field: set(each.ids) for each in gesture.assignments}
    for each in gesture.assignments:
        if each.field.startswith(EDITED):
            changed.setdefault(READ, set()).update(each.ids)
    sentence = "; ".join(filter(None, (_describe_rule(*each, changed) for each in found.items())))
    return sentence[:1].upper() + sentence[1:]


def _describe_rule(
    rule: ParsedRule, ids: Iterable[ArticleId], changed_ids: Mapping[str, Collection[ArticleId]]
) -> str:
    """Return what a rule did, "rule Football: 12 read", or ""."""
    counts = [
        (sum(article in changed_ids.get(field, ()) for article in ids), word)
        for field, word in rule.fields.items()
    ]
    changes = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return f"rule {rule.rule.name}: {changes}" if changes else ""


# -- what grows old -------------------------------------------------------------------------------

NAMED = 3
"""Rules that are named in the history as those that marked articles."""

_UNREAD = HasMark(QueryMark.UNREAD)
_PROTECTED = Or(
    (HasMark(QueryMark.STARRED), HasMark(QueryMark.NOTE), HasMark(QueryMark.HIGHLIGHTED))
)
_UNITS = {"h": "hour", "d": "day", "w": "week", "m": "month", "mo": "month", "y": "year"}


class AgeRule(NamedTuple):
    """A condition under which unread articles become read by themselves."""

    rule: ParsedRule  # of the settings, or made of a feed
    query: Query  # finds those which it looks at, all dated before now, newest first
    reason: str  # "older than 14 days"
    kept: int = 0  # how many of them stay unread, the newest


def read_feed_rules(folder: Path, paths: Paths) -> list[ParsedRule]:
    """Return the rules that feeds of feeds.toml have for what grows old in a library."""
    return [
        ParsedRule(
            ArrivalRule(
                feed.name,
                value_term(Field.SOURCE, feed.source),
                read_after=feed.subscription.read_after,
                keep_unread=feed.subscription.keep_unread,
            ),
            Query(Words(Field.SOURCE, (feed.source,), match_kind=MatchKind.WHOLE)),
        )
        for feed in list_aging_feeds(folder, paths)
    ]


def make_age_rules(
    rules: Iterable[ParsedRule], of_feeds: Sequence[ParsedRule], now: datetime | None = None
) -> list[AgeRule]:
    """Return what to do with what grows old, by rules of the settings and by those of feeds.

    What a feed says itself counts instead of what rules of the settings say. `now` is the present
    moment in the user's time zone; None asks the system.
    """
    now = datetime.now().astimezone() if now is None else now
    not_aged = [Not(one.query.node) for one in of_feeds if one.rule.read_after]
    not_kept = [Not(one.query.node) for one in of_feeds if one.rule.keep_unread]
    found = []
    for one in (*rules, *of_feeds):
        query = one.query._replace(sort=Sort.NEWEST)
        age, kept = one.rule.read_after, one.rule.keep_unread
        old = read_dates("before", age, Calendar(now))  # None of "" and NEVER, and before year 1
        if old is not None and not one.problem:
            nodes = old, *(() if one in of_feeds else not_aged)
            unit = age.lstrip("0123456789")
            reason = f"older than {format_count(int(age.removesuffix(unit)), _UNITS[unit])}"
            found.append(AgeRule(one, restrict_query(query, *nodes), reason))
        if kept and not one.problem:
            until = now + timedelta(seconds=1)  # also of what came this second
            nodes = Dates(None, until), *(() if one in of_feeds else not_kept)
            reason = f"beyond the newest {kept:,}"
            found.append(AgeRule(one, restrict_query(query, *nodes), reason, kept))
    return found


def find_aged(
    search: ArticleSearch, state: State, rules: Iterable[AgeRule]
) -> dict[AgeRule, list[ArticleId]]:
    """Return what each rule would mark as read now; each article is with the first that would.

    Starred articles stay, those with notes or highlights, and those whose mark `read` was ever
    given or taken. Raises LibraryError.
    """
    seen, protected = set[ArticleId](), set(search.ids(Query(_PROTECTED)))
    found: dict[AgeRule, list[ArticleId]] = {}
    for rule in rules:
        unread = islice(search.ids(restrict_query(rule.query, _UNREAD)), rule.kept, None)
        wanted = [each for each in unread if each not in protected and each not in seen]
        found[rule] = state.ids_never_marked("read", wanted)
        seen.update(found[rule])
    return found


def apply_age_rules(search: ArticleSearch, state: State, rules: Iterable[AgeRule]) -> str:
    """Mark as read what grew old, as one gesture; return what was done, as `apply_rules` does.

    Raises LibraryError.
    """
    found = {rule: ids for rule, ids in find_aged(search, state, rules).items() if ids}
    names = [f"{one.rule.rule.name} ({one.reason})" for one in found]
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    actor = f"Rule{'s' * (len(names) > 1)} {', '.join(names[:NAMED])}{more}"
    gesture = state.apply_assignments(
        [Assignment(READ, "1", Ids(each for ids in found.values() for each in ids))],
        actor=clean_line(actor, BY_LIMIT),
    )
    if gesture is None:
        return ""
    done = [f"{one.rule.rule.name}: {describe_aged(one, len(ids))}" for one, ids in found.items()]
    return f"Rule {'; rule '.join(done)}"


def describe_aged(rule: AgeRule, count: int) -> str:
    """Return what a rule did, or would do: "137 articles read, older than 14 days"."""
    return f"{format_count(count, 'article')} read, {rule.reason}"
