"""The page of the format: every example is read by the real decoder, and means what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rilo_reader.article import Fault
from rilo_reader.plugins.devices.journal import (
    LINE_LIMIT,
    LINE_TARGET,
    VERSION,
    JournalLine,
    SegmentHeader,
    decode_header,
    decode_line,
    encode_gesture,
    encode_header,
    is_conflict_marker,
    join_gestures,
)
from rilo_reader.plugins.devices.segments import SEALED_FROM_BYTES
from rilo_reader.store.marks import (
    AGREED,
    DATED,
    FEED,
    HIGHLIGHT,
    MOVED,
    NOTE,
    POSITION,
    READ,
    REUSED_PATH,
    SETTING,
    STARRED,
    TAG,
    find_fault,
    is_known,
)
from tests.support.for_each import for_each

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").exists())
PAGE = (ROOT / "docs" / "journal-format.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = _BLOCK.findall(PAGE)
EXAMPLES = [
    (text, json.loads(following[1]) if following[0] == "json" else [])
    for (kind, text), following in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True)
    if kind == "rilo-marks"
]
FAULTS = [
    line for kind, text in BLOCKS if kind == "rilo-marks-faults" for line in text.splitlines()
]


def read(text: str) -> tuple[SegmentHeader, list[JournalLine]]:
    lines = text.encode().splitlines(keepends=True)
    first = next(line for line in lines if not is_conflict_marker(line))
    header = decode_header(first)
    assert isinstance(header, SegmentHeader)
    found = [decode_line(line, 1) for line in lines]
    assert not [one for one in found if isinstance(one, Fault)]
    return header, [one for one in found if isinstance(one, JournalLine)]


def meaning(line: JournalLine) -> list[object]:
    if line.undoes is not None:
        device, stamp = line.undoes
        return [f"{line.stamp:016x}", "undoes", f"{device}/{stamp:016x}", []]
    if not line.in_history:
        return [f"{line.stamp:016x}", "listed", "0", []]
    if line.by:
        return [f"{line.stamp:016x}", "by", line.by, []]
    return [f"{line.stamp:016x}", line.field, line.value, list(line.ids)]


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 6
    assert len(FAULTS) >= 8
    assert {kind for kind, _ in BLOCKS} == {"rilo-marks", "rilo-marks-faults", "json"}


@for_each("text, expected", EXAMPLES)
def test_an_example_means_what_the_page_says(text: str, expected: list[object]) -> None:
    _, lines = read(text)
    assert [meaning(line) for line in lines] == expected
    assert all(is_known(line.field) for line in lines if line.field)
    assert not [line for line in lines if find_fault(line.field, line.value)]


@for_each("text", [text for text, _ in EXAMPLES if "<<<" not in text])
def test_an_example_is_what_would_be_written(text: str) -> None:
    header, lines = read(text)
    gestures = join_gestures(lines, header.device)
    written = encode_header(header) + b"".join(
        line for one in gestures for line in encode_gesture(one)
    )
    assert written.decode() == text.replace("%2C", ",")


@for_each("line", FAULTS)
def test_what_the_page_calls_invalid_is_a_fault(line: str) -> None:
    assert isinstance(decode_line(line.encode(), 1), Fault)


def test_numbers_of_the_page_are_those_of_the_program() -> None:
    for number in (SEALED_FROM_BYTES, LINE_TARGET, LINE_LIMIT):
        assert f"{number:,}" in PAGE
    assert f"rilo-marks {VERSION}\t" in PAGE


def test_every_field_is_on_the_page() -> None:
    table = PAGE.partition("| FIELD | VALUE |")[2].partition("\n\n")[0]
    for field in (READ, STARRED, POSITION, MOVED):
        assert f"`{field}`" in table
    for beginning in (TAG, HIGHLIGHT, NOTE, AGREED, REUSED_PATH, DATED, FEED, SETTING):
        assert f"`{beginning}" in table


def test_the_time_of_an_example_is_one_of_these_years() -> None:
    stamps = re.findall(r"^([0-9a-f]{16})\t", PAGE, re.MULTILINE)
    times = [int(stamp, 16) >> 16 for stamp in stamps]
    assert len([time for time in times if 1_780_000_000_000 < time < 1_900_000_000_000]) > 10
