"""How many examples a property is tried on: all of them in CI, a tenth where somebody waits."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import HealthCheck, settings

DEFAULT = 100
"""Examples of a property that names no number, in CI."""

QUICK = 10
"""Examples of such a property anywhere else."""


def register_profiles() -> None:
    """Register hypothesis's profiles `ci` and `quick`; load them by name.

    CI must say the same of the same tree, while each quick run looks at new examples. No example
    has a deadline, since how long one takes says more of the machine than of us.
    """
    settings.register_profile("ci", max_examples=DEFAULT, derandomize=True, deadline=None)
    settings.register_profile("quick", max_examples=QUICK, deadline=None)


def examples(number: int, *, suppress: Collection[HealthCheck] = ()) -> settings:
    """A decorator that tries a property on `number` examples in CI, on a tenth in a quick run.

    Args:
        number: examples in CI.
        suppress: hypothesis's health checks that do not hold of this property.
    """
    scaled = max(1, number * settings().max_examples // DEFAULT)
    return settings(max_examples=scaled, suppress_health_check=suppress)
