"""Where test data is: samples in the repository, and third-party archives beside it.

`samples("md")` is a folder of `tests/samples`, which everybody has. `corpus("md")` is an archive of
the same name and layout with thousands of real files; archives are never part of this repository
and lie beside it (`../shared`) or where RILO_SHARED says. A test of both is written once:

    @samples_and_corpus
    def test_every_file_opens(data: Data) -> None:
        for file in data("md").rglob("*.md"): ...

What needs an archive is marked `corpus`, and skipped where the archives are absent.
"""

from __future__ import annotations

import functools
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent


Data = Callable[[str], Path]
"""From the name of an archive to the folder with its files: `samples` or `corpus`."""


def samples(name: str) -> Path:
    """A folder of `tests/samples`, laid out as the archive of that name."""
    return REPOSITORY / "tests" / "samples" / name


def shared_folder() -> Path | None:
    """The folder that holds `testdata` and `tools`, or None where this machine has none."""
    named = os.environ.get("RILO_SHARED")
    folder = Path(named) if named else REPOSITORY.parent / "shared"
    return folder if (folder / "testdata").is_dir() else None


def shared_file(relative: str) -> Path:
    """A file of the shared folder, such as "tools/make_corpus.py"; skips the test without it."""
    folder = shared_folder()
    if folder is None or not (folder / relative).exists():
        pytest.skip(f"shared test data is not here: {relative}")
    return folder / relative


@functools.cache
def corpus(name: str) -> Path:
    """The folder an archive of `testdata` holds, unpacked once for all runs; read-only by custom.

    `corpus("md")` is the folder with one folder a site. Skips the test without the archive.
    """
    archive = shared_file(f"testdata/{name}.tar.gz")
    return _unpacked(archive) / name


samples_and_corpus = pytest.mark.parametrize(
    "data",
    [
        pytest.param(samples, id="samples"),
        pytest.param(corpus, id="corpus", marks=pytest.mark.corpus),
    ],
)
"""Runs a test that takes `data: Data` over the samples, and over the archives where they are."""


def truth(name: str) -> Path:
    """A file of expectations, such as "real_feeds_dev.json"; skips the test without it."""
    return _unpacked(shared_file("testdata/truth.tar.gz")) / "truth" / name


def _unpacked(archive: Path) -> Path:
    """The archive's contents in the temporary folder, unpacked again only when it changed."""
    facts = archive.stat()
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    cache = Path(tempfile.gettempdir()) / f"rilo-reader-testdata-{owner}"
    cache.mkdir(mode=0o700, exist_ok=True)
    folder = cache / f"{archive.name}-{facts.st_size}-{facts.st_mtime_ns}"
    if folder.is_dir():
        return folder
    # Unpacked aside and renamed, so that two test runs at once never see half an archive.
    aside = Path(tempfile.mkdtemp(dir=cache))
    with tarfile.open(archive) as tar:
        tar.extractall(aside, filter="data")
    try:
        aside.rename(folder)
    except OSError:
        shutil.rmtree(aside)
    return folder
