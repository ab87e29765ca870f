"""Mutes and saved searches of the settings as queries (pure)."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from rilo_reader.config import Mute, SavedSearch
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query

EVERYTHING = "it would hide every article"


class ActiveMutes(NamedTuple):
    """The mutes in effect on a day."""

    day: date
    mutes: tuple[Mute, ...] = ()  # the valid mutes in effect, as in the settings
    queries: tuple[Query, ...] = ()
    problems: tuple[str, ...] = ()  # one sentence for each invalid mute, which hides nothing


def select_active_mutes(mutes: Iterable[Mute], day: date) -> ActiveMutes:
    """Select and parse the mutes that are in effect on a day."""
    reasons = [(mute, find_mute_fault(mute.query)) for mute in mutes]
    active = tuple(mute for mute, reason in reasons if not reason and mute.is_active(day))
    problems = tuple(
        f'The mute "{mute.query}" is ignored: {reason}.' for mute, reason in reasons if reason
    )
    return ActiveMutes(day, active, tuple(parse(mute.query) for mute in active), problems)


def find_mute_fault(query: str) -> str:
    """Say why a query cannot be a mute, without a full stop; "" if it can."""
    found = parse(query)
    if found.faults:
        reason = found.faults[0].reason.rstrip(".")
        return reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason
    return EVERYTHING if found.is_everything else ""


def search_problems(
    searches: Iterable[SavedSearch], label: str = "saved search"
) -> tuple[str, ...]:
    """One sentence for each saved search, or another `label` of query, with a fault."""
    return tuple(
        f'The {label} "{search.name}": {found.faults[0].reason}'
        for search in searches
        if (found := parse(search.query)).faults
    )
