"""Highlights of Readwise: added where their articles are, once, as one gesture."""

from __future__ import annotations

import pytest

from rilo_reader.plugins.importers.files import find_kind
from rilo_reader.plugins.importers.report import ContentKind
from tests.support.annotate import highlighted
from tests.support.command_line import User
from tests.support.for_each import for_each
from tests.support.shared import samples

BEES = (
    "# How bees talk\n\nHoney bees *tell each other* where food is by dancing on the comb. "
    "The dance has the form of an eight. The longer the run takes, the farther away the food is."
)
SAMPLES = samples("highlights")


@pytest.fixture
def reader(user: User) -> User:
    """A user with an article that the samples have highlights of, and another one."""
    url = '"https://www.news.example/bees/?utm_source=feed"'
    user.article("bees.md", "How bees talk", "2026-03-07", BEES, id='"bees"', url=url)
    user.article("other.md", "Other", "2026-03-06", BEES, id='"other"')
    return user


def highlights(user: User) -> list[tuple[str, str, str]]:
    found = highlighted(user.library)
    return [(each["article"]["id"], each["exact"], each["note"]) for each in found]


@pytest.mark.parametrize("name", ["readwise.csv", "readwise.md"])
def test_files_of_highlights_are_recognized(name: str) -> None:
    assert find_kind(name, (SAMPLES / name).read_bytes()) == (ContentKind.HIGHLIGHT, "")


@for_each(
    "name, head",
    [
        ("x.csv", b"Highlight,Colour\na,b\n"),
        ("x.md", b"# Book title, and what a highlight is\n\n> quoted\n"),
        ("x.md", b"I like [Readwise](https://readwise.io/)."),
    ],
)
def test_other_files_are_not(name: str, head: bytes) -> None:
    assert find_kind(name, head)[0] is not ContentKind.HIGHLIGHT


def test_those_of_readwise_are_added_where_their_article_is(reader: User) -> None:
    code, out, err = reader.ask("import", str(SAMPLES / "readwise.csv"))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "highlights: 2 imported, 1 left out.",
        "  蜜蜂: its article is not in the library (1 highlight)",
        "1 article with highlights: not in your library.",
    ]
    first = "Honey bees tell each other where food is by dancing on the comb."
    assert highlights(reader) == [
        ("bees", first, 'Do they, "really"?'),
        ("bees", "The longer the run takes, the farther away the food is.", ""),
    ]
    assert highlighted(reader.library, only_lost=True) == []


def test_nothing_here_to_highlight_is_no_failure(user: User) -> None:
    found = user.ask("import", str(SAMPLES / "readwise.csv"))
    assert found.code == 0
    assert "2 articles with highlights: not in your library." in found.out
    assert "Nothing was found" not in found.out
    lines = user.ask("import", "--json", str(SAMPLES / "readwise.csv")).objects
    (record,) = [each for each in lines if "kind" in each]
    assert (record["kind"], record["taken"], record["left_out"]) == ("highlight", 0, 3)


def test_they_are_one_gesture(reader: User) -> None:
    reader.ask("import", str(SAMPLES / "readwise.csv"), str(SAMPLES / "readwise.md"))
    (entry,) = reader.ask("history", "--json").objects
    assert entry["what"] == "Highlighted 5 passages, wrote 1 note"
    reader.ask("undo")
    assert highlights(reader) == []


@pytest.mark.parametrize("name", ["readwise.csv", "readwise.md"])
def test_a_second_run_adds_nothing(reader: User, name: str) -> None:
    reader.ask("import", str(SAMPLES / name))
    before = highlights(reader)
    assert len(before) >= 2
    found = reader.ask("import", str(SAMPLES / name))
    assert f"{len(before)} already here" in found.out
    assert highlights(reader) == before
    # Nor do other exports of the same highlights.
    reader.ask("import", str(SAMPLES / "readwise.csv"), str(SAMPLES / "readwise.md"))
    texts = [exact for _, exact, _ in highlights(reader)]
    assert len(texts) == len(set(texts))


def test_one_that_is_here_hides_none_that_follows(reader: User) -> None:
    header = (SAMPLES / "readwise.csv").read_bytes().partition(b"\n")[0]
    known, new = b"Honey bees tell each other", b"The dance has the form of an eight."
    for texts in ([known], [known, new]):
        (reader.home / "export.csv").write_bytes(
            b"\n".join((header, *(b"%s,How bees talk" % text for text in texts)))
        )
        reader.ask("import", "export.csv")
        assert [exact.encode() for _, exact, _ in highlights(reader)] == texts


def test_a_dry_run_adds_nothing_and_counts_the_same(reader: User) -> None:
    arguments = ["import", str(SAMPLES / "readwise.csv")]
    found = reader.ask(*arguments, "--dry-run")
    assert "2 would be imported, 1 left out" in found.out
    assert highlights(reader) == []
    assert reader.ask("history").out == ""


def test_what_is_not_in_the_article_is_kept_as_lost(reader: User) -> None:
    reader.ask("import", str(SAMPLES / "readwise.md"))
    assert "#1: the angle." in [
        each["exact"] for each in highlighted(reader.library, only_lost=True)
    ]


def test_a_title_that_two_articles_have_is_none(reader: User) -> None:
    reader.article("bees2.md", "HOW bees talk", "2026-03-05", BEES)
    text = (SAMPLES / "readwise.csv").read_bytes().replace(b"https://news.example/bees", b"")
    (reader.home / "export.csv").write_bytes(text)
    assert (
        "2 articles with highlights: not in your library." in reader.ask("import", "export.csv").out
    )
    (reader.library / "bees2.md").unlink()
    reader.ask("import", "export.csv")
    assert {article for article, _, _ in highlights(reader)} == {"bees"}


def test_notes_of_the_user_are_left_alone(reader: User) -> None:
    reader.ask("import", str(SAMPLES / "readwise.md"))
    before = highlights(reader)
    reader.ask("import", str(SAMPLES / "readwise.csv"))  # with another note on the same passage
    assert set(before) <= set(highlights(reader))


@pytest.mark.slow
def test_what_was_imported_travels(reader: User) -> None:
    pytest.importorskip("rilo_reader.plugins.devices")
    reader.ask("sync", "on")
    reader.ask("import", "--dry-run", str(SAMPLES / "readwise.csv"))
    assert "0 changes sent" in reader.ask("sync", "now").out
    reader.ask("import", str(SAMPLES / "readwise.csv"))
    files = (reader.library / ".rilo" / "marks").glob("*/*.log")
    assert any("highlight:" in file.read_text(encoding="utf-8") for file in files)
    assert "0 changes sent" in reader.ask("sync", "now").out


def test_broken_files_are_named(reader: User) -> None:
    (reader.home / "empty.csv").write_text("Highlight,Book Title,Note\n,,\n")
    (reader.home / "x.md").write_text("See ([View Highlight](https://readwise.io/open/1)).")
    found = reader.ask("import", "x.md", "empty.csv")
    assert found.code == 1
    assert "x.md: it has no highlights of Readwise." in found.out
