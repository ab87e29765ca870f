"""References for citation managers: what is written is read back as it was, whatever it is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.plugins.exporters.citations import AuthorName, parse_author_names
from rilo_reader.plugins.exporters.controller import fault_of_target
from rilo_reader.plugins.exporters.exporter import write_export
from rilo_reader.plugins.exporters.formats import (
    ENDINGS,
    ExportArticle,
    ExportFormat,
    ExportHeading,
)
from rilo_reader.store.marks import Marks
from rilo_reader.text import clean_line
from tests.support.command_line import User
from tests.support.examples import examples

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
IVORY = Article(
    ArticleId("https://news.example/ivory?a=1&b=50%25#top"),
    "news/ivory.md",
    "50% of Côte d&#8217;Ivoire & {more}",
    datetime(2019, 3, 7, tzinfo=UTC),
    source="RILO AP",
    url="https://news.example/ivory?a=1&b=50%25#top",
    authors=("Jane Doe", "van Beethoven, Ludwig", "RILO AP", "World Customs Organization Staff"),
    tags=("ivory",),
    lang="en",
    summary="A_b ~ c ^ d \\ e $5 #6",
)
WHAT_LATEX_MEANS = {
    **{f"\\{sign}": sign for sign in "#$%&_"},
    **{"\\textbackslash{}": "\\", "\\textbraceleft{}": "{", "\\textbraceright{}": "}"},
    **{"\\textasciitilde{}": "~", "\\textasciicircum{}": "^"},
}


def written(form: ExportFormat, *articles: Article) -> str:
    out = BytesIO()
    write_export(
        (ExportArticle(each, Marks(tags=("own",))) for each in articles),
        out,
        form,
        ExportHeading(""),
        NOW,
    )
    return out.getvalue().decode()


def bibtex_fields(entry: str) -> dict[str, str]:
    """The values of an entry, as BibTeX finds them: it counts braces, also behind a backslash."""
    found: dict[str, str] = {}
    at = entry.index("\n")
    for name in re.finditer(r"\n  (\w+) = \{", entry):
        if name.start() < at:
            continue  # within a value
        depth, at = 1, name.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(entry[at], 0)
            at += 1
        found[name[1]] = entry[name.end() : at - 1]
    return found


def from_latex(text: str) -> str:
    pattern = "|".join(map(re.escape, WHAT_LATEX_MEANS))
    plain = re.sub(pattern, lambda command: f"\0{WHAT_LATEX_MEANS[command[0]]}", text)
    assert not re.search(r"(?<!\0)[\\%#$&_~^]", plain), "something special is left"
    return plain.replace("\0", "")


def test_names_are_told_apart_where_that_is_clear() -> None:
    assert parse_author_names(IVORY) == [
        AuthorName("Doe", "Jane"),
        AuthorName("van Beethoven", "Ludwig"),
        AuthorName("RILO AP"),
        AuthorName("World Customs Organization Staff"),
    ]


def test_ris_has_a_tag_a_line() -> None:
    lines = written(ExportFormat.RIS, IVORY).split("\r\n")
    assert lines == [
        "TY  - ELEC",
        "TI  - 50% of Côte d’Ivoire & {more}",
        *("AU  - Doe, Jane", "AU  - van Beethoven, Ludwig", "AU  - RILO AP"),
        *("AU  - World Customs Organization Staff", "T2  - RILO AP"),
        *(f"UR  - {IVORY.url}", "LA  - en", "PY  - 2019", "DA  - 2019/03/07"),
        *("KW  - ivory", "KW  - own", "AB  - A_b ~ c ^ d \\ e $5 #6", "ER  - ", "", ""),
    ]


def test_bibtex_is_escaped_and_its_key_stays() -> None:
    text = written(ExportFormat.BIBTEX, IVORY, IVORY._replace(id=ArticleId("b")))
    keys = re.findall(r"^@misc\{([^,]+),$", text, re.MULTILINE)
    assert len(set(keys)) == 2
    assert keys[0] in written(ExportFormat.BIBTEX, IVORY)
    assert all(re.fullmatch("doe2019-[0-9a-f]{10}", key) for key in keys)
    values = bibtex_fields(text.partition("\n\n")[0])
    title = "{50\\% of Côte d’Ivoire \\& \\textbraceleft{}more\\textbraceright{}}"
    assert values["title"] == title
    assert values["author"] == (
        "Doe, Jane and van Beethoven, Ludwig and {RILO AP} and {World Customs Organization Staff}"
    )
    assert values["url"] == IVORY.url
    assert from_latex(values["abstract"]) == IVORY.summary
    assert "  month = mar,\n" in text


@pytest.mark.slow
def test_no_key_of_a_large_library_is_met_twice() -> None:
    entries = written(
        ExportFormat.BIBTEX, *(IVORY._replace(id=ArticleId(f"{n}")) for n in range(5_000))
    )
    assert len(set(re.findall(r"^@misc\{([^,]+),$", entries, re.MULTILINE))) == 5_000


def test_csl_is_one_list_of_items() -> None:
    items = json.loads(written(ExportFormat.CSL, IVORY, IVORY._replace(dated=False)))
    assert items[0]["author"][:3] == [
        {"family": "Doe", "given": "Jane"},
        {"family": "van Beethoven", "given": "Ludwig"},
        {"literal": "RILO AP"},
    ]
    assert items[0]["issued"] == {"date-parts": [[2019, 3, 7]]}
    assert items[0]["URL"] == IVORY.url
    assert items[0]["container-title"] == "RILO AP"
    assert "issued" not in items[1], "a file's own date is none to cite"
    assert json.loads(written(ExportFormat.CSL)) == []


TEXT = st.text(st.characters(codec="utf-8"), max_size=30).map(clean_line)


@examples(150)
@given(TEXT, TEXT, st.lists(TEXT.filter(bool), max_size=3), TEXT)
@example("}", "{", ["and", "A and B", "a,b,c", ", x"], "\\")
@example("ER -", "* TY -", ["*"], "@misc{x,")
def test_any_text_comes_back(title: str, source: str, authors: list[str], tag: str) -> None:
    article = IVORY._replace(title=title or "x", source=source, authors=tuple(authors), tags=(tag,))
    # BibTeX
    entry = written(ExportFormat.BIBTEX, article)
    assert entry.count("{") == entry.count("}")
    values = bibtex_fields(entry)
    shown = json.loads(written(ExportFormat.CSL, article))[0]["title"]
    assert from_latex(values["title"][1:-1]) == clean_line(shown)
    assert from_latex(values.get("howpublished", "")) == source
    depth, plain = 0, ""
    for sign in values.get("author", ""):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        plain += sign if not depth else ""
    wanted = len(authors) - 1 if authors else 0
    assert len(re.findall(r"(?i)(?<=\s)and(?=\s)", f" {plain} ")) == wanted
    # RIS
    lines = written(ExportFormat.RIS, article).split("\r\n")
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines[:-2])
    assert sum(line.startswith(("TY  - ", "ER  - ")) for line in lines) == 2
    assert f"TI  - {clean_line(shown)}" in lines


BEGINNINGS = {
    **{".ris": "TY  - ", ".bib": "@misc{", ".json": "[\n{", ".jsonl": "{", ".ndjson": "{"},
    **{".atom": "<?xml", ".xml": "<?xml", ".html": "<!DOCTYPE", ".htm": "<!DOCTYPE"},
    **{".epub": "PK", ".zip": "PK", ".csv": "title,url"},
}


@pytest.mark.slow
def test_a_file_s_ending_is_the_format(user: User) -> None:
    user.article("a.md", "Ivory", "2019-03-07", "Text.", url='"https://a.example/"')
    for ending, start in BEGINNINGS.items():
        for name in (f"a{ending}", f"b{ending.upper()}"):
            user.run("export", "--to", str(user.home / name)).says("Wrote 1 article")
            assert (user.home / name).read_bytes().startswith(start.encode()), name
            assert fault_of_target(str(user.home / f"c{ending}"), ()) == "", "nor in the reader"
    assert {*BEGINNINGS, ".md", ".opml"} == {*ENDINGS}
    for name in ("a.md", "a.opml", "a.pdf", "a"):
        assert fault_of_target(str(user.home / name), ()).startswith("End the name of the file")
    assert user.run("export", "--to", "-", "--format", "bibtex").out.startswith("@misc{")
