"""The article view: an article with its hits, links and neighbours, and what plugins draw."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any, TypeVar

from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message

from rilo_reader.article import Article, ArticleId
from rilo_reader.query.tree import Words
from rilo_reader.render.page import JUMP, LINK, Layout, Page, PageHeading, PageLink, Styles
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.layers import FindLayer, HitLayer, SyntaxLayer
from rilo_reader.tui.widgets.layouter import Layouter, LayoutJob, LayoutResult
from rilo_reader.tui.widgets.page_view import Layer, PageView, make_footer

Kind = TypeVar("Kind", bound=Layer)


Neighbours = tuple[str | None, str | None]
"""The titles of the previous and the next article; None where there is none."""


class ScrollGoal:
    """A place that a view is scrolled to once it is laid out."""

    reached: int | None = None  # the position that was reached, until the user scrolls
    # a line of the page before an edit, which is to stay, instead of the position
    line_before_edit: tuple[Page, int] | None = None
    at_bottom = False
    anchor = ""

    def __init__(
        self, position: int | None = None, *, at_hit: bool = False, keeps_line: bool = False
    ) -> None:
        self.position = position  # a reading position; None once it is reached
        self.at_hit = at_hit  # at the first one, where there is one
        self.keeps_line = keeps_line  # at the top line of the same article, which was edited


def find_line_after_edit(before: Page, line: int, after: Page) -> int:
    """Return where a line of a page is after an edit, or what stands in its place."""
    old, new = ([each.text for each in page.lines] for page in (before, after))
    for kind, first, last, start, end in SequenceMatcher(a=old, b=new).get_opcodes():
        if line < last:
            return start + line - first if kind == "equal" else min(start + line - first, end)
    return line


class ArticleView(PageView):
    """Shows one article at a time; posts messages and never loads anything.

    Shows the article requested last, or the previous one until it is laid out as far as the
    position it is to begin at.
    """

    # Not in a base class: Textual scopes CSS to the class that defines it. Styles of parts of the
    # page are not component classes, of which each takes 0.2 ms of a launch.
    DEFAULT_CSS = """
    ArticleView {
        background: $page-ground;
        color: $page-text;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-background: $page-ground;
        scrollbar-background-hover: $page-ground;
        scrollbar-background-active: $page-ground;
        scrollbar-color: $page-rule;
        scrollbar-color-hover: $quote-bar;
        scrollbar-color-active: $quote-bar;
    }
    """

    class Moved(Message):
        """The article was scrolled to `position`; `is_at_end` if its end is visible."""

        def __init__(self, position: int, at_end: bool) -> None:
            super().__init__()
            self.position, self.at_end = position, at_end

    class PageShown(Message):
        """All of the article is on the screen."""

    class Chosen(Message):
        """Something was clicked.

        `kind` says what `value` is: of a LINK the address, of a VALUE of the head its field and
        text, of a NEIGHBOUR in the footer the step to it. Other kinds are of layers; "" is where
        there is nothing.
        """

        def __init__(self, kind: str, value: object) -> None:
            super().__init__()
            self.kind, self.value = kind, value

    class HitsFound(Message):
        """The number of the current hit, from 1 (0 for none), and of hits so far."""

        def __init__(self, current: int, total: int) -> None:
            super().__init__()
            self.current, self.total = current, total

    def __init__(self, *, width: int = 80, date_format: str = "human") -> None:
        """Create an empty view of lines of at most `width` cells."""
        super().__init__()
        self._width = width
        self._date_format = date_format
        self._article: Article | None = None
        self._notice: tuple[str, str] | None = None
        self._neighbours: Neighbours = (None, None)
        self._words: tuple[Words, ...] = ()
        self._own_tags: tuple[str, ...] = ()
        self._numbers = False
        self._goal = ScrollGoal()
        self._result: LayoutResult | None = None  # on the screen
        self._layouter = Layouter(self, self._show_result)
        self._hits = HitLayer(self, self._post_hits)
        self.find_layer = FindLayer(self, self._post_hits)
        self.page_layers = (SyntaxLayer(self), self._hits, self.find_layer)

    def add_layers(self, layers: Iterable[Layer]) -> None:
        """Draw what plugins bring, too."""
        self.page_layers = sorted((*self.page_layers, *layers), key=lambda layer: layer.order)

    def layer_of(self, kind: type[Kind]) -> Kind:
        """Return the layer of a kind, for what decides what it shows."""
        return next(layer for layer in self.page_layers if isinstance(layer, kind))

    # -- content --------------------------------------------------------------------------------

    @property
    def article_id(self) -> ArticleId | None:
        """The requested article; None if there is none or a message is shown."""
        return self._article.id if self._article else None

    @property
    def is_current(self) -> bool:
        """True if the requested article is on the screen."""
        return self._result is not None and self._result.job.article is self._article

    @property
    def is_complete(self) -> bool:
        """True if all of the requested article is on the screen."""
        if self._article is None:
            return True
        is_latest = self._result is not None and self._result.job is self._layouter.job
        return is_latest and self.page.is_complete

    @property
    def headings(self) -> tuple[PageHeading, ...]:
        """The headings laid out so far."""
        return self.page.headings if self.is_current else ()

    @property
    def links(self) -> tuple[PageLink, ...]:
        """The links laid out so far."""
        return self.page.links if self.is_current else ()

    def show_article(
        self,
        article: Article,
        goal: ScrollGoal,
        *,
        neighbours: Neighbours = (None, None),
        words: tuple[Words, ...] = (),
        own_tags: tuple[str, ...] = (),
    ) -> None:
        """Show an article from `goal` on, with the hits of `words`."""
        self._goal = goal
        if goal.keeps_line:
            self._keep_line()
        self._article = article
        self._notice = None
        self._neighbours, self._words, self._own_tags = neighbours, words, own_tags
        self._numbers = False
        self._forget_layers()
        self._request_layout()

    def stop_layout(self) -> None:
        """Lay out no more of the article, since another will be shown."""
        self._layouter.cancel()

    def show_own_tags(self, tags: tuple[str, ...]) -> None:
        """Show other tags of the reader's own above the article; the top line stays."""
        if tags != self._own_tags:
            self._own_tags = tags
            self._lay_out_again()

    def configure(self, width: int, date_format: str) -> None:
        """Lay out in lines of at most `width` cells, with other dates."""
        if (width, date_format) != (self._width, self._date_format):
            self._width, self._date_format = width, date_format
            self._lay_out_again()

    def update_room(self) -> None:
        """Lay out again, as a layer takes other room; the top line stays."""
        self._keep_line()
        self._lay_out_again()

    def _keep_line(self) -> None:
        if self.is_current and self.top_line:
            self._goal.line_before_edit = (self.page, self.top_line)

    def _forget_layers(self) -> None:
        for layer in self.page_layers:
            layer.forget()

    def show_message(self, title: str, text: str) -> None:
        """Show a message in place of an article; blank lines separate paragraphs.

        A message without a title is dim.
        """
        self._article = self._result = None
        self._layouter.cancel()
        self._forget_layers()
        self._goal = ScrollGoal()
        self._notice = (title, text)
        self._lay_out_notice()
        self.scroll_to_row(0)

    def set_words(self, words: tuple[Words, ...]) -> None:
        """Highlight the hits of other words, without scrolling."""
        if words == self._words:
            return
        self._words = words
        self._hits.clear_current()
        if self._result is not None and self.is_complete and self.is_current:
            self._layouter.find_again(self._result, words)
        else:
            self._lay_out_again()

    def set_neighbours(self, neighbours: Neighbours) -> None:
        """Update the titles of the previous and next articles."""
        self._neighbours = neighbours
        if self.is_current and self.page.is_complete:
            self._show_page(self.page)

    def show_link_numbers(self, is_on: bool) -> None:
        """Show or hide the number of each link."""
        if is_on != self._numbers:
            self._numbers = is_on
            self._lay_out_again()

    # -- position and movement ------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The reading position: visible characters of the body above the top line."""
        for position in (self._goal.position, self._goal.reached):
            if position is not None:
                return position
        return self.reading_position if self.is_current else 0

    @property
    def reading_offset(self) -> Offset:
        """The position of the current line on the screen, for the terminal's own cursor.

        That is the line of a layer that was gone to last, if it is on the screen, else the first
        line. Hits come last: what is left before one goes to another hit is above them.
        """
        hits = (self.find_layer, self._hits)
        layers = (*(layer for layer in reversed(self.page_layers) if layer not in hits), *hits)
        seen = self.visible_lines
        lines = (line for layer in layers if (line := layer.current_line) is not None)
        return self.offset_of(next((line for line in lines if line in seen), seen.start))

    @property
    def is_at_end(self) -> bool:
        """True if the end of the article is visible."""
        return self.is_current and self._goal.position is None and self.is_at_bottom

    def move_top(self) -> None:
        """Scroll to the title."""
        self._goal.at_bottom = False
        self.scroll_to_row(0)

    def move_bottom(self) -> None:
        """Scroll to the end, also while it is being laid out."""
        self._goal.at_bottom = not self.page.is_complete
        self.scroll_to_row(self.max_scroll_y)

    def go_to_hit(self, step: int) -> bool:
        """Scroll to the next hit (1) or the previous one (-1); return False if there is none.

        While something is looked for within the page, its hits are meant.
        """
        return self.find_layer.step_hit(step) if self.find_layer.text else self._hits.step_hit(step)

    def jump_to_anchor(self, name: str) -> None:
        """Scroll to an anchor of the page, now or once it is laid out."""
        line = self.page.anchors.get(name)
        self._goal.anchor = "" if line is not None or self.page.is_complete else name
        if line is not None:
            self.go_to_line(line)

    # -- layout ---------------------------------------------------------------------------------

    @property
    def _wanted_width(self) -> int:
        """The width of lines; 0 where nothing can be laid out yet: a view that is not shown."""
        return min(self._width, self.text_width) if self.is_attached else 0

    @property
    def _styles(self) -> Styles:
        """The styles of all parts of a page in the current theme."""
        text, colours = self.rich_style, colours_of(self)
        bold = Style(bold=True)
        accent = colours.accent + bold
        return Styles(
            text=text,
            title=text + bold,
            dim=colours.dim,
            headings=(text + accent, text + bold, text + bold, text + Style(italic=True)),
            strong=bold,
            code=colours.code + bold if self.app.no_color else colours.code,
            code_block=text + colours.code,
            quote=text,
            bar=text + colours.bar,
            marker=text + colours.dim,
            link=colours.link,
            link_number=accent + Style(reverse=True),
            rule=text + colours.rule,
        )

    def _lay_out_again(self) -> None:
        """Lay out again for a new width, theme or setting; keep the position."""
        if self._article is None:
            self._lay_out_notice()
            return
        if self._goal.position is None:
            self._goal.position = self.position
        self._request_layout()

    def _request_layout(self) -> None:
        """Lay out the article, once the view has a size."""
        if self._article is None or not self._wanted_width:
            self._layouter.cancel()
            return
        boxes = (layer.picture_boxes(self._article.path) for layer in self.page_layers)
        layout = Layout(
            self._wanted_width,
            self._styles,
            number_links=self._numbers,
            boxes=next(filter(None, boxes), None),
            own_tags=self._own_tags,
        )
        self._layouter.request_layout(
            LayoutJob(self._article, layout, self._words, self._date_format)
        )

    def _lay_out_notice(self) -> None:
        """Show a message of the program in place of an article."""
        from rilo_reader.render.document import render_message

        if self._notice is not None and self._wanted_width:
            self.set_page(
                render_message(*self._notice, Layout(self._wanted_width, self._styles)), []
            )

    def _show_page(self, page: Page) -> None:
        """Show a page, with the titles of the neighbours below one that is complete."""
        has_foot = page.is_complete and self._neighbours != (None, None)
        foot = make_footer(*self._neighbours, page.width, colours_of(self).dim) if has_foot else []
        self.set_page(page, foot)

    def _show_result(self, result: LayoutResult) -> bool:
        """Show a result, once it includes the position to begin at; return whether it does not."""
        if not self._is_enough(result):
            return True
        self._result = result
        self._hits.hits = result.hits
        self._show_page(result.page)
        self._scroll_to_goal(result)
        for layer in self.page_layers:
            layer.on_page_shown(result.page)
        self._post_hits()
        if result.page.is_complete:
            self.post_message(self.PageShown())
        self.post_message(self.Moved(self.position, self.is_at_end))
        return False

    def _is_enough(self, result: LayoutResult) -> bool:
        """Return whether a page includes the position and a screenful after it."""
        if result.page.is_complete:
            return True
        if self._goal.at_hit:
            return bool(result.hits)
        if self._goal.line_before_edit is not None:
            return False
        if not self._goal.position:
            return True
        letters = sum(line.body_letters for line in result.page.lines)
        return letters > self._goal.position + self.size.width * self.size.height

    def _scroll_to_goal(self, result: LayoutResult) -> None:
        """Scroll to the requested position if it is laid out."""
        goal = self._goal
        if goal.line_before_edit is not None:
            self.scroll_to_top_line(find_line_after_edit(*goal.line_before_edit, self.page))
        elif goal.position is not None:
            self.scroll_to_top_line(self.line_at(goal.position))
            goal.reached = goal.position
        goal.position = goal.line_before_edit = None
        if goal.at_hit:
            goal.at_hit = False
            if result.hits:
                self._hits.go_to_index(0)
        settled = goal.reached
        self._hits.keep_in_sight()
        goal.reached = settled
        if result.page.is_complete:
            if goal.at_bottom:
                self.scroll_to_row(self.max_scroll_y)
            goal.at_bottom = False
            if goal.anchor:
                self.jump_to_anchor(goal.anchor)

    def _post_hits(self) -> None:
        layer = self.find_layer if self.find_layer.text else self._hits
        self.post_message(self.HitsFound(layer.current_index + 1, len(layer.hits)))

    # -- events ---------------------------------------------------------------------------------

    def on_unmount(self) -> None:
        self._layouter.cancel()

    def handle_size(self) -> None:
        """Lay out before the first frame."""
        if self._layouter.job is None:
            self._request_layout()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out again if the width of lines changes."""
        self.redraw()
        job = self._layouter.job
        if self._wanted_width != (job.layout.width if job else 0):
            self._lay_out_again()
        elif any(layer.is_outgrown for layer in self.page_layers):
            self.update_room()
        else:
            self._hits.keep_in_sight()

    def notify_style_update(self) -> None:
        """Lay out again with the styles of another theme."""
        super().notify_style_update()
        self.redraw()
        # Not while the style sheet is being applied, to other widgets too.
        self.call_later(self._follow_styles)

    def _follow_styles(self) -> None:
        job = self._layouter.job
        if self.is_attached and (job is None or self._styles != job.layout.styles):
            self._lay_out_again()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Post the new position; the user scrolls, where it is not the way to a goal."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) == round(new_value) or self._goal.position is not None:
            return
        self._hits.stays_in_sight = False
        if self.is_current:
            self._goal.reached = None
            self.post_message(self.Moved(self.position, self.is_at_end))

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked, unless text was selected."""
        if self.text_selection is not None:
            return
        if (target := self.target_of(event.style)) is not None:
            event.stop()
            kind, value = target
        else:
            kind, value = self._find_click_target(event) or ("", None)
        if kind == LINK:
            urls = {link.number: link.url for link in self.page.links}
            urls[0] = self._article.url if self._article else ""
            value = urls.get(value, "")
        if kind == JUMP:
            self.jump_to_anchor(value)
        elif value != "":
            self.post_message(self.Chosen(kind, value))

    def _find_click_target(self, event: events.Click) -> tuple[str, Any] | None:
        widget, offset = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
        column = offset.x if widget is self and offset is not None else None
        line = round(self.scroll_y) + event.y
        chosen = (layer.find_click_target(line, column) for layer in reversed(self.page_layers))
        return next(filter(None, chosen), None)
