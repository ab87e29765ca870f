"""How letters are fetched together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.plugins.accounts.mail_sync import LETTERS_TOGETHER, MOST_HELD, split_batches
from rilo_reader.plugins.accounts.mailbox import LETTER_LIMIT


@given(st.dictionaries(st.integers(1), st.integers(0, 3 * LETTER_LIMIT), max_size=50))
def test_letters_that_are_fetched_together_are_few_and_not_too_large(sizes: dict[int, int]) -> None:
    found = list(split_batches(sizes))
    assert [uid for batch in found for uid in batch] == list(sizes)
    for batch in found:
        assert 0 < len(batch) <= LETTERS_TOGETHER
        assert sum(min(sizes[uid], LETTER_LIMIT) for uid in batch) <= MOST_HELD
    assert [len(each) for each in split_batches(dict.fromkeys(range(450), 10))] == [200, 200, 50]
