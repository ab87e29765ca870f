"""`Library`: the interface of the rest of the program to articles, marks and the index."""

from rilo_reader.errors import LibraryBusy, LibraryError
from rilo_reader.library.library import Library, open_library
from rilo_reader.library.values import Faulty, Hidden, Progress, Row, Skipped, Snippet, Window

__all__ = [
    "Faulty",
    "Hidden",
    "Library",
    "LibraryBusy",
    "LibraryError",
    "Progress",
    "Row",
    "Skipped",
    "Snippet",
    "Window",
    "open_library",
]
