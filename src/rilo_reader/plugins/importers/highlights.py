"""Import highlights that Readwise exported, for articles that are here.

Files are read as they come. The highlights are matched at the end, when articles of the same import
are in the index: by the article's address, else by its title. All of them are one gesture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from rilo_reader.annotations.anchors import Anchor, find_anchor, make_anchor
from rilo_reader.annotations.highlight import Highlight, from_fields, to_json
from rilo_reader.article import Article, ArticleId, Field
from rilo_reader.feeds.identity import link_key
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.plugins.importers.readwise import (
    ImportedArticle,
    parse_markdown,
    parse_readwise_csv,
)
from rilo_reader.plugins.importers.report import ContentKind, ImportReport, KindTally
from rilo_reader.plugins.importers.saved import ImportedHighlight
from rilo_reader.query.tokens import to_tokens
from rilo_reader.query.tree import Query, Words
from rilo_reader.render.document import visible_text
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT, NOTE
from rilo_reader.text import format_count, to_display_title

CANDIDATES = 200  # articles with the words of an address or a title that are compared with it


class HighlightImporter:
    """Collects highlights from files, and adds them to a library."""

    def __init__(self, library: Library, recorder: StepRecorder | None = None) -> None:
        """Add highlights of `library` as marks of the step that is recorded."""
        self.absent_count = 0  # how many articles with highlights are not here
        self.planned: set[str] = set()  # links and titles of what a dry run would have brought
        self._recorder = recorder
        self._library = library
        self.marks: list[Assignment] = []  # of the same import, to be written with them
        self._articles: list[ImportedArticle] = []

    def read_file(self, data: bytes, on_skip: Callable[[str, str], None]) -> None:
        """Read a file of highlights; raises NotReadableError if it has none."""
        is_table = b"title," in data.partition(b"\n")[0].lower()
        self._articles += parse_readwise_csv(data, on_skip) if is_table else parse_markdown(data)

    def add(
        self, identity: ArticleId, title: str, highlights: tuple[ImportedHighlight, ...]
    ) -> None:
        """Add the highlights of an article that is known; one without a passage is of its start."""
        if highlights:
            self._articles.append(ImportedArticle("", title, highlights, identity))

    def add_highlights(
        self, report: ImportReport, on_progress: Callable[[int], None] = lambda done: None
    ) -> None:
        """Add the marks, and highlights whose articles are in the index, as one gesture; count.

        `watch` is called with the number of articles that were looked for. Raises LibraryError.
        """
        tally = report.tally_of(ContentKind.HIGHLIGHT) if self._articles else KindTally()
        try:
            for done, imported in enumerate(self._articles):
                on_progress(done)
                self.marks += self._match_highlights(imported, tally)
        finally:  # also of an import that was stopped
            self._articles, assignments, self.marks = [], self.marks, []
            gesture = self._library.state.apply_assignments(assignments) if assignments else None
            if gesture is not None and self._recorder is not None:
                self._recorder.marked = gesture.id

    def _match_highlights(self, imported: ImportedArticle, tally: KindTally) -> list[Assignment]:
        """Return the marks of the highlights of an article; count them."""
        number = len(imported.highlights)
        identity = imported.identity or self._find_article(imported)
        try:
            article = self._library.article(identity) if identity is not None else None
        except LibraryError:
            article = None
        names = {link_key(imported.url) if imported.url else "", imported.title.casefold()}
        if article is None and (imported.identity is not None or names & self.planned):
            tally.add_counts(number, number)
            return []
        if article is None:
            self.absent_count += 1
            name = imported.title or imported.url or "highlights"
            what = format_count(number, "highlight")
            tally.skip(name, f"its article is not in the library ({what})", number)
            return []
        new = list(self._make_assignments(article, imported.highlights))
        tally.add_counts(number, sum(each.field.startswith(HIGHLIGHT) for each in new))
        return new

    def _find_article(self, imported: ImportedArticle) -> ArticleId | None:
        """The article with the address, else the only one with the title."""
        for row in self.find_rows_of_link(imported.url):
            return row.id
        title = imported.title.casefold()
        rows = self._find_rows(Field.TITLE, imported.title) if title else ()
        found = [row.id for row in rows if to_display_title(row.title).casefold() == title]
        return found[0] if len(found) == 1 else None

    def find_rows_of_link(self, url: str) -> Iterator[Row]:
        """Yield the articles in the index that have a link; none for ""."""
        key = link_key(url) if url else ""
        for row in self._find_rows(Field.URL, key) if key else ():
            if link_key(row.url) == key:
                yield row

    def _find_rows(self, field: Field, text: str) -> Iterable[Row]:
        words = to_tokens(text)
        if not words:
            return ()
        return self._library.search.window(Query(Words(field, words)), 0, CANDIDATES).rows

    def _make_assignments(
        self, article: Article, imported: Iterable[ImportedHighlight]
    ) -> Iterator[Assignment]:
        """Yield the values to set for the highlights that the article does not have yet."""
        text = visible_text(article)
        present = from_fields(self._library.state.annotations.read(article.id))
        names = {each.id for each in present}
        quotations = {_normalize_space(each.anchor.exact) for each in present}
        ids = Ids([article.id])
        first = next((line.strip() for line in text.splitlines() if line.strip()), article.title)
        for given in imported:
            if not given.exact and _normalize_space(given.note) in _normalize_space(text):
                continue  # of a link without text, it is the text
            each = given if given.exact else given._replace(exact=first)
            # Its name follows from its text, so that a second import is the same highlight.
            whole = f"{article.id}\0{_normalize_space(each.exact)}"
            name = sha256(whole.encode(errors="replace")).hexdigest()[:16]
            anchor = _find_anchor(each, text, article)
            if (
                name in names
                or {_normalize_space(each.exact), _normalize_space(anchor.exact)} & quotations
            ):
                continue
            names.add(name)
            yield Assignment(
                HIGHLIGHT + name, to_json(Highlight(name, anchor, made_at=each.made)), ids
            )
            if each.note:
                yield Assignment(NOTE + name, each.note, ids)


def _find_anchor(imported: ImportedHighlight, text: str, article: Article) -> Anchor:
    """The place of a quotation in a text; as it came if it is not there, so that it is kept."""
    given = Anchor(imported.exact)
    # Some exports have the Markdown of a passage, others its text.
    shown = visible_text(article._replace(body=imported.exact)).strip()
    for anchor in (given, given._replace(exact=shown)):
        if anchor.exact and (found := find_anchor(anchor, text)):
            return make_anchor(text, found.start, found.end)
    return given


def _normalize_space(text: str) -> str:
    return " ".join(text.split())
