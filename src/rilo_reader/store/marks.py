"""Marks of articles: their fields and values, the stamps that order them, and the limits."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple, NewType

from rilo_reader.article import ArticleId
from rilo_reader.text import clean_line, lazy_re

Stamp = NewType("Stamp", int)
"""A reading of a hybrid logical clock: milliseconds since 1970 in the upper 48 of 64 bits, a
counter in the lower 16.

Source: Kulkarni et al., "Logical Physical Clocks", 2014.
"""


def to_milliseconds(stamp: int) -> int:
    """The time of a stamp, in milliseconds since 1970."""
    return stamp >> 16


def stamp_at(time: int) -> Stamp:
    """The earliest stamp of a time in milliseconds since 1970."""
    return Stamp(time << 16)


def parse_stamp(text: str) -> Stamp | None:
    """The stamp that is written as 16 hexadecimal digits, None if that is not one."""
    if not _STAMP.fullmatch(text) or not 0 < int(text, 16) < 1 << 63:
        return None
    return Stamp(int(text, 16))


_STAMP = lazy_re("[0-9a-fA-F]{16}")

AHEAD = 24 * 60 * 60 * 1000
"""Milliseconds by which a stamp may be ahead of a device's clock and still be followed."""

NO_STAMP = Stamp(0)
BEGINNING = Stamp(1)
"""The stamp of marks that are older than gestures: every gesture is newer."""

READ = "read"
STARRED = "starred"
POSITION = "position"
MOVED = "moved"
TAG = "tag:"
EDITED = "edited:"
HIGHLIGHT = "highlight:"
NOTE = "note:"
AGREED = "agreed:"
REUSED_PATH = "anew:"
DATED = "dated:"
FEED = "feed:"
SETTING = "setting:"
"""Names of fields, and beginnings of names that end in a tag, in a digest, in the id of a
highlight, in an account and a mark, or in a number.

The value of `read`, `starred` and `tag:NAME` is "1" or "0"; of `edited:DIGEST` "1" where the text
became that one after it was read, "0" once the user has seen that; of `position` a number of
visible characters; of `moved` the article's new id; of `highlight:ID` a JSON object, of `note:ID` a
text. An empty text means that there is none, or none any more. `agreed:ACCOUNT:MARK` is "1" or "0"
as the mark was when a library and an account at a feed service agreed on it last. `anew:NUMBER` is
"1" where a path has another article than before, whose marks are those of `PATH//NUMBER`.
`dated:STAMP` is "1" where the stamp that is given in place of an article was a mistake of a clock:
whatever has it, wherever it lies, counts as having STAMP. `feed:NAME` and `setting:NAME` are texts
about a feed or a row of the settings, whose name is given in place of an article.
"""

TEXTS = (HIGHLIGHT, NOTE, FEED, SETTING)
"""Fields with a text: an undo restores what was there before."""

NO_ARTICLES = (FEED, SETTING)
"""Fields of the user's files, which are about no article and leave the user's devices for none."""

FOLLOWED = f"{FEED}followed"
TEXT_LIMIT = 10_000  # characters of a value of these


_NUMBER = lazy_re("0|[1-9][0-9]{0,11}")


def is_known(field: str) -> bool:
    """Return whether this version knows what a field means; others are passed over."""
    return field in {READ, STARRED, POSITION, MOVED} or field.startswith(
        (TAG, EDITED, AGREED, REUSED_PATH, DATED, *TEXTS)
    )


def find_fault(field: str, value: str) -> str:
    """Return why a value cannot be one of a known field; "" if it can."""
    name = field.partition(":")[2]
    # A tag of long ago may have any name, and must go.
    if field in {AGREED, EDITED} or (
        field.startswith(TAG) and (not name or (value != "0" and clean_line(name) != name))
    ):
        return "The name of its tag, text or account is empty, too long, or has control characters."
    if (field in {READ, STARRED} or field.startswith((TAG, EDITED, AGREED))) and value not in (
        "0",
        "1",
    ):
        return f"The value of {field} is neither 0 nor 1."
    if field == POSITION and not _NUMBER.fullmatch(value):
        return "Its position is not a number."
    is_named = parse_stamp(name) if field.startswith(DATED) else _NUMBER.fullmatch(name)
    if field.startswith((REUSED_PATH, DATED)) and (value != "1" or not is_named):
        return f"{clean_line(field)} is not a number with the value 1."
    if field == MOVED and not value:
        return "The new name of its article is empty."
    is_long = field.startswith(NO_ARTICLES) and len(field) + len(value) > TEXT_LIMIT
    return "It is too long." if is_long else ""


def is_valid(field: str, value: str) -> bool:
    """Return whether a field is known here, and may have a value."""
    return is_known(field) and not find_fault(field, value)


BY_LIMIT = 200
"""Characters of who did a gesture, at most."""


# -- marks and changes of them --------------------------------------------------------------------

Flag = Literal["read", "starred"]
"""A mark that is either set or not."""


class Marks(NamedTuple):
    """The user's marks of one article."""

    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()  # the user's, sorted
    # how far it was read, as the number of visible characters above the top line, which does not
    # depend on the width of the screen
    position: int = 0
    opened: datetime | None = None  # when it was last opened (UTC), or None
    is_edited: bool = False  # whether its text was changed since it was read


NO_MARKS = Marks()


class LastSession(NamedTuple):
    """The article and query that were open when a library was last closed."""

    article: ArticleId | None = None
    query: str = ""


# -- the clock, and how much is kept --------------------------------------------------------------


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class HistoryLimits(NamedTuple):
    """Limits of the history that is kept; of each device at least the newest gesture."""

    gestures: int = 1_000  # of each device as many as this, and those that are newer than `days`
    days: int = 90
    size: int = 64_000_000  # bytes for each device


class GestureContext(NamedTuple):
    """The clock, limits and progress that gestures depend on beside their transaction."""

    clock: Callable[[], int] = wall_clock  # the time, in milliseconds since 1970
    limits: HistoryLimits = HistoryLimits()  # how much history is kept
    # told how many values of how many are written
    on_progress: Callable[[int, int], None] = lambda done, total: None
