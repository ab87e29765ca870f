"""The controllers of the reader, and the table that leads from a command to its handler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import isawaitable
from typing import Protocol

from rilo_reader.plugin_list import plugins_with
from rilo_reader.tui.keys import Handler
from rilo_reader.tui.reader.background import BackgroundController
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.external import ExternalController
from rilo_reader.tui.reader.feeds import FeedController
from rilo_reader.tui.reader.find import FindController
from rilo_reader.tui.reader.marks import MarkController
from rilo_reader.tui.reader.navigation import NavigationController
from rilo_reader.tui.reader.overlays import OverlayController
from rilo_reader.tui.reader.related import RelatedController
from rilo_reader.tui.reader.saved_searches import SavedSearchController
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.settings import SettingsController
from rilo_reader.tui.reader.sources import SourcesController
from rilo_reader.tui.reader.timeline import TimelineController
from rilo_reader.tui.reader.whole_page import WholePageController


class _ControllerPlugin(Protocol):
    def controllers(self, context: ReaderContext) -> Sequence[Controller]: ...


class Controllers:
    """All controllers. The first frame needs none, so this module is imported after it."""

    def __init__(self, context: ReaderContext) -> None:
        self.find = context.controller_of(FindController)
        self.related = context.controller_of(RelatedController)
        self.marks = context.controller_of(MarkController)
        self.external = context.controller_of(ExternalController)
        self.whole_page = context.controller_of(WholePageController)
        self.search = context.controller_of(SearchController)
        self.navigation = context.controller_of(NavigationController)
        self.timeline = context.controller_of(TimelineController)
        self.sources = context.controller_of(SourcesController)
        self.overlays = context.controller_of(OverlayController)
        self.saved_searches = context.controller_of(SavedSearchController)
        self.settings = context.controller_of(SettingsController)
        self.feeds = context.controller_of(FeedController)
        self.background = context.controller_of(BackgroundController)
        ours = tuple(vars(self).values())
        plugins = plugins_with(_ControllerPlugin)
        brought = (each for plugin in plugins for each in plugin.controllers(context))
        self.all: tuple[Controller, ...] = (*ours, *brought)
        # command id -> what it does
        self.handlers: Mapping[str, Handler] = {
            command: handler
            for controller in self.all
            for command, handler in controller.commands.items()
        }

    async def run(self, command: str) -> None:
        """Do what a command of commands.py says, or one of the user's own."""
        own = (each.find_own_handler(command) for each in self.all)
        handler = self.handlers.get(command) or next(filter(None, own), None)
        done = handler() if handler is not None else None
        if isawaitable(done):
            await done
