"""Where pictures are: within the library and nowhere else, and in the cache."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rilo_reader.plugins.pictures import cache as cache_module
from rilo_reader.plugins.pictures.cache import PictureStore, fit_box, read_header_of
from rilo_reader.plugins.pictures.files_by_name import FilesByName
from tests.support.for_each import for_each
from tests.support.pictures import SVG, picture, png_that_claims

URL = "https://a.example/p.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library with pictures in it, and one beside it."""
    library = tmp_path / "library"
    for name in ("post/a.md", "post/b c.png", "post/ü.png", "static/top.png", "attachments/n.png"):
        file = library / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"text" if name.endswith(".md") else picture())
    (tmp_path / "secret.png").write_bytes(picture())
    return library


@pytest.fixture
def store(folder: Path, tmp_path: Path) -> PictureStore:
    return PictureStore(folder, tmp_path / "cache")


@for_each(
    "address, found",
    [
        ("b c.png", "post/b c.png"),
        ("./b%20c.png", "post/b c.png"),
        ("b%20c.png?w=100#x", "post/b c.png"),
        ("%C3%BC.png", "post/ü.png"),
        ("../static/top.png", "static/top.png"),
        ("/static/top.png", "static/top.png"),
        ("/top.png", "static/top.png"),
        ("n.png", "attachments/n.png"),
    ],
)
def test_files_within_the_library_are_found(
    store: PictureStore, folder: Path, address: str, found: str
) -> None:
    assert store.find_file("post/a.md", address, "") == (folder / found).resolve()


def test_in_a_vault_a_picture_is_found_by_its_name_alone(folder: Path, tmp_path: Path) -> None:
    """As Obsidian does: in any folder, in any case, and from the top of the vault."""
    names = ("Attachments/Deep/My pic.png", "Z.png", "post/Z.png", "Media/é.png", ".trash/old.png")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(picture())
    addresses = {
        "my PIC.png": names[0],
        "Deep/My%20pic.png": names[0],
        "Attachments/Deep/My pic.png": names[0],
        "e\u0301.png": names[3],
        "z.png": names[1],
    }
    vault = PictureStore(folder, tmp_path / "cache")
    assert not any(vault.find_file("post/a.md", address, "") for address in addresses)
    (folder / ".obsidian").mkdir()
    for address, name in addresses.items():
        assert vault.find_file("post/a.md", address, "") == (folder / name).resolve()
    for address in ("old.png", "../../secret.png", "secret.png", "a.md"):
        assert vault.find_file("post/a.md", f"there/{address}", "") is None


def test_below_a_vault_only_its_own_pictures_are_found_by_name(folder: Path) -> None:
    for name in ("garden/.obsidian/app.json", "garden/media/own.png", "elsewhere/other.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(picture())
    store = PictureStore(folder, folder / "cache")
    assert store.find_file("garden/deep/a.md", "own.png", "") == folder / "garden/media/own.png"
    assert store.find_file("garden/deep/a.md", "other.png", "") is None
    assert store.find_file("post/a.md", "own.png", "") is None
    chosen = PictureStore(folder, folder / "cache", dialects={".": "obsidian", "garden": "any"})
    assert chosen.find_file("garden/deep/a.md", "own.png", "") is None
    assert chosen.find_file("post/a.md", "own.png", "") == folder / "garden/media/own.png"


def test_a_picture_that_moves_within_a_vault_is_found_again(folder: Path) -> None:
    names = FilesByName(folder, again_after=0)
    first = names.find_file("n.png")
    assert first is not None
    (folder / "new").mkdir()
    first.rename(folder / "new" / "n.png")
    assert names.find_file("n.png") == folder / "new" / "n.png"


@for_each(
    "address",
    [
        *(
            "../../secret.png",
            "..%2f..%2fsecret.png",
            "/../secret.png",
            "//secret.png",
            "",
            ".",
            "/",
        ),
        *(
            "/etc/passwd",
            "../../../../../../etc/passwd",
            "file:///etc/passwd",
            "C:/x.png",
            "b\0.png",
        ),
        *("x" * 5000, "post", "missing.png", "\x1b]0;x\x07.png", "\udc80.png", "a.md/b.png"),
    ],
)
def test_nothing_else_is(store: PictureStore, address: str, folder: Path) -> None:
    assert store.find_file("post/a.md", address, "") is None
    assert store.find_file("post/a.md", str(folder.parent / "secret.png"), "") is None
    assert store.find_file("", "b c.png", "") is None
    assert store.find_file("../secret.md", "secret.png", "") is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_no_link_leads_out_and_no_pipe_is_read(store: PictureStore, folder: Path) -> None:
    (folder / "post" / "out.png").symlink_to(folder.parent / "secret.png")
    (folder / "post" / "in.png").symlink_to("b c.png")
    (folder / "elsewhere").symlink_to(folder.parent)
    os.mkfifo(folder / "post" / "pipe.png")
    assert store.find_file("post/a.md", "out.png", "") is None
    assert store.find_file("post/a.md", "/elsewhere/secret.png", "") is None
    assert store.find_file("post/a.md", "pipe.png", "") is None
    assert store.find_file("post/a.md", "in.png", "") == (folder / "post" / "b c.png").resolve()


def test_files_are_bounded(
    store: PictureStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "post" / "bomb.png").write_bytes(png_that_claims(60_000, 60_000))
    (folder / "post" / "v.svg").write_bytes(SVG)
    for name in ("bomb.png", "v.svg"):
        file = store.find_file("post/a.md", name, "")
        assert file is not None
        assert read_header_of(file) is None
    monkeypatch.setattr(cache_module, "MOST_BYTES", 100)
    assert store.find_file("post/a.md", "b c.png", "") is None


def test_the_web_is_looked_up_in_the_cache_which_has_a_limit(folder: Path, tmp_path: Path) -> None:
    data = picture()
    store = PictureStore(folder, tmp_path / "cache", most_bytes=3 * len(data))
    assert store.find_file("post/a.md", URL, URL) is None
    for number in range(5):
        store.write_cached(f"{URL}?{number}", data)
        os.utime(store.cached_path(f"{URL}?{number}"), (number, number))
    store.prune_cache()
    kept = [number for number in range(5) if store.find_file("", "x", f"{URL}?{number}")]
    assert kept == [2, 3, 4]
    # Not where a file of the library has its name: `//` and a scheme lead to the web.
    assert store.find_file("post/a.md", "https:b c.png", "") is None


def test_a_picture_fits_its_box() -> None:
    assert fit_box(1600, 1000, 76, 20) == (64, 20)
    assert fit_box(1000, 1600, 76, 20) == (25, 20)
    assert fit_box(160, 100, 20, 20) == (20, 6)
    # A very long or tall one is a line or a column, and is shown as it is where it is alone.
    assert fit_box(2000, 10, 76, 20) == (76, 1)
    assert fit_box(100, 9000, 76, 20) == (1, 20)
    assert fit_box(100, 100, 0, 20) is None


def test_rooms_are_those_of_files_and_of_so_many_only(
    store: PictureStore, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "post" / "dot.png").write_bytes(picture(size=(16, 16)))
    room = store.make_room_finder("post/a.md", 10, 8)
    assert room("b c.png", "", 80) == (32, 10)
    assert room("b c.png", "", 20) == (20, 6)
    assert room("missing.png", "", 80) is None
    assert room("dot.png", "", 80) is None
    monkeypatch.setattr(cache_module, "MOST_PICTURES", 1)
    room = store.make_room_finder("post/a.md", 10, 8)
    assert room("b c.png", "", 80)
    assert room("b c.png", "", 80) is None


def test_what_is_no_file_ends_no_pruning(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    store = PictureStore(tmp_path, cache, most_bytes=1_000)
    for number in range(5):
        store.write_cached(f"https://a.example/{number}", bytes(400))
        os.utime(store.cached_path(f"https://a.example/{number}"), (number + 10, number + 10))
    (cache / "folder").mkdir()
    (cache / "gone").symlink_to("nowhere")
    os.utime(cache / "folder", (1, 1))
    store.prune_cache()
    kept = [store.cached_path(f"https://a.example/{number}").is_file() for number in range(5)]
    assert kept == [False, False, False, True, True]
    assert (cache / "folder").is_dir()
