"""`exported` reads articles; `export` and `export_folder` write them.

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
from typing import IO, BinaryIO
from zipfile import ZipFile

from rilo_reader.annotations.highlight import from_fields
from rilo_reader.article import ArticleId
from rilo_reader.library import Library, LibraryError
from rilo_reader.plugins.exporters.atom import atom
from rilo_reader.plugins.exporters.citations import references
from rilo_reader.plugins.exporters.epub import write_epub, zip_entry
from rilo_reader.plugins.exporters.formats import (
    Embedded,
    Exported,
    ExportHeading,
    Format,
    Pictures,
)
from rilo_reader.plugins.exporters.html import article_html, chapter_of, page
from rilo_reader.plugins.exporters.jsonl import line_of
from rilo_reader.plugins.pictures.cache import PictureShelf, size_of
from rilo_reader.store.encoding import decode
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.front_matter import parse
from rilo_reader.store.marks import HIGHLIGHT

BATCH = 500


def exported(  # noqa: PLR0913  # what is left out, and what is told meanwhile
    library: Library,
    ids: Sequence[ArticleId],
    missing: list[str],
    watch: Callable[[int], None] = lambda done: None,
    *,
    highlights: bool = True,
    shelf: PictureShelf | None = None,
) -> Iterator[Exported]:
    """Yield articles with their highlights, if wanted; the library is open and up to date.

    Their pictures are those on the `shelf`, as far as they are there. The paths of files that
    cannot be read go to `missing`; `watch` is told after each how many are done.
    """
    search, state = library.search, library.state
    highlighted: set[ArticleId] = set()
    if highlights:
        highlighted = {article for article, _, _ in state.read_all_annotations(HIGHLIGHT)}
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
            fields = state.read_annotations(identity) if identity in highlighted else ()
            made = Exported(article, marks, head, text, from_fields(fields))
            if shelf is not None:
                made = made._replace(pictures=partial(_embedded, shelf, article.path))
            yield made
            watch(done)


EMBEDDED = frozenset(("png", "jpeg", "gif", "webp"))  # kinds that every reader of books shows
LARGEST_EMBEDDED = 5_000_000  # bytes


def _embedded(shelf: PictureShelf, article: str, address: str, url: str) -> Embedded | None:
    file = shelf.find(article, address, url)
    header = size_of(file) if file else None
    with suppress(OSError):
        if file and header and header.kind in EMBEDDED and file.stat().st_size <= LARGEST_EMBEDDED:
            return Embedded(f"image/{header.kind}", file.read_bytes())
    return None


def export(
    articles: Iterable[Exported], out: BinaryIO, form: Format, heading: ExportHeading, now: datetime
) -> None:
    """Write articles, consumed one by one, to a binary stream, which need not be seekable.

    Markdown is a zip of the files; OPML, a list of feeds, is none of these formats.
    """
    if form is Format.JSON_LINES:
        _write(out, (f"{line_of(each)}\n" for each in articles))
    elif form is Format.ATOM:
        _write(out, atom(articles, heading, now))
    elif form in (Format.RIS, Format.BIBTEX, Format.CSL):
        _write(out, references(articles, form))
    elif form is Format.HTML:
        _page(articles, out, heading, now)
    else:
        # Both are archives, which need a seekable file.
        with tempfile.TemporaryFile() as temporary:
            if form is Format.EPUB:
                write_epub(articles, heading, now, temporary)
            else:
                _zip(articles, temporary)
            temporary.seek(0)
            shutil.copyfileobj(temporary, out)


def _write(out: IO[bytes], parts: Iterable[str]) -> None:
    for part in parts:
        out.write(part.encode(errors="replace"))


def _page(
    articles: Iterable[Exported], out: IO[bytes], heading: ExportHeading, now: datetime
) -> None:
    """Write the page; the articles go to a temporary file, since the contents precede them."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="") as temporary:
        chapters = []
        for number, each in enumerate(articles, 1):
            chapters.append(chapter_of(each.article, number))
            image = partial(_data_url, each.pictures)
            temporary.write(article_html(each.article, chapters[-1], each.highlights, image))
        temporary.seek(0)
        bodies = iter(lambda: temporary.read(1 << 16), "")
        _write(out, page(heading._replace(total=len(chapters)), chapters, bodies, now))


def _data_url(pictures: Pictures, address: str, url: str) -> str:
    found = pictures(address, url)
    if found is None:
        return ""
    return f"data:{found.media_type};base64,{standard_b64encode(found.data).decode()}"


def _zip(articles: Iterable[Exported], out: IO[bytes]) -> None:
    with ZipFile(out, "w") as archive:
        for each in articles:
            entry = zip_entry(each.article.path, each.article.date)
            archive.writestr(entry, each.text.encode(errors="replace"))


def export_folder(articles: Iterable[Exported], folder: Path) -> None:
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


def _write_files(articles: Iterable[Exported], folder: Path) -> None:
    waiting = iter(articles)
    while some := list(islice(waiting, BATCH)):
        failed = write_all(folder, {each.article.path: each.text for each in some})
        for error in failed.values():
            raise error
