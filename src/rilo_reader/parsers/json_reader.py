"""Read JSON piece by piece: an export of a gigabyte is never in memory (pure but for the stream).

    reader = JsonReader(stream)
    for key in reader.iter_members():            of an object
        if key == "items":
            for number in reader.iter_elements():       of an array
                value = reader.read_value()
What is not read meanwhile is passed over. Methods raise NotReadableError where it is broken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple, TextIO

from rilo_reader.errors import NotReadableError

CHUNK = 1 << 18
VALUE_LIMIT = 64_000_000  # characters of the longest value
LOOKED_AT = 5  # elements that show what an array has
MEMBERS_LOOKED_AT = 100

_SPACE = re.compile(r"[ \t\r\n]*")


class JsonReader:
    """A JSON text, read from its beginning."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._at = self._passed = 0
        self._decode = json.JSONDecoder(strict=False).raw_decode

    def _fill(self, size: int) -> bool:
        more = self._stream.read(size)
        self._text, self._passed = self._text[self._at :] + more, self._passed + self._at
        self._at = 0
        return bool(more)

    def peek(self) -> str:
        """Return the character that comes next but white space; "" at the end."""
        while True:
            self._at = len(_SPACE.match(self._text, self._at)[0]) + self._at  # type: ignore[index]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill(CHUNK):
                return ""

    def _pass_sign(self, sign: str) -> None:
        if (found := self.peek()) != sign:
            where = f"at character {self._passed + self._at + 1:,}" if found else "at its end"
            raise NotReadableError(f"its JSON is broken {where}; what is before that was read")
        self._at += 1

    def read_value(self) -> object:
        """Return the value that comes next, whole."""
        self.peek()
        size = CHUNK
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except RecursionError:
                raise NotReadableError("its JSON is nested too deeply") from None
            except ValueError:
                value, end = None, -1
            # A number may go on in what is still to be read.
            if end >= 0 and (end < len(self._text) or not self._fill_number()):
                self._at = end
                return value
            if end < 0 and (len(self._text) - self._at > VALUE_LIMIT or not self._fill(size)):
                self._pass_sign("\0")
            size *= 2

    def _fill_number(self) -> bool:
        return self._text[-1:] not in ('"', "}", "]") and self._fill(CHUNK)

    def iter_elements(self) -> Iterator[int]:
        """Yield the number of each element of an array; of anything else none."""
        if self.peek() != "[":
            self.read_value()
            return
        self._at += 1
        for number in count(1):
            if self.peek() == "]":
                break
            yield from self._pass_value(number)
            if self.peek() != "]":
                self._pass_sign(",")
        self._at += 1

    def iter_values(self) -> Iterator[object]:
        """Yield each element of an array, whole; of anything else none."""
        for _ in self.iter_elements():
            yield self.read_value()

    def _pass_value(self, shown: int) -> Iterator[int]:
        before = self._passed + self._at
        yield shown
        if self._passed + self._at == before:
            self.read_value()

    def iter_members(self) -> Iterator[str]:
        """Yield the name of each member of an object; of anything else none."""
        if self.peek() != "{":
            self.read_value()
            return
        self._at += 1
        while self.peek() != "}":
            name = self.read_value()
            self._pass_sign(":")
            for _ in self._pass_value(0):
                yield str(name)
            if self.peek() != "}":
                self._pass_sign(",")
        self._at += 1


class JsonShape(NamedTuple):
    """The names in the beginning of a JSON text."""

    is_array: bool = False
    names: frozenset[str] = frozenset()  # of an object, also "roots.other" of one in it
    inner: frozenset[str] = frozenset()  # of the objects in it, or in its first array of some


def find_shape(stream: TextIO) -> JsonShape:
    """Return the names in the beginning of a JSON text, as far as it can be read."""
    reader, names, inner = JsonReader(stream), set[str](), set[str]()
    is_array = reader.peek() == "["
    try:
        if is_array:
            inner |= _names_of_elements(reader)
        else:
            for number, name in enumerate(reader.iter_members()):
                names.add(name)
                if reader.peek() == "[":
                    inner |= _names_of_elements(reader)
                elif isinstance(value := reader.read_value(), dict):
                    names |= {f"{name}.{each}" for each in value}
                if inner or number >= MEMBERS_LOOKED_AT:
                    break
    except NotReadableError:
        pass
    return JsonShape(is_array, frozenset(names), frozenset(inner))


def _names_of_elements(reader: JsonReader) -> set[str]:
    found: set[str] = set()
    for number in reader.iter_elements():
        value = reader.read_value()
        found |= value.keys() if isinstance(value, dict) else set()
        if found and number >= LOOKED_AT:
            break
    return found
