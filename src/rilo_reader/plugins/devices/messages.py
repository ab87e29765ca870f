"""Sentences on lines that were quarantined, and on changes that are dated ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from rilo_reader.dates import format_date
from rilo_reader.store.journal_tables import QuarantinedLines
from rilo_reader.store.journals import Journals
from rilo_reader.text import clean_line, format_count

RENEWED_TEXT = "Another program changed this device's journal, so a new one was started."

MAX_SENTENCES = 3
"""Sentences on quarantined lines; one more says where to see the rest."""


def describe_quarantined(journals: Journals, ahead: int) -> list[str]:
    """Return sentences on quarantined lines, and on changes that are dated `ahead`."""
    names = {device.id: device.name for device, _ in journals.devices.list_others()}
    own = f"{journals.devices.ensure_own().id}/"
    # Dates of this device were corrected; copies of before, which programs keep, are no news.
    asides = (
        aside
        for aside in journals.quarantine.read()
        if aside.kind != "ahead" or not aside.path.startswith(own)
    )
    sentences = describe_quarantined_lines(asides, names.get)
    return [*sentences, describe_future_stamp(ahead)] if ahead else sentences


def describe_quarantined_lines(
    asides: Iterable[QuarantinedLines], name_of: Callable[[str], str | None] = str
) -> list[str]:
    """A sentence for each reason of each device, the first few; `name_of` names a device."""
    lines: dict[tuple[str, str], QuarantinedLines] = {}
    for aside in asides:
        key = aside.path.partition("/")[0], aside.kind
        before = lines.get(key, aside._replace(line_count=0))
        due = max(before.retry_at, aside.retry_at)
        lines[key] = before._replace(line_count=before.line_count + aside.line_count, retry_at=due)
    sentences = [
        f"Quarantined, from {clean_line(name_of(folder) or folder)}: {describe_reason(aside)}."
        for (folder, _), aside in lines.items()
    ]
    more = (
        ["More is quarantined: rilo-reader sync status"] if len(sentences) > MAX_SENTENCES else []
    )
    return sentences[:MAX_SENTENCES] + more


def describe_future_stamp(ahead: int) -> str:
    """Warn that changes of this device are dated up to a future time, in ms since 1970."""
    return (
        f"Changes of this device are dated up to {format_moment(ahead)}, which is ahead of the "
        "clock, so other devices quarantine them. If the clock is now right, give them new dates: "
        "rilo-reader sync on"
    )


def describe_reason(aside: QuarantinedLines) -> str:
    """Return as a clause why lines were quarantined, and when they will be applied."""
    lines = format_count(aside.line_count, "line")
    if aside.kind == "ahead":
        due = format_moment(aside.retry_at)
        return f"{lines} from a clock that is more than a day ahead; applied from {due}"
    if aside.kind == "field":
        # Names of fields come as another device wrote them.
        fields = clean_line(aside.detail.replace("\t", ", "))
        return f"{lines} from a newer rilo-reader ({fields}); applied once you update"
    if aside.kind == "version":
        return "a file from a newer rilo-reader; read once you update"
    return f"{lines} that cannot be read: {clean_line(aside.detail).rstrip('.')}"


def to_datetime(milliseconds: int) -> datetime | None:
    """A time of a journal, None for 0; one that no calendar has is the last there is."""
    if not milliseconds:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def format_moment(milliseconds: int) -> str:
    """A time of a journal as a day and a time, "" for 0."""
    when = to_datetime(milliseconds)
    return format_date(when, False, form="iso") if when else ""
