"""A dry run: all that would be done, over copies of what is known, so that nothing is written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rilo_reader.library.library import library_name
from rilo_reader.paths import Paths


@contextmanager
def rehearsal(folder: Path, paths: Paths) -> Iterator[tuple[Path, Paths]]:
    """The library's folder and places in which everything may be written and nothing stays.

    Marks, the ledger and the index are copied to a temporary folder that is deleted at the end;
    the articles and the settings are read where they are. Where the library is not there yet, an
    empty folder stands in for it.

    Raises:
        OSError: there is no room for the copies.
    """
    with tempfile.TemporaryDirectory(prefix="rilo-reader-") as name:
        aside = Path(name)
        copies = paths._replace(state=aside / "state", cache=aside / "cache")
        whole = folder.expanduser().resolve()
        if not whole.is_dir():
            empty = aside / "library"
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
