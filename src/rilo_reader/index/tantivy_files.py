"""Files of tantivy 0.27 that are read and written without it: footers, and files of deletions.

A trick: tantivy's binding takes no filter of documents. What an index leaves out of its segments
stands in a file of deletions, so an index with other files of deletions has only the articles of
one state, and searching it costs what a search costs. Among 200,000 articles of which one in a
hundred is unread, a search takes 1 ms (p50) and 4 ms (p95) so; walking the newest hits and passing
over what is read takes 21 and 54 ms, naming the articles 22 and 42 ms. The floor is 3 and 15 ms at
a million (docs/decisions/0075).

Version: tantivy 0.27. Where a file is not as it was there, UnknownFormatError is raised, queries
name the articles instead, and `test_state_filter` fails. Condition: can go when the binding takes a
filter of documents from its caller.
"""

import json
import os
import shutil
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import tantivy

from rilo_reader.index.damage import META

_MAGIC = 1337
_LONGEST_FOOTER = 50_000


class UnknownFormatError(Exception):
    """A file is not as tantivy 0.27 writes it."""


# -- footers --------------------------------------------------------------------------------------


class Footer(NamedTuple):
    """The footer of a file."""

    start: int  # the number of bytes before it
    crc: int  # the checksum of these bytes
    content: dict[str, Any]  # its JSON object


def read_footer(file: BinaryIO) -> Footer:
    """Read the footer of an open file; raises ValueError if it has none of tantivy 0.27."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    numbers = file.read(8)
    length, magic = struct.unpack("<II", numbers) if len(numbers) == 8 else (0, 0)
    start = size - 8 - length
    if magic != _MAGIC or length > _LONGEST_FOOTER or start < 0:
        raise ValueError("its end is wrong")
    file.seek(start)
    content = json.loads(file.read(length))
    try:
        return Footer(start, int(content["crc"]), content)
    except (KeyError, TypeError) as error:
        raise ValueError("it ends without a checksum") from error


# -- segments and their deletions -----------------------------------------------------------------


class SegmentFiles(NamedTuple):
    """One segment of a commit. Its files never change, except for which articles are deleted."""

    entry: dict[str, Any]  # what META says of it
    name: str  # tantivy's name for it
    size: int  # number of articles that were written into it

    @property
    def stem(self) -> str:
        """The beginning of the names of its files."""
        return self.name.replace("-", "")

    def read_alive_bits(self, home: Path) -> int:
        """A bit for each article that is not deleted, the first article's the lowest."""
        everything = (1 << self.size) - 1
        if not self.entry["deletes"]:
            return everything
        file = home / f"{self.stem}.{self.entry['deletes']['opstamp']}.del"
        content = file.read_bytes()
        if struct.unpack_from("<I", content)[0] != self.size:
            raise UnknownFormatError
        words = (self.size + 63) // 64 * 8
        return int.from_bytes(content[4 : 4 + words], "little") & everything

    def make_deletions(self, home: Path, alive_bits: int) -> bytes:
        """A file of deletions: the size, a bit for each article that is left, a footer."""
        with (home / f"{self.stem}.fast").open("rb") as file:
            footer = read_footer(file)
        bits = alive_bits.to_bytes((self.size + 63) // 64 * 8, "little")
        body = struct.pack("<I", self.size) + bits
        content = {**footer.content, "crc": zlib.crc32(body)}
        end = json.dumps(content, separators=(",", ":")).encode()
        return body + end + struct.pack("<II", len(end), _MAGIC)


def list_segments(meta: dict[str, Any]) -> list[SegmentFiles]:
    """The segments of a commit, from the JSON object in META."""
    return [SegmentFiles(each, each["segment_id"], each["max_doc"]) for each in meta["segments"]]


def open_with_deletions(
    home: Path, meta: dict[str, Any], alive_bits: Mapping[str, int]
) -> tantivy.Searcher:
    """Open an index with other deletions.

    The files are linked, opened and their names deleted again: nothing is left on the disk. `meta`
    is the JSON object in META. `alive_bits` has a bit for each article that is left in some
    segments, by name; the others are opened with all their articles, also those that are deleted.

    Raises:
        FileNotFoundError: another process made the next commit meanwhile.
        OSError: no hard links can be made here.
        UnknownFormatError: tantivy does not read the deletions as they were meant.
    """
    entries, expected = [], 0
    with _temporary_directory(home) as copy:
        stems = set()
        for segment in list_segments(meta):
            bits = alive_bits.get(segment.name)
            count = segment.size if bits is None else bits.bit_count()
            if not count:
                continue
            expected += count
            stems.add(segment.stem)
            deletes = None
            if bits is not None:
                deletes = {"num_deleted_docs": segment.size - count, "opstamp": 1}
                (copy / f"{segment.stem}.1.del").write_bytes(segment.make_deletions(home, bits))
            entries.append({**segment.entry, "deletes": deletes})
        for file in os.scandir(home):
            if file.name.partition(".")[0] in stems and not file.name.endswith(".del"):
                os.link(file.path, copy / file.name)
        (copy / META).write_text(json.dumps({**meta, "segments": entries}))
        searcher = tantivy.Index.open(str(copy)).searcher()
    if searcher.num_docs != expected:
        raise UnknownFormatError
    return searcher


@contextmanager
def _temporary_directory(home: Path) -> Iterator[Path]:
    copy = home.with_name(f"view-{os.getpid()}-{time.monotonic_ns()}")
    copy.mkdir()
    try:
        yield copy
    finally:
        # tantivy's watcher looks at a new index once, and may lock it just now.
        for _ in range(50):
            shutil.rmtree(copy, ignore_errors=True)
            if not copy.exists():
                break
            time.sleep(0.001)
