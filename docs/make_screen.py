"""Make docs/screen.svg, the picture in the README: `python docs/make_screen.py`.

It is the real reader on the articles that ship, drawn by Textual itself. Run it again when the
look changes; a test only checks that it still runs.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

from rilo_reader.config import Config
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths, shipped_articles
from rilo_reader.query.tree import Query
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.environment import Environment

SIZE = (112, 32)
STEPS = "JJJJJJJ"
PICTURE = Path(__file__).with_name("screen.svg")


async def draw(picture: Path) -> None:
    """Open the reader on the shipped articles, find something, and keep what it shows."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        paths = Paths(home / "config", home / "data", home / "state", home / "cache")
        with open_library(shipped_articles(), paths) as library:
            for _ in library.follower.reconcile():
                pass
            mark(library)
            app = ReaderApp(library, Config(), Environment(paths))
            async with app.run_test(size=SIZE) as pilot:
                await pilot.press("slash", *"rilo", "enter", *STEPS)
                await app.workers.wait_for_complete()
                await pilot.pause()
                svg = app.export_screenshot(title="rilo-reader")
    picture.write_text(without_fonts_from_outside(svg), encoding="utf-8")


def mark(library: Library) -> None:
    """Read some articles and star one, as somebody would who has been here for a while."""
    known = [row.id for row in library.search.window(Query()).rows]
    library.state.set_read(known[2:9], True)
    library.state.set_starred(known[8:9], True)


def without_fonts_from_outside(svg: str) -> str:
    """The picture without addresses of web fonts: it shows in the viewer's own monospace font."""
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    # As on a terminal of today, whatever this one is; and in the zone of the articles' dates.
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"}
    os.environ.pop("NO_COLOR", None)
    asyncio.run(draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE))
