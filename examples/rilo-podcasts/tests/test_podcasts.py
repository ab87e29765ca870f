"""Episodes of a podcast, from a real server, heard in mpv or in what answers as mpv does."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rilo_podcasts.download import Download, part_of
from rilo_podcasts.player import Player

from rilo_reader.library import LibraryError
from rilo_reader.query import parse
from rilo_reader.testing import Home, make_home

SOUND = bytes(range(256)) * 40
FAKE = shlex.join([sys.executable, str(Path(__file__).with_name("fake_mpv.py"))])
REAL = "mpv --no-config --ao=null --no-video"
ARTICLE = """+++
id = "one"
title = "Episode one"
source = "Harbour talk"
enclosures = [ {{ url = "{url}", type = "audio/mpeg", bytes = 10240, seconds = 40 }} ]
+++

Notes.
"""


class Server(ThreadingHTTPServer):
    """Serves a sound by parts, or whole."""

    sound, tag, has_parts = SOUND, '"1"', True

    def __init__(self) -> None:
        self.ranges: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/one.mp3"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        asked, data, total = self.headers.get("Range", ""), server.sound, len(server.sound)
        server.ranges.append(asked)
        if asked and server.has_parts:
            first, last = map(int, asked.removeprefix("bytes=").split("-"))
            data = data[first : last + 1]
            self.send_response(206 if data else 416)
            self.send_header("Content-Range", f"bytes {first}-{first + len(data) - 1}/{total}")
        else:
            self.send_response(200)
        self.send_header("ETag", server.tag)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def download(server: Server, file: Path) -> Download:
    return Download(server.url, file, is_private_allowed=True)


def test_a_download_goes_on_where_it_was_stopped(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "one.mp3"
    part_of(file).write_bytes(SOUND[:5000])
    part_of(file).with_suffix(".version").write_text('"1"')
    again = download(server, file)
    assert again.run(3000)
    assert (file.read_bytes(), again.size) == (SOUND, len(SOUND))
    assert server.ranges == ["bytes=5000-7999", "bytes=8000-10999"]
    assert [each.name for each in tmp_path.iterdir()] == ["one.mp3"]


def test_another_file_at_its_address_is_downloaded_from_its_beginning(
    server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "one.mp3"
    part_of(file).write_bytes(b"old" * 999)
    part_of(file).with_suffix(".version").write_text('"0"')
    assert download(server, file).run(4096)
    assert file.read_bytes() == SOUND


@pytest.mark.parametrize("piece", [len(SOUND), len(SOUND) - 1, len(SOUND) + 1, 512])
@pytest.mark.parametrize("has_parts", [True, False])
def test_pieces_of_any_size(server: Server, tmp_path: Path, piece: int, has_parts: bool) -> None:
    server.has_parts = has_parts
    assert download(server, tmp_path / "one.mp3").run(piece)
    assert (tmp_path / "one.mp3").read_bytes() == SOUND


def test_an_address_of_ones_own_network_is_refused(server: Server, tmp_path: Path) -> None:
    refused = Download(server.url, tmp_path / "one.mp3", is_private_allowed=False)
    with pytest.raises(LibraryError, match="one was not downloaded"):
        refused.run()
    assert server.ranges == []


def test_mpv_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no-mpv cannot be run"):
        Player().play("url", "file", 0.0, "no-mpv")
    with pytest.raises(LibraryError, match="mpv ended at once"):
        Player().play("url", "file", 0.0, f"{sys.executable} -c pass")


@pytest.mark.parametrize("command", [FAKE, REAL])
def test_what_is_heard_to_its_end_begins_anew(tmp_path: Path, command: str) -> None:
    if not shutil.which(shlex.split(command)[0]):
        pytest.skip("mpv is not here")
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x80" * 8000 * 40)
    player = Player()
    assert player.play("url", str(tmp_path / "a.wav"), 39.0, command) == 0
    threading.Timer(0.2, player.quit).start()
    assert player.play("url", str(tmp_path / "a.wav"), 5.0, command) >= 5.0


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Iterator[Home]:
    settings = f'podcast_private = true\npodcast_folder = "{tmp_path}/pods"\n'
    with make_home(tmp_path, ["rilo_podcasts"], f"{settings}podcast_player = '{FAKE}'\n") as home:
        home.write("one.md", ARTICLE.format(url=server.url))
        home.write("two.md", "# Nothing to hear\n")
        yield home


async def test_episodes_are_listed_downloaded_and_heard(
    home: Home, server: Server, tmp_path: Path
) -> None:
    with home.open_library() as library:
        assert library.search.count(parse("has:audio")) == 1
    async with home.open_reader() as reader:
        await reader.press("f8")
        await reader.wait_for("0:00:40")
        assert "Harbour talk" in reader.text
        await reader.press("d")
        await reader.wait_for("downloaded")
        [file] = (tmp_path / "pods").iterdir()
        assert file.read_bytes() == SOUND
        await reader.press("enter")
        await reader.wait_for("playing at")
        await reader.press("enter")
        await reader.wait_for("paused at")
        await reader.press("x")
        await reader.wait_for("heard to 0:")
        await reader.press("x")
        await reader.wait_for("is removed")
    [left] = json.loads(next(tmp_path.rglob("podcasts.json")).read_text()).values()
    assert 0 < left < 40
