"""Read a text of addresses, one a line, with a title behind a bar, as OneTab writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from rilo_reader.plugins.importers.fields import Style, make_row
from rilo_reader.plugins.importers.saved import ExportFile, Found, LeftOut

LINE_LIMIT = 20_000
_LINE = re.compile(r"https?://\S+(?:[ \t]*\|.*)?\s*\Z")


def is_links(text: str) -> bool:
    """Return whether a text is one of addresses, most of its lines."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    is_first = bool(lines and _LINE.match(lines[0]))
    return is_first and sum(bool(_LINE.match(line)) for line in lines) * 3 >= len(lines) * 2


def read_links(file: ExportFile) -> Iterator[Found]:
    """Read a text of addresses."""
    text = file.open_text()
    for number, line in enumerate(iter(partial(text.readline, LINE_LIMIT), ""), 1):
        url, _, title = line.strip().partition("|")
        if line.strip():
            what = f"line {number}"
            is_link = _LINE.match(line)
            left = LeftOut(f"{what}: {line.strip()[:80]}", "it has no web address")
            yield make_row(what, {"url": url, "title": title}, Style()) if is_link else left
