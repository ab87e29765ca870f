"""Accounts are not measured without a server."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from benchmarks import services

from tests.support.miniflux_server import MinifluxServer, UnavailableError


def test_services_are_not_measured_without_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> AbstractContextManager[MinifluxServer]:
        raise UnavailableError("Miniflux is not here")

    assert services.measure(tmp_path, absent) == []
    assert "NOT MEASURED: Miniflux is not here" in capsys.readouterr().err
