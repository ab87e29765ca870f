"""Sync between the user's devices: journals of gestures in a folder that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import ExchangeResult, Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rilo_reader.commands import Command
    from rilo_reader.config.all_settings import PluginSettings
    from rilo_reader.library import Library
    from rilo_reader.paths import Paths
    from rilo_reader.store.state import State
    from rilo_reader.tui.reader.controller import Controller, ReaderContext


class DevicesPlugin(Plugin):
    name = "devices"

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:SyncVerb",
            "sync your marks and notes between your devices",
            heading="Syncing and sharing",
        )
        return {"sync": entry}

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import SHARE, Command

        # fmt: off
        return (
            Command("sync", "Sync between devices", (), "Sync what you read, star, tag and highlight with your other devices, through a folder.", SHARE, names="share devices syncthing cloud backup synchronise synchronize"),
        )
        # fmt: on

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.plugins.devices.settings import SETTINGS

        return (SETTINGS,)

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.devices.panel_controller import DevicesController
        from rilo_reader.plugins.devices.sync_controller import SyncController

        return DevicesController(context), SyncController(context)

    def exchange_marks(self, marks: State, library: Library | None = None) -> ExchangeResult:
        if marks.journals.sync_folder() is None:
            correction = marks.journals.clock.restamp_future()
            return ExchangeResult(messages=(correction.message,) if correction else ())
        from rilo_reader.plugins.devices.verb_exchange import exchange_marks

        return exchange_marks(marks)

    def send_file_changes(self, marks: State, paths: Paths) -> None:
        if marks.journals.sync_folder() is not None:
            from rilo_reader.plugins.devices.carrier import Carrier

            Carrier(marks, paths).send_changes()


PLUGIN = DevicesPlugin()
