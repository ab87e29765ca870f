"""search, list and show over real folders: what they print, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from tests.support.command_line import User
from tests.support.for_each import for_each
from tests.support.terminal import LIMIT, environment, rilo

FIELDS = [
    *("id", "path", "title", "date", "source", "url", "authors", "tags"),
    *("enclosures", "comments", "read", "starred"),
    "snippet",
]


@pytest.fixture
def reader(user: User) -> User:
    """A user with four articles, one of which they starred, tagged and read."""
    user.article(
        "2019/ivory.md",
        "Ivory by post",
        "2019-03-07",
        "Parcels of ivory, 象牙, were found by customs.\n\nA second paragraph.",
        id='"ivory-1"',
        source='"RILO AP"',
        url='"https://example.org/ivory"',
        authors='["A. Writer", "B. Writer"]',
        tags='["wildlife"]',
    )
    user.article("2020/horn.md", "Horn", "2020-05-01T10:30:00Z", "Customs found a horn.")
    user.article("2021/seminar.md", "Seminar — café", "2021-06-03", "Nothing about elephants.")
    user.article("seminar.md", "Another seminar", "2018-01-01", "Talks.", id='"ivory-2"')
    user.ask("index")
    with open_library(user.library, user_paths()) as library:
        identity = library.find("2019/ivory.md")
        assert identity is not None
        library.state.set_starred([identity], True)
        library.state.set_read([identity], True)
        library.state.set_tags(identity, ["mine", "wildlife"])
    return user


def test_json_has_exactly_these_fields(reader: User) -> None:
    searched = reader.ask("search", "--json", "ivory", "customs")
    searched.says("象牙")  # readable, not escaped
    [found] = searched.objects
    assert list(found) == FIELDS
    [listed] = [one for one in reader.ask("list", "--json").objects if one["id"] == "ivory-1"]
    assert listed == {**found, "snippet": ""}
    snippet = found.pop("snippet")
    assert found == {
        "id": "ivory-1",
        "path": "2019/ivory.md",
        "title": "Ivory by post",
        "date": "2019-03-07",
        "source": "RILO AP",
        "url": "https://example.org/ivory",
        "authors": ["A. Writer", "B. Writer"],
        "tags": ["wildlife", "mine"],
        "enclosures": [],
        "comments": "",
        "read": True,
        "starred": True,
    }
    assert "ivory, 象牙" in snippet
    (horn,) = reader.ask("search", "--json", "horn").objects
    assert horn["date"] == "2020-05-01T10:30:00+00:00"  # a time it has is kept
    shown = reader.ask("show", "--json", "ivory-1").objects[0]
    assert shown.pop("body").startswith("Parcels of ivory")
    assert shown == listed
    assert reader.ask("list", "--json").objects[2] == listed  # it was marked by neither
    (reader.library / "2019/ivory.md").unlink()
    [short] = reader.ask("search", "--json", "--no-snippet", "--no-check", "ivory").objects
    assert short == listed, "no file is read"


@pytest.mark.slow
def test_list_is_newest_first_and_one_line_each_when_piped(reader: User) -> None:
    lines = reader.ask("list").out.splitlines()
    assert lines == [
        "2021-06-03\tSeminar — café\t\t2021/seminar.md",
        "2020-05-01 10:30\tHorn\t\t2020/horn.md",
        "2019-03-07\tIvory by post\tRILO AP\t2019/ivory.md",
        "2018-01-01\tAnother seminar\t\tseminar.md",
    ]
    reader.settings(f'folders = ["{reader.library}"]\n')
    assert reader.run("list", "--limit", "2").out.splitlines() == lines[:2]
    assert reader.run("list", "--limit", "0").out.splitlines() == lines
    assert reader.run("list", "--count", "--limit", "2") == (0, "4\n", "")
    done = reader.spawn("list")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines() == lines


def test_the_setting_sort_is_the_order_of_lists_and_a_query_counts_more(reader: User) -> None:
    def titles(*arguments: str) -> list[str]:
        return [line.split("\t")[1] for line in reader.ask(*arguments).out.splitlines()]

    newest = titles("list")
    with reader.settings('sort = "oldest"\n').open("a") as file:
        file.write(f'folders = ["{reader.library}"]\n')
    assert titles("list") == newest[::-1]
    assert [one["title"] for one in reader.ask("list", "--json", "--limit", "1").objects] == [
        newest[-1]
    ]
    assert titles("search", "seminar") == ["Another seminar", "Seminar — café"]
    assert titles("search", "seminar sort:newest") == ["Seminar — café", "Another seminar"]
    reader.settings('sort = "up"\n')
    assert "sort: 'up' is not valid" in reader.run("list").err


@pytest.mark.slow
@for_each(
    "query, titles",
    [
        ("customs", ["Horn", "Ivory by post"]),
        ("customs -horn", ["Ivory by post"]),
        ("-customs", ["Seminar — café", "Another seminar"]),
        ("cafe", ["Seminar — café"]),
        ("象", ["Ivory by post"]),
        ("tag:mine", ["Ivory by post"]),
        ("is:unread after:2020", ["Seminar — café", "Horn"]),
        ("is:starred", ["Ivory by post"]),
        ('"second paragraph"', ["Ivory by post"]),
        ("nowhere", []),
    ],
)
def test_search_and_count_agree(reader: User, query: str, titles: list[str]) -> None:
    found = reader.ask("search", "--json", query)
    assert found.code == 0
    assert [each["title"] for each in found.objects] == titles
    assert reader.ask("search", "--count", query).out == f"{len(titles)}\n"


@pytest.mark.parametrize("verb", [("list",), ("search", "words")])
def test_a_listing_does_not_look_at_files_where_it_need_not(
    user: User, verb: tuple[str, ...]
) -> None:
    user.article("a.md", "A", "2020-01-02", "words")
    assert user.ask(*verb, "--count").out == "1\n"
    user.article("b.md", "B", "2020-01-01", "words")
    assert user.ask(*verb, "--count", "--no-check").out == "1\n"
    with (
        open_library(user.library, user_paths()) as library,
        library.index.hold_current(),  # as a reader does whose child has seen all changes
    ):
        assert user.ask(*verb, "--count").out == "1\n"
    assert user.ask(*verb, "--count").out == "2\n"


def test_titles_are_shown_as_they_are_meant_and_kept_as_they_are(user: User) -> None:
    user.article("a.md", "Salt &amp; <em>pepper</em>", "2020-01-01", "x")
    assert user.ask("list").out == "2020-01-01\tSalt & pepper\t\ta.md\n"
    assert user.ask("list", "--json").objects[0]["title"] == "Salt &amp; <em>pepper</em>"


def test_what_is_printed_is_what_the_files_say_now(reader: User) -> None:
    reader.article("2020/horn.md", "Antler", "2020-05-01", "Customs found something else instead.")
    reader.article("new.md", "Brand new", "2022-01-01", "Here.")
    (reader.library / "seminar.md").unlink()
    titles = [each["title"] for each in reader.ask("list", "--json").objects]
    assert titles == ["Brand new", "Seminar — café", "Antler", "Ivory by post"]


@pytest.mark.parametrize(
    ("query", "column", "width"), [('customs "ivory', 8, 1), ("象牙 after:never", 5, 11)]
)
def test_a_query_that_cannot_be_read_is_pointed_at(
    reader: User, query: str, column: int, width: int
) -> None:
    code, out, err = reader.ask("search", query)
    assert (code, out) == (2, "")
    said, text, caret = err.splitlines()
    assert said.startswith("rilo-reader: ")
    assert text == f"  {query}"
    # Wide letters take two cells, and so does the room before the caret.
    assert caret == "  " + " " * column + "^" * width


@pytest.mark.slow
@for_each(
    "name",
    [
        *("ivory-1", "2019/ivory.md", "library/2019/ivory.md", "{library}/2019/ivory.md"),
        *("ivory.md", "ivory-1x", "outside.md"),
    ],
)
def test_show_finds_an_article_by_many_names(reader: User, name: str) -> None:
    reader.article("other.md", "Ivory by post", "2017-01-01", "Parcels of", id='"ivory-1xyz"')
    (reader.home / "outside.md").write_text("# Ivory by post\n\nParcels of\n", encoding="utf-8")
    name = name.format(library=reader.library)
    shown = reader.ask("show", name)
    shown.says("Ivory by post\n", "Parcels of")
    assert "\x1b" not in shown.out
    [found] = reader.ask("show", "--json", name).objects
    assert list(found) == [*FIELDS, "body"]
    assert found["title"] == "Ivory by post"
    assert "Parcels of" in found["body"]


@for_each(
    "name, why",
    [
        ("ivory-", "'ivory-' could be any of 2 articles: 2019/ivory.md, seminar.md."),
        ("2020/hron.md", "there is no article '2020/hron.md'. Did you mean 2020/horn.md?"),
        ("zzzzzzzzzz", "To list all articles with their paths: rilo-reader list"),
        ("noise.md", "rilo-reader: noise.md: "),
    ],
)
def test_show_says_in_one_line_why_it_shows_nothing(reader: User, name: str, why: str) -> None:
    (reader.home / "noise.md").write_bytes(bytes(range(256)) * 64)
    found = reader.ask("show", name)
    found.failed(1, why)
    assert found.err.count("\n") == 1


def test_show_names_authors_and_tags_also_in_a_pipe(reader: User) -> None:
    for name, authors, tags in (("both", '["Ada B."]', '["ivory"]'), ("neither", "[]", "[]")):
        reader.article(f"{name}.md", "A title", "2020-05-01", "Text.", authors=authors, tags=tags)
    assert "\nAda B. · #ivory · 1 May 2020 · " in reader.ask("show", "both.md").out
    assert "A title\n1 May 2020 · 1 min\n" in reader.ask("show", "neither.md").out


def test_show_hides_the_comments_of_a_vault_of_obsidian(user: User) -> None:
    user.article("note.md", "A note", "2020-05-01", "Text.\n\n%% hidden %%\n\nMore.")
    user.ask("index")
    assert "hidden" in user.ask("show", "note.md").out
    (user.library / ".obsidian").mkdir()
    assert "hidden" not in user.ask("show", "note.md").out


def test_a_folder_of_the_settings_that_is_gone_is_an_error(reader: User) -> None:
    reader.settings('folders = ["/nowhere/at/all"]\n')
    code, out, err = reader.run("list")
    assert (code, out) == (1, "")
    assert "/nowhere/at/all" in err
    assert err.count("\n") == 1


def test_without_a_library_the_guide_answers_and_says_so(user: User) -> None:
    code, out, err = user.run("list", "--json")
    assert code == 0
    first, *others = [json.loads(line)["title"] for line in out.splitlines()]
    assert (first, len(others)) == ("First steps", 11)
    assert err.endswith(" has no articles yet, so the guide is used.\n")
    assert err.count("\n") == 1
    (user.default / "mine.md").write_text("# Mine\n", encoding="utf-8")
    assert user.run("list", "--count") == (0, "1\n", "")


def test_a_folder_that_cannot_be_read_is_one_line(reader: User) -> None:
    locked = reader.home / "locked"
    locked.mkdir()
    if os.geteuid() == 0:
        locked.rmdir()
        locked.symlink_to("/proc/1/task/none")
    else:
        locked.chmod(0)
    code, out, err = reader.run("list", "--library", str(locked))
    assert code in (1, 2)
    assert (out, err.count("\n")) == ("", 1)


def test_an_unforeseen_error_is_a_line_and_a_log(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("\x1b[2Jbroken")

    monkeypatch.setattr("rilo_reader.cli.search.format_article", broken)
    folder = reader.home / "state" / "rilo-reader"
    for number in range(15):
        (folder / f"error-20200101-0000{number:02}.log").write_text("old", encoding="utf-8")
    code, out, err = reader.ask("list")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "\x1b" not in err
    kept = sorted(folder.glob("error-*.log"))
    assert (len(kept), kept[0].name) == (10, "error-20200101-000006.log")
    assert str(kept[-1]) in err
    assert "ZeroDivisionError" in kept[-1].read_text(encoding="utf-8")


# -- processes of their own: pipes, encodings, signals ----------------------------------------


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
@pytest.mark.slow
def test_other_encodings_never_crash(reader: User, env: dict[str, str]) -> None:
    done = reader.spawn("list", "--library", "library", env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 4
    done = reader.spawn("search", "--json", "ivory", "--library", "library", env=env)
    assert json.loads(done.stdout)["snippet"].startswith("Parcels of ivory, 象牙")


@pytest.mark.slow
def test_an_argument_of_any_bytes_never_crashes(reader: User) -> None:
    odd = os.fsdecode(b"\xff\xfe\x1b[2J")
    for arguments in (["search", odd], ["show", odd], ["list", "--library", odd], [odd]):
        done = reader.spawn(*arguments)
        assert done.returncode in (0, 1, 2)
        assert b"\x1b" not in done.stdout + done.stderr
        assert b"Traceback" not in done.stderr


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error(reader: User) -> None:
    for number in range(3_000):
        reader.article(f"many/{number}.md", f"Title {number} " + "long " * 20, "2015-01-01", "x")
    with reader.running("list") as child:
        assert child.stdout.readline().startswith(b"2021-06-03\t")
        child.stdout.close()
        assert child.ended() == (0, b"")


@pytest.mark.slow
def test_a_full_disk_is_one_line(reader: User) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            rilo("list", "--library", str(reader.library)),
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(reader.home),
            timeout=LIMIT,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"No space left" in done.stderr
