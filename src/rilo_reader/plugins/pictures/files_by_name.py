"""The files of a vault by their names: an embed there names a file, not its folder."""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path
from threading import Lock
from unicodedata import normalize

MOST_FILES = 200_000  # that are looked at
RELOAD_SECONDS = 10.0  # seconds until a name that was not there is looked for again


class FilesByName:
    """The files in a folder and below it, but for notes and hidden ones; thread-safe."""

    def __init__(self, folder: Path, *, again_after: float = RELOAD_SECONDS) -> None:
        """Look within `folder`, at the first question and not before."""
        self._folder = folder
        self._again_after = again_after
        self._lock = Lock()
        self._places: dict[str, str] = {}
        self._looked_at: float | None = None

    def find_file(self, name: str) -> Path | None:
        """The file of this name, whose case does not count; of several the one nearest the top."""
        key = _name_key(name)
        with self._lock:
            place = self._places.get(key)
            if place and os.path.exists(place):  # noqa: PTH110  # of a text
                return Path(place)
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at >= self._again_after:
                self._places = self._list_files()
                self._looked_at = now
            place = self._places.get(key)
        return Path(place) if place else None

    def _list_files(self) -> dict[str, str]:
        places: dict[str, str] = {}
        left = MOST_FILES
        waiting = deque([str(self._folder)])  # level by level: the nearest comes first
        while waiting and left > 0:
            parent, folders, files = next(os.walk(waiting.popleft()), ("", [], []))
            waiting.extend(f"{parent}/{each}" for each in sorted(folders) if each[0] != ".")
            left -= len(folders) + len(files)
            for file in sorted(files):
                if not file.endswith(".md") and file[0] != ".":
                    places.setdefault(_name_key(file), f"{parent}/{file}")
        return places


def _name_key(name: str) -> str:
    return normalize("NFC", name).casefold()
