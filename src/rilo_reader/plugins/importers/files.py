"""Find the files to import: at a path, in a folder, in a zip archive; tell their kinds."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from shlex import quote
from typing import IO, NamedTuple
from zipfile import ZipFile, ZipInfo

from rilo_reader.cli.standard_input import INPUT_NAME
from rilo_reader.errors import NotReadableError
from rilo_reader.html.tags import Markup, iter_tags
from rilo_reader.parsers.decoding import decode_feed
from rilo_reader.plugins.importers.fields import FIELDS, KNOWN
from rilo_reader.plugins.importers.formats import Format, find_format
from rilo_reader.plugins.importers.formats.tables import find_columns
from rilo_reader.plugins.importers.readwise import is_highlights
from rilo_reader.plugins.importers.report import ContentKind
from rilo_reader.plugins.importers.saved import BESIDE_LIMIT
from rilo_reader.store.encoding import has_controls, is_binary
from rilo_reader.store.file_kinds import is_article, is_ignored, suffix_of, to_text
from rilo_reader.store.folder import DEPTH_LIMIT
from rilo_reader.text import clean_line

FILES_LIMIT = 1_000_000  # maximum number of files of one import
MEMBER_LIMIT = 500_000_000  # maximum size of an unpacked file, in bytes
ARCHIVE_LIMIT = 8_000_000_000
"""Maximum size of all unpacked files, nested archives included, in bytes."""

_TELLING = {".opml": 0, ".xml": 0, ".json": 1, ".csv": 1}
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".svg"})
HOME_MANIFEST = "rilo-reader-home.json"  # in each file that `rilo-reader backup` writes
RATIO_LIMIT = 200  # maximum compression ratio of large files; that of text is 3 to 20
NESTED_LIMIT = 2  # maximum depth of archives in archives


class FoundFile(NamedTuple):
    """A file to import."""

    name: str  # a display name, one clean line
    path: str  # path in a library, relative, with forward slashes
    open: Callable[[], IO[bytes]]  # opens the file as a binary stream
    # when it was changed, in seconds since 1970: the date of an article without one; or None
    modified: float | None = None
    place: str = ""  # the path to type, of a file that is not in an archive


OnSkip = Callable[[str, str], None]
"""Called with the name of each skipped file and the reason."""


def iter_files(path: Path, on_skip: OnSkip, excluded: Path) -> Iterator[FoundFile]:
    """Yield the file at a path, or all files of a folder by name, but not those `without`.

    Hidden files and folders, and those of other programs, are skipped, which is said of folders of
    a mailbox; links are not followed.
    Raises OSError if the path does not exist or cannot be read.
    """
    if not stat.S_ISDIR(path.stat().st_mode):
        yield _make_found_file(path, path.name)
        return
    root = path.resolve()
    for number, file in enumerate(_walk_folder(root, on_skip, excluded)):
        if number >= FILES_LIMIT:
            on_skip(str(path), f"only the first {FILES_LIMIT:,} files in it were read")
            return
        relative = file.relative_to(root).as_posix()
        yield _make_found_file(file, f"{root.name}/{relative}" if root.name else relative)


def _walk_folder(folder: Path, on_skip: OnSkip, excluded: Path) -> Iterator[Path]:
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            with os.scandir(current) as opened:
                entries = sorted(opened, key=lambda entry: entry.name)
        except OSError:
            # Reported when it is opened.
            yield current
            continue
        below = []
        for entry in entries:
            if is_ignored(entry.name):
                if Path(entry.path, "cur").is_dir():  # of a Maildir: trash, or newsletters
                    on_skip(entry.path, "it is a folder of a mailbox; to import it, name it")
                continue
            if entry.is_symlink():
                on_skip(entry.path, "it is a link")
            elif entry.is_dir():
                if Path(entry.path) != excluded:
                    below.append(Path(entry.path))
            elif entry.is_file():
                yield Path(entry.path)
        pending.extend(reversed(below))


def _make_found_file(file: Path, relative: str) -> FoundFile:
    def open_member() -> IO[bytes]:
        # Opening a named pipe would block until something writes to it.
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise NotReadableError("it is not a regular file")
        return os.fdopen(handle, "rb")

    path = to_text(relative)
    modified = file.stat().st_mtime if file.exists() else None  # it may be gone by now
    place = "" if file.name == INPUT_NAME else to_text(str(file))
    return FoundFile(clean_line(path, 300), path, open_member, modified, place)


def is_picture(path: str) -> bool:
    """Return whether the name of a file is that of a picture."""
    return suffix_of(path) in _PICTURES


class FileSet:
    """Files that came together: some belong to another one, which reads them with it."""

    def __init__(self, found: Iterable[FoundFile]) -> None:
        self._files = {each.path: each for each in found}

    def take_all(self) -> Iterator[FoundFile]:
        """Yield each file once: first those that may tell of others, last pictures."""

        def find_rank(path: str) -> int:
            return 3 if is_picture(path) else _TELLING.get(suffix_of(path), 2)

        for path in sorted(self._files, key=find_rank):
            if (found := self._files.pop(path, None)) is not None:
                yield found

    def read_beside(self, found: FoundFile, path: str) -> bytes:
        """Return a file by its path from the folder of another, which takes it; b"" without it."""
        folder = found.path.rpartition("/")[0]
        beside = self._files.pop(f"{folder}/{path}" if folder else path, None)
        if beside is None:
            return b""
        with beside.open() as stream:
            return stream.read(BESIDE_LIMIT)


@dataclass(slots=True)
class UnpackBudget:
    """The number of bytes that may still be unpacked."""

    bytes_left: int = ARCHIVE_LIMIT


def iter_members(
    stream: IO[bytes], found: FoundFile, on_skip: OnSkip, budget: UnpackBudget
) -> Iterator[FoundFile]:
    """Yield the files of a zip archive, with paths below the archive's own name.

    Encrypted files, links, files that are too large or out of the archive, unknown compression
    methods and zip bombs are skipped. Raises NotReadableError if it is not a valid zip archive.
    """
    try:
        archive = ZipFile(stream)
    except Exception as error:
        # zipfile raises various other errors for damaged archives.
        raise NotReadableError(f"it is not a readable zip archive ({error})") from error
    if HOME_MANIFEST in archive.namelist():
        line = f"rilo-reader restore {quote(found.place) if found.place else 'FILE'}"
        raise NotReadableError(f"it is a backup of rilo-reader; to bring it back: {line}")
    base = found.path.rpartition("/")[2].rpartition(".")[0] or "archive"
    folder = found.path.rpartition("/")[0]
    for number, member in enumerate(archive.infolist()):
        if number >= FILES_LIMIT:
            on_skip(found.name, f"only the first {FILES_LIMIT:,} files in it were read")
            return
        if member.is_dir():
            continue
        name = f"{found.name}: {clean_line(to_text(member.filename), 200)}"
        path, reason = _check_member(member, budget)
        if reason:
            on_skip(name, reason)
        elif not is_ignored(path):
            whole = "/".join(part for part in (folder, base, path) if part)
            open_member = partial(_unpack_member, archive, member, budget)
            yield FoundFile(name, whole, open_member, _find_modified_time(member))


def _find_modified_time(member: ZipInfo) -> float | None:
    """Return the modification time of a member, which is in local time."""
    try:
        return datetime(*member.date_time).timestamp()  # noqa: DTZ001  # local time is meant
    except (ValueError, OverflowError, OSError):
        return None


def _check_member(member: ZipInfo, budget: UnpackBudget) -> tuple[str, str]:
    """Return the path of a member, or "" and the reason to skip it."""
    name = to_text(member.filename.replace("\\", "/"))
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or not name:
        return "", "its path leads out of the archive"
    if len(parts) > DEPTH_LIMIT:
        return "", f"it is more than {DEPTH_LIMIT} folders deep"
    is_encrypted = bool(member.flag_bits & 0x1)
    if is_encrypted or stat.S_ISLNK(member.external_attr >> 16):
        return "", "it is encrypted" if is_encrypted else "it is a link"
    if member.file_size > MEMBER_LIMIT or member.file_size > budget.bytes_left:
        return "", "it is too large"
    largest = max(1_000_000, RATIO_LIMIT * member.compress_size)
    if member.file_size > largest:
        return "", "it unpacks to too much data to be safe"
    return "/".join(part for part in parts if part not in ("", ".")), ""


def _unpack_member(archive: ZipFile, member: ZipInfo, budget: UnpackBudget) -> IO[bytes]:
    """Open a member; zipfile returns no more bytes than its header declares."""
    if member.file_size > budget.bytes_left:
        raise NotReadableError("it is too large")
    try:
        out = tempfile.SpooledTemporaryFile(max_size=20_000_000)  # noqa: SIM115  # handed on
        with archive.open(member) as packed:
            shutil.copyfileobj(packed, out)
        budget.bytes_left -= out.tell()
        out.seek(0)
    except Exception as error:
        # As above; each compression method has errors of its own.
        raise NotReadableError(f"it cannot be unpacked ({error})") from error
    return out


HEAD = 16_384  # bytes at the start of a file from which its kind is determined
_FEEDS = ("rss", "rdf:rdf", "feed", "rdf")
_ROOTS = {
    "opml": ContentKind.OPML,
    **dict.fromkeys(_FEEDS, ContentKind.FEED),
    "html": ContentKind.PAGE,
}
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|meta|title|link)[\s>]", re.IGNORECASE)
_MBOX = re.compile(rb"From \S+ .{0,80}\d{4}[^\n]{0,20}\r?\n[!-9;-~]+:")
_HEADER = re.compile(
    rb"(?:>?From [^\n]*\n)?(?:[!-9;-~]{1,80}[ \t]*:[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*)+"
)
_MAIL = re.compile(
    rb"(?im)^(?:(?:return-path|received|message-id|mime-version|delivered-to|dkim-signature)[ \t]*:"
    rb"|from[ \t]*:(?:[^\n]*@|[^\n]{9000}))"
)
_JSON_FEED = re.compile(r'"version"\s*:\s*"https?://jsonfeed\.org/')
_JSON_ARRAY = re.compile(r"\[\s*(?:[\[{\"\]\d-]|true|false|null)")
_OUTLINE = re.compile(r"<outline\s[^>]*xmlurl", re.IGNORECASE)
_BACK_LINK = re.compile(rb"\(\[[^]\n]{1,60}\]\(https://(?:read\.)?readwise\.io/")
_HTML_NAMES = (".html", ".htm", ".xhtml")
_UNKNOWN = "it is not a kind of file that rilo-reader knows"

Verdict = tuple[ContentKind, str]
"""The kind of a file, and the reason if it cannot be imported."""


def find_saved(name: str, head: bytes, stream: IO[bytes]) -> Format | None:
    """Return the format of what another program has kept, None if it is of another kind."""
    if head.startswith(b"bplist00"):  # a property list, as Safari's
        return find_format(head.decode("latin-1"), stream)
    if _find_binary_kind(head) is not None or _find_highlights(head):
        return None
    return find_format(decode_feed(head)[0], stream)


def _find_highlights(head: bytes) -> bool:
    is_table = is_highlights(find_columns(decode_feed(head)[0]))
    return is_table or _BACK_LINK.search(head) is not None


def find_kind(name: str, head: bytes) -> Verdict:
    """Determine the kind of a file by its first HEAD bytes, or its name if it may be Markdown."""
    if (binary_kind := _find_binary_kind(head)) is not None:
        return binary_kind
    if _find_highlights(head):
        return ContentKind.HIGHLIGHT, ""
    if is_article(name.rpartition("/")[2], head):
        return ContentKind.MARKDOWN, ""
    header = _HEADER.match(head)
    is_mail = _MBOX.match(head) or (header and _MAIL.search(header[0]))
    if is_mail or name.lower().endswith(".eml"):
        return ContentKind.MAIL, ""
    text = decode_feed(head)[0].lstrip("\ufeff \t\r\n")
    reason = _UNKNOWN if has_controls(head) else _describe_text(suffix_of(name), text)
    return _find_markup_kind(name.lower(), text, reason)


def _describe_text(suffix: str, text: str) -> str:
    """Return why a text that is no article cannot be imported, by the suffix of its file."""
    if suffix in (".csv", ".tsv"):
        columns = find_columns(text)
        if columns.isdisjoint(FIELDS["url"]):
            line = clean_line(text.partition("\n")[0], 100)
            return f"no column of addresses was found in the first line: {line}"
        unknown = sorted(columns - KNOWN)
        what = "column" if len(unknown) == 1 else "columns"
        names = clean_line(", ".join(unknown), 100)
        return f"it is not a table of links: rilo-reader does not know the {what} {names}"
    if suffix == ".zip":
        return "it is not a zip archive, but plain text"
    return "it is plain text; to import it as Markdown, name it .md"


def _find_binary_kind(head: bytes) -> Verdict | None:
    """Determine the kind from a binary signature; None if it may be text."""
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        book = b"application/epub+zip" in head[:100]
        return (ContentKind.OTHER, "it is a book (EPUB)") if book else (ContentKind.ARCHIVE, "")
    reason = ""
    if head.startswith(b"SQLite format 3\0"):
        reason = (
            "it is a database; to import newsboat's database: rilo-reader import newsboat FOLDER"
        )
    elif not head.strip():
        reason = "it is empty"
    elif is_binary(head) and head[:2] not in (b"<\0", b"\0<"):
        reason = _UNKNOWN
    return (ContentKind.OTHER, reason) if reason else None


def _find_markup_kind(name: str, text: str, reason: str) -> Verdict:
    """Determine the kind of text that is neither Markdown by name nor a mail, else a reason."""
    kind = ContentKind.OTHER
    if _JSON_ARRAY.match(text):
        reason = "it is JSON, but no list of articles that is known here"
    elif text.startswith("{"):
        reason = "it is JSON, but neither a feed nor an export"
        if _JSON_FEED.search(text):
            kind = ContentKind.FEED
        elif '"body"' in text or name.endswith((".jsonl", ".ndjson")):
            kind = ContentKind.RECORDS
    elif text.startswith("<"):
        reason = "it is XML, but neither a feed nor a list"
        if "<is_archived>" in text:
            reason = "it is wallabag's XML: export JSON there, which has the same, and import that"
        names = (tag["start"] or tag["end"] for tag in iter_tags(text, Markup.LIST))
        kind = _ROOTS.get(next(filter(None, names), "").lower(), ContentKind.OTHER)
        if kind is ContentKind.OTHER and _OUTLINE.search(text):
            kind = ContentKind.OPML
    if kind is ContentKind.OTHER and (_HTML.match(text) or name.endswith(_HTML_NAMES)):
        kind = ContentKind.PAGE
    return kind, "" if kind is not ContentKind.OTHER else reason
