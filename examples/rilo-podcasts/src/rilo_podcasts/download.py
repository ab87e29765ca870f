"""Download an episode: piece by piece, and on from where it was."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rilo_reader.hooks import FetchError, FetchLimits, HttpClient, Request
from rilo_reader.library import LibraryError

PIECE = 2_000_000  # bytes
LIMITS = FetchLimits(max_bytes=500_000_000, total_seconds=3600.0)


class Download:
    """A download that waits or runs; `stop` ends it, and what it has stays."""

    def __init__(self, url: str, file: Path, *, is_private_allowed: bool) -> None:
        self.url, self.file = url, file
        self.done, self.size = 0, 0  # bytes
        self.is_stopped = False
        # Articles name the address: it may be on the user's own network only if they say so.
        self._is_trusted = is_private_allowed

    def stop(self) -> None:
        """End it after this piece."""
        self.is_stopped = True

    def run(self, piece: int = PIECE) -> bool:
        """Download it in this thread; return whether it is whole. Raises LibraryError."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            return asyncio.run(self._fetch_pieces(piece))
        except FetchError as error:
            raise LibraryError(
                f"{self.file.stem} was not downloaded: {error.reason}. Press d to go on."
            ) from None
        except OSError as error:
            raise LibraryError(f"{self.file} cannot be written: {error.strerror}.") from error

    async def _fetch_pieces(self, piece: int) -> bool:
        part, version_file = part_of(self.file), part_of(self.file).with_suffix(".version")
        self.done = part.stat().st_size if part.exists() else 0
        version = version_file.read_text("utf-8") if version_file.exists() else ""
        async with HttpClient(LIMITS) as client:
            while not self.is_stopped:
                request = Request(
                    self.url,
                    is_trusted=self._is_trusted,
                    is_private_allowed=self._is_trusted,
                    part=(self.done, self.done + piece),
                )
                try:
                    response = await client.get(request)
                except FetchError as error:
                    if error.status != 416 or not self.done:  # it ended with the last piece
                        raise
                    return _complete(part, version_file, self.file)
                new = response.etag or response.last_modified
                is_part = response.status == 206
                if is_part and self.done and new != version:
                    self.done, version = 0, new  # it is another file by now
                    part.unlink(missing_ok=True)
                    continue
                version = new
                version_file.write_text(version, "utf-8")
                with part.open("ab" if is_part and self.done else "wb") as out:
                    out.write(response.data)
                self.done = part.stat().st_size
                self.size = response.size or self.size
                is_last = self.done >= self.size if self.size else len(response.data) < piece
                if not is_part or is_last:
                    return _complete(part, version_file, self.file)
        return False


def part_of(file: Path) -> Path:
    """Return the file of what is downloaded so far."""
    return file.with_name(f"{file.name}.part")


def _complete(part: Path, version_file: Path, file: Path) -> bool:
    part.replace(file)
    version_file.unlink(missing_ok=True)
    return True
