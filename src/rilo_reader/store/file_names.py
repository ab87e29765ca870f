"""Read the title and date in the path of an article, and if it is an index (pure)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rilo_reader.dates import ParsedDate
from rilo_reader.text import clean_line

_INDEX_FILE = r"(?i:_?index(?:\.[a-z]{2}(?:-[a-z]{2})?)?|readme)(?:\.\w+)?"


def _bundle_name(path: str) -> str:
    """The name of an index file's folder (`hello` of `hello/index.md`), "" for other files."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] if re.fullmatch(_INDEX_FILE, name) else ""


def index_name(path: str) -> str:
    """Return the part of a file's name by which it stands for its folder, or "".

    "_": `_index.md` of Hugo and Zola. "index": `index.md`, or its folder's name, as in Obsidian,
    where a sign may be in front of it (`News/§ News.md`).
    """
    folder, _, name = path.rpartition("/")
    if re.fullmatch(_INDEX_FILE, name) and name[0] not in "rR":
        return "_" if name[0] == "_" else "index"
    names = (folder.rpartition("/")[2], name.rpartition(".")[0])
    bare = {re.sub(r"^\W+", "", text).casefold() for text in names}
    return "index" if len(bare) == 1 and bare != {""} else ""


_FILE_DATE = r"(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d)|(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)"
_FOLDER_DATE = r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?=[/_. -]|$)"
_FOLDER_MONTH = r"(?:^|/)(\d{4})/(\d{2})(?=/)"


def date_in_path(path: str) -> ParsedDate | None:
    """The day in a path: `2019-03-07-title.md`, `2019/03/07/title`, or `2019/03/title`.

    An index file takes its folder's name: `2019-03-07-title/index.md` has that date too.
    """
    name = _bundle_name(path) or path.rpartition("/")[2]
    for pattern, text in ((_FILE_DATE, name), (_FOLDER_DATE, path), (_FOLDER_MONTH, path)):
        for match in re.finditer(pattern, text):
            year, month, *days = (int(part) for part in match.groups() if part)
            try:
                moment = datetime(year, month, days[0] if days else 1, tzinfo=UTC)
            except ValueError:
                continue
            if 1900 <= year <= 2100:
                return ParsedDate(moment, True)
    return None


_DATE_PREFIX = r"\d{4}-\d{1,2}-\d{1,2}[-_ T]+(?=.)"
_NUMBERS = r"\d[\d._-]*"
_COLLECTED = r"\d{4}-\d\d-\d\d-.+-[0-9a-f]{12}\.md"
"""What `folder.new_path` calls the files of collected articles."""


def readable_name(path: str) -> str:
    """A title from a file's path: its name without date, suffix and hyphens; never empty.

    `2019-03-07-post-channel.md` becomes "Post channel"; an index file takes its folder's name.
    """
    return _clean_name(path) or "Untitled"


def searchable_name(path: str) -> str:
    """The readable name of a file, which is searched like a second title.

    "" for a collected article, whose file name is made of its date, title and a hash.
    """
    return "" if re.fullmatch(_COLLECTED, path.rpartition("/")[2]) else _clean_name(path)


def _clean_name(path: str) -> str:
    """The readable name of a file, "" where nothing is left of it."""
    name = path.rpartition("/")[2]
    stem = _bundle_name(path) or name.rpartition(".")[0] or name
    stem = re.sub(_DATE_PREFIX, "", stem, count=1)
    if " " not in stem and not re.fullmatch(_NUMBERS, stem):
        spaced = re.sub("[-_]+", " ", stem).strip()
        stem = spaced[:1].upper() + spaced[1:]
    return clean_line(stem)
