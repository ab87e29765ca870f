"""Folders that cannot be watched, or not all of them: the rest is, or is looked at, and is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue

import pytest

from rilo_reader.library import Library, Progress, open_library
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.paths import Paths
from rilo_reader.query.tree import Query
from rilo_reader.store.folder_watch import FolderWatcher, remote_kind, unwatchable_reason
from tests.support.command_line import User
from tests.support.terminal import LIMIT, environment, rilo, run_piped

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="names and limits of Linux"),
]

ODD = b"bad\xc0\x9b"
SHOWN_ODD = "bad�C0�9B"
MOUNTS = """\
22 1 0:20 / / rw,relatime - overlay overlay rw
30 22 0:40 / /mnt/my\\040share rw - nfs4 server:/news rw
31 22 0:41 / /home/me/far rw shared:1 - fuse.sshfs me@host: rw
32 30 0:42 / /mnt/my\\040share/disk rw - ext4 /dev/sda1 rw
33 22
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    return folder


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Iterator[Library]:
    paths = Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))
    with open_library(folder, paths, limits=ReadingLimits(look_seconds=0.05)) as library:
        yield library


@contextmanager
def watching(library: Library) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Follow in a thread; yields what waits until something is so."""
    stopped = threading.Event()
    reports: Queue[Progress] = Queue()
    thread = threading.Thread(target=lambda: [*map(reports.put, library.follower.watch(stopped))])
    thread.start()
    seen: list[Progress] = []

    def until(question: Callable[[], bool]) -> None:
        for _ in range(int(LIMIT * 20)):
            with suppress(Empty):
                seen.append(reports.get(timeout=0.05))
            library.index.reload()
            if question():
                return
        raise AssertionError(seen[-3:])

    until.seen = seen  # type: ignore[attr-defined]
    try:
        yield until
    finally:
        stopped.set()
        thread.join(LIMIT)
        assert not thread.is_alive()


def odd(folder: Path) -> bytes:
    return os.path.join(os.fsencode(folder), ODD)  # noqa: PTH118  # a name that is no text


def count(library: Library) -> int:
    return library.search.count(Query())


@pytest.mark.parametrize("when", ["before", "later", "file"])
def test_a_name_that_is_not_utf_8_hides_nothing(library: Library, folder: Path, when: str) -> None:
    if when == "before":
        os.mkdir(odd(folder))  # noqa: PTH102
    with watching(library) as until:
        until(lambda: any(report.finished for report in until.seen))  # type: ignore[attr-defined]
        if when == "later":
            os.mkdir(odd(folder))  # noqa: PTH102
        elif when == "file":
            Path(os.fsdecode(odd(folder) + b".txt")).write_text("No article.")
        until(lambda: any(SHOWN_ODD in one.unwatched for one in until.seen))  # type: ignore[attr-defined]
        (folder / "a.md").write_text("# A\n")
        until(lambda: count(library) == 1)
        (folder / "a.md").unlink()
        until(lambda: count(library) == 0)
    said = library.follower.unwatched_warning()
    assert said.startswith("Changes in this folder are found after some seconds, not at once: ")
    assert said.endswith(" is not UTF-8.")


def test_a_folder_that_is_watched_again_is_watched(library: Library, folder: Path) -> None:
    os.mkdir(odd(folder))  # noqa: PTH102
    with watching(library) as until:
        until(lambda: any(one.unwatched for one in until.seen))  # type: ignore[attr-defined]
        os.rmdir(odd(folder))  # noqa: PTH106
        until(lambda: until.seen[-1].finished and not until.seen[-1].unwatched)  # type: ignore[attr-defined]
        (folder / "a.md").write_text("# A\n")
        until(lambda: count(library) == 1)
    assert library.follower.unwatched_warning() == ""


def test_other_watches_look_too(folder: Path) -> None:
    os.mkdir(odd(folder))  # noqa: PTH102
    changed: Queue[Path] = Queue()
    watch = FolderWatcher(folder, lambda paths: [*map(changed.put, paths)], look_seconds=0.01)
    try:
        number = 0
        while changed.empty():  # it may look for the first time only now
            number += 1
            (folder / "a.md").write_text("x" * number)
            with suppress(Empty):
                assert changed.get(timeout=0.1) == folder / "a.md"
                break
    finally:
        watch.stop()
    assert number < 100


def test_loops_and_depth_are_watched(library: Library, folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "loop").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "b").joinpath(*["d" * 50] * 70).mkdir(parents=True)
    with watching(library) as until:
        until(lambda: any(one.finished for one in until.seen))  # type: ignore[attr-defined]
        (folder / "a" / "x.md").write_text("# X\n")
        until(lambda: count(library) == 1)
    said = {one.path: one.reason for one in library.follower.skipped()}
    assert any("more than 64 folders deep" in reason for reason in said.values())
    assert "symbolic links" in said["self"]


def test_the_file_system_is_known_by_the_deepest_mount() -> None:
    assert remote_kind(Path("/srv/news"), MOUNTS) == ""
    assert remote_kind(Path("/mnt/my share/news"), MOUNTS).startswith("nfs4 does not report")
    assert remote_kind(Path("/mnt/my share/disk/news"), MOUNTS) == ""
    assert remote_kind(Path("/home/me/far"), MOUNTS).startswith("fuse.sshfs ")
    assert remote_kind(Path("/home/me/farther"), MOUNTS) == ""
    assert remote_kind(Path("/"), "") == ""


def test_what_can_be_watched_has_no_obstacle(folder: Path) -> None:
    assert unwatchable_reason(folder) == ""


# -- limits of the system, in a process of its own -------------------------------------------------


@contextmanager
def child(user: User, *before: str) -> Iterator[subprocess.Popen[str]]:
    command = [*before, *rilo("index", "--watch", "--library", str(user.library))]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(user.home, {"NO_PROXY": "*"}),
        start_new_session=True,
    )
    watchdog = threading.Timer(LIMIT, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def doctor(user: User, *before: str) -> bytes:
    command = [*before, *rilo("doctor", "--library", str(user.library))]
    return run_piped(command, user.home).stdout


def said(process: subprocess.Popen[str], words: str) -> str:
    """The next line with these words."""
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError(lines)


def limited(limit: str, number: int) -> tuple[str, ...]:
    """A command that runs another under a limit; skips where the system has no such thing."""
    change = f"echo {number} > /proc/sys/user/{limit} && exec"
    before = ("unshare", "-Ur", "sh", "-c", f'{change} "$@"', "sh")
    if not shutil.which("unshare") or subprocess.run([*before, "true"], check=False).returncode:
        pytest.skip("no limits for one process here")
    return before


def test_too_few_watches_are_said_and_the_folder_is_looked_at(user: User) -> None:
    user.article("a/a.md", "A", "2020-01-01", "x")
    limit = limited("max_inotify_watches", 1)
    assert b"raise fs.inotify.max_user_watches" in doctor(user, *limit)
    with child(user, *limit) as process:
        assert "raise fs.inotify.max_user_watches" in said(process, "Changes in this folder")
        user.article("b.md", "B", "2020-01-01", "x")
        said(process, "2 articles: 1 added.")


def test_no_room_for_the_watch_of_a_new_folder_is_said(user: User) -> None:
    user.article("a/a.md", "A", "2020-01-01", "x")
    with child(user, *limited("max_inotify_watches", 2)) as process:
        said(process, "1 article: 1 added.")
        (user.library / "new").mkdir()
        said(process, "raise fs.inotify.max_user_watches")
        user.article("new/b.md", "B", "2020-01-01", "x")
        said(process, "2 articles: 1 added.")


def test_no_watch_at_all_is_said(user: User) -> None:
    with child(user, *limited("max_inotify_instances", 0)) as process:
        said(process, "raise fs.inotify.max_user_instances")
        user.article("b.md", "B", "2020-01-01", "x")
        said(process, "1 article: 1 added.")


def test_a_folder_that_may_not_be_read_is_said_and_watched_once_it_may(user: User) -> None:
    before: tuple[str, ...] = ()
    if os.geteuid() == 0:  # who may read everything gives that up
        before = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        if not shutil.which("setpriv"):
            pytest.skip("root reads everything")
    user.article("locked/a.md", "A", "2020-01-01", "x")
    locked = user.library / "locked"
    locked.chmod(0)
    try:
        with child(user, *before) as process:
            said(process, "Not read: locked (Permission denied).")
            user.article("b.md", "B", "2020-01-01", "x")
            said(process, "1 article: 1 added.")
            locked.chmod(0o755)
            said(process, "2 articles: 1 added.")
            said(process, "The whole folder is read and watched again.")
            user.article("locked/c.md", "C", "2020-01-01", "x")
            said(process, "3 articles: 1 added.")
    finally:
        locked.chmod(0o755)
