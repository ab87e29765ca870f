"""`backup` and `restore`: a home as one file."""

from __future__ import annotations

import os
import sqlite3
import zipfile
from collections.abc import Sequence

from rilo_reader.cli.arguments import choose_writable
from rilo_reader.cli.library_context import LibraryContext, open_output, resolve_output_file
from rilo_reader.cli.output import errors, format_size
from rilo_reader.cli.printing import print_result, show_count
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.errors import LibraryError
from rilo_reader.files import WriteError, check_regular
from rilo_reader.paths import Paths, expand_path, user_paths
from rilo_reader.plugins.homes.archive import (
    Contents,
    Manifest,
    count_contents,
    delete_leftovers,
    list_names,
    read_manifest,
    write_home,
)
from rilo_reader.plugins.homes.restore import (
    LONGEST_SHOWN,
    Restoration,
    find_library,
    restore_home,
)
from rilo_reader.text import format_count

SHOWN = 5
"""Files that stayed here and are named."""


class BackupVerb(Verb):
    """Write all that you have into one file."""

    about = """
Write all that you have into one file, to move it or keep it.

It has the articles of your library, muted ones too, your marks with their
history, highlights, notes, feeds, accounts, settings and themes. restore puts
it back, here or on another computer.

The index is left out, since it is made again. Passwords are left out unless you
ask for them; headers of feeds are in it, so only you can read the file."""
    examples = (
        "rilo-reader backup home.zip",
        "rilo-reader backup --secrets home.zip",
    )

    library_help = "the folder whose articles and marks go, instead of your library"

    file: str = argument(
        "FILE", "the zip to write; an existing one is replaced when it is complete"
    )
    secrets: bool = flag("--secrets", "include passwords.toml, with the passwords of your accounts")
    json: bool = flag(
        "--json",
        "one JSON object: finished, wrote (the file), bytes, left_out (files, and why), and "
        "numbers: articles, read, starred, tags, feeds, saved_searches, mutes",
    )

    def run(self) -> int:
        """Write the home."""
        context = choose_writable(self.library)
        target = resolve_output_file("backup", self.file)
        if target.resolve().is_relative_to(context.folder.resolve()):
            raise LibraryError(
                "a backup in the library would be part of the next; name another folder."
            )
        delete_leftovers(target.parent)
        try:
            contents = _count(context)
            with show_count("Writing file") as advance, open_output(target, private=True) as out:
                left_out = write_home(out, context, contents, advance, secrets=self.secrets)
        except WriteError as error:
            advice = "Name a file in a folder that you can write to, on a disk with enough room."
            raise LibraryError(f"{error}. {advice}") from error
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            raise LibraryError(f"No backup was written: {what}. Make it readable first.") from error
        size = target.stat().st_size
        if others := context.config.folders[1:]:
            names = ", ".join(map(str, others))
            errors().line(f"Only the first library is in it. Copy the others yourself: {names}")
        _print_left_out(left_out)
        print_result(
            self.json,
            f"Wrote {contents.describe()} to {self.file} ({format_size(size)}).",
            wrote=os.path.realpath(target),
            bytes=size,
            left_out=left_out,
            **contents._asdict(),
        )
        return 0


class RestoreVerb(Verb):
    """Put a backup back."""

    about = """
Put back what backup wrote, into an empty home or one that you use.

An empty home becomes what the other was, with its history, so that undo goes on
where it was. In a home that you use, everything here stays: articles, feeds,
saved searches and mutes that are not here are added, and marks are merged as
those of another device."""
    examples = ("rilo-reader restore home.zip",)

    library_help = "has no effect: articles go into the library of your settings"

    file: str = argument("FILE", "a file that backup wrote")
    json: bool = flag(
        "--json",
        "one JSON object: finished, kept (files of yours that stayed), left_out (files, and why), "
        "and what you have now, named as by backup --json",
    )

    def run(self) -> int:
        """Restore the home."""
        file, paths = expand_path(self.file), user_paths()
        check_regular(file)
        try:
            with file.open("rb") as opened, zipfile.ZipFile(opened) as archive:
                with show_count("Checking file", len(archive.namelist())) as advance:
                    manifest = read_manifest(archive, file, advance)
                restored = _restore(archive, manifest, paths)
        except zipfile.BadZipFile:
            raise LibraryError(
                f"{file} is not a zip, or it is damaged. Nothing was changed."
            ) from None
        context, kept, left_out = restored
        if manifest.library and find_library(manifest, paths) == paths.default_library:
            where = f"was not in a plain folder of your home ({manifest.library[:LONGEST_SHOWN]})"
            errors().line(f"The library of the backup {where}: it is in {context.folder} now.")
        for name in kept[:SHOWN]:
            errors().line(f"{name} is in the backup too, but other: yours stays.")
        if len(kept) > SHOWN:
            errors().line(f"So do {len(kept) - SHOWN:,} more files of yours.")
        _print_left_out(left_out)
        contents = _count(context)
        print_result(
            self.json,
            f"Restored {manifest.contents.describe()}. You have {contents.describe()} now.",
            kept=kept,
            left_out=left_out,
            **contents._asdict(),
        )
        return 0


def _count(context: LibraryContext) -> Contents:
    with show_count("Counting article") as advance:
        return count_contents(context, advance)


def _restore(archive: zipfile.ZipFile, manifest: Manifest, paths: Paths) -> Restoration:
    begun, total = 0, len(list_names(archive)) - 1

    def advance(number: int) -> None:
        nonlocal begun
        begun = number
        show(number)

    try:
        with show_count("Restoring file", total) as show:
            return restore_home(archive, manifest, paths, advance)
    except KeyboardInterrupt:
        done = f"{max(0, begun - 1):,} of {format_count(total, 'file')}"
        errors().complain(f"stopped after {done}. The same restore again goes on from there.")
        raise
    except (OSError, sqlite3.Error) as error:
        what = str(error)
        if isinstance(error, OSError):
            place = error.filename if error.filename else "the disk"
            what = f"{place}: {error.strerror}"
        advice = "Make it writable, or free some space, and restore again: it goes on from there."
        raise LibraryError(f"Not all could be restored: {what}. {advice}") from error


def _print_left_out(left_out: Sequence[str]) -> None:
    for line in left_out[:SHOWN]:
        errors().line(f"Left out: {line}")
    if len(left_out) > SHOWN:
        errors().line(f"{len(left_out) - SHOWN:,} more were left out; --json names them.")
