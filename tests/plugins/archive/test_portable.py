"""What of an article goes to an archive."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.dialects import DIALECTS, DialectRow
from rilo_reader.dialects.sites import Site
from rilo_reader.plugins.archive.portable import make_harmless, make_portable, parse_portable
from rilo_reader.plugins.archive.push import delete_article
from rilo_reader.store.folder import read_article
from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.store.test_includes import PART, TAGS
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.postgresql import Archive

SECRET = "xHIDDENx"


def test_an_article_that_travels_has_no_secret() -> None:
    article = (
        f'+++\nid = "a"\ntitle = "A"\ndate = 2024-01-01\nfeed = "https://example.org/?key={SECRET}"'
        '\nguid = "1"\n+++\n\nText.\n'
    )
    one = make_portable(article.encode(), "a.md", datetime(2024, 1, 1, tzinfo=UTC))
    assert SECRET not in one.text
    other = parse_portable("a", one.text)
    assert other is not None
    assert (other.feed, other.digest) == (one.feed, one.digest)
    assert SECRET not in one.feed


@for_each("head", ["", "---\nid: a\ntitle: A\ndate: 2024-01-01\n---\n", '+++\nid = "a"\n+++\n'])
def test_a_note_says_its_dialect_and_is_the_text_of_before(head: str) -> None:
    """A colleague's folder has no sign of it; texts that were sent before are no others now."""
    data, when = f"{head}A boat %%to sell%% of #oak.\n".encode(), datetime(2024, 1, 1, tzinfo=UTC)
    before = make_portable(data, "notes/a.md", when)
    one = make_portable(data, "notes/a.md", when, "Obsidian")
    other = parse_portable(one.article.id, one.text)
    assert other is not None
    assert (other.article.dialect, other.article.tags) == ("Obsidian", ("oak",))
    assert "to sell" not in other.article.body
    assert other.digest == one.digest == before.digest
    again = make_portable(one.text.encode(), "elsewhere/b.md", when)
    assert (again.text, again.digest) == (one.text, one.digest)
    assert make_portable(data, "notes/a.md", when, "Hugo").text == before.text


def test_a_text_in_the_syntax_of_one_program_travels_as_markdown() -> None:
    data, when = (
        b"title: The quay\n---\nbody:\n\nTwelve *metres*.\n",
        datetime(2024, 1, 1, tzinfo=UTC),
    )
    one = make_portable(data, "quay/contents.lr", when)
    other = parse_portable(one.article.id, one.text)
    assert other is not None
    assert (other.article.title, other.article.body) == ("The quay", "Twelve *metres*.")


HEADS = (
    '+++\nid = "x"\ntitle = "A"\ndate = 2024-01-01\n+++\n',
    "---\nid: x\ntitle: A\ndate: 2024-01-01\n---\n",
    "---\nid: x\ntitle: A\ndialect: any\ndate: 2024-01-01\n---\n",
    "\n---\nid: x\ntitle: A\ndate: 2024-01-01\n---\n",
    '{"id": "x", "title": "A", "date": "2024-01-01"}\n',
    "id: x\ntitle: A\ndate: 2024-01-01\n\n",
)
"""Texts as a hostile colleague may send them: nothing says that they were collected."""


@pytest.mark.parametrize("row", [*DIALECTS, None])
def test_nothing_of_a_library_comes_into_what_a_colleague_shared(
    tmp_path: Path, row: DialectRow | None
) -> None:
    dialect = row.name if row else ""
    says = f"---\ndialect: {dialect}\nid: x\ntitle: A\ndate: 2024-01-01\n---\n"
    for tag, place in (
        *TAGS,
        ("{{#include part.md}}", "part.md"),
        ("{% post_link part %}", "part.md"),
    ):
        for head in (*HEADS, says):
            one = parse_portable("x", f"{head}Before.\n\n{tag}\n")
            if one is None:
                continue
            for name, text in {place: PART, "docs/a.md": make_harmless(one)}.items():
                file = tmp_path / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            article = read_article(tmp_path, "docs/a.md", site=Site(dialect))
            assert (article.dialect, article.id) == ("plain", "x")
            assert "Of the" not in article.body
            assert "A part" not in article.body


@pytest.mark.slow
def test_articles_and_what_is_none_are_exchanged(archive: Archive, tmp_path: Path) -> None:
    make_archive(archive, anna="contributor", ben="contributor")
    anna, ben = (Desk(tmp_path / name, archive.url(name)) for name in ("anna", "ben"))
    # What cannot travel stands first: a link out of the library, and a file without an end.
    (tmp_path / "outside.md").write_text("Not shared.")
    (anna.folder / "0.md").symlink_to(tmp_path / "outside.md")
    os.mkfifo(anna.folder / "00.md")
    anna.write("a/a.md", "One.\n")
    anna.write("b.md", "Two.\n")
    assert anna.exchange().sent == 2
    assert ben.exchange().new == 2
    (anna.folder / "00.md").unlink()
    (anna.folder / "0.md").unlink()
    assert ben.texts() == anna.texts()
    ben.edit(ArticleId("b.md"), "More.\n")
    ben.star("a/a.md")
    assert (ben.exchange().sent, anna.exchange().updated) == (1, 1)
    assert anna.texts()[ArticleId("b.md")].endswith("Two.\nMore.\n")
    assert not anna.exchange().is_anything
    with closing(administrator(archive)) as connection:
        connection.execute("set search_path = rilo")
        delete_article(connection, ArticleId("b.md"))
    assert ArticleId("b.md") in ben.texts()


_KEYS = st.sampled_from(["id", "ID", "title", "Title", "name", "date", "Date", "published", "url"])
_VALUES = st.sampled_from(
    (
        *('""', '" "', '"a"', '"A  b"', '"{{< c >}}"', '"https://example.org/d"', '"1 Feb 2020"'),
        *("2020-01-01", "2020-01-01T10:00:00Z", "0001-01-01", "7", '["e"]', '"2020-02-03-f.md"'),
    )
)


@examples(300)
@given(st.dictionaries(_KEYS, _VALUES), st.sampled_from(["", "# G\n\n", "# a\n\n"]))
def test_what_travels_says_the_same_at_any_other_place(head: dict[str, str], body: str) -> None:
    lines = "".join(f"{key} = {value}\n" for key, value in head.items())
    data = f"+++\n{lines}+++\n\n{body}Text.\n".encode()
    one = make_portable(data, "2020-02-03-f.md", datetime(2021, 1, 1, tzinfo=UTC))
    other = parse_portable(one.article.id, one.text)
    assert other is not None
    for name in ("id", "title", "date", "date_only", "source", "url"):
        assert getattr(other.article, name) == getattr(one.article, name), name


@pytest.mark.slow
def test_a_colleagues_text_is_marked_and_travels_as_it_was(
    archive: Archive, tmp_path: Path
) -> None:
    make_archive(archive, anna="contributor", ben="contributor")
    anna, ben = (Desk(tmp_path / name, archive.url(name)) for name in ("anna", "ben"))
    anna.write("a.md", "One.\n\n{% include diary.md %}\n")
    ben.write("_includes/diary.md", "My secret.\n")
    anna.exchange()
    ben.exchange()
    (file,) = ben.files().values()
    path = file.relative_to(ben.folder).as_posix()
    assert "secret" not in read_article(ben.folder, path).body
    assert ben.texts() == anna.texts()
    ben.edit(ArticleId("a.md"), "More.\n")
    assert (ben.exchange().sent, anna.exchange().updated) == (1, 1)
    assert ben.texts() == anna.texts()
    assert (ben.exchange(), anna.exchange()) == (ben.exchange(), anna.exchange())
