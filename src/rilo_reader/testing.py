"""Tests of plugins: a home with articles, commands that run in it, and a reader that gets keys."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

from rich.cells import cell_len
from textual.pilot import Pilot

from rilo_reader import config
from rilo_reader.library import Library, open_library, user_paths
from rilo_reader.plugin_list import load_plugins
from rilo_reader.third_parties import failures, loaded_modules, rejected_modules
from rilo_reader.tui.environment import Environment, make_collector

__all__ = ["Home", "Reader", "make_home"]

PAUSE = 0.02  # s between two looks at the reader
PAUSES = 50  # that workers are waited for after a key
LONGEST_WAIT = 30.0  # s until what is waited for is given up
CELL_WIDTH = 12.2  # of a character in screenshots


@contextmanager
def make_home(folder: Path, plugins: Sequence[str] = (), settings: str = "") -> Iterator[Home]:
    """Give this process a home within a folder, whose settings.toml names plugins.

    The plugins are loaded once: all homes of a process name the same ones. Raises ImportError for
    one that cannot be used, and AssertionError at the end if one failed anywhere in between.
    """
    names = "config", "data", "state", "cache"
    variables = {f"XDG_{name.upper()}_HOME": str(folder / name) for name in names}
    with patch.dict(os.environ, {"HOME": str(folder), **variables}):
        home = Home(folder)
        home.library.mkdir(parents=True, exist_ok=True)
        file = user_paths().settings_file
        file.parent.mkdir(parents=True, exist_ok=True)
        own = f"plugins = {[*plugins]}\nfolders = ['{home.library}']\n"
        file.write_text(own + settings, "utf-8")
        load_plugins()
        for name in plugins:
            if name not in loaded_modules():
                raise ImportError(rejected_modules().get(name, f"an earlier home had no {name}"))
        failures().lines.clear()
        yield home
        if failed := [*failures().read_kept()]:
            raise AssertionError("\n".join(failed))


class Home:
    """A home with a library: a folder of articles, which is empty at first."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "library"

    def write(self, path: str, text: str) -> Path:
        """Write a file of the library, such as an article: Markdown, with front matter or not."""
        file = self.library / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def run(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of rilo-reader, with a text on its standard input, in another process."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", "rilo_reader", *words]
        return subprocess.run(
            command, env=environment, input=text, capture_output=True, text=True, check=False
        )

    @contextmanager
    def open_library(self) -> Iterator[Library]:
        """Open the library, with all that was written in its index."""
        with open_library(self.library, user_paths()) as library:
            for _ in library.follower.reconcile():
                pass
            yield library

    @asynccontextmanager
    async def open_reader(self, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Reader]:
        """Open the reader on the library, in a terminal of so many columns and lines."""
        # Not before there is a home, whose settings name the plugins of its commands.
        from rilo_reader.tui.app import ReaderApp

        paths = user_paths()
        values, problems = config.load(paths.settings_file)
        notices = tuple(problem.message for problem in problems)
        collector = partial(make_collector, self.library)
        around = Environment(paths, self.library, collector, notices=notices)
        with self.open_library() as library:
            app = ReaderApp(library, values, around)
            async with app.run_test(size=size) as pilot:
                reader = Reader(pilot)
                await reader.press()
                yield reader


class Reader:
    """An open reader."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys by Textual's names, such as "f9", "slash" or "ctrl+d", one after the other.

        Each has its effect before the next, also by workers that end within a second.
        """
        await self._rest()
        for key in keys:
            await self._pilot.press(key)
            await self._rest()

    async def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        await self._pilot.press(*text)
        await self._rest()

    async def wait_for(self, text: str) -> None:
        """Wait until a text is on the screen; raise AssertionError with the screen if it is not."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                while text not in self.text:
                    await self._pilot.pause(PAUSE)
        except TimeoutError:
            raise AssertionError(f"{text!r} is not on the screen:\n{self.text}") from None

    @property
    def text(self) -> str:
        """The lines that are on the screen, read from a screenshot of Textual's."""
        lines = dict[str, str]()
        drawing = ElementTree.fromstring(self._pilot.app.export_screenshot())  # noqa: S314  # ours
        for part in drawing.iter():
            if line := part.get("clip-path") if part.tag.endswith("}text") else None:
                before = lines.get(line, "")
                gap = round(float(part.get("x", 0)) / CELL_WIDTH) - cell_len(before)
                lines[line] = before + " " * gap + (part.text or "").replace("\xa0", " ")
        return "\n".join(line.rstrip() for line in lines.values())

    async def _rest(self) -> None:
        await self._pilot.pause()
        for _ in range(PAUSES):
            if all(worker.is_finished for worker in self._pilot.app.workers):
                break
            await self._pilot.pause(PAUSE)
