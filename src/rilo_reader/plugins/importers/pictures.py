"""Copy the pictures that imported texts name into the library."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.swapped_files import CreatedFiles, hash_file
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.library import Library
from rilo_reader.plugins.importers.file_copier import make_valid_parts
from rilo_reader.plugins.importers.files import FoundFile
from rilo_reader.plugins.importers.report import ContentKind, ImportReport, describe_error
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import UnreadableError, resolve_inside

SIZE_LIMIT = 20_000_000  # maximum size of a picture, in bytes
_NAME = re.compile(
    r"[^\s/\\()\[\]<>\"'|=]{1,200}\.(?:png|jpe?g|gif|webp|avif|bmp|svg)(?![\w-])"
    r"|(?<=\[\[)[^\]|#\n]{1,300}|(?<=\(<)[^>\n]{1,300}",
    re.IGNORECASE,
)
"""A file that a text may name, without its folder; in `[[…]]` and `(<…>)` it may have spaces."""


class PictureCopier:
    """Copies those pictures of folders and archives whose names stand in their texts."""

    def __init__(
        self,
        library: Library,
        report: ImportReport,
        *,
        dry_run: bool,
        recorder: StepRecorder | None = None,
    ) -> None:
        self._created = recorder.created if recorder is not None else CreatedFiles()
        self._folder = library.folder
        self.report = report
        self._dry_run = dry_run
        self._named_files: set[str] = set()

    def record_names(self, text: str) -> None:
        """Note which pictures a text names."""
        for name in _NAME.findall(text):
            self._named_files.add(unquote(name).rpartition("/")[2].strip().casefold())

    def copy_found(self, found: FoundFile) -> None:
        """Copy a picture to the same place beside the copies of the texts, if one named it.

        Raises OSError if it cannot be written.
        """
        if found.path.rpartition("/")[2].casefold() not in self._named_files:
            why = "it is a picture that no article uses"
            self.report.tally_of(ContentKind.OTHER).skip(found.name, why)
            return
        try:
            with found.open() as stream:
                data = stream.read(SIZE_LIMIT + 1)
        except (NotReadableError, OSError) as error:
            self.report.tally_of(ContentKind.PICTURE).skip(found.name, describe_error(error))
        else:
            self.write("/".join(make_valid_parts(found.path)), data, found.name)

    def write(self, path: str, data: bytes, name: str) -> None:
        """Write a picture to a path of the library; the report has it, or says why it is not there.

        Raises OSError if it cannot be written.
        """
        tally = self.report.tally_of(ContentKind.PICTURE)
        known: bytes | None
        try:
            file = Path(resolve_inside(self._folder, path))
            known = data if path in self._created else file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            known = None
        except UnreadableError as error:
            tally.skip(name, error.reason)
            return
        if len(data) > SIZE_LIMIT:
            tally.skip(name, f"it is larger than {SIZE_LIMIT // 1_000_000} MB")
        elif known not in (None, data):
            tally.skip(name, "another file with this name is in the library")
        else:
            tally.add_counts(1, known is None)
            if known is None:
                self._created.add({path: hash_file(data)})
                texts = {} if self._dry_run else {path: data}
                for failure in write_all(self._folder, texts).values():
                    raise failure
