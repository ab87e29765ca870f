"""Format links with their marks for other programs, without texts (pure).

bookmarks  the page that browsers write, whose links here have `TAGS` as Firefox's, `TOREAD` as
           Pinboard's and linkding's, and `STARRED`, which our own import reads
table      CSV with columns as Raindrop names them: RFC 4180, in UTF-8
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from html import escape
from io import StringIO

from rilo_reader.article import NO_DATE
from rilo_reader.dates import iso_date
from rilo_reader.plugins.exporters.formats import ExportArticle
from rilo_reader.text import clean_line, to_display_title, xml_text

COLUMNS = ("title", "url", "created", "tags", "read", "starred")
_OF_FORMULAS = tuple("=+-@＝＋－＠")


def is_link(url: str) -> bool:
    """Return whether an article with this address is one that other programs can open."""
    return url.startswith(("http://", "https://"))


def format_bookmarks(articles: Iterable[ExportArticle]) -> Iterator[str]:
    """Yield the parts of a page of bookmarks (Netscape's format), to be encoded in UTF-8."""
    yield "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"
    yield '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n'
    yield "<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
    for article, marks in ((each.article, each.marks) for each in articles):
        has_date = article.dated and article.date != NO_DATE
        attributes = {
            "HREF": escape(article.url),
            "ADD_DATE": str(int(article.date.timestamp())) if has_date else "",
            "TAGS": ",".join(escape(tag).replace(",", "&#44;") for tag in marks.tags),
            "TOREAD": str(int(not marks.read)),
            "STARRED": "1" if marks.starred else "",
        }
        inside = " ".join(f'{name}="{value}"' for name, value in attributes.items() if value)
        title = to_display_title(article.title) or article.url
        yield f"<DT><A {inside}>{xml_text(clean_line(title, 5000))}</A>\n"
        if article.summary:
            yield f"<DD>{xml_text(clean_line(article.summary, 5000))}\n"
    yield "</DL><p>\n"


def format_table(articles: Iterable[ExportArticle]) -> Iterator[str]:
    """Yield the lines of a table of links (CSV)."""
    yield _format_row(COLUMNS)
    for article, marks in ((each.article, each.marks) for each in articles):
        day = iso_date(article.date, article.date_only) if article.dated else None
        is_list = any("," in tag or tag.startswith("[") for tag in marks.tags)
        tags = json.dumps(marks.tags, ensure_ascii=False) if is_list else ", ".join(marks.tags)
        title = clean_line(to_display_title(article.title), 5000)
        flags = (str(flag).lower() for flag in (marks.read, marks.starred))
        yield _format_row((title, article.url, day or "", tags, *flags))


def _format_row(cells: Iterable[str]) -> str:
    """A line; a cell that a spreadsheet would compute begins with a space."""
    line = StringIO()
    safe = (f" {cell}" if cell.startswith(_OF_FORMULAS) else cell for cell in cells)
    csv.writer(line).writerow(safe)
    return line.getvalue()
