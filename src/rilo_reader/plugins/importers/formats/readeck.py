"""Read Readeck's archives: whole ones of `info.json` and a page, and those of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rilo_reader.entry import Form
from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    make_saved,
    to_dict,
    to_list,
    to_text,
)
from rilo_reader.store import front_matter

SIZE_LIMIT = 64_000_000  # characters of a file
_HEADER = re.compile(
    r"---\n(?=(?:.*\n)*?saved: )(?=(?:.*\n)*?website: )(?:.*\n)*?source: https?://"
)
_MARK = re.compile(r"==(?! )([^=\n]+?)(?<! )==")


def pass_over(file: ExportFile) -> Iterator[Found]:
    """Read nothing: passwords and keys of users are in it."""
    return iter(())


def read_readeck(file: ExportFile) -> Iterator[Found]:
    """Read a bookmark, with the page beside it."""
    one = to_dict(JsonReader(file.open_text()).read_value())
    page = file.read_beside("container/index.html").decode(errors="replace")
    notes = [to_dict(each) for each in to_list(one.get("Annotations"))]
    yield make_saved(
        "bookmark",
        url=one.get("URL"),
        title=one.get("Title"),
        saved=one.get("Created"),
        published=one.get("Published"),
        tags=one.get("Labels"),
        read=one.get("IsArchived") is True,
        starred=one.get("IsMarked") is True,
        content=page,
        pictures=file.read_pictures(page, "container/"),
        summary=one.get("Description"),
        authors=one.get("Authors"),
        lang=one.get("Lang"),
        highlights=[(each.get("text"), each.get("note")) for each in notes],
    )


def is_readeck_text(text: str) -> bool:
    """Return whether a text is a bookmark of Readeck as Markdown."""
    return bool(_HEADER.match(text[:4000].replace("\r", "")))


def read_readeck_text(file: ExportFile) -> Iterator[Found]:
    """Read a bookmark as Markdown, whose highlights are between `==` and `==`."""
    document = front_matter.parse(file.open_text().read(SIZE_LIMIT))
    head = document.metadata
    title = to_text(head.get("title"))
    body = re.sub(rf"\A\s*# {re.escape(title)}\s*\n", "", document.body)
    yield make_saved(
        "bookmark",
        url=head.get("source"),
        title=title,
        saved=str(head.get("saved", "")),
        published=str(head.get("published", "")),
        tags=head.get("labels"),
        content=_MARK.sub(r"\1", body),
        pictures=file.read_pictures(body),
        form=Form.MARKDOWN,
        authors=head.get("authors"),
        highlights=[(quote, "") for quote in _MARK.findall(body)],
    )
