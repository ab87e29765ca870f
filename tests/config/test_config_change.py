"""Changing one setting leaves every other byte of settings.toml as the user wrote it."""

from __future__ import annotations

import errno
import os
import signal
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.commands import all_commands
from rilo_reader.config import (
    ArrivalRule,
    Config,
    Mute,
    SavedSearch,
    change_setting,
    load,
)
from rilo_reader.config.settings import make_template, set_value
from rilo_reader.config.toml_edit import find_lines, iter_statements
from rilo_reader.keys import key_name
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.settings_file import uncommented


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(file: Path) -> None:
    resource = pytest.importorskip("resource")
    change_setting(file, "theme", "paper")
    before = file.read_bytes()
    # A limit on the size of files fails as a full disk does: in the middle of a write.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
        with pytest.raises(OSError, match="too large") as error:
            change_setting(file, "theme", "ink")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(error.value) == f"{file}: {os.strerror(errno.EFBIG)}"
    assert [each.read_bytes() for each in file.parent.iterdir()] == [before]


# -- the first write ------------------------------------------------------------------------------


def test_the_first_change_writes_a_file_that_explains_itself(file: Path) -> None:
    change_setting(file, "theme", "paper")
    text = file.read_text(encoding="utf-8")
    assert load(file) == (Config(theme="paper"), ())
    for name in ("width", "date_format", "mark_read", "mark_read_after", "drafts", "folders"):
        assert f"\n# {name} = " in text
    for command in all_commands():
        assert f"\n# {command.id} = " in text
        assert command.help in text


def test_the_template_sets_nothing_and_shows_the_defaults(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(make_template())
    assert load(file) == (Config(), ())
    file.write_text(uncommented(make_template()))
    config, wrong = load(file)
    assert wrong == ()
    assert config.keys == {command.id: command.keys for command in all_commands()}
    assert config.folders == (Path.home() / "news",)
    assert config.searches == (SavedSearch("Ivory", "wildlife customs after:30d"),)
    assert config.mutes == (Mute("tag:football", date(2026, 12, 31)),)
    query = "title:sponsored OR tag:advertisement"
    assert config.rules == (
        ArrivalRule("Adverts", query, read=True, tags=("advert",)),
        ArrivalRule("Old news", "*", read_after="14d"),
    )
    plain = Config(
        folders=config.folders,
        keys=config.keys,
        searches=config.searches,
        mutes=config.mutes,
        rules=config.rules,
    )
    assert config._replace(of_plugins={}) == plain


# -- later writes ---------------------------------------------------------------------------------


def test_changes_stand_below_what_explains_them(file: Path) -> None:
    change_setting(file, "width", 90)
    change_setting(file, "keys.star", "x")
    change_setting(file, "width", 100)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[lines.index("# width = 80") + 1] == "width = 100"
    (star,) = [number for number, line in enumerate(lines) if line.startswith("# star = ")]
    assert lines[star + 1] == 'star = "x"'
    config, wrong = load(file)
    assert wrong == ()
    assert (config.width, config.keys) == (100, {"star": ("x",)})


@for_each(
    "before, key, value, after",
    [
        ("width = 72", "width", 90, "width = 90"),
        ("width=72 # mine", "width", 90, "width=90 # mine"),
        ("  width\t =  72\r\n# x\r\n", "width", 90, "  width\t =  90\r\n# x\r\n"),
        ('"theme" = """\nink""" # x\n', "theme", "paper", '"theme" = "paper" # x\n'),
        ("theme = '''a''''\nwidth = 3\n", "theme", "b", 'theme = "b"\nwidth = 3\n'),
        ("# mine\n", "width", 90, "# mine\nwidth = 90\n"),
        ("# mine", "width", 90, "# mine\nwidth = 90\n"),
        ("", "drafts", True, "drafts = true\n"),
        ("theme = 'x'", "width", 9e1, None),
        ("theme = 'x'", "width", 90, "theme = 'x'\nwidth = 90\n"),
        ("a = 1\n\n# keys\n[keys]\n", "width", 90, "a = 1\nwidth = 90\n\n# keys\n[keys]\n"),
        ("# top\n\n# keys\n[keys]\n", "width", 90, "# top\n\nwidth = 90\n# keys\n[keys]\n"),
        ("[keys]\nup = 'x'\n\n[z]\n", "keys.top", "y", "[keys]\nup = 'x'\ntop = \"y\"\n\n[z]\n"),
        ("[keys]\n[z]\n", "keys.top", "y", '[keys]\ntop = "y"\n[z]\n'),
        ("[keys] # x", "keys.top", "y", '[keys] # x\ntop = "y"\n'),
        ("width = 72\n", "keys.top", "y", 'width = 72\n\n[keys]\ntop = "y"\n'),
        ("keys.top = ['a', # ]\n 'b']\n", "keys.top", "y", 'keys.top = "y"\n'),
        ("keys = { top = 'a' }\n", "keys.top", "y", None),
        ("keys.up = 'a'\n", "keys.top", "y", None),
        ("theme = \n", "width", 90, None),
        ("a = 1\r\n", "width", 90, "a = 1\r\nwidth = 90\r\n"),
        ("a = '''\n# width = 3\n'''\n", "width", 90, "a = '''\n# width = 3\n'''\nwidth = 90\n"),
        ("# width = 80\n[x]\n# width = 1\n", "width", 9, None),
        (
            "# width = 80\n[x]\n# width = 1\n",
            "width",
            90,
            "# width = 80\nwidth = 90\n[x]\n# width = 1\n",
        ),
    ],
)
def test_one_value_changes(before: str, key: str, value: str | float, after: str | None) -> None:
    path = tuple(key.split("."))
    if after is None:
        with pytest.raises(ValueError, match=r"by hand|not valid TOML|between|whole number"):
            set_value(before, path, value)
    else:
        assert set_value(before, path, value) == after


@pytest.mark.parametrize(
    ("key", "value"),
    [("thme", "x"), ("keys.nothing", "x"), ("width", 5), ("theme.x", "y"), ("folders", "x")],
)
def test_what_is_no_setting_is_refused(file: Path, key: str, value: str | float) -> None:
    with pytest.raises(ValueError, match=r"no setting|between|absolute"):
        change_setting(file, key, value)
    assert not file.exists()


def test_a_file_that_cannot_be_changed_is_left_alone(file: Path) -> None:
    file.parent.write_text("a file where the folder should be")
    with pytest.raises(NotADirectoryError):
        change_setting(file, "theme", "paper")
    file.parent.unlink()
    file.parent.mkdir()
    file.write_text("a = 1\ntheme = \n")
    with pytest.raises(ValueError, match="line 2"):
        change_setting(file, "theme", "paper")
    assert file.read_text() == "a = 1\ntheme = \n"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_link_stays_a_link_and_the_mode_stays(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "rilo.toml"
    real.parent.mkdir()
    real.write_text("\ufeffwidth = 72\n", "utf-8")
    real.chmod(0o600)
    file.parent.mkdir()
    file.symlink_to(real)
    change_setting(file, "width", 90)
    assert file.is_symlink()
    assert real.read_text("utf-8") == "\ufeffwidth = 90\n"
    assert real.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in real.parent.iterdir()] == [real.name]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_is_as_private_as_the_user_wants(file: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        change_setting(file, "width", 90)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o666 & ~umask


# -- properties -----------------------------------------------------------------------------------

COMMENTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=12)
BLANKS = st.sampled_from(["", "\n", "\n\n", "\t\n"]) | COMMENTS.map(lambda c: f"# {c}\n")
LITERALS = st.sampled_from(
    [
        *('"x # = \\" y"', "'[keys]'", '"""\n[keys]\nwidth = 3\n"""', "'''it's''''", '""""a""""'),
        *("1", "-3.5e7", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "true", "0x1F", "inf"),
        *("[1, [2, 3], # ]\n 4]", "['a', \"]\", '''\n''']", "{ a = 1, b = '}' }", "[]", "{}"),
    ]
)
KEYS = st.sampled_from(["own", '"theme-2"', "'a.b'", "b.c", 'x."y z"', "_1"])
LINES = st.tuples(KEYS, st.sampled_from(["=", " = ", "\t=  "]), LITERALS).map("".join)
TABLES = st.sampled_from(["[keys]", "[ other . table ]", "[[list]]", '["quo]ted"]', "[z] # [y]"])
ENDS = st.sampled_from(["\n", "  # x\n", "\t\n"])
TEXTS = st.lists(
    BLANKS | st.tuples(LINES, ENDS).map("".join) | st.tuples(TABLES, ENDS).map("".join), max_size=12
).map("".join)
CHANGES = st.sampled_from(
    [
        *[("theme", "nord"), ("theme", 'a "b" \\ \t'), ("width", 90), ("mark_read_after", 2.5)],
        *[("drafts", True), ("keys.top", "x"), ("keys.quit", "")],
    ]
)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def kept(before: str, after: str) -> bool:
    """Whether `after` is `before` with one piece put in, or one piece changed."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return "\n" not in before[start : len(before) - end]


@examples(150)
@given(TEXTS.filter(is_toml), CHANGES, st.sampled_from(["\n", "\r\n"]))
@example("", ("theme", "x"), "\n")
def test_only_the_value_changes(text: str, setting: tuple[str, str | float], line_end: str) -> None:
    text = text.replace("\n", line_end)
    if not is_toml(text):
        return
    key, value = setting
    path = tuple(key.split("."))
    once = set_value(text, path, value)
    assert kept(text, once)
    for line in text.splitlines(keepends=True):
        if line.strip():
            assert line.rstrip("\r\n") in once
    found: object = tomllib.loads(once)
    for part in path:
        assert isinstance(found, dict)
        found = found[part]
    assert found == value
    # Once more changes that value alone; the same value again, nothing.
    assert set_value(once, path, value) == once
    other = set_value(once, path, {"width": 91, "drafts": False}.get(key, value))
    assert len(other.splitlines()) == len(once.splitlines())


@examples(150)
@given(TEXTS.filter(lambda text: text.count("[[list]]") < 2 and is_toml(text)))
def test_the_layout_is_tomllibs(text: str) -> None:
    """Every key that tomllib reads stands where the layout says, with the value it has."""
    for statement in iter_statements(text):
        source = text[statement.start : statement.end]
        assert text.count("\n", 0, statement.start) + 1 == statement.line
        if statement.is_header:
            assert source.startswith("[")
            assert source.endswith("]")
            continue
        data = tomllib.loads(text)
        found: object = data
        for part in statement.key:
            found = found[-1] if isinstance(found, list) else found
            assert isinstance(found, dict)
            found = found[part]
        assert repr(found) == repr(tomllib.loads(f"x = {source}")["x"])


def test_the_line_of_a_key() -> None:
    text = 'a = """\n[keys]\nup = 1\n"""\n\n[keys]\ndown = [\n  1,\n]\nup = 2\nx = { y = 3 }\n'
    below = [("keys", "down"), ("keys", "up"), ("keys", "x", "y")]
    assert find_lines(text, [("a",), ("keys",), *below]) == [1, 6, 7, 10, 11]
    assert find_lines(text, [("nowhere",)]) == [0]


def test_keys_in_the_template_are_written_as_people_write_them() -> None:
    for command in all_commands():
        (line,) = [
            row
            for row in make_template().splitlines()
            if row.startswith(f"# {command.id} = ") and "[" in row
        ]
        written = tomllib.loads(line.removeprefix("# "))[command.id]
        assert tuple(key_name(key) for key in written) == command.keys
        assert not any("_bracket" in key or "_mark" in key for key in written)
