"""Selecting a passage of the open article by keys and mouse, to highlight it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from rilo_reader.tui.reader.context import Handler, ReaderPart

if TYPE_CHECKING:
    from textual import events

    from rilo_reader.article import ArticleId
    from rilo_reader.tui.reader.context import ReaderContext
    from rilo_reader.tui.reader.highlights import Highlights
    from rilo_reader.tui.widgets.visual_mode import VisualMode

HINTS = (
    *(("SELECT", ""), ("w b", "words"), ("j k", "lines"), ("{ }", "paragraphs")),
    *(("o", "other end"), ("N", "note"), ("1-4", "kind"), ("v", "from here"), ("y", "copies")),
    *(("enter", "highlights"), ("esc", "leaves")),
)

MOVES: Mapping[str, Callable[[VisualMode], VisualMode]] = MappingProxyType(
    {
        **dict.fromkeys(("w", "l", "right"), lambda mode: mode.by_words(1)),
        **dict.fromkeys(("b", "h", "left"), lambda mode: mode.by_words(-1)),
        **dict.fromkeys(("j", "down"), lambda mode: mode.by_lines(1)),
        **dict.fromkeys(("k", "up"), lambda mode: mode.by_lines(-1)),
        "right_curly_bracket": lambda mode: mode.by_paragraphs(1),
        "left_curly_bracket": lambda mode: mode.by_paragraphs(-1),
        "o": lambda mode: mode.swapped(),
        "v": lambda mode: mode.begun_here(),
    }
)
"""Keys of the visual mode that change what is selected."""


class PassageSelection(ReaderPart):
    """The visual mode: a passage of the article is selected, and keys change it."""

    def __init__(self, context: ReaderContext, highlights: Highlights) -> None:
        super().__init__(context)
        self._highlights = highlights
        self._mode: VisualMode | None = None
        self._article: ArticleId | None = None

    def commands(self) -> Mapping[str, Handler]:
        """The command that begins a selection."""
        return {"highlight": self.begin}

    @property
    def is_on(self) -> bool:
        """Whether a passage is being selected."""
        return self._mode is not None

    # -- begin and end ----------------------------------------------------------------------------

    def begin(self) -> None:
        """Select the first word of the line one reads."""
        from rilo_reader.tui.widgets.visual_mode import select_from

        view = self.widgets.view
        if not view.is_current:
            self.context.show_message("Open an article first, to highlight a passage of it.")
            return
        self._highlights.leave()
        self.widgets.enter_article()
        self._start(select_from(view.body, view.reading_start))

    def begun_by_mouse(self) -> None:
        """Go on with what the mouse selected in the article."""
        from rilo_reader.tui.widgets.visual_mode import select

        view = self.widgets.view
        selected = view.selected_by_mouse() if view.is_current else None
        mode = select(view.body, *selected) if selected else None
        if mode is None:
            self.leave()
        else:
            self._highlights.leave()
            self.widgets.enter_article()
            self._start(mode)

    def _start(self, mode: VisualMode | None) -> None:
        if mode is None:
            self.context.show_message("This article has no text to highlight.")
            return
        self._article = self.widgets.view.article_id
        self._show(mode)
        self.widgets.bottom.clear()
        self.widgets.bottom.show_keys(HINTS)

    def _show(self, mode: VisualMode) -> None:
        self._mode = mode
        self.widgets.view.selection.show(mode)

    def leave(self) -> None:
        """Select nothing any more."""
        if self._mode is not None:
            self._mode = None
            self.widgets.clear_selection()
            self.widgets.view.selection.show(None)
            self.widgets.show_key_hints()

    def shown(self) -> None:
        """Keep the selection after the article was laid out again."""
        if self._mode is not None and self._mode.words.body is not self.widgets.view.body:
            mode = self._mode.on(self.widgets.view.body)
            if mode is None:
                self.leave()
            else:
                self._show(mode)

    # -- keys -------------------------------------------------------------------------------------

    def key_pressed(self, event: events.Key) -> None:
        """Extend the selection, or do something with it; other letters do nothing."""
        mode = self._mode
        if mode is None:
            return
        if not self.widgets.in_article:
            self.leave()
        elif (move := MOVES.get(event.key)) is not None:
            event.stop()
            self.widgets.clear_selection()
            self._show(move(mode))
        elif (handler := self._handlers(mode).get(event.key)) is not None:
            event.stop()
            handler()
        elif event.is_printable:
            event.stop()
            self.context.show_message("A passage is being selected; esc leaves.")

    def _handlers(self, mode: VisualMode) -> dict[str, Callable[[], None]]:
        copy = partial(self._copy, mode)
        return {
            "enter": partial(self._highlight, mode, 1),
            **{str(kind): partial(self._highlight, mode, kind) for kind in range(1, 5)},
            "N": partial(self._write_note, mode),
            "e": partial(self._write_note_elsewhere, mode),
            "y": copy,
            **dict.fromkeys(self.context.keys["copy_text"], copy),
            **dict.fromkeys(("escape", "q"), self.leave),
        }

    def _highlight(self, mode: VisualMode, kind: int) -> None:
        self._add(self._article, mode, kind, "")

    def _write_note(self, mode: VisualMode) -> None:
        # The article may be another one when the note is written.
        add = partial(self._add, self._article, mode, 1)
        self._highlights.ask_for_note(mode.text, "", add)

    def _write_note_elsewhere(self, mode: VisualMode) -> None:
        note = self._highlights.note_from_editor("")
        if note is not None:
            self._add(self._article, mode, 1, note)

    def _add(self, article: ArticleId | None, mode: VisualMode, kind: int, note: str) -> None:
        self.leave()
        if article is not None:
            self._highlights.add(article, mode.words.body, mode.selected, kind, note)

    def _copy(self, mode: VisualMode) -> None:
        self.leave()
        self._highlights.copy(mode.text)
