"""`history` and `undo`: what was done with articles on all devices, and to take it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rilo_reader.cli.journals import exchange_of
from rilo_reader.cli.libraries import chosen, user_settings
from rilo_reader.cli.output import PROGRAM, Output, Piece, Style, UsageError, errors, output
from rilo_reader.library import LibraryError
from rilo_reader.library.history import History
from rilo_reader.store.gestures import Gesture, GestureId
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.library import Library
    from rilo_reader.store.history import HistoryEntry

TERMINAL_LIMIT = 20
"""Default number of gestures on a terminal."""

SHORTEST = 7
"""Digits of the name of a gesture, unless several begin with them."""

SHORTEST_TYPED = 4
"""Digits that are enough to name a gesture, where only one begins with them."""

NAMED = 5
"""Gestures that are named where several could be meant."""

_WINDOW = 200


def run(options: Options) -> int:
    """Print what was done, newest first."""
    with _opened(options) as library:
        history = library.history
        names = short_names(history.ids())
        out = output()
        cut = options.limit is None and out.terminal and not options.json
        limit = TERMINAL_LIMIT if cut else options.limit or 0
        shown = 0
        for entry in _entries(history, limit):
            # One that arrived meanwhile has no name yet; the next call shows it.
            if entry.id in names:
                shown += 1
                titles = _titles(library, entry)
                if options.json:
                    out.json(_record(entry, names, titles))
                else:
                    _print(out, entry, names[entry.id], titles)
        if out.terminal and not options.json:
            _print_foot(shown, len(names))
    return 0


def undo(options: Options) -> int:
    """Take back a gesture, or the last of this device; or do one again."""
    with _opened(options) as library:
        history = library.history
        if options.gesture is not None:
            done = _of_one(history, options.gesture, redo=options.redo)
        else:
            done = _of_last(history, redo=options.redo)
        exchange_of(library.state_file)
        entry = next(entry for entry in _entries(history, 0) if entry.id == done.id)
        names = short_names(history.ids())
        if options.json:
            output().json(_record(entry, names, _titles(library, entry)))
        else:
            output().line(f"{entry.title} ({articles(entry.articles)}).")
    return 0


@contextmanager
def _opened(options: Options) -> Iterator[Library]:
    """The verb's library, with what arrived from other devices."""
    from rilo_reader.library import open_library
    from rilo_reader.paths import user_paths

    paths, config = user_paths(), user_settings()
    folder = chosen(options.library, config, paths).folder
    with open_library(folder, paths, drafts=config.drafts) as library:
        for notice in library.notices:
            errors().line(notice)
        exchange_of(library.state_file)
        yield library


def _titles(library: Library, entry: HistoryEntry) -> list[str]:
    """The titles of the first few articles of a gesture; the id of one that is not here."""
    rows = ((article, library.row(article)) for article in entry.ids)
    return [clean_line(article if row is None else row.title) for article, row in rows]


def _entries(history: History, limit: int) -> Iterator[HistoryEntry]:
    """The history, at most `limit` gestures (0 for all), read in windows."""
    last: GestureId | None = None
    left = limit
    while True:
        entries = history.entries(min(_WINDOW, left) if limit else _WINDOW, last)
        yield from entries
        left -= len(entries)
        if len(entries) < _WINDOW or (limit and left <= 0):
            return
        last = entries[-1].id


# -- names ----------------------------------------------------------------------------------------


def full_name(gesture: GestureId) -> str:
    """The whole name of a gesture on the command line: forty digits that look nothing alike.

    Stamps of one day begin with the same digits, so their beginnings would name nothing.
    """
    text = f"{gesture.device}/{gesture.stamp:016x}"
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:40]


def short_names(gestures: Iterable[GestureId]) -> dict[GestureId, str]:
    """The beginnings of full names that no other one of these has, of at least SHORTEST digits."""
    by_name = sorted((full_name(gesture), gesture) for gesture in gestures)
    names: dict[GestureId, str] = {}
    for index, (name, gesture) in enumerate(by_name):
        neighbours = [by_name[at][0] for at in (index - 1, index + 1) if 0 <= at < len(by_name)]
        size = SHORTEST
        while any(other.startswith(name[:size]) for other in neighbours) and size < len(name):
            size += 1
        names[gesture] = name[:size]
    return names


def named(gestures: Sequence[GestureId], name: str) -> list[GestureId]:
    """The gestures whose full names begin so, or that are called so in a journal (DEVICE/STAMP)."""
    start = name.strip().lower()
    if len(start) < SHORTEST_TYPED or not set(start) <= set("0123456789abcdef"):
        return [each for each in gestures if f"{each.device}/{each.stamp:016x}" == name.strip()]
    return [each for each in gestures if full_name(each).startswith(start)]


# -- undo -----------------------------------------------------------------------------------------


def _of_last(history: History, *, redo: bool) -> Gesture:
    """Take back the last gesture of this device, or do again what was undone last.

    Raises:
        LibraryError: there is none.
    """
    done = history.redo_last() if redo else history.undo_last()
    if done is None:
        what = "do again" if redo else "take back"
        raise LibraryError(
            f"there is nothing to {what} here. To see what was done: {PROGRAM} history"
        )
    return done


def _of_one(history: History, name: str, *, redo: bool) -> Gesture:
    """Take back the gesture of a name, or do it again.

    Raises:
        UsageError: none or several have the name.
        LibraryError: there is nothing to take back.
    """
    gestures = history.ids()
    found = named(gestures, name)
    names = short_names(gestures)
    if len(found) > 1:
        several = ", ".join(names[each] for each in found[:NAMED])
        raise UsageError(f"'{name}' could be any of {len(found):,} gestures: {several}")
    if not found:
        raise UsageError(
            f"there is no gesture '{clean_line(name)}'. To see what was done: {PROGRAM} history"
        )
    gesture, short = found[0], names[found[0]]
    if redo:
        undo = _undo_of(history, gesture)
        if undo is None:
            raise LibraryError(f"{short} is not taken back, so it cannot be done again.")
        gesture = undo
    done = history.undo(gesture)
    if done is None:
        raise LibraryError(_reason(history, found[0], short))
    return done


def _undo_of(history: History, gesture: GestureId) -> GestureId | None:
    """The gesture that took this one back and stands; the gesture itself if it is an undo."""
    for entry in _entries(history, 0):
        if entry.id == gesture and entry.undoes is not None:
            return gesture
        if entry.undoes == gesture and not entry.undone:
            return entry.id
    return None


def _reason(history: History, gesture: GestureId, short: str) -> str:
    """Why a gesture cannot be taken back."""
    entry = next((entry for entry in _entries(history, 0) if entry.id == gesture), None)
    if entry is not None and entry.undone:
        return f"{short} is taken back already. To do it again: {PROGRAM} undo {short} --redo"
    return f"{short} cannot be taken back: all that it did was changed since."


# -- print ----------------------------------------------------------------------------------------


def articles(number: int) -> str:
    """A number of articles, in words."""
    return f"{number:,} article{'' if number == 1 else 's'}"


def _print(out: Output, entry: HistoryEntry, name: str, titles: Sequence[str]) -> None:
    from rilo_reader.dates import human

    when, title = human(entry.when, False, form="iso"), clean_line(entry.title)
    device, some = clean_line(entry.device), "; ".join(titles)
    notes = [clean_line(note) for note in entry.note or ("", "")]
    if not out.terminal:
        undone = "undone" if entry.undone else ""
        out.line("\t".join((name, when, device, str(entry.articles), title, undone, some, *notes)))
        return
    style = Style.DIM if entry.undone else Style.PLAIN
    note = "  (undone)" if entry.undone else ""
    out.line(Piece(name, Style.BOLD), Piece(f"  {when}  {title}{note}", style))
    indent = " " * len(name)
    more = "; …" if entry.articles > len(entry.ids) else ""
    where = f"{device}, {articles(entry.articles)}: {some}{more}"
    out.line(Piece(f"{indent}  {where}", Style.DIM))
    for before, note in zip(("", "before: "), notes, strict=True):
        if note:
            out.line(Piece(f"{indent}  {before}“{note}”", Style.DIM))


def _record(
    entry: HistoryEntry, names: Mapping[GestureId, str], titles: Sequence[str]
) -> dict[str, object]:
    undoes = entry.undoes
    return {
        "id": names[entry.id],
        "when": entry.when.isoformat(timespec="seconds"),
        "device": entry.device,
        "what": entry.title,
        "articles": entry.articles,
        "ids": entry.ids,
        "titles": titles,
        "undone": entry.undone,
        "undoes": None if undoes is None else names.get(undoes),
        "gesture": f"{entry.id.device}/{entry.id.stamp:016x}",
        **(dict(zip(("note", "before"), entry.note, strict=True)) if entry.note else {}),
    }


def _print_foot(shown: int, total: int) -> None:
    if not total:
        errors().line(Piece("Nothing was done yet.", Style.DIM))
    elif shown < total:
        errors().line(Piece(f"{shown:,} of {total:,}; --limit 0 shows all.", Style.DIM))
