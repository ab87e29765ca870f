"""Files of every kind are known by what is in them, copied once, and never trusted."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.entry import Form
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.collection import open_collection
from rilo_reader.library import open_library
from rilo_reader.parsers.mail import Letter, iter_letters, read_letter
from rilo_reader.paths import Paths
from rilo_reader.plugins.importers.file_copier import NAME_BYTES, make_valid_path
from rilo_reader.plugins.importers.files import (
    FoundFile,
    UnpackBudget,
    find_kind,
    iter_files,
    iter_members,
)
from rilo_reader.plugins.importers.importer import FileImporter
from rilo_reader.plugins.importers.report import ContentKind, ImportReport
from rilo_reader.store.file_kinds import is_article, is_ignored, to_native_path
from rilo_reader.text import clean_text
from tests.support.command_line import User, tree
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples

EVIL = "\x1b]0;owned\x07\u202e\x9b"

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Ivory - Example News</title>
<link rel="canonical" href="https://news.example/ivory"><meta property="og:site_name"
content="Example News"></head><body><nav>menu</nav><article><h1>Ivory</h1>
<p>Customs officers at the airport found forty pieces of ivory in the post, they said on Monday.</p>
<p>The parcels had been declared as toys; an officer had looked at them more closely because of
their weight, which was far too great for what was written on the label.</p>
<p>Nobody was arrested, but the sender is known to the police of two countries by now.</p>
</article></body></html>"""
FEED = """<rss version="2.0"><channel><title>A feed</title><item><guid>1</guid>
<title>From a feed</title>
<description>Text.</description></item></channel></rss>"""
OPML = '<opml version="2.0"><body><outline text="F" xmlUrl="https://feed.example/x"/></body></opml>'
LETTER = b"""From: Daily <daily@news.example>
Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=
Date: Mon, 01 Jan 2024 10:00:00 +0100
Message-ID: <1@news.example>
List-Id: "The Daily" <daily.news.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=utf-8

plain
--y
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>Hello w=F6rld, <a href=3D"https://news.example/a">here</a>.</p>
--y--
--x
Content-Type: text/html
Content-Disposition: attachment; filename="evil.html"

<p>attached</p>
--x--
"""
MBOX = (
    b"From daily@news.example Mon Jan  1 10:00:00 2024\n"
    + LETTER
    + b"\nFrom b@b.example Tue Jan  2 10:00:00 2024\nSubject: Second\nFrom: b@b.example\n"
    b"Date: Tue, 02 Jan 2024 10:00:00 +0000\n\nOne line.\n\n>From here on it is quoted.\n"
)


def _all_kinds(folder: Path) -> Path:
    """A folder with one of each kind."""
    (folder / "sub" / ".git").mkdir(parents=True)
    (folder / "note.md").write_text("---\ntitle: A note\ncustom: kept\n---\n\nText.\n")
    (folder / "sub" / "other.markdown").write_text("# Other\r\n\r\nwith CRLF\r\n", newline="")
    (folder / "sub" / ".git" / "hidden.md").write_text("no")
    (folder / "page.txt").write_text(PAGE)
    (folder / "feed").write_text(FEED)
    (folder / "list.xml").write_text(OPML)
    (folder / "mail").write_bytes(MBOX)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    return folder


COUNTS = {
    ContentKind.MARKDOWN: 2,
    ContentKind.PAGE: 1,
    ContentKind.MAIL: 2,
    ContentKind.FEED: 1,
    ContentKind.OPML: 1,
}


def _kinds(user: User, *arguments: str) -> dict[str, dict[str, object]]:
    found = user.ask("import", *arguments, "--json")
    assert "\x1b" not in found.out + found.err
    return {line["kind"]: line for line in found.objects if "kind" in line}


def _zip(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


# -- what is taken ------------------------------------------------------------------------------


def test_a_folder_of_every_kind(user: User) -> None:
    folder = _all_kinds(user.home / "in")
    before = tree(folder)
    code, out, err = user.ask("import", str(folder))
    assert (code, err) == (0, "")
    for kind, count in COUNTS.items():
        assert f"{kind}: {count} imported." in out
    assert "other files: 1 left out." in out
    assert "in/picture.png: it is a picture that no article uses" in out
    assert tree(folder) == before, "copied, never moved"
    assert (user.library / "in/note.md").read_bytes() == (folder / "note.md").read_bytes()
    copy = (user.library / "in/sub/other.markdown").read_bytes()
    assert copy == b"# Other\r\n\r\nwith CRLF\r\n"
    rows = {row["title"]: row for row in user.ask("list", "--json").objects}
    assert set(rows) == {"A note", "Other", "Ivory", "From a feed", "Größe", "Second"}
    assert rows["Ivory"]["url"] == "https://news.example/ivory"
    assert rows["Ivory"]["source"] == "Example News"
    assert rows["Größe"]["source"] == "The Daily"
    assert rows["Größe"]["date"] == "2024-01-01T09:00:00+00:00"


def test_html_with_front_matter_and_mdx_are_copied_as_they_are(user: User) -> None:
    post, page = "---\ntitle: A post\n---\n<p>Text.</p>\n", "import A from 'b'\n\n# A page\n"
    (user.home / "post.html").write_text(post)
    (user.home / "page.mdx").write_text(page)
    assert user.ask("import", "post.html", "page.mdx").code == 0
    assert (user.library / "post.html").read_text() == post
    assert (user.library / "page.mdx").read_text() == page
    assert make_valid_path("a/page.html") == "a/page.html.md"


@pytest.mark.slow
def test_a_dry_run_writes_nothing_and_counts_the_same(user: User) -> None:
    folder = _all_kinds(user.home / "in")
    before = tree(user.home)
    counted = _kinds(user, str(folder), "--dry-run")
    assert tree(user.home) == before
    assert counted == _kinds(user, str(folder))
    # And a second run adds nothing.
    before = tree(user.library)
    assert all(record["taken"] == 0 for record in _kinds(user, str(folder)).values())
    assert tree(user.library) == before


def test_a_page_saved_with_its_parts(user: User) -> None:
    page = PAGE.replace("=", "=3D")
    head = (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://news.example/ivory?x=1\n"
        "Subject: Ivory\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\n"
        "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n"
    )
    (user.home / "page.mht").write_text(f"{head}{page}\n--b--\n")
    (user.home / "broken.mht").write_text(f"{head}<p></p>\n--b--\n")
    kinds = _kinds(user, "page.mht", "broken.mht")
    assert kinds["page"]["taken"] == 1
    (row,) = user.ask("list", "--json").objects
    assert (row["title"], row["source"]) == ("Ivory", "Example News")
    assert row["url"] == "https://news.example/ivory"


def test_folders_in_a_zip_keep_no_file_after_them(user: User) -> None:
    archive = user.home / "all.zip"
    archive.write_bytes(_zip({"a/": b"", "a/b/": b"", "a/b/one.md": b"# One\n", "c.md": b"# C\n"}))
    assert _kinds(user, str(archive))["markdown"]["taken"] == 2


@pytest.mark.slow
def test_a_backup_is_named_with_the_path_to_type(user: User) -> None:
    """Also one that was packed again, and one in a folder."""
    (folder := user.home / "in here").mkdir()
    for name, order in ("home.zip", 1), ("again.zip", -1):
        with zipfile.ZipFile(folder / name, "w") as archive:
            for member in ("rilo-reader-home.json", "library/a.md")[::order]:
                archive.writestr(member, "# A\n")
    for paths in ["in here/home.zip", "in here/again.zip"], ["in here"]:
        done = user.run("import", *paths)
        assert done.code == 1
        for name in ("home.zip", "again.zip"):
            typed = str(folder / name) if paths == ["in here"] else f"in here/{name}"
            assert f"rilo-reader restore {shlex.quote(typed)}\n" in done.out
    assert list(user.library.iterdir()) == []


def test_a_zip_is_taken_as_its_folder_would_be(user: User) -> None:
    folder = _all_kinds(user.home / "in")
    inner = _zip({"deep.md": b"# Deep\n"})
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    archive = user.home / "all.zip"
    archive.write_bytes(_zip({**files, "inner.zip": inner}))
    kinds = _kinds(user, str(archive))
    assert kinds["markdown"]["taken"] == 3
    assert all(kinds[kind.name.lower()]["taken"] == n for kind, n in COUNTS.items() if n == 1)
    assert (user.library / "all/note.md").is_file()
    assert (user.library / "all/inner/deep.md").read_text() == "# Deep\n"
    assert all(record["taken"] == 0 for record in _kinds(user, str(archive)).values())


def test_files_keep_the_time_that_is_their_date(user: User) -> None:
    note, page = user.home / "note.md", user.home / "page.html"
    note.write_text("# Undated\n")
    page.write_text(PAGE)
    for file in (note, page):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    user.ask("import", str(note), str(page))
    dates = {row["date"] for row in user.ask("list", "--json").objects}
    assert dates == {datetime.fromtimestamp(1_000_000_000, UTC).isoformat()}


def test_no_text_takes_the_place_of_another(user: User) -> None:
    for number in (1, 2):
        folder = user.home / str(number) / "notes"
        folder.mkdir(parents=True)
        (folder / "index.md").write_text(f"# Number {number}\n")
    user.ask("import", "1/notes", "2/notes")
    assert (user.library / "notes/index.md").read_text() == "# Number 1\n"
    assert (user.library / "notes/index-2.md").read_text() == "# Number 2\n"
    kinds = _kinds(user, "2/notes", "1/notes")
    assert (kinds["markdown"]["taken"], kinds["markdown"]["known"]) == (0, 2)


def test_an_article_that_says_who_it_is_is_known_wherever_it_lies(user: User) -> None:
    text = '+++\nid = "me"\ntitle = "Me"\n+++\n\nText.\n'
    user.write("elsewhere/own name.md", text)
    (user.home / "again.md").write_text(text + "More.\n")
    kinds = _kinds(user, "again.md")
    assert (kinds["markdown"]["taken"], kinds["markdown"]["known"]) == (0, 1)
    assert (user.library / "elsewhere/own name.md").read_text() == text


@pytest.mark.slow
def test_a_folder_of_another_name_is_known(user: User) -> None:
    for path in ("notes/a.md", "notes/copy/a.md", "notes-2/a.md", "notes-2/copy/b.md"):
        file = user.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("# The same\n\nWords.\n")
    user.ask("import", str(user.home / "notes")).says("2 imported")
    articles = sorted(user.library.rglob("*.md"))
    user.ask("import", str(user.home / "notes-2")).says("2 already here")
    user.ask("import", str(user.home / "notes-2" / "a.md")).says("1 already here")
    assert sorted(user.library.rglob("*.md")) == articles
    for article in articles:  # what was removed comes again
        article.unlink()
    user.ask("import", str(user.home / "notes-2")).says("2 imported")


def test_the_library_itself_is_not_imported(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "text")
    before = tree(user.library)
    found = user.ask("import", str(user.library))
    assert "it is already in the library" in found.out
    found = user.ask("import", str(user.home))
    assert "A" not in found.err
    assert tree(user.library) == before


def test_links_are_passed_over_and_loops_have_an_end(user: User) -> None:
    folder = user.home / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.md").write_text("# A\n")
    (folder / "sub" / "loop").symlink_to(folder)
    (folder / "passwd.md").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.md")
    found = user.ask("import", str(folder))
    assert found.code == 0
    assert "Markdown files: 1 imported." in found.out
    assert found.out.count("it is a link") == 2
    assert [file.name for file in user.library.rglob("*.md")] == ["a.md"]


def test_a_folder_that_goes_while_it_is_read_hides_none_that_follows(tmp_path: Path) -> None:
    for name in ("0", "gone/1", "kept/2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    found = iter_files(tmp_path, lambda *said: pytest.fail(str(said)), tmp_path / "none")
    names = [next(found).path.rpartition("/")[2]]
    shutil.rmtree(tmp_path / "gone")
    assert [*names, *(each.path.rpartition("/")[2] for each in found)] == ["0", "gone", "2"]


def test_the_exit_code_tells_whether_something_failed(user: User) -> None:
    (user.home / "a.md").write_text("# A\n")
    (user.home / "picture.png").write_bytes(b"\x89PNG\0")
    (user.home / "cut.zip").write_bytes(_zip({"a.md": b"a"})[:-30])
    assert user.ask("import", "a.md", "picture.png").code == 0
    assert user.ask("import", "a.md").code == 0
    assert user.ask("import", "picture.png").code == 1
    found = user.ask("import", "a.md", "cut.zip")
    assert found.code == 1
    assert "files that cannot be imported: 1 left out." in found.out


def test_what_is_not_there_is_a_mistake(user: User) -> None:
    found = user.ask("import", "nothing.md")
    assert (found.code, found.out) == (1, "")
    assert "there is no file or folder 'nothing.md'" in found.err


# -- archives that lie --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../out.md", "/abs.md", "a/../../out.md", "..\\out.md", "C:\\out.md", "a/b/../../../out.md"],
)
def test_no_file_of_an_archive_leads_out(user: User, name: str) -> None:
    (user.home / "evil.zip").write_bytes(_zip({name: b"# Out\n", "good.md": b"# Good\n"}))
    before = set(user.home.rglob("*.md"))
    record = _kinds(user, "evil.zip")
    assert record["markdown"]["taken"] == 1
    assert "leads out" in str(record["unreadable"]["reasons"])
    assert set(user.home.rglob("*.md")) - before == {user.library / "evil/good.md"}


def _lying() -> bytes:
    """An archive with a file that unpacks to more than it says in two places."""
    data = bytearray(_zip({"lie.md": b"a" * 5_000_000, "good.md": b"# Good\n"}))
    for sign, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = data.index(sign)
        data[place + offset : place + offset + 4] = struct.pack("<I", 10)
    return bytes(data)


def _nested() -> bytes:
    data = _zip({"deep.md": b"# Deep\n"})
    for level in range(6):
        data = _zip({"next.zip": data, f"level{level}.md": f"# {level}\n".encode()})
    return data


def _damaged(method: int) -> bytes:
    """An archive with a file that cannot be unpacked."""
    data = bytearray(_zip({"bad.md": b"Words. " * 5000, "good.md": b"# Good\n"}, method))
    start = data.index(b"bad.md") + 6
    data[start + 8 : start + 40] = bytes(range(200, 232))
    return bytes(data)


def _encrypted() -> bytes:
    data = bytearray(_zip({"secret.md": b"# Secret\n", "good.md": b"# Good\n"}))
    data[data.index(b"PK\3\4") + 6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


def _linked() -> bytes:
    data, link = io.BytesIO(), zipfile.ZipInfo("link.md")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return data.getvalue()


@pytest.mark.parametrize(
    ("made", "taken", "reason"),
    [
        (_lying, 1, ""),
        (_nested, 2, "too many archives"),
        (partial(_damaged, zipfile.ZIP_LZMA), 1, ""),
        (partial(_damaged, zipfile.ZIP_BZIP2), 1, ""),
        (partial(_damaged, zipfile.ZIP_DEFLATED), 1, ""),
        (_encrypted, 1, "encrypted"),
        (_linked, 0, "it is a link"),
        (lambda: _zip({"a/" * 500 + "b.md": b"b", "a.md": b"a"}), 1, "64 folders deep"),
        (lambda: _zip({"a.md": b"a"})[:-30], 0, "not a readable zip archive"),
    ],
)
def test_what_of_an_archive_cannot_be_read_is_named_and_the_rest_comes(
    user: User, made: Callable[[], bytes], taken: int, reason: str
) -> None:
    (user.home / "all.zip").write_bytes(made())
    kinds = _kinds(user, "all.zip")
    assert kinds.get("markdown", {"taken": 0})["taken"] == taken
    assert kinds["unreadable"]["left_out"] == 1
    assert reason in str(kinds["unreadable"]["reasons"])
    assert len(list(user.library.rglob("*.md"))) == taken


@pytest.mark.slow
def test_a_bomb_is_left_out(user: User) -> None:
    bomb = _zip({"bomb.md": b"a" * 100_000_000, "good.md": b"# Good\n"})
    assert len(bomb) < 200_000
    (user.home / "bomb.zip").write_bytes(bomb)
    kinds = _kinds(user, "bomb.zip")
    assert kinds["markdown"]["taken"] == 1
    assert "too much data" in str(kinds["unreadable"]["reasons"])


def test_all_that_an_archive_holds_together_has_a_bound() -> None:
    data = _zip({f"{number}.md": os.urandom(1000) for number in range(10)})
    messages: list[str] = []
    found = FoundFile("x.zip", "x.zip", lambda: io.BytesIO(data))
    budget = UnpackBudget(3500)
    members = iter_members(io.BytesIO(data), found, lambda name, why: messages.append(why), budget)
    taken = [len(member.open().read()) for member in members]
    assert taken == [1000] * 3
    assert messages == ["it is too large"] * 7


# -- names and letters that lie -----------------------------------------------------------------


@pytest.mark.slow
def test_hostile_names_and_texts_reach_no_terminal(user: User) -> None:
    folder = user.home / "in"
    folder.mkdir()
    (folder / f"{EVIL}name.md").write_text(f"# {EVIL}title\n")
    (folder / f"{EVIL}.bin").write_bytes(b"\0\0")
    (folder / "evil.zip").write_bytes(_zip({f"{EVIL}.md": b"# Z\n", f"../{EVIL}": b"x"}))
    (folder / "m.eml").write_bytes(f"From: {EVIL} <a@b.c>\nSubject: {EVIL}\n\n{EVIL}\n".encode())
    (folder / "l.opml").write_text(f'<opml><outline text="{EVIL}" xmlUrl="{EVIL}"/></opml>')
    (folder / "r.jsonl").write_text(json.dumps({"id": EVIL, "path": EVIL, "body": EVIL}) + "\n{}\n")
    for arguments in ((str(folder), "--dry-run"), (str(folder),), (str(folder), "--json")):
        found = user.ask("import", *arguments)
        for text in (found.out, found.err):
            assert clean_text(text) == text
            assert "\x1b" not in text
    assert len(user.ask("list", "--json").objects) == 4
    for file in user.library.rglob("*"):
        assert file.name.isprintable(), "no copy bears a name that steers a terminal"


def test_names_of_300_characters_fit(user: User) -> None:
    long = "ö" * 300
    data = _zip({f"{long}/{long}.md": b"# Long\n", f"{long}/{long}x.md": b"# Longer\n"})
    (user.home / "long.zip").write_bytes(data)
    assert _kinds(user, "long.zip")["markdown"]["taken"] == 2
    assert _kinds(user, "long.zip")["markdown"]["known"] == 2


@pytest.mark.slow
@examples(200)
@given(st.lists(st.text(max_size=120) | st.sampled_from(["..", ".", "", ".git"]), max_size=5))
def test_any_path_is_made_one_that_can_be(parts: list[str]) -> None:
    path = make_valid_path("/".join(parts).replace("\0", ""))
    assert to_native_path(path) is not None
    assert to_native_path(path, windows=True) is not None
    assert is_article(path.rpartition("/")[2], b"")
    assert not is_ignored(path)
    assert all(len(part.encode(errors="replace")) <= NAME_BYTES + 4 for part in path.split("/"))
    assert make_valid_path(path) == path


@for_each(
    "name, head, kind",
    [
        ("x", PAGE.encode(), ContentKind.PAGE),
        ("x.html", b"just words", ContentKind.PAGE),
        ("x", b"<p>a</p>", ContentKind.OTHER),
        ("x", FEED.encode("utf-16"), ContentKind.FEED),
        ("x", b"\xef\xbb\xbf" + OPML.encode(), ContentKind.OPML),
        ("x.md", b"Title: a\nDate: 2020-01-01\n\ntext", ContentKind.MARKDOWN),
        ("x.md", PAGE.encode(), ContentKind.MARKDOWN),
        ("x", LETTER, ContentKind.MAIL),
        ("x", MBOX, ContentKind.MAIL),
        ("x", b'{"version": "https://jsonfeed.org/version/1", "items": []}', ContentKind.FEED),
        ("x", b'{"id": "a", "body": "b"}', ContentKind.RECORDS),
        ("x.txt", b"plain words", ContentKind.OTHER),
        ("x.md", b"\0\1\2", ContentKind.OTHER),
        ("x.md", b"", ContentKind.OTHER),
        ("x", b"SQLite format 3\0abc", ContentKind.OTHER),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", ContentKind.OTHER),
    ],
)
def test_what_a_file_is_shows_in_what_is_in_it(name: str, head: bytes, kind: ContentKind) -> None:
    assert find_kind(name, head)[0] is kind


def test_a_letter_says_what_its_best_part_says() -> None:
    first, second = iter_letters(io.BytesIO(MBOX))
    assert isinstance(first, Letter)
    assert isinstance(second, Letter)
    entry = first.entry
    assert (entry.title, entry.authors, first.source) == ("Größe", ("Daily",), "The Daily")
    assert entry.key == "<1@news.example>"
    assert entry.date == datetime(2024, 1, 1, 9, tzinfo=UTC)
    assert "Hello wörld" in entry.content
    assert "attached" not in entry.content
    assert entry.form is Form.HTML
    assert second.entry.form is Form.TEXT
    assert second.entry.content == "One line.\n\nFrom here on it is quoted.\n"


ODD_LETTERS = {
    "From without a date": b"From a@b\nSubject: Odd\nFrom: x@y.example\n\nText.\n",
    "a quoted From": b">From a@b Mon\nFrom: x@y.example\nSubject: Odd\n\nText.\n",
    "blanks before colons": b"From : x@y.example\nSubject : Odd\nMessage-ID\t: <1@x>\n\nText.\n",
    "a long sender": b"From: " + b"A" * 40_000 + b" <x@y.example>\r\nSubject: Odd\r\n\r\nText.\r\n",
    "a folded sender": b"From:\n " + b"A\n " * 20_000 + b"<x@y.example>\nSubject: Odd\n\nText.\n",
    "no line end": b"From: x@y.example\nSubject: Odd",
    "only a title": b"Subject: Odd\n\nText.\n",
}


@pytest.mark.parametrize("odd", ODD_LETTERS)
def test_a_letter_of_an_odd_form_is_a_letter(user: User, odd: str) -> None:
    (user.home / "odd.eml").write_bytes(ODD_LETTERS[odd])
    assert _kinds(user, "odd.eml")["mail"]["taken"] == 1
    assert user.run("search", "title:Odd", "--count").out.strip() == "1"


@pytest.mark.parametrize(
    "head", [b"No letter at all.\n", b"\n\n", b"\x00\x01" * 50, b"<p>Page</p>"]
)
def test_what_is_named_as_a_letter_is_never_to_be_named_otherwise(head: bytes) -> None:
    assert "name it .md" not in find_kind("a.eml", head)[1]


def test_a_mail_of_parts_without_end_is_read_and_one_without_a_header_is_none() -> None:
    deep = b"Content-Type: multipart/mixed; boundary=a\n\n"
    for number in range(2000):
        deep += b"--a%d\nContent-Type: multipart/mixed; boundary=a%d\n\n" % (number, number + 1)
    assert len(list(iter_letters(io.BytesIO(b"From a Mon Jan 1 1:1:1 2024\n" + deep)))) == 1
    with pytest.raises(NotReadableError):
        read_letter(b"\n\nno header")


def test_a_header_that_cannot_be_decoded_costs_no_letter(user: User) -> None:
    bad = b"From x@x.example Mon Jan  1 10:00:00 2024\nX-A: b\n%s: =?utf-8?b?A?= <a@b.c>\n\n%d.\n\n"
    names = (b"From", b"Subject", b"Date", b"List-Id", b"Message-ID", b"Content-Language")
    letters = (bad % (name, number) for number, name in enumerate(names))
    (user.home / "box.mbox").write_bytes(b"".join(letters) + MBOX)
    assert _kinds(user, "box.mbox")["mail"]["taken"] == len(names) + 2


def test_a_hidden_folder_of_a_mailbox_is_named(user: User) -> None:
    for folder, title in (("Maildir", b"First"), ("Maildir/.Newsletters", b"Second")):
        (user.home / folder / "cur").mkdir(parents=True)
        letter = b"From: a@b.example\nSubject: %s\nMessage-ID: <%s@b.example>\n\nText.\n"
        (user.home / folder / "cur/1.host:2,S").write_bytes(letter % (title, title))
    done = user.run("import", str(user.home / "Maildir"))
    assert "mail messages: 1 imported" in done.out
    said = done.out + done.err
    assert ".Newsletters: it is a folder of a mailbox; to import it, name it" in said
    assert _kinds(user, "Maildir/.Newsletters")["mail"]["taken"] == 1


def test_an_unexpected_error_in_a_mail_is_reported_and_the_rest_is_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def surprised(data: bytes) -> Letter:
        if b"Second" in data:
            raise AssertionError
        return read_letter(data)

    monkeypatch.setattr("rilo_reader.parsers.mail.read_letter", surprised)
    first, second = iter_letters(io.BytesIO(MBOX))
    assert isinstance(first, Letter)
    assert second == "message 2: something in it cannot be read (AssertionError)"


_LINES = st.sampled_from(
    [b"From a@b Mon Jan 1 10:00:00 2024", b"From: x", b"Subject: =?utf-8?q?=", b"", b">From ",
     b"Content-Type: multipart/mixed; boundary=q", b"--q", b"--q--", b"Date: 99 Foo", b"\xff\x00",
     b"Content-Transfer-Encoding: base64", b"Content-Type: text/html; charset=punycode",
     b"List-Id: <<<", b"Message-ID: \x1b[2J", b"From: \"a <b@c>, (((" ]
)  # fmt: skip


@examples(150)
@given(st.lists(_LINES | st.binary(max_size=30), max_size=30).map(b"\n".join))
def test_a_mailbox_of_garbage_raises_nothing(data: bytes) -> None:
    for letter in iter_letters(io.BytesIO(data)):
        if isinstance(letter, Letter):
            entry = letter.entry
            for text in (entry.key, entry.title, entry.content, letter.source, *entry.authors):
                assert clean_text(text) == text


@pytest.mark.parametrize(
    ("data", "folder", "taken"),
    [
        (samples, "bombs", {"other": 0}),
        # One of them is a web page with a document type, and nothing else.
        pytest.param(corpus, "defusedxml/xmltestdata", {"page": 1, "other": 0},
                     marks=pytest.mark.corpus),
    ],
)  # fmt: skip
def test_bombs_of_the_security_suite_expand_to_nothing(
    user: User, data: Data, folder: str, taken: dict[str, int]
) -> None:
    kinds = _kinds(user, str(data("security") / folder))
    assert {kind: record["taken"] for kind, record in kinds.items()} == taken
    assert sum(file.stat().st_size for file in user.library.rglob("*.md")) < 2000


@pytest.mark.slow
def test_a_page_that_takes_too_long_is_named_and_the_rest_comes(user: User) -> None:
    (user.home / "slow.html").write_text("<article><p>" + "<a href=/x>word</a> " * 60_000)
    (user.home / "good.html").write_text(PAGE)
    paths = Paths(*(user.home / name for name in ("config", "data", "state", "cache")))
    with (
        open_collection(user.library, paths) as collection,
        open_library(user.library, paths) as library,
        FileImporter(library, collection, paths.feeds_file) as importer,
    ):
        importer.page_seconds = 3.0
        importer.import_path(user.home / "slow.html")
        importer.import_path(user.home / "good.html")
        report = importer.finish_import()
    assert report.tally_of(ContentKind.PAGE).taken == 1
    [reason] = report.tally_of(ContentKind.UNREADABLE).reasons
    assert (reason.what, reason.why) == ("slow.html", "It takes longer than 3 seconds to read.")


def _importing(user: User, *names: str) -> tuple[ImportReport, FileImporter]:
    paths = Paths(*(user.home / name for name in ("config", "data", "state", "cache")))
    with (
        open_collection(user.library, paths) as collection,
        open_library(user.library, paths) as library,
        FileImporter(library, collection, paths.feeds_file) as importer,
    ):
        for name in names:
            importer.import_path(user.home / name)
        return importer.finish_import(), importer


@pytest.mark.slow
def test_a_page_that_was_imported_is_known_before_it_is_read(user: User) -> None:
    (user.home / "page.html").write_text(PAGE)
    assert _importing(user, "page.html")[0].tally_of(ContentKind.PAGE).taken == 1
    report, importer = _importing(user, "page.html")
    assert (report.tally_of(ContentKind.PAGE).taken, report.tally_of(ContentKind.PAGE).known) == (
        0,
        1,
    )
    assert importer.pool is None, "a process that reads pages was started"
    (user.home / "page.html").write_text(PAGE.replace("Monday", "Tuesday"))
    report, importer = _importing(user, "page.html")
    assert importer.pool is not None


def test_pictures_that_files_name_come_along(user: User) -> None:
    folder = user.home / "blog"
    texts = {
        "a.md": "# A\n\n![x](pics/one.png)\n\n![[My photo.JPG]]\n",
        "post/b.md": "# B\n\n![y](<two words.gif>) ![z](t%C3%A9.webp 'T')\n",
        "post/c.md": '# C\n\n<img src="../pics/four.svg"> ![out](../../secret.png)\n',
    }
    pictures = [
        *("pics/one.png", "attachments/My photo.JPG", "post/two words.gif", "post/té.webp"),
        *("pics/four.svg", "pics/unnamed.png", "pics/linked.png"),
    ]
    (user.home / "secret.png").write_bytes(b"secret")
    for name in (*texts, *pictures[:-1]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(texts.get(name, f"picture {name}").encode())
    (folder / "pics/linked.png").symlink_to(user.home / "secret.png")
    kinds = _kinds(user, "blog")
    assert (kinds["picture"]["taken"], kinds["picture"]["left_out"]) == (5, 0)
    assert {"what": "blog/pics/unnamed.png", "why": "it is a picture that no article uses"} in (
        kinds["other"]["reasons"]  # type: ignore[operator]
    )
    there = {name for name in tree(user.library) if (user.library / name).suffix not in ("", ".md")}
    assert there == {f"blog/{name}" for name in pictures[:5]}
    assert (user.library / "blog/pics/one.png").read_bytes() == b"picture pics/one.png"

    # A second time nothing is new, and no file replaces another.
    (user.library / "blog/pics/one.png").write_bytes(b"changed here")
    kinds = _kinds(user, "blog")
    assert [kinds["picture"][key] for key in ("taken", "known", "left_out")] == [0, 4, 1]
    assert (user.library / "blog/pics/one.png").read_bytes() == b"changed here"


def test_feeds_that_came_are_to_be_fetched(user: User) -> None:
    (user.home / "list.opml").write_text(OPML)
    advice = "To fetch the articles of the feeds: rilo-reader refresh\n"
    assert advice not in user.ask("import", "list.opml", "--dry-run").out
    assert user.run("import", "list.opml").out.endswith(advice)
    assert advice not in user.run("import", "list.opml").out, "nothing is new"


def test_feeds_of_a_list_that_name_private_addresses_are_paused_and_named(user: User) -> None:
    inside = ["http://127.0.0.1:8080/feed", "http://u:secret@nas.local/$(x)", "https://[::1]/y"]
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in (*inside, "https://a.example/feed"))
    (user.home / "list.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    for more in (["--dry-run"], []):
        found = _kinds(user, str(user.home / "list.opml"), *more)["opml"]
        assert found["taken"] == 4
        reasons = " ".join(reason["why"] for reason in found["reasons"])  # type: ignore[attr-defined]
        for shown in ("http://127.0.0.1:8080/feed", "http://nas.local/$(x)", "https://[::1]/y"):
            # Quoted, since somebody may paste it into a shell.
            assert f"to fetch it: rilo-reader feeds allow {shlex.quote(shown)}" in reasons
        assert "a.example" not in reasons
        assert "secret" not in reasons
    listed = {feed["url"]: feed["paused"] for feed in user.run("feeds", "--json").objects}
    assert list(listed.values()) == [True, True, True, False]
    assert user.run("feeds", "allow", "http://127.0.0.1:8080/feed").code == 0
    [allowed] = user.run("feeds", "http://127.0.0.1:8080/feed", "--json").objects
    assert (allowed["paused"], allowed["private"]) == (False, True)


# -- JSON lines ---------------------------------------------------------------------------------


def test_lines_that_are_no_articles_are_reported(user: User) -> None:
    lines = ['{"id": "a", "body": "# A\\n"}', "nonsense", "[1]", '{"id": 3, "body": "x"}', ""]
    lines.append(json.dumps({"id": "../../up", "path": "../../up.md", "body": "# Up\n"}))
    (user.home / "x.jsonl").write_text("\n".join(lines))
    record = _kinds(user, "x.jsonl")["records"]
    assert (record["taken"], record["left_out"]) == (2, 3)
    assert "line 2: it is not JSON" in str(record["reasons"])
    assert not (user.home.parent / "up.md").exists()
    ids = {row["id"] for row in user.ask("list", "--json").objects}
    assert ids == {"a", "../../up"}
    assert _kinds(user, "x.jsonl")["records"]["known"] == 2


PLAIN = "it is plain text; to import it as Markdown, name it .md"
UNKNOWN = "it is not a kind of file that rilo-reader knows"


@pytest.mark.parametrize(
    ("name", "head", "reason"),
    [
        (
            "shops.csv",
            b"name,price\nBees,3\n",
            "no column of addresses was found in the first line: name,price",
        ),
        (
            "shops.CSV",
            b"\xef\xbb\xbfdate;url;shop\n1;https://a.example/;b\n",
            "it is not a table of links: rilo-reader does not know the column shop",
        ),
        ("a.tsv", b"", "it is empty"),
        ("a.csv", b"words\n", "no column of addresses was found in the first line: words"),
        ("notes.txt", b"date: words, words\n", PLAIN),
        ("caf\xe9.txt", "Un café\x0b".encode("latin-1"), PLAIN),
        ("a.zip", bytes(range(1, 256)), UNKNOWN),
        ("a.bin", b"\x83\x01\xfe\x1d\x07\x92q\xb1", UNKNOWN),
        ("a.bin", bytes(range(256)), UNKNOWN),
        ("a.zip", b"words\n", "it is not a zip archive, but plain text"),
    ],
)
def test_the_reason_not_to_import_a_file_is_true(name: str, head: bytes, reason: str) -> None:
    assert find_kind(name, head) == (ContentKind.OTHER, reason)
