"""Change one feed of an account."""

from __future__ import annotations

from rilo_reader.sync.services.feeds import Change, FeedChangeError, RemoteFeeds


def change(feeds: RemoteFeeds, account: str, wanted: Change) -> Change | None:
    """Apply a change; return the one that undoes it. Raises FeedChangeError if it fails."""
    [outcome] = feeds.change_all(account, [wanted])
    if outcome.error:
        raise FeedChangeError(outcome.error)
    return outcome.undo
