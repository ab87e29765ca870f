"""The form to add a feed or a page by its address, and the choice of what is found there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar

from textual.binding import BindingType

from rilo_reader.extras import PAGES
from rilo_reader.text import clean_line, redact_address, split_tags
from rilo_reader.tui.children import Addable
from rilo_reader.tui.panels.panel import FormLine, FormScreen
from rilo_reader.tui.widgets.line_list import EntryList, ListEntry

ADDRESS_NOTE = "The address of a feed, or of a site: its feeds are found."
ADDRESS_KEYS = "enter find feeds   tab next   esc cancel"
CHOICE_KEYS = "j k move   enter choose   esc back"
PAGE_NOTE = "No feed was found there."
LIST_NOTE = "To follow the links that the page lists: rilo-reader add --page-feed ADDRESS"
PAGE_KEYS = "enter save the page   esc back"
MOST_LINES = 12


class AddScreen(FormScreen):
    """Asks for an address, and shows the progress and what is found there, to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [("j", "on(1)"), ("k", "on(-1)"), ("enter", "take")]

    DEFAULT_CSS = """
    AddScreen {
        EntryList { display: none; margin-bottom: 1; }
        &.-choosing EntryList { display: block; }
        &.-low EntryList { margin: 0; }
    }
    """

    def __init__(
        self,
        title: str,
        notes: Sequence[str],
        add: Callable[[Addable, tuple[str, ...], str], object],
    ) -> None:
        """Ask for a feed or page, or what `notes` say, a line each.

        `add` gets what is chosen, and the tags and the account, if any, to file it under.
        """
        questions = (
            FormLine("", "example.org, or the address of a feed", required_note="an address"),
            FormLine("", "tags (optional): News, Science/Space"),
            FormLine(),
        )
        super().__init__(title, questions, "\n".join((ADDRESS_NOTE, *notes)), ADDRESS_KEYS)
        self._add = add
        self._lookup_lines: list[str] = []  # one after the other, since it was last looked
        self._waits_until = 0.0
        self.is_adding = False  # what was chosen
        self.is_stopping = False  # while it is not known yet whether it was added
        self._where = self.boxes[2]
        self._where.display = False
        self._list = EntryList()

    def on_mount(self) -> None:
        self.query_one("#panel").mount(self._list, before="#note")
        self.set_interval(1, self._show_wait)

    def show_accounts(self, names: Sequence[str]) -> None:
        """Ask where to follow a feed: here, or on one of some accounts."""
        self._where.placeholder = f"account (optional), to follow it there: {', '.join(names)}"
        self._where.display = bool(names)

    @property
    def entries(self) -> tuple[ListEntry, ...]:
        """The lines of what was found; none before that."""
        return self._list.entries if self._is_choosing else ()

    @property
    def _is_choosing(self) -> bool:
        return self.has_class("-choosing")

    def show_note(self, text: str, keys: str = "", *, wrong: bool = False) -> None:
        """Show a text below the lines, with the keys of the choice while there is one."""
        super().show_note(text, keys or (CHOICE_KEYS if self._is_choosing else ""), wrong=wrong)

    def submit(self) -> None:
        """Say that an address is filled in."""
        self._lookup_lines = []
        super().submit()

    def show_progress(self, what: str, seconds: int) -> None:
        """Show what is asked now, below what was, and how long it may still take."""
        self._lookup_lines.append(what)
        self._waits_until = monotonic() + seconds
        self._show_wait()

    def _show_wait(self) -> None:
        if self._is_busy and self._lookup_lines:
            left = max(0, round(self._waits_until - monotonic()))
            *before, now = self._lookup_lines
            self.show_busy("\n".join((*before, f"{now}… at most {left} s")))

    def show_fault(self, reason: str) -> None:
        """Show an error; the address can be edited."""
        self.is_adding = self.is_stopping = False
        self._to_address()
        super().show_fault(reason)

    def show_stopped(self) -> None:
        """Show that nothing was added."""
        self.is_adding = self.is_stopping = False
        super().show_stopped()

    def show_found(self, found: Sequence[Addable], problem: str = "") -> None:
        """Show what was found, or the problem; the address of a feed is taken immediately."""
        self._is_busy = False
        if not found:
            nothing = "There is no feed and no article at this address."
            said = f"There is no feed at this address. {problem}\n{LIST_NOTE}"
            self.show_fault(said if problem else nothing)
            return
        lacks_pages = problem if problem == PAGES.install_advice else ""
        if len(found) == 1 and not found[0].is_page and not lacks_pages:
            self._choose_found(found[0])
            return
        self.add_class("-choosing")
        self._list.show_entries([_make_entry(each) for each in found], 0)
        air = 6 if self.has_class("-low") else 14
        available = max(1, self.app.size.height - air)
        self._list.styles.height = min(len(found), MOST_LINES, available)
        self.set_focus(None)
        is_page = found[0].is_page
        note = f"{PAGE_NOTE} {LIST_NOTE}" if is_page else lacks_pages
        self.show_note(note, PAGE_KEYS if is_page else "")

    def _choose_found(self, found: Addable) -> None:
        self._lookup_lines = []
        self.is_adding = True
        self.show_busy(f"Fetching {found.title or redact_address(found.url)}…")
        _, tags, account = self.answers
        self._add(found, split_tags(tags), clean_line(account))

    def _to_address(self) -> None:
        self.remove_class("-choosing")
        self.set_focus(self.boxes[0])

    def on_entry_list_chosen(self, _: EntryList.Chosen) -> None:
        self.action_take()

    def action_on(self, step: int) -> None:
        if self._is_choosing:
            self._list.move_by(step)
        else:
            super().action_on(step)

    def action_take(self) -> None:
        if self._is_choosing and not self._is_busy:
            self._choose_found(self._list.entries[self._list.cursor].payload)

    def action_back(self) -> None:
        """Cancel what is in progress; else return to the address; else close."""
        if self.is_stopping:
            self.dismiss(None)
        elif self.is_adding:
            self.is_stopping = True
            self.do_stop()
            self.show_busy("Stopping…", "esc close")
        elif self._is_choosing and not self._is_busy:
            self._to_address()
            self.show_note(self._about)
        else:
            super().action_back()


def _make_entry(found: Addable) -> ListEntry:
    if found.is_page:
        return ListEntry("This page, as an article", found.title, payload=found)
    url = redact_address(found.url)
    return ListEntry(found.title or url, url if found.title else "", payload=found)
