"""From documents to articles: which keys mean what, what stands in, and that nothing raises."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId, Enclosure, Fault
from rilo_reader.store.article_fields import FolderFacts, read_enclosures, to_article, write_article
from rilo_reader.store.file_kinds import to_text
from rilo_reader.store.file_names import readable_name, searchable_name
from rilo_reader.store.folder import new_path
from rilo_reader.store.front_matter import parse, toml_head
from rilo_reader.store.headings import find_title_heading
from rilo_reader.text import clean_line, clean_text, safe_url
from tests.support.examples import examples
from tests.support.for_each import for_each

MODIFIED = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = datetime(2019, 3, 7, tzinfo=UTC)


def article_of(text: str, path: str = "post.md") -> Article:
    return to_article(parse(text), path, MODIFIED)


def with_header(**metadata: object) -> Article:
    return article_of(toml_head(metadata) + "Body")


def test_what_rilo_reader_writes_is_read() -> None:
    text = """+++
id = "urn:1"
title = "Coalition marks first year"
date = 2019-03-07T10:00:00+09:00
updated = 2019-03-08
source = "RILO AP"
url = "http://riloap.org/rilo2/contents/view/news/103"
authors = ["A", "B"]
tags = ["wildlife", "post"]
lang = "en"
summary = "One line."
+++

Body **in** Markdown.
"""
    assert article_of(text, "rilo-ap/2019/x.md") == Article(
        id=ArticleId("urn:1"),
        path="rilo-ap/2019/x.md",
        title="Coalition marks first year",
        date=datetime(2019, 3, 7, 10, tzinfo=timezone(timedelta(hours=9))),
        updated=datetime(2019, 3, 8, tzinfo=UTC),
        source="RILO AP",
        url="http://riloap.org/rilo2/contents/view/news/103",
        authors=("A", "B"),
        tags=("wildlife", "post"),
        lang="en",
        summary="One line.",
        body="Body **in** Markdown.\n",
    )


@for_each("key", ["date", "published", "publishDate", "pubDate", "created",
     "Date", "PUBDATE", "publish_date", "publish-date"])  # fmt: skip
def test_every_name_of_the_date(key: str) -> None:
    article = article_of(f"---\n{key}: 2019-03-07\n---\n")
    assert (article.date, article.date_only, article.faults) == (DAY, True, ())


def test_a_bundle_has_the_day_of_its_folder_unless_it_says_another() -> None:
    article = article_of("Text", "blog/2024-10-25-hello/index.md")
    assert (article.date, article.date_only) == (datetime(2024, 10, 25, tzinfo=UTC), True)
    article = article_of("---\ndate: 2019-03-07\n---\n", "blog/2024-10-25-hello/index.md")
    assert article.date == datetime(2019, 3, 7, tzinfo=UTC)


def test_the_first_date_that_is_one_counts() -> None:
    article = article_of("---\ndate: 2019-03-07\ncreated: 2001-01-01\npublished: true\n---\n")
    assert article.date == DAY
    article = article_of("---\npublished: true\ncreated: 2019-03-07\n---\n")
    assert (article.date, article.faults) == (DAY, ())
    article = article_of("---\ntitle: x\ndate: soon\ncreated: 2019-03-07\n---\n")
    assert (article.date, article.faults) == (DAY, ())


def test_a_date_that_is_not_understood_is_named() -> None:
    article = article_of("\ufeff---\ntitle: x\ndate: soon \n---\n", "2019-03-07-x.md")
    assert article.date == DAY
    (fault,) = article.faults
    assert fault.line == 3
    assert "“soon”" in fault.reason


@for_each("key", ["updated", "lastmod", "modified"])
def test_every_name_of_the_update(key: str) -> None:
    article = article_of(f"---\ndate: 2018-01-01\n{key}: 2019-03-07\n---\n")
    assert article.updated == DAY
    assert article_of(f"---\n{key}: 2019-03-07\n---\n").date == DAY


def test_the_date_falls_back_to_the_path_and_to_the_file() -> None:
    assert article_of("x", "2019-03-07-x.md").date == DAY
    assert article_of("x", "news/2019/03/07/x.md").date == DAY
    article = article_of('+++\npath = "2019/03/07/x"\n+++\n')
    assert (article.date, article.date_only) == (DAY, True)
    article = article_of("x")
    assert (article.date, article.date_only) == (MODIFIED, False)


@for_each("key", ["url", "link", "canonical_url", "source"])
def test_every_name_of_the_address(key: str) -> None:
    article = with_header(**{key: "https://a.example/b"})
    assert article.url == "https://a.example/b"
    assert article.id == "https://a.example/b"
    assert article.source == ""


def test_an_unsafe_address_is_none() -> None:
    article = with_header(url="javascript:alert(1)", link="/relative", canonical_url="https://a.b/")
    assert article.url == "https://a.b/"
    assert with_header(url="javascript:alert(1)").url == ""
    assert with_header(source="RILO AP: news").source == "RILO AP: news"


def test_identity_is_id_then_address_then_path() -> None:
    assert with_header(id=7, url="https://a.example/").id == "7"
    assert with_header(id=" a  b\nc\x1b ", url="https://a.example/").id == "a  b c"
    assert with_header(id="", url="https://a.example/").id == "https://a.example/"
    assert article_of("x", "a/b.md").id == "a/b.md"


@for_each(
    "value, names",
    [
        (["A", "B", "A", ""], ("A", "B")),
        (["Lovelace, Ada"], ("Lovelace, Ada",)),
        ("A, B", ("A", "B")),
        ("Lovelace, Ada; Hopper, Grace", ("Lovelace, Ada", "Hopper, Grace")),
        ([{"name": "A", "url": "https://a"}, {"name": "B"}], ("A", "B")),
        ({"name": "A"}, ("A",)),
        ([["A"], ["B", ["C"]]], ("A", "B", "C")),
        ("", ()),
        (7, ("7",)),
        (True, ()),
    ],
)
@for_each("key", ["authors", "author", "Author", "by"])
def test_authors_in_every_shape(key: str, value: object, names: tuple[str, ...]) -> None:
    assert with_header(**{key: value}).authors == names


@for_each(
    "value, names",
    [
        ("'[Ann Lee](https://e.example) (Acme), Bo'", ("Ann Lee", "Bo")),
        ("'[Ann Lee](https://e.example); [Bo](/bo)'", ("Ann Lee", "Bo")),
        ("['[Lee, Ann](https://e.example)', Bo (Acme)]", ("Lee, Ann", "Bo (Acme)")),
        ("'[[People/Ann Lee|Ann]]'", ("Ann",)),
        ("[[Ann Lee]]", ("Ann Lee",)),
    ],
)
def test_authors_that_are_links(value: str, names: tuple[str, ...]) -> None:
    document = parse(f"---\nauthor: {value}\n---\nText.")
    assert to_article(document, "a.md", MODIFIED).authors == names


def test_authors_among_the_own_values_of_hugo() -> None:
    text = '+++\ntitle = "A"\n{}[params]\nauthor = "Bo"\n+++\nText.'
    assert article_of(text.format("")).authors == ("Bo",)
    assert article_of(text.format('authors = ["Ann"]\n')).authors == ("Ann",)


def test_authors_above_the_text_without_fences() -> None:
    article = to_article(parse("author: Ann Lee, Bo\n\n# Title\n\nText."), "a.md", MODIFIED)
    assert (article.authors, article.title, article.body) == (
        ("Ann Lee", "Bo"),
        "Title",
        "# Title\n\nText.",
    )


@for_each(
    "title, shown",
    [
        ("Ports {{< meta year >}} open", "Ports open"),
        ("{{% fa star %}} Ports", "Ports"),
        ("The {{ page }} tag", "The {{ page }} tag"),
        ("{{< meta title >}}", "Name"),
    ],
)
def test_a_title_with_a_shortcode(title: str, shown: str) -> None:
    document = parse(f"---\ntitle: '{title}'\n---\nText.")
    assert to_article(document, "name.md", MODIFIED).title == shown


@for_each(
    "before",
    [
        "(intro)=",
        "(a-b)=\n(c.d)=\n",
        "```{raw} html\n<p>x</p>\n```",
        "```{code-cell} ipython3\n:tags: [remove-cell]\n\n# a comment\n```\n",
        '+++ {"tags": ["hide"]}',
        ":::{index} ports\n:::\n",
    ],
)
def test_what_myst_puts_before_a_heading_does_not_hide_the_title(before: str) -> None:
    text = f"{before}\n# Ports\n\nText.\n\n# More\n"
    assert to_article(parse(text), "name.md", MODIFIED).title == "Ports"


@for_each("key", ["summary", "description", "excerpt", "Description"])
def test_every_name_of_the_summary(key: str) -> None:
    assert with_header(**{key: "One\nline."}).summary == "One line."


@for_each(
    "path, dialect, tags",
    [
        ("_posts/2020-01-02-a.md", "", ("sea", "wind", "a", "b", "deep water")),
        ("note.md", "Obsidian", ("sea", "wind", "a", "b", "deep water")),
        ("post.md", "", ("sea wind", "a b", "deep water")),
    ],
)
def test_tags_between_spaces_where_a_program_reads_them_so(
    path: str, dialect: str, tags: tuple[str, ...]
) -> None:
    """Jekyll and Obsidian do; `category` is one, and a comma separates everywhere."""
    text = "---\ntags: sea wind\ncategories: a b\ncategory: deep water\n---\nText."
    assert to_article(parse(text), path, MODIFIED, FolderFacts(dialect)).tags == tags
    text = "---\ntags: sea wind, gale\ncategories: '[[Two words]]'\n---\nText."
    assert to_article(parse(text), path, MODIFIED, FolderFacts(dialect)).tags == (
        "sea wind",
        "gale",
        "Two words",
    )


def test_tags_in_every_shape() -> None:
    text = (
        "---\ntags: [a, '#b']\nkeywords: c, d\ncategories:\n  e:\n  f: [g, h]\ncategory: a\n"
        "tag: i, a\n---\n"
    )
    assert article_of(text).tags == ("a", "b", "c", "d", "e", "g", "h", "i")
    assert with_header(tags="C#").tags == ("C#",)
    for key, what in (("tags", "tags"), ("authors", "authors")):
        article = with_header(**{key: [str(n) for n in range(5000)]})
        assert len(getattr(article, key)) == 1000
        assert [fault.reason for fault in article.faults] == [
            f"It has more than 1,000 {what}; only the first 1,000 are used."
        ]
        article = with_header(**{key: [str(n) for n in range(1000)]})
        assert len(getattr(article, key)) == 1000
        assert not article.faults
    both = with_header(tags=[str(n) for n in range(600)], keywords=[f"k{n}" for n in range(600)])
    assert len(both.tags) == 1000
    assert both.faults


@for_each("value, lang", [("en", "en"), ("zh_tw", "zh-TW"), ("pt-BR", "pt-BR"),
     ("zh-Hant", "zh-Hant"), ("?", ""),
     ("EN", "en"), ("Klingonish tongue", ""), (5, "")])  # fmt: skip
def test_languages(value: object, lang: str) -> None:
    assert with_header(lang=value).lang == lang
    assert with_header(language=value).lang == lang


@for_each("value, found", [
        ([{"url": "https://a.example/1.mp3", "type": "Audio/MPEG", "bytes": 9, "seconds": 60}],
         (Enclosure("https://a.example/1.mp3", "audio/mpeg", 9, 60),)),
        (["https://a.example/1.mp3"], (Enclosure("https://a.example/1.mp3"),)),
        ([{"URL": "https://a.example/1", "bytes": -1, "seconds": "60"}],
         (Enclosure("https://a.example/1"),)),
        ([{"url": "https://a.example/1", "bytes": 10**30, "type": ["x/y"]}],
         (Enclosure("https://a.example/1", "x/y"),)),
        ([{"url": "javascript:x"}, {"type": "audio/mpeg"}, 7, None, [[]]], ()),
        ("https://a.example/1.mp3", ()),
        ({"url": "https://a.example/1.mp3"}, ()),
        ([], ()),
])  # fmt: skip
def test_attached_files_in_every_shape(value: object, found: tuple[Enclosure, ...]) -> None:
    assert with_header(enclosures=value).enclosures == found


@for_each("value, found", [
        ("https://a.example/talk", "https://a.example/talk"),
        (" HTTPS://A.example/a b ", "https://A.example/a%20b"),
        ("https://a.example/1", ""),
        ("javascript:alert(1)", ""),
        ("mailto:a@b.example", ""),
        ("talk", ""),
        (True, ""),
        (["https://a.example/talk"], "https://a.example/talk"),
        ([["https://a.example/talk"], {}], ""),
        ("https://a.example/\x1b[31m", ""),
])  # fmt: skip
def test_an_address_of_comments_is_one_of_another_page(value: object, found: str) -> None:
    one = with_header(url="https://a.example/1", comments=value)
    assert one.comments == found
    assert article_of(write_article(one)).comments == found


LISTED = "- [a b.mp3](<https://a.example/a%20b.mp3>) (audio/x\\_y, 12.3 MB)\n"


@for_each("body, found", [
        (f"Text.\n\n{LISTED}- [x](<https://a.example/x>)\n",
         (Enclosure("https://a.example/a%20b.mp3", "audio/x_y", 12_300_000),
          Enclosure("https://a.example/x"))),
        ("- [x](<https://a.example/x>) (1.5 kB)\n", (Enclosure("https://a.example/x", "", 1500),)),
        ("- [x](<https://a.example/x>) (a/b)\n", (Enclosure("https://a.example/x", "a/b"),)),
        (f"{LISTED}\nText.\n", ()),
        ("Text.\n\n- [x](https://a.example/x)\n", ()),
        ("- [x](<javascript:x>)\n", ()),
        ("- [x](<https://a.example/x>) and more\n", ()),
        ("", ()),
])  # fmt: skip
def test_files_that_a_text_lists_are_attached(body: str, found: tuple[Enclosure, ...]) -> None:
    """In what was collected; what others write is only text."""
    collected = f"+++\nid = 'a'\ntitle = 'A'\nguid = '1'\n+++\n\n{body}".replace("'", '"')
    assert article_of(collected).enclosures == found
    assert article_of(collected.replace("\nguid", "\nx")).enclosures == ()
    none = collected.replace("\nguid", "\nenclosures = []\nguid")
    assert article_of(none).enclosures == ()


def test_looking_for_listed_files_takes_time_in_proportion_to_the_text() -> None:
    for piece in (
        "- [x](<https://a.example/x>)\n",
        "](<",
        "- [](<",
        "- [",
        "\n",
        "- [](<>)",
        "(a/",
    ):
        started = time.process_time()
        read_enclosures({}, f"- [](<{piece * 100_000}\n")
        read_enclosures({}, f"{piece * 100_000}>)\n")
        assert time.process_time() - started < 5, piece


def test_drafts() -> None:
    for text in ("draft: true", "draft: True", "draft: yes", "draft: 'true'", "status: draft"):
        assert article_of(f"---\ntitle: x\n{text}\n---\n").draft, text
    for text in ("draft: false", "draft: ", "draft: no", "status: published", "x: draft"):
        assert not article_of(f"---\ntitle: x\n{text}\n---\n").draft, text
    assert with_header(draft=True).draft
    assert article_of("Title: x\nStatus: draft\n\n").draft
    assert article_of("x", "blog/_drafts/x.md").draft


@for_each(
    "body, title",
    [
        ("\n\n# The **first** `heading` ##\n\nText\n\n## Second", "The first heading"),
        ("Setext *title*\n=====\n", "Setext title"),
        (" 标题\n====\n\nText", "标题"),
        ("A title of\ntwo lines\n===\n", "A title of two lines"),
        ("## The only one of its level\n\n### a\n\n### b", "The only one of its level"),
        ("## The only one outside code\n\n```\n## no\n```\n", "The only one outside code"),
        ("Underlined\n---\n\nText", "Underlined"),
        ("<!-- a\n\n# comment -->\n%% another %%\n\n# Title", "Title"),
        ("![](a.png) ![b][c]\n[![build](https://a.example/b.svg)](https://a.example)\n# T", "T"),
        ("![[cover.png]]\n# T", "T"),
        ("---\n\n# T\n\nText.\n\n---\n\nMore.", "T"),
        ("---\n# T\n\n## Of: colons: and more\n---\n", "T"),
        ("* * *\n# T", "T"),
        ('<p align="center">\n  <img src="a.png">\n</p>\n\n# T', "T"),
        ('<div align="center"><h1>An <em>HTML</em> title</h1></div>\n\nText', "An HTML title"),
        ("[ref]: https://a.example\n{% include top.html %}\n{{< toc >}}\n# T", "T"),
        ("# [Linked](https://a.example) ![](x.png) [[note|Note]]", "Linked Note"),
        ("# C# and snake_case and 2 * 3 * 4", "C# and snake_case and 2 * 3 * 4"),
        ("# The `Option<T>` of `a_b_c` and `{{ x }}`", "The Option<T> of a_b_c and {{ x }}"),
        ("# Title {#anchor}", "Title"),
        ('# Title {: .wide #anchor key="a b" }', "Title"),
        ("# X {% tag %}", "X"),
        ("# 关于 {花括号}", "关于 {花括号}"),
        ("# A {set} of {1, 2}", "A {set} of {1, 2}"),
    ],
)
def test_a_heading_before_all_text_is_the_title(body: str, title: str) -> None:
    assert find_title_heading(body) == title
    assert article_of(body, "fallback.md").title == title


@for_each(
    "body",
    [
        "Intro.\n\n## Settings",
        "Intro.\n\n# Settings",
        "## One\n\nText\n\n## Two",
        "One\n---\n\nTwo\n---\n",
        "## One\n\nText\n\nTwo\n---\n",
        "## One\n\n<h2>Two</h2>\n",
        "```\n# not this\n```\n# This",
        "    # code\n",
        "![](a.png) said\n# T",
        "[link](https://a.example)\n# T",
        "<!-- never closed\n# T",
        "# {{ page.title }}\n\n# Real",
        "#hashtag\n\n#\n",
        "- a\n---\n",
        "> a\n===\n",
        "| a |\n---\n",
        "",
    ],
)
def test_else_the_file_name_is(body: str) -> None:
    assert find_title_heading(body) == ""
    assert article_of(body, "Sync-notes.md").title == "Sync notes"


@given(st.text("#=- \n\t`~<>h1/!%{}[]()|*_\\ax标", max_size=80))
@examples(500)
def test_any_text_has_a_title_of_one_line(body: str) -> None:
    title = find_title_heading(body)
    assert title == clean_line(title)


@pytest.mark.slow
def test_looking_for_a_title_takes_time_in_proportion_to_the_text() -> None:
    for piece in ("## a\n", "<!-- a\n", "![](", "[![](a)", "<a ", "a\n", "<h1>", "%%", "{%", "\n",
                  "a\n---\n", "`a", "[a]: b\n", " ", "```\n"):  # fmt: skip
        started = time.process_time()
        find_title_heading(piece * 100_000)
        find_title_heading("# " + piece * 100_000)
        assert time.process_time() - started < 5, piece


def test_names_of_collected_articles_are_no_words_to_search_for() -> None:
    for title, source in (("Post channel turns", "RILO AP"), ("", ""), ("税関速報", "s")):
        path = new_path(Article(ArticleId("urn:x"), "", title, DAY, source=source))
        assert searchable_name(path) == ""
    assert searchable_name("a/2019-03-07-post-channel.md") == "Post channel"
    assert searchable_name("a/Sync-notes.md") == "Sync notes"
    assert searchable_name("---.md") == ""


@for_each(
    "path, title",
    [
        ("2019-03-07-post-channel.md", "Post channel"),
        ("a/b/ivory_report.markdown", "Ivory report"),
        ("My Note - draft.md", "My Note - draft"),
        ("post-channel/index.md", "Post channel"),
        ("post-channel/_index.en.md", "Post channel"),
        ("README.md", "README"),
        ("docs/README.md", "Docs"),
        ("2019-03-07.md", "2019-03-07"),
        ("税関速報.md", "税関速報"),
        ("---.md", "Untitled"),
        ("", "Untitled"),
    ],
)
def test_a_file_name_is_made_readable(path: str, title: str) -> None:
    assert readable_name(path) == title


def test_broken_front_matter_keeps_title_and_date_and_shows_all() -> None:
    text = "---\ntitle: Ivory: a report\ndate: 2019-03-07\n---\n\n# Heading\n"
    article = article_of(text)
    assert (article.title, article.date, article.body) == ("Ivory: a report", DAY, text)
    assert article.faults[0].line == 2
    article = article_of("---\nx: y: z\n---\n\n# Heading\n")
    assert article.title == "Heading"


def test_odd_values_never_become_odd_titles() -> None:
    assert article_of("---\ntitle: No\n---\n").title == "No"
    assert article_of("---\ntitle: 1.10\n---\n").title == "1.10"
    assert article_of("---\ntitle: 2013-02-30\n---\n").title == "2013-02-30"
    assert article_of("---\ntitle: {{ x }}\n---\n", "name.md").title == "Name"
    assert article_of("---\ntitle: ''\n---\n", "name.md").title == "Name"
    assert article_of('{"title": ["A", "B"]}\n').title == "A"


def test_everything_is_cleaned() -> None:
    evil = "a\x1b]52;c;x\x07\u202eb\u2028c\U000e0041\x9b"
    metadata = dict.fromkeys(
        ("id", "title", "source", "url", "author", "tags", "lang", "summary"), evil
    )
    article = article_of(toml_head(metadata) + evil, f"{evil}.md")
    texts = (article.id, article.title, article.source, article.url, article.lang, article.summary,
             *article.authors, *article.tags, article.body)  # fmt: skip
    for text in texts:
        assert text == clean_text(text)
    assert article.title == "a]52;c;xbc"


words = st.text(st.characters(codec="utf-8"), max_size=20)
# Front matter can write offsets of whole minutes only; old local times in tz's files have seconds.
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
values = st.recursive(
    st.one_of(words, st.none(), st.booleans(), st.integers(), st.floats(), st.dates(),
              st.datetimes(timezones=st.one_of(st.none(), zones))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip
keys = st.one_of(
    st.sampled_from(
        ["id", "title", "date", "published", "updated", "url", "link", "source", "authors", "tags",
         "category", "lang", "summary", "draft", "status", "path"]
    ),
    words,
)  # fmt: skip


@pytest.mark.slow
@given(st.dictionaries(keys, values, max_size=8), words, words)
@examples(600)
def test_any_metadata_gives_a_sound_article(
    metadata: dict[str, object], body: str, path: str
) -> None:
    document = parse(body)._replace(metadata=metadata)
    path = to_text(path).strip()
    article = to_article(document, path, MODIFIED)
    assert article.title
    assert article.title == clean_line(article.title)
    assert article.body == clean_text(article.body)
    assert article.date.tzinfo is not None
    assert article.url == "" or safe_url(article.url) == article.url
    for name in (*article.authors, *article.tags):
        assert name == clean_line(name)
    written = write_article(article)
    again = to_article(parse(written), path, MODIFIED)
    if article.id:
        assert (
            again._replace(
                draft=article.draft,
                faults=article.faults,
                dated=article.dated,
                properties=article.properties,  # of other keys, which are not written
            )
            == article
        )
        assert write_article(again) == written


def test_writing_keeps_what_other_programs_said() -> None:
    article = with_header(title="A", date="2019-03-07", url="https://a.example/")
    unknown = {"weight": 3, "extra": {"team": "x"}, "publishDate": "2001", "Link": "x", "no": None}
    text = write_article(article, unknown)
    metadata = parse(text).metadata
    assert metadata["weight"] == 3
    assert metadata["extra"] == {"team": "x"}
    assert set(metadata) == {"id", "title", "date", "url", "weight", "extra"}
    assert to_article(parse(text), "post.md", MODIFIED) == article


def test_a_fault_of_the_file_comes_with_its_line() -> None:
    article = article_of('+++\ntitle = "A"\ndate = 2019-03-\n+++\n')
    assert article.faults == (Fault(3, article.faults[0].reason),)
    assert article.title == "A"
