"""Entries from files and other readers onto the shelf: only what is new, each counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.collect.articles import Origin
from rilo_reader.collect.ledger_file import CollectingError
from rilo_reader.collect.planning import Answer, Plan
from rilo_reader.collect.shelf import Saved, Shelf
from rilo_reader.entry import Entry


class Put(NamedTuple):
    """What became of entries.

    Attributes:
        ids: for each its article, in order.
        new: which of those articles were not there before.
        paths: of the files that were written, or would be.
    """

    ids: tuple[ArticleId, ...]
    new: frozenset[ArticleId]
    paths: tuple[str, ...]


class Putter:
    """Puts entries on a shelf. What is there already stays: its feed may know better since."""

    def __init__(self, shelf: Shelf, now: datetime, *, dry_run: bool) -> None:
        """Over an open shelf; `now` is the time of what has no date."""
        self._shelf = shelf
        self._now = now
        self._dry_run = dry_run
        self._counted: set[ArticleId] = set()

    def put(self, origin: Origin, entries: Sequence[Entry], now: datetime | None = None) -> Put:
        """Make articles of the entries that are none yet.

        Args:
            origin: where they come from.
            entries: cleaned.
            now: the time of those that have no date, where that is not when this runs.

        Raises:
            CollectingError: not everything could be kept; what was is whole, the rest absent.
        """
        return self.put_all([(origin, entries)], now)[0]

    def put_all(
        self, answers: Sequence[tuple[Origin, Sequence[Entry]]], now: datetime | None = None
    ) -> list[Put]:
        """The same for entries of several feeds, so that the disk is waited for once.

        Args:
            answers: origins and their entries; no feed is among them twice.
            now: see `put`.

        Raises:
            CollectingError: see `put`.
        """
        plans = []
        for origin, entries in answers:
            plan = self._shelf.plan(Answer(origin, entries), now or self._now)
            jobs = tuple(job for job in plan.jobs if job.is_new)
            plans.append(replace(plan, jobs=jobs).written_out())
        outcomes = self._shelf.carry_out_all(
            [(plan, lambda feed: feed) for plan in plans], dry_run=self._dry_run
        )
        return [self._put(plan, saved) for plan, saved in zip(plans, outcomes, strict=True)]

    def _put(self, plan: Plan, saved: Saved | CollectingError) -> Put:
        if isinstance(saved, CollectingError):
            raise saved
        new = frozenset(job.record.id for job in plan.jobs) - self._counted
        self._counted |= new
        return Put(plan.ids, new, (*saved.new, *saved.updated))
