"""Out of the reader: browser, clipboard, editor, and links by number."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rilo_reader.library import write_article
from rilo_reader.process import run_editor
from tests.support.at_rest import key_event
from tests.support.reader import Reader, reading
from tests.support.watched_library import WatchedLibrary, article

LINKS = "\n\n".join(f"[link {n}](https://example.org/link/{n})" for n in range(1, 13))


def script(folder: Path, text: str) -> Path:
    """A program of the test's own."""
    file = folder / "program"
    file.write_text(f"#!{sys.executable}\n{text}", "utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes the address it was given to a file."""
    log = tmp_path / "opened"
    text = f"import sys; open({str(log)!r}, 'a').write(sys.argv[1] + '\\n'); print('noise')"
    monkeypatch.setenv("BROWSER", f"{script(tmp_path, text)} %s")
    return log


@pytest.mark.slow
async def test_o_opens_the_link_of_the_article(browser: Path) -> None:
    async with reading() as reader:
        await reader.press("j", "o")
        assert browser.read_text("utf-8") == "https://example.org/1\n"
        assert "noise" not in "".join(reader.text()), "it never gets the terminal"
        await reader.press("y")
        assert reader.app.clipboard == "https://example.org/1"
        assert "https://example.org/1" in reader.message


@pytest.mark.slow
async def test_comments_are_offered_by_o_and_f(browser: Path) -> None:
    talks = [
        article(0, comments="https://talk.example/0", body="[a](https://example.org/a)"),
        article(1, url="", comments="https://talk.example/1"),
    ]
    async with reading(WatchedLibrary(talks)) as reader:
        assert "comments" in "\n".join(reader.text())
        await reader.press("o")
        assert (
            reader.message == "Opening https://example.org/0   f offers the link to the comments."
        )
        await reader.press("f")
        assert "comments[1]" in "\n".join(reader.text())
        await reader.press("1")
        await reader.press("h", "J", "o")
        opened = ["https://example.org/0", "https://talk.example/0", "https://talk.example/1"]
        assert browser.read_text("utf-8").splitlines() == opened
        await reader.press("y")
        assert reader.app.clipboard == "https://talk.example/1"


@pytest.mark.slow
async def test_a_browser_that_fails_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", f"{script(tmp_path, 'raise SystemExit(3)')} %s")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    async with reading() as reader:
        await reader.press("o")
        assert "No browser" in reader.message
        assert "y copies" in reader.message


async def test_an_article_without_a_link_says_so() -> None:
    async with reading(WatchedLibrary([article(0, url="")])) as reader:
        for key in ("o", "y", "f"):
            await reader.press(key)
            assert "no link" in reader.message


async def test_only_safe_addresses_are_opened(browser: Path) -> None:
    async with reading() as reader:
        for url in ("vscode://x", "file:///etc/passwd", "javascript:alert(1)", "-oProxyCommand=x"):
            reader.screen.controllers.external.open_url(url)
            await reader.settle()
        assert not browser.exists()


@pytest.mark.slow
async def test_the_only_link_further_down_is_gone_to_by_enter(browser: Path) -> None:
    body = "Words.\n\n" * 40 + LINKS.splitlines()[0]
    async with reading(WatchedLibrary([article(0, body=body)])) as reader:
        reader.app.post_message(key_event("f"))
        await reader.press("enter", "escape")  # before the numbers are laid out
        await reader.until(lambda: reader.view.is_complete)
        await reader.press("f")
        assert reader.message == "1 link, further down: enter goes to it."
        await reader.until(lambda: reader.view.is_complete)
        assert "link 1" not in "\n".join(reader.text())
        await reader.press("enter")
        assert "link 1" in "\n".join(reader.text())
        assert reader.message == "Type the number of a link."
        await reader.press("1")
        assert browser.read_text("utf-8") == "https://example.org/link/1\n"


@pytest.mark.slow
async def test_links_by_number_or_by_a_click(browser: Path) -> None:
    async with reading(WatchedLibrary([article(0, body=LINKS)])) as reader:
        y = next(at for at, line in enumerate(reader.text()) if "link 3" in line)
        await reader.pilot.click(offset=(reader.text()[y].index("link 3") + 2, y))
        await reader.settle()
        assert browser.read_text("utf-8") == "https://example.org/link/3\n"
        await reader.press("f", "7")
        assert browser.read_text("utf-8").endswith("/link/7\n")
        await reader.press("f", "1", "2")
        assert browser.read_text("utf-8").endswith("/link/12\n")
        await reader.press("f", "1", "enter")
        assert browser.read_text("utf-8").endswith("/link/1\n")


@pytest.mark.slow
async def test_a_number_without_a_link_and_ways_out_of_the_numbers(browser: Path) -> None:
    async with reading(WatchedLibrary([article(0, body="[a](https://example.org/a)")])) as reader:
        await reader.press("f", "9")
        assert "no link 9" in reader.message
        await reader.press("f", "escape", "1", "f", "f", "1")
        assert not browser.exists()


@contextmanager
def suspended() -> Iterator[None]:
    yield


async def edit(reader: Reader, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setenv("VISUAL", command)
    monkeypatch.setattr(reader.app, "suspend", suspended)
    await reader.press("e")


@pytest.mark.slow
async def test_e_opens_the_file_and_shows_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = write_article(article(0, title="New title", body="After."))
    text = f"import sys; assert sys.argv[1] == '-x y'; open(sys.argv[2], 'w').write({changed!r})"
    editor = script(tmp_path, text)
    async with reading() as reader:
        await edit(reader, monkeypatch, f"{editor} '-x y'")
        assert reader.open == reader.stands_on == "New title"
        assert any("After." in line for line in reader.text())


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("", "$VISUAL or $EDITOR"),
        ("/no/such/editor", "could not be started"),
        ("unbalanced 'quote", "cannot be understood"),
        (f"{sys.executable} -c 'raise SystemExit(4)'", "status 4"),
    ],
)
async def test_a_missing_or_failing_editor_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, text: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # which has no other editor
    async with reading() as reader:
        await edit(reader, monkeypatch, command)
        assert text in reader.message
        assert reader.app.is_running


@pytest.mark.slow
async def test_without_a_named_editor_one_that_the_system_has_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, "import sys; open(sys.argv[1], 'w').write('After.')").rename(tmp_path / "nano")
    monkeypatch.setenv("PATH", str(tmp_path))
    async with reading() as reader:
        await edit(reader, monkeypatch, "")
        assert any("After." in line for line in reader.text())


@pytest.mark.slow
async def test_ctrl_c_without_a_selection_says_how_to_quit() -> None:
    async with reading() as reader:
        await reader.search("x", "ctrl+c")
        assert reader.message.startswith("To quit, press q")
        reader.bottom.clear()
        await reader.press("escape", "ctrl+c")
        assert reader.message == "To quit, press q. ^c copies selected text; none is selected."


@pytest.mark.slow
async def test_a_terminal_that_cannot_be_handed_over_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    async with reading() as reader:
        await reader.press("e")
        assert "0.md" in reader.message


def test_ctrl_c_in_the_editor_leaves_the_reader_alone() -> None:
    code = f"import os, signal; os.kill({os.getpid()}, signal.SIGINT)"
    assert run_editor([sys.executable, "-c", code]) == ""
