"""What is odd in an export is said, and costs no more than itself."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.article_text import Origin, make_article
from rilo_reader.plugins.importers.files import HEAD, find_saved
from rilo_reader.plugins.importers.formats import read_found, tables
from rilo_reader.plugins.importers.opml import read_opml
from rilo_reader.plugins.importers.saved import SAMPLE, ExportFile, LeftOut, SavedArticle
from rilo_reader.render.document import visible_text
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.for_each import for_each

HEADER = "title,url,time_added,tags,status\n"
OPEN = "a quote that opens in it is not closed; the lines below are read on their own"


def read_all(data: bytes) -> list[SavedArticle | LeftOut]:
    found = find_saved("x", data[:HEAD], io.BytesIO(data))
    assert found is not None
    return list(read_found(found, ExportFile(io.BytesIO(data))))


def _titles(text: str) -> list[str]:
    found = read_all(text.encode())
    return [each.entry.title if isinstance(each, SavedArticle) else each.what for each in found]


@for_each(
    "rows, expected",
    [
        ('"Bees,https://a.example/1,,,\nWool,https://a.example/2,,,\n', ["line 2", "Wool"]),
        ('A,https://a.example/1,,,\nB,"https://a.example/2,,,\nC,https://a.example/3,,"x,y",\n',
         ["A", "line 3", "C"]),
        ('"A,https://a.example/1,,,\n"B\nb",https://a.example/2,,,\n', ["line 2", "B b"]),
        ('"A,https://a.example/1,"",,\n"B",https://a.example/2,,"",\n', ["line 2", "B"]),
        ('"A" a,https://a.example/1,,,\n', ["A a"]),
        ('A "a,https://a.example/1,,,\nB,https://a.example/2,,,\n', ['A "a', "B"]),
    ],
)  # fmt: skip
def test_an_open_quote_costs_its_line_alone(rows: str, expected: list[str]) -> None:
    assert _titles(HEADER + rows) == expected


_FIELDS = st.text(st.sampled_from('ab,"\n é'), max_size=6)


@given(st.lists(st.lists(_FIELDS, min_size=1, max_size=3), min_size=1, max_size=8), st.data())
@examples(200)
def test_rows_below_a_fault_are_those_of_the_file(
    rows: list[list[str]], data: st.DataObject
) -> None:
    """Whatever one line breaks, each row below is there, and each row before."""
    good = [[f"k{number}", *row] for number, row in enumerate(rows)]
    at = data.draw(st.integers(0, len(good)))

    def write(some: list[list[str]]) -> str:
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(some)
        return out.getvalue()

    broken = data.draw(st.sampled_from(['x,"open\n', 'x,"open ""so\n', '"\n', 'x,",y\n']))
    text = write([["key", "a", "b", "c"]]) + write(good[:at]) + broken + write(good[at:])
    found = [row for _, row in tables.iter_rows(ExportFile(io.BytesIO(text.encode())))]
    kept = [[*row.values()] for row in found if isinstance(row, dict)]
    assert [row for row in good if row not in kept] == []
    assert len(found) > len(good) or broken == '"\n'


def test_quotes_that_never_close_are_read_again_within_bounds() -> None:
    rows = 'a","b\n' * 400_000
    with pytest.raises(NotReadableError, match="too many of its quotes are not closed"):
        read_all((HEADER + rows).encode())


def test_an_open_quote_is_said_where_it_opened(user: User) -> None:
    (user.home / "p.csv").write_text(
        HEADER + '"A,https://a.example/1,,,\nB,https://a.example/2,,,\n'
    )
    user.ask("import", "p.csv").says(f"p.csv: line 2: {OPEN}", "1 imported, 1 left out")


NAME = "Café — “Œuvre”"
TABLE = f'{HEADER}"{NAME}",https://a.example/1,,,\n'
META = '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=windows-1251">\n'
PAGE = '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n{}<DL><p><DT><A HREF="https://a.example/1">{}</A>\n'


@for_each(
    "data, title",
    [
        (TABLE.encode("cp1252"), NAME),
        (TABLE.replace(NAME, "Caf\xe9 na\xefve").encode("latin-1"), "Café naïve"),
        (TABLE.encode("utf-16"), NAME),
        (codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"), NAME),
        (TABLE.encode("utf-8-sig"), NAME),
        (TABLE.encode("utf-32"), NAME),
        (TABLE.encode() + TABLE.encode("cp1252"), NAME),
        ((HEADER + "x,,,,\n" * 60_000).encode() + TABLE.encode("cp1252"), NAME),
        (PAGE.format("", NAME).encode("cp1252"), NAME),
        (PAGE.format("", NAME).encode("utf-16"), NAME),
        (PAGE.format(META, "Пчёлы").encode("cp1251"), "Пчёлы"),
        (PAGE.format("", "Пчёлы летят и поют").encode("koi8-r"), "Пчёлы летят и поют"),
        (PAGE.format(META, "Пчёлы").encode(), "Пчёлы"),
        (f'[{{"url": "https://a.example/1", "title": "{NAME}", "tags": []}}]'.encode("cp1252"),
         NAME),
    ],
)  # fmt: skip
def test_letters_are_those_that_were_written(data: bytes, title: str) -> None:
    found = [each for each in read_all(data) if isinstance(each, SavedArticle)]
    assert {each.entry.title for each in found} == {title}


@given(st.text(st.sampled_from("aé—“"), max_size=30), st.integers(0, SAMPLE))
@examples(30)
def test_a_letter_that_a_sample_cuts_changes_nothing(text: str, before: int) -> None:
    whole = "x" * (SAMPLE - before % 40) + text
    assert ExportFile(io.BytesIO(whole.encode())).open_text().read() == whole


def test_bookmarks_that_are_no_pages_are_named_each_with_its_reason() -> None:
    addresses = {
        "javascript:alert(1)": "it is a script, not a page",
        "place:sort=8&maxResults=10": "it is a search of Firefox, not a page",
        "about:config": "it is a page of the browser itself",
        "chrome://flags/": "it is a page of the browser itself",
        "ftp://ftp.example/a.txt": "it is on an FTP server, which browsers no longer open either",
        "file:///home/a/b.html": "it is a file of a computer: import the file itself",
        "data:text/html,Bees": "its page is in the address itself, not on the web",
        "gopher://a.example": "it has no web address",
    }
    links = "".join(f'<DT><A HREF="{url}">Bees</A>\n<DD>About it.\n' for url in addresses)
    page = f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{links}</DL>"
    marks = [{"typeCode": 1, "title": "Bees", "uri": url} for url in addresses]
    tree = {"typeCode": 2, "guid": "r", "root": "x", "children": marks}
    for data in (page, json.dumps(tree)):
        found = read_all(data.encode())
        said = [each.why for each in found if isinstance(each, LeftOut)]
        assert said == [*addresses.values()]
        assert all(": Bees" in each.what for each in found)


@pytest.mark.parametrize(
    ("title", "written", "shown"),
    [
        ("Bookmarks", "Use &lt;template&gt; &amp;amp; <b>one</b>", "Use <template> &amp; one"),
        ("Pinboard Bookmarks", "&lt;blockquote&gt;&lt;p&gt;!&lt;/blockquote&gt;", "<p>!"),
    ],
)
def test_escaped_tags_in_what_somebody_wrote_about_a_bookmark_stay(
    title: str, written: str, shown: str
) -> None:
    link = f'<DT><A HREF="https://a.example/1">Bees</A>\n<DD>{written}\n'
    page = f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>{title}</TITLE>\n<DL><p>\n{link}</DL>"
    [found] = read_all(page.encode())
    assert isinstance(found, SavedArticle)
    article = make_article(
        found.make_entry(), ArticleId("1"), Origin(), datetime(2020, 1, 1, tzinfo=UTC)
    )
    assert visible_text(article).strip() == shown


def test_the_keyword_of_a_bookmark_is_a_tag() -> None:
    page = '<DL><p>\n<DT><A HREF="https://a.example/?q=%s" SHORTCUTURL="bee">Bees</A>\n'
    one = {"typeCode": 1, "title": "Bees", "uri": "https://a.example/?q=%s", "keyword": "bee"}
    tree = {"typeCode": 2, "guid": "r", "root": "x", "children": [one]}
    for data in (page, json.dumps(tree)):
        [found] = read_all(data.encode())
        assert isinstance(found, SavedArticle)
        assert (found.entry.url, found.tags) == ("https://a.example/?q=%25s", ("bee",))


def _write_stream(labels: Sequence[str], feed: str) -> str:
    item = {
        "id": "tag:google.com,2005:reader/item/1", "crawlTimeMsec": "1615317071084",
        "title": "Bees", "canonical": [{"href": "https://a.example/1"}],
        "categories": [f"user/-/label/{each}" for each in labels],
        "origin": {"streamId": "feed/7", "feedUrl": feed, "title": "Yard"},
    }  # fmt: skip
    return json.dumps({"id": "user/-/state/org.freshrss/starred", "items": [item]})


OPML = """<opml version="2.0" xmlns:frss="https://freshrss.org/opml"><body>
<outline text="Garden"><outline text="Yard" type="rss" xmlUrl="https://a.example/feed"
 frss:cssFullContent=".post" frss:CURLOPT_COOKIE="SECRET=1" frss:CURLOPT_USERAGENT="X/1"
 frss:filtersActionRead="intitle:ad" frss:priority="feed"/></outline>
<outline text="Sans catégorie"><outline text="Wool" type="rss" xmlUrl="https://b.example/feed"/>
</outline><outline text="Shared" frss:opmlUrl="https://c.example/list.opml">
<outline text="Sea" type="rss" xmlUrl="https://c.example/feed"/></outline></body></opml>"""


@for_each("names", [("feeds.opml.xml", "starred.json"), ("z.opml", "a.json")])
def test_labels_are_tags_and_folders_of_feeds_are_not(names: Sequence[str], user: User) -> None:
    labels = ["Garden", "later", "Uncategorized", "未分類"]
    texts = (OPML, _write_stream(labels, "https://a.example/feed"))
    with zipfile.ZipFile(user.home / "x.zip", "w") as archive:
        for name, text in reversed([*zip(names, texts, strict=True)]):
            archive.writestr(name, text)
    said = user.ask("import", "x.zip")
    said.says("“Yard”: FreshRSS has whole pages (full_text), a cookie (headers), the name of a "
              "browser (user_agent), filters that mark as read (mutes, rules), priority for it, "
              "which did not come; feeds.toml takes what is in brackets.",
              "“Shared” follows a list on the web, which rilo-reader does not")  # fmt: skip
    assert "SECRET" not in said.out
    lines = user.ask("export", "--to", "-", "--format", "jsonl", "--muted").out.splitlines()
    assert [json.loads(line)["own_tags"] for line in lines] == [["later"]]
    assert [each["tags"] for each in user.ask("feeds", "--json").objects] == [
        ["Garden"],
        [],
        ["Shared"],
    ]


def test_the_one_category_of_miniflux_is_no_tag() -> None:
    body = (
        '<outline text="All"><outline text="a" type="rss" xmlUrl="https://a.example/f"/></outline>'
    )
    for title, tags in (("Miniflux", ()), ("Mine", ("All",))):
        text = f"<opml><head><title>{title}</title></head><body>{body}</body></opml>"
        assert [each.tags for each in read_opml(text.encode()).subscriptions] == [tags]


def test_parts_of_an_export_that_were_not_named_are_told(user: User) -> None:
    (user.home / "p/annotations").mkdir(parents=True)
    for number in range(2):
        row = f"Bees {number},https://a.example/{number},1500000000,,unread\n"
        (user.home / f"p/part_{number}.csv").write_text(HEADER + row)
    mark = {"url": "https://a.example/0", "title": "Bees 0", "highlights": [{"quote": "hive"}]}
    (user.home / "p/annotations/part_0.json").write_text(json.dumps([mark]))
    command = f"rilo-reader import {user.home}/p"
    rest = f"annotations: lies beside these files; to import all of it: {command}"
    said = user.ask("import", "p/part_0.csv", "p/part_1.csv")
    said.says("saved articles: 2 imported", rest)
    for paths in (["p"], ["p/part_0.csv", "p/annotations"]):
        done = user.ask("import", *paths)
        assert "beside these" not in done.out, done


DAY = "2018-11-04T15:05:37+00:00"
SECONDS = 1541343937
OF_WALLABAG = {"is_archived": 1, "is_starred": 0, "content": "<p>The hive forgets.</p>"}
MARKED: dict[str, object] = {
    "Pocket": [{"highlights": [{"quote": "hive", "created_at": SECONDS}]}],
    "wallabag": [OF_WALLABAG | {"annotations": [{"quote": "hive", "text": "", "created_at": DAY}]}],
    "Inoreader": {"items": [{
        "crawlTimeMsec": "1", "id": "x", "title": "Bees", "canonical": [{"href": "https://a.example/1"}],
        "annotations": [{"text": "hive", "note": "", "added_on": SECONDS}],
    }]},
    "Hypothesis": {"rows": [{
        "uri": "https://a.example/1", "created": DAY, "document": {"title": ["Bees"]},
        "target": [{"selector": [{"exact": "hive"}]}],
    }]},
    "Readwise": f"Highlight,Book Title,URL,Highlighted at\nhive,Bees,https://a.example/1,{DAY}\n",
    "Matter": f"Title,Text,Highlighted Date\nBees,hive,{DAY}\n",
}  # fmt: skip


@for_each("name", MARKED)
def test_a_highlight_has_the_day_on_which_it_was_made(name: str, user: User) -> None:
    content = MARKED[name]
    rows = content if isinstance(content, list) else []
    for row in rows:
        row.update(url="https://a.example/1", title="Bees")
    (user.home / "links.csv").write_text("title,url\nBees,https://a.example/1\n")
    (user.home / "x").write_text(content if isinstance(content, str) else json.dumps(content))
    user.run("import", "links.csv")

    def made() -> list[str]:
        lines = user.ask("export", "--to", "-", "--format", "jsonl").out.splitlines()
        return [mark["made"] for line in lines for mark in json.loads(line)["highlights"]]

    user.run("import", "x")
    assert made() == [DAY]
    user.run("undo")
    user.run("undo", "--redo")
    assert made() == [DAY]


def test_articles_without_a_date_are_counted(user: User) -> None:
    rows = "A,https://a.example/1,\nB,https://a.example/2,1500000000\nC,https://a.example/3,0\n"
    (user.home / "x.csv").write_text(f"title,url,created\n{rows}")
    said = "2 articles without a date: their file did not say it, so they stand under the day of"
    user.ask("import", "x.csv", "--dry-run").says(said)
    user.ask("import", "x.csv").says(said)
    assert "without a date" not in user.ask("import", "x.csv").out


def test_a_broken_row_of_highlights_costs_itself_alone(user: User) -> None:
    (user.home / "links.csv").write_text("title,url\nBees,https://a.example/1\n")
    rows = 'one,Bees,https://a.example/1,"x\ntwo,Bees,https://a.example/1,\n'
    (user.home / "x.csv").write_text(f"Highlight,Book Title,URL,Note\n{rows}")
    user.ask("import", "links.csv", "x.csv").says(
        f"x.csv: line 2: {OPEN}", "highlights: 1 imported, 1 left out"
    )


@for_each("order", [*itertools.permutations(("links.csv", "starred.json", "page.json"))])
def test_one_address_is_one_article_with_a_feed_or_without(
    order: Sequence[str], user: User
) -> None:
    link = "title,url,tags,created\nBees,https://a.example/1,own,1400000000\n"
    (user.home / "links.csv").write_text(link)
    (user.home / "starred.json").write_text(_write_stream(["later"], "https://a.example/feed"))
    page = OF_WALLABAG | {"url": "http://www.a.example/1?utm_source=x", "title": "Bees", "tags": []}
    (user.home / "page.json").write_text(json.dumps([page]))
    for name in order:
        user.run("import", name)
    [line] = user.ask("export", "--to", "-", "--format", "jsonl").out.splitlines()
    article = json.loads(line)
    assert (article["own_tags"], article["read"]) == (["later", "own"], True)
    assert "The hive forgets." in article["body"]
    again = user.ask("import", *order)
    again.says("saved articles: 1 already here")
    for _ in order:
        user.run("undo")
    assert user.ask("list", "--json").objects == []


def test_what_diigo_exports_comes_in() -> None:
    marks = "Highlight:the hive forgets\nSticky note:Weigh it.\nHighlight:nothing\nOn all of it."
    table = (
        "title,url,tags,description,comments,annotations,created_at\n"
        'Bees,https://a.example/1,"garden,in june",About hives.,Mine.,'
        f'"{marks}",2018-11-04 15:05:37\n'
        "Wool,https://a.example/2,no_tag,,,Loose words.,2018/11/04 15:05:37 +0000\n"
    )
    bees, wool = (each for each in read_all(table.encode()) if isinstance(each, SavedArticle))
    assert (bees.tags, bees.entry.summary, bees.note) == (
        ("garden", "in june"), "About hives.", "Mine."
    )  # fmt: skip
    assert [(each.exact, each.note) for each in bees.highlights] == [
        ("the hive forgets", "Weigh it."),
        ("nothing\nOn all of it.", ""),
    ]
    assert (wool.tags, wool.note, wool.highlights) == ((), "Loose words.", ())
    assert {each.saved.isoformat() for each in (bees, wool) if each.saved} == {DAY}


def test_tags_with_names_of_states_stay_and_folders_do_not() -> None:
    table = "url,title,selection,folder,timestamp,tags\n" + "".join(
        f'https://a.example/{folder},Bees,,{folder},1541343937,"[""Unread"",""starred""]"\n'
        for folder in ("Unread", "Archive", "Starred", "garden")
    )
    found = [each for each in read_all(table.encode()) if isinstance(each, SavedArticle)]
    assert [each.tags[2:] for each in found] == [(), (), (), ("garden",)]
    assert {each.tags[:2] for each in found} == {("Unread", "starred")}
    assert [(each.read, each.starred) for each in found][:3] == [
        (False, False), (True, False), (None, True)
    ]  # fmt: skip


def test_the_sidebar_of_arc_comes_in_with_spaces_and_folders() -> None:
    made = SECONDS - 978_307_200

    def tab(key: str, title: str | None) -> dict[str, object]:
        inner = {"savedURL": f"https://a.example/{key}", "savedTitle": "Page"}
        return {"id": key, "title": title, "createdAt": made, "data": {"tab": inner}}

    items = [
        "c", {"id": "c", "title": None, "childrenIds": ["f", "1"], "data": {"itemContainer": {}}},
        "f", {"id": "f", "title": "Hives", "childrenIds": ["2"], "data": {"list": {}}},
        "1", tab("1", None), "2", tab("2", "Bees"), "3", tab("3", None),
    ]  # fmt: skip
    space = {"id": "s", "title": "Yard", "containerIDs": ["pinned", "c"]}
    for containers in ([{"global": {}}, {"items": items, "spaces": ["s", space]}], items):
        sidebar = {"version": 1, "sidebar": {"containers": containers}}
        found = read_all(json.dumps(sidebar).encode())
        articles = [each for each in found if isinstance(each, SavedArticle)]
        got = [(each.entry.url[-1], each.entry.title, each.tags) for each in articles]
        expected = [("1", "Page", ("Yard",)), ("2", "Bees", ("Yard/Hives",)), ("3", "Page", ())]
        assert got == (expected if "global" in str(containers) else [])
        assert {each.saved.isoformat() for each in articles if each.saved} <= {DAY}
