"""A library with links out of it, to what nothing but the user's own reading may reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import User

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
