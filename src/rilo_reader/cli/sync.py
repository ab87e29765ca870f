"""`sync`: share what you do with articles between your devices, through a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.cli.journals import opened_state, sync_of
from rilo_reader.cli.libraries import place
from rilo_reader.cli.output import (
    PROGRAM,
    Output,
    Piece,
    Style,
    UsageError,
    errors,
    output,
    size_text,
)
from rilo_reader.store.sync_records import NAME_LIMIT
from rilo_reader.sync.segments import IN_LIBRARY
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.library.note_files import NotesReport
    from rilo_reader.store.gestures import Aside
    from rilo_reader.sync.devices import DeviceStatus, Status
    from rilo_reader.sync.sync import Sync, SyncReport

ACTIONS = ("on", "off", "status", "now", "forget")
LONG_PATIENCE = 10.0
"""Seconds to wait for another process that syncs, where the user asked for a sync."""


def run(options: Options) -> int:
    """Turn sync on or off, sync, or say how it stands; return the exit code."""
    action, device = options.action, options.device
    if action not in ACTIONS:
        raise UsageError(f"sync takes {', '.join(ACTIONS)}. See {PROGRAM} sync --help")
    if (action == "forget") != bool(device):
        wrong = "needs a device" if action == "forget" else f"takes no '{device}'"
        raise UsageError(f"sync {action} {wrong}. The devices: {PROGRAM} sync status")
    for option, given in (("--folder", options.folder), ("--name", options.name)):
        if given is not None and action != "on":
            raise UsageError(f"{option} is of sync on. See {PROGRAM} sync --help")
    if options.json and action != "status":
        raise UsageError(f"--json is of sync status. See {PROGRAM} sync --help")
    with _opened(options.library) as (library, sync):
        if action == "status":
            return _status(sync.status(), as_json=options.json)
        if action == "off":
            return _off(sync)
        if action == "on":
            folder = Path(options.folder).expanduser() if options.folder else library / IN_LIBRARY
            return _on(sync, folder.absolute(), _device_name(options.name))
        return _forget(sync, device) if device else _now(sync, options.library)


@contextmanager
def _opened(name: str | None) -> Iterator[tuple[Path, Sync]]:
    """The library of a verb, and its journals; the index is not needed.

    Raises:
        LibraryError: the folder is not there, or its marks cannot be read.
    """
    from rilo_reader.library import LibraryError
    from rilo_reader.library.library import marks_file

    where = place(name)
    folder = where.folder.resolve()
    if not folder.is_dir():
        raise LibraryError(f"The folder {folder} is not there yet. To begin: {PROGRAM} add URL")
    file = marks_file(folder, where.paths)
    with opened_state(file) as state:
        for notice in state.notices:
            errors().line(notice)
        yield folder, sync_of(state, file, wait=LONG_PATIENCE)


# -- actions --------------------------------------------------------------------------------------


def _device_name(given: str | None) -> str:
    """The name that was given to this device, "" if none was.

    Raises:
        UsageError: it is no line of text, or too long.
    """
    if given is None:
        return ""
    name = clean_line(given).strip()
    if not 0 < len(name) <= NAME_LIMIT:
        raise UsageError(f"--name takes a name of 1 to {NAME_LIMIT} characters")
    return name


def _on(sync: Sync, folder: Path, name: str) -> int:
    report = sync.turn_on(folder, name)
    if not report.problem:
        output().line(f"Sync is on: what you do with articles travels in {folder}.")
    return _report(report)


def _off(sync: Sync) -> int:
    folder = sync.status().folder
    sync.turn_off()
    kept = f" {folder} stays as it is." if folder else ""
    output().line(f"Sync is off.{kept}")
    return 0


def _now(sync: Sync, name: str | None) -> int:
    if sync.status().folder is None:
        errors().complain(f"sync is off. To turn it on: {PROGRAM} sync on")
        return 1
    code = _report(sync.sync_now())
    notes = _update_notes(name)
    if notes.taken:
        # What the user wrote into notes is gestures now, which travel too.
        code = _report(sync.sync_now()) or code
    code = code or int(bool(notes.problems))
    compaction = sync.compact() if code == 0 else None
    if compaction and compaction.before:
        saved = size_text(compaction.before - compaction.after)
        output().line(f"{saved} of superseded lines are gone from this device's journal.")
    return code


def _update_notes(name: str | None) -> NotesReport:
    """Bring the notes of the library in step."""
    from rilo_reader.cli.highlights import write_notes
    from rilo_reader.library import open_library

    where = place(name)
    with open_library(where.folder, where.paths, drafts=where.config.drafts) as library:
        return write_notes(library)


def _forget(sync: Sync, text: str) -> int:
    """Forget the device of an id or a name."""
    found = [each.device for each in sync.status().devices if text in each.device]
    if len(found) > 1:
        raise UsageError(f"{len(found)} devices have the name {text}; name one by its id")
    device = found[0] if found else None
    report = sync.forget(device.id if device else text)
    if not report.problem and device:
        output().line(f"{device.name} is forgotten; what was done on it stays.")
    return _report(report)


def _report(report: SyncReport) -> int:
    """Print what a sync did; return the exit code."""
    if report.renewed:
        output().line("This device's journal was not as it had left it; it has a new one.")
    if report.problem:
        errors().complain(report.problem)
        return 1
    sent = f"{report.written:,} gesture{'' if report.written == 1 else 's'} sent"
    changed = f"{report.changed:,} article{'' if report.changed == 1 else 's'} changed"
    output().line(f"{sent}, {report.read:,} line{'' if report.read == 1 else 's'} read, {changed}.")
    return 0


# -- status ---------------------------------------------------------------------------------------


def _status(status: Status, *, as_json: bool) -> int:
    out = output()
    if as_json:
        out.json(_record(status))
        return 1 if status.problem else 0
    if status.folder is None:
        out.line(f"Sync is off. To turn it on: {PROGRAM} sync on")
        return 0
    out.line(f"Sync is on, in {status.folder} ({size_text(status.size)}).")
    if status.waiting:
        wait = (
            "gesture of this device waits"
            if status.waiting == 1
            else "gestures of this device wait"
        )
        out.line(f"{status.waiting:,} {wait} to be written.")
    for each in status.devices:
        _print_device(out, each)
    for aside in status.aside:
        out.line(f"Put aside: {_reason(aside)} ({clean_line(aside.path)})")
    if status.problem:
        errors().complain(status.problem)
        return 1
    return 0


def _print_device(out: Output, each: DeviceStatus) -> None:
    from rilo_reader.dates import human

    if each.is_this:
        heard = "this device"
    else:
        heard = f"heard {human(_moment(each.heard), False)}" if each.heard else "not heard yet"
    lines = f"{each.read:,} line{'' if each.read == 1 else 's'}"
    waiting = f", {each.waiting:,} not read yet" if each.waiting else ""
    details = f"  {each.device.id}: {heard}, {lines}{waiting}, {size_text(each.size)}"
    out.line(Piece(each.device.name, Style.BOLD), details)


def _reason(aside: Aside) -> str:
    from rilo_reader.dates import human

    lines = f"{aside.lines:,} line{'' if aside.lines == 1 else 's'}"
    if aside.kind == "ahead":
        due = human(_moment(aside.due), False, form="iso")
        return f"{lines} of a clock that is more than a day ahead; applied from {due}"
    if aside.kind == "field":
        # Names of fields come as another device wrote them.
        fields = clean_line(aside.detail.replace("\t", ", "))
        return f"{lines} of a later version of {PROGRAM} ({fields}); applied once this one knows it"
    if aside.kind == "version":
        return f"a file of a later version of {PROGRAM}; read once this one knows it"
    return f"{lines} that cannot be read: {clean_line(aside.detail)}"


def _record(status: Status) -> dict[str, object]:
    return {
        "folder": None if status.folder is None else str(status.folder),
        "device": status.device.id,
        "waiting": status.waiting,
        "size": status.size,
        "problem": status.problem,
        "devices": [
            {
                "id": each.device.id,
                "name": each.device.name,
                "this": each.is_this,
                "heard": _moment(each.heard).isoformat() if each.heard else None,
                "files": each.segments,
                "size": each.size,
                "read": each.read,
                "waiting": each.waiting,
            }
            for each in status.devices
        ],
        "aside": [
            {
                "path": aside.path,
                "why": aside.kind,
                "lines": aside.lines,
                "due": _moment(aside.due).isoformat() if aside.due else None,
                "detail": aside.detail,
            }
            for aside in status.aside
        ],
    }


def _moment(milliseconds: int) -> datetime:
    """A time of a journal; one that no calendar has is the last there is."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)
