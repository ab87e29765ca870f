"""Hosts that were on the public net, kept in the ledger of a library to guard later requests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rilo_reader.errors import CollectingError
from rilo_reader.feeds.collection import ledger_file, ledger_to_read, open_collection
from rilo_reader.feeds.ledger import open_ledger
from rilo_reader.paths import Paths


def known_hosts(folder: Path, paths: Paths) -> set[str]:
    """Return the hosts that were public before.

    Raises:
        CollectingError: the ledger cannot be read.
    """
    with ledger_to_read(folder, paths) as ledger:
        return ledger.public_hosts() if ledger is not None else set()


@contextmanager
def kept_hosts(folder: Path, paths: Paths, hosts: set[str]) -> Iterator[set[str]]:
    """Add the known hosts to those of a client; keep what it finds meanwhile, also if it fails.

    Raises:
        CollectingError: the ledger cannot be used.
    """
    known = known_hosts(folder, paths)
    hosts |= known
    try:
        yield hosts
    finally:
        if hosts - known:
            file = ledger_file(folder, paths)
            if not file.exists():
                # A new one would hide that the old one was lost, so it is rebuilt.
                with open_collection(folder, paths):
                    pass
            try:
                with closing(open_ledger(file)) as ledger, ledger.transaction():
                    ledger.put_public_hosts(hosts - known)
            except sqlite3.Error as error:
                raise CollectingError(f"{file} cannot be written: {error}.") from error
