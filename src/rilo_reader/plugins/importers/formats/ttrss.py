"""Read what Tiny Tiny RSS exports: its starred and published articles, as XML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from rilo_reader.errors import NotReadableError
from rilo_reader.html.tags import expand_entities
from rilo_reader.plugins.importers.fields import Style, fold_names, make_row
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    make_all,
    number_all,
    to_list,
    to_text,
)

ARTICLE_LIMIT = 32_000_000  # characters of an article
_STYLE = Style(html_title=True)
_ELEMENT = re.compile(r"<(\w+)>\s*(?:<!\[CDATA\[(.*?)\]\]>\s*(?=</)|([^<]*))</\1>", re.DOTALL)


def is_ttrss(text: str) -> bool:
    """Return whether a text is an export of Tiny Tiny RSS."""
    return bool(re.match(r"\s*(?:<\?xml[^>]*>\s*)?<articles\s[^>]*schema-version", text))


def read_ttrss(file: ExportFile) -> Iterator[Found]:
    """Read the articles of Tiny Tiny RSS, one after the other."""
    yield from make_all(number_all("article", _iter_articles(file)), _read_article)


def _iter_articles(file: ExportFile) -> Iterator[Mapping[str, object]]:
    text, stream = "", file.open_text()
    while more := stream.read(1 << 18):
        *articles, text = (text + more).split("</article>")
        for each in articles:
            found = _ELEMENT.findall(each)
            yield {tag: cdata or expand_entities(plain or "") for tag, cdata, plain in found}
        if len(text) > ARTICLE_LIMIT:
            raise NotReadableError("an article in it is too long")


def _read_article(what: str, one: Mapping[str, object]) -> Found:
    labels: list[object] = []
    with suppress(ValueError, RecursionError):
        cached = to_list(json.loads(to_text(one.get("label_cache"))))
        labels = [to_list(each)[1] for each in cached if to_list(each)[1:]]
    tags = [*labels, *to_text(one.get("tag_cache")).split(",")]
    own = {"tags": tags, "time": one.get("updated"), "published": "", "guid": ""}
    return make_row(what, fold_names(one) | own, _STYLE)
