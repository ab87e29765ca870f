"""An article's text as it travels, with what only the file's name and time said (pure)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

from rilo_reader.article import HIGHLIGHTS_OF, Article, ArticleId
from rilo_reader.dates import date_value, read_date
from rilo_reader.dialects import BY_SUFFIX, PLAIN, is_special
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.feeds.article_text import FEED_KEY, GUID_KEY, make_digest
from rilo_reader.plugins.archive.schema import ID_LIMIT, TEXT_LIMIT
from rilo_reader.store.article_fields import FolderFacts, to_article, write_article
from rilo_reader.store.encoding import decode, is_binary
from rilo_reader.store.file_kinds import MARKDOWN, suffix_of
from rilo_reader.store.front_matter import parse, toml_head, write
from rilo_reader.store.front_matter_syntax import Document, Syntax
from rilo_reader.store.includes import may_include
from rilo_reader.store.metadata import fold_keys, text_of
from rilo_reader.text import clean_line, clean_text, lazy_re, redact_address, safe_url

_SAID_DIALECT = lazy_re(r'\A(---\n|\+\+\+\n)dialect(?:: | = ")[A-Za-z0-9 +]{1,60}"?\n')
_SAID_PLAIN = lazy_re(r'\A(---\n|\+\+\+\n)dialect(?:: | = ")plain"?\n')
_MAY_READ = ("{{", "{%", "$code")  # of dialects that put files into a text, beside includes
_UNKNOWN_DATE = datetime(1971, 1, 1, tzinfo=UTC)


class PortableArticle(NamedTuple):
    """An article that can be shared."""

    article: Article
    text: str  # the text of a Markdown file
    feed: str  # the feed that it was collected from, or ""
    guid: str
    digest: bytes  # by which the text is compared
    is_by_address: bool = False  # whether its address is its identity, which another file may have


def make_portable(
    data: bytes, path: str, modified: datetime, dialect: str = "", *, by_path: bool = False
) -> PortableArticle:
    """Return the article of a file as it travels; `by_path`: its path is its identity.

    `dialect` is that of its folder, which the text says where nothing else in it tells.
    Raises NotReadableError: it is not shared, with the reason.
    """
    if is_binary(data):
        raise NotReadableError("a binary file")
    with parser_errors():
        text = clean_text(decode(data)[0].replace("\r\n", "\n"))
        dialect = BY_SUFFIX.get(suffix_of(path), dialect)
        document = parse(text, dialect)
        article = to_article(document, path, modified, FolderFacts(dialect))
    if HIGHLIGHTS_OF in document.metadata or article.draft:
        raise NotReadableError("a draft" if article.draft else "a note on highlights")
    by_address = not document.metadata.get("id") and article.id == article.url
    if by_path:
        article = article._replace(id=ArticleId(path))
    if suffix_of(path.rpartition("/")[2]) not in MARKDOWN:
        text = write_article(article, {})
    elif document.syntax is Syntax.DIALECT or not _is_self_contained(document, article):
        said = {"id": "", "title": "", "date": "", **document.metadata}
        day = date_value(article.date, article.date_only)
        text = write(document, said | {"id": article.id, "title": article.title, "date": day})
    text = _SAID_PLAIN.sub(r"\1", text)  # as it came, before `make_harmless`
    if article.dialect == dialect and is_special(dialect):
        opening, says = text[:4], f'dialect = "{dialect}"'
        says = says if opening[0] == "+" else f"dialect: {dialect}"
        text = f"{opening}{says}\n{text[4:]}" if opening in ("---\n", "+++\n") else text
    feed = str(document.metadata.get(FEED_KEY, ""))
    if redact_address(feed) != feed:  # a file of an older version has it whole
        text = text.replace(feed, redact_address(feed))
    if len(text.encode(errors="replace")) > TEXT_LIMIT:
        raise NotReadableError(f"larger than {TEXT_LIMIT // 1_000_000} MB")
    if len(article.id.encode(errors="replace")) > ID_LIMIT:
        raise NotReadableError("an id that is too long")
    return _add_feed(article, text, document)._replace(is_by_address=by_address and not by_path)


def parse_portable(identity: str, text: str) -> PortableArticle | None:
    """Return an article of the archive, None if it is not what it claims to be."""
    try:
        with parser_errors():
            text = clean_text(text)
            document = parse(text)
            article = to_article(document, "article.md", _UNKNOWN_DATE)
    except NotReadableError:
        return None
    if article.id != identity or HIGHLIGHTS_OF in document.metadata:
        return None
    return _add_feed(article, text, document)


def make_harmless(one: PortableArticle) -> str:
    """Return a text of somebody else, which nothing of this library is put into."""
    text = _SAID_DIALECT.sub(r"\1", one.text)
    has_signs = may_include(text) or any(sign in text for sign in _MAY_READ)
    if not has_signs or one.article.dialect == PLAIN:
        return one.text
    document = parse(text)
    if text[:4] in ("---\n", "+++\n") and "dialect" not in fold_keys(document.metadata):
        said = f'dialect = "{PLAIN}"' if text[0] == "+" else f"dialect: {PLAIN}"
        return f"{text[:4]}{said}\n{text[4:]}"
    kept = {key: value for key, value in document.metadata.items() if key.lower() != "dialect"}
    return toml_head({"dialect": PLAIN, **kept}) + document.body


def _is_self_contained(document: Document, article: Article) -> bool:
    """Return whether the text means the same article under any other path."""
    said = fold_keys(document.metadata)
    has_date = isinstance(said.get("date"), date) and read_date(said["date"]) is not None
    if has_date and (said.get("id"), said.get("title")) == (article.id, article.title):
        return True  # as we write it; nothing else is read of a file's name and time
    if not said.get("id") and article.id == article.path:
        return False
    if clean_line(text_of(document.metadata.get("title"))):
        document = document._replace(body="")  # which nothing else is read from
    other = to_article(document, "another/article.md", _UNKNOWN_DATE)
    fields = ("id", "title", "date", "date_only", "source", "url")
    return all(getattr(other, name) == getattr(article, name) for name in fields)


def _add_feed(article: Article, text: str, document: Document) -> PortableArticle:
    feed = safe_url(redact_address(str(document.metadata.get(FEED_KEY, "")))) or ""
    guid = clean_text(str(document.metadata.get(GUID_KEY, "")))
    # Texts of versions that did not say their dialect are the same.
    return PortableArticle(article, text, feed, guid, make_digest(_SAID_DIALECT.sub(r"\1", text)))
