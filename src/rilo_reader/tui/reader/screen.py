"""The reader's screen: composes widgets, results and controllers, and routes messages."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input

from rilo_reader.article import Article
from rilo_reader.commands import commands_by_id
from rilo_reader.config import Config
from rilo_reader.config.all_settings import keys_by_command, plain_settings, set_values, value_of
from rilo_reader.library import Library, Row
from rilo_reader.plugin_list import plugins_with
from rilo_reader.query.tree import Sort
from rilo_reader.render.page import LINK, VALUE
from rilo_reader.third_parties import failures
from rilo_reader.tui.environment import Environment
from rilo_reader.tui.keys import make_bindings
from rilo_reader.tui.reader.article import OpenArticle
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.results import ResultList
from rilo_reader.tui.reader.widgets import ReaderWidgets
from rilo_reader.tui.tasks import Saying, TaskRunner
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.divider import Divider
from rilo_reader.tui.widgets.page_view import NEIGHBOUR, Layer

if TYPE_CHECKING:
    from rilo_reader.tui.reader.controllers import Controllers
    from rilo_reader.tui.widgets.timeline import TimelineChart


class _LayerPlugin(Protocol):
    def article_layers(self, context: ReaderContext) -> Sequence[Layer]: ...


class Columns(Horizontal):
    """List and article side by side, which cover all of it."""

    BLANK = True  # nothing is drawn that nobody sees


LEAVING_GRACE = 0.05  # seconds that quitting waits for child processes to end


class ReaderScreen(ReaderContext, inherit_bindings=False):
    """Search box, list, article and key bar; controllers do what commands.py lists.

    It knows controllers only to pass messages on. The first frame needs only what it imports; the
    controllers come after it, or with a command.
    """

    # Not the search box, which comes first.
    AUTO_FOCUS = "ArticleList"
    BLANK = True

    BINDINGS: ClassVar[list[BindingType]] = make_bindings()

    DEFAULT_CSS = """
    ReaderScreen {
        background: $page-ground;
        color: $page-text;
        layers: default messages;
        Columns { height: 1fr; margin-bottom: 1; }
        ArticleList, TimelineChart { width: 1fr; }
        ArticleView { width: 1fr; }
        /* A message of two rows covers what is above, so that nothing moves. */
        BottomLine { layer: messages; }
        &.-low CompletionLine, &.-faulty CompletionLine { display: none; }
        &.-wide.-sources SourceList { display: block; border-right: solid $page-rule; }
        &.-at-sources SourceList { display: block; }
        &.-at-sources ArticleList { display: none; }
        &.-at-sources.-wide ArticleList { display: block; }
        &.-zen SourceList, &.-wide.-sources.-zen SourceList { display: none; }
        &.-zen SearchRow, &.-zen FaultLine { display: none; }
        &.-zen ArticleList, &.-zen Divider, &.-zen TimelineChart { display: none; }
        &.-narrow Divider { display: none; }
        &.-narrow ArticleView { display: none; }
        &.-narrow.-reading ArticleView, &.-narrow.-zen ArticleView { display: block; }
        &.-narrow.-reading ArticleList, &.-narrow.-reading TimelineChart { display: none; }
    }
    """

    def __init__(self, library: Library, config: Config, environment: Environment) -> None:
        super().__init__()
        self.library = library
        self.config = config
        self.environment = environment
        self.keys: Mapping[str, tuple[str, ...]] = keys_by_command(config)
        self.widgets = ReaderWidgets(self, config, self.keys)
        self.tasks = TaskRunner(self, self.widgets.show_error, self.keys["quit"])
        copies_delay = environment.delays.count_copies
        self.tasks.write_tasks.on_progress = self._show_work
        self._slow: Timer | None = None  # until it is said what takes long
        self.results = ResultList(library, self.widgets, self.tasks, copies_delay)
        self.results.saved_searches = config.searches
        self.results.sort = Sort(config.sort)
        self.results.is_current = environment.indexer is None
        self.results.other_library = lambda: self.environment.find_other_library(self.config)
        self.results.on_shown = self._tell_results_shown
        self.article = OpenArticle(library, config, self.widgets, self.results, self.tasks)
        self.article.on_shown = self._tell_article_shown
        self.article.on_marked = lambda: self._tell_of_screen(lambda each: each.on_marks_changed())
        # Whether the effect of a key is incomplete, so that a frame would show half of it.
        self.frame_waits: Callable[[], bool] = lambda: False
        # Uses the keys and the theme of other settings.
        self.app_settings_changed: Callable[[Config], None] = lambda _: None
        # Whether the first article is painted, and controllers are told what is shown.
        self._has_begun = False
        for plugin in plugins_with(_LayerPlugin):
            self.widgets.view.add_layers(plugin.article_layers(self))

    @cached_property
    def controllers(self) -> Controllers:
        """The controllers, which do what commands say; made after the first frame."""
        from rilo_reader.tui.reader.controllers import Controllers

        return Controllers(self)

    @property
    def all_controllers(self) -> Sequence[Controller]:
        """All controllers, in the order of the help."""
        return self.controllers.all

    def _tell_of_screen(self, happened: Callable[[Controller], object]) -> None:
        """Tell controllers what happened; before they have begun, `_start_all` does."""
        if self._has_begun:
            self.tell(happened)

    def use_settings(self, config: Config) -> list[str]:
        """Use other settings; return the names of those that need a restart."""
        needs = (
            "folders",
            "dialects",
            *(name for name, one in plain_settings().items() if one.needs_restart),
        )
        used = {name: value_of(self.config, name) for name in needs}
        self.config = set_values(config, used)
        self.keys = keys_by_command(config)
        self.article.configure(config)
        self.app_settings_changed(config)
        self.widgets.configure(config, self.keys)
        self._tell_of_screen(lambda each: each.on_settings_changed())
        return [name for name in needs if value_of(config, name) != used[name]]

    def compose(self) -> ComposeResult:
        yield self.widgets.search_row
        yield self.widgets.completion_line
        with Columns():
            yield self.widgets.articles
            yield self.widgets.divider
            yield self.widgets.view
        yield self.widgets.bottom

    # -- frames -----------------------------------------------------------------------------------

    def on_idle(self, event: events.Idle) -> None:
        """Delay painting, which Textual does when idle, while the effect of a key is incomplete."""
        if self.frame_waits():
            event.prevent_default()

    # -- beginning and end ------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Restore the last session: show rows and article at once, start the rest afterwards."""
        self._fit_to_terminal()
        if self.config.mutes:
            self.mutes.set_mutes(self.config.mutes)
        session = self.library.state.session.read()
        self.results.restore_session(session.query, session.article)
        self.set_focus(self.widgets.articles, scroll_visible=False)
        row = self.widgets.articles.cursor_row
        if row is not None and self.widgets.is_article_visible:
            self.article.open_at_once(row)
        self.call_after_refresh(self._start_all)

    def _start_all(self) -> None:
        """Start everything that the first frame does without."""
        if not self.is_attached:
            return  # the user has quit already
        if not gc.isenabled():  # a launch, not a test
            gc.freeze()  # all of it stays; a look at it would stop a frame for up to 40 ms
            gc.enable()
        muting = self.mutes.active_mutes if self.config.mutes else None
        problems = muting.problems if muting is not None else ()
        _ = self.controllers  # asks plugins, which may fail
        notices = (*self.library.notices, *self.environment.notices, *problems)
        notices = (*notices, *failures().lines, *failures().take_untold())
        notices = tuple(filter(None, notices))
        if notices:
            self.widgets.bottom.show_message(notices[0], stay=True, more=notices[1:])
        self.mount(self.widgets.fault_line, after=self.widgets.search_row)
        self.tell(lambda each: each.start())
        self._has_begun = True
        failures().on_new = partial(self.call_later, self.widgets.show_error)
        self.tell(lambda each: each.on_results_shown())
        self.tell(lambda each: each.on_scrolled())
        if self.article.content is not None and self.article.row is not None:
            self._tell_article_shown(self.article.row, self.article.content)
            if self.widgets.view.is_complete:
                self.on_article_view_page_shown()

    def show_query(self, text: str) -> None:
        """Show what a query finds in the list, as if it were typed, and go there."""
        self.controllers.search.show_query(text)

    async def leave(self, code: int = 0) -> None:
        """Save everything, stop child processes, and exit; no mark is lost.

        Child processes get LEAVING_GRACE to end, and finish what they write afterwards. Threads are
        not waited for, but controllers may finish.
        """
        controllers = self.controllers.all if self._has_begun else ()
        ending = [asyncio.create_task(each.stop()) for each in controllers]
        await self.tasks.write_tasks.wait_for_all()
        self.article.save_position_now()
        # What was done last is to travel, the place in the article too.
        await asyncio.gather(*(each.finish() for each in controllers))
        if ending:
            await asyncio.wait(ending, timeout=LEAVING_GRACE)
        self.app.exit(return_code=code)

    # -- keys and commands ------------------------------------------------------------------------

    @property
    def awaits_answer(self) -> bool:
        """True if a part of the last key's effect is still to come from a thread."""
        return self.results.is_awaited or self.article.is_awaited

    async def action_command(self, command: str) -> None:
        """Do what a command of commands.py says."""
        await self.controllers.run(command)

    def run_own_key(self, key: str) -> bool:
        """Run the user's own command that has a key; return False if none has."""
        own = (
            one for one, keys in self.keys.items() if key in keys and one not in commands_by_id()
        )
        command = next(own, None) if self._has_begun else None
        if command is not None:
            self.call_later(self.controllers.run, command)
        return command is not None

    def on_key(self, event: events.Key) -> None:
        """Keep the cursor in place, hide notices, and pass the key to controllers.

        The key of the history shows a message whole while it is cut.
        """
        if self.widgets.bottom.cut_message and event.key in self.keys["history"]:
            event.stop()
            self.controllers.overlays.show_whole()
            return
        self._keep_place()
        self.on_click()  # the mouse may have left the box without a click
        self.widgets.bottom.action_taken()
        self.tell(lambda each: each.key_pressed(event))

    def on_bottom_line_whole_wanted(self) -> None:
        self.controllers.overlays.show_whole()

    @on(events.MouseDown)
    @on(events.MouseScrollDown)
    def _keep_place(self) -> None:
        self.results.keep_place()
        self.article.has_user_acted = True

    # -- messages of widgets ----------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        part = self.controllers.find if self.widgets.is_in_find_box else self.controllers.search
        part.find_typed(event.value)
        self.widgets.show_key_hints()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was found in the article, or move the focus to the results."""
        if event.input is self.widgets.find_box:
            self.controllers.find.keep_hits()
        else:
            await self.controllers.navigation.leave_search()

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Hide completions; a click elsewhere settles the query, as keys do by themselves."""
        if self.app.app_focus and event.input is self.widgets.find_box:
            self.controllers.find.keep_hits()
            return
        if self._has_begun:
            self.controllers.search.completion.on_box_left()
        # Another window is not a step on, and a row must not move under a click that is not
        # complete.
        if self.app.app_focus and not self.widgets.articles.has_focus:
            self.results.settle_text()

    def on_click(self) -> None:
        """Settle the query after a click into the list."""
        if self.widgets.articles.has_focus:
            self.results.settle_text()

    def on_entry_list_chosen(self) -> None:
        """Show the articles of a source that is clicked."""
        self.controllers.sources.choose_current()

    def on_source_list_moved(self) -> None:
        self.controllers.sources.describe_line()

    def on_article_list_chosen(self, _: ArticleList.Chosen) -> None:
        """Open the article of a row that is clicked, if only one of the two is visible."""
        if self.widgets.is_narrow:
            self.controllers.navigation.focus_article()

    def on_article_list_cursor_moved(self, event: ArticleList.CursorMoved) -> None:
        """Open the article at the cursor, unless a related one is being opened."""
        if not (self._has_begun and self.controllers.related.is_target_index(event.index)):
            self.article.follow_cursor(event.row)

    def on_article_list_window_wanted(self, event: ArticleList.WindowWanted) -> None:
        self.results.load_window(event.offset)

    def on_article_list_rows_in_view(self) -> None:
        self.article.show_neighbours()
        self.results.update_rows_in_view()

    def on_article_view_moved(self, event: ArticleView.Moved) -> None:
        self.article.on_scrolled(event.position, at_end=event.at_end)
        self._tell_of_screen(lambda each: each.on_scrolled())

    def on_article_view_chosen(self, event: ArticleView.Chosen) -> None:
        does: Mapping[str, Callable[[Any], object]] = {
            LINK: self.controllers.external.open_url,
            VALUE: self.controllers.overlays.narrow_to_value,
            NEIGHBOUR: self.controllers.navigation.step_article,
        }
        if event.kind in does:
            does[event.kind](event.value)
        else:
            any(each.handle_click(event.kind, event.value) for each in self.controllers.all)

    def on_article_view_hits_found(self, event: ArticleView.HitsFound) -> None:
        none = "not found" if self.widgets.view.find_layer.text else ""
        place = f"hit {event.current:,}/{event.total:,}" if event.total else none
        self.widgets.bottom.place = place

    def on_article_view_page_shown(self) -> None:
        """Tell controllers that all of the article is laid out."""
        self._tell_of_screen(lambda each: each.on_page_shown())

    def on_text_selected(self) -> None:
        """Tell controllers that the mouse has selected text."""
        if self.widgets.bottom.is_pressed:
            self.widgets.bottom.is_pressed = False  # a hint was clicked; what is selected stays
            return
        self.tell(lambda each: each.on_text_selected())

    def on_timeline_chart_slice_chosen(self, event: TimelineChart.SliceChosen) -> None:
        """Narrow to a slice of time after a click on its bar."""
        self.controllers.timeline.narrow_to_span(event.span)

    def _show_work(self, saying: Saying) -> None:
        """Show what is being done if it takes long; "" clears it."""
        if self._slow is not None:
            self._slow.stop()
            self._slow, self.widgets.bottom.marking = None, ""
        if saying:
            delay = self.environment.delays.slow_hint
            self._slow = self.set_interval(delay, partial(self._show_progress, saying))

    def _show_progress(self, saying: Saying) -> None:
        done, total = self.library.state.progress
        text = saying if isinstance(saying, str) else saying()
        self.widgets.bottom.marking = f"{text} {done:,} of {total:,}" if done < total else text

    def _tell_results_shown(self) -> None:
        self.article.on_results_shown()
        self._tell_of_screen(lambda each: each.on_results_shown())

    def _tell_article_shown(self, row: Row, article: Article) -> None:
        self._tell_of_screen(lambda each: each.on_article_shown(row, article))

    # -- layout -----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Show list or article under 80 columns, and no blank lines on low screens."""
        self._fit_to_terminal()
        if self._has_begun:
            self.controllers.timeline.on_resized()

    def _fit_to_terminal(self) -> None:
        was_visible = self.widgets.is_article_visible
        self.widgets.arrange_panes()
        row = self.widgets.articles.cursor_row
        if not self.widgets.is_narrow and not was_visible and row is not None:
            self.article.open(row)

    def on_divider_dragged(self, event: Divider.Dragged) -> None:
        self.widgets.set_divider(event.column)
        self.controllers.timeline.on_resized()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.widgets.show_key_hints()
        if self._has_begun:
            self.controllers.sources.on_focus_moved()
        if event.widget is self.widgets.view:
            self.article.start_reading()
