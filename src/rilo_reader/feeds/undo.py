"""One stack of undo: what the user did last with marks, feeds, settings, texts or accounts.

    with record_step(state, paths, "Removed Example"):     one step, on this device alone
        subscriptions.remove(paths.feeds_file, url)        or whatever else changes user files
    GestureUndoer(state, folder, paths, sources, find_path).undo(state.steps.find_last())

A gesture is a set of marks, or such a step, or what sends a step to other devices. A step says of
each file what differs, so that it becomes what it was to the last byte; where something else has
changed since, of each row. Headers, filters and comments are in it, so the file of marks has it.
Of an article it has the other text; of an import a list, and files lie aside (`swapped_files`).
An article that came, and that the user starred, tagged, highlighted or noted since, stays.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, get_args

from rilo_reader.article import ArticleId
from rilo_reader.config import MUTES, SEARCHES
from rilo_reader.config.toml_edit import parse_toml
from rilo_reader.config.toml_table import RemovedRow, TomlTable, edit_file
from rilo_reader.errors import LibraryError
from rilo_reader.feeds.actions import Ask, Changes, FeedAction, ask_source, perform_actions
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.sources import FeedChange, FeedChangeError, FeedRemoval, FeedSources
from rilo_reader.feeds.subscriptions import FEEDS, load
from rilo_reader.feeds.swapped_files import (
    LOG,
    CreatedFiles,
    SwappedFile,
    delete_log,
    find_logs,
    find_named,
    hash_file,
    read_log,
    swap_files,
)
from rilo_reader.files import create_locked
from rilo_reader.paths import Paths, library_name
from rilo_reader.plugin_list import plugins_with
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import is_outside_library, native_file
from rilo_reader.store.gestures import Gesture, GestureId
from rilo_reader.store.marks import FOLLOWED, stamp_at, to_milliseconds, wall_clock
from rilo_reader.store.state import State
from rilo_reader.text import format_count

UNUSED_SECONDS = 30 * 86_400
"""What lies aside longer and is in no step is deleted: a younger one may be of a step that runs."""

MAX_UNASKED = 5
"""Feeds that an undo may take away without a question."""

TABLES: Mapping[str, TomlTable[Any]] = {each.name: each for each in (FEEDS, SEARCHES, MUTES)}


class _FileDifference(NamedTuple):
    """A difference of a file before and after a step; `before` becomes `after`."""

    name: str  # of the file: "feeds" or "settings"
    start: int  # the characters before what differs
    before: str
    after: str
    before_digest: str  # of the whole text; "" if there was no file
    after_digest: str
    rows: Sequence[tuple[str, RemovedRow | None, RemovedRow | None]]  # a table, and its rows


class _ArticleText(NamedTuple):
    """The file of an article, and the text that takes the place of the one it has now."""

    path: str  # in the library
    other: str | None  # None: no file
    digest: str  # of the text that it has now; "" if it has none


class _Step(NamedTuple):
    """A change of something besides marks, and of it back; or again, if it `is_undone`."""

    message: str
    files: tuple[_FileDifference, ...] = ()
    articles: tuple[_ArticleText, ...] = ()
    account_changes: Changes = MappingProxyType({})
    is_undone: bool = False
    instead: str = ""  # what to do, as undo cannot take it back

    def to_json(self) -> str:
        """Return the step as `State.steps` keeps it."""
        changes = {
            name: [[type(one).__name__, *one] for one in several]
            for name, several in self.account_changes.items()
        }
        return json.dumps({**self._asdict(), "account_changes": changes})

    @classmethod
    def from_json(cls, text: str) -> _Step:
        """Return the step of a text."""
        fields = json.loads(text)
        files = [_FileDifference(*each) for each in fields["files"]]
        fields["files"] = tuple(
            each._replace(rows=[(row[0], _to_row(row[1]), _to_row(row[2])) for row in each.rows])
            for each in files
        )
        fields["articles"] = tuple(_ArticleText(*each) for each in fields["articles"])
        fields["account_changes"] = {
            name: [_to_change(*values) for values in several]
            for name, several in fields["account_changes"].items()
        }
        return cls(**fields)


def _to_row(values: Any) -> RemovedRow | None:  # noqa: ANN401  # of JSON
    return None if values is None else RemovedRow(*values)


def _to_change(kind: str, *values: Any) -> FeedChange:  # noqa: ANN401  # of JSON
    types = {each.__name__: each for each in get_args(FeedChange)}
    change: FeedChange = types[kind](*(tuple(v) if isinstance(v, list) else v for v in values))
    return change


def _digest(text: str | None) -> str:
    return "" if text is None else sha256(text.encode(errors="surrogateescape")).hexdigest()


def _read_text(file: Path) -> str | None:
    try:
        text = file.read_bytes().decode(errors="surrogateescape")
        return text.removeprefix("\ufeff") if file.suffix == ".toml" else text
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LibraryError(f"{file} cannot be read: {error.strerror or error}.") from error


# -- record ---------------------------------------------------------------------------------------


class StepRecorder:
    """Records what is changed in the user's files as a step of undo."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._files = {"feeds": paths.feeds_file, "settings": paths.settings_file}
        self._since = stamp_at(wall_clock())
        self._before = self._read_files()
        self._differences: tuple[_FileDifference, ...] = ()
        self.account_changes: Changes = {}  # those that undo what was done there
        self._articles: list[_ArticleText] = []
        self.instead = ""  # a sentence on what to do, if undo cannot take it back
        self.created = CreatedFiles()
        self._replaced: list[SwappedFile] = []  # whose text before lies aside
        self._aside = token_hex(8)
        self.marked: GestureId | None = None  # the marks that are of the step

    @property
    def has_file_changes(self) -> bool:
        """Return whether feeds or settings differed when the step was taken."""
        return bool(self._differences)

    def _read_files(self) -> dict[str, tuple[str | None, dict[str, dict[str, RemovedRow]]]]:
        return {
            name: (
                _read_text(file),
                {
                    table: TABLES[table].read_pieces(file)
                    for table in TABLES
                    if (table == "feeds") == (name == "feeds")
                },
            )
            for name, file in self._files.items()
        }

    def capture(self) -> None:
        """Take what differs now in the files as the step: what is changed later is none of it."""
        now = self._read_files()
        self._differences = tuple(
            _compare_texts(name, before, after, rows, now[name][1])
            for name, (before, rows) in self._before.items()
            if (after := now[name][0]) != before
        )

    def add_article(self, path: str, before: str | None, after: str) -> None:
        """Add the file of an article that has another text now; None: there was no file."""
        self._articles.append(_ArticleText(path, before, _digest(after)))

    def replace_article(self, folder: Path, path: str, before: str, after: str) -> None:
        """Add an article that is about to get another text, as one of many: the old lies aside."""
        data = before.encode(errors="surrogateescape")
        file = _folder_aside(self._paths, folder, self._aside) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        digest = hash_file(after.encode(errors="replace"))
        self._replaced.append(SwappedFile(path, digest, hash_file(data)))
        self.created.write_to_log(self._replaced[-1:])

    def drop_unwritten(self, folder: Path) -> None:
        """Take files out of the step that were to be written, and are not there."""
        lost = [path for path in self.created if not os.path.lexists(native_file(folder, path))]
        for path in lost:
            del self.created[path]

    @contextmanager
    def write_log(self, folder: Path, message: str) -> Iterator[None]:
        """Log the files of a step while it is made, for `add_stopped_steps`; raises OSError.

        Those of a step with the same message that was killed become part of this one.
        """
        beside = _folder_aside(self._paths, folder)
        beside.mkdir(parents=True, exist_ok=True)
        for file in find_logs(beside):
            said, aside, files = read_log(file)
            if said == message and delete_log(file):
                self._take_files(aside, files)
        log = beside / f"{token_hex(8)}{LOG}"
        try:
            with create_locked(log) as self.created.log:
                self.created.log.write(json.dumps([message, self._aside]).encode() + b"\n")
                self.created.add(dict(self.created))
                self.created.write_to_log(self._replaced)
                yield
        finally:
            self.created.log = None
            log.unlink(missing_ok=True)

    def _take_files(self, aside: str, files: Sequence[SwappedFile]) -> None:
        replaced = [each for each in files if each.other]
        self.created.update({each.path: each.now for each in files if not each.other})
        if replaced and not self._replaced:  # all that is replaced lies in one folder
            self._aside, self._replaced = aside, replaced

    def save(self, state: State, message: str) -> None:
        """Keep the step, if anything was changed; raises StateError."""
        articles, changes = tuple(self._articles), self.account_changes
        step = _Step(message, self._differences, articles, changes, instead=self.instead)
        listed = [SwappedFile(path, digest) for path, digest in self.created.items()]
        listed += self._replaced
        if step != _Step(message) or listed:
            send_file_changes(state, self._paths)
            files = _list_to_json(self._aside, listed) if listed else ""
            since = self._since if self._differences else None
            self.marked = state.steps.add(step.to_json(), since, self.marked, files)

    def take_back(self, state: State, folder: Path) -> None:
        """Take back the step that was saved, without a trace; raises LibraryError if it stays.

        What other devices may have seen stays in the history, with its undo.
        """
        if self.marked is None:
            return
        undone = GestureUndoer(state, folder, self._paths, FeedSources).undo(self.marked)
        if not state.steps.read_assignments(self.marked):
            state.steps.delete([self.marked, undone.id])


def add_stopped_steps(state: State, folder: Path, paths: Paths, *, only_last: bool = False) -> None:
    """Add what killed processes left of their steps, that undo takes it back; raises StateError.

    With `only_last`, only those after which nothing else was done.
    """
    for log in find_logs(_folder_aside(paths, folder)):
        last = state.steps.find_last() if only_last else None
        if last is not None and to_milliseconds(last.stamp) > log.stat().st_mtime * 1000:
            continue
        message, aside, files = read_log(log)
        if delete_log(log) and message:
            recorder = StepRecorder(paths)
            recorder._take_files(aside, files)
            recorder.drop_unwritten(folder)
            recorder.save(state, message)


def _list_to_json(name: str, files: Sequence[SwappedFile]) -> str:
    """Return a list of files, and the name of the folder where the others lie, as it is kept."""
    return json.dumps({"aside": name, "files": files})


def _folder_aside(paths: Paths, folder: Path, name: str = "") -> Path:
    """Return where the files lie that undo took out of a library, or may put into it."""
    return paths.state / "undone" / library_name(folder.resolve()) / name


@contextmanager
def record_step(state: State, paths: Paths, message: str) -> Iterator[StepRecorder]:
    """Keep what a block changes in the user's files as a step; raises StateError."""
    send_file_changes(state, paths)  # what was done by hand before is none of it
    recorder = StepRecorder(paths)
    yield recorder
    recorder.capture()
    recorder.save(state, message)


class _SendingPlugin(Protocol):
    def send_file_changes(self, marks: State, paths: Paths) -> None: ...


def send_file_changes(state: State, paths: Paths) -> None:
    """Send what was changed in files that travel, by the plugins that do so."""
    for plugin in plugins_with(_SendingPlugin):
        plugin.send_file_changes(state, paths)


def _compare_texts(
    name: str,
    before: str | None,
    after: str | None,
    rows: Mapping[str, Mapping[str, RemovedRow]],
    rows_now: Mapping[str, Mapping[str, RemovedRow]],
) -> _FileDifference:
    old, new = before or "", after or ""
    start = _count_same(old, new)
    end = _count_same(old[start:][::-1], new[start:][::-1])
    changed: list[tuple[str, RemovedRow | None, RemovedRow | None]] = []
    for table, pieces in rows.items():
        now = rows_now[table]
        gone = [piece for key, piece in pieces.items() if key not in now]
        come = [piece for key, piece in now.items() if key not in pieces]
        if len(gone) == len(come) == 1:  # it has another key now
            changed.append((table, gone.pop(), come.pop()))
        changed += [(table, piece, None) for piece in gone]
        changed += [(table, None, piece) for piece in come]
        for key in pieces.keys() & now.keys():
            if pieces[key].text != now[key].text:
                changed.append((table, pieces[key], now[key]._replace(place=pieces[key].place)))
    return _FileDifference(
        name,
        start,
        old[start : len(old) - end],
        new[start : len(new) - end],
        _digest(before),
        _digest(after),
        changed,
    )


def _count_same(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    places = (place for place, two in enumerate(zip(one, other, strict=False)) if len({*two}) > 1)
    return next(places, min(len(one), len(other)))


# -- undo -----------------------------------------------------------------------------------------


_KEPT = " (kept: "


def _add_kept(message: str, changed_count: int, marked_count: int) -> str:
    kept = [f"{format_count(changed_count, 'file')} changed since"] if changed_count else []
    if marked_count:
        kept.append(f"{format_count(marked_count, 'article')} that you have marked since")
    message = message.partition(_KEPT)[0]
    return f"{message}{_KEPT}{', '.join(kept)})" if kept else message


def describe_last_step(state: State) -> str:
    """Return the message of what undo takes back next; "" if that changed marks."""
    gesture = state.steps.find_last()
    text = state.steps.read(gesture) if gesture is not None else None
    return "" if text is None else _Step.from_json(text).message


class ChangedLaterError(LibraryError):
    """A gesture of which nothing is left, or possible, to be taken back."""


class GestureUndoer:
    """Takes back gestures of a library, and does them again, whatever they changed."""

    def __init__(
        self,
        state: State,
        folder: Path,
        paths: Paths,
        read_sources: Callable[[], FeedSources],
        find_path: Callable[[ArticleId], str] = lambda article: "",
    ) -> None:
        """`find_path` returns the path of an article, "" if the index does not have it."""
        self._state = state
        self._folder = folder
        self._paths = paths
        self._read_sources = read_sources
        self._find_path = find_path

    def _read_step(self, gesture: GestureId) -> _Step | None:
        text = self._state.steps.read(gesture)
        return None if text is None else _Step.from_json(text)

    def is_setting(self, gesture: GestureId) -> bool:
        """Return whether a gesture changed feeds, settings or accounts, and no article."""
        return self._read_step(gesture) is not None and not self.has_files(gesture)

    def has_files(self, gesture: GestureId) -> bool:
        """Return whether a gesture brought files into the library, or changed some."""
        step = self._read_step(gesture)
        has_articles = step is not None and bool(step.articles)
        return has_articles or bool(self._state.steps.read_files(gesture))

    def has_rest(self, gesture: GestureId) -> bool:
        """Return whether files still have what a gesture did, though its marks may be undone.

        So it is where another device undid it: local feeds did not come back by that.
        """
        step = self._read_step(gesture)
        return step is not None and not step.is_undone

    def list_accounts(self, gesture: GestureId) -> list[str]:
        """Return the accounts that are asked to take a gesture back."""
        step = self._read_step(gesture)
        return list(step.account_changes) if step is not None else []

    def count_removed_feeds(self, gesture: GestureId) -> int:
        """Return how many feeds disappear if a gesture is taken back."""
        step = self._read_step(gesture)
        if step is None:
            parts = self._state.steps.read_assignments(gesture)
            followed = (part for part in parts if part.field == FOLLOWED and part.value)
            return sum(len(part.ids) for part in followed if not part.value_before)
        at_accounts = [one for several in step.account_changes.values() for one in several]
        removals = [one for one in at_accounts if isinstance(one, FeedRemoval)]
        rows = [row for each in step.files for row in each.rows if row[0] == "feeds"]
        return len(removals) + sum(row[2 if step.is_undone else 1] is None for row in rows)

    def find_question(self, gesture: GestureId) -> str:
        """Return what taking a gesture back removes, if it must be asked about; else ""."""
        count = self.count_removed_feeds(gesture)
        return f"This removes {format_count(count, 'feed')}." if count > MAX_UNASKED else ""

    def undo(self, gesture: GestureId, ask: Ask = ask_source) -> Gesture:
        """Take back a gesture, or an undo; LibraryError says why it cannot be.

        That is a ChangedLaterError where all that it changed was changed again later.
        """
        step = self._read_step(gesture)
        if step is not None:
            if step.instead:
                what = f"{step.message}: undo cannot take that back. {step.instead}"
                raise ChangedLaterError(what)
            marked = self._find_marked(gesture, step)
            changed = self._swap(step, ask, marked)
            files, *kept = self._swap_files(gesture, step, marked)
            if files:
                changed = changed._replace(message=_add_kept(step.message, *kept))
            return self._state.steps.record_undo(gesture, changed.to_json(), files)
        if (done := self._state.undo(gesture)) is None:
            raise self._make_error(self._state.history.describe(gesture))
        return done

    def undo_last(self, gesture: GestureId, ask: Ask = ask_source) -> Gesture:
        """Take back the gesture that is the last, see `undo`; the next time an older one is."""
        try:
            return self.undo(gesture, ask)
        except ChangedLaterError:
            self._state.steps.pass_over(gesture)
            raise

    def _find_marked(self, gesture: GestureId, step: _Step) -> AbstractSet[str]:
        """Return the paths of articles with marks that are not of a gesture; of none in a redo."""
        if step.is_undone or not self.has_files(gesture):
            return frozenset()
        return {self._find_path(each) for each in self._state.steps.list_marked_later(gesture)}

    def _make_error(self, what: str) -> ChangedLaterError:
        return ChangedLaterError(f"{what[:1].upper()}{what[1:]}: it was changed again later.")

    def _swap(self, step: _Step, ask: Ask, marked: AbstractSet[str]) -> _Step:
        changes: Changes = {}
        for article in step.articles:
            if article.other is None and article.path in marked:
                raise ChangedLaterError(f"You have marked {article.path} since, so it is kept.")
            is_outside = is_outside_library(self._folder, article.path)
            if is_outside or _digest(_read_text(self._folder / article.path)) != article.digest:
                raise ChangedLaterError(f"{article.path} has changed since, so it is kept.")
        if step.account_changes:
            action = FeedAction("", step.account_changes)
            try:
                [result] = perform_actions(self._paths, [action], self._read_sources(), ask)
            except FeedChangeError as error:
                if error.is_offline:
                    raise
                raise ChangedLaterError(str(error)) from error
            if result.error:
                raise ChangedLaterError(result.error)
            changes = result.account_changes
        for each in step.files:
            self._swap_file(each, step.message, is_redo=step.is_undone)
        articles = tuple(self._swap_article(each) for each in step.articles)
        return step._replace(
            articles=articles, account_changes=changes, is_undone=not step.is_undone
        )

    def _swap_file(self, difference: _FileDifference, message: str, *, is_redo: bool) -> None:
        file = self._paths.feeds_file if difference.name == "feeds" else self._paths.settings_file
        name, start, new, old, new_digest, old_digest, rows = difference
        pairs = [(table, after, before) for table, before, after in rows]
        if is_redo:
            new, old, new_digest, old_digest = old, new, old_digest, new_digest
            pairs = [(table, before, after) for table, before, after in rows]
        if any(now for _, now, _ in pairs) and not (_read_text(file) or "").strip():
            gone = f"{file.name} is missing or empty, so nothing was undone"
            raise LibraryError(f"{gone}. Bring the file back, then undo again.")
        try:
            if new_digest and _digest(_read_text(file)) == old_digest:
                with edit_file(file, str) as edited:
                    edited.text = edited.text[:start] + new + edited.text[start + len(old) :]
            elif fault := parse_toml(_read_text(file) or "")[1]:
                where = f"{file.name} has a mistake in line {fault[0]}: {fault[1]}"
                raise LibraryError(f"{where}. Nothing was undone: mend it, then undo again.")
            else:
                swapped = [TABLES[table].swap(file, now, wanted) for table, now, wanted in pairs]
                if not any(swapped):
                    raise self._make_error(message)
        except (OSError, ValueError) as error:
            raise LibraryError(f"{file.name} could not be changed: {error}") from error
        if name == "feeds":
            self._rename_articles({row.key for _, *pair in rows for row in pair if row})

    def _rename_articles(self, keys: set[str]) -> None:
        """Give the articles of feeds their titles again."""
        if not ledger_file(self._folder, self._paths).exists():
            return
        from rilo_reader.feeds.collection import open_collection  # which imports all parsers
        from rilo_reader.feeds.renaming import rename_source

        feeds = [each for each in load(self._paths.feeds_file)[0] if FEEDS.key(each.url) in keys]
        if not feeds:
            return
        with open_collection(self._folder, self._paths) as collection:
            for each in feeds:
                rename_source(collection, each.url, each.title)

    def _swap_files(
        self, gesture: GestureId, step: _Step, marked: AbstractSet[str]
    ) -> tuple[str, int, int]:
        """Swap the files of the list of a step; return it as it is then.

        Also how many files had changed, and how many articles stay since they are `marked`.
        """
        if not (text := self._state.steps.read_files(gesture)):
            return "", 0, 0
        listed = json.loads(text)
        files = [SwappedFile(*each) for each in listed["files"]]
        beside = _folder_aside(self._paths, self._folder)
        used = {json.loads(each)["aside"] for each in self._state.steps.list_files()}
        for old in beside.iterdir() if beside.is_dir() else ():
            age = wall_clock() / 1000 - old.stat().st_mtime
            if old.name not in used and age > UNUSED_SECONDS:  # the history has it no more
                shutil.rmtree(old, ignore_errors=True)
        from rilo_reader.feeds.collection import open_collection  # which imports all parsers

        marked = {each.path for each in files if not each.other} & marked
        with open_collection(self._folder, self._paths) as collection:
            kept = marked | find_named(self._folder, files, marked)
            aside, is_redo = beside / listed["aside"], step.is_undone
            try:
                swapped, count = swap_files(self._folder, aside, files, kept, is_redo=is_redo)
            except OSError as error:
                raise LibraryError(f"A file could not be moved: {error}. Undo again.") from error
            changed = [new for new, old in zip(swapped, files, strict=True) if new is not old]
            if not (changed or step.files or self._state.steps.read_assignments(gesture)):
                if marked:
                    why = "you have marked its articles since, so they stay"
                    raise ChangedLaterError(f"{step.message}: {why}.")
                raise self._make_error(step.message)
            with collection.ledger.transaction():
                for is_here in (True, False):
                    paths = [each.path for each in changed if bool(each.now) is is_here]
                    collection.ledger.put_done(paths, done=is_here)
        return _list_to_json(listed["aside"], swapped), count, len(marked)

    def _swap_article(self, article: _ArticleText) -> _ArticleText:
        file = self._folder / article.path
        now = _read_text(file)
        if article.other is None:
            file.unlink()
        else:
            data = article.other.encode(errors="surrogateescape")
            for error in write_all(self._folder, {article.path: data}).values():
                raise LibraryError(f"{article.path} cannot be written: {error}.")
        return article._replace(other=now, digest=_digest(article.other))
