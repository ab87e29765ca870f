"""Read Readeck's archives: whole ones of `info.json` and a page, and those of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rilo_reader.entry import Form
from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.fields import Style, fold_names, make_row
from rilo_reader.plugins.importers.saved import ExportFile, Found, to_dict, to_text
from rilo_reader.store import front_matter

SIZE_LIMIT = 64_000_000  # characters of a file
_ARCHIVED, _MARKDOWN = Style(is_read=False), Style(form=Form.MARKDOWN)
_HEADER = re.compile(
    r"---\n(?=(?:.*\n)*?saved: )(?=(?:.*\n)*?website: )(?:.*\n)*?source: https?://"
)
_MARK = re.compile(r"==(?! )([^=\n]+?)(?<! )==")


def pass_over(file: ExportFile) -> Iterator[Found]:
    """Read nothing: passwords and keys of users are in it."""
    return iter(())


def read_readeck(file: ExportFile) -> Iterator[Found]:
    """Read a bookmark, with the page beside it."""
    row = fold_names(to_dict(JsonReader(file.open_text()).read_value()))
    page = file.read_text("container/index.html")
    pictures = file.read_pictures(page, "container/")
    yield make_row("bookmark", row, _ARCHIVED, page, pictures)


def is_readeck_text(text: str) -> bool:
    """Return whether a text is a bookmark of Readeck as Markdown."""
    return bool(_HEADER.match(text[:4000].replace("\r", "")))


def read_readeck_text(file: ExportFile) -> Iterator[Found]:
    """Read a bookmark as Markdown, whose highlights are between `==` and `==`."""
    document = front_matter.parse(file.open_text().read(SIZE_LIMIT))
    head = fold_names(document.metadata)
    body = re.sub(rf"\A\s*# {re.escape(to_text(head.get('title')))}\s*\n", "", document.body)
    row = head | {
        "url": head.get("source"),
        "time": str(head.get("saved", "")),
        "published": str(head.get("published", "")),
        "highlights": [{"text": quote} for quote in _MARK.findall(body)],
    }
    text, pictures = _MARK.sub(r"\1", body), file.read_pictures(body)
    yield make_row("bookmark", row, _MARKDOWN, text, pictures)
