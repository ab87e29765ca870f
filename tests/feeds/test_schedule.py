"""When feeds are asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rilo_reader.entry import Feed
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.schedule import (
    SkipReason,
    Wait,
    after_failure,
    after_response,
    after_success,
    describe_wait,
    find_wait,
)
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.messages import Failure, FetchError, Response
from tests.support.for_each import for_each

NOW = datetime(2026, 3, 7, 12, 30, tzinfo=UTC)  # a Saturday
SUBSCRIPTION = Subscription("https://a.example/feed")
NEW = FeedRecord("a.example/feed")
DOWN = FetchError(Failure.STATUS, "it answers 500", status=500)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def answered(feed: Feed = Feed(), **response: object) -> FeedRecord:  # noqa: B008  # a value
    return after_response(NEW, Response("https://a.example/feed", **response), feed, NOW, new=1)  # type: ignore[arg-type]


def later(count: float) -> datetime:
    return NOW + minutes(count)


DAY = 24 * 60
HOURLY = answered(Feed(ttl=60), fresh_until=later(30))
FAR_AHEAD = answered(Feed(ttl=10), fresh_until=later(300 * DAY))
AT_NOON = answered(Feed(skip_hours=frozenset((12, 13, 14))))
AT_WEEKENDS = answered(Feed(skip_days=frozenset((5, 6))))
NEVER = answered(Feed(skip_hours=frozenset(range(24))))
OFTEN = SUBSCRIPTION._replace(every=10)


@for_each(
    "subscription, record, asked, wait",
    [
        (SUBSCRIPTION, NEW, 0, None),
        (SUBSCRIPTION, answered(), 1, None),
        (SUBSCRIPTION._replace(paused=True), NEW, 0, Wait(SkipReason.PAUSED)),
        # ttl and Cache-Control are respected, up to a day
        (SUBSCRIPTION, HOURLY, 59, Wait(SkipReason.NOT_DUE, later(60))),
        (SUBSCRIPTION, HOURLY, 60, None),
        (SUBSCRIPTION, FAR_AHEAD, 1, Wait(SkipReason.NOT_DUE, later(DAY))),
        (SUBSCRIPTION, FAR_AHEAD, DAY, None),
        # what the user says stands above
        (OFTEN, answered(Feed(ttl=600)), 9, Wait(SkipReason.NOT_DUE, later(10))),
        (OFTEN, answered(Feed(ttl=600)), 10, None),
        # quiet hours and days
        (SUBSCRIPTION, AT_NOON, 0, Wait(SkipReason.QUIET_HOURS, later(150))),
        (SUBSCRIPTION, AT_NOON, 150, None),
        (
            SUBSCRIPTION,
            AT_WEEKENDS,
            0,
            Wait(SkipReason.QUIET_HOURS, datetime(2026, 3, 9, tzinfo=UTC)),
        ),
        (SUBSCRIPTION, NEVER, 0, None),
        # a clock that was wrong
        (SUBSCRIPTION, answered(Feed(ttl=60))._replace(last_try=later(4000 * DAY)), 0, None),
    ],
)
def test_feeds_are_asked_when_they_wish(
    subscription: Subscription, record: FeedRecord, asked: int, wait: Wait | None
) -> None:
    assert find_wait(subscription, record, later(asked)) == wait


def test_failures_are_waited_for_twice_as_long_each_time_up_to_a_day() -> None:
    record, waits = NEW, []
    for _ in range(10):
        record = after_failure(record, DOWN, NOW)
        wait = find_wait(SUBSCRIPTION, record, NOW)
        assert wait is not None and wait.until is not None
        assert wait.reason is SkipReason.BACK_OFF
        waits.append((wait.until - NOW) / minutes(1))
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440]
    assert find_wait(SUBSCRIPTION, record, NOW + timedelta(days=1)) is None
    after = after_success(record, Response("", status=304), NOW)
    assert (after.failures, after.reason) == (0, "")


def test_a_server_names_its_own_time() -> None:
    until = NOW + minutes(90)
    busy = FetchError(Failure.BUSY, "busy", status=429, retry_after=until)
    record = after_failure(NEW, busy, NOW)
    assert find_wait(SUBSCRIPTION, record, NOW) == Wait(SkipReason.ASKED_TO_WAIT, until)
    assert find_wait(SUBSCRIPTION, record, until) is None


def test_what_is_gone_is_dead_and_alive_when_it_answers() -> None:
    record = after_failure(answered(), FetchError(Failure.GONE, "it is gone", status=410), NOW)
    assert "gone for good" in record.dead
    assert find_wait(SUBSCRIPTION, record, NOW + timedelta(days=99)) == Wait(SkipReason.DEAD)
    assert after_success(record, Response("", status=304), NOW).dead == ""


def test_what_only_fails_for_months_is_dead() -> None:
    record = answered()
    for day in range(1, 70):
        record = after_failure(record, DOWN, NOW + timedelta(days=day))
        assert bool(record.dead) == (day >= 60)
    assert "has not worked since 2026-03-07" in record.dead


def test_marks_of_a_304_stay_and_those_of_a_new_answer_replace_them() -> None:
    first = answered(etag='"1"', last_modified="yesterday")
    again = after_success(first, Response("", status=304), NOW)
    assert (again.etag, again.last_modified) == ('"1"', "yesterday")
    second = after_response(first, Response("", etag='"2"'), Feed(), NOW, new=0)
    assert (second.etag, second.last_modified) == ('"2"', "")


@for_each("why", SkipReason)
def test_every_wait_has_a_sentence(why: SkipReason) -> None:
    assert describe_wait(Wait(why, NOW), NOW).endswith(".")
    assert "{" not in describe_wait(Wait(why), NOW)
