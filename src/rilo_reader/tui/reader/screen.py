"""The reader's screen: its layout, and the rooms put together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from rilo_reader.article import Article
from rilo_reader.config import Config
from rilo_reader.library import Library, Row
from rilo_reader.text import clean_line
from rilo_reader.tui.children import REOPEN, Environment
from rilo_reader.tui.garbage import end_launch
from rilo_reader.tui.keys import bindings
from rilo_reader.tui.reader.article import Opening
from rilo_reader.tui.reader.controllers import Controllers
from rilo_reader.tui.reader.results import ListPage
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.divider import Divider

if TYPE_CHECKING:
    from textual.widgets import Input

    from rilo_reader.tui.widgets.search_box import SearchBox
    from rilo_reader.tui.widgets.timeline import TimelineChart

NARROW = 80
"""Columns below which list and article take turns."""

BOX_HINTS = (("enter", "results"), ("tab", "completes"), ("↑", "before"), ("esc", "everything"))
"""What the keys do while somebody types into the search box, where a letter is a letter."""

GRACE = 0.05
"""Seconds that leaving waits for children to end; most do, and then nothing is left running."""

LEAST_LIST, LEAST_ARTICLE = 20, 30
"""Columns that the divider leaves on either side."""


class ReaderScreen(Opening):
    """Search box, list, article and key bar; its rooms do what commands.py says.

    The screen itself, with what it inherits, is what the first frame needs. The rooms come with
    their first command, at the latest once the first article is painted; Textual's messages are
    passed on to them here.
    """

    # Not the search box, which comes first.
    AUTO_FOCUS = "ArticleList"

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

    def __init__(self, library: Library, config: Config, around: Environment) -> None:
        super().__init__(library, config, around)
        self.rooms = Controllers(self)
        self._is_furnished = False

    def compose(self) -> ComposeResult:
        """The widgets, from the top."""
        yield self.search_row
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
        if self.config.mutes:
            self.rooms.hiding.apply_mutes()
        session = self.library.session()
        self.text = session.query
        self.search_row.write(session.query)
        answer = self.answer(session.query, session.article, 0, self.held)
        if session.query and not answer.window.total:
            # A search that finds nothing is no place to begin.
            self.text = ""
            self.search_row.write("")
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
        if not self.is_attached:
            return  # somebody left as soon as they saw it
        end_launch()
        muted = self.rooms.hiding.muted if self.config.mutes else None
        told = (*self.library.notices, *self.around.notices, *(muted.problems if muted else ()))
        notices = [notice for notice in told if notice]
        if notices:
            more = f" ({len(notices) - 1} more: rilo-reader doctor)" if len(notices) > 1 else ""
            self.bottom.say(notices[0] + more, stay=True)
        self.rooms.keeping.keep_backups()
        self.rooms.following.follow_folder()
        self._furnish()

    def _furnish(self) -> None:
        """Make the rooms that nobody entered yet, and let all catch up with what is shown."""
        self.mount(self.fault_line, after=self.search_row)
        for name in Controllers.names():
            getattr(self.rooms, name)
        self._is_furnished = True
        self.rooms.hiding.look_at_feeds()
        self.tell_rooms_of_results()
        if self.article is not None and self.open_row is not None:
            self.tell_rooms_of_article(self.open_row, self.article)

    async def leave(self, code: int = 0) -> None:
        """Keep everything, tell what was started to end, and go; no mark is lost.

        Children that are not done at once finish what they write by themselves, and threads are
        not waited for: whatever goes on, whoever leaves is gone.
        """
        ending = [asyncio.create_task(self.rooms.following.stop_following())]
        if self._is_furnished:
            ending.append(asyncio.create_task(self.rooms.refreshing.stop()))
            ending.append(asyncio.create_task(self.rooms.adding.stop()))
        await self.written.done()
        self.keep_at_once()
        await asyncio.wait(ending, timeout=GRACE)
        self.app.exit(return_code=code)

    async def reopen(self) -> None:
        """Leave, for whoever runs the reader to open the library that has articles now."""
        await self.leave(REOPEN)

    # -- commands and messages --------------------------------------------------------------------

    async def action_command(self, command: str) -> None:
        """Do what a command of commands.py says."""
        await self.rooms.run(command)

    def on_key(self, event: events.Key) -> None:
        """Whoever presses a key has begun, and has read what was said at the start."""
        self.touched()
        self.bottom.let_go()
        self.rooms.sharing.pressed(event)

    def on_mouse_down(self) -> None:
        """And whoever takes the mouse."""
        self.touched()

    def on_mouse_scroll_down(self) -> None:
        """And whoever turns the wheel."""
        self.touched()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Results as one types; the search before this one is dropped."""
        event.stop()
        self.rooms.recalling.typed(event.value)
        self.rooms.searching.show(event.value)

    def on_input_blurred(self) -> None:
        """Nobody types."""
        if self._is_furnished:
            self.rooms.completing.box_left()

    async def on_search_box_left(self, _: SearchBox.Left) -> None:
        """On to the results."""
        await self.rooms.navigation.leave_search()

    def on_article_list_chosen(self, _: ArticleList.Chosen) -> None:
        """A click on a row: where list and article take turns, it opens the article."""
        if self.is_narrow:
            self.rooms.navigation.open()

    def on_article_list_cursor_moved(self, event: ArticleList.CursorMoved) -> None:
        """An article that has no row of its own is open already."""
        if self._is_furnished and self.rooms.relating.leads_to(event.index):
            # What Opening would open is the row beside it.
            event.prevent_default()

    def on_article_view_neighbour_chosen(self, event: ArticleView.NeighbourChosen) -> None:
        """Somebody clicked the title of the previous or next article."""
        self.rooms.navigation.step_article(event.step)

    def on_article_view_hits_found(self, event: ArticleView.HitsFound) -> None:
        """Say which hit this is, on the right."""
        self.bottom.place = f"{event.current:,}/{event.total:,}" if event.total else ""

    def on_article_view_link_chosen(self, event: ArticleView.LinkChosen) -> None:
        """A click on a link."""
        self.rooms.sharing.browse(event.url)

    def on_timeline_chart_slice_chosen(self, event: TimelineChart.SliceChosen) -> None:
        """Somebody clicked a bar."""
        self.rooms.charting.narrow(event.span)

    # -- what the rooms are told ------------------------------------------------------------------

    def results_shown(self) -> None:
        """Tell the rooms of other results."""
        super().results_shown()
        if self._is_furnished:
            self.tell_rooms_of_results()

    def tell_rooms_of_results(self) -> None:
        """Every room looks at what is shown."""
        for room in self.rooms.there:
            room.results_shown()

    def article_shown(self, row: Row, article: Article) -> None:
        """Tell the rooms of another article."""
        super().article_shown(row, article)
        if self._is_furnished:
            self.tell_rooms_of_article(row, article)

    def tell_rooms_of_article(self, row: Row, article: Article) -> None:
        """Every room looks at the article in the view."""
        for room in self.rooms.there:
            room.article_shown(row, article)

    def empty_text(self, answer: ListPage) -> str:
        """A library without articles says where they go."""
        text = super().empty_text(answer)
        if text or answer.window.total:
            return text
        if self.around.indexer is not None and not self.caught_up:
            return "Reading the folder…"
        folder = clean_line(str(self.library.folder), 400)
        return (
            f"There are no articles in {folder} yet. "
            "Put Markdown files there: they appear by themselves."
        )

    # -- layout -----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Under 80 columns list and article take turns; low screens have no air to spare."""
        self._lay_out()
        if self._is_furnished:
            self.rooms.charting.resized()

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
        """A click into the article gives it the keys; in the search box other keys do things."""
        self.bottom.show_keys(BOX_HINTS if self.in_search else self.hints)
        if event.widget is self.view:
            self.start_reading()
