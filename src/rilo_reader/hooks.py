"""Every place where a plugin comes in, on one page. The core calls these, and names no plugin.

A plugin is a folder below `plugins/`, or a module of somebody else's, that has a `PLUGIN`: an
object of a subclass of `Plugin`. It overrides what it brings; the rest brings nothing. It imports
what it needs within its methods, so that naming a plugin costs nothing. The names in `__all__` are
public; docs/plugins.md says what stays. Only plugins import this: what calls a hook has a protocol
of its own for it, and asks `plugin_list`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rilo_reader.plugin_list import ExchangeResult, VerbEntry, has_hook, load_plugins
from rilo_reader.third_parties import warn_of_old_name

if TYPE_CHECKING:
    from rilo_reader.annotations.highlight import Highlight
    from rilo_reader.article import Article, ArticleId
    from rilo_reader.cli import StartMode
    from rilo_reader.cli.arguments import load_user_settings, open_current
    from rilo_reader.cli.findings import Finding, Section
    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.cli.output import StyledText, output
    from rilo_reader.cli.search import query_of
    from rilo_reader.cli.verb import Verb, argument, flag, option
    from rilo_reader.commands import Command
    from rilo_reader.config import Config
    from rilo_reader.config.all_settings import PluginSettings
    from rilo_reader.config.checks import Setting, check_bool, check_text, make_number_check
    from rilo_reader.feeds.article_writer import ReplacedText
    from rilo_reader.feeds.sources import FeedSources
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.feeds.update_session import UpdateSession
    from rilo_reader.fetch.client import HttpClient
    from rilo_reader.fetch.messages import (
        ApiReply,
        ApiRequest,
        FetchError,
        FetchLimits,
        Request,
        Response,
    )
    from rilo_reader.files import replace_file
    from rilo_reader.library import Library
    from rilo_reader.library.library import SharedArchive
    from rilo_reader.library.remote import RemoteArticles
    from rilo_reader.paths import Paths
    from rilo_reader.render.page import Page
    from rilo_reader.store.state import State
    from rilo_reader.tui.keys import PanelKey
    from rilo_reader.tui.panels.panel import EntryPanel, PromptScreen, TextScreen
    from rilo_reader.tui.reader.controller import Controller, ReaderContext
    from rilo_reader.tui.reader.undo import UndoStep
    from rilo_reader.tui.widgets.line_list import ListEntry
    from rilo_reader.tui.widgets.page_view import Layer

VERSION = 1
"""The number of the public interface; a plugin that works with it works until there is another."""

# fmt: off
_IN = {  # where names are that are imported once a plugin asks for them
    "annotations.highlight": "Highlight", "article": "Article ArticleId", "cli": "StartMode",
    "cli.arguments": "load_user_settings open_current", "cli.findings": "Finding Section",
    "cli.library_context": "LibraryContext", "cli.output": "StyledText output",
    "cli.search": "query_of",
    "cli.verb": "Verb argument flag option", "commands": "Command", "config": "Config",
    "config.all_settings": "PluginSettings",
    "config.checks": "Setting check_bool check_text make_number_check",
    "feeds.article_writer": "ReplacedText", "feeds.sources": "FeedSources",
    "feeds.subscriptions": "Subscription",
    "feeds.update_session": "UpdateSession", "fetch.client": "HttpClient",
    "fetch.messages": "ApiReply ApiRequest FetchError FetchLimits Request Response",
    "files": "replace_file", "library.library": "SharedArchive", "library.remote": "RemoteArticles",
    "render.page": "Page", "store.state": "State", "tui.keys": "PanelKey",
    "tui.panels.panel": "EntryPanel PromptScreen TextScreen",
    "tui.reader.controller": "Controller ReaderContext", "tui.reader.undo": "UndoStep",
    "tui.widgets.line_list": "ListEntry", "tui.widgets.page_view": "Layer",
}
__all__ = [
    "VERSION", "ApiReply", "ApiRequest", "Article", "ArticleId", "Command", "Config", "Controller",
    "EntryPanel", "ExchangeResult", "FeedSources", "FetchError", "FetchLimits", "Finding",
    "Highlight", "HttpClient", "Layer", "LibraryContext", "ListEntry", "Page", "PanelKey", "Plugin",
    "PluginSettings", "PromptScreen", "ReaderContext", "RemoteArticles", "ReplacedText", "Request",
    "Response", "Section", "Setting", "SharedArchive", "StartMode", "State", "StyledText",
    "Subscription", "TextScreen", "UndoStep", "UpdateSession", "Verb", "VerbEntry", "argument",
    "check_bool", "check_text", "flag", "load_user_settings", "make_number_check", "open_current",
    "option", "output", "query_of", "replace_file",
]
# fmt: on


class Plugin:
    """All that a plugin can bring; a method that is not overridden brings nothing."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    """Other plugins that this one imports."""

    def verbs(self) -> Mapping[str, VerbEntry | str]:
        """Commands of the command line, each as it is listed, or with "module:Class" alone.

        Asked once by whatever reads the command line; the module is imported when the verb is run
        or explained.
        """
        return {}

    def help_of_verbs(self) -> Mapping[str, str]:
        """More about commands that the core has, by their names: what help says below their own.

        Asked when help is printed, or written as man pages.
        """
        return {}

    def feed_settings(self) -> Mapping[str, str]:
        """Keys of feeds.toml that the core only keeps: each as in an example, with its meaning.

        Asked when feeds.toml is made, which explains its keys, and by the panel of feeds.
        """
        return {}

    def start_modes(self) -> Sequence[StartMode]:
        """Other ways to read than on the screen; asked once, by the command line.

        The first that is asked for or wanted runs instead of the reader, but in a browser.
        """
        return ()

    def commands(self) -> Sequence[Command]:
        """Commands of the reader: rows of its table, with keys, for palette, help and flat mode.

        Asked once. A controller of the plugin does what they do, in its `commands`. A key
        that another command has is left out.
        """
        return ()

    def settings(self) -> Sequence[PluginSettings]:
        """Settings that the plugin reads from settings.toml: values and tables, with their rules.

        Asked once, by whatever first reads settings, in any process or thread. They are checked,
        explained in a new file, completed and changed as those of the core; `Config.plugin_values`
        has them.
        """
        return ()

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        """Controllers of the reader; asked in its thread, after the first frame."""
        return ()

    def feed_sources(self, folder: Path, paths: Paths, config: Config) -> FeedSources | None:
        """Sources of feeds besides feeds.toml, for the library in a folder; None for none.

        Asked by all that lists, changes or fetches feeds, in any thread.
        """
        return None

    def wants_graphics(self, config: Config) -> bool:
        """Return whether the terminal is asked if it knows sixel or kitty's graphics protocol.

        Asked before Textual is imported; `Environment` has the terminal's answers.
        """
        return False

    async def feed_updated(
        self, feed: Subscription, texts: Sequence[str], session: UpdateSession
    ) -> str:
        """Fetch what the new articles of a feed name; return what failed and why, in a sentence.

        Awaited in an update once they are written, and before the feed is reported. `texts` are
        their files; `session` has the update's client, which guards private addresses, and workers.
        """
        return ""

    def keep_replaced(
        self, texts: Sequence[ReplacedText], folder: Path, paths: Paths
    ) -> Sequence[ArticleId]:
        """Keep what is needed of texts that are about to be replaced; return which were edited.

        Called in the thread that writes articles, once for all that changed in one response, while
        it waits. Rules for `is:edited` apply to what is returned. Raises LibraryError, whose
        sentence is told; the texts are replaced nevertheless.
        """
        return ()

    def read_changes(self, library: Library, article: Article) -> Sequence[Sequence[StyledText]]:
        """Return what changed in an article since it was read, as lines; none if nothing did.

        Asked by `show --changes`, also of an article that is not in the library. Raises
        LibraryError if it is not known.
        """
        return ()

    def article_layers(self, context: ReaderContext) -> Sequence[Layer]:
        """Layers over the article in `context.widgets.view`, which has no size yet.

        Asked in the reader's thread, before the first frame, which they may not hold up. A
        controller decides what they show; it finds its own by `ArticleView.layer_of`.
        """
        return ()

    def checks(self, where: LibraryContext, library: Library | None) -> Iterable[Section]:
        """Sections of `doctor`; with the title of one of its own, they go below that.

        Asked twice: with no library before one is opened, for what needs none, then with the open
        one. The findings are looked for as they are printed, and may raise LibraryError.
        """
        return ()

    def exchange_marks(self, marks: State, library: Library | None = None) -> ExchangeResult:
        """Exchange the marks of a library with others, such as other devices.

        Called by verbs before they read marks and after they change them, while the user waits;
        with the open library where the user asked for it, so that it may take long. Asked again if
        a plugin after it has changed something. Raises LibraryError if the marks cannot be used.
        """
        return ExchangeResult()

    def send_file_changes(self, marks: State, paths: Paths) -> None:
        """Make gestures of what was just changed in feeds.toml or settings.toml; opens no folder.

        Asked in any thread once a step of undo has changed them, so that both are one change.
        """

    def shared_archive(self, folder: Path, paths: Paths) -> SharedArchive | None:
        """Return what the library in a folder shares with others; None if it shares nothing.

        Asked in any thread, by what opens a library or an article. As articles come into it by
        themselves, such a library is opened even if it is empty.
        """
        return None

    def library_changed(self, where: LibraryContext, new: Sequence[str], *, as_json: bool) -> int:
        """Take note that a verb has collected or marked articles; return how much went wrong.

        `new` are the paths of what a refresh brought. Called by refresh, add, import and mark once
        all is closed. What is to be told is printed, with `as_json` as objects that have a
        `problem`; what went wrong is in the exit code. Raises nothing.
        """
        return 0


# -- old names, for one release -------------------------------------------------------------------


def _make_followed(
    changed: bool = False,
    told: tuple[str, ...] = (),
    done: tuple[str, ...] = (),
    failed: bool = False,
) -> ExchangeResult:
    return ExchangeResult(changed, told, done, failed)


if not TYPE_CHECKING:
    _OLD = {
        "Followed": (_make_followed, "ExchangeResult"),
        "Start": (None, "StartMode"),
        "plugins": (load_plugins, "load_plugins"),
        "brings": (has_hook, "has_hook"),
    }

    def __getattr__(name: str) -> object:
        """Return what a plugin imports, also by its old name."""
        for module, names in _IN.items():
            if name in names.split():
                return getattr(import_module(f"rilo_reader.{module}"), name)
        if name not in _OLD:
            raise AttributeError(name)
        value, new = _OLD[name]
        warn_of_old_name("a plugin", f"hooks.{name}", f"hooks.{new}")
        return value or __getattr__(new)
