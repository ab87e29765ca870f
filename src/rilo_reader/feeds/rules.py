"""Apply the user's rules to the articles that arrive, once to each.

    the ledger records new articles          in the transaction that records their files
    the index adds them                      so a rule matches what `search` finds
    for each rule: search.ids(query, among)  as the marks were before any of them
    library.state.apply_assignments(batch=…) one gesture for all rules
    ledger.clear_arrived()

Killed before the gesture, the next refresh does it; killed after it, the name of the batch, which
is in the transaction of the gesture, says that it is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.config import ArrivalRule, SavedSearch, queries_by_name
from rilo_reader.feeds.ledger import Ledger
from rilo_reader.library import Library
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import BY_LIMIT, READ, STARRED, TAG, Marks
from rilo_reader.text import clean_line


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

    def describe_changes(self, marks: Marks) -> list[str]:
        """Return what the rule would change of an article with these marks, in words."""
        has = {READ: marks.read, STARRED: marks.starred, **{TAG + tag: True for tag in marks.tags}}
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
    found = {each: list(search(each.query, arrived)) for each in rules if not each.problem}
    ids_by_field: dict[str, dict[ArticleId, None]] = {}
    for rule, ids in found.items():
        for field in rule.fields:
            ids_by_field.setdefault(field, {}).update(dict.fromkeys(ids))
    names = [each.rule.name for each, ids in found.items() if ids]
    gesture = library.state.apply_assignments(
        [Assignment(field, "1", Ids(ids)) for field, ids in ids_by_field.items()],
        actor=clean_line(f"Rule{'s' * (len(names) > 1)} {', '.join(names)}", BY_LIMIT),
        batch=hashlib.sha256("\0".join(arrived).encode(errors="replace")).hexdigest(),
    )
    with ledger.transaction():
        ledger.clear_arrived()
    if gesture is None:
        return ""
    changed = {each.field: set(each.ids) for each in gesture.assignments}
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
