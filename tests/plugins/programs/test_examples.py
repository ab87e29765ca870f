"""Each example of docs/hooks.md does what it says, with stand-ins for its programs in PATH."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.config import load
from rilo_reader.library import open_library
from rilo_reader.plugins.programs.jobs import open_command_job
from rilo_reader.plugins.programs.settings import ProgramInput, ProgramOutput, ProgramSettings
from rilo_reader.process import Process, ProgramOutcome
from tests.feeds.world import rss
from tests.support.command_line import User
from tests.support.reader import paths_in
from tests.support.servers import Asked, Page, serving
from tests.support.terminal import config_file

PAGE = next(
    page for folder in Path(__file__).parents if (page := folder / "docs" / "hooks.md").exists()
)
EXAMPLES = "\n".join(re.findall(r"^```toml\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S))
PROGRAMS = ("wc", "espeak-ng", "mpv", "trans", "llm", "monolith", "apprise", "less", "notify-send")
ARTICLE = """+++
title = "Ivory; $(touch x) seized"
date = 2024-05-01
url = "https://news.example/ivory"
+++

Some *words*.

- [talk.mp3](<https://cdn.example/talk.mp3>) (audio/mpeg, 5.0 MB)
"""
TEXT = "Ivory; $(touch x) seized\n\nSome words.\n\ntalk.mp3 (audio/mpeg, 5.0 MB)\n"
TITLE = "Ivory; $(touch x) seized"


def stand_ins(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Programs that write down what they got, a JSON line each; `jq` prints what it was asked."""
    log, programs = folder / "log", folder / "bin"
    programs.mkdir()
    code = (
        f"#!{sys.executable}\nimport json, os, sys\n"
        "name, given = os.path.basename(sys.argv[0]), sys.stdin.read()\n"
        "line = {'program': name, 'arguments': sys.argv[1:], 'input': given}\n"
        f"open({os.fspath(log)!r}, 'a').write(json.dumps(line) + '\\n')\n"
        "for each in given.splitlines() if name == 'jq' else ['done']:\n"
        "    print(json.loads(each)['title'] if name == 'jq' else each)\n"
    )
    for name in (*PROGRAMS, "jq"):
        (programs / name).write_text(code, "utf-8")
        (programs / name).chmod(0o755)
    patch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return log


def calls(log: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return {line["program"]: (line["arguments"], line["input"]) for line in lines}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> ProgramSettings:
    """All examples in one file."""
    file = tmp_path_factory.mktemp("examples") / "settings.toml"
    file.write_text(EXAMPLES, "utf-8")
    found, problems = load(file)
    assert problems == ()
    return found.plugin_values(ProgramSettings)


WANTED: dict[str, tuple[str, list[str], str]] = {
    "Count words": ("wc", ["-w"], TEXT),
    "Read aloud": ("espeak-ng", ["--stdin"], TEXT),
    "Listen": ("mpv", ["--", "https://cdn.example/talk.mp3"], ""),
    "Translate": ("trans", ["-brief", ":en"], TEXT),
    "Summarise": (
        *("llm", ["--system", "Summarise this article in three sentences."]),
        ARTICLE.partition("+++\n\n")[2].join((f"# {TITLE}\n\n", "")),
    ),
    "Archive": ("monolith", ["--output", "HOME/archive/N.html", "https://news.example/ivory"], ""),
    "Send": ("apprise", [f"--title={TITLE}", "--body=https://news.example/ivory"], ""),
    "Pager": ("less", [], TEXT),
}


SAVED: dict[str, tuple[str, dict[str, str], list[tuple[str, str, object]]]] = {
    "Save to Readeck": (
        "/api/bookmarks",
        {"readeck": 'header = "Authorization: Bearer KEY"'},
        [("POST", "/api/bookmarks", {"url": "https://news.example/ivory", "title": TITLE})],
    ),
    "Save to Karakeep": (
        "/api/v1/bookmarks",
        {"karakeep": 'header = "Authorization: Bearer KEY"'},
        [
            (
                *("POST", "/api/v1/bookmarks"),
                {"type": "link", "url": "https://news.example/ivory", "title": TITLE},
            )
        ],
    ),
    "Save to linkding": (
        "/api/bookmarks/",
        {"linkding": 'header = "Authorization: Token KEY"'},
        [("POST", "/api/bookmarks/", {"url": "https://news.example/ivory", "title": TITLE})],
    ),
    "Save to Zotero": (
        "/users/7/items",
        {"zotero": 'header = "Zotero-API-Key: KEY"'},
        [
            (
                *("POST", "/users/7/items"),
                [
                    {
                        **{"itemType": "webpage", "title": TITLE, "date": "2024-05-01"},
                        **{"url": "https://news.example/ivory", "websiteTitle": ""},
                    }
                ],
            )
        ],
    ),
    "Save to wallabag": (
        "/api/entries.json",
        {"wallabag-login": 'data = "grant_type=password&username=me"', "wallabag": ""},
        [
            ("POST", "/oauth/v2/token", "grant_type=password&username=me"),
            ("POST", "/api/entries.json", "url=https%3A%2F%2Fnews.example%2Fivory"),
        ],
    ),
    "Save with Miniflux": (
        "",
        {"miniflux": 'header = "X-Auth-Token: KEY"'},
        [
            ("GET", "/v1/entries?search=Ivory; $(touch x) seized", ""),
            ("POST", "/v1/entries/12/save", ""),
        ],
    ),
}
"""By command: the path of its server, its files for curl, and what the server is asked."""

ANSWERS: dict[str, object] = {
    "/oauth/v2/token": {"access_token": "KEY"},
    "/v1/entries": {
        "entries": [
            {"id": 11, "url": "https://news.example/other"},
            {"id": 12, "url": "https://news.example/ivory"},
        ]
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SAVED))
def test_articles_are_saved_elsewhere(
    programs: ProgramSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, files, wanted = SAVED[name]
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    folder, news = tmp_path / ".config" / "curl", tmp_path / "news"
    folder.mkdir(parents=True)
    news.mkdir()
    (news / "a.md").write_text(ARTICLE, "utf-8")
    [command] = [each for each in programs.commands if each.name == name]
    with serving() as server, open_library(news, paths_in(tmp_path)) as library:

        def answer(asked: Asked) -> Page:
            return Page(json.dumps(ANSWERS.get(asked.path.partition("?")[0], {})).encode())

        server.answer(answer)
        for file, text in files.items():
            at = "/oauth/v2/token" if file.endswith("-login") else path
            address = f'url = "{server.url(at)}"\n' if at else ""
            (folder / file).write_text(f"{address}{text}\n", "utf-8")
        line = command.run[0].replace("https://miniflux.example.org", server.url(""))
        for _ in library.follower.reconcile():
            pass
        ready = command._replace(run=(line,))
        with open_command_job(library, ready, ArticleId("https://news.example/ivory")) as job:
            assert Process(job).run() == ProgramOutcome("")
        asked = server.asked
    said = [(each.method, unquote_plus(each.path), _body(each.body)) for each in asked]
    assert said == wanted
    assert "KEY" in str(asked[-1].headers.values())


def _body(data: bytes) -> object:
    text = data.decode()
    return json.loads(text) if text.startswith(("{", "[")) else text


def test_every_example_is_tried(programs: ProgramSettings) -> None:
    assert [command.name for command in programs.commands] == [*WANTED, *SAVED]
    assert [hook.name for hook in programs.on_new] == ["Notice", "Tell the team"]


@pytest.mark.slow
def test_commands_of_the_page(
    programs: ProgramSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_ins(tmp_path, monkeypatch)
    monkeypatch.setenv("HOME", "HOME")
    news = tmp_path / "news"
    news.mkdir()
    (news / "a.md").write_text(ARTICLE, "utf-8")
    with open_library(news, paths_in(tmp_path)) as library:
        for _ in library.follower.reconcile():
            pass
        for command in programs.commands[: len(WANTED)]:
            with open_command_job(library, command, ArticleId("https://news.example/ivory")) as job:
                outcome = Process(job).run()
            assert outcome == ProgramOutcome("" if command.output is ProgramOutput.NONE else "done")
            program, arguments, given = WANTED[command.name]
            got, read = calls(log)[program]
            assert [re.sub(r"\d{9,}", "N", word) for word in got] == arguments
            assert read == given
            assert (command.input is ProgramInput.NONE) is (not given)


@pytest.mark.slow
def test_programs_of_the_page_hear_of_what_is_new(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_ins(tmp_path, monkeypatch)
    user.settings(EXAMPLES)
    with serving() as server:
        server.page("/feed", rss("Wildlife", "Football").replace(b"A Feed", b"RILO"))
        config_file(user.home, "feeds.toml").write_text(
            f'[[feeds]]\nurl = "{server.url("/feed")}"\n'
        )
        assert user.run("refresh", "--quiet")[::2] == (0, "")
    found = calls(log)
    assert found["notify-send"][0] == ["--", "New articles", "Wildlife"]
    arguments, given = found["apprise"]
    assert arguments == ["--title=New at RILO"]
    assert sorted(given.splitlines()) == ["Football", "Wildlife"]
