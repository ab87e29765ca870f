"""The report of an import (pure)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rilo_reader.errors import NotReadableError
from rilo_reader.text import clean_line, redact_address

REASONS_KEPT = 1000  # maximum number of reasons that are kept; others are only counted


class ContentKind(StrEnum):
    """The kind of a file, by its content; the value is its plural for users."""

    MARKDOWN = "Markdown files"
    PICTURE = "pictures"
    PAGE = "web pages"
    MAIL = "mail messages"
    FEED = "feed entries"
    OPML = "feeds"
    RECORDS = "JSON Lines articles"
    SAVED = "saved articles"
    HIGHLIGHT = "highlights"
    ARCHIVE = "archives"
    NEWSBOAT = "newsboat articles"
    SEARCH = "saved searches"
    SETTING = "settings"
    MUTE = "mutes"
    OTHER = "other files"
    UNREADABLE = "files that cannot be imported"


def describe_error(error: NotReadableError | OSError) -> str:
    """Return why an input cannot be read."""
    reason = error.reason if isinstance(error, NotReadableError) else error.strerror
    return reason or "it cannot be read"


class ImportReason(NamedTuple):
    """Something that was skipped or changed, and why."""

    what: str
    why: str  # a sentence or a part of one


class KindTally:
    """The results for one kind."""

    def __init__(self) -> None:
        self.taken = 0  # number of new things
        self.known = 0  # number of things that existed before
        self.left_out = 0  # number of things that were skipped but should not have been
        self.deleted = 0  # number of things that the user had deleted at their origin
        self.reasons: list[ImportReason] = []  # reasons for these, and other remarks

    def add_counts(self, total: int, new: int) -> None:
        """Count `total` things, of which `new` did not exist before."""
        self.taken += new
        self.known += total - new

    def skip(self, what: str, why: str, count: int = 1) -> None:
        """Count something skipped, with the reason."""
        self.left_out += count
        self.add_remark(what, why)

    def add_remark(self, what: str, why: str) -> None:
        """Add a remark for the user."""
        if len(self.reasons) < REASONS_KEPT:
            self.reasons.append(
                ImportReason(clean_line(redact_address(what), 200), clean_line(redact_address(why)))
            )


class ImportReport:
    """The results of an import, or of a dry run."""

    def __init__(self) -> None:
        self._tallies: dict[ContentKind, KindTally] = {}

    def tally_of(self, kind: ContentKind) -> KindTally:
        """Return the tally of a kind."""
        return self._tallies.setdefault(kind, KindTally())

    @property
    def non_empty_tallies(self) -> list[tuple[ContentKind, KindTally]]:
        """Return the tallies that are not empty, by kind."""
        return [(kind, self._tallies[kind]) for kind in ContentKind if kind in self._tallies]

    @property
    def processed_count(self) -> int:
        """The number of things that were processed."""
        return sum(
            each.taken + each.known + each.left_out + each.deleted
            for each in self._tallies.values()
        )

    @property
    def has_failed(self) -> bool:
        """True if something was skipped that should not have been."""
        return any(
            tally.left_out for kind, tally in self._tallies.items() if kind not in _MAY_BE_LEFT
        )


_MAY_BE_LEFT = frozenset(
    {
        ContentKind.OTHER,
        ContentKind.SEARCH,
        ContentKind.SETTING,
        ContentKind.MUTE,
        ContentKind.SAVED,
        ContentKind.HIGHLIGHT,
    }
)
"""Kinds that may be skipped without a failure: images in a folder, unsupported keys, bookmarks of
no page, highlights of articles that are elsewhere."""
