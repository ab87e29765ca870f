"""Adding accounts at feed services."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rilo_reader.text import clean_line
from rilo_reader.tui.reader.context import ReaderPart

if TYPE_CHECKING:
    from rilo_reader.sync.services.account import Api
    from rilo_reader.sync.services.secrets import Secret
    from rilo_reader.tui.children import Collector, Report
    from rilo_reader.tui.panels.account import AccountForm, AccountScreen
    from rilo_reader.tui.reader.context import ReaderContext

WHERE = {
    "keyring": "in the keyring of your system",
    "passwords.toml": "in passwords.toml (mode 0600)",
}
"""Where a secret is kept, by what `account add --json` says."""


class AccountAdditions(ReaderPart):
    """Asks for an account, and has a child process log in and keep it."""

    def __init__(self, context: ReaderContext, added: Callable[[], None]) -> None:
        """Create it.

        Args:
            context: the reader.
            added: called when there is another account.
        """
        super().__init__(context)
        self._added = added
        self._panel: AccountScreen | None = None
        self._collector: Collector | None = None

    def open(self, api: Api, address: str) -> None:
        """Ask for an account at an address, which may be unknown yet."""
        from rilo_reader.tui.panels.account import AccountScreen

        self._panel = AccountScreen(api, address, self._add, self._stop)
        self.context.app.push_screen(self._panel, self._left)

    async def stop(self) -> None:
        """End what is under way."""
        if self._collector is not None:
            await self._collector.close()

    def _left(self, _: None) -> None:
        self._panel = None
        self._stop()

    def _stop(self) -> None:
        collector, self._collector = self._collector, None
        if collector is not None:
            self.tasks.run(collector.close(), name="stop adding", group="stop")

    def _add(self, form: AccountForm) -> None:
        from rilo_reader.sync.services.account_values import taken_apart
        from rilo_reader.sync.services.secrets import Secret

        self._stop()
        if self.context.environment.collector is None or self._panel is None:
            return
        try:
            login = taken_apart(form.url)
        except ValueError as error:
            self._panel.show_fault(f"{error}.")
            return
        user = form.user or login.user
        # Nothing secret is an argument: any user of the computer sees those.
        arguments = ["account", "add", "--json", "--password-stdin"]
        arguments += ["--user", user] if user else []
        arguments += ["--name", form.name] if form.name else []
        arguments += ["--", str(form.api), login.url]
        self._collector = self.context.environment.collector()
        secret = form.secret or Secret(login.password)
        self.tasks.run(
            self._adding(self._collector, arguments, secret), name="account", group="add"
        )

    async def _adding(self, collector: Collector, arguments: list[str], secret: Secret) -> None:
        last: Report = {}
        async for report in collector.run(*arguments, given=secret):
            last = report
        if collector is not self._collector:
            return
        self._collector = None
        if self._panel is None:
            return
        if last.get("finished") is not True:
            error = last.get("error") or "It ended before it was done."
            self._panel.show_fault(clean_line(str(error), 1000))
            return
        self._panel.dismiss(None)
        where = WHERE.get(str(last.get("secret")), "kept")
        name = clean_line(str(last.get("name")))
        self.context.show_message(f"{name} is added; its password is {where}.")
        self._added()
