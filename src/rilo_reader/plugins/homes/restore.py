"""Put a home from its file into a home that is empty, or join it with one that is not.

Into an empty home all goes as it was; its library is where it was in the other home. What is here
already stays: rows of settings and feeds that are not here are added, marks are merged as those of
another device are, and articles that are not here are written. Nothing is overwritten.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

from rilo_reader import config as settings
from rilo_reader.cli.library_context import LibraryContext, make_context
from rilo_reader.config.settings import all_tables, change_setting
from rilo_reader.config.toml_table import RowEdits, TomlTable
from rilo_reader.feeds.subscriptions import FEEDS
from rilo_reader.files import read_regular, replace_file
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.homes.archive import (
    LIBRARY,
    MANIFEST,
    PASSWORDS,
    Manifest,
    delete_leftovers,
    is_marks,
    list_names,
    open_scratch,
)
from rilo_reader.store.devices import set_library
from rilo_reader.store.sqlite import copy_file, run_renewal
from rilo_reader.store.state import open_state
from rilo_reader.store.state_schema import STATE

_NO_NAMES = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EEXIST, errno.ENOTDIR)
"""Errors of a disk that does not take a name, or has a file where the name has a folder."""

LONGEST_SHOWN = 100  # characters of a name in a message


class Restoration(NamedTuple):
    """The result of restoring a home."""

    context: LibraryContext  # the library that has the articles now
    kept: list[str]  # files that are here with other content, which stayed
    left_out: list[str]  # files that cannot be here, and why, as clauses


def restore_home(
    archive: zipfile.ZipFile, manifest: Manifest, paths: Paths, advance: Callable[[int], None]
) -> Restoration:
    """Restore what `read_manifest` has checked; `advance` gets the number of files done.

    Begun again after it was stopped, it goes on. Raises OSError, LibraryError and sqlite3.Error.
    """
    is_own = not paths.settings_file.exists()
    # Settings say where the library is, and an index that finds articles asks for their marks.
    order = ("config", "state", "data", LIBRARY)
    members = [name.partition("/") for name in list_names(archive) if name != MANIFEST]
    members.sort(key=lambda member: (order.index(member[0]), member[2] != "settings.toml"))
    folder, kept, left_out = paths.default_library, list[str](), list[str]()
    roots = {root: getattr(paths, root) for root in order[:-1]}
    entered = set[Path]()
    with open_scratch() as scratch:
        for done, (root, _, name) in enumerate(members, 1):
            advance(done)
            member, copy = f"{root}/{name}", scratch / f"copy{PurePosixPath(name).suffix[:9]}"
            with archive.open(member) as source, copy.open("wb") as out:
                shutil.copyfileobj(source, out)
            if member == "config/settings.toml" and is_own:
                _correct_library(copy, manifest, paths)
            if LIBRARY not in roots and root != "config":
                if is_own and not paths.settings_file.exists():
                    _correct_library(paths.settings_file, manifest, paths)
                folder = settings.load(paths.settings_file)[0].first_library(paths)
                folder.mkdir(parents=True, exist_ok=True)
                folder = roots[LIBRARY] = folder.resolve()
            if root == "state" and name.endswith(".db"):
                _restore_records(copy, name, manifest, folder, paths)
                continue
            target = roots[root] / name
            try:
                if target.parent not in entered:
                    _enter_folder(target.parent, roots[root])
                    entered.add(target.parent)
                is_new = _put_file(copy, target, private=name == PASSWORDS or root == "config")
                if not is_new and root == "config":
                    is_new = _join_rows(copy, target)
            except (OSError, ValueError) as error:
                if isinstance(error, OSError) and error.errno not in _NO_NAMES:
                    raise
                reason = error.strerror if isinstance(error, OSError) else error
                left_out.append(f"{member[:LONGEST_SHOWN]}: {reason}")
                continue
            if not is_new and root != "state":  # records of what is collected here stay
                kept.append(member)
    context = make_context(folder, paths, settings.load(paths.settings_file)[0])
    return Restoration(context, kept, left_out)


def _enter_folder(folder: Path, root: Path) -> None:
    """Delete what a killed process left in a folder; raise ValueError if it is not in `root`."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"a link leads out of {root}")
    delete_leftovers(folder)


def _put_file(copy: Path, target: Path, *, private: bool) -> bool:
    """Put a file where there is none; False if there is one of other content, which stays."""
    if target.exists() or target.is_symlink():
        return target.is_file() and read_regular(target) == read_regular(copy)
    target.parent.mkdir(parents=True, exist_ok=True)
    with copy.open("rb") as source, replace_file(target, private=private) as out:
        shutil.copyfileobj(source, out)
    return True


def find_library(manifest: Manifest, paths: Paths) -> Path:
    """Return where a library goes: where it was from the home, if that is a plain folder of it."""
    home, place = Path.home().resolve(), PurePosixPath(manifest.library)
    is_plain = not PureWindowsPath(place).anchor and not any(
        part.startswith(".") for part in place.parts
    )
    folder = home / place
    is_below = folder != home and folder.resolve().is_relative_to(home)
    return folder if is_plain and is_below else paths.default_library


def _correct_library(file: Path, manifest: Manifest, paths: Paths) -> None:
    """Correct settings, which say where the library was in the other home."""
    config, wanted = settings.load(file)[0], find_library(manifest, paths)
    if config.first_library(paths) != wanted:
        others = [str(other) for other in config.folders[1:]]
        with suppress(ValueError):  # they cannot be read there either, so the default holds
            change_setting(file, "folders", [str(wanted), *others])


def _join_rows(copy: Path, target: Path) -> bool:
    """Add rows of tables that are not in a file; False if more than rows differs, or may."""
    tables: dict[str, Sequence[TomlTable[Any]]] = {
        "feeds.toml": (FEEDS,),
        "settings.toml": tuple(all_tables().values()),
    }
    known = tables.get(target.name, ())
    for table in known:
        here = table.read_pieces(target)
        rows = [row for key, row in table.read_pieces(copy).items() if key not in here]
        if rows:
            table.edit_many(target, RowEdits(restored=rows))
    return known == (FEEDS,)


def _restore_records(copy: Path, name: str, manifest: Manifest, folder: Path, paths: Paths) -> None:
    """Put marks or records where those of the library are, unless others are there.

    Marks are joined with those that are there, without their history, as of a device that joins.
    """
    own, stem = marks_file(folder, paths), PurePosixPath(manifest.marks).stem
    is_of_library = name.partition(".")[0] == stem and "/" not in name
    target = (
        own.with_name(own.stem + name.removeprefix(stem)) if is_of_library else paths.state / name
    )
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)

        def change(connection: sqlite3.Connection) -> None:
            if is_marks(name):
                run_renewal(connection, STATE)
                if is_of_library:
                    set_library(connection, folder, target.resolve())

        copy_file(copy, target, change)
        if is_marks(name):
            with closing(open_state(target)) as state:
                state.journals.devices.renew_own()
    elif is_marks(name):
        with closing(open_state(target)) as state, closing(open_state(copy)) as other:
            state.journals.merge_gestures(other.journals.iter_snapshot(), (), with_history=False)
