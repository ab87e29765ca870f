"""Schedule of feeds: when each is updated again, given responses and failures (pure)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from rilo_reader.entry import Feed
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.messages import Failure, FetchError, Response

FIRST_WAIT = timedelta(minutes=15)  # delay after the first failure; doubled with each in a row
LONGEST_WAIT = timedelta(days=1)  # maximum delay after failures, and for the wishes of a feed
LONGEST_RETRY = timedelta(days=7)  # maximum that a Retry-After header counts
DEAD_AFTER = timedelta(days=60)  # time of failures only after which a feed is dead
FAILURES_OF_THE_DEAD = 10
CUT = "It ends in the middle, so entries may be missing; complete ones were kept."
SILENT_AFTER = timedelta(days=365)  # without new entries, after which a feed is silent
NOT_ITS_FAULT = frozenset((Failure.OFFLINE, Failure.ADDRESS))
"""Failures that affect every feed while the computer is offline."""


class SkipReason(StrEnum):
    """The kinds of reasons for which a feed is not updated."""

    PAUSED = "paused"
    DEAD = "dead"
    BACK_OFF = "back-off"  # after a failure
    ASKED_TO_WAIT = "asked to wait"  # Retry-After
    NOT_DUE = "not due"  # `every`, ttl, or Cache-Control
    QUIET_HOURS = "quiet hours"  # skipHours or skipDays


class Wait(NamedTuple):
    """The reason for which a feed is not updated, and until when if known."""

    reason: SkipReason
    until: datetime | None = None


def find_wait(subscription: Subscription, record: FeedRecord, now: datetime) -> Wait | None:
    """Return why a feed is not updated now; None if it is due."""
    if subscription.paused or record.dead:
        return Wait(SkipReason.PAUSED if subscription.paused else SkipReason.DEAD)
    if record.last_try is None:
        return None
    last = record.last_try
    if record.failures:
        if record.retry_at is not None and last < now + LONGEST_RETRY:
            until = min(record.retry_at, last + LONGEST_RETRY)
            return _make_wait(SkipReason.ASKED_TO_WAIT, until, now)
        wait = min(FIRST_WAIT * 2 ** min(record.failures - 1, 20), LONGEST_WAIT)
        return _make_wait(SkipReason.BACK_OFF, last + wait, now)
    if subscription.every:
        # The user's interval overrides those of the feed.
        return _make_wait(SkipReason.NOT_DUE, last + timedelta(minutes=subscription.every), now)
    due = last + timedelta(minutes=record.ttl)
    due = min(max(due, record.fresh_until or due), last + LONGEST_WAIT)
    return _make_wait(SkipReason.NOT_DUE, due, now) or _find_quiet_hours(record, now)


_SENTENCES = {
    SkipReason.PAUSED: "It is paused.",
    SkipReason.DEAD: "It is no longer fetched.",
    SkipReason.BACK_OFF: "The last try failed; next try {when}.",
    SkipReason.ASKED_TO_WAIT: "Its server asked to wait; next try {when}.",
    SkipReason.NOT_DUE: "It is not due yet; next try {when}.",
    SkipReason.QUIET_HOURS: "It has quiet hours; next try {when}.",
}


def describe_wait(wait: Wait, now: datetime) -> str:
    """Return a sentence that says why a feed is not updated; times are local."""
    when = "later"
    if wait.until is not None:
        local = wait.until.astimezone()
        today = now.astimezone().date() == local.date()
        when = f"after {local:%H:%M}" if today else f"after {local:%Y-%m-%d %H:%M}"
    return _SENTENCES[wait.reason].format(when=when)


def _make_wait(reason: SkipReason, until: datetime, now: datetime) -> Wait | None:
    """Return a wait; None if it is over, or so long that a clock must have been wrong."""
    return Wait(reason, until) if now < until <= now + LONGEST_RETRY else None


def _find_quiet_hours(record: FeedRecord, now: datetime) -> Wait | None:
    """Return the wait until the end of the current quiet hours, or None."""
    moment = now.astimezone(UTC)
    # A feed with no hours left is not taken seriously.
    for hours in range(LONGEST_WAIT // timedelta(hours=1) * 7):
        then = moment + timedelta(hours=hours)
        if then.hour not in record.skip_hours and then.weekday() not in record.skip_days:
            end = then.replace(minute=0, second=0, microsecond=0)
            return Wait(SkipReason.QUIET_HOURS, end) if hours else None
    return None


# -- updates of records ------------------------------------------------------------------------


def after_response(
    record: FeedRecord, response: Response, feed: Feed, now: datetime, *, new: int
) -> FeedRecord:
    """Return the record after a feed was read and written to disk.

    One that ends in the middle is requested in full the next time.
    """
    after = after_success(record, response, now)._replace(reason=describe_missing(feed))
    if feed.is_cut:
        after = after._replace(etag="", last_modified="")
    return after._replace(
        title=feed.title or record.title,
        site=feed.url or record.site,
        ttl=max(0, feed.ttl),
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        last_new=now if new else record.last_new,
    )


def describe_missing(feed: Feed) -> str:
    """Return what of a feed was not kept, in sentences; "" if all of it was."""
    return " ".join(filter(None, (CUT if feed.is_cut else "", feed.omission)))


def after_success(record: FeedRecord, response: Response, now: datetime) -> FeedRecord:
    """Return the record after a response, 304 (not modified) included."""
    again = response.status == 304
    return record._replace(
        etag=response.etag or (record.etag if again else ""),
        last_modified=response.last_modified or (record.last_modified if again else ""),
        fresh_until=response.fresh_until,
        last_try=now,
        last_success=now,
        failures=0,
        failure="",
        # What was missing of the answer that is still current.
        reason=record.reason if again and not record.failures else "",
        retry_at=None,
        dead="",
    )


def after_failure(record: FeedRecord, error: FetchError, now: datetime) -> FeedRecord:
    """Return the record after a failure."""
    failures, since, dead = record.failures + 1, record.last_success, ""
    if error.failure is Failure.GONE:
        dead = "Its server says that it is gone for good (410)."
    elif failures >= FAILURES_OF_THE_DEAD and since and now - since >= DEAD_AFTER:
        dead = f"It has not worked since {since:%Y-%m-%d}: {error.reason}"
    return record._replace(
        last_try=now,
        failures=failures,
        failure=str(error.failure),
        reason=error.reason,
        retry_at=error.retry_after,
        dead=dead,
    )
