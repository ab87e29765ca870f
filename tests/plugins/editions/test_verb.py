"""`edition`: printed for people, in columns and as JSON, and written as a book and a page."""

from __future__ import annotations

from zipfile import ZipFile

import pytest

from tests.support.command_line import User

PAGE = "word " * 476  # two minutes


@pytest.fixture
def reader(user: User) -> User:
    """A user with two sources, of which one floods."""
    for number in range(1, 6):
        user.article(
            f"flood-{number}.md",
            f"Flood {number}",
            f"2026-11-0{number}",
            f"{number} {PAGE}",
            source='"Flood"',
        )
    user.article("rare.md", "Rare & new", "2026-10-01", PAGE, source='"Rare"')
    return user


END = "That was today's edition: 3 articles, 6 minutes. 3 more wait."


def test_an_edition_is_printed_with_its_end(reader: User) -> None:
    assert [
        line.split("\t")[1:] for line in reader.ask("edition", "--minutes", "6").out.splitlines()
    ] == [
        ["Flood 5", "Flood", "flood-5.md", "2"],
        ["Rare & new", "Rare", "rare.md", "2"],
        ["Flood 4", "Flood", "flood-4.md", "2"],
    ]
    shown = reader.show("edition", "--minutes", "6", "--library", str(reader.library))
    assert "Flood · 2 min · flood-5.md" in shown
    assert END in shown.splitlines()[-1]
    assert [
        (one["id"], one["minutes"], one["read"])
        for one in reader.ask("edition", "source:rare", "--json").objects
    ] == [("rare.md", 2, False)]


def test_its_length_is_a_setting(reader: User) -> None:
    assert len(reader.ask("edition").out.splitlines()) == 6
    reader.settings("edition_minutes = 4\n")
    assert len(reader.ask("edition").out.splitlines()) == 2


@pytest.mark.parametrize("name", ["morning.epub", "morning.html"])
def test_a_book_and_a_page_have_the_end_as_their_end(reader: User, name: str) -> None:
    reader.ask("edition", "--minutes", "6", "--to", name).says(f"Wrote 3 articles to {name}.")
    file = reader.home / name
    if name.endswith("epub"):
        with ZipFile(file) as book:
            text = book.read("OEBPS/a4.xhtml").decode()
            assert "<title>Edition of " in book.read("OEBPS/nav.xhtml").decode()
            package = book.read("OEBPS/package.opf").decode()
        spine = [package.index(f'<itemref idref="{one}"') for one in ("a1", "a2", "a3", "a4")]
        assert spine == sorted(spine)
    else:
        text = file.read_text("utf-8")
        titles = ["Flood 5</h2>", "Rare &amp; new</h2>", "Flood 4</h2>", END.replace("'", "&#x27;")]
        assert sorted(titles, key=text.index) == titles
    assert "6 minutes. 3 more wait." in text
    assert reader.ask("list").out.count("\n") == 6
    assert reader.ask("search", "--count", "is:unread").out == "6\n", "it marks nothing"


def test_what_is_muted_is_not_in_it(reader: User) -> None:
    reader.settings("[[mutes]]\nquery = 'source:flood'\n")
    assert reader.ask("edition").out.split("\t")[3:4] == ["rare.md"]
    assert len(reader.ask("edition", "--muted").out.splitlines()) == 6


def test_where_nothing_is_unread_that_is_said(reader: User) -> None:
    found = reader.ask("edition", "is:starred")
    assert (found.code, found.out) == (0, "")
    assert found.err == "No unread articles for an edition.\n"
    found = reader.ask("edition", "is:starred", "--to", "none.epub")
    assert found.code == 1
    assert not (reader.home / "none.epub").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--minutes", "0"), "--minutes can be 1 to 600"),
        (("--minutes", "ten"), "'ten' is not a number"),
        (("--to", "x.epub", "--json"), "--to or --json"),
        (("--to", "x.doc"), "the format is not clear from 'x.doc'"),
        (("--to", "x.opml"), "a list of feeds"),
    ],
)
def test_mistakes_are_explained(reader: User, arguments: tuple[str, ...], said: str) -> None:
    reader.ask("edition", *arguments).failed(2, said)
