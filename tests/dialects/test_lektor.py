"""Pages of Lektor: what the golden page cannot say."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.dialects import named
from rilo_reader.dialects.sites import Site
from rilo_reader.store.folder import read_article
from tests.support.for_each import for_each

LEKTOR = named("Lektor")


def split(text: str) -> tuple[dict[str, object], str]:
    """The fields of a page, and its text as Markdown."""
    header = LEKTOR.header(text)
    assert header is not None
    return dict(header.metadata), LEKTOR.body(
        text[header.end :], "a/contents.lr", lambda path: None
    )


@for_each("end", ["\n", "\r\n"])
def test_the_text_may_stand_anywhere(end: str) -> None:
    text = "\ufeff\ntitle: A\n---\nbody: b\n\nc\n---\nauthor: D\n".replace("\n", end)
    header = LEKTOR.header(text)
    assert header is not None
    assert (header.metadata["title"], header.metadata["author"]) == ("A", "D")
    body = text[header.end :].replace(end, "\n")
    assert LEKTOR.body(body, "a/contents.lr", lambda path: None).strip() == "b\n\nc"


@for_each(
    "text", ["", "\n", "Words.\n\nkey: no\n", "---\ntitle: A\n---\n\nText.\n", "# A\n", ": a\n"]
)
def test_what_is_no_field_is_read_as_any_text(text: str) -> None:
    assert LEKTOR.header(text) is None


def test_lines_that_fields_and_blocks_escape() -> None:
    assert split("body:\n\na\n\n----\n\nb\n\n-----\n---\n")[1] == "a\n\n---\n\nb\n\n----"
    nested = "body:\n\n#### a ####\ntext:\n\n##### b #####\nc: d e\n-----\nf:\n\ng\nh\n"
    assert split(nested)[1] == "d e\n\ng\nh"
    assert split("body:\n\nWords.\n\n#### a ####\n\nc: d\n")[1] == "Words.\n\n#### a ####\n\nc: d"


def test_blocks_are_unfolded_so_deep() -> None:
    text = "".join(f"{'#' * n} a {'#' * n}\n" for n in range(4, 40)) + "deep words"
    assert "deep words" in LEKTOR.body(text, "a/contents.lr", lambda path: None)


def test_the_suffix_tells_in_any_folder_and_the_folder_names_the_page(tmp_path: Path) -> None:
    file = tmp_path / "blog" / "high-water" / "contents.lr"
    file.parent.mkdir(parents=True)
    file.write_text("pub_date: 2021-03-04\n---\nbody: [[a|b]] {{ c }} :smile:\n", encoding="utf-8")
    for site in (Site(), Site("Hugo")):
        article = read_article(tmp_path, "blog/high-water/contents.lr", site=site)
        assert (article.title, article.dialect) == ("High water", "Lektor")
        assert (f"{article.date:%Y-%m-%d}", article.body) == (
            "2021-03-04",
            "[[a|b]] {{ c }} :smile:",
        )
