"""Format articles as one HTML page (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from typing import NamedTuple

from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import Article
from rilo_reader.dates import iso_date
from rilo_reader.plugins.exporters.formats import ExportHeading
from rilo_reader.plugins.exporters.xhtml import to_xhtml
from rilo_reader.render.page import Images
from rilo_reader.text import clean_line, format_count, to_display_title

MARKS = """\
mark { background: #ffd54f80; color: inherit; }
mark.kind2 { background: #81c78480; }
mark.kind3 { background: #64b5f680; }
mark.kind4 { background: #e5737380; }
aside.note { font-size: .9em; }
"""
"""The style of highlights, in books too."""

STYLE = """\
:root { color-scheme: light dark; --ink: #1d1d1b; --paper: #fbfaf7; --dim: #62605a; --line: #d9d6cd;
  --accent: #8a3324; --ground: #f0eee7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e3db; --paper: #191817; --dim: #a19d93;
  --line: #3a3834; --accent: #e59b85; --ground: #262421; } }
html { background: var(--paper); color: var(--ink); font: 1.05rem/1.6 Georgia, serif; }
body { max-width: 42rem; margin: 0 auto; padding: 2rem 1.2rem 6rem; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2em 0 .5em; }
a { color: var(--accent); }
nav ol { list-style: none; padding: 0; }
nav li { margin: .4em 0; }
article { border-top: 1px solid var(--line); margin-top: 3rem; }
.facts, nav small { color: var(--dim); font-size: .85rem; }
blockquote { border-left: 3px solid var(--line); margin-left: 0; padding-left: 1rem; }
img { max-width: 100%; height: auto; }
pre, code { background: var(--ground); font-size: .9em; }
pre { padding: .7rem; overflow-x: auto; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left; }
@media print { nav { break-after: page; } article { break-before: page; border: 0; } }
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Chapter(NamedTuple):
    """An article in the table of contents."""

    name: str  # id of its element
    title: str  # one line
    details: str  # source and date in one line
    lang: str  # language tag, or ""


def make_chapter(article: Article, number: int) -> Chapter:
    """The chapter of an article at a position, counted from 1."""
    day = iso_date(article.date, day_only=True)
    details = " · ".join(part for part in (article.source, day) if part)
    return Chapter(f"a{number}", to_display_title(article.title), details, article.lang)


def format_article(
    article: Article,
    chapter: Chapter,
    highlights: Sequence[Highlight] = (),
    images: Images | None = None,
) -> str:
    """An article as an element of the page or book, in XHTML, with highlights and their notes.

    Images are those that `images` knows.
    """
    authors = ", ".join(article.authors[:10])
    details = escape(" · ".join(part for part in (chapter.details, authors) if part))
    if article.url:
        host = article.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        shown = escape(clean_line(host, 80) or article.url)
        details += f' · <a href="{escape(article.url)}">{shown}</a>'
    if article.comments:
        details += f' · <a href="{escape(article.comments)}">comments</a>'
    lang = f' lang="{escape(article.lang)}"' if article.lang else ""
    prefix = f"{chapter.name}-"
    body = to_xhtml(article, prefix, images=images, highlights=highlights)
    return (
        f'<article id="{chapter.name}"{lang} dir="auto">\n<h2>{escape(chapter.title)}</h2>\n'
        f'<p class="facts">{details}</p>\n{body}\n</article>\n'
    )


def format_page(
    heading: ExportHeading, chapters: Iterable[Chapter], bodies: Iterable[str], now: datetime
) -> Iterator[str]:
    """Yield the parts of a page of chapters.

    `bodies` are the results of `format_article` in the same order, possibly in pieces.
    """
    title = escape(heading.title)
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        '<meta name="referrer" content="no-referrer"/>\n'
        f"<title>{title}</title>\n<style>\n{STYLE}{MARKS}</style>\n</head>\n<body>\n"
    )
    articles = format_count(heading.total, "article")
    made = now.date().isoformat()
    yield f'<h1>{title}</h1>\n<p class="facts">{articles} · {made} · rilo-reader</p>\n'
    yield "<nav>\n<ol>\n"
    for chapter in chapters:
        lang = f' lang="{escape(chapter.lang)}"' if chapter.lang else ""
        yield (
            f'<li{lang} dir="auto"><a href="#{chapter.name}">{escape(chapter.title)}</a> '
            f"<small>{escape(chapter.details)}</small></li>\n"
        )
    yield "</ol>\n</nav>\n"
    yield from bodies
    if heading.end:
        yield f'<footer>\n<p class="facts">{escape(heading.end)}</p>\n</footer>\n'
    yield "</body>\n</html>\n"
