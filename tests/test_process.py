"""A program of one's own: bounded in time and output, ended as a whole, told in one clean line."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from rilo_reader.process import Process, ProgramJob, ProgramOutcome
from tests.support.processes import needs_proc
from tests.support.terminal import LIMIT


def python(code: str, **more: object) -> ProgramJob:
    job = ProgramJob("Mine", (sys.executable, "-c", code), LIMIT)
    return job._replace(**more)  # type: ignore[arg-type]


def test_it_reads_its_input_and_its_output_is_text() -> None:
    with tempfile.TemporaryFile() as file:
        file.write("żółw\n".encode())
        file.seek(0)
        job = python("import sys; print(sys.stdin.read().upper())", stdin=file)
        assert Process(job).run() == ProgramOutcome("ŻÓŁW")


def test_without_input_it_reads_nothing_and_not_the_terminal() -> None:
    assert Process(python("import sys; print(len(sys.stdin.read()))")).run() == ProgramOutcome("0")


def test_it_has_the_environment_and_what_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "a")
    job = python("import os; print(os.environ['MINE'] + os.environ['RILO_TITLE'])")
    assert Process(job._replace(variables={"RILO_TITLE": "b; c"})).run() == ProgramOutcome("ab; c")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]52;c;c2VjcmV0\x1b\\clip", "clip"),
        ("\x1bP1$r\x1b\\\x1b_Gf=1\x1b\\ok", "ok"),
        ("\x1bc\x1b(Bcharset\x1b7", "charset"),
        ("a\x07\x08\x9b31mb\u202ec", "a31mbc"),
        ("10 %\r20 %", "10 %\n20 %"),
        ("\x1b]0;never ends", ""),
    ],
)
def test_output_is_hostile_text(written: str, shown: str) -> None:
    job = python(f"import sys; sys.stdout.buffer.write({written!r}.encode())")
    assert Process(job).run() == ProgramOutcome(shown)


def test_a_failure_is_its_code_and_the_last_line_of_its_errors() -> None:
    code = (
        "import sys; print('first\\n\\x1b[31mno \\x07such thing\\n', file=sys.stderr); sys.exit(3)"
    )
    assert Process(python(code)).run().problem == "Mine ended with status 3: no such thing"
    assert Process(python("raise SystemExit(4)")).run().problem == "Mine ended with status 4."
    code = "import os; os.kill(os.getpid(), 9)"
    assert Process(python(code)).run().problem == "Mine was ended by signal 9."


def test_a_program_that_is_not_there_is_told() -> None:
    outcome = Process(ProgramJob("Mine", ("no-such-program-\x1b[1m",), LIMIT)).run()
    assert "Mine: no program no-such-program-[1m was found." in outcome.problem
    assert "null byte" in Process(ProgramJob("Mine", ("a", "b\0c"), LIMIT)).run().problem


def test_what_hangs_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    """Its child ignores what asks it to end."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    child = f"trap '' TERM; exec 3>{fifo}; echo ready >&3; while :; do sleep 1; done"
    ends: list[bytes] = []
    reader = threading.Thread(target=lambda: ends.append(fifo.read_bytes()))
    reader.start()
    outcome = Process(ProgramJob("Mine", ("sh", "-c", f"({child}) & wait"), 0.2)).run()
    assert outcome.problem == "Mine took longer than 0.2 s and was ended."
    reader.join(LIMIT)
    assert ends == [b"ready\n"], "the child has closed it, so it is gone"


def test_what_prints_without_end_is_ended() -> None:
    job = python("import sys\nwhile True: sys.stdout.write('x' * 10000)")
    outcome = Process(job, max_bytes=50_000).run()
    assert outcome == ProgramOutcome("x" * 50_000, "Mine printed more than 0.05 MB and was ended.")
    job = python("import sys\nwhile True: sys.stderr.write('x' * 10000)", keeps_output=False)
    assert "more than 0.05 MB" in Process(job, max_bytes=50_000).run().problem


def test_one_byte_too_many_is_known_also_of_what_has_ended() -> None:
    for count, is_cut in ((50_000, False), (50_001, True)):
        job = python(f"import sys; sys.stdout.write('x' * {count})")
        end = Process(job, max_bytes=50_000).run_bounded()
        assert (end.output, end.is_cut, end.is_late) == (b"x" * 50_000, is_cut, False)


def test_it_runs_in_a_folder_and_an_environment_of_its_own(tmp_path: Path) -> None:
    job = python("import os; print(os.getcwd(), 'HOME' in os.environ, os.environ['MINE'])")
    job = job._replace(folder=tmp_path, environment={"MINE": "1"})
    assert Process(job).run() == ProgramOutcome(f"{tmp_path} False 1")


def test_output_that_nobody_wants_has_a_wide_bound() -> None:
    job = python("import sys; sys.stdout.write('x' * 200_000)", keeps_output=False)
    assert Process(job, max_bytes=50_000).run() == ProgramOutcome()
    job = python("import sys\nwhile True: sys.stdout.write('x' * 10000)", keeps_output=False)
    problem = Process(job, max_bytes=50_000).run().problem
    assert problem == "Mine printed more than 5 MB and was ended."


def test_what_it_leaves_running_is_not_waited_for_and_costs_nothing() -> None:
    job = ProgramJob("Mine", ("sh", "-c", "sleep 600 & echo $!"), LIMIT)
    threads, handles = threading.active_count(), len(list(Path("/dev/fd").iterdir()))
    outcome = Process(job).run()
    assert outcome.problem == ""
    assert (threading.active_count(), len(list(Path("/dev/fd").iterdir()))) == (threads, handles)
    os.kill(int(outcome.output), 15)  # it still runs, as a browser would


def test_what_it_leaves_printing_is_not_read_without_end() -> None:
    job = ProgramJob("Mine", ("sh", "-c", "yes & echo done"), LIMIT)
    outcome = Process(job, max_bytes=50_000).run()
    assert "done" in outcome.output
    assert len(outcome.output) <= 50_000


@needs_proc
@pytest.mark.parametrize("leaves", [True, False])
def test_what_has_left_its_session_is_ended_too(tmp_path: Path, *, leaves: bool) -> None:
    """Where its time is up; and where nothing may be left, also if it ended by itself."""
    sleeper = [sys.executable, "-c", f"import time; time.sleep(600); {os.fspath(tmp_path)!r}"]
    code = (
        f"import subprocess, time\nsubprocess.Popen({sleeper!r}, start_new_session=True)\n"
        f"print('ready', flush=True)\ntime.sleep({600 if leaves else 0})"
    )
    process = Process(python(code, seconds=1.0 if leaves else LIMIT, can_leave_children=leaves))
    assert process.run().output == "ready"
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]
    mine = os.fsencode(tmp_path)
    assert not [line for line in lines if mine in line and b"sleep(600)" in line]


def test_it_is_ended_by_another_thread_also_before_it_begins() -> None:
    process = Process(python("import time; time.sleep(600)"))
    outcomes: list[ProgramOutcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(process.run()))
    thread.start()
    process.stop()
    thread.join(LIMIT)
    assert outcomes == [ProgramOutcome(problem="Mine was ended.")]
    process.stop()  # nothing is left
