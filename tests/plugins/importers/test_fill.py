"""Links without a text get the text of their page: slowly, whole, and on from where it stopped."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.annotations.anchors import find_anchor
from rilo_reader.annotations.highlight import from_fields
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.discover import Discoverer
from rilo_reader.feeds.sources import FeedSources
from rilo_reader.feeds.undo import GestureUndoer, StepRecorder
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import FetchLimits
from rilo_reader.library import Row, open_library
from rilo_reader.paths import marks_file
from rilo_reader.plugins.importers.fill import (
    FilledPage,
    PageFiller,
    describe_failures,
    find_links,
)
from rilo_reader.plugins.importers.importer import FileImporter
from rilo_reader.query.tree import Query
from rilo_reader.render.document import visible_text
from rilo_reader.store.state import open_state
from rilo_reader.workers import WorkerPool
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.far_network import FarNetwork, Names
from tests.support.reader import paths_in
from tests.support.servers import Server, serving
from tests.support.watched_library import unmarked_row

WORDS = (
    "Whoever keeps bees keeps a diary, since the hive forgets nothing." + " In June it grows." * 40
)
PAGE = f"<title>Bees</title><body><article><p>{WORDS}</p></article></body>"
HTML = {"Content-Type": "text/html"}
POCKET = "title,url,time_added,tags,status\n"
QUOTE = "the hive forgets nothing"


class Home:
    """A library with imported links, and a net in which every host is a test server."""

    def __init__(self, folder: Path, server: Server, pool: WorkerPool) -> None:
        self.folder, self.paths = folder / "library", paths_in(folder / "user")
        self.server, self.pool = server, pool

    def bring(self, *files: tuple[str, str]) -> None:
        for name, text in files:
            path = self.folder.parent / name
            path.write_text(text)
            with (
                open_collection(self.folder, self.paths) as collection,
                open_library(self.folder, self.paths) as library,
                FileImporter(library, collection, self.paths.feeds_file) as importer,
            ):
                importer.import_path(path)
                report = importer.finish_import()
                [*library.follower.reconcile()]
                library.index.reload()
                importer.highlights.add_highlights(report)

    def links(self) -> list[Row]:
        with open_library(self.folder, self.paths) as library:
            [*library.follower.reconcile()]
            library.index.reload()
            return find_links(library, self.paths, (), Query())

    def fill(self, stop_after: int = 1_000, names: Names | None = None) -> list[FilledPage]:
        """Fill all, until so many are done; it is a step of undo in any case."""
        ends: list[FilledPage] = []
        recorder, rows = StepRecorder(self.paths), self.links()

        def listen(end: FilledPage) -> None:
            ends.append(end)
            if len(ends) == stop_after:
                raise KeyboardInterrupt

        async def fill() -> None:
            far: dict[str, Any] = {"resolve": names or Names(), "socket_factory": FarNetwork()}
            async with HttpClient(FetchLimits(), proxies={}, **far) as client:
                with Discoverer(client, pool=self.pool) as discoverer:
                    place = self.folder, self.paths
                    filler = PageFiller(discoverer, place, (), recorder, pause=0)
                    await filler.fill_all(rows, listen)

        try:
            with suppress(KeyboardInterrupt):
                asyncio.run(fill())
        finally:
            with closing(open_state(marks_file(self.folder, self.paths))) as state:
                recorder.save(state, "Filled")
        return ends

    def undo(self) -> None:
        with closing(open_state(marks_file(self.folder, self.paths))) as state:
            undoer = GestureUndoer(state, self.folder, self.paths, FeedSources)
            gesture = state.steps.find_last()
            assert gesture is not None
            undoer.undo(gesture)

    def texts(self) -> dict[str, str]:
        with open_library(self.folder, self.paths) as library:
            [*library.follower.reconcile()]
            library.index.reload()
            rows = library.search.each(Query())
            return {urlsplit(r.url).path: (self.folder / r.path).read_text("utf-8") for r in rows}

    def link(self, path: str, host: str = "a.example") -> str:
        return f"http://{host}:{self.server.port}{path}"


@pytest.fixture
def home(tmp_path: Path, pool: WorkerPool) -> Iterator[Home]:
    with serving() as server:
        yield Home(tmp_path, server, pool)


def bring_links(home: Home, count: int, hosts: int = 3) -> None:
    rows = ""
    for number in range(count):
        home.server.page(f"/{number}", PAGE.encode(), headers=HTML)
        link = home.link(f"/{number}", f"h{number % hosts}.example")
        rows += f"{link},{link},1541343937,,unread\n"
    home.bring(("pocket.csv", POCKET + rows))


@pytest.mark.slow
def test_highlights_find_their_place_and_own_words_stay(home: Home) -> None:
    home.server.page("/one", PAGE.encode(), headers=HTML)
    bookmark = {
        "createdAt": 1541343937,
        "title": "Mine",
        "tags": [],
        "content": {"type": "link", "url": home.link("/one")},
        "note": "Weigh it.",
    }
    annotations = {"url": home.link("/one"), "title": "", "highlights": [{"quote": QUOTE}]}
    home.bring(
        ("k.json", json.dumps({"bookmarks": [bookmark]})), ("a.json", json.dumps([annotations]))
    )
    [row] = home.links()
    [end] = home.fill()
    assert not end.reason
    [text] = home.texts().values()
    assert WORDS.strip() in text
    assert text.count(QUOTE) == WORDS.count(QUOTE)
    assert text.endswith("* * *\n\nWeigh it.\n")
    assert 'title = "Mine"' in text
    with open_library(home.folder, home.paths) as library:
        [*library.follower.reconcile()]
        shown = visible_text(library.article(row.id))
        [mark] = from_fields(library.state.annotations.read(row.id))
        place = find_anchor(mark.anchor, shown)
        assert place is not None
        assert shown[place.start : place.end] == QUOTE
    assert home.links() == []


@given(stops=st.lists(st.integers(1, 4), max_size=4))
@examples(6)
def test_a_run_that_was_stopped_goes_on_and_asks_for_no_page_twice(
    tmp_path_factory: pytest.TempPathFactory, pool: WorkerPool, stops: list[int]
) -> None:
    """Whatever it was stopped after, at the end each page was asked for once, and undo is whole."""
    with serving() as server:
        home = Home(tmp_path_factory.mktemp("home"), server, pool)
        bring_links(home, 8)
        before = home.texts()
        done = [end for stop in stops for end in home.fill(stop)] + home.fill()
        assert all(not end.reason for end in done)
        assert all(WORDS.strip() in text for text in home.texts().values())
        asked = Counter(server.paths())
        assert asked.keys() == before.keys()
        # What was on its way when it was stopped is asked for again.
        assert sum(asked.values()) <= 8 + 8 * len(stops)
        while home.texts() != before:
            home.undo()


def test_a_gone_page_is_left_out_and_a_busy_host_for_later(home: Home) -> None:
    bring_links(home, 6, hosts=2)
    home.server.page("/0", status=404)
    home.server.page("/1", status=503)
    ends = {urlsplit(end.row.url).path: end for end in home.fill()}
    of_busy = [path for path in ends if path in ("/1", "/3", "/5")]
    assert of_busy[-1] == "/1"
    assert [path for path, end in ends.items() if end.reason and end.is_final] == ["/0"]
    assert [path for path, end in ends.items() if not end.is_final] == ["/1"]


def test_a_dead_host_is_asked_three_times_and_does_not_hold_up_others(home: Home) -> None:
    bring_links(home, 40, hosts=2)
    names = Names({"h1.example": [[]]})
    ends = home.fill(names=names)
    assert sum(not end.reason for end in ends) == 20, "all of the host that is there"
    assert [end.is_final for end in ends if end.reason] == [False] * 3
    assert names.asked.count("h1.example") == 3


def test_links_that_lead_to_dead_hosts_do_not_hold_up_the_others_of_theirs(home: Home) -> None:
    """As those of a service that shortens addresses: most of its links are alive."""
    bring_links(home, 12, hosts=1)
    for number in (0, 1, 5, 6):
        home.server.page(f"/{number}", status=301, headers={"Location": "http://gone.example/"})
    for _ in range(30):  # those that fail come in another order each time
        home.fill(names=Names({"gone.example": [[]]}))
        if len(home.links()) == 4:
            break
    assert sorted(urlsplit(row.url).path for row in home.links()) == ["/0", "/1", "/5", "/6"]


def test_an_edited_link_is_not_asked_for(home: Home) -> None:
    bring_links(home, 2)
    [row, _] = home.links()
    file = home.folder / row.path
    file.write_text(f"{file.read_text('utf-8')}\nMine.\n", "utf-8")
    assert row not in home.links()


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_undo_keeps_what_was_edited_since(home: Home, kept: bool) -> None:
    bring_links(home, 2)
    before, [row, _] = home.texts(), home.links()
    home.fill()
    if kept:
        (home.folder / row.path).write_text(f"+++\nurl = '{row.url}'\n+++\n\nMine.\n", "utf-8")
        home.texts()
    edited, path = (home.folder / row.path).read_text("utf-8"), urlsplit(row.url).path
    home.undo()
    assert home.texts() == before | ({path: edited} if kept else {})


def test_the_verb_asks_for_no_page_of_a_private_network_and_not_twice(user: User) -> None:
    link = "http://127.0.0.1/one"
    (user.home / "p.csv").write_text(f"{POCKET}{link},{link},1541343937,,unread\n")
    user.ask("import", str(user.home / "p.csv"))
    user.ask("fill", "--dry-run").says("1 link without text, of 1 host.")
    user.ask("fill").says("private network", "0 articles filled, 1 failed.")
    user.ask("fill").says("0 links without text", "1 more could not be fetched before")
    [page, end] = user.ask("fill", "--again", "--json").objects
    assert (page["filled"], end) == (
        False,
        {"finished": True, "filled": 0, "failed": 1, "later": 0},
    )


@pytest.mark.slow
def test_what_is_left_for_later_is_not_counted_as_failed(user: User) -> None:
    rows = [f"{name},http://no.invalid/{name},1541343937,,unread" for name in ("bees", "wool")]
    (user.home / "p.csv").write_text("\n".join([POCKET.strip(), *rows, ""]))
    user.ask("import", str(user.home / "p.csv"))
    user.ask("fill").says("0 articles filled, 0 failed. 2 are left for later: rilo-reader fill")
    [*pages, end] = user.ask("fill", "--json").objects
    assert [(page["filled"], bool(page["reason"])) for page in pages] == [(False, True)] * 2
    assert end == {"finished": True, "filled": 0, "failed": 0, "later": 2}


def test_only_links_of_a_query(user: User) -> None:
    rows = [f"{name},http://127.0.0.1/{name},1541343937,,unread" for name in ("bees", "wool")]
    (user.home / "p.csv").write_text("\n".join([POCKET.strip(), *rows, ""]))
    user.ask("import", str(user.home / "p.csv"))
    user.ask("fill", "title:bees", "--dry-run").says("1 link without text")
    user.ask("fill", "title:nothing").says("0 links without text")


BOOKMARK = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><A HREF="{link}" ADD_DATE="1500000000">{title}</A>
<DD>For the shelf.
</DL>
"""


@pytest.mark.slow
@pytest.mark.parametrize("place", ["/page", "/moved"])
@pytest.mark.parametrize(
    ("name", "export", "own"),
    [
        ("p.csv", POCKET + "{title},{link},1500000000,,unread\n", ""),
        ("b.html", BOOKMARK, "For the shelf."),
    ],
)
def test_add_page_replaces_only_the_text_of_a_link_and_undo_leaves_it_to_fill(
    user: User, name: str, export: str, own: str, place: str
) -> None:
    with serving() as server:
        server.page("/page", PAGE.encode(), headers=HTML)
        server.page("/moved", status=302, headers={"Location": "/page"})
        link = server.url(place)
        (user.home / name).write_text(export.format(title="My title", link=link))
        user.ask("import", str(user.home / name))
        [file] = user.library.rglob("*.md")
        before = file.read_text("utf-8")
        user.ask("fill", "--dry-run").says("1 link without text")

        user.ask("add", "--page", link).says("has the text of the page now")
        after, path = file.read_text("utf-8"), file.relative_to(user.library).as_posix()
        assert after.partition("\n+++\n")[0] == before.partition("\n+++\n")[0]
        assert WORDS in after and own in after
        assert [file] == list(user.library.rglob("*.md"))

        user.ask("undo")
        assert file.read_text("utf-8") == before
        user.ask("fill", "--dry-run").says("1 link without text")
        user.ask("add", "--page", link, "--title", "New", "--json").says(f'"path": "{path}"')
        assert 'title = "New"' in file.read_text("utf-8")


@pytest.mark.slow
def test_add_page_gives_a_link_whose_title_is_its_address_that_of_the_page(user: User) -> None:
    with serving() as server:
        link = server.page("/page", PAGE.encode(), headers=HTML)
        (user.home / "p.csv").write_text(f"{POCKET},{link},1500000000,,unread\n")
        user.ask("import", str(user.home / "p.csv"))
        user.ask("add", "--page", link)
        [file] = user.library.rglob("*.md")
        assert 'title = "Bees"' in file.read_text("utf-8")


def test_failures_are_told_by_reason() -> None:
    links = [unmarked_row(number)._replace(title=f"Link {number}") for number in range(60)]
    many = [FilledPage(link, "It is gone.") for link in links[:30]]
    one = FilledPage(links[30], "It is slow.")
    assert describe_failures([one, *many]) == [
        "Link 0 and 29 more: It is gone.",
        "Link 30: It is slow.",
    ]
    each = [FilledPage(link, f"Reason {number}") for number, link in enumerate(links)]
    assert describe_failures(each)[20:] == ["… and 40 more pages; fill --again --json names each."]


@pytest.mark.slow
def test_a_title_that_is_only_the_address_becomes_that_of_the_page(home: Home) -> None:
    bring_links(home, 2)
    home.bring(("more.csv", f"{POCKET}Mine,{home.link('/1', 'h9.example')},1541343937,,unread\n"))
    home.fill()
    texts = [file.read_text() for file in home.folder.rglob("*.md")]
    titles = {line for text in texts for line in text.splitlines() if line.startswith("title")}
    assert titles == {'title = "Bees"', 'title = "Mine"'}
