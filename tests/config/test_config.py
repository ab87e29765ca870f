"""settings.toml: what is right counts, what is wrong is named by line and key."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.config import (
    ArrivalRule,
    Config,
    MarkRead,
    Mute,
    SavedSearch,
    SettingsProblem,
    find_search,
    load,
)
from rilo_reader.config.all_settings import setting_names
from rilo_reader.config.model import ListOrder
from tests.support.for_each import for_each

FULL = """\
theme = "paper"
width = 72
date_format = "%d.%m.%Y"
title_rows = 1
sort = "oldest"
mark_read = "by hand"
mark_read_after = 5
drafts = true
git_dates = false
history = false
refresh_every = 30
fetch_together = 8
fetch_per_host = 1
fetch_megabytes = 5
fetch_seconds = 20
folders = ["~/news", "/srv/articles"]
plugins = ["rilo_weather"]

[keys]
next_article = "x"
previous_article = ["p", "ctrl+up", "["]
quit = ""
theme = "T"
all_read = []

[[searches]]
name = "Ivory"
query = "ivory customs"

[[searches]]
name = "三"
query = ""

[[mutes]]
query = '"black friday"'
until = 2026-12-01

[[mutes]]
query = "tag:football"

[dialects]
"garden" = "obsidian"
"~/old" = "ANY"

[[rules]]
name = "Adverts"
query = "title:advert"
read = true
starred = true
tags = ["ad", "noise"]
"""


def problems(file: Path, text: str) -> list[tuple[int, str, str]]:
    """What is wrong with a settings file of this text."""
    file.write_text(text, encoding="utf-8")
    _, found = load(file)
    assert all(problem.file == file for problem in found)
    return [(problem.line, problem.key, problem.reason) for problem in found]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_no_file_gives_the_defaults_and_so_does_one_that_sets_nothing(file: Path) -> None:
    assert load(file) == (Config(), ())
    file.write_text("# nothing yet\n")
    assert load(file) == (Config(), ())
    # A default key of one command may be another's.
    assert problems(file, "[keys]\nbrowser = 'j'\ntop = ['']\n") == []


@for_each(
    "rule, line, key, reason",
    [
        ('name = "A"\nread = true', 1, "rules.query", "query is missing"),
        ('name = "A"\nquery = ""\nread = true', 3, "rules.query", "it needs a query"),
        ('name = "A"\nquery = "(ivory"\nread = true', 3, "rules.query", "'(ivory': "),
        ('name = ""\nquery = "a"\nread = true', 2, "rules.name", "a rule needs a name"),
        ('name = "A"\nquery = "a"', 2, "rules.name", "it does nothing; add read = true"),
        ('name = "A"\nquery = "a"\nread = "yes"', 4, "rules.read", "expected true or false"),
        ('name = "A"\nquery = "a"\ntags = ["b,c"]', 4, "rules.tags", "contain a comma"),
        ('name = "A"\nquery = "a"\ntag = "b"', 4, "rules.tag", "did you mean tags?"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_with_its_line(
    file: Path, rule: str, line: int, key: str, reason: str
) -> None:
    found = problems(file, f"[[rules]]\n{rule}\n")
    assert [each for each in found if each[:2] == (line, key) and reason in each[2]], found


@for_each(
    "written, line, key, reason",
    [
        (
            '"a" = "obsidan"',
            2,
            "dialects.a",
            "no dialect 'obsidan'; did you mean obsidian?",
        ),
        ('"a" = "word"', 2, "dialects.a", "the dialects are any, plain, "),
        ('"a" = 1', 2, "dialects.a", "there is no dialect 1"),
    ],
)
def test_a_dialect_that_nobody_knows_is_named(
    file: Path, written: str, line: int, key: str, reason: str
) -> None:
    found = problems(file, f"[dialects]\n{written}\n")
    assert [each for each in found if each[:2] == (line, key) and reason in each[2]], found
    assert "expected a table" in problems(file, "dialects = 1\n")[0][2]


def test_every_setting_is_read(file: Path) -> None:
    file.write_text(FULL)
    config, wrong = load(file)
    assert wrong == ()
    assert config == Config(
        theme="paper",
        width=72,
        date_format="%d.%m.%Y",
        title_rows=1,
        sort=ListOrder.OLDEST,
        mark_read=MarkRead.BY_HAND,
        mark_read_after=5.0,
        drafts=True,
        git_dates=False,
        folders=(Path.home() / "news", Path("/srv/articles")),
        keys={
            "next_article": ("x",),
            "previous_article": ("p", "ctrl+up", "left_square_bracket"),
            "quit": (),
            "theme": ("T",),
            "all_read": (),
        },
        history=False,
        refresh_every=30,
        fetch_together=8,
        fetch_per_host=1,
        fetch_megabytes=5,
        fetch_seconds=20,
        plugins=("rilo_weather",),
        searches=(SavedSearch("Ivory", "ivory customs"), SavedSearch("三", "")),
        mutes=(Mute('"black friday"', date(2026, 12, 1)), Mute("tag:football")),
        dialects={"garden": "Obsidian", "~/old": "any"},
        rules=(ArrivalRule("Adverts", "title:advert", True, True, ("ad", "noise")),),
    )
    names = [name for name in Config._fields if name != "of_plugins"]
    assert [name for name in names if getattr(config, name) == getattr(Config(), name)] == []


@pytest.mark.parametrize("prefix", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_marks_and_windows_line_ends(file: Path, prefix: str, line_end: str) -> None:
    text = prefix + FULL.replace("width = 72", "width = 0").replace("\n", line_end)
    file.write_bytes(text.encode())
    config, wrong = load(file)
    assert config.theme == "paper"
    assert [(problem.line, problem.key) for problem in wrong] == [(2, "width")]


@for_each(
    "line, key, reason",
    [
        ("thme = 'x'", "thme", "did you mean theme?"),
        ("colour = 'x'", "colour", "no such setting; rilo-reader doctor lists them all"),
        ("[key]\nx = 1", "key", "did you mean keys?"),
        ("down = 'j'", "down", "write keys below [keys]"),
        ("theme = 3", "theme", "expected a text in quotes, not 3"),
        ("theme = ' '", "theme", "the name of a theme"),
        ("width = '80'", "width", "expected a whole number, not '80'"),
        ("width = 80.5", "width", "expected a whole number"),
        ("width = true", "width", "expected a whole number, not true"),
        ("width = 19", "width", "19 is not between 20 and 200"),
        ("width = 201", "width", "201 is not between 20 and 200"),
        ("date_format = 'humna'", "date_format", "did you mean human?"),
        ("date_format = '%Q'", "date_format", "'%Q' is not a code for dates"),
        ("date_format = 'day %'", "date_format", "'%' is not a code for dates"),
        ('date_format = "%d\\u001b"', "date_format", "without control characters"),
        ("date_format = '%d%n'", "date_format", "'%n' is not a code for dates"),
        ("date_format = 1", "date_format", "a text in quotes"),
        ("mark_read = 'openned'", "mark_read", "did you mean opened?"),
        ("mark_read = 'never'", "mark_read", "the choices are opened, end, by hand"),
        ("mark_read = false", "mark_read", "expected a text in quotes, not false"),
        ("mark_read_after = -1", "mark_read_after", "-1 is not between 0 and 3600"),
        ("mark_read_after = nan", "mark_read_after", "not between"),
        ("mark_read_after = inf", "mark_read_after", "not between"),
        ("mark_read_after = '2'", "mark_read_after", "a number of seconds"),
        ("drafts = 'yes'", "drafts", "expected true or false, not 'yes'"),
        ("drafts = 1", "drafts", "expected true or false, not 1"),
        ("folders = 5", "folders", "expected a list of folders"),
        ("folders = ['news']", "folders", "'news' is not an absolute path; begin it with ~"),
        ("folders = [5]", "folders", "a text in quotes"),
        ("folders = ['~nobody-of-that-name/x']", "folders", "a user that does not exist"),
        ("history = 'off'", "history", "expected true or false, not 'off'"),
        ("refresh_every = -1", "refresh_every", "-1 is not between 0 and 10,080"),
        ("fetch_together = 0", "fetch_together", "0 is not between 1 and 256"),
        ("fetch_per_host = 1.5", "fetch_per_host", "expected a whole number, not 1.5"),
        ("searches = 'ivory'", "searches", "each below [[searches]]"),
        ("searches = [3]", "searches", "expected a table below"),
        ("searches = [{ name = 'x' }]", "searches.query", "query is missing"),
        ("mutes = [{ query = ' ' }]", "mutes.query", "it would hide every article"),
        ("mutes = [{ query = 'x', until = 3 }]", "mutes.until", "a date such as 2026-12-31"),
        ("mutes = [{ query = 'x', until = 'May' }]", "mutes.until", "not 'May'"),
        ("keys = 3", "keys", "expected a table [keys]"),
        ("keys.nxt_article = 'x'", "keys.nxt_article", "did you mean next_article?"),
        ("keys.zzzzzz = 'x'", "keys.zzzzzz", "no such command"),
        ("keys.forget_searches = 'x'", "keys.forget_searches", "history = false"),
        ("keys.width = 3", "keys.width", "write it above [keys]"),
        ("keys.top = 'pagdn'", "keys.top", "did you mean pgdn?"),
        ("keys.top = ['x', 'gg']", "keys.top", "'gg' is not the name of a key"),
        ("keys.top = 3", "keys.top", "a key such as"),
        ("keys.top = ['x', 3]", "keys.top", "a key such as"),
        ("keys.top = 'x, y'", "keys.top", 'Several keys are a list: ["x", "y"]'),
    ],
)
def test_what_is_wrong_is_named(file: Path, line: str, key: str, reason: str) -> None:
    found = problems(file, f"# a comment\n\n{line}\n")
    assert [(number, named) for number, named, _ in found] == [(3, key)]
    assert reason in found[0][2]
    # Nothing else is touched by it.
    config, _ = load(file)
    assert config == Config()


def test_what_is_said_of_a_hostile_file_is_plain(file: Path) -> None:
    text = '"a\\u001b]52;c;x\\u0007" = 1\n[keys]\n"\\u202ex" = "y"\ntop = "\\u009b"\n'
    for _, key, reason in problems(file, text):
        assert key.isprintable()
        assert reason.isprintable()


def test_one_wrong_thing_leaves_the_rest(file: Path) -> None:
    file.write_text(FULL.replace("72", "7").replace('"x"', '"gg"').replace('"~/news"', '"news"'))
    config, wrong = load(file)
    assert [problem.line for problem in wrong] == [2, 16, 20]
    assert config.width == Config().width
    assert config.theme == "paper"
    assert config.folders == (Path("/srv/articles"),)
    assert "next_article" not in config.keys
    assert config.keys["theme"] == ("T",)


LISTS = """\
[[searches]]
name = "Ivory"
query = "ivory"
# the second
[[searches]]
  name = "@x"
  query = "x"
[[searches]]
query = "y"
name = "IVORY"
[[searches]]
qury = "z"
name = "z"
[[searches]]
name = "w"
query = "w"
colour = "red"

[[mutes]]
query = "a"
until = "2026-05-01"
[[mutes]]
until = 2026-05-01
[[mutes]]
query = "a"
[[mutes]]
query = "b"
until = 2026-05-01T10:00:00Z
"""


def test_each_fault_in_a_list_is_named_by_its_line(file: Path) -> None:
    found = problems(file, LISTS)
    assert [(line, key) for line, key, _ in found] == [
        (6, "searches.name"),
        (10, "searches.name"),
        (11, "searches.query"),
        (12, "searches.qury"),
        (17, "searches.colour"),
        (22, "mutes.query"),
        (25, "mutes.query"),
    ]
    reasons = [reason for *_, reason in found]
    assert "must not begin with @" in reasons[0]
    assert "'Ivory'" in reasons[1]
    assert "query is missing" in reasons[2]
    assert "did you mean query?" in reasons[3]
    assert "already muted; this one" in reasons[6]
    config, _ = load(file)
    assert config.searches == (SavedSearch("Ivory", "ivory"), SavedSearch("w", "w"))
    assert config.mutes == (Mute("a", date(2026, 5, 1)), Mute("b", date(2026, 5, 1)))


def test_text_of_queries_is_cleaned(file: Path) -> None:
    file.write_text('[[searches]]\nname = "a\\u001b[31m"\nquery = "x\\u202e\\n y"\n')
    config, _ = load(file)
    (search,) = config.searches
    assert search.name.isprintable()
    assert search.query.isprintable()


def test_a_mute_holds_to_the_end_of_its_day_and_a_search_is_found_by_its_name() -> None:
    mute = Mute("x", date(2026, 5, 1))
    assert [mute.is_active(date(2026, 5, day)) for day in (1, 2)] == [True, False]
    assert Mute("x").is_active(date.max)
    searches = (SavedSearch("Ivory", "a"), SavedSearch("Straße", "b"))
    found = [find_search(searches, name) for name in ("@ivory", " STRASSE ", "iv")]
    assert found == [*searches, None]


def test_one_key_for_two_commands(file: Path) -> None:
    text = "[keys]\nstar = ['s', 'x']\n# and\nread = 'x'\nundo = 'X'\n"
    assert problems(file, text) == [
        (4, "keys.read", "x is already the key of star; choose another")
    ]
    assert load(file)[0].keys == {"star": ("s", "x"), "undo": ("X",)}
    # Two spellings of one key are one.
    text = "[keys]\ntop = ['pgdn', 'PageDown']\nbottom = 'page_down'\n"
    assert [found[:2] for found in problems(file, text)] == [(3, "keys.bottom")]
    assert load(file)[0].keys == {"top": ("pagedown",)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('theme = "paper\nwidth = 3\n', 1),
        ("theme = 'ink'\nwidth = \n", 2),
        ("theme = 'ink'\ntheme = 'paper'\n", 2),
        ("a = 1\nb = [1,\n2", 3),
        ("this is prose", 1),
    ],
)
def test_no_toml_gives_the_defaults_and_the_line(file: Path, text: str, line: int) -> None:
    ((number, key, reason),) = problems(file, text)
    assert (number, key) == (line, "")
    assert "not valid TOML" in reason
    assert "none of its settings are used" in reason
    assert load(file)[0] == Config()


def test_what_cannot_be_read_gives_the_defaults(file: Path) -> None:
    file.mkdir()
    config, (problem,) = load(file)
    assert (config, problem.line, problem.key) == (Config(), 0, "")
    assert "cannot be read" in problem.reason
    file.rmdir()
    file.write_bytes(b'width = 72\ntheme = "caf\xe9"\n')
    config, (problem,) = load(file)
    assert (config, problem.line) == (Config(), 2)
    assert "UTF-8" in problem.reason
    ((line, key, reason),) = problems(file, "width = 72\nb = " + "9" * 6_000)
    assert (line, key) == (2, "")
    assert "a number has too many digits" in reason
    ((_, key, reason),) = problems(file, "a = " + "[" * 20_000 + "]" * 20_000)
    assert key == ""
    assert "none of its settings are used" in reason


@given(st.binary(max_size=200))
def test_any_bytes_give_a_config(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(data)
    config, found = load(file)
    assert isinstance(config, Config)
    assert all(isinstance(problem, SettingsProblem) and problem.reason for problem in found)


NAMES = st.sampled_from([*setting_names(), "x"])
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["top", "quit", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_data_give_a_config(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, object]
) -> None:
    """What comes out is always of the types that Config promises."""
    file = tmp_path_factory.getbasetemp() / "data.toml"
    file.write_text(tomli_w.dumps(data), "utf-8")
    config, _ = load(file)
    assert 20 <= config.width <= 200
    assert isinstance(config.theme, str)
    assert isinstance(config.mark_read, MarkRead)
    assert 0 <= config.mark_read_after <= 3600
    assert isinstance(config.drafts, bool)
    assert all(folder.is_absolute() for folder in config.folders)
    assert all(isinstance(key, str) for keys in config.keys.values() for key in keys)
    if config.date_format not in ("human", "iso"):
        assert datetime(2026, 1, 31, tzinfo=UTC).strftime(config.date_format)
