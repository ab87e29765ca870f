"""Clocks that are wrong, at the server and at desks: nothing is lost or marked by them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.paths import marks_file
from rilo_reader.store.state import open_state
from tests.plugins.archive.desks import Desk, make_archive
from tests.support.postgresql import Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]


class Desks:
    """Anna has two machines, ben one."""

    def __init__(self, archive: Archive, home: Path) -> None:
        self.archive = archive
        make_archive(archive, anna="contributor", ben="contributor")
        self.anna = Desk(home / "anna", archive.url("anna"))
        self.laptop = Desk(home / "laptop", archive.url("anna"))
        self.ben = Desk(home / "ben", archive.url("ben"))

    def set_server(self, years: int) -> None:
        """Have the clock of the server go wrong by so many years, 0 for right."""
        self.archive.sql(
            "alter table rilo.log alter added set default"
            f" clock_timestamp() + interval '{years} years'"
        )

    def exchange(self) -> None:
        """Exchange at all desks, until nothing is new; nothing is taken for restored."""
        for desk in (self.anna, self.ben, self.laptop) * 2:
            assert not desk.exchange().restored


@pytest.fixture
def desks(archive: Archive, tmp_path: Path) -> Desks:
    return Desks(archive, tmp_path)


@pytest.mark.parametrize("years", [-1, 1])
def test_the_clock_of_the_server_jumps_and_comes_back(desks: Desks, years: int) -> None:
    desks.anna.write("a.md", '+++\nid = "a"\n+++\n\nText\n')
    desks.anna.collect(("1", "first"))
    desks.exchange()
    for clock, desk in (
        (years, desks.ben),
        (0, desks.anna),
        (-years, desks.laptop),
        (0, desks.ben),
    ):
        desks.set_server(clock)
        desk.edit(ArticleId("a"), f"\n{clock} at {desk.home.name}\n")
        desk.collect((f"{clock} {desk.home.name}", "new"))
        desk.star("a", value=desk is not desks.laptop)
        desks.exchange()
        assert desks.anna.texts() == desks.ben.texts() == desks.laptop.texts()
    text = desks.anna.texts()[ArticleId("a")]
    assert [line for line in text.splitlines() if " at " in line] == [
        f"{years} at ben", "0 at anna", f"{-years} at laptop", "0 at ben"
    ]  # fmt: skip
    assert len(desks.anna.texts()) == 6
    assert desks.archive.sql("select count(*) from rilo.log") == "10"
    assert desks.ben.marks("a").starred
    assert not desks.anna.marks("a").starred, "she took it back on her laptop"


def test_a_backup_is_noticed_whatever_the_clock_says(desks: Desks, tmp_path: Path) -> None:
    desks.anna.write("a.md", '+++\nid = "a"\n+++\n\nText\n')
    desks.exchange()
    desks.archive.backup(tmp_path / "dump")
    desks.anna.collect(("1", "after the backup"))
    desks.exchange()
    desks.archive.restore(tmp_path / "dump")
    desks.set_server(-1)
    desks.ben.collect(("2", "after it was restored"))
    assert desks.ben.exchange().restored
    for desk in (desks.anna, desks.ben, desks.laptop) * 2:
        desk.exchange()
    assert desks.anna.texts() == desks.ben.texts() == desks.laptop.texts()
    assert len(desks.anna.texts()) == 3


# -- desks ----------------------------------------------------------------------------------------

EXCHANGE = """
import sys
from pathlib import Path
from rilo_reader.paths import marks_file
from rilo_reader.store.state import open_state
from tests.plugins.archive.desks import Desk
home, url, window, *stars = sys.argv[1:]
desk = Desk(Path(home), url)
for star in stars:
    desk.star(star)
if window:
    desk.set_window(window)
desk.exchange()
"""


def exchange_at(days: int, desk: Desk, url: str, *stars: ArticleId, window: str = "") -> None:
    """Give stars and exchange in a process whose clock is wrong by so many days."""
    if shutil.which("faketime") is None:
        pytest.skip("no faketime here")
    command = ["faketime", "-f", f"{days:+}d", sys.executable, "-c", EXCHANGE]
    done = subprocess.run(
        [*command, str(desk.home), url, window, *stars], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("days", [-365, 365])
def test_the_clock_of_a_desk_is_wrong_by_a_year(desks: Desks, days: int) -> None:
    """Nothing is lost, and nobody has a mark that they did not make."""
    url = desks.archive.url("anna")
    desks.anna.collect(("1", "first"), ("2", "second"))
    desks.exchange()
    first, second = sorted(desks.anna.files())
    desks.laptop.star(second)
    desks.laptop.write("mine.md", "Mine\n")
    exchange_at(days, desks.laptop, url, first)
    desks.exchange()
    assert desks.anna.marks(first).starred is (days < 0), "what is stamped ahead waits"
    with closing(open_state(marks_file(desks.laptop.folder, desks.laptop.paths))) as state:
        state.journals.clock.restamp_future()  # as each verb does, once the clock is right
    desks.exchange()
    for desk in (desks.anna, desks.laptop):
        assert desk.marks(first).starred
        assert desk.marks(second).starred
    desks.anna.star(first, False)
    desks.exchange()
    exchange_at(days, desks.laptop, url)
    assert not desks.laptop.marks(first).starred
    assert not desks.ben.all_marks()
    assert desks.anna.texts() == desks.ben.texts() == desks.laptop.texts()
    assert len(desks.ben.texts()) == 3


def test_a_window_does_not_move_by_a_desks_wrong_clock(desks: Desks) -> None:
    url = desks.archive.url("ben")
    for days in (10, 200, 500, 900):
        date = (datetime.now(UTC) - timedelta(days)).date()
        desks.anna.write(f"{days}.md", f"---\nid: a{days}\ntitle: T\ndate: {date}\n---\ntext\n")
    desks.anna.exchange()
    desks.ben.set_window("2y")
    desks.ben.exchange()
    assert len(desks.ben.files()) == 3
    exchange_at(400, desks.ben, url)
    assert len(desks.ben.files()) == 3
    exchange_at(-400, desks.ben, url)
    assert len(desks.ben.files()) == 3
