"""The comparison of marks on both sides: whatever is done where, both end up equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Marks
from rilo_reader.sync.services.compare import (
    Agreed,
    AgreedEntry,
    Differences,
    Setting,
    Shared,
    compare,
)
from rilo_reader.sync.services.service import EntryId, Mark, ServerMarks
from tests.support.examples import examples

ENTRIES = [EntryId(str(number)) for number in range(3)]
UNREAD, READ = ServerMarks(), ServerMarks(read=True)

Side: TypeAlias = dict[EntryId, ServerMarks]

marks = st.builds(ServerMarks, st.booleans(), st.booleans())
sides = st.fixed_dictionaries(dict.fromkeys(ENTRIES, marks))
toggles = st.lists(
    st.tuples(st.sampled_from(["here", "there"]), st.sampled_from(ENTRIES), st.sampled_from(Mark))
    | st.just("sync"),
    max_size=30,
)


NOT_SHARED = Shared({mark: {} for mark in Mark}, {mark: set() for mark in Mark}, travels=False)


def compared(*sides: tuple[EntryId, Agreed, ServerMarks, ServerMarks | None]) -> Differences:
    """What is found in entries: each with what was agreed, the marks here and there."""
    return compare(
        [AgreedEntry(entry, article(entry), base) for entry, base, _, _ in sides],
        {article(entry): Marks(*local) for entry, _, local, _ in sides},
        {entry: remote for entry, _, _, remote in sides if remote is not None},
        NOT_SHARED,
    )


class World:
    """Both sides, and what they agreed on last."""

    def __init__(self, here: Side, there: Side) -> None:
        self.here, self.there = dict(here), dict(there)
        self.base = dict.fromkeys(ENTRIES, Agreed())
        self.changed = 0

    def toggle(self, where: str, entry: EntryId, mark: Mark) -> None:
        side = self.here if where == "here" else self.there
        side[entry] = side[entry].with_mark(mark, not side[entry].of(mark))

    def sync(self, *, is_cut: bool = False) -> None:
        """Sync; if it is cut off, after the server was changed and before that is noted."""
        found = compared(
            *((each, self.base[each], self.here[each], self.there[each]) for each in ENTRIES)
        )
        self.changed = 0
        for (mark, value), articles in found.pull.items():
            for each in articles:
                entry = EntryId(each.removeprefix("article "))
                self.here[entry] = self.here[entry].with_mark(mark, value)
                self.changed += 1
        for (mark, value), entries in found.push.items():
            for entry in entries:
                self.there[entry] = self.there[entry].with_mark(mark, value)
                self.changed += 1
        self.base |= found.base
        for (mark, value), entries in found.push.items():
            for entry in entries:
                self.base[entry] = self.base[entry].with_mark(mark, None if is_cut else value)


def article(entry: EntryId) -> ArticleId:
    return ArticleId(f"article {entry}")


@examples(300)
@given(sides, sides, toggles, st.booleans())
def test_both_sides_end_up_equal(
    here: Side, there: Side, steps: Sequence[str | tuple[str, EntryId, Mark]], is_cut: bool
) -> None:
    world = World(here, there)
    for step in steps:
        if isinstance(step, str):
            world.sync(is_cut=is_cut)
        else:
            world.toggle(*step)
    world.sync()
    assert world.here == world.there
    assert world.base == {entry: Agreed(*marks) for entry, marks in world.here.items()}
    world.sync()
    assert world.changed == 0


@examples(300)
@given(sides, st.lists(st.tuples(st.sampled_from(["here", "there"]), st.sampled_from(Mark))))
def test_the_last_change_of_an_agreed_mark_wins(
    agreed: Side, steps: Sequence[tuple[str, Mark]]
) -> None:
    """Where each change is synced before the next one, the last one is everywhere."""
    world = World(agreed, agreed)
    world.sync()
    expected = dict(agreed)
    entry = ENTRIES[0]
    for where, mark in steps:
        world.toggle(where, entry, mark)
        expected[entry] = expected[entry].with_mark(mark, not expected[entry].of(mark))
        world.sync()
        assert world.here == world.there == expected


@examples(300)
@given(sides, sides, sides)
def test_nothing_changes_that_nobody_changed(base: Side, here: Side, there: Side) -> None:
    world = World(here, there)
    world.base = {entry: Agreed(*marks) for entry, marks in base.items()}
    world.sync()
    for entry in ENTRIES:
        for mark in Mark:
            was, left, right = (s[entry].of(mark) for s in (base, here, there))
            after = world.here[entry].of(mark)
            assert after == (was if left == right == was else not was)


@examples(300)
@given(sides, sides)
def test_a_first_contact_joins_both_sides(here: Side, there: Side) -> None:
    world = World(here, there)
    world.sync()
    for entry in ENTRIES:
        joined = ServerMarks(
            here[entry].read or there[entry].read, here[entry].starred or there[entry].starred
        )
        assert world.here[entry] == world.there[entry] == joined


@examples(300)
@given(sides, sides, sides, st.booleans())
def test_what_was_being_sent_ends_up_as_it_is_here(
    here: Side, there: Side, base: Side, is_silent: bool
) -> None:
    """Also where it had arrived, and was taken back here before the next sync."""
    entries = [
        (entry, Agreed(None, base[entry].starred), here[entry], remote)
        for entry in ENTRIES
        for remote in [None if is_silent else there[entry]]
    ]
    found = compared(*entries)
    assert not any(mark is Mark.READ for mark, _ in found.pull)
    for entry in ENTRIES:
        value = here[entry].read
        pushed = entry in found.push.get(Setting(Mark.READ, value), [])
        assert pushed == (is_silent or there[entry].read != value)
        assert pushed or found.base[entry].read is value


def test_only_what_is_new_is_agreed() -> None:
    entry = EntryId("1")
    unread, read = Agreed(), Agreed(read=True)
    assert not any(compared((entry, read, READ, READ)))
    assert not any(compared((entry, read, READ, None)))
    pushed = compared((entry, unread, READ, UNREAD))
    assert (pushed.push, pushed.pull, pushed.base) == ({(Mark.READ, True): [entry]}, {}, {})
    pulled = compared((entry, unread, UNREAD, READ))
    assert pulled.pull == {(Mark.READ, True): [article(entry)]}
    assert (pulled.push, pulled.base) == ({}, {entry: read})
    agreed = compared((entry, unread, READ, READ))
    assert agreed == ({}, {}, {entry: read}, {}, {})


def test_what_is_agreed_travels_once_and_only_if_it_is_new() -> None:
    entry, its_article = EntryId("1"), article(EntryId("1"))
    nothing: dict[Mark, dict[ArticleId, bool]] = {mark: {} for mark in Mark}
    alone, sharing = (
        Shared(nothing, NOT_SHARED.given, False),
        Shared(nothing, NOT_SHARED.given, True),
    )
    known = sharing._replace(values={**nothing, Mark.READ: {its_article: True}})
    given = known._replace(given={**NOT_SHARED.given, Mark.READ: {its_article}})
    read, news = {entry: READ}, {Setting(Mark.READ, True): [its_article]}
    for shared, there, expected in (
        (sharing, {entry: UNREAD}, {}),
        (sharing, read, news),
        (alone, read, {}),
        (known, read, {}),
        (given, read, {}),
    ):
        found = compare([AgreedEntry(entry, its_article, Agreed())], {}, there, shared)
        assert found.news == expected
    # Another device has sent what is unread here by now, so it was taken back here.
    taken_back = compare([AgreedEntry(entry, its_article, Agreed())], {}, read, given)
    assert (taken_back.push, taken_back.pull) == ({Setting(Mark.READ, False): [entry]}, {})
    # The journal in which it was given has not come.
    received = compare([AgreedEntry(entry, its_article, Agreed())], {}, read, known)
    assert (received.push, received.pull) == ({}, {Setting(Mark.READ, True): [its_article]})
