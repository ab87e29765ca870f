"""The files are read again only if they, or the marks, were written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.devices.carrier import Carrier
from rilo_reader.plugins.devices.sync import make_sync
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import FOLLOWED
from rilo_reader.store.state import open_state

FEED = '[[feeds]]\nurl = "https://example.org/{}"\n'


def test_what_is_written_while_all_is_in_step_goes_and_comes(tmp_path: Path) -> None:
    paths = Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))
    paths.config.mkdir()
    paths.default_library.mkdir(parents=True)
    paths.feeds_file.write_text(FEED.format("a"))
    with closing(open_state(marks_file(paths.default_library, paths))) as state:
        carrier = Carrier(state, paths)
        carrier.switch_feeds(is_on=True)
        sync = make_sync(state, carrier)
        assert sync.turn_on(tmp_path / "shared").written_count == 1
        assert [sync.sync_now().written_count for _ in range(4)] == [0] * 4
        paths.feeds_file.write_text(FEED.format("a") + FEED.format("b"))
        assert sync.sync_now().written_count == 1
        assert [sync.sync_now().written_count for _ in range(4)] == [0] * 4
        gone = Assignment(FOLLOWED, "", Ids([ArticleId("example.org/a")]))
        assert state.apply_assignments([gone]) is not None
        assert sync.sync_now().written_count == 1
        assert paths.feeds_file.read_text().strip() == FEED.format("b").strip()
