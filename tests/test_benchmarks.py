"""The benchmarks themselves: what holds and what misses, and that a small run prints its table."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import corpus
from benchmarks.calling import CallRecorder, send
from benchmarks.figures import Figure, interleaved, percentile, table

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiRequest, FetchLimits
from tests.support.for_each import for_each
from tests.support.servers import Asked, serving

ROOT = Path(__file__).resolve().parent.parent


@for_each(
    "figure, holds",
    [
        (Figure("x", 120, "ms", 100, ratio_floor=1.25), True),
        (Figure("x", 130, "ms", 100, ratio_floor=1.25), False),
        (Figure("x", 50, "ms", floor=50), True),
        (Figure("x", 50.1, "ms", 1000, floor=50), False),
        (Figure("x", 85, "MB", 30, above=60), True),
        (Figure("x", 95, "MB", 30, above=60), False),
        (Figure("x", 10, "ms", 100, ratio_floor=1.25, floor=5), False),
        (Figure("x", 10, "ms", 100), None),
    ],
)
def test_a_floor_holds_or_is_missed(figure: Figure, holds: bool | None) -> None:
    assert figure.holds is holds
    assert ("MISSED" in table([figure])) == (holds is False)


def test_columns_are_aligned() -> None:
    lines = table(
        [
            Figure("short", 1.234, "ms", 10, "something", 1.25),
            Figure("a longer name", 1234.5, "s", floor=2000),
        ]
    ).splitlines()
    assert [line.find("≤") for line in lines[1:]] == [lines[0].index("floor")] * 2
    assert "1.23 ms" in lines[1]
    assert "1,234 s" in lines[2]


def test_percentiles_and_medians() -> None:
    values = [float(value) for value in range(100)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.95, 1.0)] == [0, 50, 95, 99]
    taken = iter([1.0, 10.0, 5.0, 50.0, 3.0, 30.0])
    assert interleaved(3, lambda: next(taken), lambda: next(taken)) == (3.0, 30.0)


@pytest.mark.slow
def test_a_corpus_of_our_own_counts_its_words_truly(tmp_path: Path) -> None:
    made = corpus.make(tmp_path / "corpus", 30, own_words=True)
    texts = [file.read_text(encoding="utf-8").split() for file in made.folder.rglob("0*.md")]
    assert len(texts) == 30
    for word, count in made.words.items():
        assert (
            sum(word in text or f'"{word}' in text or f'{word}"' in text for text in texts) == count
        )


async def test_a_bare_client_sends_what_ours_has_sent() -> None:
    with serving() as server:
        address = server.page("/a", b'{"a": 1}')
        server.page("/token", b"not JSON")
        async with HttpClient(FetchLimits(), proxies={}) as client:
            recorder = CallRecorder(client)
            first = recorder.call_api(
                ApiRequest(address, headers={"X-Key": "1"}, is_private_allowed=True)
            )
            second = recorder.call_api(
                ApiRequest(server.url("/token"), "PUT", body=b"x", is_private_allowed=True)
            )
            await asyncio.gather(first, second)
            await recorder.call_api(ApiRequest(address, is_private_allowed=True))
        assert [call.after for call in recorder.calls] == [0, 0, 2]
        sent = list(map(_summary, server.asked))
        server.asked.clear()
        await send(recorder.calls)
        assert sorted(map(_summary, server.asked)) == sorted(sent)


def _summary(asked: Asked) -> tuple[str, str, str]:
    return asked.method, asked.path, asked.headers.get("x-key", "")


@pytest.mark.slow
def test_a_small_run_prints_figures_beside_their_baselines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--size", "12", "--runs", "1", "index"],
        cwd=ROOT,
        env={**os.environ, "RILO_SHARED": str(tmp_path)},  # the generator of our own will do
        capture_output=True,
        text=True,
        check=False,
    )
    # A floor may be missed on twelve files: the run is what is tested, never its speed.
    assert done.returncode in (0, 1), done.stderr
    assert "index of 13 files" in done.stdout
    assert "read and parse them" in done.stdout
    assert "one file saved to committed" in done.stdout


def test_an_unknown_benchmark_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"speed" in done.stderr
