"""Make docs/tour.svg, the moving picture of the README: `make pictures`.

The real reader is driven over an archive that this script writes, drawn by Textual after every
step, and the rows of all frames become one SVG that moves by CSS: no font, script or address is in
it. Every run gives the same bytes. Run it again when the look changes; a test only checks that it
still runs.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from html import escape
from pathlib import Path
from typing import NamedTuple

from rilo_reader.config import Config
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from rilo_reader.query.tree import Query
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.environment import Environment, make_collector

PICTURE = Path(__file__).parent.parent / "docs" / "tour.svg"
ARTICLES = 30_000
SIZE = (108, 30)  # columns, rows
LAST_DAY = date(2025, 11, 28)  # of the archive: far enough back that no date is "today"

# -- an archive: sentences of our own, about no person and no event -------------------------------

SOURCES = ("Port Gazette", "Customs Courier", "River and Rail", "The Harbour Page", "Trade Winds")
PLACES = ("Haiphong", "Busan", "Colombo", "Auckland", "Port Klang", "Kobe", "Chennai", "Suva")
COVERS = ("frozen fish", "timber", "plastic waste", "coffee", "furniture", "bicycle parts")
GOODS = {  # with the year in which there is most about it
    "ivory": 2013, "cigarettes": 2009, "fake labels": 2021, "pangolin scales": 2018,
    "mercury": 2016, "old coins": 2005, "medicines": 2020, "rosewood": 2014,
}  # fmt: skip
FINDS = (
    "{Goods} in the post at {place}",
    "Scanner in {place} shows {goods} among {cover}",
    "{place}: {goods} found behind {cover}",
    "From {place} as {cover}: {goods}",
    "A quiet year for {goods} in {place}",
)
TEXTS = """\
Officers in {place} opened a container declared as {cover} and found {goods}. It had been sealed
twice, and the second seal had a number that no line had issued.

The consignment changed ships in {place}. Its papers said {cover}; the scanner said otherwise, and
**{goods}** came to light behind the third row of boxes.

A parcel of {cover} was heavier than its form. Such small consignments of {goods} are hard to see:
each is worth little, and all of them together are worth a ship.

What helps is old news. An office that can look ten years back finds the same names, the same routes
and the same words on the papers.

> Look at the weight first, then at the seal, and only then at the papers.

The numbers of {place} are published every spring. For {goods} they fell, for {cover} they did not,
and nobody expects that to change soon.
"""


def write_archive(folder: Path, count: int) -> None:
    """Write so many articles, of about fifty words each, over twenty-five years."""
    chance = random.Random(21)
    for number in range(count):
        day = LAST_DAY - timedelta(days=round((number / count) ** 1.3 * 9_300))
        goods = chance.choices(
            list(GOODS), [1 / (1 + (day.year - peak) ** 2) + 0.02 for peak in GOODS.values()]
        )[0]
        words = {"goods": goods, "place": chance.choice(PLACES), "cover": chance.choice(COVERS)}
        title = chance.choice(FINDS).format(Goods=goods.capitalize(), **words)
        texts = chance.sample(TEXTS.strip().split("\n\n"), 4)
        body = "\n\n".join(texts).format(**words)
        path = folder / f"{day:%Y}" / f"{number:05d}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'+++\ntitle = "{title}"\ndate = {day}\nsource = "{chance.choice(SOURCES)}"\n'
            f"tags = {[goods]}\n+++\n\n{body}\n",
            encoding="utf-8",
        )


# -- the reader, step by step ---------------------------------------------------------------------


class Step(NamedTuple):
    """Keys, for how many seconds their effect is shown, and what is said about them above it."""

    keys: str
    seconds: float
    said: str = ""


class Frame(NamedTuple):
    """What the reader showed after a step, as the SVG that Textual draws."""

    svg: str
    step: Step


STEPS = (
    Step("", 1.6, "30,000 articles"),
    Step("J", 0.9, "J  next article"),
    Step("J", 0.9, "J  next article"),
    Step("slash", 0.7, "/  search"),
    *(Step(letter, 0.22, "type") for letter in "ivor"),
    Step("y", 1.3, "type"),
    *(Step(letter, 0.18, "type") for letter in ("space", *"scanne")),
    Step("r", 1.4, "type"),
    Step("enter", 0.9, "enter"),
    Step("less_than_sign", 1.3, "<  an earlier year"),
    Step("less_than_sign", 1.3, "<  an earlier year"),
    Step("n", 0.9, "n  next hit"),
    Step("n", 0.9, "n  next hit"),
    Step("n", 1.2, "n  next hit"),
    Step("H", 0.9, "H  select"),
    *(Step("w", 0.22, "w  a word more"),) * 7,
    Step("enter", 1.6, "enter  highlight"),
    Step("u", 2.2, "u  undo"),
)


async def frames(home: Path, count: int, settle: float) -> list[Frame]:
    """The reader after each of the steps.

    It is given `settle` seconds after each, so that what it finds out late is there too.
    """
    paths = Paths(home / "config", home / "data", home / "state", home / "cache")
    write_archive(home / "library", count)
    drawn = []
    with open_library(home / "library", paths) as library:
        for _ in library.follower.reconcile():
            pass
        mark(library)
        around = Environment(paths, library.folder, partial(make_collector, library.folder))
        app = ReaderApp(library, Config(theme="ink"), around)
        async with app.run_test(size=SIZE) as pilot:
            for step in STEPS:
                await pilot.press(*step.keys.split())
                await pilot.pause(settle)
                await app.workers.wait_for_complete()
                await pilot.pause()
                drawn.append(Frame(app.export_screenshot(), step))
    return drawn


def mark(library: Library) -> None:
    """Read some articles and star one, as somebody would who has been here for a while."""
    known = [row.id for row in library.search.window(Query()).rows]
    library.state.set_read(known[3:9], True)
    library.state.set_starred(known[5:6], True)


# -- one picture of all frames --------------------------------------------------------------------

LINE = 24.4  # height of a row, as Rich draws it
_STYLE = re.compile(r"\.terminal-\d+-(r\d+) \{ (.*?) \}")
_RECT = re.compile(r'<rect fill="([^"]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]*/>')
TEXT = re.compile(
    r'<text class="terminal-\d+-(r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>'
    r"(.*?)</text>"
)


class Shown(NamedTuple):
    """A row that looks the same from one moment to another, in seconds."""

    row: int
    drawing: str
    start: float
    end: float


def rows_of(frame: Frame, styles: dict[str, str], size: tuple[int, int]) -> list[str]:
    """What is drawn in each row of a frame, and last what is said above it.

    `styles` get names for what is new.
    """
    svg = frame.svg
    named = {}
    for name, style in _STYLE.findall(svg):
        named[name] = styles.setdefault(style.strip(), f"s{len(styles)}")
    rows = [""] * size[1]
    for fill, x, y, width in _RECT.findall(svg.partition("-clip-terminal)")[2]):
        rows[round((float(y) - 1.5) / LINE)] += (
            f'<rect fill="{fill}" x="{x}" width="{width}" height="24.7"/>'
        )
    for name, x, y, length, text in TEXT.findall(svg):
        rows[round((float(y) - 20) / LINE)] += (
            f'<text class="{named[name]}" x="{x}" y="18.5" textLength="{length}">{text}</text>'
        )
    said, middle = escape(frame.step.said).replace(" ", "&#160;"), size[0] * 12.2 / 2
    return [*rows, f'<text class="said" x="{middle:.0f}" y="-13">{said}</text>']


def shown(drawn: list[Frame], styles: dict[str, str], size: tuple[int, int]) -> Iterator[Shown]:
    """Every look of every row, with its time."""
    now = 0.0
    since: list[tuple[str, float]] = [("", 0.0)] * (size[1] + 1)
    for frame in drawn:
        for row, drawing in enumerate(rows_of(frame, styles, size)):
            was, start = since[row]
            if drawing != was:
                if was:
                    yield Shown(row, was, start, now)
                since[row] = (drawing, now)
        now += frame.step.seconds
    for row, (drawing, start) in enumerate(since):
        if drawing:
            yield Shown(row, drawing, start, now)


TITLE = (
    "An archive is searched while one types: list and timeline narrow, n goes to the next hit, "
    "a passage is highlighted, and u takes that back"
)


def moving(
    drawn: list[Frame], title: str = TITLE, size: tuple[int, int] = SIZE, above: str = ""
) -> str:
    """One SVG that shows the frames one after another; the last one where nothing may move.

    `above` is drawn over all of them.
    """
    styles: dict[str, str] = {}
    looks = list(shown(drawn, styles, size))
    whole = sum(frame.step.seconds for frame in drawn)
    width, height = size[0] * 12.2, size[1] * LINE
    [ground] = set(re.findall(r'<rect fill="(#\w+)" stroke="rgba', drawn[0].svg))
    times = sorted({(look.start, look.end) for look in looks} - {(0.0, whole)})
    lines = [f".{name}{{{style}}}" for style, name in styles.items()]
    for number, (start, end) in enumerate(times):
        begin, stop = 100 * start / whole, 100 * end / whole
        steps = [f"{begin:.3f}%{{visibility:visible}}"]
        if start:
            steps.insert(0, "0%{visibility:hidden}")
        if end < whole:
            steps.append(f"{stop:.3f}%{{visibility:hidden}}")
        lines += [
            f"@keyframes k{number}{{{''.join(steps)}}}",
            f".t{number}{{animation-name:k{number}}}",
        ]
    names = {time: f"t{number}" for number, time in enumerate(times)}
    drawings = [
        f'<g class="{names.get((look.start, look.end), "")} {"z" if look.end == whole else "m"}" '
        f'transform="translate(0 {look.row % size[1] * LINE:.1f})">{look.drawing}</g>'
        for look in looks
    ]
    rules, groups = "\n".join(lines), "\n".join(drawings)
    return f"""\
<svg viewBox="0 0 {width + 18:.0f} {height + 50:.0f}" xmlns="http://www.w3.org/2000/svg">
<title>{title}</title>
<style>
text{{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:20px}}
g{{animation:{whole:.2f}s step-end infinite}}
.said{{fill:#e4e2dd;text-anchor:middle}}
.m{{visibility:hidden}}
@media (prefers-reduced-motion:reduce){{g{{animation:none!important}}}}
{rules}
</style>
<rect fill="{ground}" x="1" y="1" width="{width + 16:.0f}" height="{height + 48:.0f}" rx="8"/>
<circle cx="27" cy="22" r="7" fill="#ff5f57"/>
<circle cx="49" cy="22" r="7" fill="#febc2e"/>
<circle cx="71" cy="22" r="7" fill="#28c840"/>
<g transform="translate(9 41)" shape-rendering="crispEdges">
{groups}
{above}</g>
</svg>
"""


def draw(picture: Path, count: int = ARTICLES, settle: float = 0.6) -> None:
    """Drive the reader over a new archive of so many articles, and write what it shows."""
    with tempfile.TemporaryDirectory() as name:
        drawn = asyncio.run(frames(Path(name), count, settle))
    picture.write_text(moving(drawn), encoding="utf-8")


def as_of_today() -> None:
    """Draw as on a terminal of today, whatever this one is, in the zone of the articles' dates."""
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"}
    os.environ.pop("NO_COLOR", None)


if __name__ == "__main__":
    as_of_today()
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
