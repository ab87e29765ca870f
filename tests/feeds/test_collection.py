"""Entries become files: once, whole, and never over what the user wrote."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.entry import Enclosure, Entry, Form
from rilo_reader.feeds.article_text import BODY_LIMIT, Origin, body_of, escaped
from rilo_reader.feeds.collection import Saved, ledger_file, open_collection
from rilo_reader.feeds.ledger_file import CollectionBusyError
from rilo_reader.feeds.merge import content_hash
from rilo_reader.feeds.plan import FetchedEntries
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.library import open_library
from rilo_reader.paths import Paths
from rilo_reader.store.folder import read
from tests.support.rendering import body_of as shown

NOW = datetime(2026, 3, 7, 12, 5, tzinfo=UTC)
FEED = "https://me:secret@a.example/feed"
ORIGIN = Origin(FEED, "A Feed", "en")
ONE = Entry(
    "tag:a.example,2026:1",
    "https://a.example/1",
    "One",
    NOW - timedelta(days=3),
    content="<p>First <b>text</b>.</p>",
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


def save(folder: Path, paths: Paths, *entries: Entry, **more: object) -> Saved:
    with open_collection(folder, paths) as collection:
        return collection.save(more.pop("origin", ORIGIN), entries, **{"now": NOW, **more})  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_an_entry_becomes_a_file_as_the_design_says(folder: Path, paths: Paths) -> None:
    saved = save(folder, paths, ONE)
    [path] = saved.new
    assert path.startswith("a-feed/2026/2026-03-04-one-")
    assert files(folder)[path] == (
        "+++\n"
        f'id = "{saved.ids[0]}"\n'
        'title = "One"\n'
        "date = 2026-03-04 12:05:00+00:00\n"
        'source = "A Feed"\n'
        'url = "https://a.example/1"\n'
        'lang = "en"\n'
        'feed = "https://a.example/feed"\n'
        'guid = "tag:a.example,2026:1"\n'
        "+++\n\n"
        "First **text**.\n"
    )
    assert save(folder, paths, ONE) == Saved(saved.ids, unchanged=1)


def test_an_edited_entry_updates_its_file(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE).new
    edited = ONE._replace(title="Uno", url="https://a.example/uno", content="<p>Other.</p>")
    saved = save(folder, paths, edited)
    assert saved.updated == (path,)
    article = read(folder, path)
    assert (article.title, article.url, article.body) == (
        "Uno",
        "https://a.example/uno",
        "Other.\n",
    )
    assert list(files(folder)) == [path]


def test_an_entry_without_a_date_has_that_of_its_first_sight(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE._replace(date=None)).new
    later = NOW + timedelta(days=2)
    save(folder, paths, ONE._replace(date=None, title="Uno"), now=later)
    assert read(folder, path).date == NOW


def test_what_has_no_date_in_a_new_feed_stands_where_its_feed_has_put_it(
    folder: Path, paths: Paths
) -> None:
    def entry(name: str, date: datetime | None) -> Entry:
        return ONE._replace(key=name, url=f"https://a.example/{name}", title=name, date=date)

    def dates() -> dict[str, datetime]:
        articles = (read(folder, path) for path in files(folder))
        return {article.title: article.date for article in articles}

    newest, oldest, future = (NOW + timedelta(days=days) for days in (-1, -9, 4))
    first = [entry("a", None), entry("b", newest), entry("c", oldest), entry("d", None)]
    save(folder, paths, *first)
    assert dates() == {"a": newest, "b": newest, "c": oldest, "d": oldest}
    # What comes later is new, and what was edited stays where it is.
    later = NOW + timedelta(days=2)
    save(
        folder,
        paths,
        entry("e", None),
        entry("b", newest),
        first[3]._replace(summary="x"),
        now=later,
    )
    assert dates() == {"a": newest, "b": newest, "c": oldest, "d": oldest, "e": later}
    ahead = Origin("https://b.example/", "Ahead")
    save(folder, paths, entry("f", future), entry("g", None), origin=ahead)
    assert dates()["g"] == NOW


def test_a_date_in_the_future_is_brought_down_and_stays(folder: Path, paths: Paths) -> None:
    future = ONE._replace(date=NOW + timedelta(days=400))
    [path] = save(folder, paths, future).new
    save(folder, paths, future._replace(title="Uno"), now=NOW + timedelta(days=2))
    assert (read(folder, path).title, read(folder, path).date) == ("Uno", NOW)


def test_a_day_without_a_time_is_one_in_the_file_too(folder: Path, paths: Paths) -> None:
    day = datetime(2026, 3, 7, tzinfo=UTC)
    entry = ONE._replace(date=day, date_only=True)
    [path] = save(folder, paths, entry).new
    assert "\ndate = 2026-03-07\n" in files(folder)[path]
    assert (read(folder, path).date, read(folder, path).date_only) == (day, True)
    # In the east tomorrow has come already; the day after has come nowhere.
    tomorrow, later = (day + timedelta(days=days) for days in (1, 2))
    [path] = save(folder, paths, entry._replace(key="2", url="", date=tomorrow)).new
    assert (read(folder, path).date, read(folder, path).date_only) == (tomorrow, True)
    [path] = save(folder, paths, entry._replace(key="3", url="", date=later)).new
    assert (read(folder, path).date, read(folder, path).date_only) == (NOW, False)


def test_what_was_taken_for_a_moment_becomes_a_day_and_nothing_else_changes(
    folder: Path, paths: Paths
) -> None:
    day = datetime(2026, 3, 4, tzinfo=UTC)
    [path] = save(folder, paths, ONE._replace(date=day)).new
    changed = save(folder, paths, ONE._replace(date=day, date_only=True))
    assert (changed.new, changed.updated) == ((), (path,))
    assert read(folder, path).date_only
    # As every ledger has it of what it collected before there were days.
    entry = Entry("k", "https://a.example/", "T", day, content="<p>x</p>")
    assert content_hash(entry, "A Feed").hex() == "7d80a2955f3dbb41e14bac96d7d0a5a3"


def test_a_file_that_the_user_deleted_does_not_come_back(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE).new
    (folder / path).unlink()
    for entry in (ONE, ONE._replace(title="Uno")):
        saved = save(folder, paths, entry)
        assert (saved.new, saved.updated, saved.kept) == ((), (), ())
    assert files(folder) == {}


def test_a_file_that_the_user_moved_is_found_and_updated(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE).new
    (folder / "mine").mkdir()
    (folder / path).rename(folder / "mine" / "kept.md")
    saved = save(folder, paths, ONE._replace(content="<p>Other.</p>"))
    assert saved.updated == ("mine/kept.md",)
    assert list(files(folder)) == ["mine/kept.md"]
    assert save(folder, paths, ONE._replace(content="<p>Third.</p>")).updated == ("mine/kept.md",)


def test_what_the_user_wrote_in_the_text_stays(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE).new
    file = folder / path
    own = file.read_text(encoding="utf-8").replace("First", "My note. First")
    file.write_text(own, encoding="utf-8")
    edited = ONE._replace(content="<p>Other.</p>")
    assert save(folder, paths, edited).kept == (path,)
    assert file.read_text(encoding="utf-8") == own
    assert save(folder, paths, edited).kept == ()


def test_front_matter_of_the_user_stays_and_the_text_is_updated(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE).new
    file = folder / path
    own = file.read_text(encoding="utf-8").replace('lang = "en"', 'lang = "en"\nmine = "x" # why')
    file.write_text(own, encoding="utf-8")
    for text in ("Other.", "Third."):
        saved = save(folder, paths, ONE._replace(content=f"<p>{text}</p>"))
        assert saved.updated == (path,)
        assert file.read_text(encoding="utf-8") == own.replace("First **text**.", text)


def test_two_feeds_with_one_guid_are_two_articles(folder: Path, paths: Paths) -> None:
    other = Origin("https://b.example/feed", "B Feed")
    first = save(folder, paths, ONE)
    second = save(folder, paths, ONE, origin=other)
    assert first.ids != second.ids
    assert len(files(folder)) == 2


def test_two_feeds_of_one_name_have_two_sources(folder: Path, paths: Paths) -> None:
    [one] = save(folder, paths, ONE).new
    [two] = save(folder, paths, ONE, origin=Origin("https://b.example/feed", "A Feed")).new
    assert read(folder, one).source == "A Feed"
    assert read(folder, two).source == "A Feed (b.example)"


def test_a_feed_under_another_address_keeps_its_articles(folder: Path, paths: Paths) -> None:
    first = save(folder, paths, ONE)
    new = Origin("https://b.example/feed", "A Feed")
    with open_collection(folder, paths) as collection:
        plan = collection.plan(FetchedEntries(new, [ONE]), NOW, followed={"b.example/feed"})
        assert collection.apply(plan.written_out()).ids == first.ids
    assert list(files(folder)) == list(first.new)


def test_a_page_is_known_by_its_address(folder: Path, paths: Paths) -> None:
    page = ONE._replace(key="")
    saved = save(folder, paths, page, origin=Origin(source="a.example"))
    assert saved.ids == (ArticleId("https://a.example/1"),)
    again = save(folder, paths, page._replace(title="Uno"), origin=Origin(source="a.example"))
    assert (again.ids, again.updated) == (saved.ids, saved.new)


def test_marks_survive_every_edit(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE).new
    with open_library(folder, paths) as library:
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
        save(folder, paths, ONE._replace(**change))  # type: ignore[arg-type]
        with open_library(folder, paths) as library:
            list(library.follower.reconcile())
            row = library.search.row(article)
            assert row is not None
            assert (row.marks.read, row.marks.starred) == (True, True)
            assert library.find(path) == article


def test_a_dry_run_writes_nothing(folder: Path, paths: Paths) -> None:
    assert len(save(folder, paths, ONE, dry_run=True).new) == 1
    assert files(folder) == {}
    [path] = save(folder, paths, ONE).new
    before = files(folder)
    assert save(folder, paths, ONE._replace(title="Uno"), dry_run=True).updated == (path,)
    assert files(folder) == before


# -- the ledger ---------------------------------------------------------------------------------


def _lose_ledger(folder: Path, paths: Paths) -> None:
    for file in paths.state.glob(f"{ledger_file(folder, paths).name}*"):
        file.unlink()


def test_a_lost_ledger_is_made_again_from_the_files(folder: Path, paths: Paths) -> None:
    two = ONE._replace(key="", url="https://a.example/2", title="Two", date=None)
    first = save(folder, paths, ONE, two)
    before = files(folder)
    _lose_ledger(folder, paths)
    again = save(folder, paths, ONE, two, now=NOW + timedelta(days=1))
    assert (again.ids, again.new, again.updated, again.kept) == (first.ids, (), (), ())
    assert files(folder) == before
    # Known as ours again, so an edit goes in.
    assert save(folder, paths, ONE._replace(content="<p>Other.</p>")).updated == first.new[:1]


def test_a_lost_ledger_takes_nothing_from_what_the_user_wrote(folder: Path, paths: Paths) -> None:
    [path] = save(folder, paths, ONE).new
    file = folder / path
    file.write_text(file.read_text(encoding="utf-8") + "Mine.\n", encoding="utf-8")
    before = files(folder)
    _lose_ledger(folder, paths)
    assert save(folder, paths, ONE).kept == (path,)
    assert files(folder) == before


def test_a_damaged_ledger_is_set_aside_and_made_anew(folder: Path, paths: Paths) -> None:
    first = save(folder, paths, ONE)
    file = ledger_file(folder, paths)
    file.write_bytes(b"no database at all" * 1000)
    with open_collection(folder, paths) as collection:
        [notice] = collection.notices()
        assert "damaged" in notice
        assert collection.save(ORIGIN, [ONE], now=NOW).ids == first.ids
        assert collection.notices() == []
    assert len(list(paths.state.glob("*.damaged-*"))) == 1


def test_only_one_collects_at_a_time(folder: Path, paths: Paths) -> None:
    with (
        open_collection(folder, paths),
        pytest.raises(CollectionBusyError, match="Another"),
        open_collection(folder, paths),
    ):
        pass
    with open_collection(folder, paths):
        pass


def test_what_a_killed_process_left_half_written_is_cleared_away(
    folder: Path, paths: Paths
) -> None:
    [path] = save(folder, paths, ONE).new
    with sqlite3.connect(ledger_file(folder, paths)) as ledger:
        ledger.execute("UPDATE article SET done = 0")
    half = (folder / path).with_name(".rilo-reader-0123.tmp")
    half.write_text("half", encoding="utf-8")
    (folder / path).unlink()
    assert save(folder, paths, ONE).updated == (path,)
    assert not half.exists()
    assert (folder / path).exists()


FULL = """
import resource, sys
from pathlib import Path
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.collection import open_collection
from tests.feeds.test_collection import *
root = Path(sys.argv[1])
paths = Paths(*(root / name for name in ("config", "data", "state", "cache")))
with open_collection(root / "library", paths) as collection:
    # A file may have 100 kB now: what is longer finds the disk full.
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    large = ONE._replace(key="large", url="https://a.example/2", content="<p>" + "word " * 50_000)
    try:
        collection.save(ORIGIN, [ONE, large], now=NOW)
    except CollectingError as error:
        print(error)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_full_disk_leaves_each_article_whole_or_absent(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "cannot be written: File too large" in done.stdout, done.stderr
    folder = tmp_path / "library"
    [path] = files(folder)
    assert read(folder, path).body == "First **text**.\n"
    # The next run goes on: the small one is known, the large one comes.
    paths = Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))
    large = ONE._replace(key="large", url="https://a.example/2", content="<p>" + "word " * 50_000)
    saved = save(folder, paths, ONE, large)
    assert (len(saved.new), saved.unchanged, len(files(folder))) == (1, 1, 2)


# -- names --------------------------------------------------------------------------------------


def test_a_renamed_feed_has_its_name_in_every_article(folder: Path, paths: Paths) -> None:
    two = ONE._replace(key="two", url="https://a.example/2", title="Two")
    [one, other] = save(folder, paths, ONE, two).new
    file = folder / other
    own = file.read_text(encoding="utf-8").replace("First", "Mine")
    file.write_text(own, encoding="utf-8")
    with open_collection(folder, paths) as collection:
        assert rename_source(collection, FEED, "New Name") == 2
        assert rename_source(collection, FEED, "New Name") == 0
    assert read(folder, one).source == read(folder, other).source == "New Name"
    assert file.read_text(encoding="utf-8") == own.replace("A Feed", "New Name")
    # The one is still ours, the other still the user's.
    changed = [entry._replace(content="<p>Other.</p>") for entry in (ONE, two)]
    saved = save(folder, paths, *changed)
    assert (saved.updated, saved.kept) == ((one,), (other,))
    assert read(folder, one).source == "New Name"


# -- text ---------------------------------------------------------------------------------------


def test_enclosures_stand_at_the_end() -> None:
    entry = ONE._replace(
        enclosures=(
            Enclosure("https://a.example/a%20b.mp3", "audio/mpeg", 12_345_678),
            Enclosure("https://a.example/x.pdf"),
            Enclosure("https://a.example/v/film", "application/x-shockwave-flash"),
        )
    )
    assert body_of(entry).endswith(
        "First **text**.\n\n- [a b.mp3](<https://a.example/a%20b.mp3>) (audio/mpeg, 12.3 MB)\n"
        "- [x.pdf](<https://a.example/x.pdf>)\n"
    )


def test_a_picture_that_the_text_shows_is_not_listed_once_more() -> None:
    shown, other = (f"https://a.example/{name}.jpg" for name in ("shown", "other"))
    entry = ONE._replace(
        content=f'<p><img src="{shown}">Text.',
        enclosures=(Enclosure(shown, "image/jpeg"), Enclosure(other, "image/jpeg")),
    )
    assert body_of(entry) == f"![]({shown})\n\nText.\n\n- [other.jpg](<{other}>) (image/jpeg)\n"


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    body = body_of(ONE._replace(content="x" * (BODY_LIMIT + 10), form=Form.MARKDOWN))
    assert len(body) < BODY_LIMIT + 200
    assert body.endswith("the whole is <https://a.example/1>.\n")


def test_without_content_the_summary_is_the_text() -> None:
    assert body_of(ONE._replace(content="", summary="A *summary*.")) == "A \\*summary\\*.\n"


@pytest.mark.parametrize(
    "text",
    [
        *("# no heading", "1. no list", "- no list", "a * b * c", "<b>", "`x`", "[a](b)", "&amp;"),
        *(
            "snake_case_name",
            "> no quote",
            "a\\b",
            "~~no~~",
            "| no | table |",
            "+ no",
            "= no",
            "$x$",
        ),
    ],
)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert shown(escaped(text)) == text
