"""Exchange marks with other devices while a verb of the command line runs."""

from __future__ import annotations

from rilo_reader.cli.output import PROGRAM
from rilo_reader.cli.printing import show_waiting
from rilo_reader.hooks import ExchangeResult
from rilo_reader.paths import user_paths
from rilo_reader.plugins.devices.carrier import Carrier
from rilo_reader.plugins.devices.messages import RENEWED_TEXT, describe_quarantined
from rilo_reader.plugins.devices.sync import make_sync
from rilo_reader.store.state import State

LOCK_TIMEOUT = 1.0
"""Seconds that a verb waits for another process that syncs; marks are carried the next time."""

READ_TIMEOUT = 0.5  # seconds after which a verb leaves the rest of the journals for the next time

_MORE_TEXT = (
    "Your other devices sent more changes; they are read next time. To read them all now: "
    f"{PROGRAM} sync now"
)


def exchange_marks(marks: State, reading: float = READ_TIMEOUT) -> ExchangeResult:
    """Import changes of other devices, and write those of this one.

    If there is a problem, changes of this device wait. After `reading` seconds, the rest of the
    journals is left for the next time.
    """
    with show_waiting("Reading changes from your other devices …"):
        report = make_sync(marks, Carrier(marks, user_paths()), LOCK_TIMEOUT).sync_now(reading)
    sentences = (
        f"Not synced: {report.problem}" if report.problem else "",
        RENEWED_TEXT if report.is_renewed else "",
        report.clock_correction.message if report.clock_correction else "",
        *describe_quarantined(marks.journals, report.greatest_future_stamp),
        *(change.sentence for change in report.file_changes),
        "" if report.is_whole else _MORE_TEXT,
    )
    messages = tuple(filter(None, sentences))
    return ExchangeResult(report.changed_count > 0, messages, has_failed=bool(report.problem))
