"""The panel of sync: the devices that share marks, what waits; and the form that turns it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rilo_reader.dates import format_date, read_date
from rilo_reader.plugins.devices.sync import DeviceStatus, SyncStatus
from rilo_reader.text import clean_line
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.panels.panel import EntryPanel, FormLine, FormScreen
from rilo_reader.tui.widgets.line_list import ListEntry

OFF_NOTE = (
    "Sync is off: your changes stay on this device.\n"
    "If your devices share a folder, by Syncthing, Nextcloud, git or a USB stick, sync brings "
    "what you read, star, tag, highlight and note to all of them."
)
FORM_NOTE = "Without a folder, .rilo in the library is used: for a library that is itself shared."


class SyncScreen(EntryPanel[None]):
    """Lists the devices, this one first."""

    TITLE = "Sync between devices"

    DEFAULT_CSS = """
    SyncScreen {
        #about { max-height: 8; margin-top: 1; }
        &.-low #about { margin: 0; }
    }
    """

    AIR, LOW_AIR = 17, 8
    HINT_LINES = 2

    def __init__(
        self, status: SyncStatus, list_keys: Callable[[SyncScreen], Sequence[PanelKey]]
    ) -> None:
        super().__init__(list_keys)
        self.show_status(status)

    def show_status(self, status: SyncStatus) -> None:
        """Show how sync stands now."""
        self.status = status
        entries = [ListEntry(f"Devices in {clean_line(str(status.folder))}", is_heading=True)]
        entries += [_make_entry(each) for each in status.devices]
        self.show_entries(entries if status.devices else [])
        self.show_note(_describe_status(status), wrong=bool(status.problem))
        self.show_hints()


def make_sync_form(status: SyncStatus) -> FormScreen:
    """Return a form for the folder that is shared, "" for its default, and this device's name."""
    folder = str(status.folder or status.last_folder or "")
    # Where changes are dated ahead, to turn it on once more dates them again.
    is_on = status.folder is not None and not status.greatest_future_stamp
    questions = [
        FormLine(folder, "a folder that your devices share: ~/Sync/rilo", is_stored=is_on),
        FormLine(
            status.device.name,
            "laptop",
            required_note="the name of this device",
        ),
    ]
    keys = "enter turn sync on   tab next   esc cancel"
    return FormScreen("Sync: the folder, and the name of this device", questions, FORM_NOTE, keys)


def _make_entry(each: DeviceStatus) -> ListEntry:
    heard = read_date(each.last_heard)  # milliseconds, as another wrote them
    detail = f"seen {format_date(heard.moment, False)}" if heard else "not seen yet"
    if each.is_this:
        detail = "this device"
    elif each.waiting:
        detail += f"; {each.waiting:,} line{'' if each.waiting == 1 else 's'} not read yet"
    return ListEntry(clean_line(each.device.name), detail)


def _describe_status(status: SyncStatus) -> str:
    """Return what waits, what was put aside, and what is wrong."""
    if status.folder is None:
        return OFF_NOTE
    lines = sum(aside.line_count for aside in status.quarantined)
    waits = (
        f"{status.waiting:,} of your changes wait{'s' if status.waiting == 1 else ''} to be sent."
    )
    aside = (
        f"{lines:,} line{' is' if lines == 1 else 's are'} quarantined: rilo-reader sync status."
    )
    ahead = (
        "Some changes are dated in the future: see rilo-reader sync status."
        if status.greatest_future_stamp
        else ""
    )
    anew = status.clock_correction.message if status.clock_correction else ""
    said = (status.problem, waits if status.waiting else "", aside if lines else "", ahead, anew)
    about = "\n".join(filter(None, said)) or "All your changes are in the folder."
    return "\n".join((about, *status.travel_notes, *status.waiting_notes))
