"""The judge itself: it lets the program's own sequences pass and sees every payload."""

from __future__ import annotations

from tests.support.for_each import for_each
from tests.support.hostile import CONTROLS, payloads
from tests.support.verdict import faults_in_command, faults_in_reader

SIZE = (100, 30)


@for_each("name", CONTROLS)
def test_every_payload_is_seen_when_it_arrives(name: str) -> None:
    arrived = b"text " + payloads()[name][1].encode("utf-8", "surrogatepass") + b" more"
    assert faults_in_reader(arrived, SIZE)
    assert faults_in_command(arrived, terminal=True)
    assert faults_in_command(arrived, terminal=False)


@for_each(
    "output",
    [
        "\x1b[?1049h\x1b[?1000h\x1b[?25l\x1b[>25u\x1b[?2026$p\x1b[?2048$p\x1b[1;1H\x1b[38;2;1;2;3m",
        "\x1b]8;id=12;https://example.org/a%1b\x1b\\x\x1b]8;;\x1b\\\r\n",
        "\x1b]22;pointer\x07\x1b]52;c;aHR0cHM6Ly9leGFtcGxlLm9yZy8=\x07",
        "grün 中文 👩‍🚀",
        "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b_Gq=2,a=d,d=I,i=77777\x1b\\",
        "\x1b_Gq=2,a=T,U=1,f=100,t=d,i=77777,c=20,r=5,m=1;AAAA\x1b\\\x1b_Gq=2,m=0;AA==\x1b\\",
        "\U0010eeee\u0305\u030d\U0010eeee\u0305\u030e",
    ],
)
def test_what_the_reader_means_passes(output: str) -> None:
    assert faults_in_reader(output.encode(), SIZE) == []


@for_each(
    "output",
    [
        "\x1b]8;;file:///etc/passwd\x1b\\x",
        "\x1b]8;;https://example.org/é\x1b\\x",
        "\x1b]8;;javascript:alert(1)\x1b\\x",
        "\x1b]52;c;G10wO3gH\x07",  # a copy that holds a sequence itself
        "\x1b[99;9H",
        "\x1b[?47h",
        "\x1b_Gq=2,a=T,U=1,f=100,t=f,i=7,c=2,r=5,m=0;L2V0Yy9wYXNzd2Q=\x1b\\",  # a file's name
        "\x1b_Ga=T,U=1,f=100,t=d,i=7,c=2,r=5,m=0;AAAA\x1b\\",  # which would be answered
        "\x1b_Gq=2,m=0;A;A\x1b\\",
        f"\x1b_Gq=2,m=0;{'A' * 5000}\x1b\\",
        "\x1b[4m\x1b[2",
        "\t",
    ],
)
def test_what_the_reader_cannot_mean_is_seen(output: str) -> None:
    assert faults_in_reader(output.encode(), SIZE)


def test_bytes_that_are_no_text_are_seen() -> None:
    assert faults_in_reader(b"a\xffb", SIZE)
    assert faults_in_command(b"a\xed\xa0\x80b", terminal=False)


def test_commands_may_colour_a_terminal_and_nothing_else() -> None:
    coloured = b"\x1b[1mbold\x1b[0m \x1b]8;;https://example.org/\x1b\\x\x1b]8;;\x1b\\\r\n\r\x1b[K"
    assert faults_in_command(coloured, terminal=True) == []
    assert faults_in_command(coloured, terminal=False)
    assert faults_in_command(b"plain\ttext\n", terminal=False) == []
