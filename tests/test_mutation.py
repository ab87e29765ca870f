"""Mutants: of what code does and not of its types, and found again where it has moved."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools import mutation
from tools.mutation import Mutant, again, in_order, mutants, reaching

CODE = """
LIMIT: int | None = 3

class Box:
    def most(self, each: list[int | None]) -> int | None:
        found: dict[str, int | None] = dict[str, int | None]()
        if each and cast("int | str", each[0]) > 2:
            return each[0]
        return None
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mutation, "ROOT", tmp_path)
    for file in ("store/box.py", "dates.py", "plugins/weather/rain.py"):
        path = tmp_path / "src/rilo_reader" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CODE)
    for file in ("store/test_box.py", "test_dates.py", "plugins/weather/test_rain.py"):
        path = tmp_path / "tests" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def test_they_change_what_code_does_and_no_type(root: Path) -> None:
    found = {(one.old.strip(), one.new.strip()) for one in mutants(["store"])}
    test = 'each and cast("int | str", each[0]) > 2'
    assert found == {(">", ">="), ("2", "3"), ("0", "1"), ("and", "or"), ("each[0]", "None")} | {
        (test, f"not ({test.replace(chr(34), chr(39))})")
    }
    assert {one.function for one in mutants(["store"])} == {"Box.most"}


def test_a_room_is_a_folder_or_a_file_and_has_its_tests(root: Path) -> None:
    rooms = ["store", "dates", "plugins/weather"]
    assert {one.file for one in mutants(rooms)} == {
        *("store/box.py", "dates.py", "plugins/weather/rain.py")
    }
    assert mutation.tests_of(rooms) == [
        "tests/store",
        "tests/plugins/weather",
        "tests/test_dates.py",
    ]


def _row(function: str, line: str, file: str = "store/box.py") -> dict[str, str]:
    return {"identity": f"{function} | {line} | 0 | 1", "file": file}


def test_one_that_died_is_found_where_its_function_or_its_line_is_now(root: Path) -> None:
    there = mutants(["store", "dates"])
    by_name = again(
        [_row("Box.most", "return each[0]", file) for file in ("x/dates.py", "a")], there
    )
    assert [one.file for one in by_name if one] == ["dates.py", "dates.py"]
    assert again([_row("Case.most", "return each[0]")], there)[0] in there
    assert again([_row("Case.least", "return each[0]")], there) == [None]
    assert again([_row("Case.least", "return each[0]")], mutants(["store"]))[0] is not None
    assert again([_row("Box.most", "return each[1]")], there) == [None]


def test_it_is_shown_to_the_tests_of_its_room_first_and_to_those_of_its_function_at_least() -> None:
    mutant = Mutant("store/box.py", "Box.most", range(5, 10), "", 7, 0, 0, "", "")
    tests = ["tests/cli/test_a.py::a", "tests/store/test_b.py::b", "tests/store/test_b.py::c"]
    tests += ["tests/store/test_d.py::d"]
    assert in_order(mutant, tests) == [tests[1], tests[3], tests[2], tests[0]]
    assert reaching(mutant, {("store/box.py", 7): tests}) == tests
    only_at_import = {("store/box.py", 7): [], ("store/box.py", 9): tests[:1]}
    assert reaching(mutant, only_at_import) == tests[:1]
    assert reaching(mutant, {("store/box.py", 9): tests}) == []
