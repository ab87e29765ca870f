"""The words that a publisher changed, in the reader: old ones are struck, new ones underlined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.console import Group
from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from rilo_reader.article import Article
from rilo_reader.library import Row
from rilo_reader.plugins.edits.changes import BARE, GONE, MARKED, NEW, Line
from rilo_reader.plugins.edits.record import read_changes
from rilo_reader.render.lines import is_right_to_left
from rilo_reader.tui.panels.panel import MOST_SHOWN, TextScreen
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.widgets.colours import colours_of


class ChangesController(Controller):
    """Reads what changed in the article, and opens a panel with it."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._reading = context.tasks.make_latest("changes")
        self.commands = {"changes": self._read_changes}

    def on_article_shown(self, row: Row, article: Article) -> None:
        """Name the key if the article was edited."""
        if row.marks.is_edited and (key := self.widgets.key_of("changes")):
            self.widgets.show_message(f"Edited since you read it · {key} shows what changed")

    def _read_changes(self) -> None:
        if (row := self.article.target_row) is not None:
            self._reading.request(partial(read_changes, self.library, row.id), self._show_changes)

    def _show_changes(self, changes: Sequence[Line]) -> None:
        if not changes:
            self.widgets.show_message("This article has not changed since you read it.")
        elif self.context.app.screen is self.context:  # else something else was opened meanwhile
            self.open_panel(ChangesScreen(changes[0][0].text, changes[1:]))


class ChangesScreen(TextScreen):
    """The words that went and came, with signs where there are no colours."""

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        texts = ("".join(MARKED[sign].format(text) for text, sign in line) for line in lines)
        super().__init__(title, "\n\n".join(texts))
        self._lines = lines

    def on_mount(self) -> None:
        """Draw the lines, of which the text is what is copied."""
        form, colours, room = MARKED if self.app.no_color else BARE, colours_of(self), MOST_SHOWN
        gone, new = colours.error + Style(strike=True), colours.accent + Style(underline=True)
        styles, shown = {"": colours.text, GONE: gone, NEW: new}, list[Text]()
        for line in self._lines:
            text = Text.assemble(*((form[sign].format(each), styles[sign]) for each, sign in line))
            room -= len(text)
            if room < 0:
                shown += [Text("… The rest is left out; y copies all of it.", colours.dim), Text()]
                break
            text.justify = "right" if is_right_to_left(text.plain) else "left"
            shown += [text, Text()]
        self.query_one("#rows Static", Static).update(Group(*shown[:-1]))
