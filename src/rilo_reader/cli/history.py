"""`history` and `undo`: list what was changed on all devices, and undo a change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from rilo_reader.article import ArticleId
from rilo_reader.cli.arguments import (
    change_at_account,
    choose_readable,
    exchange_marks,
    load_user_settings,
    print_notices,
    update_index,
)
from rilo_reader.cli.library_context import LibraryContext, choose_library
from rilo_reader.cli.output import PROGRAM, OutputStyle, StyledText, errors, output
from rilo_reader.cli.printing import (
    CHOICES,
    Choice,
    Line,
    RecordPrinter,
    ask_user,
    can_ask,
    pick_values,
    show_waiting,
)
from rilo_reader.cli.verb import Verb, argument, flag, option, parse_number
from rilo_reader.dates import format_date
from rilo_reader.feeds.sources import feed_sources
from rilo_reader.feeds.undo import GestureUndoer, add_stopped_steps
from rilo_reader.library import Library, LibraryError
from rilo_reader.paths import marks_file, user_paths
from rilo_reader.store.gestures import GestureId
from rilo_reader.store.history import HistoryEntry
from rilo_reader.store.state import State
from rilo_reader.text import clean_line, format_count, to_display_title

TERMINAL_LIMIT = 20  # default number of gestures on a terminal
SHORTEST = 7  # digits of the names of gestures, unless several begin with the same ones
SHORTEST_TYPED = 4  # digits that are enough to name a gesture, where only one begins with them
MAX_NAMED = 5  # gestures that are named where several could be meant

COLUMNS = ("id", "when", "device", "articles", "what", "undone", "titles", "note", "before")
"""The columns in a pipe."""

_WINDOW = 200


class HistoryVerb(Verb):
    """List your changes."""

    library_help = "the library, instead of yours"
    about = """
List what you changed, on this device and others, newest first.

To undo a change: rilo-reader undo ID. In a pipe, each change is one line of
columns separated by tabs: id, time, device, number of articles, what was done,
"undone" or nothing, titles of the first articles, and for a note its text after
and before.
"""
    examples = ("rilo-reader history", "rilo-reader history --json --limit 5")
    exit_codes = "0 done, also if there are no changes yet; 1 failed; 2 wrong usage."

    limit: int | None = option(
        "--limit N",
        "at most N changes; 0 means all; by default 20 on a terminal",
        type=parse_number,
    )
    json: bool = flag(
        "--json",
        "one JSON object per line: id, when, device, what, articles, ids, titles, undone, undoes, "
        "gesture; of a note: note, before",
    )

    def run(self) -> int:
        """Print what was done, newest first."""
        with _open_history_library(self) as library:
            names = short_names(library.state.history.list_ids())
            report = RecordPrinter(COLUMNS, as_json=self.json)
            offer = None if self.json else CHOICES.get()
            cut = self.limit is None and report.for_people and not offer
            offered = list[tuple[HistoryEntry, Mapping[str, Any]]]()
            shown = 0
            for entry in _iter_entries(library.state, TERMINAL_LIMIT if cut else self.limit or 0):
                # One that arrived meanwhile has no name yet; the next call shows it.
                if entry.id in names:
                    shown += 1
                    record = _make_record(library, entry, names)
                    if offer:
                        if entry.undoes is None:
                            offered.append((entry, record))
                        continue
                    report.print_record(
                        record,
                        _format_entry(entry, record),
                        when=entry.time,
                        undone="undone" if entry.is_undone else "",
                        titles="; ".join(record["titles"]),
                    )
            if offered and offer:
                several = len({entry.device for entry, _ in offered}) > 1
                choices = [_make_choice(*each, with_device=several) for each in offered]
                offer(choices, f"{format_count(len(choices), 'change')}; a number undoes one.")
            if report.for_people and not names:
                errors().note("No changes yet.")
            elif report.for_people and shown < len(names):
                errors().note(f"{shown:,} of {len(names):,}; --limit 0 shows all.")
        return 0


class UndoVerb(Verb):
    """Undo a change."""

    library_help = "the library, instead of yours"
    about = """
Undo the last change of this device; again for the one before it.

With ID, undo any change in history. Later changes of the same marks are kept,
and so is an article that the change brought and you have starred or tagged
since. An undo is a change too, and can be undone. A change is what you did with
articles, feeds, saved searches and mutes, in the reader, in flat mode or by a
command, not what you wrote into a file by hand.
"""
    examples = ("rilo-reader undo", "rilo-reader undo --redo")
    exit_codes = """0 done; 1 failed, also if there is nothing to undo, or no such change; 2 wrong
usage."""

    gesture: str | None = argument("ID", "the ID of a change in history, on any device", nargs="?")
    redo: bool = flag("--redo", "redo the change that was undone last, or change ID")
    yes: bool = flag("--yes", "undo it also where more than five feeds disappear by that")
    json: bool = flag("--json", "one JSON object, of the undo: what history --json prints")

    writes = True

    def run(self) -> int:
        """Undo or redo a gesture, by default the last of this device."""
        paths = user_paths()
        with _open_history_library(self) as library:
            state = library.state
            sources = partial(feed_sources, library.folder, paths, load_user_settings())
            find_path = library.search.find_path
            undoer = GestureUndoer(state, library.folder, paths, sources, find_path)
            if self.gesture is not None:
                gesture = _find_gesture(state, self.gesture, undoer.has_rest, redo=self.redo)
            elif (last := state.steps.find_last(redo=self.redo)) is not None:
                gesture = last
            else:
                what = "redo" if self.redo else "undo"
                see = f"To see your changes: {PROGRAM} history"
                raise LibraryError(f"there is nothing to {what}. {see}")
            if not self.yes and (question := undoer.find_question(gesture)):
                what = state.history.describe(gesture)
                if not can_ask(as_json=self.json):
                    raise LibraryError(f"{what}: {question} To undo it all the same, add --yes.")
                if ask_user(f"{what}: {question} Undo it? (y/n) ", "y").lower() not in ("y", "yes"):
                    output().line("Nothing was changed.")
                    return 0
            if undoer.has_files(gesture):  # its articles that were marked since are found by it
                update_index(library)
            undo = undoer.undo if self.gesture is not None else undoer.undo_last
            with show_waiting("Redoing …" if self.redo else "Undoing …"):
                done = undo(gesture, change_at_account)
            if state.steps.read_files(gesture):  # else all of them seem to be on another disk
                update_index(library)
            exchange_marks(state)
            entry = next(entry for entry in _iter_entries(state, 0) if entry.id == done.id)
            if self.json:
                output().json(_make_record(library, entry, short_names(state.history.list_ids())))
            else:
                what = state.history.describe(done.id, partial(title_in, library))
                output().line(f"{entry.title.partition(':')[0]}: {what}.")
        return 0


@contextmanager
def _open_history_library(options: Verb) -> Iterator[Library]:
    """The verb's library, with what arrived from other devices.

    That is the user's even without articles if something was done there: feeds and settings may
    come before them.
    """
    chosen = choose_library(options.library, load_user_settings(), user_paths())
    own = chosen.wanted_folder
    if own is not None and own.is_dir() and marks_file(own, chosen.paths).is_file():
        with _open_with_marks(chosen._replace(folder=own, wanted_folder=None)) as library:
            if library.state.history.list_ids():
                yield library
                return
    with _open_with_marks(choose_readable(options.library)) as library:
        yield library


@contextmanager
def _open_with_marks(context: LibraryContext) -> Iterator[Library]:
    with context.open_library() as library:
        library.state.check_readable()
        add_stopped_steps(library.state, context.folder, context.paths, only_last=True)
        print_notices(library.notices)
        exchange_marks(library.state)
        yield library


def _iter_entries(state: State, limit: int) -> Iterator[HistoryEntry]:
    """The history, at most `limit` gestures (0 for all), read in windows."""
    last: GestureId | None = None
    left = limit
    while True:
        entries = state.history.read(min(_WINDOW, left) if limit else _WINDOW, last)
        yield from entries
        left -= len(entries)
        if len(entries) < _WINDOW or (limit and left <= 0):
            return
        last = entries[-1].id


# -- names ----------------------------------------------------------------------------------------


def _journal_name(gesture: GestureId) -> str:
    return f"{gesture.device}/{gesture.stamp:016x}"


def full_name(gesture: GestureId) -> str:
    """The whole name of a gesture on the command line: forty digits that look nothing alike.

    Stamps of one day begin with the same digits, so their beginnings would name nothing.
    """
    return hashlib.sha256(_journal_name(gesture).encode(errors="replace")).hexdigest()[:40]


def short_names(gestures: Iterable[GestureId]) -> dict[GestureId, str]:
    """The beginnings of full names, equally long: enough digits that no two of these are alike."""
    names = {gesture: full_name(gesture) for gesture in gestures}
    size = SHORTEST
    while len({name[:size] for name in names.values()}) < len(names):
        size += 1
    return {gesture: name[:size] for gesture, name in names.items()}


def find_by_name(gestures: Sequence[GestureId], name: str) -> list[GestureId]:
    """The gestures whose full names begin so, or that are called so in a journal (DEVICE/STAMP)."""
    start = name.strip().lower()
    if len(start) < SHORTEST_TYPED or not set(start) <= set("0123456789abcdef"):
        return [gesture for gesture in gestures if _journal_name(gesture) == name.strip()]
    return [gesture for gesture in gestures if full_name(gesture).startswith(start)]


# -- undo -----------------------------------------------------------------------------------------


def _find_gesture(
    state: State, name: str, has_rest: Callable[[GestureId], bool], *, redo: bool
) -> GestureId:
    """Return the gesture of a name, to be undone, or the undo of it that is to be."""
    gestures = state.history.list_ids()
    found = find_by_name(gestures, name)
    names = short_names(gestures)
    if len(found) > 1:
        several = ", ".join(names[each] for each in found[:MAX_NAMED])
        raise LibraryError(f"'{name}' could be any of {len(found):,} changes: {several}.")
    if not found:
        see = f"To see your changes: {PROGRAM} history"
        raise LibraryError(f"there is no change '{clean_line(name)}'. {see}")
    gesture, short = found[0], names[found[0]]
    if redo:
        # The undo of it that still holds is undone; an undo itself is undone directly.
        undos = (
            entry.id
            for entry in _iter_entries(state, 0)
            if (entry.id == gesture and entry.undoes is not None)
            or (entry.undoes == gesture and not entry.is_undone)
        )
        if (undo := next(undos, None)) is None:
            raise LibraryError(f"{short} has not been undone, so it cannot be redone.")
        return undo
    if not has_rest(gesture) and any(
        entry.id == gesture and entry.is_undone for entry in _iter_entries(state, 0)
    ):
        again = f"To redo it: {PROGRAM} undo {short} --redo"
        raise LibraryError(f"{short} is already undone. {again}")
    return gesture


def title_in(library: Library, article: ArticleId) -> str:
    """Return the title of an article, "" if it is not here."""
    row = library.search.row(article)
    return "" if row is None else clean_line(to_display_title(row.title))


# -- print ----------------------------------------------------------------------------------------


def _make_record(
    library: Library, entry: HistoryEntry, names: Mapping[GestureId, str]
) -> dict[str, Any]:
    # Titles of the first few articles, and the id of one that is not here.
    rows = [(article, library.search.row(article)) for article in entry.ids]
    return {
        "id": names[entry.id],
        "when": entry.time.isoformat(timespec="seconds"),
        "device": entry.device,
        "what": entry.title,
        **pick_values(entry, "articles", "ids"),
        "titles": [clean_line(article if row is None else row.title) for article, row in rows],
        "undone": entry.is_undone,
        "undoes": None if entry.undoes is None else names.get(entry.undoes),
        "gesture": _journal_name(entry.id),
        **(dict(zip(("note", "before"), entry.note, strict=True)) if entry.note else {}),
    }


def _make_choice(entry: HistoryEntry, record: Mapping[str, Any], *, with_device: bool) -> Choice:
    """Return a change on one line, which undoes it, or redoes it if it is undone."""
    titles = "; ".join(record["titles"]) + "; …" * (entry.articles > len(entry.ids))
    notes = [f"“{clean_line(note)}”" for note in (entry.note or ())[:1] if note]
    facts = ", ".join(filter(None, (titles, *notes)))
    what = f"{clean_line(entry.title)}{' (undone)' * entry.is_undone}"
    what += f": {facts}" * bool(facts)
    when = format_date(entry.time, False) + f", {clean_line(entry.device)}" * with_device
    commands = [f"undo {record['id']}", f"undo {record['id']} --redo"]
    return Choice(f"{what}. {when}", *commands[:: -1 if entry.is_undone else 1])


def _format_entry(entry: HistoryEntry, record: Mapping[str, Any]) -> Iterator[Line]:
    """A gesture for people: what and when, then where, then a note before and after."""
    style, undone = (OutputStyle.DIM, "  (undone)") if entry.is_undone else (OutputStyle.PLAIN, "")
    when = format_date(entry.time, False, form="iso")
    name, titles = record["id"], "; ".join(record["titles"])
    yield (
        StyledText(name, OutputStyle.BOLD),
        StyledText(f"  {when}  {clean_line(entry.title)}{undone}", style),
    )
    indent = " " * (len(name) + 2)
    more = "; …" if entry.articles > len(entry.ids) else ""
    where = clean_line(entry.device)
    if entry.articles:
        where += f", {format_count(entry.articles, 'article')}: {titles}{more}"
    yield (StyledText(f"{indent}{where}", OutputStyle.DIM),)
    for before, note in zip(("", "before: "), entry.note or (), strict=False):
        if note := clean_line(note):
            yield (StyledText(f"{indent}{before}“{note}”", OutputStyle.DIM),)
