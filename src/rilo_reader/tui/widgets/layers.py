"""Layers over the lines of every page: hits of a search, colours of code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import monotonic

from rich.style import Style

from rilo_reader.article import FIELDS, Field
from rilo_reader.query.tree import Words
from rilo_reader.render.page import SYNTAX, LinePiece, Page, join_lines
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.page_view import Layer, PageView, Patch, Patches

TITLE_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.TITLE})
_SHOWN_FIELDS = frozenset(one.field for one in FIELDS if one.is_shown)
HEAD_FIELDS = _SHOWN_FIELDS - {Field.TITLE} | {Field.ANYWHERE}
BODY_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.BODY})
LONGEST_COLOURING = 1.0  # s for the code of one page; the rest stays without colours
Hit = tuple[LinePiece, ...]  # one piece, or several if the hit is wrapped


def make_patches(styled: Iterable[tuple[Sequence[LinePiece], Style]]) -> Patches:
    """Return the patches of pieces with their styles, by line."""
    patches: dict[int, list[Patch]] = {}
    for pieces, style in styled:
        for line, start, end in pieces:
            patches.setdefault(line, []).append(Patch(start, end, style))
    return patches


def step_line(lines: Sequence[int], here: int | None, step: int, seen: range) -> int | None:
    """Return the number of the next (1) or previous (-1) line, from one or from what is seen."""
    if here is not None:
        index = here + step
    else:
        index = sum(line < (seen.start if step > 0 else seen.stop) for line in lines) - (step < 0)
    return index if 0 <= index < len(lines) else None


def find_page_hits(page: Page, words: Sequence[Words], begin: int = 0) -> list[Hit]:
    """Return the hits of terms on the lines of a page, from the paragraph at `begin` on."""
    if not words:
        return []
    from rilo_reader.query.match import find_hits

    hits: list[Hit] = []
    edges = (0, page.title_lines, page.head_lines, len(page.lines))
    parts = zip((TITLE_FIELDS, HEAD_FIELDS, BODY_FIELDS), edges, edges[1:], strict=False)
    for fields, first, last in parts:
        wanted = [word for word in words if word.field in fields]
        if wanted and last > begin:
            body = join_lines(page.lines, max(first, begin), last)
            # A hard line break separates words; the end of a source line does not.
            found = find_hits(body.text.replace("\n", "\f"), wanted)
            hits.extend(filter(None, (body.locate_range(start, end) for start, end in found)))
    return hits


class HitLayer(Layer):
    """The hits on the page of a view, and the current one; `on_changed` is called at another."""

    order = 0

    def __init__(self, view: PageView, on_changed: Callable[[], object]) -> None:
        super().__init__(view)
        self.hits: Sequence[Hit] = ()
        self.current_index = -1  # -1: none yet
        self.stays_in_sight = False  # the current one, until the user scrolls
        self._on_changed = on_changed

    @property
    def current_line(self) -> int | None:
        """The line of the current hit."""
        has_current = 0 <= self.current_index < len(self.hits)
        return self.hits[self.current_index][0].line if has_current else None

    def forget(self) -> None:
        """Forget the hits."""
        self.hits = ()
        self.clear_current()

    def clear_current(self) -> None:
        """Leave the current hit."""
        self.current_index = -1
        self.stays_in_sight = False

    def step_hit(self, step: int) -> bool:
        """Scroll to the next hit (1) or the previous one (-1); return False if there is none."""
        lines = [hit[0].line for hit in self.hits]
        seen = self._view.visible_lines
        is_seen = self.current_index >= 0 and lines[self.current_index] in seen
        here = self.current_index if is_seen else None
        index = step_line(lines, here, step, seen)
        if index is not None:
            self.go_to_index(index)
        return index is not None

    def go_to_index(self, index: int) -> None:
        """Scroll to a hit by its number, from 0."""
        self.current_index = index
        self._scroll_to_current()
        self._view.redraw()
        self._on_changed()

    def keep_in_sight(self) -> None:
        """Keep the current hit visible after a change of size."""
        if self.stays_in_sight and self.current_line is not None and self._view.text_width > 0:
            self._scroll_to_current()

    def _scroll_to_current(self) -> None:
        line = self.hits[self.current_index][0].line
        seen = self._view.visible_lines
        if not seen.start + 1 <= line < seen.stop - 2:
            self._view.scroll_to_top_line(line - max(len(seen) // 3, 1))
        self.stays_in_sight = True

    def patches(self) -> Patches:
        """Return the styles of the hits by line."""
        colours = colours_of(self._view)
        return make_patches(
            (hit, colours.current_hit if index == self.current_index else colours.hit)
            for index, hit in enumerate(self.hits)
        )


class FindLayer(HitLayer):
    """The hits of a text that is looked for within the page, from where one is; wraps around."""

    def __init__(self, view: PageView, on_changed: Callable[[], object]) -> None:
        super().__init__(view, on_changed)
        self.text = ""  # what is looked for; "" for nothing
        self._page: Page | None = None  # a complete page of the article

    def look_for(self, text: str) -> None:
        """Find a text, and go to its first hit from the top of the screen on; "" for none."""
        if text or self.text:
            self.clear_current()
            self.text = text
            self._find_hits()

    def forget(self) -> None:
        """Look for nothing; another article is loaded."""
        self._page = None
        self.look_for("")

    def on_page_shown(self, page: Page) -> None:
        """Find the same on a page, if it is complete."""
        if page.is_complete and page is not self._page:
            self._page = page
            if self.text:
                self._find_hits()

    def step_hit(self, step: int) -> bool:
        """Step as for all hits, and from the last one on to the first."""
        if not super().step_hit(step) and self.hits:
            self.go_to_index(0 if step > 0 else len(self.hits) - 1)
        return bool(self.hits)

    def _find_hits(self) -> None:
        page, text = self._page, self.text
        if page is None or not text:
            self._show_hits(page, text, [])
            return

        def find() -> None:
            from rilo_reader.query.match import find_text

            whole = join_lines(page.lines, 0, len(page.lines))
            pieces = (whole.locate_range(*span) for span in find_text(whole.text, text))
            self._view.call_later(self._show_hits, page, text, list(filter(None, pieces)))

        self._view.run_in_thread(find, "find")

    def _show_hits(self, page: Page | None, text: str, hits: Sequence[Hit]) -> None:
        if page is not self._page or text != self.text:
            return
        self.hits = hits
        if self.current_index < 0 and hits:
            self.step_hit(1)
        self.current_index = min(self.current_index, len(hits) - 1)
        self._view.redraw()
        self._on_changed()


class SyntaxLayer(Layer):
    """The colours of code on the page of a view; a moment after the page, and none without."""

    order = -2

    def __init__(self, view: PageView) -> None:
        super().__init__(view)
        self._page: Page | None = None
        self._parts: Sequence[tuple[Sequence[LinePiece], str]] = ()  # each with its kind
        self._cached_patches: tuple[object, Patches] = None, {}  # for those colours

    def on_page_shown(self, page: Page) -> None:
        """Find the parts of the code on a page, if it is complete."""
        if page is not self._page:
            self._page = page
            self._show_parts(())
            if page.is_complete and page.code and not self._view.app.no_color:
                self._view.run_in_thread(partial(self._find_parts, page), "syntax")

    def _find_parts(self, page: Page) -> None:
        from rilo_reader.render.syntax import iter_parts

        found: list[tuple[Sequence[LinePiece], str]] = []
        end_at = monotonic() + LONGEST_COLOURING
        for language, first, last in page.code:
            code = join_lines(page.lines, first, last)
            for start, end, kind in iter_parts(code.text.removesuffix("\n"), language):
                if page is not self._page or monotonic() > end_at:
                    break
                found.append((code.locate_range(start, end), kind))

        def show() -> None:
            if page is self._page:
                self._show_parts(found)

        self._view.call_later(show)

    def _show_parts(self, parts: Sequence[tuple[Sequence[LinePiece], str]]) -> None:
        self._parts, self._cached_patches = parts, (None, {})
        self._view.redraw()

    def patches(self) -> Patches:
        """Return the styles of parts of code by line."""
        colours = colours_of(self._view)
        if self._cached_patches[0] is not colours:
            styles = dict(zip(SYNTAX, colours.syntax, strict=True))
            self._cached_patches = (
                colours,
                make_patches((pieces, styles[kind]) for pieces, kind in self._parts),
            )
        return self._cached_patches[1]
