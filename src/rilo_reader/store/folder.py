"""The files of a library: find, read and scan them.

Paths of articles are relative to the library (see `file_kinds`). Links are followed, also out of
the library: what they lead to is shown to the user. Whatever sends or writes asks `resolve_inside`,
which refuses that. Hidden folders and those in LEFT_OUT are ignored.
"""

import os
import stat
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import HIGHLIGHTS_OF, Article
from rilo_reader.dialects import BY_SUFFIX, named
from rilo_reader.dialects.sites import SIGN_NAMES, Site, Sites
from rilo_reader.files import READ
from rilo_reader.store.article_fields import FolderFacts, decide_dialect, to_article
from rilo_reader.store.date_order import HEAD_BYTES, MOST_FILES
from rilo_reader.store.encoding import decode, is_binary
from rilo_reader.store.file_kinds import (
    HTML,
    IGNORED_FOLDERS,
    MARKDOWN,
    count_other,
    is_article,
    is_ignored,
    kind_of,
    kind_of_hidden,
    may_be_article,
    read_head,
    suffix_of,
    to_native_path,
    to_text,
)
from rilo_reader.store.file_names import index_name
from rilo_reader.store.front_matter import parse
from rilo_reader.store.front_matter_dates import DayFirst
from rilo_reader.store.includes import insert_includes, may_include
from rilo_reader.text import make_slug

SIZE_LIMIT = 10_000_000
"""Bytes of the largest file that is read as an article; War and Peace has 3,200,000."""

DEPTH_LIMIT = 64
"""Levels of folders that are entered."""


class UnreadableError(Exception):  # it names a state of a file, as the user is told it
    """A file or folder that cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'The folder'}: {reason}")
        self.path = path  # relative to the library, "" for the library itself
        self.reason = reason  # one sentence for the user


class FileEntry(NamedTuple):
    """A file that is an article (see file_kinds)."""

    path: str  # relative to the library, with forward slashes, safe to print (see file_kinds)
    size: int  # in bytes
    mtime_ns: int  # last change, nanoseconds since 1970


OnSkip = Callable[[str, str], None]
"""Called with the relative path of a file or folder that is skipped, and the reason."""


# -- find a file --------------------------------------------------------------------------------


def file_of(root: Path, path: str) -> Path:
    """The file of an article's path: in the library, or behind a link that `scan_folder` follows.

    Raises Unreadable if the path is not valid within a library.
    """
    return Path(native_file(root, path))


def native_file(root: Path, path: str) -> str:
    """Return `file_of` as a str: making a Path takes as long as reading front matter."""
    native = to_native_path(path)
    if native is None:
        raise UnreadableError(path, "It is not a path inside this library.")
    file = f"{root}{os.sep}{native}"
    is_of_scan = may_be_article(path.rpartition("/")[2]) and not is_ignored(path)
    if not is_of_scan and not is_within(root, os.path.realpath(file)):
        raise UnreadableError(path, "It is outside this library.")
    return file


OUTSIDE = "A link leads from it out of the library, where nothing is sent or written."


def resolve_inside(root: Path, path: str) -> str:
    """Return the real path of a file or folder, within the library; it need not exist.

    Ask this before a file of a library is sent or written. Raises Unreadable: the path is not
    valid, or a link leads out of the library.
    """
    native = to_native_path(path)
    if native is None:
        raise UnreadableError(path, "It is not a path inside this library.")
    real = os.path.realpath(f"{root}{os.sep}{native}")
    if not is_within(root, real):
        raise UnreadableError(path, OUTSIDE)
    return real


def is_outside_library(root: Path, path: str) -> bool:
    """Return whether a link of a path leads out of the library; see `resolve_inside`."""
    try:
        resolve_inside(root, path)
    except UnreadableError:
        return True
    return False


def find_outside_articles(root: Path) -> dict[str, str]:
    """Return the articles that a link leads to out of the library, each with that link.

    Raises Unreadable: the library cannot be listed.
    """
    found: dict[str, str] = {}
    deque(scan_folder(root, outside_links=found), maxlen=0)
    return found


def is_within(folder: Path, real: str) -> bool:
    """Return whether a path without links is a folder or something in it, in whatever letters."""
    for home in (os.fspath(folder), os.path.realpath(folder)):  # mostly it is without links
        if f"{real}{os.sep}".startswith(os.path.join(home, "")):  # noqa: PTH118  # for a text
            return True
    # Two spellings of one folder, as on a system that does not tell upper from lower case.
    for parent in (Path(real), *Path(real).parents):
        with suppress(OSError):
            if parent.samefile(home):
                return True
    return False


def is_article_file(file: Path, suffixes: Collection[str] = ()) -> bool:
    """Return whether a file is an article, by its name and, for HTML, its first bytes."""
    try:
        return may_be_article(file.name, suffixes) and is_article(
            file.name, read_head(str(file), file.name), suffixes
        )
    except OSError:
        return False


def read_entry(root: Path, path: str, suffixes: Collection[str] = ()) -> FileEntry | None:
    """The entry that `scan_folder` would yield for a path now, None where it would yield none."""
    name = path.rpartition("/")[2]
    if is_ignored(path) or not may_be_article(name, suffixes):
        return None
    try:
        file = native_file(root, path)
        status = os.stat(file)  # noqa: PTH116  # as in native_file
        if not stat.S_ISREG(status.st_mode) or not is_article(
            name, read_head(file, name), suffixes
        ):
            return None
    except (UnreadableError, OSError):
        return None
    return FileEntry(path, status.st_size, status.st_mtime_ns)


def is_folder_page(root: Path, path: str) -> bool:
    """Return whether a page stands for its folder: `_index.md`, `index.md` or `FOLDER.md`.

    Others are articles beside it or one folder below; without any it is an article itself.
    """
    kind = index_name(path)
    if not kind or kind == "_":
        return bool(kind)
    with suppress(UnreadableError, OSError):
        folder = file_of(root, path).parent
        for file in chain(folder.glob("*"), folder.glob("*/*")):
            below = file.relative_to(folder).as_posix()
            is_index = file.parent == folder and index_name(f"{folder.name}/{below}")
            if may_be_article(file.name) and not is_ignored(below) and not is_index:
                return True
    return False


def path_within(root: Path, file: Path) -> str | None:
    """The path within the library of a file that the user named, None if it is outside.

    The path of a link is its own, not that of its target.
    """
    for base, target in ((root.absolute(), file.absolute()), (root.resolve(), file.resolve())):
        try:
            relative = Path(os.path.normpath(target)).relative_to(os.path.normpath(base))
        except ValueError:
            continue
        return to_text(relative.as_posix()) if relative.parts else None
    return None


# -- read ---------------------------------------------------------------------------------------


def read_article(
    root: Path,
    path: str,
    *,
    with_notes: bool = False,
    site: Site | None = None,
    day_first: DayFirst = lambda: None,
) -> Article:
    """Read an article of a site; the file is never changed.

    `day_first` is as for `to_article`. With `notes` a note on an article's highlights is read too,
    as if it were an article. Raises Unreadable if the file is gone, may not be read, is longer than
    SIZE_LIMIT, binary, or a note.
    """
    data, modified = _read_bytes(native_file(root, path), path, SIZE_LIMIT)
    if is_binary(data):
        raise UnreadableError(path, "It is a binary file, not text.")
    text, fault = decode(data)
    site = site or Site()
    document = parse(text, BY_SUFFIX.get(suffix_of(path), site.dialect))
    name = decide_dialect(document, path, site.dialect)
    read = partial(_read_included, root, site.bounds)
    if may_include(text) and suffix_of(path) not in HTML and named(name).forms.includes:
        body = insert_includes(
            document.body, path, lambda other: _body_of(read(other), site.dialect)
        )
        document = document._replace(body=body)
    if not with_notes and HIGHLIGHTS_OF in document.metadata:
        raise UnreadableError(path, "It is a note on the highlights of an article.")
    facts = FolderFacts(site.dialect, day_first, read)
    article = to_article(document, path, modified, facts)
    return article if fault is None else article._replace(faults=(fault, *article.faults))


def read_own(root: Path, path: str) -> tuple[bytes, datetime]:
    """Read the bytes of a file that may be sent, and its modification time.

    Raises Unreadable as `read_article` and `resolve_inside` do, also if a link came in between.
    """
    real = resolve_inside(root, path)
    found = _read_bytes(real, path, SIZE_LIMIT)
    if resolve_inside(root, path) != real:
        raise UnreadableError(path, OUTSIDE)
    return found


def read_date_heads(root: Path, entries: Iterable[FileEntry] | None = None) -> Iterator[bytes]:
    """Yield the beginnings of the first files, by default of a whole library; see `date_order`."""
    files = chain.from_iterable(scan_folder(root)) if entries is None else entries
    return (_read_date_head(root, entry.path) for entry in islice(files, MOST_FILES))


def _read_date_head(root: Path, path: str) -> bytes:
    try:
        handle = os.open(native_file(root, path), READ)
    except OSError:
        return b""
    try:
        return os.read(handle, HEAD_BYTES)
    except OSError:
        return b""
    finally:
        os.close(handle)


INCLUDED_LIMIT = 1_000_000
"""Bytes of the largest file that is included in an article."""


def _read_included(root: Path, bounds: str, path: str) -> str | None:
    """The text of a file that an article includes: within the bounds, and in no hidden folder.

    Both count for what a link leads to, too.
    """
    if _is_left_out(path) or (bounds and not path.startswith(f"{bounds}/")):
        return None
    try:
        real = resolve_inside(root, path)
        top = resolve_inside(root, bounds) if bounds else os.path.realpath(root)
        if _is_left_out(os.path.relpath(real, top).replace(os.sep, "/")):
            return None
        data, _ = _read_bytes(real, path, INCLUDED_LIMIT)
    except UnreadableError:
        return None
    return None if is_binary(data) else decode(data)[0]


def _is_left_out(path: str) -> bool:
    """Return whether a path is hidden, absolute or not below its start, or of a left-out folder."""
    left_out = IGNORED_FOLDERS - {"_includes"}
    return any(part[:1] in ("", ".") or part in left_out for part in path.split("/"))


def _body_of(text: str | None, dialect: str) -> str | None:
    return None if text is None else parse(text, dialect).body


def _read_bytes(file: str, path: str, limit: int) -> tuple[bytes, datetime]:
    """The content of a regular file, and its modification time."""
    try:
        handle = os.open(file, READ)
    except OSError as error:
        raise UnreadableError(path, describe_error(error)) from error
    except ValueError as error:
        raise UnreadableError(path, "This is not a valid file name.") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(path, "It is not a regular file.")
        if status.st_size > limit:
            raise UnreadableError(path, _too_large(status.st_size, limit))
        data = os.read(handle, status.st_size + 1)
        # The file may grow while it is read, and the system may return less than asked for.
        while len(data) != status.st_size and len(data) <= limit:
            more = os.read(handle, limit + 1 - len(data))
            if not more:
                break
            data += more
        if len(data) > limit:
            raise UnreadableError(path, _too_large(len(data), limit))
    except OSError as error:
        raise UnreadableError(path, describe_error(error)) from error
    finally:
        os.close(handle)
    try:
        return data, datetime.fromtimestamp(status.st_mtime, UTC)
    except (OverflowError, OSError, ValueError):  # a time out of range
        return data, datetime(1970, 1, 1, tzinfo=UTC)


def _too_large(size: int, limit: int) -> str:
    return f"It is too large for an article: {size / 1e6:,.1f} MB, at most {limit / 1e6:,.1f} MB."


def new_path(article: Article) -> str:
    """The path for a new article: `SOURCE/YYYY/YYYY-MM-DD-slug-HASH.md`.

    It follows from the article alone. HASH is of the id, so no two ids share a path.
    """
    from hashlib import blake2b

    day = article.date.date().isoformat()
    source = make_slug(article.source) or "articles"
    name = make_slug(article.title) or "untitled"
    digest = blake2b(article.id.encode(errors="replace"), digest_size=6).hexdigest()
    return f"{source}/{day[:4]}/{day}-{name}-{digest}.md"


# -- scan -----------------------------------------------------------------------------------------


def scan_folder(
    root: Path,
    *,
    on_skip: OnSkip | None = None,
    other_kinds: Counter[str] | None = None,
    outside_links: dict[str, str] | None = None,
    sites: Sites | None = None,
) -> Iterator[list[FileEntry]]:
    """Yield the articles of a folder and all its subfolders, one list for each folder with any.

    The order is that of the paths, with linked folders after all others. Each folder is entered
    once, so cyclic links do no harm. Files that cannot be read, or that vanish meanwhile, are
    skipped: `on_skip` is called for those that look like articles. `others` counts the files that
    are not articles by kind (see `file_kinds`). `outside` gets the articles that a link leads to
    out of the library, each with the path of that link. `sites` is told which signs each folder
    has, and tells which suffixes are Markdown, too. Raises Unreadable if the root cannot be listed.
    """
    markdown = MARKDOWN.union(sites.suffixes if sites else ())
    skip = on_skip or (lambda path, reason: None)
    counted: Counter[str] = Counter() if other_kinds is None else other_kinds
    try:
        status = os.stat(root)  # noqa: PTH116  # a string path costs a third of a Path's here
        os.scandir(root).close()
    except OSError as error:
        raise UnreadableError("", describe_error(error)) from error
    entered = {(status.st_dev, status.st_ino)}
    pending = [(os.fspath(root), "", 0)]
    linked: list[tuple[str, str, int]] = []
    link = ""  # by which the folders are reached
    while pending or linked:
        if not pending:
            folder, link, depth = linked.pop(0)
            if _mark_entered(folder, link, entered, skip):
                pending.append((folder, link, depth))
            continue
        folder, path, depth = pending.pop()
        found, folders, links, signs, files = _list_folder(folder, path, skip, counted, markdown)
        if sites is not None:
            sites.add_folder(path, signs)
        if outside_links is not None:
            reached = [each.path for each in found] if link else files
            outside_links.update(
                (path, link or path) for path in reached if is_outside_library(root, path)
            )
        if found:
            yield found
        if depth >= DEPTH_LIMIT:
            for _, below in folders + links:
                skip(below, f"It is more than {DEPTH_LIMIT} folders deep.")
            continue
        linked.extend((name, below, depth + 1) for name, below in links)
        pending.extend(
            (name, below, depth + 1)
            for name, below in reversed(folders)
            if _mark_entered(name, below, entered, skip)
        )


_Folder = tuple[str, str]
_DANGLING = "It is a link to a file that does not exist."


def _list_folder(
    folder: str, path: str, skip: OnSkip, other_kinds: Counter[str], markdown: Set[str]
) -> tuple[list[FileEntry], list[_Folder], list[_Folder], list[str], list[str]]:
    """The articles, folders, and links to folders in a folder, sorted; names that may be signs.

    The last are articles that are links. `markdown` are the suffixes of Markdown.
    """
    linked: list[str] = []
    signs: list[str] = []
    prefix = f"{path}/" if path else ""
    files: list[FileEntry] = []
    folders: list[_Folder] = []
    links: list[_Folder] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name in SIGN_NAMES:
                    signs.append(name)
                if name[0] == "." or name in IGNORED_FOLDERS:
                    other_kinds[kind_of_hidden(name, is_folder=entry.is_dir())] += 1
                    continue
                relative = prefix + to_text(name)
                suffix = suffix_of(name)
                try:
                    if entry.is_dir():
                        below = links if entry.is_symlink() else folders
                        below.append((entry.path, relative))
                    elif suffix not in markdown and suffix not in HTML:
                        count_other(entry.path, name, other_kinds)
                    elif not entry.is_file():
                        is_link = entry.is_symlink()
                        skip(relative, _DANGLING if is_link else "It is not a regular file.")
                    elif suffix in markdown or is_article(
                        name, head := read_head(entry.path, name)
                    ):
                        status = entry.stat()
                        files.append(FileEntry(relative, status.st_size, status.st_mtime_ns))
                        if entry.is_symlink():
                            linked.append(relative)
                    else:
                        other_kinds[kind_of(name, head)] += 1
                except OSError as error:
                    skip(relative, describe_error(error))
    except OSError as error:
        skip(path, describe_error(error))
    by_path = itemgetter(1)
    folders.sort(key=by_path)
    links.sort(key=by_path)
    return sorted(files), folders, links, signs, linked


def _mark_entered(
    folder: str, path: str, entered_folders: set[tuple[int, int]], skip: OnSkip
) -> bool:
    """Note that a folder is entered; False if it was before, or cannot be read."""
    try:
        status = os.stat(folder)  # noqa: PTH116  # as in scan
    except OSError as error:
        skip(path, describe_error(error))
        return False
    count = len(entered_folders)
    entered_folders.add((status.st_dev, status.st_ino))
    return len(entered_folders) > count


def describe_error(error: OSError) -> str:
    """An operating system error as a sentence."""
    reason = error.strerror or type(error).__name__
    return f"{reason[:1].upper()}{reason[1:]}."
