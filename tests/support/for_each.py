"""One test of many cases: to start a test takes longer than most cases do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest


def for_each(
    names: str, cases: Iterable[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Try a function on all cases in one test, which names those that fail.

    For cases of a few milliseconds that need no fixture of their own; others are
    `pytest.mark.parametrize`, whose arguments these are.
    """
    parameters = names.replace(" ", "").split(",")
    tried = [case if len(parameters) > 1 else (case,) for case in cases]
    assert tried, "no cases"

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def test(**fixtures: object) -> None:
            failed: list[BaseException] = []
            for case in tried:
                given = dict(zip(parameters, case, strict=True))
                try:
                    function(**given, **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"case: {given}")
                    failed.append(error)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(tried)} cases", failed)

        whole = inspect.signature(function)
        others = [one for name, one in whole.parameters.items() if name not in parameters]
        test.__signature__ = whole.replace(parameters=others)  # type: ignore[attr-defined]
        return test

    return decorate
