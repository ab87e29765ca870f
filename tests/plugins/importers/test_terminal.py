"""Importing and exporting on a terminal: progress leaves nothing behind, nothing steers it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.cli.test_terminal import SHOWS_ALL_PROGRESS
from tests.support.command_line import User
from tests.support.newsboat_files import make_cache
from tests.support.terminal import ENTER, Terminal, rilo

pytestmark = pytest.mark.terminal

EVIL = "\x1b]0;owned\x07\x1b]52;c;eA==\x07\u202e\x9b31m"


def _shown(user: User, *arguments: str, impatient: bool = False, asks: bool = False) -> str:
    """What a verb writes to a terminal, raw, once it has ended well."""
    argv = [sys.executable, "-c", SHOWS_ALL_PROGRESS] if impatient else rilo()
    command = [*argv, *arguments, "--library", str(user.library)]
    with Terminal(command, (100, 50), home=user.home, cwd=user.home) as terminal:
        if asks:
            terminal.wait_for("[y/N]")
            terminal.send(ENTER)
        assert terminal.wait_exit() == 0, terminal.text
        return terminal.text


def _only_colours(text: str) -> None:
    """Check that no sequence is there but colours and those that clear the line of progress."""
    left = re.sub(r"\x1b\[[0-9;]*m|\r\x1b\[K", "", text)
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", left)


def _newsboat(folder: Path, title: str) -> Path:
    items = [
        {"guid": f"g{n}", "title": f"{title}{n}", "feedurl": f"https://f{n}.example/"}
        for n in range(3)
    ]
    make_cache(folder / "cache.db", items, title=title)
    return folder


def test_a_long_import_shows_its_progress(user: User) -> None:
    folder = _newsboat(user.home / "nb", "T")
    text = _shown(user, "import", "newsboat", str(folder), impatient=True)
    assert "Articles of newsboat: 3 …" in text
    assert re.search(r"\r\x1b\[K.*newsboat articles: .*3 imported", text, re.DOTALL)
    _only_colours(text)
    text = _shown(user, "export", "--to", "all.html", impatient=True)
    assert "Writing 1 of 3 …" in text
    assert text.rstrip().endswith("Wrote 3 articles to all.html.")
    _only_colours(text)


def test_somebody_who_does_not_wait_sees_no_progress(user: User) -> None:
    (user.home / "a.md").write_text("# A\n")
    text = _shown(user, "import", "a.md")
    assert "…" not in text
    assert "Markdown files: " in text


def test_nothing_of_what_is_imported_steers_the_terminal(user: User) -> None:
    folder = _newsboat(user.home / "nb", EVIL)
    queries = f'"query:{EVIL}Q:{EVIL}"\n"query:N:title =~ \\"{EVIL}\\""\n'
    (folder / "urls").write_text(f"exec:{EVIL}\n{EVIL}\n{queries}")
    (folder / "config").write_text(f"{EVIL} x\nbind-key j {EVIL}\ndefine-filter {EVIL} {EVIL}\n")
    (folder / f"{EVIL}.bin").write_bytes(b"\0")
    (folder / f"{EVIL}.md").write_text(f"# {EVIL}\n")
    for arguments in (
        ("import", "newsboat", "nb"),
        ("import", "newsboat", "nb", "--json"),
        ("import", "nb", "--dry-run"),
        ("export", "--to", "-", "--format", "html", "--title", EVIL),
        ("export", "--to", "-", "--format", "atom", "--title", EVIL),
        ("export", "--to", "-", "--format", "jsonl"),
    ):
        asks = arguments == ("import", "newsboat", "nb")  # about the command in `urls`
        _only_colours(_shown(user, *arguments, asks=asks))


def test_a_book_is_not_poured_over_a_terminal(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "text")
    argv = rilo("export", "--to", "-", "--format", "epub", "--library", str(user.library))
    with Terminal(argv, home=user.home) as terminal:
        assert terminal.wait_exit() == 2
        assert "cannot be shown in a terminal" in terminal.text
        assert "PK" not in terminal.text
