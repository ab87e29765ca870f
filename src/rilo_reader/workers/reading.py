"""One file -> what the index needs of it, in any process."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId, Fault
from rilo_reader.index.writer import Prepared, prepared
from rilo_reader.store.fields import searchable_name
from rilo_reader.store.folder import Unreadable, read

DUPLICATE = "The same identity as "
"""How the fault of an article begins whose identity another file holds."""


class ReadOptions(NamedTuple):
    """How files are read.

    Attributes:
        root: the library.
        drafts: whether drafts count as articles.
        with_starts: whether the index's writer wants the beginnings of words.
    """

    root: Path
    drafts: bool
    with_starts: bool

    def read(self, path: str, *, instead_of: str = "") -> Prepared | None:
        """One file's article, prepared; None where it is none.

        Args:
            path: the file.
            instead_of: the file that holds the identity which this one claims: then it goes by
                its path, with a fault that says so.
        """
        try:
            article = read(self.root, path)
        except Unreadable:
            return None
        if article.draft and not self.drafts:
            return None
        if instead_of:
            fault = Fault(0, f"{DUPLICATE}{instead_of}; this one goes by its path.")
            article = article._replace(id=ArticleId(path), faults=(*article.faults, fault))
        name = searchable_name(path)
        return prepared(article, with_starts=self.with_starts, name=name)
