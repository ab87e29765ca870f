"""The widgets of the reader's screen: where they stand, what is seen of them, what has the keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from rilo_reader.commands import COMMANDS
from rilo_reader.config import Config
from rilo_reader.keys import key_label
from rilo_reader.library import LibraryError
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.divider import Divider
from rilo_reader.tui.widgets.search_row import SearchRow
from rilo_reader.tui.widgets.status_lines import BottomLine, CompletionLine, FaultLine

if TYPE_CHECKING:
    from textual.widget import Widget

    from rilo_reader.query.tree import QueryFault

NARROW = 80
"""Columns below which list and article take turns."""

LOW = 20
"""Lines below which there are no blank ones to spare."""

BOX_HINTS = (("enter", "results"), ("tab", "completes"), ("↑", "before"), ("esc", "everything"))
"""What the keys do while somebody types into the search box, where a letter is a letter."""

LEAST_LIST, LEAST_ARTICLE = 20, 30
"""Columns that the divider leaves on either side."""

COLUMNS = "columns"
"""The id of the container of list and article."""


class ReaderWidgets:
    """Widgets of a screen, by name, and their arrangement; what they show comes from elsewhere."""

    def __init__(
        self,
        screen: Screen[None],
        config: Config,
        keys: Mapping[str, tuple[str, ...]],
        *,
        in_vault: bool,
    ) -> None:
        """Make the widgets.

        Args:
            screen: where they are mounted; it carries the classes of the arrangement.
            config: width of the text, format of dates.
            keys: command id -> keys, in Textual's names.
            in_vault: whether the library is a vault of Obsidian's, whose links are written so.
        """
        self._screen = screen
        self._keys = keys
        self.search_row = SearchRow()
        self.fault_line = FaultLine()
        self.articles = ArticleList(date_format=config.date_format)
        self.divider = Divider()
        self.view = ArticleView(
            width=config.width, date_format=config.date_format, in_vault=in_vault
        )
        self.completion_line = CompletionLine()
        self._hints = [
            (key, command.bar)
            for command in COMMANDS
            if command.bar and (key := self.key_of(command.id))
        ]
        self.bottom = BottomLine(self._hints)
        self.message_listener: Callable[[str], None] | None = None

    def compose(self) -> ComposeResult:
        """The widgets, from the top."""
        yield self.search_row
        yield self.completion_line
        with Horizontal(id=COLUMNS):
            yield self.articles
            yield self.divider
            yield self.view
        yield self.bottom

    # -- messages ---------------------------------------------------------------------------------

    def key_of(self, command: str) -> str:
        """The first key of a command, as people write it; "" where it has none."""
        keys = self._keys[command]
        return key_label(keys[0]) if keys else ""

    def show_message(self, message: str) -> None:
        """Show what was done in the last line, and in the panel that stands over it."""
        self.bottom.say(message)
        if self.message_listener is not None:
            self.message_listener(message)

    def show_error(self, error: LibraryError) -> None:
        """Show what went wrong in the last line."""
        self.bottom.say(str(error), error=True)

    def show_key_hints(self) -> None:
        """Show the keys of what has the focus: in the search box other keys do things."""
        self.bottom.show_keys(BOX_HINTS if self.in_search else self._hints)

    # -- the line under the search box ------------------------------------------------------------

    @property
    def is_faulty(self) -> bool:
        """Whether a fault of the query has the line under the search box."""
        return self._screen.has_class("-faulty")

    def show_faults(self, text: str, faults: Sequence[QueryFault]) -> None:
        """Show what was not understood of a query.

        It takes the place of the blank line under the box, so that nothing below it moves.
        """
        self._screen.set_class(bool(faults), "-faulty")
        self.fault_line.show_faults(text, faults)

    def give_line_to_faults(self, is_faulty: bool) -> None:
        """Show the fault, or what may complete the word, where there is a line for one of them."""
        self._screen.set_class(is_faulty, "-faulty")
        self.fault_line.display = is_faulty

    def mount_fault_line(self) -> None:
        """Add the line for faults, which the first frame does without."""
        self._screen.mount(self.fault_line, after=self.search_row)

    # -- what is seen -----------------------------------------------------------------------------

    @property
    def is_attached(self) -> bool:
        """Whether the screen is still there."""
        return self._screen.is_attached

    @property
    def is_narrow(self) -> bool:
        """Whether list and article take turns."""
        return self._screen.has_class("-narrow")

    @property
    def is_zen(self) -> bool:
        """Whether the article stands alone."""
        return self._screen.has_class("-zen")

    @property
    def article_is_visible(self) -> bool:
        """Whether the article is on the screen."""
        return self.is_zen or not self.is_narrow or self._screen.has_class("-reading")

    @property
    def in_article(self) -> bool:
        """Whether keys are meant for the article rather than for the list."""
        return self.view.has_focus

    @property
    def in_search(self) -> bool:
        """Whether somebody types into the search box."""
        return self.search_row.is_typed_in

    def set_zen(self, is_zen: bool) -> None:
        """Show the article alone, or with the list."""
        self._screen.set_class(is_zen, "-zen")

    # -- focus ------------------------------------------------------------------------------------

    # Textual's `focus` waits for a moment of quiet; `set_focus` is at once, so that the next key of
    # somebody who types fast goes where it is meant.

    def enter_list(self) -> None:
        """Give the list the focus, and the screen where the two take turns."""
        self._screen.remove_class("-reading", "-zen")
        self._screen.set_focus(self.articles, scroll_visible=False)

    def enter_article(self) -> None:
        """Give the article the focus, and the screen where the two take turns."""
        self._screen.add_class("-reading")
        self._screen.set_focus(self.view, scroll_visible=False)

    def enter_search(self) -> None:
        """Give the search box the focus, with all of its text selected."""
        self._screen.remove_class("-zen", "-reading")
        self._screen.set_focus(self.search_row.box, scroll_visible=False)
        self.search_row.box.select_all()

    def watch_search_cursor(self, moved: Callable[[], None]) -> None:
        """Call `moved` whenever the cursor moves in the search box."""
        self._screen.watch(self.search_row.box, "selection", moved, init=False)

    def copy_selection(self) -> None:
        """Copy the selected text to the clipboard."""
        self._screen.action_copy_text()

    # -- sizes ------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Fit the size of the terminal: narrow, low, and the width of the list."""
        width, height = self._screen.app.size
        self._screen.set_class(width < NARROW, "-narrow")
        self._screen.set_class(height < LOW, "-low")
        if self.is_narrow:
            # What has the focus is what stays on the screen.
            self._screen.set_class(self.in_article, "-reading")
        if self.divider.column is not None:
            self.set_divider(self.divider.column)

    def set_divider(self, column: int) -> None:
        """Make the list end at a column, as far as both sides keep their least width."""
        self.divider.column = column
        widest = max(LEAST_LIST, self._screen.app.size.width - LEAST_ARTICLE)
        self.articles.styles.width = (
            None if self.is_narrow else max(LEAST_LIST, min(column, widest))
        )

    def mount_above_columns(self, widget: Widget) -> None:
        """Add a widget between the search box and the list."""
        self._screen.mount(widget, before=f"#{COLUMNS}")
