"""Where the highlights of an article are on its page, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style

from rilo_reader.render.joined import JoinedText, Piece, body_of
from rilo_reader.render.page import Page
from rilo_reader.tui.widgets.article_hits import Patch

if TYPE_CHECKING:
    from rilo_reader.annotations.highlight import Highlight


class Place(NamedTuple):
    """A highlight on a page.

    Attributes:
        highlight: the highlight.
        pieces: its parts, in order; none where it is lost.
        start: where it begins in the text of the page.
        end: where it ends.
    """

    highlight: Highlight
    pieces: tuple[Piece, ...] = ()
    start: int = 0
    end: int = 0


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


class Drawn(NamedTuple):
    """The styles of highlights.

    Attributes:
        kinds: of each kind.
        current: added to the highlight one is at.
        selected: of the passage being selected.
        cursor: added to the end of it that moves.
    """

    kinds: tuple[Style, ...]
    current: Style
    selected: Style
    cursor: Style


class HighlightLayer:
    """The highlights and the selection of an article view.

    Attributes:
        highlights: those of the article.
        page: the page on which `places` are, None before they are found.
        places: where the highlights are.
        current: the id of the one that one is at, or "".
        is_stale: whether `places` are those of other highlights.
    """

    def __init__(self) -> None:
        self.highlights: tuple[Highlight, ...] = ()
        self.page: Page | None = None
        self.places: tuple[Place, ...] = ()
        self.current = ""
        self.is_stale = False
        self._selected: tuple[Piece, ...] = ()
        self._cursor: tuple[Piece, ...] = ()
        self._body: tuple[Page, JoinedText] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.places or self._selected)

    def clear(self) -> None:
        """Forget everything; another article is shown."""
        self.highlights = self.places = ()
        self.page, self.current, self.is_stale = None, "", False
        self._body = None
        self.select(())

    def body(self, page: Page) -> JoinedText:
        """The text of a page, made once."""
        if self._body is None or self._body[0] is not page:
            self._body = page, body_of(page)
        return self._body[1]

    def select(self, selected: tuple[Piece, ...], cursor: tuple[Piece, ...] = ()) -> None:
        """Set the passage that is selected, and the end of it that moves."""
        self._selected, self._cursor = selected, cursor

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

    def patches(self, page: Page, drawn: Drawn) -> dict[int, list[Patch]]:
        """The styles of highlights by line; none while they are those of another page."""
        patches: dict[int, list[Patch]] = {}
        if self.page is page:
            for place in self.places:
                style = drawn.kinds[place.highlight.kind - 1]
                if place.highlight.id == self.current:
                    style += drawn.current
                _add(patches, place.pieces, style)
        return patches

    def selection_patches(self, drawn: Drawn) -> dict[int, list[Patch]]:
        """The styles of the selection by line."""
        patches: dict[int, list[Patch]] = {}
        _add(patches, self._selected, drawn.selected)
        _add(patches, self._cursor, drawn.cursor)
        return patches

    def noted_lines(self, page: Page) -> frozenset[int]:
        """The first lines of highlights with a note."""
        if self.page is not page:
            return frozenset()
        noted = (place for place in self.places if place.highlight.note and place.pieces)
        return frozenset(place.pieces[0].line for place in noted)


def _add(patches: dict[int, list[Patch]], pieces: Sequence[Piece], style: Style) -> None:
    for line, start, end in pieces:
        patches.setdefault(line, []).append(Patch(start, end, style))
