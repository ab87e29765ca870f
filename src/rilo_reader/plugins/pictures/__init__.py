"""Pictures of articles: found beside them or in the cache, fetched, and decoded in a worker.

Nothing here but `decode` needs the extra `pictures`, and only workers import that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rilo_reader.cli.findings import Section
    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.commands import Command
    from rilo_reader.config import Config
    from rilo_reader.config.all_settings import PluginSettings
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.feeds.update_session import UpdateSession
    from rilo_reader.library import Library
    from rilo_reader.tui.reader.controller import Controller, ReaderContext
    from rilo_reader.tui.widgets.page_view import Layer


class PicturesPlugin(Plugin):
    name = "pictures"

    def feed_settings(self) -> Mapping[str, str]:
        return {
            "pictures = true": "fetch the pictures of its articles; it needs rilo-reader[pictures]"
        }

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import DROPPED, READ, Command

        # fmt: off
        return (
            Command("picture", "", (), "enter in the article, or a click, shows a picture alone", DROPPED),
            Command("pictures", "Fetch pictures", ("p",), "Fetch the pictures of the article from the web, and show them.", READ, names="images photos load download bigger zoom"),
        )
        # fmt: on

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.plugins.pictures.settings import SETTINGS

        return (SETTINGS,)

    def wants_graphics(self, config: Config) -> bool:
        from rilo_reader.extras import PICTURES
        from rilo_reader.plugins.pictures.settings import PictureMode, PictureSettings

        mode = config.plugin_values(PictureSettings).pictures
        return mode is PictureMode.AUTO and not PICTURES.is_missing

    def article_layers(self, context: ReaderContext) -> Sequence[Layer]:
        from rilo_reader.plugins.pictures.layer import PictureLayer

        return (PictureLayer(context),)

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.pictures.controller import PictureController

        return (PictureController(context),)

    async def feed_updated(
        self, feed: Subscription, texts: Sequence[str], session: UpdateSession
    ) -> str:
        from rilo_reader.extras import PICTURES

        if not feed.pictures or PICTURES.install_advice:
            return ""
        from rilo_reader.plugins.pictures.fetch import fetch_of_feed

        return await fetch_of_feed(texts, session)

    def checks(self, where: LibraryContext, library: Library | None) -> Iterable[Section]:
        from rilo_reader.cli.findings import Finding
        from rilo_reader.extras import PICTURES
        from rilo_reader.feeds import subscriptions
        from rilo_reader.text import format_count

        if library is None and PICTURES.install_advice:
            followed, _ = subscriptions.load(where.paths.feeds_file)
            if number := sum(feed.pictures for feed in followed):
                found = f"{format_count(number, 'feed')} with pictures"
                yield "Feeds", [Finding(found, PICTURES.install_advice, wrong=True)]


PLUGIN = PicturesPlugin()
