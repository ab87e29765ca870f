"""Copy the pictures that imported texts name, to the same places beside the copies of the texts."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from rilo_reader.feeds.swapped_files import hash_file
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.library import Library
from rilo_reader.plugins.importers.file_copier import make_valid_parts
from rilo_reader.plugins.importers.files import FoundFile
from rilo_reader.plugins.importers.report import ContentKind, ImportReport, describe_error
from rilo_reader.store.file_kinds import suffix_of
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import UnreadableError, resolve_inside

SIZE_LIMIT = 20_000_000  # maximum size of a picture, in bytes
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".svg"})
_NAME = re.compile(
    r"[^\s/\\()\[\]<>\"'|=]{1,200}\.(?:png|jpe?g|gif|webp|avif|bmp|svg)(?![\w-])"
    r"|(?<=\[\[)[^\]|#\n]{1,300}|(?<=\(<)[^>\n]{1,300}",
    re.IGNORECASE,
)
"""A file that a text may name, without its folder; in `[[…]]` and `(<…>)` it may have spaces."""


def is_picture(path: str) -> bool:
    """Return whether the name of a file is that of a picture."""
    return suffix_of(path) in _SUFFIXES


class PictureCopier:
    """Collects the pictures of a folder, and the names that its texts have."""

    def __init__(
        self, library: Library, *, dry_run: bool, recorder: StepRecorder | None = None
    ) -> None:
        self._created = recorder.created if recorder is not None else {}
        self._folder = library.folder
        self._dry_run = dry_run
        self._found_pictures: list[FoundFile] = []
        self._named_files: set[str] = set()

    def record_names(self, text: str) -> None:
        """Note which pictures a text names."""
        for name in _NAME.findall(text):
            self._named_files.add(unquote(name).rpartition("/")[2].strip().casefold())

    def record_picture(self, found: FoundFile) -> None:
        """Note a picture that lies in an imported folder."""
        self._found_pictures.append(found)

    def copy_pictures(self, report: ImportReport) -> None:
        """Copy the pictures that are named; the report says which were left out, and why.

        Raises OSError if one cannot be written.
        """
        found, self._found_pictures = self._found_pictures, []
        for picture in found:
            tally = report.tally_of(ContentKind.PICTURE)
            if picture.path.rpartition("/")[2].casefold() not in self._named_files:
                report.tally_of(ContentKind.OTHER).skip(
                    picture.name, "it is a picture that no article uses"
                )
                continue
            try:
                with picture.open() as stream:
                    data = stream.read(SIZE_LIMIT + 1)
            except OSError as error:
                tally.skip(picture.name, describe_error(error))
                continue
            path = "/".join(make_valid_parts(picture.path))
            try:
                known = Path(resolve_inside(self._folder, path)).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                known = None
            except UnreadableError as error:
                tally.skip(picture.name, error.reason)
                continue
            if len(data) > SIZE_LIMIT:
                tally.skip(picture.name, f"it is larger than {SIZE_LIMIT // 1_000_000} MB")
            elif known not in (None, data):
                tally.skip(picture.name, "another file with this name is in the library")
            else:
                tally.add_counts(1, known is None)
                if known is None and not self._dry_run:
                    self._created[path] = hash_file(data)
                    for failure in write_all(self._folder, {path: data}).values():
                        raise failure
