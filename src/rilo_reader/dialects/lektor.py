"""Pages of Lektor, `contents.lr`: fields, one of which is the text (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rilo_reader.dialects import NO_FORMS, Dialect, Header, ReadFile
from rilo_reader.text import clean_line, lazy_re

_KEY = r"([A-Za-z_][\w.-]{0,60})[ \t]*:"
_FIELD = lazy_re(rf"\s*{_KEY}(.*?)(?:(?<=\n)---[ \t\r]*(?:\n|\Z)|\Z)", re.DOTALL)
_OTHER_FIELDS = lazy_re(rf"^---[ \t]*(?:\n\s*(?:{_KEY}|\Z)|\Z)", re.M)
_LINE_OF_DASHES = lazy_re(r"^-(-{3,})[ \t]*$", re.M)
_HEADING_OF_BLOCK = lazy_re(r"^#(#{4,}[ \t]*[\w-]+[ \t]*#{4,})#[ \t]*$", re.M)
"""How a block says a line that would end a field of it, or begin a block: with one sign more."""

_BLOCK = lazy_re(r"^####[ \t]*[\w-]+[ \t]*####[ \t]*$", re.M)
_END = lazy_re(r"^---[ \t]*$", re.M)
_PICTURE = lazy_re(r"[^\n<>]{1,200}\.(?:png|jpe?g|gif|svg|webp|avif)", re.I)
_LISTS = frozenset({"categories", "tags"})
_NAMES = frozenset({"caption", "heading", "headline", "name", "title"})

DEPTH_LIMIT = 4  # of blocks in blocks


class Lektor(Dialect):
    """Pages of Lektor."""

    forms = NO_FORMS

    def header(self, text: str) -> Header | None:
        """Return the fields; the body begins with the text of `body`, or of the longest."""
        fields: dict[str, str] = {}
        starts: dict[str, int] = {}
        position = 1 if text[:1] == "\ufeff" else 0
        while match := _FIELD.match(text, position):
            fields[match[1]], starts[match[1]] = match[2], match.start(2)
            position = match.end()
        if not fields:
            return None
        long = {
            key: len(said)
            for key, said in fields.items()
            if "\n" in said.strip(" \t\r\n") and key not in _LISTS
        }
        text_key = "body" if "body" in fields else max(long, key=long.__getitem__, default="")
        end = starts.get(text_key, len(text))
        end += text[end : end + 1] == " "
        metadata: dict[str, object] = {
            key: re.split("[,\r\n]+", said.strip()) if key in _LISTS else said.strip()
            for key, said in fields.items()
            if key != text_key
        }
        if "name" in metadata:
            metadata.setdefault("title", metadata["name"])
        return Header(metadata, end)

    def title(self, path: str) -> str:
        """Return the title: the name of the folder, whose page the file is."""
        return clean_line(re.sub("[-_]+", " ", path.split("/")[-2:][0])).capitalize()

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return the text of a page, with that of its blocks, as Markdown."""
        others = _OTHER_FIELDS.search(body)
        return _unfold(body[: others.start()] if others else body, DEPTH_LIMIT).strip("\n")


DIALECT = Lektor()


def _unfold(text: str, depth: int) -> str:
    """The text of a field: what its blocks say, if it has any."""
    text = _LINE_OF_DASHES.sub(r"\1", text)
    if not depth or not _BLOCK.match(text.lstrip()):
        return text
    fields = (_END.split(block) for block in _BLOCK.split(text))
    return "\n\n".join(_iter_words((field for block in fields for field in block), depth))


def _iter_words(fields: Iterator[str], depth: int) -> Iterator[str]:
    """Yield the fields of blocks that are words or pictures, not what only a program needs."""
    for field in fields:
        match = _FIELD.match(field)
        value = match[2].removeprefix(" ").strip("\n") if match else field.strip("\n")
        if _PICTURE.fullmatch(value.strip()):
            yield f"![](<{value.strip()}>)"
        elif not match or match[1] in _NAMES or " " in value.strip() or "\n" in value:
            yield _unfold(_HEADING_OF_BLOCK.sub(r"\1", value), depth - 1)
