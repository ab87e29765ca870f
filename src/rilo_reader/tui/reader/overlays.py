"""What stands on top of the reader: help, outline, palette and themes; and the way out."""

from __future__ import annotations

from functools import partial

from rilo_reader.config import change
from rilo_reader.library import LibraryError
from rilo_reader.tui.reader.controllers import Controller


class Leading(Controller):
    """Opens what has a screen of its own and needs no other room."""

    async def quit(self) -> None:
        """Leave; everything is kept."""
        await self.desk.leave()

    def help(self) -> None:
        """Every command and its keys."""
        from rilo_reader.tui.panels.help import HelpScreen

        self.desk.app.push_screen(HelpScreen(self.desk.keys))

    def outline(self) -> None:
        """The headings of the article."""
        from rilo_reader.tui.panels.pickers import outline

        view = self.desk.view
        headings = view.headings
        if not headings:
            self.desk.say("This article has no headings.")
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self.desk.enter_article()
                view.go_to_line(headings[index].line)

        self.desk.app.push_screen(outline(headings, int(view.scroll_offset.y)), chosen)

    def palette(self) -> None:
        """Every command by its name."""
        from rilo_reader.tui.panels.palette import Palette

        self.desk.app.push_screen(Palette())

    def theme(self) -> None:
        """Choose a theme, shown live; what is chosen is written to the settings."""
        from rilo_reader.tui.panels.pickers import ThemeScreen

        app = self.desk.app
        before = app.theme
        names = sorted(app.available_themes)

        def show(name: str) -> None:
            app.theme = name

        def chosen(index: int | None) -> None:
            show(before if index is None else names[index])
            if index is not None and names[index] != before:
                self.desk.written.do(
                    partial(self._keep_theme, names[index]),
                    lambda _: self.desk.say(f"Theme {names[index]}"),
                )

        app.push_screen(ThemeScreen(names, before, show), chosen)

    def _keep_theme(self, name: str) -> None:
        if self.desk.settings_file is None:
            return
        try:
            change(self.desk.settings_file, "theme", name)
        except (OSError, ValueError) as error:
            raise LibraryError(f"The theme could not be kept in settings.toml: {error}") from error
