"""Highlights and notes of the open article: selecting, going to them, changing, listing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from secrets import token_hex
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textual import events

from rilo_reader.annotations.anchors import make_anchor
from rilo_reader.annotations.highlight import (
    EXACT_LIMIT,
    Highlight,
    clean_note,
    from_fields,
    to_json,
)
from rilo_reader.article import Article, ArticleId
from rilo_reader.config.highlight_kinds import KindSettings
from rilo_reader.errors import CollectingError
from rilo_reader.library import LibraryError, Row
from rilo_reader.library.annotated import others_highlights
from rilo_reader.plugins.highlights.layers import HIGHLIGHT_CLICK, HighlightLayer, SelectionLayer
from rilo_reader.plugins.highlights.visual_mode import (
    TextSpan,
    VisualMode,
    select_from,
    select_range,
)
from rilo_reader.render.page import JoinedText
from rilo_reader.store.gestures import Assignment, Gesture, Ids
from rilo_reader.store.marks import HIGHLIGHT, NOTE
from rilo_reader.system_programs import editor_command
from rilo_reader.text import clean_line
from rilo_reader.tui import panels
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.external import edit_text
from rilo_reader.tui.reader.related import RelatedController
from rilo_reader.tui.reader.undo import UndoStep
from rilo_reader.tui.tasks import Urgency

if TYPE_CHECKING:
    from rilo_reader.plugins.highlights.panel import HighlightsScreen, ListedHighlight

KINDS = ("1", "2", "3", "4")  # the keys of the kinds

HINTS = (
    *(("HIGHLIGHT", ""), ("d", "remove"), ("y", "copy"), ("Y", "quote")),
    *(("e", "note in editor"), ("enter", "note"), ("1-4", "change kind"), ("esc", "leave")),
)
OTHERS_HINTS = (
    ("COLLEAGUE", ""),
    ("y", "copy"),
    ("Y", "quote"),
    ("enter", "note"),
    ("esc", "leave"),
)
SEARCH_FORMS = (("is:highlighted note:word", "by your highlights and notes"),)
HIGHLIGHT_KEYS = (
    ("enter  e", "edit its note, here or in your editor"),
    ("1 2 3 4", "change its kind"),
    ("d", "remove it; undo brings it back"),
    ("y  Y", "copy it; Y as a quotation with title and link"),
)
"""Keys at a highlight."""

LONGEST_TITLE = 50
OTHERS_LISTED = 2_000  # newest highlights of colleagues in the panel


class HighlightController(Controller):
    """The highlights of the open article. Each change is a gesture, and can be undone."""

    panel: HighlightsScreen | None = None

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._layer = self.widgets.view.layer_of(HighlightLayer)
        self._layer.on_shown = self._go_to_goal
        self._goal = ""  # the highlight to go to, once it is on the screen
        self._load_task = context.tasks.make_latest("highlights", urgency=Urgency.LATER)
        self._list_task = context.tasks.make_latest("all highlights")
        self.commands = {"highlights": self.list_highlights}

    @property
    def mode(self) -> str:
        """The mode at a highlight, else ""."""
        return "At a highlight" if self._layer.current_place is not None else ""

    def help_sections(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return the keys at a highlight, and queries that find highlights."""
        return {"At a highlight": HIGHLIGHT_KEYS, panels.commands.SEARCH_BOX: SEARCH_FORMS}

    # -- showing ----------------------------------------------------------------------------------

    def on_marks_changed(self) -> None:
        """Show the highlights as they are now, after any gesture or sync; also in the panel."""
        if self.article.content is not None:
            self._load_highlights(self.article.content.id)
        if self.panel is not None:
            self.list_highlights()

    def on_article_shown(self, row: Row, article: Article) -> None:
        """Show the highlights of another article."""
        self._load_highlights(article.id)

    def _load_highlights(self, article: ArticleId) -> None:
        """Show the highlights of an article, once it is the one in the view."""
        self._load_task.request(
            partial(self._read_highlights, article), partial(self._show_highlights, article)
        )

    def _read_highlights(self, article: ArticleId) -> tuple[Highlight, ...]:
        """Return the user's highlights, and those of colleagues; runs in a thread."""
        own = from_fields(self.library.state.annotations.read(article))
        return *own, *self._read_others(article).get(article, ())

    def _read_others(
        self, article: ArticleId | None = None, most: int = -1
    ) -> Mapping[ArticleId, Sequence[Highlight]]:
        paths = self.context.environment.paths
        with suppress(CollectingError):  # the controller of the archive shows it
            return others_highlights(self.library.folder, paths, article, most) if paths else {}
        return {}

    def _show_highlights(self, article: ArticleId, highlights: tuple[Highlight, ...]) -> None:
        if self.widgets.view.article_id == article:
            self._layer.show_highlights(highlights)

    def _go_to_goal(self) -> None:
        """Go to the highlight that was chosen in the panel, now that it is on the screen."""
        goal = self._goal
        if any(place.highlight.id == goal for place in self._layer.places):
            self._goal = ""
            self._go_to_highlight(goal)

    # -- going to one -----------------------------------------------------------------------------

    def handle_click(self, kind: str, value: Any) -> bool:  # noqa: ANN401
        """Go to the highlight that was clicked; a click elsewhere leaves it."""
        if kind == HIGHLIGHT_CLICK:
            self.widgets.enter_article()
            self._go_to_highlight(value)
        elif not kind:
            self.leave_highlight()
        return kind == HIGHLIGHT_CLICK

    def _go_to_highlight(self, highlight: str) -> None:
        place = self._layer.go_to_highlight(highlight)
        if place is not None and not place.pieces:
            quotation = clean_line(place.highlight.anchor.exact, LONGEST_TITLE)
            self.widgets.show_message(f"This passage is no longer in the article: {quotation}")
        self._show_hints()

    def _show_hints(self) -> None:
        self.widgets.bottom.clear()
        place = self._layer.current_place
        by = place.highlight.owner if place else ""
        self.widgets.show_mode(OTHERS_HINTS if by else HINTS)
        if place and by and place.pieces:
            note = clean_line(place.highlight.note)
            message = f"{by}: {note}" if note else f"{by} highlighted this"
            self.widgets.bottom.show_message(message, stay=True)

    def leave_highlight(self) -> None:
        """Leave the current highlight, if there is one."""
        if self._layer.current_place is not None:
            self._layer.go_to_highlight("")
            self.widgets.show_mode(())

    def key_pressed(self, event: events.Key) -> None:
        """Change the current highlight; any other key leaves it."""
        place, article = self._layer.current_place, self.widgets.view.article_id
        if place is None or article is None or not self.widgets.is_in_article:
            return
        highlight = place.highlight
        save_note = partial(self._save_note, article, highlight)
        edit = partial(self.ask_for_note, highlight.anchor.exact, highlight.note, save_note)
        remove = partial(self._remove_highlight, article, highlight)
        handlers: dict[str, Callable[[], None]] = {
            **{key: partial(self._set_kind, article, highlight, int(key)) for key in KINDS},
            **dict.fromkeys(("enter", "N"), edit),
            **dict.fromkeys(("d", "x", "delete"), remove),
            "e": partial(self.edit_note, highlight.note, save_note),
            "y": partial(self.copy_passage, highlight.anchor.exact),
            "Y": partial(self.copy_quotation, highlight.anchor.exact),
            "escape": self.leave_highlight,
        }
        if highlight.owner:
            handlers = {key: handlers[key] for key in ("y", "Y", "escape")}
            if highlight.note:
                from rilo_reader.plugins.highlights.panel import NoteScreen

                show = partial(NoteScreen, self.article.title, highlight.anchor.exact)
                handlers["enter"] = lambda: self.open_panel(
                    show(highlight.note, by=highlight.owner)
                )
        keys = self.context.keys
        if (handler := handlers.get(event.key)) is not None:
            event.stop()
            handler()
        elif event.key not in (*keys["undo"], *keys["help"]):
            self.leave_highlight()

    # -- gestures ---------------------------------------------------------------------------------

    def add_highlight(
        self, article: ArticleId, body: JoinedText, selected: TextSpan, kind: int, note: str = ""
    ) -> None:
        """Highlight a range of an article's text, with a note if it is not ""."""
        identity, text = token_hex(6), clean_note(note)

        def make_values() -> dict[str, str]:
            anchor = make_anchor(body.text, *selected)
            if len(anchor.exact) > EXACT_LIMIT:
                raise LibraryError(f"A highlight has at most {EXACT_LIMIT:,} characters.")
            made = {HIGHLIGHT + identity: to_json(Highlight(identity, anchor, kind))}
            return {**made, NOTE + identity: text} if text else made

        self._change_fields(article, make_values, self._describe_highlighted(kind))

    def _describe_highlighted(self, kind: int) -> str:
        kinds = self.context.config.plugin_values(KindSettings).highlight_kinds
        return f"Highlighted ({kinds[kind - 1]})"

    def _set_kind(self, article: ArticleId, highlight: Highlight, kind: int) -> None:
        value = {HIGHLIGHT + highlight.id: to_json(highlight._replace(kind=kind))}
        self._change_fields(article, lambda: value, self._describe_highlighted(kind))

    def _remove_highlight(self, article: ArticleId, highlight: Highlight) -> None:
        """Remove it, with its note, if it is the user's own."""
        if highlight.owner:
            return
        self.leave_highlight()
        fields = (HIGHLIGHT, NOTE) if highlight.note else (HIGHLIGHT,)
        values = dict.fromkeys((field + highlight.id for field in fields), "")
        self._change_fields(article, lambda: values, "Removed the highlight")

    def _save_note(self, article: ArticleId, highlight: Highlight, note: str) -> None:
        text = clean_note(note)
        if text != highlight.note:
            message = "Saved the note" if text else "Removed the note"
            self._change_fields(article, lambda: {NOTE + highlight.id: text}, message)

    def _change_fields(
        self, article: ArticleId, values: Callable[[], Mapping[str, str]], message: str
    ) -> None:
        """Set fields of an article to values, made in a thread, as one gesture; can be undone."""
        ids, state = Ids([article]), self.library.state

        def change_values() -> Gesture | None:
            changes = [Assignment(field, value, ids) for field, value in values().items()]
            return state.apply_assignments(changes)

        def on_changed(gesture: Gesture | None) -> None:
            if gesture is not None:
                self._tell_marks_changed()
                self.context.undo_stack.show_done(message)

        self.tasks.write_tasks.enqueue(change_values, on_changed)

    def _tell_marks_changed(self) -> None:
        self.context.tell(lambda each: each.on_marks_changed())

    # -- notes ------------------------------------------------------------------------------------

    def ask_for_note(self, quotation: str, note: str, on_note: Callable[[str], None]) -> None:
        """Open the small editor; `on_note` gets the note. Cancelling it can be undone."""

        def use_note(text: str, is_saved: bool) -> None:
            if is_saved:
                on_note(text)
            elif text != note:
                # Undoing brings back what was typed, in the editor.
                again = partial(self.ask_for_note, quotation, text, on_note)
                message, does = "The note was not saved", "opens it again"
                self.context.undo_stack.add(UndoStep(message, again, key_label=does))

        from rilo_reader.plugins.highlights.panel import NoteScreen

        self.open_panel(NoteScreen(self.article.title, quotation, note, use_note))

    def edit_note(self, note: str, on_note: Callable[[str], None]) -> None:
        """Open a note in the user's editor; `on_note` gets it, unless there was an error."""
        try:
            edited = edit_text(self.context.app, editor_command(), note)
        except LibraryError as error:
            self.widgets.show_error(error)
        else:
            on_note(edited)

    def copy_passage(self, text: str) -> None:
        """Copy a passage to the clipboard."""
        self.context.app.copy_to_clipboard(text)
        self.widgets.show_message("Copied the passage")

    def copy_quotation(self, text: str) -> None:
        """Copy a passage of the open article as a quotation, with title, source and link below."""
        if (article := self.article.content) is not None:
            quoted = "".join(f"> {line}".rstrip() + "\n" for line in text.splitlines())
            about = ", ".join(filter(None, (self.article.title, article.source)))
            self.context.app.copy_to_clipboard(f"{quoted}\n— {about}\n{article.url}".rstrip())
            self.widgets.show_message("Copied the passage with title and link")

    # -- panel ------------------------------------------------------------------------------------

    def list_highlights(self) -> None:
        """List the highlights of the article, or of the library."""
        self._list_task.request(self._read_all, self._show_list)

    def _read_all(self) -> list[ListedHighlight]:
        """Return all highlights of the library, newest first; runs in a thread."""
        from rilo_reader.plugins.highlights.panel import ListedHighlight

        state, row_of = self.library.state, self.library.search.row
        articles = dict.fromkeys(row[0] for row in state.annotations.read_all(HIGHLIGHT))
        own = [(article, from_fields(state.annotations.read(article))) for article in articles]
        found = [
            ListedHighlight(article, row_of(article), highlight)
            for article, highlights in (*own, *self._read_others(most=OTHERS_LISTED).items())
            for highlight in highlights
        ]
        found.sort(key=lambda each: each.changed_at, reverse=True)
        return found

    def _show_list(self, listed: list[ListedHighlight]) -> None:
        content, places = self.article.content, self._layer.places
        lost = {place.highlight.id for place in places if not place.pieces}
        listed = [each._replace(is_lost=each.highlight.id in lost) for each in listed]
        if self.panel is not None:
            self.panel.show_highlights(listed)
            return
        from rilo_reader.plugins.highlights.panel import HighlightsScreen

        panel = HighlightsScreen(
            listed,
            article=content.id if content is not None else None,
            kinds=self.context.config.plugin_values(KindSettings).highlight_kinds,
            key=self.widgets.key_of("highlight"),
            list_keys=self._list_keys,
        )
        self.open_list(panel)

    def _list_keys(self, panel: HighlightsScreen) -> Sequence[PanelKey]:
        listed = panel.current_payload
        go_hint, other = "enter open", "tab this article"
        if panel.is_here:
            go_hint, other = "enter go there", "tab all articles"
        switch = PanelKey("tab", other, panel.switch_list)
        undo = PanelKey("u", "u undo", self.context.undo_stack.undo)
        if listed is None:
            return switch, undo
        go = PanelKey("enter", go_hint, partial(self._go_to_listed, listed), closes=True)
        if listed.highlight.owner:
            return go, switch, undo
        remove = partial(self._remove_highlight, listed.article, listed.highlight)
        return go, switch, PanelKey("d,x,delete", "d remove", remove), undo

    def _go_to_listed(self, listed: ListedHighlight) -> None:
        if self.article.content is not None and self.article.content.id == listed.article:
            self.widgets.enter_article()
            self._go_to_highlight(listed.highlight.id)
        elif listed.row is not None:
            self._goal = listed.highlight.id
            self.context.controller_of(RelatedController).go_to(listed.row)
        else:
            self.widgets.show_message("The article of this highlight is not in this library.")


SELECTION_HINTS = (
    *(("SELECT", ""), ("w b", "words"), ("j k", "lines"), ("v", "start here"), ("N", "note")),
    *(("y", "copy"), ("Y", "quote"), ("{ }", "paragraphs"), ("o", "other end")),
    *(("enter", "highlight"), ("1-4", "highlight at once"), ("esc", "cancel")),
)
"""The last three stay where room is short."""

SELECTION_KEYS = (
    ("w b  j k  { }", "extend by words, lines, paragraphs; o the other end, v start here"),
    ("enter  1 2 3 4", "highlight it, in one of the four kinds"),
    ("N  e", "highlight it with a note, written here or in your editor"),
    ("y  Y", "copy it; Y as a quotation with title and link"),
    ("esc", "cancel"),
)

MOVES: Mapping[str, Callable[[VisualMode], VisualMode]] = MappingProxyType(
    {
        **dict.fromkeys(("w", "l", "right"), lambda mode: mode.move_words(1)),
        **dict.fromkeys(("b", "h", "left"), lambda mode: mode.move_words(-1)),
        **dict.fromkeys(("j", "down"), lambda mode: mode.move_lines(1)),
        **dict.fromkeys(("k", "up"), lambda mode: mode.move_lines(-1)),
        "right_curly_bracket": lambda mode: mode.move_paragraphs(1),
        "left_curly_bracket": lambda mode: mode.move_paragraphs(-1),
        "o": lambda mode: mode.swap_ends(),
        "v": lambda mode: mode.restart_here(),
    }
)
"""Keys of the visual mode that change the selection."""


class PassageController(Controller):
    """The visual mode: a passage of the article is selected, and keys change it."""

    def __init__(self, context: ReaderContext, highlights: HighlightController) -> None:
        super().__init__(context)
        self._highlights = highlights
        self._layer = self.widgets.view.layer_of(SelectionLayer)
        self._mode: VisualMode | None = None
        self._article: ArticleId | None = None
        self.commands = {"highlight": self.start_selection}

    @property
    def mode(self) -> str:
        """The mode while a passage is being selected, else ""."""
        return "While a passage is selected" if self._mode is not None else ""

    def help_sections(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return the keys of the visual mode."""
        return {"While a passage is selected": SELECTION_KEYS}

    def start_selection(self) -> None:
        """Select the first word of the current line."""
        view = self.widgets.view
        if not view.is_current:
            key = self.widgets.key_of("open")
            with_key = f" with {key}" if key else ""
            self.widgets.show_message(f"Open the article{with_key} first, to highlight in it.")
            return
        self._highlights.leave_highlight()
        self.widgets.enter_article()
        self._start_mode(select_from(view.body, view.reading_start))

    def on_text_selected(self) -> None:
        """Start the visual mode with the selection of the mouse."""
        view = self.widgets.view
        selected = view.mouse_selection() if view.is_current else None
        mode = select_range(view.body, *selected) if selected else None
        if mode is None:
            self.leave_selection()
        else:
            self._highlights.leave_highlight()
            self.widgets.enter_article()
            self._start_mode(mode)

    def _start_mode(self, mode: VisualMode | None) -> None:
        if mode is None:
            self.widgets.show_message("This article has no text to highlight.")
            return
        self._article = self.widgets.view.article_id
        self._show_mode(mode)
        self.widgets.bottom.clear()
        self.widgets.show_mode(SELECTION_HINTS)

    def _show_mode(self, mode: VisualMode) -> None:
        self._mode = mode
        self._layer.show_mode(mode)

    def leave_selection(self) -> None:
        """Clear the selection, and leave the visual mode."""
        if self._mode is not None:
            self._mode = None
            self.widgets.screen.clear_selection()
            self._layer.show_mode(None)
            self.widgets.show_mode(())

    def on_article_shown(self, row: Row, article: Article) -> None:
        """Leave the visual mode with the article."""
        self.leave_selection()

    def on_page_shown(self) -> None:
        """Keep the selection after the article was laid out again."""
        body = self.widgets.view.body
        if self._mode is not None and self._mode.words.body is not body:
            if (mode := self._mode.restore_on(body)) is not None:
                self._show_mode(mode)
            else:
                self.leave_selection()

    def key_pressed(self, event: events.Key) -> None:
        """Extend the selection, or act on it; other letters do nothing."""
        mode, keys = self._mode, self.context.keys
        passed_on = (*keys["help"], *keys["undo"])  # undo brings a cancelled note back
        if mode is None:
            return
        if not self.widgets.is_in_article:
            self.leave_selection()
        elif (move := MOVES.get(event.key)) is not None:
            event.stop()
            self.widgets.screen.clear_selection()
            self._show_mode(move(mode))
        elif (handler := self._make_handlers(mode).get(event.key)) is not None:
            event.stop()
            handler()
        elif event.is_printable and event.key not in passed_on:
            event.stop()
            key = self.widgets.key_of("help")
            what = f"{key} shows the keys, esc cancels"
            self.widgets.show_message(f"You are selecting a passage: {what}.")

    def _make_handlers(self, mode: VisualMode) -> dict[str, Callable[[], None]]:
        # The article may be another one when a note is written.
        add = partial(self._add_highlight, self._article, mode)
        copy = partial(self._copy_passage, mode, self._highlights.copy_passage)
        return {
            "enter": partial(add, 1),
            **{key: partial(add, int(key)) for key in KINDS},
            "N": partial(self._highlights.ask_for_note, mode.text, "", partial(add, 1)),
            "e": partial(self._highlights.edit_note, "", partial(add, 1)),
            **dict.fromkeys(("y", *self.context.keys["copy_text"]), copy),
            "Y": partial(self._copy_passage, mode, self._highlights.copy_quotation),
            **dict.fromkeys(("escape", "q"), self.leave_selection),
        }

    def _add_highlight(
        self, article: ArticleId | None, mode: VisualMode, kind: int, note: str = ""
    ) -> None:
        self.leave_selection()
        if article is not None:
            self._highlights.add_highlight(article, mode.words.body, mode.selected_span, kind, note)

    def _copy_passage(self, mode: VisualMode, copy: Callable[[str], None]) -> None:
        self.leave_selection()
        copy(mode.text)
