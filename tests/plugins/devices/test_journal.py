"""The format of journals: what is written is read again, and nothing foreign raises."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId, Fault
from rilo_reader.plugins.devices.journal import (
    GESTURE_BATCH,
    LINE_LIMIT,
    LINE_TARGET,
    VERSION,
    JournalLine,
    SegmentHeader,
    decode_header,
    decode_line,
    encode_gesture,
    encode_header,
    join_gestures,
)
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import Stamp, find_fault, is_known
from tests.support.for_each import for_each

DEVICE = "laptop-0a1b2c3d"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
stamps = st.integers(1, (1 << 63) - 1).map(Stamp)
ids = st.lists(texts.filter(bool).map(ArticleId), min_size=1, max_size=5).map(Ids)
fields = texts.filter(lambda field: field not in ("", "undoes", "listed"))
assignments = st.lists(
    st.builds(Assignment, fields, texts, ids),
    min_size=1,
    max_size=4,
    unique_by=lambda assignment: assignment[:2],
).map(tuple)
undone = st.none() | st.builds(GestureId, st.just("büro-ffff0000"), stamps)
names = st.builds(GestureId, st.just(DEVICE), stamps)
gestures = st.builds(
    Gesture, names, assignments, undone, st.booleans(), st.sampled_from(["", "Rule 50% = Über"])
)
journals = st.lists(gestures, max_size=5, unique_by=lambda gesture: gesture.id).map(
    lambda found: sorted(found, key=lambda gesture: gesture.id)
)


def lines_of(data: bytes) -> list[JournalLine]:
    """The lines up to the last line feed, all of them valid."""
    found = [
        decode_line(line, 1) for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
    ]
    lines = [line for line in found if isinstance(line, JournalLine)]
    assert len(lines) == len(found)
    return lines


def read(data: bytes) -> list[Gesture]:
    return list(join_gestures(lines_of(data), DEVICE))


def written(journal: list[Gesture]) -> bytes:
    return b"".join(line for gesture in journal for line in encode_gesture(gesture))


def sets(journal: list[Gesture]) -> list[tuple[object, ...]]:
    """Everything that gestures set, one article at a time, in order."""
    return [
        (*gesture[:1], *gesture[2:], assignment.field, assignment.value, article)
        for gesture in journal
        for assignment in gesture.assignments
        for article in assignment.ids
    ]


@pytest.mark.slow
@given(journals)
def test_what_is_written_is_read_again(journal: list[Gesture]) -> None:
    assert read(written(journal)) == journal


@given(journals)
def test_a_journal_is_lines_of_text_without_control_characters(journal: list[Gesture]) -> None:
    text = written(journal).decode()
    assert not {chr(code) for code in [*range(9), *range(11, 32), *range(127, 160)]} & set(text)
    assert len(text.splitlines()) == text.count("\n")


@pytest.mark.slow
@given(journals, st.data())
def test_a_file_that_is_cut_has_the_beginning_of_its_gestures(
    journal: list[Gesture], data: st.DataObject
) -> None:
    whole = written(journal)
    cut = data.draw(st.integers(0, len(whole)))
    beginning = sets(read(whole[:cut]))
    assert sets(journal)[: len(beginning)] == beginning


@given(st.binary(max_size=200), st.binary(max_size=20))
@example(b"%", b"")
@example(b"\xff", b"1\n")
def test_no_bytes_raise(noise: bytes, head: bytes) -> None:
    for line in (noise, b"0000000000000001\t" + noise, b"rilo-marks " + head + b"\t" + noise):
        assert isinstance(decode_line(line, 7), JournalLine | Fault | None)
        assert isinstance(decode_header(line), SegmentHeader | Fault)


@given(st.from_regex(r"\w[\w.-]{0,30}", fullmatch=True), texts, st.booleans())
def test_a_header_is_read_again(device: str, name: str, snapshot: bool) -> None:
    header = SegmentHeader(device, name, snapshot)
    line = encode_header(header)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode_header(line) == header
    assert decode_header(line[:-1] + b"\r\n") == header


def test_a_header_may_get_more_words() -> None:
    line = b"rilo-marks 1\tlaptop-1\tLaptop\tnews\tsnapshot\tmore=1\n"
    assert decode_header(line) == SegmentHeader("laptop-1", "Laptop", snapshot=True)


def test_a_header_of_a_later_version_says_so_whatever_follows() -> None:
    header = decode_header(b"rilo-marks 12\t\xff\n")
    assert header == SegmentHeader("", "", version=12)


@for_each(
    "line",
    [
        b"",
        b"\n",
        b"rilo-marks\n",
        b"rilo-marks x\tlaptop-1\tLaptop\n",
        b"rilo-marks 0\tlaptop-1\tLaptop\n",
        b"rilo-marks 1\n",
        b"rilo-marks 1\tlaptop-1\n",
        b"rilo-marks 1\t../laptop\tLaptop\n",
        b"rilo-marks 1\t\tLaptop\n",
        b"rilo-marks 1\tlaptop-1\t%zz\n",
    ],
)
def test_what_is_no_header_is_a_fault(line: bytes) -> None:
    found = decode_header(line)
    assert isinstance(found, Fault)
    assert found.line == 1
    assert VERSION == 1


@for_each(
    "line, reason",
    [
        (b"read=1\ta", "not of the form"),
        (b"000000000000001\tread=1\ta", "not of the form"),
        (b"0000000000000001\tread\ta", "not of the form"),
        (b"0000000000000001\t=1\ta", "not of the form"),
        (b"0000000000000001\tread=1\ta\xff", "UTF-8"),
        (b"0000000000000001\tread=%C3\ta", "UTF-8"),
        (b"0000000000000001\tread=1\ta%2", "UTF-8"),
        (b"0000000000000001\tread=1\ta%+1", "UTF-8"),
        (b"0000000000000000\tread=1\ta", "out of range"),
        (b"8000000000000000\tread=1\ta", "out of range"),
        (b"0000000000000001\tundoes=laptop", "undone"),
        (b"0000000000000001\tundoes=laptop/0000000000000000", "out of range"),
        (b"0000000000000001\tread=1\t" + b"a" * LINE_LIMIT, "longer"),
    ],
)
def test_a_line_that_is_not_valid_is_a_fault(line: bytes, reason: str) -> None:
    found = decode_line(line, 3)
    assert isinstance(found, Fault)
    assert found.line == 3
    assert reason in found.reason


@for_each(
    "line",
    [
        b"\n",
        b"\r\n",
        b"<<<<<<< HEAD\n",
        b"||||||| 1a2b3c4\n",
        b"=======\n",
        b">>>>>>> branch\n",
        b"rilo-marks 1\tlaptop-1\tLaptop\n",
        b"0000000000000001\tcolour=blue\n",
        b"0000000000000001\tlisted=1\n",
        b"0000000000000001\tlisted=perhaps\n",
    ],
)
def test_a_line_without_meaning_is_passed_over(line: bytes) -> None:
    assert decode_line(line, 3) is None


def test_a_line_may_end_as_windows_ends_lines() -> None:
    found = decode_line(b"0000000000000001\tread=1\ta\tb\r\n", 2)
    assert found == JournalLine(Stamp(1), "read", "1", (ArticleId("a"), ArticleId("b")))


def test_a_gesture_of_many_articles_has_short_lines_and_comes_in_parts() -> None:
    articles = [ArticleId(f"https://example.org/{number}") for number in range(50_000)]
    gesture = Gesture(GestureId(DEVICE, Stamp(5)), (Assignment("read", "1", Ids(articles)),))
    lines = list(encode_gesture(gesture))
    assert max(map(len, lines)) < LINE_TARGET + 200
    parts = read(b"".join(lines))
    assert {part.id for part in parts} == {gesture.id}
    assert max(len(part.assignments[0].ids) for part in parts) < 2 * GESTURE_BATCH
    assert [article for part in parts for article in part.assignments[0].ids] == articles


def test_lines_of_one_value_are_one_assignment_and_of_another_are_not() -> None:
    lines = [
        JournalLine(Stamp(5), "read", "1", (ArticleId("a"),)),
        JournalLine(Stamp(5), "read", "1", (ArticleId("b"),)),
        JournalLine(Stamp(5), "read", "0", (ArticleId("c"),)),
        JournalLine(Stamp(5), "starred", "0", (ArticleId("d"),)),
        JournalLine(Stamp(6), "starred", "0", (ArticleId("e"),)),
    ]
    first, second = join_gestures(lines, DEVICE)
    assert [(*one[:2], *one.ids) for one in first.assignments] == [
        ("read", "1", "a", "b"),
        ("read", "0", "c"),
        ("starred", "0", "d"),
    ]
    assert [(*one[:2], *one.ids) for one in second.assignments] == [("starred", "0", "e")]


def test_fields_of_later_versions_are_not_known() -> None:
    known = ["read", "starred", "position", "moved", "tag:x", "highlight:1", "note:1"]
    assert all(map(is_known, known))
    assert not any(map(is_known, ["colour", "reading", "tags:x", ""]))


@for_each("given", [
        "read=yes", "starred=", "tag:x=2", "tag:=1", "tag:\x1b[31m=1", "position=-1",
        "position=007", "position=٣", "moved=", "anew:2=0", "anew:x=1",
    ])  # fmt: skip
def test_values_that_a_field_cannot_have(given: str) -> None:
    field, _, value = given.partition("=")
    assert find_fault(field, value)


@for_each("given", ["read=0", "tag:漢字=1", "position=1204", "note:1=", "moved=b", "anew:2=1"])
def test_values_that_a_field_can_have(given: str) -> None:
    field, _, value = given.partition("=")
    assert find_fault(field, value) == ""
