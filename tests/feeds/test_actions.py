"""Actions on feeds, here and at a source that a plugin of the test brings: done, and undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rilo_reader.config import Config, load
from rilo_reader.feeds import actions, sources
from rilo_reader.feeds.actions import FeedAction, perform_actions
from rilo_reader.feeds.sources import (
    ChangeOutcome,
    FeedAddition,
    FeedChange,
    FeedMove,
    FeedRename,
    FeedSources,
)
from rilo_reader.feeds.sources import FeedChangeError as Failed
from rilo_reader.feeds.status import AccountFeeds, FeedStatus, apply_mutes
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.undo import GestureUndoer, StepRecorder
from rilo_reader.fetch.messages import ApiClient
from rilo_reader.hooks import Plugin
from rilo_reader.paths import Paths
from rilo_reader.store.state import State, open_state

URL = "https://one.example.org/feed"
FEEDS = f'[[feeds]]\nurl = "{URL}"  # mine\ntitle = "One"\ntags = ["News"]\n'


class Shelf:
    """A source that follows one feed; every change of it fails where there is an error."""

    name, description, check_command, has_one_category = "shelf", "in the hall", "", False
    can_add_feeds = True

    def __init__(self) -> None:
        self.state: tuple[str, tuple[str, ...]] | None = ("One", ("News",))
        self.error = ""
        self.asked = 0

    def read_feeds(self) -> AccountFeeds:
        return AccountFeeds(self.name, (Subscription(URL),))

    def apply_changes(
        self, changes: Sequence[FeedChange], on_progress: Callable[[int], object] = lambda _: None
    ) -> list[ChangeOutcome]:
        self.asked += 1
        return [ChangeOutcome(error=self.error) if self.error else self._do(it) for it in changes]

    def _do(self, change: FeedChange) -> ChangeOutcome:
        title, tags = self.state or ("", ())
        if isinstance(change, FeedRename):
            self.state = change.title, tags
            return ChangeOutcome(FeedRename(URL, title))
        if isinstance(change, FeedMove):
            self.state = title, change.categories
            return ChangeOutcome(FeedMove(URL, tags))
        if isinstance(change, FeedAddition):
            self.state = change.title, change.categories
            return ChangeOutcome(sources.FeedRemoval(URL))
        self.state = None
        return ChangeOutcome(FeedAddition(URL, title, tags))

    @contextmanager
    def join_update(self, marks: State, client: ApiClient) -> Iterator[sources.SourceUpdate]:
        raise NotImplementedError

    def remove(self) -> Callable[[], None]:
        raise NotImplementedError


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))
    paths.config.mkdir()
    paths.feeds_file.write_text(FEEDS)
    return paths


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def known(shelf: Shelf, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> FeedSources:
    class Hall(Plugin):
        name = "hall"

        def feed_sources(self, folder: Path, paths: Paths, config: Config) -> FeedSources:
            return FeedSources((shelf,))

    monkeypatch.setattr(sources, "plugins_with", lambda _: [Plugin(), Hall()])
    return sources.feed_sources(paths.data, paths, Config())


BOTH = FeedStatus(Subscription(URL, "One", ("News",)), "One", accounts=("shelf",))
THERE = BOTH._replace(is_own=False, source="One")

Make = Callable[[Paths, FeedStatus], FeedAction]
MAKE: dict[str, Make] = {
    "rename": lambda _, feed: actions.rename_feed(feed, "Uno"),
    "tag": lambda _, feed: actions.tag_feed(feed, ("Far",)),
    "rename_tag": lambda paths, feed: actions.rename_tag(paths, "News", "Far", [feed]),
    "remove": lambda _, feed: actions.remove_feed(feed),
    "mute": lambda _, feed: actions.switch_feed(feed, "mute"),
    "limit": lambda _, feed: actions.set_daily_limit(feed, 3),
}
SAID = {
    ("rename", True): "Renamed One to Uno, on shelf too",
    ("rename", False): "Renamed One to Uno, on shelf",
    ("tag", True): "Tagged One with Far, on shelf too",
    ("tag", False): "Tagged One with Far, on shelf",
    ("rename_tag", True): "Renamed News to Far",
    ("rename_tag", False): "Renamed News to Far",
    ("remove", True): "Removed One; its articles are kept. Still on shelf",
    ("remove", False): "Removed One, on shelf; its articles are kept",
    ("mute", True): "Muted One",
    ("mute", False): "Muted One",
    ("limit", True): "Limited One to 3 a day in editions",
}


@pytest.mark.parametrize(("name", "is_own"), SAID)
def test_what_an_action_does_is_said_and_undone(
    paths: Paths, shelf: Shelf, known: FeedSources, name: str, is_own: bool
) -> None:
    def state() -> tuple[object, str, object]:
        return shelf.state, paths.feeds_file.read_text(), load(paths.settings_file)[0].mutes

    before, text = state(), paths.feeds_file.read_text()
    with closing(open_state(paths.state / "marks.db")) as marks:
        action = MAKE[name](paths, BOTH if is_own else THERE)
        assert action.message == SAID[name, is_own]
        recorder = StepRecorder(paths)
        [done] = perform_actions(paths, [action], known)
        assert done.error == ""
        changed = [now != then for now, then in zip(state(), before, strict=True)]
        there = name in ("rename", "tag") or (not is_own and name in ("remove", "rename_tag"))
        here = is_own or name == "rename_tag"
        assert changed == [there, here, name == "mute" and not is_own]
        recorder.capture()
        recorder.account_changes = done.account_changes
        recorder.save(marks, action.message)
        after = state()
        undoer = GestureUndoer(marks, paths.data, paths, lambda: known)
        for redo, wanted in ((False, before), (True, after), (False, before)):
            gesture = marks.steps.find_last(redo=redo)
            assert gesture is not None
            undoer.undo_last(gesture)
            assert state() == wanted
        assert marks.steps.find_last() is None
        assert paths.feeds_file.read_text() == text


def test_many_feeds_of_accounts_are_muted_at_once(paths: Paths, known: FeedSources) -> None:
    def switch(name: str, feeds: Sequence[FeedStatus]) -> list[str]:
        wanted = [actions.switch_feed(feed, name) for feed in feeds]
        return [each.error for each in perform_actions(paths, wanted, known)]

    def muted() -> list[str]:
        return [mute.query for mute in load(paths.settings_file)[0].mutes]

    paths.settings_file.write_text('[[mutes]]\nquery = "football"  # mine\n')
    feeds = [THERE._replace(source=source) for source in ("One", "Two", "One")]
    assert switch("mute", feeds) == ["", "", ""]
    assert muted() == ["football", 'source:="One"', 'source:="Two"']
    silent = apply_mutes(feeds, load(paths.settings_file)[0].mutes)
    assert switch("unmute", silent[:1]) == [""]
    assert muted() == ["football", 'source:="Two"']
    paths.settings_file.write_text("width = [")
    [error] = switch("unmute", silent[:1])
    assert error.startswith("settings.toml could not be changed: line 1: ")


def test_a_tag_is_renamed_in_queries_and_comes_back(paths: Paths) -> None:
    settings = """\
[[searches]]
name = "day"
query = '(feeds:news OR feeds:"News/Far East") -feeds:newsy "feeds:news"'

[[mutes]]
query = "feeds:NEWS title:football"  # not today
"""
    paths.settings_file.write_text(settings)
    with closing(open_state(paths.state / "marks.db")) as marks:
        recorder = StepRecorder(paths)
        [done] = perform_actions(
            paths, [actions.rename_tag(paths, "News", "My press", [])], FeedSources()
        )
        assert done.error == ""
        config = load(paths.settings_file)[0]
        assert config.searches[0].query == (
            '(feeds:"My press" OR feeds:"My press/far east") -feeds:newsy "feeds:news"'
        )
        assert config.mutes[0].query == 'feeds:"My press" title:football'
        recorder.capture()
        recorder.save(marks, "Renamed")
        gesture = marks.steps.find_last()
        assert gesture is not None
        GestureUndoer(marks, paths.data, paths, FeedSources).undo_last(gesture)
        assert paths.settings_file.read_text() == settings


def test_what_fails_there_is_not_done_here(paths: Paths, shelf: Shelf, known: FeedSources) -> None:
    shelf.error = "It is full."
    [done] = perform_actions(paths, [actions.rename_feed(BOTH, "Uno")], known)
    assert (done.error, done.account_changes) == ("It is full.", {})
    assert paths.feeds_file.read_text() == FEEDS


def test_what_cannot_be_written_here_is_undone_there(
    paths: Paths, shelf: Shelf, known: FeedSources
) -> None:
    paths.feeds_file.write_text("nonsense")
    [done] = perform_actions(paths, [actions.rename_feed(BOTH, "Uno")], known)
    assert done.error.startswith("feeds.toml could not be changed: ")
    perform_actions(paths, [FeedAction("", done.account_changes)], known)
    assert shelf.state == ("One", ("News",))


def test_a_source_is_asked_once_for_all_and_may_be_gone(
    paths: Paths, shelf: Shelf, known: FeedSources
) -> None:
    wanted = [actions.rename_feed(THERE, "Uno"), actions.tag_feed(THERE, ("Far",))]
    assert [done.error for done in perform_actions(paths, wanted, known)] == ["", ""]
    assert (shelf.asked, shelf.state) == (1, ("Uno", ("Far",)))
    with pytest.raises(Failed, match="there is no longer an account shelf"):
        perform_actions(paths, wanted, FeedSources())
