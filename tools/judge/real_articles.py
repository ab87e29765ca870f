"""What rilo-reader makes of real articles, beside what PyYAML and tomllib say of their headers.

`python -m tools.judge.real_articles` prints a table, one line a site, and why the rest differ. The
headers are found and read here by other means than the program's own, so that neither can hide the
other's mistake.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from tests.support.shared import corpus

from rilo_reader.article import Article
from rilo_reader.dialects import named
from rilo_reader.store.article_fields import to_article, write_article
from rilo_reader.store.date_order import day_comes_first
from rilo_reader.store.folder import read_article, read_date_heads
from rilo_reader.store.front_matter import parse, write
from rilo_reader.store.mdx import is_mdx

DATE_KEYS = ("date", "published", "publishDate", "pubDate", "created")
HEADER = re.compile(r"\s*(---|\+\+\+)[ \t]*\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
LINES = re.compile(r"(?:[A-Z][\w ]*:.*\n(?:[ \t]+\S.*\n)*)+\n")
FORMATS = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M", "%Y-%m-%d")
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


@dataclass
class Header:
    """What a file's header says, read independently."""

    title: str | None = None
    date: datetime | None = None
    date_text: str | None = None
    broken: bool = False
    body: str = ""


@dataclass
class Site:
    """The count of one site."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    differ: list[str] = field(default_factory=list)

    def count(self, what: str, equal: bool, detail: str) -> None:
        """Count a comparison, and keep what differs."""
        self.counts[what] += 1
        if equal:
            self.counts[f"{what} equal"] += 1
        else:
            self.differ.append(detail)


def read_header(text: str) -> Header:
    """The header of a text, by PyYAML, tomllib or json."""
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    if text.startswith("{") and not text.startswith(("{%", "{{")):
        values, end = json.JSONDecoder().raw_decode(text)
        return _header(values, values, text[end:])
    match = HEADER.match(text)
    if match is None:
        lines = LINES.match(text)
        if lines is None or not re.search(r"^(?:Title|Date):", lines[0], re.M):
            return Header(body=text)
        whole = re.sub(r"\n[ \t]+", " ", lines[0].strip())
        pairs = dict(line.split(":", 1) for line in whole.split("\n"))
        return _header(
            {key: value.strip() for key, value in pairs.items()}, {}, text[lines.end() :]
        )
    body = text[match.end() :]
    if match[1] == "+++":
        values = tomllib.loads(match[2])
        return _header(values, values, body)
    try:
        texts = yaml.load(match[2], yaml.CBaseLoader)
        typed = yaml.load(match[2], yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return Header(broken=True, body=text)
    return _header(texts or {}, typed or {}, body)


def _header(texts: dict[str, Any], typed: dict[str, Any], body: str) -> Header:
    header = Header(body=body)
    title = texts.get("title", texts.get("Title"))
    if isinstance(title, str) and " ".join(title.split()) and typed.get("title", "") is not None:
        header.title = " ".join(title.split())
    for key in (*DATE_KEYS, "Date"):
        value = typed.get(key, texts.get(key))
        if value and not isinstance(value, bool):
            header.date_text = str(value)
            header.date = read_date(value)
            break
    return header


def read_date(value: object) -> datetime | None:
    """A date by the standard library alone."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # made aware below
    else:
        for form in FORMATS:
            try:
                moment = datetime.strptime(str(value), form)  # noqa: DTZ007  # made aware below
                break
            except ValueError:
                continue
        else:
            return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=0)


def examine(folder: Path) -> Site:
    """Open every file of a site, and compare."""
    site = Site(folder.name)
    order = day_comes_first(read_date_heads(folder))
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            _examine_file(site, folder, file.relative_to(folder).as_posix(), order)
    return site


def _examine_file(site: Site, folder: Path, path: str, order: bool | None) -> None:
    text = (folder / path).read_bytes().decode()
    article = read_article(folder, path, day_first=lambda: order)
    header = read_header(text)
    site.counts["files"] += 1
    site.counts["faults"] += bool(article.faults)
    site.counts["header broken"] += header.broken
    if header.broken and not article.faults:
        site.differ.append(f"{path}: PyYAML rejects the header, and no fault is told")
    for fault in article.faults:
        site.differ.append(f"{path}: line {fault.line}: {fault.reason}")
    if header.title is not None:
        equal = " ".join(article.title.split()) == header.title
        detail = f"{path}: title {article.title!r}, header {header.title!r}"
        site.count("titles", equal, detail)
    else:
        site.counts["no header title"] += 1
    if header.date_text is not None:
        equal = header.date == article.date
        detail = f"{path}: date {article.date}, header {header.date_text!r}"
        site.count("dates", equal, detail)
    else:
        from_file = article.date.timestamp() == (folder / path).stat().st_mtime
        site.counts["date of file" if from_file else "date of path or lastmod"] += 1
    rewritten = named(article.dialect).body(header.body, path, lambda name: None)
    if path.endswith((".html", ".htm")) or is_mdx(header.body) or rewritten != header.body:
        site.counts["html"] += 1  # its body is the Markdown that it means
        return
    as_markdown = named(article.dialect).body(header.body, path, lambda _: None)
    body = UNSAFE.sub("", as_markdown).lstrip("\n")
    site.count("bodies", article.body.lstrip("\n") == body, f"{path}: the body differs")
    site.count("second passes", _stable(text, article), f"{path}: a second pass changes it")


def _stable(text: str, article: Article) -> bool:
    """Whether writing changes nothing: the document as it is, and the article as we write it."""
    document = parse(text)
    if write(document) != text or document.head + document.body != text:
        return False
    written = write_article(article)
    again = to_article(parse(written), article.path, article.date)
    # What was written says its date, and has no other keys.
    faults, dated, properties = article.faults, article.dated, article.properties
    same = again._replace(faults=faults, dated=dated, properties=properties) == article
    return same and write_article(again) == written


def main() -> None:
    """Print the table."""
    columns = ("files", "titles", "titles equal", "dates", "dates equal", "date of path or lastmod",
               "date of file", "faults", "bodies equal", "second passes equal")  # fmt: skip
    print(f"{'site':20}" + "".join(f"{name:>12}" for name in ("files", "titles", "equal", "dates",
          "equal", "from path", "from mtime", "faults", "bodies", "2nd pass")))  # fmt: skip
    sites = [examine(folder) for folder in sorted(corpus("md").iterdir())]
    total = sum((site.counts for site in sites), Counter())
    for name, counts in [*((site.name, site.counts) for site in sites), ("all", total)]:
        print(f"{name:20}" + "".join(f"{counts[column]:12,}" for column in columns))
    for site in sites:
        print(f"\n{site.name}: {len(site.differ)} remarks")
        for remark in site.differ[:40]:
            print(f"  {remark}")


if __name__ == "__main__":
    main()
