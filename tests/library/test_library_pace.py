"""How fast indexing goes and how long it still takes."""

from __future__ import annotations

import pytest

from rilo_reader.library import Progress
from rilo_reader.library.values import Pace, rough_duration


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def hear(pace: Pace, clock: Clock, *reports: tuple[float, int], total: int | None = 1000) -> None:
    for seconds, done in reports:
        clock.now += seconds
        pace.add(Progress(done, total))


def told(pace: Pace) -> tuple[float | None, float | None]:
    """What is said: asked anew each time, which a checker of types would not believe."""
    return pace.speed, pace.seconds_left


def test_nothing_is_said_before_it_can_be_told() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert told(pace) == (None, None)
    hear(pace, clock, (0, 0), (0.5, 100))
    assert told(pace) == (None, None)
    hear(pace, clock, (0.5, 100))
    assert told(pace) == (100, 9)


def test_while_the_folder_is_listed_there_is_no_time_left() -> None:
    clock = Clock()
    pace = Pace(clock)
    hear(pace, clock, (0, 0), (2, 500), total=None)
    assert (pace.speed, pace.seconds_left) == (250, None)
    hear(pace, clock, (1, 0), (2, 100))
    assert (pace.speed, pace.seconds_left) == (50, 18)


def test_the_speed_is_of_the_last_seconds() -> None:
    clock = Clock()
    pace = Pace(clock)
    hear(pace, clock, *((1, 10 * n) for n in range(20)))
    assert pace.speed == 10
    hear(pace, clock, *((1, 190 + 20 * n) for n in range(1, 11)))
    assert pace.speed == 20
    assert pace.seconds_left == (1000 - 390) / 20


def test_another_run_begins_anew() -> None:
    clock = Clock()
    pace = Pace(clock)
    hear(pace, clock, (0, 0), (2, 900))
    hear(pace, clock, (5, 3))
    assert pace.speed is None


def test_standing_still_is_no_speed() -> None:
    clock = Clock()
    pace = Pace(clock)
    hear(pace, clock, (0, 5), (2, 5))
    assert (pace.speed, pace.seconds_left) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (100, "2 min"),
        (3599, "1 h"),
        (4800, "1 h 20 min"),
        (7200, "2 h"),
    ],
)
def test_times_as_people_say_them(seconds: float, said: str) -> None:
    assert rough_duration(seconds) == said
