"""What other programs export comes in whole: as a file, a folder, an archive, broken or hostile."""

from __future__ import annotations

import io
import json
import plistlib
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.swapped_files import SwappedFile, hash_file, swap_files
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.plugins.importers import formats, saved_importer
from rilo_reader.plugins.importers.fields import FIELDS, KNOWN, Style, make_row
from rilo_reader.plugins.importers.files import HEAD, find_kind, find_saved
from rilo_reader.plugins.importers.report import ContentKind
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    LeftOut,
    SavedArticle,
    merge_saved,
    parse_moment,
)
from rilo_reader.plugins.importers.saved_importer import WAITING_LIMIT
from rilo_reader.store.marks import NOTE
from rilo_reader.text import clean_line, safe_url
from tests.support.annotate import annotate
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.terminal import environment

SAMPLES = Path(__file__).parents[2] / "samples" / "exports"
FILES = sorted(file for file in SAMPLES.rglob("*") if file.is_file())
QUOTE = "the hive forgets nothing"
NOTED = (QUOTE, "Weigh it.")

# Of each address: title, own tags, read, starred, highlights with notes, the beginning of the text.
Expected = tuple[str, Sequence[str], bool, bool, Sequence[tuple[str, str]], str]
DIARY = "Whoever keeps bees"
EXPECTED: dict[str, Expected] = {
    "pocket.example/bees": (
        "A diary of bees", ["bees", "garden", "later"], True, False, [(QUOTE, "")], f"> {QUOTE}",
    ),
    "pocket.example/wool": ("Wool, by hand", [], False, False, [], ""),
    "instapaper.example/a": ("Bees", ["garden"], True, False, [], ""),
    "instapaper.example/b": ("Wool", [], True, True, [], ""),
    "instapaper.example/c": ("https://instapaper.example/c", ["Craft/Wool"], True, False, [], ""),
    "raindrop.example/a": (
        "Bees", ["Garden/Bees", "bees", "june"], True, True, [], "About hives.\n\nRead it, aloud",
    ),
    "raindrop.example/b": ("Wool", [], True, False, [], ""),
    "readwise.example/a": ("Bees", ["don't, hurry", "garden"], True, True, [], ""),
    "readeck-csv.example/a": ("Bees", ["garden"], True, False, [], ""),
    "wallabag.example/a": ("Bees & wool", ["garden"], True, False, [NOTED], DIARY),
    "wallabag.example/b": ("https://wallabag.example/b", [], False, True, [], ""),
    "pinboard.example/a": ("Bees", ["garden", "in_june"], True, False, [], "About hives."),
    "pinboard.example/b": ("https://pinboard.example/b", [], False, False, [], ""),
    "karakeep.example/a": ("Bees", ["Yard/Hives", "garden"], True, False, [], "Weigh it."),
    "A thought": ("A thought", [], False, False, [], "# Wool"),
    "linkwarden.example/a": ("Bees 'n wool", ["Yard/Hives", "garden"], True, True, [], ""),
    "omnivore.example/a": (
        "Bees", ["garden"], True, True,
        [(QUOTE, "#june\n\nWeigh it."), ("In June it weighs more", ""), (DIARY, "Read it twice.")],
        DIARY,
    ),
    "A letter": ("A letter", [], False, False, [], DIARY),
    "readeck.example/a": ("Bees", ["garden"], True, True, [NOTED], DIARY),
    "readeck-md.example/a": ("Bees", ["garden"], True, False, [(QUOTE, "")], DIARY),
    "matter.example/a": ("Bees of Matter", ["garden", "june"], True, True, [NOTED], DIARY),
    "firefox.example/a?b=1&c=2": ("Bees", ["Yard/Hives & Co", "bees", "june"], True, False, [], ""),
    "firefox.example/b": ("Wool by hand", ["Yard"], True, False, [], "About sheep."),
    "linkding.example/a?x=1&y=2": (
        "Bees", ["garden"], True, False, [], "About hives.\n\nWeigh it.",
    ),
    "linkding.example/b": ("Wool", [], False, False, [], ""),
    "pocket-page.example/a": ("Bees", ["garden", "june"], False, False, [], ""),
    "pocket-page.example/b": ("https://pocket-page.example/b", [], True, False, [], ""),
    "readeck-page.example/a": ("Bees", ["bees", "in june, warm"], True, True, [], ""),
    "readeck-page.example/b": ("Wool", [], True, False, [], ""),
    "reader.example/a": ("Bees & wool", ["Garden"], True, True, [NOTED], DIARY),
    "feedly.example/a": ("Bees", ["Garden"], True, True, [], DIARY),
    "feedbin.example/a": ("Bees", [], True, True, [], DIARY),
    "ttrss.example/a": ("Bees", ["Garden", "bees"], True, True, [(DIARY, "Weigh it.")], DIARY),
    "chrome.example/a": ("Bees", ["Yard"], True, False, [], ""),
    "firefox-json.example/a": ("Bees", ["garden"], True, False, [], ""),
    "links.example/a": ("Bees | and wool", [], True, False, [], ""),
    "links.example/b": ("https://links.example/b", [], True, False, [], ""),
    "goodlinks.example/a": ("Bees", ["garden"], True, True, [], ""),
}  # fmt: skip
DATES = {
    "pocket.example/bees": "2018-11-04T15:05:37+00:00",
    "wallabag.example/a": "2016-09-08T09:55:58+00:00",
    "linkwarden.example/a": "2019-01-02T03:04:05+00:00",
    "chrome.example/a": "2016-09-20T13:15:29.335823+00:00",
    "firefox-json.example/a": "2013-12-27T17:41:33+00:00",
    "feedly.example/a": "2020-10-05T21:09:58+00:00",
}


def _zip(folder: Path) -> bytes:
    """A folder as an archive, with what is below it as archives."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            archive.write(file, str(file.relative_to(folder)))
    return data.getvalue()


def _as_folder(home: Path) -> list[str]:
    return [str(SAMPLES)]


def _as_archives(home: Path) -> list[str]:
    """An archive in an archive for each program, and the rest as files, in another order."""
    folder = home / "in"
    folder.mkdir()
    for number, each in enumerate(sorted(SAMPLES.iterdir())):
        data = _zip(each) if each.is_dir() else each.read_bytes()
        (folder / f"{each.stem}.renamed{number}").write_bytes(data)
    return [str(file) for file in sorted(folder.iterdir(), reverse=True)]


def _export(user: User) -> dict[str, dict[str, Any]]:
    lines = user.ask("export", "--to", "-", "--format", "jsonl").out.splitlines()
    found = [json.loads(line) for line in lines]
    return {each["url"].removeprefix("https://") or each["title"]: each for each in found}


@pytest.mark.slow
@pytest.mark.parametrize("make_input", [_as_folder, _as_archives])
def test_all_that_they_had_is_here(user: User, make_input: Any) -> None:
    paths = make_input(user.home)
    asked = user.ask("import", *paths)
    assert (asked.code, asked.err) == (0, "")
    found = _export(user)
    assert found.keys() == EXPECTED.keys()
    for name, article in found.items():
        title, tags, read, starred, highlights, text = EXPECTED[name]
        marks = sorted((each["exact"], each["note"]) for each in article["highlights"])
        shown = [
            (quote[: len(DIARY)], note) if quote.startswith(DIARY) else (quote, note)
            for quote, note in marks
        ]
        got = (
            article["title"],
            sorted(article["own_tags"]),
            article["read"],
            article["starred"],
            shown,
        )
        clean = title.replace("&", "&amp;") if "&amp;" in article["title"] else title
        assert got == (clean, sorted(tags), read, starred, sorted(highlights)), name
        assert article["body"].strip().startswith(text), name
        assert text or not article["body"].strip(), name
    assert {name: found[name]["date"] for name in DATES} == DATES
    again = user.ask("import", *paths)
    assert again.code == 0
    assert _export(user) == found
    assert "SECRET" not in asked.out + json.dumps(found)
    for file in user.home.rglob("*"):
        if file.is_file() and "in" not in file.relative_to(user.home).parts:
            assert b"SECRET" not in file.read_bytes(), file


@pytest.mark.slow
def test_what_is_left_out_is_named_with_its_place_and_the_reason(user: User) -> None:
    out = user.ask("import", *map(str, FILES)).out
    for line in (
        "part_000000.csv: line 6: no link: it is a page of the browser itself",
        "readeck.csv: line 3: broken: it has neither a web address nor a text",
        "readwise-reader.csv: line 3: From a feed: a feed brought it; it was not saved",
        "firefox.html: link 1: Most Visited: it is a search of Firefox, not a page",
        "wallabag.json: item 3: it has neither a web address nor a text",
        "starred.json: item 2: it has neither a web address nor a text",
        "links.txt: line 4: no link: it has no web address",
        "karakeep.json: list To read: it is a search: not taken",
        "Pocket: Pocket's favourites and texts are not in its export.",
        "https://firefox.example/feed: it is a feed; to follow it: rilo-reader add https://firefox.example/feed",
    ):
        assert line in out


def test_an_article_of_a_feed_keeps_its_text_and_gets_the_marks(user: User) -> None:
    feed = user.home / "feed.xml"
    feed.write_text(
        '<rss version="2.0"><channel><title>F</title><link>https://f.example</link><item><guid>1</guid>'
        "<title>Of the feed</title><link>https://pocket.example/bees</link>"
        f"<description>Here it says that {QUOTE}, and more.</description></item></channel></rss>"
    )
    user.ask("import", str(feed))
    user.ask("import", str(SAMPLES / "pocket"))
    found = _export(user)
    assert len(found) == 2
    article = found["pocket.example/bees"]
    assert article["title"] == "Of the feed"
    assert article["read"] is True
    assert article["own_tags"] == ["bees", "garden", "later"]
    assert [each["exact"] for each in article["highlights"]] == [QUOTE]


@pytest.mark.slow
def test_a_dry_run_writes_nothing_and_counts_the_same(user: User) -> None:
    dry = user.ask("import", str(SAMPLES), "--dry-run").out
    assert not list(user.library.iterdir())
    said = user.ask("import", str(SAMPLES)).out
    assert f"saved articles: {len(EXPECTED)} would be imported" in dry
    assert f"saved articles: {len(EXPECTED)} imported" in said


# -- hostile --------------------------------------------------------------------------------------


def _read(data: bytes) -> Iterator[SavedArticle | LeftOut]:
    stream = io.BytesIO(data)
    format_ = find_saved("file", data[:HEAD], stream)
    return iter(()) if format_ is None else formats.read_found(format_, ExportFile(stream))


def _check(found: SavedArticle | LeftOut) -> None:
    if isinstance(found, LeftOut):
        assert found.why
        return
    entry = found.entry
    assert clean_line(entry.title) == entry.title
    assert entry.url == "" or safe_url(entry.url) == entry.url
    assert all(clean_line(tag) == tag != "" for tag in found.tags)
    assert merge_saved(found, found) == found
    found.make_entry()


@pytest.mark.slow
@for_each("file", FILES)
@examples(30)
@given(data=st.data())
def test_no_broken_file_does_more_than_end(file: Path, data: st.DataObject) -> None:
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(
        st.binary(max_size=20) | st.sampled_from([b"", b"\0", b"<", b'"', b"[[[[", b"\xff\xfe"])
    )
    end = data.draw(st.integers(at, len(whole)))
    try:
        for found in _read(whole[:at] + junk + whole[end:]):
            _check(found)
    except NotReadableError as error:
        assert error.reason


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_LISTS = [f for f in FILES if f.suffix == ".json" and f.read_bytes().startswith(b"[")]


@for_each("file", _LISTS)
@examples(30)
@given(value=_VALUES, place=st.integers(1, 3), name=st.integers(0, 40))
def test_values_of_any_type_cost_their_row_alone(
    file: Path, value: object, place: int, name: int
) -> None:
    rows = json.loads(file.read_bytes())
    before = [each for each in _read(json.dumps(rows).encode()) if isinstance(each, SavedArticle)]
    names = sorted(rows[0])
    bad: dict[str, object] = rows[0] | {names[name % len(names)]: value}
    found = list(_read(json.dumps([*rows[:place], bad, value, *rows[place:]]).encode()))
    for each in found:
        _check(each)
    kept = {each.entry for each in found if isinstance(each, SavedArticle)}
    assert {each.entry for each in before} <= kept


@examples(50)
@given(value=_VALUES)
def test_any_value_is_an_article_or_has_a_reason(value: Any) -> None:
    for style in (Style(), Style(html_title=True), Style(title="described", has_favorites=True)):
        row = dict.fromkeys(KNOWN, value)
        _check(make_row("x", row | dict.fromkeys(FIELDS["url"], "https://x.example/a"), style))
        _check(make_row("x", row | {"title": "t"}, style))


NO_TIMES: list[object] = [0, "", "-62135596800", "banana", None, True, [], "nan", "1e400"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1541343937, "2018-11-04T15:05:37+00:00"),
        ("1541343937", "2018-11-04T15:05:37+00:00"),
        (1601932198000, "2020-10-05T21:09:58+00:00"),
        ("1260914469588170", "2009-12-15T22:01:09.588170+00:00"),
        ("2016-09-08T11:55:58+0200", "2016-09-08T09:55:58+00:00"),
        *zip(NO_TIMES, [None] * len(NO_TIMES), strict=True),
    ],
)
def test_times_of_every_size_are_read(value: object, expected: str | None) -> None:
    found = parse_moment(value)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.slow
def test_a_list_of_a_gigabyte_is_read_one_by_one() -> None:
    """The file is never in memory: a stream without end yields its first articles."""

    class Endless(io.RawIOBase):
        made = 0

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.made = 0
            return 0

        def readinto(self, buffer: Any) -> int:
            row = (
                b"[" * (self.made == 0)
                + b'{"url": "https://x.example/%d", "title": "t", "content": "%s"},'
            )
            data = (row % (self.made, b"x" * 1000))[: len(buffer)]
            self.made += 1
            buffer[: len(data)] = data
            return len(data)

    stream = Endless()
    buffered = io.BufferedReader(stream)
    format_ = find_saved(
        "x",
        b'[{"url": "https://x.example/0", "title": "t", "content": ""},',
        buffered,
    )
    assert format_ is not None
    reading = format_.read(ExportFile(buffered))
    for _ in range(5_000):
        assert isinstance(next(reading), SavedArticle)
    assert stream.made < 7_000


@pytest.mark.parametrize(
    "text",
    [
        "date,amount,url,shop\n2024-01-01,12,https://x.example/a,s\n",
        '{"a": 1}',
        "[1, 2, 3]",
        '[{"name": "x", "price": 3}]',
        "https://x.example/a is a page that I like,\nand these are words\nof a note\n",
        "<html><body><dl><dt>a</dt><dd>b</dd></dl></body></html>",
    ],
)
def test_what_only_looks_alike_is_none(text: str) -> None:
    assert find_saved("x", text.encode(), io.BytesIO(text.encode())) is None


@for_each(
    "text, is_json",
    [('[{"a": 1}]', True), ("[]", True), ("[1, 2]", True), ("[a link](x) and words", False)],
)
def test_json_is_never_called_plain_text(text: str, is_json: bool) -> None:
    kind, reason = find_kind("x.txt", text.encode())
    assert kind is ContentKind.OTHER
    assert ("name it .md" in reason) is not is_json


def _files(user: User) -> dict[str, bytes]:
    files = (file for file in user.library.rglob("*") if file.is_file())
    return {str(file.relative_to(user.library)): file.read_bytes() for file in files}


def test_what_a_failed_import_brought_is_counted_and_taken_back(user: User) -> None:
    rows = [
        {
            "url": f"https://full.example/{year}/{number}",
            "title": "Bees",
            "created": f"{year}-01-01",
        }
        for year in (2018, 2019)
        for number in range(3)
    ]
    (user.home / "links.json").write_text(json.dumps(rows))
    (no_room := user.library / "links" / "2019").parent.mkdir()
    no_room.touch()
    done = user.ask("import", "links.json")
    assert (done.code, len(_files(user))) == (1, 4)
    assert "3 files, such as links/2019/2019-01-01-bees-" in done.err
    assert "stopped after 3 articles. The same import again brings the rest" in done.err
    user.ask("undo").says("Undone: imported 3 articles from links.json.")
    assert [*_files(user)] == ["links/2019"]
    (user.library / "links" / "2018").touch()
    assert "stopped after" not in user.ask("import", "links.json").err
    user.ask("undo").failed(1, "nothing to undo")
    for file in (user.library / "links").iterdir():
        file.unlink()
    user.ask("import", "links.json").says("6 imported")


KILLED = """
import os, signal, sys
from rilo_reader.__main__ import main
from rilo_reader.feeds.collection import Collection
from rilo_reader.plugins.importers import saved_importer
saved_importer.WAITING_LIMIT = 3
writes = []
def kill_at_third(self, *given):
    writes.append(given)
    if len(writes) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return add_all(self, *given)
add_all = saved_importer.EntryImporter.add_all
saved_importer.EntryImporter.add_all = kill_at_third
main()
"""


def _kill_import(user: User, name: str) -> None:
    arguments = [sys.executable, "-c", KILLED, "import", name]
    killed = subprocess.run(arguments, cwd=user.home, env=environment(user.home), check=False)
    assert killed.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_an_import_that_was_killed_is_taken_back_with_the_one_that_went_on(user: User) -> None:
    """Also alone, unless something was done since, and as a change of its own after another."""
    for name in ("one", "two"):
        text = "".join(f"https://{name}.example/{number}\n" for number in range(12))
        (user.home / f"{name}.txt").write_text(text)

    def imported() -> int:
        return len([file for file in _files(user) if file.endswith(".md")])

    _kill_import(user, "one.txt")
    assert imported() == 6
    user.ask("import", "one.txt").says("6 imported, 6 already here")
    user.ask("undo").says("Undone: imported 12 articles from one.txt.")
    assert imported() == 0

    _kill_import(user, "one.txt")
    user.ask("undo").says("Undone: imported part of one.txt.")
    assert imported() == 0

    _kill_import(user, "one.txt")
    user.ask("import", "two.txt").says("12 imported")
    user.ask("undo").says("Undone: imported 12 articles from two.txt.")
    user.ask("undo").says("Undone: imported part of one.txt.")
    assert imported() == 0

    _kill_import(user, "one.txt")
    user.write("own.md", "# Own\n")
    user.ask("mark", "star", "own.md")
    user.ask("undo").says("Undone: starred")
    assert imported() == 7


@pytest.mark.slow
def test_an_import_is_one_change_that_is_taken_back_and_done_again(user: User) -> None:
    user.run("import", str(SAMPLES))
    before, articles = _files(user), _export(user)
    assert len(user.ask("history", "--json").objects) == 1
    user.ask("undo").says(f"Undone: imported {len(before)} articles and feeds from exports.")
    assert [*user.library.iterdir()] == []
    user.ask("undo", "--redo").says(f"Redone: imported {len(before)} articles")
    assert _files(user) == before
    for name, article in _export(user).items():
        marks = [{**each, "made": ""} for each in articles[name].pop("highlights")]
        assert [{**each, "made": ""} for each in article.pop("highlights")] == marks
        assert article == articles[name]
    user.run("undo")
    user.run("import", str(SAMPLES))  # as if it had never come
    assert _export(user).keys() == articles.keys()
    user.ask("import", str(SAMPLES)).says("saved articles: 38 already here")
    user.run("undo")
    assert _files(user) == {}


@pytest.mark.slow
@for_each("title", ["GitHub", ""])
def test_links_of_one_title_and_second_in_two_files_are_two(title: str, user: User) -> None:
    head = "title,url,time_added,tags,status\n"
    for name in ("one", "two"):
        row = f"{title},https://{name}.example/?id={name},1600000000,{name},unread\n"
        (user.home / f"{name}.csv").write_text(head + row)
        user.ask("import", f"{name}.csv").says("saved articles: 1 imported")
        user.ask("import", f"{name}.csv").says("saved articles: 1 already here")
    found = user.ask("list", "--json").objects
    assert {(each["url"], *each["tags"]) for each in found} == {
        ("https://one.example/?id=one", "one"),
        ("https://two.example/?id=two", "two"),
    }
    user.run("undo")
    user.run("undo")


@pytest.mark.parametrize("change", [b"Mine.\n", None])
def test_undo_of_an_import_keeps_what_was_changed_since(user: User, change: bytes | None) -> None:
    own = user.write("pocket/2018/own.md", "Own words.")
    user.run("import", str(SAMPLES / "pocket"))
    file = next(each for each in own.parent.iterdir() if each != own)
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change)
    kept = {"pocket/2018/own.md": own.read_bytes()}
    kept |= {str(file.relative_to(user.library)): change} if change else {}
    user.ask("undo").says("(kept: 1 file changed since)" if change else "Undone: imported")
    assert _files(user) == kept


def _mark_article(user: User, title: str, how: str) -> None:
    article = next(each for each in user.ask("list", "--json").objects if each["title"] == title)
    if how in ("read", "star"):
        user.ask("mark", how, article["id"])
    elif how == "tag":
        user.ask("mark", "tag", "thesis", article["id"])
    else:
        with open_library(user.library, user_paths()) as library:
            id_ = ArticleId(article["id"])
            [imported] = library.highlights(id_)
            annotate(library.state, id_, NOTE + imported.id, "My words.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "stays"), [("read", False), ("star", True), ("tag", True), ("note", True)]
)
def test_undo_of_an_import_keeps_the_articles_that_were_marked_since(
    how: str, stays: bool, user: User
) -> None:
    """Also where the import gave them marks; a redo brings the others, and undo finds it again."""
    user.run("import", str(SAMPLES / "pocket"))
    before = _files(user)
    _mark_article(user, "A diary of bees", how)
    marked = _export(user)
    said = user.ask("undo", _find_import(user))
    kept = " (kept: 1 article that you have marked since)" if stays else ""
    said.says(f"Undone: imported 2 articles from pocket{kept}.")
    left = _export(user)
    assert [*left] == ["pocket.example/bees"] * stays
    if how == "note":
        notes = [
            (each["exact"], each["note"]) for each in left["pocket.example/bees"]["highlights"]
        ]
        assert notes == [(QUOTE, "My words.")]
    user.ask("undo", _find_import(user), "--redo").says("Redone: imported 2 articles from pocket.")
    assert _files(user) == before
    assert _without_times(_export(user)) == _without_times(marked)
    user.ask("undo", _find_import(user)).says(f"imported 2 articles from pocket{kept}.")
    assert [*_export(user)] == ["pocket.example/bees"] * stays
    user.ask("import", str(SAMPLES / "pocket")).says(f"{2 - stays} imported")


def _find_import(user: User) -> str:
    entries = user.ask("history", "--json", "--limit", "0").objects
    return str(next(each["id"] for each in entries if each["what"].startswith("Imported")))


def _without_times(articles: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for article in articles.values():
        article["highlights"] = [{**each, "made": ""} for each in article["highlights"]]
    return articles


def test_an_import_of_which_all_was_marked_stays(user: User) -> None:
    (user.home / "links.json").write_text('[{"url": "https://a.example/1", "title": "Bees"}]')
    user.run("import", "links.json")
    user.run("mark", "unread", "--query", "*")
    (user.home / "plain.md").write_text("# Plain\n")
    user.run("import", "plain.md")
    user.run("mark", "star", "plain.md")
    why = "imported 1 article from plain.md: you have marked its articles since, so they stay"
    user.ask("undo", _find_import(user)).failed(1, f"I{why[1:]}")
    assert len(_export(user)) == 2


def test_undo_of_an_import_keeps_the_pictures_of_what_stays(user: User) -> None:
    folder = user.home / "notes"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.md").write_text(f"# {name}\n\n![It](My%20{name}.png)\n")
        (folder / f"My {name}.png").write_bytes(name.encode())
    user.run("import", str(folder))
    user.run("mark", "star", "notes/one.md")
    user.run("undo", _find_import(user))
    assert _files(user).keys() == {"notes/one.md", "notes/My one.png"}
    user.run("undo", "--redo")
    assert len(_files(user)) == 4


@pytest.mark.slow
@pytest.mark.parametrize("is_edited", [False, True])
def test_undo_of_an_import_keeps_the_articles_that_were_here_before(
    is_edited: bool, user: User
) -> None:
    """They came as files, so that no record has them, at the very paths that the import chooses."""
    exports = str(SAMPLES / "pocket"), str(SAMPLES / "reader")
    user.run("import", *exports)
    user.run("export", "--to", "all.jsonl")
    user.run("undo")
    user.run("import", "all.jsonl")
    came = _files(user)
    assert len(came) == 3
    if is_edited:
        for path in came:
            user.write(path, "My words.")
    before = _files(user)
    user.ask("import", "--dry-run", *exports).says("saved articles: 3 already here")
    user.ask("import", *exports).says("saved articles: 3 already here")
    assert _files(user) == before
    user.run("undo")
    assert _files(user) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["all.jsonl", "all.zip"])
def test_a_link_that_came_as_a_file_is_the_article_that_is_here(name: str, user: User) -> None:
    """No record has it, and its path is not what the import would choose."""
    for number, title in enumerate(("Bees", "Wool")):
        user.article(
            f"{number}.md",
            title,
            f"2018-11-0{number + 1}",
            "",
            id=f'"of a feed {number}"',
            url=f'"https://there.example/{number}/"',
        )
    user.run("export", "--to", name)
    user.write("own.md", "My words.")
    for number in range(2):
        (user.library / f"{number}.md").unlink()
    user.ask("import", name).says("2 imported")
    before = _files(user)
    rows = [{"url": f"http://there.example/{number}", "tags": "garden"} for number in range(3)]
    (user.home / "links.json").write_text(json.dumps(rows))
    user.ask("import", "links.json").says("saved articles: 1 imported, 2 already here")
    found = user.ask("search", "--json", "tag:garden").objects
    assert sorted((each["title"], *each["tags"]) for each in found) == [
        ("Bees", "garden"),
        ("Wool", "garden"),
        ("http://there.example/2", "garden"),
    ]
    user.run("undo")
    assert _files(user) == before


@pytest.mark.slow
def test_undo_of_an_import_gives_a_file_that_was_here_its_old_text(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_importer, "WAITING_LIMIT", 1)
    user.run("import", str(SAMPLES / "pocket"))
    user.run("export", "--to", "all.jsonl")
    user.run("undo")
    user.run("import", "all.jsonl")
    before = _files(user)
    row = {"id": 1, "title": "Wool", "author": "", "url": "https://pocket.example/wool"}
    dates = {"published": "2018-11-04T15:05:37Z", "created_at": "2018-11-04T15:05:37Z"}
    starred = [{**row, "content": f"<p>{DIARY}</p>", **dates}]
    (user.home / "starred.json").write_text(json.dumps(starred))
    user.ask("import", str(SAMPLES / "pocket"), "starred.json").says("1 link without a text got it")
    changed = [path for path, data in _files(user).items() if before[path] != data]
    assert [DIARY.encode() in _files(user)[path] for path in changed] == [True]
    user.run("undo")
    assert _files(user) == before


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz-")), max_size=8), st.data())
@examples(60)
def test_files_of_an_undo_are_swapped_and_never_lost(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str]], data: st.DataObject
) -> None:
    """What was changed meanwhile is as it was left; of the rest, each second undo is nothing."""
    library, aside = (tmp_path_factory.mktemp(name) for name in ("library", "aside"))
    files = {name: f"{name} came".encode() for name in ("d/a", "d/b", "c")}
    for name, text in files.items():
        (library / name).parent.mkdir(exist_ok=True)
        (library / name).write_bytes(text)
    listed = [SwappedFile(name, hash_file(text)) for name, text in files.items()]
    owned: dict[str, bytes | None] = {}
    for number in range(4):
        for letter, change in changes if number == data.draw(st.integers(0, 3)) else ():
            name = next(name for name in files if name.endswith(letter))
            (library / name).parent.mkdir(exist_ok=True)
            (library / name).unlink(missing_ok=True)
            owned[name] = None if change == "-" else change.encode()
            if change != "-":
                (library / name).write_bytes(change.encode())
        swapped, kept = swap_files(library, aside, listed)
        if data.draw(st.booleans()):  # it was stopped before that was recorded: once more
            swapped, kept = swap_files(library, aside, listed)
        listed = swapped
        assert kept <= len(owned)
        for name, text in files.items():
            wanted = owned.get(name, None if number % 2 == 0 else text)
            if name not in owned or wanted is not None:
                assert (library / name).exists() is (wanted is not None)
                assert wanted is None or (library / name).read_bytes() == wanted


SAFARI = {
    "WebBookmarkType": "WebBookmarkTypeList",
    "Title": "",
    "Children": [
        {"WebBookmarkType": "WebBookmarkTypeProxy", "Title": "History"},
        {
            "WebBookmarkType": "WebBookmarkTypeList",
            "Title": "BookmarksBar",
            "Children": [
                {
                    "WebBookmarkType": "WebBookmarkTypeList",
                    "Title": "Yard",
                    "Children": [
                        {
                            "WebBookmarkType": "WebBookmarkTypeLeaf",
                            "URLString": "https://a.example/b",
                            "URIDictionary": {"title": "Wool"},
                        }
                    ],
                }
            ],
        },
        {
            "WebBookmarkType": "WebBookmarkTypeList",
            "Title": "com.apple.ReadingList",
            "Children": [
                {
                    "WebBookmarkType": "WebBookmarkTypeLeaf",
                    "URLString": "https://a.example/a",
                    "URIDictionary": {"title": "Bees"},
                    "ReadingList": {
                        "DateAdded": datetime(2024, 5, 2, 7, 8),  # noqa: DTZ001  # as plistlib reads it
                        "PreviewText": "About hives.",
                    },
                }
            ],
        },
    ],
}
BEES = ("https://a.example/a", "Bees", ("garden",))
OTHERS: dict[str, tuple[object, bool | None, bool]] = {
    "Raindrop's interface": (
        {"result": True, "items": [{
            "_id": 1, "link": BEES[0], "title": "Bees", "excerpt": "About hives.", "note": "",
            "type": "link", "tags": ["garden"], "created": "2024-05-02T07:08:09.000Z",
            "important": True, "domain": "a.example", "collection": {"$id": -1},
        }], "count": 1},
        None, True,
    ),
    "linkding's interface": (
        {"count": 1, "next": None, "results": [{
            "id": 1, "url": BEES[0], "title": "Bees", "description": "", "notes": "",
            "is_archived": True, "unread": False, "shared": False, "tag_names": ["garden"],
            "date_added": "2024-05-02T07:08:09.1Z", "date_modified": "2024-05-02T07:08:09.1Z",
        }]},
        True, False,
    ),
    "Readwise Reader's interface": (
        {"count": 1, "nextPageCursor": None, "results": [{
            "id": "01", "url": "https://read.readwise.io/read/01", "source_url": BEES[0],
            "title": "Bees", "author": "Lim", "category": "article", "location": "archive",
            "tags": {"garden": {"name": "garden", "type": "manual", "created": 1714633689000}},
            "site_name": "a.example", "word_count": 5, "created_at": "2024-05-02T07:08:09Z",
            "published_date": 1714633689000, "summary": "About hives.", "notes": "",
        }]},
        True, False,
    ),
    "Pocket's interface": (
        {"status": 1, "complete": 1, "list": {"229279689": {
            "item_id": "229279689", "given_url": BEES[0], "given_title": "", "favorite": "1",
            "status": "1", "time_added": "1714633689", "resolved_title": "Bees",
            "resolved_url": BEES[0], "excerpt": "About hives.", "is_article": "1",
            "tags": {"garden": {"item_id": "229279689", "tag": "garden"}},
        }}},
        True, True,
    ),
    "Shaarli's interface": (
        [{"id": 1, "url": BEES[0], "shorturl": "AAA", "title": "Bees", "description": "Hives.",
          "tags": ["garden"], "private": False, "created": "2024-05-02T07:08:09+00:00",
          "updated": ""}],
        None, False,
    ),
    "wallabag's table": (
        ('Title;URL;Content;Tags;"MIME Type";Language;"Creation date"\nBees;https://a.example/a;'
         '"<p>Whoever, keeps; bees</p>";garden;text/html;en;"02/05/2024 07:08:09"\n'),
        None, False,
    ),
    "Raindrop's table to import": (
        f"folder,url,title,note,tags,created\n,{BEES[0]},Bees,,garden,1714633689\n", None, False,
    ),
}  # fmt: skip


def _read_all(data: bytes) -> list[SavedArticle | LeftOut]:
    found = find_saved("x", data[:HEAD], io.BytesIO(data))
    assert found is not None
    return list(formats.read_found(found, ExportFile(io.BytesIO(data))))


@for_each("name", OTHERS)
def test_what_other_programs_answer_and_write_comes_in(name: str) -> None:
    content, is_read, is_starred = OTHERS[name]
    text = content if isinstance(content, str) else json.dumps(content)
    [one] = _read_all(text.encode())
    assert isinstance(one, SavedArticle)
    assert (one.entry.url, one.entry.title, one.tags) == BEES
    assert (one.read, one.starred) == (is_read, is_starred)


def test_articles_of_nextcloud_news_come_in(user: User) -> None:
    """Its other export is a list of feeds; `feedLink` is the site, not the feed."""
    names = ("author", "enclosureMime", "enclosureLink", "mediaThumbnail", "updatedDate")
    item = {
        "guid": "https://a.example/?p=1",
        "url": "https://a.example/bees",
        "title": "Bees",
        "pubDate": 1541343937,
        "body": f"<p>{DIARY} keeps a <b>diary</b>.</p>",
        "unread": True,
        "starred": True,
        "feedLink": "https://a.example/",
        "rtl": False,
        **dict.fromkeys(names),
    }
    second = {**item, "guid": "2", "url": "https://a.example/2", "unread": False, "starred": False}
    (user.home / "articles.json").write_text(json.dumps([item, second]))
    user.ask("import", "articles.json").says("saved articles: 2 imported.")
    found = {one["url"]: one for one in _export(user).values()}
    one, two = found["https://a.example/bees"], found["https://a.example/2"]
    assert (one["read"], one["starred"], two["read"], two["starred"]) == (False, True, True, False)
    assert one["body"] == f"{DIARY} keeps a **diary**.\n"
    assert (one["date"][:10], one["source"]) == ("2018-11-04", "Nextcloud News")


def test_references_come_in_also_where_the_first_have_no_address() -> None:
    """As ours do (CSL-JSON), which export writes."""
    book = {"id": "a", "type": "book", "title": "Bees", "issued": {"date-parts": [[2020]]}}
    page = {**book, "type": "webpage", "URL": BEES[0]}
    *books, one = _read_all(json.dumps([*[book] * 9, page]).encode())
    assert all(isinstance(each, LeftOut) for each in books)
    assert isinstance(one, SavedArticle)
    assert one.entry.url == BEES[0]


def test_wallabag_s_xml_leads_to_its_json(user: User) -> None:
    (user.home / "all.xml").write_text(
        '<?xml version="1.0"?>\n<result>\n<entry>\n<is_archived>1</is_archived>\n'
        "<url><![CDATA[https://a.example/]]></url>\n</entry>\n</result>\n"
    )
    done = user.ask("import", "all.xml")
    assert (done.code, "it is wallabag's XML: export JSON there" in done.out) == (1, True)


def test_a_feed_of_json_is_a_feed() -> None:
    entry = {"id": "1", "url": BEES[0], "title": "Bees", "date_published": "2024-05-02T07:08:09Z"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Yard", "items": [entry]}
    data = json.dumps(feed).encode()
    assert find_saved("x", data, io.BytesIO(data)) is None


def test_annotations_of_hypothesis_come_in() -> None:
    def annotate(text: str, *selectors: Mapping[str, object]) -> dict[str, object]:
        return {
            "id": "x", "created": "2024-05-02T07:08:09+00:00", "user": "acct:a@hypothes.is",
            "uri": BEES[0], "text": text, "tags": ["garden"], "document": {"title": ["Bees"]},
            "target": [{"source": BEES[0], "selector": list(selectors)}],
        }  # fmt: skip

    quote = {"type": "TextQuoteSelector", "exact": QUOTE, "prefix": "since ", "suffix": "."}
    several = [annotate("Weigh it.", {"type": "RangeSelector"}, quote), annotate("On all of it.")]
    for name in ("rows", "annotations"):
        found = _read_all(json.dumps({"total": 2, name: several}).encode())
        assert all(isinstance(each, SavedArticle) for each in found)
        one = merge_saved(*[each for each in found if isinstance(each, SavedArticle)])
        assert (one.entry.url, one.entry.title, one.tags, one.note) == (*BEES, "On all of it.")
        assert [(each.exact, each.note) for each in one.highlights] == [NOTED]


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_bookmarks_and_reading_list_of_safari_come_in(form: Any) -> None:
    wool, bees = _read_all(plistlib.dumps(SAFARI, fmt=form))
    assert isinstance(wool, SavedArticle)
    assert isinstance(bees, SavedArticle)
    assert (wool.entry.title, wool.tags, wool.read) == ("Wool", ("Yard",), None)
    assert (bees.entry.title, bees.tags, bees.read) == ("Bees", (), False)
    assert bees.entry.summary == "About hives."
    assert bees.saved == datetime(2024, 5, 2, 7, 8, tzinfo=UTC)


def test_addresses_with_tags_alone_are_articles() -> None:
    [one] = _read_all(json.dumps([{"url": BEES[0], "tags": ["garden"]}]).encode())
    assert isinstance(one, SavedArticle)
    assert (one.entry.url, one.tags) == (BEES[0], BEES[2])


# -- in parts -------------------------------------------------------------------------------------

MANY = range(WAITING_LIMIT + 1)  # so that the first are written before the rest is read


def _write_links(user: User, links: Mapping[str, str]) -> str:
    file = user.home / "links.csv"
    rows = "".join(f"{title},https://a.example/{name},own\n" for name, title in links.items())
    file.write_text(f"title,url,tags\n{rows}")
    return str(file)


def _write_texts(user: User, texts: Mapping[str, str]) -> str:
    file = user.home / "wallabag.json"
    rows = [
        {"url": f"https://a.example/{name}", "title": f"Of {name}", "content": f"<p>{text}</p>",
         "is_archived": 1, "is_starred": 0, "tags": ["late"]}
        for name, text in texts.items()
    ]  # fmt: skip
    file.write_text(json.dumps(rows))
    return str(file)


LONG = "Whoever keeps bees keeps time, too. " * 40


@pytest.mark.slow
@pytest.mark.parametrize("together", [True, False])
def test_a_text_that_comes_later_comes_into_its_link(user: User, together: bool) -> None:
    links = {str(number): f"Link {number}" for number in MANY if number > 3}
    files = [
        _write_links(user, {"1": "", "2": "Two", "3": "Three"} | links),
        _write_texts(user, {"1": LONG, "2": "Few words.", "9999": LONG}),
    ]
    if together:
        user.ask("import", *files).says("what was here: 2 links without a text got it")
    else:
        user.run("import", files[0])
        file = next(file for file in user.library.rglob("*-two-*"))
        dry = user.ask("import", files[1], "--dry-run").out
        before = _files(user)
        user.ask("import", files[1]).says("what was here: 2 links without a text got it")
        assert "what was here: 2 links without a text got it" in dry
        user.run("undo")
        assert _files(user) == before
        user.run("undo", "--redo")
        assert "Few words." in file.read_text()
    found = _export(user)
    assert len(found) == len(links) + 4
    one, two, three = (found[f"a.example/{name}"] for name in "123")
    assert (one["title"], one["body"].strip()) == ("Of 1", LONG.strip())
    assert (two["title"], two["body"].strip(), two["read"]) == ("Two", "Few words.", True)
    assert two["own_tags"] == ["late", "own"]
    assert (three["body"].strip(), three["own_tags"]) == ("", ["own"])
    assert "what was here" not in user.ask("import", *files).out
    if together:
        user.run("undo")  # of marks
        user.run("undo")
        assert _files(user) == {}


@pytest.mark.parametrize("text", ["a", LONG])
@pytest.mark.parametrize("own", ["", "> Quoted.", "Own words.", LONG])
def test_no_text_that_was_edited_is_replaced(user: User, own: str, text: str) -> None:
    user.run("import", _write_links(user, {"1": "One"}))
    file = next(user.library.rglob("*.md"))
    file.write_text(file.read_text() + own)
    before = file.read_text()
    user.run("import", _write_texts(user, {"1": text}))
    assert (file.read_text() == before) is bool(own)


@pytest.mark.slow
def test_a_dry_run_counts_once_what_comes_in_two_parts(user: User) -> None:
    rows = "".join(f"{number},https://a.example/{number},1500000000,,unread\n" for number in MANY)
    marks = [
        {"url": f"https://a.example/{number}", "title": str(number),
         "highlights": [{"quote": QUOTE, "created_at": 1541344000}]}
        for number in (0, 1)
    ]  # fmt: skip
    files = {
        "part_000000.csv": f"title,url,time_added,tags,status\n{rows}",
        "annotations/part_000000.json": json.dumps(marks),
    }
    with zipfile.ZipFile(user.home / "pocket.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    dry = user.ask("import", str(user.home / "pocket.zip"), "--dry-run").out
    said = user.ask("import", str(user.home / "pocket.zip")).out
    assert f"saved articles: {len(MANY):,} imported, 2 already here." in said
    assert "highlights: 2 imported" in said
    counts = dry.replace("would be imported", "imported").splitlines()
    assert [line for line in counts if "dry run" not in line] == said.splitlines()


@pytest.mark.parametrize("name", ["karakeep.json", "linkding.html", "raindrop.csv", "matter"])
def test_a_dry_run_counts_highlights_and_notes_as_the_import(user: User, name: str) -> None:
    dry = user.ask("import", str(SAMPLES / name), "--dry-run").out
    said = user.ask("import", str(SAMPLES / name)).out
    counts = dry.replace("would be imported", "imported").splitlines()
    assert [line for line in counts if "dry run" not in line] == said.splitlines()


@pytest.mark.slow
def test_pictures_in_archives_come_with_the_texts_that_name_them(user: User) -> None:
    picture, other = b"\x89PNG\r\n\x1a\npicture", b"\x89PNG\r\n\x1a\nother"
    page = '<p>Bees.</p><img src="./_resources/a.png"><img src="http://b.example/b.png">'
    info = {"URL": "https://a.example/a", "Title": "A", "IsArchived": True, "IsMarked": False,
            "Labels": [], "UID": "Aa1"}  # fmt: skip
    header = "title: B\nsaved: 2023-05-24\nwebsite: a.example\nsource: https://a.example/b"
    files: dict[str, str | bytes] = {
        "bookmarks/Aa1/info.json": json.dumps(info),
        "bookmarks/Aa1/container/index.html": page,
        "bookmarks/Aa1/container/_resources/a.png": picture,
        "x/2023-05-24-Bb2/index.md": f"---\n{header}\n---\n\n# B\n\n![](Bb2-a.png)\n\nWool.\n",
        "x/2023-05-24-Bb2/Bb2-a.png": picture,
        "notes/own.md": "# Own\n\n![shown](own.png)\n",
        "notes/own.png": other,
        "notes/unnamed.png": other,
    }
    archive_path = str(user.home / "one.zip")
    with zipfile.ZipFile(archive_path, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    dry = user.ask("import", archive_path, "--dry-run").out
    assert not list(user.library.iterdir())
    said = user.ask("import", archive_path)
    said.says("pictures: 2 imported, 1 already here.")
    said.says("one.zip: notes/unnamed.png: it is a picture that no article uses")
    assert "pictures: 2 would be imported, 1 already here." in dry
    assert (user.library / "one/notes/own.png").read_bytes() == other
    for title in "ab":
        [file] = (user.library / "readeck").rglob(f"*-{title}-*.md")
        [name] = re.findall(r"!\[[^]]*\]\((\.\./[^)]*)\)", file.read_text())
        assert (file.parent / name).read_bytes() == picture
    assert "b.example/b.png" in "".join(each["body"] for each in _export(user).values())
    user.ask("import", archive_path).says("pictures: 3 already here")
    assert len(list(user.library.rglob("*.png"))) == 2


def test_other_property_lists_are_said_to_be_none(user: User) -> None:
    (user.home / "x.plist").write_bytes(plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY))
    assert "not Safari's bookmarks" in user.ask("import", str(user.home / "x.plist")).out


def test_a_tag_that_came_with_a_comma_is_taken_off(user: User) -> None:
    (user.home / "list.json").write_text(
        '[{"title": "B", "url": "https://a.example/b", "tags": ["in june, warm", "c"]}]'
    )
    user.run("import", str(user.home / "list.json"))
    user.run("mark", "untag", "in june, warm", "--query", 'tag:"in june, warm"')
    assert [each["own_tags"] for each in _export(user).values()] == [["c"]]


def test_a_tag_that_came_with_a_comma_is_given_to_others_and_a_new_one_has_none(user: User) -> None:
    links = [{"title": "B", "url": "https://a.example/b", "tags": ["in june, warm"]}]
    (user.home / "list.json").write_text(json.dumps(links))
    user.run("import", "list.json")
    user.write("own.md", "# Own\n")
    user.run("mark", "tag", "in june, warm", "own.md").says("1 article tagged in june, warm")
    why = "'in may, warm' cannot be a tag: a new tag must not be empty or contain a comma"
    user.run("mark", "tag", "in may, warm", "own.md").failed(2, why)
    assert [each["own_tags"] for each in _export(user).values()] == [["in june, warm"]] * 2


@for_each(
    "facts, authors",
    [
        ({"guid": "1", "author": "Ada Byron; Tom &amp; Jerry"}, ("Ada Byron", "Tom & Jerry")),
        ({"guid": "1", "author": ";Byron, Ada"}, ("Byron, Ada",)),
        ({"author": "Ada; Byron"}, ("Ada; Byron",)),
        ({"guid": "1"}, ()),
    ],
)
def test_authors_that_freshrss_joined_are_several(
    facts: dict[str, str], authors: tuple[str, ...]
) -> None:
    item = {"crawlTimeMsec": "1", "title": "Bees", "canonical": [{"href": "https://a.example/1"}]}
    stream = {"id": "user/x/state/org.freshrss/starred", "items": [item | facts]}
    [found] = _read(json.dumps(stream).encode())
    assert isinstance(found, SavedArticle)
    assert found.entry.authors == authors


def test_a_format_is_a_page() -> None:
    files = Path(formats.__file__).parent.glob("*.py")
    assert [file.name for file in files if len(file.read_text("utf-8").splitlines()) > 120] == []


# -- what is said of links that are here ----------------------------------------------------------


def _write_bookmarks(user: User, *described: str, name: str = "bookmarks.html") -> str:
    rows = "".join(
        f'<DT><A HREF="https://a.example/{number}">Link {number}</A>\n'
        + (f"<DD>{text}\n" if text else "")
        for number, text in enumerate(described, 1)
    )
    file = user.home / name
    file.write_text(f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{rows}</DL><p>\n")
    return str(file)


def test_a_description_that_comes_later_comes_into_its_link(user: User) -> None:
    user.run("import", _write_bookmarks(user, "", "", "Own *words*"))
    described = _write_bookmarks(user, "About hives.", "", "Others.", name="firefox.html")
    before = _files(user)
    dry = user.ask("import", described, "--dry-run").out
    assert _files(user) == before
    said = user.ask("import", described).out
    for words in (
        "what was here: 1 link without a text got it",
        "1 description: left out, since what is here has a text",
    ):
        assert words in said
        assert words in dry
    found = _export(user)
    bodies = [found[f"a.example/{number}"]["body"].strip() for number in (1, 2, 3)]
    assert bodies == ["About hives.", "", "Own \\*words\\*"]
    again = user.ask("import", described).out
    assert "without a text" not in again
    user.run("undo")
    assert _files(user) == before


def test_a_text_comes_into_a_link_that_got_a_description(user: User) -> None:
    user.run("import", _write_links(user, {"1": "One"}))
    user.run("import", _write_bookmarks(user, "About hives."))
    user.run("import", _write_texts(user, {"1": LONG}))
    body = _export(user)["a.example/1"]["body"]
    assert body.startswith(LONG.strip())
    assert body.strip().endswith("* * *\n\nAbout hives.")


def _highlight_in_pocket(user: User, *quotes: str) -> str:
    folder = user.home / "pocket"
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    rows = "Link 1,https://a.example/1,1500000000,,unread\n"
    (folder / "part_000000.csv").write_text(f"title,url,time_added,tags,status\n{rows}")
    marks = [{"quote": quote, "created_at": 1541344000} for quote in quotes]
    each = {"url": "https://a.example/1", "title": "Link 1", "highlights": marks}
    (folder / "annotations" / "part_000000.json").write_text(json.dumps([each]))
    return str(folder)


def test_quotations_that_come_later_have_a_place(user: User) -> None:
    folder = _highlight_in_pocket(user, QUOTE, "in June it weighs more")
    user.run("import", f"{folder}/part_000000.csv")
    dry = user.ask("import", folder, "--dry-run").out
    said = user.ask("import", folder).out
    assert "highlights: 2 imported" in said
    counts = dry.replace("would be imported", "imported").splitlines()
    assert [line for line in counts if "dry run" not in line] == said.splitlines()
    body = _export(user)["a.example/1"]["body"]
    assert body.strip() == f"> {QUOTE}\n\n> in June it weighs more"
    assert "Link 1" in user.ask("search", '"june it weighs"').out
    assert "Link 1" not in user.ask("highlights", "--lost").out
    assert "without a text" not in user.ask("import", folder).out


def test_no_quotation_comes_into_a_text_that_was_edited(user: User) -> None:
    user.run("import", _write_links(user, {"1": "Link 1"}))
    file = next(user.library.rglob("*.md"))
    file.write_text(file.read_text() + "Own words.")
    before = file.read_text()
    user.run("import", _highlight_in_pocket(user, QUOTE))
    assert file.read_text() == before
