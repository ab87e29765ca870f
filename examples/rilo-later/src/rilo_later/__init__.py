"""Articles saved for later in wallabag: to it, from it, and highlights back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rilo_reader import hooks


class LaterSettings(NamedTuple):
    """The settings of the server."""

    later_url: str = ""
    later_login_command: str = ""
    later_private: bool = False


class LaterPlugin(hooks.Plugin):
    name = "later"

    def settings(self) -> Sequence[hooks.PluginSettings]:
        login = "Prints client id, client secret, user name and password, a line each."
        private = "Whether your wallabag may be on your own network."
        rules = {
            "later_url": hooks.Setting("The address of your wallabag.", hooks.check_text),
            "later_login_command": hooks.Setting(login, hooks.check_text),
            "later_private": hooks.Setting(private, hooks.check_bool),
        }
        return [hooks.PluginSettings(LaterSettings, rules)]

    def commands(self) -> Sequence[hooks.Command]:
        sync = "Bring what was saved in wallabag, and send your highlights."
        return [
            hooks.Command("later_save", "Save for later", ("f6",), "Save it in wallabag.", "Read"),
            hooks.Command("later_sync", "Sync with wallabag", ("f7",), sync, "Collect"),
        ]

    def verbs(self) -> Mapping[str, hooks.VerbEntry]:
        summary, heading = "bring what was saved in wallabag", "Other programs and servers"
        return {"later": hooks.VerbEntry("rilo_later.sync:LaterVerb", summary, heading)}

    def controllers(self, context: hooks.ReaderContext) -> Sequence[hooks.Controller]:
        from rilo_later.controller import LaterController

        return [LaterController(context)]


PLUGIN = LaterPlugin()
