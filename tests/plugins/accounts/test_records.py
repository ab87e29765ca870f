"""The records of accounts: what is written is there again; what is damaged begins anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.plugins.accounts.records import (
    RECORDS,
    AccountRecord,
    AccountRecords,
    EntryRecord,
    open_records,
    read_records,
)
from rilo_reader.plugins.accounts.service import EntryId, ServerFeed
from rilo_reader.store import sqlite

NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)
FEEDS = [
    ServerFeed("1", "https://a.example/feed", "A", ("News", "Übersee"), "https://a.example/"),
    ServerFeed("2", "https://b.example/feed", "b"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "library.accounts.db"


@pytest.fixture
def records(file: Path) -> Iterator[AccountRecords]:
    with open_records(file) as opened:
        assert not opened.notice
        yield opened


def entry(number: int, feed: str = "1") -> EntryRecord:
    article = ArticleId(f"article {number}")
    return EntryRecord(EntryId(str(number)), article, feed, f"guid {number}", b"\0digest")


def test_accounts_are_kept(records: AccountRecords, file: Path) -> None:
    assert records.read_account("home") == AccountRecord("home")
    failed = AccountRecord("home", NOON, NOON, 3, "busy", "It is busy.", NOON)
    records.write_account(failed)
    records.write_account(AccountRecord("work"))
    with open_records(file) as again:
        assert again.read_account("home") == failed
        assert [again.read_account(name) for name in ("home", "work")] == [
            failed,
            AccountRecord("work"),
        ]


def test_feeds_are_kept_by_account(records: AccountRecords) -> None:
    records.write_feeds("home", reversed(FEEDS))
    records.write_feed("work", FEEDS[0])
    assert records.list_feeds("home") == FEEDS
    assert records.list_feeds("work") == FEEDS[:1]
    renamed = FEEDS[0]._replace(title="Z", problem="Not found")
    records.write_feed("home", renamed)
    assert records.list_feeds("home") == [FEEDS[1], renamed]
    records.remove_feed("home", "2")
    assert records.list_feeds("home") == [renamed]
    assert records.list_feeds("nobody") == []


def test_entries_are_kept_by_account(records: AccountRecords) -> None:
    records.write_feeds("home", FEEDS)
    records.write_entries("home", [entry(1), entry(2), entry(10)])
    records.write_entries("work", [entry(2)])
    assert records.entry_ids("home") == {"1", "2", "10"}
    wanted = [EntryId("2"), EntryId("3")]
    assert records.read_entries("home", wanted) == {"2": entry(2)}
    assert records.read_entries("work", wanted) == {"2": entry(2)}
    records.write_entries("home", [entry(1, feed="2")])
    assert records.read_entries("home", [EntryId("1")]) == {"1": entry(1, feed="2")}
    records.delete_entries("home", [EntryId("1")])
    assert records.entry_ids("home") == {"2", "10"}
    assert records.entry_ids("work") == {"2"}


def test_the_newest_entries_have_the_greatest_numbers(records: AccountRecords) -> None:
    records.write_entries("home", map(entry, (9, 18446744073709551615, 10, 8)))
    newest = [each.id for each in records.newest_entries("home", 3)]
    assert newest == ["18446744073709551615", "10", "9"]


def test_articles_come_with_their_entries_in_batches(records: AccountRecords) -> None:
    records.write_entries("home", map(entry, range(2_500)))
    again = entry(7)._replace(id=EntryId("9000"), feed="2")
    records.write_entries("home", [again])
    batches = list(records.iter_articles("home"))
    assert [len(batch) for batch in batches] == [1_000, 1_000, 500]
    found = {article: ids for batch in batches for article, ids in batch.items()}
    assert found == {f"article {n}": [str(n)] for n in range(2_500)} | {"article 7": ["7", "9000"]}
    assert records.articles_with_entry("home", [again.article, ArticleId("other")]) == [
        again.article
    ]
    assert records.articles_with_entry("work", [again.article]) == []
    assert records.articles_of_other_feeds("home", FEEDS[:1]) == [again.article]


def test_entries_of_a_feed_that_left_are_forgotten(records: AccountRecords) -> None:
    records.write_feeds("home", FEEDS)
    records.write_entries("home", [entry(1), entry(2, feed="2"), entry(3)])
    records.write_feeds("home", FEEDS[1:])
    assert records.entry_ids("home") == {"2"}
    records.remove_feed("home", "2")
    assert records.entry_ids("home") == {"2"}, (
        "it is still known of what nothing is agreed any more"
    )
    records.write_feeds("home", [])
    assert records.entry_ids("home") == frozenset()


def test_an_account_starts_anew_or_is_removed(records: AccountRecords) -> None:
    for name in ("home", "work"):
        records.write_account(AccountRecord(name, last_success=NOON))
        records.write_feeds(name, FEEDS)
        records.write_entries(name, [entry(1)])
    records.reset_account("home")
    assert records.read_account("home") == AccountRecord("home", last_success=NOON)
    assert (records.entry_ids("home"), records.list_feeds("home")) == (frozenset(), FEEDS)
    records.remove_account("home")
    assert records.read_account("home") == AccountRecord("home")
    assert records.list_feeds("home") == []
    assert records.entry_ids("work") == {"1"}


def test_records_are_read_while_they_are_written_and_none_are_made_to_be_read(
    records: AccountRecords, file: Path
) -> None:
    assert read_records(file.with_name("none")) is None
    assert not file.with_name("none").exists()
    records.write_feeds("home", FEEDS)
    reading = read_records(file)
    assert reading is not None
    with reading:
        assert reading.list_feeds("home") == FEEDS
        with pytest.raises(sqlite3.Error):
            reading.write_feed("home", FEEDS[0])


@pytest.mark.parametrize("damage", ["unreleased", "text", "cut", "page", "empty"])
def test_damaged_records_are_set_aside_and_made_anew(file: Path, damage: str) -> None:
    with open_records(file) as records:
        records.write_entries("home", map(entry, range(2_000)))
        with closing(sqlite.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    damaged = {
        "unreleased": whole[:60] + (3).to_bytes(4, "big") + whole[64:],  # SQLite's user_version
        "text": b"Not a database. " * 1_000,
        "cut": whole[: len(whole) // 2],
        "page": whole[:8192] + b"\xa5" * 8192 + whole[16384:],
        "empty": b"",
    }[damage]
    file.write_bytes(damaged)
    with open_records(file) as again:
        assert again.entry_ids("home") == frozenset()
        assert "next sync" in again.notice
        again.write_entries("home", [entry(1)])
    [aside] = [each for each in file.parent.iterdir() if ".damaged-" in each.name]
    assert aside.read_bytes() == damaged
    with open_records(file) as once_more:
        assert once_more.entry_ids("home") == {"1"}
        assert not once_more.notice


def test_records_of_a_newer_version_are_left_alone(file: Path) -> None:
    open_records(file).close()
    with closing(sqlite.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version={RECORDS.version + 1}")
    with pytest.raises(CollectingError, match="a newer rilo-reader"):
        open_records(file)
    with pytest.raises(CollectingError, match="a newer rilo-reader"):
        read_records(file)
    assert not list(file.parent.glob("*.damaged-*"))


def test_every_field_of_an_account_is_written_again(records: AccountRecords) -> None:
    later = NOON.replace(hour=13)
    records.write_account(AccountRecord("home", NOON, NOON, 1, "busy", "It is busy.", NOON))
    changed = AccountRecord("home", later, later, 2, "login", "It was refused.", later)
    records.write_account(changed)
    assert records.read_account("home") == changed
    records.write_account(AccountRecord("home"))
    assert records.read_account("home") == AccountRecord("home")
