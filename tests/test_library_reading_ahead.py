"""Many files are read in worker processes, and nobody can tell."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from rilo_reader.library import reading_ahead
from rilo_reader.library.reading_ahead import Reading, read_ahead
from rilo_reader.store.folder import FileEntry, scan


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[FileEntry]:
    monkeypatch.setattr(reading_ahead, "MANY", 50)
    monkeypatch.setattr(reading_ahead, "_CHUNK", 7)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    for number in range(60):
        draft = "draft = true\n" if number % 9 == 0 else ""
        text = f'+++\ntitle = "Number {number}"\n{draft}+++\n\nA café of words, {number}.\n'
        (tmp_path / f"{number:02}.md").write_text(text)
    (tmp_path / "13.md").write_bytes(b"\0\1\2" * 1000)
    found = [entry for folder in scan(tmp_path) for entry in folder]
    (tmp_path / "17.md").unlink()  # after it was listed
    return found


def workers() -> int:
    return len(multiprocessing.active_children())


def test_workers_read_what_this_process_would(entries: list[FileEntry], tmp_path: Path) -> None:
    reading = Reading(tmp_path, drafts=False, with_starts=False)
    expected = [(entry, reading.read(entry.path)) for entry in entries]
    assert sum(ready is None for _, ready in expected) >= 8
    results = read_ahead(reading, entries)
    first = next(results)
    assert workers() == 2
    assert [first, *results] == expected
    with_starts = list(read_ahead(reading._replace(with_starts=True), entries))
    assert all("nu" in ready.starts.split() for _, ready in with_starts if ready)


def test_few_files_need_no_workers(entries: list[FileEntry], tmp_path: Path) -> None:
    results = read_ahead(Reading(tmp_path, drafts=True, with_starts=False), entries[:49])
    assert next(results)[1] is not None
    assert workers() == 0


def test_when_a_worker_is_killed_the_rest_is_read_here(
    entries: list[FileEntry], tmp_path: Path
) -> None:
    reading = Reading(tmp_path, drafts=True, with_starts=False)
    results = read_ahead(reading, entries)
    got = [next(results)]
    for worker in multiprocessing.active_children():
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    got.extend(results)
    assert got == [(entry, reading.read(entry.path)) for entry in entries]


def test_workers_end_when_nobody_waits_any_more(entries: list[FileEntry], tmp_path: Path) -> None:
    results = read_ahead(Reading(tmp_path, drafts=True, with_starts=False), entries)
    next(results)
    children = multiprocessing.active_children()
    assert len(children) == 2
    results.close()  # type: ignore[attr-defined]  # a generator, as it happens
    for worker in children:
        worker.join()  # ends by itself
    assert workers() == 0
