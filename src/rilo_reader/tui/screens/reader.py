"""The reader's screen: its layout, and the rooms put together."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from rilo_reader.config import Config, change
from rilo_reader.library import Library, LibraryError
from rilo_reader.tui.bindings import bindings
from rilo_reader.tui.screens.completing import Completing
from rilo_reader.tui.screens.faceting import Faceting
from rilo_reader.tui.screens.following import Following
from rilo_reader.tui.screens.keeping import Keeping
from rilo_reader.tui.screens.marking import Marking
from rilo_reader.tui.screens.relating import Relating
from rilo_reader.tui.screens.saving import Saving
from rilo_reader.tui.screens.sharing import Sharing
from rilo_reader.tui.widgets.divider import Divider

if TYPE_CHECKING:
    from rilo_reader.tui.indexer import Indexer

NARROW = 80
"""Columns below which list and article take turns."""

LEAST_LIST, LEAST_ARTICLE = 20, 30
"""Columns that the divider leaves on either side."""


class ReaderScreen(Saving, Completing, Relating, Faceting, Marking, Sharing, Following, Keeping):
    """Search box, list, article and key bar, and every command of commands.py as an action."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()

    DEFAULT_CSS = """
    ReaderScreen {
        background: $page-ground;
        color: $page-text;
        #desk { height: 1fr; }
        ArticleList { width: 36%; min-width: 20; }
        ArticleView { width: 1fr; }
        BottomLine { margin-top: 1; }
        &.-low BottomLine { margin: 0; }
        &.-low CompletionLine, &.-faulty CompletionLine { display: none; }
        &.-zen SearchRow, &.-zen FaultLine, &.-zen CompletionLine { display: none; }
        &.-zen ArticleList, &.-zen Divider { display: none; }
        &.-narrow Divider { display: none; }
        &.-narrow ArticleList { width: 1fr; }
        &.-narrow ArticleView { display: none; }
        &.-narrow.-reading ArticleView, &.-narrow.-zen ArticleView { display: block; }
        &.-narrow.-reading ArticleList { display: none; }
    }
    """

    def __init__(
        self,
        library: Library,
        config: Config,
        *,
        indexer: Callable[[], Indexer] | None = None,
        settings_file: Path | None = None,
        notices: Sequence[str] = (),
    ) -> None:
        super().__init__(library, config)
        self.make_indexer = indexer
        self.settings_file = settings_file
        self._notices = tuple(notices)

    def compose(self) -> ComposeResult:
        """The widgets, from the top."""
        yield self.search_row
        yield self.fault_line
        yield self.completion_line
        with Horizontal(id="desk"):
            yield self.articles
            yield self.divider
            yield self.view
        yield self.bottom

    # -- beginning and end ------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Go on where one was: first rows and first article on the spot, the rest afterwards."""
        self._lay_out()
        self.apply_mutes()
        session = self.library.session()
        self.text = session.query
        self.search_row.box.write(session.query)
        answer = self.answer(session.query, session.article, 0, self.held)
        if session.query and not answer.window.total:
            # A search that finds nothing is no place to begin.
            self.text = ""
            self.search_row.box.write("")
            answer = self.answer("", session.article, 0, self.held)
        if session.article is not None and answer.cursor:
            self.touched()
        self.show_answer(answer)
        self.set_focus(self.articles, scroll_visible=False)
        row = self.articles.cursor_row
        if row is not None and self.article_is_seen:
            self.open_at_once(row)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """The first article is painted: now there is time for everything else."""
        if not gc.isenabled():
            # What is there now stays: no later collection need look at it again.
            gc.freeze()
            gc.enable()
        told = (*self.library.notices, *self._notices, *(self.muted.problems if self.muted else ()))
        notices = [notice for notice in told if notice]
        if notices:
            more = f" ({len(notices) - 1} more: rilo-reader doctor)" if len(notices) > 1 else ""
            self.bottom.say(notices[0] + more, stay=True)
        self.keep_backups()
        self.follow_folder()

    async def farewell(self) -> None:
        """Keep everything, end what was started; nothing that was asked for is lost."""
        await self.written.done()
        self.keep_at_once()
        await self.stop_following()

    async def action_quit(self) -> None:
        """Leave; everything is kept."""
        await self.farewell()
        self.app.exit()

    def on_key(self, event: events.Key) -> None:
        """What was said at the start has been read."""
        self.bottom.let_go()

    def action_copy_text(self) -> None:
        """The selected text to the clipboard."""
        super().action_copy_text()
        self.say("Copied the selected text")

    # -- layout -----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Under 80 columns list and article take turns; low screens have no air to spare."""
        self._lay_out()

    def _lay_out(self) -> None:
        width, height = self.app.size
        was_seen = self.article_is_seen
        self.set_class(width < NARROW, "-narrow")
        self.set_class(height < 20, "-low")
        if self.is_narrow:
            # What has the focus is what stays on the screen.
            self.set_class(self.in_article, "-reading")
        elif not was_seen and (row := self.articles.cursor_row) is not None:
            self.open(row)
        if self.divider.column is not None:
            self._set_divider(self.divider.column)

    def on_divider_dragged(self, event: Divider.Dragged) -> None:
        """The list is as wide as the mouse says."""
        self.divider.column = event.column
        self._set_divider(event.column)

    def _set_divider(self, column: int) -> None:
        widest = max(LEAST_LIST, self.app.size.width - LEAST_ARTICLE)
        self.articles.styles.width = (
            None if self.is_narrow else max(LEAST_LIST, min(column, widest))
        )

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click into the article gives it the keys."""
        if event.widget is self.view:
            self.start_reading()

    # -- rooms on top -----------------------------------------------------------------------------

    def action_help(self) -> None:
        """Every command and its keys."""
        from rilo_reader.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.keys))

    def action_outline(self) -> None:
        """The headings of the article."""
        from rilo_reader.tui.screens.outline import outline

        headings = self.view.headings
        if not headings:
            self.say("This article has no headings.")
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self.enter_article()
                self.view.go_to_line(headings[index].line)

        self.app.push_screen(outline(headings, int(self.view.scroll_offset.y)), chosen)

    def action_palette(self) -> None:
        """Every command by its name."""
        from rilo_reader.tui.screens.palette import Palette

        self.app.push_screen(Palette())

    def action_theme(self) -> None:
        """Choose a theme, shown live; what is chosen is written to the settings."""
        from rilo_reader.tui.screens.themes import ThemeScreen

        before = self.app.theme
        names = sorted(self.app.available_themes)

        def show(name: str) -> None:
            self.app.theme = name

        def chosen(index: int | None) -> None:
            show(before if index is None else names[index])
            if index is not None and names[index] != before:
                self.written.do(
                    partial(self._keep_theme, names[index]),
                    lambda _: self.say(f"Theme {names[index]}"),
                )

        self.app.push_screen(ThemeScreen(names, before, show), chosen)

    def _keep_theme(self, name: str) -> None:
        if self.settings_file is None:
            return
        try:
            change(self.settings_file, "theme", name)
        except (OSError, ValueError) as error:
            raise LibraryError(f"The theme could not be kept in settings.toml: {error}") from error
