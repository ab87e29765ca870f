"""The comparison of marks on both sides: whatever is done where, both end up equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.plugins.accounts.compare import BaseMarks, Differences, MarkSetting, compare_marks
from rilo_reader.plugins.accounts.service import EntryId, ServerMark, ServerMarks
from rilo_reader.store.marks import Marks
from tests.plugins.accounts.fake_service import with_mark
from tests.support.examples import examples

ENTRIES = [EntryId(str(number)) for number in range(4)]
A, B, C = (ArticleId(name) for name in "abc")
ARTICLES = {A: ENTRIES[:1], B: ENTRIES[1:2], C: ENTRIES[2:]}
ALL = {mark: set(ARTICLES) for mark in ServerMark}

Here: TypeAlias = dict[ArticleId, ServerMarks]
There: TypeAlias = dict[EntryId, ServerMarks]
Toggle: TypeAlias = tuple[ArticleId | EntryId, ServerMark]

marks = st.builds(ServerMarks, st.booleans(), st.booleans())
here_sides = st.fixed_dictionaries(dict.fromkeys(ARTICLES, marks))
there_sides = st.fixed_dictionaries(dict.fromkeys(ENTRIES, marks))
toggles = st.lists(st.tuples(st.sampled_from([*ARTICLES, *ENTRIES]), st.sampled_from(ServerMark)))


class World:
    """Both sides, and what they agreed on last."""

    def __init__(self, here: Here, there: There, base: Here | None = None) -> None:
        self.here, self.there = dict(here), dict(there)
        base = base or dict.fromkeys(ARTICLES, ServerMarks())
        self.agreed = {
            mark: {each: base[each].has_mark(mark) for each in ARTICLES} for mark in ServerMark
        }
        self.sending: dict[ServerMark, set[ArticleId]] = {mark: set() for mark in ServerMark}
        self.given = ALL
        self.silent: set[EntryId] = set()

    def toggle(self, what: ArticleId | EntryId, mark: ServerMark) -> None:
        side: dict[Any, ServerMarks] = self.here if what in self.here else self.there
        side[what] = with_mark(side[what], mark, not side[what].has_mark(mark))

    def compare(self) -> Differences:
        found = Differences({}, {}, {})
        here = {article: Marks(*each) for article, each in self.here.items()}
        there = {each: self.there[each] for each in ENTRIES if each not in self.silent}
        compare_marks(
            ARTICLES, here, BaseMarks(self.agreed, self.sending, self.given), there, found
        )
        return found

    def sync(self, *, is_cut: bool = False) -> int:
        """Sync; return how many marks changed.

        If it is cut off, that is after the server was changed and before it is noted.
        """
        found, changed = self.compare(), 0
        for (mark, value), articles in found.pull.items():
            for each in articles:
                self.here[each] = with_mark(self.here[each], mark, value)
                changed += 1
        for (mark, value), articles in found.new_base.items():
            self.agreed[mark] |= dict.fromkeys(articles, value)
            self.sending[mark] -= {*articles}
        for (mark, value), pushed in found.push.items():
            for article, entries in pushed.items():
                for entry in entries:
                    self.there[entry] = with_mark(self.there[entry], mark, value)
                    changed += 1
                self.sending[mark].add(article)
                if not is_cut:
                    self.agreed[mark][article] = value
                    self.sending[mark].discard(article)
        return changed

    def is_equal(self) -> bool:
        return all(self.there[one] == self.here[a] for a in ARTICLES for one in ARTICLES[a])


@examples(300)
@given(here_sides, there_sides, st.lists(toggles, max_size=8), st.booleans())
def test_both_sides_end_up_equal(
    here: Here, there: There, rounds: Sequence[Sequence[Toggle]], is_cut: bool
) -> None:
    world = World(here, there)
    for some in rounds:
        for toggle in some:
            world.toggle(*toggle)
        world.sync(is_cut=is_cut)
    world.sync()
    assert world.is_equal()
    assert world.agreed == {m: {a: world.here[a].has_mark(m) for a in ARTICLES} for m in ServerMark}
    assert world.sync() == 0


@examples(300)
@given(here_sides, toggles)
def test_the_last_change_of_an_agreed_mark_wins(agreed: Here, steps: Sequence[Toggle]) -> None:
    """Where each change is synced before the next one, the last one is everywhere."""
    there = {entry: agreed[article] for article, some in ARTICLES.items() for entry in some}
    world = World(agreed, there, agreed)
    for what, mark in steps:
        [article] = [each for each, some in ARTICLES.items() if what in (each, *some)]
        value = not world.here[article].has_mark(mark)
        expected = world.here | {article: with_mark(world.here[article], mark, value)}
        world.toggle(what, mark)
        world.sync()
        assert world.here == expected
        assert world.is_equal()


@examples(300)
@given(here_sides, here_sides, there_sides)
def test_nothing_changes_that_nobody_changed(base: Here, here: Here, there: There) -> None:
    world = World(here, there, base)
    world.sync()
    for article, entries in ARTICLES.items():
        for mark in ServerMark:
            was = base[article].has_mark(mark)
            now = {here[article].has_mark(mark), *(there[each].has_mark(mark) for each in entries)}
            # Where nothing was agreed it was unset, so a first contact joins both sides.
            assert world.here[article].has_mark(mark) is (was if now == {was} else not was)


@examples(300)
@given(here_sides, there_sides, here_sides, st.booleans())
def test_what_was_being_sent_ends_up_as_it_is_here(
    here: Here, there: There, base: Here, is_silent: bool
) -> None:
    """Also where it had arrived, and was taken back here before the next sync."""
    world = World(here, there, base)
    world.sending[ServerMark.READ] = {*ARTICLES}
    world.silent = {*ENTRIES} if is_silent else set()
    found = world.compare()
    assert not any(mark is ServerMark.READ for mark, _ in found.pull)
    for article, entries in ARTICLES.items():
        value = here[article].read
        pushed = found.push.get(MarkSetting(ServerMark.READ, value), {}).get(article, [])
        assert pushed == [each for each in entries if is_silent or there[each].read != value]
        assert pushed or article in found.new_base[MarkSetting(ServerMark.READ, value)]


def test_what_another_device_agreed_on_was_not_taken_away_where_it_was_never_given() -> None:
    unread, read = ServerMarks(), ServerMarks(read=True)
    nothing, there = dict.fromkeys(ARTICLES, unread), dict.fromkeys(ENTRIES, read)
    world = World(nothing, there, dict.fromkeys(ARTICLES, read))
    pushed = dict(ARTICLES)
    assert world.compare() == ({MarkSetting(ServerMark.READ, False): pushed}, {}, {})
    # The journal in which it was given has not come.
    world.given = {mark: set() for mark in ServerMark}
    everywhere = {MarkSetting(ServerMark.READ, True): [*ARTICLES]}
    assert world.compare() == ({}, everywhere, {})


def test_only_what_is_new_is_agreed() -> None:
    unread, read = ServerMarks(), ServerMarks(read=True)
    here, there = dict.fromkeys(ARTICLES, unread), dict.fromkeys(ENTRIES, unread)
    assert not any(World(here, there).compare())
    world = World(dict.fromkeys(ARTICLES, read), dict.fromkeys(ENTRIES, read))
    assert world.compare() == ({}, {}, {MarkSetting(ServerMark.READ, True): [*ARTICLES]})
    world.silent = {*ENTRIES}
    assert world.compare() == ({MarkSetting(ServerMark.READ, True): ARTICLES}, {}, {})
