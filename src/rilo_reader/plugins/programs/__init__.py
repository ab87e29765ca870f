"""Run programs of the user's own on articles: what they get, and how long and how much they may."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.commands import Command
    from rilo_reader.config.all_settings import PluginSettings
    from rilo_reader.tui.reader.controller import Controller, ReaderContext


class ProgramsPlugin(Plugin):
    name = "programs"
    needs = ("exporters",)

    def help_of_verbs(self) -> Mapping[str, str]:
        return {
            "refresh": """
When all is fetched, each program of [[on_new]] in settings.toml gets the new
articles that its query finds. With --json there is an object for each, of
on_new and problem.
"""
        }

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import DROPPED, SHARE, Command

        # fmt: off
        return (
            Command("pipe", "Pipe to a program", ("vertical_line",), "Give the article to a program, and show what it prints.", SHARE, names="shell run command external unix"),
            Command("pipe_results", "", (), "in a shell, use rilo-reader search QUERY --json | PROGRAM", DROPPED),
            Command("output", "Last output", (), "Show the last output of a program again.", SHARE, names="program command pipe result"),
        )
        # fmt: on

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.plugins.programs.settings import SETTINGS

        return (SETTINGS,)

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.programs.controller import ProgramController

        return (ProgramController(context),)

    def library_changed(self, where: LibraryContext, new: Sequence[str], *, as_json: bool) -> int:
        from rilo_reader.plugins.programs.settings import INSIDE, ProgramSettings

        # A program for new articles may itself refresh, which must not begin it again.
        if (
            not new
            or INSIDE in os.environ
            or not where.config.plugin_values(ProgramSettings).on_new
        ):
            return 0
        from rilo_reader.plugins.programs.on_new import tell_on_new

        return tell_on_new(where, new, as_json=as_json)


PLUGIN = ProgramsPlugin()
