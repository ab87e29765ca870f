"""Accounts are not measured without a server."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from benchmarks import mail, services

from tests.plugins.accounts.dovecot_server import PROGRAM
from tests.support.miniflux_server import MinifluxServer, UnavailableError


def test_services_are_not_measured_without_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> AbstractContextManager[MinifluxServer]:
        raise UnavailableError("Miniflux is not here")

    assert services.measure(tmp_path, absent) == []
    assert "NOT MEASURED: Miniflux is not here" in capsys.readouterr().err


def test_a_mailbox_is_not_measured_without_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "PROGRAM", None)
    assert mail.measure(tmp_path) == []
    assert "NOT MEASURED: Dovecot is not here" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(PROGRAM is None, reason="dovecot is not here")
def test_a_few_letters_come_to_the_end(tmp_path: Path) -> None:
    assert next(figure.name for figure in mail.measure(tmp_path, 30)).endswith("refresh of 30")
