"""Out of the reader: the browser, the clipboard, the editor, links by number."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual import events
from textual.app import App, SuspendNotSupported

from rilo_reader.article import Article
from rilo_reader.library import LibraryError, Row
from rilo_reader.process import run_editor
from rilo_reader.render.page import PageLink
from rilo_reader.system_programs import editor_command
from rilo_reader.text import format_count, safe_url
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.workers import python_command


def edit_file(app: App[Any], editor: list[str], file: Path) -> str:
    """Suspend the reader and run the editor; return an error for the user, or ""."""
    try:
        with app.suspend():
            return run_editor([*editor, str(file)])
    except SuspendNotSupported:
        return f"An editor needs a terminal; the file is {file}"


def edit_text(app: App[Any], editor: list[str], text: str) -> str:
    """Return a text as the user saved it in the editor; a LibraryError says what failed."""
    if app.is_web:
        raise LibraryError("An editor needs a terminal.")
    with TemporaryDirectory(prefix="rilo-reader-", ignore_cleanup_errors=True) as folder:
        file = Path(folder, "note.md")
        try:
            file.write_text(text, "utf-8")
            if problem := edit_file(app, editor, file):
                raise LibraryError(problem)
            return file.read_text("utf-8", errors="replace")
        except OSError as error:
            raise LibraryError(f"The note could not be edited: {error.strerror}.") from error


BROWSER_TIMEOUT = 20.0  # seconds within which a browser that cannot start has failed

_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


class ExternalController(Controller):
    """Opens links and files in other programs."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._urls = context.tasks.make_latest("url")
        self._link_digits: str | None = None
        self.commands = {
            "browser": partial(self._use_url, self._open_article),
            "copy_link": partial(self._use_url, self._copy_url),
            "copy_text": self.copy_text,
            "links": self.toggle_link_numbers,
            "edit": self.edit_article,
        }

    def _use_url(self, use: Callable[[str, str], None]) -> None:
        """Call `use` with the link of the current article, which is read from its file.

        That is the link to its comments if it has no other; else they are the second argument.
        """
        row = self.article.target_row

        def use_or_say(article: Article) -> None:
            if article.url:
                use(article.url, article.comments)
            elif article.comments:
                use(article.comments, "")
            else:
                self.widgets.show_message("This article has no link.")

        if row is not None:
            self._urls.request(lambda: self.library.article(row.id), use_or_say)

    def _open_article(self, url: str, comments: str) -> None:
        key = self.widgets.key_of("links")
        self.open_url(url, f"{key} offers the link to the comments." if comments else "")

    def _copy_url(self, url: str, _: str) -> None:
        self.context.app.copy_to_clipboard(url)
        self.widgets.show_message(f"Copied {url}")

    def open_url(self, url: str, hint: str = "") -> None:
        """Open a URL in the browser, detached from this terminal; say so, and the hint."""
        safe = safe_url(url)
        if safe is None:
            self.widgets.show_error("A browser cannot open this link.")
            return
        self.widgets.show_message(f"Opening {safe}   {hint}".rstrip())
        if self.context.environment.in_browser:
            self.context.app.open_url(safe)
            return

        async def browse(url: str) -> None:
            if not await open_in_browser(url):
                key = self.widgets.key_of("copy_link")
                self.widgets.show_error(f"No browser could be started; {key} copies the link.")

        self.tasks.run(browse(safe), group="browser")

    def copy_text(self) -> None:
        """Copy the selected text to the clipboard; without any, say how to leave."""
        if self.widgets.screen.get_selected_text():
            self.widgets.screen.action_copy_text()
            self.widgets.show_message("Copied the selected text")
        else:
            key = self.widgets.key_of("quit")
            self.widgets.show_message(
                f"To quit, press {key}. ^c copies selected text; none is selected."
            )

    def toggle_link_numbers(self) -> None:
        """Number the links, so that digits open one; or remove the numbers."""
        if self._link_digits is not None:
            self._end_links()
        elif self.widgets.view.is_complete and not self.widgets.view.links:
            self.widgets.show_message("This article has no links.")
        else:
            self._link_digits = ""
            self.widgets.enter_article()
            self._tell_link_keys()
            self.widgets.view.show_link_numbers(True)

    def _tell_link_keys(self) -> None:
        """Ask for the number of a link; where none is in view, offer to go to one."""
        if (link := self._link_out_of_view()) is None:
            self.widgets.show_message("Type the number of a link.")
            return
        view = self.widgets.view
        where = "down" if link.line >= view.visible_lines.stop else "up"
        which = "it" if len(view.links) == 1 else f"number {link.number}"
        number = format_count(len(view.links), "link")
        self.widgets.show_message(f"{number}, further {where}: enter goes to {which}.")

    def _link_out_of_view(self) -> PageLink | None:
        """Return the next link, else the last one laid out; None if one is in view."""
        links, seen = self.widgets.view.links, self.widgets.view.visible_lines
        if not links or any(link.line in seen for link in links):
            return None
        return next((link for link in links if link.line >= seen.stop), links[-1])

    def key_pressed(self, event: events.Key) -> None:
        """Take digits while links are numbered; any other key removes the numbers."""
        digits = self._link_digits
        if digits is None:
            return
        if event.key.isdecimal() and event.key.isascii():
            event.stop()
            self._link_digits = digits = digits + event.key
            view = self.widgets.view
            # No link has a longer number that starts with these digits.
            if view.is_complete and int(digits) * 10 > len(view.links):
                self._open_link(int(digits))
            else:
                self.widgets.show_message(f"Link {digits}… enter opens it.")
        elif event.key == "enter" and digits:
            event.stop()
            self._open_link(int(digits))
        elif event.key == "enter" and not self.widgets.view.is_complete:
            event.stop()  # the numbers are being laid out: nobody has seen one yet
        elif event.key == "enter" and (link := self._link_out_of_view()) is not None:
            event.stop()
            self.widgets.view.show_line(link.line)
            self.widgets.show_message("Type the number of a link.")
        else:
            if event.key in ("escape", *self.context.keys["links"]):
                event.stop()
            self._end_links()

    def _open_link(self, number: int) -> None:
        links = {link.number: link for link in self.widgets.view.links}
        self._end_links()
        if (link := links.get(number)) is not None:
            self.open_url(link.url)
        else:
            self.widgets.show_message(f"There is no link {number}.")

    def _end_links(self) -> None:
        self._link_digits = None
        self.widgets.view.show_link_numbers(False)
        self.widgets.bottom.clear()

    def edit_article(self) -> None:
        """Open the article's file in the editor; show its changes afterwards."""
        row = self.article.target_row
        if row is None:
            return
        try:
            editor, file = editor_command(), self.library.file(row.id)
        except LibraryError as error:
            self.widgets.show_error(error)
            return
        if problem := edit_file(self.context.app, editor, file):
            self.widgets.show_error(problem)

        def take() -> Row | None:
            self.library.follower.update([row.path])
            self.library.index.reload()
            article = self.library.find(row.path)
            return None if article is None else self.library.search.row(article)

        def show(edited: Row | None) -> None:
            self.results.reload_query()
            if edited is not None:
                self.article.open(edited, again=True)

        self.tasks.write_tasks.enqueue(take, show)


async def open_in_browser(url: str) -> bool:
    """Open a URL in the browser; return False if none could be started.

    The browser runs in a child process without this terminal, so that it cannot draw on it.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            *python_command("-c", _OPEN, url),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "TERM"},
            start_new_session=True,
        )
        return await asyncio.wait_for(child.wait(), BROWSER_TIMEOUT) == 0
    except TimeoutError:
        return True
    except OSError:
        return False
