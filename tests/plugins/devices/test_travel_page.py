"""docs/travel.md: each of its examples works as it stands, in a new home."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from rilo_reader.plugins.devices.segments import SEALED_FROM_BYTES
from tests.support.pages import PageHome, examples_of, page

PAGE = page("travel.md")
EXAMPLES = examples_of(PAGE)
WITH_GIT = [text for text in EXAMPLES if "git " in text]
ARTICLE = "---\ntitle: Ivory\nlink: https://example.org/a\n---\n\nHorn.\n"


class Home(PageHome):
    """A new user's home, with a library and a stick; another library is a git repository."""

    def __init__(self, home: Path) -> None:
        self.stick = home / "stick"
        super().__init__(home, {"/media/stick": str(self.stick)})
        for who in ("AUTHOR", "COMMITTER"):
            self.environment[f"GIT_{who}_NAME"] = "Test"
            self.environment[f"GIT_{who}_EMAIL"] = "test@example.org"
        self.articles = home / ".local" / "share" / "rilo-reader" / "articles"
        self.articles.mkdir(parents=True)
        (self.articles / "a.md").write_text(ARTICLE, encoding="utf-8")
        self.stick.mkdir()
        # As many people have it.
        ignore = home / ".config" / "git" / "ignore"
        ignore.parent.mkdir(parents=True)
        ignore.write_text("*.log\n")

    def clone(self) -> None:
        """Make the library a clone of a repository."""
        self.run(
            "git init -q --bare -b main origin && git clone -q origin library && cd library\n"
            "git commit -q --allow-empty -m Begin && git push -q origin HEAD:main"
        )
        (self.home / "library" / "a.md").write_text(ARTICLE, encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 10
    assert len(WITH_GIT) == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a shell of Unix")
@pytest.mark.parametrize("example", [text for text in EXAMPLES if text not in WITH_GIT])
def test_an_example_works(home: Home, example: str) -> None:
    if "cp -ru" in example and sys.platform == "darwin":
        pytest.skip("a Mac's cp has no -u, as the page says")
    # A stick that was used before.
    (home.stick / "rilo").mkdir()
    out = home.run(example)
    assert "Sync is on" in out
    assert not list(home.articles.glob(".rilo")) or "--folder" not in example
    if "stick" in example:
        assert list(home.stick.rglob("00000001.log"))


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_git_carries_marks_as_the_page_says(home: Home) -> None:
    home.clone()
    once, often = WITH_GIT
    home.run(once)
    home.run(often)
    files = home.run("git -C origin ls-tree -r --name-only main").splitlines()
    assert [file for file in files if re.fullmatch(r"\.rilo/marks/[^/]+/00000001\.log", file)]
    # Another clone of it: what one does is on the other.
    second = Home(home.home / "second")
    second.run("git clone -q ../origin library")
    second.run(once)
    home.run(often)
    status = home.run("rilo-reader sync status --library library")
    assert status.count(": this device") == 1
    assert len(status.splitlines()) == 3


def test_numbers_of_the_page_are_those_of_the_program() -> None:
    assert SEALED_FROM_BYTES == 1 << 20
    assert "closed at 1 MB" in PAGE


def test_the_page_on_servers_says_the_same_of_a_folder() -> None:
    row = re.compile(r"^\| syncs .*\|$", re.MULTILINE)
    assert row.findall(page("services.md")) == row.findall(PAGE) != []
