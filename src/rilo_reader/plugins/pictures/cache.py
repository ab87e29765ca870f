"""The pictures of a library: files within it, and the cache of what was fetched.

The cache holds only what `rewrite_for_cache` made: small pictures of two kinds, and none of a
stranger's bytes. It may be deleted at any time.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from rilo_reader.dialects.sites import Sites
from rilo_reader.files import replace_file
from rilo_reader.paths import Paths
from rilo_reader.plugins.pictures.files_by_name import FilesByName
from rilo_reader.plugins.pictures.header import PictureHeader, read_header
from rilo_reader.render.page import Room
from rilo_reader.store.folder import UnreadableError, file_of, is_within

MOST_BYTES = 20_000_000  # of a file that is shown
MOST_PIXELS = 50_000_000
MOST_PICTURES = 200  # of an article
CACHE_BYTES = 200_000_000
ICON = 24  # pixels of the larger side of what is only named: icons, dots, lines

_ATTACHMENT_FOLDERS = ("", "attachments", "assets", "images", "_attachments")
"""Folders in which a picture is looked for that is only named, as Obsidian does."""

_SERVED_FOLDERS = ("", "static", "public")
"""Folders of a site whose files have addresses without its name, such as Hugo's `static`."""


class PictureStore:
    """The pictures of the articles in a folder. Safe to use from several threads."""

    def __init__(
        self,
        folder: Path,
        cache: Path,
        *,
        most_bytes: int = CACHE_BYTES,
        dialects: Mapping[str, str] | None = None,
    ) -> None:
        """Look within `folder`; keep at most `most_bytes` in `cache`; neither need exist.

        `dialects` are those of folders that are set, as in the settings.
        """
        self._dialects = dialects
        self._folder = folder
        self._cache = cache
        self._most_bytes = most_bytes
        self._by_name: dict[str, FilesByName] = {}  # of vaults, by their folders

    def find_file(self, article: str, address: str, url: str) -> Path | None:
        """The file of a picture, None without one; reads folders only.

        Args:
            article: the path of the article in the library, "" for a page that is in none.
            address: as the article has it; hostile.
            url: the same as a safe address of the web, or "".
        """
        local = self._find_local(article, address) if article else None
        if local is not None:
            return local
        cached = self.cached_path(url)
        return cached if url and cached.is_file() else None

    def make_room_finder(self, article: str, most_rows: int, pixels: int) -> Room:
        """Return what tells how much room the pictures of an article take; reads their headers.

        None takes more than `most_rows` lines, or a column for fewer than `pixels` of its own.
        """
        left = MOST_PICTURES

        def room(address: str, url: str, width: int) -> tuple[int, int] | None:
            nonlocal left
            left -= 1
            file = self.find_file(article, address, url) if left >= 0 else None
            header = read_header_of(file) if file else None
            if header is None or max(header.width, header.height) <= ICON:
                return None
            return fit_box(
                header.width, header.height, min(width, -(-header.width // pixels)), most_rows
            )

        return room

    def cached_path(self, url: str) -> Path:
        """Return the file of a picture from the web, whether or not it is there."""
        return self._cache / sha256(url.encode(errors="replace")).hexdigest()[:32]

    def write_cached(self, url: str, data: bytes) -> None:
        """Keep what `rewrite_for_cache` made of a picture. Raises OSError."""
        self._cache.mkdir(parents=True, exist_ok=True)
        with replace_file(self.cached_path(url)) as out:
            out.write(data)

    def prune_cache(self) -> None:
        """Delete the oldest pictures beyond the limit of the cache."""
        files: list[tuple[float, int, str]] = []
        with suppress(OSError), os.scandir(self._cache) as entries:
            for entry in entries:
                with suppress(OSError):  # what else lies there stays, and harms nothing
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        files.append((status.st_mtime, status.st_size, entry.path))
        left = sum(size for _, size, _ in files) - self._most_bytes
        for _, size, path in sorted(files):
            if left <= 0:
                break
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)
                left -= size

    def _find_local(self, article: str, address: str) -> Path | None:
        """A file that an article names: relative to it or, from `/` on, to the library.

        None for whatever leads out of the library, also by links.
        """
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:|//", address):
            return None
        with suppress(UnreadableError, OSError, ValueError):  # as of a null character, a long name
            bare = re.split("[?#]", address, maxsplit=1)[0]
            for name in dict.fromkeys((address, bare, unquote(bare))):
                for place in self._candidate_paths(article, name) if name.strip("/") else ():
                    real = os.path.realpath(place)
                    if is_within(self._folder, real) and is_fit(real):
                        return Path(real)
        return None

    def _candidate_paths(self, article: str, name: str) -> Iterator[Path]:
        """The places where a file may be that an article names."""
        folder = file_of(self._folder, article).parent
        if name.startswith("/"):
            yield from (self._folder / served / name.lstrip("/") for served in _SERVED_FOLDERS)
            return
        yield folder / name
        if "/" not in name:
            for base in (folder, self._folder):
                yield from (base / sub / name for sub in _ATTACHMENT_FOLDERS)
        site = Sites(self._folder, self._dialects).of(article)
        if "Obsidian" in site.dialect:
            vault = self._folder / site.top
            yield vault / name
            files = self._by_name.setdefault(site.top, FilesByName(vault))
            if found := files.find_file(name.rpartition("/")[2]):
                yield found


def open_store(
    folder: Path, paths: Paths, dialects: Mapping[str, str] | None = None
) -> PictureStore:
    """The pictures of the articles in a folder, with the user's cache and what is set."""
    return PictureStore(folder, paths.cache / "pictures", dialects=dialects)


def fit_box(width: int, height: int, columns: int, rows: int) -> tuple[int, int] | None:
    """The columns and rows of a picture within a box of cells, which are twice as high as wide.

    A very tall or narrow one takes a column or a line. None where there is no room at all.
    """
    lines = max(round(columns * height / width / 2), 1)
    if lines > rows:
        columns, lines = max(round(rows * 2 * width / height), 1), rows
    return (columns, lines) if columns >= 1 and lines >= 1 else None


def is_fit(file: str) -> bool:
    """Return whether a file exists and has a size that is read; OSError but for a missing one."""
    with suppress(FileNotFoundError, NotADirectoryError):
        status = os.stat(file)  # noqa: PTH116  # of a text
        return stat.S_ISREG(status.st_mode) and 0 < status.st_size <= MOST_BYTES
    return False


def read_header_of(file: Path) -> PictureHeader | None:
    """Read the kind and the size of a picture; None if it is not one that is shown."""
    with suppress(OSError), file.open("rb") as stream:
        header = read_header(stream)
        if header is not None and header.width * header.height <= MOST_PIXELS:
            return header
    return None
