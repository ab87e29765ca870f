"""All cases of a test are tried, and those that fail are named."""

from __future__ import annotations

import pytest

from tests.support.for_each import for_each


@pytest.fixture
def limit() -> int:
    return 5


def test_each_case_that_fails_is_named_with_its_values() -> None:
    tried = []

    @for_each("text, length", [("ivory", 5), ("horn", 3), ("tusk", 4), ("", 1)])
    def lengths(text: str, length: int) -> None:
        tried.append(text)
        assert len(text) == length

    with pytest.raises(ExceptionGroup, match="2 of 4 cases") as raised:
        lengths()
    assert tried == ["ivory", "horn", "tusk", ""]
    assert [one.__notes__ for one in raised.value.exceptions] == [
        ["case: {'text': 'horn', 'length': 3}"],
        ["case: {'text': '', 'length': 1}"],
    ]


def test_what_should_raise_and_does_not_fails_its_case() -> None:
    @for_each("text", ["x", "1"])
    def no_number(text: str) -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            int(text)

    with pytest.raises(BaseExceptionGroup, match="1 of 2 cases"):
        no_number()


def test_without_cases_nothing_is_proved() -> None:
    with pytest.raises(AssertionError, match="no cases"):
        for_each("text", [])


@for_each("one", [1, 2])
@for_each("other", [3, 4])
def test_it_takes_fixtures_and_stands_above_another(one: int, other: int, limit: int) -> None:
    assert one < other < limit
