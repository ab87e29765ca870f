"""A library ends at its folder: one function says where a path is, and what writes asks it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import (
    UnreadableError,
    find_outside_articles,
    is_outside_library,
    is_within,
    read_own,
    resolve_inside,
    scan_folder,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with links of every kind; what is outside is in another one."""
    library, outside = tmp_path / "library", tmp_path / "outside"
    for folder in (library / "sub", library / ".hidden", outside / "deep"):
        folder.mkdir(parents=True)
    for file in (
        library / "in.md",
        library / "sub/in.md",
        outside / "out.md",
        outside / "deep/d.md",
    ):
        file.write_text(f"{file.name}\n")
    for name, target in {
        "same.md": "in.md",
        "sub/up.md": "../in.md",
        "again": "sub",
        "out.md": str(outside / "out.md"),
        "relative.md": "../outside/out.md",
        "outdir": str(outside),
        ".hidden/way": str(outside),
        "chain.md": ".hidden/way/out.md",
        "sub/chain": "../outdir/deep",
        "to-come.md": str(outside / "to-come.md"),
        "loop.md": "loop.md",
    }.items():
        (library / name).symlink_to(target)
    return library


IN = (
    "in.md",
    "sub/in.md",
    "same.md",
    "sub/up.md",
    "again/in.md",
    "new.md",
    "new/new.md",
    "loop.md",
)
OUT = (
    "out.md", "relative.md", "outdir/out.md", "outdir/new.md", "outdir/new/new.md", "chain.md",
    "sub/chain/d.md", "to-come.md",
)  # fmt: skip


def test_links_are_followed_within_the_library_and_not_out_of_it(library: Path) -> None:
    for path in IN:
        assert not is_outside_library(library, path), path
        assert is_within(library, resolve_inside(library, path))
    for path in OUT:
        assert is_outside_library(library, path), path
        with pytest.raises(UnreadableError, match="out of the library"):
            resolve_inside(library, path)
        with pytest.raises(UnreadableError, match="out of the library"):
            read_own(library, path)
    assert read_own(library, "sub/up.md")[0] == b"in.md\n"
    assert not is_within(library, f"{library}-beside")


def test_the_library_itself_may_be_a_link(library: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(library)
    assert not is_outside_library(link, "sub/up.md")
    assert is_outside_library(link, "outdir/out.md")
    assert write_all(link, {"in.md": "new"}) == {}
    assert (library / "in.md").read_text() == "new"


def test_another_spelling_of_the_library_is_the_library(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS, where names that differ in case are one folder."""
    other = str(library).replace("library", "LIBRARY")
    samefile = Path.samefile

    def folded(one: Path, two: str | Path) -> bool:
        return samefile(Path(str(one).replace("LIBRARY", "library")), two)

    monkeypatch.setattr(Path, "samefile", folded)
    assert is_within(library, f"{other}/sub/in.md")
    assert not is_within(library, f"{other}-beside/in.md")


def test_articles_behind_links_are_listed_with_the_link(library: Path) -> None:
    found = find_outside_articles(library)
    assert found == {
        "chain.md": "chain.md",
        "out.md": "out.md",
        "relative.md": "relative.md",
        "outdir/out.md": "outdir",
        "outdir/deep/d.md": "outdir",
    }
    shown = [entry.path for entries in scan_folder(library) for entry in entries]
    assert found.keys() <= set(shown), "they are shown to the user"


def test_nothing_is_written_through_a_link_that_leads_out(library: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    before = {each: each.is_file() and each.read_text() for each in outside.rglob("*")}
    failed = write_all(library, dict.fromkeys((*IN[:-1], *OUT), "written"))
    assert sorted(failed) == sorted(OUT)
    assert all("out of the library" in str(error) for error in failed.values())
    assert {each: each.is_file() and each.read_text() for each in outside.rglob("*")} == before
    assert (library / "in.md").read_text() == "written"
    assert (library / "same.md").is_symlink()


def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(
    library: Path, tmp_path: Path
) -> None:
    def swapping(files: object) -> dict[str, OSError]:
        (library / "sub").rename(library / "was")
        (library / "sub").symlink_to(tmp_path / "outside")
        return {}

    assert list(write_all(library, {"sub/out.md": "written"}, flush=swapping)) == ["sub/out.md"]
    assert (tmp_path / "outside/out.md").read_text() == "out.md\n"


def test_a_link_that_comes_while_a_file_is_read_is_not_followed(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def swapping(file: str, *more: int) -> int:
        Path(file).unlink()
        Path(file).symlink_to(tmp_path / "outside/out.md")
        return opened(file, *more)

    monkeypatch.setattr(os, "open", swapping)
    with pytest.raises(UnreadableError, match="out of the library"):
        read_own(library, "in.md")
