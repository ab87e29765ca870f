"""What tantivy writes at the end of each of its files: its version and a checksum.

The last eight bytes of a file are two numbers of 32 bits, little-endian: the length of a footer,
and 1337. Before them stands the footer, in JSON, whose `crc` is the CRC-32 of all that stands
before it (tantivy 0.27, src/directory/footer.rs).
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from typing import Any, BinaryIO, NamedTuple

_MAGIC = 1337
_LONGEST = 50_000


class Footer(NamedTuple):
    """The end of a file.

    Attributes:
        start: how many bytes stand before it.
        crc: their checksum.
        said: all that it says.
    """

    start: int
    crc: int
    said: dict[str, Any]


def read_footer(file: BinaryIO) -> Footer:
    """The footer of an open file; of a large one only its end is read.

    Raises:
        ValueError: the file does not end as tantivy 0.27 ends it.
        OSError: it cannot be read.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    numbers = file.read(8)
    length, magic = struct.unpack("<II", numbers) if len(numbers) == 8 else (0, 0)
    start = size - 8 - length
    if magic != _MAGIC or length > _LONGEST or start < 0:
        raise ValueError("it does not end as it should")
    file.seek(start)
    said = json.loads(file.read(length))
    try:
        return Footer(start, int(said["crc"]), said)
    except (KeyError, TypeError) as error:
        raise ValueError("it ends without a checksum") from error


def with_footer(body: bytes, said: dict[str, Any]) -> bytes:
    """A file of its own, ended as another one that says `said`."""
    end = json.dumps({**said, "crc": zlib.crc32(body)}, separators=(",", ":")).encode()
    return body + end + struct.pack("<II", len(end), _MAGIC)
