"""What is asked of a worker that decodes pictures; Pillow is imported there, not here."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from rilo_reader.errors import NotReadableError
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

DECODER = "rilo_reader.pictures.decode"
SECONDS = 5.0  # of processor time for one picture


async def decoded(pool: WorkerPool, function: str, *arguments: object, **named: object) -> Any:  # noqa: ANN401
    """Call a function of `decode` in a worker; raises NotReadableError, also if it is too slow."""
    try:
        return await pool.run(partial(_call, function, *arguments, **named), seconds=SECONDS)
    except WorkTimeoutError as error:
        raise NotReadableError("It takes too long to decode.") from error
    except WorkerDiedError as error:
        raise NotReadableError("It crashes the process that decodes it.") from error


def _call(function: str, *arguments: object, **named: object) -> object:
    decode = import_module(DECODER)
    try:
        return getattr(decode, function)(*arguments, **named)
    except NotReadableError:
        raise
    except Exception as error:  # Pillow raises whatever its formats come to
        raise NotReadableError(f"It is damaged ({type(error).__name__}).") from error
