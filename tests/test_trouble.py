"""Every message on the pages of trouble is one that the program prints."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.paths import marks_file, user_paths
from tests.support.command_line import User
from tests.support.plugins import every_plugin
from tests.support.servers import serving
from tests.support.terminal import config_file

DOCS = Path(__file__).parent.parent / "docs"


def _messages(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```text\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)


def _have_trouble(user: User) -> str:
    """Return what the program says to somebody who has all the trouble there is."""
    said: list[str] = []

    def say(*arguments: str, library: str = "") -> None:
        outcome = user.run(*arguments, *(("--library", library) if library else ()))
        said.extend((outcome.out, outcome.err))

    say()
    say("list")  # the guide
    with serving() as server:
        server.page("/refusing", status=403)
        server.page("/busy", status=429)
        server.page("/page", b"<html><body><p>Hello</p></body></html>")
        addresses = [server.url(path) for path in ("/refusing", "/missing", "/busy", "/page")]
        addresses += ["http://127.0.0.1:1/feed", "http://nowhere.invalid/feed"]
        for address in addresses:
            say("add", address)
        lines = "".join(f'[[feeds]]\nurl = "{address}"\n\n' for address in addresses)
        config_file(user.home, "feeds.toml").write_text(lines)
        (user.home / "list.opml").write_text(
            '<opml version="2.0"><body><outline xmlUrl="http://10.0.0.1/feed"/></body></opml>'
        )
        say("import", "list.opml")
        say("refresh", "--force")
    user.write("a.md", "A word.\n")
    say("undo")
    say("undo", library="library")
    say("search", "tittle:word")
    say("list", library="nowhere")
    (user.home / "own").mkdir()
    (user.home / "own" / "a.md").write_text("A word.\n")
    say("list", library="own")
    (user.home / "own" / "a.md").unlink()
    say("list", library="own")
    user.settings('widht = 3\n\n[[mutes]]\nquery = "word"\n')
    said.append(user.show("search", "word"))
    say("search", "word", library="library")
    say("export", "nothing", "--to", "a.epub")
    user.settings("folders = 3\n")
    say("mark", "star", "a.md")
    user.settings("")
    (user.home / "a.txt").write_text("A word.\n")
    say("import", "a.txt")
    say("restore", "a.txt")
    say("sync", "on", "--folder", str(user.home / "synced"))
    (user.home / "synced" / "marks").rename(user.home / "gone")
    say("sync", "now")
    with closing(sqlite3.connect(marks_file(user.library, user_paths()))) as marks:
        marks.execute("PRAGMA user_version = 9999")
    say("list")
    return " ".join(" ".join(said).split())


@pytest.mark.slow
@every_plugin
def test_every_message_on_the_page_is_printed(user: User) -> None:
    said = _have_trouble(user)
    messages = [*_messages("trouble.md"), *_messages("upgrade.md")]
    assert len(messages) > 20
    missing = [
        message
        for message in messages
        if not re.search(re.escape(" ".join(message.split())).replace("…", ".+"), said, re.I)
    ]
    assert missing == [], said
