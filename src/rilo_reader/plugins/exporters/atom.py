"""Format articles as an Atom feed (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from rilo_reader.article import Article
from rilo_reader.dates import NEVER, date_value, moment_text
from rilo_reader.plugins.exporters.formats import ExportArticle, ExportHeading
from rilo_reader.plugins.exporters.xhtml import to_xhtml
from rilo_reader.text import NOT_XML, clean_line, to_display_title, xml_text

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


def format_atom(
    articles: Iterable[ExportArticle], heading: ExportHeading, now: datetime
) -> Iterator[str]:
    """Yield the parts of an Atom 1.0 feed, to be encoded in UTF-8; the query makes its id."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/">\n'
    yield f"  <title>{_clean_xml_line(heading.title)}</title>\n"
    yield f"  <id>urn:rilo-reader:query:{quote(heading.query or '*', safe='')}</id>\n"
    yield f"  <updated>{moment_text(now)}</updated>\n"
    yield "  <generator>rilo-reader</generator>\n"
    seen: set[str] = set()
    for number, exported in enumerate(articles):
        yield from _format_entry(exported, f"a{number}-", seen)
    yield "</feed>\n"


def _format_entry(exported: ExportArticle, prefix: str, seen: set[str]) -> Iterator[str]:
    article = exported.article
    lang = f" xml:lang={quoteattr(article.lang)}" if article.lang else ""
    yield f"  <entry{lang}>\n"
    yield f"    <title>{_clean_xml_line(to_display_title(article.title))}</title>\n"
    yield f"    <id>{_make_iri(article, seen)}</id>\n"
    if article.url and not article.url.startswith("mailto:"):
        yield f'    <link rel="alternate" href={quoteattr(article.url)}/>\n'
    if article.comments:
        address = quoteattr(article.comments)
        yield f'    <link rel="replies" type="text/html" href={address}/>\n'
    for one in article.enclosures:
        facts = f" type={quoteattr(one.type)}" if one.type else ""
        facts += f' length="{one.bytes}"' if one.bytes else ""
        yield f'    <link rel="enclosure" href={quoteattr(one.url)}{facts}/>\n'
    yield from _format_dates(article)
    for author in article.authors:
        yield f"    {_format_author(author)}\n"
    for tag in dict.fromkeys((*article.tags, *exported.marks.tags)):
        term = re.sub(NOT_XML, "", clean_line(tag))
        yield f"    <category term={quoteattr(term)}/>\n"
    # Atom requires an author; if there is none, the source has its own title.
    source = article.source or ("" if article.authors else "unknown")
    if source:
        author = "" if article.authors else _format_author(source)
        yield f"    <source><title>{_clean_xml_line(source)}</title>{author}</source>\n"
    if article.summary:
        yield f"    <summary>{_clean_xml_line(article.summary)}</summary>\n"
    content = to_xhtml(article, prefix, images=_keep_web_address)
    yield f'    <content type="html">{xml_text(content)}</content>\n'
    yield "  </entry>\n"


def _format_author(name: str) -> str:
    return f"<author><name>{_clean_xml_line(name)}</name></author>"


def _format_dates(article: Article) -> Iterator[str]:
    """The date of an article; Atom has times only, and each entry has to be updated at one."""
    published = date_value(article.date, article.date_only)
    begins = NEVER
    if isinstance(published, datetime):
        begins = published
        yield f"    <published>{moment_text(published)}</published>\n"
    elif published is not None:
        begins = article.date.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
        yield f"    <dcterms:issued>{published.isoformat()}</dcterms:issued>\n"
    yield f"    <updated>{moment_text(article.updated or begins)}</updated>\n"


def _make_iri(article: Article, seen: set[str]) -> str:
    """An IRI for the article that is unique in the feed, as XML text."""
    iri = article.id if _IRI.fullmatch(article.id) else ""
    if not iri or iri in seen:
        iri = f"urn:rilo-reader:article:{quote(article.id, safe='', errors='replace')}"
    seen.add(iri)
    return xml_text(iri)


def _clean_xml_line(text: str) -> str:
    return xml_text(clean_line(text, 5000))


def _keep_web_address(_: str, url: str) -> str:
    """Return the address of a picture that a reader of the feed can fetch, else ""."""
    return url if url.startswith("http") else ""
