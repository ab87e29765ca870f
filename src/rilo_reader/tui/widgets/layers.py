"""What is drawn over the lines of a page: hits of a search, highlights, the selection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from rich.style import Style

from rilo_reader.query.tree import Field, Words
from rilo_reader.render.page import Line, Page, Piece, body_of, joined
from rilo_reader.tui.tasks import in_thread
from rilo_reader.tui.widgets.colours import colours_of

if TYPE_CHECKING:
    from rilo_reader.annotations.highlight import Highlight
    from rilo_reader.tui.widgets.page_view import PageView
    from rilo_reader.tui.widgets.visual_mode import VisualMode

TITLE_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.TITLE})
HEAD_FIELDS = frozenset({Field.ANYWHERE, Field.SOURCE, Field.AUTHOR, Field.TAG})
BODY_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.BODY})
EMPHASIS = Style(bold=True, underline=True)  # of the current highlight, and the selection's end


class Patch(NamedTuple):
    """A style for the characters `start` to `end` of a line."""

    start: int
    end: int
    style: Style


Patches = Mapping[int, Sequence[Patch]]
"""The patches of each line of a page; no entry for a line without any."""


def restyled(segments: Sequence[Segment], patches: Iterable[Patch]) -> list[Segment]:
    """Apply patches to segments, in their order."""
    result = list(segments)
    for start, end, style in patches:
        before, result, position = result, [], 0
        for segment in before:
            text = segment.text
            left = min(max(start - position, 0), len(text))
            right = min(max(end - position, left), len(text))
            if right <= left:
                result.append(segment)
            else:
                layout = segment.style + style if segment.style else style
                pieces = (
                    (text[:left], segment.style),
                    (text[left:right], layout),
                    (text[right:], segment.style),
                )
                result.extend(Segment(piece, shape) for piece, shape in pieces if piece)
            position += len(text)
    return result


def _add(patches: dict[int, list[Patch]], pieces: Iterable[Piece], style: Style) -> None:
    for line, start, end in pieces:
        patches.setdefault(line, []).append(Patch(start, end, style))


# -- hits ------------------------------------------------------------------------------------------


Hit = tuple[Piece, ...]
"""One piece, or several if the hit is wrapped."""


def hits_of(page: Page, words: Sequence[Words], begin: int = 0) -> list[Hit]:
    """Return the hits of terms on the lines of a page, from the paragraph at `begin` on."""
    if not words:
        return []
    found: list[Hit] = []
    edges = (0, page.title_lines, page.head_lines, len(page.lines))
    for fields, first, last in zip(
        (TITLE_FIELDS, HEAD_FIELDS, BODY_FIELDS), edges, edges[1:], strict=False
    ):
        wanted = [word for word in words if word.field in fields]
        if wanted and last > begin:
            found.extend(_hits_between(page.lines, max(first, begin), last, wanted))
    return found


def _hits_between(
    lines: Sequence[Line], first: int, last: int, words: Sequence[Words]
) -> Iterable[Hit]:
    from rilo_reader.query.match import find_hits

    body = joined(lines, first, last)
    # A hard line break separates words; the end of a source line does not.
    for start, end in find_hits(body.text.replace("\n", "\f"), words):
        pieces = body.pieces(start, end)
        if pieces:
            yield pieces


class HitLayer:
    """The hits on the page of a view, and the current one.

    Args:
        view: the view.
        changed: called when another hit is the current one.
    """

    def __init__(self, view: PageView, changed: Callable[[], None]) -> None:
        self.hits: Sequence[Hit] = ()
        self.current = -1  # -1 before one was gone to
        self.stays_in_sight = False  # the current one, until the user scrolls
        self._view = view
        self._changed = changed

    def leave(self) -> None:
        """Be at no hit."""
        self.current = -1
        self.stays_in_sight = False

    def go(self, step: int) -> bool:
        """Scroll to the next hit (1) or the previous one (-1); return False if there is none."""
        seen = self._view.visible_lines
        if self.current >= 0 and self.hits[self.current][0].line in seen:
            index = self.current + step
        elif step > 0:
            below = (i for i, hit in enumerate(self.hits) if hit[0].line >= seen.start)
            index = next(below, len(self.hits))
        else:
            numbers = range(len(self.hits) - 1, -1, -1)
            index = next((i for i in numbers if self.hits[i][0].line < seen.stop), -1)
        if not 0 <= index < len(self.hits):
            return False
        self.choose(index)
        return True

    def choose(self, index: int) -> None:
        """Scroll to a hit by its number, from 0."""
        self.current = index
        self._scroll()
        self._view.redraw()
        self._changed()

    def keep_in_sight(self) -> None:
        """Keep the current hit visible after a change of size."""
        if self.stays_in_sight and 0 <= self.current < len(self.hits) and self._view.text_width > 0:
            self._scroll()

    def _scroll(self) -> None:
        line = self.hits[self.current][0].line
        seen = self._view.visible_lines
        if not seen.start + 1 <= line < seen.stop - 2:
            self._view.scroll_to_top_line(line - max(len(seen) // 3, 1))
        self.stays_in_sight = True

    def patches(self) -> Patches:
        """The styles of the hits by line."""
        patches: dict[int, list[Patch]] = {}
        if self.hits:
            colours = colours_of(self._view)
            for index, hit in enumerate(self.hits):
                style = colours.current_hit if index == self.current else colours.hit
                _add(patches, hit, style)
        return patches


# -- highlights ------------------------------------------------------------------------------------


class Place(NamedTuple):
    """A highlight on a page."""

    highlight: Highlight
    pieces: tuple[Piece, ...] = ()  # its parts, in order; none where it is lost
    start: int = 0  # where it begins in the text of the page
    end: int = 0  # where it ends


def places_of(page: Page, highlights: Sequence[Highlight]) -> tuple[Place, ...]:
    """Find highlights on a complete page: in the order of the text, those that are lost last.

    Takes up to 0.1 s for each that was edited; meant for a thread.
    """
    from rilo_reader.annotations.anchors import find_anchors

    body = body_of(page)
    places: list[Place] = []
    lost: list[Place] = []
    found = find_anchors([each.anchor for each in highlights], body.text)
    for highlight, at in zip(highlights, found, strict=True):
        pieces = body.pieces(at.start, at.end) if at else ()
        if at and pieces:
            places.append(Place(highlight, pieces, at.start, at.end))
        else:
            lost.append(Place(highlight))
    return (*sorted(places, key=lambda place: (place.start, place.end)), *lost)


class HighlightLayer:
    """The highlights of an article, found once its page is complete, and the current one.

    Args:
        view: the view.
        shown: called when a complete page is on the screen, with its highlights.
    """

    def __init__(self, view: PageView, shown: Callable[[], None]) -> None:
        self.places: tuple[Place, ...] = ()  # in the order of the text; those that are lost last
        self._highlights: tuple[Highlight, ...] = ()
        self._page: Page | None = None  # a complete page of the article
        self._placed: tuple[Page, tuple[Highlight, ...]] | None = None  # what `places` are of
        self._current = ""  # the id of the current one
        self._view = view
        self._shown = shown

    def forget(self) -> None:
        """Show none; another article is loaded, or the same one anew."""
        self.places = self._highlights = ()
        self._page = self._placed = None
        self._current = ""
        self._view.note_lines(frozenset())

    def show(self, highlights: Sequence[Highlight]) -> None:
        """Show the highlights of the article, once all of it is laid out."""
        if tuple(highlights) != self._highlights:
            self._highlights = tuple(highlights)
            self._find()

    def page_shown(self, page: Page) -> None:
        """Find the highlights on a page, if it is complete."""
        self._page = page if page.complete else None
        self._view.note_lines(self._noted_lines())
        self._find()

    def _find(self) -> None:
        page, highlights = self._page, self._highlights
        if page is None or (self._placed and self._placed[0] is page and self._has_placed_all):
            return
        if not highlights:
            self._show_places(page, (), ())
            return

        def find() -> None:
            self._view.call_later(self._show_places, page, highlights, places_of(page, highlights))

        done = asyncio.wrap_future(in_thread(find, "article"))
        self._view.run_worker(done, group="highlights", exclusive=True)

    @property
    def _has_placed_all(self) -> bool:
        return self._placed is not None and self._placed[1] is self._highlights

    def _show_places(
        self, page: Page, highlights: tuple[Highlight, ...], places: tuple[Place, ...]
    ) -> None:
        if page is self._page and highlights is self._highlights:
            self.places, self._placed = places, (page, highlights)
            self._draw()
            self._shown()

    @property
    def current(self) -> Place | None:
        """The highlight one is at, None if there is none."""
        return next((each for each in self.places if each.highlight.id == self._current), None)

    def choose(self, highlight: str) -> Place | None:
        """Be at a highlight, by its id, and scroll to it; None if it is not found. "" for none."""
        self._current = highlight
        place = self.current
        self._draw()
        if place is not None and place.pieces:
            self._view.show_line(place.pieces[0].line)
        return place

    def go(self, step: int) -> Place | None:
        """Go to the next highlight (1) or the previous one (-1); None if there is none."""
        found = [place for place in self.places if place.pieces]
        here = self.current
        if here in found:
            index = found.index(here) + step
        else:
            seen = self._view.visible_lines
            edge = seen.start if step > 0 else seen.stop
            below = [i for i, place in enumerate(found) if place.pieces[0].line >= edge]
            index = below[0] if below else len(found)
            index -= 0 if step > 0 else 1
        if not 0 <= index < len(found):
            return None
        return self.choose(found[index].highlight.id)

    def at(self, line: int, column: int) -> Place | None:
        """The highlight at a character of a line; the shortest of several."""
        found = [
            place
            for place in self.places
            if any(
                piece.line == line and piece.start <= column < piece.end for piece in place.pieces
            )
        ]
        return min(found, key=lambda place: place.end - place.start, default=None)

    def _draw(self) -> None:
        self._view.redraw()
        self._view.note_lines(self._noted_lines())

    def _is_of(self, page: Page) -> bool:
        return self._placed is not None and self._placed[0] is page

    def patches(self) -> Patches:
        """The styles of highlights by line; none while they are those of another page."""
        patches: dict[int, list[Patch]] = {}
        if self.places and self._is_of(self._view.page):
            kinds = colours_of(self._view).highlights
            for place in self.places:
                style = kinds[place.highlight.kind - 1]
                if place.highlight.id == self._current:
                    style += EMPHASIS
                _add(patches, place.pieces, style)
        return patches

    def _noted_lines(self) -> frozenset[int]:
        """The first lines of highlights with a note."""
        if not self._is_of(self._view.page):
            return frozenset()
        noted = (place for place in self.places if place.highlight.note and place.pieces)
        return frozenset(place.pieces[0].line for place in noted)


# -- the selection by keys -------------------------------------------------------------------------


class SelectionLayer:
    """The passage that is being selected on the page of a view."""

    def __init__(self, view: PageView) -> None:
        self._selected: tuple[Piece, ...] = ()
        self._moving: tuple[Piece, ...] = ()  # the end of it that moves
        self._view = view

    def show(self, mode: VisualMode | None) -> None:
        """Draw what is selected, with the end that moves in sight; None for nothing."""
        self._selected = self._moving = ()
        if mode is not None:
            body = self._view.body
            self._selected = body.pieces(*mode.selected)
            self._moving = body.pieces(*mode.moving)
            self._view.show_line(mode.line)
        self._view.redraw()

    def forget(self) -> None:
        """Select nothing; another article is shown."""
        self._selected = self._moving = ()

    def patches(self) -> Patches:
        """The styles of the selection by line."""
        patches: dict[int, list[Patch]] = {}
        if self._selected:
            # Where there are no colours, a colour for the selection is none either.
            selected = (
                Style(reverse=True)
                if self._view.app.current_theme.ansi
                else self._view.screen.get_component_rich_style("screen--selection")
            )
            _add(patches, self._selected, selected)
            _add(patches, self._moving, EMPHASIS)
        return patches
