"""Saved searches and mutes in the settings: saving, running, ordering, removing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path

from rilo_reader import config as settings
from rilo_reader.config import Config, SavedSearch, load
from rilo_reader.library import LibraryError
from rilo_reader.query.edit import as_typed, finished
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import And, Is, Mark
from rilo_reader.tui import panels
from rilo_reader.tui.reader.context import Controller, Handler, ReaderContext
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.undo import UndoStep
from rilo_reader.tui.tasks import Urgency

Edit = Callable[[Path], object]
"""Changes a settings file; raises OSError or ValueError with a message for the user."""


class SavedSearchController(Controller):
    """Changes saved searches and mutes in the settings, and opens their panel."""

    def __init__(self, context: ReaderContext, search: SearchController) -> None:
        super().__init__(context)
        self._search = search
        self._saved_panel: panels.saved.SavedScreen | None = None
        self._reading_settings = context.tasks.latest("settings")
        self._counting = context.tasks.latest("saved", urgency=Urgency.LATER)

    def commands(self) -> Mapping[str, Handler]:
        """The commands of saved searches and mutes."""
        return {
            "save_search": self.save_search,
            "saved_searches": self.open_saved_searches,
            "mute": self.mute,
        }

    # -- saving -----------------------------------------------------------------------------------

    def save_search(self) -> None:
        """Ask for a name, and save the query under it."""
        query = finished(
            panels.saved.without_names(self.results.text, self.context.config.searches)
        )
        if not query:
            self.context.show_message(
                f"There is no search to save; {self.context.key_of('search')} begins one."
            )
            return

        def named(answers: tuple[str, ...] | None) -> None:
            if answers is not None:
                self._save(answers[0].removeprefix("@").strip(), query)

        proposal = panels.saved.proposed_name(query, self.context.config.searches)
        self.context.app.push_screen(
            panels.saved.name_prompt("Save this search as", proposal, query), named
        )

    def _save(self, name: str, query: str) -> None:
        old = settings.find_search(self.context.config.searches, name)
        if old is not None and old.query == query:
            self.context.show_message(f"{old.name} is saved already")
            return
        back: Edit
        if old is None:
            back = partial(settings.SEARCHES.remove, key=name)
            message = f"Saved as {name}"
        else:
            back = partial(settings.SEARCHES.put, row=old)
            message = f"Saved as {old.name} in place of: {old.query}"
        self.adjust(partial(settings.SEARCHES.put, row=SavedSearch(name, query)), back, message)

    # -- the panel --------------------------------------------------------------------------------

    def open_saved_searches(self) -> None:
        """Open the panel of saved searches and mutes, from the settings file."""
        self._reading_settings.ask(self.read_settings, self._open_panel)

    def _open_panel(self, config: Config) -> None:
        self.take_settings(config)
        panel = self._saved_panel = panels.saved.SavedScreen(
            self.context.config,
            self.context.environment.today(),
            save_key=self.context.key_of("save_search"),
            mute_key=self.context.key_of("mute"),
        )
        panel.heard = {
            panel.Rename: lambda it: self._rename(it.search),
            panel.Move: lambda it: self._move(it.search, it.step),
            panel.Remove: lambda it: self._remove(it.what),
            panel.End: lambda it: self.ask_for_mute(it.mute.query),
            panel.Undo: lambda _: self.context.undo.undo(only_settings=True),
        }
        self.widgets.message_listener = panel.show_message
        self.context.app.push_screen(panel, self._panel_left)
        self._count_saved()

    def _panel_left(self, chosen: SavedSearch | None) -> None:
        self._saved_panel = self.widgets.message_listener = None
        if chosen is not None:
            self.widgets.enter_list()
            self._search.history.show_search(as_typed(chosen.query))

    def show_settings(self) -> None:
        """Update an open panel."""
        if self._saved_panel is not None:
            self._saved_panel.show_entries(self.context.config)
            self._count_saved()

    def _count_saved(self) -> None:
        self._counting.ask(
            partial(self._counted, self.context.config.searches, self.context.config.mutes),
            self._show_counts,
        )

    def _counted(
        self, searches: tuple[SavedSearch, ...], mutes: tuple[settings.Mute, ...]
    ) -> panels.saved.Counts:
        """Count unread articles by search and hidden ones by mute; runs in a thread."""
        unread: dict[str, int] = {}
        for search in searches:
            query = parse(search.query)
            if not query.faults:
                node = query.node
                parts = node.nodes if isinstance(node, And) else (node,)
                query = query._replace(node=And((*parts, Is(Mark.UNREAD))))
                unread[search.name] = self.library.search.count(query)
        return panels.saved.Counts(unread, self.context.mutes.hidden_by(mutes))

    def _show_counts(self, counts: panels.saved.Counts) -> None:
        if self._saved_panel is not None:
            self._saved_panel.show_counts(counts)

    # -- changes ----------------------------------------------------------------------------------

    def _rename(self, search: SavedSearch) -> None:
        """Ask for another name."""

        def named(answers: tuple[str, ...] | None) -> None:
            if answers is None:
                return
            new = answers[0].removeprefix("@").strip()
            if new != search.name:
                self.adjust(
                    lambda file: settings.SEARCHES.change(file, search.name, name=new),
                    lambda file: settings.SEARCHES.change(file, new, name=search.name),
                    f"{search.name} is called {new}",
                )

        others = [each for each in self.context.config.searches if each != search]
        prompt = panels.saved.name_prompt(
            f"Rename {search.name}", search.name, search.query, taken=others
        )
        self.context.app.push_screen(prompt, named)

    def _move(self, search: SavedSearch, step: int) -> None:
        """Move a search in the order."""
        before = self.context.config.searches.index(search)
        if 0 <= before + step < len(self.context.config.searches):
            self.adjust(
                partial(settings.SEARCHES.move, key=search.name, place=before + step),
                partial(settings.SEARCHES.move, key=search.name, place=before),
                f"Moved {search.name}",
            )

    def _remove(self, what: SavedSearch | settings.Mute) -> None:
        """Remove a search, or show again what a mute hides."""
        if isinstance(what, settings.Mute):
            self.adjust(
                partial(settings.MUTES.remove, key=what.query),
                partial(settings.MUTES.put, row=what),
                f'No longer muted: "{what.query}"',
            )
            return
        place = self.context.config.searches.index(what)
        self.adjust(
            partial(settings.SEARCHES.remove, key=what.name),
            partial(panels.saved.put_back, search=what, place=place),
            f"Removed {what.name}",
        )

    # -- muting -----------------------------------------------------------------------------------

    def mute(self) -> None:
        """Ask how long to mute the current query."""
        self.ask_for_mute(
            finished(panels.saved.without_names(self.results.text, self.context.config.searches))
        )

    def ask_for_mute(self, query: str) -> None:
        """Ask for a query to mute and until when."""
        old = next((mute for mute in self.context.config.mutes if mute.query == query), None)
        day = self.context.environment.today()

        def answered(answers: tuple[str, ...] | None) -> None:
            if answers is not None:
                self._mute(answers[0], panels.saved.until_of(answers[1], day))

        prompt = panels.saved.mute_prompt(query, old.until if old else None, day)
        self.context.app.push_screen(prompt, answered)

    def _mute(self, query: str, until: date | None) -> None:
        old = next((mute for mute in self.context.config.mutes if mute.query == query), None)
        end = f" until {until}" if until is not None else ""
        back = (
            partial(settings.MUTES.put, row=old)
            if old
            else partial(settings.MUTES.remove, key=query)
        )
        self.adjust(
            partial(settings.MUTES.put, row=settings.Mute(query, until)),
            back,
            f'Muted "{query}"{end}',
        )

    # -- settings ---------------------------------------------------------------------------------

    def adjust(self, edit: Edit, back: Edit, message: str) -> None:
        """Change the settings in a thread, and show a message; `back` undoes it."""

        def undo() -> Callable[[], None]:
            return partial(self.take_settings, self._adjusted(back))

        def then(config: Config) -> None:
            self.take_settings(config)
            self.context.undo.add(UndoStep(message, undo, is_setting=True))

        self.tasks.written.do(partial(self._adjusted, edit), then)

    def read_again(self) -> None:
        """Load the settings file again: another process may have changed it."""
        self.tasks.written.do(self.read_settings, self.take_settings)

    def read_settings(self) -> Config:
        """Load the settings file; runs in a thread."""
        return (
            self.context.config
            if self.context.environment.settings_file is None
            else load(self.context.environment.settings_file)[0]
        )

    def _adjusted(self, edit: Edit) -> Config:
        if self.context.environment.settings_file is None:
            raise LibraryError("There is no settings file to keep this in.")
        try:
            edit(self.context.environment.settings_file)
        except (OSError, ValueError) as error:
            raise LibraryError(f"settings.toml could not be changed: {error}") from error
        return self.read_settings()

    def take_settings(self, config: Config) -> None:
        """Use other saved searches and mutes from now on."""
        before = self.context.config
        self.context.config = before._replace(searches=config.searches, mutes=config.mutes)
        self.results.saved_searches = config.searches
        if config.mutes != before.mutes:
            self.context.mutes.use(config.mutes)
            self.results.ask_again()
        self.show_settings()
