"""Import what other programs have kept (`SavedArticle`): articles, marks, own tags, highlights.

Things wait until there are many: those with the same address become one first. An article that is
here already keeps its text, if it has one, and gets marks, tags and highlights.
"""

from __future__ import annotations

from collections.abc import Callable

from rilo_reader.article import ArticleId
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.identity import feed_key, link_key
from rilo_reader.library import Row
from rilo_reader.plugins.importers.entries import EntryImporter, StateImporter
from rilo_reader.plugins.importers.formats import Format, read_found
from rilo_reader.plugins.importers.highlights import HighlightImporter
from rilo_reader.plugins.importers.pictures import PictureCopier
from rilo_reader.plugins.importers.report import ContentKind
from rilo_reader.plugins.importers.saved import (
    PICTURES,
    ExportFile,
    ImportedHighlight,
    SavedArticle,
    merge_saved,
)
from rilo_reader.text import format_count, make_slug

WAITING_LIMIT, WAITING_CHARACTERS = 2_000, 5_000_000


class SavedImporter:
    """Imports the files of formats; call `finish` at the end."""

    def __init__(
        self,
        importer: EntryImporter,
        marker: StateImporter,
        highlights: HighlightImporter,
        pictures: PictureCopier,
        on_progress: Callable[[], None],
    ) -> None:
        self._importer = importer
        self._marker = marker
        self._highlights = highlights
        self._pictures = pictures
        self._report = pictures.report
        self._on_progress = on_progress
        # of feeds that are followed, by their keys: in exports they are labels of each article
        self.folders: dict[str, tuple[str, ...]] = {}
        self._waiting: dict[str, SavedArticle] = {}
        self._counted: set[str] = set()  # what a dry run has counted, which is not in the ledger
        self._size = self._number = self._filled_count = self._left_count = 0
        self._undated_count = 0

    def import_file(self, format_: Format, name: str, file: ExportFile) -> None:
        """Import a file; raises NotReadableError where it is broken, with what is before taken."""
        tally = self._report.tally_of(ContentKind.SAVED)
        if format_.lacks and all(reason.why != format_.lacks for reason in tally.reasons):
            tally.add_remark(format_.name, format_.lacks)
        for found in read_found(format_, file):
            if isinstance(found, SavedArticle):
                self._add(found._replace(source=found.source or format_.name))
            else:
                tally.skip(f"{name}: {found.what}", found.why, found.number)

    def finish(self) -> None:
        """Write what waits, and report the texts that came for links."""
        self._write_waiting()
        if count := self._undated_count:
            what = f"{format_count(count, 'article')} without a date"
            why = "their file did not say it, so they stand under the day of this import"
            self._report.tally_of(ContentKind.SAVED).add_remark(what, why)
        if self._filled_count:
            why = f"{format_count(self._filled_count, 'link')} without a text got it"
            self._report.tally_of(ContentKind.SAVED).add_remark("what was here", why)
        if count := self._left_count:
            why = "left out, since what is here has a text"
            self._report.tally_of(ContentKind.SAVED).add_remark(
                format_count(count, "description"), why
            )

    def _add(self, one: SavedArticle) -> None:
        self._number += 1
        key = link_key(one.entry.url) if one.entry.url else f"\0{self._number}"
        known = self._waiting.get(key)
        self._waiting[key] = one if known is None else merge_saved(known, one)
        self._size += len(one.entry.content) + sum(len(data) for _, data in one.pictures)
        if len(self._waiting) >= WAITING_LIMIT or self._size >= WAITING_CHARACTERS:
            self._write_waiting()

    def _write_waiting(self) -> None:
        """Write what waits; its marks and highlights wait for the end of the import."""
        waiting, self._waiting, self._size = self._waiting, {}, 0
        if not waiting:
            return
        known: list[tuple[ArticleId, SavedArticle]] = []
        groups: dict[Origin, list[SavedArticle]] = {}
        copied: dict[ArticleId, str] = {}
        for one in waiting.values():
            identity = self._importer.find_known(one.entry.url, has_feed=bool(one.feed))
            if identity is None and (row := self._find_copied(one.entry.url)):
                identity = row.id
                copied[row.id] = row.path
            if identity is not None:
                known.append((identity, one))
            else:
                groups.setdefault(Origin(one.feed, one.source), []).append(one)
        batches = [
            (origin, [one.make_entry() for one in several]) for origin, several in groups.items()
        ]
        new: list[tuple[ArticleId, SavedArticle]] = []
        added = self._importer.add_all(batches) if batches else []
        for (ids, created), several in zip(added, groups.values(), strict=True):
            for identity, one in zip(ids, several, strict=True):
                is_new = identity in created and link_key(one.entry.url) not in self._counted
                (new if is_new else known).append((identity, one))
        self._filled_count += self._importer.fill_texts(
            ((identity, one.make_entry()) for identity, one in known if one.entry.content), copied
        )
        added_paragraphs = self._importer.add_paragraphs(
            (identity, one.entry, paragraphs)
            for identity, one in known
            if not one.entry.content and (paragraphs := one.make_paragraphs())
        )
        self._filled_count += added_paragraphs.filled_count
        self._left_count += added_paragraphs.left_count
        if new:
            undated = (one for _, one in new if one.entry.date is None and one.saved is None)
            self._undated_count += sum(1 for _ in undated)
        self._report.tally_of(ContentKind.SAVED).add_counts(len(known) + len(new), len(new))
        if self._importer.is_dry_run:
            self._counted |= waiting.keys()
            self._highlights.planned |= {one.entry.title.casefold() for _, one in new} - {""}
        for identity, one in known:
            note = "" if identity in added_paragraphs.described else one.note  # the text has it
            self._mark(identity, one, is_read=one.read is True, note=note)
        for identity, one in new:  # also read where it does not say; the text has the note
            note = one.note if one.entry.content else ""
            self._mark(identity, one, is_read=one.read is not False, note=note)
        self._on_progress()

    def _find_copied(self, url: str) -> Row | None:
        """Return the article with a link in the index, as the ledger has no copied files.

        A note of the user, whose identity is its path, stays what it is.
        """
        rows = self._highlights.find_rows_of_link(url)
        return next((row for row in rows if row.id != row.path), None)

    def _mark(self, identity: ArticleId, one: SavedArticle, *, is_read: bool, note: str) -> None:
        folders = self.folders.get(feed_key(one.feed), ()) if one.feed else ()
        tags = [tag for tag in one.tags if tag not in folders]
        self._marker.add_marks(identity, is_read, one.starred, tags)
        notes = [ImportedHighlight("", note)] if note else []
        self._highlights.add(identity, one.what, (*one.highlights, *notes))
        for (_, name), (_, data) in zip(one.name_pictures(), one.pictures, strict=True):
            self._pictures.write(f"{make_slug(one.source)}/{PICTURES}/{name}", data, name)
