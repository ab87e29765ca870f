"""Play random interleavings of two devices and a phone at a real Miniflux; all must end up equal.

    python -m tools.judge.interleavings [SEEDS] [FIRST]

Plays each seed by Miniflux's own API, by the Google Reader API, and with a device at each; the odd
ones with a folder of journals that both devices share. Then without a server, with clocks that go
wrong and are mended, conflict copies, journals from a stick and ids that were left: no mark changes
in the 400 days after. Prints the seeds that fail, and why.
"""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.plugins.accounts.interleavings import Interleaving
from tests.plugins.devices.clocks import Days
from tests.support.miniflux_server import MinifluxUser, running_miniflux
from tests.support.servers import Server, serving

from rilo_reader.feeds.update_session import PRELOAD
from rilo_reader.plugins.accounts.service import Api
from rilo_reader.workers import WorkerPool

PAIRS = {
    "miniflux": (Api.MINIFLUX, Api.MINIFLUX),
    "greader": (Api.GREADER, Api.GREADER),
    "one by each": (Api.MINIFLUX, Api.GREADER),
}


def play(
    work: Path, pool: WorkerPool, user: MinifluxUser, web: Server, apis: Sequence[Api], seed: int
) -> None:
    """Play a seed to its end.

    Raises:
        AssertionError: the sides are not equal at the end, or something failed on the way.
    """
    with tempfile.TemporaryDirectory(dir=work) as name:
        one = Interleaving(Path(name), pool, user, web, apis, seed, shares=seed % 2 == 1)
        try:
            one.play()
        finally:
            one.close()


def play_clocks(work: Path, seed: int) -> None:
    """Play a seed with clocks and copies; raise as `play` does."""
    with tempfile.TemporaryDirectory(dir=work) as name:
        days = Days(Path(name), seed)
        try:
            days.play()
        finally:
            days.close()


def _wrong(which: str, seeds: range, play_one: Callable[[int], None]) -> int:
    """Play seeds, and print the verdict; return how many failed."""
    begun, wrong = time.monotonic(), list[int]()
    for seed in seeds:
        try:
            play_one(seed)
        except Exception:
            wrong.append(seed)
            print(f"{which}, seed {seed}:", flush=True)
            traceback.print_exc()
    took = time.monotonic() - begun
    print(f"{which}: {len(seeds)} seeds in {took:.0f} s, failed: {wrong or 'none'}", flush=True)
    return len(wrong)


def main(arguments: Sequence[str]) -> int:
    """Play all seeds; print the verdict."""
    count, first = (*map(int, arguments), *(200, 0)[len(arguments) :])
    seeds = range(first, first + count)
    with tempfile.TemporaryDirectory() as name:
        failed = _wrong("clocks and copies", seeds, partial(play_clocks, Path(name)))
    with (
        running_miniflux() as server,
        serving() as web,
        WorkerPool(1, preload=PRELOAD) as pool,
        tempfile.TemporaryDirectory() as name,
    ):
        for which, apis in PAIRS.items():
            user = server.new_user()
            failed += _wrong(which, seeds, partial(play, Path(name), pool, user, web, apis))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
