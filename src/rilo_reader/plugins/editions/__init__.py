"""A finite issue of what is unread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rilo_reader.commands import Command
    from rilo_reader.config.all_settings import PluginSettings
    from rilo_reader.tui.reader.controller import Controller, ReaderContext


class EditionsPlugin(Plugin):
    name = "editions"
    needs = ("exporters",)

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:EditionVerb",
            "print a short selection of unread articles",
            heading="More for your articles",
            synonyms={"edition": "digest morning daily today newspaper briefing issue"},
        )
        return {"edition": entry}

    def feed_settings(self) -> Mapping[str, str]:
        return {"at_most = 5": "its most articles in editions a day; 0: no limit"}

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import FIND, Command

        # fmt: off
        return (
            Command("edition", "Today's edition", ("E",), "Show a short selection of unread articles: some from each source, each story once.", FIND, names="morning paper digest newspaper issue daily briefing minutes finite"),
        )
        # fmt: on

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.editions.controller import EditionController

        return (EditionController(context),)

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.plugins.editions.settings import SETTINGS

        return (SETTINGS,)


PLUGIN = EditionsPlugin()
