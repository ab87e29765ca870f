"""Where an article's file is now, after the user has moved or renamed it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.paths import Paths


class Finder:
    """Asks the index, once it is brought up to date; opened only when something is looked for."""

    def __init__(self, folder: Path, paths: Paths) -> None:
        self._folder = folder
        self._paths = paths
        self._current = False

    def path_of(self, article: ArticleId) -> str | None:
        """The path of the file that bears an identity, None where the library has none."""
        from rilo_reader.library import LibraryBusy, open_library

        with closing(open_library(self._folder, self._paths)) as library:
            if not self._current:
                self._current = True
                try:
                    for _ in library.reconcile():
                        pass
                except LibraryBusy:
                    # What its writer has committed is all that can be known now; a file that is
                    # not found is left alone, and looked for again when its entry changes.
                    self._current = False
                library.reload()
            row = library.row(article)
        return row.path if row is not None else None
