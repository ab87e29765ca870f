"""What goes out and comes back in: the table of docs/export.md, format by format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tools.reference import table

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.plugins.exporters.formats import ENDINGS
from rilo_reader.workers import WorkerPool
from tests.support.annotate import annotate
from tests.support.command_line import User
from tests.support.pictures import picture

PAGE = Path(__file__).parents[3] / "docs" / "export.md"

# Each column of the table: its head, the file, how it is written, how it is read.
FORMATS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "`backup`": ("home.zip", ("backup", "home.zip"), "restore"),
    "`.jsonl`": ("all.jsonl", ("export", "--to", "all.jsonl"), "import"),
    "`.md`, `.zip`": ("all.zip", ("export", "--to", "all.zip"), "import"),
    "`.atom`": ("all.atom", ("export", "--to", "all.atom"), "import"),
    "`.csv`": ("all.csv", ("export", "--to", "all.csv"), "import"),
    "`bookmarks`": (
        "links.html",
        ("export", "--to", "links.html", "--format", "bookmarks"),
        "import",
    ),
    "`.json`": ("all.json", ("export", "--to", "all.json"), "import"),
    "`.html`": ("all.html", ("export", "--to", "all.html"), "import"),
    "`.opml`": ("all.opml", ("export", "--to", "all.opml"), "import"),
    "`.epub`": ("all.epub", ("export", "--to", "all.epub"), "import"),
    "`.bib`": ("all.bib", ("export", "--to", "all.bib"), "import"),
    "`.ris`": ("all.ris", ("export", "--to", "all.ris"), "import"),
}

Records = dict[str, dict[str, Any]]
"""Articles by their titles."""

ROWS: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "title": lambda one: one["title"],
    "address": lambda one: one["url"],
    "text": lambda one: one["body"].partition("![")[0].strip(),
    "day and time": lambda one: one["date"],
    "day of the last change": lambda one: one["updated"],
    "authors": lambda one: one["authors"],
    "source": lambda one: one["source"],
    "language": lambda one: one["lang"],
    "summary": lambda one: one["summary"],
    "tags": lambda one: one["tags"],
    "tags of your own": lambda one: one["own_tags"],
    "read": lambda one: one["read"],
    "starred": lambda one: one["starred"],
    "highlights": lambda one: [each["exact"] for each in one["highlights"]],
    "notes": lambda one: [each["note"] for each in one["highlights"]],
    "addresses of attached files": lambda one: [file["url"] for file in one["enclosures"]],
    "address of the comments": lambda one: one["comments"],
}


def _compare(name: str, old: Records, new: Records) -> str:
    """What came back of a value: yes, – or something between."""
    value = ROWS[name]
    had = {title: value(one) for title, one in old.items() if value(one) not in ("", [], None)}
    has = {title: value(one) for title, one in new.items() if title in had}
    if has == had:
        return "yes"
    if name == "tags" and all(set(had[one]) <= set(new[one]["tags"]) for one in had if one in new):
        return "yes" if new.keys() >= had.keys() else "–"
    if name == "tags of your own" and all(
        one in new and set(had[one]) <= set(new[one]["tags"]) for one in had
    ):
        return "as tags"
    if name == "text" and any(
        "dance" in one["body"] and "hand" in one["body"] for one in new.values()
    ):
        return "as one article"
    return "–"


OF_HOMES = (
    "pictures beside articles",
    "feeds, with title and tags",
    "their headers, filters and comments",
    "saved searches, keys, mutes",
    "history and undo",
)
HISTORY = [
    "Wrote 1 note",
    "Highlighted 1 passage",
    "Tagged 1 with garden",
    "Starred 1",
    "Marked 1 as read",
]


def _furnish(user: User) -> None:
    user.article(
        *("Hives/a.md", "Bees", "2026-03-01T10:20:30+00:00"),
        "Bees *dance* and find their way.\n\n![Wall](wall.png)\n",
        updated="2026-03-02T10:20:30+00:00",
        url='"https://bees.example/a"',
        source='"Hives"',
        authors='["Ada Byron", "Mary Shelley"]',
        tags='["june"]',
        lang='"de"',
        summary='"Of bees."',
        enclosures='[{url = "https://bees.example/a.mp3", type = "audio/mpeg", bytes = 1000}]',
        comments='"https://bees.example/talk"',
    )
    user.article(
        "b.md", "Wool", "2026-02-01T00:00:00+00:00", "By *hand*.", url='"https://b.example/b"'
    )
    (user.library / "Hives" / "wall.png").write_bytes(picture())
    for done in ("read",), ("star",), ("tag", "garden"):
        assert user.ask("mark", *done, "Hives/a.md").code == 0
    with open_library(user.library, user_paths()) as library:
        article = ArticleId("https://bees.example/a")
        passage = to_json(Highlight("aaaaaaa1", Anchor("and find")))
        annotate(library.state, article, "highlight:aaaaaaa1", passage)
        annotate(library.state, article, "note:aaaaaaa1", "Do they?")
    user.settings('[[saved_searches]]\nname = "mine"\nquery = "word"\n')
    user_paths().feeds_file.write_text(
        '[[feeds]]\nurl = "https://a.example/f"\ntags = ["news"]\nheaders = { X-Key = "1" }\n'
    )


def _records(user: User) -> Records:
    printed = user.ask("export", "--to", "-", "--format", "jsonl").out.splitlines()
    return {one["title"]: one for one in map(json.loads, printed)}


def _homes(user: User) -> Iterator[bool]:
    """Whether what is not of an article is there, in the order of OF_HOMES."""
    feeds = user.run("feeds", "--json").objects
    settings, feeds_file = user_paths().settings_file, user_paths().feeds_file
    yield any(file.read_bytes() == picture() for file in user.library.rglob("*.png"))
    yield [(one["url"], one["tags"]) for one in feeds] == [("https://a.example/f", ["news"])]
    yield "X-Key" in (feeds_file.read_text() if feeds_file.exists() else "")
    yield 'name = "mine"' in (settings.read_text() if settings.exists() else "")
    yield [one["what"] for one in user.ask("history", "--json").objects] == HISTORY


@pytest.mark.slow
def test_the_table_says_what_comes_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pool: WorkerPool,
) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    pytest.importorskip("rilo_reader.plugins.homes")

    def make_user(name: str) -> User:
        (tmp_path / name).mkdir()
        return User(tmp_path / name, monkeypatch, capsys, pool)

    user = make_user("old")
    _furnish(user)
    old = _records(user)
    assert all(_homes(user))
    for _, write, _ in FORMATS.values():
        assert user.run(*write).code == 0, write
    columns: dict[str, list[str]] = {}
    for head, (file, _, read) in FORMATS.items():
        other = make_user(file)
        other.run(read, str(tmp_path / "old" / file))
        new = _records(other)
        of_home = ("yes" if found else "–" for found in _homes(other))
        columns[head] = [*(_compare(name, old, new) for name in ROWS), *of_home]
    ways_out = [head for head, cells in columns.items() if set(cells) == {"–"}]
    columns = {
        ", ".join(ways_out) if head in ways_out else head: cells for head, cells in columns.items()
    }
    rows = zip([*ROWS, *OF_HOMES], *columns.values(), strict=True)
    made = table(("", *columns), rows)
    assert made in PAGE.read_text("utf-8"), f"docs/export.md:\n\n{made}"


def test_the_table_has_every_format() -> None:
    assert {f".{file.rpartition('.')[2]}" for file, _, _ in FORMATS.values()} >= {
        ending for ending in ENDINGS if ending not in (".md", ".ndjson", ".xml", ".htm")
    }
