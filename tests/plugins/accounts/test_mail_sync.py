"""Letters that are fetched together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.plugins.accounts.mailbox import FETCHED_TOGETHER, LETTER_LIMIT, split_batches


@given(st.lists(st.integers(0, 3 * LETTER_LIMIT), max_size=500))
def test_letters_that_are_fetched_together_are_few_and_not_too_large(sizes: list[int]) -> None:
    batches = list(split_batches(dict(enumerate(sizes))))
    assert [uid for batch in batches for uid in batch] == list(range(len(sizes)))
    for batch in batches:
        assert 0 < len(batch) <= FETCHED_TOGETHER
        assert sum(min(sizes[uid], LETTER_LIMIT) for uid in batch) <= LETTER_LIMIT
