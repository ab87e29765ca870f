"""Dates in the forms that people, sites and programs write."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.dates import FIRST_YEAR, LAST_YEAR, read_date
from rilo_reader.store.file_names import date_in_path
from tests.support.examples import examples
from tests.support.for_each import for_each

DAY = datetime(2019, 3, 7, tzinfo=UTC)
TEN = datetime(2019, 3, 7, 10, tzinfo=UTC)


@for_each("text", [
        "2019-03-07", "2019-3-7", "2019/03/07", "2019.03.07", "20190307", "Thu, 07 Mar 2019",
        "07 Mar 2019", "7 March 2019", "7th of March, 2019", "March 7, 2019", "Mar. 7th 2019",
        "Thursday, March 7, 2019", "07-Mar-2019", "07.03.2019", "7. 3. 2019", "2019年3月7日",
        "2019 年 3 月 7 日", "2019년 3월 7일", " 2019-03-07 ", date(2019, 3, 7), 20190307,
        "2019-03-07 25:00:00", "2019-03-07T10:99",
    ])  # fmt: skip
def test_days(text: object) -> None:
    assert read_date(text) == (DAY, True)


@for_each("text", [
        "2019-03-07T10:00:00Z", "2019-03-07T10:00:00", "2019-03-07 10:00",
        "2019-03-07 10:00:00 UTC",
        "2019-03-07T10:00:00.123456Z", "2019-03-07 19:00 +0900", "2019-03-07T19:00:00+09:00",
        "2019-03-07 05:00:00 -0500", "2019-03-07 05:00:00 EST", "2019-03-07 15:30 +05:30",
        "2019-03-07 19:00:00 JST", "2019-03-07 10:00:00 2019 +0000", "2019-03-07, 10:00 am",
        "2019-03-07 10:00:00 Nowhere/Land", "Thu, 07 Mar 2019 10:00:00 GMT",
        "Thu, 7 Mar 2019 02:00:00 -0800", "7 Mar 2019 10:00", "March 7, 2019 10:00 AM",
        "Mar 7, 2019 at 10:00", "Thu Mar  7 10:00:00 2019", "Thu Mar  7 19:00:00 KST 2019",
        "07.03.2019 10:00", "20190307T100000Z", "20190307100000", 20190307100000, 1551952800,
        1551952800.0, 1551952800000, "1551952800", "2019年3月7日 10:00", TEN,
        TEN.replace(tzinfo=None),
        TEN.astimezone(timezone(timedelta(hours=9))),
    ])  # fmt: skip
def test_moments(text: object) -> None:
    when = read_date(text)
    assert when == (TEN, False)
    assert when is not None
    assert when.moment.tzinfo is not None


@for_each(
    "text, day",
    [
        ("2013-02-30", date(2013, 2, 28)),
        ("2012-02-31 ", date(2012, 2, 29)),
        ("2019-04-31", date(2019, 4, 30)),
        ("2019-03", date(2019, 3, 1)),
        ("2019", date(2019, 1, 1)),
        (2019, date(2019, 1, 1)),
        ("3/25/2019", date(2019, 3, 25)),
        ("25/3/2019", date(2019, 3, 25)),
        ("5/5/2019", date(2019, 5, 5)),
        ("1605-11-05", date(1605, 11, 5)),
    ],
)
def test_days_that_are_nearly_none(text: object, day: date) -> None:
    when = read_date(text)
    assert when is not None
    assert (when.moment.date(), when.day_only) == (day, True)


@for_each("text", [
        "", " ", "true", "soon", "{{ date }}", "2019-13-01", "2019-00-10", "2019-01-00", "3/7/2019",
        "0000-01-01", "0001-01-01T00:00:00Z", "9999-12-31", "-1", "12", "1e9", "7 Foo 2019",
        "99999999999999999999", "2019-W10", "x" * 5000, None, True, [], {}, -5, 10**400,
        float("nan"), float("inf"), datetime(1, 1, 1, tzinfo=UTC), date(9999, 12, 31), 999, 123456,
    ])  # fmt: skip
def test_what_is_no_date(text: object) -> None:
    assert read_date(text) is None


@pytest.mark.slow
@given(
    st.one_of(
        st.text("0123456789-/.:TZ+ ,amp年月日JanMarThu\n", max_size=30),
        st.text(max_size=20),
        st.integers(),
        st.floats(),
        st.datetimes(timezones=st.one_of(st.none(), st.timezones())),
        st.dates(),
    )
)
@examples(1500)
def test_nothing_raises_and_every_date_can_be_used(value: object) -> None:
    when = read_date(value)
    if when is not None:
        assert FIRST_YEAR <= when.moment.year <= LAST_YEAR + 1
        assert when.moment.astimezone(timezone(timedelta(hours=-14))) == when.moment
        assert when.moment.timestamp() < 2**40
        if when.day_only:
            assert when.moment.utcoffset() == timedelta(0)
            assert (when.moment.hour, when.moment.minute) == (0, 0)


@pytest.mark.slow
@given(
    st.datetimes(datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31)),  # noqa: DTZ001
    st.integers(-23 * 60, 23 * 60),
)
@examples(300)
def test_what_programs_write_is_read_to_the_second(moment: datetime, minutes: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_date(moment.isoformat()) == (moment, False)
    assert read_date(moment.isoformat(" ")) == (moment, False)
    for form in ("%Y-%m-%d %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %z", "%d %B %Y %H:%M:%S %z"):
        assert read_date(f"{moment:{form}}") == (moment, False)


@for_each(
    "path, day",
    [
        ("2019-03-07-title.md", date(2019, 3, 7)),
        ("news/2019-3-7-title.md", date(2019, 3, 7)),
        ("news/20190307_title.md", date(2019, 3, 7)),
        ("Daily/2019-03-07.md", date(2019, 3, 7)),
        ("Meeting 2019.03.07.md", date(2019, 3, 7)),
        ("2019/03/07/title.md", date(2019, 3, 7)),
        ("inside/2019/03/07/title", date(2019, 3, 7)),
        ("2019/03/title.md", date(2019, 3, 1)),
        ("2019/02/30/2019/03/07/title.md", date(2019, 3, 7)),
        ("2018/01/02/2019-03-07-x.md", date(2019, 3, 7)),
        ("2019-03-07-hello/index.md", date(2019, 3, 7)),
        ("blog/2019-03-07-hello/index.zh-cn.mdx", date(2019, 3, 7)),
        ("blog/2019-03-07/_index.md", date(2019, 3, 7)),
        ("blog/20190307_hello/README.md", date(2019, 3, 7)),
        ("2018/2019-03-07-hello/Index.html", date(2019, 3, 7)),
        ("2018/01/02/index.md", date(2018, 1, 2)),
        ("2019-03-07-hello/2020-01-02-index.md", date(2020, 1, 2)),
        ("2019-03-07-backup/title.md", None),
        ("2019-03-07-hello/inside/index.md", None),
        ("2019-03-07-hello/index of names.md", None),
        ("title.md", None),
        ("2019-13-07.md", None),
        ("2019-02-30.md", None),
        ("1.2.3.md", None),
        ("1234567890.md", None),
        ("v2019/99/01/x.md", None),
        ("2019.md", None),
        ("", None),
    ],
)
def test_days_in_paths(path: str, day: date | None) -> None:
    when = date_in_path(path)
    assert (when.moment.date() if when else None) == day
