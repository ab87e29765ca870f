"""Mutes of the settings as queries: which hold, and which cannot be understood (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from rilo_reader.config import Mute, SavedSearch
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query

EVERYTHING = "it would hide every article"


class Muting(NamedTuple):
    """What is muted on a day.

    Attributes:
        day: the day.
        mutes: those that hold and can be understood, as in the settings.
        queries: the query of each.
        problems: one sentence for each that cannot be understood; it hides nothing.
    """

    day: date
    mutes: tuple[Mute, ...] = ()
    queries: tuple[Query, ...] = ()
    problems: tuple[str, ...] = ()


def muting(mutes: Iterable[Mute], day: date) -> Muting:
    """What the mutes of the settings hide on a day."""
    held: list[Mute] = []
    queries: list[Query] = []
    problems: list[str] = []
    for mute in mutes:
        reason = fault_of(mute.query)
        if reason:
            problems.append(f'The mute "{mute.query}" hides nothing: {reason}.')
        elif mute.holds(day):
            held.append(mute)
            queries.append(parse(mute.query))
    return Muting(day, tuple(held), tuple(queries), tuple(problems))


def fault_of(query: str) -> str:
    """Why a query cannot be muted, without a full stop; "" where it can."""
    found = parse(query)
    if found.faults:
        reason = found.faults[0].reason.rstrip(".")
        return reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason
    return EVERYTHING if found.is_everything else ""


def search_problems(searches: Iterable[SavedSearch]) -> tuple[str, ...]:
    """One sentence for each saved search that cannot be understood as it stands."""
    return tuple(
        f'The saved search "{search.name}": {found.faults[0].reason}'
        for search in searches
        if (found := parse(search.query)).faults
    )


def by_name(searches: Iterable[SavedSearch]) -> Mapping[str, str]:
    """The saved searches, name -> query, as `parse` wants them."""
    return {search.name: search.query for search in searches}
