"""A folder of articles: scanned whatever is in it, read within bounds, written atomically."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.store.encoding import decode, is_binary
from rilo_reader.store.file_kinds import (
    TEMPLATE,
    from_text,
    kind_of,
    may_be_article,
    to_native_path,
    to_text,
)
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import (
    DEPTH_LIMIT,
    SIZE_LIMIT,
    FileEntry,
    UnreadableError,
    file_of,
    is_article_file,
    new_path,
    path_within,
    read_article,
    read_entry,
    scan_folder,
)
from rilo_reader.store.html_body import to_markdown as html_to_markdown
from rilo_reader.text import clean_line, clean_text
from tests.support.examples import examples
from tests.support.for_each import for_each

posix = pytest.mark.skipif(os.name != "posix", reason="file names as bytes, links and pipes")


def make(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {path}\n", encoding="utf-8")


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def paths(root: Path) -> list[str]:
    return [entry.path for found in scan_folder(root) for entry in found]


def skipped(root: Path) -> dict[str, str]:
    told: dict[str, str] = {}
    for _ in scan_folder(root, on_skip=told.__setitem__):
        pass
    return told


# -- scan ---------------------------------------------------------------------------------------


def test_scan_finds_markdown_in_order_and_leaves_the_rest(tmp_path: Path) -> None:
    make(
        tmp_path, "b.md", "a.MARKDOWN", "z/c.mkd", "b/d e.md", "b/税関/ü.md", "b/f.Rmd",
        "x.txt", "y.html", "md", ".md", ".hidden.md", ".git/g.md", "node_modules/n/h.md",
        "_site/i.md", "b/.obsidian/j.md",
    )  # fmt: skip
    assert [[entry.path for entry in entries] for entries in scan_folder(tmp_path)] == [
        ["a.MARKDOWN", "b.md"], ["b/d e.md", "b/f.Rmd"], ["b/税関/ü.md"], ["z/c.mkd"],
    ]  # fmt: skip
    assert skipped(tmp_path) == {}
    ((entry, *_), *_) = scan_folder(tmp_path)
    facts = (tmp_path / "a.MARKDOWN").stat()
    assert entry == FileEntry("a.MARKDOWN", facts.st_size, facts.st_mtime_ns)


def test_a_root_may_be_hidden_or_a_link(tmp_path: Path) -> None:
    make(tmp_path, ".notes/a.md")
    assert paths(tmp_path / ".notes") == ["a.md"]
    (tmp_path / "link").symlink_to(tmp_path / ".notes")
    assert paths(tmp_path / "link") == ["a.md"]
    assert read_article(tmp_path / "link", "a.md").title == ".notes/a.md"


def test_one_article_is_told_as_scan_tells_it(tmp_path: Path) -> None:
    make(tmp_path, "a/b.md", ".hidden/c.md", "node_modules/d.md", "e.txt", "f.md/g.md")
    for entries in scan_folder(tmp_path):
        for entry in entries:
            assert read_entry(tmp_path, entry.path) == entry
    for path in (".hidden/c.md", "node_modules/d.md", "e.txt", "f.md", "gone.md", "../x.md"):
        assert read_entry(tmp_path, path) is None


def test_a_root_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, "file.md")
    for name in ("missing", "file.md"):
        with pytest.raises(UnreadableError) as error:
            list(scan_folder(tmp_path / name))
        assert error.value.path == ""
        assert error.value.reason.endswith(".")


@posix
def test_links_that_loop_end_and_the_real_folder_wins(tmp_path: Path) -> None:
    make(tmp_path, "z/real/a.md", "z/b.md")
    (tmp_path / "a-link").symlink_to(tmp_path / "z" / "real")
    (tmp_path / "z" / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "z" / "self").symlink_to(tmp_path / "z" / "self")
    (tmp_path / "c.md").symlink_to(tmp_path / "z" / "b.md")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    assert paths(tmp_path) == ["c.md", "z/b.md", "z/real/a.md"]
    told = skipped(tmp_path)
    assert set(told) == {"gone.md", "loop.md", "z/self"}
    assert "link" in told["gone.md"]


@posix
def test_links_to_one_another_are_entered_once(tmp_path: Path) -> None:
    for number in range(8):
        make(tmp_path, f"{number}/a.md")
        for other in range(8):
            (tmp_path / str(number) / f"to{other}").symlink_to(tmp_path / str(other))
    assert len(paths(tmp_path)) == 8


@posix
def test_a_link_out_of_the_library_is_followed(tmp_path: Path) -> None:
    library = tmp_path / "library"
    make(tmp_path, "library/a.md", "elsewhere/b.md", "elsewhere/secret.txt")
    (library / "more").symlink_to(tmp_path / "elsewhere")
    assert paths(library) == ["a.md", "more/b.md"]
    assert read_article(library, "more/b.md").title == "elsewhere/b.md"
    with pytest.raises(UnreadableError):
        read_article(library, "more/secret.txt")


@posix
def test_what_is_no_file_and_what_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.md", "locked/b.md")
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("socket.md")
        (tmp_path / "folder.md").mkdir()
        (tmp_path / "locked").chmod(0)
        try:
            told = skipped(tmp_path)
        finally:
            (tmp_path / "locked").chmod(0o700)
    assert "regular" in told["pipe.md"]
    assert "regular" in told["socket.md"]
    if os.getuid() != 0:
        assert told["locked"] == "Permission denied."
    with pytest.raises(UnreadableError, match="not a regular file"):
        read_article(tmp_path, "pipe.md")
    with pytest.raises(UnreadableError, match="not a regular file"):
        read_article(tmp_path, "folder.md")


def test_a_folder_that_vanishes_meanwhile_is_told(tmp_path: Path) -> None:
    make(tmp_path, "a/1.md", "b/2.md")
    told: dict[str, str] = {}
    found = []
    for entries in scan_folder(tmp_path, on_skip=told.__setitem__):
        found += [entry.path for entry in entries]
        if (tmp_path / "b").exists():
            (tmp_path / "b" / "2.md").unlink()
            (tmp_path / "b").rmdir()
    assert found == ["a/1.md"]
    assert told == {"b": "No such file or directory."}


def test_depth_is_bounded(tmp_path: Path) -> None:
    deep = "/".join(["d"] * (DEPTH_LIMIT + 3))
    make(tmp_path, f"{deep}/a.md", "d/b.md", "e/c.md")
    assert paths(tmp_path) == ["d/b.md", "e/c.md"]
    assert "deep" in next(iter(skipped(tmp_path).values()))


@posix
def test_a_file_is_in_a_library_by_either_name_of_it(tmp_path: Path) -> None:
    make(tmp_path, "real/a.md")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for root in ("real", "link"):
        for named in ("real", "link"):
            assert path_within(tmp_path / root, tmp_path / named / "a.md") == "a.md"


@posix
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.md", "caf\ufffdE9.md"),
        (b"a\x1b]52;c;x\x07.md", "a\ufffd1B]52;c;x\ufffd07.md"),
        (b"line\nbreak\t.md", "line\ufffd0Abreak\ufffd09.md"),
        ("\u202egnp.md".encode(), "\ufffdE2\ufffd80\ufffdAEgnp.md"),
        ("\ufffdE9.md".encode(), "\ufffdEF\ufffdBF\ufffdBDE9.md"),
        ("👩\u200d🔬 税.md".encode(), "👩\u200d🔬 税.md"),
        (b"100%25 [x] 'y' \"z\".md", "100%25 [x] 'y' \"z\".md"),
    ],
)
def test_any_name_is_printable_and_leads_back_to_its_file(
    tmp_path: Path, name: bytes, shown: str
) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("# Found\n")
    assert paths(tmp_path) == [shown]
    article = read_article(tmp_path, shown)
    assert (article.title, article.path, article.id) == ("Found", shown, shown)
    assert path_within(tmp_path, file_of(tmp_path, shown)) == shown
    assert write_all(tmp_path, {shown: "# Again\n"}) == {}
    assert read_article(tmp_path, shown).title == "Again"


@posix
@given(st.binary(min_size=1, max_size=30))
@examples(500)
def test_names_go_to_text_and_back(name: bytes) -> None:
    native = os.fsdecode(name.replace(b"\0", b"").replace(b"/", b"")) or "x"
    text = to_text(native)
    assert from_text(text) == native
    assert "".join(clean_line(text, 1000).split()) == "".join(text.split())
    text.encode()


pieces = ["..", ".", "", "a", "/", "\\", "\ufffd2F", "\ufffd2E\ufffd2E", "\0", "C:", "\ufffd00"]


@pytest.mark.slow
@given(st.lists(st.sampled_from(pieces), max_size=5))
@examples(500)
def test_a_path_never_leads_out(parts: list[str]) -> None:
    native = to_native_path("/".join(parts))
    if native is not None:
        assert "\0" not in native
        root = os.path.normpath("/library")
        assert os.path.normpath(f"{root}/{native}").startswith(f"{root}/")


@for_each("path", ["", "/etc/passwd", "../a.md", "a/../../b.md", "a//b.md", "./a.md", "a/",
             "a\0.md", "\ufffd2E\ufffd2E/a.md", "a\ufffd2F..\ufffd2Fb.md", ".."])  # fmt: skip
def test_such_paths_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnreadableError):
        read_article(tmp_path, path)
    with pytest.raises(UnreadableError):
        write_all(tmp_path, {path: "x"})


def test_which_names_are_articles() -> None:
    assert all(map(may_be_article, ["a.md", "a.MD", "a.b.markdown", "ü.mdown", "x.qmd"]))
    assert not any(map(may_be_article, ["", ".md", ".a.md", "md", "a.txt", "a.md~", "a.md.swp"]))


HEADED = "---\ntitle: Titled\n---\n\n<p>Some <b>text</b></p>\n"


def test_html_with_front_matter_and_mdx_are_articles_and_the_rest_is_counted(
    tmp_path: Path,
) -> None:
    make(tmp_path, "a.md", "b.mdx", "c.rst", "d/e.rst", "f.txt", "robots.txt", "g.PNG", "LICENSE")
    make(tmp_path, ".hidden.rst", "node_modules/h.rst", "i.so-long-a-suffix-that-it-is-none")
    htmls = {
        "headed.html": HEADED,
        "toml.htm": HEADED.replace("---", "+++").replace(": ", " = "),
        "json.html": '{\n  "title": "Titled"\n}\n<p>Text</p>',
        "bom.HTML": f"\ufeff{HEADED}",
        "page.html": "<!doctype html><p>Text",
        "empty-header.html": "---\n---\n<p>Text",
        "filled-in.html": "<p>{{ title }}",
        "empty.html": "",
    }
    for name, text in htmls.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    others: Counter[str] = Counter()
    found = {entry.path for found in scan_folder(tmp_path, other_kinds=others) for entry in found}
    assert found == {"a.md", "b.mdx", "headed.html", "toml.htm", "json.html", "bom.HTML"}
    left_out = {"hidden file": 1, "node_modules folder": 1}
    kinds = {"rst": 2, "txt": 1, "png": 1, "html": 3, TEMPLATE: 1, "other": 3}
    assert others == kinds | left_out
    # Whoever else asks is told the same.
    everything = [file for file in tmp_path.rglob("*") if file.is_file()]
    inside = [file for file in everything if "node_modules" not in file.parts]
    assert {str(file.relative_to(tmp_path)) for file in inside if is_article_file(file)} == found
    assert {path for path in htmls if read_entry(tmp_path, path)} == found & htmls.keys()
    assert all(kind_of(name) in others for name in ("x.rst", "x.html", "README"))


def test_html_is_read_as_the_markdown_that_it_means(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(HEADED, encoding="utf-8")
    article = read_article(tmp_path, "a.html")
    assert (article.title, article.body) == ("Titled", "Some **text**")
    text = '---\nx: y\n---\n<p><img src="{{ site.url }}/a.png" alt="A"> <a href="b?c#d">B</a>'
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    assert read_article(tmp_path, "a.html").body == "![A](/a.png)\n\n[B](/b?c#d)"
    text = """---
date: 2019-03-07
url: https://a.example/b/
---
<h1>A title</h1>
<p>See <a href="c">this</a>, <a {% if d %}id="x"{% endif %} href="{{ "/d/" | url }}">that</a>,
<a href="{{ site.url }}/e">these</a>, <a href="{% post_url f %}">those</a>. {% image "e.png" "A_b"
%}</p>
{% highlight ruby %}
if a < b
  c
end
{% endhighlight %}{% comment %}<p>nothing</p>{% endcomment %}
"""
    (tmp_path / "b.html").write_text(text, encoding="utf-8")
    article = read_article(tmp_path, "b.html")
    assert article.title == "A title"
    assert article.body.partition("\n\n")[2] == (
        "See [this](https://a.example/b/c), [that](https://a.example/d/), "
        '[these](https://a.example/e), those. {% image "e.png" "A_b" %}\n\n'
        "```ruby\nif a < b\n  c\nend\n```"
    )


@given(st.text("<>{}%#\"'/=ap \n-", max_size=60))
@examples(500)
def test_any_html_is_read(text: str) -> None:
    markdown = html_to_markdown(f"{text}<p>word</p>")
    assert markdown == clean_text(markdown)
    assert "\ufdd0" not in markdown
    assert "\ufdd1" not in markdown


@pytest.mark.slow
def test_reading_html_takes_time_in_proportion_to_the_text() -> None:
    for piece in ("{% highlight a %}", "{%", "{{", "{#", "{% comment %}", "<p>{% a", "{% b %}"):
        started = time.process_time()
        html_to_markdown("{% endhighlight %}{% endcomment %}" + piece * 50_000)
        assert time.process_time() - started < 10, piece


# -- read ---------------------------------------------------------------------------------------


def test_files_that_are_no_articles_are_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(b"\x89PNG\r\n\0\0")
    (tmp_path / "large.md").write_bytes(b"x" * (SIZE_LIMIT + 1))
    with pytest.raises(UnreadableError, match="binary"):
        read_article(tmp_path, "binary.md")
    with pytest.raises(UnreadableError, match="too large"):
        read_article(tmp_path, "large.md")
    with pytest.raises(UnreadableError, match="No such file"):
        read_article(tmp_path, "missing.md")
    os.truncate(tmp_path / "large.md", SIZE_LIMIT)
    assert read_article(tmp_path, "large.md").body == "x" * SIZE_LIMIT
    os.truncate(tmp_path / "large.md", 50_000_000)
    assert SIZE_LIMIT < 50_000_000
    with pytest.raises(UnreadableError, match=r"50\.0 MB"):
        read_article(tmp_path, "large.md")


@pytest.mark.parametrize(
    "data",
    [
        b"# Title\n\nA\0 slip.",
        b"---\ntitle: a\0b\n---\n" + b"Text. " * 5,
        "# 标题\n\n文\0字".encode() * 900,
        b"Half a block was lost." + b"\0" * 4000,
        b"caf\xe9 and no UTF-8, " * 10 + b"\0",
    ],
)
def test_a_nul_does_not_hide_an_article(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.md").write_bytes(data)
    article = read_article(tmp_path, "a.md")
    assert article.body == clean_text(decode(data.replace(b"\0", b""))[0].rpartition("---\n")[2])
    assert article.faults


@for_each(
    "data",
    [
        b"\0" * 9,
        b"SQLite format 3\0\x10\0\1\1\0@  \0\0\0\2\0\0\0\3",
        "No mark of UTF-16.".encode("utf-16-le"),
        b"\x7fELF\2\1\1" + b"\0" * 9 + b"\3\0>\0\1\0\0\0",
        bytes(range(256)),
        bytes(byte * 7 % 256 for byte in range(9000)),
    ],
)
def test_what_is_no_text_is_no_article(data: bytes) -> None:
    assert is_binary(data)


@for_each(
    "data, text, says",
    [
        ("Zürich 税関".encode(), "Zürich 税関", None),
        ("Zürich".encode("utf-8-sig"), "Zürich", None),
        ("Zürich 税 👩".encode("utf-16"), "Zürich 税 👩", None),
        (b"\xfe\xff" + "Zürich".encode("utf-16-be"), "Zürich", None),
        ("Zürich".encode("utf-32"), "Zürich", None),
        ("Zürich\n“x”".encode("cp1252"), "Zürich\n“x”", "Windows-1252"),
        (b"a\n" + "税関速報".encode() + b"\xff", "a\n税関速報\ufffd", "not UTF-8"),
        ("税関".encode("utf-16") + b"\xd8", "税関\ufffd", "UTF-16"),
        (b"", "", None),
        (b"\xff", "ÿ", "Windows-1252"),
        (b"l\x92Office", "l’Office", "Windows-1252"),
        ("déjà vu à l".encode() + b"\x92Office", "déjà vu à l’Office", "read as Windows-1252"),
        ("déjà vu à l".encode() + b"\x9d!", "déjà vu à l\ufffd!", "it is shown as"),
        ("l\x92Office \x85 \x93x\x94".encode(), "l’Office … “x”", None),
        ("l\x92Office".encode("utf-16"), "l’Office", None),
        ("a\x9d\x81b".encode(), "ab", None),
    ],
)
def test_encodings(tmp_path: Path, data: bytes, text: str, says: str | None) -> None:
    (tmp_path / "a.md").write_bytes(data)
    article = read_article(tmp_path, "a.md")
    assert article.body == text
    assert [fault.line for fault in article.faults] == ([1 + (data[:2] == b"a\n")] if says else [])
    assert says is None or says in article.faults[0].reason


@given(st.binary(max_size=60))
@examples(500)
def test_decoding_never_raises(data: bytes) -> None:
    text, _ = decode(data)
    text.encode()
    for mark in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0"):
        decode(mark + data)


def test_a_file_of_no_time_has_a_date(tmp_path: Path) -> None:
    make(tmp_path, "a.md")
    os.utime(tmp_path / "a.md", ns=(0, -(10**17)))
    assert read_article(tmp_path, "a.md").date.tzinfo is UTC


def test_new_paths_name_source_day_and_title_and_never_collide() -> None:
    article = Article(
        id=ArticleId("https://a.example/1"),
        path="",
        title="Coalition marks first year: “ivory”",
        date=datetime(2019, 3, 7, 23, 30, tzinfo=UTC),
        source="RILO A/P",
    )
    path = new_path(article)
    assert path.startswith("rilo-a-p/2019/2019-03-07-coalition-marks-first-year-ivory-")
    assert may_be_article(path.rpartition("/")[2])
    assert new_path(article) == path
    other = article._replace(id=ArticleId("https://a.example/2"))
    assert new_path(other) != path
    odd = article._replace(source="..", title="???")
    assert new_path(odd).startswith("articles/2019/2019-03-07-untitled-")
    long = article._replace(source="税" * 500, title="税" * 500)
    assert all(len(part.encode()) < 255 for part in new_path(long).split("/"))
