"""The panel to add an address: a prompt, and a choice of what was found there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from rilo_reader.sync.services.account import Api
from rilo_reader.text import clean_line
from rilo_reader.tui.panels.base import LOW, Form
from rilo_reader.tui.widgets.line_list import Entry, EntryList
from rilo_reader.tui.widgets.search_box import PanelLine

if TYPE_CHECKING:
    from rilo_reader.tui.children import Report

ADDRESS_NOTE = """\
A feed, or the site itself: its feeds are found.
For an account: miniflux ADDRESS, or greader ADDRESS (FreshRSS, …).
enter looks   esc closes"""
CHOICE_NOTE = "j k move   enter takes it   esc back"
PAGE_NOTE = "No feed was found there.\nenter keeps the page   esc back"
MOST_LINES = 12


class Found(NamedTuple):
    """Something that can be added.

    Attributes:
        url: its address.
        title: its title, or "".
        is_page: whether it is a page to save as an article rather than a feed.
    """

    url: str
    title: str = ""
    is_page: bool = False


def found_in(report: Report) -> list[Found]:
    """Return what `add --look --json` found: feeds first, then the page itself."""
    feeds, page = report.get("feeds"), report.get("page")
    several = feeds if isinstance(feeds, list) else []
    found = [_found(each) for each in several if isinstance(each, dict)]
    if isinstance(page, dict):
        found.append(_found(page)._replace(is_page=True))
    return [each for each in found if each.url]


def _found(each: Report) -> Found:
    url, title = str(each.get("url") or ""), str(each.get("title") or "")
    return Found(clean_line(url, 4096), clean_line(title))


def account_in(text: str) -> tuple[Api, str] | None:
    """Return the API and the address, or "", if a text asks for an account; else None."""
    from rilo_reader.sync.services.account_values import server_with_greader

    first, _, rest = text.strip().partition(" ")
    if rest.strip() and server_with_greader(first):
        return Api.GREADER, rest.strip()
    try:
        return Api(first.lower()), rest.strip()
    except ValueError:
        return None


class Imported(NamedTuple):
    """The progress of an import.

    Attributes:
        taken: the number of new articles or feeds.
        known: the number of those that existed before.
        left_out: the number of those that were skipped.
        reason: the reason for the first one.
        error: why the import failed, or "".
    """

    taken: int = 0
    known: int = 0
    left_out: int = 0
    reason: str = ""
    error: str = ""

    def after(self, report: Report) -> Imported:
        """Return the progress after another object of `import --json`."""
        if "error" in report:
            return self._replace(error=clean_line(str(report["error"])))
        if "kind" not in report:
            return self
        reasons = report.get("reasons")
        reason = self.reason
        if not reason and isinstance(reasons, list) and reasons and isinstance(reasons[0], dict):
            reason = clean_line(f"{reasons[0].get('what')}: {reasons[0].get('why')}")
        more = (report.get(name) for name in ("taken", "known", "left_out"))
        counts = [number if isinstance(number, int) else 0 for number in more]
        return Imported(
            self.taken + counts[0], self.known + counts[1], self.left_out + counts[2], reason
        )

    @property
    def message(self) -> str:
        """Describe the progress."""
        if self.error:
            return self.error
        parts = [f"Imported {self.taken:,}"]
        if self.known:
            parts.append(f"{self.known:,} were there already")
        if self.left_out:
            parts.append(f"{self.left_out:,} left out ({self.reason})")
        return "; ".join(parts) + "."


class AddScreen(Form[None]):
    """Asks for an address and shows the results and the progress; a controller does the work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("tab", "next_box(1)", show=False),
        Binding("shift+tab", "next_box(-1)", show=False),
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("enter", "take", show=False),
    ]

    DEFAULT_CSS = """
    AddScreen {
        EntryList { display: none; margin-bottom: 1; }
        &.-choosing EntryList { display: block; }
        &.-low EntryList { margin: 0; }
    }
    """

    def __init__(
        self,
        look: Callable[[str], None],
        take: Callable[[Found, Sequence[str], str], None],
        stop: Callable[[], None],
        account: Callable[[Api, str], None],
    ) -> None:
        """Create a panel.

        Args:
            look: called with the address to look up.
            take: called with the choice, its tags, and the account to follow it on, or "".
            stop: called to cancel what is in progress.
            account: called with the API and the address, or "", of an account to add.
        """
        super().__init__()
        self._look, self._take, self._stop = look, take, stop
        self._account = account
        self._address = PanelLine(placeholder="example.org, or the address of a feed")
        self._tags = PanelLine(placeholder="tags, if you like: News, Science/Space")
        self._where = PanelLine()
        self._where.display = False
        self._list = EntryList()
        self._found: list[Found] = []
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """Compose the title, the inputs, the results and the note."""
        with Vertical(classes="form"):
            yield Static("Add a feed, a page or an account", classes="title", markup=False)
            yield self._address
            yield self._tags
            yield self._where
            yield self._list
            yield Static(ADDRESS_NOTE, id="note", markup=False)

    def on_mount(self) -> None:
        """Focus the address."""
        self.set_class(self.app.size.height < LOW, "-low")
        self.set_focus(self._address)

    def show_accounts(self, names: Sequence[str]) -> None:
        """Ask where to follow a feed: here, or on one of some accounts."""
        self._where.placeholder = f"followed here; or on an account: {', '.join(names)}"
        self._where.display = bool(names)

    # -- display ---------------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was found, as shown."""
        return self._list.entries if self.is_choosing else ()

    @property
    def is_choosing(self) -> bool:
        """Whether there is a choice."""
        return self.has_class("-choosing")

    def _show_note(self, text: str, *, wrong: bool = False) -> None:
        note = self.query_one("#note", Static)
        note.update(text)
        note.set_class(wrong, "-wrong")

    def show_fault(self, reason: str) -> None:
        """Show an error; the address can be edited."""
        self._is_busy = False
        self._to_address()
        self._show_note(reason, wrong=True)

    def show_found(self, found: Sequence[Found]) -> None:
        """Show what was found; the address of a feed is taken immediately."""
        self._is_busy = False
        if not found:
            self.show_fault("There is neither a feed nor a text to read at this address.")
            return
        self._found = list(found)
        if len(found) == 1 and not found[0].is_page:
            self._take_found(found[0])
            return
        self.add_class("-choosing")
        self._list.show([_entry(each) for each in found], 0)
        air = 6 if self.has_class("-low") else 14
        available = max(1, self.app.size.height - air)
        self._list.styles.height = min(len(found), MOST_LINES, available)
        self.set_focus(None)
        self._show_note(PAGE_NOTE if found[0].is_page else CHOICE_NOTE)

    def _take_found(self, found: Found) -> None:
        self._is_busy = True
        self._show_note(f"Fetching {found.title or found.url}…")
        tags = [clean_line(tag) for tag in self._tags.value.split(",")]
        self._take(found, [tag for tag in tags if tag], clean_line(self._where.value).strip())

    def _to_address(self) -> None:
        self.remove_class("-choosing")
        self.set_focus(self._address)

    # -- keys -------------------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look up the address."""
        event.stop()
        address = self._address.value.strip()
        if not address:
            self.set_focus(self._address)
            self._show_note("Type or paste an address first.", wrong=True)
            return
        if (account := account_in(address)) is not None:
            self.dismiss(None)
            self._account(*account)
        elif not self._is_busy:
            self._is_busy = True
            self._show_note("Looking…   esc stops")
            self._look(address)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Discard the results for another address."""
        event.stop()
        if not self._is_busy:
            self._show_note(ADDRESS_NOTE)

    def on_line_list_chosen(self, _: EntryList.Chosen) -> None:
        """Take the clicked entry."""
        self.action_take()

    def action_next_box(self, step: int) -> None:
        """Focus the next input."""
        if not self.is_choosing:
            boxes = [box for box in (self._address, self._tags, self._where) if box.display]
            here = next((number for number, box in enumerate(boxes) if box.has_focus), -1)
            self.set_focus(boxes[(here + step) % len(boxes)])

    def action_move(self, rows: int) -> None:
        """Move in the results."""
        if self.is_choosing:
            self._list.move(rows)

    def action_take(self) -> None:
        """Take the current entry."""
        if self.is_choosing and not self._is_busy:
            self._take_found(self._found[self._list.cursor])

    def action_back(self) -> None:
        """Cancel what is in progress; else return to the address; else close."""
        if self._is_busy:
            self._is_busy = False
            self._stop()
            self._show_note("Stopped.")
        elif self.is_choosing:
            self._to_address()
            self._show_note(ADDRESS_NOTE)
        else:
            self.dismiss(None)


def _entry(found: Found) -> Entry:
    if found.is_page:
        return Entry("This page, as an article", found.title)
    return Entry(found.title or found.url, found.url if found.title else "")
