"""One stack of undo: random gestures of every kind are taken back, one by one, and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from rilo_reader.article import ArticleId
from rilo_reader.config import MUTES, SEARCHES, Mute, SavedSearch, load
from rilo_reader.errors import LibraryError
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.sources import FeedSources
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.swapped_files import hash_file
from rilo_reader.feeds.undo import (
    ChangedLaterError,
    GestureUndoer,
    StepRecorder,
    add_stopped_steps,
)
from rilo_reader.paths import Paths
from rilo_reader.store.gesture_table import NO_STEP
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import FOLLOWED, NOTE, Stamp
from rilo_reader.store.state import State, open_state
from tests.support.examples import examples

FEEDS = """# mine
[[feeds]]
url = "https://a.example/feed"
headers = { Cookie = "secret" }
# below the first

# == the second ==

# its own
[[feeds]]
url = "https://b.example/feed"  # here
filter = ["cat"]
[[feeds]]
url = "https://c.example/feed"
# the end
"""
URLS = [f"https://{name}.example/feed" for name in "abcdef"]
ARTICLES = [ArticleId("one.md"), ArticleId("two.md")]
SAVED = ["Ivory", "Ports", "Horn"]


class Home:
    """A library and its files, with a state that is opened anew at each restart."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(*(folder / name for name in ("config", "data", "state", "cache")))
        for place in (self.paths.config, self.paths.data, self.paths.state):
            place.mkdir()
        self.paths.feeds_file.write_text(FEEDS)
        for article in ARTICLES:
            (self.paths.data / article).write_text(f"Text of {article}\n")
        self.state: State = open_state(self.paths.state / "marks.db")

    def restart(self) -> None:
        self.state.close()
        self.state = open_state(self.paths.state / "marks.db")

    def change(self, message: str, edit: Callable[[], object]) -> bool:
        """Change files as the reader and commands do; False if that cannot be done now."""
        recorder = StepRecorder(self.paths)
        try:
            edit()
        except ValueError:
            return False
        recorder.capture()
        recorder.save(self.state, message)
        return True

    def write(self, path: str, text: str, message: str) -> None:
        file, recorder = self.paths.data / path, StepRecorder(self.paths)
        recorder.add_article(path, file.read_bytes().decode() if file.exists() else None, text)
        file.write_text(text)
        recorder.save(self.state, message)

    def undo(self, *, redo: bool = False) -> str | None:
        """Undo or redo the last; return how it is called, None if there is nothing."""
        gesture = self.state.steps.find_last(redo=redo)
        if gesture is None:
            return None
        undoer = GestureUndoer(self.state, self.paths.data, self.paths, FeedSources)
        return self.state.history.describe(undoer.undo_last(gesture).id)

    def files(self) -> dict[str, bytes]:
        files = (self.paths.feeds_file, self.paths.settings_file, *self.paths.data.iterdir())
        return {file.name: file.read_bytes() for file in files if file.exists()}

    def values(self) -> object:
        """What counts, however files are written."""
        config = load(self.paths.settings_file)[0]
        marks = self.state.marks(ARTICLES)
        read = self.state.annotations.read
        notes = {article: [each[:2] for each in read(article)] for article in ARTICLES}
        texts = {file.name: file.read_text() for file in self.paths.data.iterdir()}
        feeds = subscriptions.load(self.paths.feeds_file)[0]
        return marks, notes, texts, feeds, config.searches, config.mutes


class StackMachine(RuleBasedStateMachine):
    """Compares the stack with a list of worlds."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.home = Home(Path(self.folder.name))
        # the world before and after each gesture, its name, and whether others wrote since then
        self.done: list[tuple[object, object, str]] = []
        self.undone: list[tuple[object, object, str]] = []
        self.bytes: list[dict[str, bytes]] = []  # before each gesture that is done, if none wrote
        self.stamp = 1

    def teardown(self) -> None:
        self.home.state.close()
        self.folder.cleanup()

    def gesture(self, act: Callable[[], object], name: str) -> None:
        before, files = self.home.values(), self.home.files()
        last = self.home.state.steps.find_last()
        act()
        if self.home.state.steps.find_last() != last:
            self.done.append((before, self.home.values(), name))
            self.bytes.append(files)
            self.undone = []

    @rule(article=st.sampled_from(ARTICLES), value=st.booleans())
    def star(self, article: ArticleId, value: bool) -> None:
        self.gesture(lambda: self.home.state.set_starred([article], value), "star")

    @rule(articles=st.lists(st.sampled_from(ARTICLES), min_size=1), value=st.booleans())
    def read(self, articles: list[ArticleId], value: bool) -> None:
        self.gesture(lambda: self.home.state.set_read(articles, value), "read")

    @rule(article=st.sampled_from(ARTICLES), tags=st.lists(st.sampled_from(["x", "y"])))
    def tag(self, article: ArticleId, tags: list[str]) -> None:
        self.gesture(lambda: self.home.state.set_tags(article, tags), "")

    @rule(article=st.sampled_from(ARTICLES), text=st.sampled_from(["", "one", "two"]))
    def note(self, article: ArticleId, text: str) -> None:
        given = [Assignment(f"{NOTE}aaaaaaa1", text, Ids([article]))]
        self.gesture(lambda: self.home.state.apply_assignments(given), "note")

    @rule(url=st.sampled_from(URLS))
    def follow(self, url: str) -> None:
        file, feed = self.home.paths.feeds_file, Subscription(url)
        name = f"Followed {url}"
        self.gesture(
            lambda: self.home.change(name, lambda: subscriptions.add_feeds(file, [feed])), name[1:]
        )

    @rule(urls=st.lists(st.sampled_from(URLS), min_size=1, max_size=3, unique=True))
    def unfollow(self, urls: list[str]) -> None:
        file = self.home.paths.feeds_file
        known = {each.url for each in subscriptions.load(file)[0]}
        wanted = [url for url in urls if url in known]
        name = f"Removed {wanted}"
        self.gesture(
            lambda: self.home.change(
                name, lambda: [subscriptions.remove(file, url) for url in wanted]
            ),
            name[1:],
        )

    @rule(
        url=st.sampled_from(URLS),
        fields=st.sampled_from([{"title": "T"}, {"paused": True}, {"tags": ("x",)}, {"title": ""}]),
    )
    def change_feed(self, url: str, fields: dict[str, object]) -> None:
        file, name = self.home.paths.feeds_file, f"{url} is {fields}"
        self.gesture(
            lambda: self.home.change(name, lambda: subscriptions.change(file, url, **fields)), name
        )

    @rule(
        what=st.sampled_from(["put", "remove", "move", "rename"]),
        name=st.sampled_from(SAVED),
        query=st.sampled_from(["ivory", "port"]),
    )
    def search(self, what: str, name: str, query: str) -> None:
        file, said = self.home.paths.settings_file, f"{what} {name}"
        edits: dict[str, Callable[[], object]] = {
            "put": lambda: SEARCHES.put(file, SavedSearch(name, query)),
            "remove": lambda: SEARCHES.remove(file, name),
            "move": lambda: SEARCHES.move(file, name, 0),
            "rename": lambda: SEARCHES.change(file, name, name=f"{name} {query}"),
        }
        self.gesture(lambda: self.home.change(said, edits[what]), said)

    @rule(query=st.sampled_from(["crypto", "football"]), put=st.booleans())
    def mute(self, query: str, put: bool) -> None:
        file = self.home.paths.settings_file
        edit = (lambda: MUTES.put(file, Mute(query))) if put else lambda: MUTES.remove(file, query)
        self.gesture(lambda: self.home.change(f"mute {query}", edit), f"mute {query}")

    @rule(path=st.sampled_from([*ARTICLES, "new.md"]), text=st.sampled_from(["Page.\n", "Ä\r\n"]))
    def save_page(self, path: str, text: str) -> None:
        self.gesture(lambda: self.home.write(path, text, f"Saved {path}"), f"aved {path}")

    # -- what is no step --

    @rule(article=st.sampled_from(ARTICLES))
    def go_on(self, article: ArticleId) -> None:
        self.home.state.set_read([article], True, in_history=False)
        self.forget()

    @rule(url=st.sampled_from(URLS))
    def join(self, url: str) -> None:
        """A file of feeds joins what travels, or was edited by hand."""
        given = [Assignment(FOLLOWED, "1", Ids([ArticleId(url[8:])]))]
        self.home.state.apply_assignments(given)

    @rule(article=st.sampled_from(ARTICLES))
    def import_tag(self, article: ArticleId) -> None:
        given = [Assignment("tag:imported", "1", Ids([article]))]
        self.home.state.apply_assignments(given, in_history=NO_STEP)
        self.forget()

    @rule(article=st.sampled_from(ARTICLES))
    def merge(self, article: ArticleId) -> None:
        """Another device tags an article."""
        self.stamp += 1
        name = GestureId("other-1", Stamp(self.stamp << 16))
        given = (Assignment("tag:theirs", "1", Ids([article])),)
        self.home.state.journals.merge_gestures([Gesture(name, given)], [])
        self.forget()

    def forget(self) -> None:
        """What others changed is kept: only the names and the number of the steps are compared."""
        self.done = [(None, None, name) for _, _, name in self.done]
        self.undone = [(None, None, name) for _, _, name in self.undone]

    @rule()
    def edit_by_hand(self) -> None:
        """The user writes a comment into the file of feeds."""
        file = self.home.paths.feeds_file
        file.write_text(f"# by hand\n\n{file.read_text()}")
        self.bytes = [{} for _ in self.bytes]

    @rule()
    def restart(self) -> None:
        self.home.restart()

    # -- undo --

    @rule()
    def undo(self) -> None:
        if not self.done:
            assert self.home.undo() is None
            return
        before, after, name = self.done.pop()
        files = self.bytes.pop()
        try:
            said = self.home.undo()
        except ChangedLaterError:
            assert before is None, "nobody else changed anything"
            return
        assert said is not None
        assert name in said
        if before is not None:
            assert self.home.values() == before
            # Where there was no file of settings, its template stays.
            assert files.items() <= self.home.files().items()
        self.undone.append((before, after, name))

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        before, after, name = self.undone.pop()
        files = self.home.files()
        try:
            said = self.home.undo(redo=True)
        except ChangedLaterError:
            assert after is None
            return
        assert said is not None
        assert name in said
        if after is not None:
            assert self.home.values() == after
        self.done.append((before, after, name))
        self.bytes.append(files)


TestStack = StackMachine.TestCase
TestStack.settings = hypothesis_settings(examples(100), stateful_step_count=20)


class LongStackMachine(StackMachine):
    """The same, longer."""


TestLongStack = pytest.mark.slow(LongStackMachine.TestCase)
TestLongStack.settings = hypothesis_settings(examples(200), stateful_step_count=40)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_joining_a_sync_is_no_step(home: Home) -> None:
    home.state.set_starred([ARTICLES[0]], True)
    home.state.apply_assignments([Assignment(FOLLOWED, "1", Ids(map(ArticleId, URLS)))])
    assert home.undo() == "starred 1 article"
    assert home.undo() is None


def test_what_removes_many_feeds_asks(home: Home) -> None:
    feeds = [Subscription(f"https://{number}.example/") for number in range(6)]
    file = home.paths.feeds_file
    assert home.change("Followed 6", lambda: subscriptions.add_feeds(file, feeds))
    undoer = GestureUndoer(home.state, home.paths.data, home.paths, FeedSources)
    gesture = home.state.steps.find_last()
    assert gesture is not None
    assert undoer.find_question(gesture) == "This removes 6 feeds."
    home.undo()
    redo = home.state.steps.find_last(redo=True)
    assert redo is not None
    assert undoer.find_question(redo) == ""


def test_a_step_never_travels(home: Home) -> None:
    home.state.journals.set_sync_folder(home.paths.data)
    home.change("Removed", lambda: subscriptions.remove(home.paths.feeds_file, URLS[0]))
    home.undo()
    assert home.state.journals.unwritten_count() == 0
    assert "secret" not in json.dumps(home.state.journals.read_unwritten(9))


def test_what_is_whole_in_the_log_of_a_killed_step_is_undone(home: Home) -> None:
    recorder, files = StepRecorder(home.paths), {"a.md": b"A", "b.md": b"B"}
    with recorder.write_log(home.paths.data, "Imported part of kept.csv"):
        for name, data in files.items():
            recorder.created.add({name: hash_file(data)})
        [log] = home.paths.state.rglob("*.log")
        whole = log.read_bytes()
        add_stopped_steps(home.state, home.paths.data, home.paths)
        assert log.exists(), "it is in use"
    assert not log.exists()
    head, first, second = whole.splitlines(keepends=True)
    for cut, left in (
        (head[:-5], {"a.md", "b.md"}),
        (head + first[:-5], {"a.md", "b.md"}),
        (head + first + second[:-5], {"b.md"}),
        (head + first + second, set()),
    ):
        for name, data in files.items():
            (home.paths.data / name).write_bytes(data)
        log.write_bytes(cut)
        add_stopped_steps(home.state, home.paths.data, home.paths)
        said = home.undo() if len(left) < 2 else None
        assert said in (None, "imported part of kept.csv")
        assert files.keys() & home.files().keys() == left
        assert not log.exists()


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_page_that_was_saved_and_then_marked_stays(home: Home, is_marked: bool) -> None:
    home.write("new.md", "Page.\n", "Saved Page")
    saved = home.state.steps.find_last()
    assert saved is not None
    given = [Assignment("starred", "1", Ids([ArticleId("new.md")]))]
    home.state.apply_assignments(given, actor="" if is_marked else "Rule All")
    undoer = GestureUndoer(home.state, home.paths.data, home.paths, FeedSources, str)
    if is_marked:
        with pytest.raises(
            ChangedLaterError, match=r"You have marked new\.md since, so it is kept"
        ):
            undoer.undo(saved)
    else:
        undoer.undo(saved)
    assert (home.paths.data / "new.md").exists() is is_marked


@pytest.mark.parametrize("way", ["deleted", "emptied"])
def test_nothing_is_undone_in_a_file_that_is_gone(home: Home, way: str) -> None:
    file = home.paths.feeds_file
    home.change("Paused", lambda: subscriptions.change(file, URLS[0], paused=True))
    paused = file.read_text()
    file.unlink() if way == "deleted" else file.write_text("")
    with pytest.raises(LibraryError, match="is missing or empty"):
        home.undo()
    file.write_text(paused)
    home.undo()
    assert file.read_text() == FEEDS
