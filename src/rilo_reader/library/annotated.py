"""The highlights of a library, in the order of their texts, and what others highlighted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rilo_reader.annotations.anchors import find_anchors
from rilo_reader.annotations.highlight import AnnotatedArticle, Highlight, from_fields
from rilo_reader.article import Article, ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.library.library import ArchivePlugin, Library
from rilo_reader.paths import Paths
from rilo_reader.plugin_list import plugins_with
from rilo_reader.render.document import visible_text
from rilo_reader.text import clean_line, safe_url

Found = tuple[AnnotatedArticle, int]
"""An article with its highlights in the order of its text, then those that are lost; how many."""


def iter_annotated(
    library: Library,
    ids: Iterable[ArticleId],
    on_progress: Callable[[int], None] = lambda done: None,
    *,
    only_lost: bool = False,
    others: Mapping[ArticleId, Sequence[Highlight]] | None = None,
) -> Iterator[Found]:
    """The user's highlights of these articles, or `others`; those without any are passed over."""
    for done, identity in enumerate(ids, 1):
        on_progress(done)
        own = from_fields(library.state.annotations.read(identity)) if others is None else ()
        highlights = own if others is None else others[identity]
        if not highlights:
            continue
        try:
            article = library.article(identity)
        except LibraryError:
            article, text = _placeholder_article(identity, highlights), ""
        else:
            text = visible_text(article)
        places = find_anchors([highlight.anchor for highlight in highlights], text)
        placed = list(zip(highlights, places, strict=True))
        found = [(place, highlight) for highlight, place in placed if place is not None]
        found.sort(key=lambda placed: placed[0][:2])
        lost = [highlight for highlight, place in placed if place is None]
        shown = [] if only_lost else [highlight for _, highlight in found]
        if shown or lost:
            yield AnnotatedArticle(article, (*shown, *lost)), len(lost)


def _placeholder_article(identity: ArticleId, highlights: Iterable[Highlight]) -> Article:
    """Make an article of what is known of one that is not here: its id, perhaps its address."""
    made = [highlight.made_at for highlight in highlights if highlight.made_at]
    return Article(
        id=identity,
        path="",
        title=clean_line(identity) or "?",
        date=max(made, default=datetime.now(UTC)),
        url=safe_url(identity) or "",
    )


def others_highlights(
    folder: Path, paths: Paths, article: ArticleId | None = None, most: int = -1
) -> dict[ArticleId, list[Highlight]]:
    """Return what others highlighted, as `SharedArchive.read_highlights` says it."""
    found: dict[ArticleId, list[Highlight]] = {}
    for plugin in plugins_with(ArchivePlugin):
        if (archive := plugin.shared_archive(folder, paths)) is not None:
            for identity, highlights in archive.read_highlights(article, most).items():
                found.setdefault(identity, []).extend(highlights)
    return found
