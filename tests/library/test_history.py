"""`library.history`: undo that lasts, and annotations."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import LibraryError, open_library
from rilo_reader.library.library import Library
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from tests.support.annotate import annotate

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
        library.state.set_read([A], True)
        library.state.set_starred([A, B], True)
    with open_library(tmp_path / "library", paths) as library:
        history = library.state
        assert history.undo_last() is not None
        assert not library.search.marks([A])[A].starred
        assert library.search.marks([A])[A].read
        assert history.redo_last() is not None
        assert library.search.marks([B])[B].starred
        first, *_, oldest = history.history()
        assert (first.title, oldest.title) == ("Redid: Starred 2", "Marked 1 as read")
        assert history.undo(oldest.id) is not None
        assert not library.search.marks([A])[A].read


def test_annotations_are_gestures(library: Library) -> None:
    history = library.state
    assert annotate(history, A, "highlight:0a", '{"exact": "ivory"}') is not None
    assert annotate(history, B, "note:0b", "Ask the port.") is not None
    assert [each[:2] for each in history.annotations(A)] == [("highlight:0a", '{"exact": "ivory"}')]
    assert history.all_annotations("highlight:") == [(A, "highlight:0a", '{"exact": "ivory"}')]
    assert history.all_annotations("note:") == [(B, "note:0b", "Ask the port.")]
    annotate(history, A, "highlight:0a", "")
    assert (history.annotations(A), history.all_annotations("highlight:")) == ([], [])
    history.undo_last()
    assert [article for article, _, _ in history.all_annotations("highlight:")] == [A]


def test_marks_that_cannot_be_read_are_an_error_of_the_library(
    tmp_path: Path, paths: Paths
) -> None:
    with open_library(tmp_path / "library", paths) as library:
        history = library.state
    with pytest.raises(LibraryError, match="closed"):
        history.undo_last()
    with pytest.raises(LibraryError, match="closed"):
        history.annotations(A)


def test_highlights_and_notes_are_searched(tmp_path: Path, library: Library) -> None:
    for name in ("a", "b"):
        (tmp_path / "library" / f"{name}.md").write_text(f'+++\nid = "{name}"\n+++\n\nText.\n')
    deque(library.follower.reconcile(), maxlen=0)
    library.index.reload()
    history = library.state
    annotate(history, A, "highlight:0a", '{"exact": "ivory"}')
    annotate(history, B, "note:0b", "Ask the harbourmaster.")

    def found(query: str) -> list[ArticleId]:
        return list(library.search.ids(parse(query)))

    assert (found("is:highlighted"), found("has:note")) == ([A], [B])
    assert (found("note:harbourmaster"), found("harbourmaster")) == ([B], [B])
    history.undo_last()
    assert (found("has:note"), found("harbourmaster")) == ([], [])
