"""Notes on highlights on the disk: what the user writes stays, and two devices write the same."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, from_fields, to_json
from rilo_reader.article import ArticleId
from rilo_reader.config import Config
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from rilo_reader.plugins.highlights.notes import (
    ChangedMeanwhileError,
    NoteFiles,
    NoteFolder,
    find_notes_folder,
)
from rilo_reader.plugins.highlights.settings import NoteSettings
from rilo_reader.query.tree import Query
from rilo_reader.store.gestures import Gesture
from rilo_reader.store.state import open_state
from tests.support.annotate import annotate
from tests.support.examples import examples

BEES = ArticleId("https://www.example.org/bees")
PLAIN = ArticleId("plain.md")


class Device:
    """A machine with a library, marks and notes of its own."""

    def __init__(self, home: Path, articles: Path | None = None, config: Config | None = None):
        self.folder = articles or home / "articles"
        if articles is None:
            write_articles(self.folder)
        self.paths = Paths(*(home / name for name in ("config", "data", "state", "cache")))
        self.config = config or Config(folders=(self.folder,))
        self.library: Library = open_library(self.folder, self.paths)
        list(self.library.follower.reconcile())
        self.notes = NoteFiles(self.library, self.config, self.paths)

    @property
    def place(self) -> Path:
        """The folder of notes."""
        folder = find_notes_folder(self.library.folder, self.config, self.paths)
        assert folder is not None
        return folder.folder

    def files(self) -> list[Path]:
        """All notes."""
        return sorted(self.place.rglob("*.md"))

    def note(self) -> Path:
        """The only note."""
        (file,) = self.files()
        return file

    def highlight(
        self, name: str, text: str, note: str = "", start: int = 0, article: ArticleId = BEES
    ) -> Gesture | None:
        """Highlight a text."""
        history = self.library.state
        json = to_json(Highlight(name, Anchor(text, start=start)))
        gesture = annotate(history, article, f"highlight:{name}", json)
        annotate(history, article, f"note:{name}", note)
        return gesture

    def noted(
        self, text: str = "Bees dance.", note: str = "", *, article: ArticleId = BEES
    ) -> Path:
        """The note of an article in which a text is highlighted."""
        self.highlight("aaaaaaa1", text, note, article=article)
        self.notes.update_notes()
        return self.note()

    def note_of(self, name: str, article: ArticleId = BEES) -> str:
        """The note of a highlight."""
        found = from_fields(self.library.state.annotations.read(article))
        return {each.id: each.note for each in found}[name]

    def hear(self, other: Device) -> None:
        """Merge all that another device did."""
        with_state = other.library.state_file
        theirs, mine = open_state(with_state), open_state(self.library.state_file)
        mine.journals.merge_gestures(list(theirs.journals.iter_snapshot()), ())
        theirs.close()
        mine.close()


def exchange(one: Device, two: Device) -> None:
    """Each hears the other, and writes its notes, which are the same then."""
    one.hear(two)
    two.hear(one)
    for device in (one, two):
        device.notes.update_notes()
    for mine, theirs in zip(one.files(), two.files(), strict=True):
        assert (mine.name, mine.read_bytes()) == (theirs.name, theirs.read_bytes())


def write_articles(folder: Path) -> None:
    folder.mkdir(parents=True)
    head = (
        f"---\ntitle: 'Bees: a history'\nurl: {BEES}\ndate: 2026-11-20\ntags: [big cities]\n---\n"
    )
    (folder / "bees.md").write_text(f"{head}\nBees dance. They find their way.\n", "utf-8")
    (folder / "plain.md").write_text("# Plain\n\nNo address.\n", "utf-8")


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path)
    yield made
    made.library.close()


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[tuple[Device, Device]]:
    made = Device(tmp_path / "a"), Device(tmp_path / "b")
    yield made
    for each in made:
        each.library.close()


# -- written ------------------------------------------------------------------------------------


def test_an_article_with_highlights_has_a_note(device: Device) -> None:
    assert device.notes.update_notes().written_count == 0
    assert not device.place.exists()
    device.highlight("aaaaaaa1", "Bees dance.", "Do they?")
    device.highlight("aaaaaaa2", "They find", start=12)
    report = device.notes.update_notes()
    assert (report.written_count, report.taken_count, report.problems) == (1, 0, ())
    assert device.place == device.paths.data / "notes"
    text = device.note().read_text("utf-8")
    _, head, body = text.split("---\n", 2)
    assert yaml.safe_load(head)["highlights_of"] == BEES
    assert yaml.safe_load(head)["tags"] == ["big-cities"]
    assert f"(<{BEES}>)" in body
    assert body.index("> Bees dance.") < body.index("- Note: Do they?") < body.index("> They find")
    assert [line for line in body.split("\n") if line.startswith("^")] == ["^aaaaaaa1", "^aaaaaaa2"]


def test_nothing_is_written_without_need(device: Device) -> None:
    before = device.noted().stat().st_ino
    device.library.state.set_read([BEES], True)
    assert device.notes.update_notes().written_count == 0
    assert NoteFiles(device.library, device.config, device.paths).update_notes().written_count == 0
    shutil.rmtree(device.paths.cache / "notes")
    assert NoteFiles(device.library, device.config, device.paths).update_notes().written_count == 0
    assert device.note().stat().st_ino == before


def test_an_article_without_an_address_is_linked_by_its_file(device: Device) -> None:
    text = device.noted("No address.", article=PLAIN).read_text("utf-8")
    link = text.partition("(<")[2].partition(">)")[0]
    assert (device.place / link).resolve() == device.library.file(PLAIN)


def test_without_highlights_there_is_no_note_and_the_users_text_stays(device: Device) -> None:
    device.highlight("aaaaaaa1", "Bees dance.", "Do they?")
    device.highlight("bbbbbbb1", "No address.", article=PLAIN)
    device.notes.update_notes()
    mine = next(file for file in device.files() if "bees" in file.name)
    mine.write_bytes(mine.read_bytes() + b"\nMy thoughts.\n")
    annotate(device.library.state, BEES, "highlight:aaaaaaa1", "")
    annotate(device.library.state, PLAIN, "highlight:bbbbbbb1", "")
    assert device.notes.update_notes().written_count == 2
    assert device.note() == mine
    assert mine.read_bytes().endswith(b"\nMy thoughts.\n")
    assert b"aaaaaaa1" not in mine.read_bytes()
    device.library.state.undo_last()
    device.library.state.undo_last()
    device.notes.update_notes()
    assert b"> Bees dance." in mine.read_bytes()


# -- edited by the user -------------------------------------------------------------------------


def test_a_note_edited_in_the_file_is_a_gesture(device: Device) -> None:
    file = device.noted(note="Do they?")
    file.write_bytes(file.read_bytes().replace(b"Do they?", b"They do.") + b"\nMine.\n")
    report = device.notes.update_notes()
    assert (report.written_count, report.taken_count) == (1, 1)
    assert device.note_of("aaaaaaa1") == "They do."
    assert file.read_bytes().endswith(b"\nMine.\n")
    assert device.notes.update_notes() == (0, 0, ())
    device.library.state.undo(device.library.state.history.read()[0].id)
    device.notes.update_notes()
    assert b"- Note: Do they?" in file.read_bytes()


def test_a_note_edited_in_both_places_is_kept_twice(device: Device) -> None:
    file = device.noted(note="Do they?")
    file.write_bytes(file.read_bytes().replace(b"Do they?", b"In the file."))
    annotate(device.library.state, BEES, "note:aaaaaaa1", "In the reader.")
    assert device.notes.update_notes().taken_count == 0
    assert device.note_of("aaaaaaa1") == "In the reader."
    assert b"- Note: In the reader." in file.read_bytes()
    assert b"- Note: In the file." in file.read_bytes()


def test_what_is_edited_without_a_change_here_stays_as_it_is(device: Device) -> None:
    file = device.noted()
    mine = file.read_bytes().replace(b"> Bees dance.", b"> ==Bees== dance.") + b"\r\nMine.  \n\n\n"
    file.write_bytes(mine)
    assert device.notes.update_notes() == (0, 0, ())
    assert file.read_bytes() == mine


def test_a_note_with_a_control_character_is_taken_cleaned(device: Device) -> None:
    file = device.noted(note="One.")
    file.write_bytes(file.read_bytes().replace(b"One.", b"One\x07 and\x1b[31m more."))
    assert device.notes.update_notes() == (1, 1, ())
    assert device.note_of("aaaaaaa1") == "One and[31m more."
    assert b"\x07" not in file.read_bytes()


@pytest.mark.parametrize(
    ("text", "reason"), [(b"long " * 20_001, "100,000 characters"), (b"\xff", "not UTF-8")]
)
def test_a_note_that_cannot_be_taken_is_announced_and_stays(
    device: Device, text: bytes, reason: str
) -> None:
    file = device.noted(note="One.")
    file.write_bytes(file.read_bytes().replace(b"One.", text))
    written = file.read_bytes()
    report = device.notes.update_notes()
    assert (report.written_count, report.taken_count) == (0, 0)
    assert (file.name in report.problems[0], reason in report.problems[0]) == (True, True)
    assert file.read_bytes() == written
    assert device.note_of("aaaaaaa1") == "One."


@pytest.mark.parametrize(
    "name", ["{}.sync-conflict-20260921-143000-ABCDEFG", "{} (conflicted copy 2026-09-21 143000)"]
)
def test_a_conflict_copy_of_a_note_is_announced(device: Device, name: str) -> None:
    note = device.noted(note="One.")
    copy = note.with_name(f"{name.format(note.stem)}.md")
    copy.write_bytes(note.read_bytes().replace(b"One.", b"Another."))
    for _ in range(2):
        (problem,) = device.notes.update_notes().problems
        assert f"{copy} is another version of {note.name} and is ignored" in problem
    assert device.note_of("aaaaaaa1") == "One."
    before = copy.read_bytes()
    device.highlight("aaaaaaa2", "They find", start=12)
    device.notes.update_notes()
    assert b"aaaaaaa2" in note.read_bytes()
    assert copy.read_bytes() == before
    copy.unlink()
    assert device.notes.update_notes().problems == ()


def test_a_folder_of_notes_that_is_a_link_to_itself_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "notes").symlink_to("notes")
    device = Device(tmp_path, config=Config().with_plugin_values(NoteSettings(tmp_path / "notes")))
    device.highlight("aaaaaaaa", "The bees fly.")
    (problem,) = device.notes.update_notes().problems
    assert str(tmp_path / "notes") in problem


def test_a_file_that_is_moved_or_renamed_is_found(device: Device) -> None:
    file = device.noted()
    kept = device.place / "Insects" / "On bees.md"
    kept.parent.mkdir()
    file.rename(kept)
    device.highlight("aaaaaaa2", "They find", start=12)
    device.notes.update_notes()
    assert device.files() == [kept]
    assert b"aaaaaaa2" in kept.read_bytes()


def test_a_file_is_renamed_with_its_article(device: Device) -> None:
    first = device.noted()
    mine = first.read_bytes() + b"\nMine.\n"
    first.write_bytes(mine)
    article = device.folder / "bees.md"
    article.write_text(article.read_text("utf-8").replace("a history", "their dances"), "utf-8")
    list(device.library.follower.reconcile())
    assert NoteFiles(device.library, device.config, device.paths).update_notes().written_count == 1
    assert device.note().name.startswith("bees-their-dances-")
    assert device.note().name[-16:] == first.name[-16:]
    assert device.note().read_bytes() == mine


def test_a_file_that_lost_its_front_matter_is_still_the_note(device: Device) -> None:
    file = device.noted()
    file.write_bytes(b"Mine.\n" + file.read_bytes().split(b"---\n", 2)[2])
    device.highlight("aaaaaaa2", "They find", start=12)
    device.notes.update_notes()
    assert device.note().read_bytes().startswith(b"Mine.\n")
    assert b"aaaaaaa2" in device.note().read_bytes()


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30).filter(
    lambda text: "rilo-reader" not in text and not text.startswith(("^", ">", "- Note:"))
)


@given(st.lists(_TEXTS, max_size=6), st.lists(_TEXTS, max_size=6), st.integers(0, 3))
@examples(20)
def test_the_users_bytes_stay_for_ever(above: list[str], below: list[str], steps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        device = Device(Path(folder))
        device.highlight("aaaaaaa1", "Bees dance.", "Do they?")
        device.notes.update_notes()
        file = device.note()
        made = file.read_bytes()
        at = made.index(b"\n> Bees dance.")
        first = "".join(f"\nA{line}\n" for line in above).encode()
        second = "".join(f"B{line}\n" for line in below).encode()
        file.write_bytes(made[:at] + first + made[at:] + second)
        for step in range(steps):
            device.highlight(f"bbbbbbb{step}", f"They {step}", start=12 + step)
            annotate(device.library.state, BEES, "note:aaaaaaa1", f"No {step}")
            device.notes.update_notes()
        annotate(device.library.state, BEES, "highlight:aaaaaaa1", "")
        device.notes.update_notes()
        left = file.read_bytes() if file.exists() else b""
        assert first in left
        assert second in left
        device.library.close()


# -- what cannot be read or written ---------------------------------------------------------------


def test_a_file_in_utf_16_is_named_and_stays(device: Device) -> None:
    file = device.noted()
    kept = file.with_name("mine.md")
    file.rename(kept)
    kept.write_text(kept.read_text("utf-8"), "utf-16")
    before = kept.read_bytes()
    device.highlight("aaaaaaa2", "They find", start=12)
    (problem,) = device.notes.update_notes().problems
    assert "mine.md" in problem
    assert "UTF-16" in problem
    assert device.note().read_bytes() == before
    kept.write_text(before.decode("utf-16"), "utf-8")
    assert device.notes.update_notes().problems == ()
    assert b"aaaaaaa2" in kept.read_bytes()


def test_a_write_protected_file_is_named_and_written_later(device: Device) -> None:
    file = device.noted()
    before = file.read_bytes()
    file.chmod(0o444)
    device.highlight("aaaaaaa2", "They find", start=12)
    (problem,) = device.notes.update_notes().problems
    assert file.name in problem
    assert "read-only" in problem
    assert file.read_bytes() == before
    file.chmod(0o644)
    again = NoteFiles(device.library, device.config, device.paths).update_notes()
    assert (again.written_count, again.problems) == (1, ())


def test_a_folder_that_cannot_be_made_loses_nothing(tmp_path: Path) -> None:
    notes = tmp_path / "stick" / "notes"
    folder = tmp_path / "articles"
    device = Device(
        tmp_path, config=Config(folders=(folder,)).with_plugin_values(NoteSettings(notes))
    )
    device.highlight("aaaaaaa1", "Bees dance.")
    (problem,) = device.notes.update_notes().problems
    assert str(notes.parent) in problem
    assert not notes.parent.exists()
    notes.parent.mkdir()
    notes.write_text("a file in its place", "utf-8")
    assert len(device.notes.update_notes().problems) == 1
    notes.unlink()
    assert device.notes.update_notes() == (1, 0, ())
    assert b"aaaaaaa1" in device.note().read_bytes()
    device.library.close()


def test_a_full_disk_leaves_the_old_file(device: Device) -> None:
    resource = pytest.importorskip("resource")
    before = device.noted().read_bytes()
    device.highlight("aaaaaaa2", "They find " + "their way " * 4_000, start=12)
    # A limit on the size of files fails as a full disk does: in the middle of a write.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        (problem,) = device.notes.update_notes().problems
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert device.note().name in problem
    assert device.note().read_bytes() == before
    assert [file.name for file in device.place.iterdir()] == [device.note().name]
    assert device.notes.update_notes().written_count == 1


def test_links_do_not_lead_out_of_the_folder(device: Device, tmp_path: Path) -> None:
    file = device.noted()
    outside = tmp_path / "outside"
    outside.mkdir()
    moved = outside / file.name
    file.rename(moved)
    file.symlink_to(moved)
    (device.place / "linked").symlink_to(outside, target_is_directory=True)
    before = moved.read_bytes()
    device.highlight("aaaaaaa2", "They find", start=12)
    (problem,) = device.notes.update_notes().problems
    assert "regular" in problem
    assert moved.read_bytes() == before
    assert list(outside.iterdir()) == [moved]


@pytest.mark.parametrize(
    "title", ["../../etc/passwd", "a\\b:c*?", "x" * 5_000, "con", ".", "\u202e", "蜜" * 300]
)
def test_hostile_titles_make_plain_names(tmp_path: Path, title: str) -> None:
    folder = tmp_path / "articles"
    write_articles(folder)
    file = folder / "bees.md"
    file.write_text(file.read_text("utf-8").replace("Bees: a history", title), "utf-8")
    device = Device(tmp_path, folder)
    device.highlight("aaaaaaa1", "Bees dance.")
    assert device.notes.update_notes() == (1, 0, ())
    assert device.note().parent == device.place
    assert len(device.note().name.encode()) < 200
    assert yaml.safe_load(device.note().read_text("utf-8").split("---\n")[1])["url"] == BEES
    device.library.close()


def test_a_file_that_is_saved_at_the_same_time_is_read_again(device: Device) -> None:
    """The user's editor saves between our reading and our writing, and right after it."""
    file = device.noted()
    folder = NoteFolder(device.place, device.place.parent, device.folder)
    read = folder.read_note(file)
    data = file.read_bytes() + b"\nMine.\n"
    file.write_bytes(data)
    with pytest.raises(ChangedMeanwhileError):
        folder.write_note(read, b"Ours.\n")
    assert file.read_bytes() == data
    assert folder.list_changed() == {BEES}
    folder.write_note(folder.read_note(file), data + b"Ours.\n")
    assert folder.list_changed() == set()
    file.write_bytes(data + b"Mine again.\n")
    assert folder.list_changed() == {BEES}


def test_an_article_that_comes_later_gets_its_note_then(device: Device) -> None:
    late = ArticleId("late.md")
    device.highlight("aaaaaaa1", "Here at last", article=late)
    assert device.notes.update_notes() == (0, 0, ())
    (device.folder / "late.md").write_text("# Late\n\nHere at last.\n", "utf-8")
    list(device.library.follower.reconcile())
    assert device.notes.update_notes() == (1, 0, ())
    (device.folder / "late.md").unlink()
    list(device.library.follower.reconcile())
    device.highlight("aaaaaaa2", "at last", start=5, article=late)
    assert device.notes.update_notes() == (1, 0, ())
    assert b"aaaaaaa2" in device.note().read_bytes()


# -- where --------------------------------------------------------------------------------------


def test_notes_in_the_library_are_no_articles(tmp_path: Path) -> None:
    device = Device(tmp_path, config=Config().with_plugin_values(NoteSettings(Path("my notes"))))
    device.highlight("aaaaaaa1", "Bees dance.")
    device.highlight("bbbbbbb1", "No address.", article=PLAIN)
    device.notes.update_notes()
    assert device.place == device.folder / "my notes"
    assert len(device.files()) == 2
    list(device.library.follower.reconcile())
    device.library.follower.update([f"my notes/{file.name}" for file in device.files()])
    assert set(device.library.search.ids(Query())) == {BEES, PLAIN}
    assert not list(device.library.follower.faulty())
    assert {each.path.partition("/")[0] for each in device.library.follower.skipped()} == {
        "my notes"
    }
    device.library.close()


def test_a_second_library_has_a_folder_of_its_own(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    config = Config(folders=(one, two)).with_plugin_values(NoteSettings(tmp_path / "notes"))
    write_articles(one)
    write_articles(two)
    first, second = Device(tmp_path / "1", one, config), Device(tmp_path / "2", two, config)
    first.highlight("aaaaaaa1", "Bees dance.")
    second.highlight("aaaaaaa2", "They find", start=12)
    first.notes.update_notes()
    second.notes.update_notes()
    assert second.note().parent == tmp_path / "notes" / "libraries" / "two"
    first.highlight("aaaaaaa3", "dance", start=5)
    assert first.notes.update_notes() == (1, 0, ())
    assert b"aaaaaaa2" in second.note().read_bytes()
    assert b"aaaaaaa3" not in second.note().read_bytes()
    first.library.close()
    second.library.close()


def test_a_setting_turns_notes_off(tmp_path: Path) -> None:
    device = Device(tmp_path, config=Config().with_plugin_values(NoteSettings(Path())))
    device.highlight("aaaaaaa1", "Bees dance.")
    assert device.notes.update_notes() == (0, 0, ())
    assert not (device.paths.data / "notes").exists()
    device.library.close()


# -- two devices --------------------------------------------------------------------------------


def test_two_devices_write_the_same_bytes(devices: tuple[Device, Device]) -> None:
    one, two = devices
    one.highlight("aaaaaaa1", "Bees dance.", "Do they?")
    two.highlight("bbbbbbb1", "They find", "Yes.", start=12)
    exchange(one, two)
    assert one.note_of("bbbbbbb1") == "Yes."


def test_a_file_that_arrives_before_its_gestures_stays(devices: tuple[Device, Device]) -> None:
    one, two = devices
    one.highlight("aaaaaaa1", "Bees dance.", "Do they?")
    two.hear(one)
    one.highlight("aaaaaaa2", "They find", "Yes.", start=12)
    one.notes.update_notes()
    two.place.mkdir(parents=True)
    shutil.copy(one.note(), two.place / one.note().name)
    two.notes.update_notes()
    assert two.note().read_bytes() == one.note().read_bytes()
    two.hear(one)
    two.notes.update_notes()
    assert two.note().read_bytes() == one.note().read_bytes()
    assert two.note_of("aaaaaaa2") == "Yes."


def test_an_edit_in_a_shared_folder_arrives_once(tmp_path: Path) -> None:
    write_articles(tmp_path / "articles")
    config = Config().with_plugin_values(NoteSettings(tmp_path / "notes"))
    folder = tmp_path / "articles"
    config = config._replace(folders=(folder,))
    one, two = (Device(tmp_path / name, folder, config) for name in "ab")
    one.highlight("aaaaaaa1", "Bees dance.", "Do they?")
    two.hear(one)
    one.notes.update_notes()
    two.notes.update_notes()
    file = one.note()
    file.write_bytes(file.read_bytes().replace(b"Do they?", b"They do.") + b"\nMine.\n")
    one.notes.update_notes()
    after = file.read_bytes()
    two.hear(one)
    two.notes.update_notes()
    assert (one.note_of("aaaaaaa1"), two.note_of("aaaaaaa1")) == ("They do.", "They do.")
    assert file.read_bytes() == after
    one.library.close()
    two.library.close()


@pytest.mark.slow
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 2)), max_size=12))
@examples(15)
def test_devices_converge_whatever_they_did(steps: list[tuple[bool, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, two = Device(Path(folder) / "a"), Device(Path(folder) / "b")
        for is_first, which, what in steps:
            device = one if is_first else two
            name = f"aaaaaaa{which}"
            if what == 2:
                annotate(device.library.state, BEES, f"highlight:{name}", "")
            else:
                device.highlight(name, f"Part {which}", "Note" * what, start=which)
        exchange(one, two)
        one.library.close()
        two.library.close()
