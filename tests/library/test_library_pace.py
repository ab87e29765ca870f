"""How fast indexing goes and how long it still takes."""

from __future__ import annotations

from rilo_reader.library import Progress
from rilo_reader.library.progress import SpeedMeter, rough_duration
from tests.support.for_each import for_each


class Told:
    """A pace that hears reports at moments of a clock of its own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pace = SpeedMeter(lambda: self.now)

    def hear(
        self, *reports: tuple[float, int], total: int | None = 1000
    ) -> tuple[float | None, float | None]:
        """What is said after reports of (seconds since the last one, files that are done)."""
        for seconds, done in reports:
            self.now += seconds
            self.pace.add(Progress(done, total))
        return self.pace.speed, self.pace.seconds_left


def test_nothing_is_said_before_it_can_be_told() -> None:
    told = Told()
    assert told.hear() == (None, None)
    assert told.hear((0, 0), (0.5, 100)) == (None, None)
    assert told.hear((0.5, 100)) == (100, 9)
    assert Told().hear((0, 5), (2, 5)) == (None, None)  # standing still is no speed


def test_while_the_folder_is_listed_there_is_no_time_left() -> None:
    told = Told()
    assert told.hear((0, 0), (2, 500), total=None) == (250, None)
    assert told.hear((1, 0), (2, 100)) == (50, 18)


def test_the_speed_is_of_the_last_seconds_of_one_run() -> None:
    told = Told()
    assert told.hear(*((1, 10 * n) for n in range(20)))[0] == 10
    reports = ((1, 190 + 20 * n) for n in range(1, 11))
    assert told.hear(*reports) == (20, (1000 - 390) / 20)
    assert told.hear((5, 3)) == (None, None)  # another run begins anew


@for_each(
    "seconds, said",
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
