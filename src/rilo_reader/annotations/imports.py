"""Read the highlights that Readwise and Omnivore exported (pure).

Sources, as nobody has specified these formats:

- Readwise's CSV (readwise.io/export): a header with `Highlight`, `Book Title`, `Book Author`,
  `Note`, `Highlighted at` and more columns; later exports of Reader have a `URL` or `Source URL`.
- Readwise's Markdown and what its Obsidian plugin writes: a list `Full Title`, `URL`, … below
  `## Metadata`, items that end with `([View Highlight](…))` or `([Location 12](…))` below
  `## Highlights`, with `Note:` and `Tags:` as items within.
- Omnivore's archive (packages/api/src/jobs/export.ts and utils/parser.ts of omnivore-app/omnivore):
  `metadata_0_to_20.json`, a list with `slug`, `title` and `url`, and `highlights/SLUG.md`, each
  highlight as `> quotation`, then `#label`s, then the note, between empty lines.
- Omnivore's API and programs over it: the same list with `highlights`, of `quote`, `annotation`,
  `prefix`, `suffix`, `createdAt`.
- The template of Omnivore's Obsidian plugin (src/settings/template.ts of obsidian-omnivore): the
  same Markdown with `[Read Original](URL)`, `[⤴️](URL)` and `^id` after quotations.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rilo_reader.annotations.highlight import CONTEXT_LIMIT, EXACT_LIMIT, clean_note
from rilo_reader.entry import NotReadableError, readable
from rilo_reader.text import clean_line, clean_text, safe_url

SIZE_LIMIT = 50_000_000
"""Bytes of the longest file that is read."""


class ImportedHighlight(NamedTuple):
    """A highlight of another program; all texts are cleaned.

    Attributes:
        exact: the quotation, not empty.
        note: what the user wrote about it, or "".
        made: when it was made, or None.
        prefix: the text before it, or "".
        suffix: the text after it, or "".
    """

    exact: str
    note: str = ""
    made: datetime | None = None
    prefix: str = ""
    suffix: str = ""


class ImportedArticle(NamedTuple):
    """An article of another program, with its highlights.

    Attributes:
        url: its address, or "".
        title: one line, or "".
        highlights: in the order of the file.
    """

    url: str
    title: str
    highlights: tuple[ImportedHighlight, ...]


def readwise_csv(data: bytes) -> list[ImportedArticle]:
    """Read Readwise's CSV; highlights of one article are put together.

    Raises:
        NotReadableError: it is something else.
    """
    found: dict[tuple[str, str], list[ImportedHighlight]] = {}
    with readable():
        rows = csv.DictReader(io.StringIO(_text(data), newline=""))
        names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
        if not {"highlight", "book title"} <= names.keys():
            raise NotReadableError("it is no CSV of Readwise: there is no Highlight, Book Title.")

        def value(row: Mapping[str, str | None], *columns: str) -> str:
            values = (row.get(names[column]) for column in columns if column in names)
            return next((each for each in values if each), "")

        for row in rows:
            highlight = _highlight(
                value(row, "highlight"), value(row, "note"), value(row, "highlighted at")
            )
            if highlight:
                url = value(row, "source url", "url", "document url")
                key = (safe_url(url) or "", clean_line(value(row, "book title")))
                _add(found, key, highlight)
    return _articles(found)


def markdown(data: bytes) -> list[ImportedArticle]:
    """Read a Markdown file of Readwise, or of Omnivore's Obsidian plugin; usually one article.

    Raises:
        NotReadableError: it has no highlight of one of these.
    """
    with readable():
        found: dict[tuple[str, str], list[ImportedHighlight]] = {}
        for part in re.split(r"(?m)^(?=---\n(?:[\w-]+:.*\n)+)", _text(data)):
            url, title = _address(part), _title(part)
            read = _readwise_items if _BACK_LINK.search(part) else _quotations
            for highlight in read(part):
                _add(found, (url, title), highlight)
        if not found:
            raise NotReadableError("it has no highlights of Readwise or Omnivore.")
        return _articles(found)


def omnivore(files: Mapping[str, bytes]) -> list[ImportedArticle]:
    """Read the files of Omnivore's archive, by their names in it.

    Only articles with highlights are returned. A file of highlights whose article is in no list is
    returned with its slug as the title.

    Raises:
        NotReadableError: one of the lists is not readable, or there is neither list nor highlight.
    """
    known: dict[str, tuple[str, str]] = {}
    found: dict[tuple[str, str], list[ImportedHighlight]] = {}
    lists = [name for name in files if re.search(r"(?:^|/)metadata[^/]*\.json$", name)]
    notes = [name for name in files if re.search(r"(?:^|/)highlights/[^/]+\.md$", name)]
    if not lists and not notes:
        raise NotReadableError("it is no export of Omnivore: there is no metadata_….json.")
    for name in sorted(lists):
        for slug, article in _listed(files[name]):
            known[slug] = (article.url, article.title)
            for highlight in article.highlights:
                _add(found, (article.url, article.title), highlight)
    for name in sorted(notes):
        slug = name.rpartition("/")[2].removesuffix(".md")
        with readable():
            for highlight in _quotations(_text(files[name])):
                _add(found, known.get(slug, ("", clean_line(slug))), highlight)
    return _articles(found)


def omnivore_json(data: bytes) -> list[ImportedArticle]:
    """Read a list of articles of Omnivore's API; only those with highlights are returned.

    Raises:
        NotReadableError: it is something else.
    """
    return [article for _, article in _listed(data) if article.highlights]


# Values.


def _text(data: bytes) -> str:
    if len(data) > SIZE_LIMIT:
        raise NotReadableError("it is too large for highlights.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean_text(data.decode("utf-16", errors="replace"))
    return clean_text(data.decode("utf-8-sig", errors="replace"))


def _highlight(
    exact: object, note: object = "", made: object = "", prefix: object = "", suffix: object = ""
) -> ImportedHighlight | None:
    """A highlight of values from outside; None without a quotation."""
    exact = clean_text(exact).strip()[:EXACT_LIMIT].rstrip() if isinstance(exact, str) else ""
    if not exact:
        return None
    return ImportedHighlight(
        exact,
        clean_note(note) if isinstance(note, str) else "",
        _moment(made),
        clean_text(prefix)[-CONTEXT_LIMIT:] if isinstance(prefix, str) else "",
        clean_text(suffix)[:CONTEXT_LIMIT] if isinstance(suffix, str) else "",
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _add(
    found: dict[tuple[str, str], list[ImportedHighlight]],
    article: tuple[str, str],
    highlight: ImportedHighlight,
) -> None:
    found.setdefault(article, []).append(highlight)


def _articles(
    found: Mapping[tuple[str, str], Sequence[ImportedHighlight]],
) -> list[ImportedArticle]:
    return [
        ImportedArticle(url, title, tuple(dict.fromkeys(highlights)))
        for (url, title), highlights in found.items()
    ]


# Omnivore's lists.


def _listed(data: bytes) -> Iterator[tuple[str, ImportedArticle]]:
    """The articles of a list, with their slugs."""
    with readable():
        try:
            value = json.loads(_text(data))
        except (ValueError, RecursionError):
            raise NotReadableError("it is not JSON.") from None
        records = value.get("items", [value]) if isinstance(value, Mapping) else value
        if not isinstance(records, list) or not any(
            isinstance(record, Mapping) and {"slug", "url", "originalArticleUrl"} & record.keys()
            for record in records
        ):
            raise NotReadableError("it is no list of Omnivore's articles.")
        articles = [_record(record) for record in records if isinstance(record, Mapping)]
    yield from articles


def _record(record: Mapping[str, object]) -> tuple[str, ImportedArticle]:
    address = record.get("originalArticleUrl") or record.get("url")
    title, marked = record.get("title"), record.get("highlights")
    highlights = [
        _highlight(
            each.get("quote"),
            each.get("annotation"),
            each.get("createdAt") or each.get("updatedAt"),
            each.get("prefix"),
            each.get("suffix"),
        )
        for each in (marked if isinstance(marked, list) else ())
        if isinstance(each, Mapping)
    ]
    article = ImportedArticle(
        (safe_url(address) or "") if isinstance(address, str) else "",
        clean_line(title) if isinstance(title, str) else "",
        tuple(each for each in highlights if each),
    )
    return str(record.get("slug", "")), article


# Markdown.


_URL = re.compile(
    r"(?im)^(?:[-*] )?(?:url|link|source_url|originalurl):[ \t]*[\"']?(https?://[^\s\"']+)"
    r"|\[Read Original\]\((https?://[^\s)]+)\)"
)
_TITLE = re.compile(r"(?im)^(?:[-*] )?(?:full title|title):[ \t]*(\S.*)$")
_HEADING = re.compile(r"(?m)^# +(\S.*)$")


def _address(text: str) -> str:
    match = _URL.search(text)
    return (safe_url(match[1] or match[2]) or "") if match else ""


def _title(text: str) -> str:
    match = _TITLE.search(text) or _HEADING.search(text)
    return clean_line(match[1].strip("\"'")) if match else ""


_BACK_LINK = re.compile(
    r"\(\[(?:View Highlight|View Tweet|(?:Location|Page|Time)[ \xa0][^\]\n]{1,40})\]"
    r"\([^)\s]*\)\)"
)
_ITEM = re.compile(r"[-*>] ")
_SUB_ITEM = re.compile(r"[ \t]+(?:[-*] )?(Note|Tags):[ \t]*(.*)", re.IGNORECASE)
_BULLET = re.compile(r"[ \t]+[-*] ")


def _readwise_items(text: str) -> Iterator[ImportedHighlight]:
    """The items of a list that have a link back to Readwise, with their notes."""
    for lines in _items(_BACK_LINK.sub("\0", text).replace("\0#", "\0\n#").split("\n")):
        quotation: list[str] = []
        note: list[str] = []
        is_complete = is_note = False
        for line in lines:
            sub_item = _SUB_ITEM.match(line)
            if sub_item:
                is_note = sub_item[1].lower() == "note"
                if is_note:
                    note.append(sub_item[2].replace("\0", ""))
            elif is_complete and is_note:
                note.append(line.strip())
            elif not is_complete:
                quotation.append(_BULLET.sub("", line).strip())
                is_complete = "\0" in line
        if not is_complete:
            continue
        highlight = _highlight("\n".join(quotation).replace("\0", ""), "\n".join(note))
        if highlight:
            yield highlight


def _items(lines: Iterable[str]) -> Iterator[list[str]]:
    """The items of lists, each with the lines that follow it."""
    item: list[str] = []
    for line in lines:
        if line.startswith("#"):
            yield item
            item = []
        elif _ITEM.match(line):
            yield item
            item = [line[2:]]
        elif item:
            item.append(line)
    yield item


_LABELS = re.compile(r"(?:#[^\s#]+\s*)+")
_TAIL = re.compile(r"\s*(?:\[⤴️?\]\([^)\s]*\))?\s*(?:#[^\s#]+\s*)*(?:\^[\w-]+)?\s*$")
TAIL = 500  # characters of a quotation that may be labels, a link and an id
_HEADING_LINE = re.compile(r"#{1,6} ")


def _quotations(text: str) -> Iterator[ImportedHighlight]:
    """Quotations, each with the paragraphs that follow it as its note."""
    quotation, note = "", list[str]()
    for paragraph in [*re.split(r"\n\s*\n", text.strip("\n")), "# the end"]:
        if paragraph.startswith(">") or _HEADING_LINE.match(paragraph):
            highlight = _highlight(quotation, "\n\n".join(note))
            if highlight:
                yield highlight
            lines = paragraph.split("\n") if paragraph.startswith(">") else []
            quotation = "\n".join(re.sub("^> ?", "", line) for line in lines).rstrip()
            quotation = quotation[:-TAIL] + _TAIL.sub("", quotation[-TAIL:])
            note = []
        elif not _LABELS.fullmatch(paragraph):
            note.append(paragraph)
