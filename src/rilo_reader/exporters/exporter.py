"""A query's articles out of a library and into a file, a folder, or a stream."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from rilo_reader.exporters.values import Exported, Format, Heading
from rilo_reader.library import Library, LibraryError
from rilo_reader.query.tree import Query

Watch = Callable[[int], None]
"""Told how many articles are done, after each."""

BATCH = 500


class Exporter:
    """Takes the articles of one query, once, in its order.

    Attributes:
        missing: paths of articles whose files were gone or could not be read when it came to them.
    """

    def __init__(self, library: Library, query: Query, watch: Watch = lambda done: None) -> None:
        """Over an open library that is up to date."""
        self.missing: list[str] = []
        self._library = library
        self._query = query
        self._watch = watch

    def __iter__(self) -> Iterator[Exported]:
        """Every article whose file can be read."""
        ids = list(self._library.ids(self._query))
        done = 0
        for start in range(0, len(ids), BATCH):
            marks = self._library.marks(ids[start : start + BATCH])
            for identity, own in marks.items():
                done += 1
                try:
                    article = self._library.article(identity)
                    data = self._library.file(identity).read_bytes()
                except (LibraryError, OSError):
                    row = self._library.row(identity)
                    self.missing.append(row.path if row else identity)
                    continue
                head, text = _taken_apart(data)
                yield Exported(article, own, head, text)
                self._watch(done)


def _taken_apart(data: bytes) -> tuple[str, str]:
    """The front matter of a file, and its whole text."""
    from rilo_reader.store.encoding import decode
    from rilo_reader.store.front_matter import parse

    text = decode(data)[0]
    head = parse(text).head
    return (head if text.startswith(head) else ""), text


def export(
    articles: Iterable[Exported], out: BinaryIO, form: Format, heading: Heading, now: datetime
) -> None:
    """Write articles to a stream; Markdown is a zip of the files.

    Args:
        articles: in order; taken one by one.
        out: binary; need not be one that can be positioned.
        form: not OPML, which is a list of feeds.
        heading: of the whole.
        now: when it was made.
    """
    if form is Format.JSON_LINES:
        from rilo_reader.exporters.jsonl import line_of

        _write(out, (f"{line_of(each)}\n" for each in articles))
    elif form is Format.ATOM:
        from rilo_reader.exporters.atom import atom

        _write(out, atom(articles, heading, now))
    elif form is Format.HTML:
        _page(articles, out, heading, now)
    else:
        # Both are archives, whose parts are noted by their place: made aside, then handed on.
        with tempfile.TemporaryFile() as aside:
            if form is Format.EPUB:
                from rilo_reader.exporters.epub import write_epub

                write_epub(articles, heading, now, aside)
            else:
                _zip(articles, aside)
            aside.seek(0)
            shutil.copyfileobj(aside, out)


def _write(out: IO[bytes], parts: Iterable[str]) -> None:
    for part in parts:
        out.write(part.encode(errors="replace"))


def _page(articles: Iterable[Exported], out: IO[bytes], heading: Heading, now: datetime) -> None:
    """The page: its contents come first, so the articles wait in a file."""
    from rilo_reader.exporters.html import article_html, chapter_of, page

    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="") as aside:
        chapters = []
        for number, each in enumerate(articles, 1):
            chapter = chapter_of(each.article, number)
            chapters.append(chapter)
            aside.write(article_html(each.article, chapter))
        aside.seek(0)
        bodies = iter(lambda: aside.read(1 << 16), "")
        _write(out, page(heading._replace(total=len(chapters)), chapters, bodies, now))


def _zip(articles: Iterable[Exported], out: IO[bytes]) -> None:
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for each in articles:
            date = each.article.date
            year = min(2107, max(1980, date.year))
            entry = ZipInfo(
                each.article.path,
                (year, date.month, date.day, date.hour, date.minute, date.second),
            )
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, each.text.encode(errors="replace"))


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become `file`, all of them or none; what was there stays until then.

    Raises:
        OSError: it cannot be written.
    """
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def export_folder(articles: Iterable[Exported], folder: Path) -> None:
    """Write articles as files into a new or empty folder; all of them are there, or none.

    Raises:
        OSError: it cannot be written, or is not empty (`FileExistsError`).
    """
    from rilo_reader.store.folder import write

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(17, "is there and not empty", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name[:100]}.", dir=folder.parent))
    try:
        for each in articles:
            write(aside, each.article.path, each.text)
        aside.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
