"""What to tell the user of lines that were set aside, and of changes that are dated ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from rilo_reader.dates import format_date
from rilo_reader.store.journals import Journals, QuarantinedLines
from rilo_reader.text import clean_line, format_count

RENEWED = "Another program changed this device's journal, so a new one was started."

MOST = 3
"""Sentences on lines that were set aside; of more it is said where they are."""


def sentences(journals: Journals, ahead: int) -> list[str]:
    """What is set aside of other devices here, and that others set aside what is dated `ahead`."""
    names = {known.device.id: known.device.name for known in journals.list_devices()}
    said = aside_sentences(journals.list_quarantined(), names.get)
    return [*said, ahead_sentence(ahead)] if ahead else said


def aside_sentences(
    asides: Iterable[QuarantinedLines], name_of: Callable[[str], str | None] = str
) -> list[str]:
    """A sentence for each reason of each device, the first few; `name_of` names a device."""
    lines: dict[tuple[str, str], QuarantinedLines] = {}
    for aside in asides:
        key = aside.path.partition("/")[0], aside.kind
        before = lines.get(key, aside._replace(line_count=0))
        due = max(before.retry_at, aside.retry_at)
        lines[key] = before._replace(line_count=before.line_count + aside.line_count, retry_at=due)
    said = [
        f"Quarantined, from {clean_line(name_of(folder) or folder)}: {reason_of(aside)}."
        for (folder, _), aside in lines.items()
    ]
    more = ["More is quarantined: rilo-reader sync status"] if len(said) > MOST else []
    return said[:MOST] + more


def ahead_sentence(ahead: int) -> str:
    """That changes of this device are dated up to a time in ms since 1970 which is to come."""
    return (
        f"Changes of this device are dated up to {day(ahead)}, which is ahead of the clock, so "
        f"other "
        f"devices quarantine them. If the clock is now right, give them new dates: rilo-reader "
        f"sync on"
    )


def reason_of(aside: QuarantinedLines) -> str:
    """Why lines were set aside, and when they will be applied, as a clause."""
    lines = format_count(aside.line_count, "line")
    if aside.kind == "ahead":
        due = day(aside.retry_at)
        return f"{lines} from a clock that is more than a day ahead; applied from {due}"
    if aside.kind == "field":
        # Names of fields come as another device wrote them.
        fields = clean_line(aside.detail.replace("\t", ", "))
        return f"{lines} from a newer rilo-reader ({fields}); applied once you update"
    if aside.kind == "version":
        return "a file from a newer rilo-reader; read once you update"
    return f"{lines} that cannot be read: {clean_line(aside.detail).rstrip('.')}"


def moment(milliseconds: int) -> datetime | None:
    """A time of a journal, None for 0; one that no calendar has is the last there is."""
    if not milliseconds:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def day(milliseconds: int) -> str:
    """A time of a journal as a day and a time, "" for 0."""
    when = moment(milliseconds)
    return format_date(when, False, form="iso") if when else ""
