"""What a refresh shows while it runs: a live table on a terminal, lines on a pipe."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rilo_reader.cli.output import Output
from rilo_reader.cli.refresh import ROWS, LiveTable
from rilo_reader.feeds.progress import FeedProgress, Phase, Summary
from tests.feeds.world import rss
from tests.support.servers import Server, serving
from tests.support.terminal import Terminal, config_file, rilo, run_piped

ALONE = {"NO_PROXY": "*"}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("One", "Two"), etag='"1"')
        server.page("/chinese", rss("Three").replace(b"A Feed", "中文新闻".encode()))
        server.page("/broken", status=500)
        yield server


def follow(home: Path, server: Server, *paths: str) -> None:
    file = config_file(home, "feeds.toml")
    file.write_text("".join(f'[[feeds]]\nurl = "{server.url(path)}"\n' for path in paths))


def refresh(home: Path, *arguments: str, env: Mapping[str, str] = ALONE) -> tuple[str, str]:
    """Run a refresh on a terminal; the screen when it has ended, and all that was written."""
    with Terminal(rilo("refresh", *arguments), (80, 24), home=home, env={**env}) as terminal:
        terminal.wait_exit()
        return terminal.screen(), terminal.text


@pytest.mark.terminal
def test_finished_feeds_stay_and_the_bar_goes(tmp_path: Path, server: Server) -> None:
    follow(tmp_path, server, "/feed", "/broken")
    screen, written = refresh(tmp_path)
    assert "of 2 feeds" in written
    assert "of 2 feeds" not in screen
    assert re.search(r"(?m)^A Feed {40,} 2 +\d+\.\d s$", screen)
    assert re.search(r"(?m)^http://127\.0\.0\.1:\d+/broken +failed +\d+\.\d s$", screen)
    assert re.search(r"(?m)^✗ .*/broken: .*500", screen)
    assert screen.rstrip().endswith("2 new articles; 2 feeds (1 failed).")
    server.page("/feed", rss("One", "Two", text="Other words."), etag='"2"')
    screen, _ = refresh(tmp_path, "--force", env={**ALONE, "COLUMNS": "60"})
    assert re.search(r"(?m)^A Feed +updated +\d+\.\d s$", screen)
    assert max(len(line) for line in screen.splitlines() if line[-1:] == "s") <= 60


@pytest.mark.terminal
def test_styles_are_left_out_where_nobody_wants_them(tmp_path: Path, server: Server) -> None:
    follow(tmp_path, server, "/feed", "/broken")
    _, written = refresh(tmp_path)
    assert "\x1b[1;31mfailed" in written
    _, written = refresh(tmp_path, "--force", env={**ALONE, "NO_COLOR": "1"})
    assert "failed" in written
    assert not re.search(r"\x1b\[[\d;]*m", written)
    server.page("/feed", rss("One", "Two", "Three"), etag='"2"')
    done = run_piped(rilo("refresh", "--force"), tmp_path, ALONE)
    assert done.stdout == b"A Feed: 1 new\n1 new article; 2 feeds (1 failed).\n"
    assert re.fullmatch(rb"\xe2\x9c\x97 http://\S+/broken: .*500.*\n", done.stderr)


@pytest.mark.terminal
def test_a_name_that_the_terminal_cannot_show_is_replaced(tmp_path: Path, server: Server) -> None:
    follow(tmp_path, server, "/chinese")
    screen, _ = refresh(tmp_path, env={**ALONE, "PYTHONIOENCODING": "latin-1"})
    assert re.search(r"(?m)^\?\?\?\? +1 +\d+\.\d s$", screen)
    assert "1 new article; 1 feed." in screen


def test_as_many_feeds_are_shown_as_there_is_room_for(capsys: pytest.CaptureFixture[str]) -> None:
    reports = [
        FeedProgress(f"https://a.example/{n}", f"Feed {n}", Phase.FETCHING) for n in range(20)
    ]
    with LiveTable(Output(None), interval=0) as table:
        for report in reports[:-1]:
            table.show_progress(report, Summary(20))
        capsys.readouterr()
        table.show_progress(reports[-1], Summary(20))
        drawn = capsys.readouterr().out
    assert re.findall(r"Feed \d+", drawn) == [f"Feed {n}" for n in range(ROWS)]
    assert "0 of 20 feeds, 0 new" in drawn


def test_an_account_says_how_far_it_is_and_what_became_of_marks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = FeedProgress("https://a.example", "home", Phase.READING, reason="500 of 9,000 articles")
    with LiveTable(Output(None), "feeds and accounts", interval=0) as table:
        table.show_progress(home, Summary(2))
        assert "home  500 of 9,000 articles" in capsys.readouterr().out
        table.show_progress(
            home._replace(state=Phase.UNCHANGED, reason="3 marks sent"), Summary(2, 1)
        )
        drawn = capsys.readouterr().out
    assert "home  3 marks sent" in drawn
    assert "1 of 2 feeds and accounts" in drawn


def test_articles_before_an_interruption_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    ended = FeedProgress("https://a.example/", "A Feed", Phase.SAVED, new=("a.md",))
    with pytest.raises(KeyboardInterrupt), LiveTable(Output(sys.stdout)) as table:
        table.show_progress(ended, Summary(2, done=1, new=1))
        raise KeyboardInterrupt
    written = capsys.readouterr().out
    assert written.endswith("1 new articles came before it stopped.\n")
    # The cursor is hidden by nobody who could be killed before showing it again.
    assert written.rfind("\x1b[?25l") < written.find("\x1b[?25h")
