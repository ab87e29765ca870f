"""How many examples a property is tried on: all of them at night, fewer where somebody waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings

ALL = 100
"""Examples of a property that names no number, where `CI` is `nightly`."""

QUICK = 10
"""Examples of such a property anywhere else."""


def choose_profile(ci: str | None) -> None:
    """Have hypothesis try as many examples as fit what the variable `CI` says.

    CI must say the same of the same tree, while each other run looks at new examples. No example
    has a deadline, since how long one takes says more of the machine than of us.
    """
    settings.register_profile("nightly", max_examples=ALL, deadline=None)
    settings.register_profile("ci", max_examples=QUICK, derandomize=True, deadline=None)
    settings.register_profile("quick", max_examples=QUICK, deadline=None)
    settings.load_profile("nightly" if ci == "nightly" else "ci" if ci else "quick")


def examples(number: int, *, suppress: Collection[HealthCheck] = ()) -> settings:
    """A decorator that tries a property on `number` examples at night, on a share of them before.

    Args:
        number: examples where `CI` is `nightly`.
        suppress: hypothesis's health checks that do not hold of this property.
    """
    return settings(max_examples=scale_rounds(number, 1), suppress_health_check=suppress)


def is_night() -> bool:
    """Return whether all is tried that there is."""
    return settings().max_examples == ALL


Value = TypeVar("Value")


def sample(values: Sequence[Value], number: int) -> Sequence[Value]:
    """All values at night, before that so many of them, first and last and evenly between.

    For `parametrize`, where each value takes the same way through the code and half a second of the
    processor or more.
    """
    if is_night() or len(values) <= number:
        return values
    return [values[place * (len(values) - 1) // max(1, number - 1)] for place in range(number)]


def scale_rounds(number: int, least: int) -> int:
    """So many rounds at night, and a share of them before, but at least some."""
    return max(least, number * settings().max_examples // ALL)
