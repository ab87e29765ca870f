"""A folder has the dialect that its nearest sign tells, also while the library is open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.dialects import DIALECTS, DialectRow, Sign, named
from rilo_reader.dialects.sites import Site, Sites
from rilo_reader.library import Library, open_library
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from rilo_reader.render.document import visible_text
from rilo_reader.store.folder import read_article
from tests.library.test_unwatchable import watching
from tests.support.for_each import for_each

SIGNS = [(row, sign) for row in DIALECTS for sign in row.signs]


def make(folder: Path, *names: str, text: str | bytes = b"") -> None:
    """Make files, or folders if a name ends with a slash."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            file.mkdir(exist_ok=True)
        else:
            file.write_bytes(text if isinstance(text, bytes) else text.encode())


def dialect(root: Path, path: str = "a.md", **chosen: str) -> str:
    """The dialect of an article."""
    return Sites(root, chosen).of(path).dialect


@pytest.mark.parametrize(("row", "sign"), SIGNS)
def test_a_sign_tells_a_folder(tmp_path: Path, row: DialectRow, sign: Sign) -> None:
    make(tmp_path, sign.path, text=b"x\n" + sign.holds)
    if sign.beside:
        assert dialect(tmp_path) != row.name
        make(tmp_path, sign.beside)
    assert dialect(tmp_path, "deep/er/a.md") == row.name
    assert Sites(tmp_path).of("a.md").evidence == sign.path
    if sign.holds:
        make(tmp_path, sign.path, text="something else")
        assert dialect(tmp_path) == ""


def test_the_nearest_sign_counts_and_what_is_set_counts_more(tmp_path: Path) -> None:
    make(tmp_path, "hugo.toml", "notes/.obsidian/", "notes/blog/mkdocs.yml", "other/")
    assert dialect(tmp_path, "a.md") == "Hugo"
    assert dialect(tmp_path, "notes/deep/a.md") == "Obsidian"
    assert dialect(tmp_path, "notes/blog/a.md") == "MkDocs"
    chosen = {"notes": "any", "other": "logseq", str(tmp_path / "notes" / "blog"): "OBSIDIAN"}
    assert dialect(tmp_path, "notes/deep/a.md", **chosen) == ""
    assert dialect(tmp_path, "notes/blog/a.md", **chosen) == "Obsidian"
    assert dialect(tmp_path, "other/deep/a.md", **chosen) == "Logseq"
    assert dialect(tmp_path, "others/a.md", **chosen) == "Hugo"
    assert dialect(tmp_path / "notes" / "blog", "a.md", **chosen) == "Obsidian"


def test_a_site_may_begin_above_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "hugo.toml", "home/site/mkdocs.yml", "home/site/docs/", "home/repo/.git/x")
    make(tmp_path, "home/repo/docs/", "home/.obsidian/")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    assert Sites(tmp_path / "home" / "site" / "docs").of("a.md") == Site(
        "MkDocs", "", str(tmp_path / "home" / "site" / "mkdocs.yml")
    )
    assert dialect(tmp_path / "home" / "repo" / "docs") == ""  # neither the home nor what is above
    assert dialect(tmp_path / "home") == "Obsidian"
    make(tmp_path, "home/repo/_quarto.yml")
    assert dialect(tmp_path / "home" / "repo" / "docs") == "Quarto"
    make(tmp_path, "repo/.git", "repo/docs/")
    assert dialect(tmp_path / "repo" / "docs") == ""  # not above the checkout
    make(tmp_path, "plain/docs/")
    assert dialect(tmp_path / "plain" / "docs") == "Hugo"


def test_a_folder_of_two_has_the_forms_of_both(tmp_path: Path) -> None:
    make(tmp_path, ".obsidian/", "hugo.toml")
    name = dialect(tmp_path)
    assert name == "Obsidian + Hugo"
    assert Sites(tmp_path).of("a.md").evidence == ".obsidian + hugo.toml"
    both, first = named(name), named("Obsidian")
    assert both.are_notes
    assert both.forms.templates
    assert not first.forms.templates
    assert not both.has_title_at(2)
    assert both.body("a\n%%b%%\nc", "a.md", lambda path: None) == "a\n\nc"


def test_a_text_of_two_dialects_is_read_by_both() -> None:
    parts = {"part.md": "A part."}.get
    note = named("Obsidian + mdBook").body("a %%b%%\n\n{{#include part.md}}", "a.md", parts)
    assert note.split() == ["a", "A", "part."]
    page = named("Logseq + Obsidian")
    assert page.body("a\n%%b%%\nid:: 1\nc", "a.md", parts).split() == ["a", "c"]
    for name in ("Logseq + Hugo", "Docusaurus + mdBook"):
        header = named(name).header("key:: value\n{{#title A name}}\n")
        assert header and header.metadata


@for_each(
    "said, expected",
    [("obsidian", "Obsidian"), ("PLAIN", "plain"), ("any", ""), ("sql", "Hugo"), ("", "Hugo")],
)
def test_a_file_may_say_its_dialect(tmp_path: Path, said: str, expected: str) -> None:
    make(tmp_path, "a.md", text=f"---\ndialect: {said}\n---\n\nText.\n")
    assert read_article(tmp_path, "a.md", site=Site("Hugo")).dialect == expected


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders")
def test_a_sign_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "package.json")
    make(tmp_path, "_config.yml", "mix.exs/")
    assert dialect(tmp_path) == ""


PART = "From a part."
TAG = "Text.\n\n{% include_relative PATH %}\n"


@for_each(
    "path, is_included",
    [
        ("../part.md", True),
        ("../../docs/part.md", True),
        ("../../../diary.md", False),
        ("/diary.md", False),
        ("../.hidden/part.md", False),
        ("../node_modules/part.md", False),
    ],
)
def test_a_site_includes_only_its_own_files(tmp_path: Path, path: str, is_included: bool) -> None:
    for top in ("mkdocs.yml", ".git"):
        root = tmp_path / top
        make(root, f"clone/{top}", "diary.md", text="private")
        for name in ("part.md", ".hidden/part.md", "node_modules/part.md"):
            make(root, f"clone/docs/{name}", text=PART)
        make(root, "clone/docs/sub/a.md", text=TAG.replace("PATH", path))
        site = Sites(root).of("clone/docs/sub/a.md")
        body = read_article(root, "clone/docs/sub/a.md", site=site).body
        assert ("private" not in body, PART in body) == (True, is_included), body


def test_files_of_a_program_that_are_no_articles_are_left_out(library: Library) -> None:
    make(library.folder, "wiki/_Sidebar.md", "wiki/Home.md", text="A boat to sell.\n")
    list(library.follower.reconcile())
    assert found(library, "sell") == ["blog/boat.md", "garden/boat.md", "wiki/Home.md"]
    said = {one.path: one.reason for one in library.follower.skipped()}
    assert said == {"wiki/_Sidebar.md": "a file of Gollum that is not an article"}


# -- while the library is open --------------------------------------------------------------------

NOTE = "---\naliases: [Old tub]\n---\n\nA boat %%to sell%% of #oak.\n"


@pytest.fixture
def library(tmp_path: Path, paths: Paths) -> Iterator[Library]:
    """A library with a note in two folders, neither of which has a sign."""
    make(tmp_path / "news", "garden/boat.md", "blog/boat.md", text=NOTE)
    with open_library(tmp_path / "news", paths) as library:
        list(library.follower.reconcile())
        yield library


def found(library: Library, query: str) -> list[str]:
    """The paths of what a search finds."""
    library.index.reload()
    rows = library.search.window(parse(query), 0, 10).rows
    hits = [library.search.find_hit(row.id) for row in rows]
    return sorted(str(hit.path) for hit in hits if hit)  # one may go meanwhile


def shown(library: Library, path: str) -> str:
    """The text of an article's page."""
    return visible_text(library.article(library.find(path) or pytest.fail(path)))


@pytest.mark.slow
def test_a_sign_that_comes_or_goes_is_followed_in_page_and_index_alike(library: Library) -> None:
    folder = library.folder
    assert found(library, "sell") == ["blog/boat.md", "garden/boat.md"]
    with watching(library) as until:
        make(folder, "garden/.obsidian/")
        until(lambda: found(library, "sell") == ["blog/boat.md"])
        assert found(library, 'title:"old tub"') == ["garden/boat.md"]
        assert found(library, "tag:oak") == ["garden/boat.md"]
        assert "to sell" not in shown(library, "garden/boat.md")
        assert "to sell" in shown(library, "blog/boat.md")
        (folder / "garden" / ".obsidian").rmdir()
        until(lambda: len(found(library, "sell")) == 2)
        assert "to sell" in shown(library, "garden/boat.md")
        make(folder.parent, "away/.obsidian/", "away/more/boat.md", text=NOTE)
        (folder.parent / "away").rename(folder / "away")
        until(lambda: found(library, "tag:oak") == ["away/more/boat.md"])
        assert "to sell" not in shown(library, "away/more/boat.md")


def test_only_what_is_below_a_sign_is_read_again(library: Library) -> None:
    for file in library.folder.rglob("*.md"):
        os.utime(file, (1e9, 1e9))  # old enough to be trusted
    list(library.follower.reconcile())
    make(library.folder, "garden/.obsidian/")
    report = list(library.follower.reconcile())[-1]
    assert (report.changed, report.files) == (1, 2)
    assert list(library.follower.reconcile())[-1].changed == 0


def test_a_setting_is_followed(tmp_path: Path, paths: Paths, library: Library) -> None:
    limits = ReadingLimits(dialects={"blog": "obsidian"})
    with open_library(library.folder, paths, limits=limits) as chosen:
        list(chosen.follower.reconcile())
        assert found(chosen, "tag:oak") == ["blog/boat.md"]
        assert "to sell" not in shown(chosen, "blog/boat.md")
    list(library.follower.reconcile())
    assert found(library, "tag:oak") == []


def test_files_of_a_suffix_that_is_set_are_followed(tmp_path: Path, paths: Paths) -> None:
    limits = ReadingLimits(dialects={".SMDX": "any", "deep": "hugo"})
    make(tmp_path / "news", "deep/a.smdx", "b.md", text=NOTE)
    with open_library(tmp_path / "news", paths, limits=limits) as library:
        list(library.follower.reconcile())
        assert found(library, "sell") == ["b.md", "deep/a.smdx"]
        assert library.article(library.find("deep/a.smdx") or pytest.fail()).dialect == "Hugo"
        with watching(library) as until:
            make(library.folder, "deep/c.smdx", text=NOTE)
            until(lambda: "deep/c.smdx" in found(library, "sell"))
            (library.folder / "deep" / "a.smdx").unlink()
            until(lambda: found(library, "sell") == ["b.md", "deep/c.smdx"])
