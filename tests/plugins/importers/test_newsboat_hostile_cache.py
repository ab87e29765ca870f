"""A stranger's cache.db: nothing in it runs or is endless, and nothing is held without bound."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.importers.newsboat.cache import VALUE_LIMIT, NewsboatCache
from tests.support.examples import examples
from tests.support.newsboat_files import make_cache

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT"


@pytest.mark.parametrize(
    "made",
    [
        f"CREATE VIEW rss_item AS {ENDLESS} x AS guid, '' AS title, '' AS content FROM n",
        "CREATE VIRTUAL TABLE rss_item USING fts5(guid, title, content)",
        "CREATE TABLE rss_item (guid, title, content, rowid)",
    ],
)
def test_only_a_table_of_rows_is_a_cache(tmp_path: Path, made: str) -> None:
    file = tmp_path / "cache.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute(made)
    with pytest.raises(NotReadableError, match="not a cache of newsboat"):
        NewsboatCache(file)


def test_feeds_are_read_from_a_table_alone(tmp_path: Path) -> None:
    file = make_cache(tmp_path / "cache.db", [{"guid": "1"}])
    with closing(sqlite3.connect(file)) as database:
        database.execute("DROP TABLE rss_feed")
        database.execute(
            f"CREATE VIEW rss_feed AS {ENDLESS} x AS rssurl, '' AS title, '' AS url FROM n"
        )
    with NewsboatCache(file) as cache:
        assert cache.read_titles() == {}
        assert len(list(cache.iter_items(pytest.fail))) == 1


def test_a_question_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    items = [{"guid": str(number)} for number in range(3000)]
    file = make_cache(tmp_path / "cache.db", items)
    with NewsboatCache(file, seconds=30) as patient:
        assert len(list(patient.iter_items(pytest.fail))) == 3000
    # Without any time at all the first long question is given up.
    messages: list[str] = []
    with NewsboatCache(file, seconds=-1) as hasty:
        assert len(list(hasty.iter_items(messages.append))) < 3000
    assert "takes too long to read" in messages[0]


def test_what_comes_before_the_damage_is_read(tmp_path: Path) -> None:
    text = "Words of the article. " * 40
    items = [{"guid": f"tag:{number}", "content": text} for number in range(2000)]
    file = make_cache(tmp_path / "cache.db", items)
    content = bytearray(file.read_bytes())
    content[len(content) * 3 // 4 :] = b"\xff" * (len(content) - len(content) * 3 // 4)
    file.write_bytes(content)
    messages: list[str] = []
    with NewsboatCache(file) as cache:
        assert len(list(cache.iter_items(messages.append))) >= 400
    assert "cache.db is damaged" in messages[0]


def test_an_item_that_is_too_large_is_named_and_the_rest_comes(tmp_path: Path) -> None:
    """Made by SQLite itself, so that only who reads it could hold it."""
    items: list[dict[str, object]] = [{"guid": f"tag:{number}"} for number in range(1, 8)]
    file = make_cache(tmp_path / "cache.db", items)
    with closing(sqlite3.connect(file)) as database, database:
        for number, name in ((1, "content"), (4, "title"), (5, "guid")):
            database.execute(
                f"UPDATE rss_item SET {name} = CAST(zeroblob(?) AS TEXT) WHERE id = ?",
                (VALUE_LIMIT + 1, number),
            )
    left: list[str] = []
    tracemalloc.start()
    with NewsboatCache(file) as cache:
        keys = [item.entry.key for item in cache.iter_items(left.append)]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert keys == ["tag:2", "tag:3", "tag:6", "tag:7"]
    assert left == [f"item {number}: it has more than 20 MB" for number in (1, 4, 5)]
    assert most < VALUE_LIMIT


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_text_that_cannot_be_decoded_is_replaced(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "cache.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(f"PRAGMA encoding = '{encoding}'")
        database.execute("CREATE TABLE rss_item (guid, title, content, feedurl)")
        database.execute("CREATE TABLE rss_feed (rssurl, url, title)")
        bad = b"caf\xe9 \xff\xfe"
        for value in (bad, bad.decode("latin-1")):
            row = (value, value, value, value)
            database.execute(
                "INSERT INTO rss_item VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)", row
            )
            database.execute("INSERT INTO rss_feed VALUES (CAST(? AS TEXT), ?, ?)", row[:3])
    with NewsboatCache(file) as cache:
        assert len(list(cache.iter_items(pytest.fail))) == 2
        assert len(cache.read_titles()) == 2


@examples(40)
@given(st.data())
def test_a_damaged_cache_ends_and_says_why(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        file = make_cache(Path(folder) / "cache.db", [{"guid": str(n)} for n in range(60)])
        content = bytearray(file.read_bytes())
        for _ in range(data.draw(st.integers(1, 20))):
            place = data.draw(st.integers(0, len(content) - 1))
            content[place] = data.draw(st.integers(0, 255))
        file.write_bytes(content)
        count = 0
        try:
            with NewsboatCache(file, seconds=5) as cache:
                cache.read_titles()
                for _ in cache.iter_items(lambda _reason: None):
                    count += 1
        except (NotReadableError, OSError):
            pass
        assert count <= 100_000
