"""Episodes, and what is kept of them: the files, and where somebody stopped hearing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.library import Library, LibraryError
from rilo_reader.query import parse

MOST = 300  # articles, the newest
_SUFFIXES = {"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".ogg", "video/mp4": ".mp4"}


class Episode(NamedTuple):
    """A file attached to an article."""

    title: str
    source: str
    date: datetime
    url: str
    kind: str  # its media type
    bytes: int  # 0 if unknown
    seconds: int  # likewise

    @property
    def file_name(self) -> str:
        """The name of its file: readable, and its own."""
        words = re.sub(r"[^\w]+", "-", f"{self.date:%Y-%m-%d} {self.title}")[:80].strip("-")
        suffix = Path(urlsplit(self.url).path).suffix
        if not re.fullmatch(r"\.\w{2,4}", suffix):
            suffix = _SUFFIXES.get(self.kind, ".bin")
        return f"{words}-{blake2b(self.url.encode(), digest_size=4).hexdigest()}{suffix}"

    @property
    def length(self) -> str:
        """How long it is, as people say it, else how large."""
        if self.seconds:
            minutes, seconds = divmod(self.seconds, 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        return f"{self.bytes / 1e6:.1f} MB" if self.bytes else ""


def find_episodes(library: Library) -> list[Episode]:
    """Return the episodes of a library, the newest first."""

    def iterate() -> Iterator[Episode]:
        for row in library.search.window(parse("has:audio OR has:video"), limit=MOST).rows:
            for each in row.enclosures:
                if each.type.startswith(("audio/", "video/")):
                    yield Episode(row.title, row.source, row.date, *each)

    return [*iterate()]


class Positions:
    """Where each episode was left, in seconds, kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._by_url: dict[str, float] = {}

    def load(self) -> None:
        """Read the file; what cannot be read counts as nothing."""
        try:
            found = json.loads(self._file.read_text("utf-8"))
            self._by_url = {str(url): float(at) for url, at in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            self._by_url = {}

    def find(self, url: str) -> float:
        """Return where an episode was left; 0 for one that was not begun."""
        return self._by_url.get(url, 0.0)

    def keep(self, url: str, seconds: float) -> None:
        """Write where an episode was left; 0 once it was heard to its end."""
        self._by_url = {**self._by_url, url: round(seconds, 1)}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            whole = self._file.with_suffix(".new")
            whole.write_text(json.dumps(self._by_url, indent=1), "utf-8")
            whole.replace(self._file)
        except OSError as error:
            raise LibraryError(
                f"Where you stopped cannot be written to {self._file}: {error.strerror}."
            ) from error
