"""Podcasts: files that are attached to articles, downloaded, and heard in mpv."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rilo_reader import hooks


class PodcastSettings(NamedTuple):
    """The settings of podcasts."""

    podcast_folder: str = "~/Podcasts"
    podcast_player: str = "mpv --no-video"
    podcast_private: bool = False


class PodcastPlugin(hooks.Plugin):
    name = "podcasts"

    def settings(self) -> Sequence[hooks.PluginSettings]:
        plain = {
            "podcast_folder": hooks.Setting("The folder of episodes.", hooks.check_text),
            "podcast_player": hooks.Setting("How mpv is called.", hooks.check_text),
            "podcast_private": hooks.Setting(
                "Whether episodes may be on your own network.", hooks.check_bool
            ),
        }
        return [hooks.PluginSettings(PodcastSettings, plain)]

    def commands(self) -> Sequence[hooks.Command]:
        about = "List the episodes of podcasts, download and hear them."
        return [hooks.Command("podcasts", "Podcasts", ("f8",), about, "Read")]

    def controllers(self, context: hooks.ReaderContext) -> Sequence[hooks.Controller]:
        from rilo_podcasts.controller import PodcastController

        return [PodcastController(context)]


PLUGIN = PodcastPlugin()
