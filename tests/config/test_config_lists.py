"""Saved searches and mutes put into settings.toml, moved in it and taken out of it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.config import (
    Mute,
    SavedSearch,
    change,
    change_mute,
    load,
    move_search,
    mute,
    remove_search,
    rename_search,
    save_search,
    unmute,
)
from rilo_reader.config.edit import (
    with_mute,
    with_search,
    with_search_moved,
    with_search_renamed,
    without_mute,
    without_search,
)
from rilo_reader.config.toml_edit import blocks
from tests.support.examples import examples


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def names(file: Path) -> list[str]:
    config, wrong = load(file)
    assert wrong == ()
    return [search.name for search in config.searches]


def test_searches_from_the_first_to_the_last(file: Path) -> None:
    for name in ("Ivory", "三", "C++ & co"):
        save_search(file, name, f'title:"{name}"')
    assert names(file) == ["Ivory", "三", "C++ & co"]
    move_search(file, "c++ & CO", 0)
    assert names(file) == ["C++ & co", "Ivory", "三"]
    move_search(file, "C++ & co", 99)
    assert names(file) == ["Ivory", "三", "C++ & co"]
    rename_search(file, "三", "Three")
    rename_search(file, "Ivory", "IVORY")
    save_search(file, "ivory", "ivory -ebay")
    remove_search(file, "@c++ & co")
    config, wrong = load(file)
    assert wrong == ()
    assert config.searches == (
        SavedSearch("IVORY", "ivory -ebay"),
        SavedSearch("Three", 'title:"三"'),
    )
    remove_search(file, "Three")
    remove_search(file, "IVORY")
    assert names(file) == []


def test_mutes_come_change_and_go(file: Path) -> None:
    mute(file, "tag:football", date(2026, 7, 19))
    mute(file, '"black friday"')
    mute(file, "tag:football")
    mute(file, ' "black friday" ', date(2026, 12, 1))
    config, wrong = load(file)
    assert wrong == ()
    assert config.mutes == (Mute("tag:football"), Mute('"black friday"', date(2026, 12, 1)))
    mute(file, '"black friday"', date(2027, 1, 1))
    unmute(file, "tag:football")
    assert load(file)[0].mutes == (Mute('"black friday"', date(2027, 1, 1)),)
    unmute(file, '"black friday"')
    assert load(file)[0].mutes == ()


def test_a_mute_hides_what_another_query_finds(file: Path) -> None:
    mute(file, 'source:="Old"', date(2026, 7, 19))
    mute(file, "tag:football")
    change_mute(file, 'source:="Old"', 'source:="New"')
    config, wrong = load(file)
    assert wrong == ()
    assert config.mutes == (Mute('source:="New"', date(2026, 7, 19)), Mute("tag:football"))
    with pytest.raises(ValueError, match="'x' is no longer"):
        change_mute(file, "x", "y")


def test_all_kinds_of_changes_live_together(file: Path) -> None:
    save_search(file, "a", "x")
    change(file, "width", 90)
    mute(file, "y")
    change(file, "keys.star", "x")
    save_search(file, "b", "z")
    config, wrong = load(file)
    assert wrong == ()
    assert (config.width, config.keys) == (90, {"star": ("x",)})
    assert names(file) == ["a", "b"]
    assert config.mutes == (Mute("y"),)


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
def test_comments_stay_where_they_belong(line_end: str) -> None:
    text = COMMENTED.replace("\n", line_end)

    def expect(after: str, wanted: str) -> None:
        assert after == wanted.replace("\n", line_end)

    expect(with_search(text, "two", "2"), COMMENTED.replace("'''\ntwo'''", '"2"'))
    expect(with_search_renamed(text, "ivory", "I"), COMMENTED.replace("'Ivory'", '"I"'))
    expect(
        without_search(text, "ivory"),
        COMMENTED.replace(
            "# about elephants\n[[searches]]\nname = 'Ivory' # first\nquery = \"ivory\"\n\n", ""
        ),
    )
    expect(
        without_search(text, "three"),
        COMMENTED.replace('\n[[searches]]\nname = "Three"\nquery = "3"\n', "\n"),
    )
    expect(
        with_search_moved(text, "three", 0),
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
    expect(with_mute(text, "a", None), COMMENTED.replace("until = 2026-05-01 # over soon\n", ""))
    expect(with_mute(text, "a", date(2027, 1, 31)), COMMENTED.replace("2026-05-01", "2027-01-31"))
    expect(
        with_mute(text, "b", None),
        COMMENTED.replace("over soon\n", 'over soon\n\n[[mutes]]\nquery = "b"\n'),
    )
    expect(
        with_search(text, "4", "f"),
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
def test_one_more_search(text: str, after: str) -> None:
    assert with_search(text, "a", "b") == after


def test_what_cannot_be_is_refused(file: Path) -> None:
    save_search(file, "Ivory", "x")
    save_search(file, "Two", "y")
    before = file.read_bytes()
    attempts: list[tuple[Callable[[], None], str]] = [
        (lambda: save_search(file, "  ", "x"), "needs a name"),
        (lambda: save_search(file, "@x", "x"), "leave it out"),
        (lambda: save_search(file, "x" * 81, "x"), "at most 80"),
        (lambda: save_search(file, "x", "y" * 10_001), "at most 10,000"),
        (lambda: rename_search(file, "two", "IVORY"), "already called 'IVORY'"),
        (lambda: rename_search(file, "none", "x"), "'none' is no longer"),
        (lambda: move_search(file, "none", 0), "'none' is no longer"),
        (lambda: remove_search(file, "none"), "'none' is no longer"),
        (lambda: mute(file, " "), "hide every article"),
        (lambda: unmute(file, "none"), "'none' is no longer"),
    ]
    for attempt, reason in attempts:
        with pytest.raises(ValueError, match=reason):
            attempt()
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
def test_other_forms_are_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match=r"by hand|put that right"):
        with_search(text, "c", "d")


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


def stepped(text: str, step: tuple[str, str, object]) -> str:
    kind, name, value = step
    if kind == "save":
        return with_search(text, name, str(value))
    if kind == "rename":
        return with_search_renamed(text, name, str(value))
    if kind == "move":
        assert isinstance(value, int)
        return with_search_moved(text, name, value)
    if kind == "remove":
        return without_search(text, name)
    if kind == "mute":
        assert value is None or isinstance(value, date)
        return with_mute(text, name, value)
    return without_mute(text, name)


def foreign(text: str) -> list[str]:
    """The lines that belong to no search and no mute, blank ones aside."""
    own: list[tuple[int, int]] = []
    for name in ("searches", "mutes"):
        own += [(block.start, block.end) for block in blocks(text.removeprefix("\ufeff"), name)]
    text = text.removeprefix("\ufeff")
    for start, end in sorted(own, reverse=True):
        text = text[:start] + text[end:]
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.slow
@examples(150)
@given(FRAMES, st.lists(STEPS, max_size=8))
def test_whatever_is_done_the_rest_stays(text: str, steps: list[tuple[str, str, object]]) -> None:
    for step in steps:
        before = text
        try:
            text = stepped(text, step)
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
