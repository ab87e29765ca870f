"""Muted articles: hidden everywhere, counted beside the total, shown again by one key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader import config as settings
from rilo_reader.article import ArticleId
from rilo_reader.config import Config
from rilo_reader.library import Hidden, Library
from rilo_reader.search.query import Query
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.adjusting import Adjusting
from rilo_reader.tui.screens.results import Results

if TYPE_CHECKING:
    from rilo_reader.library.muting import Muting

LONGEST_NAME = 24
"""Characters of a muted query beside the total."""


def today() -> date:
    """The day it is here."""
    return datetime.now().astimezone().date()


class Hiding(Results, Adjusting):
    """Keeps what the settings mute out of every list and count."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self.muted: Muting | None = None
        self.shows_muted = False
        self._hidden = Latest(self, "hidden", self.say_error, patience=0)

    def apply_mutes(self) -> None:
        """Hide what the settings mute today."""
        if not self.config.mutes and self.muted is None:
            return
        from rilo_reader.library.muting import muting

        self.muted = muting(self.config.mutes, today())
        self.library.mute(() if self.shows_muted else self.muted.queries)

    def take_settings(self, config: Config) -> None:
        """Other mutes hide other articles."""
        before = self.config.mutes
        super().take_settings(config)
        if self.config.mutes != before:
            self.apply_mutes()
            self.ask_again()

    def ask(
        self,
        text: str,
        *,
        stand_on: ArticleId | None = None,
        index: int = 0,
        line: int | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """A mute may have ended at midnight."""
        if self.muted is not None and self.muted.day != today():
            self.apply_mutes()
        super().ask(text, stand_on=stand_on, index=index, line=line, then=then)

    # -- beside the total -------------------------------------------------------------------------

    def results_shown(self) -> None:
        """Count what is hidden of these results."""
        super().results_shown()
        if self.muted is None or not self.muted.queries:
            self.search_row.show_hidden("")
        elif self.shows_muted:
            self.search_row.show_hidden(f"muted ones too · {self.key_of('show_muted')} hides them")
        else:
            self._hidden.ask(
                partial(self.library.hidden, self.query_shown),
                partial(self._show_hidden, self.muted),
            )

    def _show_hidden(self, muted: Muting, hidden: Hidden) -> None:
        if muted is self.muted and not self.shows_muted:
            self.search_row.show_hidden(self._hidden_text(muted, hidden))

    def _hidden_text(self, muted: Muting, hidden: Hidden) -> str:
        if not hidden.total:
            return ""
        text = f"{hidden.total:,} hidden"
        if self.is_narrow:
            return text
        names = [
            mute.query for mute, hits in zip(muted.mutes, hidden.by_mute, strict=False) if hits
        ]
        if len(names) > 1:
            return f"{text} by {len(names)} mutes"
        name = names[0] if names else ""
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        return f'{text} by "{name}"'

    def hidden_by(self, mutes: tuple[settings.Mute, ...]) -> dict[str, int]:
        """How many articles of all each mute hides that holds; runs in a thread."""
        from rilo_reader.library.muting import muting

        held = muting(mutes, today())
        hits = self.library.hidden(Query(), held.queries).by_mute
        return {mute.query: count for mute, count in zip(held.mutes, hits, strict=True)}

    def action_show_muted(self) -> None:
        """Show what is muted, or hide it again."""
        if self.muted is None or not self.muted.queries:
            self.say(f"Nothing is muted; {self.key_of('mute')} mutes the search.")
            return
        self.shows_muted = not self.shows_muted
        self.apply_mutes()
        self.ask_again()

    # -- muting -----------------------------------------------------------------------------------

    def action_mute(self) -> None:
        """Mute what is searched for."""
        from rilo_reader.search.editing import finished
        from rilo_reader.tui.screens.saved import without_names

        self.ask_for_mute(finished(without_names(self.text, self.config.searches)))

    def ask_for_mute(self, query: str) -> None:
        """Ask for a query to mute and until when."""
        from rilo_reader.tui.screens.mute_prompt import mute_prompt, until_of

        old = next((mute for mute in self.config.mutes if mute.query == query), None)

        def answered(answers: tuple[str, ...] | None) -> None:
            if answers is not None:
                self._mute(answers[0], until_of(answers[1], today()))

        self.app.push_screen(mute_prompt(query, old.until if old else None, today()), answered)

    def _mute(self, query: str, until: date | None) -> None:
        old = next((mute for mute in self.config.mutes if mute.query == query), None)
        end = f" until {until}" if until is not None else ""
        back = (
            partial(settings.mute, query=query, until=old.until)
            if old
            else partial(settings.unmute, query=query)
        )
        self.adjust(partial(settings.mute, query=query, until=until), back, f'Muted "{query}"{end}')

    def unmute(self, mute: settings.Mute) -> None:
        """Show again what a mute hides."""
        self.adjust(
            partial(settings.unmute, query=mute.query),
            partial(settings.mute, query=mute.query, until=mute.until),
            f'No longer muted: "{mute.query}"',
        )
