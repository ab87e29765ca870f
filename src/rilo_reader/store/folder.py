"""A folder of articles: scan it, read an article, write one atomically.

Articles are what `file_kinds.is_article` says, in any folder but hidden ones, `node_modules` and
others that programs fill (LEFT_OUT).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import Article
from rilo_reader.store.encoding import decode, is_binary
from rilo_reader.store.fields import to_article
from rilo_reader.store.file_kinds import head_of, is_article, kind_of, may_be_article
from rilo_reader.store.file_names import LEFT_OUT, inside, is_left_out, to_text
from rilo_reader.store.front_matter import parse
from rilo_reader.text import slug

SIZE_LIMIT = 10_000_000
"""Bytes of a file that is still read as an article: War and Peace is 3,200,000."""


# -- find a file --------------------------------------------------------------------------------


def file_of(root: Path, path: str) -> Path:
    """The file of an article's path.

    The path never leads out of the library, but by a link in it that `scan` would follow too.

    Raises:
        Unreadable: the path is no path in a library.
    """
    return Path(native_file(root, path))


def native_file(root: Path, path: str) -> str:
    """The same as the operating system's own text: a Path costs what reading a header does.

    Raises:
        Unreadable: as `file_of`.
    """
    native = inside(path)
    if native is None:
        raise Unreadable(path, "It is not a path inside this library.")
    file = f"{root}{os.sep}{native}"
    if not may_be_article(path.rpartition("/")[2]) or is_left_out(path):
        # Not from a scan: then no link may lead out.
        real_root = os.path.join(os.path.realpath(root), "")  # noqa: PTH118  # for a text
        if not os.path.realpath(file).startswith(real_root):
            raise Unreadable(path, "It leads out of this library.")
    return file


def is_article_file(file: Path) -> bool:
    """Whether a file is an article, by its name and, of HTML, by its beginning."""
    try:
        return may_be_article(file.name) and is_article(file.name, head_of(str(file), file.name))
    except OSError:
        return False


def entry_of(root: Path, path: str) -> FileEntry | None:
    """What `scan` would say of one article now; None where it would not yield it."""
    name = path.rpartition("/")[2]
    if is_left_out(path) or not may_be_article(name):
        return None
    try:
        file = native_file(root, path)
        facts = os.stat(file)  # noqa: PTH116  # as in native_file
        if not stat.S_ISREG(facts.st_mode) or not is_article(name, head_of(file, name)):
            return None
    except (Unreadable, OSError):
        return None
    return FileEntry(path, facts.st_size, facts.st_mtime_ns)


def path_of(root: Path, file: Path) -> str | None:
    """The path in the library of a file given by the user, None where it is outside.

    A link in the library is named by itself, not by what it points to.
    """
    for base, target in ((root.absolute(), file.absolute()), (root.resolve(), file.resolve())):
        try:
            relative = Path(os.path.normpath(target)).relative_to(os.path.normpath(base))
        except ValueError:
            continue
        return to_text(relative.as_posix()) if relative.parts else None
    return None


# -- read ---------------------------------------------------------------------------------------


def read(root: Path, path: str, *, limit: int = SIZE_LIMIT) -> Article:
    """The article in a file; its file is never changed by this.

    Raises:
        Unreadable: the file is gone, may not be read, is longer than `limit` bytes, or binary.
    """
    data, modified = _read_bytes(native_file(root, path), path, limit)
    if is_binary(data):
        raise Unreadable(path, "It is a binary file, not text.")
    text, fault = decode(data)
    article = to_article(parse(text), path, modified)
    return article if fault is None else article._replace(faults=(fault, *article.faults))


# A pipe that bears an article's name must not wait for somebody to write into it.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _read_bytes(file: str, path: str, limit: int) -> tuple[bytes, datetime]:
    """The bytes of a regular file, and when it was last changed."""
    try:
        handle = os.open(file, _READ)
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else "No file can have this name."
        raise Unreadable(path, reason) from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise Unreadable(path, "It is not a regular file.")
        if facts.st_size > limit:
            raise Unreadable(path, _too_large(facts.st_size, limit))
        data = os.read(handle, facts.st_size + 1)
        # A file that grows while it is read, or a system that reads in parts.
        while len(data) != facts.st_size and len(data) <= limit:
            more = os.read(handle, limit + 1 - len(data))
            if not more:
                break
            data += more
        if len(data) > limit:
            raise Unreadable(path, _too_large(len(data), limit))
    except OSError as error:
        raise Unreadable(path, why(error)) from error
    finally:
        os.close(handle)
    return data, _moment(facts.st_mtime)


def _too_large(size: int, limit: int) -> str:
    return f"It is too large for an article: {size / 1e6:,.1f} MB, at most {limit / 1e6:,.1f} MB."


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(seconds: float) -> datetime:
    """A file's time; 1970 where a file system says what no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return _EPOCH


# -- write --------------------------------------------------------------------------------------


def write(root: Path, path: str, text: str) -> None:
    """Write a file so that at any moment either its old or its new text is whole on the disk.

    The text goes to a hidden temporary file in the same folder, is flushed, and takes the place of
    the old one, whose permissions it keeps. Where the path is a link, what it points to is
    written. Folders that are missing are made. On an error the old file is untouched and nothing
    is left behind.

    Raises:
        Unreadable: the path is no path in a library.
        OSError: it cannot be written (full disk, no permission).
        UnicodeEncodeError: the text holds lone surrogates.
    """
    import secrets

    data = text.encode()
    file = Path(os.path.realpath(native_file(root, path)))
    folder = file.parent
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".rilo-reader-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o666), "wb") as output:  # noqa: PTH123  # a handle
            with contextlib.suppress(FileNotFoundError):
                temporary.chmod(stat.S_IMODE(file.stat().st_mode))
            output.write(data)
            output.flush()
            os.fsync(output.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(folder)


def flush_folder(folder: Path) -> None:
    """Have the folder's new entry on the disk; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def new_path(article: Article) -> str:
    """The path for a new article: `SOURCE/YYYY/YYYY-MM-DD-slug-HASH.md`.

    The same article always gets the same path, and two ids never share one: HASH is of the id.
    """
    from hashlib import blake2b

    day = article.date.date().isoformat()
    source = slug(article.source) or "articles"
    name = slug(article.title) or "untitled"
    digest = blake2b(article.id.encode(errors="replace"), digest_size=6).hexdigest()
    return f"{source}/{day[:4]}/{day}-{name}-{digest}.md"


# Scanning a folder for articles: every folder once, whatever links there are, in one order.


DEPTH_LIMIT = 64
"""Folders within folders that are still entered."""


class Unreadable(Exception):  # noqa: N818  # it names a state of a file, as the user is told it
    """A file or folder that cannot be read.

    Attributes:
        path: relative to the library, "" for the library itself.
        reason: one sentence for the user.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'The folder'}: {reason}")
        self.path = path
        self.reason = reason


class FileEntry(NamedTuple):
    """A file that is an article (see file_kinds).

    Attributes:
        path: relative to the library, with forward slashes, safe to print (see file_names).
        size: in bytes.
        mtime_ns: last change, nanoseconds since 1970.
    """

    path: str
    size: int
    mtime_ns: int


OnSkip = Callable[[str, str], None]
"""Told of what is left out that the user might expect: relative path, and the reason."""


def scan(
    root: Path, *, on_skip: OnSkip | None = None, others: Counter[str] | None = None
) -> Iterator[list[FileEntry]]:
    """The articles of a folder and of all folders in it, one list a folder that has any.

    Deterministic: folders and files in the order of their paths, links to folders after all other
    folders. Each folder is entered once, so links that lead back or to one another end. What
    cannot be read or vanished meanwhile is told to `on_skip` and left out.

    Args:
        root: the folder.
        on_skip: told of files and folders that look like articles and cannot be read.
        others: where the files that are no articles are counted by their kinds (see file_kinds),
            but for hidden ones and those in folders that are passed over.

    Raises:
        Unreadable: the root itself cannot be listed.
    """
    skip = on_skip or (lambda path, reason: None)
    counted: Counter[str] = Counter() if others is None else others
    try:
        facts = os.stat(root)  # noqa: PTH116  # a string path costs a third of a Path's here
        os.scandir(root).close()
    except OSError as error:
        raise Unreadable("", why(error)) from error
    entered = {(facts.st_dev, facts.st_ino)}
    waiting = [(os.fspath(root), "", 0)]
    linked: list[tuple[str, str, int]] = []
    while waiting or linked:
        if not waiting:
            folder, path, depth = linked.pop(0)
            if _enter(folder, path, entered, skip):
                waiting.append((folder, path, depth))
            continue
        folder, path, depth = waiting.pop()
        found, folders, links = _list_folder(folder, path, skip, counted)
        if found:
            yield found
        if depth >= DEPTH_LIMIT:
            for _, below in folders + links:
                skip(below, f"It is more than {DEPTH_LIMIT} folders deep.")
            continue
        linked.extend((name, below, depth + 1) for name, below in links)
        waiting.extend(
            (name, below, depth + 1)
            for name, below in reversed(folders)
            if _enter(name, below, entered, skip)
        )


_Folder = tuple[str, str]
_DANGLING = "It is a link to a file that is not there."


def _list_folder(
    folder: str, path: str, skip: OnSkip, others: Counter[str]
) -> tuple[list[FileEntry], list[_Folder], list[_Folder]]:
    """The articles, the folders and the links to folders in one folder, each sorted."""
    prefix = f"{path}/" if path else ""
    files: list[FileEntry] = []
    folders: list[_Folder] = []
    links: list[_Folder] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == ".":
                    continue
                relative = prefix + to_text(name)
                try:
                    if entry.is_dir():
                        if name not in LEFT_OUT:
                            (links if entry.is_symlink() else folders).append(
                                (entry.path, relative)
                            )
                    elif not may_be_article(name):
                        others[kind_of(name)] += 1
                    elif not entry.is_file():
                        is_link = entry.is_symlink()
                        skip(relative, _DANGLING if is_link else "It is not a regular file.")
                    elif is_article(name, head := head_of(entry.path, name)):
                        facts = entry.stat()
                        files.append(FileEntry(relative, facts.st_size, facts.st_mtime_ns))
                    else:
                        others[kind_of(name, head)] += 1
                except OSError as error:
                    skip(relative, why(error))
    except OSError as error:
        skip(path, why(error))
    files.sort()
    folders.sort(key=_by_path)
    links.sort(key=_by_path)
    return files, folders, links


def _by_path(folder: _Folder) -> str:
    return folder[1]


def _enter(folder: str, path: str, entered: set[tuple[int, int]], skip: OnSkip) -> bool:
    """Whether a folder is entered for the first time."""
    try:
        facts = os.stat(folder)  # noqa: PTH116  # as in scan
    except OSError as error:
        skip(path, why(error))
        return False
    key = (facts.st_dev, facts.st_ino)
    if key in entered:
        return False
    entered.add(key)
    return True


def why(error: OSError) -> str:
    """What the operating system said, as a sentence."""
    reason = error.strerror or type(error).__name__
    return f"{reason[:1].upper()}{reason[1:]}."


__all__ = [
    "SIZE_LIMIT",
    "FileEntry",
    "OnSkip",
    "Unreadable",
    "entry_of",
    "file_of",
    "flush_folder",
    "is_article_file",
    "is_left_out",
    "may_be_article",
    "native_file",
    "new_path",
    "path_of",
    "read",
    "scan",
    "write",
]
