"""Read the files of a library: find those that are articles to share, and their texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TypeVar

from rilo_reader.article import ArticleId
from rilo_reader.dialects.sites import Sites
from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.archive.portable import PortableArticle, make_portable
from rilo_reader.plugins.archive.records import OUTSIDE_REASON, ArchiveRecords, KnownFile
from rilo_reader.store import folder as store
from rilo_reader.store.file_kinds import may_be_article
from rilo_reader.store.folder import (
    FileEntry,
    UnreadableError,
    is_folder_page,
    is_outside_library,
    read_entry,
    read_own,
    scan_folder,
)

FILES_TOGETHER = 500  # articles that are in memory together at most
BYTES_TOGETHER = 8_000_000

T = TypeVar("T")
Send = Callable[[Mapping[str, PortableArticle]], None]


def record_changed_files(
    folder: Path,
    records: ArchiveRecords,
    paths: Collection[str] | None = None,
    send: Send | None = None,
) -> None:
    """Record the files that changed, among those at or below `paths`, or all; read only these.

    Files that are gone are forgotten; their articles keep their base. Of files with one address
    all but one have their paths as identities. `send` gets the articles that were read, by path, so
    that they need not be read again. Raises UnreadableError: the folder cannot be listed.
    """
    if paths is not None:
        paths = set(chain.from_iterable(_iter_files_below(folder, records, path) for path in paths))
    known, outside_before = records.read_files(paths), records.outside_files()
    outside: dict[str, str] = {}
    if paths is None:
        found = list(chain.from_iterable(scan_folder(folder, outside_links=outside)))
        gone = known.keys() - {entry.path for entry in found}
    else:
        asked = {path: read_entry(folder, path) for path in paths}
        found = [entry for entry in asked.values() if entry is not None]
        gone = {path for path, entry in asked.items() if entry is None and path in known}
        outside = {each.path: "" for each in found if is_outside_library(folder, each.path)}
    changed = sorted(  # by path: of files with one id the first is sent
        one
        for one in found
        if known.get(one.path) != (one.size, one.mtime_ns)
        or (one.path in outside) is not (one.path in outside_before)
    )
    if gone:
        with records.transaction():
            left = {outside_before[path] for path in gone & outside_before.keys()}
            records.write_formerly_outside(left)
            records.forget_files(gone)
    sites = Sites(folder)
    for some in split_batches(changed, lambda entry: entry.size):
        read = {entry.path: _read_file(folder, entry, sites) for entry in some}
        with records.transaction():
            records.write_files(file for file, _ in read.values())
        if send is not None:
            send({path: one for path, (_, one) in read.items() if one is not None})
    while changed and (same := records.files_with_same_address(FILES_TOGETHER)):
        files = [_read_file(folder, file.entry, sites, by_path=True)[0] for file in same]
        with records.transaction():
            records.write_files(files)


def split_batches(items: Iterable[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield items in batches of a bounded number and size."""
    some: list[T] = []
    size = 0
    for item in items:
        some.append(item)
        size += size_of(item)
        if len(some) >= FILES_TOGETHER or size >= BYTES_TOGETHER:
            yield some
            some, size = [], 0
    if some:
        yield some


def _iter_files_below(folder: Path, records: ArchiveRecords, path: str) -> Iterator[str]:
    """Yield a file, or the files below a folder: a new or removed folder does not name them."""
    if may_be_article(path.rpartition("/")[2]):
        yield path
        return
    yield from records.paths_below(path)
    with suppress(UnreadableError):
        for entry in chain.from_iterable(scan_folder(folder / path)):
            yield f"{path}/{entry.path}"


def _read_file(
    folder: Path, entry: FileEntry, sites: Sites, *, by_path: bool = False
) -> tuple[KnownFile, PortableArticle | None]:
    try:
        found = read_portable(folder, entry.path, sites, by_path=by_path)
    except NotReadableError as error:
        identity = ArticleId("")
        if error.reason == OUTSIDE_REASON:
            # Only its id is read, so that its marks are not sent either.
            with suppress(UnreadableError):
                identity = store.read_article(folder, entry.path).id
        return KnownFile(entry, identity, b"", reason=error.reason), None
    return KnownFile(entry, found.article.id, found.digest, by_address=found.is_by_address), found


def read_portable(
    folder: Path, path: str, sites: Sites | None = None, *, by_path: bool = False
) -> PortableArticle:
    """Read an article as it travels; `by_path`: its path is its identity.

    `sites` are those of the folder, if they are known.
    Raises NotReadableError: it does not.
    """
    try:
        data, modified = read_own(folder, path)
    except UnreadableError as error:
        is_outside = error.reason == store.OUTSIDE
        reason = OUTSIDE_REASON if is_outside else f"a file that cannot be read: {error.reason}"
        raise NotReadableError(reason) from error
    if is_folder_page(folder, path):
        raise NotReadableError("a section page")
    dialect = (sites or Sites(folder)).of(path).dialect
    return make_portable(data, path, modified, dialect, by_path=by_path)


def read_unchanged(
    folder: Path, file: KnownFile, sites: Sites | None = None
) -> PortableArticle | None:
    """Read an article again; None if its record is out of date."""
    try:
        found = read_portable(folder, file.entry.path, sites, by_path=file.id == file.entry.path)
    except NotReadableError:
        return None
    return found if (found.article.id, found.digest) == (file.id, file.digest) else None
