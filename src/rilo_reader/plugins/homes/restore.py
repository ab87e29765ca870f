"""Put a home from its file into a home that is empty, or join it with one that is not.

Into an empty home all goes as it was; its library is where it was in the other home. What is here
already stays: rows of settings and feeds that are not here are added, marks are merged as those of
another device are, and articles that are not here are written. Nothing is overwritten.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from rilo_reader import config as settings
from rilo_reader.cli.library_context import LibraryContext, make_context
from rilo_reader.config.settings import all_tables, change_setting
from rilo_reader.config.toml_table import RowEdits, TomlTable
from rilo_reader.feeds.subscriptions import FEEDS
from rilo_reader.files import read_regular, replace_file
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.homes.archive import LIBRARY, MANIFEST, PASSWORDS, Manifest, is_marks
from rilo_reader.store.devices import set_library
from rilo_reader.store.sqlite import copy_file, run_renewal
from rilo_reader.store.state import open_state
from rilo_reader.store.state_schema import STATE


class Restoration(NamedTuple):
    """The result of restoring a home."""

    context: LibraryContext  # the library that has the articles now
    kept: list[str]  # files that are here with other content, which stayed


def restore_home(
    archive: zipfile.ZipFile, manifest: Manifest, paths: Paths, advance: Callable[[int], None]
) -> Restoration:
    """Restore what `read_manifest` has checked; `advance` gets the number of files done.

    Begun again after it was stopped, it goes on. Raises OSError, StateError and ValueError.
    """
    has_settings = paths.settings_file.exists()
    # Settings say where the library is, and an index that finds articles asks for their marks.
    order = ("config", "state", "data", LIBRARY)
    members = [name.partition("/") for name in archive.namelist() if name != MANIFEST]
    members.sort(key=lambda member: order.index(member[0]))
    folder, is_chosen, kept = paths.default_library, False, list[str]()
    with tempfile.TemporaryDirectory() as scratch:
        for done, (root, _, name) in enumerate(members, 1):
            if root != "config" and not is_chosen:
                folder = _choose_library(manifest, paths, is_own=not has_settings)
                is_chosen = True
            copy = Path(scratch, PurePosixPath(name).name)
            with archive.open(f"{root}/{name}") as source, copy.open("wb") as out:
                shutil.copyfileobj(source, out)
            if root == "state" and name.endswith(".db"):
                is_new = _restore_records(copy, name, manifest, folder, paths)
            else:
                target = (folder if root == LIBRARY else getattr(paths, root)) / name
                is_new = _put_file(copy, target, private=name == PASSWORDS or root == "config")
                if not is_new and root == "config":
                    is_new = _join_rows(copy, target)
            if not is_new and root != "state":  # records of what is collected here stay
                kept.append(f"{root}/{name}")
            copy.unlink()
            advance(done)
    return Restoration(make_context(folder, paths, settings.load(paths.settings_file)[0]), kept)


def _put_file(copy: Path, target: Path, *, private: bool) -> bool:
    """Put a file where there is none; False if there is one of other content, which stays."""
    if target.exists() or target.is_symlink():
        return target.is_file() and read_regular(target) == read_regular(copy)
    target.parent.mkdir(parents=True, exist_ok=True)
    with copy.open("rb") as source, replace_file(target, private=private) as out:
        shutil.copyfileobj(source, out)
    return True


def _choose_library(manifest: Manifest, paths: Paths, *, is_own: bool) -> Path:
    """Return the folder that gets the articles, which the settings name.

    Those that came say it of the other home (`is_own`), so they are corrected.
    """
    config = settings.load(paths.settings_file)[0]
    folder = config.first_library(paths)
    wanted = Path.home() / manifest.library  # an absolute one stays
    if is_own and manifest.library and folder != wanted:
        others = [str(other) for other in config.folders[1:]]
        change_setting(paths.settings_file, "folders", [str(wanted), *others])
        folder = wanted
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


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


def _restore_records(copy: Path, name: str, manifest: Manifest, folder: Path, paths: Paths) -> bool:
    """Put marks or records where those of the library are; False if others stay there.

    Marks are joined with those that are there, without their history, as of a device that joins.
    """
    own, stem = marks_file(folder, paths), PurePosixPath(manifest.marks).stem
    is_of_library = name.partition(".")[0] == stem
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
        return True
    if is_marks(name):
        with closing(open_state(target)) as state, closing(open_state(copy)) as other:
            state.journals.merge_gestures(other.journals.iter_snapshot(), (), with_history=False)
    return is_marks(name)
