"""Flat mode: lines that are only appended, and one command a line."""

from __future__ import annotations

import re
import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from rich.cells import cell_len

from rilo_reader.commands import commands_by_id
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.schedule import after_failure
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.plugins.flat.main import refresh_every
from rilo_reader.plugins.flat.vocabulary import FLAT_COMMANDS, Vocabulary
from rilo_reader.query.tree import Query
from tests.feeds.world import rss
from tests.support import hostile_library
from tests.support.command_line import User
from tests.support.flat import fill, session
from tests.support.servers import serving
from tests.support.terminal import Terminal, config_file, keep_as_first, rilo, run_piped, until

UP = "\x1b[A"
GOLDEN = Path(__file__).parents[2] / "golden" / "flat.txt"
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Whatever could move a cursor, ring or colour: of control characters there are only line ends."""


NEEDED = {
    "edition": ("editions",),
    "highlight, note": ("highlights",),
    "questions, about highlights": ("highlights",),
    "what other plugins bring": ("accounts", "archive", "devices", "edits", "importers"),
}
"""The plugins that a transcript shows."""


def transcripts() -> dict[str, str]:
    """The sessions of the golden file by their headings."""
    parts = re.split(r"(?m)^== (.+)\n", GOLDEN.read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


QUESTION = re.compile(
    r"(?m)^(?:>|Address:|Export .* to:|Find in the article:|Hide what this finds:|Import a .*:"
    r"|Note:|Number of .*:|Pipe the article to:|Search:|Words to highlight:)(?: (.*))?$"
)
"""A line on which somebody types, also an answer."""


def typed(transcript: str) -> str:
    """What somebody typed in it."""
    return "".join(f"{line[1] or ''}\n" for line in QUESTION.finditer(transcript))


def settled(text: str, user: User) -> str:
    """What is said, without what differs from run to run: times, names of changes and devices."""
    text = text.replace(str(user.home), "HOME")
    text = re.sub(r"(?m)^[0-9a-f]{7}  \d{4}-\d\d-\d\d \d\d:\d\d  ", "CHANGE  TIME  ", text)
    text = re.sub(r"today \d\d:\d\d", "TODAY", text)
    return re.sub(r"(?m)^ {9}\S+, (?=\d+ article)", "         DEVICE, ", text)


@pytest.mark.parametrize("name", transcripts())
def test_a_transcript_of_each_command(
    user: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    wanted = transcripts()[name]
    for plugin in NEEDED.get(name, ()):
        pytest.importorskip(f"rilo_reader.plugins.{plugin}")
    width = re.search(r"\d+ columns", name)
    outcome = session(
        user,
        monkeypatch,
        typed(wanted),
        str(fill(user)),
        width=int(width[0].split()[0]) if width else 0,
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert settled(outcome.out, user).split("\n") == [*wanted.rstrip("\n").split("\n"), ""]


def test_every_command_has_a_transcript(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = "".join(f"help {command}\n" for command in commands_by_id() if command != "list")
    told = session(user, monkeypatch, asked, str(user.library)).out
    handled = {
        each
        for each, row in commands_by_id().items()
        if f"> help {each}\n{row.title.lower()}" in told
    }
    assert {"star", "search", "undo", "export", "quit"} <= handled
    words = Vocabulary(handled, ("show", "settings"), {})
    lines = [line for text in transcripts().values() for line in typed(text).splitlines()]
    used = {command.id for line in lines if line and (command := words.find_command(line))}
    own = {command.id for word in FLAT_COMMANDS if (command := words.find_command(word))}
    assert (handled | own) - used == set()


def everything(articles: int) -> str:
    """Commands that say all of a library."""
    each = (f"{number}\nall\nlinks\noutline\nfind e\ny\n" for number in range(1, articles + 1))
    return "list\nall\n" + "".join(each) + "highlight the\nhighlights\nhistory\nfeeds\nq\n"


def number_of_articles(folder: Path) -> int:
    with open_library(folder, user_paths(), fills_itself=True) as library:
        list(library.follower.reconcile())
        return library.search.count(Query())


@pytest.mark.slow
@pytest.mark.parametrize("width", [0, 20, 80])
def test_no_control_character_comes_out_of_a_pipe_and_no_line_is_too_wide(
    user: User, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    hostile_library.fill(user.library)
    commands = everything(number_of_articles(user.library))
    out = session(user, monkeypatch, commands, str(user.library), width=width).out
    assert out.count("(end)") > 100
    assert FORBIDDEN.search(out) is None
    if width:
        # Verbs of the command line have a width of their own.
        said = out.partition("> highlight the")[0].splitlines()
        wide = [line for line in said if cell_len(line) > width and line[:1] != ">"]
        assert [line for line in wide if "://" not in line] == []


def terminal(*arguments: str, **also: object) -> Terminal:
    """Flat mode at a terminal that adds nothing: no echo, and line ends as they are."""
    shell = ("sh", "-c", 'stty -opost -echo; exec "$@"', "sh", *rilo(*arguments))
    return Terminal(shell, env={"TERM": "dumb"}, **also)  # type: ignore[arg-type]


@pytest.mark.terminal
@pytest.mark.parametrize("term", ["dumb", None])
def test_a_terminal_that_cannot_show_it_gets_flat_mode(user: User, term: str | None) -> None:
    with Terminal(rilo(), home=user.home, env={"TERM": term}) as terminal:
        terminal.wait_for("Type help for the commands.")
        terminal.send("q\n")
        assert terminal.wait_exit() == 0
        assert "\x1b" not in terminal.text


@pytest.mark.terminal
def test_no_control_character_comes_to_a_dumb_terminal(user: User) -> None:
    hostile_library.fill(user.library)
    commands = everything(number_of_articles(user.library)).splitlines()
    # It is flat by itself there.
    with terminal(str(user.library), home=user.home, size=(20, 5)) as shown:
        for command in commands:
            shown.wait_for_bytes(b"> ", since=max(len(shown.output) - 2, 0))
            shown.send(f"{command}\n")
        assert shown.wait_exit() == 0
        assert shown.text.count("(end)") > 100
        assert FORBIDDEN.search(shown.text) is None


@pytest.mark.terminal
def test_ctrl_c_ends_a_long_output_and_not_the_program(user: User) -> None:
    text = "\n\n".join(f"Paragraph {number}." for number in range(200_000))
    user.article("long.md", "Long", "2021-01-01", text)
    with terminal(str(user.library), home=user.home) as shown:
        shown.wait_for_bytes(b"> ")
        shown.send("1\n")
        shown.wait_for_bytes(b"(more)\n> ")
        shown.send("all\n")
        shown.wait_for_bytes(b"Paragraph 50.")
        shown.kill(signal.SIGINT)
        shown.wait_for_bytes(b"\nStopped.\n> ")
        assert b"Paragraph 199999." not in shown.output
        shown.kill(signal.SIGINT)
        shown.wait_for_bytes(b"q quits.\n> ")
        shown.send(b"\x04")  # the end of input
        assert shown.wait_exit() == 0


def follow(user: User, url: str) -> None:
    text = f'[[feeds]]\nurl = "{url}"\nprivate = true\n'
    config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")


@pytest.mark.terminal
def test_the_question_of_a_verb_waits_and_an_empty_answer_cancels(user: User) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/{0}" title="{0}">'
    with serving() as server:
        head = "".join(map(link.format, ("news", "sport")))
        html = {"Content-Type": "text/html"}
        server.page("/site", f"<html><head>{head}</head></html>".encode(), headers=html)
        with terminal(str(user.library), home=user.home) as shown:
            shown.wait_for_bytes(b"commands.\n> ")
            shown.send(f"add {server.url('/site')}\n")
            shown.wait_for_bytes(b"Which? ")
            shown.send("9\n")
            shown.wait_for_bytes(b"to cancel.\nWhich? ")
            shown.send("\n")
            shown.wait_for_bytes(b"Cancelled.\n> ")
            shown.send("q\n")
            assert shown.wait_exit() == 0
    assert not config_file(user.home, "feeds.toml").exists()


@pytest.mark.terminal
def test_a_refresh_beside_it_is_told_between_commands(user: User) -> None:
    keep_as_first(user.library, user.home)
    with config_file(user.home, "settings.toml").open("a") as file:
        file.write("refresh_every = 60\n")
    user.article("a.md", "An article", "2021-01-01", "Some text.")
    with serving() as server:
        server.page("/feed", rss("One", "Two"))
        follow(user, server.url("/feed"))
        with terminal("--flat", home=user.home) as shown:
            shown.wait_for_bytes(b"> ")
            typed_at = len(shown.output)

            def is_told() -> bool:
                before = len(shown.output)
                shown.send("list is:starred\n")
                shown.wait_for_bytes(b"> ", since=before)
                return b"new articles" in shown.output

            until(is_told)
            shown.send("list\n")
            shown.wait_for_bytes(b"3 articles.")
            shown.send(".\n")
            shown.wait_for_bytes(b"2 new articles.\n1. unread: ")
            shown.send("q\n")
            assert shown.wait_exit() == 0
        lines = shown.text[typed_at:].splitlines()
    told = [line for line in lines if line.startswith("Refreshed")]
    assert told == ["Refreshed: 2 new articles."]


@pytest.mark.terminal
def test_commands_come_back_by_the_up_key_and_saved_files_by_themselves(user: User) -> None:
    user.article("a.md", "An article", "2021-01-01", "Some text.")
    argv, env = rilo("--flat", str(user.library)), {"TERM": "xterm-256color"}
    with Terminal(argv, home=user.home, env=env) as shown:
        shown.wait_for_bytes(b"> ")
        shown.send("list is:unread\r")
        shown.wait_for_bytes(b"(end)\r\n> ")
        user.article("b.md", "Another", "2021-01-02", "Some text.")

        def is_listed() -> bool:
            before = len(shown.output)
            shown.send(f"{UP}\r")
            shown.wait_for_bytes(b"(end)\r\n> ", since=before)
            return b"1. unread: Another." in shown.output

        until(is_listed)
        shown.send("q\r")
        assert shown.wait_exit() == 0
    assert "\x1b[?1049h" not in shown.text
    assert "\x1b[?2004h" not in shown.text


@pytest.mark.slow
def test_a_number_means_the_same_article_while_the_list_stands(user: User) -> None:
    for number in (1, 2, 3):
        user.article(f"{number}.md", f"Article {number}", f"2021-01-0{number}", "Some text.")
    commands = b"list is:unread\n1\n2\n3\nq\n"
    said = run_piped(rilo("--flat", str(user.library)), user.home, stdin=commands).stdout.decode()
    assert re.findall(r"(?m)^> \d\n(.+)", said) == ["1. Article 3", "2. Article 2", "3. Article 1"]


def test_lists_are_in_the_order_of_the_settings(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(user)
    user.settings('sort = "oldest"\n')
    commands = "list ivory\nlist ivory sort:newest\nq\n"
    said = session(user, monkeypatch, commands, str(user.library)).out
    order = re.findall(r"(?m)^[12]\. unread: (Ivory in|More ivory)", said)
    assert order == ["More ivory", "Ivory in", "Ivory in", "More ivory"]


@pytest.mark.slow
def test_the_guide_makes_room_for_the_first_articles(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server:
        server.page("/feed", rss("One", "Two"))
        follow(user, server.url("/feed"))
        said = session(user, monkeypatch, "refresh\nlist\n").out
    assert "This is the guide." in said.partition("\n")[0]
    assert "12 articles, 12 unread." in said
    assert "2 articles, 2 unread. Type help for the commands.\n> list\n2 articles.\n" in said


def test_what_failed_is_told_once(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    failures, told, stop = iter(["Away.", "Away.", "", "Away."]), list[str](), Event()

    async def refreshed(_: Path, __: list[str]) -> str:
        failure = next(failures, None)
        if failure is None:
            stop.set()
        return failure or ""

    monkeypatch.setattr("rilo_reader.plugins.flat.main._refresh_once", refreshed)
    refresh_every(0, user.library, told.append, stop, [])
    assert told == ["Away.", "Away."]


def test_the_settings_say_how_it_opens_and_how_much_it_says(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(user)
    user.settings('flat = true\nflat_lines = 3\nflat_speaks = "some"\nmark_read = "end"\n')
    commands = "list\n1\nall\nr\n2\nlist is:unread\n"
    out = session(user, monkeypatch, commands, str(user.library)).out
    assert out.count("(more)") == 4
    assert "A link (link 1) and a bare https://example.org/two (link 2)" in out
    assert "heading 2: Quoted" in out
    assert "- apples\n" in out
    assert "unread: Everything that is said\n" in out  # it was read to its end
    user.settings('flat_speaks = "none"\nflat_lines = 100\nmark_read = "by hand"\n')
    out = session(user, monkeypatch, "1\nlist is:read\n", str(user.library)).out
    assert "\nQuoted\nSomebody said this.\n" in out
    assert "0 articles." in out


def test_commands_of_ones_own_run_programs(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(user)
    own = '[[commands]]\nname = "First line"\nkey = "Z"\nrun = ["head", "-1"]\ninput = "markdown"\n'
    user.settings(own)
    out = session(user, monkeypatch, "4\nZ\nfirst line\nhelp\n", str(user.library)).out
    assert "> Z\n# More ivory\n> first line\n# More ivory\n" in out
    assert "Your commands: first line (Z)." in out


def test_verbs_explain_themselves(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    out = session(user, monkeypatch, "help doctor\nfeeds --help\nhelp\n", str(user.library)).out
    assert "> help doctor\nusage: rilo-reader doctor " in out
    assert "> feeds --help\nusage: rilo-reader feeds " in out
    assert "\nAs on the command line: show, add, refresh," in out
    # A voice says no bare sign.
    assert "Find: search (slash), only unread (U)" in out
    assert "saved searches (apostrophe)" in out


def test_notes_are_written_as_the_reader_writes_them(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rilo_reader.plugins.highlights")
    fill(user)
    user.settings("notes_folder = 'notes'\n")
    said = session(user, monkeypatch, "3\nhighlight was seized\nnote Why?\n", str(user.library))
    assert "1 note written." in said.out
    (note,) = (user.library / "notes").glob("**/*.md")
    assert "was seized" in note.read_text("utf-8")
    assert "Why?" in note.read_text("utf-8")


def test_keys_of_ones_own_are_commands_too(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(user)
    user.settings("[keys]\nstar = 'x'\n")
    out = session(user, monkeypatch, "x 3\ns 3\nhelp star\n", str(user.library)).out
    assert "> x 3\nstarred: Ivory in a container\n" in out
    assert "> s 3\nThere is no command 's 3'." in out
    assert "star (x): Star the article" in out


def test_comments_are_the_first_link(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    header = "title: One\nurl: https://a.example/1\ncomments: https://talk.example/1"
    user.write("one.md", f"---\n{header}\n---\n[there](https://b.example/)\n")
    said = session(user, monkeypatch, "1\nlinks\nq\n", str(user.library)).out
    assert "\nlink 1: comments\n" in said
    assert "link 1: comments\nhttps://talk.example/1\nlink 2: there\nhttps://b.example/" in said


def test_a_title_that_ends_a_sentence_has_no_second_full_stop(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, title in (("a", "Ivory was seized."), ("b", "Is it so?"), ("c", "Ivory")):
        user.article(f"{name}.md", title, "2021-06-03", "", source='"Harbour News"')
    out = session(user, monkeypatch, "list\n", str(user.library)).out
    for said in ("Ivory was seized. Harbour", "Is it so? Harbour", "Ivory. Harbour"):
        assert f"unread: {said} News, 3 Jun 2021\n" in out


def test_colours_are_only_there_if_they_are_asked_for(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(user)
    commands = "3\ndoctor\n"
    assert "\x1b" not in session(user, monkeypatch, commands, str(user.library)).out
    coloured = session(user, monkeypatch, commands, str(user.library), "--color=always")
    assert "\x1b[1m" in coloured.out


def test_a_folder_that_is_not_there_is_wrong_usage(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(user, monkeypatch, "", "nowhere").failed(2, "neither a folder nor a command")
    session(user, monkeypatch, "", ".", "..").failed(2, "one folder at a time")
    session(user, monkeypatch, "", "list").failed(2, "Did you mean rilo-reader list?")
    assert "usage: rilo-reader [--flat] [FOLDER]" in session(user, monkeypatch, "", "--help").out
    (user.home / "--flat").mkdir()
    said = user.run("--flat", "--", "--flat")
    assert (said.code, said.out[:10]) == (0, "0 articles")


@pytest.mark.slow
def test_all_changes_are_numbered_however_many(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(user)
    out = session(user, monkeypatch, "1\n" + "s\n" * 25 + "W\n\nq\n").out
    assert "25 changes; a number undoes one." in out
    assert "\n25. Starred 1: Everything that is said" in out
    assert "--limit" not in out


def test_the_number_of_a_change_undoes_and_redoes_it_in_turn(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(user)
    out = session(user, monkeypatch, "s 1\nlist\ns 1\nu\nW\n1\n1\n1\nq\n").out
    said = re.findall(r"^(?:Undone|Redone)\b|already", out, re.M)
    assert said == ["Undone", "Redone", "Undone", "Redone"]


def test_top_is_that_of_the_list_while_a_list_is_said(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(user)
    user.settings("flat_lines = 2\n")
    out = session(user, monkeypatch, "list\n\ntop\n1\nh\n\ntop\nq\n").out
    assert len(re.findall(r"\n> top\n1\. .*\n2\. unread: A long one", out)) == 2


def test_mutes_are_numbered_after_the_saved_searches(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(user)
    user.settings('[[searches]]\nname = "port"\nquery = "tag:port"\n')
    out = session(user, monkeypatch, "M customs\n'\n2\nu\n'\nq\n").out
    assert "1. @port: tag:port\n2. muted: customs\n(end)\n> 2\n" in out
    assert "settings.toml\n> u\n" in out
    assert out.count("muted: customs") == 1


@pytest.mark.slow
def test_it_is_the_scriptable_reader(user: User) -> None:
    fill(user)
    argv = rilo("--flat", str(user.library))
    done = run_piped(argv, user.home, stdin=b"/ivory\n1\ns\n\xff\xfe\nq\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"> /ivory\n2 articles.\n1. unread: Ivory in a container." in done.stdout
    assert b"starred: Ivory in a container\n" in done.stdout
    assert b"There is no command" in done.stdout


PORT, GONE = "https://port.example.org/feed", "https://gone.example.org/feed"
FEEDS = f"""\
[[feeds]]
url = "{PORT}"
title = "Harbour News"
tags = ["Sea"]

[[feeds]]
url = "{GONE}"
title = "Gone"
tags = ["Sea"]
"""
SEARCHES = '[[searches]]\nname = "ivory"\nquery = "ivory"\n'


def test_tags_failures_and_steps_are_said_in_words(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(user)
    user.article("lone.md", "Lone", "2020-01-01", "Text.", source='"Lone Post"')
    config_file(user.home, "feeds.toml").write_text(FEEDS)
    keep_as_first(folder, user.home)
    with config_file(user.home, "settings.toml").open("a") as settings:
        settings.write(SEARCHES)
    now = datetime.now(UTC)
    with open_collection(folder, user_paths()) as collection:
        port = collection.ledger.read_feed(PORT)._replace(source="Harbour News", last_success=now)
        collection.ledger.put_feed(port)
        failed = FetchError(Failure.GONE, "It is gone for good (410).", status=410)
        collection.ledger.put_feed(after_failure(collection.ledger.read_feed(GONE), failed, now))
    lines = "sources\n6\nsources\n7\n}\n}\n"
    said = session(user, monkeypatch, lines, str(folder)).out.splitlines()
    at = said.index("1. All: 6 articles")
    assert said[at + 3 : at + 12] == [
        "4. Starred: 0 articles",
        "5. @ivory: 2 unread",
        "6. tag Sea: 3 unread",
        "7. Gone: 0 unread. Its server says that it is gone for good (410).",
        "8. Harbour News: 3 unread",
        "9. Not followed: 3 unread",
        "10. Lone Post: 1 unread",
        "(end)",
        "> 6",
    ]
    assert said[at + 12] == "3 articles."
    assert "Nothing to list yet: Gone: 0 unread." in "\n".join(said)
    steps = [line for line in said if line.endswith("unread") and not line[0].isdigit()]
    assert steps == ["Harbour News: 3 unread", "Lone Post: 1 unread"]
