"""Finding words within the open article, beside the search of the list."""

from __future__ import annotations

from collections.abc import Callable

from rilo_reader.article import Article
from rilo_reader.library import Row
from rilo_reader.tui.reader.context import Controller, ReaderContext
from rilo_reader.tui.widgets.find_box import FindBox


class FindController(Controller):
    """Finds what is typed into the box below the article; `enter` keeps the hits for `n` and `N`.

    The query of the list and its hits stay as they are.
    """

    def __init__(self, context: ReaderContext, open_article: Callable[[], None]) -> None:
        """Create it; `open_article` moves the focus into the article at the cursor."""
        super().__init__(context)
        self._open_article = open_article
        self._row = 0.0  # where the article was scrolled to before
        self.commands = {"find": self.begin}

    def begin(self) -> None:
        """Open the box, with what was looked for last."""
        self._open_article()
        if self.article.row is None:
            self.widgets.show_message("There is no article to find words in.")
            return
        box = self.widgets.find_box
        if box is None:
            box = self.widgets.find_box = FindBox()
            self.widgets.screen.mount(box)
        self._row = self.widgets.view.scroll_y
        box.display = True
        self.widgets.screen.set_focus(box, scroll_visible=False)
        box.select_all()
        self.typed(box.value)

    def article_shown(self, row: Row, article: Article) -> None:
        """Find the same in an article that has changed while the user types."""
        if self.widgets.in_find and self.widgets.find_box is not None:
            self.typed(self.widgets.find_box.value)

    def typed(self, text: str) -> None:
        """Go to the first hit from where one was; back there without any text."""
        view = self.widgets.view
        view.scroll_to_row(self._row)
        view.found.look_for(text.strip())

    def keep(self) -> None:
        """Close the box, with the hits still shown."""
        if self.widgets.in_find:
            self.widgets.enter_article()
        if self.widgets.find_box is not None:
            self.widgets.find_box.display = False
        self.widgets.show_key_hints()

    def leave(self) -> bool:
        """Show no hits any more, and from the box be where one was; False if there are none."""
        if self.widgets.in_find:
            self.typed("")
        elif not (self.widgets.in_article and self.widgets.view.found.text):
            return False
        self.widgets.view.found.look_for("")
        self.keep()
        return True
