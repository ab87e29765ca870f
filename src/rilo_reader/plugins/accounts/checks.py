"""Findings of `doctor` on accounts at feed services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rilo_reader.cli.findings import Finding, settings_findings
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts.accounts import load
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.status import read_statuses
from rilo_reader.text import format_count


def list_findings(folder: Path, paths: Paths) -> Iterator[Finding]:
    """The accounts at feed services, and their problems; no server is asked."""
    file = accounts_file(paths)
    if not file.exists():
        yield Finding("no accounts; to add one: rilo-reader account add miniflux URL")
        return
    accounts, problems = load(file)
    yield Finding(f"{file}: {format_count(len(accounts), 'account')}")
    yield from settings_findings(problems)
    try:
        for status in read_statuses(folder, paths, accounts):
            account = status.account
            yield Finding(f"{account.name}: {account.api} at {account.url}, {status.sentence}")
            if status.problem:
                advice = f"see what its server says: rilo-reader account check '{account.name}'"
                yield Finding(f"{account.name}: {status.problem}", advice, wrong=True)
    except LibraryError as error:
        yield Finding(str(error), "see the folders above", wrong=True)
