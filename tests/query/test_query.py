"""The nodes of a query: equal only where they mean the same."""

from __future__ import annotations

import pickle
from itertools import product

from rilo_reader.query.tree import And, Field, Is, Mark, Node, Not, Or, Words

WORD = Words(Field.ANYWHERE, ("x",))
NODES: list[Node] = [
    WORD,
    Is(Mark.READ),
    Not(WORD),
    And(),
    And((WORD,)),
    Or((WORD,)),
    Not(And((WORD,))),
    And((Not(WORD),)),
    Or((Not(WORD),)),
]


def test_nodes_of_different_kinds_are_never_equal() -> None:
    for (i, one), (j, other) in product(enumerate(NODES), repeat=2):
        assert (one == other) is (i == j)
    assert len(set(NODES)) == len(NODES)


def test_equal_nodes_are_one_key_also_after_a_journey() -> None:
    for node in NODES:
        again = pickle.loads(pickle.dumps(node))
        assert again == node
        assert hash(again) == hash(node)
        assert repr(again) == repr(node)


def test_a_branch_does_not_change() -> None:
    for node in (Not(WORD), And((WORD,)), Or((WORD,))):
        for name in ("node", "nodes"):
            try:
                setattr(node, name, ())
            except AttributeError:
                continue
            raise AssertionError(name)
