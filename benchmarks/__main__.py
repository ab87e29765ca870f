"""python -m benchmarks: measure, and print each figure beside its baseline."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.corpus import Corpus, existing, make
from benchmarks.figures import Figure, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or all; 1 where a floor is missed."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark '{name}'; there are {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory(prefix="rilo-benchmarks-") as folder:
        work = Path(folder)
        if not asked.corpus:
            print(f"writing {asked.size:,} articles …", file=sys.stderr)
        if asked.corpus:
            corpus = existing(asked.corpus.resolve(), asked.home and asked.home.resolve())
        else:
            corpus = make(work / "corpus", asked.size)
        figures: list[Figure] = []
        try:
            for name, measure in _benchmarks(corpus, work, asked).items():
                if name in (asked.names or NAMES):
                    print(f"{name} …", file=sys.stderr)
                    figures += measure()
        finally:
            # What was measured stays measured, also when something behind it fails.
            print(table(figures))
    return int(any(figure.holds is False for figure in figures))


NAMES = (
    "launch",
    "search",
    "read",
    "scroll",
    "index",
    "memory",
    "others",
    "collect",
    "travel",
    "services",
    "mail",
    "import",
    "share_search",
    "share",
)


def _benchmarks(
    corpus: Corpus, work: Path, asked: argparse.Namespace
) -> dict[str, Callable[[], Iterable[Figure]]]:
    from benchmarks import (
        collecting,
        importing,
        indexing,
        launching,
        mail,
        memory,
        others,
        reading,
        scrolling,
        searching,
        services,
        share_search,
        sharing,
        travelling,
    )

    runs: int = asked.runs

    return {
        "launch": lambda: launching.measure(corpus, work, runs),
        "search": lambda: searching.measure(corpus, work, runs),
        "read": lambda: reading.measure(work, runs),
        "scroll": lambda: scrolling.measure(corpus, work, runs),
        "index": lambda: indexing.measure(corpus, work, runs),
        "memory": lambda: memory.measure(corpus, work),
        "others": lambda: others.measure(corpus, work),
        "collect": lambda: collecting.measure(work),
        "travel": lambda: travelling.measure(corpus, work, runs, asked.marks),
        "services": lambda: services.measure(work),
        "mail": lambda: mail.measure(work),
        "import": lambda: importing.measure(work, asked.size),
        "share_search": lambda: share_search.measure(corpus, work, asked.archive),
        "share": lambda: sharing.measure(work, asked.size),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure rilo-reader, each figure beside its baseline in the same run.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all")
    parser.add_argument("--size", type=int, default=10_000, help="articles (10000)")
    parser.add_argument("--runs", type=int, default=15, help="rounds of each launch (15)")
    parser.add_argument("--marks", type=int, default=100_000, help="marks that travel (100000)")
    parser.add_argument(
        "--corpus", type=Path, help="a folder of make_corpus.py to use as it is, with its truth"
    )
    parser.add_argument(
        "--archive",
        type=Path,
        help="a folder that keeps the archives of share_search for next time",
    )
    parser.add_argument(
        "--home", type=Path, help="a home with an index of that folder; its marks are not touched"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
