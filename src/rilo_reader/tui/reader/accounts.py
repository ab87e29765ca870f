"""Forms whose answers a child process works on; one of them adds an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rilo_reader.text import clean_line
from rilo_reader.tui.reader.context import ReaderPart

if TYPE_CHECKING:
    from rilo_reader.sync.services.secrets import Secret
    from rilo_reader.sync.services.service import Api
    from rilo_reader.tui.children import Collector, Report
    from rilo_reader.tui.panels.base import Form, PanelMessage
    from rilo_reader.tui.reader.context import ReaderContext

WHERE = {
    "keyring": "in the keyring of your system",
    "passwords.toml": "in passwords.toml (mode 0600)",
}
"""Where a secret is kept, by what `account add --json` says."""

AnyForm = TypeVar("AnyForm", bound="Form[None]")


class FormWork(ReaderPart, Generic[AnyForm]):
    """A form, and the child process that does what is filled in, until the form is left."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._form: AnyForm | None = None
        self._collector: Collector | None = None

    def _open(
        self, form: AnyForm, heard: Mapping[type[PanelMessage], Callable[[Any], object]]
    ) -> None:
        """Show the form; `heard` is what becomes of its messages."""
        form.heard = {**heard, form.Stopped: lambda _: self._stop()}
        self._form = form
        self.context.app.push_screen(form, self._left)

    def _left(self, _: None) -> None:
        self._form = None
        self._stop()

    def _stop(self) -> None:
        """Cancel what is in progress."""
        collector, self._collector = self._collector, None
        if collector is not None:
            self.tasks.run(collector.close(), name="stop adding", group="stop")

    def _begin(self) -> Collector | None:
        self._stop()
        if self.context.environment.collector is not None:
            self._collector = self.context.environment.collector()
        return self._collector

    async def stop(self) -> None:
        """End what is under way."""
        if self._collector is not None:
            await self._collector.close()


class AccountAdditions(FormWork["Form[None]"]):
    """Asks for an account, and has a child process log in and keep it."""

    def __init__(self, context: ReaderContext, added: Callable[[], None]) -> None:
        """Create it; `added` is called when there is another account."""
        super().__init__(context)
        self._added = added

    def open(self, api: Api, address: str) -> None:
        """Ask for an account at an address, which may be unknown yet."""
        from rilo_reader.tui.panels.account import account_form
        from rilo_reader.tui.panels.base import Form

        self._open(account_form(api, address), {Form.Filled: lambda _: self._add(api)})

    def _add(self, api: Api) -> None:
        from rilo_reader.sync.services.accounts import taken_apart
        from rilo_reader.sync.services.secrets import Secret

        if self._form is None:
            return
        url, user, password, name = self._form.answers
        try:
            login = taken_apart(url)
        except ValueError as error:
            self._form.show_fault(f"{error}.")
            return
        if (collector := self._begin()) is None:
            return
        user = user or login.user
        # Nothing secret is an argument: any user of the computer sees those.
        arguments = ["account", "add", "--json", "--password-stdin"]
        arguments += ["--user", user] if user else []
        arguments += ["--name", name] if name else []
        arguments += ["--", str(api), login.url]
        self._form.show_busy("Logging in…")
        secret = Secret(password or login.password)
        self.tasks.run(self._adding(collector, arguments, secret), name="account", group="add")

    async def _adding(self, collector: Collector, arguments: list[str], secret: Secret) -> None:
        last: Report = {}
        async for report in collector.run(*arguments, given=secret):
            last = report
        if collector is not self._collector:
            return
        self._collector = None
        if self._form is None:
            return
        if last.get("finished") is not True:
            error = last.get("error") or "It ended before it was done."
            self._form.show_fault(clean_line(str(error), 1000))
            return
        self._form.dismiss(None)
        where = WHERE.get(str(last.get("secret")), "kept")
        name = clean_line(str(last.get("name")))
        self.context.show_message(f"{name} is added; its password is {where}.")
        self._added()
