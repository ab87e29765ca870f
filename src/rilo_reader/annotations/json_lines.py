"""Format highlights as JSON lines (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rilo_reader.annotations.highlight import AnnotatedArticle, Highlight
from rilo_reader.dates import iso_date, moment_text
from rilo_reader.text import json_text

NO_NAMES: Mapping[int, str] = {}


def json_lines(
    articles: Iterable[AnnotatedArticle], names: Mapping[int, str] = NO_NAMES
) -> Iterator[str]:
    """Format each highlight as a line of JSON; a kind has its name, or else its number."""
    for article, highlights, _ in articles:
        facts = {
            "id": article.id,
            "title": article.title,
            "source": article.source,
            "url": article.url,
            "date": iso_date(article.date, article.date_only),
        }
        for highlight in highlights:
            record = {
                "id": highlight.id,
                **highlight.anchor._asdict(),
                "kind": kind_name(highlight, names),
                "note": highlight.note,
                "made": moment_text(highlight.made_at) if highlight.made_at else None,
                **({"by": highlight.owner} if highlight.owner else {}),
                "article": facts,
            }
            yield json_text(record) + "\n"


def kind_name(highlight: Highlight, names: Mapping[int, str]) -> str:
    """Return what a kind is called, or its number."""
    return names.get(highlight.kind, str(highlight.kind))
