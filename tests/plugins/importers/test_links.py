"""Nothing is imported through links out of a library."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.command_line import User
from tests.support.links import SECRET, outside

__all__ = ["outside"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")


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
