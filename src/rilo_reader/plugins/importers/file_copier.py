"""Copy the texts of articles into a library byte for byte, once, and never over another file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.dialects import is_special
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.feeds.swapped_files import CreatedFiles, hash_file
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.library import Library
from rilo_reader.plugins.importers.report import KindTally
from rilo_reader.store.article_fields import decide_dialect, to_article
from rilo_reader.store.encoding import decode, is_binary
from rilo_reader.store.file_kinds import HEAD_BYTES, is_article, is_ignored
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import SIZE_LIMIT, UnreadableError, is_outside_library, resolve_inside
from rilo_reader.store.front_matter import parse, write
from rilo_reader.text import RESERVED

BATCH = 200  # files that are written together
NAME_BYTES = 200
"""Maximum length of a file name in bytes, which leaves room for a suffix on every file system."""

SAME_NAMES = 1000  # maximum number of files that have the same name apart from a number
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class FileCopier:
    """Copies texts into a library; `write_pending` writes the last batch."""

    def __init__(
        self,
        library: Library,
        *,
        dry_run: bool,
        on_progress: Callable[[], None],
        recorder: StepRecorder | None = None,
        folds_case: bool = sys.platform in ("darwin", "win32"),
    ) -> None:
        """Copy to a library whose index is up to date; `on_progress` is called after each batch.

        `folds_case` says that names which differ in case are one file.
        """
        self._library = library
        self._created = recorder.created if recorder is not None else CreatedFiles()
        self._dry_run = dry_run
        self._watch = on_progress
        self._pending: dict[str, bytes] = {}
        self._times: dict[str, float] = {}
        self._written: dict[str, bytes] = {}
        self._folds_case = folds_case
        self._spellings: dict[str, str] = {}  # of pending and written paths, by their lower case
        self._ids: set[ArticleId] = set()

    def add_text(
        self,
        path: str,
        data: bytes,
        tally: KindTally,
        *,
        identity: ArticleId | None = None,
        modified: float | None = None,
    ) -> ArticleId | None:
        """Add a text, unless the library has it; return its article, None if it was refused.

        Args:
            path: the preferred path, relative; adapted if necessary.
            data: the bytes of the file, copied unchanged.
            tally: the tally to count it in.
            identity: the article's identity, if not determined by the text.
            modified: the modification time in seconds since 1970, which the copy keeps.
        """
        if len(data) > SIZE_LIMIT or is_binary(data):
            large = f"it is larger than {SIZE_LIMIT // 1_000_000} MB"
            binary = "it is a binary file, not text"
            tally.skip(path, large if len(data) > SIZE_LIMIT else binary)
            return None
        preferred = make_valid_path(path, data[:HEAD_BYTES])
        place = preferred.rpartition("/")[0]
        if place and is_outside_library(self._library.folder, place):
            tally.skip(path, f"a link leads from {place} out of the library")
            return None
        try:
            with parser_errors():
                claimed = _read_claimed_id(data, preferred)
        except NotReadableError as error:
            tally.skip(path, error.reason)
            return None
        by_path = claimed is None if identity is None else identity == path
        says = identity or claimed
        if says and not by_path and self._is_known(says):
            tally.known += 1
            return says
        named = _add_id(data, identity) if identity and claimed != identity else data
        target, exists = self._find_free_path(preferred, {_hash_data(data), _hash_data(named)})
        if target is None:
            tally.skip(path, f"{SAME_NAMES} other texts have this name")
            return None
        own = claimed or ArticleId(target)
        if identity and own != identity and not (by_path and self._is_known(identity)):
            # At another path it would be another article, so the identity is written into the text.
            data, own = named, identity
        if exists:
            tally.known += 1
        else:
            self._queue_text(target, data, own, modified)
            tally.taken += 1
        return own

    def add_dialect(self, data: bytes, path: str, dialect: str) -> bytes:
        """Return a text that says its dialect, unless the library reads it in that anyway."""
        document = parse(decode(data)[0], dialect)
        if (
            not is_special(dialect)
            or decide_dialect(document, path, self._library.sites.of(path).dialect) == dialect
        ):
            return data
        return write(document, {**document.metadata, "dialect": dialect}).encode(errors="replace")

    def write_pending(self) -> None:
        """Write all pending files; raises OSError if one cannot be written."""
        pending, self._pending = self._pending, {}
        if pending and not self._dry_run:
            self._created.add({path: hash_file(data) for path, data in pending.items()})
            failed = write_all(self._library.folder, pending)
            for path in pending.keys() & self._times.keys() - failed.keys():
                moment = self._times[path]
                os.utime(resolve_inside(self._library.folder, path), (moment, moment))
            if failed:
                raise next(iter(failed.values()))
        self._written.update((path, _hash_data(data)) for path, data in pending.items())
        self._watch()

    def _queue_text(
        self, path: str, data: bytes, identity: ArticleId, modified: float | None
    ) -> None:
        if modified is not None:
            self._times[path] = modified
        self._pending[path] = data
        self._spellings[path.casefold()] = path
        self._ids.add(identity)
        if len(self._pending) >= BATCH:
            self.write_pending()

    def _is_known(self, identity: ArticleId) -> bool:
        return identity in self._ids or self._library.search.row(identity) is not None

    def _find_free_path(self, preferred: str, texts: set[bytes]) -> tuple[str | None, bool]:
        """Return a path for a text with these digests, and whether the text is already there."""
        stem, dot, ending = preferred.rpartition(".")
        for number in range(1, SAME_NAMES + 1):
            path = preferred if number == 1 else f"{stem}-{number}{dot}{ending}"
            exists = self._read_digest(path)
            if exists is None or exists in texts:
                return path, exists is not None
        return None, False

    def _read_digest(self, path: str) -> bytes | None:
        """Return a digest of the file at a path, pending ones included, or None."""
        if self._folds_case:
            path = self._spellings.get(path.casefold(), path)
        if path in self._pending:
            return _hash_data(self._pending[path])
        if path in self._written:
            return self._written[path]
        try:
            return _hash_data(Path(resolve_inside(self._library.folder, path)).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except UnreadableError:
            return b""  # a link that leads out has the name


def make_valid_path(path: str, head: bytes = b"") -> str:
    """Return a similar path that is valid on every file system and not in an ignored folder.

    It is relative, with forward slashes and the suffix of an article, which `head`, the start of
    the file, decides.
    """
    *folders, name = make_valid_parts(path) or ["article.md"]
    return "/".join([*folders, name if is_article(name, head) else f"{name}.md"])


def make_valid_parts(path: str) -> list[str]:
    """Return the parts of a similar path, as `make_valid_path` does, with its own suffix."""
    parts = [_make_valid_name(part) for part in path.split("/") if part not in ("", ".", "..")]
    return [f"_{part.lstrip('.')}" if is_ignored(part) else part for part in parts[-20:]]


_UNFIT = re.compile('[\x00-\x1f\x7f"*:<>?\\\\|]|\ufffd(?:[0-9A-F]{2})?')


def _make_valid_name(name: str) -> str:
    name = _UNFIT.sub("_", name).rstrip(" .") or "_"
    if re.match(RESERVED, name.lower()):
        name = f"_{name}"
    if len(name.encode(errors="replace")) <= NAME_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if len(ending) > 10 or not stem:
        stem, dot, ending = name, "", ""
    digest = blake2b(name.encode(errors="replace"), digest_size=4).hexdigest()
    kept = stem.encode(errors="replace")[: NAME_BYTES - 24].decode(errors="ignore").strip(" .")
    return f"{kept}-{digest}{dot}{ending}"


def _read_claimed_id(data: bytes, path: str) -> ArticleId | None:
    """Return the identity in a text's front matter; None if it is determined by its path."""
    identity = to_article(parse(decode(data)[0]), path, _ANY_TIME).id
    return None if identity == path else identity


def _add_id(data: bytes, identity: ArticleId) -> bytes:
    document = parse(decode(data)[0])
    # At the start if it is new, in its old place otherwise.
    metadata = {"id": "", **document.metadata} | {"id": identity}
    return write(document, metadata).encode(errors="replace")


def _hash_data(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
