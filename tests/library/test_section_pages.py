"""Pages that stand for a folder: Hugo, Zola, Jekyll, Starlight and Obsidian have them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import NO_DATE
from rilo_reader.dates import format_date
from rilo_reader.library import Library, open_library
from rilo_reader.query.parser import parse
from rilo_reader.store.folder import is_folder_page
from tests.support.reader import paths_in

POST = "---\ntitle: A post\ndate: 2019-03-07\n---\n\nWords.\n"


def rows(library: Library, query: str = "") -> list[tuple[str, str]]:
    found = library.search.window(parse(query), 0, 50).rows
    return [(row.path, format_date(row.date, row.date_only, form="iso")) for row in found]


def library_of(tmp_path: Path, files: dict[str, str]) -> Library:
    folder = tmp_path / "site"
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    library = open_library(folder, paths_in(tmp_path))
    list(library.follower.reconcile())
    return library


@pytest.mark.parametrize(
    ("path", "others", "section"),
    [
        ("blog/_index.md", (), True),  # Hugo, Zola
        ("blog/_index.fr.md", (), True),
        ("blog/index.md", ("blog/post.md",), True),
        ("blog/index.mdx", ("blog/post/index.mdx",), True),  # Starlight
        ("index.html", ("post.md",), True),  # Jekyll
        ("post/index.md", (), False),  # a leaf bundle
        ("post/index.md", ("post/index.fr.md", "post/images/a.png", "post/.hidden.md"), False),
        ("News/News.md", ("News/a.md",), True),  # Obsidian
        ("05 - News/🗂️ 05 - News.md", ("05 - News/a.md",), True),
        ("News/News.md", (), False),
        ("News/Newsroom.md", ("News/a.md",), False),
        ("README.md", ("a.md",), False),
        ("📂/🗂️.md", ("📂/a.md",), False),
    ],
)
def test_what_stands_for_its_folder(
    tmp_path: Path, path: str, others: tuple[str, ...], section: bool
) -> None:
    for name in (path, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert is_folder_page(tmp_path, path) is section


def test_section_pages_are_left_out_without_text_and_last_without_date(tmp_path: Path) -> None:
    files = {
        "_index.md": "---\ntitle: Home\n---\n",
        "blog/_index.md": "---\ntitle: Blog\n---\n\nAll posts.\n",
        "blog/post.md": POST,
        "blog/old.md": POST.replace("2019", "1019"),
        "bundle/index.md": "---\ntitle: A bundle\n---\n\nWords of its own.\n",
        "dated/_index.md": "---\ntitle: Dated\ndate: 2020-01-01\n---\n",
        "list/index.md": "---\ntitle: A list\n---\n",
    }
    with library_of(tmp_path, files) as library:
        first, *rest = rows(library)
        assert first[0] == "bundle/index.md"
        assert rest == [
            ("dated/_index.md", "2020-01-01"),
            ("blog/post.md", "2019-03-07"),
            ("blog/old.md", "1019-03-07"),
            ("blog/_index.md", "no date"),
        ]
        skipped = [(one.path, one.reason) for one in library.follower.skipped()]
        reason = "a section page with neither text nor date"
        # An index page without text is none of its own, also where it is alone.
        assert sorted(skipped) == [("_index.md", reason), ("list/index.md", reason)]


def test_what_has_no_date_is_in_no_span_of_time_and_the_page_agrees(tmp_path: Path) -> None:
    files = {"_index.md": "Home.\n", "a.md": POST, "b.md": POST.replace("03-07", "04-08")}
    with library_of(tmp_path, files) as library:
        assert rows(library, "before:2030") == [("b.md", "2019-04-08"), ("a.md", "2019-03-07")]
        assert rows(library, "-date:2019") == [("_index.md", "no date")]
        assert sum(slot.hits for slot in library.search.timeline(parse("")).slots) == 2
        (home,) = library.search.window(parse("home"), 0, 1).rows
        assert library.article(home.id).date == home.date == NO_DATE


def test_a_page_alone_without_a_date_has_the_time_of_its_file(tmp_path: Path) -> None:
    with library_of(tmp_path, {"post/index.md": "Words.\n"}) as library:
        ((_, date),) = rows(library)
        modified = (tmp_path / "site/post/index.md").stat().st_mtime
        assert date == format_date(datetime.fromtimestamp(modified, UTC), False, form="iso")
