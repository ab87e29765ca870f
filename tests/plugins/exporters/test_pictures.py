"""Books and pages carry the pictures that are there, and load nothing."""

from __future__ import annotations

import re
import zipfile
from base64 import standard_b64decode

from rilo_reader.paths import user_paths
from rilo_reader.plugins.pictures.cache import open_store
from tests.support.command_line import User
from tests.support.pictures import SVG, picture, png_that_claims

BODY = (
    "![A wall](p.png)\n\n![Fetched](https://a.example/f.png)\n\n![Missing](https://a.example/m.png)"
    "\n\n![A drawing](v.svg) ![Too large](bomb.png) ![Outside](../../secret.png)\n\n"
    '<img src="p.png" alt="Again">'
)


def library(user: User) -> None:
    user.article("a.md", "With pictures", "2024-01-01", BODY)
    folder = next(user.home.rglob("a.md")).parent
    (folder / "p.png").write_bytes(picture())
    (folder / "v.svg").write_bytes(SVG)
    (folder / "bomb.png").write_bytes(png_that_claims(60_000, 60_000))
    (folder.parent.parent / "secret.png").write_bytes(picture())
    open_store(folder, user_paths()).write_cached(
        "https://a.example/f.png", picture("JPEG", (90, 60))
    )


def test_a_book_has_each_picture_once(user: User) -> None:
    library(user)
    assert user.ask("export", "--to", "all.epub").code == 0
    with zipfile.ZipFile(user.home / "all.epub") as book:
        names = {name for name in book.namelist() if "pictures/" in name}
        assert sorted(name.rpartition(".")[2] for name in names) == ["jpeg", "png"]
        assert picture() in [book.read(name) for name in names]
        chapter = book.read("OEBPS/a1.xhtml").decode()
        package = book.read("OEBPS/package.opf").decode()
    sources = re.findall(r'<img src="([^"]*)" alt="([^"]*)"/>', chapter)
    assert [alt for _, alt in sources] == ["A wall", "Fetched", "Again"]
    assert {f"OEBPS/{source}" for source, _ in sources} == names
    items = dict(re.findall(r'href="(pictures/[^"]*)" media-type="([^"]*)"', package))
    assert set(items.values()) == {"image/png", "image/jpeg"}
    assert {f"OEBPS/{name}" for name in items} == names
    assert "[image: Outside]" in chapter
    assert '<a href="https://a.example/m.png">[image: Missing]</a>' in chapter


def test_a_page_holds_them_itself(user: User) -> None:
    library(user)
    assert user.ask("export", "--to", "all.html").code == 0
    page = (user.home / "all.html").read_text()
    sources = re.findall(r'<img src="data:image/(\w+);base64,([A-Za-z0-9+/=]+)"', page)
    assert [kind for kind, _ in sources] == ["png", "jpeg", "png"]
    assert standard_b64decode(sources[0][1]) == picture()
    assert page.count("<img") == 3
    assert "img-src data:" in page
