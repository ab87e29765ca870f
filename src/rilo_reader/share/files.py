"""Look at the files of a library: which of them are articles to share, and what their texts are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.share.portable import Portable, portable
from rilo_reader.share.records import KnownFile, Records
from rilo_reader.store.folder import FileEntry, Unreadable, entry_of, is_section, native_file, scan

_TOGETHER = 500


def look(folder: Path, records: Records, paths: Collection[str] | None = None) -> None:
    """Note the files that changed, among those at `paths`, or all; unchanged ones are not read.

    A file that is gone is forgotten; the article stays what was agreed. Raises Unreadable: the
    folder cannot be listed.
    """
    known = records.files(paths)
    if paths is None:
        found = list(chain.from_iterable(scan(folder)))
        gone = known.keys() - {entry.path for entry in found}
    else:
        asked = {path: entry_of(folder, path) for path in paths}
        found = [entry for entry in asked.values() if entry is not None]
        gone = {path for path, entry in asked.items() if entry is None and path in known}
    changed = (one for one in found if known.get(one.path) != (one.size, one.mtime_ns))
    if gone:
        with records.transaction():
            records.forget_files(gone)
    while some := list(islice(changed, _TOGETHER)):
        noted = [_noted(folder, entry) for entry in some]
        with records.transaction():
            records.put_files(noted)


def _noted(folder: Path, entry: FileEntry) -> KnownFile:
    try:
        found = read(folder, entry.path)
    except NotReadableError:
        return KnownFile(entry, ArticleId(""), b"")
    return KnownFile(entry, found.article.id, found.digest)


def read(folder: Path, path: str) -> Portable:
    """Read an article as it travels. Raises NotReadableError: it does not."""
    try:
        if is_section(folder, path):
            raise NotReadableError("it stands for its folder")
        with open(native_file(folder, path), "rb") as file:  # noqa: PTH123  # of a text
            data = file.read()
            modified = Path(file.name).stat().st_mtime
    except (OSError, Unreadable) as error:
        raise NotReadableError(f"it cannot be read: {error}") from error
    return portable(data, path, datetime.fromtimestamp(modified, UTC))


def read_noted(folder: Path, file: KnownFile) -> Portable | None:
    """Read an article again; None if it is not as it was noted any more."""
    try:
        found = read(folder, file.entry.path)
    except NotReadableError:
        return None
    return found if (found.article.id, found.digest) == (file.id, file.digest) else None
