"""Saved searches: naming the one in the box, and running, ordering and removing them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader import config as settings
from rilo_reader.config import Config, SavedSearch, load
from rilo_reader.library import Hidden, LibraryError
from rilo_reader.query.tree import And, Is, Mark, Query
from rilo_reader.tui.reader.controllers import Controller
from rilo_reader.tui.reader.marks import UndoStep
from rilo_reader.tui.tasks import LatestTask

if TYPE_CHECKING:
    from rilo_reader.library.mutes import Muting
    from rilo_reader.tui.panels.saved import Counts, SavedScreen
    from rilo_reader.tui.reader.screen import ReaderScreen


class Saving(Controller):
    """Keeps searches in the settings, and shows them with mutes in one panel."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._saved_panel: SavedScreen | None = None
        self._reading_settings = LatestTask(desk, "settings", desk.say_error)
        self._counting = LatestTask(desk, "saved", desk.say_error, patience=0)

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


# Changing settings.toml from within the reader, so that it is seen at once and can be undone.


Edit = Callable[[Path], None]
"""Changes a settings file; raises OSError or ValueError with a message for the user."""


class Adjusting(Controller):
    """Writes saved searches and mutes to the settings, and takes them from there."""

    def adjust(self, edit: Edit, back: Edit, told: str) -> None:
        """Change the settings in a thread, and say so.

        Args:
            edit: the change.
            back: what undoes it.
            told: what was done.
        """

        def take_back() -> Callable[[], None]:
            return partial(self.take_settings, self._adjusted(back))

        def then(config: Config) -> None:
            self.take_settings(config)
            self.rooms.undoing.done(UndoStep(told, take_back, is_setting=True))

        self.desk.written.do(partial(self._adjusted, edit), then)

    def read_again(self) -> None:
        """Go by what the file says now: somebody else may have changed it."""
        self.desk.written.do(self.read_settings, self.take_settings)

    def read_settings(self) -> Config:
        """The settings as they stand in the file now; runs in a thread."""
        return (
            self.desk.config
            if self.desk.settings_file is None
            else load(self.desk.settings_file)[0]
        )

    def _adjusted(self, edit: Edit) -> Config:
        if self.desk.settings_file is None:
            raise LibraryError("There is no settings file to keep this in.")
        try:
            edit(self.desk.settings_file)
        except (OSError, ValueError) as error:
            raise LibraryError(f"settings.toml could not be changed: {error}") from error
        return self.read_settings()

    def take_settings(self, config: Config) -> None:
        """Go by these saved searches and mutes from now on, and show them."""
        before = self.desk.config
        self.desk.config = before._replace(searches=config.searches, mutes=config.mutes)
        if config.mutes != before.mutes:
            self.rooms.hiding.apply_mutes()
            self.desk.ask_again()
        self.rooms.saving.show_settings()


# Muted articles: hidden everywhere, counted beside the total, shown again by one key.


LONGEST_NAME = 24
"""Characters of a muted query beside the total."""


def today() -> date:
    """The day it is here."""
    return datetime.now().astimezone().date()


class Hiding(Controller):
    """Keeps what the settings mute out of every list and count."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self.muted: Muting | None = None
        self.shows_muted = False
        self._hidden = LatestTask(desk, "hidden", desk.say_error, patience=0)
        self._feeds = LatestTask(desk, "muted feeds", desk.say_error, patience=0)
        self._of_feeds: tuple[settings.Mute, ...] = ()

    def apply_mutes(self) -> None:
        """Hide what the settings and muted feeds hide today."""
        mutes = (*self.desk.config.mutes, *self._of_feeds)
        if not mutes and self.muted is None:
            return
        from rilo_reader.library.mutes import muting

        self.muted = muting(mutes, today())
        self.desk.library.mute(() if self.shows_muted else self.muted.queries)

    def look_at_feeds(self) -> None:
        """Hide the articles of the feeds that are muted now."""
        paths = self.desk.around.paths
        if paths is None:
            return

        def look() -> tuple[settings.Mute, ...]:
            from rilo_reader.feeds.status import feed_mutes

            return feed_mutes(self.desk.library.folder, paths)

        self._feeds.ask(look, self._take_feeds)

    def _take_feeds(self, mutes: tuple[settings.Mute, ...]) -> None:
        if mutes != self._of_feeds:
            self._of_feeds = mutes
            self.apply_mutes()
            self.desk.ask_again()

    def keep_day(self) -> None:
        """A mute may have ended at midnight."""
        if self.muted is not None and self.muted.day != today():
            self.apply_mutes()

    # -- beside the total -------------------------------------------------------------------------

    def results_shown(self) -> None:
        """Count what is hidden of these results."""
        if self.muted is None or not self.muted.queries:
            self.desk.search_row.show_hidden("")
        elif self.shows_muted:
            self.desk.search_row.show_hidden(
                f"muted ones too · {self.desk.key_of('show_muted')} hides them"
            )
        else:
            self._hidden.ask(
                partial(self.desk.library.hidden, self.desk.query_shown),
                partial(self._show_hidden, self.muted),
            )

    def _show_hidden(self, muted: Muting, hidden: Hidden) -> None:
        if muted is self.muted and not self.shows_muted:
            self.desk.search_row.show_hidden(self._hidden_text(muted, hidden))

    def _hidden_text(self, muted: Muting, hidden: Hidden) -> str:
        if not hidden.total:
            return ""
        text = f"{hidden.total:,} hidden"
        if self.desk.is_narrow:
            return text
        names = [
            mute.query for mute, hits in zip(muted.mutes, hidden.by_mute, strict=False) if hits
        ]
        if len(names) > 1:
            return f"{text} by {len(names)} mutes"
        name = names[0] if names else ""
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        return f'{text} by "{name}"'

    def hidden_by(self, mutes: tuple[settings.Mute, ...]) -> dict[str, int]:
        """How many articles of all each mute hides that holds; runs in a thread."""
        from rilo_reader.library.mutes import muting

        held = muting(mutes, today())
        hits = self.desk.library.hidden(Query(), held.queries).by_mute
        return {mute.query: count for mute, count in zip(held.mutes, hits, strict=True)}

    def show_muted(self) -> None:
        """Show what is muted, or hide it again."""
        if self.muted is None or not self.muted.queries:
            self.desk.say(f"Nothing is muted; {self.desk.key_of('mute')} mutes the search.")
            return
        self.shows_muted = not self.shows_muted
        self.apply_mutes()
        self.desk.ask_again()

    # -- muting -----------------------------------------------------------------------------------

    def mute(self) -> None:
        """Mute what is searched for."""
        from rilo_reader.query.edit import finished
        from rilo_reader.tui.panels.saved import without_names

        self.ask_for_mute(finished(without_names(self.desk.text, self.desk.config.searches)))

    def ask_for_mute(self, query: str) -> None:
        """Ask for a query to mute and until when."""
        from rilo_reader.tui.panels.saved import mute_prompt, until_of

        old = next((mute for mute in self.desk.config.mutes if mute.query == query), None)

        def answered(answers: tuple[str, ...] | None) -> None:
            if answers is not None:
                self._mute(answers[0], until_of(answers[1], today()))

        self.desk.app.push_screen(mute_prompt(query, old.until if old else None, today()), answered)

    def _mute(self, query: str, until: date | None) -> None:
        old = next((mute for mute in self.desk.config.mutes if mute.query == query), None)
        end = f" until {until}" if until is not None else ""
        back = (
            partial(settings.mute, query=query, until=old.until)
            if old
            else partial(settings.unmute, query=query)
        )
        self.rooms.adjusting.adjust(
            partial(settings.mute, query=query, until=until), back, f'Muted "{query}"{end}'
        )

    def unmute(self, mute: settings.Mute) -> None:
        """Show again what a mute hides."""
        self.rooms.adjusting.adjust(
            partial(settings.unmute, query=mute.query),
            partial(settings.mute, query=mute.query, until=mute.until),
            f'No longer muted: "{mute.query}"',
        )
