"""The widgets of the reader's screen: arrangement, visibility, focus, messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.widget import Widget

from rilo_reader.commands import all_commands
from rilo_reader.config import Config
from rilo_reader.keys import key_label
from rilo_reader.library import LibraryError, Row
from rilo_reader.store.marks import Marks
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.divider import Divider
from rilo_reader.tui.widgets.search_row import SearchRow
from rilo_reader.tui.widgets.status_lines import BottomLine, CompletionLine, FaultLine, KeyHint

if TYPE_CHECKING:
    from rilo_reader.tui.widgets.search_box import FindBox
    from rilo_reader.tui.widgets.source_list import SourceList

WIDE = 140  # columns from which sources can stand beside the list
NARROW = 80  # columns below which either the list or the article is visible
LOW = 20  # lines below which blank lines are left out

EARLIER = ("↑", "earlier searches")  # from the empty box
BOX_HINTS = (EARLIER, ("esc", "clear search"))
"""Hints for the keys of the search box, below `enter`."""

SOURCE_HINTS: Mapping[str, str] = MappingProxyType(
    {"open": "show", "page_on": "fold", "all_read": "all read", "feeds": "manage", "back": "back"}
)
"""Commands that the last line names in the sources."""

ALWAYS: Mapping[str, str] = MappingProxyType(
    {"palette": "commands", "help": "help", "quit": "quit"}
)
"""Commands that the last line names also while the list is empty."""

FIND_HINTS = (("enter", "keep"), ("esc", "go back"))
"""Hints for the keys of the box that finds words in the article."""

LEAST_LIST, LEAST_ARTICLE = 20, 30  # minimum columns on either side of the divider
LIST_SHARE, SHARE_BESIDE = 0.36, 0.3  # of the screen, and beside sources
GOOD_LIST, GOOD_ARTICLE = 44, 45  # columns of the list, unless the article has less than these


def _make_hints(keys: Mapping[str, tuple[str, ...]], words: Mapping[str, str]) -> list[KeyHint]:
    """Return the hints of the key bar, with the user's keys; `words` replace a command's own."""
    return [
        (key_label(keys[command.id][0]), words.get(command.id, command.bar))
        for command in all_commands()
        if command.bar and keys[command.id]
    ]


class ReaderWidgets:
    """The widgets of a screen by name; controllers use them to show results."""

    def __init__(
        self,
        screen: Screen[None],
        config: Config,
        keys: Mapping[str, tuple[str, ...]],
    ) -> None:
        """Create the widgets; CSS classes of `screen` arrange them."""
        self.screen = screen
        self.search_row = SearchRow()
        self.fault_line = FaultLine()
        self.articles = ArticleList(date_format=config.date_format, title_rows=config.title_rows)
        self.divider = Divider()
        format_ = config.date_format
        self.view = ArticleView(width=config.width, date_format=format_)
        self.completion_line = CompletionLine()
        self.find_box: FindBox | None = None  # created when it is used first
        self.sources: SourceList | None = None  # as well
        self._mark_words: Mapping[str, str] = {}  # of commands that take a mark back
        self._keys, self._hints = keys, _make_hints(keys, {})
        self._mode_hints: Sequence[KeyHint] = ()
        # what the list can be asked for while it is empty: commands, each with a word
        self.offered_commands: Mapping[str, str] = {}
        self._page_hints: Sequence[KeyHint] = ()
        self._back_word = ""  # what `back` does in the list
        self._is_source = False  # whether the list shows a source, and keys go to others
        self.bottom = BottomLine(self._hints)
        self.bottom.whole_hint = self._whole_hint
        self.message_listener: Callable[[str], None] | None = None

    def configure(self, config: Config, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Use other settings and keys."""
        self.articles.configure(config.date_format, config.title_rows)
        self.view.configure(config.width, config.date_format)
        self._keys, self._hints = keys, _make_hints(keys, self._mark_words)
        self.bottom.whole_hint = self._whole_hint
        self.show_key_hints()

    def key_of(self, command: str) -> str:
        """Return the first key of a command, as people write it; "" where it has none."""
        keys = self._keys[command]
        return key_label(keys[0]) if keys else ""

    @property
    def _whole_hint(self) -> str:
        return f"{self.key_of('history') or 'click'} shows all"

    def show_message(self, message: str) -> None:
        """Show a message in the last line, and in an open panel."""
        self.bottom.show_message(message)
        if self.message_listener is not None:
            self.message_listener(message)

    def show_error(self, error: LibraryError | str) -> None:
        """Show an error in the last line, and in an open panel."""
        self.bottom.show_message(str(error), error=True)
        if self.message_listener is not None:
            self.message_listener(str(error))

    def show_focus(self) -> None:
        """Show which of list and article has the focus, where both are visible."""
        is_alone = self.is_narrow or self.is_zen
        pane: Widget = self.view if self.is_in_article else self.articles
        if self.is_in_sources and self.sources is not None:
            pane = self.sources
        self.completion_line.show_focus(None if is_alone or self.is_in_search_box else pane)

    def show_key_hints(self) -> None:
        """Show the keys of the focused widget, or of the mode that is on."""
        self.show_focus()
        self.bottom.show_keys(self._choose_hints())

    def _choose_hints(self) -> Sequence[KeyHint]:
        offered = self.offered_commands
        if self.is_in_search_box:
            enter = offered.get("open", "") if offered else "results"
            box = [hint for hint in BOX_HINTS if hint != EARLIER or not self.search_row.box.value]
            return [("enter", enter), *box] if enter else box
        if self.is_in_find_box:
            return FIND_HINTS
        if self.is_in_article and self.view.find_layer.text:
            keys = ("next_hit", "next"), ("previous_hit", "previous"), ("back", "end")
            return [(self.key_of(command), word) for command, word in keys]
        if self.is_in_sources:
            words = SOURCE_HINTS.items()
            return [(key, word) for command, word in words if (key := self.key_of(command))]
        if self._mode_hints:
            return self._mode_hints
        hints, other_pane = self._hints, "open"
        if offered:
            named = {**offered, **ALWAYS}
            hints = [(key, word) for it, word in named.items() if (key := self.key_of(it))]
            other_pane = ""
        if self.is_in_article:
            other_pane = "list"
        key = self.key_of(other_pane) if other_pane and self.is_narrow else ""
        to_other = [(key, other_pane)] if key else []
        if self.is_in_article:  # the way back stays longest
            hints, to_other = [*self._page_hints, *hints, *to_other], []
        elif not offered:
            hints, to_other = self._add_places([*hints[:1], *to_other, *hints[1:]]), []
        return [*hints[:1], *to_other, *hints[1:]]

    def _add_places(self, hints: Sequence[KeyHint]) -> list[KeyHint]:
        """Add to the hints of the list the way back and to other sources, or to the sources."""
        to_sources, back = self.key_of("list"), self.key_of("back")
        if back and self._back_word:
            keys = " ".join(filter(None, map(self.key_of, ("next_source", "previous_source"))))
            others = [(keys, "sources")] if keys and self._is_source else []
            return [*hints[:1], (back, self._back_word), *others, *hints[1:]]
        at = len(hints) - sum(bool(self.key_of(command)) for command in ALWAYS)
        return [*hints[:at], *([(to_sources, "sources")] if to_sources else []), *hints[at:]]

    def show_marks(self, row: Row | None) -> None:
        """Name in the last line what the keys for marks do to this article."""
        marks = row.marks if row is not None else Marks()
        is_on = {"read": marks.read, "star": marks.starred}
        words = {command: f"un{command}" for command, on in is_on.items() if on}
        if words != self._mark_words:
            self._mark_words, self._hints = words, _make_hints(self._keys, words)
            self.show_key_hints()

    def offer_commands(self, commands: Mapping[str, str]) -> None:
        """Name only these commands in the last line, each with a word; {} names the usual ones."""
        if commands != self.offered_commands:
            self.offered_commands = commands
            self.show_key_hints()

    def show_place(self, back: str, *, is_source: bool) -> None:
        """Name in the last line what `back` does in the list, "" for nothing, and other sources."""
        if (back, is_source) != (self._back_word, self._is_source):
            self._back_word, self._is_source = back, is_source
            self.show_key_hints()

    def show_page_hints(self, hints: Sequence[KeyHint]) -> None:
        """Show keys for what is on the screen of the article, before the others, while it is."""
        if hints != self._page_hints:
            self._page_hints = hints
            self.show_key_hints()

    def show_mode(self, hints: Sequence[KeyHint]) -> None:
        """Show the keys of a mode until it ends, which is () here."""
        self._mode_hints = hints
        self.show_key_hints()

    @property
    def is_faulty(self) -> bool:
        """True if the fault of the query is under the search box, and not completions."""
        return self.screen.has_class("-faulty")

    @is_faulty.setter
    def is_faulty(self, is_faulty: bool) -> None:
        self.screen.set_class(is_faulty, "-faulty")
        self.fault_line.display = is_faulty

    @property
    def is_narrow(self) -> bool:
        """True if only one of list and article is visible."""
        return self.screen.has_class("-narrow")

    @property
    def is_zen(self) -> bool:
        """True if only the article is visible (zen mode)."""
        return self.screen.has_class("-zen")

    @property
    def is_article_visible(self) -> bool:
        """True if the article is visible."""
        return self.is_zen or not self.is_narrow or self.screen.has_class("-reading")

    @property
    def is_in_article(self) -> bool:
        """True if the article has the focus, or the box that finds words in it."""
        return self.view.has_focus or self.is_in_find_box

    @property
    def is_in_sources(self) -> bool:
        """True if the sources have the focus."""
        # `has_focus` is set only once Textual's message for that is handled.
        return self.sources is not None and self.screen.focused is self.sources

    @property
    def has_room_beside(self) -> bool:
        """True if sources can stand beside list and article."""
        return self.screen.has_class("-wide")

    @property
    def sources_width(self) -> int:
        """The columns of the sources beside the list, 0 where they do not stand there."""
        is_beside = self.has_room_beside and self.screen.has_class("-sources")
        columns = self.screen.app.size.width
        return max(26, min(columns // 5, 36)) if is_beside and not self.is_zen else 0

    def set_sources_beside(self, is_beside: bool) -> None:
        """Show sources beside the list, where there is room, or not."""
        self.screen.set_class(is_beside, "-sources")
        self._fit_list()

    def enter_sources(self) -> None:
        """Focus the sources, and make them visible."""
        self.screen.remove_class("-reading", "-zen")
        self.screen.add_class("-at-sources")
        if self.sources is not None:
            self.screen.set_focus(self.sources, scroll_visible=False)

    @property
    def is_in_find_box(self) -> bool:
        """True if the box that finds words in the article has the focus."""
        return self.find_box is not None and self.find_box.has_focus

    @property
    def is_in_search_box(self) -> bool:
        """True if the search box has the focus."""
        return self.search_row.is_typed_in

    def set_zen(self, is_zen: bool) -> None:
        """Show the article alone, or with the list."""
        self.screen.set_class(is_zen, "-zen")
        self.show_focus()

    # Textual's `focus` is delayed until idle; `set_focus` is immediate, so that the next key of a
    # fast typist goes to the right widget.

    def enter_list(self) -> None:
        """Focus the list, and make it visible."""
        self.screen.remove_class("-reading", "-zen", "-at-sources")
        self.screen.set_focus(self.articles, scroll_visible=False)

    def enter_article(self) -> None:
        """Focus the article, and make it visible."""
        self.screen.add_class("-reading")
        self.screen.remove_class("-at-sources")
        self.screen.set_focus(self.view, scroll_visible=False)

    def enter_search(self, start: int = 0) -> None:
        """Focus the search box, and select its text from a character on."""
        self.screen.remove_class("-zen", "-reading", "-at-sources")
        self.screen.set_focus(self.search_row.box, scroll_visible=False)
        self.search_row.box.select_from(start)

    def arrange_panes(self) -> None:
        """Fit the arrangement to the size of the terminal."""
        width, height = self.screen.app.size
        self.screen.set_class(width < NARROW, "-narrow")
        self.screen.set_class(height < LOW, "-low")
        self.screen.set_class(width >= WIDE, "-wide")
        if self.is_narrow:
            # What has the focus is what stays on the screen.
            self.screen.set_class(self.is_in_article, "-reading")
        self.show_key_hints()
        self._fit_list()

    def _fit_list(self) -> None:
        """Give the list its share of the width, or what the divider was dragged to."""
        beside, columns = self.sources_width, self.screen.app.size.width
        wanted = max(int(columns * LIST_SHARE), min(GOOD_LIST, columns - GOOD_ARTICLE - 1))
        if beside:
            wanted = max(int(columns * SHARE_BESIDE), GOOD_LIST)
        if self.divider.column is not None:
            widest = max(LEAST_LIST, columns - beside - LEAST_ARTICLE)
            wanted = max(LEAST_LIST, min(self.divider.column - beside, widest))
        self.articles.styles.width = None if self.is_narrow else wanted
        if self.sources is not None:
            self.sources.styles.width = "1fr" if self.is_narrow else beside or wanted

    def set_divider(self, column: int) -> None:
        """Move the divider to a column, within the minimum widths."""
        self.divider.column = column
        self._fit_list()
        self.show_focus()
