"""Links out of a library: shown to the user, not served by `mcp`, not written by any command."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.plugins.mcp.verb import Server
from rilo_reader.store.gestures import HIGHLIGHT, Assignment, Ids
from tests.support.command_line import User

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")

SECRET = "swordfish"


@pytest.fixture
def outside(user: User) -> Path:
    user.article("own.md", "Own", "2026-03-07", "Mine.")
    folder = user.library.parent / "elsewhere"
    folder.mkdir()
    (folder / "private.md").write_text(f"# Private\n\n{SECRET}\n")
    (user.library / "notes.md").symlink_to(folder / "private.md")
    (user.library / "outdir").symlink_to(folder)
    return folder


def ask(server: Server, name: str, **given: object) -> str:
    call = {"method": "tools/call", "params": {"name": name, "arguments": given}}
    line = json.dumps({"jsonrpc": "2.0", "id": 1, **call}).encode()
    [answer] = server.answers(io.BytesIO(line))
    return str(answer["result"]["content"][0]["text"])


def test_the_user_sees_what_an_assistant_does_not(user: User, outside: Path) -> None:
    user.run("search", SECRET).says("Private")
    with open_library(user.library, user_paths()) as library:
        server = Server(library, writes=True)
        assert "1 of 1 articles" in ask(server, "list")
        assert "0 of 0 articles" in ask(server, "search", query=SECRET), "nor is it counted"
        one = Highlight("00000001", Anchor(SECRET, "", "", 0))
        ids = Ids([ArticleId("notes.md")])
        library.state.apply([Assignment(HIGHLIGHT + one.id, to_json(one), ids)])
        assert SECRET not in ask(server, "highlights")
        for call in (
            ask(server, "show", id="notes.md"),
            ask(server, "show", id="outdir/private.md"),
            ask(server, "note", id="notes.md", passage=SECRET, note="x"),
            ask(server, "mark", action="star", ids=["notes.md"]),
        ):
            assert "out of the library" in call
            assert SECRET not in call
        (user.library / "own.md").rename(outside / "own.md")
        (user.library / "own.md").symlink_to(outside / "own.md")
        assert "out of the library" in ask(server, "show", id="own.md")
        assert "0 of 0 articles" in ask(server, "list")


def test_doctor_lists_links_that_lead_out(user: User, outside: Path) -> None:
    said = user.run("doctor").out
    assert f"notes.md: leads to {outside}/private.md; 1 article" in said
    assert f"outdir: leads to {outside}; 1 article" in said


def test_an_import_writes_beside_links_and_not_through_them(user: User, outside: Path) -> None:
    source = user.library.parent / "source"
    source.mkdir()
    (source / "notes.md").write_text("# New\n")
    user.run("import", str(source / "notes.md")).says("1")
    assert (user.library / "notes-2.md").read_text() == "# New\n"
    (source / "outdir").mkdir()
    (source / "outdir/new.md").write_text("# Newer\n\n![](p.png)\n")
    (source / "outdir/p.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = user.run("import", str(source / "outdir"))
    assert "a link leads from outdir out of the library" in done.out + done.err
    assert [each.name for each in outside.iterdir()] == ["private.md"]
    assert SECRET in (outside / "private.md").read_text()


@pytest.mark.parametrize("folder", ["outdir", "outdir/deep", "/outdir"])
def test_notes_are_not_written_into_a_folder_that_is_a_link(
    user: User, outside: Path, folder: str
) -> None:
    named = f"{user.library}{folder}" if folder.startswith("/") else folder
    user.settings(f'notes_folder = "{named}"\n')
    with open_library(user.library, user_paths()) as library:
        one = Highlight("00000001", Anchor("Mine.", "", "", 0))
        library.state.apply(
            [Assignment(HIGHLIGHT + one.id, to_json(one), Ids([ArticleId("own.md")]))]
        )
    done = user.run("highlights", "--notes")
    assert "so no notes are written" in done.out + done.err
    assert [each.name for each in outside.iterdir()] == ["private.md"]
    assert "so no notes are written" in user.run("doctor").out
