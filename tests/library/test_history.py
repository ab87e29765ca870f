"""`library.history`: undo that lasts, and annotations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import LibraryError, open_library
from rilo_reader.library.library import Library
from rilo_reader.paths import Paths

A, B = ArticleId("a"), ArticleId("b")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "library").mkdir()
    return Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))


@pytest.fixture
def library(tmp_path: Path, paths: Paths) -> Iterator[Library]:
    with open_library(tmp_path / "library", paths) as opened:
        yield opened


def test_the_last_gesture_is_taken_back_after_a_restart(tmp_path: Path, paths: Paths) -> None:
    with open_library(tmp_path / "library", paths) as library:
        library.set_read([A], True)
        library.set_starred([A, B], True)
    with open_library(tmp_path / "library", paths) as library:
        history = library.history
        assert history.undo_last() is not None
        assert not library.marks([A])[A].starred
        assert library.marks([A])[A].read
        assert history.redo_last() is not None
        assert library.marks([B])[B].starred
        first, *_, oldest = history.entries()
        assert (first.title, oldest.title) == ("Redid: Starred 2", "Marked 1 as read")
        assert history.undo(oldest.id) is not None
        assert not library.marks([A])[A].read


def test_annotations_are_gestures(library: Library) -> None:
    history = library.history
    assert history.set_annotation(A, "highlight:0a", '{"exact": "ivory"}') is not None
    assert history.set_annotation(B, "note:0b", "Ask the port.") is not None
    assert [each[:2] for each in history.annotations(A)] == [("highlight:0a", '{"exact": "ivory"}')]
    assert (history.highlighted(), history.noted()) == ([A], [B])
    history.set_annotation(A, "highlight:0a", "")
    assert (history.annotations(A), history.highlighted()) == ([], [])
    history.undo_last()
    assert history.highlighted() == [A]


def test_marks_that_cannot_be_read_are_an_error_of_the_library(
    tmp_path: Path, paths: Paths
) -> None:
    with open_library(tmp_path / "library", paths) as library:
        history = library.history
    with pytest.raises(LibraryError, match="closed"):
        history.undo_last()
    with pytest.raises(LibraryError, match="closed"):
        history.annotations(A)
