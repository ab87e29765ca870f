"""The keys: save the open article there, and sync."""

from __future__ import annotations

from functools import partial

from rilo_later import LaterSettings
from rilo_later.sync import Known, sync
from rilo_later.wallabag import talk
from rilo_reader.hooks import Controller, ReaderContext, UndoStep


class LaterController(Controller):
    """Saves and syncs in a thread, one after the other."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.commands = {"later_save": self.save, "later_sync": self.sync}
        self._queue = self.tasks.make_serial("wallabag")

    @property
    def _settings(self) -> LaterSettings:
        return self.context.config.plugin_values(LaterSettings)

    def save(self) -> None:
        """Save the article at the cursor."""
        row, settings = self.article.target_row, self._settings
        if row is None or not row.url:
            self.widgets.show_message("This article has no address that could be saved.")
            return
        fields = {"url": row.url, "title": row.title, "tags": ",".join(row.marks.tags)}

        def send() -> str | None:
            if (entry := talk(settings, lambda server: server.save(**fields))) is not None:
                known = Known()
                known.articles.setdefault(entry, row.id)
                known.write()
            return entry

        def tell(entry: str | None) -> None:
            if entry is None:  # undo would remove it with all that it has there
                self.widgets.show_message("This article is in wallabag already.")
                return
            step = UndoStep(f"Saved for later: {row.title}", partial(self._remove, entry))
            self.context.undo_stack.add(step)

        self._queue.enqueue(send, tell)

    def _remove(self, entry: str) -> None:
        ask = partial(talk, self._settings, lambda it: it.call("DELETE", f"entries/{entry}"))
        self._queue.enqueue(ask, lambda _: self.widgets.show_message("Removed from wallabag."))

    def sync(self) -> None:
        """Bring and send what is new."""
        self.widgets.show_message("Asking wallabag…")
        self._queue.enqueue(partial(sync, self.library, self._settings), self.widgets.show_message)
