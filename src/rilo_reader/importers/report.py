"""What was taken in, counted (pure)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rilo_reader.text import clean_line

REASONS_KEPT = 1000
"""Reasons that are told one by one; of more there is only the number."""


class Kind(StrEnum):
    """What a file is, by what is in it; the value is what people call several of them."""

    MARKDOWN = "Markdown files"
    PAGE = "web pages"
    MAIL = "letters"
    FEED = "entries of feed files"
    OPML = "feeds"
    RECORDS = "articles of JSON lines"
    ARCHIVE = "archives"
    NEWSBOAT = "articles of newsboat"
    SEARCH = "saved searches"
    SETTING = "settings"
    MUTE = "mutes"
    OTHER = "other files"
    UNREADABLE = "files that cannot be taken"


class Reason(NamedTuple):
    """Why something was left out, or not taken as it was.

    Attributes:
        what: its name, one clean line.
        why: one sentence or part of one.
    """

    what: str
    why: str


class Tally:
    """What became of everything of one kind.

    Attributes:
        taken: how many are here now that were not.
        known: how many were here already.
        left_out: how many were not taken that should have been.
        deleted: how many the user had deleted where they come from.
        reasons: for those, and what else is to be known.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.known = 0
        self.left_out = 0
        self.deleted = 0
        self.reasons: list[Reason] = []

    def leave_out(self, what: str, why: str, count: int = 1) -> None:
        """Count what was not taken, and say why."""
        self.left_out += count
        self.tell(what, why)

    def tell(self, what: str, why: str) -> None:
        """Note what the user should know."""
        if len(self.reasons) < REASONS_KEPT:
            self.reasons.append(Reason(clean_line(what, 200), clean_line(why)))


class Report:
    """Everything that an import did, or would do."""

    def __init__(self) -> None:
        self._tallies: dict[Kind, Tally] = {}

    def of(self, kind: Kind) -> Tally:
        """The tally of one kind."""
        return self._tallies.setdefault(kind, Tally())

    @property
    def tallies(self) -> list[tuple[Kind, Tally]]:
        """What there was, in the order of the kinds."""
        return [(kind, self._tallies[kind]) for kind in Kind if kind in self._tallies]

    @property
    def done(self) -> int:
        """How many things were looked at."""
        return sum(
            each.taken + each.known + each.left_out + each.deleted
            for each in self._tallies.values()
        )

    @property
    def failed(self) -> bool:
        """Whether something that should have been taken was not."""
        return any(
            tally.left_out for kind, tally in self._tallies.items() if kind not in _MAY_BE_LEFT
        )


_MAY_BE_LEFT = frozenset({Kind.OTHER, Kind.SEARCH, Kind.SETTING, Kind.MUTE})
"""What is left out without anything having failed: pictures in a folder, keys that are not here."""
