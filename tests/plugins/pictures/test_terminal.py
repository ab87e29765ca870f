"""Pictures in a pseudo-terminal: the bytes that it gets, hostile ones too."""

from __future__ import annotations

import re
import shlex
from base64 import standard_b64decode
from io import BytesIO
from pathlib import Path
from shutil import which

import pytest
from PIL import Image

from rilo_reader.plugins.pictures.line_protocols import BEGIN, END
from tests.support.hostile import payloads
from tests.support.pictures import SVG, animation, picture, png_that_claims, turned
from tests.support.terminal import ENTER, ESCAPE, Terminal, config_file, rilo
from tests.support.verdict import faults_in_reader

pytestmark = pytest.mark.terminal

SIZE = (108, 40)
KITTY = {"TERM": "xterm-kitty", "TERMINFO_DIRS": None}
_SENT = re.compile(rb"\x1b_Gq=2,(?:a=T,U=1,f=100,t=d,i=(\d+),c=(\d+),r=(\d+),)?m=([01]);([^\x1b]*)")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(picture("JPEG", (800, 500)))
    text = "+++\ntitle = 'With a photo'\ndate = {}\n+++\nBefore.\n\n![A photo]({})\n\nAfter it.\n"
    (folder / "a.md").write_text(text.format("2026-01-02", "photo.jpg"))
    (folder / "b.md").write_text(text.format("2026-01-01", "missing.jpg"))
    return folder


def sent(output: bytes) -> list[tuple[bytes, int, int, bytes]]:
    """The pictures that a terminal got: number, columns, rows, PNG."""
    pictures: list[tuple[bytes, int, int, bytes]] = []
    data = b""
    for number, columns, rows, more, part in _SENT.findall(output):
        assert len(part) <= 4096
        if number:
            pictures.append((number, int(columns), int(rows), b""))
        data += part
        if more == b"0":
            pictures[-1] = (*pictures[-1][:3], standard_b64decode(data))
            data = b""
    return pictures


def test_a_terminal_that_says_so_gets_pictures_as_kitty_does(library: Path) -> None:
    with Terminal(rilo(str(library)), SIZE, KITTY, pictures=True) as terminal:
        terminal.wait_for("After it.")
        terminal.wait_for("\U0010eeee")
        [(number, columns, rows, png)] = sent(terminal.output)
        # Half of the screen at most, and as wide as the text.
        assert (columns, rows) == (58, 18)
        # For the pixels that the terminal says it has, but not larger than it is.
        assert Image.open(BytesIO(png)).size == (800, 500)
        code = int(number)
        colour = f"\x1b[38;2;{code >> 16};{code >> 8 & 255};{code & 255}".encode()
        assert colour in terminal.output
        assert "\U0010eeee\u0305\u0305\U0010eeee\u0305\u030d".encode() in terminal.output
        terminal.wait_for_bytes("\U0010eeee\u0352\u0305".encode())  # the first cell of its last row
        terminal.send("J")
        terminal.wait_for("[image: A photo]")
        terminal.wait_for_bytes(f"\x1b_Gq=2,a=d,d=I,i={code}\x1b\\".encode())
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert terminal.output.count(b"a=q") == 1
    assert faults_in_reader(terminal.output, SIZE) == []


def test_alone_it_is_as_large_as_the_screen(library: Path) -> None:
    with Terminal(rilo(str(library)), SIZE, KITTY, pictures=True) as terminal:
        terminal.wait_for("After it.")
        terminal.wait_for("\U0010eeee")
        terminal.send(ENTER)
        terminal.send(ENTER)
        terminal.wait_for("esc back")
        terminal.wait_for(lambda _: len(sent(terminal.output)) == 2)
        number, columns, _, _ = sent(terminal.output)[1]
        assert columns == SIZE[0]
        terminal.send(ESCAPE)
        terminal.wait_for_bytes(b"a=d,d=I,i=" + number)
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert faults_in_reader(terminal.output, SIZE) == []


def drawn_over(output: bytes) -> list[bytes]:
    """What was sent to lie over the cells of lines, in its order."""
    return re.findall(
        rb"\x1b8(\x1bP0;1;0q[^\x1b]*\x1b\\|\x1b\]1337;File=[^\x07]*\x07)\x1b8\x1b\[58C", output
    )


def test_a_terminal_that_knows_sixel_gets_each_line_with_its_cells(library: Path) -> None:
    text = "\n\n".join(f"Paragraph {number}." for number in range(60))
    (library / "a.md").write_text((library / "a.md").read_text() + text)
    with Terminal(rilo(str(library)), SIZE, sixel=True) as terminal:
        terminal.wait_for("▀▀▀▀")
        terminal.wait_for(lambda _: len(drawn_over(terminal.output)) >= 18)
        # A cell is 18 × 36 pixels there, and a line as high as one.
        assert all(b'q"1;1;1044;36#' in line for line in drawn_over(terminal.output))
        terminal.send(ENTER)
        terminal.send("j")
        terminal.wait_for(lambda _: len(drawn_over(terminal.output)) >= 2 * 18)
        before = len(terminal.output)
        terminal.send(":")  # its panel covers a part of each line, and veils the others
        terminal.wait_for("enter run")
        frames = terminal.output[before:].split(b"\x1b[?2026h")
        opened = next(number for number, frame in enumerate(frames) if b"Commands" in frame)
        assert drawn_over(b"".join(frames[opened:])) == []
        before = len(terminal.output)
        terminal.send(ESCAPE)
        terminal.wait_for(lambda _: len(drawn_over(terminal.output[before:])) >= 18)
        terminal.send("G")
        terminal.wait_for("Paragraph 59.")
        before = len(terminal.output)
        terminal.send("g")
        terminal.wait_for("Before.")
        terminal.wait_for(lambda _: len(drawn_over(terminal.output[before:])) >= 18)
        terminal.send("J")
        terminal.wait_for("[image: A photo]")
        before = len(terminal.output)
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert drawn_over(terminal.output[before:]) == []
    assert BEGIN.encode() not in terminal.output
    assert END.encode() not in terminal.output
    assert faults_in_reader(terminal.output, SIZE) == []


@pytest.mark.parametrize(
    ("env", "setting", "form"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, "auto", b"\x1b]1337;File="),
        ({"LC_TERMINAL": "iTerm2"}, "auto", b"\x1b]1337;File="),
        ({"TERM_PROGRAM": "WezTerm"}, "auto", b"\x1b]1337;File="),
        ({}, "iterm2", b"\x1b]1337;File="),
        ({}, "sixel", b"\x1bP0;1;0q"),
    ],
)
def test_others_get_lines_by_their_name_or_the_setting(
    library: Path, env: dict[str, str], setting: str, form: bytes
) -> None:
    home = library.parent / "home"
    config_file(home, "settings.toml").write_text(f"pictures = '{setting}'\n")
    with Terminal(rilo(str(library)), SIZE, env, home=home) as terminal:
        terminal.wait_for(lambda _: len(drawn_over(terminal.output)) >= 18)
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert all(line.startswith(form) for line in drawn_over(terminal.output))
    assert faults_in_reader(terminal.output, SIZE) == []


@pytest.mark.parametrize(
    ("env", "setting"),
    [({"TMUX": "/tmp/tmux,1,0"}, "auto"), ({}, "blocks"), ({"COLORTERM": ""}, "never")],
)
def test_where_it_is_not_fit_no_line_is_sent(
    library: Path, env: dict[str, str], setting: str
) -> None:
    home = library.parent / "home"
    config_file(home, "settings.toml").write_text(f"pictures = '{setting}'\n")
    with Terminal(rilo(str(library)), SIZE, env, home=home, sixel=True) as terminal:
        terminal.wait_for("After it." if setting == "never" else "▀▀▀▀")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert b"\x1bP0;1;0q" not in terminal.output
    assert BEGIN.encode() not in terminal.output


def test_alone_it_is_drawn_over_its_cells(library: Path) -> None:
    with Terminal(rilo(str(library)), SIZE, sixel=True) as terminal:
        terminal.wait_for(lambda _: len(drawn_over(terminal.output)) >= 18)
        terminal.send(ENTER)
        terminal.send(ENTER)
        terminal.wait_for("esc back")
        terminal.wait_for_bytes(b'q"1;1;1944;36#')
        terminal.send("q")
        terminal.wait_for("After it.")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert BEGIN.encode() not in terminal.output
    assert faults_in_reader(terminal.output, SIZE) == []


@pytest.mark.service
@pytest.mark.skipif(which("tmux") is None, reason="tmux is not installed")
def test_through_tmux(library: Path, tmp_path: Path) -> None:
    settings = tmp_path / "tmux.conf"
    settings.write_text(
        "set -g default-terminal tmux-256color\nset -g allow-passthrough on\n"
        "set -as terminal-features ',*:RGB'\n"
    )
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", str(settings)]
    command = shlex.join(["env", "COLORTERM=truecolor", *rilo(str(library))])
    with Terminal([*tmux, "new-session", command], SIZE, pictures=True) as terminal:
        terminal.wait_for("After it.")
        terminal.wait_for("\U0010eeee")
        [(_, columns, rows, png)] = sent(terminal.output)
        assert (columns, rows) == (58, 18)  # tmux has a line of its own
        assert Image.open(BytesIO(png)).format == "PNG"
        terminal.send("q")
        terminal.wait_exit()


@pytest.mark.parametrize(
    ("term", "answers", "setting"),
    [
        ("xterm-256color", True, "auto"),  # which is not asked
        ("xterm-kitty", False, "auto"),
        ("xterm-kitty", True, "blocks"),
    ],
)
def test_others_get_half_blocks(library: Path, term: str, answers: bool, setting: str) -> None:
    home = library.parent / "home"
    config_file(home, "settings.toml").write_text(f"pictures = '{setting}'\n")
    env = {"TERM": term}
    with Terminal(rilo(str(library)), SIZE, env, home=home, pictures=answers) as terminal:
        terminal.wait_for("▀▀▀▀")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert b"a=T" not in terminal.output
    assert (b"a=q" in terminal.output) == (term == "xterm-kitty" and setting == "auto")
    assert faults_in_reader(terminal.output, SIZE) == []


def test_hostile_pictures_names_and_descriptions(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    files = {
        "bomb.png": png_that_claims(60_000, 60_000),
        "liar.png": picture("GIF"),
        "v.svg": SVG,
        "many.gif": animation(),
        "side.jpg": turned(6),
        "half.png": picture()[:200],
        "text.png": b"\x1b_Ga=T,f=24;AAAA\x1b\\\x1b]0;marktitle\x07" * 50,
        "na\x1b]0;marktitle\x07me.png": picture(),
        "cell\U0010eeee.png": picture(),
    }
    lines = ["+++", "title = 'Hostile pictures'", "date = 2026-01-01", "+++", "Begin."]
    for name, data in files.items():
        (folder / name).write_bytes(data)
        lines.append(f"![{name}](<{name}>)")
    for mark, payload in payloads().values():
        line = " ".join(payload.split())
        lines.append(f"![{mark} {line}](many.gif) ![x](<{line}.png>)")
    (folder / "a.md").write_bytes(
        "\n\n".join(lines).replace("\n\n", "\n", 3).encode("utf-8", "surrogatepass")
    )
    for env, sixel in (
        (KITTY, False),
        ({}, True),
        ({"TERM_PROGRAM": "WezTerm"}, False),
        ({}, False),
    ):
        is_kitty = env is KITTY
        with Terminal(
            rilo(str(folder)), (108, 60), env, pictures=is_kitty, sixel=sixel
        ) as terminal:
            terminal.wait_for("Begin.")
            terminal.wait_for(lambda screen: "\U0010eeee" in screen or "▀▀▀" in screen)
            last = list(payloads().values())[-1][0]
            while last not in terminal.screen():  # the rest is laid out while one scrolls
                terminal.send(" ")
                terminal.wait_for(lambda screen: screen.strip() != "")
            terminal.send("q")
            assert terminal.wait_exit() == 0
        assert faults_in_reader(terminal.output, (108, 60)) == []
        if not is_kitty:
            assert "\U0010eeee".encode() not in terminal.output
