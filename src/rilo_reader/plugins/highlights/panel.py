"""Highlights listed, and a note edited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static, TextArea

from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import ArticleId
from rilo_reader.library import Row
from rilo_reader.text import clean_line, to_display_title
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.panels.panel import EntryPanel, Panel
from rilo_reader.tui.widgets.line_list import ListEntry

EMPTY_NOTE = (
    "Nothing is highlighted yet. In an article, press {} to select a passage, or drag over it"
    " with the mouse; enter highlights it, N adds a note."
)
EMPTY_ARTICLE_NOTE = (
    "No highlights in this article. Press {} to make one, tab for those of all articles."
)
LONGEST = 200


class ListedHighlight(NamedTuple):
    """A highlight with its article."""

    article: ArticleId
    row: Row | None  # None if it is not in the library any more
    highlight: Highlight
    is_lost: bool = False  # whether it is not found in the article

    @property
    def changed_at(self) -> float:
        """When it was made or changed, in seconds since 1970."""
        made: datetime | None = self.highlight.made_at
        return made.timestamp() if made else 0.0


class HighlightsScreen(EntryPanel[ListedHighlight]):
    """Lists highlights, newest first."""

    TITLE = "Highlights and notes"
    BINDINGS: ClassVar[list[BindingType]] = [("quotation_mark", "dismiss")]

    def __init__(
        self,
        listed: Sequence[ListedHighlight],
        *,
        article: ArticleId | None,
        kinds: Sequence[str],
        key: str,
        list_keys: Callable[[HighlightsScreen], Sequence[PanelKey]],
    ) -> None:
        super().__init__(list_keys)
        self._article, self._kinds, self._key = article, kinds, key
        self.is_here = any(each.article == article for each in listed)  # those of the article only
        self.show_highlights(listed)

    def show_highlights(self, listed: Sequence[ListedHighlight]) -> None:
        """Show the highlights as they are now."""
        self._listed = tuple(listed)
        self._show_entries()

    def _show_entries(self) -> None:
        shown = [each for each in self._listed if not self.is_here or each.article == self._article]
        title = "In this article" if self.is_here else "In all articles"
        entries = [self._make_entry(each)._replace(payload=each) for each in shown]
        others = sum(bool(each.highlight.owner) for each in shown)
        number = f"{len(shown) - others:,}" + (f" · {others:,} of others" if others else "")
        self.show_entries([ListEntry(title, right_text=number, is_heading=True), *entries])
        text = EMPTY_ARTICLE_NOTE if self.is_here and self._listed else EMPTY_NOTE
        self.show_note("" if entries else text.format(self._key))
        self.show_hints()

    def _make_entry(self, listed: ListedHighlight) -> ListEntry:
        highlight = listed.highlight
        kind = highlight.owner or self._kinds[highlight.kind - 1]
        quotation = clean_line(highlight.anchor.exact, LONGEST)
        note = clean_line(highlight.note, LONGEST)
        if listed.row is None:
            return ListEntry(quotation, "its article is not in this library", kind, is_wrong=True)
        if listed.is_lost:
            detail = f"lost: no longer in the article · {note}".removesuffix(" · ")
            return ListEntry(quotation, detail, kind, is_wrong=True)
        if not self.is_here:
            note = " · ".join(part for part in (note, to_display_title(listed.row.title)) if part)
        return ListEntry(quotation, note, kind)

    def switch_list(self) -> None:
        """List those of all articles, or of the open one again."""
        self.is_here = not self.is_here and self._article is not None
        self._show_entries()


KEYS = "ctrl+s save   esc cancel"
LONGEST_QUOTATION = 300


class NoteScreen(Panel):
    """Edits a note; that of a colleague, `by`, is only read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "leave(True)", show=False, priority=True),
        Binding("escape", "leave(False)", show=False, priority=True),
    ]

    WIDTH = 72
    DEFAULT_CSS = """
    NoteScreen {
        #quotation {
            height: auto;
            max-height: 3;
            padding: 0 1;
            border-left: wide $quote-bar;
            margin-bottom: 1;
            color: $page-dim;
            text-style: $dim-text-style;
        }
        TextArea, TextArea:focus {
            height: 8;
            border: none;
            padding: 0 1;
            background: $page-ground;
            color: $page-text;
        }
        &.-low #quotation { margin: 0; max-height: 1; }
        &.-low TextArea, &.-low TextArea:focus { height: 5; }
    }
    """

    def __init__(
        self,
        title: str,
        quotation: str,
        note: str,
        use_note: Callable[[str, bool], object] = lambda *_: None,
        by: str = "",
    ) -> None:
        """Edit a note in the article `title`.

        `use_note` gets the text, and whether to keep it, since undo brings it back.
        """
        super().__init__()
        whose = f"{by}’s note" if by else "Note"
        self.title, self._by, self._use_note = f"{whose} in “{title}”", by, use_note
        self._quotation = Static(
            clean_line(quotation, LONGEST_QUOTATION), id="quotation", markup=False
        )
        self._area = TextArea(note, read_only=bool(by))

    def compose_body(self) -> ComposeResult:
        yield self._quotation
        yield self._area
        yield Static("esc close" if self._by else KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        self.set_focus(self._area)
        self._area.move_cursor(self._area.document.end)

    def action_leave(self, is_kept: bool) -> None:
        self.dismiss(partial(self._use_note, self._area.text, is_kept))
