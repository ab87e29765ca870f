"""`backup` and `restore`: a home as one file."""

from __future__ import annotations

import os
import zipfile

from rilo_reader.cli.arguments import choose_writable
from rilo_reader.cli.library_context import open_output, resolve_output_file
from rilo_reader.cli.output import errors, format_size
from rilo_reader.cli.printing import print_result, show_count
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.errors import LibraryError
from rilo_reader.files import check_regular
from rilo_reader.paths import expand_path, user_paths
from rilo_reader.plugins.homes.archive import count_contents, read_manifest, write_home
from rilo_reader.plugins.homes.restore import restore_home

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
        "one JSON object: finished, wrote (the file), bytes, and numbers: articles, read, starred, "
        "tags, feeds, saved_searches, mutes",
    )

    def run(self) -> int:
        """Write the home."""
        context = choose_writable(self.library)
        target = resolve_output_file("backup", self.file)
        if target.resolve().is_relative_to(context.folder.resolve()):
            raise LibraryError(
                "a backup in the library would be part of the next; name another folder."
            )
        with show_count("Writing file") as advance, open_output(target, private=True) as out:
            contents = write_home(out, context, advance, secrets=self.secrets)
        size = target.stat().st_size
        if others := context.config.folders[1:]:
            names = ", ".join(map(str, others))
            errors().line(f"Only the first library is in it. Copy the others yourself: {names}")
        print_result(
            self.json,
            f"Wrote {contents.describe()} to {self.file} ({format_size(size)}).",
            wrote=os.path.realpath(target),
            bytes=size,
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
        "one JSON object: finished, kept (files of yours that stayed), and what you have now, "
        "named as by backup --json",
    )

    def run(self) -> int:
        """Restore the home."""
        file, paths = expand_path(self.file), user_paths()
        check_regular(file)
        try:
            with file.open("rb") as opened, zipfile.ZipFile(opened) as archive:
                manifest = read_manifest(archive, file)
                with show_count("Restoring file", len(archive.namelist()) - 1) as advance:
                    context, kept = restore_home(archive, manifest, paths, advance)
        except zipfile.BadZipFile:
            raise LibraryError(
                f"{file} is not a zip, or it is damaged. Nothing was changed."
            ) from None
        for name in kept[:SHOWN]:
            errors().line(f"{name} is in the backup too, but other: yours stays.")
        if len(kept) > SHOWN:
            errors().line(f"So do {len(kept) - SHOWN:,} more files of yours.")
        contents = count_contents(context)
        print_result(
            self.json,
            f"Restored {manifest.contents.describe()}. You have {contents.describe()} now.",
            kept=kept,
            **contents._asdict(),
        )
        return 0
