"""`Library`: the interface of the rest of the program to articles, marks and the index.

The names in `__all__` are public, also for scripts: `docs/library.md`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from rilo_reader.article import Article, ArticleId, Enclosure
from rilo_reader.errors import LibraryBusy, LibraryError
from rilo_reader.library.library import Library, open_library
from rilo_reader.library.rows import Hidden, Row, Window
from rilo_reader.paths import Paths, user_paths
from rilo_reader.store.article_fields import write_article
from rilo_reader.store.marks import Marks

if TYPE_CHECKING:
    from rilo_reader.library.progress import Faulty, Progress, Skipped
    from rilo_reader.library.snippets import Snippet
    from rilo_reader.store.gestures import Change

__all__ = [
    "Article",
    "ArticleId",
    "Change",
    "Enclosure",
    "Faulty",
    "Hidden",
    "Library",
    "LibraryBusy",
    "LibraryError",
    "Marks",
    "Paths",
    "Progress",
    "Row",
    "Skipped",
    "Snippet",
    "Window",
    "open_library",
    "user_paths",
    "write_article",
]

_IN = {  # no launch needs these
    "Change": "store.gestures",
    "Faulty": "library.progress",
    "Progress": "library.progress",
    "Skipped": "library.progress",
    "Snippet": "library.snippets",
}


if not TYPE_CHECKING:  # which would take any name for one of these

    def __getattr__(name: str) -> object:
        if name not in _IN:
            raise AttributeError(name)
        return getattr(import_module(f"rilo_reader.{_IN[name]}"), name)
