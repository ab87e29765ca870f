"""Import what other programs have kept (`SavedArticle`): articles, marks, own tags, highlights.

Things wait until there are many: those with the same address become one first. An article that is
here already keeps its text, and gets marks, tags and highlights.
"""

from __future__ import annotations

from collections.abc import Callable

from rilo_reader.article import ArticleId
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.identity import link_key
from rilo_reader.plugins.importers.entries import EntryImporter, StateImporter
from rilo_reader.plugins.importers.formats import Format, read_found
from rilo_reader.plugins.importers.highlights import HighlightImporter
from rilo_reader.plugins.importers.readwise import ImportedHighlight
from rilo_reader.plugins.importers.report import ContentKind, ImportReport
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    SavedArticle,
    merge_saved,
)

WAITING_LIMIT, WAITING_CHARACTERS = 2_000, 5_000_000


class SavedImporter:
    """Imports the files of formats; call `write_waiting` at the end."""

    def __init__(
        self,
        importer: EntryImporter,
        marker: StateImporter,
        highlights: HighlightImporter,
        report: ImportReport,
        on_progress: Callable[[], None],
    ) -> None:
        self.stays_unread = False  # where an export does not say what was read
        self._importer = importer
        self._marker = marker
        self._highlights = highlights
        self._report = report
        self._on_progress = on_progress
        self._waiting: dict[str, SavedArticle] = {}
        self._sources: dict[str, str] = {}  # of those that wait and have no feed
        self._size = self._number = 0

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

    def _add(self, one: SavedArticle) -> None:
        self._number += 1
        key = link_key(one.entry.url) if one.entry.url else f"\0{self._number}"
        known = self._waiting.get(key)
        self._waiting[key] = one if known is None else merge_saved(known, one)
        self._size += len(one.entry.content)
        if len(self._waiting) >= WAITING_LIMIT or self._size >= WAITING_CHARACTERS:
            self.write_waiting()

    def write_waiting(self) -> None:
        """Write what waits; its marks and highlights wait for the end of the import."""
        waiting, self._waiting, self._size = list(self._waiting.values()), {}, 0
        if not waiting:
            return
        found: list[tuple[ArticleId, SavedArticle]] = []
        groups: dict[Origin, list[SavedArticle]] = {}
        for one in waiting:
            if (known := self._importer.find_known(one.entry)) is not None:
                found.append((known, one))
            else:
                groups.setdefault(Origin(one.feed, one.source), []).append(one)
        batches = [
            (origin, [one.make_entry() for one in several]) for origin, several in groups.items()
        ]
        created: set[ArticleId] = set()
        for (ids, new_ids), several in zip(
            self._importer.add_all(batches), groups.values(), strict=True
        ):
            found += zip(ids, several, strict=True)
            created |= new_ids
        self._report.tally_of(ContentKind.SAVED).add_counts(len(found), len(created))
        for identity, one in found:
            self._mark(identity, one, is_new=identity in created)
        self._on_progress()

    def _mark(self, identity: ArticleId, one: SavedArticle, *, is_new: bool) -> None:
        is_read = one.read or (one.read is None and is_new and not self.stays_unread)
        self._marker.add_marks(identity, is_read, one.starred, one.tags)
        notes = [ImportedHighlight("", one.note)] if one.note else []
        self._highlights.add(identity, one.what, (*one.highlights, *notes))
