"""The form for an account, and what asks for one."""

from __future__ import annotations

from rilo_reader.plugins.accounts.accounts import find_server
from rilo_reader.plugins.accounts.service import Api
from rilo_reader.tui.panels.panel import FormLine, FormScreen

KEPT_NOTE = "The password is stored in your system keyring, else in a file only you can read."
TITLES = {
    Api.MINIFLUX: "Add an account at Miniflux",
    Api.GREADER: "Add an account by the Google Reader API",
    Api.FEVER: "Add an account by the Fever API",
    Api.IMAP: "Add a mailbox",
}
NOTES = {
    Api.MINIFLUX: "Leave the user empty to log in with an API key.",
    Api.GREADER: "For FreshRSS, use the API password from your profile there.",
    Api.FEVER: "Use the user and password that you set for the API on the server.",
    Api.IMAP: "Its letters become articles. It is only read. Name a folder after the server.",
}
PLACES = {
    Api.MINIFLUX: "https://reader.example.org",
    Api.GREADER: "https://rss.example.org",
    Api.FEVER: "https://yarr.example.org",
    Api.IMAP: "mail.example.org/Newsletters",
}


def parse_account_request(text: str) -> tuple[Api, str] | None:
    """Return the API and the address, or "", if a text asks for an account; else None."""
    first, _, rest = text.strip().partition(" ")
    if rest.strip() and (server := find_server(first)):
        return server[1], rest.strip()
    try:
        return Api(first.lower()), rest.strip()
    except ValueError:
        return None


def make_account_form(api: Api, address: str) -> FormScreen:
    """Return a form for an account: its address, user, password, and what it is called."""
    user, password = FormLine("", "user", required_note="the user"), "password"
    if api.has_keys:
        user, password = FormLine("", "user, or none for an API key"), "password, or API key"
    questions = [
        FormLine(address, PLACES[api], required_note="the address of the server"),
        user,
        FormLine("", password, required_note="the password", is_secret=True),
        FormLine("", "a name for it (optional)"),
    ]
    note = f"{NOTES[api]}\n{KEPT_NOTE}"
    return FormScreen(TITLES[api], questions, note, "enter log in   tab next   esc cancel")
