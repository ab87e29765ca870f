"""Texts for users say what people would say: phrases that were mended do not come back."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXTS = (
    *("src/rilo_reader/*.py", "src/rilo_reader/cli/*.py", "src/rilo_reader/sync/**/*.py"),
    *("src/rilo_reader/tui/**/*.py", "tests/golden/*.txt", "articles/guide/*.md", "docs/*.md"),
    *("README.md", "CONTRIBUTING.md"),
)
MENDED = (
    *("enter looks", "esc everything", "enter keeps it", "the articles that came", "you stand on"),
    *("print the truth", "joins in where", "or their kin", "a stick carr", "notes are no articles"),
    *("the system keeps it", "appear by themselves", "and comes back.", "travels both ways"),
    *("stands in feeds.toml", "is no tag any more", "nowhere to collect", "names no source"),
    *("filed nowhere", "took the star away", "take back what was done", "what your mutes hide is"),
)


def test_mended_phrases_do_not_come_back() -> None:
    files = {file for pattern in TEXTS for file in ROOT.glob(pattern)}
    found = []
    for file in sorted(files):
        text = " ".join(file.read_text("utf-8").lower().split())
        found += [f"{file.name}: {phrase}" for phrase in MENDED if phrase in text]
    assert found == []
