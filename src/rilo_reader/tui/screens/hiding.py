"""Muted articles: hidden everywhere, counted beside the total, shown again by one key."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader import config as settings
from rilo_reader.library import Hidden
from rilo_reader.query.tree import Query
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.library.mutes import Muting
    from rilo_reader.tui.screens.reader import ReaderScreen

LONGEST_NAME = 24
"""Characters of a muted query beside the total."""


def today() -> date:
    """The day it is here."""
    return datetime.now().astimezone().date()


class Hiding(Room):
    """Keeps what the settings mute out of every list and count."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self.muted: Muting | None = None
        self.shows_muted = False
        self._hidden = Latest(desk, "hidden", desk.say_error, patience=0)
        self._feeds = Latest(desk, "muted feeds", desk.say_error, patience=0)
        self._of_feeds: tuple[settings.Mute, ...] = ()

    def apply_mutes(self) -> None:
        """Hide what the settings and muted feeds hide today."""
        mutes = (*self.desk.config.mutes, *self._of_feeds)
        if not mutes and self.muted is None:
            return
        from rilo_reader.library.mutes import muting

        self.muted = muting(mutes, today())
        self.desk.library.mute(() if self.shows_muted else self.muted.queries)

    def look_at_feeds(self) -> None:
        """Hide the articles of the feeds that are muted now."""
        paths = self.desk.around.paths
        if paths is None:
            return

        def look() -> tuple[settings.Mute, ...]:
            from rilo_reader.feeds.status import feed_mutes

            return feed_mutes(self.desk.library.folder, paths)

        self._feeds.ask(look, self._take_feeds)

    def _take_feeds(self, mutes: tuple[settings.Mute, ...]) -> None:
        if mutes != self._of_feeds:
            self._of_feeds = mutes
            self.apply_mutes()
            self.desk.ask_again()

    def keep_day(self) -> None:
        """A mute may have ended at midnight."""
        if self.muted is not None and self.muted.day != today():
            self.apply_mutes()

    # -- beside the total -------------------------------------------------------------------------

    def results_shown(self) -> None:
        """Count what is hidden of these results."""
        if self.muted is None or not self.muted.queries:
            self.desk.search_row.show_hidden("")
        elif self.shows_muted:
            self.desk.search_row.show_hidden(
                f"muted ones too · {self.desk.key_of('show_muted')} hides them"
            )
        else:
            self._hidden.ask(
                partial(self.desk.library.hidden, self.desk.query_shown),
                partial(self._show_hidden, self.muted),
            )

    def _show_hidden(self, muted: Muting, hidden: Hidden) -> None:
        if muted is self.muted and not self.shows_muted:
            self.desk.search_row.show_hidden(self._hidden_text(muted, hidden))

    def _hidden_text(self, muted: Muting, hidden: Hidden) -> str:
        if not hidden.total:
            return ""
        text = f"{hidden.total:,} hidden"
        if self.desk.is_narrow:
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
        from rilo_reader.library.mutes import muting

        held = muting(mutes, today())
        hits = self.desk.library.hidden(Query(), held.queries).by_mute
        return {mute.query: count for mute, count in zip(held.mutes, hits, strict=True)}

    def show_muted(self) -> None:
        """Show what is muted, or hide it again."""
        if self.muted is None or not self.muted.queries:
            self.desk.say(f"Nothing is muted; {self.desk.key_of('mute')} mutes the search.")
            return
        self.shows_muted = not self.shows_muted
        self.apply_mutes()
        self.desk.ask_again()

    # -- muting -----------------------------------------------------------------------------------

    def mute(self) -> None:
        """Mute what is searched for."""
        from rilo_reader.query.edit import finished
        from rilo_reader.tui.panels.saved import without_names

        self.ask_for_mute(finished(without_names(self.desk.text, self.desk.config.searches)))

    def ask_for_mute(self, query: str) -> None:
        """Ask for a query to mute and until when."""
        from rilo_reader.tui.panels.saved import mute_prompt, until_of

        old = next((mute for mute in self.desk.config.mutes if mute.query == query), None)

        def answered(answers: tuple[str, ...] | None) -> None:
            if answers is not None:
                self._mute(answers[0], until_of(answers[1], today()))

        self.desk.app.push_screen(mute_prompt(query, old.until if old else None, today()), answered)

    def _mute(self, query: str, until: date | None) -> None:
        old = next((mute for mute in self.desk.config.mutes if mute.query == query), None)
        end = f" until {until}" if until is not None else ""
        back = (
            partial(settings.mute, query=query, until=old.until)
            if old
            else partial(settings.unmute, query=query)
        )
        self.rooms.adjusting.adjust(
            partial(settings.mute, query=query, until=until), back, f'Muted "{query}"{end}'
        )

    def unmute(self, mute: settings.Mute) -> None:
        """Show again what a mute hides."""
        self.rooms.adjusting.adjust(
            partial(settings.unmute, query=mute.query),
            partial(settings.mute, query=mute.query, until=mute.until),
            f'No longer muted: "{mute.query}"',
        )
