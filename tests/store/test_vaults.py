"""Notes of Obsidian and Logseq: properties, aliases and tags are shown and found."""

from __future__ import annotations

import time
from pathlib import Path
from zipfile import ZipFile

import pytest

from rilo_reader.article import Article
from rilo_reader.dialects.sites import Site, Sites
from rilo_reader.library.snippets import make_snippet
from rilo_reader.query.parser import parse
from rilo_reader.render.document import to_plain_text
from rilo_reader.store.folder import read_article
from rilo_reader.store.vaults import inline_tags
from tests.support.command_line import User
from tests.support.for_each import for_each
from tests.support.plugins import every_plugin


def note(folder: Path, text: str, dialect: str = "Obsidian", name: str = "Note.md") -> Article:
    """A note with this text."""
    (folder / name).write_text(text, encoding="utf-8")
    return read_article(folder, name, site=Site(dialect))


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """An empty vault of Obsidian."""
    folder = tmp_path / "vault"
    (folder / ".obsidian").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("made", "inside", "expected"),
    [
        (".obsidian/app.json", "", "Obsidian"),
        (".obsidian/app.json", "News/2021", "Obsidian"),
        ("logseq/config.edn", "", "Logseq"),
        ("logseq/config.edn", "pages", "Logseq"),
        ("logseq/custom.css", "", ""),
        ("notes/.obsidian/app.json", "", ""),
    ],
)
def test_a_vault_is_known_by_its_settings(
    tmp_path: Path, made: str, inside: str, expected: str
) -> None:
    file = tmp_path / made
    file.parent.mkdir(parents=True)
    file.touch()
    (tmp_path / inside).mkdir(parents=True, exist_ok=True)
    assert Sites(tmp_path / inside).of("a.md").dialect == expected


def test_settings_in_the_home_folder_do_not_make_all_below_it_a_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / "blog").mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert Sites(tmp_path / "blog").of("a.md").dialect == ""
    assert Sites(tmp_path).of("a.md").dialect == "Obsidian"


PROPERTIES = """---
categories:
  - "[[Films]]"
director: ["[[Ann Lee]]", Bo]
rating: 7
seen: true
length:
  hours: 2
maker: ""
source: The office
---
"""


def test_properties_are_a_table_above_the_text(tmp_path: Path) -> None:
    article = note(tmp_path, f"{PROPERTIES}\nThe text.\n")
    assert article.tags == ("Films",)
    assert to_plain_text(article, date_text="7 March 2019") == (
        "Note\nThe office · #Films · 7 March 2019 · 1 min\n\n"
        "director  Ann Lee, Bo\nrating    7\nseen      true\nlength    hours: 2\n\nThe text.\n"
    )


def test_outside_a_vault_only_a_file_without_text_shows_its_other_keys(tmp_path: Path) -> None:
    head = "---\ntitle: Ports\nweight: 3\ndescription: All of them.\nid: a\nfeed: b\n---\n"
    article = note(tmp_path, f"{head}Text.", "")
    assert article.properties == ()
    article = note(tmp_path, head, "")
    assert article.properties == (("weight", "3"), ("description", "All of them."))
    assert "no text" not in to_plain_text(article)


def test_a_note_whose_properties_are_all_empty_names_them(tmp_path: Path) -> None:
    article = note(tmp_path, '---\nmaker: ""\nrating:\n---\n')
    assert article.properties == (("maker", "—"), ("rating", "—"))


def test_a_property_is_text_not_html(tmp_path: Path) -> None:
    article = note(tmp_path, '---\n"<b>k": "<script>x</script> & <td>"\n---\n')
    assert "<b>k  <script>x</script> & <td>" in to_plain_text(article)


def test_a_property_that_the_head_does_not_show_is_in_the_table(tmp_path: Path) -> None:
    text = (
        "---\nurl: example.org/page\nlink: '[[Other]]'\nsource: '[[The Book]]'\n"
        "authors: [Ann]\nby: Bo\ntag: boats, sails\n---\nText.\n"
    )
    article = note(tmp_path, text)
    assert (article.source, article.authors) == ("The Book", ("Ann",))
    assert article.tags == ("boats", "sails")
    assert "url   example.org/page\nlink  Other\nby    Bo\n" in to_plain_text(article)


def test_links_and_addresses_in_properties_are_shown_as_they_are(tmp_path: Path) -> None:
    text = '---\nlog: "[[Captain\'s R&D \\"A\\"]]"\nweb: https://e.example/?a=1&b=2\n---\nText.\n'
    shown = to_plain_text(note(tmp_path, text))
    assert 'log  Captain\'s R&D "A"\nweb  https://e.example/?a=1&b=2\n' in shown


def test_a_heading_that_repeats_the_title_is_left_out_below_properties_too(tmp_path: Path) -> None:
    shown = to_plain_text(note(tmp_path, "---\nrating: 7\n---\n# A day\n\nText.\n"))
    assert shown.count("A day") == 1
    shown = to_plain_text(note(tmp_path, "---\nrating: 7\ntitle: Diary\n---\n# A day\n\nText.\n"))
    assert shown.count("A day") == 1


def test_the_heading_of_a_section_is_no_title_of_a_note(tmp_path: Path) -> None:
    assert note(tmp_path, "## To do\n\nText.").title == "Note"
    assert note(tmp_path, "# A day\n\nText.").title == "A day"
    assert note(tmp_path, "## To do\n\nText.", "").title == "To do"


@for_each(
    "text, tags",
    [
        ("#a and #b/c, (#d) #1a.", ["a", "b/c", "d", "1a"]),
        ("#[[two words]] #日本", ["two words", "日本"]),
        ("- #a\n- b #c", ["a", "c"]),
        ("# Head\n## Head\n#1 #12/3 x#y a#b ##z", []),
        ("`#a` ``#b``\n```\n#c\n```\n~~~\n#d\n~~~\n#e", ["e"]),
        ("[[Note#part]] [x](#y) <!-- #z --> %% #w %% https://a.example/#v", []),
    ],
)
def test_tags_in_the_text(text: str, tags: list[str]) -> None:
    assert list(inline_tags(text)) == tags


def test_tags_in_the_text_are_tags_of_a_note_alone(tmp_path: Path) -> None:
    text = "---\ntags: [boats, '[[People]]', '#deep/blue']\n---\nOf #Boats and #sails.\n"
    assert note(tmp_path, text).tags == ("boats", "People", "deep/blue", "sails")
    assert note(tmp_path, text, "").tags == ("boats", "People", "deep/blue")


def test_a_note_is_found_by_its_aliases_tags_and_properties(vault: Path, user: User) -> None:
    text = "---\naliases: [The Big Boat, '[[Old Tub|Tubby]]']\nshipyard: Vulkan\n---\nOf #sails.\n"
    (vault / "Boat.md").write_text(text, encoding="utf-8")
    (vault / "Other.md").write_text("Nothing.\n", encoding="utf-8")
    for query in (
        *('title:"big boat"', "title:tubby", "tag:sails", "vulkan", "shipyard", "title:boat"),
    ):
        assert user.run("search", query, "--library", str(vault)).out.split("\t")[-1] == "Boat.md\n"
    for tag in ("td", "table", "small"):
        assert user.run("search", tag, "--library", str(vault)).out == ""
    shown = user.run("show", "--plain", "Boat.md", "--library", str(vault)).out
    assert "aliases   The Big Boat, Tubby\nshipyard  Vulkan\n" in shown


def test_a_snippet_of_a_property_has_no_tags(tmp_path: Path) -> None:
    article = note(tmp_path, "---\nmaker: '[[Ann Lee]]'\nyard: Vulkan\n---\nText.")
    found = make_snippet(article, parse("vulkan"), 80)
    assert found is not None
    assert found.text == "maker: Ann Lee yard: Vulkan Text."


def test_addresses_of_hugo_named_aliases_are_no_titles(tmp_path: Path, user: User) -> None:
    text = "---\ntitle: New\naliases: [/old-page/]\n---\nText.\n"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert user.run("search", "title:old", "--library", str(tmp_path)).out == ""


@pytest.mark.parametrize("piece", ["# <!-- ", "#[[", "#](", "# %% ", "#`a"])
@pytest.mark.slow
def test_tags_take_time_in_proportion_to_the_text(piece: str) -> None:
    def seconds(times: int) -> float:
        started = time.process_time()
        list(inline_tags(piece * times))
        return time.process_time() - started

    assert seconds(20_000) < 40 * max(seconds(2_000), 0.005)


# -- Logseq -------------------------------------------------------------------------------------

PAGE = """title:: Boats
alias:: Vessels, Ships
tags:: harbour, [[Sea]]
built:: 1974

- The first block
  id:: 6380d38c-2dda-486a-a1f7-d99bf0b1d7a1
  collapsed:: true
\t- Its child #wood ![a](a.png){:height 20, :width 30}
\t  logseq.order-list-type:: number
\t- owner:: [[Ann Lee]]
\t  since:: 1980
- {{embed [[Sails]]}} {{video https://a.example/v}} ((6380d38c-2dda-486a-a1f7-d99bf0b1d7a1))
- #+BEGIN_TIP
  Care.
  #+END_TIP
- ```
  id:: 1
  ```
"""


def test_a_page_of_logseq(tmp_path: Path) -> None:
    article = note(tmp_path, PAGE, "Logseq")
    assert article.title == "Boats"
    assert article.aliases == ("Vessels", "Ships")
    assert article.tags == ("harbour", "Sea", "wood")
    assert to_plain_text(article).split("\n", 3)[3] == (
        "alias  Vessels, Ships\n"
        "built  1974\n\n"
        "• The first block\n\n"
        "  ◦ Its child #wood [image: a]\n"
        "  ◦ owner: Ann Lee\n"
        "    since: 1980\n\n"
        "• [embedded: Sails] https://a.example/v ((6380d38c-2dda-486a-a1f7-d99bf0b1d7a1))\n\n"
        "• Tip:\n"
        "  Care.\n\n"
        "•  id:: 1\n"
    )


def test_the_name_of_a_page_has_its_path(tmp_path: Path) -> None:
    for name in ("Boats___Sails.md", "Boats%2FSails.md"):
        assert note(tmp_path, "- Text", "Logseq", name).title == "Boats/Sails"


def test_lines_of_properties_are_shown_where_nobody_knows_logseq(tmp_path: Path) -> None:
    article = note(tmp_path, "rating:: 5\n\nText.\n", "")
    assert article.properties == (("rating", "5"),)
    assert note(tmp_path, "Of std::map and more.", "").properties == ()


@pytest.mark.slow
@every_plugin
@for_each("form", ["html", "atom", "epub"])
def test_what_the_page_of_a_note_hides_no_export_shows(
    vault: Path, user: User, form: str, tmp_path: Path
) -> None:
    (vault / "Boat.md").write_text("A boat %%to sell%% at sea.\n", encoding="utf-8")
    there = ("--library", str(vault))
    target = tmp_path / f"out.{form}"
    assert user.run("export", "boat", "--to", str(target), *there).code == 0
    data = target.read_bytes()
    if form == "epub":
        with ZipFile(target) as book:
            data = b"".join(book.read(name) for name in book.namelist())
    assert b"at sea" in data
    assert b"to sell" not in data
    assert "to sell" not in user.run("search", "boat", "--json", *there).out
