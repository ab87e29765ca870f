"""The panel of saved searches and mutes, and the prompts for their names and ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import ClassVar, NamedTuple

from textual.binding import BindingType

from rilo_reader.config import Config, Mute, SavedSearch, find_search
from rilo_reader.library.mutes import find_mute_fault
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import words_to_highlight
from rilo_reader.text import clean_line
from rilo_reader.tui.keys import Handler, PanelKey
from rilo_reader.tui.panels.panel import EntryPanel, FormLine, PromptScreen
from rilo_reader.tui.widgets.line_list import ListEntry

LONGEST_PROPOSAL = 40
LONGEST_NAME = 80
NOTHING_SAVED = (
    "Nothing is saved or muted yet. Search for something, "
    "then press {} to save it or {} to mute it."
)


class SavedCounts(NamedTuple):
    """Unread articles by the name of a saved search, hidden ones by the query of a mute."""

    unread: Mapping[str, int] = {}
    hidden: Mapping[str, int] = {}


class SavedScreen(EntryPanel[SavedSearch | Mute]):
    """Lists saved searches and mutes."""

    TITLE = "Saved searches and mutes"
    BINDINGS: ClassVar[list[BindingType]] = [("apostrophe", "dismiss")]

    def __init__(
        self,
        config: Config,
        day: date,
        list_keys: Callable[[SavedScreen], Sequence[PanelKey]],
        *,
        save_key: str,
        mute_key: str,
    ) -> None:
        """Create a panel; the keys are named in the text of an empty list."""
        super().__init__(list_keys)
        self._day = day
        self._no_entries = NOTHING_SAVED.format(save_key, mute_key)
        self.show_saved(config, SavedCounts())

    def show_saved(self, config: Config, counts: SavedCounts) -> None:
        """Show searches and mutes, with the number of articles of each that is known."""
        self.counts = counts
        entries = [ListEntry("Saved searches", right_text="unread", is_heading=True)]
        entries += [self._make_search_entry(search) for search in config.searches]
        if config.mutes:
            entries.append(ListEntry("Muted", right_text="hidden", is_heading=True))
            entries += [self._make_mute_entry(mute) for mute in config.mutes]
        is_empty = len(entries) == 1
        self.show_entries([] if is_empty else entries)
        self.show_note(self._no_entries if is_empty else "")

    def _make_search_entry(self, search: SavedSearch) -> ListEntry:
        faults = parse(search.query).faults
        detail = faults[0].reason if faults else search.query
        side = _format_count(self.counts.unread.get(search.name))
        return ListEntry(
            search.name, detail, side, is_wrong=bool(faults), payload=search, key=search.name
        )

    def _make_mute_entry(self, mute: Mute) -> ListEntry:
        side = _format_count(self.counts.hidden.get(mute.query))
        if reason := find_mute_fault(mute.query):
            return ListEntry(
                mute.query, f"hides nothing: {reason}", side, is_wrong=True, payload=mute
            )
        detail = "forever"
        if mute.until is not None:
            detail = f"{'until' if mute.is_active(self._day) else 'ended'} {mute.until}"
        return ListEntry(mute.query, detail, side, payload=mute)


def _format_count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def make_name_prompt(
    name: str,
    query: str,
    use_name: Callable[[str], object],
    *,
    taken: Sequence[SavedSearch] | None = None,
    is_saved: bool = False,
) -> PromptScreen:
    """Return a prompt for the name of a search, none of those `taken`; None if one is replaced.

    `is_saved` is whether it has this name already.
    """

    def read_answers(answers: tuple[str, ...]) -> Handler:
        wanted = answers[0].removeprefix("@").strip()
        if not wanted or wanted.startswith("@") or len(wanted) > LONGEST_NAME:
            raise ValueError(
                f"A name can have {LONGEST_NAME} characters at most, and no @ in front."
            )
        if other := find_search(taken or (), wanted):
            raise ValueError(f"Another search is called {other.name}.")
        return partial(use_name, wanted)

    title, verb = ("Save this search as", "save") if taken is None else (f"Rename {name}", "rename")
    question = FormLine(
        name, "name, to search for as @name", required_note="a name", is_stored=is_saved
    )
    note = clean_line(query, 54)
    return PromptScreen(title, [question], note, read_answers, verb=verb)


def propose_name(query: str, searches: Sequence[SavedSearch]) -> str:
    """Return the name under which a query is saved already, else its search terms."""
    known = next((search.name for search in searches if search.query == query), None)
    if known is not None:
        return known
    terms = [token for words in words_to_highlight(parse(query)) for token in words.tokens]
    return clean_line(" ".join(terms) or query, LONGEST_PROPOSAL).lstrip("@").strip()


_SPAN = re.compile(r"(\d{1,4}) ?([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def parse_end_day(text: str, day: date) -> date | None:
    """Parse the last day of a mute: 2027-01-31, 30d, 2w, 6m, 1y; None if empty.

    Raises:
        ValueError: the text is not a day, or the day is past; the message is for the user.
    """
    text = text.strip().lower()
    if not text:
        return None
    span = _SPAN.fullmatch(text)
    try:
        until = (
            day + timedelta(days=int(span[1]) * _DAYS[span[2]])
            if span
            else date.fromisoformat(text)
        )
    except (ValueError, OverflowError):
        message = f'"{text}" is not a date. Write it like {day:%Y-12-31}, or 30d, 2w, 6m.'
        raise ValueError(message) from None
    if until < day:
        raise ValueError(f"{until} is in the past; choose a later date.")
    return until


def make_mute_prompt(
    query: str,
    old: Mute | None,
    day: date,
    use_mute: Callable[[Mute], object],
    number: str = "",
) -> PromptScreen:
    """Return a prompt for the last day of a mute, and for the query if that cannot be muted.

    `old` is the mute that it changes, `number` says how many articles it hides, if that is known.
    """
    is_known = bool(query) and not find_mute_fault(query)

    def read_answers(answers: tuple[str, ...]) -> Handler:
        wanted, end = (query, *answers) if is_known else answers
        if reason := find_mute_fault(wanted):
            raise ValueError(f"This cannot be muted: {reason}.")
        return partial(use_mute, Mute(wanted, parse_end_day(end, day)))

    questions = [
        FormLine(
            query,
            "what to hide, such as tag:football",
            required_note="" if query else "what to hide",
        ),
        FormLine(
            str((old and old.until) or ""),
            "until when: 2027-01-31, 30d, 2w; empty: forever",
            is_stored=old is not None,
        ),
    ]
    muted = f"Mute “{clean_line(query, LONGEST_NAME)}”"
    title = ", ".join(filter(None, (muted, number))) if is_known else "Hide articles"
    asked = questions[1:] if is_known else questions
    return PromptScreen(title, asked, "", read_answers, verb="mute")
