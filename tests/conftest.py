"""Fixtures and hypothesis profiles of all tests."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from rilo_reader.feeds.update_session import PRELOAD
from rilo_reader.paths import Paths
from rilo_reader.workers import WorkerPool
from tests.support.command_line import User
from tests.support.examples import choose_profile
from tests.support.miniflux_server import miniflux, miniflux_server
from tests.support.postgresql import postgresql
from tests.support.processes import workers

__all__ = ["miniflux", "miniflux_server", "own_workers", "pool", "postgresql", "user"]

choose_profile(os.environ.get("CI"))

# Where no bytecode is kept, as in images that are built once, each worker of the tests and each
# process that they start would compile everything anew: a tenth of a run.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# No test writes into the keyring of whoever runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

# No test calls a server whose certificate the system's vouch for, and reading those takes longer
# than most calls.
os.environ["SSL_CERT_FILE"] = os.devnull

# Workers import nothing from the current folder, and some tests give them functions of their own.
_ROOT = os.fspath(Path(__file__).resolve().parent.parent)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_ROOT, os.environ.get("PYTHONPATH")]))

# A shell without job control starts what it puts into the background deaf to Ctrl-C, and so would
# be the programs that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Temporary folders lie in memory where there is room: every mark, index and file is flushed, which
# would take a quarter of a run. Whoever names a folder gets that.
IN_MEMORY = Path("/dev/shm")
if (
    not {"PYTEST_DEBUG_TEMPROOT", "TMPDIR"} & os.environ.keys()
    and os.access(IN_MEMORY, os.W_OK)
    and not os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC
    and shutil.disk_usage(IN_MEMORY).free > 4 << 30
):
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(IN_MEMORY)


def pytest_configure(config: pytest.Config) -> None:
    """Have frames painted at once in the default run; some slow tests count on pauses between."""
    if str(config.option.markexpr).startswith("not"):
        os.environ["TEXTUAL_FPS"] = "1000"


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Workers of `-n auto`: half as many again as processors, twice as many for what is slow.

    A reader waits for its timers for half of a test, what asks servers for most of it.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    is_quick = str(config.option.markexpr).startswith("not")
    return max(2, processors * (3 if is_quick else 4) // 2)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Put aside what thousands of tests keep, so that no collection of garbage stops for it."""
    gc.disable()
    try:
        _import_share(session)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _import_share(session: pytest.Session) -> None:
    """Import a part of all tests before the rest: each worker another, and none compiles all.

    All workers import the same files in the same order, so that in a fresh checkout each would
    rewrite the asserts of each file at the same time as the others.
    """
    tests, given = Path(__file__).parent, [Path(_ROOT, each) for each in session.config.args]
    worker, count = (os.environ.get(f"PYTEST_XDIST_WORKER{name}", "") for name in ("", "_COUNT"))
    if not worker or given != [tests]:
        return
    for file in sorted(tests.rglob("test_*.py"))[int(worker.removeprefix("gw")) :: int(count)]:
        with suppress(Exception):  # pytest says it when it comes to the file
            import_module(".".join(file.relative_to(_ROOT).with_suffix("").parts))


@pytest.fixture(scope="session")
def pool() -> Iterator[WorkerPool]:
    """Workers that read feeds and pages: starting them takes longer than most tests."""
    with WorkerPool(1, preload=PRELOAD) as pool:
        yield pool


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """The program's folders in a home of the test's own."""
    return Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))


@pytest.fixture
def own_workers() -> Callable[[], set[int]]:
    """Returns the workers of this process that the test has started."""
    shared = workers()
    return lambda: workers() - shared


@pytest.fixture
def user(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pool: WorkerPool,
) -> User:
    """Somebody with a home of their own and an empty library, at a shell without a terminal."""
    if hasattr(os, "nice"):
        # The verbs run in the tests' own process, which could never take its priority back.
        monkeypatch.setattr(os, "nice", lambda _: 0)
    return User(tmp_path, monkeypatch, capsys, pool)
