"""Adding accounts in the reader, told by a collector that the test feeds."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from rilo_reader.plugins.accounts.form import parse_account_request
from rilo_reader.plugins.accounts.service import Api
from rilo_reader.secret_store import Secret
from rilo_reader.tui.panels.additions import AddScreen
from rilo_reader.tui.panels.panel import FormScreen
from tests.support.reader import FedCollector, Reader, reading

PASSWORD = "hunter2 unique"
URL = "https://reader.example.org"
ADDED = {"finished": True, "name": "home", "server": "Miniflux", "secret": "passwords.toml"}
ESCAPES = "\x1b]0;mine\x07"


def form(reader: Reader) -> FormScreen:
    assert isinstance(reader.app.screen, FormScreen)
    return reader.app.screen


def boxes(reader: Reader) -> list[Input]:
    return list(form(reader).query(Input))


async def opened(reader: Reader, typed: str = f"miniflux {URL}") -> None:
    await reader.press("a")
    await reader.paste(typed)
    await reader.press("enter")
    await reader.settle()


async def fill_in(reader: Reader, user: str, password: str, name: str = "") -> None:
    """Type what is missing, from the user on, and log in."""
    for text in (user, password, name):
        await reader.paste(text)
        await reader.press("tab")
    await reader.press("enter")


def test_what_asks_for_an_account() -> None:
    assert parse_account_request(f" miniflux  {URL} ") == (Api.MINIFLUX, URL)
    assert parse_account_request("GReader example.org") == (Api.GREADER, "example.org")
    assert parse_account_request("miniflux") == (Api.MINIFLUX, "")
    assert parse_account_request("FreshRSS example.org/api") == (Api.GREADER, "example.org/api")
    for text in ("miniflux.app", "https://miniflux.app", "example.org miniflux", "", "freshrss"):
        assert parse_account_request(text) is None


@pytest.mark.slow
async def test_an_account_is_added_and_fetched() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("a")
        assert isinstance(reader.app.screen, AddScreen)
        assert "miniflux ADDRESS, greader ADDRESS" in reader.app.screen.note
        await reader.paste(f"miniflux {URL}")
        await reader.press("enter")
        await reader.settle()
        assert [box.value for box in boxes(reader)] == [URL, "", "", ""]
        assert "Leave the user empty to log in with an API key" in form(reader).note
        await fill_in(reader, "me", PASSWORD, "home")
        options = ("--json", "--password-stdin", "--user", "me", "--name", "home")
        assert collector.verbs == [("account", "add", *options, "--", "miniflux", URL)]
        assert collector.given == [Secret(PASSWORD)]
        assert "Logging in" in form(reader).note
        await reader.end(collector, ADDED)
        assert len(reader.app.screen_stack) == 1
        assert reader.message == "home is added; its password is in passwords.toml (mode 0600)."
        assert collector.verbs[1] == ("refresh", "--json")
        assert reader.bottom.fetching == "Refreshing…"


@pytest.mark.slow
async def test_an_account_is_fetched_after_the_refresh_that_is_under_way() -> None:
    refresh, adding = FedCollector(), FedCollector()
    async with reading(collectors=(refresh, adding, refresh)) as reader:
        await reader.press("R")
        await opened(reader)
        await fill_in(reader, "me", PASSWORD)
        await reader.end(adding, ADDED)
        assert refresh.verbs == [("refresh", "--json")]
        await reader.end(refresh, {"finished": True, "feeds": 1})
        assert refresh.verbs == [("refresh", "--json")] * 2


@pytest.mark.slow
async def test_a_password_is_shown_as_dots() -> None:
    async with reading(collector=FedCollector()) as reader:
        await opened(reader)
        await reader.press("tab")
        await reader.paste(PASSWORD)
        await reader.settle()
        text = "\n".join(strip.text for strip in reader.app.screen._compositor.render_strips())
        assert "•" * len(PASSWORD) in text
        assert PASSWORD not in text


@pytest.mark.slow
async def test_a_pasted_password_stays_as_it_is() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await opened(reader)
        box = boxes(reader)[2]
        box.focus()
        box.insert_text_at_cursor("two  spaces \r\nanother line")
        await reader.press("enter")
        assert collector.given == [Secret("two  spaces ")]


@pytest.mark.slow
async def test_a_login_of_the_address_is_no_argument() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await opened(reader, "greader")
        await reader.paste("https://me:hunter2@rss.example.org/api/greader.php")
        await reader.press("tab")
        await reader.type("me")
        await reader.press("tab")
        await reader.type("x")
        await reader.press("enter")
        url = "https://rss.example.org/api/greader.php"
        assert collector.verbs[0][-5:] == ("--user", "me", "--", "greader", url)
        assert "hunter2" not in str(collector.verbs)


@pytest.mark.slow
async def test_what_is_missing_is_asked_for() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await opened(reader, "greader")
        address, user, password, _ = boxes(reader)
        await reader.press("enter")
        assert form(reader).note == "Type the address of the server first."
        await reader.paste("rss.example.org")
        await reader.press("enter")
        assert user.has_focus
        await reader.press("enter")
        assert form(reader).note == "Type the user first."
        await reader.type("me")
        await reader.press("enter")
        assert password.has_focus
        assert collector.verbs == []
        await reader.type("x")
        await reader.press("enter")
        assert len(collector.verbs) == 1
        assert address.value == "rss.example.org"
        await reader.screen.leave()
    assert collector.closed == 1, "leaving ends a login"


@pytest.mark.slow
async def test_what_is_wrong_is_shown_in_place_and_can_be_mended() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await opened(reader)
        await fill_in(reader, "", "wrong")
        assert "--user" not in collector.verbs[0]
        await reader.end(
            collector, {"error": f"{URL}: the server {ESCAPES}does not accept the API key."}
        )
        assert form(reader).note == f"{URL}: the server ]0;minedoes not accept the API key."
        await reader.press("enter")
        await reader.end(collector)
        assert form(reader).note == "It stopped before it finished."
        boxes(reader)[0].value = "ftp://nowhere"
        await reader.press("enter")
        assert "is not the address of a server" in form(reader).note
        assert len(collector.verbs) == 2


@pytest.mark.slow
async def test_escape_stops_logging_in_then_closes_without_a_trace() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await opened(reader)
        await fill_in(reader, "me", PASSWORD)
        await reader.press("escape")
        await reader.settle()
        assert collector.closed == 1
        assert form(reader).note == "Stopped."
        await reader.press("escape")
        assert len(reader.app.screen_stack) == 1
        assert len(collector.verbs) == 1
        assert reader.message == ""
