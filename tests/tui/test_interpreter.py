"""Garbage is not looked for during a launch nor in what it made, and threads give way soon."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from rilo_reader.tui.interpreter import begin_launch, end_launch, give_way_soon
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


def test_threads_give_way_sooner_than_by_themselves() -> None:
    before = sys.getswitchinterval()
    try:
        give_way_soon()
        assert sys.getswitchinterval() < before
    finally:
        sys.setswitchinterval(before)
