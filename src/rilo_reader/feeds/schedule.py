"""When a feed is asked again, and what an answer or a failure changes of that (pure)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from rilo_reader.entry import Feed
from rilo_reader.feeds.ledger import FeedRecord
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.values import Failure, FetchError, Response

FIRST_WAIT = timedelta(minutes=15)
"""Before a feed that failed once is asked again; doubled with each failure in a row."""

LONGEST_WAIT = timedelta(days=1)
"""The longest wait after failures, and the longest that a feed's own wishes count."""

LONGEST_RETRY = timedelta(days=7)
"""The longest that a server's Retry-After counts."""

GIVEN_UP_AFTER = timedelta(days=60)
"""A feed that only failed for so long, and often, is dead."""

FAILURES_OF_THE_DEAD = 10

SLEEPY_AFTER = timedelta(days=365)
"""A feed that answers but brings nothing new for so long is said to be silent."""

NOT_ITS_FAULT = frozenset((Failure.OFFLINE, Failure.ADDRESS))
"""What also happens to every feed when this computer has no network."""


class Why(StrEnum):
    """Why a feed is left alone."""

    PAUSED = "paused"
    DEAD = "dead"
    BACK_OFF = "back-off"
    """It failed, and is asked again later."""
    ASKED_TO_WAIT = "asked to wait"
    """Its server named a time (Retry-After)."""
    NOT_DUE = "not due"
    """Its last answer still holds: `every`, ttl, Cache-Control."""
    QUIET_HOURS = "quiet hours"
    """skipHours or skipDays."""


class Wait(NamedTuple):
    """That a feed is left alone, why, and until when where that is known."""

    why: Why
    until: datetime | None = None


def wait_of(subscription: Subscription, record: FeedRecord, now: datetime) -> Wait | None:
    """Whether a feed is to be left alone now; None where it is to be asked."""
    if subscription.paused or record.dead:
        return Wait(Why.PAUSED if subscription.paused else Why.DEAD)
    if record.last_try is None:
        return None
    if record.failures:
        return _after_failures(record, now)
    if subscription.every:
        # What the user says stands above what the feed wishes.
        due = record.last_try + timedelta(minutes=subscription.every)
        return Wait(Why.NOT_DUE, due) if _is_later(due, now) else None
    return _as_wished(record, record.last_try, now)


def _as_wished(record: FeedRecord, due: datetime, now: datetime) -> Wait | None:
    """As the feed and its server wish."""
    wishes = [due + timedelta(minutes=record.ttl)]
    if record.fresh_until is not None:
        wishes.append(record.fresh_until)
    due = min(max(wishes), due + LONGEST_WAIT)
    if _is_later(due, now):
        return Wait(Why.NOT_DUE, due)
    return _quiet(record, now)


def _after_failures(record: FeedRecord, now: datetime) -> Wait | None:
    last = record.last_try or now
    if record.retry_at is not None and last < now + LONGEST_RETRY:
        until = min(record.retry_at, last + LONGEST_RETRY)
        return Wait(Why.ASKED_TO_WAIT, until) if _is_later(until, now) else None
    doublings = min(record.failures - 1, 20)
    until = last + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    return Wait(Why.BACK_OFF, until) if _is_later(until, now) else None


def _is_later(until: datetime, now: datetime) -> bool:
    """Whether a time is still to come; one that a wrong clock has put far away is not."""
    return now < until <= now + LONGEST_RETRY


def _quiet(record: FeedRecord, now: datetime) -> Wait | None:
    """The end of the quiet hours that it is in, None where it is in none."""
    moment = now.astimezone(UTC)
    # A feed that wants to be asked at no hour at all is not taken at its word.
    for hours in range(LONGEST_WAIT // timedelta(hours=1) * 7):
        then = moment + timedelta(hours=hours)
        if then.hour not in record.skip_hours and then.weekday() not in record.skip_days:
            if hours == 0:
                return None
            return Wait(Why.QUIET_HOURS, then.replace(minute=0, second=0, microsecond=0))
    return None


# -- what changes -------------------------------------------------------------------------------


def after_answer(
    record: FeedRecord, response: Response, feed: Feed, now: datetime, *, new: int
) -> FeedRecord:
    """The record after a feed was read, when all of it is on the disk."""
    return _after_success(record, response, now)._replace(
        title=feed.title or record.title,
        site=feed.url or record.site,
        ttl=max(0, feed.ttl),
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        last_new=now if new else record.last_new,
    )


def after_unchanged(record: FeedRecord, response: Response, now: datetime) -> FeedRecord:
    """The record after a server said that one's copy still holds (304)."""
    return _after_success(record, response, now)


def _after_success(record: FeedRecord, response: Response, now: datetime) -> FeedRecord:
    again = response.status == 304
    return record._replace(
        etag=response.etag or (record.etag if again else ""),
        last_modified=response.last_modified or (record.last_modified if again else ""),
        fresh_until=response.fresh_until,
        last_try=now,
        last_success=now,
        failures=0,
        failure="",
        reason="",
        retry_at=None,
        dead="",
    )


def after_failure(record: FeedRecord, error: FetchError, now: datetime) -> FeedRecord:
    """The record after nothing came back."""
    failures = record.failures + 1
    changed = record._replace(
        last_try=now,
        failures=failures,
        failure=str(error.failure),
        reason=error.reason,
        retry_at=error.retry_after,
    )
    return changed._replace(dead=_death(changed, now))


def _death(record: FeedRecord, now: datetime) -> str:
    """Why a feed is asked no more, "" where it is."""
    if record.failure == Failure.GONE:
        return "Its server says that it is gone for good (410)."
    since = record.last_success
    if record.failures < FAILURES_OF_THE_DEAD or since is None or now - since < GIVEN_UP_AFTER:
        return ""
    return f"It has not answered since {since:%Y-%m-%d}: {record.reason}"
