"""How many examples a property is tried on: all of them at night, fewer where somebody waits."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import HealthCheck, settings

ALL = 100
"""Examples of a property that names no number, where `CI` is `nightly`."""

IN_CI = 20
"""Examples of such a property before a change lands."""

QUICK = 10
"""Examples of such a property anywhere else."""


def choose_profile(ci: str | None) -> None:
    """Have hypothesis try as many examples as fit what the variable `CI` says.

    CI must say the same of the same tree, while each other run looks at new examples. No example
    has a deadline, since how long one takes says more of the machine than of us.
    """
    settings.register_profile("nightly", max_examples=ALL, deadline=None)
    settings.register_profile("ci", max_examples=IN_CI, derandomize=True, deadline=None)
    settings.register_profile("quick", max_examples=QUICK, deadline=None)
    settings.load_profile("nightly" if ci == "nightly" else "ci" if ci else "quick")


def examples(number: int, *, suppress: Collection[HealthCheck] = ()) -> settings:
    """A decorator that tries a property on `number` examples at night, on a share of them before.

    Args:
        number: examples where `CI` is `nightly`.
        suppress: hypothesis's health checks that do not hold of this property.
    """
    return settings(max_examples=scale_rounds(number, 1), suppress_health_check=suppress)


def scale_rounds(number: int, least: int) -> int:
    """So many rounds at night, and a share of them before, but at least some."""
    return max(least, number * settings().max_examples // ALL)
