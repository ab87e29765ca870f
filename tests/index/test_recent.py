"""The beginning of the newest articles is where ordering all of them says it is."""

from __future__ import annotations

import time

import tantivy
from hypothesis import given
from hypothesis import strategies as st
from pytest import MonkeyPatch

from rilo_reader.index import schema as fields
from rilo_reader.index.order import order_of
from rilo_reader.index.snapshot import Recent
from tests.support.examples import examples

DAY = 86_400
AGES = st.one_of(
    st.integers(-30 * DAY, 30 * DAY),
    st.integers(-400 * 366 * DAY, 400 * 366 * DAY),
    st.just(40 * DAY),
)


@examples(25)
@given(ages=st.lists(AGES, min_size=5, max_size=40))
def test_the_newest_begin_where_they_begin_among_all(ages: list[int]) -> None:
    now = int(time.time())
    orders = [order_of(now - age, key) for key, age in enumerate(ages)]
    schema = tantivy.SchemaBuilder().add_integer_field(fields.ORDER, fast=True).build()
    index = tantivy.Index(schema)
    writer = index.writer(15_000_000, 1)
    for order in orders:
        writer.add_document(tantivy.Document(**{fields.ORDER: order}))
    writer.commit()
    index.reload()
    with MonkeyPatch.context() as patch:
        patch.setattr(Recent, "SIZE", 5)
        assert Recent(index.searcher(), schema).order == sorted(orders)[-5]
