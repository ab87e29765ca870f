"""Adding feeds, pages and accounts by their addresses, and importing files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rilo_reader.text import clean_line
from rilo_reader.tui import panels
from rilo_reader.tui.children import Collector, Report
from rilo_reader.tui.reader.context import ReaderContext, ReaderPart

if TYPE_CHECKING:
    from rilo_reader.sync.services.account import Api
    from rilo_reader.sync.services.secrets import Secret


WHERE = {
    "keyring": "in the keyring of your system",
    "passwords.toml": "in passwords.toml (mode 0600)",
}
"""Where a secret is kept, by what `account add --json` says."""

AnyForm = TypeVar("AnyForm", bound="panels.panel.Form[None]")


class FormWork(ReaderPart, Generic[AnyForm]):
    """A form, and the child process that does what is filled in, until the form is left."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._form: AnyForm | None = None
        self._collector: Collector | None = None

    def _open(
        self,
        form: AnyForm,
        heard: Mapping[type[panels.panel.PanelMessage], Callable[[Any], object]],
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


class AccountAdditions(FormWork["panels.panel.Form[None]"]):
    """Asks for an account, and has a child process log in and keep it."""

    def __init__(self, context: ReaderContext, added: Callable[[], None]) -> None:
        """Create it; `added` is called when there is another account."""
        super().__init__(context)
        self._added = added

    def open(self, api: Api, address: str) -> None:
        """Ask for an account at an address, which may be unknown yet."""
        self._open(
            panels.additions.account_form(api, address),
            {panels.panel.Form.Filled: lambda _: self._add(api)},
        )

    def _add(self, api: Api) -> None:
        from rilo_reader.sync.services.account_values import taken_apart
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
        self._added()
        self.context.show_message(f"{name} is added; its password is {where}.")


class Additions(FormWork["panels.additions.AddScreen"]):
    """Adds feeds and pages, and imports files and what other readers have."""

    def __init__(
        self,
        context: ReaderContext,
        articles_came: Callable[[Report], int],
        feeds_changed: Callable[[], None],
        refresh: Callable[[], None],
        account_names: Callable[[], Sequence[str]],
    ) -> None:
        """Create it.

        Args:
            context: the reader.
            articles_came: takes note of the new articles that a verb names.
            feeds_changed: called when there are other subscriptions.
            refresh: fetches what is new.
            account_names: returns the names of accounts that can follow feeds; runs in a thread.
        """
        super().__init__(context)
        self._articles_came = articles_came
        self._feeds_changed = feeds_changed
        self._account_names = account_names
        self._naming = context.tasks.latest("accounts")
        self.accounts = AccountAdditions(context, refresh)
        self._importer: Collector | None = None

    # -- add --------------------------------------------------------------------------------------

    def add(self) -> None:
        """Ask for an address, and follow what is found there."""
        if self.context.environment.collector is None:
            self.context.show_message("There is nowhere to collect articles here.")
            return
        form = panels.additions.AddScreen()
        self._open(form, {form.Filled: lambda _: self._filled(form), form.Taken: self._take})
        self._naming.ask(self._account_names, form.show_accounts)

    def _filled(self, form: panels.additions.AddScreen) -> None:
        if (account := panels.additions.account_in(form.answers[0])) is not None:
            form.dismiss(None)
            self.accounts.open(*account)
        elif (collector := self._begin()) is not None:
            form.show_busy("Looking…")
            self.tasks.run(self._looked(collector, form.answers[0]), name="look", group="add")

    async def _looked(self, collector: Collector, address: str) -> None:
        last: Report = {}
        async for report in collector.run("add", "--look", "--json", "--", address):
            last = report
        if collector is not self._collector or self._form is None:
            return
        self._collector = None
        if "error" in last:
            self._form.show_fault(clean_line(str(last["error"])))
            return
        self._form.show_found(panels.additions.found_in(last))

    def _take(self, taken: panels.additions.AddScreen.Taken) -> None:
        """Follow a feed, here or on an account, or keep a page."""
        found, account = taken.found, taken.account
        collector = self._begin()
        if collector is None:
            return
        kind = "--page" if found.is_page else "--feed"
        filed = [] if found.is_page else [part for tag in taken.tags for part in ("--tag", tag)]
        where = ["--account", account] if account and not found.is_page else []
        arguments = ["add", kind, "--json", *filed, *where, "--", found.url]
        self.tasks.run(self._taken(collector, found, arguments), name="add", group="add")

    async def _taken(
        self, collector: Collector, found: panels.additions.Found, arguments: Sequence[str]
    ) -> None:
        last: Report = {}
        async for report in collector.run(*arguments):
            self._articles_came(report)
            last = report
        if collector is not self._collector:
            return
        if "error" in last:
            if self._form is not None:
                self._form.show_fault(clean_line(str(last["error"])))
            return
        self._collector = None
        if self._form is not None:
            self._form.dismiss(None)
        new = last.get("new")
        self._added(found, last, new if isinstance(new, int) else 0)

    def _added(self, found: panels.additions.Found, last: Report, new: int) -> None:
        name = clean_line(str(last.get("name") or last.get("title") or found.title or found.url))
        articles = f"{new:,} article{'' if new == 1 else 's'}"
        if found.is_page:
            self.context.show_message(f"Kept: {name}" if new else f"You have it already: {name}")
        elif last.get("followed") is False:
            self.context.show_message(f"You follow {name} already.")
        elif "account" in last:
            account, key = clean_line(str(last["account"])), self.context.key_of("refresh")
            self.context.show_message(f"{account} follows {name} now; {key} fetches its articles.")
        else:
            self.context.show_message(f"You follow {name} now: {articles}.")
        self._feeds_changed()
        if new:
            self.context.leave_guide()

    async def stop(self) -> None:
        """End what is under way: looking, adding, an import."""
        under_way = [each for each in (self._collector, self._importer) if each is not None]
        await asyncio.gather(self.accounts.stop(), *(each.close() for each in under_way))

    # -- import -----------------------------------------------------------------------------------

    def import_articles(self) -> None:
        """Ask for a file or folder, and import it."""
        if self.context.environment.collector is None:
            self.context.show_message("There is nowhere to collect articles here.")
            return
        note = "Files are copied: Markdown, HTML, mail, feeds, OPML, zip. newsboat: its data."
        box = panels.panel.Question("", "a file, a folder, or newsboat")
        self.context.app.push_screen(
            panels.panel.PromptScreen(
                "Import", [box], note, lambda answers: missing(answers[0]), verb="imports"
            ),
            self._import,
        )

    def _import(self, answers: tuple[str, ...] | None) -> None:
        if answers is None or self.context.environment.collector is None:
            return
        self._importer = collector = self.context.environment.collector()
        self.widgets.bottom.fetching = "Importing…"
        path = answers[0] if answers[0] == "newsboat" else str(_path(answers[0]))
        self.tasks.run(self._importing(collector, path), name="import", group="import")

    async def _importing(self, collector: Collector, path: str) -> None:
        sums = panels.additions.Imported()
        try:
            async for report in collector.run("import", "--json", "--", path):
                sums = sums.after(report)
                done = report.get("done")
                if isinstance(done, int):
                    self.widgets.bottom.fetching = f"Importing {done:,}…"
        finally:
            self._importer = None
            self.widgets.bottom.fetching = ""
        self.widgets.bottom.show_message(sums.message, error=bool(sums.error))
        self._feeds_changed()
        if sums.taken:
            self.context.leave_guide()


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def missing(text: str) -> str:
    """Why a path cannot be imported, for the user; "" if it can."""
    # A name may be too long, or the home of nobody.
    with suppress(OSError, RuntimeError):
        if text == "newsboat" or (text and _path(text).exists()):
            return ""
    return "There is no such file or folder."
