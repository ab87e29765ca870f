"""The reader's screen as its rooms share it: the widgets, the library, and a way to say things."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.screen import Screen

from rilo_reader.commands import COMMANDS, effective_keys
from rilo_reader.config import Config
from rilo_reader.keys import key_label
from rilo_reader.library import Library, LibraryError
from rilo_reader.tui.tasks import LatestTask, SerialTasks
from rilo_reader.tui.textual_patches import FrameClock
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.divider import Divider
from rilo_reader.tui.widgets.search_row import SearchRow
from rilo_reader.tui.widgets.status_lines import BottomLine, CompletionLine, FaultLine

if TYPE_CHECKING:
    from rilo_reader.tui.children import Environment


class ReaderContext(Screen[None], inherit_bindings=False):
    """What every room of the reader's screen stands on."""

    def __init__(self, library: Library, config: Config, around: Environment) -> None:
        super().__init__()
        self.library = library
        self.config = config
        self.around = around
        self.keys = effective_keys(config.keys)
        self.search_row = SearchRow()
        self.fault_line = FaultLine()
        self.articles = ArticleList(date_format=config.date_format)
        self.divider = Divider()
        self.view = ArticleView(
            width=config.width, date_format=config.date_format, in_vault=library.is_vault
        )
        self.completion_line = CompletionLine()
        self.hints = [
            (key, command.bar)
            for command in COMMANDS
            if command.bar and (key := self.key_of(command.id))
        ]
        self.bottom = BottomLine(self.hints)
        self.written = SerialTasks(self, "written", self.say_error)
        # Whether the index is as the folder is, as far as anybody can say.
        self.caught_up = False
        # Whether a frame now would show half of what a key does.
        self.frame_waits: Callable[[], bool] = lambda: False
        self.frames = FrameClock(self._paint, self.call_later)
        # The keys that came and wait for their turn.
        self.keys_ahead: Callable[[], Sequence[str]] = lambda: ()
        # While an answer is waited for: what ends that early, and the keys that do.
        self._wants_to_leave: asyncio.Event | None = None
        self._left_with: set[str] = set()
        # What stands over the last line says in its place what happens.
        self.speaker: Callable[[str], None] | None = None

    def on_idle(self, event: events.Idle) -> None:
        """Textual paints when it has nothing else to do, which may be in the middle of a key."""
        if self.frame_waits():
            event.prevent_default()

    @property
    def _update_timer(self) -> FrameClock:  # type: ignore[override]
        """What Textual paints by; a Textual that knows it by another name paints as it likes."""
        return self.frames

    def _paint(self) -> None:
        if self.frame_waits():
            self.frames.stand_back()
        else:
            self._on_timer_update()
            if self.app.screen is not self:
                # A panel stands over this and paints both. Textual hands it what changed here, and
                # asks for another frame here as well, which would hand it over again, sixty times
                # a second for as long as the panel is open.
                self._repaint_required = False

    # -- waiting ----------------------------------------------------------------------------------

    async def answered(self, *questions: LatestTask, while_typing: bool = False) -> None:
        """Wait until questions are answered, or somebody presses a key that leaves.

        Args:
            questions: one after the other.
            while_typing: whether a key that types something types it, and means nothing else.
        """

        async def all_answered() -> None:
            for question in questions:
                await question.answered()

        leave = {key for key in self.keys["quit"] if "+" in key or not while_typing}
        self._left_with, self._wants_to_leave = leave, asyncio.Event()
        self.keys_came()
        ways = (all_answered(), self._wants_to_leave.wait())
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self._wants_to_leave = None
        tasks[1].cancel()

    def keys_came(self) -> None:
        """Look whether one of the keys that wait for their turn leaves."""
        if self._wants_to_leave is not None and not self._left_with.isdisjoint(self.keys_ahead()):
            self._wants_to_leave.set()

    # -- saying -----------------------------------------------------------------------------------

    def say(self, message: str) -> None:
        """Say what was done, quietly, in the last line."""
        self.bottom.say(message)
        if self.speaker is not None:
            self.speaker(message)

    def say_error(self, error: LibraryError) -> None:
        """Say what went wrong, in the last line."""
        self.bottom.say(str(error), error=True)

    def key_of(self, command: str) -> str:
        """The first key of a command, as people write it; "" where it has none."""
        keys = self.keys[command]
        return key_label(keys[0]) if keys else ""

    # -- what one sees ----------------------------------------------------------------------------

    @property
    def settings_file(self) -> Path | None:
        """The user's settings.toml, None where there is no place for it."""
        return None if self.around.paths is None else self.around.paths.settings_file

    @property
    def is_guide(self) -> bool:
        """Whether the articles that ship stand in for a library that holds none yet."""
        return self.around.collects_into not in (None, self.library.folder)

    @property
    def saved_queries(self) -> Mapping[str, str] | None:
        """The saved searches by their names, None where there are none and @ is but a letter."""
        return {search.name: search.query for search in self.config.searches} or None

    @property
    def is_narrow(self) -> bool:
        """Whether list and article take turns."""
        return self.has_class("-narrow")

    @property
    def is_zen(self) -> bool:
        """Whether the article stands alone."""
        return self.has_class("-zen")

    @property
    def article_is_seen(self) -> bool:
        """Whether the article is on the screen."""
        return self.is_zen or not self.is_narrow or self.has_class("-reading")

    @property
    def in_article(self) -> bool:
        """Whether keys are meant for the article rather than for the list."""
        return self.view.has_focus

    @property
    def in_search(self) -> bool:
        """Whether somebody types into the search box."""
        return self.search_row.is_typed_in

    # Textual's `focus` waits for a moment of quiet; `set_focus` is at once, so that the next key of
    # somebody who types fast goes where it is meant.

    def enter_list(self) -> None:
        """Give the list the focus, and the screen where the two take turns."""
        self.remove_class("-reading", "-zen")
        self.set_focus(self.articles, scroll_visible=False)

    def enter_article(self) -> None:
        """Give the article the focus, and the screen where the two take turns."""
        self.add_class("-reading")
        self.set_focus(self.view, scroll_visible=False)
