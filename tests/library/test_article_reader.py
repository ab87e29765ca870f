"""Many files are read in worker processes, and nobody can tell."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rilo_reader.library.article_reader import FileReader, ReadOptions
from rilo_reader.store.folder import FileEntry, scan_folder
from tests.support.processes import needs_proc


@pytest.fixture
def entries(tmp_path: Path) -> list[FileEntry]:
    for number in range(60):
        draft = "draft = true\n" if number % 9 == 0 else ""
        text = f'+++\ntitle = "Number {number}"\n{draft}+++\n\nA café of words, {number}.\n'
        (tmp_path / f"{number:02}.md").write_text(text)
    (tmp_path / "13.md").write_bytes(b"\0\1\2" * 1000)
    found = [entry for folder in scan_folder(tmp_path) for entry in folder]
    (tmp_path / "17.md").unlink()  # after it was listed
    return found


@pytest.fixture
def reader() -> Iterator[FileReader]:
    with closing(FileReader(workers=2, min_files=50, chunk=7)) as reader:
        yield reader


@pytest.mark.slow
def test_workers_read_what_this_process_would(
    reader: FileReader, entries: list[FileEntry], tmp_path: Path
) -> None:
    options = ReadOptions(tmp_path, with_drafts=False, with_prefixes=False)
    expected = [(entry, options.read_article(entry.path)) for entry in entries]
    assert sum(ready is None for _, ready in expected) >= 8
    assert list(reader.read_files(options, entries)) == expected
    with_starts = options._replace(with_prefixes=True)
    again = list(reader.read_files(with_starts, entries))
    documents = [json.loads(ready.document + b"}") for _, ready in again if ready]
    assert len(documents) == sum(ready is not None for _, ready in expected)
    assert all("nu" in document["starts"].split() for document in documents)


@pytest.mark.slow
@needs_proc
def test_only_many_files_start_workers_and_they_end_with_the_reader(
    entries: list[FileEntry], tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    options = ReadOptions(tmp_path, with_drafts=True, with_prefixes=False)
    with closing(FileReader(workers=2, min_files=50, chunk=7)) as reader:
        assert next(reader.read_files(options, entries[:49]))[1] is not None
        reader.start_early(49)
        assert own_workers() == set()
        reader.start_early(50)
        assert len(own_workers()) == 2
        next(reader.read_files(options, entries))
    assert own_workers() == set()


@needs_proc
def test_where_there_is_one_core_there_are_no_workers(
    entries: list[FileEntry], tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    options = ReadOptions(tmp_path, with_drafts=True, with_prefixes=False)
    with closing(FileReader(workers=1, min_files=50)) as reader:
        found = list(reader.read_files(options, entries))
        assert found == [(entry, options.read_article(entry.path)) for entry in entries]
        assert own_workers() == set()


@pytest.mark.slow
def test_names_longer_than_a_pipe_holds_stop_nobody(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(14):
        folder /= "n" * 250
    folder.mkdir(parents=True)
    with contextlib.chdir(folder):  # the whole path is longer than a call takes
        for number in range(300):
            Path(f"{number}.md").write_text("word " * 2_000)
    entries = [entry for found in scan_folder(tmp_path) for entry in found]
    assert len(entries) == 300
    with closing(FileReader(workers=2, min_files=50)) as reader:
        options = ReadOptions(tmp_path, with_drafts=True, with_prefixes=False)
        results = list(reader.read_files(options, entries))
    assert all(ready is not None for _, ready in results)


@pytest.mark.slow
@needs_proc
def test_when_workers_are_killed_all_is_read_all_the_same(
    reader: FileReader,
    entries: list[FileEntry],
    tmp_path: Path,
    own_workers: Callable[[], set[int]],
) -> None:
    options = ReadOptions(tmp_path, with_drafts=True, with_prefixes=False)
    got = []
    for result in reader.read_files(options, entries):
        got.append(result)
        for worker in own_workers():
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.kill(worker, signal.SIGKILL)
    assert got == [(entry, options.read_article(entry.path)) for entry in entries]


def test_translations_may_name_one_original(tmp_path: Path) -> None:
    head = "---\ntitle: {}\ncanonical_url: https://a.example/ports\n---\nText.\n"
    for name in ("en", "fr"):
        (tmp_path / f"{name}.md").write_text(head.format(name), encoding="utf-8")
    (tmp_path / "c.md").write_text("---\nurl: https://a.example/c\n---\nText.", encoding="utf-8")
    options = ReadOptions(tmp_path, with_drafts=False, with_prefixes=False)
    french = options.read_article("fr.md", instead_of="en.md")
    other = options.read_article("c.md", instead_of="d.md")
    assert french is not None
    assert other is not None
    assert (french.id, b'"faulty":true' in french.document) == ("fr.md", False)
    assert (other.id, b'"faulty":true' in other.document) == ("c.md", True)
