"""Find the places of highlights on a page."""

from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from rilo_reader.annotations.anchors import find_anchors
from rilo_reader.annotations.highlight import Highlight
from rilo_reader.render.page import LinePiece, Page, body_text

SEARCH_LIMIT = 2.0  # s; after it, highlights of colleagues are left out


class PlacedHighlight(NamedTuple):
    """A highlight on a page."""

    highlight: Highlight
    pieces: tuple[LinePiece, ...] = ()  # its parts, in order; none where it is lost
    start: int = 0  # where it begins in the text of the page
    end: int = 0  # where it ends


def find_places(page: Page, highlights: Sequence[Highlight]) -> tuple[PlacedHighlight, ...]:
    """Find highlights on a complete page: in the order of the text, those that are lost last.

    Takes up to 0.1 s for each of the user's own that was edited; meant for a thread.
    """
    body = body_text(page)
    places: list[PlacedHighlight] = []
    highlights = sorted(highlights, key=lambda each: bool(each.owner))
    end_at = monotonic() + SEARCH_LIMIT
    anchors = (each.anchor for each in highlights if not each.owner or monotonic() < end_at)
    for highlight, at in zip(highlights, find_anchors(anchors, body.text), strict=False):
        pieces = body.locate_range(at.start, at.end) if at else ()
        if pieces and at:
            places.append(PlacedHighlight(highlight, pieces, at.start, at.end))
        else:
            places.append(PlacedHighlight(highlight))
    return tuple(sorted(places, key=lambda place: (not place.pieces, place.start, place.end)))
