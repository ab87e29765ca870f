"""`history` and `undo` on the command line, over real marks and a real folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.cli import all_verbs
from rilo_reader.cli.history import SHORTEST, find_by_name, full_name, short_names
from rilo_reader.feeds.undo import GestureUndoer
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.store.gestures import GestureId
from rilo_reader.store.marks import Stamp
from tests.support.annotate import MOMENT, annotate, journal, stamp
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.for_each import for_each


@pytest.fixture
def reader(user: User) -> User:
    """A user with two articles, one of which they have read."""
    user.article("ivory.md", "Ivory", "2026-03-07", "Parcels.", id='"ivory-1"')
    user.article("horn.md", "Horn", "2026-03-06", "Customs.", id='"horn-1"')
    user.ask("mark", "read", "ivory-1")
    return user


@pytest.fixture
def is_read(reader: User) -> Callable[[str], bool]:
    """Whether an article is read."""

    def found(article: str) -> bool:
        return bool(reader.ask("show", "--json", article).objects[0]["read"])

    return found


def names(user: User) -> list[str]:
    return [line.partition("\t")[0] for line in user.ask("history").out.splitlines()]


def phone_did(user: User, *lines: str) -> None:
    """Turn sync on, and let a journal of another device arrive."""
    pytest.importorskip("rilo_reader.plugins.devices")
    user.ask("sync", "on")
    journal(user.library / ".rilo", "phone", *lines)


def test_an_undo_that_takes_long_says_so(reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a hundred thousand marks at once."""
    undo = GestureUndoer.undo_last

    def wait_and_undo(*given: Any) -> object:
        for timer in threading.enumerate():
            if isinstance(timer, threading.Timer):
                timer.join()
        return undo(*given)

    monkeypatch.setattr(GestureUndoer, "undo_last", wait_and_undo)
    assert "Undoing …" in reader.show("undo", delay=0)
    assert "Redoing …" in reader.show("undo", "--redo", delay=0)


def test_what_was_done_is_listed_newest_first(reader: User) -> None:
    reader.ask("mark", "tag", "customs", "ivory-1", "horn-1")
    out = reader.ask("history").out
    tagged, read = [line.split("\t") for line in out.splitlines()]
    assert tagged[3:] == ["2", "Tagged 2 with customs", "", "Ivory; Horn", "", ""]
    assert read[3:] == ["1", "Marked 1 as read", "", "Ivory", "", ""]
    assert len(tagged[0]) == SHORTEST
    assert reader.ask("history", "--limit", "1").out == "\t".join(tagged) + "\n"


def test_nothing_was_done_or_the_folder_of_the_settings_is_gone(user: User) -> None:
    assert user.ask("history") == (0, "", "")
    user.settings(f'folders = ["{user.home / "gone"}"]\n')
    for verb in ("history", "undo"):
        user.run(verb).failed(1, "named in settings.toml, does not exist")


def test_programs_get_an_object_for_each(reader: User) -> None:
    reader.ask("undo")
    undo, read = reader.ask("history", "--json").objects
    assert set(read) == {
        *("id", "when", "device", "what", "articles", "undone", "undoes", "gesture"),
        *("ids", "titles"),
    }
    assert (read["ids"], read["titles"]) == (["ivory-1"], ["Ivory"])
    assert (read["what"], read["articles"], read["undone"]) == ("Marked 1 as read", 1, True)
    assert (undo["what"], undo["undoes"]) == ("Undone: Marked 1 as read", read["id"])
    assert read["when"].endswith("+00:00")
    # Each of the names takes the gesture back, as each finds it.
    assert reader.ask("undo", undo["gesture"]).code == 0


def test_both_of_two_notes_on_one_passage_can_be_read(reader: User) -> None:
    with open_library(reader.library, user_paths()) as library:
        for note in ("The older one", "The newer one"):
            annotate(library.state, ArticleId("horn-1"), "note:0a1b2c3d", note)
    newer, older = reader.ask("history", "--json", "--limit", "2").objects
    assert (newer["note"], newer["before"]) == ("The newer one", "The older one")
    assert (older["note"], older["before"]) == ("The older one", "")
    first = reader.ask("history").out.splitlines()[0]
    assert first.split("\t")[4:] == ["Wrote 1 note", "", "Horn", "The newer one", "The older one"]


def test_an_article_that_moved_or_is_gone_is_named(reader: User) -> None:
    reader.write("a.md", "# Harbour\n\nText.\n")
    reader.write("b.md", "# Customs\n\nText.\n")
    reader.ask("mark", "star", "a.md", "b.md")
    (reader.library / "b.md").unlink()
    (reader.library / "a.md").rename(reader.library / "moved.md")
    assert reader.ask("index").code == 0
    (made,) = reader.ask("history", "--json", "--limit", "1").objects
    assert (made["ids"], made["titles"]) == (["moved.md", "b.md"], ["Harbour", "b.md"])


@pytest.mark.slow
def test_undo_takes_back_the_last_then_the_one_before(
    reader: User, is_read: Callable[[str], bool]
) -> None:
    reader.ask("mark", "star", "horn-1")
    assert reader.ask("undo") == (0, "Undone: starred Horn.\n", "")
    assert reader.ask("undo").out == "Undone: marked Ivory as read.\n"
    assert not is_read("ivory-1")
    reader.ask("undo").failed(1, "nothing to undo")
    assert reader.ask("undo", "--redo").out == "Redone: marked Ivory as read.\n"
    assert is_read("ivory-1")
    assert reader.ask("undo", "--redo").code == 0
    reader.ask("undo", "--redo").failed(1, "nothing to redo")


@pytest.mark.slow
def test_any_gesture_is_taken_back_by_its_name(
    reader: User, is_read: Callable[[str], bool]
) -> None:
    reader.ask("mark", "star", "horn-1")
    _, read = names(reader)
    (made,) = reader.ask("undo", read[:5], "--json").objects
    assert (made["what"], made["undoes"]) == ("Undone: Marked 1 as read", read)
    assert not is_read("ivory-1")
    reader.ask("undo", read).failed(1, f"undo {read} --redo")
    assert reader.ask("undo", read, "--redo").out == "Redone: marked Ivory as read.\n"
    assert is_read("ivory-1")
    reader.ask("undo", read, "--redo").failed(1, "has not been undone")
    reader.ask("mark", "unread", "ivory-1")
    reader.ask("mark", "read", "ivory-1")
    reader.ask("undo", read).failed(1, "changed again later")
    assert is_read("ivory-1")


@for_each("name", ["0000000", "nonsense", "abc", "phone/0000000000000001"])
def test_a_name_that_is_none_is_said(reader: User, name: str) -> None:
    reader.ask("undo", name).failed(1, "there is no change")


def test_another_devices_gesture_is_taken_back_and_that_travels(
    reader: User, is_read: Callable[[str], bool]
) -> None:
    phone_did(reader, f"{stamp(0)}\tread=1\thorn-1")
    entry = next(
        each for each in reader.ask("history", "--json").objects if each["device"] == "Phone"
    )
    assert entry["gesture"] == f"phone/{stamp(0)}"
    assert is_read("horn-1")
    assert reader.ask("undo", entry["id"]).code == 0
    assert not is_read("horn-1")
    files = (reader.library / ".rilo" / "marks").glob("[!p]*/*.log")
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert f"\tundoes=phone/{stamp(0)}\n" in text


@pytest.mark.slow
def test_hostile_names_of_another_device_are_harmless(reader: User) -> None:
    """Control characters cannot get into a journal in the open; its escapes can."""
    hostile = "a%1B[31m%0AFAKE%09x%E2%80%AE"
    phone_did(
        reader,
        f"{stamp(0)}\ttag:{hostile}=1\tivory-1",
        f"{stamp(1)}\ttag:good%20one=1\tivory-1",
        f"{stamp(2)}\t{hostile}=1\tivory-1",
        f"{stamp(3)}\tread=1\t{hostile}",
        f"{stamp(4)}\tnote:12345678={hostile}\tivory-1",
        f"{stamp(5)}\thighlight:12345678={hostile}\tivory-1",
        f"{stamp(6)}\tundoes={hostile}/{stamp(0)}",
        f"{stamp(6)}\tread={hostile}\tivory-1",
    )
    file = reader.library / ".rilo" / "marks" / "phone" / "00000001.log"
    text = file.read_bytes()
    file.write_bytes(
        text.replace(b"Phone", b"Ph%1B[2Jone%0AFAKE")
        + f"{stamp(7)}\ttag:".encode()
        + b"\x1b]0;owned\x07=1\tivory-1\n\xff\xfe\n"
    )
    if os.name == "posix":
        (file.parent / "\x1b[31m\nFAKE.log").write_bytes(b"rilo-marks 1\tphone\tPhone\nbroken\n")
        (file.parent / "\udcff.log").write_bytes(b"rilo-marks 1\tphone\tPhone\nbroken\n")
    for words in (
        ["history"],
        ["history", "--json"],
        ["sync", "status"],
        ["sync", "status", "--json"],
        ["search", "--json", "ivory"],
        ["list"],
        ["highlights"],
        ["highlights", "--format", "jsonl"],
        ["export", "--to", "-", "--format", "jsonl"],
    ):
        if words[0] not in all_verbs():
            continue
        code, out, err = reader.ask(*words)
        assert code == 0, (words, err)
        for text_ in (out, err):
            assert "\x1b" not in text_
            assert "\x07" not in text_
            assert "\u202e" not in text_
            assert not any(line.startswith("FAKE") for line in text_.splitlines())
    (found,) = reader.ask("search", "--json", "ivory").objects
    assert found["tags"] == ["good one"]
    assert "Ph[2Jone FAKE" in reader.ask("history").out


GESTURES = st.lists(
    st.builds(
        GestureId,
        st.sampled_from(("laptop-0a1b2c3d", "phone", "büro")),
        st.integers(MOMENT << 16, (MOMENT << 16) + 5_000).map(Stamp),
    ),
    unique=True,
    max_size=200,
)


@examples(50)
@given(GESTURES)
def test_a_short_name_names_one_gesture(gestures: list[GestureId]) -> None:
    for gesture, name in short_names(gestures).items():
        assert len(name) >= SHORTEST
        assert find_by_name(gestures, name) == [gesture]
        assert find_by_name(gestures, name.upper()) == [gesture]
        assert full_name(gesture).startswith(name)
        assert find_by_name(gestures, f"{gesture.device}/{gesture.stamp:016x}") == [gesture]


@pytest.mark.slow
def test_names_are_longer_where_some_begin_alike() -> None:
    gestures = [GestureId("phone", Stamp((MOMENT << 16) + number)) for number in range(40_000)]
    names = set(short_names(gestures).values())
    assert len(names) == len(gestures)
    [size] = {len(name) for name in names}
    assert SHORTEST < size < 12
    assert len({name[:-1] for name in names}) < len(names)
