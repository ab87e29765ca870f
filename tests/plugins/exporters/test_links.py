"""Links for other programs: bookmarks and a table, which our own import reads as they were."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import NO_DATE, Article, ArticleId
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.plugins.exporters.exporter import write_export
from rilo_reader.plugins.exporters.formats import ExportArticle, ExportFormat, ExportHeading
from rilo_reader.plugins.exporters.verb import restrict_to_links
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Sort
from rilo_reader.store.marks import Marks
from rilo_reader.text import clean_line, to_display_title
from tests.support.command_line import User
from tests.support.examples import examples

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
FORMS = (ExportFormat.BOOKMARKS, ExportFormat.CSV)
URL = "https://a.example/x?a=1&b=%22c%22#top"


def make_article(title: str = "Bees", url: str = URL, date: datetime = NOW) -> Article:
    return Article(ArticleId(url), "a.md", title, date, url=url, dated=date != NO_DATE)


def written(form: ExportFormat, *articles: ExportArticle) -> bytes:
    out = BytesIO()
    write_export(articles, out, form, ExportHeading(""), NOW)
    return out.getvalue()


def test_bookmarks_are_as_browsers_write_them() -> None:
    bees = make_article("Bees & <wool>")._replace(summary="Of\nbees.")
    marked = ExportArticle(bees, Marks(tags=("garden", "a, b"), starred=True))
    plain = ExportArticle(make_article("", "https://b.example/", NO_DATE), Marks(read=True))
    assert written(ExportFormat.BOOKMARKS, marked, plain).decode().splitlines() == [
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>",
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">',
        "<TITLE>Bookmarks</TITLE>",
        "<H1>Bookmarks</H1>",
        "<DL><p>",
        (
            '<DT><A HREF="https://a.example/x?a=1&amp;b=%22c%22#top" ADD_DATE="1714564800" '
            'TAGS="garden,a&#44; b" TOREAD="1" STARRED="1">Bees &amp; &lt;wool&gt;</A>'
        ),
        "<DD>Of bees.",
        '<DT><A HREF="https://b.example/" TOREAD="0">https://b.example/</A>',
        "</DL><p>",
    ]


def test_a_table_has_a_row_for_each_link() -> None:
    marks = Marks(tags=("garden", "bees"), starred=True, read=True)
    undated = ExportArticle(make_article('A, "b"', "https://b.example/", NO_DATE))
    text = written(ExportFormat.CSV, ExportArticle(make_article(), marks), undated).decode()
    assert text.split("\r\n") == [
        "title,url,created,tags,read,starred",
        f'Bees,{URL},2024-05-01T12:00:00+00:00,"garden, bees",true,true',
        '"A, ""b""",https://b.example/,,,false,false',
        "",
    ]


@pytest.mark.parametrize("form", FORMS)
def test_no_cell_is_a_formula_and_no_text_is_markup(form: ExportFormat) -> None:
    """Spreadsheets compute cells that begin so; a link of a hostile feed may have any title."""
    for sign in "=+-@＝＋－＠":
        title = f'{sign}HYPERLINK("https://x.example";"a")</A><script>'
        text = written(form, ExportArticle(make_article(title), Marks(tags=(f"{sign}1",)))).decode()
        if form is ExportFormat.CSV:
            row = list(csv.reader(StringIO(text)))[1]
            assert not [cell for cell in row if cell.startswith(sign)]
        else:
            assert "<script" not in text


def test_links_are_in_the_order_of_the_query(user: User) -> None:
    """By the index's own order where it has one: another takes minutes for a hundred thousand."""
    for day in "213":
        address = f'"https://example.org/{day}"'
        user.article(
            f"{day}.md", f"Day {day} {'word ' * int(day)}", f"2026-03-0{day}", "Text.", url=address
        )

    def export(*query: str) -> list[str]:
        user.ask("export", *query, "--to", "all.csv")
        rows = csv.DictReader((user.home / "all.csv").open(encoding="utf-8"))
        return [row["url"][-1] for row in rows]

    assert export() == ["3", "2", "1"]
    assert export("sort:oldest") == ["1", "2", "3"]
    assert sorted(export("word sort:relevance")) == ["1", "2", "3"]
    with open_library(user.library, user_paths()) as library:
        assert restrict_to_links(library, parse("text")).sort is Sort.NEWEST


def test_articles_without_a_web_address_are_counted(user: User) -> None:
    user.article("a.md", "Bees", "2024-05-01", "A", url=f'"{URL}"')
    user.article("b.md", "A letter", "2024-05-01", "B", url='"mailto:ada@a.example"')
    user.article("c.md", "A note", "2024-05-01", "C")
    for form in FORMS:
        done = user.ask("export", "--to", "out", "--format", str(form))
        assert (done.code, done.out) == (0, "Wrote 1 article to out.\n")
        assert "there is no link: 2 articles" in done.err
        assert (user.home / "out").read_text("utf-8").count(".example/") == 1
    user.ask("export", "note", "--to", "x.csv").failed(1, "nothing was written")
    user.ask("export", "note", "--to", "x.csv").failed(1, "there is no link: 1 article")


_TEXT = st.text(max_size=30).map(clean_line)
_LINE = _TEXT.filter(lambda line: line.casefold() not in ("untitled", "null", "no title found"))
_PLAIN = ("", "unread", "archive", "starred", "linkding:bookmarks.archived")
_TAG = _TEXT.filter(lambda tag: tag.casefold() not in _PLAIN and not tag.startswith("/"))
_DATES = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@examples(60)
@given(
    _LINE,
    st.lists(_TAG, max_size=4, unique=True),
    st.none() | _DATES.map(lambda date: date - timedelta(microseconds=date.microsecond)),
    st.booleans(),
    st.booleans(),
)
@example("<b>&amp;lt;", ["a, b", "[x]", '"', "&#44;", "'", "\\u0041", "=1"], NOW, True, False)
def test_what_is_written_is_read_as_it_was(
    title: str, tags: list[str], date: datetime | None, read: bool, starred: bool
) -> None:
    formats = pytest.importorskip("rilo_reader.plugins.importers.formats")
    saved = pytest.importorskip("rilo_reader.plugins.importers.saved")
    article = make_article(title, date=date or NO_DATE)
    marks = Marks(read=read, starred=starred, tags=tuple(tags))
    for form in FORMS:
        data = written(form, ExportArticle(article, marks))
        file = saved.ExportFile(BytesIO(data))
        found = formats.find_format(data.decode()[:16_384], BytesIO(data))
        assert found is not None, form
        (one,) = formats.read_found(found, file)
        assert one.entry.url == URL
        assert (one.read, one.starred, one.saved) == (read, starred, date), form
        assert set(one.tags) == set(tags), form
        assert one.entry.title == to_display_title(title), form
