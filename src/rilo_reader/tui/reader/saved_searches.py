"""Saved searches and mutes in the settings: saved, ordered, removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rilo_reader import config as settings
from rilo_reader.config import Config, Mute, SavedSearch, SettingsProblem, load
from rilo_reader.feeds.undo import record_step
from rilo_reader.library import LibraryError
from rilo_reader.query.edit import make_savable
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import And, HasMark, QueryMark, Sort
from rilo_reader.tui import panels
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.tasks import Urgency

Edit = Callable[[Path], object]
"""Changes a settings file; raises OSError or ValueError with a message for the user."""


class SavedSearchController(Controller):
    """Changes saved searches and mutes in the settings, and opens their panel."""

    panel: panels.saved_searches.SavedScreen | None = None

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._file = context.environment.paths.settings_file
        self._reading = context.tasks.make_latest("settings")
        self._count_task = context.tasks.make_latest("saved", urgency=Urgency.LATER)
        self.commands = {
            "save_search": self.save_search,
            "saved_searches": partial(self._reading.request, self._read_settings, self._open_panel),
            "mute": self.mute_query,
        }

    # -- saving -----------------------------------------------------------------------------------

    async def save_search(self) -> None:
        """Ask for a name, and save the query under it."""
        query = await self._settle_query()
        if not query:
            key = self.widgets.key_of("search")
            self.widgets.show_message(
                f"There is nothing to save: search for something first ({key})."
            )
            return

        searches = self.context.config.searches
        self.open_panel(
            panels.saved_searches.make_name_prompt(
                panels.saved_searches.propose_name(query, searches),
                query,
                partial(self._save_query, query),
                is_saved=any(search.query == query for search in searches),
            )
        )

    async def _settle_query(self) -> str:
        """Return the query as it can be saved: the text of the box finds what the list shows."""
        self.results.settle_text()
        await self.tasks.wait_for_results(self.results.answer_task)
        return make_savable(self.results.question.text, self.results.saved_queries)

    def _save_query(self, query: str, name: str) -> None:
        old = settings.find_search(self.context.config.searches, name)
        if old is not None and old.query == query:
            self.widgets.show_message(f"This is saved already as {old.name}")
            return
        edit: Edit = partial(settings.SEARCHES.put, row=SavedSearch(name, query))
        message = f"Saved as {name}"
        if old is not None:
            message = f"Saved as {old.name} in place of: {old.query}"
        self.change_settings(edit, message)

    # -- the panel --------------------------------------------------------------------------------

    def _open_panel(self, config: Config) -> None:
        """Open the panel of saved searches and mutes, as the settings file has them now."""
        self.take_settings(config)
        panel = panels.saved_searches.SavedScreen(
            self.context.config,
            self.context.environment.today(),
            self._list_keys,
            save_key=self.widgets.key_of("save_search"),
            mute_key=self.widgets.key_of("mute"),
        )
        self.open_list(panel)
        self._count_saved()

    def _list_keys(self, panel: panels.saved_searches.SavedScreen) -> Sequence[PanelKey]:
        entry = panel.current_payload
        undo = partial(self.context.undo_stack.undo, only_settings=True)
        if isinstance(entry, SavedSearch):
            return (
                PanelKey("enter", "enter search", partial(self._show_search, entry), closes=True),
                PanelKey("r", "r rename", partial(self._rename_search, entry)),
                PanelKey("d,delete", "d remove", partial(self._remove_search, entry)),
                PanelKey("J,shift+down", "J K reorder", partial(self._move_search, entry, 1)),
                PanelKey("K,shift+up", "", partial(self._move_search, entry, -1)),
                PanelKey("u", "u undo", undo),
            )
        if entry is None:
            return (PanelKey("u", "", undo),)
        return (
            PanelKey("enter", "enter change its end", partial(self._ask_for_mute, entry.query)),
            PanelKey("m", "m show muted or hide", self.context.mutes.toggle, closes=True),
            PanelKey("d,delete", "d remove", partial(self._remove_mute, entry)),
            PanelKey("u", "u undo", undo),
        )

    def _show_search(self, chosen: SavedSearch) -> None:
        self.widgets.enter_list()
        self.context.controller_of(SearchController).history.show_search(chosen.query)

    def _count_saved(self) -> None:
        def show(counts: panels.saved_searches.SavedCounts) -> None:
            if self.panel is not None:
                self.panel.show_saved(self.context.config, counts)

        self._count_task.request(partial(self._count_articles, self.context.config), show)

    def _count_articles(self, config: Config) -> panels.saved_searches.SavedCounts:
        """Count unread articles by search and hidden ones by mute; runs in a thread."""
        unread: dict[str, int] = {}
        for search in config.searches:
            query = parse(search.query)
            if not query.faults:
                node = query.node
                parts = node.nodes if isinstance(node, And) else (node,)
                query = query._replace(node=And((*parts, HasMark(QueryMark.UNREAD))))
                unread[search.name] = self.library.search.count(query)
        return panels.saved_searches.SavedCounts(
            unread, self.context.mutes.count_hidden(config.mutes)
        )

    # -- changes ----------------------------------------------------------------------------------

    def _rename_search(self, search: SavedSearch) -> None:

        def rename(new: str) -> None:
            if new != search.name:
                self.change_settings(
                    lambda file: settings.SEARCHES.change(file, search.name, name=new),
                    f"Renamed {search.name} to {new}",
                )

        others = [each for each in self.context.config.searches if each != search]
        self.open_panel(
            panels.saved_searches.make_name_prompt(
                search.name,
                search.query,
                rename,
                taken=others,
                is_saved=True,
            )
        )

    def _move_search(self, search: SavedSearch, step: int) -> None:
        before = self.context.config.searches.index(search)
        if 0 <= before + step < len(self.context.config.searches):
            self.change_settings(
                partial(settings.SEARCHES.move, key=search.name, place=before + step),
                f"Moved {search.name}",
            )

    def _remove_search(self, search: SavedSearch) -> None:
        edit: Edit = partial(settings.SEARCHES.remove, key=search.name)
        self.change_settings(edit, f"Removed {search.name}")

    def _remove_mute(self, mute: Mute) -> None:
        """Show again what a mute hides."""
        self.change_settings(
            partial(settings.MUTES.remove, key=mute.query),
            f'No longer muted: "{mute.query}"',
        )

    # -- muting -----------------------------------------------------------------------------------

    async def mute_query(self) -> None:
        """Ask how long to mute the current query; show what is muted where nothing else matches."""
        if not self.widgets.articles.total and self.context.mutes.hidden_total:
            self.context.mutes.toggle()
            return
        query, question = await self._settle_query(), self.results.question
        is_whole = question.span is None and question.selection is None
        self._ask_for_mute(query, self.widgets.search_row.total_text if is_whole else "")

    def _ask_for_mute(self, query: str, number: str = "") -> None:
        old, day = self._find_mute(query), self.context.environment.today()
        self.open_panel(
            panels.saved_searches.make_mute_prompt(query, old, day, self._put_mute, number)
        )

    def _put_mute(self, mute: Mute) -> None:
        end = f" until {mute.until}" if mute.until is not None else ""
        edit = partial(settings.MUTES.put, row=mute)
        self.change_settings(edit, f'Muted "{mute.query}"{end}')

    def _find_mute(self, query: str) -> Mute | None:
        return next((mute for mute in self.context.config.mutes if mute.query == query), None)

    # -- settings ---------------------------------------------------------------------------------

    def change_settings(self, edit: Edit, message: str) -> None:
        """Change the settings in a thread, and show a message; undo takes it back."""

        def show(config: Config) -> None:
            self.take_settings(config)
            self.context.undo_stack.show_done(message)

        self.tasks.write_tasks.enqueue(partial(self.write_settings, edit, message), show)

    def read_again(self) -> None:
        """Load the settings file again: another process may have changed it."""
        self.tasks.write_tasks.enqueue(self._read_settings, self.take_settings)

    def _read_settings(self) -> Config:
        """Return the settings, those in use where the file cannot be read; runs in a thread."""
        config, problems = load(self._file)
        return self.context.config if find_unreadable(problems) else config

    def write_settings(self, edit: Edit, message: str) -> Config:
        """Change the settings as a step of undo; runs in a thread, and raises LibraryError."""
        try:
            if not self._file.exists():  # undo goes back to a text, not to no file
                settings.write_template(self._file)
            with record_step(self.library.state, self.context.environment.paths, message):
                edit(self._file)
        except (OSError, ValueError) as error:
            raise LibraryError(f"settings.toml could not be changed: {error}") from error
        return self._read_settings()

    def take_settings(self, config: Config) -> None:
        """Use other saved searches and mutes from now on."""
        before = self.context.config
        self.context.config = before._replace(
            searches=config.searches, mutes=config.mutes, sort=config.sort
        )
        self.results.saved_searches, self.results.sort = config.searches, Sort(config.sort)
        if config.mutes != before.mutes:
            self.context.mutes.set_mutes(config.mutes)
        if (config.mutes, config.sort) != (before.mutes, before.sort):
            self.results.reload_query()
        if self.panel is not None:
            self.panel.show_saved(self.context.config, self.panel.counts)
            self._count_saved()


def find_unreadable(problems: Sequence[SettingsProblem]) -> str:
    """Return why nothing of the settings could be read; "" where it could."""
    return problems[0].short_message if problems and not problems[0].key else ""
