"""What is exported is whole, valid, and does nothing; JSON lines come back without loss."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.files import replace_file
from rilo_reader.library import open_library
from rilo_reader.parsers import read_feed
from rilo_reader.paths import user_paths
from rilo_reader.plugins.exporters.epub import write_epub
from rilo_reader.plugins.exporters.exporter import iter_exported, write_export
from rilo_reader.plugins.exporters.formats import (
    ENDINGS,
    ExportArticle,
    ExportFormat,
    ExportHeading,
)
from rilo_reader.plugins.exporters.jsonl import ExportRecord, format_line, parse_records
from rilo_reader.query.tree import Query
from rilo_reader.store.folder import read_article, scan_folder
from rilo_reader.store.marks import Marks
from rilo_reader.text import clean_text
from tests.plugins.exporters.pages import xhtml_of
from tests.support.command_line import User, tree
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples

ATOM = "{http://www.w3.org/2005/Atom}"
OPF = "{http://www.idpf.org/2007/opf}"
XHTML = "{http://www.w3.org/1999/xhtml}"
DC = "{http://purl.org/dc/elements/1.1/}"
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)

HOSTILE = """# <script>alert(1)</script>

<script>alert(2)</script><style>body{display:none}</style><iframe src="https://e.example"></iframe>
<img src=x onerror=alert(3)><svg onload=alert(4)><math><mtext><img src onerror=alert(5)></math>
<a href="javascript:alert(6)" onclick="alert(7)">a</a> [b](javascript:alert(8)) [c](data:text/x,y)
![picture](https://track.example/pixel.gif) <form action="https://evil.example"><input></form>
</article></body></html> <base href="https://evil.example"> <meta http-equiv="refresh" content="0">
<p id="a1" style="position:fixed" class="x">same id</p> <object data="x"></object>
<!--><img src=x onerror=alert(9)>--> <![CDATA[<b>x</b>]]> <noscript><p title="</noscript><img
src=x onerror=alert(10)>"></noscript> \x1b]0;owned\x07 \u202e
"""


def _library(user: User) -> None:
    user.article(
        "news/ivory.md",
        "Ivory & <customs>",
        "2019-03-07",
        "Found in the [post](https://news.example/post).\n\n- [ ] a\n- [x] b\n\n"
        "Note[^1].\n\n[^1]: End.",
        url='"https://news.example/ivory"',
        source='"RILO AP"',
        authors='["Ana Lim", "B"]',
        tags='["wildlife"]',
        lang='"en"',
        custom="1979-05-27",
    )
    user.article("hostile.md", 'H\\" onclick=\\"x', "2020-01-01", HOSTILE.replace("\x1b", ""))
    user.write("plain.md", "# 象牙\n\n文章\n")


class _Active(HTMLParser):
    """Collects whatever in a page could act or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        active = {"script", "iframe", "img", "object", "embed", "form", "input", "base", "svg"}
        if tag in active or (tag == "link" and said.get("rel") != "stylesheet"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "src", "srcset", "action", "data"):
                self.found.append(f"{tag} {name}")
            if name == "href" and not _HREF.match(value or ""):
                self.found.append(f"{tag} href={value}")
            if name == "href" and value and value.startswith("#"):
                self.targets.append(value[1:])
            if name == "id" and value:
                self.ids.append(value)


def _is_harmless(page: str) -> None:
    parser = _Active()
    parser.feed(page)
    assert parser.found == []
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.targets) <= set(parser.ids)
    assert clean_text(page) == page


_ELEMENTS = "<li> <ul> </ul> <table> <tr> <td> <p> <div> <em> </em> <dl> <dd>"
_PIECES = [*HOSTILE.split(), *_ELEMENTS.split(), "<a href='http://a.example'>", "\n\n"]
_PIECES += [">", "-", "```", "[^1]", "[^1]: ", "    "]
_HREF = re.compile(r"https?:|mailto:|#|style\.css$|nav\.xhtml$|a\d+\.xhtml$")


# -- the page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["all.html", "all.epub"])
def test_what_is_written_from_right_to_left_is_laid_out_so(user: User, name: str) -> None:
    user.article("a.md", "مقال", "2020-01-01", "نص عربي.")
    user.ask("export", "--to", name)
    file, pages = user.home / name, [""]
    if name.endswith("epub"):
        with zipfile.ZipFile(file) as book:
            pages = [book.read(f"OEBPS/{page}.xhtml").decode() for page in ("nav", "a1")]
    else:
        pages = [file.read_text("utf-8")]
    text = "".join(pages)
    assert '<article id="a1" dir="auto">' in text
    assert '<li dir="auto"><a' in text


def test_a_page_has_contents_and_nothing_that_acts(user: User) -> None:
    _library(user)
    found = user.ask("export", "--to", "all.html")
    assert (found.code, found.out, found.err) == (0, "Wrote 3 articles to all.html.\n", "")
    page = (user.home / "all.html").read_text()
    _is_harmless(page)
    assert page.index('<a href="#a1">') < page.index('<article id="a1"')
    assert page.count("<article ") == page.count("</article>") == 3
    assert "Ivory &amp; &lt;customs&gt;" in page
    assert "RILO AP · 2019-03-07 · Ana Lim, B" in page
    assert "☐" in page
    assert "☑" in page
    assert "prefers-color-scheme: dark" in page
    assert "default-src 'none'" in page
    assert "<script" not in page


@examples(200)
@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=20), max_size=25).map(" ".join))
def test_no_text_makes_xhtml_that_acts_or_is_not_well_formed(text: str) -> None:
    xhtml = xhtml_of(text, "a1-")
    _stand_where_they_may(ElementTree.fromstring(f"<div>{xhtml}</div>"))
    _is_harmless(xhtml)


_BLOCKS = {"blockquote", "dl", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"}
_ONLY_IN = {
    "li": {"ul", "ol"},
    "tr": {"table", "thead", "tbody", "tfoot"},
    **{tag: {"table"} for tag in ("thead", "tbody", "tfoot")},
    **{tag: {"tr"} for tag in ("td", "th")},
    **{tag: {"dl"} for tag in ("dt", "dd")},
    **{tag: {"div", "blockquote", "li", "dd", "td", "th"} for tag in _BLOCKS},
}
_HOLD_ONLY = {"dl": {"dt", "dd"}, "ul": {"li"}, "ol": {"li"}, "tr": {"td", "th"}}


def _stand_where_they_may(parent: ElementTree.Element) -> None:
    """Check what HTML's schema says of lists, tables and blocks, as a book's checker does."""
    for child in parent:
        assert parent.tag in _ONLY_IN.get(child.tag, {parent.tag}), (parent.tag, child.tag)
        assert child.tag in _HOLD_ONLY.get(parent.tag, {child.tag}), (parent.tag, child.tag)
        if parent.tag in _HOLD_ONLY:
            assert not (child.tail or "").strip()
        _stand_where_they_may(child)


@for_each(
    "html",
    [
        "<li>x</li>",
        "<ul>text<li>a</li><p>q</p>tail</ul>",
        "<em><div>x</div></em>",
        "<a href='http://a.example'><div><a href='http://b.example'>x</a></div></a>",
        "<span><ul><li><span><p>x</p></span></li></ul></span>",
        "<dl><dt>a<dd><p>b</dl>",
        "<table>x<tr>y<td>z<table><tr><td>w</table></table>",
    ],
)
def test_elements_stand_only_where_they_may(html: str) -> None:
    _stand_where_they_may(ElementTree.fromstring(f"<div>{xhtml_of(html, 'a1-')}</div>"))


_NESTED = {
    "items": ("- ", ""),
    "numbers": ("1. ", ""),
    "quotes": ("> ", ""),
    "quotes and items": ("> - ", ""),
    "spans": ("<span>", ""),
    "divisions": ("<div>", "</div>"),
    "lists": ("<ul><li>", "</li></ul>"),
    "definitions": ("<dl><dd>", ""),
    "tables": ("<table><tr><td>", "</td></tr></table>"),
    "emphasis": ("<b>", "</i>"),
    "paragraphs of emphasis": ("<p><b>", ""),
    "links": ('<a href="http://a.example">', ""),
    "a void element": ("<br>", ""),
    "unknown elements": ("<x-y>", "</x-y>"),
}
"""What opens and what closes, without end."""


@pytest.mark.slow
@pytest.mark.parametrize("what", _NESTED)
def test_nesting_without_end_is_shallow_and_loses_no_word(what: str) -> None:
    """What opens n elements cost n² before, and 16,000 of the worst took half a minute."""
    opens, closes = _NESTED[what]
    xhtml = xhtml_of(f"{opens * 30_000}innermost {closes * 30_000}\n\nafter it", "a1-")
    depth = deepest = 0
    for tag in re.findall(r"<(/?)[a-z0-9]+(?:[^<>]*[^/])?>", f"<div>{xhtml}</div>"):
        depth += -1 if tag else 1
        deepest = max(deepest, depth)
    assert deepest <= 300
    assert "innermost" in xhtml
    assert "after it" in xhtml


@given(st.integers(1, 12), st.sampled_from(["blockquote", "em"]))
def test_what_people_nest_stays_as_it_is(depth: int, tag: str) -> None:
    html = f"<{tag}>" * depth + "x" + f"</{tag}>" * depth
    xhtml = xhtml_of(f"{html}\n\n" * 30, "a1-")
    assert xhtml.count(f"<{tag}>") == 30 * depth


def test_elements_that_nobody_closes_are_not_nested() -> None:
    """Old pages close neither paragraphs nor items nor cells; drawings hold hundreds of paths."""
    drawing = "<svg>" + "<path d='M0 0'/>" * 200 + "</svg>"
    items = "<li>one <input type=checkbox> <br> two" * 500
    html = f"{drawing}\n<ul>{items}</ul>\n" + "<p>some <b>words</b>" * 500
    xhtml = xhtml_of(html, "a1-")
    assert xhtml.count("<li>") == 500
    assert xhtml.count("<strong>words</strong>") == 500


@pytest.mark.slow
def test_footnotes_in_a_chain_are_all_there() -> None:
    notes = "".join(f"[^{n}]: see [^{n + 1}]\n\n" for n in range(5_000))
    xhtml = xhtml_of(f"Text[^0]\n\n{notes}", "a1-")
    assert xhtml.count('id="a1-') >= 5_000


@pytest.mark.parametrize(
    ("data", "folder"),
    [(samples, "html"), pytest.param(corpus, "bleach/tests/data", marks=pytest.mark.corpus)],
)
def test_real_hostile_pages_are_harmless(data: Data, folder: str) -> None:
    tests = sorted((data("security") / folder).glob("*.test"))
    assert tests
    for file in tests:
        _is_harmless(xhtml_of(file.read_text(), "a1-"))


@for_each(
    "markdown, xhtml",
    [
        ("> [!NOTE] Look\n> here", "<blockquote><p><strong>Note: Look</strong><br/>\nhere</p>"),
        ('!!! tip "Try"\n    *it*', "<blockquote><p><strong>Try</strong><br/>\n<em>it</em></p>"),
        ("[a]({{< ref x.md >}}) ==b==", "<p>a <strong>b</strong></p>"),
        ("<p>one<table><tr><td>1<td>2</table>", "<p>one</p>\n<table><tbody>\n<tr>\n<td>1</td>"),
        ("- [x] a\n- b", "<ul><li>☑ a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n\n   b", '<ol start="3"><li><p>a</p>\n<p>b</p>\n</li>\n</ol>'),
        ("a\n: b", "<dl><dt>a</dt>\n<dd>b</dd>\n</dl>"),
        ("## A b\n\n[to](#a-b)", '<h4 id="p-a-b">A b</h4>\n<p><a href="#p-a-b">to</a></p>'),
        ("[to](#nowhere)", "<p><a>to</a></p>"),
        ("[a](../b?x&y)", '<p><a href="https://x.example/b?x&amp;y">a</a></p>'),
        ("![a](b.png)", '<p><a href="https://x.example/d/b.png">[image: a]</a></p>'),
        ("```py\na < b\n```", "<pre><code>a &lt; b</code></pre>"),
    ],
)
def test_exports_show_what_the_reader_shows(markdown: str, xhtml: str) -> None:
    got = xhtml_of(markdown, "p-", base="https://x.example/d/c")
    assert xhtml.replace("\n", "") in got.replace("\n", "")


def test_feeds_keep_pictures_also_inside_links() -> None:
    def web(url: str) -> str:
        return url if url.startswith("http") else ""

    markdown = '![a "b"](/p.png) [![c](https://o.example/q.png)](/page) ![d](mailto:e@f.example)'
    xhtml = xhtml_of(markdown, "p-", base="https://x.example/d/", images=lambda _, url: web(url))
    assert '<img src="https://x.example/p.png" alt="a &quot;b&quot;"/>' in xhtml
    page, source = "https://x.example/page", "https://o.example/q.png"
    assert f'<a href="{page}"><img src="{source}" alt="c"/></a>' in xhtml
    assert xhtml.count("<img") == 2


# -- the feed -----------------------------------------------------------------------------------


def test_a_feed_is_valid_and_our_own_reader_reads_it(user: User) -> None:
    _library(user)
    assert user.ask("export", "sort:oldest", "--to", "all.atom", "--title", "Mine").code == 0
    data = (user.home / "all.atom").read_bytes()
    root = ElementTree.fromstring(data)
    assert root.tag == f"{ATOM}feed"
    for part in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(part.findall(f"{ATOM}{name}")) == 1
        moment = part.findtext(f"{ATOM}updated") or ""
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment)
        assert re.match(r"[a-z]+:\S+$", part.findtext(f"{ATOM}id") or "")
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        authors = (f"{ATOM}author/{ATOM}name", f"{ATOM}source/{ATOM}author/{ATOM}name")
        assert any(entry.findtext(each) for each in authors)
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 3
    feed = read_feed(data, "", "application/atom+xml")
    assert (feed.title, feed.faults) == ("Mine", ())
    ivory = feed.entries[0]
    assert (ivory.title, ivory.url) == ("Ivory & <customs>", "https://news.example/ivory")
    assert (ivory.authors, ivory.tags) == (("Ana Lim", "B"), ("wildlife",))
    assert [entry.authors for entry in feed.entries[1:]] == [(), ()]
    # A date without a time is that day, and nothing else.
    assert (ivory.date, ivory.date_only) == (datetime(2019, 3, 7, tzinfo=UTC), True)
    assert ivory.updated is None
    assert entries[0].findtext(f"{ATOM}source/{ATOM}title") == "RILO AP"
    assert 'href="https://news.example/post"' in ivory.content


_WRITTEN = ("epub", "html", "jsonl", "zip", "opml")


# -- the book -----------------------------------------------------------------------------------


def _is_a_book(file: Path) -> dict[str, bytes]:
    """Check an EPUB as its specification has it; returns its files."""
    with zipfile.ZipFile(file) as book:
        first = book.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert first.extra == b""
        assert file.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"
        assert book.testzip() is None
        files = {name: book.read(name) for name in book.namelist()}
        assert len(files) == len(book.namelist())
    container = ElementTree.fromstring(files["META-INF/container.xml"])
    rootfile = next(element for element in container.iter() if element.tag.endswith("rootfile"))
    package = ElementTree.fromstring(files[rootfile.attrib["full-path"]])
    assert package.attrib["version"] == "3.0"
    unique = package.attrib["unique-identifier"]
    identifiers = {each.get("id"): each.text for each in package.iter(f"{DC}identifier")}
    assert identifiers[unique]
    assert package.findtext(f"{OPF}metadata/{DC}title")
    assert package.findtext(f"{OPF}metadata/{DC}language")
    modified = package.findtext(f"{OPF}metadata/{OPF}meta[@property='dcterms:modified']")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", modified or "")
    items = package.findall(f"{OPF}manifest/{OPF}item")
    named = {f"OEBPS/{item.attrib['href']}" for item in items}
    assert named == files.keys() - {"mimetype", "META-INF/container.xml", "OEBPS/package.opf"}
    assert [item.get("properties") for item in items].count("nav") == 1
    ids = {item.attrib["id"] for item in items}
    spine = [item.attrib["idref"] for item in package.findall(f"{OPF}spine/{OPF}itemref")]
    assert set(spine) == ids - {"style"}
    for name in named - {"OEBPS/style.css"}:
        ElementTree.fromstring(files[name])
        _is_harmless(files[name].decode())
    nav = ElementTree.fromstring(files["OEBPS/nav.xhtml"])
    links = [link.attrib["href"] for link in nav.iter(f"{XHTML}a")]
    assert links == [f"{name}.xhtml" for name in spine[1:]] or links == ["nav.xhtml"]
    return files


def test_each_format_has_a_writer_and_a_suffix_and_is_a_zip_if_it_says_so() -> None:
    assert set(ExportFormat) - set(ENDINGS.values()) == {ExportFormat.BOOKMARKS}  # .html is a page
    heads = {}
    for form in set(ExportFormat) - {ExportFormat.OPML}:
        write_export([], out := io.BytesIO(), form, ExportHeading("None"), NOW)
        assert zipfile.is_zipfile(out) == form.is_archive
        heads[form] = out.getvalue()[:200]
    assert heads.pop(ExportFormat.JSON_LINES) == heads.pop(ExportFormat.RIS) == b""
    assert heads.pop(ExportFormat.BIBTEX) == b""
    assert len(set(heads.values())) == len(heads)
    with pytest.raises(ValueError, match="no articles"):
        write_export([], io.BytesIO(), ExportFormat.OPML, ExportHeading("None"), NOW)


def test_named_articles_are_written_in_their_order(user: User) -> None:
    for name in ("one", "two", "three"):
        user.article(f"{name}.md", name, "2026-11-01", f"Body of {name}.")
    wanted = [f"--article={name}.md" for name in ("two", "three", "two")]
    user.ask("export", *wanted, "--to", "some.jsonl").says("Wrote 2 articles")
    lines = (user.home / "some.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["title"] for line in lines] == ["two", "three"]
    user.ask("export", "--article", "four", "--to", "x.jsonl").failed(1, "there is no article")


def test_a_book_is_one_by_its_specification(user: User) -> None:
    _library(user)
    assert user.ask("export", "--to", "all.epub").code == 0
    files = _is_a_book(user.home / "all.epub")
    text = b"".join(data for name, data in files.items() if name.endswith("xhtml")).decode()
    assert "文章" in text
    assert 'lang="en"' in text


@pytest.mark.parametrize("to", [*(f"none.{form}" for form in _WRITTEN), "-"])
def test_nothing_is_written_of_nothing(user: User, to: str) -> None:
    _library(user)
    query = () if to == "none.opml" else ("nothing_matches_this",)
    form = ("--format", "atom") if to == "-" else ()
    found = user.ask("export", *query, "--to", to, *form)
    assert (found.code, found.out) == (1, "")
    what = "feeds" if to == "none.opml" else "articles"
    assert found.err == f"rilo-reader: No {what} found; nothing was written.\n"
    assert not (user.home / to).exists()


@pytest.mark.parametrize(
    ("data", "sites"),
    [
        (samples, ("hugo", "languages", "obsidian", "plain")),
        pytest.param(
            corpus, ("go-blog", "ruby-lang-news", "obsidian-hub"), marks=pytest.mark.corpus
        ),
    ],
    ids=["samples", "corpus"],
)
def test_real_articles_make_a_book(data: Data, sites: tuple[str, ...], tmp_path: Path) -> None:
    articles = []
    for site in sites:
        root = data("md") / site
        paths = [entry.path for batch in scan_folder(root) for entry in batch][:25]
        articles += [ExportArticle(read_article(root, path)) for path in paths]
    with (tmp_path / "real.epub").open("wb") as out:
        write_epub(articles, ExportHeading("Real", "", len(articles)), NOW, out)
    assert len(_is_a_book(tmp_path / "real.epub")) == len(articles) + 5


# -- JSON lines ---------------------------------------------------------------------------------


def _marked(user: User) -> None:
    for mark in (("read", "plain.md"), ("star", "news/ivory.md"), ("tag", "mine", "news/ivory.md")):
        assert user.ask("mark", *mark).code == 0


def _listed(user: User, library: str) -> list[dict[str, object]]:
    return user.run("list", "--json", "--library", library).objects


@pytest.mark.slow
def test_lines_come_back_without_loss(user: User) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    _library(user)
    user.write("yaml.md", "---\ntitle: Y\nid: own id\n---\n\r\nCRLF\r\n\x0b\n")
    _marked(user)
    before = user.ask("list", "--json").objects
    assert user.ask("export", "--to", "all.jsonl").code == 0
    (user.home / "other").mkdir()
    found = user.run("import", "all.jsonl", "--library", "other")
    assert "JSON Lines articles: 4 imported." in found.out
    assert tree(user.home / "other") == tree(user.library)
    assert _listed(user, "other") == before
    # A path that is taken there by something else: the identity goes along in the text.
    (user.home / "third").mkdir()
    (user.home / "third" / "plain.md").write_text("# Another\n")
    user.run("import", "all.jsonl", "--library", "third")
    rows = {row["title"]: row for row in _listed(user, "third")}
    assert set(rows) == {"Ivory & <customs>", 'H" onclick="x', "象牙", "Y", "Another"}
    assert rows["象牙"]["read"]
    found = user.run("import", "all.jsonl", "--library", "third")
    assert "JSON Lines articles: 4 already here." in found.out


_TEXT = st.text(max_size=40)


def test_articles_that_claim_one_identity_all_come_back(user: User) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    for name in ("a", "b"):
        user.write(f"{name}.md", f'+++\nid = "same"\ntitle = "{name}"\n+++\n\n{name}\n')
        user.write(f"{name}2.md", f'+++\nurl = "https://same.example/"\n+++\n\n# {name}2\n')
    before = {row["title"]: row["id"] for row in user.ask("list", "--json").objects}
    assert sorted(before.values()).count("same") == 1
    user.ask("export", "--to", "all.jsonl")
    (user.home / "other").mkdir()
    user.run("import", "all.jsonl", "--library", "other")
    assert {row["title"]: row["id"] for row in _listed(user, "other")} == before
    found = user.run("import", "all.jsonl", "--library", "other")
    assert "4 already here." in found.out


@examples(150)
@given(_TEXT, _TEXT, _TEXT, st.booleans(), st.booleans(), st.lists(_TEXT, max_size=3))
def test_a_line_is_one_line_and_says_everything(
    head: str, body: str, identity: str, read: bool, starred: bool, tags: list[str]
) -> None:
    identity = clean_text(identity) or "x"
    own = tuple(sorted({tag for tag in map(str.strip, tags) if tag.isprintable() and tag}))
    own = tuple(" ".join(tag.split(" ")) for tag in own if "  " not in tag)
    article = Article(ArticleId(identity), "a/b.md", "T", NOW, body=body)
    marks = Marks(read=read, starred=starred, tags=own)
    line = format_line(ExportArticle(article, marks, head, head + body))
    assert "\n" not in line
    assert clean_text(line) == line
    (record,) = parse_records(iter([line + "\n"]))
    assert isinstance(record, ExportRecord)
    assert record.text == head + body
    assert (record.id, record.read, record.starred) == (identity, read, starred)
    assert record.own_tags == own


# -- Markdown and the command -------------------------------------------------------------------


def test_files_as_they_are_in_a_folder_or_a_zip(user: User) -> None:
    _library(user)
    assert user.ask("export", "--to", "out/", "--format", "md").code == 0
    assert tree(user.home / "out") == tree(user.library)
    assert user.ask("export", "ivory", "--to", "some.zip").code == 0
    with zipfile.ZipFile(user.home / "some.zip") as archive:
        assert archive.namelist() == ["news/ivory.md"]
        whole = (user.library / "news/ivory.md").read_bytes()
        assert archive.read("news/ivory.md") == whole
    found = user.ask("export", "--to", "out/", "--format", "md")
    assert (found.code, found.out) == (1, "")
    assert "exists and is not empty" in found.err


@pytest.mark.slow
def test_standard_output_has_nothing_but_the_export(user: User) -> None:
    _library(user)
    command = ("export", "ivory", "--library", str(user.library), "--to", "-", "--format")
    lines = user.spawn(*command, "jsonl")
    assert (lines.returncode, lines.stderr) == (0, b"")
    assert json.loads(lines.stdout)["title"] == "Ivory & <customs>"
    book = user.spawn(*command, "epub")
    assert book.stdout[30:58] == b"mimetypeapplication/epub+zip"
    assert user.spawn(*command, "atom").stdout.startswith(b"<?xml")


@pytest.fixture
def feeds(user: User) -> Path:
    """The user's list of feeds, which is not there."""
    file = user.home / "config" / "rilo-reader" / "feeds.toml"
    file.parent.mkdir(parents=True)
    return file


def test_feeds_are_a_list_for_any_reader(user: User, feeds: Path) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    one = '[[feeds]]\nurl = "https://a.example/f"\ntitle = "A"\ntags = ["News/Europe"]\nevery = 9\n'
    feeds.write_text(one)
    assert user.ask("export", "--to", "feeds.opml").out == "Wrote 1 feed to feeds.opml.\n"
    feeds.unlink()
    user.ask("import", "feeds.opml")
    assert feeds.read_text().endswith(one)
    assert user.ask("import", "feeds.opml").out == "feeds: 1 already here.\n"
    assert feeds.read_text().endswith(one)


def test_passwords_in_a_list_are_pointed_out(user: User, feeds: Path) -> None:
    feeds.write_text('[[feeds]]\nurl = "https://me:secret@a.example/f"\n')
    found = user.ask("export", "--to", "feeds.opml")
    assert "1 of the addresses contain a password" in found.err
    assert "secret" not in found.out + found.err
    assert "me:secret@a.example" in (user.home / "feeds.opml").read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "--to"),
        (("--to", "x"), "the format is not clear"),
        (("--to", "-"), "the format is not clear"),
        (("--to", "x.md"), "a folder"),
        (("--to", "x.opml", "ivory"), "takes no query"),
        (("--to", "x.pdf", "--format", "pdf"), "must be one of"),
        (("--to", "x.epub", "after:nonsense"), "date"),
    ],
)
def test_mistakes_are_explained(user: User, arguments: tuple[str, ...], word: str) -> None:
    _mistaken(user, arguments, word, 2)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--to", "library", "--format", "html"), "is a folder"),
        (("--to", "library/sub/", "--format", "md"), "copies inside the library"),
        (("--to", "nowhere/x.html"), "there is no folder 'nowhere'"),
        (("--to", "nowhere/x.opml"), "there is no folder 'nowhere'"),
    ],
)
def test_where_nothing_can_be_written_is_a_failure(
    user: User, arguments: tuple[str, ...], word: str
) -> None:
    _mistaken(user, arguments, word, 1)


def _mistaken(user: User, arguments: tuple[str, ...], word: str, code: int) -> None:
    _library(user)
    found = user.ask("export", *arguments)
    assert (found.code, found.out) == (code, "")
    assert word in found.err
    assert not list(user.home.glob("x*"))


def test_what_is_muted_is_left_out_unless_asked_for(user: User) -> None:
    _library(user)
    user.settings('[[mutes]]\nquery = "ivory"\n')
    every = user.ask("export", "--to", "-", "--format", "jsonl", "--muted").objects
    assert len(every) == 3
    found = user.ask("export", "--to", "-", "--format", "jsonl")
    assert "Left out, since your mutes hide it: 1 article. To have all: --muted" in found.err
    shown = found.objects
    assert [one for one in every if one not in shown] == [
        one for one in every if one["title"] == "Ivory & <customs>"
    ]


def test_a_query_may_exclude_and_keep_its_order(user: User) -> None:
    _library(user)
    assert user.ask("export", "-ivory", "--to", "-", "--format", "jsonl").code == 0
    found = user.ask("export", "sort:oldest", "-象牙", "--to", "-", "--format", "jsonl")
    assert [each["title"] for each in found.objects] == ["Ivory & <customs>", 'H" onclick="x']


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "x.html"
    file.write_text("old")

    def fail() -> None:
        with replace_file(file) as out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert file.read_text() == "old"
    with replace_file(file) as out:
        out.write(b"new")
    assert file.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["x.html"]


def test_an_article_whose_file_is_gone_is_named(user: User) -> None:
    _library(user)
    user.ask("list")
    with open_library(user.library, user_paths()) as library:
        (user.library / "plain.md").unlink()
        missing: list[str] = []
        assert len(list(iter_exported(library, list(library.search.ids(Query())), missing))) == 2
        assert missing == ["plain.md"]


def test_atom_has_tags_of_the_users_own(user: User, tmp_path: Path) -> None:
    user.write("one.md", "---\ntitle: One\ntags: [async]\n---\nText.\n")
    user.run("mark", "tag", "python", "one.md")
    user.run("export", "--to", str(tmp_path / "all.atom"))
    assert '<category term="python"/>' in (tmp_path / "all.atom").read_text("utf-8")


def test_atom_and_html_have_the_link_to_comments(user: User, tmp_path: Path) -> None:
    header = 'title: One\nurl: https://a.example\ncomments: "https://b.example/?a=1&b=%22"'
    user.write("one.md", f"---\n{header}\n---\nX.\n")
    address = "https://b.example/?a=1&amp;b=%22"
    for name, wanted in {
        "all.atom": f'<link rel="replies" type="text/html" href="{address}"/>',
        "all.html": f'<a href="{address}">comments</a>',
    }.items():
        user.run("export", "--to", str(tmp_path / name))
        assert wanted in (tmp_path / name).read_text("utf-8")


def test_a_note_in_the_text_jumps_there_and_back() -> None:
    assert 'href="#afn-1"' in xhtml_of("Text^[A short note.].", "a")


def test_progress_begins_with_finding_the_articles(user: User) -> None:
    for name in ("a.md", "b.md"):
        user.write(name, "A word.\n")
    shown = user.show("export", "--to", "all.jsonl", delay=-1)
    order = ["Writing 0 of 2 …", "Writing 1 of 2 …", "Writing 2 of 2 …"]
    assert sorted(order, key=shown.index) == order
