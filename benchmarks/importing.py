"""An import of what another program exported, beside the same articles as our JSON lines."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.terminal import environment, rilo

from benchmarks.collecting import WORDS
from benchmarks.figures import Figure

PARAGRAPHS = 25  # of an entry, which has about 11 kB: 100,000 are a gigabyte
MEMORY, RATIO = 200, 1.5


class Run(NamedTuple):
    """What a process took."""

    processor: float  # seconds
    memory: float  # MB that it had at once, at most


def measure(work: Path, number: int) -> Iterator[Figure]:
    """Measure an import of wallabag's export, one of it again, and of the articles it made."""
    ours, lines = work / "importing" / "wallabag", work / "importing" / "lines"
    ours.mkdir(parents=True)
    file = ours / "export.json"
    with file.open("w", encoding="utf-8") as out:
        size = sum(out.write(text) for text in _write_entries(number))
    first = _run(ours, "import", str(file))
    _run(ours, "export", "--to", str(ours / "all.jsonl"))
    again = _run(ours, "import", str(file))
    file.unlink()
    plain = _run(lines, "import", str(ours / "all.jsonl"))
    name = f"import of {number:,} entries, {size / 1e6:,.0f} MB: processor"
    against = "the same as JSON lines"
    yield Figure(name, first.processor, "s", plain.processor, against, RATIO)
    yield Figure("  memory", first.memory, "MB", plain.memory, against, floor=MEMORY)
    yield Figure("  once more, all known: processor", again.processor, "s")
    yield Figure("  memory", again.memory, "MB", floor=MEMORY)


def _write_entries(number: int) -> Iterator[str]:
    chance = random.Random(7)
    for each in range(number):
        paragraphs = (" ".join(chance.choices(WORDS, k=60)) for _ in range(PARAGRAPHS))
        entry = {
            "id": each,
            "title": f"Story {each} of the {chance.choice(WORDS)}",
            "url": f"https://host{each % 1000}.example/{each}",
            "is_archived": each % 2,
            "is_starred": int(each % 10 == 0),
            "tags": [chance.choice(WORDS)],
            "created_at": f"20{10 + each % 14}-05-{each % 28 + 1:02d}T11:55:58+0200",
            "content": "".join(f"<p>{text}</p>" for text in paragraphs),
        }
        yield f"{',' if each else '['}{json.dumps(entry)}\n"
    yield "]"


def _run(home: Path, *arguments: str) -> Run:
    home.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        rilo(*arguments), env=environment(home), stdout=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)
