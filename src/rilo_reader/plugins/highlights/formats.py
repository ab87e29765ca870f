"""Format highlights as Markdown, W3C Web Annotations and Readwise's CSV (pure)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from uuid import NAMESPACE_URL, uuid5

from rilo_reader.annotations.highlight import AnnotatedArticle, Highlight
from rilo_reader.annotations.json_lines import NO_NAMES, kind_name
from rilo_reader.article import Article
from rilo_reader.dates import iso_date, moment_text
from rilo_reader.plugins.highlights.note_file import note_lines, quotation_lines
from rilo_reader.text import json_text


def format_markdown(articles: Iterable[AnnotatedArticle]) -> Iterator[str]:
    """Format the highlights of articles as one Markdown text, a section for each article."""
    first = True
    for article, highlights, link in articles:
        title = _escape_markdown(article.title)
        address = link or article.url
        facts = [fact for fact in (article.source, iso_date(article.date, day_only=True)) if fact]
        lines = [] if first else [""]
        lines += [f"## [{title}](<{address}>)" if address else f"## {title}", "", ", ".join(facts)]
        for highlight in highlights:
            lines += ["", *quotation_lines(highlight.anchor.exact)]
            if highlight.owner:
                lines += ["", f"— {_escape_markdown(highlight.owner)}"]
            if highlight.note:
                lines += ["", *note_lines(highlight.note)]
        yield "\n".join(lines) + "\n"
        first = False


def format_json_ld(
    articles: Iterable[AnnotatedArticle], names: Mapping[int, str] = NO_NAMES
) -> Iterator[str]:
    """Format highlights as one AnnotationCollection, whose only page is embedded.

    An annotation has the note as a body that comments and the kind as one that tags; its target is
    the web page, with a TextQuoteSelector and a TextPositionSelector of the article's text.
    Source: https://www.w3.org/TR/annotation-model/ (3.1, 3.2.4, 3.3.5, 4.2.4, 4.2.5, 5).
    """
    pairs = ((article, each) for article, highlights, _ in articles for each in highlights)
    items = [_make_annotation(article, each, names) for article, each in pairs]
    identity = _make_urn("collection", *(str(item["id"]) for item in items))
    page: dict[str, object] = {"id": f"{identity}#1", "type": "AnnotationPage", "startIndex": 0}
    collection = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": identity,
        "type": "AnnotationCollection",
        "label": "Highlights",
        "total": len(items),
        "first": {**page, "partOf": identity, "items": items},
    }
    yield json_text(collection, indent=2) + "\n"


def format_readwise_csv(articles: Iterable[AnnotatedArticle]) -> Iterator[str]:
    """Format highlights as the CSV that Readwise imports (https://readwise.io/import_bulk)."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("Highlight", "Title", "Author", "URL", "Note", "Location", "Date"))
    for article, highlights, _ in articles:
        author = ", ".join(article.authors) or article.source
        for each in highlights:
            made = moment_text(each.made_at) if each.made_at else ""
            about = article.title, author, article.url
            rows.writerow((each.anchor.exact, *about, each.note, each.anchor.start, made))
    yield text.getvalue()


def _make_annotation(
    article: Article, highlight: Highlight, names: Mapping[int, str]
) -> dict[str, object]:
    exact, prefix, suffix, start = highlight.anchor
    quote = {"type": "TextQuoteSelector", "exact": exact, "prefix": prefix, "suffix": suffix}
    position = {"type": "TextPositionSelector", "start": start, "end": start + len(exact)}
    kind = {"type": "TextualBody", "value": kind_name(highlight, names), "purpose": "tagging"}
    note = {"type": "TextualBody", "value": highlight.note, "format": "text/plain",
            "purpose": "commenting"}  # fmt: skip
    source = article.url or _make_urn("article", article.id)
    return {
        "id": _make_urn("highlight", article.id, highlight.id),
        "type": "Annotation",
        "motivation": "commenting" if highlight.note else "highlighting",
        **({"created": moment_text(highlight.made_at)} if highlight.made_at else {}),
        **({"creator": {"type": "Person", "name": highlight.owner}} if highlight.owner else {}),
        "body": [note, kind] if highlight.note else [kind],
        "target": {"source": source, "selector": [quote, position]},
    }


def _escape_markdown(text: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>#" else each for each in text)


def _make_urn(*parts: str) -> str:
    """Return an IRI that the parts determine."""
    return uuid5(NAMESPACE_URL, "rilo-reader:" + json.dumps(parts)).urn
