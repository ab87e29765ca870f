"""Read what Tiny Tiny RSS exports: its starred and published articles, as XML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from rilo_reader.errors import NotReadableError
from rilo_reader.html.tags import expand_entities
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    make_safely,
    make_saved,
    to_list,
)

ARTICLE_LIMIT = 32_000_000  # characters of an article


def is_ttrss(text: str) -> bool:
    """Return whether a text is an export of Tiny Tiny RSS."""
    return bool(re.match(r"\s*(?:<\?xml[^>]*>\s*)?<articles\s[^>]*schema-version", text))


_ELEMENT = re.compile(r"<(\w+)>\s*(?:<!\[CDATA\[(.*?)\]\]>\s*(?=</)|([^<]*))</\1>", re.DOTALL)


def read_ttrss(file: ExportFile) -> Iterator[Found]:
    """Read the articles of Tiny Tiny RSS, one after the other."""
    text, number, stream = "", 0, file.open_text()
    while more := stream.read(1 << 18):
        *articles, text = (text + more).split("</article>")
        for each in articles:
            number += 1
            what = f"article {number}"
            yield make_safely(what, partial(_read_element, what, each))
        if len(text) > ARTICLE_LIMIT:
            raise NotReadableError(f"article {number + 1} is too long")


def _read_element(what: str, text: str) -> Found:
    row = {
        tag: cdata or expand_entities(plain or "") for tag, cdata, plain in _ELEMENT.findall(text)
    }
    labels: list[object] = []
    with suppress(ValueError, RecursionError):
        labels = [
            to_list(each)[1]
            for each in to_list(json.loads(row.get("label_cache", "")))
            if to_list(each)[1:]
        ]
    return make_saved(
        what,
        url=row.get("link"),
        title=row.get("title"),
        html_title=True,
        saved=row.get("updated"),
        tags=[*labels, *row.get("tag_cache", "").split(",")],
        starred=row.get("marked") == "1",
        content=row.get("content"),
        note=row.get("note"),
        feed=row.get("feed_url"),
        source=row.get("feed_title"),
    )
