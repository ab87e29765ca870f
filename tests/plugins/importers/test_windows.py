"""Names that Windows takes."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.plugins.importers.file_copier import FileCopier, make_valid_path
from rilo_reader.plugins.importers.report import KindTally
from rilo_reader.store.file_kinds import to_native_path
from tests.support.for_each import for_each
from tests.support.real_library import real_library
from tests.test_windows import DEVICES, STRANGE


@for_each("path", [*DEVICES, *STRANGE, "...", "con", ".con.md"])
def test_what_is_imported_has_names_that_windows_takes(path: str) -> None:
    assert to_native_path(make_valid_path(path), windows=True) == make_valid_path(path)


def test_imported_names_that_differ_in_case_are_two_files(tmp_path: Path) -> None:
    with real_library(tmp_path, 0) as library:
        tally = KindTally()
        copier = FileCopier(library, dry_run=False, on_progress=lambda: None, folds_case=True)
        for path, text in (
            ("News.md", b"# One\n"),
            ("news.md", b"# Two\n"),
            ("NEWS.md", b"# One\n"),
        ):
            copier.add_text(path, text, tally)
        copier.write_pending()
        written = {file.name: file.read_bytes() for file in library.folder.glob("*.md")}
    assert written == {"News.md": b"# One\n", "news-2.md": b"# Two\n"}
    assert (tally.taken, tally.known) == (2, 1)
