"""`sync` on the command line, over real marks and a real folder."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.paths import library_name
from rilo_reader.plugins.devices.sync import JournalSync
from rilo_reader.plugins.devices.verb_exchange import exchange_marks
from rilo_reader.store.marks import AHEAD, GestureContext, wall_clock
from rilo_reader.store.state import State, open_state
from tests.support.annotate import journal, stamp
from tests.support.command_line import User
from tests.support.terminal import config_file

STAMP = stamp(0)


def state_of(user: User, ahead: int = 0) -> State:
    """The marks, while the clock is so many milliseconds ahead."""
    name = library_name(user.library.resolve())
    file = user.home / "state" / "rilo-reader" / f"{name}.db"
    return open_state(file, rules=GestureContext(lambda: wall_clock() + ahead))


def mark_read(user: User, *articles: str) -> None:
    with closing(state_of(user)) as state:
        state.set_read(map(ArticleId, articles), True)


def star_ahead(user: User) -> None:
    """Star an article while the clock is three days ahead."""
    with closing(state_of(user, 3 * AHEAD)) as state:
        state.set_starred([ArticleId("a")], True)


def own_lines(user: User) -> str:
    """All lines of the journals of devices that are not `phone`."""
    files = (user.library / ".rilo" / "marks").glob("[!p]*/*.log")
    return "".join(file.read_text(encoding="utf-8") for file in sorted(files))


def test_the_folder_of_before_is_shared_again(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    shared = user.home / "stick"
    user.run("sync", "on", "--folder", str(shared))
    for _ in range(2):
        user.run("sync", "off").says(f"{shared} stays as it is")
        assert f"through {shared}" in user.run("sync", "on").out
    user.run("sync", "off")
    shared.rename(user.home / "away")
    user.run("sync", "on").failed(1, "does not exist")
    other = user.home / "other"
    user.run("sync", "on", "--folder", str(other)).says(f"through {other}")


def test_copies_of_a_journal_from_a_clock_that_was_ahead_are_no_news(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    user.ask("sync", "on")
    user.ask("mark", "read", "a")
    own = max((user.library / ".rilo" / "marks").glob("*/*.log"))
    later = f"{wall_clock() + 3 * AHEAD << 16:016x}"
    copy = own.with_stem(f"{own.stem} (conflicted copy)")
    copy.write_text(f"{own.read_text()}{later}\tstarred=1\ta\n")
    for _ in range(2):
        assert user.run("sync", "now").err == ""
    assert user.ask("list", "--json").objects[0]["starred"] is False
    assert "Quarantined" in user.run("sync", "status").out


def test_what_another_device_did_is_there_after_a_sync_also_when_it_is_forgotten(
    user: User,
) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    assert user.ask("list", "--json").objects[0]["read"] is False
    assert user.ask("sync", "on").code == 0
    there = journal(user.library / ".rilo", "phone", f"{STAMP}\tread=1\ta\tnot-here")
    told = "0 changes sent, 1 line read, 2 articles changed.\n"
    assert user.ask("sync", "now") == (0, told, "")
    assert user.ask("list", "--json").objects[0]["read"] is True
    user.ask("sync", "forget", "phone").says()
    assert not there.parent.exists()
    assert f"{STAMP}\tread=1\ta\tnot-here\n" in own_lines(user)
    user.ask("sync", "forget", "phone").failed(1, "no device phone")


def test_unread_articles_of_feeds_are_counted_with_what_arrived(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    feeds = config_file(user.home, "feeds.toml")
    feeds.write_text('[[feeds]]\nurl = "https://example.org/feed"\n')
    user.ask("sync", "on")
    journal(user.library / ".rilo", "phone", f"{STAMP}\tread=1\ta")
    assert user.ask("feeds").code == 0
    with closing(state_of(user)) as state:
        assert state.ids_with("read") == ["a"]


def test_what_is_done_here_is_written_until_sync_is_turned_off(user: User) -> None:
    mark_read(user, "a")
    user.ask("sync", "on").says(str(user.library / ".rilo"))
    mark_read(user, "b")
    assert "1 change sent" in user.ask("sync", "now").out
    assert "\tread=1\ta\n" in own_lines(user)
    assert "\tread=1\tb\n" in own_lines(user)
    assert user.ask("sync", "now").out == "0 changes sent, 0 lines read, 0 articles changed.\n"
    before = own_lines(user)
    user.ask("sync", "off").says("stays as it is")
    mark_read(user, "c")
    user.ask("sync", "now").failed(1, "sync is off")
    assert own_lines(user) == before
    assert "off" in user.ask("sync", "status").out
    assert user.ask("sync", "off").out == "Sync is off.\n"


def test_a_device_has_the_name_that_its_user_gives_it(user: User) -> None:
    assert user.ask("sync", "on", "--name", "Büro, 1. Stock").code == 0
    assert "Büro, 1. Stock" in user.ask("sync", "status").out
    assert "\tBüro, 1. Stock\tsnapshot\n" in own_lines(user)
    # Another name travels at once; without one it keeps what it has.
    mark_read(user, "a")
    assert user.ask("sync", "on", "--name", "Büro").code == 0
    assert user.ask("sync", "on").code == 0
    last = max((user.library / ".rilo").glob("marks/*/*.log"))
    assert "\tBüro\n" in last.read_text(encoding="utf-8")
    assert "\tread=1\ta\n" in own_lines(user)
    (status,) = user.ask("sync", "status", "--json").objects
    assert [each["name"] for each in status["devices"]] == ["Büro"]
    for name in ("", "\x1b\n", "x" * 61):
        assert user.ask("sync", "on", "--name", name).code == 2
    assert user.ask("sync", "now", "--name", "Büro").code == 2


def test_the_status_is_for_people(user: User) -> None:
    mark_read(user, "a")
    user.ask("sync", "on")
    journal(
        user.library / ".rilo",
        "phone",
        f"{STAMP}\tread=1\ta",
        f"{STAMP}\tcolour=blue\ta",
        f"7{STAMP[1:]}\tread=0\ta",
        "\x1b[31mnonsense",
    )
    user.ask("sync", "now")
    mark_read(user, "b")
    found = user.ask("sync", "status")
    assert (found.code, found.err) == (0, "")
    for part in (
        f"Sync is on, in {user.library / '.rilo'}",
        "1 change of this device waits",
        "this device",
        "Phone  phone: seen 21 Sep",
        "Quarantined, from Phone: 1 line from a clock that is more than a day ahead",
        "1 line from a newer rilo-reader (colour)",
        "1 line that cannot be read: Line 5",
    ):
        assert part in found.out
    assert "\x1b" not in found.out


def test_the_status_is_for_programs(user: User) -> None:
    assert user.ask("sync", "status", "--json").objects[0]["folder"] is None
    user.ask("sync", "on")
    journal(user.library / ".rilo", "phone", f"{STAMP}\tread=1\ta", f"7{STAMP[1:]}\tread=0\ta")
    user.ask("sync", "now")
    (status,) = user.ask("sync", "status", "--json").objects
    assert status["folder"] == str(user.library / ".rilo")
    this, phone = status["devices"]
    assert (this["this"], this["id"]) == (True, status["device"])
    assert phone | {"size": 0} == {
        "id": "phone",
        "name": "Phone",
        "this": False,
        "heard": "2026-09-21T14:13:20+00:00",
        "files": 1,
        "size": 0,
        "read": 2,
        "waiting": 0,
    }
    (aside,) = status["aside"]
    assert (aside["device"], aside["why"], aside["lines"]) == ("Phone", "ahead", 1)
    assert (status["waiting"], status["problem"]) == (0, "")


def test_a_folder_that_is_gone_is_one_line(user: User) -> None:
    user.ask("sync", "on")
    shutil.rmtree(user.library / ".rilo")
    mark_read(user, "a")
    for action in ("now", "status"):
        found = user.ask("sync", action)
        assert found.code == 1
        assert found.err.count("\n") == 1
        assert "does not exist" in found.err
    assert "1 change of this device waits" in user.ask("sync", "status").out
    assert user.ask("sync", "on").code == 0
    assert "\tread=1\ta\n" in own_lines(user)


def test_on_a_new_machine_marks_come_before_articles(user: User) -> None:
    user.default.unlink()
    user.run("sync", "now").failed(1, "rilo-reader add URL")
    folder = user.home / "cloud"
    journal(folder, "phone", f"{STAMP}\tread=1\ta")
    user.run("sync", "on", "--folder", str(folder)).says("1 line read, 1 article changed")
    shutil.copy(user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"'), user.default)
    assert user.run("list", "--json").objects[0]["read"] is True


def test_a_named_folder_that_is_gone_waits_and_is_named_in_the_advice(user: User) -> None:
    folder = user.home / "my stick" / "rilo"
    user.ask("sync", "on", "--folder", str(folder))
    mark_read(user, "a")
    away = folder.rename(user.home / "away")
    for found in (user.ask("sync", "now"), user.ask("sync", "on")):
        assert found.code == 1
        assert f"rilo-reader sync on --folder '{folder}'" in found.err
    assert not folder.exists()
    assert not (user.library / ".rilo").exists()
    away.rename(folder)
    # It is the folder of before, where no other is named.
    user.ask("sync", "on").says(str(folder), "1 change sent")
    shutil.rmtree(folder)
    assert user.ask("sync", "on", "--folder", str(folder)).code == 0
    assert list(folder.glob("marks/*/*.log"))


@pytest.mark.slow
def test_old_devices_are_forgotten_at_once(user: User) -> None:
    """What three machines leave behind whose homes were copied and restored."""
    user.ask("sync", "on", "--name", "Office")
    folder = user.library / ".rilo"
    later = stamp(1 << 16)
    for device, name, when in (
        ("phone-1", "Phone", STAMP),
        ("phone-2", "Phone", later),
        ("phone-3", "Phone", STAMP),
        ("office-9", "Office", later),
        ("tablet-1", "Tablet", STAMP),
    ):
        journal(folder, device, f"{when}\tread=1\t{device}", name=name)
    user.ask("sync", "now")
    user.ask("sync", "forget", "Phone").failed(1, "3 devices")
    found = user.ask("sync", "forget", "--old")
    assert (found.code, found.err) == (0, "")
    forgotten = [line for line in found.out.splitlines() if " is forgotten" in line]
    assert [line.partition(" is ")[0] for line in forgotten] == [
        "Office (office-9)",
        "Phone (phone-1)",
        "Phone (phone-3)",
    ]
    (status,) = user.ask("sync", "status", "--json").objects
    assert [each["name"] for each in status["devices"]] == ["Office", "Phone", "Tablet"]
    lines = "".join(file.read_text() for file in folder.glob("marks/*/*.log"))
    assert all(f"\t{device}\n" in lines for device in ("phone-1", "phone-3", "office-9"))
    assert "No two devices" in user.ask("sync", "forget", "--old").out
    user.ask("sync", "off")
    assert "sync is off" in user.ask("sync", "forget", "--old").err


@pytest.mark.slow
def test_a_clock_that_was_ahead_is_told_and_what_it_dated_travels(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    mark_read(user, "a")
    user.ask("sync", "on")
    star_ahead(user)
    user.ask("list")
    found = user.ask("mark", "unread", "a")
    assert found.code == 0
    assert "clock was ahead: 1 change was given a new date" in user.ask("sync", "status").out
    (status,) = user.ask("sync", "status", "--json").objects
    assert status["dated_anew"].startswith(f"{datetime.now(UTC):%Y}")
    assert status["ahead"] is None
    now = datetime.now(UTC).isoformat()
    assert all(each["when"] <= now for each in user.ask("history", "--json").objects)
    lines = [line for line in own_lines(user).splitlines() if not line.startswith("rilo-marks")]
    assert all(int(line[:16], 16) >> 16 <= time.time() * 1000 for line in lines)
    assert [line.split("\t")[1] for line in lines][-2:] == ["starred=1", "read=0"]


def test_a_clock_that_may_be_behind_is_told_and_the_user_decides(user: User) -> None:
    with closing(state_of(user)) as state:
        sync = JournalSync(state.journals, user.home / "a lock", wall_clock)
        sync.turn_on(user.library / ".rilo")
    star_ahead(user)
    user.ask("sync", "now")
    found = user.ask("sync", "status")
    assert "which is ahead of the clock" in found.out
    assert "rilo-reader sync on" in found.out
    assert "1 change was given a new date" in user.ask("sync", "on").out
    assert "ahead of the clock" not in user.ask("sync", "status").out


@pytest.mark.slow
def test_undo_says_that_it_cannot_turn_sync_and_takes_the_step_before_the_next_time(
    user: User,
) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    user.ask("mark", "star", "a")
    for action, other in (("on", "off"), ("off", "on")):
        user.ask("sync", action)
        user.ask("sync", action)  # which changes nothing
        cannot = f"Turned sync {action}: undo cannot take that back"
        user.ask("undo").failed(1, cannot, f"rilo-reader sync {other}")
        assert user.ask("history", "--json").objects[0]["what"] == f"Turned sync {action}"
        user.ask("undo").says("Undone: starred Ivory")
        user.ask("undo", "--redo").says("Redone: starred Ivory")


@pytest.mark.slow
def test_a_journal_of_the_year_2300_is_read_like_any_other(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    user.ask("sync", "on")
    file = journal(user.library / ".rilo", "phone", f"{STAMP}\tread=1\ta")
    late = datetime(2300, 1, 1, tzinfo=UTC).timestamp()
    os.utime(file, (late, late))
    for verb in (["list", "--json"], ["search", "horn", "--json"]):
        found = user.ask(*verb)
        assert (found.code, found.err) == (0, "")
        assert found.objects[0]["read"] is True
    assert user.ask("mark", "unread", "a").code == 0


@pytest.mark.slow
def test_a_command_says_that_a_stale_copy_took_the_place_of_the_journal(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    user.ask("sync", "on")
    assert user.ask("mark", "read", "a").code == 0
    (own,) = (user.library / ".rilo" / "marks").iterdir()
    newest = max(own.iterdir())
    stale = newest.read_bytes()
    assert user.ask("mark", "star", "a").code == 0
    newest.write_bytes(stale)
    found = user.ask("history")
    assert "so a new one was started" in found.err
    assert user.ask("history").err == ""
    user.ask("undo").says("starred Ivory")
    user.ask("undo").says("marked Ivory as read")


def test_what_takes_too_long_to_read_is_read_the_next_time(user: User) -> None:
    user.ask("sync", "on")
    for device in ("phone-1", "phone-2"):
        journal(user.library / ".rilo", device, f"{STAMP}\tread=1\t{device}")
    with closing(state_of(user)) as state:
        [told] = exchange_marks(state, 0.0).messages
        assert "they are read next time" in told
        assert state.ids_with("read") == ["phone-1"]
        assert exchange_marks(state, 0.0).messages == ()
        assert len(state.ids_with("read")) == 2


@pytest.mark.slow
def test_a_sync_writes_notes_and_takes_over_what_was_edited_there(user: User) -> None:
    pytest.importorskip("rilo_reader.plugins.highlights")
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    user.settings(f'folders = ["{user.library}"]\nnotes_folder = "~/vault"\n')
    assert user.ask("list").code == 0
    assert user.ask("sync", "on").code == 0
    journal(
        user.library / ".rilo",
        "phone",
        f'{stamp(0)}\thighlight:aaaaaaa1={{"exact":"Horn."}}\ta',
        f"{stamp(1)}\tnote:aaaaaaa1=Whose?\ta",
    )
    found = user.ask("sync", "now")
    assert (found.code, found.err) == (0, "")
    assert found.out.endswith("\n1 note written.\n")
    (file,) = (user.home / "vault").glob("ivory-*.md")
    file.write_bytes(file.read_bytes().replace(b"Whose?", b"Mine."))
    assert user.ask("sync", "now").code == 0
    assert "note:aaaaaaa1=Mine." in own_lines(user)
    file.chmod(0o444)
    with closing(state_of(user)) as state:
        state.undo(state.history.read()[0].id)
    found = user.ask("sync", "now")
    assert found.code == 1
    assert f"{file.name} on a could not be written: it is read-only." in found.err


def test_what_is_set_aside_is_said_where_one_is(user: User) -> None:
    user.ask("sync", "on")
    journal(user.library / ".rilo", "phone", f"{STAMP}\tread=1\ta", f"7{STAMP[1:]}\tread=0\ta")
    user.article("one.md", "One", "2019-03-07", "Text.")
    said = (
        "Quarantined, from Phone: 1 line from a clock that is more than a day ahead; applied from"
    )
    for verb in (("sync", "now"), ("mark", "star", "one.md"), ("history",), ("list",)):
        found = user.ask(*verb)
        assert found.code == 0
        assert said in found.err
    (user.library / ".rilo" / "marks" / "phone" / "00000001.log").unlink()
    assert "Quarantined" not in user.ask("sync", "now").err


def test_sync_that_is_on_needs_no_folder_of_articles(user: User, tmp_path: Path) -> None:
    user.default.unlink()
    user.run("sync", "status").failed(1, "does not exist yet")
    user.run("sync", "on", "--folder", str(tmp_path / "shared"))
    user.default.rmdir()
    user.run("sync", "status").says("Sync is on")
