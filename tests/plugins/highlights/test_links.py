"""No notes are written through links out of a library."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT
from tests.support.command_line import User
from tests.support.links import outside

__all__ = ["outside"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")


@pytest.mark.parametrize("folder", ["outdir", "outdir/deep", "/outdir"])
def test_notes_are_not_written_into_a_folder_that_is_a_link(
    user: User, outside: Path, folder: str
) -> None:
    named = f"{user.library}{folder}" if folder.startswith("/") else folder
    user.settings(f'notes_folder = "{named}"\n')
    with open_library(user.library, user_paths()) as library:
        one = Highlight("00000001", Anchor("Mine.", "", "", 0))
        library.state.apply_assignments(
            [Assignment(HIGHLIGHT + one.id, to_json(one), Ids([ArticleId("own.md")]))]
        )
    done = user.run("highlights", "--notes")
    assert "so no notes are written" in done.out + done.err
    assert [each.name for each in outside.iterdir()] == ["private.md"]
    assert "so no notes are written" in user.run("doctor").out
