"""`Library`: the interface of the rest of the program to articles, marks and the index.

The names in `__all__` are public, also for scripts: `docs/library.md`.
"""

from rilo_reader.article import Article, ArticleId
from rilo_reader.errors import LibraryBusy, LibraryError
from rilo_reader.library.library import Library, open_library
from rilo_reader.library.values import Faulty, Hidden, Progress, Row, Skipped, Snippet, Window
from rilo_reader.paths import Paths, user_paths
from rilo_reader.store.fields import write_article
from rilo_reader.store.gestures import Change, Marks

__all__ = [
    "Article",
    "ArticleId",
    "Change",
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
