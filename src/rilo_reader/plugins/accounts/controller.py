"""Accounts in the reader: added in a form, and shown in the panel of feeds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.tui import panels
from rilo_reader.tui.children import AddResult
from rilo_reader.tui.keys import Handler
from rilo_reader.tui.reader.controller import ReaderContext
from rilo_reader.tui.reader.feeds import FeedController
from rilo_reader.tui.reader.forms import FormController
from rilo_reader.tui.reader.values import Addition

if TYPE_CHECKING:
    from rilo_reader.plugins.accounts.service import Api

SECRET_PLACES = {
    "keyring": "in your system keyring",
    "passwords.toml": "in passwords.toml (mode 0600)",
}
"""Places of a secret in words, by the `secret` of `account add --json`."""


class AccountController(FormController):
    """Adds accounts."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._feeds = context.controller_of(FeedController)
        self.commands = {"accounts": self._feeds.open_sources}
        self.addition = Addition(
            "an account",
            "For an account: miniflux ADDRESS, greader ADDRESS (FreshRSS, …), fever ADDRESS "
            "(yarr, …), imap ADDRESS (mail).",
            "The same key adds an account at a server with your feeds, such as Miniflux or "
            "FreshRSS.",
            self._find_handler,
        )

    def _find_handler(self, typed: str) -> Handler | None:
        from rilo_reader.plugins.accounts.form import parse_account_request

        request = parse_account_request(typed)
        return None if request is None else partial(self._open_form, *request)

    def _open_form(self, api: Api, address: str) -> None:
        """Ask for an account at an address, which may be unknown yet."""
        from rilo_reader.plugins.accounts.form import make_account_form

        form = make_account_form(api, address)
        self.open_form(form, partial(self._add_account, api, form))

    def _add_account(self, api: Api, form: panels.panel.FormScreen) -> None:
        from rilo_reader.plugins.accounts.accounts import split_login
        from rilo_reader.secret_store import Secret

        url, user, password, name = form.answers
        try:
            login = split_login(url, api)
        except ValueError as error:
            form.show_fault(f"{error}.")
            return
        user = user or login.user
        # Nothing secret is an argument: any user of the computer sees those.
        arguments = ["account", "add", "--json", "--password-stdin"]
        arguments += ["--user", user] if user else []
        arguments += ["--name", name] if name else []
        arguments += ["--", str(api), login.url]
        form.show_busy("Logging in…")
        secret = Secret(password or login.password)

        async def log_in() -> None:
            added = await self.run_verb(form, AddResult, *arguments, given=secret)
            if added is not None:
                form.dismiss(None)
                where = SECRET_PLACES.get(added.secret, "kept")
                self.widgets.show_message(f"{added.name} is added; its password is {where}.")
                self._feeds.refresh.start_next()

        self.tasks.run(log_in(), group="add")
