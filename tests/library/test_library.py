"""The door: what a person finds, reads and marks in a folder that other programs change."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from queue import Queue

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import Library, LibraryError, Progress, open_library
from rilo_reader.library.article_reader import DUPLICATE
from rilo_reader.library.other_files import MANY_KINDS, make_notice
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.library.snippets import markdown_to_line
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.store.state import open_state
from tests.support.for_each import for_each

EVERYTHING = Query()
CANNOT = "rilo-reader cannot read"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    return folder


@pytest.fixture
def library(folder: Path, paths: Paths) -> Iterator[Library]:
    with open_library(folder, paths) as library:
        yield library


def save(
    file: Path, title: str, body: str = "Text.", *, date: str = "2019-03-07", more: str = ""
) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'+++\ntitle = "{title}"\ndate = {date}\n{more}\n+++\n\n{body}\n')


def reconcile(library: Library, *, rebuild: bool = False) -> Progress:
    return list(library.follower.reconcile(rebuild=rebuild))[-1]


def counts(report: Progress) -> tuple[int, int, int, bool]:
    assert report.finished
    return report.added, report.changed, report.removed, report.committed


def titles(library: Library, query: str = "") -> list[str]:
    return [row.title for row in library.search.window(parse(query), 0, 1000).rows]


def test_the_index_follows_its_folder(library: Library, folder: Path) -> None:
    days = {"a": 1, "b": 2, "sub/c": 3, "gone/d": 4, "gone/e": 5}
    for name, day in days.items():
        save(folder / f"{name}.md", name.upper(), date=f"2018-01-0{day}")
        os.utime(folder / f"{name}.md", (1, 1))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    report = reconcile(library)
    assert (report.added, report.finished, report.committed) == (5, True, True)
    assert titles(library) == ["GONE/E", "GONE/D", "SUB/C", "B", "A"]
    assert library.search.window(EVERYTHING, 2, 1).rows[0].path == "sub/c.md"
    assert counts(reconcile(library)) == (0, 0, 0, False)  # unchanged, it costs no write
    save(folder / "a.md", "A again")
    (folder / "b.md").unlink()
    shutil.rmtree(folder / "gone")
    save(folder / "f.md", "F")
    assert counts(reconcile(library))[:2] == (1, 1)
    assert sorted(titles(library)) == ["A again", "F", "SUB/C"]
    assert reconcile(library, rebuild=True).added == 3
    assert list(library.follower.reconcile(check=False))  # nobody watches, so it is compared


def test_folders_of_one_name_have_an_index_and_marks_each(tmp_path: Path, paths: Paths) -> None:
    for name in ("one", "two"):
        save(tmp_path / name / "notes" / "a.md", f"Of {name}", more='id = "same"')
    with (
        open_library(tmp_path / "one" / "notes", paths) as one,
        open_library(tmp_path / "two" / "notes", paths) as two,
    ):
        for library in (one, two):
            reconcile(library)
        one.state.set_starred([ArticleId("same")], True)
        assert one.search.count(parse("is:starred one")) == 1
        assert two.search.count(parse("is:starred")) == 0
        assert two.search.count(parse("two")) == 1


def test_files_that_are_named_are_followed_and_counted(library: Library, folder: Path) -> None:
    for name in ("same", "other", "gone"):
        save(folder / f"{name}.md", name)
        os.utime(folder / f"{name}.md", (1, 1))
    reconcile(library)
    save(folder / "new" / "one.md", "One")
    save(folder / "other.md", "Another", body="Longer text.")
    (folder / "gone.md").unlink()
    report = library.follower.update(["same.md", "other.md", "gone.md", "new/one.md", "never.md"])
    assert counts(report) == (1, 1, 1, True)
    assert sorted(titles(library)) == ["Another", "One", "same"]
    report = library.follower.update(["same.md", "gone.md", "never.md"])
    assert counts(report) == (0, 0, 0, False)


def test_a_row_knows_what_the_file_says_of_it(library: Library, folder: Path) -> None:
    more = 'url = "https://example.org/a"\nauthors = ["A. Writer", "B, C"]\ntags = ["x", "é y"]'
    save(folder / "a.md", "A", more=more)
    save(folder / "b.md", "B", date="2020-01-01")
    reconcile(library)
    one, other = library.search.window(parse("sort:oldest"), 0, 10).rows
    assert one.url == "https://example.org/a"
    assert one.authors == ("A. Writer", "B, C")
    assert one.tags == ("x", "é y")
    assert (other.url, other.authors, other.tags) == ("", (), ())


def test_the_name_of_a_file_finds_it_always(library: Library, folder: Path) -> None:
    save(folder / "Sync-notes.md", "Settings", "Words of the body.")
    save(folder / "2019-03-07-ivory_report.md", "Ivory report")
    save(folder / "bundle-of-posts" / "index.md", "Other words")
    save(folder / "rilo" / "2019" / "2019-03-07-post-channel-0123456789ab.md", "Renamed")
    reconcile(library)
    for query in ("sync", '"Sync notes"', "title:sync", 'title:"sync notes"', "text:notes"):
        assert titles(library, query) == ["Settings"], query
    assert titles(library, "title:sync words settings") == ["Settings"]
    # No phrase reaches from the title into the name, nor from the name into anything else.
    assert titles(library, '"settings sync"') == titles(library, '"notes words"') == []
    assert titles(library, '"bundle of posts"') == ["Other words"]
    assert titles(library, "ivory") == ["Ivory report"]
    for query in ("index", "md", "2019", "title:03", "0123456789ab", '"post channel"'):
        assert titles(library, query) == [], query


def test_files_that_are_no_articles_are_counted(library: Library, folder: Path) -> None:
    save(folder / "a.md", "A")
    for number in range(40):
        (folder / f"{number}.k{number}").touch()
    for name in ("b.rst", "c/d.rst", "e.html", "f.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    reports = list(library.follower.reconcile())
    assert all(report.left_out is None for report in reports[:-1])
    last = reports[-1]
    assert last.files == 1
    assert last.left_out is not None
    assert (last.left_out["rst"], sum(last.left_out.values())) == (2, 44)
    assert len(last.left_out) <= MANY_KINDS + 1
    assert library.follower.inspect().other_kinds == reconcile(library).left_out == last.left_out
    assert library.follower.update(["a.md"]).left_out is None


def test_what_is_left_out_for_its_name_is_counted(library: Library, folder: Path) -> None:
    for name in ("x..md", "_includes/part.md", "a/_includes/b.md", ".git/c", ".d.md", "_site/e.md"):
        save(folder / name, "Text")
    left_out = {"_includes folder": 2, "_site folder": 1, "hidden folder": 1, "hidden file": 1}
    assert reconcile(library).left_out == left_out
    assert titles(library, "text") == ["Text"]


SMDX = (
    "124 .smdx begin with front matter, as articles do, and are not read. "
    'If they are Markdown, add ".smdx" = "any" to [dialects] in settings.toml'
)


@for_each(
    "files, left_out, told",
    [
        (0, {}, ""),
        (90, {"rst": 10, "png": 500, "html template": 50, "other": 9}, ""),
        (89, {"rst": 10}, "rilo-reader cannot read 10 of 99 text files in this folder: 10 .rst"),
        (9000, {"smdx?": 9, "css": 500}, ""),
        (9000, {"rst": 1, "smdx?": 124}, SMDX),
        (
            9,
            {"html": 1000, "txt": 2, "org": 1, "adoc": 3, "css": 7},
            (
                f"{CANNOT} 1,006 of 1,015 text files in this folder: "
                "1,000 .html, 3 .adoc, 2 .txt, 1 more"
            ),
        ),
    ],
)
def test_many_texts_that_are_left_out_are_told(
    files: int, left_out: dict[str, int], told: str
) -> None:
    assert make_notice(files, left_out) == told


def test_a_file_changed_within_one_tick_of_the_clock_is_seen(
    library: Library, folder: Path
) -> None:
    moment = time.time_ns() + 60_000_000_000  # however long the machine takes, it is no older
    for title in ("One", "Two"):
        save(folder / "a.md", title)
        os.utime(folder / "a.md", ns=(moment, moment))
        reconcile(library)
        assert titles(library) == [title]


def test_two_files_of_one_identity_are_two_articles_and_told(
    library: Library, folder: Path
) -> None:
    for name in ("first", "second"):
        save(folder / f"{name}.md", name, more='id = "same"')
        reconcile(library)
    assert sorted(titles(library)) == ["first", "second"]
    assert library.find("same") == "same"
    assert library.article(ArticleId("same")).title == "first"
    assert library.article(ArticleId("second.md")).title == "second"
    (faulty,) = library.follower.faulty()
    assert faulty.path == "second.md"
    assert faulty.faults[0].reason.startswith(f"{DUPLICATE}first.md")
    # The identity goes to the file that waited, once it becomes free.
    (folder / "first.md").unlink()
    reconcile(library)
    (row,) = library.search.window(EVERYTHING).rows
    assert (row.id, row.path) == ("same", "second.md")
    assert list(library.follower.faulty()) == []


@pytest.mark.slow
def test_duplicates_far_apart_in_a_big_build_are_found(library: Library, folder: Path) -> None:
    for number in range(1500):
        save(folder / f"{number:05}.md", f"N{number}", more=f'id = "{number % 1400}"')
    reconcile(library)
    assert library.search.count(EVERYTHING) == 1500
    assert len(list(library.follower.faulty())) == 100
    assert len({row.id for row in library.search.window(EVERYTHING, 0, 2000).rows}) == 1500


def test_drafts_are_left_out_and_a_setting_brings_them_back(folder: Path, paths: Paths) -> None:
    save(folder / "a.md", "Ready")
    save(folder / "b.md", "Not yet", more="draft = true")
    with open_library(folder, paths) as library:
        reconcile(library)
        assert titles(library) == ["Ready"]
        ((path, reason),) = library.follower.skipped()
        assert path == "b.md"
        assert "draft" in reason
        save(folder / "a.md", "Not any more", more="draft = true")
        reconcile(library)
        assert titles(library) == []
    with open_library(folder, paths, drafts=True) as library:
        reconcile(library)
        assert sorted(titles(library)) == ["Not any more", "Not yet"]


def test_a_folder_that_vanishes_takes_nothing_from_the_index(
    library: Library, folder: Path, paths: Paths
) -> None:
    save(folder / "a.md", "A")
    reconcile(library)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(LibraryError, match="no longer exists"):
        reconcile(library)
    assert titles(library) == ["A"]
    with pytest.raises(LibraryError, match=r"a\.md"):
        library.article(ArticleId("a.md"))
    with pytest.raises(LibraryError, match="cannot be opened"):
        open_library(folder, paths)


@pytest.mark.slow
def test_a_build_that_was_stopped_goes_on_where_it_was(folder: Path, paths: Paths) -> None:
    with open_library(folder, paths, limits=ReadingLimits(report_seconds=-1)) as library:
        for number in range(300):
            save(folder / f"{number}.md", f"N{number}")
            os.utime(folder / f"{number}.md", (number, number))
        with closing(library.follower.reconcile()) as building:  # type: ignore[type-var]
            assert any(report.done == 250 for report in building)
        assert library.search.count(EVERYTHING) == 250, "what was read by then is kept"
        assert reconcile(library).added == 50
        assert library.search.count(EVERYTHING) == 300


def test_what_waits_to_be_written_is_bounded(folder: Path, paths: Paths) -> None:
    for number in range(40):
        save(folder / f"{number}.md", f"N{number}", "word " * 1_000)
    with open_library(folder, paths, limits=ReadingLimits(max_waiting=50_000)) as library:
        committed = [report.done for report in library.follower.reconcile() if report.committed]
        assert committed == [10, 20, 30, 40]
        assert library.search.count(parse("word")) == 40


def test_a_build_shows_what_it_has_but_not_right_before_its_end(folder: Path, paths: Paths) -> None:
    seconds = itertools.count()
    limits = ReadingLimits(first_batch=5, batch_seconds=60, clock=lambda: float(next(seconds)))
    for number in range(100):
        save(folder / f"{number}.md", f"N{number}")
    with open_library(folder, paths, limits=limits) as library:
        committed = [report.done for report in library.follower.reconcile() if report.committed]
    first, *between, last = committed
    assert (first, last) == (5, 100)
    pause = between[1] - between[0]
    assert between[-1] + pause < 100 <= between[-1] + 2 * pause, "the last one due is spared"


def test_a_build_keeps_what_was_slow_to_read_before_its_first_screen(
    folder: Path, paths: Paths
) -> None:
    seconds = itertools.count()
    limits = ReadingLimits(first_batch=1_000, batch_seconds=20, clock=lambda: float(next(seconds)))
    for number in range(100):
        save(folder / f"{number}.md", f"N{number}")
    with open_library(folder, paths, limits=limits) as library:
        committed = [report.done for report in library.follower.reconcile() if report.committed]
    assert committed[0] < 25


def test_few_new_files_beside_many_find_whose_identity_is_taken(
    library: Library, folder: Path
) -> None:
    for number in range(60):
        save(folder / f"old{number}.md", f"Old {number}", more=f'id = "{number}"')
    reconcile(library)
    for number in (7, 99):  # one that the index holds, and one that comes twice
        save(folder / f"new{number}.md", f"New {number}", more=f'id = "{number}"')
    save(folder / "again99.md", "Again 99", more='id = "99"')
    reconcile(library)
    assert library.search.count(EVERYTHING) == 63
    assert library.article(ArticleId("7")).title == "Old 7"
    assert library.article(ArticleId("new7.md")).title == "New 7"
    assert len(list(library.follower.faulty())) == 2


BUILD = """
import sys
from pathlib import Path
from rilo_reader.library import open_library
from rilo_reader.paths import Paths
root = Path(sys.argv[1])
paths = Paths(*(root / name for name in ("config", "data", "state", "cache")))
library = open_library(root / "news", paths)
for report in library.follower.reconcile():
    if report.committed:
        print(report.done, flush=True)
"""


@pytest.mark.slow
def test_killed_in_the_middle_of_a_build_nothing_is_lost(
    folder: Path, paths: Paths, tmp_path: Path
) -> None:
    for number in range(1200):
        save(folder / f"{number}.md", f"N{number}", "word " * 50)
    for delay in (0.0, 0.02, 0.05):
        child = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    with open_library(folder, paths) as library:
        assert library.search.count(EVERYTHING) >= 200
        reconcile(library)
        assert library.search.count(parse("word")) == 1200


def test_the_index_deleted_or_damaged_comes_back(folder: Path, paths: Paths) -> None:
    save(folder / "a.md", "A")
    with open_library(folder, paths) as library:
        reconcile(library)
    for damage in ("deleted", "truncated", "garbled"):
        for file in filter(Path.is_file, [*library.index_directory.rglob("*")]):
            if damage == "deleted":
                file.unlink()
            elif damage == "truncated":
                file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
            elif file.name == "meta.json":
                file.write_text("{}")
        with open_library(folder, paths) as library:
            reconcile(library)
            assert titles(library) == ["A"], damage


@pytest.mark.slow
def test_what_breaks_while_it_is_read_is_built_again_first(folder: Path, paths: Paths) -> None:
    for number in range(300):
        save(folder / f"{number}.md", f"N{number}")
    with open_library(folder, paths, fills_itself=True) as library:
        reconcile(library)
        first = library.search.window(EVERYTHING, 0, 100)
        for file in library.index_directory.glob("*/*.*"):
            if file.suffix in {".store", ".fast"}:
                with file.open("r+b") as opened:  # in its place: it is mapped into memory
                    opened.write(b"\xff" * file.stat().st_size)
        rest = library.search.window(EVERYTHING, 100, 400)
        assert (first.total, rest.total) == (300, 300)
        assert len({row.title for row in (*first.rows, *rest.rows)}) == 300


def test_an_article_is_found_by_every_name_it_has(library: Library, folder: Path) -> None:
    save(folder / "sub" / "a.md", "A", more='id = "one"')
    reconcile(library)
    for name in ("one", "sub/a.md", str(folder / "sub" / "a.md")):
        assert library.find(name) == "one", name
    assert library.find("nothing") is None
    assert library.file(ArticleId("one")) == folder / "sub" / "a.md"
    assert library.search.find_position(EVERYTHING, ArticleId("one")) == 0
    assert library.search.find_position(parse("absent"), ArticleId("one")) is None


def test_a_line_of_markdown_is_plain_text() -> None:
    text = """# Head
---
* [[x|y z]] and ![[p.png]] <!-- c --> [t](http://x "y")
> `code` snake_case *em* <br> 1 < 2 &amp; &#27;[31m"""
    assert (
        markdown_to_line(text)
        == "Head y z and p.png t code snake_case em 1 < 2 & \N{REPLACEMENT CHARACTER}[31m"
    )


def test_a_hit_in_the_title_shows_how_the_text_begins(library: Library, folder: Path) -> None:
    save(folder / "a.md", "Needle", "First words of it.")
    save(folder / "b.md", "Needle", "")
    reconcile(library)
    query = parse("needle")
    found = {row.path: library.snippet(row, query) for row in library.search.window(query).rows}
    first = found["a.md"]
    assert first is not None
    assert (first.text, first.hits) == ("First words of it.", ())
    assert found["b.md"] is None


@pytest.fixture
def watched(library: Library, folder: Path) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Watch in a thread; the fixture waits until something is so, woken by each report."""
    stopped = threading.Event()
    reports: Queue[Progress] = Queue()

    def follow() -> None:
        for report in library.follower.watch(stopped):
            reports.put(report)

    thread = threading.Thread(target=follow)
    thread.start()

    def until(question: Callable[[], bool]) -> None:
        for _ in range(50):
            if question():
                return
            reports.get(timeout=30)
        raise AssertionError("never so")

    yield until
    stopped.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.mark.slow
def test_a_watch_that_rests_brings_what_is_saved_and_tells_of_marks(
    library: Library, folder: Path
) -> None:
    stopped = threading.Event()
    with closing(open_state(library.state_file)) as other:
        for report in library.follower.watch(stopped, suspend_when_idle=True):
            if report.added:  # as a synced folder in the library does, with a file at the same time
                save(folder / ".rilo" / "journal", "of another device")
                other.set_starred([ArticleId("a.md")], True)
            elif report.finished:
                save(folder / "a.md", "A")
            elif report.marks and other.ids_with("starred"):
                stopped.set()
    library.index.reload()
    assert titles(library) == ["A"]


@pytest.mark.slow
def test_what_other_programs_do_is_seen(
    library: Library, folder: Path, watched: Callable[[Callable[[], bool]], None]
) -> None:
    until = watched
    save(folder / "a.md", "A")
    until(lambda: titles(library) == ["A"])
    save(folder / "a.md", "A again")
    until(lambda: titles(library) == ["A again"])
    (folder / "a.md.tmp").write_text("# From an editor\n")
    (folder / "a.md.tmp").rename(folder / "a.md")
    until(lambda: titles(library) == ["From an editor"])
    (folder / "a.md").rename(folder / "b.md")
    until(lambda: [row.path for row in library.search.window(EVERYTHING).rows] == ["b.md"])
    (folder / "b.md").unlink()
    until(lambda: titles(library) == [])
    page = folder / "page.html"
    page.write_text("<p>A page that somebody saved.")
    save(folder / "a.md", "A")
    until(lambda: titles(library) == ["A"])
    page.write_text("---\ntitle: A post\n---\n<p>That somebody wrote.")
    until(lambda: sorted(titles(library)) == ["A", "A post"])
    page.write_text("<p>A page again.")
    until(lambda: titles(library) == ["A"])


@pytest.mark.slow
def test_folders_that_come_and_go_are_seen(
    library: Library, folder: Path, tmp_path: Path, watched: Callable[[Callable[[], bool]], None]
) -> None:
    until = watched
    save(tmp_path / "outside" / "deep" / "a.md", "A")
    (tmp_path / "outside").rename(folder / "in.side")
    until(lambda: titles(library) == ["A"])
    (folder / "in.side").rename(folder / "other")
    until(
        lambda: [row.path for row in library.search.window(EVERYTHING).rows] == ["other/deep/a.md"]
    )
    (folder / "other").rename(tmp_path / "outside")
    until(lambda: titles(library) == [])


def test_others_need_not_look_while_somebody_watches(
    library: Library, folder: Path, paths: Paths, watched: Callable[[Callable[[], bool]], None]
) -> None:
    save(folder / "a.md", "A")
    watched(lambda: titles(library) == ["A"])

    def is_trusted(other: Library) -> bool:
        return not list(other.follower.reconcile(check=False))

    with open_library(folder, paths) as other:
        for _ in range(100):
            if is_trusted(other):
                break
            time.sleep(0.05)
        assert is_trusted(other)
        assert titles(other) == ["A"]
        assert list(other.follower.reconcile())
        shutil.rmtree(other.index_directory)
        assert not is_trusted(other)


@pytest.mark.slow
def test_watch_waits_for_a_folder_that_goes_and_follows_the_one_that_comes(
    library: Library, folder: Path, tmp_path: Path, watched: Callable[[Callable[[], bool]], None]
) -> None:
    until = watched

    for times in range(3):
        shutil.rmtree(folder)
        folder.mkdir()
        save(folder / "again.md", f"Here again {times}")
        until(lambda: titles(library) == [f"Here again {times}"])  # noqa: B023
        save(folder / "again.md", "And followed")
        until(lambda: titles(library) == ["And followed"])
        # The same by another way: its place is taken by one that was made elsewhere.
        save(tmp_path / "other" / "other.md", f"Another {times}")
        folder.rename(tmp_path / f"aside-{times}")
        (tmp_path / "other").rename(folder)
        until(lambda: titles(library) == [f"Another {times}"])  # noqa: B023
