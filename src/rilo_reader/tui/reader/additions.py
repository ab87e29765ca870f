"""Adding feeds, pages and accounts by their addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from rilo_reader.feeds.progress import FeedProgress
from rilo_reader.text import counted, shown_address
from rilo_reader.tui import panels
from rilo_reader.tui.children import (
    Added,
    Collector,
    Discovery,
    Found,
    VerbFailed,
)
from rilo_reader.tui.reader.context import ReaderContext, ReaderPart
from rilo_reader.tui.reader.refresh import Refresh

if TYPE_CHECKING:
    from rilo_reader.accounts.service import Api
    from rilo_reader.secrets import Secret

WHERE = {
    "keyring": "in your system keyring",
    "passwords.toml": "in passwords.toml (mode 0600)",
}
"""Where a secret is kept, by what `account add --json` says."""

End = TypeVar("End", Added, Discovery)


class Additions(ReaderPart):
    """Adds feeds, pages and accounts.

    What is filled in is done by a child process, until the form is left.
    """

    def __init__(
        self,
        context: ReaderContext,
        refresh: Refresh,
        feeds_changed: Callable[[], None],
        account_names: Callable[[], Sequence[str]],
    ) -> None:
        super().__init__(context)
        self._refresh = refresh
        self._feeds_changed = feeds_changed  # called when there are other subscriptions
        self._account_names = account_names  # runs in a thread
        self._naming = context.tasks.latest("accounts")
        self._collector: Collector | None = None  # works for the form that is open
        self._kept: TemporaryDirectory[str] | None = None  # what servers sent for the open form

    async def stop(self) -> None:
        """End what is under way: looking, adding."""
        collector, self._collector = self._collector, None
        if collector is not None:
            await collector.close()
        self._left()

    # -- forms ------------------------------------------------------------------------------------

    def _open(self, form: panels.panel.Form[None], **does: Callable[..., object]) -> None:
        """Show a form; `does` is what is done with it."""
        form.does = {**does, "stop": self._cancel}
        self.context.app.push_screen(form, self._left)

    def _left(self, _: object = None) -> None:
        """Stop what is in progress, and remove what was kept for it."""
        self._cancel()
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.cleanup()

    def _cancel(self, _: object = None) -> None:
        """Cancel what is in progress."""
        collector, self._collector = self._collector, None
        if collector is not None:
            self.tasks.run(collector.close(), group="stop")

    async def _end_of(
        self,
        form: panels.panel.Form[None],
        end: type[End],
        *arguments: str,
        given: Secret | None = None,
    ) -> End | None:
        """Run a verb for a form; return its last report, None if it failed or was cancelled."""
        self._cancel()
        collector = self._collector = self.context.environment.collector()
        last = None
        async for report in collector.run(*arguments, given=given):
            if isinstance(report, FeedProgress):
                self._refresh.came(report)
            last = report
        if collector is not self._collector:
            return None
        self._collector = None
        if isinstance(last, end):
            return last
        failed = isinstance(last, VerbFailed) and last.error
        form.show_fault(failed or "It stopped before it was done.")
        return None

    # -- feeds and pages --------------------------------------------------------------------------

    def add(self) -> None:
        """Ask for an address, and follow what is found there."""
        form = panels.additions.AddScreen()
        self._open(
            form,
            fill=self._look,
            take=lambda *taken: self.tasks.run(self._take(*taken), group="add"),
        )
        self._naming.ask(self._account_names, form.show_accounts)

    def _answers(self) -> Sequence[str]:
        """Arguments that have a server asked for each file once, while the form is open."""
        if self._kept is None:
            self._kept = TemporaryDirectory(prefix="rilo-reader-", ignore_cleanup_errors=True)
        return "--answers", str(Path(self._kept.name, "answers"))

    def _look(self, form: panels.additions.AddScreen) -> None:
        """Look what is at an address, or ask for an account there."""
        address = form.answers[0]
        if (account := panels.additions.account_in(address)) is not None:
            form.dismiss(None)
            self._ask_for_account(*account)
            return

        words = ["add", "--look", "--json", *self._answers()]

        async def look() -> None:
            there = await self._end_of(form, Discovery, *words, "--", address)
            if there is not None:
                form.show_found(there.found, there.problem)

        form.show_busy("Looking for feeds…")
        self.tasks.run(look(), group="add")

    async def _take(
        self, form: panels.additions.AddScreen, found: Found, tags: Sequence[str], account: str
    ) -> None:
        """Follow a feed, here or on an account, or keep a page."""
        arguments = ["--page"] if found.is_page else ["--feed"]
        arguments += ["--json", *self._answers()]
        if not found.is_page:
            arguments += [part for tag in tags for part in ("--tag", tag)]
            arguments += ["--account", account] if account else []
        added = await self._end_of(form, Added, "add", *arguments, "--", found.url)
        if added is None:
            return
        form.dismiss(None)
        name = added.name or found.title or shown_address(found.url)
        key = self.widgets.key_of("refresh")
        if found.is_page:
            message = f"Saved: {name}" if added.new else f"You already have it: {name}"
        elif not added.is_new:
            message = f"You already follow {name}."
        elif added.account:
            message = f"{added.account} now follows {name}; {key} fetches its articles."
        else:
            message = f"You now follow {name}: {counted(added.new, 'article')}."
        self.widgets.show_message(message)
        self._feeds_changed()
        if added.new:
            self.context.leave_guide()

    # -- accounts ---------------------------------------------------------------------------------

    def _ask_for_account(self, api: Api, address: str) -> None:
        """Ask for an account at an address, which may be unknown yet."""
        form = panels.additions.account_form(api, address)
        self._open(form, fill=partial(self._add_account, api))

    def _add_account(self, api: Api, form: panels.panel.Form[None]) -> None:
        from rilo_reader.accounts.accounts import taken_apart
        from rilo_reader.secrets import Secret

        url, user, password, name = form.answers
        try:
            login = taken_apart(url)
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
            added = await self._end_of(form, Added, *arguments, given=secret)
            if added is not None:
                form.dismiss(None)
                where = WHERE.get(added.secret, "kept")
                self.widgets.show_message(f"{added.name} is added; its password is {where}.")
                self._refresh.begin_next()

        self.tasks.run(log_in(), group="add")
