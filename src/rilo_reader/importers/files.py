"""Markdown files into a library, byte for byte: each once, none over another."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZipFile, ZipInfo

from rilo_reader.article import ArticleId
from rilo_reader.entry import NotReadableError, readable
from rilo_reader.importers.report import Tally
from rilo_reader.library import Library
from rilo_reader.store.encoding import decode, is_binary
from rilo_reader.store.fields import to_article
from rilo_reader.store.file_kinds import HEAD_BYTES, is_article
from rilo_reader.store.file_names import is_left_out, to_text
from rilo_reader.store.folder import SIZE_LIMIT, Unreadable, file_of
from rilo_reader.store.front_matter import parse, write
from rilo_reader.store.write import write_all
from rilo_reader.text import clean_line

BATCH = 200
"""Files that are written together."""

NAME_BYTES = 200
"""Bytes of a file's name, so that it fits every file system with what is put behind it."""

SAME_NAMES = 1000
"""Different texts of one name that are kept beside each other."""

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Placed(NamedTuple):
    """Where a text went: its article, its path, and whether it was there already."""

    id: ArticleId
    path: str
    known: bool


class FileCopier:
    """Puts texts into a library. `finish` writes what is still to be written."""

    def __init__(self, library: Library, *, dry_run: bool, watch: Callable[[], None]) -> None:
        """Over a library whose index is up to date; `watch` is called after each batch."""
        self._library = library
        self._dry_run = dry_run
        self._watch = watch
        self._waiting: dict[str, bytes] = {}
        self._times: dict[str, float] = {}
        self._written: dict[str, bytes] = {}
        self._ids: dict[ArticleId, str] = {}

    def add(
        self,
        path: str,
        data: bytes,
        tally: Tally,
        *,
        identity: ArticleId | None = None,
        modified: float | None = None,
    ) -> Placed | None:
        """Take one text, unless the library has it.

        Args:
            path: where it would like to be, relative; made into one that can be.
            data: the file's bytes; kept as they are.
            tally: where it is counted.
            identity: the article that it is, where that is known otherwise than from the text.
            modified: when it was last changed, in seconds since 1970; the copy says so too.

        Returns:
            Where it is; None where it cannot be taken.
        """
        refusal = _refusal(data)
        if refusal:
            tally.leave_out(path, refusal)
            return None
        wish = fitting(path, data[:HEAD_BYTES])
        try:
            with readable():
                claimed = _claimed(data, wish)
        except NotReadableError as error:
            tally.leave_out(path, error.reason)
            return None
        by_path = claimed is None if identity is None else identity == path
        known = None if by_path else self._known(identity or claimed)
        if known is not None:
            tally.known += 1
            return known
        named = _with_id(data, identity) if identity and claimed != identity else data
        place, there = self._place(wish, {_digest(data), _digest(named)})
        if place is None:
            tally.leave_out(path, f"{SAME_NAMES} other texts have this name")
            return None
        own = claimed or ArticleId(place)
        if identity and own != identity and not (by_path and self._known(identity)):
            # Elsewhere it would be another article by its path: the text says who it is.
            data, own = named, identity
        if there:
            tally.known += 1
        else:
            self._take(place, data, own, modified)
            tally.taken += 1
        return Placed(own, place, known=there)

    def finish(self) -> None:
        """Write everything.

        Raises:
            OSError: a file cannot be written; those of its batch that could be are.
        """
        waiting, self._waiting = self._waiting, {}
        if waiting and not self._dry_run:
            failed = write_all(self._library.folder, waiting)
            for path in waiting.keys() & self._times.keys() - failed.keys():
                moment = self._times[path]
                os.utime(file_of(self._library.folder, path), (moment, moment))
            if failed:
                raise next(iter(failed.values()))
        self._written.update((path, _digest(data)) for path, data in waiting.items())
        self._watch()

    def _take(self, path: str, data: bytes, identity: ArticleId, modified: float | None) -> None:
        if modified is not None:
            self._times[path] = modified
        self._waiting[path] = data
        self._ids[identity] = path
        if len(self._waiting) >= BATCH:
            self.finish()

    def _known(self, identity: ArticleId | None) -> Placed | None:
        """Where an article is that says itself who it is; None where it is not here."""
        if identity is None:
            return None
        if identity in self._ids:
            return Placed(identity, self._ids[identity], known=True)
        row = self._library.row(identity)
        return Placed(identity, row.path, known=True) if row else None

    def _place(self, wish: str, texts: set[bytes]) -> tuple[str | None, bool]:
        """The path for a text of these digests, and whether it lies there already."""
        stem, dot, ending = wish.rpartition(".")
        for number in range(1, SAME_NAMES + 1):
            path = wish if number == 1 else f"{stem}-{number}{dot}{ending}"
            there = self._digest_at(path)
            if there is None or there in texts:
                return path, there is not None
        return None, False

    def _digest_at(self, path: str) -> bytes | None:
        """A digest of what lies at a path or will, None where nothing does."""
        if path in self._waiting:
            return _digest(self._waiting[path])
        if path in self._written:
            return self._written[path]
        try:
            return _digest(file_of(self._library.folder, path).read_bytes())
        except (FileNotFoundError, NotADirectoryError, Unreadable):
            return None


def fitting(path: str, head: bytes = b"") -> str:
    """A path like this that every file system can hold, in no folder that is passed over.

    It is relative, has forward slashes and an article's suffix, and says what it said before.

    Args:
        path: what it should be.
        head: how the file begins: HTML without front matter is no article by its name.
    """
    parts = [_fitting_name(part) for part in path.split("/") if part not in ("", ".", "..")]
    parts = parts[-20:] or ["article.md"]
    if not is_article(parts[-1], head):
        parts[-1] += ".md"
    return "/".join(f"_{part.lstrip('.')}" if is_left_out(part) else part for part in parts)


_UNFIT = re.compile('[\x00-\x1f\x7f"*:<>?\\\\|]|\ufffd(?:[0-9A-F]{2})?')


def _fitting_name(name: str) -> str:
    name = _UNFIT.sub("_", name).rstrip(" .") or "_"
    if len(name.encode(errors="replace")) <= NAME_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if len(ending) > 10 or not stem:
        stem, dot, ending = name, "", ""
    digest = blake2b(name.encode(errors="replace"), digest_size=4).hexdigest()
    kept = stem.encode(errors="replace")[: NAME_BYTES - 24].decode(errors="ignore").strip(" .")
    return f"{kept}-{digest}{dot}{ending}"


def _refusal(data: bytes) -> str:
    """Why these bytes can be no article, "" where they can."""
    if len(data) > SIZE_LIMIT:
        return f"it is larger than {SIZE_LIMIT // 1_000_000} MB"
    return "it is a binary file, not text" if is_binary(data) else ""


def _claimed(data: bytes, path: str) -> ArticleId | None:
    """The identity that a text gives itself, None where it goes by its path."""
    identity = to_article(parse(decode(data)[0]), path, _ANY_TIME).id
    return None if identity == path else identity


def _with_id(data: bytes, identity: ArticleId) -> bytes:
    """The text with an identity in its front matter."""
    document = parse(decode(data)[0])
    # First where it is new, in its place where it was there.
    metadata = {"id": "", **document.metadata} | {"id": identity}
    return write(document._replace(metadata=metadata)).encode(errors="replace")


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


# The files of a path: itself, those of a folder, those of an archive; each bounded.


FILES_LIMIT = 1_000_000
"""Files of one path."""

MEMBER_LIMIT = 500_000_000
"""Bytes of one file of an archive, unpacked."""

ARCHIVE_LIMIT = 8_000_000_000
"""Bytes of all files of an archive and of the archives in it, unpacked."""

RATIO_LIMIT = 200
"""How many times its size a large file of an archive may have unpacked: texts have 3 to 20."""

NESTED_LIMIT = 2
"""Archives within archives."""


class Found(NamedTuple):
    """A file.

    Attributes:
        name: for people, one clean line.
        path: where it belongs in a library, relative, with forward slashes.
        open: gives its bytes, as a stream that reads from the start.
        modified: when it was last changed, in seconds since 1970: an article's date where its
            text tells none. None where that is not known.
    """

    name: str
    path: str
    open: Callable[[], IO[bytes]]
    modified: float | None = None


OnSkip = Callable[[str, str], None]
"""Told of each file that is left out: its name, and why."""


def files_of(path: Path, on_skip: OnSkip, without: Path) -> Iterator[Found]:
    """The file at a path, or every file of a folder, in the order of their names.

    Hidden files and folders and those that programs fill are passed over; links are not followed.

    Args:
        path: of the user.
        on_skip: told what is left out.
        without: a folder, absolute and resolved, that is passed over too: the library.

    Raises:
        OSError: the path is not there or cannot be read.
    """
    if not stat.S_ISDIR(path.stat().st_mode):
        yield _found(path, path.name)
        return
    root = path.resolve()
    for number, file in enumerate(_walk(root, on_skip, without)):
        if number >= FILES_LIMIT:
            on_skip(str(path), f"only the first {FILES_LIMIT:,} files of it were looked at")
            return
        relative = file.relative_to(root).as_posix()
        yield _found(file, f"{root.name}/{relative}" if root.name else relative)


def _walk(folder: Path, on_skip: OnSkip, without: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as opened:
                entries = sorted(opened, key=lambda entry: entry.name)
        except OSError:
            # Whoever opens it is told why not.
            yield current
            continue
        below = []
        for entry in entries:
            if is_left_out(entry.name):
                continue
            if entry.is_symlink():
                on_skip(entry.path, "it is a link")
            elif entry.is_dir():
                if Path(entry.path) != without:
                    below.append(Path(entry.path))
            elif entry.is_file():
                yield Path(entry.path)
        waiting.extend(reversed(below))


def _found(file: Path, relative: str) -> Found:
    def opened() -> IO[bytes]:
        # A pipe that bears the name must not wait for somebody to write into it.
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise NotReadableError("it is not a regular file")
        return os.fdopen(handle, "rb")

    path = to_text(relative)
    return Found(clean_line(path, 300), path, opened, file.stat().st_mtime)


class Budget:
    """How much may still be unpacked."""

    def __init__(self, left: int = ARCHIVE_LIMIT) -> None:
        self.left = left


def members_of(stream: IO[bytes], found: Found, on_skip: OnSkip, budget: Budget) -> Iterator[Found]:
    """The files of a zip, each where its name puts it below the zip's own name.

    Left out, and told of: what is encrypted, packed in an unknown way, a link, too large, of a
    size that only a bomb has, or would lie outside.

    Raises:
        NotReadableError: it is no zip that can be read.
    """
    try:
        archive = ZipFile(stream)
    except Exception as error:
        # Of another program's files, zipfile raises what its parts happen to.
        raise NotReadableError(f"it is no zip that can be read ({error})") from error
    with archive:
        base = found.path.rpartition("/")[2].rpartition(".")[0] or "archive"
        folder = found.path.rpartition("/")[0]
        for number, member in enumerate(archive.infolist()):
            if number >= FILES_LIMIT:
                on_skip(found.name, f"only the first {FILES_LIMIT:,} files of it were looked at")
                return
            if member.is_dir():
                continue
            name = f"{found.name}: {clean_line(to_text(member.filename), 200)}"
            path, reason = _place(member, budget)
            if reason:
                on_skip(name, reason)
            elif not is_left_out(path):
                whole = "/".join(part for part in (folder, base, path) if part)
                opened = partial(_unpacked, archive, member, budget)
                yield Found(name, whole, opened, _modified(member))


def _modified(member: ZipInfo) -> float | None:
    """When a file of an archive was changed; archives know the local time of where they are."""
    try:
        return datetime(*member.date_time).timestamp()  # noqa: DTZ001  # local time is meant
    except (ValueError, OverflowError, OSError):
        return None


def _place(member: ZipInfo, budget: Budget) -> tuple[str, str]:
    """Where a file of an archive belongs, or why it does not."""
    name = to_text(member.filename.replace("\\", "/"))
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or not name:
        return "", "its name leads out of the archive"
    if member.flag_bits & 0x1:
        return "", "it is encrypted"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "", "it is a link"
    if member.file_size > MEMBER_LIMIT or member.file_size > budget.left:
        return "", "it is too large"
    if member.file_size > 1_000_000 and member.file_size > RATIO_LIMIT * max(
        1, member.compress_size
    ):
        return "", "it unpacks to more than anybody packs: a bomb"
    return "/".join(part for part in parts if part not in ("", ".")), ""


def _unpacked(archive: ZipFile, member: ZipInfo, budget: Budget) -> IO[bytes]:
    """The bytes of one file of an archive; zipfile gives no more of them than were announced."""
    import shutil
    import tempfile

    try:
        out = tempfile.SpooledTemporaryFile(max_size=20_000_000)  # noqa: SIM115  # handed on
        with archive.open(member) as packed:
            shutil.copyfileobj(packed, out)
        budget.left -= out.tell()
        out.seek(0)
    except Exception as error:
        # As above; each way to pack has errors of its own.
        raise NotReadableError(f"it cannot be unpacked ({error})") from error
    return out
