"""What doctor says of pictures."""

from __future__ import annotations

import pytest

from rilo_reader.extras import PICTURES
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.paths import user_paths
from tests.support.command_line import User


def test_a_feed_with_pictures_needs_the_extra(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Subscription("https://example.org/feed", pictures=True)
    subscriptions.add_feeds(user_paths().feeds_file, [feed])
    monkeypatch.setattr("rilo_reader.extras.PICTURES", PICTURES._replace(module="no_such_module"))
    code, out, _ = user.ask("doctor")
    assert code == 1
    assert "1 feed with pictures" in out.partition("Feeds")[2]
    assert 'need the extra "pictures"' in out
