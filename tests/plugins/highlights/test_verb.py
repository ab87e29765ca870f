"""`highlights` on the command line, over real files and real marks."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import ArticleId
from rilo_reader.testing import make_home
from tests.plugins.highlights.others import Colleagues
from tests.support.annotate import highlight
from tests.support.command_line import User

SECOND = "The second sentence of it is about customs."
BODY = f"Parcels of *ivory* were found by post. {SECOND}\n\nNothing more is known."


@pytest.fixture
def reader(user: User) -> User:
    """A user with two articles, of which one has two highlights, made from its end."""
    url = '"https://example.org/ivory"'
    user.article("ivory.md", "Ivory by post", "2026-03-07", BODY, id='"ivory-1"', url=url)
    user.article("horn.md", "Horn", "2026-03-06", "Customs.", id='"horn-1"')
    user.ask("index")
    highlight(user, "ivory-1", SECOND, "00000002", "What I\nthink of it.")
    highlight(user, "ivory-1", "Parcels of ivory were found", "00000001")
    return user


def exact(user: User, *arguments: str) -> list[str]:
    found = user.ask("highlights", "--format", "jsonl", *arguments)
    return [each["exact"] for each in found.objects]


def test_they_are_in_the_order_of_the_text(reader: User) -> None:
    code, out, err = reader.ask("highlights", "--format", "text")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Ivory by post",
        "  2026-03-07 · ivory.md",
        "",
        "  > Parcels of ivory were found",
        "",
        f"  > {SECOND}",
        "    What I",
        "    think of it.",
    ]


def test_formats(reader: User) -> None:
    out = reader.ask("highlights").out
    assert out.startswith("## [Ivory by post](<https://example.org/ivory>)\n")
    assert f"> {SECOND}" in out
    assert reader.ask("highlights", "--format", "markdown").out == out
    first, second = reader.ask("highlights", "--format", "jsonl").objects
    assert (first["id"], second["note"]) == ("00000001", "What I\nthink of it.")
    assert first["article"]["id"] == "ivory-1"
    assert first["kind"] == "yellow"
    reader.settings('highlight_kinds = ["fact", "idea", "quotation", "doubt"]\n')
    assert reader.ask("highlights", "--format", "jsonl").objects[0]["kind"] == "fact"
    whole = json.loads(reader.ask("highlights", "--format", "jsonld").out)
    assert whole["total"] == 2
    rows = csv.DictReader(io.StringIO(reader.ask("highlights", "--format", "readwise").out))
    first, second = rows
    assert first["Highlight"]
    assert (first["Title"], first["URL"]) == ("Ivory by post", "https://example.org/ivory")
    assert (second["Highlight"], second["Note"]) == (SECOND, "What I\nthink of it.")


@pytest.mark.parametrize("name", ["all.md", "all.txt", "all.jsonl", "all.jsonld", "all.csv"])
def test_a_file_says_its_format(reader: User, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    found = reader.ask("highlights", "--output", str(file))
    assert (found.code, found.err) == (0, "")
    assert found.out == f"Wrote 2 highlights of 1 article to {file}.\n"
    form = {".md": "markdown", ".txt": "text", ".csv": "readwise"}.get(file.suffix, file.suffix[1:])
    assert file.read_text(encoding="utf-8") == reader.ask("highlights", "--format", form).out


def test_a_file_that_cannot_be_written_is_named(reader: User, tmp_path: Path) -> None:
    for name, code, advice in (
        (str(tmp_path), 1, "is a folder"),
        (str(tmp_path / "no" / "all.md"), 1, "there is no folder"),
        (str(tmp_path / "all.doc"), 2, "the format is not clear"),
    ):
        reader.ask("highlights", "--output", name).failed(code, advice)


@pytest.mark.slow
def test_a_query_narrows_them(reader: User) -> None:
    highlight(reader, "horn-1", "Customs.", "00000003")
    assert exact(reader, "horn") == ["Customs."]
    assert len(exact(reader)) == 3
    assert exact(reader, "-horn") == exact(reader, "post")
    found = reader.ask("highlights", "xyzzy")
    assert (found.code, found.out) == (0, "")
    assert "No highlights found." in found.err
    file = reader.home / "none.md"
    assert reader.ask("highlights", "xyzzy", "--output", str(file)).code == 1
    assert not file.exists()


def test_those_whose_text_is_gone_are_lost_and_stand_last(reader: User) -> None:
    assert exact(reader, "--lost") == []
    reader.article(
        "ivory.md", "Ivory by post", "2026-03-08", f"Rewritten. {SECOND}", id='"ivory-1"'
    )
    assert exact(reader, "--lost") == ["Parcels of ivory were found"]
    assert exact(reader) == [SECOND, "Parcels of ivory were found"]
    assert "No longer in the article:" in reader.ask("highlights", "--format", "text").out


def test_those_of_an_article_that_is_not_here_are_kept(reader: User) -> None:
    highlight(reader, "https://example.org/gone", "Gone text.", "00000004")
    assert exact(reader)[-1] == "Gone text."
    assert exact(reader, "--lost") == ["Gone text."]
    out = reader.ask("highlights", "--format", "text", "--lost").out
    assert "this article is not in your library" in out
    assert "https://example.org/gone" in out


def test_those_of_colleagues_are_printed_with_whose_they_are(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    Colleagues(monkeypatch).shared[ArticleId("ivory-1")] = [
        Highlight("anna 00000002", Anchor("Parcels of ivory"), note="Ask Ben.", owner="anna")
    ]
    out = reader.ask("highlights", "--shared", "--format", "text").out
    assert out.endswith("  > Parcels of ivory\n    anna: Ask Ben.\n")
    [shown] = reader.ask("highlights", "--shared", "--format", "jsonl", "post").objects
    assert (shown["id"], shown["by"], shown["note"]) == ("anna 00000002", "anna", "Ask Ben.")
    assert '"creator"' in reader.ask("highlights", "--shared", "--format", "jsonld").out
    assert exact(reader, "--shared", "horn") == []
    assert "Parcels of ivory" not in exact(reader)
    reader.ask("highlights", "--shared", "--notes").failed(2, "--notes is for all articles")


def test_notes_are_written_on_demand(reader: User) -> None:
    reader.settings(f'folders = ["{reader.library}"]\nnotes_folder = "~/vault"\n')
    assert reader.ask("highlights", "--notes") == (0, "1 note written.\n", "")
    (file,) = (reader.home / "vault").glob("ivory-by-post-*.md")
    file.write_bytes(file.read_bytes().replace(b"think of it.", b"thought of it."))
    found = reader.ask("highlights", "--notes")
    assert found == (0, "1 note read from your files.\n1 note written.\n", "")
    assert "thought of it." in reader.ask("highlights").out
    assert reader.ask("highlights", "--notes") == (0, "", "")
    file.chmod(0o444)
    highlight(reader, "ivory-1", "Nothing more is known.", "00000003")
    found = reader.ask("highlights", "--notes")
    assert found.code == 1
    assert file.name in found.err


def test_they_fit_the_terminal(reader: User) -> None:
    words = " ".join(f"word{number}" for number in range(200))
    reader.article("long.md", "Long", "2026-03-05", words, id='"long-1"')
    reader.ask("index")
    highlight(reader, "long-1", words, "00000003")
    text = re.sub(r"\x1b\[[0-9;]*m", "", reader.show("highlights"))
    quoted = [line for line in text.splitlines() if line.startswith("  > word")]
    assert len(quoted) > 2
    assert all(cell_len(line) < 100 for line in quoted)


@pytest.mark.slow
async def test_what_is_highlighted_in_the_reader_is_printed(tmp_path: Path) -> None:
    with make_home(tmp_path) as home:
        home.write("horn.md", "# Horn\n\nParcels of horn.")
        async with home.open_reader() as reader:
            await reader.press("H", "w", "w", "enter")
            assert "Highlighted" in reader.text
        assert "> Parcels of horn.\n" in home.run("highlights").stdout
