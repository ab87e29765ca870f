"""Pictures: drawn once they are near the screen, fetched by a key, opened alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from random import SystemRandom
from typing import Any

from textual.timer import Timer

from rilo_reader.article import ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.extras import PICTURES
from rilo_reader.plugins.pictures.cache import fit_box, read_header_of
from rilo_reader.plugins.pictures.drawing import (
    DrawnPicture,
    draw_half_blocks,
    draw_placeholders,
    draw_with_lines_over,
    make_delete_sequence,
    make_send_sequences,
)
from rilo_reader.plugins.pictures.fetch import (
    DECODER,
    MOST_AT_ONCE,
    decode_in_worker,
    fetch_pictures,
)
from rilo_reader.plugins.pictures.layer import BY_LINE, PictureLayer
from rilo_reader.plugins.pictures.line_protocols import CELL, read_cell_size
from rilo_reader.plugins.pictures.settings import PictureMode
from rilo_reader.render.page import PICTURE, PagePicture
from rilo_reader.text import format_count
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.external import ExternalController, open_in_browser
from rilo_reader.workers import WorkerPool

MOST_CELLS = 250  # columns and lines of a picture at most: kitty has accents for 297
SHOW_DELAY = 0.2  # s in which further pictures may come, since the page is laid out for each
LARGEST_CELL = 24  # pixels of a column that are sent to one that fits the picture to its cells


class PictureController(Controller):
    """Draws the pictures of the article, fetches those of the web, and opens one alone."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._layer = context.widgets.view.layer_of(PictureLayer)
        self._layer.on_dropped = self._delete_drawn
        self._mode = self._layer.mode
        self._store = self._layer.store
        self._pool: WorkerPool | None = None
        self._requested: set[tuple[ArticleId, PagePicture]] = set()  # what is being drawn
        self._numbers = SystemRandom()
        self._show_timer: Timer | None = None  # until pictures that came are shown
        self._in_tmux = bool(os.environ.get("TMUX"))
        self.commands = {"pictures": self.fetch_web_pictures}

    # -- drawing ----------------------------------------------------------------------------------

    def on_scrolled(self) -> None:
        """Draw the pictures that are on the screen, or will be with the next page."""
        view, content = self.widgets.view, self.article.content
        key = self.widgets.key_of("open") if view.is_current and self._find_on_screen() else ""
        self.widgets.show_page_hints([(key, "picture")] if key else [])
        if not view.is_current or content is None or view.article_id != content.id:
            return
        seen = view.visible_lines
        near = range(seen.start - len(seen), seen.stop + len(seen))
        for picture in filter(lambda each: each.rows, view.page.pictures):
            is_near = picture.line < near.stop and near.start < picture.line + picture.rows
            asked = content.id, picture
            if is_near and asked not in self._requested and not self._layer.is_shown(picture):
                self._requested.add(asked)
                self.tasks.run(
                    self._draw_picture(content.id, content.path, picture), group="pictures"
                )

    async def _draw_picture(self, article: ArticleId, path: str, picture: PagePicture) -> None:
        file = await asyncio.to_thread(self._store.find_file, path, picture.address, picture.url)
        drawn = await self._decode_picture(file, picture.columns, picture.rows)
        self._requested.discard((article, picture))
        if self.widgets.view.article_id == article:
            self._layer.show_picture(picture, drawn)
        else:
            self._delete_drawn([drawn])

    async def _decode_picture(self, file: Path | None, columns: int, rows: int) -> DrawnPicture:
        """A picture within some cells, or why there is none."""
        if file is None:
            return self._layer.make_failure("! Its file is gone."[:columns])
        self._pool = self._pool or WorkerPool(1, preload=[DECODER])
        ground = self._layer.page_colour
        try:
            if form := BY_LINE.get(self._mode):
                wanted = str(file), (columns, rows), read_cell_size(), ground, form
                blocks, lines = await decode_in_worker(self._pool, "decode_lines", *wanted)
                number = self._numbers.randrange(1 << 24)
                drawn = await asyncio.to_thread(draw_with_lines_over, blocks, lines, form, number)
                self._layer.send_over(drawn)
                return drawn
            if self._mode is not PictureMode.KITTY:
                box = str(file), columns, rows, ground
                blocks = await decode_in_worker(self._pool, "decode_half_blocks", *box)
                return await asyncio.to_thread(draw_half_blocks, *blocks)
            cell = min(max(read_cell_size()[0], CELL[0]), LARGEST_CELL)
            size = columns * cell, 2 * rows * cell
            png = await decode_in_worker(self._pool, "decode_as_png", str(file), *size, ground)
        except NotReadableError as error:
            return self._layer.make_failure(f"! {error.reason}"[:columns])
        number = self._numbers.randrange(1 << 16, 1 << 24)
        text = make_send_sequences(png, number, columns, rows, in_tmux=self._in_tmux)
        self.context.write_to_terminal(text)
        return draw_placeholders(number, columns, rows)

    def _delete_drawn(self, drawn: Sequence[DrawnPicture]) -> None:
        for each in drawn:
            self._layer.forget_over(each)
            if each.number:
                self.context.write_to_terminal(
                    make_delete_sequence(each.number, in_tmux=self._in_tmux)
                )

    async def stop(self) -> None:
        """Delete all pictures in the terminal, and end the worker."""
        self._layer.forget()
        if self._pool is not None:
            self._pool.close()

    def on_settings_changed(self) -> None:
        """Draw them otherwise, or no more."""
        if self._mode is not self._layer.mode:
            self._mode = self._layer.mode
            self._layer.forget()
            self.widgets.view.update_room()

    # -- fetching ---------------------------------------------------------------------------------

    def fetch_web_pictures(self) -> None:
        """Fetch the pictures of the article that are on the web, and show them."""
        pictures = [each for each in self.widgets.view.page.pictures if not each.rows]
        urls = list(dict.fromkeys(each.url for each in pictures if each.url))
        if PICTURES.install_advice:
            self.widgets.show_error(PICTURES.install_advice)
        elif self._mode is PictureMode.NEVER:
            self.widgets.show_message(
                "Pictures are off in the settings, or the terminal has no colours."
            )
        elif not urls:
            text = "There are no pictures to fetch in this article."
            if within := sum(each.address.startswith("data:") for each in pictures):
                text = f"{format_count(within, 'picture')} within the text itself cannot be shown."
            self.widgets.show_message(text)
        else:
            self.tasks.run(self._fetch_urls(urls, self.widgets.view.article_id), group="pictures")

    async def _fetch_urls(self, urls: list[str], article: ArticleId | None) -> None:
        count = format_count(len(urls), "picture")
        self.widgets.bottom.show_message(f"Fetching {count}…", stay=True)
        # Imported in a thread, since it takes longer than a frame.
        fetch_client = await asyncio.to_thread(import_module, "rilo_reader.fetch.client")
        self._pool = self._pool or WorkerPool(1, preload=[DECODER])
        async with fetch_client.make_client(self.context.config) as client:
            done = await fetch_pictures(
                urls, client, self._pool, self._store, partial(self._show_soon, article)
            )
        text = f"Fetched {format_count(done.kept_count, 'picture')}."
        if (rest := len(urls) - done.kept_count - done.failed_count) > 0:
            text += f" {rest:,} more are not shown: at most {MOST_AT_ONCE} of an article are shown."
        if done.problem:
            text = f"{text} {done.problem}" if done.kept_count else done.problem
        self.widgets.show_message(text)

    def _show_soon(self, article: ArticleId | None) -> None:
        """Show pictures that came, several at once where they come fast."""
        if self._show_timer is None:
            self._show_timer = self.tasks.call_after(
                SHOW_DELAY, partial(self._show_fetched, article)
            )

    def _show_fetched(self, article: ArticleId | None) -> None:
        self._show_timer = None
        if self.widgets.view.article_id == article:
            self.widgets.view.update_room()

    # -- alone ------------------------------------------------------------------------------------

    def handle_click(self, kind: str, value: Any) -> bool:  # noqa: ANN401
        """Open the picture that was clicked alone."""
        return kind == PICTURE and self.open_alone(value)

    def handle_open(self) -> bool:
        """Open the picture on the screen alone, if there is one."""
        return self.open_alone()

    def _find_on_screen(self) -> PagePicture | None:
        """The first picture whose middle is on the screen."""
        view = self.widgets.view
        shown = (each for each in view.page.pictures if each.rows)
        return next((it for it in shown if it.line + it.rows // 2 in view.visible_lines), None)

    def open_alone(self, chosen: PagePicture | None = None) -> bool:
        """Open a picture alone, by default the first on the screen; return False without one."""
        view, content = self.widgets.view, self.article.content
        pictures = [each for each in view.page.pictures if each.rows]
        chosen = chosen or self._find_on_screen()
        if chosen is None or content is None:
            return False
        files = [self._store.find_file(content.path, each.address, each.url) for each in pictures]
        words = [each.words for each in pictures]
        from rilo_reader.plugins.pictures.panel import PictureScreen

        drawn: list[DrawnPicture] = []

        async def draw(index: int, columns: int, rows: int) -> None:
            file, cells = files[index], (min(columns, MOST_CELLS), min(rows, MOST_CELLS))
            size = read_header_of(file) if file else None
            box = (size and fit_box(size.width, size.height, *cells)) or cells
            drawn.append(await self._decode_picture(file, *box))
            screen.show_picture(index, drawn[-1], box)

        async def browse(index: int) -> None:
            file = files[index]
            if pictures[index].url:
                self.context.controller_of(ExternalController).open_url(pictures[index].url)
            elif file is not None:
                await open_in_browser(file.as_uri())

        screen = self._layer.alone_screen = PictureScreen(
            words,
            pictures.index(chosen),
            lambda index, *cells: self.tasks.run(draw(index, *cells), group="pictures"),
            lambda index: self.tasks.run(browse(index), group="browser"),
        )
        self.open_panel(screen, partial(self._delete_drawn, drawn))
        return True
