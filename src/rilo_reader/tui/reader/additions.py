"""Adding feeds and pages by their addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rilo_reader.feeds.progress import FeedProgress
from rilo_reader.text import format_count, redact_address
from rilo_reader.tui import panels
from rilo_reader.tui.children import Addable, AddResult, Discovery, LookupProgress, Report
from rilo_reader.tui.reader.controller import ReaderContext
from rilo_reader.tui.reader.forms import FormController
from rilo_reader.tui.reader.refresh import RefreshRunner
from rilo_reader.tui.reader.values import Addition

NOTHING_ADDED = AddResult(is_new=False)


class Additions(FormController):
    """Adds feeds and pages."""

    def __init__(
        self,
        context: ReaderContext,
        refresh: RefreshRunner,
        feeds_changed: Callable[[], None],
        account_names: Callable[[], Sequence[str]],
    ) -> None:
        super().__init__(context)
        self._refresh = refresh
        self._feeds_changed = feeds_changed  # called when there are other subscriptions
        self._account_names = account_names  # runs in a thread
        self._names_task = context.tasks.make_latest("accounts")
        self._form: panels.additions.AddScreen | None = None
        self._added = NOTHING_ADDED  # as far as it came
        # what servers sent for the open form
        self._answers_folder: TemporaryDirectory[str] | None = None

    def on_form_left(self) -> None:
        """Also delete the cached server answers."""
        super().on_form_left()
        kept, self._answers_folder = self._answers_folder, None
        if kept is not None:
            kept.cleanup()

    def on_report(self, report: Report) -> None:
        """Count what comes with the first fetch of a feed, and show what is asked before it."""
        if isinstance(report, FeedProgress):
            self._refresh.add_new_articles(report)
            self._added = AddResult(report.name, len(report.new))  # it is followed by then
        elif isinstance(report, AddResult):
            self._added = report
        elif isinstance(report, LookupProgress) and self._form is not None:
            self._form.show_progress(report.asking, report.seconds)

    # -- feeds and pages --------------------------------------------------------------------------

    def ask_address(self) -> None:
        """Ask for an address, and follow what is found there."""
        others = self.other_additions()
        *names, last = ["a feed", "a page", *(each.name for each in others)]
        title = f"Add {', '.join(names)} or {last}"

        def add(found: Addable, tags: tuple[str, ...], account: str) -> None:
            self.tasks.run(self._add_found(form, found, tags, account), group="add")

        notes = [each.note for each in others]
        if (folder := self.context.environment.find_other_library(self.context.config)) is not None:
            here = self.context.environment.collection_folder
            follow = f"Feeds go into your library, {folder}, not into {here}: enter follows"
            notes = [f"{follow} them there.", *notes]
        form = panels.additions.AddScreen(title, notes, add)
        self._form = form
        self.open_form(form, partial(self._look_up, form))
        self._names_task.request(self._account_names, form.show_accounts)

    def other_additions(self) -> list[Addition]:
        """Return the other things that can be added."""
        controllers = self.context.all_controllers
        return [each.addition for each in controllers if each.addition is not None]

    def _answers_arguments(self) -> Sequence[str]:
        """Return the arguments that make the verb reuse server answers while the form is open."""
        if self._answers_folder is None:
            self._answers_folder = TemporaryDirectory(
                prefix="rilo-reader-", ignore_cleanup_errors=True
            )
        return "--answers", str(Path(self._answers_folder.name, "answers"))

    def _look_up(self, form: panels.additions.AddScreen) -> None:
        """Look up an address, or hand it to the addition that recognizes it."""
        address = form.answers[0]
        for begin in filter(None, (each.begin(address) for each in self.other_additions())):
            form.dismiss(None)
            begin()
            return

        words = ["add", "--look", "--json", *self._answers_arguments()]

        async def look() -> None:
            there = await self.run_verb(form, Discovery, *words, "--", address)
            if there is not None:
                form.show_found(there.found, there.problem)

        form.show_busy("Looking for feeds…")
        self.tasks.run(look(), group="add")

    async def _add_found(
        self, form: panels.additions.AddScreen, found: Addable, tags: Sequence[str], account: str
    ) -> None:
        """Follow a feed, here or on an account, or keep a page."""
        arguments = ["--page"] if found.is_page else ["--feed"]
        arguments += ["--json", *self._answers_arguments()]
        other = (
            None
            if found.is_page
            else self.context.environment.find_other_library(self.context.config)
        )
        arguments += [] if other is None else ["--library", str(other)]
        if not found.is_page:
            arguments += [part for tag in tags for part in ("--tag", tag)]
            arguments += ["--account", account] if account else []
        self._added, added = NOTHING_ADDED, None
        if not form.is_stopping:
            added = await self.run_verb(form, AddResult, "add", *arguments, "--", found.url)
        is_stopped = added is None and form.is_stopping
        if is_stopped and self._added.is_new:
            added = self._added
        if added is None:
            if is_stopped and form.is_attached:
                form.show_stopped()
            return
        if form.is_attached:
            form.dismiss(None)
        name = added.name or found.title or redact_address(found.url)
        key = self.widgets.key_of("refresh")
        if found.is_page:
            message = f"Saved: {name}" if added.new else f"You already have it: {name}"
        elif not added.is_new:
            message = f"You already follow {name}."
        elif is_stopped and not (added.new or added.account):
            message = f"You now follow {name}; its articles come with the next refresh."
        elif added.account:
            message = f"{added.account} now follows {name}; {key} fetches its articles."
        else:
            where = f" in {other}" if other is not None else ""
            message = f"You now follow {name}: {format_count(added.new, 'article')}{where}."
        self.widgets.show_message(message)
        self._feeds_changed()
        if added.new:
            self.context.leave_guide()
