"""What an open reader looks at while it follows an archive; the server is not real here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest

from rilo_reader.paths import Paths
from rilo_reader.plugins.archive import follow as following
from rilo_reader.plugins.archive.follow import follow_archive
from rilo_reader.plugins.archive.records import ArchiveExchangeResult

BUSY = ArchiveExchangeResult(problem="Another refresh or import is running")


class Quiet:
    """A connection to a server on which nobody else does anything."""

    def execute(self, *_statement: object) -> None: ...

    def notifies(self, **_options: object) -> Iterator[object]:
        return iter(())

    def close(self) -> None: ...


class Shared:
    """An archive that waits for another refresh; notes which paths were looked at."""

    def __init__(self, folder: Path, paths: Paths, answers: list[ArchiveExchangeResult]) -> None:
        self.folder, self.paths, self.answers = folder, paths, answers
        self.looked: list[Collection[str] | None] = []

    def connect_joined(self) -> Quiet:
        return Quiet()

    def exchange_all(
        self, _connection: object, paths: Collection[str] | None = None
    ) -> ArchiveExchangeResult:
        self.looked.append(paths)
        return self.answers.pop(0)


def test_no_folder_is_listed_again_while_another_refresh_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths(*(tmp_path / name for name in Paths._fields))
    share = Shared(tmp_path / "library", paths, [BUSY, BUSY, BUSY, ArchiveExchangeResult(sent=1)])
    (tmp_path / "library").mkdir()
    monkeypatch.setattr(following, "LOOK", 0.0)
    stopped = Event()
    done = follow_archive(cast("Any", share), stopped)
    found = [next(done) for _ in range(4)]
    stopped.set()
    assert found[-1] == ArchiveExchangeResult(sent=1)
    assert [*done] == []
    assert share.looked == [None, [], [], []]
