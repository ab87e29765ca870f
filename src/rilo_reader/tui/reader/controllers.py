"""The controllers of the reader, and the table that leads from a command to its handler."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isawaitable

from rilo_reader.hooks import load_plugins
from rilo_reader.tui.reader.background import BackgroundController
from rilo_reader.tui.reader.controller import Controller, Handler, ReaderContext
from rilo_reader.tui.reader.external import ExternalController
from rilo_reader.tui.reader.feeds import FeedController
from rilo_reader.tui.reader.find import FindController
from rilo_reader.tui.reader.marks import MarkController
from rilo_reader.tui.reader.navigation import NavigationController
from rilo_reader.tui.reader.overlays import OverlayController
from rilo_reader.tui.reader.related import RelatedController
from rilo_reader.tui.reader.saved_searches import SavedSearchController
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.timeline import TimelineController
from rilo_reader.tui.reader.whole_page import WholePageController


class Controllers:
    """All controllers; each gets those that it leads to.

    The first frame needs none of them, so this module is imported after it.
    """

    def __init__(self, context: ReaderContext) -> None:
        self.related = RelatedController(context)
        context.go_to = self.related.go_to
        context.tell_marks_changed = self._tell_marks_changed
        context.all_controllers = lambda: self.all
        self.marks = MarkController(context)
        self.external = ExternalController(context)
        context.open_url = self.external.open_url
        self.whole_page = WholePageController(context)
        self.search = SearchController(context, self._go_back)
        context.show_selection = self.search.show_selection
        self.navigation = NavigationController(context, self.search)
        self.find = FindController(context, self.navigation.focus_article)
        self.timeline = TimelineController(context, self.search)
        self.overlays = OverlayController(context, self.search)
        self.saved_searches = SavedSearchController(context, self.search)
        self.feeds = FeedController(context, self.search, self.saved_searches)
        context.tell_feeds_changed = self.feeds.on_files_changed
        self.background = BackgroundController(context)
        ours = tuple(vars(self).values())
        brought = (each for plugin in load_plugins() for each in plugin.controllers(context))
        self.all: tuple[Controller, ...] = (*ours, *brought)
        # command id -> what it does
        self.handlers: Mapping[str, Handler] = {
            command: handler
            for controller in self.all
            for command, handler in controller.commands.items()
        }

    def _go_back(self) -> bool:
        """Go back within the article: from what was looked for, or from a related article."""
        return self.find.leave_hits() or self.related.go_back()

    def _tell_marks_changed(self) -> None:
        for controller in self.all:
            controller.on_marks_changed()

    async def run(self, command: str) -> None:
        """Do what a command of commands.py says, or one of the user's own."""
        own = (each.find_own_handler(command) for each in self.all)
        handler = self.handlers.get(command) or next(filter(None, own), None)
        done = handler() if handler is not None else None
        if isawaitable(done):
            await done
