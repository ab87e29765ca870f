"""What programs of one's own get of an article: nothing of it becomes an option or a command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId, Enclosure
from rilo_reader.library import Library, LibraryError
from rilo_reader.plugins.exporters.formats import ExportArticle
from rilo_reader.plugins.programs.jobs import (
    make_arguments,
    make_values,
    make_variables,
    open_command_job,
    open_pipe_job,
    split_typed_line,
    write_input,
)
from rilo_reader.plugins.programs.settings import PLACEHOLDERS, OnNew, OwnCommand, ProgramInput
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.real_library import real_library
from tests.support.watched_library import article

PODCAST = article(
    0,
    title="Episode 1 &amp; more",
    url="https://pod.example/1",
    comments="https://pod.example/1/talk",
    tags=("pod", "news"),
    body="Notes, [a page](https://pod.example/page).\n\n"
    "- [e1](<https://cdn.example/e1?x=1>) (audio/mpeg, 5.0 MB)\n",
    enclosures=(
        Enclosure("https://cdn.example/cover.jpg", "image/jpeg"),
        Enclosure("https://cdn.example/e1?x=1", "audio/mpeg", 5_000_000),
    ),
)


def filled(*run: str, of: Article = PODCAST) -> tuple[str, ...]:
    return make_arguments(OwnCommand("Mine", run), make_values(of, "/news/a b.md"))


def refused(*run: str, of: Article = PODCAST) -> str:
    with pytest.raises(LibraryError) as error:
        filled(*run, of=of)
    return str(error.value)


def test_a_placeholder_is_an_argument_or_a_part_of_one() -> None:
    title = "Episode 1 & more"
    assert filled("mpv", "--title={title}", "{enclosure}") == (
        *("mpv", f"--title={title}", "https://cdn.example/e1?x=1"),
    )
    assert filled("a", "{title} {url}") == ("a", f"{title} https://pod.example/1")
    assert filled("a", "{comments}")[1] == "https://pod.example/1/talk"
    assert filled("a", "{file}", "{tags}") == ("a", "/news/a b.md", "pod, news")
    assert filled("a", "{", "{}", "{other}", "{{id}}") == ("a", "{", "{}", "{other}", "{id0}")


def test_what_stands_for_one_is_not_read_again() -> None:
    """A title with the name of a placeholder, or with what a shell would do something with."""
    title = "{url} $(touch x) `y` ; rm -rf ~ | z '\" \\ * ?"
    assert filled("a", "{title}", of=PODCAST._replace(title=title)) == ("a", title)


def test_nothing_of_an_article_becomes_an_option() -> None:
    hostile = PODCAST._replace(title="--output=/etc/passwd", source="-x", lang="")
    for run in (("a", "{title}"), ("a", "{lang}{source}"), ("a", "x", "{source} {title}")):
        said = refused(*run, of=hostile)
        assert "begins with a minus" in said
        assert '"--" before it' in said
    assert filled("a", "--", "{title}", of=hostile) == ("a", "--", "--output=/etc/passwd")
    assert filled("a", "-t{source}", "t={title}", of=hostile)[1:] == (
        *("-t-x", "t=--output=/etc/passwd"),
    )


def test_an_article_without_a_link_is_not_run_with_an_empty_one() -> None:
    assert refused("a", "{url}", of=PODCAST._replace(url="")) == "Mine: this article has no link."
    no_file = PODCAST._replace(body="[a](https://pod.example/page)", enclosures=())
    assert "no audio or video file" in refused("mpv", "{enclosure}", of=no_file)
    silent = PODCAST._replace(comments="")
    assert "no page of comments" in refused("a", "{comments}", of=silent)
    # An address is checked wherever it comes from.
    assert "no link" in refused("a", "{url}", of=PODCAST._replace(url="file:///etc/passwd"))
    by_name = no_file._replace(
        body="[a](https://pod.example/page) [b](https://x.example/E2.MP3?t=1)"
    )
    assert filled("mpv", "{enclosure}", of=by_name)[1] == "https://x.example/E2.MP3?t=1"


TEXT = st.text(max_size=20)


@examples(200)
@given(TEXT, TEXT, st.lists(TEXT, max_size=2), TEXT)
def test_any_article_is_as_many_arguments_as_are_written(
    title: str, source: str, authors: list[str], body: str
) -> None:
    one = article(0, title=title or "x", source=source, authors=tuple(authors), body=body)
    values = make_values(one, "/a.md")
    assert set(values) == set(PLACEHOLDERS)
    names = [name for name in PLACEHOLDERS if name not in ("enclosure", "comments")]
    run = ("a", "--", *(f"{{{name}}}" for name in names))
    found = make_arguments(OwnCommand("Mine", run), values)
    assert found == ("a", "--", *(values[name] for name in names))
    assert list(make_variables(values)) == [f"RILO_{name.upper()}" for name in PLACEHOLDERS]


def test_a_shell_gets_the_line_of_the_settings_and_nothing_else() -> None:
    command = OwnCommand("Mine", ('notify-send "$RILO_TITLE"',), shell=True)
    values = make_values(PODCAST._replace(title="$(touch x)"), "/a.md")
    line = ("/bin/sh", "-c", 'notify-send "$RILO_TITLE"')
    assert make_arguments(command, values, windows=False) == line
    assert make_variables(values)["RILO_TITLE"] == "$(touch x)"
    with pytest.raises(LibraryError, match="does not work on Windows"):
        make_arguments(command, values, windows=True)
    with pytest.raises(LibraryError, match="batch file"):
        make_arguments(OnNew("Mine", ("C:\\a.BAT",)), values, windows=True)


@for_each("word", ["|", ">", "&&", ";", "<"])
def test_a_line_that_wants_a_shell_says_so(word: str) -> None:
    with pytest.raises(LibraryError, match="No shell reads this line"):
        split_typed_line(f"wc -w {word} x")
    assert split_typed_line(f"cut -d '{word}' -f 2") == ("cut", "-d", word, "-f", "2")


def test_words_of_a_line() -> None:
    assert split_typed_line("grep -c 'two words' $HOME") == ("grep", "-c", "two words", "$HOME")
    assert split_typed_line("tee ~/story.md a~b") == ("tee", str(Path.home() / "story.md"), "a~b")
    with pytest.raises(LibraryError, match="not closed"):
        split_typed_line("wc '")


def given_to(kind: ProgramInput, one: Article = PODCAST) -> str:
    out = BytesIO()
    write_input(ExportArticle(one, text="+++\n+++\nBody"), kind, out)
    return out.getvalue().decode()


def test_every_kind_of_input() -> None:
    assert given_to(ProgramInput.MARKDOWN).startswith("# Episode 1 & more\n\nNotes, [a page](")
    again = PODCAST._replace(title="Once", body="# Once\n\nText.")
    assert given_to(ProgramInput.MARKDOWN, again) == "# Once\n\nText."
    text = "Episode 1 & more\n\nNotes, a page.\n\ne1 (audio/mpeg, 5.0 MB)\n"
    assert given_to(ProgramInput.TEXT) == text
    assert given_to(ProgramInput.HTML).startswith("<!DOCTYPE html>")
    assert json.loads(given_to(ProgramInput.JSON))["title"] == "Episode 1 &amp; more"
    assert given_to(ProgramInput.LINKS).split() == [
        "https://pod.example/1/talk",
        "https://pod.example/page",
        "https://cdn.example/e1?x=1",
    ]
    assert given_to(ProgramInput.NONE) == ""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with real_library(tmp_path) as opened:
        yield opened


def test_a_job_has_its_input_at_the_beginning(library: Library) -> None:
    command = OwnCommand("Mine", ("a", "{file}"), input=ProgramInput.MARKDOWN)
    with open_command_job(library, command, ArticleId("0.md")) as job:
        assert job.stdin is not None
        assert job.stdin.read() == b"# Title 0\n\nWords.\n"
        assert job.arguments == ("a", str(library.folder / "0.md"))
        assert job.variables["RILO_TITLE"] == "Title 0"
    with open_command_job(
        library, command._replace(input=ProgramInput.NONE), ArticleId("0.md")
    ) as job:
        assert job.stdin is None


def test_an_article_that_is_gone_is_told(library: Library) -> None:
    (library.folder / "1.md").unlink()
    command = OwnCommand("Mine", ("a",))
    with pytest.raises(LibraryError, match=r"1\.md cannot be read"):  # noqa: SIM117
        with open_command_job(library, command, ArticleId("1.md")):
            pass


def test_a_pipe_gets_an_article(library: Library) -> None:
    with open_pipe_job(library, "wc -w", ArticleId("2.md"), 60) as job:
        assert job.stdin is not None
        assert job.stdin.read() == b"# Title 2\n\nWords.\n"
        assert (job.name, job.arguments, job.variables["RILO_ID"]) == (
            "wc -w",
            ("wc", "-w"),
            "2.md",
        )
