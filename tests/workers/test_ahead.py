"""Many files are read in worker processes, and nobody can tell."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.store.folder import FileEntry, scan
from rilo_reader.workers import readers as ahead
from rilo_reader.workers.messages import pack, unpack
from rilo_reader.workers.readers import ReadersAhead
from rilo_reader.workers.reading import ReadOptions


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[FileEntry]:
    monkeypatch.setattr(ahead, "MANY", 50)
    monkeypatch.setattr(ahead, "_CHUNK", 7)
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    for number in range(60):
        draft = "draft = true\n" if number % 9 == 0 else ""
        text = f'+++\ntitle = "Number {number}"\n{draft}+++\n\nA café of words, {number}.\n'
        (tmp_path / f"{number:02}.md").write_text(text)
    (tmp_path / "13.md").write_bytes(b"\0\1\2" * 1000)
    found = [entry for folder in scan(tmp_path) for entry in folder]
    (tmp_path / "17.md").unlink()  # after it was listed
    return found


@pytest.fixture
def readers() -> Iterator[ReadersAhead]:
    with ReadersAhead() as readers:
        yield readers


def workers(readers: ReadersAhead) -> list[subprocess.Popen[bytes]]:
    return list(readers._workers)


def test_workers_read_what_this_process_would(
    readers: ReadersAhead, entries: list[FileEntry], tmp_path: Path
) -> None:
    reading = ReadOptions(tmp_path, drafts=False, with_starts=False)
    expected = [(entry, reading.read(entry.path)) for entry in entries]
    assert sum(ready is None for _, ready in expected) >= 8
    results = readers.read(reading, entries)
    first = next(results)
    assert len(workers(readers)) == 2
    assert [first, *results] == expected
    with_starts = reading._replace(with_starts=True)
    again = list(readers.read(with_starts, entries))
    documents = [json.loads(ready.document + b"}") for _, ready in again if ready]
    assert len(documents) == sum(ready is not None for _, ready in expected)
    assert all("nu" in document["starts"].split() for document in documents)


def test_what_a_worker_says_is_understood(entries: list[FileEntry], tmp_path: Path) -> None:
    reading = ReadOptions(tmp_path, drafts=False, with_starts=True)
    for entry in entries:
        ready = reading.read(entry.path)
        assert unpack(pack(ready), entry.path) == ready


def test_few_files_need_no_workers(
    readers: ReadersAhead, entries: list[FileEntry], tmp_path: Path
) -> None:
    results = readers.read(ReadOptions(tmp_path, drafts=True, with_starts=False), entries[:49])
    assert next(results)[1] is not None
    assert workers(readers) == []


def test_where_there_is_one_core_there_are_no_workers(
    readers: ReadersAhead,
    entries: list[FileEntry],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "cores", lambda: 1)
    reading = ReadOptions(tmp_path, drafts=True, with_starts=False)
    expected = [(entry, reading.read(entry.path)) for entry in entries]
    assert list(readers.read(reading, entries)) == expected
    assert workers(readers) == []


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="there are no sessions here")
def test_workers_are_of_our_session_and_not_of_our_group(
    readers: ReadersAhead, entries: list[FileEntry], tmp_path: Path
) -> None:
    # In a session of its own Linux would give a worker as much of the processor as the reader,
    # whatever its niceness; in our group Ctrl-C would end it.
    next(readers.read(ReadOptions(tmp_path, drafts=True, with_starts=False), entries))
    for worker in workers(readers):
        assert os.getsid(worker.pid) == os.getsid(0)
        assert os.getpgid(worker.pid) != os.getpgid(0)


def test_pipes_may_be_small(
    readers: ReadersAhead,
    entries: list[FileEntry],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "_PIPE", 1 << 31)  # more than any system gives
    reading = ReadOptions(tmp_path, drafts=True, with_starts=False)
    results = list(readers.read(reading, entries))
    assert len(workers(readers)) == 2
    assert results == [(entry, reading.read(entry.path)) for entry in entries]


@pytest.mark.slow
def test_names_longer_than_a_pipe_holds_stop_nobody(
    readers: ReadersAhead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both sides have more to say than a pipe takes: one of them must listen meanwhile.
    monkeypatch.setattr(ahead, "MANY", 50)
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    folder = tmp_path
    for _ in range(14):
        folder /= "n" * 250
    folder.mkdir(parents=True)
    with contextlib.chdir(folder):  # the whole path is longer than a call takes
        for number in range(300):
            Path(f"{number}.md").write_text("word " * 2_000)
    entries = [entry for found in scan(tmp_path) for entry in found]
    assert len(entries) == 300
    results = list(readers.read(ReadOptions(tmp_path, drafts=True, with_starts=False), entries))
    assert all(ready is not None for _, ready in results)


def test_when_a_worker_is_killed_the_rest_is_read_here(
    readers: ReadersAhead, entries: list[FileEntry], tmp_path: Path
) -> None:
    reading = ReadOptions(tmp_path, drafts=True, with_starts=False)
    results = readers.read(reading, entries)
    got = [next(results)]
    for worker in workers(readers):
        worker.kill()
        worker.wait()
    got.extend(results)
    assert got == [(entry, reading.read(entry.path)) for entry in entries]


def test_workers_end_when_nobody_waits_any_more(entries: list[FileEntry], tmp_path: Path) -> None:
    with ReadersAhead() as readers:
        next(readers.read(ReadOptions(tmp_path, drafts=True, with_starts=False), entries))
        children = workers(readers)
        assert len(children) == 2
    assert [child.returncode for child in children] == [0, 0]


def test_workers_end_when_their_pipes_are_closed(
    readers: ReadersAhead, entries: list[FileEntry], tmp_path: Path
) -> None:
    # As the system does it when the process that started them is killed.
    next(readers.read(ReadOptions(tmp_path, drafts=True, with_starts=False), entries))
    for worker in workers(readers):
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdout.close()
        worker.stdin.close()
        assert worker.wait(60) == 0
