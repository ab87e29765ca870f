"""Chapters of mdBook: files that they include, and lines of Rust that they hide (pure)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from rilo_reader.dialects import CODE, USUAL, Dialect, Header, ReadFile, fence_code
from rilo_reader.text import lazy_re

DEPTH_LIMIT = 4  # of files in files
FILE_LIMIT = 200  # tags of a chapter that are replaced
READ_LIMIT = 2_000_000  # characters of the files that these name, each as often as it is named

_TAG = lazy_re(
    r"(?P<escape>\\?)\{\{#(?P<kind>include|rustdoc_include|playground|playpen|title)[ \t]+"
    r"(?P<said>[^{}\n]{1,500})\}\}"
)
_TITLE = lazy_re(r"^\{\{#title[ \t]+([^{}\n]{1,500})\}\}", re.M)
_TOP_HEADING = lazy_re(
    r"\A((?:\s|<!--[^<>]{0,300}-->|<a [^<>]{0,300}></a>)*)#{2,6}(?=[ \t])"
)  # of a chapter, whatever its level
_ANCHOR = lazy_re(r"ANCHOR(?P<end>_END)?:\s*(?P<name>[\w-]+)")
_CODE = lazy_re(CODE, re.M | re.DOTALL)
_RUST = lazy_re(r"[ \t*+-]*[`~]{3,}[ \t]*rust\b")
_HIDDEN = lazy_re(r"^[ \t]*#(?: [^\n]*)?(?:\n|\Z)|^([ \t]*)#(?=#)", re.M)


class MdBook(Dialect):
    """Chapters of mdBook."""

    forms = USUAL._replace(includes=False, mdx=False, roles=False, templates=False, wiki=False)

    def header(self, text: str) -> Header | None:
        """Return the title that `{{#title …}}` gives a chapter, which may stand below its top."""
        title = _TITLE.search(text[:4096])
        return Header({"title": title[1].strip()}, 0) if title else None

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a chapter with the files that it includes, and code without what it hides."""
        if "{{#" in body:
            body = _Includer(read).replace_tags(body, path)
        return _TOP_HEADING.sub(r"\1#", _CODE.sub(_strip_hidden, body), count=1)


DIALECT = MdBook()


def _strip_hidden(match: re.Match[str]) -> str:
    """A block of code of Rust without the lines that begin with `# `; other code as it is."""
    if not match[1] or not _RUST.match(match[0]):
        return match[0]
    return _HIDDEN.sub(r"\1", match[0])


class _Includer:
    """Puts files in the place of the tags of a chapter, within limits."""

    def __init__(self, read: ReadFile) -> None:
        self._read = read
        self._files_left, self._characters_left = FILE_LIMIT, READ_LIMIT

    def replace_tags(self, text: str, path: str, depth: int = DEPTH_LIMIT) -> str:
        """Return a text, of the file at a path, with what its tags name."""

        def replace(match: re.Match[str]) -> str:
            kind, said = match["kind"], match["said"].strip()
            if match["escape"] or kind == "title":
                return match[0][1:] if match["escape"] else ""
            name, _, part = said.split()[0].partition(":") if said else ("", "", "")
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            self._files_left -= 1
            found = self._read(place) if name and self._files_left >= 0 else None
            if found is None or len(found) > self._characters_left:
                return match[0]
            self._characters_left -= len(found)
            lines = "\n".join(_iter_lines(found, part)).rstrip("\n")
            if kind in ("playground", "playpen"):
                return fence_code(lines, "rust")
            return self.replace_tags(lines, place, depth - 1) if depth > 1 else lines

        return _TAG.sub(replace, text)


def _iter_lines(text: str, part: str) -> Iterator[str]:
    """Yield the lines of a part, `2`, `2:`, `:10`, `2:10` or an anchor; "" for all."""
    lines = re.split("\r\n?|\n", text)
    first, colon, last = part.partition(":")
    is_within = not first or first.isdecimal()
    if is_within and part:
        start = max(int(first or 1) - 1, 0)
        lines = lines[start : (int(last) if last.isdecimal() else None) if colon else start + 1]
    for line in lines:
        if anchor := _ANCHOR.search(line):
            if anchor["name"] == first:
                is_within = not anchor["end"]
        elif is_within:
            yield line
