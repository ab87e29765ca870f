"""Make docs/assets/article.svg, an article on the screen: `make pictures`.

The real reader opens an article that this script writes: code, a table and a picture, which it
draws itself. The picture stands where the reader left room for it, as kitty and Ghostty show it.
As for docs/tour.svg, no font, script or address is in it, and every run gives the same bytes.
"""

from __future__ import annotations

import asyncio
import base64
import io
import sys
import tempfile
from functools import partial
from math import sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from rilo_reader.config import Config
from rilo_reader.library import open_library
from rilo_reader.paths import Paths
from rilo_reader.render.page import PagePicture
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.environment import Environment, make_collector
from rilo_reader.tui.reader.screen import ReaderScreen
from tools.make_tour import LINE, TEXT, Frame, Step, as_of_today, mark, moving, write_archive

PICTURE = Path(__file__).parent.parent / "docs" / "assets" / "article.svg"
SIZE = (108, 43)  # columns, rows
CELL = 12.2  # width of a column
BLOCK = "▀"  # what the reader draws a picture with here
SHOT = (960, 340)  # pixels

ARTICLE = """\
+++
title = "How many containers can one office look at?"
date = 2025-11-29
source = "The Harbour Page"
authors = ["The night shift"]
tags = ["containers", "figures"]
+++

This port lands a container every **ten seconds**. Nobody opens them all, so the question is
which, and old news is the cheapest scanner there is.

![The terminal at dusk: two ships, and a crane for each](harbour.png)

| Quay        | Containers a day | Scanned | Opened |
|-------------|-----------------:|--------:|-------:|
| North       |            6,600 |     130 |     52 |
| South       |            1,900 |      61 |     31 |
| Old harbour |              230 |      21 |     18 |

The rule that chooses them fits on a page. This is the whole of it:

```python
def worth_a_look(container, archive):
    names = archive.search(f'"{container.sender}" after:10y')
    return container.weight > container.declared or names
```

> Look at the weight first, then at the seal, and only then at the papers.
"""


def harbour() -> Image.Image:
    """A harbour at dusk, drawn here, so that anybody may print it."""
    width, height = SHOT
    horizon = height * 2 // 3
    scene = Image.new("RGB", SHOT)
    draw = ImageDraw.Draw(scene)
    for y in range(height):
        up = abs(horizon - y) / horizon
        draw.line(
            (0, y, width, y),
            fill=tuple(
                round(a + (b - a) * min(1, up * 1.15))
                for a, b in zip((250, 164, 96), (40, 44, 92), strict=True)
            ),
        )
    draw.ellipse((560, horizon - 62, 684, horizon + 62), fill=(255, 226, 160))
    for y in range(horizon, height):  # the sea
        deep = (y - horizon) / (height - horizon)
        draw.line((0, y, width, y), fill=(round(150 - 120 * deep), round(96 - 60 * deep), 96))
        for wave in range(0, width, 24):
            shift = wave + 20 * sin(y * 1.7 + wave)
            near = abs(shift - 622) < 40 + 60 * deep
            draw.line((shift, y, shift + 13, y), fill=(244, 178, 118) if near else (118, 78, 92))
    scene = scene.filter(ImageFilter.GaussianBlur(1.6))
    draw = ImageDraw.Draw(scene)
    dark, rust = (24, 22, 38), ((122, 52, 48), (58, 84, 96), (142, 104, 52), (66, 62, 88))
    for left, length in ((60, 380), (700, 210)):  # the ships, with boxes on them
        hull = horizon + 16
        draw.polygon(
            (
                (left, hull - 26),
                (left + length, hull - 26),
                (left + length - 26, hull + 14),
                (left + 22, hull + 14),
            ),
            fill=dark,
        )
        draw.rectangle((left + 18, hull - 92, left + 56, hull - 26), fill=dark)
        for column, x in enumerate(range(left + 66, left + length - 34, 34)):
            for row in range(1 + (column * 7 + length) % 3):
                y = hull - 44 - row * 18
                draw.rectangle((x, y, x + 30, y + 15), fill=rust[(column + row) % 4])
    for x in (300, 816):  # the cranes
        draw.line((x, horizon, x, 70), fill=dark, width=7)
        draw.line((x + 44, horizon, x + 44, 70), fill=dark, width=7)
        draw.line((x - 150, 78, x + 86, 78), fill=dark, width=6)
        draw.line((x + 22, 26, x - 146, 78), fill=dark, width=3)
        draw.line((x + 22, 26, x + 82, 78), fill=dark, width=3)
        draw.line((x + 22, 26, x + 22, 78), fill=dark, width=5)
        draw.line((x - 90, 78, x - 90, 150), fill=dark, width=2)
        draw.rectangle((x - 107, 150, x - 73, 165), fill=rust[0])
    draw.rectangle((0, horizon - 4, width, horizon), fill=dark)
    return scene.filter(ImageFilter.GaussianBlur(0.7))


async def shown(home: Path, settle: float) -> tuple[str, PagePicture]:
    """What the reader shows of the article, as an SVG, and its picture."""
    paths = Paths(home / "config", home / "data", home / "state", home / "cache")
    folder = home / "library"
    write_archive(folder, 40)
    (folder / "article.md").write_text(ARTICLE, encoding="utf-8")
    harbour().save(folder / "harbour.png")
    with open_library(folder, paths) as library:
        for _ in library.follower.reconcile():
            pass
        mark(library)
        around = Environment(paths, library.folder, partial(make_collector, library.folder))
        app = ReaderApp(library, Config(theme="ink"), around)
        async with app.run_test(size=SIZE) as pilot:
            screen = app.screen
            assert isinstance(screen, ReaderScreen)
            while BLOCK not in app.export_screenshot():  # a worker draws it
                await pilot.pause(settle)
            [picture] = screen.widgets.view.page.pictures
            return app.export_screenshot(), picture


def draw(target: Path, settle: float = 0.5) -> None:
    """Open the article in the reader, and write what it shows."""
    with tempfile.TemporaryDirectory() as name:
        svg, picture = asyncio.run(shown(Path(name), settle))
    blocks = [found for found in TEXT.finditer(svg) if BLOCK in found[5]]
    left, top = (min(float(found[at]) for found in blocks) for at in (2, 3))
    jpeg = io.BytesIO()
    harbour().save(jpeg, "JPEG", quality=82)
    data = base64.b64encode(jpeg.getvalue()).decode()
    image = (
        f'<image x="{left:.1f}" y="{top - 20 + 1.5:.1f}" width="{picture.columns * CELL:.1f}" '
        f'height="{picture.rows * LINE:.1f}" preserveAspectRatio="none" '
        f'href="data:image/jpeg;base64,{data}"/>'
    )
    bare = TEXT.sub(lambda found: "" if BLOCK in found[5] else found[0], svg)
    title = "An article with a picture, a table and code, beside the list of articles"
    target.write_text(moving([Frame(bare, Step("", 1))], title, SIZE, image), encoding="utf-8")


if __name__ == "__main__":
    as_of_today()
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
