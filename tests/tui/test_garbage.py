"""Garbage is not looked for during a launch, and afterwards not in what the launch made."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from rilo_reader.tui.garbage import begin_launch, end_launch
from tests.support.reader import reading


@pytest.fixture(autouse=True)
def _collector_as_it_was() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


async def test_the_first_article_ends_the_launch() -> None:
    begin_launch()
    assert not gc.isenabled()
    async with reading():
        assert gc.isenabled()


def test_what_a_launch_made_is_left_out_of_collections() -> None:
    gc.unfreeze()
    begin_launch()
    end_launch()
    assert gc.get_freeze_count() > 0
    assert gc.isenabled()


def test_a_collector_that_ran_all_the_time_is_left_alone() -> None:
    gc.unfreeze()
    end_launch()
    assert gc.get_freeze_count() == 0
