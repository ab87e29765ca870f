"""Panels of what is shown: help, outline, palette, themes, facets; and quitting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rilo_reader.article import Field
from rilo_reader.commands import Command
from rilo_reader.config import AUTO
from rilo_reader.config.all_settings import commands_from_settings
from rilo_reader.paths import guide_folder
from rilo_reader.query.edit import add_restriction
from rilo_reader.render.page import PageHeading
from rilo_reader.tui import panels
from rilo_reader.tui.environment import GUIDE, REOPEN
from rilo_reader.tui.keys import action_of
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.settings import SettingsController
from rilo_reader.tui.themes import auto_theme


class OverlayController(Controller):
    """Opens the panels that need only what is shown."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._facets_panel: panels.facets.FacetsScreen | None = None
        self._facets = context.tasks.make_latest("facets")
        self.commands = {
            "help": self.show_help,
            "outline": self.show_outline,
            "palette": self.show_palette,
            "theme": self.choose_theme,
            "facets": self.show_facets,
            "guide": self.toggle_guide,
            "quit": self.context.leave,
        }

    def show_help(self) -> None:
        """Show the keys, first those of where one is."""
        controllers = self.context.all_controllers
        place = panels.commands.ARTICLE if self.widgets.is_in_article else panels.commands.LIST
        place = next((each.mode for each in controllers if each.mode), place)
        taken: dict[str, Sequence[tuple[str, str]]] = {}
        for each in controllers:
            taken |= each.help_sections()
        own = commands_from_settings(self.context.config)
        self.open_panel(panels.commands.HelpScreen(self.context.keys, place, taken, own))

    def show_palette(self) -> None:
        """Find a command by its name."""

        async def run(command: Command) -> None:
            await self.context.run_action(action_of(command.id))

        own = commands_from_settings(self.context.config)
        self.open_panel(panels.commands.CommandPalette(self.widgets.key_of, run, own))

    def show_whole(self) -> None:
        """Show all of the message that is cut in the last line."""
        whole = self.widgets.bottom.cut_message
        self.widgets.bottom.clear()
        self.open_panel(panels.panel.TextScreen("Message", whole))

    async def toggle_guide(self) -> None:
        """Open the guide in place of the library, or the library again."""
        if self.context.environment.in_browser:
            self.widgets.show_message("The guide opens in a terminal: rilo-reader, then guide.")
        elif self.library.folder != guide_folder():
            await self.context.leave(GUIDE)
        elif self.context.environment.guide_returns:
            await self.context.leave(REOPEN)
        else:
            key = self.widgets.key_of("add")
            self.widgets.show_message(f"This is the guide. {key} adds your first feed.")

    def show_outline(self) -> None:
        """Choose a heading of the article, and go to it."""
        view = self.widgets.view
        headings = view.headings
        if not headings:
            self.widgets.show_message("This article has no headings.")
            return

        def go_to(heading: PageHeading) -> None:
            self.widgets.enter_article()
            view.go_to_line(heading.line)

        title, line = self.article.title, int(view.scroll_offset.y)
        self.open_panel(panels.pickers.make_outline(title, headings, line, go_to))

    def choose_theme(self) -> None:
        """Choose a theme, shown live; the choice is written to the settings."""
        app = self.context.app
        before = app.theme
        names = [AUTO, *sorted(app.available_themes)]
        auto = auto_theme(is_light=self.context.environment.is_light)

        def show(name: str) -> None:
            app.theme = auto if name == AUTO else name

        def keep(name: str) -> None:
            show(name)
            if name != before:
                settings = self.context.controller_of(SettingsController)
                settings.change_value("theme", name, f"Theme {name}")

        self.open_panel(panels.pickers.ThemeScreen(names, before, show, keep))

    def show_facets(self) -> None:
        """Count what is shown, and choose from it."""
        query, most, search = (
            self.results.query_shown,
            panels.facets.MOST_VALUES,
            self.library.search,
        )

        def count() -> panels.facets.Groups:
            found = search.facets_with_own_tags(query, most)
            return panels.facets.group_facets(found, search.count_feed_tags(query))

        self._facets.request(count, self._open_facets)

    def on_results_shown(self) -> None:
        """While the panel is open it counts what is shown behind it."""
        if self._facets_panel is not None:
            self.show_facets()

    def _open_facets(self, groups: panels.facets.Groups) -> None:
        if (elsewhere := self.library.remote_articles) is not None:
            self.widgets.show_message(
                f"These counts cover the articles on this device, {elsewhere.local_span}."
            )
        if self._facets_panel is not None:
            self._facets_panel.show_groups(groups)
        elif self.context.app.screen is not self.context:
            return  # the user opened something else meanwhile
        elif groups:
            exclude = partial(self._restrict_results, sign="-")
            self._facets_panel = panels.facets.FacetsScreen(groups, self._restrict_results, exclude)
            self.open_panel(self._facets_panel, self._on_facets_left)
        else:
            self.widgets.show_message("There is nothing to count: the list is empty.")

    def _on_facets_left(self) -> None:
        self._facets_panel = None

    def narrow_to_value(self, named: tuple[str, str]) -> None:
        """Narrow the list to the articles with a value of a field, and show it."""
        field, value = named
        self._restrict_results(panels.facets.Restriction(Field(field), value))
        if self.widgets.is_narrow or self.widgets.is_zen:
            self.widgets.enter_list()

    def _restrict_results(self, restriction: panels.facets.Restriction, sign: str = "") -> None:
        if not restriction.term:
            self.widgets.show_message("This has no word or number to search for.")
            return
        term, results = sign + restriction.term, self.results
        text = add_restriction(results.settled_text, term, saved_queries=results.saved_queries)
        self.context.controller_of(SearchController).change_query(text)
