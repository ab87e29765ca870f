"""`sync`: share your marks and notes between your devices, through a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rilo_reader.cli.arguments import (
    ExchangePlugin,
    choose_writable,
    print_exchange,
    print_notices,
    save_refusal,
)
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import (
    PROGRAM,
    OutputStyle,
    StyledText,
    UsageError,
    errors,
    format_size,
    output,
)
from rilo_reader.cli.printing import ask_user, can_ask, pick_values, show_waiting
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.dates import format_date
from rilo_reader.library import LibraryError
from rilo_reader.paths import expand_path, marks_file
from rilo_reader.plugin_list import plugins_with
from rilo_reader.plugins.devices.carrier import Carrier
from rilo_reader.plugins.devices.messages import (
    RENEWED_TEXT,
    describe_future_stamp,
    describe_quarantined,
    describe_reason,
    format_moment,
    to_datetime,
)
from rilo_reader.plugins.devices.segments import IN_LIBRARY, JOURNALS
from rilo_reader.plugins.devices.sync import (
    JournalSync,
    SyncReport,
    SyncStatus,
    describe_problem,
    make_sync,
)
from rilo_reader.store.devices import NAME_LIMIT
from rilo_reader.store.state import open_state
from rilo_reader.text import clean_line, format_count

ACTIONS = ("on", "off", "status", "now", "forget")


class SyncVerb(Verb):
    """Sync your marks and notes between your devices."""

    library_help = "the library, instead of yours"
    usage = """\
rilo-reader sync on [--folder DIR] [--name NAME] [--feeds|--no-feeds]
                           [--library FOLDER]
       rilo-reader sync off | now | status [--json] | forget DEVICE|--old"""
    about = """
Sync your marks and notes between your devices, through a shared folder.

Syncthing, Nextcloud, git or a USB stick carries the folder. It gets what you
read, your stars, tags, positions, highlights and notes, and with --feeds the
feeds that you follow. Nothing is written there until you turn sync on, once on
each device. If two devices change the same thing, the later change wins.

Actions:
  on              start: in DIR, else the folder used before, else .rilo in the
                  library
  off             stop; keep the folder and all marks
  now             send your new changes, and read those of other devices
  status          show the devices, waiting changes, and why changes were
                  quarantined
  forget DEVICE   remove a device that you no longer have; keep its changes
"""
    examples = (
        "rilo-reader sync on",
        "rilo-reader sync on --folder ~/Nextcloud/rilo",
        "rilo-reader sync status",
    )
    exit_codes = """0 done; 1 failed, also if the folder cannot be used (your changes are kept and
sent later); 2 wrong usage."""

    action: str = argument("ACTION", "see above", nargs="?", default="", offers=ACTIONS)
    device: str | None = argument("DEVICE", "its id or its name", nargs="?")
    folder: str | None = option(
        "--folder DIR",
        "the folder to share, instead of .rilo in the library: for programs that skip hidden "
        "folders, or do not sync the library",
    )
    name: str | None = option("--name NAME", "what to call this device, instead of its host name")
    feeds: bool = flag(
        "--feeds",
        "sync the feeds that you follow too, without passwords, headers and commands; on a "
        "terminal you are asked once",
    )
    no_feeds: bool = flag("--no-feeds", "do not sync feeds; what came stays")
    old: bool = flag(
        "--old",
        "forget every device that has the same name as one seen later; copies and restored backups "
        "leave such devices behind",
    )
    json: bool = flag(
        "--json",
        "one JSON object: folder, device, waiting, size, problem, feeds, ahead, "
        "dated_anew; devices of id, name, this, heard, files, size, read, waiting; aside of "
        "device, why, due, path, lines, detail",
    )

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return self.action != "status"

    def run(self) -> int:
        """Turn sync on or off, sync, or print the status; return the exit code."""
        action, device = self.action, self.device
        on = dict.fromkeys(("folder", "name", "feeds", "no_feeds"), ("on",))
        self.check_action(action, ACTIONS, {**on, "json": ("status",), "old": ("forget",)})
        if self.feeds and self.no_feeds:
            raise UsageError("sync on takes --feeds or --no-feeds, not both")
        if (action == "forget" and not self.old) != bool(device):
            wrong = f"takes no '{device}'" if device else "needs a device, or --old"
            raise UsageError(f"sync {action} {wrong}. The devices: {PROGRAM} sync status")
        context = choose_writable(self.library)
        with _open_journals(context, is_new=action == "on") as (library, sync, carrier):
            before = sync.folder, carrier.has_feeds
            code = self._run_action(context, sync, carrier, library / IN_LIBRARY)
            is_changed = before != (sync.folder, carrier.has_feeds)
        if is_changed:
            other = "off" if action == "on" else "on"
            to_turn = f"To turn it {other}: {PROGRAM} sync {other}"
            save_refusal(context, f"Turned sync {action}", to_turn)
        return code

    def _run_action(
        self, context: LibraryContext, sync: JournalSync, carrier: Carrier, usual: Path
    ) -> int:
        action, device = self.action, self.device
        if action == "status":
            return _print_status(sync.read_status(), as_json=self.json)
        if action == "off":
            kept = f" {sync.folder} stays as it is." if sync.folder else ""
            sync.turn_off()
            output().line(f"Sync is off.{kept}")
            return 0
        if action == "on":
            return _turn_on(sync, carrier, self, usual)
        if sync.folder is None:
            errors().complain(f"sync is off. To turn it on: {PROGRAM} sync on")
            return 1
        if self.old:
            return _forget_old(sync)
        return _forget_device(sync, device) if device else _sync_now(sync, context)


@contextmanager
def _open_journals(
    context: LibraryContext, *, is_new: bool
) -> Iterator[tuple[Path, JournalSync, Carrier]]:
    """The library of a verb, and its journals; the index is not needed.

    With `is_new`, or marks, the user's is made if it is missing: marks may come before articles.
    """
    has_marks = marks_file(context.folder, context.paths).is_file()
    if (is_new or has_marks) and context.folder == context.paths.default_library:
        context.folder.mkdir(parents=True, exist_ok=True)
    folder = context.folder.resolve()
    if not folder.is_dir():
        raise LibraryError(
            f"The folder {folder} does not exist yet. To create it, follow a feed: "
            f"{PROGRAM} add URL"
        )
    file = marks_file(folder, context.paths)
    with closing(open_state(file)) as state:
        state.check_readable()
        print_notices(state.notices)
        carrier = Carrier(state, context.paths)
        yield folder, make_sync(state, carrier), carrier


# -- actions --------------------------------------------------------------------------------------


def _turn_on(sync: JournalSync, carrier: Carrier, options: SyncVerb, usual: Path) -> int:
    """Turn sync on in the folder that is named, else that of before, else the usual one."""
    name = clean_line(options.name or "").strip()
    if options.name is not None and not 0 < len(name) <= NAME_LIMIT:
        raise UsageError(f"--name takes a name of 1 to {NAME_LIMIT} characters")
    named = expand_path(options.folder).absolute() if options.folder else None
    folder = named or sync.last_folder or usual
    if named is None and folder != usual and not (folder / JOURNALS).is_dir():
        # Nothing is made where a disk may be missing, unless the user says so.
        errors().complain(describe_problem(FileNotFoundError(), folder))
        return 1
    if options.feeds or options.no_feeds:
        carrier.switch_feeds(is_on=options.feeds)
    elif carrier.has_feeds is None and carrier.is_collecting_here() and can_ask(as_json=False):
        answer = ask_user("Sync the feeds that you follow too? (y/n) ", "y").lower()
        carrier.switch_feeds(is_on=answer in ("y", "yes"))
    with show_waiting("Syncing …"):
        report = sync.turn_on(folder, name)
    if not report.problem:
        output().line(f"Sync is on: your marks and notes are synced through {folder}.")
    return _print_report(sync, report)


def _sync_now(sync: JournalSync, context: LibraryContext) -> int:
    with show_waiting("Syncing …"):
        report = sync.sync_now()
    code = _print_report(sync, report)
    with context.open_library() as library:
        others = [plugin for plugin in plugins_with(ExchangePlugin) if plugin.name != "devices"]
        results = [plugin.exchange_marks(library.state, library) for plugin in others]
    for result in results:
        print_exchange(result)
    if any(result.has_changed for result in results):
        # Changes that the user wrote into notes are gestures now, which travel too.
        code = _print_report(sync, sync.sync_now()) or code
    return 1 if any(result.has_failed for result in results) else code


def _forget_device(sync: JournalSync, text: str) -> int:
    """Forget the device of an id or a name."""
    found = [status.device for status in sync.read_status().devices if text in status.device]
    if len(found) > 1:
        raise LibraryError(f"{len(found)} devices have the name {text}; name one by its id.")
    report = sync.forget_device(found[0].id if found else text)
    if not report.problem and found:
        output().line(f"{found[0].name} ({found[0].id}) is forgotten; its changes are kept.")
    return _print_report(sync, report)


def _forget_old(sync: JournalSync) -> int:
    """Forget devices that copies and restored backups have left behind."""
    report = sync.sync_now()  # it may not have read their names yet
    if report.problem:
        return _print_report(sync, report)
    old = sync.read_status().outdated_devices
    if not old:
        output().line("No two devices have the same name.")
    return max((_forget_device(sync, device.id) for device in old), default=0)


def _print_report(sync: JournalSync, report: SyncReport) -> int:
    """Print what a sync did, and what it quarantined; return the exit code."""
    if report.is_renewed:
        output().line(RENEWED_TEXT)
    if report.clock_correction:
        output().line(report.clock_correction.message)
    if report.problem:
        errors().complain(report.problem)
        return 1
    sent = f"{format_count(report.written_count, 'change')} sent"
    changed = f"{format_count(report.changed_count, 'article')} changed"
    output().line(f"{sent}, {format_count(report.read_count, 'line')} read, {changed}.")
    for change in filter(None, (change.sentence for change in report.file_changes)):
        output().line(f"{change}.")
    if sync.carrier is not None:
        print_notices([*sync.carrier.describe_standing()[1], *sync.carrier.describe_refused()])
    print_notices(describe_quarantined(sync.journals, report.greatest_future_stamp))
    return 0


# -- status ---------------------------------------------------------------------------------------


def _print_status(status: SyncStatus, *, as_json: bool) -> int:
    out = output()
    if as_json:
        out.json(_make_record(status))
        return 1 if status.problem else 0
    if status.folder is None:
        out.line(f"Sync is off. To turn it on: {PROGRAM} sync on")
        return 0
    out.line(f"Sync is on, in {status.folder} ({format_size(status.size)}).")
    for sentence in status.travel_notes:
        out.line(sentence)
    if status.has_feeds is False:
        out.line(f"Your feeds are not synced. To sync them too: {PROGRAM} sync on --feeds")
    if status.waiting:
        wait = "waits" if status.waiting == 1 else "wait"
        out.line(f"{format_count(status.waiting, 'change')} of this device {wait} to be sent.")
    for each in status.devices:
        when = to_datetime(each.last_heard)
        heard = f"seen {format_date(when, False)}" if when else "not seen yet"
        lines = format_count(each.read, "line")
        waiting = f", {each.waiting:,} not read yet" if each.waiting else ""
        details = f"{'this device' if each.is_this else heard}, {lines}{waiting}"
        name = StyledText(each.device.name, OutputStyle.BOLD)
        out.line(name, f"  {each.device.id}: {details}, {format_size(each.size)}")
    for aside in status.quarantined:
        device, path = clean_line(status.name_of(aside)), clean_line(aside.path)
        out.line(f"Quarantined, from {device}: {describe_reason(aside)} ({path})")
    print_notices(status.waiting_notes)
    if correction := status.clock_correction:
        out.line(f"{format_moment(correction.corrected_at)}: {correction.message}")
    if status.greatest_future_stamp:
        out.line(describe_future_stamp(status.greatest_future_stamp))
    if status.problem:
        errors().complain(status.problem)
        return 1
    return 0


def _make_record(status: SyncStatus) -> dict[str, object]:
    return {
        "folder": None if status.folder is None else str(status.folder),
        "device": status.device.id,
        **pick_values(status, "waiting", "size", "problem"),
        "feeds": bool(status.has_feeds),
        "ahead": to_datetime(status.greatest_future_stamp),
        "dated_anew": status.clock_correction and to_datetime(status.clock_correction.corrected_at),
        "devices": [
            {
                **pick_values(each.device, "id", "name"),
                "this": each.is_this,
                "heard": to_datetime(each.last_heard),
                "files": each.segments,
                **pick_values(each, "size", "read", "waiting"),
            }
            for each in status.devices
        ],
        "aside": [
            {
                "device": status.name_of(aside),
                "why": aside.kind,
                "due": to_datetime(aside.retry_at),
                "lines": aside.line_count,
                **pick_values(aside, "path", "detail"),
            }
            for aside in status.quarantined
        ],
    }
