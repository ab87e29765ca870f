"""Feeds of accounts in the reader: whose they are, and changes on the server with undo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.plugins.accounts import accounts, source
from rilo_reader.plugins.accounts.form import NOTES, TITLES
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import AccountRecord, records_file
from rilo_reader.plugins.accounts.service import Account, Api, ServerFeed
from rilo_reader.secret_store import Secret, SecretPlace, SecretStore
from rilo_reader.tui.panels.additions import AddScreen
from rilo_reader.tui.panels.feeds import FeedsScreen
from tests.plugins.accounts.fake_service import OFFLINE
from tests.plugins.accounts.followed import Followed
from tests.support.reader import FedCollector, Reader, paths_in, reading
from tests.support.watched_library import WatchedLibrary, article

OWN = "https://own.example.org/feed"
ONE = ServerFeed("7", "https://one.example.org/feed", "Source 1", ("News",))
BOTH = ServerFeed("8", "https://both.example.org/feed", "Both", ("News",))
NEW = ServerFeed("9", "https://new.example.org/feed", "New", ("Tech",))
FEEDS = f"""\
[[feeds]]
url = "{OWN}"
title = "Own"

[[feeds]]
url = "{BOTH.url}"
title = "Both"
"""


class User(Followed):
    """Somebody with an account and feeds of their own."""

    def __init__(self, folder: Path) -> None:
        self.library = WatchedLibrary([article(number) for number in range(6)])
        super().__init__(paths_in(folder), self.library.folder, (ONE, BOTH, NEW))
        self.file = self.paths.feeds_file
        self.file.write_text(FEEDS)
        with self.records() as records:
            records.write_account(AccountRecord("home", last_success=datetime.now(UTC)))

    @asynccontextmanager
    async def reading(self, collector: FedCollector | None = None) -> AsyncIterator[Reader]:
        opened = reading(
            self.library, paths=self.paths, collects_into=self.folder, collector=collector
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(source, "make_connector", lambda *_: self.connect)
            async with opened as reader:
                yield reader


def panel(reader: Reader) -> FeedsScreen:
    assert isinstance(reader.app.screen, FeedsScreen)
    return reader.app.screen


def names(reader: Reader) -> list[str]:
    return [entry.text.strip() for entry in panel(reader).entries]


async def open_at(reader: Reader, name: str) -> None:
    """Open the panel, with the cursor on a feed."""
    await reader.press("F")
    entries = panel(reader).entries
    number = [entry.text.strip() for entry in entries].index(name)
    await reader.press(*["j"] * sum(not entry.is_heading for entry in entries[:number]))


async def fill_in(reader: Reader, key: str, text: str) -> None:
    """Open a prompt by its key, and type something else."""
    await reader.press(key, "ctrl+u")
    await reader.paste(text)
    await reader.press("enter")


@pytest.mark.slow
async def test_the_panel_says_whose_each_feed_is(tmp_path: Path) -> None:
    async with User(tmp_path).reading() as reader:
        await open_at(reader, "Source 1")
        details = {each.text.strip(): each.detail for each in panel(reader).entries}
        assert details["Own"] == "Not fetched into this library yet."
        assert details["Source 1"].startswith("on home · ")
        assert details["Both"].startswith("also on home · ")
        assert names(reader)[:3] == ["News", "Source 1", "Tech"]
        assert panel(reader).note.startswith("https://one.example.org/feed · on home · ")


@pytest.mark.slow
async def test_the_problem_of_an_account_is_shown_also_without_feeds(tmp_path: Path) -> None:
    user = User(tmp_path)
    broken = AccountRecord("home", failures=1, failure="login", reason="The password is refused.")
    with user.records() as records:
        records.write_account(broken)
    async with user.reading() as reader:
        await open_at(reader, "Source 1")
        entries = panel(reader).entries
        assert [entry.text for entry in entries[:2]] == ["With problems", "home"]
        assert entries[3].is_wrong
        assert entries[3].detail == "on home · The password is refused."
        # Long ones do not fit into a row, so all of it is below, on the heading of a tag as well.
        assert panel(reader).note.startswith("on home · The password is refused.")
        assert "to check it now: rilo-reader account check home" in panel(reader).note
        await reader.press("k")
        here = panel(reader).current_payload
        assert here is not None
        assert here.is_tag
        assert "on home · The password is refused." in panel(reader).note
        with user.records() as records:
            records.write_feeds("home", [])
        await reader.press("escape", "F")
        assert panel(reader).note == "home: The password is refused."


@pytest.mark.slow
async def test_a_feed_that_the_server_cannot_fetch_is_fetched_there(tmp_path: Path) -> None:
    user, collector = User(tmp_path), FedCollector()
    with user.records() as records:
        records.write_feed("home", ONE._replace(problem="Not found (404)"))
    async with user.reading(collector) as reader:
        await open_at(reader, "Source 1")
        assert panel(reader).entries[1].is_wrong
        assert "home cannot fetch it: Not found (404)." in panel(reader).note
        assert "account check" not in panel(reader).note
        await reader.press("R")
        assert collector.verbs == [("refresh", "--json", ONE.url)]
        with user.records() as records:
            records.write_feed("home", ONE)
        collector.end({"feeds": 1, "new": 0, "failed": 0, "finished": True})
        await reader.settle()
        assert not panel(reader).entries[1].is_wrong


@pytest.mark.slow
async def test_an_account_that_has_never_been_synced_says_so(tmp_path: Path) -> None:
    user, collector = User(tmp_path), FedCollector()
    records_file(user.folder, user.paths).unlink()
    user.file.unlink()
    async with user.reading(collector) as reader:
        await reader.press("F")
        assert panel(reader).note.startswith("home: not synced yet; R fetches its articles.")
        await reader.press("R")
        assert collector.verbs[-1] == ("refresh", "--json", "home")
        await reader.press("d")
        assert "A refresh is running" in panel(reader).message
        assert len(accounts.load(accounts_file(user.paths))[0]) == 1
        reason = "The password is refused."
        url = "https://home.example.org"
        await reader.press("escape")
        collector.report({"url": url, "name": "home", "state": "failed", "reason": reason})
        collector.end({"feeds": 2, "new": 0, "failed": 1, "finished": True})
        await reader.settle()
        assert reader.message == "Nothing new; home failed; F shows why."


@pytest.mark.slow
async def test_feeds_and_categories_are_changed_on_the_server_and_all_is_undone(
    tmp_path: Path,
) -> None:
    user = User(tmp_path)
    before = user.there
    async with user.reading() as reader:
        await open_at(reader, "Source 1")
        await fill_in(reader, "r", "Uno")
        assert "Uno" in user.there
        assert "Uno" in names(reader)
        assert "Renamed Source 1 to Uno" in panel(reader).message
        await fill_in(reader, "t", "Far")
        assert user.there["Uno"] == ("Far",)
        assert names(reader)[0] == "Far"
        await reader.press("g", "j", "d")
        assert "Uno" not in {*user.there, *names(reader)}
        assert "undoes it" in panel(reader).message
        await reader.press("u")
        assert user.there["Uno"] == ("Far",)
        assert panel(reader).message == "Undone: removed Uno, on home"
        await reader.press("u", "u")
        assert user.there == before
        assert "Source 1" in names(reader)
        await reader.press("escape")
        await open_at(reader, "Both")
        await reader.press("d")
        assert "Both" in user.there
        assert BOTH.url not in user.file.read_text()
        assert "Still on home: d again removes it there" in panel(reader).message
        await reader.press("escape")
        await open_at(reader, "Both")
        await reader.press("d")
        assert "Both" not in user.there
        await reader.press("u", "u")
        assert "Both" in user.there
        await reader.press("escape")
        await open_at(reader, "Tech")
        await fill_in(reader, "r", "Sci")
        assert user.there["New"] == ("Sci",)
        await reader.press("u")
        assert user.there["New"] == ("Tech",)
    assert user.file.read_text() == FEEDS


@pytest.mark.slow
async def test_a_failure_changes_nothing_and_what_cannot_be_undone_now_can_be_later(
    tmp_path: Path,
) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        await open_at(reader, "Source 1")
        user.server.error = OFFLINE
        await reader.press("d")
        assert "Nothing was changed; try again when it can be reached." in reader.message
        assert user.file.read_text() == FEEDS
        user.server.error = None
        await fill_in(reader, "t", "A, B")
        assert "exactly one category" in reader.message
        assert user.file.read_text() == FEEDS
        await reader.press("escape")
        await open_at(reader, "Source 1")
        refused = FetchError(Failure.STATUS, "The server refuses it.")
        for error, said in ((OFFLINE, "could not be reached"), (refused, "refuses")):
            await reader.press("d")
            user.server.error = error
            await reader.press("u")
            assert said in reader.message
            user.server.error = None
            await reader.press("u")
            assert len(user.there) == (3 if error is OFFLINE else 2)
        assert reader.message == "There is nothing to undo."


@pytest.mark.slow
async def test_a_feed_of_an_account_is_muted_here_and_paused_there(tmp_path: Path) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        await open_at(reader, "Source 1")
        await reader.press("m")
        assert panel(reader).entries[1].detail.startswith("on home · muted · ")
        await reader.press("p")
        assert panel(reader).message == "Its server fetches it (on home); m hides its articles."
        await reader.press("escape")
        assert "Title 1" not in reader.titles
        await reader.press("F", "u")
        assert not panel(reader).entries[1].detail.startswith("on home · muted")
        await reader.press("escape")
        assert "Title 1" in reader.titles
        assert user.server.calls == []
        await open_at(reader, "New")
        await reader.press("m")
        assert panel(reader).message == "It has no articles yet."


@pytest.mark.slow
async def test_a_feed_can_be_added_to_an_account_but_not_to_a_mailbox(tmp_path: Path) -> None:
    collector = FedCollector()
    user = User(tmp_path)
    mailbox = Account("letters", Api.IMAP, "imaps://mail.example.org", "ann")
    accounts.add(accounts_file(user.paths), mailbox)
    async with user.reading(collector) as reader:
        await reader.press("a")
        [line] = [line for line in reader.text() if "to follow it there: home" in line]
        assert "letters" not in line
        await reader.type("x.example")
        await reader.press("tab", "tab")
        await reader.type("home")
        await reader.press("tab", "enter")
        assert collector.verbs == [("add", "--look", "--json", "--", "x.example")]
        collector.end({"url": "x", "feeds": [{"url": "https://x.example/feed"}], "page": None})
        await reader.settle()
        arguments = ("add", "--feed", "--json", "--account", "home", "--", "https://x.example/feed")
        assert collector.verbs[-1] == arguments
        last = {"finished": True, "followed": True, "name": "X", "url": "x", "new": 0}
        collector.end({**last, "account": "home"})
        await reader.settle()
        assert reader.message == "home now follows X; R fetches its articles."


# -- accounts -----------------------------------------------------------------------------------

COMMENTED = """\
# the one at home
[[accounts]]
name = "home"
api = "miniflux"
url = "https://home.example.org"
user = "me"
"""


async def command(reader: Reader, words: str) -> None:
    """Run the first command of the palette for some words."""
    await reader.press("ctrl+p")
    await reader.paste(words)
    await reader.settle()
    await reader.press("enter")


@pytest.mark.slow
async def test_without_accounts_the_palette_asks_for_one_and_feeds_are_followed_here(
    tmp_path: Path,
) -> None:
    user = User(tmp_path)
    accounts_file(user.paths).unlink()
    async with user.reading(FedCollector()) as reader:
        await command(reader, "account")
        assert isinstance(reader.app.screen, AddScreen)
        assert "miniflux ADDRESS" in reader.app.screen.note
        assert not any("or on an account:" in line for line in reader.text())
        await reader.press("tab", "tab")
        await reader.type("y.example")
        assert any("y.example" in line for line in reader.text())


@pytest.mark.slow
async def test_an_account_is_found_by_what_people_call_it_removed_and_comes_back_whole(
    tmp_path: Path,
) -> None:
    user = User(tmp_path)
    accounts_file(user.paths).write_text(COMMENTED)
    account = accounts.load(accounts_file(user.paths))[0][0]
    secrets = SecretStore(user.paths)
    secrets.save(account.credential, Secret("hunter2"))
    async with user.reading() as reader:
        for words in ("log out", "miniflux", "account"):
            await command(reader, words)
            here = panel(reader).current_payload
            assert here is not None
            assert here.account is not None
            assert here.account.name == account.name
            assert panel(reader).note.startswith("home: synced today")
            assert "d log out" in panel(reader).keys_line
            await reader.press("escape")
        await command(reader, "account")
        await reader.press("d")
        assert panel(reader).message.startswith("Logged out of home; its articles are kept · u")
        assert names(reader) == ["Both", "Own"]
        assert accounts.load(accounts_file(user.paths))[0] == ()
        assert secrets.find_place(account.credential) is SecretPlace.NOWHERE
        with user.records() as records:
            assert records.list_feeds("home") == []
        assert len(list(user.folder.rglob("*.md"))) == 7, "the article stays"
        await reader.press("u")
        assert "home" in names(reader)
        assert accounts_file(user.paths).read_text().endswith(COMMENTED)
        assert secrets.find(account.credential) == Secret("hunter2")


def test_every_api_has_a_form() -> None:
    assert set(TITLES) == set(NOTES) == set(Api)
