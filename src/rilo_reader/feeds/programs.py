"""Feeds that a program of the user's own prints, or that are fetched and changed by one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.process import Process, ProgramJob

PROGRAM_SECONDS = 60.0
MAX_OUTPUT_BYTES = 20_000_000


async def run_program(
    words: Sequence[str], stdin: bytes = b"", *, seconds: float = PROGRAM_SECONDS
) -> bytes:
    """Run a program, by its name and arguments, and return what it prints.

    No shell reads its arguments, and it is ended with all that it has started. Raises FetchError.
    """
    command = (str(Path(words[0]).expanduser()), *words[1:])
    with tempfile.TemporaryFile() as file:
        file.write(stdin)
        file.seek(0)
        name = f"the program {Path(words[0]).name}"
        job = ProgramJob(name, command, seconds, stdin=file, can_leave_children=False)
        process = Process(job, max_bytes=MAX_OUTPUT_BYTES)
        try:
            outcome = await asyncio.to_thread(process.run)
        except asyncio.CancelledError:
            process.stop()
            raise
    if outcome.problem:
        raise FetchError(Failure.PROGRAM, outcome.problem)
    return process.output_bytes
