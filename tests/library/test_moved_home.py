"""A home that is copied to another name answers as before (`tools.judge.moved_home` does more)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from tools.judge.moved_home import Home, Journey, furnish, prove, serve_feed

from tests.support.examples import sample
from tests.support.servers import serving

JOURNEYS = (
    Journey("deep/er/news", ("a", "b", "a"), False, False, False, ("undo",)),
    Journey("", ("a", "b"), True, False, True, ("refresh", "--force", "--json")),
)


@pytest.mark.slow
@pytest.mark.timeout(900)  # a hundred commands, each a process of its own
@pytest.mark.skipif(sys.platform == "win32", reason="homes of XDG folders")
@pytest.mark.parametrize("journey", sample(JOURNEYS, 1))
def test_a_home_answers_as_before(tmp_path: Path, journey: Journey) -> None:
    assert prove([journey], tmp_path) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="homes of XDG folders")
def test_without_the_articles_no_command_writes(tmp_path: Path) -> None:
    old, new = Home(tmp_path / "old"), Home(tmp_path / "new")
    with serving() as server:
        serve_feed(server, 9)
        furnish(old, server, "")
        old.folder.rename(new.folder)
        articles = new.folder / "data" / "rilo-reader" / "articles"
        articles.rename(tmp_path / "articles")
        for command in (("refresh",), ("add", server.url("/one")), ("undo",), ("list",)):
            code, _, err = new.run(*command)
            assert (code, "Copy the articles there first" in err) == (1, True), (command, err)
        assert "Copy the articles there first" in new.run("doctor")[1]
        assert not articles.exists()
        shutil.move(tmp_path / "articles", articles)
        assert '"new":0' in new.run("refresh", "--force", "--json")[1].replace(" ", "")
