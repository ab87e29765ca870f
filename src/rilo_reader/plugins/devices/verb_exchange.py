"""Marks that come from other devices and go there while a verb of the command line runs."""

from __future__ import annotations

from rilo_reader.cli.output import PROGRAM
from rilo_reader.cli.printing import show_waiting
from rilo_reader.hooks import ExchangeResult
from rilo_reader.paths import user_paths
from rilo_reader.plugins.devices.carrier import Carrier
from rilo_reader.plugins.devices.messages import RENEWED_TEXT, describe_quarantined
from rilo_reader.plugins.devices.sync import make_sync
from rilo_reader.store.state import State

PATIENCE = 1.0
"""Seconds that a verb waits for another process that syncs; marks are carried the next time."""

READING = 0.5  # seconds after which a verb leaves the rest of the journals for the next time


def exchange_marks(marks: State, reading: float = READING) -> ExchangeResult:
    """Apply what other devices did and write what was done here.

    What was done here waits where there is a problem, and so does what is left for the next time,
    `reading` seconds having passed.
    """
    with show_waiting("Reading changes from your other devices …"):
        report = make_sync(marks, Carrier(marks, user_paths()), PATIENCE).sync_now(reading)
    told = (
        f"Not synced: {report.problem}" if report.problem else "",
        RENEWED_TEXT if report.is_renewed else "",
        report.clock_correction.message if report.clock_correction else "",
        *describe_quarantined(marks.journals, report.greatest_future_stamp),
        *(came.sentence for came in report.file_changes),
        ""
        if report.is_whole
        else f"Your other devices sent more changes; they are read next time. To read them all "
        f"now: {PROGRAM} sync now",
    )
    return ExchangeResult(
        report.changed_count > 0, tuple(filter(None, told)), has_failed=bool(report.problem)
    )
