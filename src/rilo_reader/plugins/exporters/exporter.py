"""`iter_exported` reads articles; `write_export` and `export_folder` write them.

Files and folders are written under temporary names and renamed, so that they are complete or
absent.
"""

from __future__ import annotations

import shutil
import tempfile
from base64 import standard_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, assert_never
from zipfile import ZipFile

from rilo_reader.annotations.highlight import from_fields
from rilo_reader.article import ArticleId
from rilo_reader.library import Library, LibraryError
from rilo_reader.plugins.exporters.atom import format_atom
from rilo_reader.plugins.exporters.citations import format_bibtex, format_csl, format_ris
from rilo_reader.plugins.exporters.epub import make_zip_entry, write_epub
from rilo_reader.plugins.exporters.formats import (
    ExportArticle,
    ExportFormat,
    ExportHeading,
    Pictures,
)
from rilo_reader.plugins.exporters.html import format_article, format_page, make_chapter
from rilo_reader.plugins.exporters.jsonl import format_line
from rilo_reader.plugins.exporters.links import format_bookmarks, format_table
from rilo_reader.plugins.pictures.cache import PictureStore, read_header_of
from rilo_reader.store.encoding import decode
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.front_matter import parse
from rilo_reader.store.marks import HIGHLIGHT

BATCH = 500


def iter_exported(  # noqa: PLR0913  # what is left out, and what is told meanwhile
    library: Library,
    ids: Sequence[ArticleId],
    missing: list[str],
    on_progress: Callable[[int], None] = lambda done: None,
    *,
    highlights: bool = True,
    store: PictureStore | None = None,
) -> Iterator[ExportArticle]:
    """Yield articles with their highlights, if wanted; the library is open and up to date.

    Their pictures are those on the `store`, as far as they are there. The paths of files that
    cannot be read go to `missing`; `watch` is told after each how many are done.
    """
    search, state = library.search, library.state
    highlighted: set[ArticleId] = set()
    if highlights:
        highlighted = {article for article, _, _ in state.annotations.read_all(HIGHLIGHT)}
    done = 0
    for start in range(0, len(ids), BATCH):
        for identity, marks in search.marks(ids[start : start + BATCH]).items():
            done += 1
            try:
                article = library.article(identity)
                data = library.file(identity).read_bytes()
            except (LibraryError, OSError):
                row = search.row(identity)
                missing.append(row.path if row else identity)
                continue
            text = decode(data)[0]
            head = parse(text).head
            head = head if text.startswith(head) else ""
            fields = state.annotations.read(identity) if identity in highlighted else ()
            made = ExportArticle(article, marks, head, text, from_fields(fields))
            if store is not None:
                made = made._replace(pictures=partial(_read_embedded, store, article.path))
            yield made
            on_progress(done)


EMBEDDED_KINDS = frozenset(("png", "jpeg", "gif", "webp"))  # kinds that every reader of books shows
LARGEST_EMBEDDED = 5_000_000  # bytes


def _read_embedded(
    store: PictureStore, article: str, address: str, url: str
) -> tuple[str, bytes] | None:
    file = store.find_file(article, address, url)
    header = read_header_of(file) if file else None
    if file is None or header is None or header.kind not in EMBEDDED_KINDS:
        return None
    with suppress(OSError):
        if file.stat().st_size <= LARGEST_EMBEDDED:
            return f"image/{header.kind}", file.read_bytes()
    return None


def write_export(
    articles: Iterable[ExportArticle],
    out: BinaryIO,
    form: ExportFormat,
    heading: ExportHeading,
    now: datetime,
) -> None:
    """Write articles, consumed one by one, to a binary stream, which need not be seekable.

    Markdown is a zip of the files. Raises ValueError for OPML, which has no articles.
    """
    match form:
        case ExportFormat.MARKDOWN:
            _write_archive(out, partial(_write_zip, articles))
        case ExportFormat.JSON_LINES:
            _write_parts(out, (f"{format_line(each)}\n" for each in articles))
        case ExportFormat.ATOM:
            _write_parts(out, format_atom(articles, heading, now))
        case ExportFormat.EPUB:
            _write_archive(out, partial(write_epub, articles, heading, now))
        case ExportFormat.HTML:
            _write_page(articles, out, heading, now)
        case ExportFormat.BOOKMARKS:
            _write_parts(out, format_bookmarks(articles))
        case ExportFormat.CSV:
            _write_parts(out, format_table(articles))
        case ExportFormat.RIS:
            _write_parts(out, map(format_ris, articles))
        case ExportFormat.BIBTEX:
            _write_parts(out, map(format_bibtex, articles))
        case ExportFormat.CSL:
            _write_parts(out, format_csl(articles))
        case ExportFormat.OPML:
            raise ValueError("a list of feeds has no articles")
        case _:
            assert_never(form)


def _write_archive(out: BinaryIO, write: Callable[[IO[bytes]], None]) -> None:
    """Write a zip, which needs a seekable file."""
    with tempfile.TemporaryFile() as temporary:
        write(temporary)
        temporary.seek(0)
        shutil.copyfileobj(temporary, out)


def _write_parts(out: IO[bytes], parts: Iterable[str]) -> None:
    for part in parts:
        out.write(part.encode(errors="replace"))


def _write_page(
    articles: Iterable[ExportArticle], out: IO[bytes], heading: ExportHeading, now: datetime
) -> None:
    """Write the page; the articles go to a temporary file, since the contents precede them."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="") as temporary:
        chapters = []
        for number, each in enumerate(articles, 1):
            chapters.append(make_chapter(each.article, number))
            image = partial(_make_data_url, each.pictures)
            temporary.write(format_article(each.article, chapters[-1], each.highlights, image))
        temporary.seek(0)
        bodies = iter(lambda: temporary.read(1 << 16), "")
        _write_parts(out, format_page(heading._replace(total=len(chapters)), chapters, bodies, now))


def _make_data_url(pictures: Pictures, address: str, url: str) -> str:
    if (found := pictures(address, url)) is None:
        return ""
    media_type, data = found
    return f"data:{media_type};base64,{standard_b64encode(data).decode()}"


def _write_zip(articles: Iterable[ExportArticle], out: IO[bytes]) -> None:
    with ZipFile(out, "w") as archive:
        for each in articles:
            entry = make_zip_entry(each.article.path, each.article.date)
            archive.writestr(entry, each.text.encode(errors="replace"))


def export_folder(articles: Iterable[ExportArticle], folder: Path) -> None:
    """Write articles as files into a new folder, all of them or none.

    Raises OSError; FileExistsError if the folder is there and not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(17, "is there and not empty", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name[:100]}.", dir=folder.parent))
    try:
        _write_files(articles, temporary)
        temporary.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_files(articles: Iterable[ExportArticle], folder: Path) -> None:
    waiting = iter(articles)
    while some := list(islice(waiting, BATCH)):
        failed = write_all(folder, {each.article.path: each.text for each in some})
        for error in failed.values():
            raise error
