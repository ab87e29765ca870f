"""Mark highlights in XHTML that is being written, and put their notes below it (pure).

The places are found in the text of the article, whose pieces lie in elements of all kinds. Each
piece is marked for itself, so marks never cross an element.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from rilo_reader.annotations.anchors import Found, find_anchors
from rilo_reader.annotations.highlight import Highlight
from rilo_reader.feeds.opml import NOT_XML


class Piece(NamedTuple):
    """A piece of text in the output."""

    part: int  # index of the part of the output that is this piece, escaped
    text: str
    start: int  # where it begins in the text of the article
    # index of the part behind which a link may follow: the end of the link that the piece is
    # in, else `part`
    after: int


class _Placed(NamedTuple):
    """A highlight that was found, and the reference to its note behind it, or ""."""

    highlight: Highlight
    place: Found
    reference: str = ""


def mark(
    parts: list[str],
    pieces: Sequence[Piece],
    highlights: Sequence[Highlight],
    prefix: str,
    id_of: Callable[[str], str],
) -> None:
    """Mark highlights in the parts of an output, and append their notes.

    Highlights that are not found are appended with their quotations.

    Args:
        parts: the output; changed in place.
        pieces: the pieces of text in it, in order.
        highlights: of the article.
        prefix: prefix of all ids.
        id_of: makes an attribute with the id of a name, "" if it is taken.
    """
    placed: list[_Placed] = []
    notes: list[tuple[Highlight, str]] = []
    lost: list[str] = []
    found = find_anchors([each.anchor for each in highlights], _text(pieces))
    for highlight, place in zip(highlights, found, strict=True):
        if place is None:
            lost.append(_lost(highlight))
            continue
        reference = ""
        if highlight.note:
            attribute = id_of(f"note-{highlight.id}")
            notes.append((highlight, attribute))
            link = f'<a href="#{prefix}note-{highlight.id}" role="doc-noteref">{len(notes)}</a>'
            reference = f"<sup>{link}</sup>" if attribute else ""
        placed.append(_Placed(highlight, place, reference))
    targets = _put_marks(parts, pieces, placed, id_of)
    for count, (highlight, attribute) in enumerate(notes, 1):
        note = f"{count}. {_lines(highlight.note)}"
        if highlight.id in targets:
            note += f' <a href="#{prefix}highlight-{highlight.id}" role="doc-backlink">↩</a>'
        parts.append(f'<aside{attribute} class="note" role="doc-footnote"><p>{note}</p></aside>\n')
    parts += lost


def _text(pieces: Sequence[Piece]) -> str:
    """The text of the article; between blocks is a line end."""
    made: list[str] = []
    length = 0
    for piece in pieces:
        made += ["\n" * (piece.start - length), piece.text]
        length = piece.start + len(piece.text)
    return "".join(made)


def _put_marks(
    parts: list[str],
    pieces: Sequence[Piece],
    placed: Sequence[_Placed],
    id_of: Callable[[str], str],
) -> set[str]:
    """Mark the pieces, with references at the ends; return the highlights whose mark has an id."""
    edges = sorted({edge for each in placed for edge in (each.place.start, each.place.end)})
    owners = _owners(edges, placed)
    targets: set[str] = set()
    for piece in pieces:
        at, end = piece.start, piece.start + len(piece.text)
        index = bisect_right(edges, at) - 1
        if not any(owners[max(index, 0) : bisect_right(edges, end)]):
            continue
        made: list[str] = []
        while at < end:
            stop = min(end, edges[index + 1]) if index + 1 < len(edges) else end
            markup = escaped(piece.text[at - piece.start : stop - piece.start])
            own = owners[index] if index >= 0 else []
            if own:
                new = next((one.highlight.id for one in own if one.highlight.id not in targets), "")
                attribute = id_of(f"highlight-{new}") if new else ""
                targets.update((new,) if attribute else ())
                kinds = sorted({f"kind{one.highlight.kind}" for one in own})
                markup = f'<mark{attribute} class="{" ".join(kinds)}">{markup}</mark>'
            made.append(markup)
            references = "".join(one.reference for one in own if one.place.end == stop)
            if piece.after == piece.part:
                made.append(references)
            else:
                parts[piece.after] += references
            at, index = stop, index + 1
        parts[piece.part] = "".join(made)
    return targets


def _owners(edges: Sequence[int], placed: Sequence[_Placed]) -> list[list[_Placed]]:
    """The highlights between each edge and the next one."""
    owners: list[list[_Placed]] = [[] for _ in edges]
    for each in placed:
        start, end = each.place.start, each.place.end
        for index in range(bisect_right(edges, start) - 1, bisect_right(edges, end) - 1):
            owners[index].append(each)
    return owners


def _lost(highlight: Highlight) -> str:
    note = f"<p>{_lines(highlight.note)}</p>" if highlight.note else ""
    quotation = f"<blockquote><p>{_lines(highlight.anchor.exact)}</p></blockquote>"
    return f'<aside class="note">{quotation}{note}</aside>\n'


def _lines(text: str) -> str:
    return escaped(text).replace("\n", "<br/>")


def escaped(text: str) -> str:
    """Text as XML, without characters that it cannot have."""
    return escape(NOT_XML.sub("", text), quote=False)
