"""What doctor says of notes."""

from __future__ import annotations

from rilo_reader.article import HIGHLIGHTS_OF
from tests.support.command_line import User


def test_a_conflict_copy_of_a_note_is_to_be_joined(user: User) -> None:
    (user.home / "notes").mkdir()
    user.settings(f'folders = ["{user.library}"]\nnotes_folder = "{user.home / "notes"}"\n')
    for name in ("bees.md", "bees.sync-conflict-20260921-143000-ABCDEFG.md"):
        (user.home / "notes" / name).write_text(f"---\n{HIGHLIGHTS_OF}: bees-1\n---\n")
    found = user.ask("doctor")
    assert "ABCDEFG.md is another version of bees.md and is ignored" in found.out
    assert "1 problem found" in found.out
