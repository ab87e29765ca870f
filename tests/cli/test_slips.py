"""A slip in a file of the user's never makes a command act on another library."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from rilo_reader.cli import all_verbs
from rilo_reader.config.checks import is_slip
from rilo_reader.paths import marks_file, user_paths
from tests.support.command_line import User, tree
from tests.support.examples import examples
from tests.support.for_each import for_each

NAMED = "named"  # the library that the settings name, beside the default one

SETTINGS = """\
theme = "ink"
width = 90
folders = ["FOLDER"]
git_dates = false

[keys]
star = "x"

[[searches]]
name = "Ivory"
query = "ivory"
"""


def there(*verbs: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Those that are there: plugins bring some."""
    return tuple(words for words in verbs if words[0] in all_verbs())


WRITES = there(
    ("mark", "star", "--query", "*"),
    ("import", "PAGE"),
    ("mark", "tag", "x", "one.md"),
    ("sync", "on"),
)
READS = there(("list",), ("search", "ivory"), ("history",), ("feeds",), ("sync", "status"))


@pytest.fixture
def named(user: User) -> Path:
    """A library that the settings name; the default one has an article too."""
    user.article("one.md", "Default", "2019-03-07", "Nobody named this.")
    folder = user.home / NAMED
    folder.mkdir()
    (folder / "one.md").write_text("# Named\n\nivory\n", "utf-8")
    (user.home / "page.md").write_text("# Page\n\ntext\n", "utf-8")
    return folder


def run(user: User, words: tuple[str, ...]) -> int:
    page = str(user.home / "page.md")
    return user.run(*(page if word == "PAGE" else word for word in words)).code


def is_untouched(user: User, before: dict[str, str]) -> bool:
    """Whether the default library, which nothing named, is as it was and has no marks."""
    marks = marks_file(user.library, user_paths())
    return tree(user.library) == before and not marks.exists()


@pytest.mark.slow
@for_each(
    "slip, said",
    [
        ('folders = ["FOLDER"]\nwidth =\n', "line 2: this is not valid TOML"),
        ('folder = ["FOLDER"]\n', "line 1, folder: there is no such setting; did you mean folders"),
        ('folders = ["FOLDER"\n', "this is not valid TOML"),
        ("folders = FOLDER\n", "this is not valid TOML"),
        ("folders = []\n", "line 1, folders: expected a list of folders"),
        ("folders = [3]\n", "line 1, folders"),
        ('Folders = ["FOLDER"]\n', "line 1, Folders"),
        ('f.olders = ["FOLDER"]\n', "line 1, f: there is no such setting"),
        ('library = "FOLDER"\n', "line 1, library: there is no such setting; did you mean folders"),
        ('paths = ["FOLDER"]\n', "did you mean folders"),
        ('[keys]\nfolders = ["FOLDER"]\n', "folders is a setting, not a command"),
        ('[[mutes]]\nquery = "x"\nfolders = ["FOLDER"]\n', "line 3, mutes.folders"),
        ('folders = ["FOLDER/../nmaed"]\n', "named in settings.toml, does not exist"),
        ('folders = ["FOLDER/one.md"]\n', "named in settings.toml, is a file, not a folder"),
        ('folders = ["FOLDER"]\n\udcff', "a byte is not valid UTF-8"),
    ],
)
def test_where_the_library_is_not_clear_nothing_is_done(
    user: User, named: Path, slip: str, said: str
) -> None:
    file = user.settings("")
    file.write_bytes(slip.replace("FOLDER", str(named)).encode(errors="surrogateescape"))
    before, of_named = tree(user.library), tree(named)
    for words in (*WRITES, *READS):
        page = str(user.home / "page.md")
        user.run(*(page if word == "PAGE" else word for word in words)).failed(1, said)
    assert is_untouched(user, before)
    assert tree(named) == of_named


def test_a_setting_that_is_mistyped_stops_what_writes_and_is_told_by_what_reads(
    user: User, named: Path
) -> None:
    user.settings(f'folders = ["{named}"]\nwidht = 90\n')
    done = user.run("list")
    assert (done.code, "Named" in done.out) == (0, True)
    assert "line 2, widht: there is no such setting; did you mean width?" in done.err
    before = tree(named)
    for words in (*WRITES, ("mark", "star", "one.md", "--library", str(named))):
        assert run(user, words) == 1
    assert tree(named) == before
    user.settings(f'folders = ["{named}"]\nanything = 90\n')  # like none that there is
    done = user.run("mark", "star", "one.md")
    assert (done.code, done.out) == (0, "1 article starred.\n")
    assert "anything: there is no such setting" in done.err


def test_a_library_that_is_named_is_read_whatever_the_settings_say(user: User, named: Path) -> None:
    file = user.settings("folders = [\n")
    done = user.run("list", "--library", str(named))
    assert (done.code, "Named" in done.out) == (0, True)
    assert str(file) in done.err
    for wrong in ("", "nmaed", str(named / "one.md"), "~nobody.of.this.name/x"):
        assert user.run("list", "--library", wrong).code in (1, 2)
        assert user.run("mark", "star", "one.md", "--library", wrong).code in (1, 2)
    assert user.run("mark", "star", "one.md", "--librray", str(named)).code == 2


_SIGNS = st.sampled_from("\"'[]#=,.\n x/_")


@st.composite
def slips(draw: st.DrawFn, text: str) -> str:
    """A text in which a character or a line is gone, too many, another, or has changed places."""
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text) - 1))
        sign = draw(_SIGNS)
        kind = draw(st.sampled_from(("delete", "insert", "replace", "swap")))
        rest = {
            "delete": text[at + 1 :],
            "insert": sign + text[at:],
            "replace": sign + text[at + 1 :],
            "swap": text[at + 1 : at + 2] + text[at] + text[at + 2 :],
        }
        return text[:at] + rest[kind]
    lines = text.splitlines(keepends=True)
    at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    kind = draw(st.sampled_from(("delete", "double", "swap")))
    if kind == "swap":
        lines[at], lines[other] = lines[other], lines[at]
        return "".join(lines)
    return "".join(
        [*lines[:at], *(lines[at : at + 1] * (2 * (kind == "double"))), *lines[at + 1 :]]
    )


@pytest.mark.slow
@examples(400, suppress=(HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much))
@given(data=st.data())
def test_no_slip_makes_a_command_act_on_another_library(
    user: User, named: Path, data: st.DataObject
) -> None:
    text = data.draw(slips(SETTINGS.replace("FOLDER", str(named))))
    # A line that is gone or a comment names nothing any more; only the path has a slash.
    assume(re.search(r"^[^#\n]*/", text, re.MULTILINE))
    user.settings(text)
    before, words = tree(user.library), data.draw(st.sampled_from(WRITES))
    run(user, words)
    assert is_untouched(user, before), text
    assert user.home.joinpath(NAMED).is_dir()
    done = user.run("list")
    assert "Default" not in done.out, text


@for_each(
    "written, meant, expected",
    [
        ("folder", "folders", True),
        ("folderss", "folders", True),
        ("fodlers", "folders", True),
        ("faldars", "folders", False),
        ("folders", "folders", True),
        ("with", "width", True),
        ("idth", "width", True),
        ("wdith", "width", True),
        ("x", "", True),
        ("theme", "width", False),
    ],
)
def test_a_slip_is_one_letter(written: str, meant: str, expected: bool) -> None:
    assert is_slip(written, meant) is expected
    assert is_slip(meant, written) is expected
