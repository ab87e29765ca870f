"""Run programs of the user's own on articles: what they get, and how long and how much they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rilo_reader.cli.choice import Place
    from rilo_reader.cli.findings import Section
    from rilo_reader.commands import Command
    from rilo_reader.library import Library
    from rilo_reader.tui.reader.context import Controller, ReaderContext


class ProgramsPlugin(Plugin):
    name = "programs"
    needs = ("exporters",)

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import SHARE, Command

        # fmt: off
        return (
            Command("pipe", "Pipe to a program", ("vertical_line",), "Give the article to a program that you name, and show what it prints.", SHARE, names="shell run command external unix"),
            Command("pipe_results", "Pipe all results", (), "Give all articles in the list to a program, a JSON line each.", SHARE, names="shell run command program json external unix"),
            Command("output", "Last output", (), "Show again what a program printed last.", SHARE, names="program command pipe result"),
        )
        # fmt: on

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.programs.controller import ProgramController

        return (ProgramController(context),)

    def checks(self, where: Place, library: Library | None) -> Iterable[Section]:
        from rilo_reader.cli.findings import Finding
        from rilo_reader.config import SavedSearch
        from rilo_reader.library.mutes import search_problems

        if library is None:
            advice = f"correct its query in {where.paths.settings_file}"
            asked = [SavedSearch(each.name, each.query) for each in where.config.on_new]
            unclear = search_problems(asked, "on_new")
            yield "Settings", [Finding(sentence, advice, wrong=True) for sentence in unclear]


PLUGIN = ProgramsPlugin()
