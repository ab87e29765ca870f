"""A plugin that overrides every hook, and says in a file that each was called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rilo_reader.hooks import ExchangeResult, Plugin, SharedArchive, StartMode, StyledText

if TYPE_CHECKING:
    from rilo_reader.article import Article, ArticleId
    from rilo_reader.cli.findings import Section
    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.commands import Command
    from rilo_reader.config import Config
    from rilo_reader.config.all_settings import PluginSettings
    from rilo_reader.feeds.article_writer import ReplacedText
    from rilo_reader.feeds.sources import FeedSources
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.feeds.update_session import UpdateSession
    from rilo_reader.library import Library
    from rilo_reader.paths import Paths
    from rilo_reader.store.state import State
    from rilo_reader.tui.reader.controller import Controller, ReaderContext
    from rilo_reader.tui.widgets.page_view import Layer


__version__ = "1.0"


class SampleSettings(NamedTuple):
    sample_town: str = "Bangkok"


def called(hook: str) -> None:
    """Tell the test; fail where it wants a plugin that fails."""
    with Path(os.environ["RILO_SAMPLE"]).open("a") as file:
        file.write(f"{hook}\n")
    if os.environ.get("RILO_SAMPLE_FAILS"):
        raise ValueError(f"no {hook} today")


class SamplePlugin(Plugin):
    name = "sample"

    def verbs(self) -> Mapping[str, str]:
        called("verbs")
        return {"sample": "rilo_sample_verb:SampleVerb", "list": "rilo_sample_verb:SampleVerb"}

    def help_of_verbs(self) -> Mapping[str, str]:
        called("help_of_verbs")
        return {"list": "The sample lists nothing."}

    def feed_settings(self) -> Mapping[str, str]:
        called("feed_settings")
        return {"sample = 1": "means nothing"}

    def start_modes(self) -> Sequence[StartMode]:
        called("start_modes")
        return (StartMode("--sample", "read by the sample", lambda _: False, _read),)

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import READ, Command

        called("commands")
        return (Command("sample", "Sample", ("f9",), "Show the sample.", READ),)

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.config.all_settings import PluginSettings
        from rilo_reader.config.checks import Setting, check_text

        called("settings")
        return (PluginSettings(SampleSettings, {"sample_town": Setting("A town.", check_text)}),)

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.tui.reader.controller import Controller

        class SampleController(Controller):
            def __init__(self, context: ReaderContext) -> None:
                super().__init__(context)
                self.commands = {"sample": lambda: self.widgets.show_message("The sample works.")}

        called("controllers")
        return (SampleController(context),)

    def feed_sources(self, folder: Path, paths: Paths, config: Config) -> FeedSources | None:
        called("feed_sources")
        return None

    def wants_graphics(self, config: Config) -> bool:
        called("wants_graphics")
        return False

    async def feed_updated(
        self, feed: Subscription, texts: Sequence[str], session: UpdateSession
    ) -> str:
        called("feed_updated")
        return ""

    def keep_replaced(
        self, texts: Sequence[ReplacedText], folder: Path, paths: Paths
    ) -> Sequence[ArticleId]:
        called("keep_replaced")
        return [text.id for text in texts]

    def read_changes(self, library: Library, article: Article) -> Sequence[Sequence[StyledText]]:
        called("read_changes")
        return [[StyledText("One is two.")]]

    def article_layers(self, context: ReaderContext) -> Sequence[Layer]:
        called("article_layers")
        return ()

    def checks(self, where: LibraryContext, library: Library | None) -> Iterable[Section]:
        from rilo_reader.cli.findings import Finding

        called("checks")
        if library is None:
            yield "Sample", [Finding("the sample is well")]

    def exchange_marks(self, marks: State, library: Library | None = None) -> ExchangeResult:
        called("exchange_marks")
        return ExchangeResult()

    def send_file_changes(self, marks: State, paths: Paths) -> None:
        called("send_file_changes")

    def shared_archive(self, folder: Path, paths: Paths) -> SharedArchive | None:
        called("shared_archive")
        return None

    def library_changed(self, where: LibraryContext, new: Sequence[str], *, as_json: bool) -> int:
        called("library_changed")
        return 0


def _read(where: LibraryContext, given: Mapping[str, Any], lines: Sequence[str]) -> int:
    print(f"sample reads {where.folder.name}")
    return 0


PLUGIN = SamplePlugin()
