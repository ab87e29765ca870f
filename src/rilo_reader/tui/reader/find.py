"""Finding words within the open article, beside the search of the list."""

from __future__ import annotations

from rilo_reader.article import Article
from rilo_reader.library import Row
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.navigation import NavigationController
from rilo_reader.tui.widgets.search_box import FindBox


class FindController(Controller):
    """Finds what is typed into the box below the article; `enter` keeps the hits for `n` and `N`.

    The query of the list and its hits stay as they are.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._row = 0.0  # where the article was scrolled to before
        self.commands = {"find": self.open_box}

    def open_box(self) -> None:
        """Open the box, with what was looked for last."""
        self.context.controller_of(NavigationController).focus_article()
        if self.article.row is None:
            self.widgets.show_message("Open an article first, to find words in it.")
            return
        box = self.widgets.find_box
        if box is None:
            box = self.widgets.find_box = FindBox()
            self.widgets.screen.mount(box)
        self._row = self.widgets.view.scroll_y
        box.display = True
        self.widgets.screen.set_focus(box, scroll_visible=False)
        box.select_all()
        self.find_typed(box.value)

    def on_article_shown(self, row: Row, article: Article) -> None:
        """Find the same in an article that has changed while the user types."""
        if self.widgets.is_in_find_box and self.widgets.find_box is not None:
            self.find_typed(self.widgets.find_box.value)

    def find_typed(self, text: str) -> None:
        """Go to the first hit below the line of before the search; back to it without a text."""
        view = self.widgets.view
        view.scroll_to_row(self._row)
        view.find_layer.look_for(text.strip())

    def keep_hits(self) -> None:
        """Close the box, with the hits still shown."""
        if self.widgets.is_in_find_box:
            self.widgets.enter_article()
        if self.widgets.find_box is not None:
            self.widgets.find_box.display = False
        self.widgets.show_key_hints()

    def handle_back(self) -> bool:
        """Hide the hits, and from the box return to the line before; False if there are none."""
        if self.widgets.is_in_find_box:
            self.find_typed("")
        elif not (self.widgets.is_in_article and self.widgets.view.find_layer.text):
            return False
        self.widgets.view.find_layer.look_for("")
        self.keep_hits()
        return True
