"""Articles to and from a server that answers as wallabag does."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rilo_later.places import find_place

from rilo_reader.library import ArticleId
from rilo_reader.query import parse
from rilo_reader.testing import Home, make_home

LOGIN = ["client", "secret", "ana", "pass"]
PRINT_LOGIN = shlex.join([sys.executable, "-c", f"print(*{LOGIN}, sep='\\n')"])
PAGE = "<h2>Ports</h2><p>A <em>quiet</em> week.</p><p>Nothing was seized &amp; sold.</p>"


class Server(ThreadingHTTPServer):
    """Some of wallabag's API: tokens, entries page by page, annotations."""

    def __init__(self) -> None:
        self.entries: dict[int, dict[str, Any]] = {}
        self.annotations: list[dict[str, Any]] = []
        self.is_broken = False
        super().__init__(("127.0.0.1", 0), Handler)

    def add(self, url: str, title: str, **more: object) -> dict[str, Any]:
        number = len(self.entries) + 1
        self.entries[number] = {
            "id": number, "url": url, "title": title, "content": PAGE, "is_archived": 0,
            "is_starred": 0, "tags": [], "domain_name": "a.example", "language": "en_GB",
            "created_at": "2026-03-01T10:00:00+0100",
            "updated_at": f"2026-03-0{number}T10:00:00+0100",
            "published_at": None, "published_by": ["Desk", ""],
        } | more  # fmt: skip
        return self.entries[number]


class Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        length = int(self.headers.get("Content-Length", 0))
        sent = json.loads(self.rfile.read(length) or b"{}")
        place, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        status, reply = self.find_reply(server, place.path, query, sent)
        data = b"<html>" if server.is_broken else json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815

    def find_reply(
        self, server: Server, path: str, query: dict[str, list[str]], sent: dict[str, Any]
    ) -> tuple[int, object]:
        if path == "/oauth/v2/token":
            names = ("client_id", "client_secret", "username", "password")
            is_right = [sent.get(name) for name in names] == LOGIN
            return (200, {"access_token": "t0k"}) if is_right else (400, {"error": "invalid_grant"})
        if self.headers.get("Authorization") != "Bearer t0k":
            return 401, {}
        kind, _, number = path.removeprefix("/api/").removesuffix(".json").partition("/")
        if kind == "annotations":
            server.annotations.append({"entry": int(number), **sent})
            return 200, sent
        if number == "exists":
            known = {entry["url"] for entry in server.entries.values()}
            return 200, {"exists": query["url"][0] in known}
        if self.command == "POST":
            tags = [{"label": tag} for tag in sent["tags"].split(",") if tag]
            return 200, server.add(sent["url"], sent["title"], tags=tags)
        if self.command == "DELETE":
            return 200, server.entries.pop(int(number))
        if number:
            return 200, server.entries[int(number)]
        since = datetime.fromtimestamp(int(query["since"][0]), UTC)
        changed = [
            entry
            for entry in server.entries.values()
            if datetime.fromisoformat(entry["updated_at"]) > since
        ]
        page = int(query["page"][0])  # two entries each, whatever is asked for
        items = changed[2 * page - 2 : 2 * page]
        return 200, {"pages": -(-len(changed) // 2) or 1, "_embedded": {"items": items}}

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Iterator[Home]:
    url = f'later_url = "http://127.0.0.1:{server.server_port}"\nlater_private = true\n'
    login = f"later_login_command = {json.dumps(PRINT_LOGIN)}\n"
    with make_home(tmp_path, ["rilo_later"], url + login) as home:
        home.write(
            "mine.md", "+++\nurl = 'https://a.example/mine'\n+++\n\n# Mine\n\nA quiet week.\n"
        )
        yield home


def test_what_was_saved_comes_with_tags_and_state(home: Home, server: Server) -> None:
    server.add("https://a.example/1", "One: a story", tags=[{"label": "ports"}], is_starred=1)
    server.add("https://a.example/mine", "Mine", is_archived=1)
    server.add("https://a.example/3", "Three")
    done = home.run("later")
    assert (done.stdout, done.stderr) == ("2 from wallabag, 0 highlights sent.\n", "")
    with home.open_library() as library:
        [one] = library.search.window(parse("tag:ports is:starred seized")).rows
        assert (one.title, one.path) == ("One: a story", "later/1-one-a-story.html")
        assert "Nothing was seized & sold." in library.article(one.id).body
        [mine] = library.search.window(parse("is:read")).rows
        assert mine.path == "mine.md"
        library.state.set_starred([one.id], False)
    server.entries[3] |= {"is_archived": True, "updated_at": "2026-03-09T10:00:00+0100"}
    assert home.run("later").stdout == "0 from wallabag, 0 highlights sent.\n"
    server.entries[1] |= {"is_archived": 1, "updated_at": "2026-03-09T10:00:00+0100"}
    home.run("later")  # which changed in the same second, but later
    with home.open_library() as library:
        assert {row.title for row in library.search.window(parse("is:read")).rows} == {
            *("One: a story", "Mine", "Three")
        }
        assert library.search.count(parse("is:starred")) == 0  # as it was changed here


def test_highlights_are_sent_once_with_their_place(home: Home, server: Server) -> None:
    server.add("https://a.example/1", "One")
    home.run("later")
    line = {"id": "https://a.example/1", "path": "x.md", "body": "x", "head": ""}
    made = [
        {"id": "aaaaaaaa", "exact": "quiet week. Nothing", "note": "True?"},
        {"id": "bbbbbbbb", "exact": "no such words"},
    ]
    file = home.library.parent / "marks.jsonl"
    file.write_text(json.dumps({**line, "highlights": made}), "utf-8")
    assert home.run("import", str(file)).returncode == 0
    with home.open_library() as library:
        assert len(library.highlights(ArticleId("https://a.example/1"))) == 2
    said = "0 from wallabag, 1 highlights sent, 1 not found in its texts.\n"
    assert home.run("later").stdout == said
    assert server.annotations == [
        {
            "entry": 1, "quote": "quiet week. Nothing", "text": "True?",
            "ranges": [{"start": "/p[1]/em[1]", "startOffset": "0",
                        "end": "/p[2]", "endOffset": "7"}],
        }
    ]  # fmt: skip
    assert home.run("later").stdout == said.replace("1 highlights", "0 highlights")


@pytest.mark.parametrize(
    ("html", "quote", "place"),
    [
        (PAGE, "seized & sold", ("/p[2]", 12, "/p[2]", 25)),
        ("<p>a<br>b <b>c</b> d", "b c d", ("/p[1]", 1, "/p[1]", 6)),
        ("</p><p>x</div>y", "y", ("/p[1]", 1, "/p[1]", 2)),
        ("<p>x", " ", None),
        ("", "x", None),
    ],
)
def test_places(html: str, quote: str, place: tuple[str, int, str, int] | None) -> None:
    found = find_place(html, quote)
    names = ("start", "startOffset", "end", "endOffset")
    assert found == (place and dict(zip(names, map(str, place), strict=True)))


def test_what_goes_wrong_says_what_to_do(home: Home, server: Server) -> None:
    server.is_broken = True
    assert "something else than JSON; see later_url" in home.run("later").stderr
    LOGIN.append(LOGIN.pop(0))
    try:
        server.is_broken = False
        assert "refuses the login; see later_login_command" in home.run("later").stderr
    finally:
        LOGIN.insert(0, LOGIN.pop())
    server.shutdown()
    server.server_close()
    assert "wallabag cannot be asked" in home.run("later").stderr


async def test_what_is_there_already_is_not_removed_by_undo(home: Home, server: Server) -> None:
    server.add("https://a.example/mine", "Mine")
    async with home.open_reader() as reader:
        await reader.press("f6")
        await reader.wait_for("This article is in wallabag already.")
        await reader.press("u")
        await reader.wait_for("There is nothing to undo.")
    assert len(server.entries) == 1


async def test_the_open_article_is_saved_and_removed_again(home: Home, server: Server) -> None:
    async with home.open_reader() as reader:
        await reader.press("f6")
        await reader.wait_for("Saved for later: Mine")
        assert server.entries[1]["url"] == "https://a.example/mine"
        await reader.press("u")
        await reader.wait_for("Removed from wallabag.")
        assert server.entries == {}
        await reader.press("f7")
        await reader.wait_for("0 from wallabag")
