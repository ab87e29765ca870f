"""Provide copies of marks, ledger and index for an import whose writes are discarded."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rilo_reader.library.library import library_name
from rilo_reader.paths import Paths


@contextmanager
def dry_run(folder: Path, paths: Paths) -> Iterator[tuple[Path, Paths]]:
    """Provide a folder and paths for a run whose writes are discarded.

    Marks, ledger and index are copies in a temporary folder that is deleted at the end; articles
    and settings are read in place. A library that does not exist yet is replaced by an empty
    folder.

    Raises:
        OSError: the copies do not fit on the disk.
    """
    # A thread of tantivy may still write into the copy of the index while it is removed.
    with tempfile.TemporaryDirectory(prefix="rilo-reader-", ignore_cleanup_errors=True) as name:
        temporary = Path(name)
        copies = paths._replace(state=temporary / "state", cache=temporary / "cache")
        whole = folder.expanduser().resolve()
        if not whole.is_dir():
            empty = temporary / "library"
            empty.mkdir()
            yield empty, copies
            return
        known = library_name(whole)
        copies.state.mkdir()
        for file in sorted(paths.state.glob(f"{known}*")):
            if file.is_file() and not file.name.endswith((".lock", "-shm")):
                shutil.copy2(file, copies.state / file.name)
        for index in sorted((paths.cache / "index").glob(f"{known}*")):
            if index.is_dir():
                shutil.copytree(index, copies.cache / "index" / index.name)
        yield whole, copies
