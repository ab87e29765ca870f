"""Write articles as an EPUB 3 book with a chapter each; nothing is fetched (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from typing import IO
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from rilo_reader.plugins.exporters.formats import ExportArticle, ExportHeading, Pictures
from rilo_reader.plugins.exporters.html import MARKS, Chapter, format_article, make_chapter
from rilo_reader.text import NOT_XML, clean_line, xml_text

_STYLE = """\
body { line-height: 1.5; }
h2, h3, h4, h5, h6 { line-height: 1.25; }
.facts { font-size: 0.85em; opacity: 0.7; }
blockquote { border-left: 3px solid; margin-left: 0; padding-left: 1em; opacity: 0.9; }
pre { white-space: pre-wrap; font-size: 0.85em; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; }
td, th { border: 1px solid; padding: 0.2em 0.5em; text-align: left; }
nav ol { list-style: none; padding: 0; }
"""

_CONTAINER = """\
<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
"""


def write_epub(
    articles: Iterable[ExportArticle], heading: ExportHeading, now: datetime, out: IO[bytes]
) -> None:
    """Write a book to a seekable stream; articles are consumed one by one."""
    chapters: list[Chapter] = []
    pictures: dict[str, str] = {}  # name -> media type
    languages: Counter[str] = Counter()
    with ZipFile(out, "w") as book:
        # EPUB requires the media type first and uncompressed.
        _add_file(book, "mimetype", "application/epub+zip", now, ZIP_STORED)
        _add_file(book, "META-INF/container.xml", _CONTAINER, now)
        _add_file(book, "OEBPS/style.css", _STYLE + MARKS, now)
        for number, exported in enumerate(articles, 1):
            article = exported.article
            chapter = make_chapter(article, number)
            chapters.append(chapter)
            lang = article.lang or "und"
            languages[lang] += 1

            def image(address: str, url: str, pictures_of: Pictures = exported.pictures) -> str:
                if (found := pictures_of(address, url)) is None:
                    return ""
                media_type, data = found
                ending = media_type.rpartition("/")[2]
                name = f"pictures/{sha256(data).hexdigest()[:16]}.{ending}"
                if name not in pictures:
                    pictures[name] = media_type
                    book.writestr(make_zip_entry(f"OEBPS/{name}", now, ZIP_STORED), data)
                return name

            body = format_article(article, chapter, exported.highlights, image)
            page = _make_document(chapter.title, body, lang)
            _add_file(book, f"OEBPS/{chapter.name}.xhtml", page, now)
        if heading.end:
            chapters.append(Chapter(f"a{len(chapters) + 1}", "The end", "", "en"))
            page = _make_document("The end", f"<p>{xml_text(heading.end)}</p>\n", "en")
            _add_file(book, f"OEBPS/{chapters[-1].name}.xhtml", page, now)
        _add_file(book, "OEBPS/nav.xhtml", _make_navigation(heading, chapters), now)
        most = max(languages, key=languages.__getitem__, default="en")
        package = _make_package(heading, chapters, pictures, most, now)
        _add_file(book, "OEBPS/package.opf", package, now)


def _add_file(book: ZipFile, name: str, text: str, now: datetime, how: int = ZIP_DEFLATED) -> None:
    book.writestr(make_zip_entry(name, now, how), re.sub(NOT_XML, "", text).encode())


def make_zip_entry(name: str, moment: datetime, how: int = ZIP_DEFLATED) -> ZipInfo:
    """Return the entry of a file in an archive, of a time that archives can say."""
    entry = ZipInfo(name, (min(2107, max(1980, moment.year)), *moment.timetuple()[1:6]))
    entry.compress_type = how
    entry.external_attr = 0o644 << 16
    return entry


def _make_document(title: str, body: str, lang: str) -> str:
    tag = escape(lang, quote=True)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="{tag}" xml:lang="{tag}">\n<head>\n<meta charset="utf-8"/>\n'
        f"<title>{xml_text(title)}</title>\n"
        '<link rel="stylesheet" type="text/css" href="style.css"/>\n</head>\n'
        f"<body>\n{body}</body>\n</html>\n"
    )


def _make_navigation(heading: ExportHeading, chapters: list[Chapter]) -> str:
    items = "\n".join(
        f'<li dir="auto"><a href="{chapter.name}.xhtml">{xml_text(chapter.title)}</a></li>'
        for chapter in chapters
    )
    # EPUB does not allow an empty list.
    items = items or '<li><a href="nav.xhtml">No articles</a></li>'
    title = xml_text(heading.title)
    body = f'<nav epub:type="toc" id="toc">\n<h1>{title}</h1>\n<ol>\n{items}\n</ol>\n</nav>\n'
    return _make_document(heading.title, body, "en")


def _make_package(
    heading: ExportHeading,
    chapters: list[Chapter],
    pictures: Mapping[str, str],
    lang: str,
    now: datetime,
) -> str:
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    identity = uuid5(NAMESPACE_URL, f"rilo-reader:{heading.query}:{moment}")
    items = "".join(
        f'    <item id="{chapter.name}" href="{chapter.name}.xhtml" '
        'media-type="application/xhtml+xml"/>\n'
        for chapter in chapters
    )
    items += "".join(
        f'    <item id="{name[9:25]}" href="{name}" media-type="{media_type}"/>\n'
        for name, media_type in pictures.items()
    )
    spine = "".join(f'    <itemref idref="{chapter.name}"/>\n' for chapter in chapters)
    description = xml_text(clean_line(heading.query, 2000))
    about = f"    <dc:description>{description}</dc:description>\n" if description else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">\n'
        '  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'    <dc:identifier id="id">urn:uuid:{identity}</dc:identifier>\n'
        f"    <dc:title>{xml_text(heading.title)}</dc:title>\n"
        f"    <dc:language>{xml_text(lang)}</dc:language>\n"
        f"    <dc:date>{moment}</dc:date>\n{about}"
        f'    <meta property="dcterms:modified">{moment}</meta>\n'
        "  </metadata>\n  <manifest>\n"
        '    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" '
        'properties="nav"/>\n'
        f'    <item id="style" href="style.css" media-type="text/css"/>\n{items}'
        f'  </manifest>\n  <spine>\n    <itemref idref="nav"/>\n{spine}  </spine>\n</package>\n'
    )
