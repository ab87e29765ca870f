"""Databases for archives."""

from __future__ import annotations

import pytest

from tests.support.postgresql import Archive, PostgreSQL


@pytest.fixture
def archive(postgresql: PostgreSQL) -> Archive:
    """An empty database."""
    return postgresql.new_archive()
