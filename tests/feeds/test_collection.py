"""Entries become files: once, whole, and never over what the user wrote."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId, Enclosure
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import CollectingError, CollectionBusyError
from rilo_reader.feeds.article_text import (
    Origin,
    content_hash,
    make_article,
    make_body,
    make_file_text,
    text_to_markdown,
)
from rilo_reader.feeds.article_writer import SaveResult
from rilo_reader.feeds.collection import add_unrecorded
from rilo_reader.feeds.feed_reader import FetchedEntries
from rilo_reader.feeds.ledger import ledger_file, ledger_to_read, open_ledger
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.library import open_library
from rilo_reader.store.article_fields import to_article
from rilo_reader.store.front_matter import parse, toml_head
from tests.feeds.world import NOW, ONE, Device
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.rendering import body_of as shown

FEED = "https://me:secret@a.example/feed"
ORIGIN = Origin(FEED, "A Feed", "en")
OTHER = Origin("https://b.example/feed", "A Feed")


class Saves(Device):
    """A library that entries are saved to."""

    def save(
        self, *entries: Entry, origin: Origin = ORIGIN, now: datetime = NOW, dry_run: bool = False
    ) -> SaveResult:
        with self.collection() as collection:
            return collection.save_entries(origin, entries, now=now, dry_run=dry_run)


__all__ = ["LARGE", "ONE", "CollectingError", "Path", "Saves", "sys"]  # for a process of its own


@pytest.fixture
def device(tmp_path: Path) -> Saves:
    return Saves(tmp_path)


def test_an_entry_becomes_a_file_as_the_design_says(device: Saves) -> None:
    saved = device.save(ONE)
    [path] = saved.new
    assert path.startswith("a-feed/2026/2026-03-04-one-")
    assert device.files[path] == (
        "+++\n"
        f'id = "{saved.ids[0]}"\n'
        'title = "One"\n'
        "date = 2026-03-04 12:05:00+00:00\n"
        'source = "A Feed"\n'
        'url = "https://a.example/1"\n'
        'lang = "en"\n'
        'dialect = "plain"\n'
        'feed = "https://a.example/feed"\n'
        'guid = "tag:a.example,2026:1"\n'
        "+++\n\n"
        "First **text**.\n"
    )
    assert device.save(ONE) == SaveResult(saved.ids, unchanged=1)


def test_an_edited_entry_updates_its_file(device: Saves) -> None:
    [path] = device.save(ONE).new
    edited = ONE._replace(title="Uno", url="https://a.example/uno", content="<p>Other.</p>")
    saved = device.save(edited)
    assert saved.updated == (path,)
    article = device.read(path)
    assert (article.title, article.url, article.body) == ("Uno", edited.url, "Other.\n")
    assert list(device.files) == [path]


def test_what_has_no_date_in_a_new_feed_stands_where_its_feed_has_put_it(device: Saves) -> None:
    def entry(name: str, date: datetime | None) -> Entry:
        return ONE._replace(key=name, url=f"https://a.example/{name}", title=name, date=date)

    def dates() -> dict[str, datetime]:
        articles = (device.read(path) for path in device.files)
        return {article.title: article.date for article in articles}

    newest, oldest, future = (NOW + timedelta(days=days) for days in (-1, -9, 4))
    first = [entry("a", None), entry("b", newest), entry("c", oldest), entry("d", None)]
    device.save(*first)
    assert dates() == {"a": newest, "b": newest, "c": oldest, "d": oldest}
    # What comes later is new, and what was edited stays where it is.
    later = NOW + timedelta(days=2)
    device.save(entry("e", None), entry("b", newest), first[3]._replace(summary="x"), now=later)
    assert dates() == {"a": newest, "b": newest, "c": oldest, "d": oldest, "e": later}
    ahead = Origin("https://b.example/", "Ahead")
    device.save(entry("f", future), entry("g", None), origin=ahead)
    assert dates()["g"] == NOW


@pytest.mark.parametrize("date", [NOW + timedelta(days=400), None])
def test_a_date_in_the_future_is_brought_down_and_stays(
    device: Saves, date: datetime | None
) -> None:
    """Without a date, it is that of the first sight."""
    entry = ONE._replace(date=date)
    [path] = device.save(entry).new
    device.save(entry._replace(title="Uno"), now=NOW + timedelta(days=2))
    assert (device.read(path).title, device.read(path).date) == ("Uno", NOW)


def test_a_day_without_a_time_is_one_in_the_file_too(device: Saves) -> None:
    day = datetime(2026, 3, 7, tzinfo=UTC)
    entry = ONE._replace(date=day, date_only=True)
    [path] = device.save(entry).new
    assert "\ndate = 2026-03-07\n" in device.files[path]
    assert (device.read(path).date, device.read(path).date_only) == (day, True)
    # In the east tomorrow has come already; the day after has come nowhere.
    tomorrow, later = (day + timedelta(days=days) for days in (1, 2))
    [path] = device.save(entry._replace(key="2", url="", date=tomorrow)).new
    assert (device.read(path).date, device.read(path).date_only) == (tomorrow, True)
    [path] = device.save(entry._replace(key="3", url="", date=later)).new
    assert (device.read(path).date, device.read(path).date_only) == (NOW, False)


def test_what_was_taken_for_a_moment_becomes_a_day_and_nothing_else_changes(device: Saves) -> None:
    day = datetime(2026, 3, 4, tzinfo=UTC)
    [path] = device.save(ONE._replace(date=day)).new
    changed = device.save(ONE._replace(date=day, date_only=True))
    assert (changed.new, changed.updated) == ((), (path,))
    assert device.read(path).date_only
    # As every ledger has it of what it collected before there were days.
    entry = Entry("k", "https://a.example/", "T", day, content="<p>x</p>")
    assert content_hash(entry, "A Feed").hex() == "7d80a2955f3dbb41e14bac96d7d0a5a3"
    files = Enclosure("https://a.example/1", "audio/mpeg", 9), Enclosure("https://a.example/2")
    heard = entry._replace(enclosures=files)
    assert content_hash(heard, "A Feed").hex() == "c3b536badf021014410f99e766d6368b"
    longer = entry._replace(enclosures=(files[0]._replace(seconds=60), files[1]))
    assert content_hash(longer, "A Feed") != content_hash(heard, "A Feed")
    of_day = entry._replace(date_only=True)
    assert content_hash(of_day, "A Feed").hex() == "64e46e1f9aa6b708b07e5425dc91464b"
    talk = "https://a.example/talk/{}"
    discussed = (one._replace(comments=talk.format(n)) for one in (entry, of_day) for n in "12")
    assert len({content_hash(one, "A Feed") for one in discussed}) == 4


def test_a_file_that_the_user_deleted_does_not_come_back(device: Saves) -> None:
    [path] = device.save(ONE).new
    (device.folder / path).unlink()
    for entry in (ONE, ONE._replace(title="Uno")):
        saved = device.save(entry)
        assert (saved.new, saved.updated, saved.edited) == ((), (), ())
    assert device.files == {}


def test_a_file_that_the_user_moved_is_found_and_updated(device: Saves) -> None:
    [path] = device.save(ONE).new
    (device.folder / "mine").mkdir()
    (device.folder / path).rename(device.folder / "mine" / "kept.md")
    saved = device.save(ONE._replace(content="<p>Other.</p>"))
    assert saved.updated == ("mine/kept.md",)
    assert list(device.files) == ["mine/kept.md"]
    assert device.save(ONE._replace(content="<p>Third.</p>")).updated == ("mine/kept.md",)


def test_what_the_user_wrote_in_the_text_stays(device: Saves) -> None:
    [path] = device.save(ONE).new
    own = device.edit(path, "First", "My note. First")
    edited = ONE._replace(content="<p>Other.</p>")
    assert device.save(edited).edited == (path,)
    assert device.files == {path: own}
    assert device.save(edited).edited == ()


def test_front_matter_of_the_user_stays_and_the_text_is_updated(device: Saves) -> None:
    [path] = device.save(ONE).new
    own = device.edit(path, 'lang = "en"', 'lang = "en"\nmine = "x" # why')
    for text in ("Other.", "Third."):
        saved = device.save(ONE._replace(content=f"<p>{text}</p>"))
        assert saved.updated == (path,)
        assert device.files == {path: own.replace("First **text**.", text)}


def test_two_feeds_of_one_name_have_two_sources(device: Saves) -> None:
    first, second = device.save(ONE), device.save(ONE, origin=OTHER)
    # One guid in two feeds is two articles, too.
    assert first.ids != second.ids
    assert [device.read(*saved.new).source for saved in (first, second)] == [
        "A Feed",
        "A Feed (b.example)",
    ]


def test_a_feed_under_another_address_keeps_its_articles(device: Saves) -> None:
    first = device.save(ONE)
    with device.collection() as collection:
        plan = collection.make_plan(
            FetchedEntries(OTHER, [ONE]), NOW, followed_keys={"b.example/feed"}
        )
        assert collection.write_plan(plan.add_texts()).ids == first.ids
    assert list(device.files) == list(first.new)


def test_a_page_is_known_by_its_address(device: Saves) -> None:
    page = ONE._replace(key="")
    saved = device.save(page, origin=PAGE)
    assert saved.ids == (ArticleId("https://a.example/1"),)
    again = device.save(page._replace(title="Uno"), origin=PAGE)
    assert (again.ids, again.updated) == (saved.ids, saved.new)


def test_marks_survive_every_edit(device: Saves) -> None:
    [path] = device.save(ONE).new
    with open_library(device.folder, device.paths) as library:
        list(library.follower.reconcile())
        article = library.find(path)
        assert article is not None
        library.state.set_read([article], True)
        library.state.set_starred([article], True)
    for change in (
        {"content": "<p>Other.</p>"},
        {"url": "https://a.example/moved"},
        {"title": "A new title"},
    ):
        device.save(ONE._replace(**change))  # type: ignore[arg-type]
        with open_library(device.folder, device.paths) as library:
            list(library.follower.reconcile())
            row = library.search.row(article)
            assert row is not None
            assert (row.marks.read, row.marks.starred) == (True, True)
            assert library.find(path) == article


def test_a_dry_run_writes_nothing(device: Saves) -> None:
    assert len(device.save(ONE, dry_run=True).new) == 1
    assert device.files == {}
    [path] = device.save(ONE).new
    before = device.files
    assert device.save(ONE._replace(title="Uno"), dry_run=True).updated == (path,)
    assert device.files == before


# -- the ledger ---------------------------------------------------------------------------------


def test_a_lost_ledger_is_made_again_from_the_files(device: Saves) -> None:
    two = ONE._replace(key="", url="https://a.example/2", title="Two", date=None)
    first = device.save(ONE, two)
    before = device.files
    device.lose_ledger()
    again = device.save(ONE, two, now=NOW + timedelta(days=1))
    assert (again.ids, again.new, again.updated, again.edited) == (first.ids, (), (), ())
    assert device.files == before
    # Known as ours again, so an edit goes in.
    assert device.save(ONE._replace(content="<p>Other.</p>")).updated == first.new[:1]


def test_what_is_known_or_not_collected_keeps_nothing_after_it_from_a_lost_ledger(
    device: Saves,
) -> None:
    two = ONE._replace(key="", url="https://a.example/2", title="Two", date=None)
    three = ONE._replace(key="3", url="https://a.example/3", title="Three")
    first = device.save(ONE, two, three)
    before = device.files
    [path, *_] = before
    # Before, between and after them: a copy of one, files of the user's, one without an id.
    for name in ("0/0.md", f"{path.rpartition('/')[0]}/0.md", "zz/z.md"):
        for other, text in ((name, "Mine.\n"), (name.replace(".md", "0.md"), before[path])):
            (device.folder / other).parent.mkdir(exist_ok=True)
            (device.folder / other).write_text(text)
            without = text.replace("\nid = ", "\nno = ")
            (device.folder / other.replace(".md", "00.md")).write_text(without)
    device.lose_ledger()
    with device.collection() as collection:
        assert all(collection.ledger.find_article(article) for article in first.ids)
    again = device.save(ONE, two, three)
    assert (again.ids, again.new, again.updated, again.edited) == (first.ids, (), (), ())


def test_what_is_old_or_not_collected_keeps_nothing_after_it_from_a_ledger_after_a_kill(
    device: Saves,
) -> None:
    first = device.save(ONE)
    [path] = first.new
    (device.folder / "0").mkdir()
    for name, text in (("0.md", "Mine.\n"), ("1.md", device.files[path])):
        (device.folder / "0" / name).write_text(text)
    os.utime(device.folder / "0" / "1.md", (1, 1))
    device.lose_ledger()
    with open_ledger(ledger_file(device.folder, device.paths)) as ledger:
        add_unrecorded(ledger, device.folder, NOW.replace(year=2000), device.paths.feeds_file)
        found = ledger.find_article(first.ids[0])
        assert found is not None
        assert found.path == path


def test_a_damaged_ledger_is_set_aside_and_made_anew(device: Saves) -> None:
    first = device.save(ONE)
    file = ledger_file(device.folder, device.paths)
    file.write_bytes(b"no database at all" * 1000)
    with device.collection() as collection:
        [notice] = collection.take_notices()
        assert "damaged" in notice
        assert collection.save_entries(ORIGIN, [ONE], now=NOW).ids == first.ids
        assert collection.take_notices() == []
    assert len(list(device.paths.state.glob("*.damaged-*"))) == 1


def test_only_one_collects_at_a_time(device: Saves) -> None:
    with device.collection(), pytest.raises(CollectionBusyError, match="Another"):
        device.save(ONE)
    device.save(ONE)


BARE = ONE._replace(key="", url="", date=None)
PAGE = Origin(source="a.example")


class Killed(BaseException):
    """Ends a process between the files and the transaction."""


def kill_saving(device: Saves, *entries: Entry, origin: Origin = ORIGIN) -> None:
    """Write the files of entries, of which the ledger then knows nothing."""

    def marks(_: object) -> FeedRecord:
        raise Killed

    with device.collection() as collection, pytest.raises(Killed):
        collection.write_plan(
            collection.make_plan(FetchedEntries(origin, entries), NOW).add_texts(), marks
        )
    assert device.files


@pytest.mark.parametrize(
    ("entry", "changes", "fate"),
    [
        (ONE, {}, "ours"),
        (ONE._replace(date=None), {}, "ours"),
        (BARE, {}, "another"),
        (ONE, {"title": "Uno"}, "the text is ours"),
        (ONE, {"date": NOW + timedelta(days=9)}, "the text is ours"),
        (ONE, {"content": "<p>Other.</p>"}, "the user's"),
    ],
    ids=["same", "without date", "without keys", "other title", "other date", "other text"],
)
@pytest.mark.parametrize("origin", [ORIGIN, PAGE], ids=["feed", "page"])
def test_what_a_killed_process_wrote_is_known_again(
    device: Saves, entry: Entry, changes: dict[str, Any], fate: str, origin: Origin
) -> None:
    kill_saving(device, entry, origin=origin)
    [path], before = device.files, device.files
    half = (device.folder / path).with_name(".rilo-reader-0123.tmp")
    half.write_text("half", encoding="utf-8")
    changed, later = entry._replace(**changes), NOW + timedelta(days=2)
    saved = device.save(changed, origin=origin, now=later)
    assert (saved.new, saved.updated, len(saved.edited)) == ((), (), fate == "the user's")
    assert device.files == before
    assert device.save(changed, origin=origin).unchanged == 1
    # What was written as it is now is ours as if nothing had happened, with the date it may have.
    date = entry.date and NOW + timedelta(days=1)
    again = changed._replace(title="More", date=date, content="<p>More.</p>")
    saved, article = device.save(again, origin=origin, now=later), device.read(path)
    new = ("More", date or NOW, "More.\n")
    old = (entry.title, entry.date or NOW, "First **text**.\n")
    assert (article.title, article.date, article.body) == {
        "ours": new,
        "the text is ours": (*old[:2], new[2]),
        "the user's": old,
        "another": old,
    }[fate]
    assert len(device.files) == 1 + (fate == "another")


def test_what_a_kill_left_out_of_a_new_feed_stands_where_its_feed_has_put_it(device: Saves) -> None:
    kill_saving(device, ONE)
    for _ in range(2):  # Nothing is looked for twice.
        with device.collection() as collection:
            assert collection.ledger.read_writing_since() is None
    [path] = device.save(ONE, ONE._replace(key="2", url="", title="Two", date=None)).new
    assert device.read(path).date == ONE.date


def test_what_cannot_be_written_comes_later_and_the_rest_is_known(device: Saves) -> None:
    old = ONE._replace(key="old", url="", date=datetime(2020, 1, 1, tzinfo=UTC))
    way = device.folder / "a-feed" / "2020"
    way.parent.mkdir(parents=True)
    way.write_text("in the way", encoding="utf-8")
    with device.collection() as collection:
        planned = collection.make_plan(FetchedEntries(ORIGIN, [ONE, old]), NOW).add_texts()
        with pytest.raises(CollectingError, match="cannot be written"):
            collection.write_plan(planned, lambda feed: feed._replace(etag="1"))
    with ledger_to_read(device.folder, device.paths) as ledger:
        assert ledger is not None
        assert ledger.read_feed(FEED).etag == ""
        assert ledger.read_writing_since() is not None
    way.unlink()
    saved = device.save(ONE, old)
    assert (len(saved.new), saved.unchanged) == (1, 1)


def test_feeds_of_one_name_keep_their_sources_after_a_kill(device: Saves) -> None:
    kill_saving(device, ONE)
    for origin in (OTHER, ORIGIN):
        device.save(ONE, origin=origin)
    sources = sorted(path.partition("/")[0] for path in device.files)
    assert sources == ["a-feed", "a-feed-b-example"]


@pytest.mark.parametrize("is_written", [True, False])
def test_what_0_1_0_had_begun_is_finished(device: Saves, is_written: bool) -> None:
    [path] = device.save(ONE).new
    with sqlite3.connect(ledger_file(device.folder, device.paths)) as ledger:
        # Articles were put with their digests before their files were written.
        for table in ("public_host", "writing", "arrived", "page"):
            ledger.execute(f"DROP TABLE {table}")
        ledger.execute("ALTER TABLE feed DROP COLUMN public_only")
        ledger.execute("ALTER TABLE article RENAME COLUMN content_hash TO said")
        ledger.execute("UPDATE article SET done = 0, said = x''")
        ledger.execute("PRAGMA user_version = 1")
    half = (device.folder / path).with_name(".rilo-reader-0123.tmp")
    half.write_text("half", encoding="utf-8")
    if not is_written:
        (device.folder / path).unlink()
    saved = device.save(ONE)
    assert (len(saved.new), saved.unchanged) == ((0, 1) if is_written else (1, 0))
    assert list(device.files) == [path]
    assert device.save(ONE._replace(content="<p>Other.</p>")).updated == (path,)


@pytest.mark.parametrize("is_killed", [True, False])
def test_what_the_user_wrote_after_a_kill_or_before_the_ledger_was_lost_stays(
    device: Saves, is_killed: bool
) -> None:
    kill_saving(device, ONE) if is_killed else device.save(ONE)
    [path] = device.files
    text = device.edit(path, "First", "Mine")
    if not is_killed:
        device.lose_ledger()
    assert device.save(ONE).edited == (path,)
    assert device.files == {path: text}


LARGE = ONE._replace(key="large", url="https://a.example/2", content="<p>" + "word " * 50_000)
FULL = """
import resource, signal
from tests.feeds.test_collection import *
device = Saves(Path(sys.argv[1]))
with device.collection():  # imports and opens all before
    pass
# A file may have 100 kB now: what is longer finds the disk full.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    device.save(ONE, LARGE)
except CollectingError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_full_disk_leaves_each_article_whole_or_absent(device: Saves, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "cannot be written: File too large" in done.stdout, done.stderr
    [path] = device.files
    assert device.read(path).body == "First **text**.\n"
    # The next run goes on: the small one is known, the large one comes.
    saved = device.save(ONE, LARGE)
    assert (len(saved.new), saved.unchanged, len(device.files)) == (1, 1, 2)


# -- names --------------------------------------------------------------------------------------


def test_a_renamed_feed_has_its_name_in_every_article(device: Saves) -> None:
    two = ONE._replace(key="two", url="https://a.example/2", title="Two")
    # One whose source the user wrote stands before them.
    [third] = device.save(ONE._replace(key="0", url="https://a.example/0", title="0")).new
    device.edit(third, "A Feed", "My Name")
    [one, other] = device.save(ONE, two).new
    own = device.edit(other, "First", "Mine")
    with device.collection() as collection:
        assert rename_source(collection, FEED, "New Name") == 2
        assert device.read(third).source == "My Name"
        assert rename_source(collection, FEED, "New Name") == 0
    assert device.read(one).source == device.read(other).source == "New Name"
    assert device.files[other] == own.replace("A Feed", "New Name")
    # The one is still ours, the other still the user's.
    changed = [entry._replace(content="<p>Other.</p>") for entry in (ONE, two)]
    saved = device.save(*changed)
    assert (saved.updated, saved.edited) == ((one,), (other,))
    assert device.read(one).source == "New Name"


# -- text ---------------------------------------------------------------------------------------


def test_enclosures_stand_at_the_end() -> None:
    entry = ONE._replace(
        enclosures=(
            Enclosure("https://a.example/a%20b.mp3", "audio/mpeg", 12_345_678),
            Enclosure("https://a.example/x.pdf", bytes=1),
            Enclosure("https://a.example/v/film", "application/x-shockwave-flash"),
        )
    )
    assert make_body(entry).endswith(
        "First **text**.\n\n- [a b.mp3](<https://a.example/a%20b.mp3>) (audio/mpeg, 12.3 MB)\n"
        "- [x.pdf](<https://a.example/x.pdf>)\n"
    )


FILES = st.builds(
    Enclosure,
    st.integers(0, 9).map("https://a.example/{}".format),
    st.sampled_from(["", "audio/mpeg", "video/x_y", "image/png", "application/pdf"]),
    st.sampled_from([0, 1, 999, 1_000, 99_999, 123_456, 12_345_678, 10**12]),
    st.integers(0, 10**5),
)


@examples(200)
@given(st.lists(FILES, max_size=5, unique_by=lambda file: file.url), st.booleans())
def test_enclosures_are_in_the_header(files: list[Enclosure], is_shown: bool) -> None:
    """The header names what the text lists; without it the text says nearly as much."""
    content = f'<p>Text.<img src="{files[0].url}">' if files and is_shown else "<p>Text."
    entry = ONE._replace(content=content, form=Form.HTML, enclosures=tuple(files))
    article = make_article(entry, ArticleId("a"), Origin("https://a.example/feed"), NOW)
    assert [file in article.enclosures for file in files] == [
        f"(<{file.url}>)" in article.body for file in files
    ]
    text = make_file_text(article, entry, Origin("https://a.example/feed"))
    assert to_article(parse(text), "a.md", NOW).enclosures == article.enclosures
    metadata = {key: value for key, value in parse(text).metadata.items() if key != "enclosures"}
    before = to_article(parse(toml_head(metadata) + article.body), "a.md", NOW)
    assert [file[:2] for file in before.enclosures] == [file[:2] for file in article.enclosures]
    for old, new in zip(before.enclosures, article.enclosures, strict=True):
        assert abs(old.bytes - new.bytes) <= max(new.bytes / 20, 50_000)


def test_the_page_of_comments_comes_into_the_header_once(device: Saves) -> None:
    """Also into that of an article that was collected before; a text of the user's own stays."""
    [path] = device.save(ONE).new
    talk = ONE._replace(comments="https://a.example/talk")
    assert device.save(talk).updated == (path,)
    assert device.read(path).comments == talk.comments
    assert device.read(path).body == "First **text**.\n"
    assert device.save(talk).unchanged == 1
    kept = device.edit(path, "First", "My")
    assert device.save(talk._replace(comments="https://a.example/moved")).updated == ()
    assert device.files[path] == kept


def test_a_picture_that_the_text_shows_is_not_listed_once_more() -> None:
    shown, other = (f"https://a.example/{name}.jpg" for name in ("shown", "other"))
    entry = ONE._replace(
        content=f'<p><img src="{shown}">Text.',
        enclosures=(Enclosure(shown, "image/jpeg"), Enclosure(other, "image/jpeg")),
    )
    assert make_body(entry) == f"![]({shown})\n\nText.\n\n- [other.jpg](<{other}>) (image/jpeg)\n"


def test_without_content_the_summary_is_the_text() -> None:
    assert make_body(ONE._replace(content="", summary="A *summary*.")) == "A \\*summary\\*.\n"


@for_each("text", [
        "# no heading", "1. no list", "- no list", "a * b * c", "<b>", "`x`", "[a](b)", "&amp;",
        "snake_case_name", "> no quote", "a\\b", "~~no~~", "| no | table |", "+ no", "= no", "$x$",
    ])  # fmt: skip
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text_to_markdown(text)) == text
