"""Flat mode says once what cannot be watched."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from rilo_reader.library import Library
from rilo_reader.plugins.flat.main import follow_folder
from tests.library.test_unwatchable import SHOWN_ODD, count, folder, library, odd
from tests.support.terminal import LIMIT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="names and limits of Linux"),
]


__all__ = ["folder", "library"]


def test_flat_mode_is_told_once(library: Library, folder: Path) -> None:
    os.mkdir(odd(folder))  # noqa: PTH102
    told: list[str] = []
    stop = threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        (folder / "a.md").write_text("# A\n")

    thread = threading.Thread(target=follow_folder, args=(library, tell, stop))
    thread.start()
    for _ in range(int(LIMIT * 20)):
        library.index.reload()
        if told and count(library):
            break
        stop.wait(0.05)
    stop.set()
    thread.join(LIMIT)
    assert [text for text in told if SHOWN_ODD in text] == told
    assert len(told) == 1
