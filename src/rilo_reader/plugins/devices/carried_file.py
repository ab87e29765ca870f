"""Files of the user's that travel as values, like marks.

What changed here is a gesture of this device, and what came from others is written into the file.

    carrier.send_changes()   before gestures are written into the journal
    carrier.take_changes()   after those of others were merged

The base of a file has its rows, and the values that had won, when both were last in step: what the
file has otherwise was changed here, what has won otherwise was changed elsewhere. So a file whose
changes could not be written, or a program that was killed, loses no change, and refused values are
not sent back.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from rilo_reader import __version__
from rilo_reader.article import ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.store.gestures import Assignment, GestureId, Ids
from rilo_reader.store.state import State
from rilo_reader.text import clean_line, format_count

Values = Mapping[str, str]
"""Texts by the fields that have one; an empty text is none."""

Things = dict[str, Values]
"""The rows of a file by their names: the values of feeds, or of rows of the settings."""

Stamps = Mapping[tuple[str, str], int]
"""The stamps of all fields of all names."""

MAX_NEW_ROWS = 5_000
"""Things that are taken over from other devices at once; of a device that has more, none."""

MAX_NAMED = 3  # things that are named in a sentence

QUIET_SECONDS = 10
"""Seconds after which an empty file counts as empty, and not as being written."""


class ThingEdits(NamedTuple):
    """Edits of a file."""

    added: Things
    changed: Things  # the fields that are set
    removed: Sequence[str]


class CarriedKind(Protocol):
    """A file of which rows can travel, and how they are read and written."""

    name: str  # under which its base is stored
    file: Path
    noun: str  # of one of its things
    fields: Sequence[str]  # all of them; a thing is there if it has the first

    def read_rows(self) -> tuple[Things, set[str]] | None:
        """Return the rows to sync and the names of local ones; None if the file has a mistake."""

    def check_values(self, name: str, values: Values) -> Values | None:
        """Values of another device as the file would have them, without those that are not valid.

        None if it may not have the thing at all.
        """

    def title_of(self, name: str, values: Values) -> str:
        """Return the title of a thing, for people."""

    def write_rows(self, edits: ThingEdits) -> tuple[Things, Mapping[str, str]]:
        """Write all edits at once; raises LibraryError, OSError or ValueError.

        Return the fields that may be changed, of each thing, and why some things are not written.
        """


class FileChange(NamedTuple):
    """A change that was written into the user's files, or failed."""

    sentence: str = ""  # what other devices did, or what went wrong; "" for what was undone here
    gestures: tuple[GestureId, ...] = ()  # those that did it, as far as they are known
    kind: str = ""  # the name of the `CarriedKind`; "" if nothing was written


class _WinningValues(NamedTuple):
    """The values that have won, of whichever device."""

    things: Things
    refused: set[str]  # the names of those that this device cannot have
    refused_fields: Mapping[str, Sequence[str]]  # by the names of things without their values
    surplus: Mapping[str, Sequence[str]]  # names of each device that has too many new ones
    stamps: Stamps

    def keep_before(self, before: Things) -> Things:
        """Return the things, with values of before where those that have won are refused."""
        kept = {
            name: {field: before.get(name, {}).get(field, "") for field in fields}
            for name, fields in self.refused_fields.items()
        }
        return {
            name: {**values, **{field: value for field, value in kept[name].items() if value}}
            if name in kept
            else values
            for name, values in self.things.items()
        }


class CarriedBase(NamedTuple):
    """A file and the values that had won when they were last in step."""

    file_rows: Things
    won_rows: Things


def find_changes(
    kind: CarriedKind, now: Things, previous: Things, local_names: set[str]
) -> Iterator[Assignment]:
    """Yield what was changed in a file, as assignments (pure)."""
    given: dict[tuple[str, str], list[ArticleId]] = defaultdict(list)
    for name in [*now, *(name for name in previous if name not in now)]:
        if name in local_names:
            continue
        if name not in now:
            given[kind.fields[0], ""].append(ArticleId(name))
            continue
        for field in kind.fields:
            value, old = now[name].get(field, ""), previous.get(name, {}).get(field, "")
            # A new row sends all fields: a removed one of its name may have left values behind.
            if value != old or name not in previous:
                given[field, value].append(ArticleId(name))
    for (field, value), ids in given.items():
        yield Assignment(field, value, Ids(ids))


def is_gone(file: Path) -> bool:
    """Return whether a file is missing or empty, as while it is being replaced; never raise."""
    try:
        return not file.read_bytes().strip()
    except OSError:
        return True


def is_being_written(file: Path) -> bool:
    """Return whether an editor may just be replacing a file."""
    if not is_gone(file):
        return False
    try:
        existing = file if file.exists() else file.parent
        return abs(time.time() - existing.stat().st_mtime) < QUIET_SECONDS
    except OSError:
        return False


class CarriedFile:
    """One kind of things, carried between a file and the values of the marks."""

    def __init__(self, state: State, kind: CarriedKind) -> None:
        self._state = state
        self._kind = kind
        self._file: Things | None = None  # as it was read last
        self._local_names: set[str] = set()
        self._in_step = f"{kind.name} in step"
        self._was_gone = f"{kind.name} gone"
        self._is_idle = False  # whether the file and the values are as they were in step
        self._is_gone = False  # whether the file was missing or empty then, and had rows before

    def _read_base(self) -> CarriedBase | None:
        text = self._state.journals.read_memo(self._kind.name)
        return CarriedBase(*json.loads(text)) if text else None

    def _write_base(self, base: CarriedBase) -> None:
        if base != self._read_base():
            text = json.dumps(base, ensure_ascii=False)
            self._state.journals.set_memo(self._kind.name, text)

    def describe_refused(self) -> str:
        """Return a sentence on rows of other devices that are left out here, or ""."""
        base = self._read_base() or CarriedBase({}, {})
        winning = self._read_winning(base.file_rows, base.won_rows)
        names = sorted(winning.refused)
        whole = f"{format_count(len(names), self._kind.noun)} ({_list_some(names)})"
        values = [
            f"{field.rpartition(':')[2]} of {name}"
            for name, fields in sorted(winning.refused_fields.items())
            for field in fields
        ]
        more = [
            f"{format_count(len(some), self._kind.noun)} from {device}, which are too many"
            for device, some in winning.surplus.items()
        ]
        left = filter(None, (whole if names else "", _list_some(values), *more))
        what = clean_line("; ".join(left), 300)
        return f"Left out, as other devices may not bring it or it is not valid: {what}." * bool(
            what
        )

    def describe_gone(self) -> str:
        """Return a sentence on a file that is missing or empty and had rows, or ""."""
        base = self._read_base()
        if base is None or not base.file_rows or not is_gone(self._kind.file):
            return ""
        count, file = format_count(len(base.file_rows), self._kind.noun), self._kind.file.name
        soon = f"a sync in {QUIET_SECONDS} seconds or later writes {count} into it again"
        return f"{file} is missing or empty: unless it is written, {soon}"

    def send_changes(self) -> None:
        """Make gestures of what was changed in the file since it was in step with the marks."""
        self._is_idle = self._state.journals.read_memo(self._in_step) == self._read_signs()
        if not self._is_idle:
            self._send_file()

    def _send_file(self) -> None:
        base = self._read_base()
        self._is_gone = bool(base and base.file_rows) and is_gone(self._kind.file)
        waits = self._is_gone and is_being_written(self._kind.file)
        found = None if waits else self._kind.read_rows()
        self._file, self._local_names = found or (None, set())
        memos = self._state.journals
        if waits:
            memos.set_memo(self._was_gone, "1")
        elif self._file is not None and memos.read_memo(self._was_gone):
            # A command may have written into it before it was written again.
            memos.set_memo(self._was_gone, None)
            rows = base.file_rows if base else {}
            self._is_gone = bool(rows) and not rows.keys() & self._file.keys()
        if self._is_gone and self._file is not None:
            # Nobody removed all of it: it is written again, as on a new device.
            memos.set_memo(self._kind.name, None)
            base = None
        if self._file is not None and base is not None:
            done_at: int | None = None
            kept = {
                name: base.file_rows[name] for name in self._local_names if name in base.file_rows
            }
            given = list(find_changes(self._kind, self._file, base.file_rows, self._local_names))
            won = base.won_rows
            with suppress(OSError):
                # Commands are followed by a sync; an edit by hand was done when the file says so.
                done_at = self._kind.file.stat().st_mtime_ns // 1_000_000
            if self._state.apply_assignments(given, done_at=done_at):
                won = self._advance_base(given, won)
            self._write_base(CarriedBase({**self._file, **kept}, won))

    def _advance_base(self, assignments: Iterable[Assignment], before: Things) -> Things:
        """Return the won values of the base after this device's own changes."""
        now, values = self._read_winning(before, self._file or {}).things, dict(before)
        for field, _, ids in assignments:
            for name in ids:
                if name in now:
                    row = {**values.get(name, {}), field: now[name].get(field, "")}
                    values[name] = {key: value for key, value in row.items() if value}
                elif field == self._kind.fields[0]:
                    values.pop(name, None)
        return values

    def take_changes(self) -> tuple[list[FileChange], bool]:
        """Write incoming changes into the file; return them, and whether there is more to send."""
        signs = self._read_signs()
        if self._is_idle and signs == self._state.journals.read_memo(self._in_step):
            return [], False
        if self._is_idle:
            self._send_file()
        if self._file is None:
            gone = self.describe_gone() if self._is_gone else ""
            return [FileChange(gone)] if gone else [], False
        file, base, sends = self._file, self._read_base(), False
        known = self._file, self._local_names, base.won_rows if base else ()
        winning = self._read_winning(*known)
        if base is None:
            # Values of others win; what only this file has is added.
            before: Things = {
                name: {
                    field: file[name].get(field, "") if (field, name) in winning.stamps else ""
                    for field in self._kind.fields
                }
                for name in file
                if name in winning.things
            }
            given = find_changes(self._kind, file, before, self._local_names)
            sends = self._state.apply_assignments(given) is not None
            base = CarriedBase(dict(file), {name: file[name] for name in before})
            winning = self._read_winning(*known)
        if winning.refused:
            self._state.journals.leave_out_of_history(self._kind.fields[0], winning.refused)
        values, stamps = winning.keep_before(base.won_rows), winning.stamps
        wanted = {
            name: values.get(name)
            for name in [*values, *(name for name in base.won_rows if name not in values)]
            if name not in self._local_names | winning.refused
            and values.get(name) != base.won_rows.get(name)
        }
        problems = [
            FileChange(
                f"{format_count(len(names), self._kind.noun)} from {device} did not come: too many"
            )
            for device, names in winning.surplus.items()
        ]
        if not wanted:
            self._write_base(base)
            if not self._is_gone:
                self._state.journals.set_memo(self._in_step, signs)
            return problems, sends
        writing = _FileWriter(self._kind, file, base, wanted)
        problems += writing.write_all()
        if self._is_gone:
            count = format_count(len(writing.written_rows), self._kind.noun)
            sentence = f"{self._kind.file.name} was missing or empty: {count} written into it again"
            problems.insert(0, FileChange(sentence, kind=self._kind.name))
        self._write_base(writing.base)
        return [*self._describe_changes(writing, stamps), *problems], sends

    def _find_surplus(self, new: Iterable[str], stamps: Stamps) -> dict[str, list[str]]:
        """New things that are not taken over, by device: the device with the fewest comes first."""
        if len(found := list(new)) <= MAX_NEW_ROWS:
            return {}
        of_device: dict[str, list[str]] = defaultdict(list)
        stamp_of = {name: stamps.get((self._kind.fields[0], name), 0) for name in found}
        origins = self._find_origins((stamp,) for stamp in stamp_of.values())
        for name in found:
            if (who := origins[stamp_of[name],]) is not None:
                of_device[who[1]].append(name)
        left, taken = {}, 0
        for device, names in sorted(of_device.items(), key=lambda one: len(one[1])):
            taken += len(names)
            if taken > MAX_NEW_ROWS:
                left[device] = names
        return left

    def _read_winning(self, *known: Container[str]) -> _WinningValues:
        """Return what has won; new is what is in none of `known`."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        stamps: dict[tuple[str, str], int] = {}
        fields = self._kind.fields
        for field, name, value, stamp in self._state.journals.read_texts(self._prefix):
            stamps[field, name] = stamp
            if value and field in fields:
                found[name][field] = value
        rows = {name: one for name, one in found.items() if fields[0] in one}
        new = (name for name in rows if not any(name in names for names in known))
        surplus = self._find_surplus(new, stamps)
        for names in surplus.values():  # what is too much is not looked at
            for name in names:
                del rows[name]
        valid = {name: self._kind.check_values(name, values) for name, values in rows.items()}
        things = {name: values for name, values in valid.items() if values is not None}
        left = {name: [*(rows[name].keys() - values.keys())] for name, values in things.items()}
        wrong = {name: sorted(some) for name, some in left.items() if some}
        return _WinningValues(things, rows.keys() - things.keys(), wrong, surplus, stamps)

    @property
    def _prefix(self) -> str:
        fields = self._kind.fields
        return fields[0] if len(fields) == 1 else f"{fields[0].partition(':')[0]}:"

    def _read_signs(self) -> str:
        """Return what differs once the file or a value was written, or the program is another."""
        signs: list[object] = [__version__, self._state.journals.sum_texts(self._prefix)]
        with suppress(OSError):
            status = self._kind.file.stat()
            signs += [status.st_mtime_ns, status.st_size, status.st_ino]
        return json.dumps(signs)

    def _describe_changes(
        self, writing: _FileWriter, stamps: Mapping[tuple[str, str], int]
    ) -> Iterator[FileChange]:
        """Yield sentences on the changes of other devices that were written."""
        titles: dict[tuple[str, str], list[str]] = defaultdict(list)
        gestures: dict[tuple[str, str], dict[GestureId, None]] = defaultdict(dict)
        rows = [
            (did, title, tuple(stamps.get((field, name), 0) for field in fields))
            for did, name, title, fields in writing.written_rows
        ]
        origins = self._find_origins(stamps for _, _, stamps in rows)
        for did, title, of_row in rows:
            who = origins[of_row]
            if who is not None:
                titles[did, who[1]].append(title)
                gestures[did, who[1]].update(dict.fromkeys(who[0]))
        if writing.written_rows and not titles:
            yield FileChange(kind=self._kind.name)
        for (did, device), all_titles in titles.items():
            several = len(all_titles) > 1
            were = "" if did == "came from" else "were " if several else "was "
            some = _list_some(all_titles)
            what = format_count(len(all_titles), self._kind.noun)
            done_by = tuple(gestures[did, device])
            yield FileChange(f"{what} {were}{did} {device}: {some}", done_by, self._kind.name)

    def _find_origins(
        self, stamps: Iterable[tuple[int, ...]]
    ) -> dict[tuple[int, ...], tuple[list[GestureId], str] | None]:
        """The gestures of stamps and the device of the last, or None if it is this one."""
        several = {*stamps}
        own = self._state.journals.devices.ensure_own().id
        known = self._state.journals.find_gestures({stamp for some in several for stamp in some})
        origins: dict[tuple[int, ...], tuple[list[GestureId], str] | None] = {}
        for some in several:
            made_by = [made for stamp in sorted({*some}) for made in known.get(stamp, ())]
            others = [made for made in made_by if made[0].device != own]
            name = clean_line(others[-1][1]) if others else "another device"
            is_own = bool(made_by) and not others
            origins[some] = None if is_own else ([gesture for gesture, _ in others], name)
        return origins


class _FileWriter:
    """Writes the wanted rows into a file, one by one."""

    def __init__(
        self,
        kind: CarriedKind,
        file: Things,
        base: CarriedBase,
        wanted: Mapping[str, Values | None],
    ) -> None:
        """`wanted` are the rows that have won otherwise than in the base; None: removed."""
        self._kind = kind
        self._file = file
        self._before = base
        self._wanted_rows = wanted
        self.base = CarriedBase(dict(base.file_rows), dict(base.won_rows))  # what is in step now
        # what was done, the name and the title of the row, and the fields that were written
        self.written_rows: list[tuple[str, str, str, Sequence[str]]] = []

    def write_all(self) -> Iterable[FileChange]:
        """Write all rows; return what went wrong, after which the rest waits."""
        wanted, first = self._wanted_rows, self._kind.fields[:1]
        there = {name: one for name, one in wanted.items() if one is not None}
        new = {name: values for name, values in there.items() if name not in self._file}
        fields = {name: self._find_fields(name, there[name]) for name in there if name not in new}
        changed = {name: values for name, values in fields.items() if values}
        gone = [name for name, one in wanted.items() if one is None and name in self._file]
        faults: Mapping[str, str] = {}
        written: Things = {}
        try:
            if new or changed or gone:
                written, faults = self._kind.write_rows(ThingEdits(new, changed, gone))
        except (LibraryError, OSError, ValueError) as error:
            return [self._describe_fault(str(error))]
        for name, values in wanted.items():
            if name in faults:
                continue
            if name in new:
                self._record_written(name, values, "came from", first)
            elif values is None:
                self._record_written(name, None, "removed on" if name in self._file else "", first)
            else:
                done = written.get(name, {})
                now = {key: one for key, one in {**self._file[name], **done}.items() if one}
                self._record_written(name, now, "changed on" if done else "", list(done))
        return [self._describe_fault(f"{name}: {why}") for name, why in [*faults.items()][:1]]

    def _describe_fault(self, reason: str) -> FileChange:
        noun = self._kind.noun
        return FileChange(f"Not every {noun} of your other devices could be written: {reason}")

    def _find_fields(self, name: str, values: Values) -> Values:
        """Return the fields that others changed, and that the file does not have so already."""
        row, before = self._file[name], self._before.won_rows.get(name, {})
        return {
            field: value
            for field in self._kind.fields
            if (value := values.get(field, "")) not in (before.get(field, ""), row.get(field, ""))
        }

    def _record_written(
        self, name: str, now: Values | None, did: str = "", fields: Sequence[str] = ()
    ) -> None:
        """Record in the base that a row of the file is in step with what has won."""
        if did:
            title = self._kind.title_of(name, now or self._file[name])
            self.written_rows.append((did, name, clean_line(title), fields))
        wanted = self._wanted_rows[name]
        for rows, values in ((self.base.file_rows, now), (self.base.won_rows, wanted)):
            rows.pop(name, None)
            if values is not None:
                rows[name] = values


def _list_some(names: Sequence[str]) -> str:
    return ", ".join([*names[:MAX_NAMED], *(["…"] if names[MAX_NAMED:] else [])])
