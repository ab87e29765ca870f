"""A library of real files for the reader in a test, its index up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rilo_reader.library import Library, open_library
from tests.support.reader import paths_in


@contextmanager
def real_library(home: Path, articles: int = 5, *, folder: Path | None = None) -> Iterator[Library]:
    """So many articles, "Title 0" is the newest, with their paths as ids; all else is in `home`."""
    place = folder or home / "library"
    place.mkdir(parents=True, exist_ok=True)
    for number in range(articles):
        text = f'+++\ntitle = "Title {number}"\ndate = 2024-05-{28 - number:02d}\n+++\n\nWords.\n'
        (place / f"{number}.md").write_text(text, encoding="utf-8")
    with open_library(place, paths_in(home)) as library:
        for _ in library.follower.reconcile():
            pass
        yield library
