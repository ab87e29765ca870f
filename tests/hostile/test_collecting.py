"""Hostile feeds all the way: from a server, through `refresh`, to the terminal and to the disk."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

import pytest

from rilo_reader.text import clean_line
from tests.support.hostile import UNWANTED
from tests.support.hostile_feeds import NAMES, bombs, fill, page, rss
from tests.support.servers import Asked, Page, Server, send, serving
from tests.support.terminal import Terminal, config_file, keep_as_first, rilo, run_piped
from tests.support.verdict import faults_in_command

pytestmark = pytest.mark.slow

RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE
)


class Place(NamedTuple):
    """Somebody who follows hostile feeds."""

    home: Path
    server: Server
    urls: list[str]
    page: str

    @property
    def library(self) -> Path:
        """Where their articles are put."""
        return self.home / "deep" / "down" / "library"


def followed_by(home: Path, urls: list[str]) -> None:
    """Write feeds.toml."""
    file = config_file(home, "feeds.toml")
    file.write_text("".join(f"[[feeds]]\nurl = {json.dumps(url)}\n\n" for url in urls))
    library = home / "deep" / "down" / "library"
    library.mkdir(parents=True)
    keep_as_first(library, home)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("hostile") / "home"
    with serving() as server:
        urls, address = fill(server), page(server)
        followed_by(home, urls)
        yield Place(home, server, urls, address)


@pytest.fixture(scope="module")
def refreshed(place: Place) -> str:
    """What a first refresh printed into pipes."""
    return piped(place, "refresh")


def piped(place: Place, *arguments: str) -> str:
    """Run a verb into pipes; returns what it printed once it is judged."""
    done = run_piped(rilo(*arguments, "--library", str(place.library)), place.home)
    for output in (done.stdout, done.stderr):
        assert faults_in_command(output, terminal=False) == []
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


def test_a_refresh_prints_nothing_hostile(place: Place, refreshed: str) -> None:
    assert "404" in refreshed
    assert "mark000x" in refreshed
    files = {file: file.read_bytes() for file in place.library.rglob("*.md")}
    texts = [content.decode() for content in files.values()]
    assert [text for text in texts if UNWANTED.search(text)] == []
    port = place.server.port
    named = sum("name" in text and f"{port}/name" in text for text in texts)
    assert named == len(NAMES) * (len(NAMES) + 5)
    for form in ("json", "rss"):
        assert sum(f"{port}/{form}" in text for text in texts) > 40
    printed = piped(place, "refresh", "--force", "--json") + piped(place, "feeds", "--json")
    for line in printed.splitlines():
        assert not UNWANTED.search(json.dumps(json.loads(line), ensure_ascii=False)), line
    assert "mark000x" in piped(place, "feeds")
    assert "mark003x" in piped(place, "search", "mark003x")
    assert {file: file.read_bytes() for file in place.library.rglob("*.md")} == files


def test_every_file_has_a_name_that_every_system_takes(place: Place, refreshed: str) -> None:
    seen: dict[str, Path] = {}
    for file in place.library.rglob("*"):
        relative = file.relative_to(place.library)
        assert len(str(relative).encode()) < 400
        for part in relative.parts:
            assert not UNWANTED.search(part)
            assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', part), part
            assert not RESERVED.fullmatch(part), part
            assert part == part.strip(" .-~"), part
            assert len(part.encode()) <= 200, part
            assert part == unicodedata.normalize("NFC", part), part
            assert part not in ("node_modules", "_site"), part
        assert file.is_dir() or file.suffix == ".md"
        assert not file.is_symlink()
        # One where case or accents do not count would be another's.
        key = unicodedata.normalize("NFKD", str(relative).casefold())
        assert seen.setdefault(key, file) == file
    # Nothing was written elsewhere.
    assert {entry.name for entry in place.home.parent.iterdir()} == {"home"}
    known = {"config", "data", "state", "cache", "run", "deep"}
    assert {entry.name for entry in place.home.iterdir()} <= known
    assert [entry.name for entry in (place.home / "deep").iterdir()] == ["down"]
    assert [entry.name for entry in (place.home / "deep" / "down").iterdir()] == ["library"]


def test_looking_at_a_hostile_page(place: Place) -> None:
    printed = piped(place, "add", place.page, "--look", "--json")
    *asked, found = [json.loads(line) for line in printed.splitlines()]
    assert not UNWANTED.search(json.dumps([*asked, found], ensure_ascii=False))
    # Neither a file, nor a script, nor what stands behind one's own door.
    assert {feed["url"] for feed in found["feeds"]} == {
        place.server.url("/rss"),
        place.server.url("/json"),
    }
    piped(place, "add", place.page)
    piped(place, "add", place.page, "--page")


@pytest.mark.terminal
@pytest.mark.parametrize("size", [(120, 40), (40, 10)])
def test_a_refresh_draws_nothing_hostile(
    place: Place, tmp_path: Path, size: tuple[int, int]
) -> None:
    home = tmp_path / "home\x1b]0;markhome\x07\u202e"
    followed_by(home, place.urls[:12] + place.urls[-7:])
    library = str(home / "deep" / "down" / "library")
    with Terminal(rilo("refresh", "--library", library), size, home=home) as terminal:
        terminal.wait_exit()
        assert faults_in_command(terminal.output, terminal=True) == []
    assert list((home / "deep").rglob("*.md"))


def test_every_title_is_read_back_as_it_came(place: Place, refreshed: str) -> None:
    """No title ends the front matter that it stands in, or says what another key is."""
    printed = piped(place, "list", "--json", "--limit", "0")
    rows = [json.loads(line) for line in printed.splitlines()]
    titles = {re.sub(r"\s", "", row["title"]) for row in rows}
    sent = {re.sub(r"\s", "", clean_line(name)) for name in NAMES}
    # A title of which nothing shows is none: its article is called by its text.
    shown = {title for title in sent if any(category(sign) != "Cf" for sign in title)}
    assert len(shown) > 30
    assert shown <= titles
    assert "evil" not in {row["id"] for row in rows}
    assert len({row["id"] for row in rows}) == len(rows)


def test_bombs_go_off_nowhere(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving() as server:
        urls = bombs(server)
        followed_by(home, urls)
        place = Place(home, server, urls, "")
        printed = piped(place, "refresh")
        assert "nested too deeply" in printed
        assert "/outside" not in server.paths()
    files = list(place.library.rglob("*.md"))
    assert files
    assert sum(file.stat().st_size for file in files) < 3_000_000
    assert not any("root:" in file.read_text() for file in files)


def test_a_move_writes_nothing_into_the_list_of_feeds_but_an_address(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving() as server:
        target = "/new?\"%0A[[feeds]]\\'''\x9b\xff"
        server.page("/old", status=301, headers={"Location": target})

        async def feed(asked: Asked, writer: asyncio.StreamWriter) -> None:
            await send(writer, Page(rss("Moved", [("1", "here")])))

        server.route("*", feed)
        followed_by(home, [server.url("/old").replace("//", "//us\"er:p'w@")])
        place = Place(home, server, [], "")
        printed = piped(place, "refresh")
        assert "has moved" in printed
        file = home / "config" / "rilo-reader" / "feeds.toml"
        [moved] = tomllib.loads(file.read_text())["feeds"]
        assert moved["url"].startswith(server.url("/new?%22").replace("//", "//us%22er:p%27w@"))
        assert moved["url"].isascii()
        assert server.asked[-1].headers["authorization"].startswith("Basic ")
        everything = [printed, piped(place, "feeds"), piped(place, "feeds", "--json")]
        everything += [text.read_text() for text in place.library.rglob("*.md")]
        assert not any("p%27w" in text or "p'w" in text for text in everything)
