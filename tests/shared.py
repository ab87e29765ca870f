"""Where the shared test data is: third-party archives that are never part of this repository.

They lie beside the repository (`../shared`) or where RILO_SHARED says. A test that needs them asks
`corpus("md")` and is skipped where they are absent.
"""

from __future__ import annotations

import functools
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


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
