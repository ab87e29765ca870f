"""What differs on Windows, tried anywhere: its names, paths and locks are handed in."""

import asyncio
import io
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, cast

import pytest

from rilo_reader.__main__ import write_utf8
from rilo_reader.files import replace_with_retry
from rilo_reader.index import directory
from rilo_reader.query.dates import Calendar
from rilo_reader.store.devices import path_from_uri
from rilo_reader.store.file_kinds import to_native_path
from rilo_reader.text import command_words
from rilo_reader.tui.children import Collector
from tests.support.for_each import for_each

DEVICES = ["con.md", "a/NUL", "a/aux.b.md", "LPT1.md", "com² .md"]
STRANGE = [
    "a:b.md",
    "c:/a.md",
    "a\\b.md",
    "a./b.md",
    "a /b.md",
    "a.md.",
    "why?.md",
    'a"b.md',
    "a|b.md",
]


@for_each("path", [*DEVICES, *STRANGE])
def test_a_path_never_names_a_device_a_drive_or_a_stream(path: str) -> None:
    assert to_native_path(path, windows=True) is None
    assert to_native_path(path, windows=False) == path


@for_each("path", ["a/b.md", "console.md", "a.con", "nullen/aux-1.md", "é/税関.md"])
def test_other_paths_are_paths(path: str) -> None:
    assert to_native_path(path, windows=True) == path


def test_addresses_of_files_have_paths() -> None:
    assert path_from_uri("file:///C:/My%20News/%C3%A9", windows=True) == "C:/My News/é"
    assert path_from_uri("file://server/share/a", windows=True) == "//server/share/a"
    folder = Path("/a b/é\udcff")
    assert path_from_uri(folder.as_uri(), windows=False) == str(folder)


def test_commands_keep_their_backslashes() -> None:
    command = r'"C:\Program Files\Vim\gvim.exe" --nofork C:\a.txt'
    words = [r"C:\Program Files\Vim\gvim.exe", "--nofork", r"C:\a.txt"]
    assert command_words(command, windows=True) == words
    assert command_words(r"a 'b c' d\ e", windows=False) == ["a", "b c", "d e"]
    with pytest.raises(ValueError, match="quotation"):
        command_words('"C:\\a', windows=True)


def test_a_file_that_is_being_read_is_replaced_once_it_is_not(tmp_path: Path) -> None:
    temporary, target = tmp_path / "new", tmp_path / "old"
    temporary.write_text("new")
    target.write_text("old")
    assert _replaced_after(2, temporary, target, attempts=3) == "new"
    with pytest.raises(PermissionError):
        _replaced_after(3, target, temporary, attempts=3)


def _replaced_after(failures: int, temporary: Path, target: Path, *, attempts: int) -> str:
    """The target's text, where the system refuses so many times, as Windows does."""
    left = iter(range(failures))

    def replace(source: str | Path, file: str | Path) -> None:
        if next(left, None) is not None:
            raise PermissionError(13, "The process cannot access the file")
        Path(source).replace(file)

    replace_with_retry(temporary, target, attempts=attempts, replace=replace)
    return target.read_text()


def test_an_index_can_be_used_where_there_are_no_such_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = directory.open_home(tmp_path).home
    assert home is not None
    with directory.hold_current(home):
        monkeypatch.setattr(directory, "fcntl", None)
        assert not directory.is_kept_current(home)  # so everybody looks for themselves
        with directory.hold_current(home):
            pass


class _Process:
    """A process of Windows, which takes no SIGINT."""

    returncode: int | None = None

    def send_signal(self, number: int) -> None:
        raise ValueError(f"Unsupported signal: {number}")

    def terminate(self) -> None:
        self.returncode = 1

    async def wait(self) -> int:
        assert self.returncode is not None
        return self.returncode


async def test_a_child_that_takes_no_signal_is_ended() -> None:
    process = _Process()

    class Started(Collector):
        async def _start_process(self, *_: Any, **__: Any) -> asyncio.subprocess.Process:
            self._process = cast(asyncio.subprocess.Process, process)
            raise OSError

    child = Started()
    async for _ in child.run("refresh"):
        pass
    await child.close()
    assert process.returncode == 1


class _Zone(tzinfo):
    """A zone of Windows, which has no time before 1970."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        if moment is not None and moment.year < 1970:
            raise OSError(22, "Invalid argument")
        return timedelta(hours=1)

    def tzname(self, moment: datetime | None) -> str:
        return "UTC+1"

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta()


def test_days_before_1970_are_days() -> None:
    calendar = Calendar(datetime(2026, 11, 28, 12, tzinfo=_Zone()))
    landing = datetime(1969, 7, 20)  # noqa: DTZ001  # a day of the calendar
    first, after = calendar.span_of_day(landing)
    assert after is not None
    assert first.astimezone(UTC) == datetime(1969, 7, 19, 23, tzinfo=UTC)
    assert after - first == timedelta(days=1)
    assert calendar.day_of(first) == landing


@pytest.mark.parametrize("windows", [True, False])
def test_what_is_piped_is_utf8(windows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    write_utf8(stream, windows=windows)
    assert stream.encoding == ("utf-8" if windows else "cp1252")
    write_utf8(None, windows=windows)
