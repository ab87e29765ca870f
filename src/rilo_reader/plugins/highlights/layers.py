"""Layers over a page: highlights, their marks in the margin, the selection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.style import Style

from rilo_reader.render.page import Page
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.layers import make_patches
from rilo_reader.tui.widgets.page_view import Layer, PageView, Patches

if TYPE_CHECKING:
    from rilo_reader.annotations.highlight import Highlight
    from rilo_reader.plugins.highlights.placed_highlights import PlacedHighlight
    from rilo_reader.plugins.highlights.visual_mode import VisualMode

EMPHASIS = Style(bold=True, underline=True)  # of the current highlight, and the selection's end
NOTE_MARK, OTHERS_MARK = "» ", "@ "
"""Marks in the margin of a line with a note, and with a highlight of a colleague."""

HIGHLIGHT_CLICK = "highlight"  # the kind of a click on one, whose value is the id


class HighlightLayer(Layer):
    """The highlights of an article, found once its page is complete, and the current one."""

    order = -1

    def __init__(self, view: PageView) -> None:
        super().__init__(view)
        # called when they are found on a complete page
        self.on_shown: Callable[[], object] = lambda: None
        self.places: tuple[PlacedHighlight, ...] = ()  # of `find_places`; none before it returns
        self._highlights: tuple[Highlight, ...] = ()
        self._page: Page | None = None  # a complete page of the article
        self._current = ""  # the id of the current one

    def forget(self) -> None:
        """Drop all highlights: another article is loaded, or the same one again."""
        self._highlights, self._current, self._page = (), "", None
        self._set_places(())

    def show_highlights(self, highlights: Sequence[Highlight]) -> None:
        """Show the highlights of the article, once all of it is laid out."""
        if tuple(highlights) != self._highlights:
            self._highlights = tuple(highlights)
            self._find_places()

    def on_page_shown(self, page: Page) -> None:
        """Find the highlights on a page, if it is complete."""
        if not page.is_complete or page is not self._page:
            self._page = page if page.is_complete else None
            self._set_places(())
            self._find_places()

    def _find_places(self) -> None:
        page, highlights = self._page, self._highlights
        if page is None:
            return

        def show_places(places: tuple[PlacedHighlight, ...]) -> None:
            if page is self._page and highlights is self._highlights:
                self._set_places(places)
                self.on_shown()

        def find_and_show() -> None:
            from rilo_reader.plugins.highlights.placed_highlights import find_places

            self._view.call_later(show_places, find_places(page, highlights))

        if highlights:
            self._view.run_in_thread(find_and_show, "highlights")
        else:
            show_places(())

    def _set_places(self, places: tuple[PlacedHighlight, ...]) -> None:
        self.places = places
        self._view.redraw()

    def margin(self) -> Mapping[int, str]:
        """Return the marks of lines with notes, and with highlights of colleagues."""
        return {
            place.pieces[0].line: OTHERS_MARK if place.highlight.owner else NOTE_MARK
            for place in self._places_to_draw()
            if place.pieces and (place.highlight.note or place.highlight.owner)
        }

    def _places_to_draw(self) -> list[PlacedHighlight]:
        """Return the places in the order in which they are drawn over each other."""
        return sorted(self.places, key=lambda place: not place.highlight.owner)

    @property
    def current_place(self) -> PlacedHighlight | None:
        """The current highlight, None if there is none."""
        return next((each for each in self.places if each.highlight.id == self._current), None)

    @property
    def current_line(self) -> int | None:
        """The line on which it begins."""
        place = self.current_place
        return place.pieces[0].line if place and place.pieces else None

    def go_to_highlight(self, highlight: str) -> PlacedHighlight | None:
        """Make a highlight current and scroll to it; "" unsets it. Return its place, or None."""
        self._current = highlight
        place = self.current_place
        self._view.redraw()
        if place is not None and place.pieces:
            self._view.show_line(place.pieces[0].line)
        return place

    def find_click_target(self, line: int, column: int | None) -> tuple[str, str] | None:
        """Return the highlight at a character of a line, the shortest of several."""
        found = [
            place
            for place in self.places
            if column is not None
            if any(at == line and start <= column < end for at, start, end in place.pieces)
        ]
        place = min(found, key=lambda place: place.end - place.start, default=None)
        return (HIGHLIGHT_CLICK, place.highlight.id) if place else None

    def patches(self) -> Patches:
        """Return the styles of highlights by line."""
        colours = colours_of(self._view)
        styled = []
        for place in self._places_to_draw():
            own = colours.highlights[place.highlight.kind - 1]
            style = colours.others_highlight if place.highlight.owner else own
            is_current = place.highlight.id == self._current
            styled.append((place.pieces, style + EMPHASIS if is_current else style))
        return make_patches(styled)


class SelectionLayer(Layer):
    """The passage that is being selected on the page of a view."""

    order = 2

    def __init__(self, view: PageView) -> None:
        super().__init__(view)
        self._mode: VisualMode | None = None

    @property
    def current_line(self) -> int | None:
        """The line of the moving end."""
        return self._mode.line if self._mode is not None else None

    def show_mode(self, mode: VisualMode | None) -> None:
        """Draw the selection, with its moving end in sight; None for nothing."""
        self._mode = mode
        if mode is not None:
            self._view.show_line(mode.line)
        self._view.redraw()

    def patches(self) -> Patches:
        """Return the styles of the selection by line."""
        mode = self._mode
        if mode is None or mode.words.body is not self._view.body:
            return {}
        style = self._view.screen.get_component_rich_style("screen--selection")
        if self._view.app.current_theme.ansi:  # no colours, so none for the selection either
            style = Style(reverse=True)
        locate = self._view.body.locate_range
        selected, end = locate(*mode.selected_span), locate(*mode.moving_end)
        return make_patches([(selected, style), (end, EMPHASIS)])
