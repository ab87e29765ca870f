"""Feeds of accounts: listed, and changed on their servers in the background, with undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.library import LibraryError
from rilo_reader.text import clean_line
from rilo_reader.tui.reader.context import ReaderPart
from rilo_reader.tui.reader.undo import Show, UndoStep

if TYPE_CHECKING:
    from rilo_reader.config import SettingsProblem
    from rilo_reader.feeds.status import AccountFeeds
    from rilo_reader.sync.services.feeds import Change, RemoteFeeds
    from rilo_reader.sync.services.service import Account
    from rilo_reader.tui.reader.context import ReaderContext

Changes = Mapping[str, Sequence["Change"]]
"""The changes of each account, by its name."""


class Beside(NamedTuple):
    """What changes one's own feeds along with those of accounts; both run in a thread."""

    edit: Callable[[], None] = lambda: None
    back: Callable[[], None] = lambda: None  # undoes that


class ServerFeeds(ReaderPart):
    """Asks servers one after another; marks that are written meanwhile do not wait."""

    def __init__(self, context: ReaderContext, changed: Callable[[], None]) -> None:
        """Create it; `changed` is called when feeds have changed."""
        super().__init__(context)
        self._changed = changed
        self._servers = context.tasks.serial("servers")

    @property
    def is_asking(self) -> bool:
        """Whether a change is under way."""
        return self._servers.is_running

    def after_changes(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the changes that are under way are done."""
        self._servers.do(lambda: None, lambda _: callback())

    def accounts(self) -> tuple[tuple[Account, ...], tuple[SettingsProblem, ...]]:
        """Return the accounts, and problems in accounts.toml; runs in a thread."""
        # Most people have none, and nothing is imported for them.
        paths = self.context.environment.paths
        if paths is None or not paths.accounts_file.exists():
            return (), ()
        from rilo_reader.sync.services.accounts import load

        return load(paths.accounts_file)

    def feeds(self, accounts: Sequence[Account]) -> list[AccountFeeds]:
        """Return the feeds of accounts; runs in a thread."""
        if not accounts:
            return []
        from rilo_reader.sync.services.status import feeds_of_accounts

        folder, paths = self.context.environment.places()
        return feeds_of_accounts(folder, paths, accounts)

    def _remote(self) -> RemoteFeeds:
        from rilo_reader.sync.services.feeds import RemoteFeeds, connecting

        folder, paths = self.context.environment.places()
        connect = self.context.environment.connect or connecting(folder, paths, self.context.config)
        return RemoteFeeds(folder, paths, connect)

    # -- changes ----------------------------------------------------------------------------------

    def change(self, changes: Changes, message: str, beside: Beside) -> None:
        """Change feeds of accounts, then one's own; can be undone.

        Args:
            changes: what to change on the servers.
            message: what was done then, for the user.
            beside: changes one's own feeds, if all went well.
        """
        self._show_asking(changes)
        self._servers.do(
            partial(self._change, changes, beside.edit),
            partial(self._show, clean_line(message), beside),
        )

    def _show_asking(self, changes: Changes) -> None:
        self.context.show_message(f"Asking {' and '.join(changes)}…")

    def _change(
        self, changes: Changes, edit: Callable[[], None]
    ) -> tuple[dict[str, list[Change]], str]:
        """Apply changes; return what undoes those that were done, and why others were not."""
        remote, problem = self._remote(), ""
        undos: dict[str, list[Change]] = {}
        for account, several in changes.items():
            for outcome in remote.change_all(account, several):
                problem = problem or outcome.error
                if outcome.undo is not None:
                    undos.setdefault(account, []).insert(0, outcome.undo)
        if problem and not undos:
            raise LibraryError(problem)
        if not problem:
            edit()
        return undos, problem

    def _show(
        self, message: str, beside: Beside, done: tuple[dict[str, list[Change]], str]
    ) -> None:
        undos, problem = done
        own = Beside() if problem else Beside(beside.back, beside.edit)

        def undo() -> Show:
            return partial(self._undo, step, undos, own)

        step = UndoStep(message, undo, is_setting=True, takes_long=True)
        self.context.undo.add(step)
        if problem:
            self.context.show_error(LibraryError(problem))
        self._changed()

    def _undo(self, step: UndoStep, undos: Changes, own: Beside) -> None:
        if undos:
            self._show_asking(undos)
        self._servers.do(partial(self._undone, step, undos, own), lambda show: show())

    def _undone(self, step: UndoStep, undos: Changes, own: Beside) -> Show:
        """Undo a step; runs in a thread, and returns what shows that."""
        from rilo_reader.sync.services.feeds import FeedChangeError

        try:
            _, problem = self._change(undos, own.edit)
        except FeedChangeError as error:
            if not error.is_offline:
                raise
            return partial(self._show_not_undone, step, error)
        if problem:
            raise LibraryError(problem)
        return partial(self._show_undone, step)

    def _show_not_undone(self, step: UndoStep, error: LibraryError) -> None:
        self.context.undo.put_back(step)
        self.context.show_error(error)

    def _show_undone(self, step: UndoStep) -> None:
        self._changed()
        self.context.show_message(f"Undone: {step.message}")
