"""A view of an article with highlights, notes in the margin, and a passage that is selected."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message

from rilo_reader.render.joined import JoinedText
from rilo_reader.render.page import Page
from rilo_reader.tui.background import in_thread
from rilo_reader.tui.widgets.article_hits import Patch
from rilo_reader.tui.widgets.article_layout import Result
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.highlights import Drawn, HighlightLayer, Place, places_of
from rilo_reader.tui.widgets.layout_view import LayoutView
from rilo_reader.tui.widgets.page_view import TOP

if TYPE_CHECKING:
    from rilo_reader.annotations.highlight import Highlight
    from rilo_reader.tui.widgets.visual_mode import VisualMode


class HighlightsShown(Message, namespace="article_view"):
    """A complete page is on the screen, with its highlights."""


class HighlightChosen(Message, namespace="article_view"):
    """A highlight was clicked; "" for text without one."""

    def __init__(self, highlight: str) -> None:
        super().__init__()
        self.highlight = highlight


class Placed(Message, bubble=False, namespace="article_view"):
    """A thread has found highlights on a page; internal to the view."""

    def __init__(
        self, page: Page, highlights: tuple[Highlight, ...], places: tuple[Place, ...]
    ) -> None:
        super().__init__()
        self.page = page
        self.highlights = highlights
        self.places = places


class AnnotatedView(LayoutView):
    """Finds highlights once the whole article is laid out, and draws them under its hits."""

    def __init__(self, width: int, date_format: str, *, in_vault: bool = False) -> None:
        super().__init__(width, date_format, in_vault=in_vault)
        self._layer = HighlightLayer()

    def hit_patches(self) -> Mapping[int, Sequence[Patch]]:
        """Return the styles of the hits by line; to be implemented by the article view."""
        return {}

    # -- highlights -----------------------------------------------------------------------------

    @property
    def places(self) -> tuple[Place, ...]:
        """The highlights that were found, in the order of the text; those that are lost last."""
        return self._layer.places

    @property
    def current_highlight(self) -> Place | None:
        """The highlight one is at, None if there is none."""
        current = self._layer.current
        return next((each for each in self.places if each.highlight.id == current), None)

    def forget_highlights(self) -> None:
        """Show none; the article is loaded anew."""
        self._layer.clear()
        self.note_lines(frozenset())

    def set_highlights(self, highlights: Sequence[Highlight]) -> None:
        """Show the highlights of the article, once all of it is laid out."""
        if tuple(highlights) != self._layer.highlights:
            self._layer.highlights = tuple(highlights)
            self._layer.is_stale = True
            if self.is_complete and self.is_current:
                self._place_highlights(self.page)

    def choose_highlight(self, highlight: str) -> Place | None:
        """Be at a highlight, by its id, and scroll to it; None if it is not found. "" for none."""
        self._layer.current = highlight
        place = self.current_highlight
        self._draw()
        if place is not None and place.pieces:
            self.show_line(place.pieces[0].line)
        return place

    def next_highlight(self, step: int) -> Place | None:
        """Go to the next highlight (1) or the previous one (-1); None if there is none."""
        found = [place for place in self.places if place.pieces]
        here = self.current_highlight
        if here in found:
            index = found.index(here) + step
        else:
            seen = self.visible_lines
            edge = seen.start if step > 0 else seen.stop
            below = [i for i, place in enumerate(found) if place.pieces[0].line >= edge]
            index = below[0] if below else len(found)
            index -= 0 if step > 0 else 1
        if not 0 <= index < len(found):
            return None
        return self.choose_highlight(found[index].highlight.id)

    def choose_highlight_at(self, event: events.Click) -> None:
        """Post which highlight was clicked."""
        widget, offset = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
        place = None
        if widget is self and offset is not None:
            place = self._layer.at(offset.y - TOP, offset.x)
        self.post_message(HighlightChosen(place.highlight.id if place else ""))

    def _place_highlights(self, page: Page) -> None:
        highlights = self._layer.highlights
        if not highlights:
            self._show_places(Placed(page, (), ()))
            return
        find = partial(self._find_in_page, page, highlights)
        done = asyncio.wrap_future(in_thread(find, "article"))
        self.run_worker(done, group="highlights", exclusive=True)

    def _find_in_page(self, page: Page, highlights: tuple[Highlight, ...]) -> None:
        self.post_message(Placed(page, highlights, places_of(page, highlights)))

    def on_article_view_placed(self, event: Placed) -> None:
        """Show highlights, unless there is another page or there are others by now."""
        if event.page is self.page and event.highlights is self._layer.highlights:
            self._show_places(event)

    def _show_places(self, placed: Placed) -> None:
        self._layer.page, self._layer.places = placed.page, placed.places
        self._layer.is_stale = False
        self._draw()
        self.post_message(HighlightsShown())

    # -- selection ------------------------------------------------------------------------------

    @property
    def body(self) -> JoinedText:
        """The text of the article on the screen."""
        return self._layer.body(self.page)

    @property
    def reading_start(self) -> int:
        """The position in `body` of the line one reads: the first on the screen."""
        line = max(self.top_line, self.page.head_lines)
        return self.body.position_of(line, 0)

    def selected_by_mouse(self) -> tuple[int, int] | None:
        """The range of `body` that the mouse selected; None without."""
        selection = self.text_selection
        if selection is None or not self.is_current:
            return None
        body = self.body

        def position(offset: Offset | None, default: int) -> int:
            return default if offset is None else body.position_of(offset.y - TOP, offset.x)

        return position(selection.start, 0), position(selection.end, len(body.text))

    def show_selection(self, mode: VisualMode | None) -> None:
        """Draw what is selected, with the end that moves in sight; None for nothing."""
        if mode is None:
            self._layer.select(())
        else:
            body = self.body
            self._layer.select(body.pieces(*mode.selected), body.pieces(*mode.moving))
            self.show_line(mode.line)
        self._draw()

    def show_line(self, line: int) -> None:
        """Scroll just far enough to show a line of the page."""
        seen = self.visible_lines
        if line < seen.start + 1:
            self.scroll_to_top_line(line - 1)
        elif line >= seen.stop - 2:
            self.scroll_to_top_line(line - len(seen) + 3)

    # -- parts of the page ----------------------------------------------------------------------

    def made_patches(self) -> dict[int, list[Patch]]:
        """Return the styles of highlights, hits and selection by line."""
        patches: dict[int, list[Patch]] = {}
        layers: list[Mapping[int, Sequence[Patch]]] = [self.hit_patches()]
        if self._result is not None and not self._layer.is_empty:
            drawn = self._drawn()
            layers.insert(0, self._layer.patches(self._result.page, drawn))
            layers.append(self._layer.selection_patches(drawn))
        for layer in layers:
            for line, added in layer.items():
                patches.setdefault(line, []).extend(added)
        return patches

    def _drawn(self) -> Drawn:
        # Where there are no colours, a colour for the selection is none either.
        selected = (
            Style(reverse=True)
            if self.app.current_theme.ansi
            else self.screen.get_component_rich_style("screen--selection")
        )
        return Drawn(
            colours_of(self).highlights,
            Style(bold=True, underline=True),
            selected,
            Style(bold=True, underline=True),
        )

    def _draw(self) -> None:
        self.put_patches(self.made_patches())
        self.note_lines(self._layer.noted_lines(self.page))

    def result_shown(self, result: Result) -> None:
        """Find the highlights, once all is laid out."""
        self.note_lines(self._layer.noted_lines(result.page))
        is_placed = self._layer.page is result.page and not self._layer.is_stale
        if result.page.complete and not is_placed:
            self._place_highlights(result.page)
