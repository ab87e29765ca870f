"""Printing: clean whatever comes, in any encoding, and JSON that says exactly what was meant."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.cli.output import Output, OutputStyle, StyledText
from rilo_reader.cli.printing import RecordPrinter
from tests.support.examples import examples

ANYTHING = st.text(st.characters(exclude_categories=()))


class Screen(io.TextIOWrapper):
    """A stream that says it is a terminal, and keeps the bytes."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = True) -> None:
        self.bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.bytes, encoding=encoding, newline="\n")

    def isatty(self) -> bool:
        return self._terminal

    @property
    def written(self) -> bytes:
        self.flush()
        return self.bytes.getvalue()


@given(ANYTHING)
@examples(200)
def test_no_line_steers_a_terminal(text: str) -> None:
    screen = Screen()
    Output(screen).line(StyledText(text, OutputStyle.BOLD), text)
    written = screen.written.decode().replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in written)


@given(ANYTHING, st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252", "shift_jis", "gb18030"]))
@examples(300)
def test_json_comes_back_as_it_was_in_any_encoding(text: str, encoding: str) -> None:
    screen = Screen(encoding, terminal=False)
    Output(screen).json({"title": text, text: 1})
    written = screen.written.decode(encoding)
    assert written.count("\n") == 1
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in written[:-1])
    # A high and a low half that stood side by side are one letter, in JSON as everywhere.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    assert json.loads(written) == {"title": whole, whole: 1}


def test_json_is_readable_where_it_can_be() -> None:
    screen = Screen(terminal=False)
    Output(screen).json({"title": "象牙 café"})
    assert screen.written.decode() == '{"title": "象牙 café"}\n'


@given(ANYTHING, st.sampled_from(["ascii", "latin-1", "cp437", "utf-8"]))
@examples(200)
def test_no_encoding_makes_a_line_crash(text: str, encoding: str) -> None:
    screen = Screen(encoding)
    Output(screen).line("… ", text)
    assert screen.written


def test_signs_of_ours_have_stand_ins_in_ascii() -> None:
    screen = Screen("ascii", terminal=False)
    Output(screen).line("● Title · café …")
    assert screen.written == b"* Title - caf? ...\n"


@pytest.mark.parametrize(
    ("terminal", "no_color", "term", "colour"),
    [
        (True, None, "xterm", True),
        (True, "", "xterm", True),  # an empty NO_COLOR says nothing
        (True, "1", "xterm", False),
        (True, None, "dumb", False),
        (False, None, "xterm", False),
    ],
)
def test_colour_only_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, no_color: str | None, term: str, colour: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", term)
    screen = Screen(terminal=terminal)
    Output(screen).line(StyledText("hit", OutputStyle.HIT))
    assert (b"\x1b[" in screen.written) is colour


def test_status_is_for_terminals_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    pipe, screen = Screen(terminal=False), Screen()
    for stream in (pipe, screen):
        Output(stream).status("half\nway\x1b[2J")
        Output(stream).status("")
    assert pipe.written == b""
    assert screen.written == b"\r\x1b[Khalf way[2J\r\x1b[K"
    monkeypatch.setenv("TERM", "dumb")
    dumb = Screen()
    Output(dumb).status("half way")
    assert dumb.written == b""


def test_a_closed_standard_output_is_no_crash() -> None:
    Output(None).line("nobody reads this")
    Output(None).json({})
    assert Output(None).encoding == "utf-8"


def test_a_report_is_columns_in_a_pipe_and_objects_for_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = {"name": "a\tb\nc", "tags": ("x", "y"), "when": None, "at": date(2019, 3, 7)}
    for as_json in (False, True):
        report = RecordPrinter(("name", "tags", "when", "more"), as_json=as_json)
        assert not report.for_people
        report.print_record(record, iter(()), more="only in columns")
    columns, line = capsys.readouterr().out.splitlines()
    assert columns == "a b c\tx, y\t\tonly in columns"
    assert json.loads(line) == {**record, "tags": ["x", "y"], "at": "2019-03-07"}
