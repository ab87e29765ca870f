"""Saved searches: naming the one in the box, and running, ordering and removing them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rilo_reader import config as settings
from rilo_reader.config import Config, SavedSearch
from rilo_reader.query.tree import And, Is, Mark
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.tui.panels.saved import Counts, SavedScreen
    from rilo_reader.tui.screens.reader import ReaderScreen


class Saving(Room):
    """Keeps searches in the settings, and shows them with mutes in one panel."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._saved_panel: SavedScreen | None = None
        self._reading_settings = Latest(desk, "settings", desk.say_error)
        self._counting = Latest(desk, "saved", desk.say_error, patience=0)

    # -- saving -----------------------------------------------------------------------------------

    def save_search(self) -> None:
        """Give the query in the box a name."""
        from rilo_reader.query.edit import finished
        from rilo_reader.tui.panels.saved import name_prompt, proposed_name, without_names

        query = finished(without_names(self.desk.text, self.desk.config.searches))
        if not query:
            self.desk.say(f"There is no search to save; {self.desk.key_of('search')} begins one.")
            return

        def named(answers: tuple[str, ...] | None) -> None:
            if answers is not None:
                self._save(answers[0].removeprefix("@").strip(), query)

        proposal = proposed_name(query, self.desk.config.searches)
        self.desk.app.push_screen(name_prompt("Save this search as", proposal, query), named)

    def _save(self, name: str, query: str) -> None:
        old = settings.find_search(self.desk.config.searches, name)
        if old is not None and old.query == query:
            self.desk.say(f"{old.name} is saved already")
            return
        if old is None:
            back = partial(settings.remove_search, name=name)
            told = f"Saved as {name}"
        else:
            back = partial(settings.save_search, name=old.name, query=old.query)
            told = f"Saved as {old.name} in place of: {old.query}"
        self.rooms.adjusting.adjust(
            partial(settings.save_search, name=name, query=query), back, told
        )

    # -- the panel --------------------------------------------------------------------------------

    def saved_searches(self) -> None:
        """Show saved searches and mutes, as they stand in the settings now."""
        self._reading_settings.ask(self.rooms.adjusting.read_settings, self._open_panel)

    def _open_panel(self, config: Config) -> None:
        from rilo_reader.tui.panels.saved import SavedScreen

        self.rooms.adjusting.take_settings(config)
        self._saved_panel = SavedScreen(self)
        self.desk.speaker = self._saved_panel.say
        self.desk.app.push_screen(self._saved_panel, self._panel_left)
        self._count_saved()

    def _panel_left(self, chosen: SavedSearch | None) -> None:
        from rilo_reader.query.edit import as_typed

        self._saved_panel = self.desk.speaker = None
        if chosen is not None:
            self.desk.enter_list()
            self.rooms.recalling.show_search(as_typed(chosen.query))

    def show_settings(self) -> None:
        """Other searches or mutes: an open panel shows them at once."""
        if self._saved_panel is not None:
            self._saved_panel.show_entries()
            self._count_saved()

    def _count_saved(self) -> None:
        self._counting.ask(
            partial(self._counted, self.desk.config.searches, self.desk.config.mutes),
            self._show_counts,
        )

    def _counted(
        self, searches: tuple[SavedSearch, ...], mutes: tuple[settings.Mute, ...]
    ) -> Counts:
        """How many unread articles each search has, and how many each mute hides; in a thread."""
        from rilo_reader.query.parser import parse
        from rilo_reader.tui.panels.saved import Counts

        unread: dict[str, int] = {}
        for search in searches:
            query = parse(search.query)
            if not query.faults:
                node = query.node
                parts = node.nodes if isinstance(node, And) else (node,)
                query = query._replace(node=And((*parts, Is(Mark.UNREAD))))
                unread[search.name] = self.desk.library.count(query)
        return Counts(unread, self.rooms.hiding.hidden_by(mutes))

    def _show_counts(self, counts: Counts) -> None:
        if self._saved_panel is not None:
            self._saved_panel.show_counts(counts)

    # -- changes ----------------------------------------------------------------------------------

    def rename_search(self, search: SavedSearch) -> None:
        """Ask for another name."""
        from rilo_reader.tui.panels.saved import name_prompt

        def named(answers: tuple[str, ...] | None) -> None:
            if answers is None:
                return
            new = answers[0].removeprefix("@").strip()
            if new != search.name:
                self.rooms.adjusting.adjust(
                    partial(settings.rename_search, name=search.name, new=new),
                    partial(settings.rename_search, name=new, new=search.name),
                    f"{search.name} is called {new}",
                )

        others = [each for each in self.desk.config.searches if each != search]
        prompt = name_prompt(f"Rename {search.name}", search.name, search.query, taken=others)
        self.desk.app.push_screen(prompt, named)

    def move_search(self, search: SavedSearch, place: int) -> None:
        """Put it at another place in the order."""
        before = self.desk.config.searches.index(search)
        if 0 <= place < len(self.desk.config.searches):
            self.rooms.adjusting.adjust(
                partial(settings.move_search, name=search.name, place=place),
                partial(settings.move_search, name=search.name, place=before),
                f"Moved {search.name}",
            )

    def remove_search(self, search: SavedSearch) -> None:
        """Forget it."""
        from rilo_reader.tui.panels.saved import put_back

        place = self.desk.config.searches.index(search)
        self.rooms.adjusting.adjust(
            partial(settings.remove_search, name=search.name),
            partial(put_back, search=search, place=place),
            f"Removed {search.name}",
        )
