"""The program without the extra `pages`, in processes of its own: what it says, and what works."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from rilo_reader.extras import PAGES
from tests.feeds.world import PAGE, rss
from tests.support.command_line import User
from tests.support.extras import environment_without
from tests.support.servers import serving
from tests.support.terminal import config_file

pytestmark = pytest.mark.slow

HTML = {"Content-Type": "text/html"}
SENTENCE = 'Whole pages need the extra "pages": '
COMMAND = '[pages]"'


@pytest.fixture
def plain(tmp_path: Path) -> Mapping[str, str]:
    return {**environment_without(PAGES, tmp_path / "plain"), "NO_PROXY": "*"}


def test_add_says_what_to_install_and_keeps_the_page_once_it_is_there(
    user: User, plain: Mapping[str, str]
) -> None:
    link = b"<link rel=alternate type=application/rss+xml title=News href=/feed></head>"
    with serving() as server:
        url = server.page("/page", PAGE, headers=HTML)
        with_feed = server.page("/site", PAGE.replace(b"</head>", link), headers=HTML)
        feed = server.page("/feed", rss("One", "Two"))
        for arguments in (("--page", url), (url,)):
            done = user.spawn("add", *arguments, env=plain)
            assert (done.returncode, done.stdout) == (1, b"")
            [line] = done.stderr.decode().splitlines()
            assert line.count(SENTENCE) == 1
            assert line.endswith(COMMAND)
        lines = user.spawn("add", "--look", "--json", with_feed, env=plain).stdout.splitlines()
        looked = json.loads(lines[-1])
        assert [each["url"] for each in looked["feeds"]] == [feed]
        assert looked["page"] is None
        assert looked["problem"].startswith(SENTENCE)
        done = user.spawn("add", "--feed", "--full-text", with_feed, env=plain)
        said = done.stdout.decode()
        assert said.startswith(f"You follow A Feed ({feed}): 2 new articles. {SENTENCE}")
        done = user.spawn("refresh", env=plain)
        assert (done.returncode, done.stderr.decode().count(SENTENCE)) == (0, 1)
        assert user.spawn("refresh", "--quiet", env=plain).stderr == b""
        assert b"1 feed with full_text" in user.spawn("doctor", env=plain).stdout
        assert "full_text = true" in config_file(user.home, "feeds.toml").read_text()
        user.run("add", "--page", url).says("One: saved as ")
        user.run("add", feed)
        path = next(user.library.rglob("*Two*.md"), next(user.library.rglob("*two*.md")))
        into = str(path.relative_to(user.library))
        done = user.spawn("add", "--page", url, "--into", into, env=plain)
        assert (done.returncode, done.stderr.decode().count(SENTENCE)) == (1, 1)


def test_an_import_of_saved_pages_says_it_once_and_takes_the_rest(
    user: User, plain: Mapping[str, str]
) -> None:
    folder = user.home / "saved"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.html").write_bytes(PAGE.replace(b"One", name.encode()))
    (folder / "note.md").write_text("# A note\n\nWords.\n")
    done = user.spawn("import", str(folder), env=plain)
    said = done.stdout.decode()
    assert done.returncode == 1
    assert "Markdown files: 1 imported." in said
    assert "files that cannot be imported: 3 left out." in said
    assert said.count(SENTENCE) == 1
    assert "web pages: 3 imported." in user.run("import", str(folder)).out
