"""Saved searches and mutes put into settings.toml, moved in it and taken out of it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.config import MUTES, SEARCHES, Mute, SavedSearch, load
from rilo_reader.config.toml_edit import list_blocks
from rilo_reader.config.toml_table import RemovedRow, RowEdits
from tests.support.examples import examples


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def edited(file: Path, text: str, edit: Callable[[Path], object]) -> str:
    """The text of a file after a change."""
    file.write_bytes(text.encode())
    edit(file)
    return file.read_bytes().decode()


def put(name: str, query: str) -> Callable[[Path], None]:
    return partial(SEARCHES.put, row=SavedSearch(name, query))


def mute(query: str, until: date | None = None) -> Callable[[Path], None]:
    return partial(MUTES.put, row=Mute(query, until))


def renamed(name: str, new: str) -> Callable[[Path], object]:
    return lambda file: SEARCHES.change(file, name, name=new)


def change_search(name: str, row: dict[str, str], file: Path) -> None:
    SEARCHES.change(file, name, **row)


def names(file: Path) -> list[str]:
    config, wrong = load(file)
    assert wrong == ()
    return [search.name for search in config.searches]


def test_saved_searches_is_another_name_of_searches(file: Path) -> None:
    text = (
        "# mine\n[[saved_searches]]\nname = 'a'\nquery = 'x'\n\n[[ saved_searches ]]\nname = 'b'\n"
        "query = 'title:\"'\n\n[[searches]]\nname = 'c'\nquery = 'z'\n\n"
        "[keys]\nsaved_searches = 'S'\n"
    )
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    config, problems = load(file)
    assert (names(file), problems) == (["a", "b", "c"], ())
    assert config.keys["saved_searches"] == ("S",)
    SEARCHES.move(file, "b", 1)
    assert file.read_text() == text, "nothing had to change"
    removed = SEARCHES.remove(file, "a")
    assert names(file) == ["b", "c"]
    SEARCHES.restore(file, removed)
    SEARCHES.add(file, SavedSearch("d", "q"))
    assert names(file) == ["a", "b", "c", "d"]
    file.write_text("width = 90\n[[saved_searches]]\nname = 'a'\nquery = 3\n")
    assert load(file)[1][0].line == 4


def test_searches_from_the_first_to_the_last(file: Path) -> None:
    for name in ("Ivory", "三", "C++ & co"):
        SEARCHES.put(file, SavedSearch(name, f'title:"{name}"'))
    assert names(file) == ["Ivory", "三", "C++ & co"]
    SEARCHES.move(file, "c++ & CO", 0)
    assert names(file) == ["C++ & co", "Ivory", "三"]
    SEARCHES.move(file, "C++ & co", 99)
    assert names(file) == ["Ivory", "三", "C++ & co"]
    SEARCHES.change(file, "三", name="Three")
    SEARCHES.change(file, "Ivory", name="IVORY")
    SEARCHES.put(file, SavedSearch("ivory", "ivory -ebay"))
    SEARCHES.remove(file, "@c++ & co")
    config, wrong = load(file)
    assert wrong == ()
    assert config.searches == (
        SavedSearch("IVORY", "ivory -ebay"),
        SavedSearch("Three", 'title:"三"'),
    )
    SEARCHES.remove(file, "Three")
    SEARCHES.remove(file, "IVORY")
    assert names(file) == []


def test_mutes_come_change_and_go(file: Path) -> None:
    def mutes() -> list[Mute]:
        config, wrong = load(file)
        assert wrong == ()
        return list(config.mutes)

    friday, day = '"black friday"', date(2026, 12, 1)
    for each in (
        Mute("tag:football", day),
        Mute(friday),
        Mute("tag:football"),
        Mute(f" {friday} "),
    ):
        MUTES.put(file, each)
    assert mutes() == [Mute("tag:football"), Mute(friday)]
    MUTES.put(file, Mute(friday, day))
    MUTES.change(file, "tag:football", query='source:="New"')
    assert mutes() == [Mute('source:="New"'), Mute(friday, day)]
    with pytest.raises(ValueError, match="'x' is no longer"):
        MUTES.change(file, "x", query="y")
    for query in ('source:="New"', friday):
        MUTES.remove(file, query)
    assert mutes() == []


COMMENTED = """\
width = 72 # mine

# -- what I look for --

# about elephants
[[searches]]
name = 'Ivory' # first
query = "ivory"

[[searches]]   # second
query = '''
two'''
name = "Two"
# the end of two

# now hide
[[mutes]]
query = "a"
until = 2026-05-01 # over soon

[[searches]]
name = "Three"
query = "3"
# last words"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_comments_stay_where_they_belong(file: Path, line_end: str) -> None:
    text = COMMENTED.replace("\n", line_end)

    def expect(edit: Callable[[Path], object], wanted: str) -> None:
        assert edited(file, text, edit) == wanted.replace("\n", line_end)

    expect(put("two", "2"), COMMENTED.replace("'''\ntwo'''", '"2"'))
    expect(renamed("ivory", "I"), COMMENTED.replace("'Ivory'", '"I"'))
    expect(
        partial(SEARCHES.remove, key="ivory"),
        COMMENTED.replace(
            "# about elephants\n[[searches]]\nname = 'Ivory' # first\nquery = \"ivory\"\n\n", ""
        ),
    )
    expect(
        partial(SEARCHES.remove, key="three"),
        COMMENTED.replace('\n[[searches]]\nname = "Three"\nquery = "3"\n', "\n"),
    )
    expect(
        partial(SEARCHES.move, key="three", place=0),
        """\
width = 72 # mine

# -- what I look for --

[[searches]]
name = "Three"
query = "3"

# about elephants
[[searches]]
name = 'Ivory' # first
query = "ivory"
# the end of two

# now hide
[[mutes]]
query = "a"
until = 2026-05-01 # over soon

[[searches]]   # second
query = '''
two'''
name = "Two"
# last words""",
    )
    expect(mute("a", None), COMMENTED.replace("until = 2026-05-01 # over soon\n", ""))
    expect(mute("a", date(2027, 1, 31)), COMMENTED.replace("2026-05-01", "2027-01-31"))
    expect(
        mute("b", None), COMMENTED.replace("over soon\n", 'over soon\n\n[[mutes]]\nquery = "b"\n')
    )
    expect(
        put("4", "f"),
        COMMENTED.replace(
            'query = "3"\n', 'query = "3"\n\n[[searches]]\nname = "4"\nquery = "f"\n'
        ),
    )


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", '[[searches]]\nname = "a"\nquery = "b"\n'),
        ("width = 3", 'width = 3\n\n[[searches]]\nname = "a"\nquery = "b"\n'),
        ("\ufeffwidth = 3\n\n", '\ufeffwidth = 3\n\n[[searches]]\nname = "a"\nquery = "b"\n'),
        (
            '[[searches]]\nname = "x"\nquery = "y"',
            '[[searches]]\nname = "x"\nquery = "y"\n\n[[searches]]\nname = "a"\nquery = "b"\n',
        ),
        ('[[searches]]\nname = "A"', '[[searches]]\nname = "A"\nquery = "b"\n'),
    ],
)
def test_one_more_search(file: Path, text: str, after: str) -> None:
    assert edited(file, text, put("a", "b")) == after


def test_what_cannot_be_is_refused(file: Path) -> None:
    SEARCHES.put(file, SavedSearch("Ivory", "x"))
    SEARCHES.put(file, SavedSearch("Two", "y"))
    before = file.read_bytes()
    attempts: list[tuple[Callable[[Path], object], str]] = [
        (put("  ", "x"), "needs a name"),
        (put("@x", "x"), "must not begin with @"),
        (put("x" * 81, "x"), "at most 80"),
        (put("x", "y" * 10_001), "at most 10,000"),
        (renamed("two", "IVORY"), "already called 'IVORY'"),
        (renamed("none", "x"), "'none' is no longer"),
        (partial(SEARCHES.move, key="none", place=0), "'none' is no longer"),
        (partial(SEARCHES.remove, key="none"), "'none' is no longer"),
        (mute(" "), "hide every article"),
        (partial(MUTES.remove, key="none"), "'none' is no longer"),
    ]
    for attempt, reason in attempts:
        with pytest.raises(ValueError, match=reason):
            attempt(file)
        assert file.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        'searches = [{ name = "a", query = "b" }]\n',
        "searches = 3\n",
        '[searches]\nname = "a"\n',
        "searches = \n",
    ],
)
def test_other_forms_are_left_alone(file: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"by hand|fix that first"):
        edited(file, text, put("c", "d"))


# -- properties -----------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6)
NAMES = st.sampled_from(["a", "b", "C", "三"])
STEPS = st.one_of(
    st.tuples(st.just("save"), NAMES, TEXT),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("move"), NAMES, st.integers(0, 4)),
    st.tuples(st.just("remove"), NAMES, st.none()),
    st.tuples(st.just("mute"), NAMES, st.none() | st.dates()),
    st.tuples(st.just("unmute"), NAMES, st.none()),
)
FRAMES = st.sampled_from(
    [
        "",
        "# only this",
        COMMENTED,
        "width = 3\n[keys]\nup = 'x'\n\n# own\n[own]\nx = 1\n",
        "# x\r\n[[searches]]\r\nname = 'a'\r\nquery = 'q'\r\n\r\n# y\r\n",
        "\ufeff[[mutes]]\nquery = 'a'\n[[mutes]]\nquery = 'b'\n[z]\n",
    ]
)


def change_of(step: tuple[str, str, object]) -> Callable[[Path], object]:
    kind, name, value = step
    if kind == "save":
        return put(name, str(value))
    if kind == "rename":
        return renamed(name, str(value))
    if kind == "move":
        assert isinstance(value, int)
        return partial(SEARCHES.move, key=name, place=value)
    if kind == "remove":
        return partial(SEARCHES.remove, key=name)
    if kind == "mute":
        assert value is None or isinstance(value, date)
        return mute(name, value)
    return partial(MUTES.remove, key=name)


def foreign(text: str) -> list[str]:
    """The lines that belong to no search and no mute, blank ones aside."""
    own: list[tuple[int, int]] = []
    for name in ("searches", "mutes"):
        own += [
            (block.start, block.end) for block in list_blocks(text.removeprefix("\ufeff"), name)
        ]
    text = text.removeprefix("\ufeff")
    for start, end in sorted(own, reverse=True):
        text = text[:start] + text[end:]
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.slow
@examples(150)
@given(FRAMES, st.lists(STEPS, max_size=8))
def test_whatever_is_done_the_rest_stays(
    tmp_path_factory: pytest.TempPathFactory, text: str, steps: list[tuple[str, str, object]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "steps.toml"
    for step in steps:
        before = text
        try:
            text = edited(file, text, change_of(step))
        except ValueError as error:
            assert "no longer" in str(error) or "already" in str(error)
            continue
        assert foreign(text) == foreign(before)
        data, old = (tomllib.loads(each.removeprefix("\ufeff")) for each in (text, before))
        assert {k: v for k, v in data.items() if k not in ("searches", "mutes")} == {
            k: v for k, v in old.items() if k not in ("searches", "mutes")
        }
        assert ("\r\n" in text) == ("\r\n" in before) or "\n" not in before
        assert text.startswith("\ufeff") == before.startswith("\ufeff")
        for comment in ("# about elephants", "# first", "# second"):
            if step[0] not in ("remove",):
                assert text.count(comment) == before.count(comment)


@pytest.mark.slow
@examples(300)
@given(
    FRAMES,
    st.lists(STEPS, max_size=5),
    st.dictionaries(NAMES, st.none() | TEXT, max_size=4),
    st.lists(NAMES, max_size=2, unique=True),
)
def test_many_edits_at_once_are_as_those_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    steps: list[tuple[str, str, object]],
    edits: dict[str, str | None],
    new: list[str],
) -> None:
    file = tmp_path_factory.getbasetemp() / "many.toml"
    for step in steps:
        with suppress(ValueError):
            text = edited(file, text, change_of(step))
    gone = [name.casefold() for name, query in edits.items() if query is None]
    changed = {name.casefold(): {"query": query} for name, query in edits.items() if query}
    added = [SavedSearch(name, "new") for name in new if name not in edits]
    one_by_one, wrong = text, set()
    changes: list[Callable[[Path], object]] = [partial(SEARCHES.remove, key=name) for name in gone]
    changes += [partial(change_search, name, row) for name, row in changed.items()]
    for name, change in zip((*gone, *changed), changes, strict=True):
        try:
            one_by_one = edited(file, one_by_one, change)
        except ValueError:
            wrong |= {name} - {*gone}
    one_by_one = edited(file, one_by_one, lambda file: SEARCHES.add_missing(file, added))
    found: dict[str, str] = {}
    at_once = edited(
        file,
        text,
        lambda file: found.update(
            SEARCHES.edit_many(file, RowEdits(gone, changed=changed, added=added))
        ),
    )
    assert at_once == one_by_one
    assert found.keys() == wrong


def test_a_row_comes_back_above_the_comments_that_stood_below_it(file: Path) -> None:
    one, two = (f"[[searches]]\nname = '{name}'\nquery = 'x'\n" for name in "ab")
    for text in (f"# first\n\n{one}\n# second\n\n{two}", f"{one}\n# second\n\n{two}\n# last\n"):
        file.write_text(text)
        above = text[: text.index(one)]
        SEARCHES.edit_many(file, RowEdits[SavedSearch](["a"]))
        assert one not in file.read_text()
        back = RemovedRow("a", 0, one, above)
        SEARCHES.edit_many(file, RowEdits[SavedSearch](restored=[back]))
        assert file.read_text() == text


def test_an_edit_that_cannot_be_stops_no_other(file: Path) -> None:
    text = "[[searches]]\nname = 'a'\nquery = 'x'\n\n# b\n[[searches]]\nname = 'b'\nquery = 'y'\n"
    file.write_text(text)
    changed: dict[str, dict[str, object]] = {
        "gone": {"query": "z"},
        "a": {"query": 1},
        "b": {"query": "z"},
    }
    rows = RowEdits[SavedSearch](changed=changed)
    assert sorted(SEARCHES.edit_many(file, rows)) == ["a", "gone"]
    assert file.read_text() == text.replace("'y'", '"z"')
    back = SEARCHES.read_pieces(file)
    file.write_text("# all\n")
    edits = RowEdits[SavedSearch](restored=[*back.values()], changed={"b": {"query": "y"}})
    assert SEARCHES.edit_many(file, edits) == {}
    assert names(file) == ["a", "b"]
    assert "# b\n[[searches]]\nname = 'b'\nquery = \"y\"\n" in file.read_text()
