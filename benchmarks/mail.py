"""A mailbox at a real Dovecot, beside an import of the same letters from a file."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.plugins.accounts.dovecot_server import PASSWORD, PROGRAM, USER, dovecot, letter

from benchmarks.collecting import WORDS
from benchmarks.figures import Figure
from benchmarks.services import Home, measure_run

LETTERS = 10_000
FLOOR, LATER = 3.0, 10.0  # times of an import; seconds without news


def measure(work: Path, number: int = LETTERS) -> list[Figure]:
    """Measure a first refresh to its end, and one without news; nothing without Dovecot."""
    if PROGRAM is None:
        print("mail: NOT MEASURED: Dovecot is not here", file=sys.stderr)
        return []
    chance = random.Random(7)
    letters = [
        letter(f"Issue {each}", each % 28, id=f"<{each}@x>", sender=f"List {each % 20} <a@x>")
        + " ".join(chance.choices(WORDS, k=200)).encode()
        for each in range(number)
    ]
    return list(_measure_refresh(work / "mail", letters))


def _measure_refresh(work: Path, letters: list[bytes]) -> Iterator[Figure]:
    box = b"".join(b"From a@x Mon Nov  2 08:00:00 2026\n" + each + b"\n\n" for each in letters)
    file = work / "box.mbox"
    ours, plain = Home(work / "mailbox"), Home(work / "file")
    file.write_bytes(box)
    with dovecot() as server:
        server.append("Letters", *letters)
        login = ("--user", USER, "--password-stdin", "--name", "Letters")
        ours.run("account", "add", "imap", server.url("Letters"), *login, given=PASSWORD)
        first = measure_run(ours.refresh)
        found = len(list(ours.library.rglob("*.md")))
        assert found == len(letters), f"{found:,} of {len(letters):,} letters came"
        later = measure_run(ours.refresh)
    imported = measure_run(lambda: plain.run("import", str(file)))
    name, against = f"mailbox: first refresh of {len(letters):,}", "an import of the same letters"
    yield Figure(name, first.whole, "s", imported.whole, against, FLOOR)
    yield Figure("  processor", first.processor, "s", imported.processor, "the same")
    yield Figure("mailbox: no news", later.whole, "s", floor=LATER)
