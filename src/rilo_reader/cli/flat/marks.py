"""`Marks`: read, stars, tags, highlights and notes, each a gesture that undo takes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from secrets import token_hex

from rilo_reader.annotations.anchors import make_anchor
from rilo_reader.annotations.highlight import Highlight, clean_note, to_json
from rilo_reader.article import ArticleId
from rilo_reader.cli.flat.reading import Handler, Reader
from rilo_reader.cli.libraries import exchange
from rilo_reader.cli.output import UsageError
from rilo_reader.library import LibraryError
from rilo_reader.render.document import visible_text
from rilo_reader.store.gestures import HIGHLIGHT, NOTE, Assignment, Ids
from rilo_reader.text import clean_line, counted, shown_title


class Marks:
    """Changes marks, and says what they are then."""

    def __init__(self, reader: Reader, run_verb: Callable[[list[str]], None]) -> None:
        self._reader, self._run_verb = reader, run_verb
        self._state, self._say = reader.library.state, reader.say
        self.has_annotated = False  # whether notes on the disk are to be written
        self._last_highlight: tuple[ArticleId, str] | None = None

    def handlers(self) -> dict[str, Handler]:
        """Its commands, by id."""
        return {
            "read": lambda rest: self._toggle(rest, "read", "unread", self._state.set_read),
            "star": lambda rest: self._toggle(
                rest, "starred", "no longer starred", self._state.set_starred
            ),
            "tags": self._tags,
            "all_read": self._all_read,
            "highlight": self._highlight,
            "note": self._note,
            "undo": lambda rest: self._undo(["undo", *rest.split()]),
            "redo": lambda rest: self._undo(["undo", "--redo", *rest.split()]),
        }

    def _toggle(
        self, numbers: str, mark: str, off: str, change: Callable[[list[ArticleId], bool], object]
    ) -> None:
        """Set a mark where it is not, and the other way round, and say so; `off` is the latter."""
        rows = self._reader.rows(numbers)
        for value in (True, False):
            chosen = [row for row in rows if getattr(row.marks, mark) is not value]
            if chosen:
                change([one for row in chosen for one in self._reader.group(row.id)], value)
            for row in chosen:
                self._say(f"{mark if value else off}: {shown_title(row.title)}")
        self._changed()

    def _changed(self) -> None:
        exchange(self._state, self._reader.library.state_file)
        self._reader.marks_changed()

    def _tags(self, text: str) -> None:
        row = self._reader.rows("")[0]
        if text:
            tags = [tag for part in text.split(",") if (tag := clean_line(part)) not in ("", "-")]
            self._state.set_tags(row.id, tags)
            self._changed()
            row = self._reader.open.row
        self._say(f"your tags: {', '.join(row.marks.tags) or 'none'}")

    def _all_read(self, _: str) -> None:
        if self._reader.listing is None:
            raise LibraryError(
                "There is no list yet. list QUERY makes one; all_read marks all of it."
            )
        listed = (article for _, article in self._reader.listing.numbered(1))
        change = self._state.set_read(listed, value=True)
        self._say(f"{counted(len(change.ids), 'article')} marked read; u undoes it.")
        self._changed()

    def _highlight(self, quoted: str) -> None:
        """Highlight words that are quoted, wherever lines break and whatever their case."""
        article = self._reader.open.article
        words = [re.escape(word) for word in quoted.split()]
        if not words:
            raise UsageError("Which words? highlight WORDS, as they stand in the article.")
        text = visible_text(article, in_vault=self._reader.library.is_vault)
        places = list(re.finditer(r"\s+".join(words), text, re.IGNORECASE))
        if not places:
            raise LibraryError("These words do not stand so in the article; nothing was marked.")
        made = Highlight(token_hex(6), make_anchor(text, *places[0].span()))
        self._annotate(article.id, HIGHLIGHT + made.id, to_json(made))
        self._last_highlight = article.id, made.id
        others = f", the first of {len(places)} places" if len(places) > 1 else ""
        self._say(f"highlighted{others}: {clean_line(places[0][0])}")

    def _note(self, text: str) -> None:
        if self._last_highlight is None or not text:
            raise UsageError(
                "A note belongs to a highlight: first highlight WORDS, then note TEXT."
            )
        article, highlight = self._last_highlight
        self._annotate(article, NOTE + highlight, clean_note(text))
        self._say("Saved the note.")

    def _annotate(self, article: ArticleId, field: str, value: str) -> None:
        self._state.apply([Assignment(field, value, Ids([article]))])
        self.has_annotated = True
        self._changed()

    def _undo(self, words: list[str]) -> None:
        self._run_verb(words)
        self._changed()
