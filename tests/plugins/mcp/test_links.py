"""What links out of a library lead to is not served."""

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
from rilo_reader.plugins.mcp.verb import McpServer
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT
from tests.support.command_line import User
from tests.support.links import SECRET, outside

__all__ = ["outside"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")


def ask(server: McpServer, name: str, **given: object) -> str:
    call = {"method": "tools/call", "params": {"name": name, "arguments": given}}
    line = json.dumps({"jsonrpc": "2.0", "id": 1, **call}).encode()
    [answer] = server.iter_answers(io.BytesIO(line))
    return str(answer["result"]["content"][0]["text"])


def test_the_user_sees_what_an_assistant_does_not(user: User, outside: Path) -> None:
    user.run("search", SECRET).says("Private")
    with open_library(user.library, user_paths()) as library:
        server = McpServer(library, writes=True)
        assert "1 of 1 articles" in ask(server, "list")
        assert "0 of 0 articles" in ask(server, "search", query=SECRET), "nor is it counted"
        one = Highlight("00000001", Anchor(SECRET, "", "", 0))
        ids = Ids([ArticleId("notes.md")])
        library.state.apply_assignments([Assignment(HIGHLIGHT + one.id, to_json(one), ids)])
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
