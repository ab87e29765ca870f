"""The form that adds an account at a feed service."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rilo_reader.sync.services.service import Api
from rilo_reader.tui.panels.base import Form, Question

KEPT_NOTE = "The password is kept in the keyring of your system, else in a file for you alone."
TITLES: Mapping[Api, str] = MappingProxyType(
    {
        Api.MINIFLUX: "Add an account at Miniflux",
        Api.GREADER: "Add an account by the Google Reader API",
    }
)
NOTES: Mapping[Api, str] = MappingProxyType(
    {
        Api.MINIFLUX: "Without a user it takes an API key.",
        Api.GREADER: "FreshRSS wants the API password of your profile there.",
    }
)


def account_form(api: Api, address: str) -> Form[None]:
    """Return a form for an account: its address, user, password, and what it is called."""
    has_keys = api.has_keys
    questions = [
        Question(address, "https://reader.example.org", needed="the address of the server"),
        Question("", "user, or none for an API key")
        if has_keys
        else Question("", "user", needed="the user"),
        Question(
            "",
            "password, or API key" if has_keys else "password",
            needed="the password",
            is_secret=True,
        ),
        Question("", "what you call it, if you like"),
    ]
    note = f"{NOTES[api]}\n{KEPT_NOTE}"
    return Form(TITLES[api], questions, note, "enter logs in   tab next   esc closes")
