"""Files that a text includes: their text stands in its place, within the library and bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.store.folder import read_article
from rilo_reader.store.includes import (
    DEEPEST,
    LONGEST,
    MOST,
    MOST_TAGS,
    candidate_paths,
    insert_includes,
)
from tests.support.command_line import User
from tests.support.for_each import for_each

PART = "---\ntitle: A part\n---\n\nOf the *part*.\n"


def body(root: Path, text: str, path: str = "docs/a.md", **parts: str) -> str:
    """The body of an article with this text, beside files with others."""
    for name, content in {path: text, **parts}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    lines = read_article(root, path).body.strip().split("\n")
    return "\n".join(line for at, line in enumerate(lines) if line or lines[at - 1])


TAGS = [
    ("{% include part.md %}", "_includes/part.md"),
    ("{%- include sub/part.md a='b' -%}", "docs/_includes/sub/part.md"),
    ('{% include "part.md" %}', "docs/_includes/part.md"),
    ("{% include_relative part.md %}", "docs/part.md"),
    ("{% include_cached part.md %}", "_includes/part.md"),
    ("{{< include _part.qmd >}}", "docs/_part.qmd"),
    ("{{< include /shared/_part.qmd >}}", "shared/_part.qmd"),
    ('{{% include "_common/part.md" %}}', "_common/part.md"),
    ('{{% include "/_common/part.md" %}}', "_common/part.md"),
    ('{{< readfile file="part.md" >}}', "docs/part.md"),
    ("```{include} ../part.md\n```", "part.md"),
    (":::{include} part.md\n:start-line: 0\n:::", "docs/part.md"),
    ('--8<-- "part.md"', "part.md"),
    ("<!--@include: ./parts/part.md-->", "docs/parts/part.md"),
    ("<!-- @include: @/part.md -->", "part.md"),
    ("import Part from './_part.mdx'\n\n<Part />", "docs/_part.mdx"),
    ("import Part from '@site/docs/_part.md';\n\n<Part/>", "docs/_part.md"),
]
"""What includes a part, and where the part is."""

COLLECTED = {
    "now": '+++\nid = "1"\ntitle = "A"\ndialect = "plain"\n+++\n\n',
    "before": '+++\nid = "1"\ntitle = "A"\nfeed = "https://a.example/feed"\n+++\n\n',
    "a letter before": '+++\nid = "1"\ntitle = "A"\nguid = "1"\n+++\n\n',
    "a saved page before": '+++\nid = "https://a.example/b"\ntitle = "A"\ndate = 2020-01-01\n'
    'source = "a.example"\nurl = "https://a.example/b"\n+++\n\n',
    "before, then edited badly": '+++\nid = "1"\ntitle = A\nguid = "1"\n+++\n\n',
}


@pytest.mark.parametrize(("tag", "place"), TAGS)
def test_a_file_that_is_included_is_text_of_the_article(
    tmp_path: Path, tag: str, place: str
) -> None:
    text = body(tmp_path, f"Before.\n\n{tag}\n\nAfter.\n", **{place: PART})
    assert text == "Before.\n\nOf the *part*.\n\nAfter."


@for_each("head", COLLECTED)
def test_nothing_of_the_library_comes_into_what_was_collected(tmp_path: Path, head: str) -> None:
    for tag, place in TAGS:
        text = body(tmp_path, f"{COLLECTED[head]}Before.\n\n{tag}\n", **{place: PART})
        assert "Of the *part*" not in text
        assert tag in text


def test_a_post_with_the_keys_of_another_program_is_not_collected(tmp_path: Path) -> None:
    """As WordPress exports posts for Jekyll, and as importers of ours write an id."""
    for head in (
        "---\nid: 12\nguid: x\n---\n",
        '+++\nid = "1"\ntitle = "A"\n+++\n\n',
        '+++\nid = "https://a.example/"\nurl = "https://a.example/"\n+++\n\n',
        "---\nid: https://a.example/\ntitle: A\nurl: https://a.example/\n---\n",
    ):
        text = body(tmp_path, f"{head}{{% include part.md %}}\n", **{"_includes/part.md": PART})
        assert text == "Of the *part*."


def test_what_is_included_is_found(tmp_path: Path, user: User) -> None:
    body(
        tmp_path, "{% include part.md %}\n", "_posts/2021-03-04-a.md", **{"_includes/part.md": PART}
    )
    found = user.run("search", "part", "--library", str(tmp_path)).out
    assert found.endswith("_posts/2021-03-04-a.md\n")
    assert (
        "Of the part." in user.run("show", "_posts/2021-03-04-a.md", "--library", str(tmp_path)).out
    )


@pytest.mark.parametrize(
    "text",
    [
        "{% include part.html %}",
        "{% include nowhere.md %}",
        "Say {% include part.md %} here.",
        "```\n{% include part.md %}\n```",
        "~~~ md\n{{< include part.md >}}\n~~~",
        "    {% include part.md %}",
        '--8<-- "part.txt"',
        "<!-- an include of part.md -->",
        "{{< include .git/part.md >}}",
        "{{< include ../../part.md >}}",
        "{{< include node_modules/part.md >}}",
        "{{< include {{ x }}.md >}}",
    ],
)
def test_other_tags_stay_as_they_are(tmp_path: Path, text: str) -> None:
    places = ("part.md", "docs/part.md", "_includes/part.html", "_includes/part.md", "part.txt")
    hidden = (".git/part.md", "docs/.git/part.md", "node_modules/part.md", "../part.md")
    library = tmp_path / "library"
    library.mkdir()
    assert body(library, text, **dict.fromkeys((*places, *hidden), PART)) == text.strip()


def test_nothing_outside_the_library_is_included(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "docs").mkdir(parents=True)
    (tmp_path / "secret.md").write_text("Secret.", encoding="utf-8")
    (library / "docs" / "link.md").symlink_to(tmp_path / "secret.md")
    (library / "out").symlink_to(tmp_path, target_is_directory=True)
    for name in ("link.md", "/out/secret.md", "../out/secret.md", "../../secret.md"):
        assert "Secret" not in body(library, f"{{{{< include {name} >}}}}")


def test_a_file_is_never_within_itself(tmp_path: Path) -> None:
    loop = "A.\n\n{{< include b.md >}}"
    text = body(
        tmp_path, loop, **{"docs/b.md": "B.\n\n{{< include a.md >}}\n\n{{< include b.md >}}"}
    )
    assert text == "A.\n\nB.\n\n{{< include a.md >}}\n\n{{< include b.md >}}"


def test_includes_are_bounded() -> None:
    def next_of(path: str) -> str:
        return f"{{{{< include {int(path[:-3]) + 1}.md >}}}}"

    assert insert_includes(next_of("0.md"), "0.md", next_of).strip() == next_of(f"{DEEPEST}.md")
    many = "{{< include a.md >}}\n\n" * (MOST + 5)
    assert insert_includes(many, "b.md", lambda path: "A").count("A") == MOST
    assert insert_includes(many, "b.md", lambda path: "A" * (LONGEST // 4)).count("A") == LONGEST
    asked: list[str] = []
    insert_includes("{{< include a.md >}}\n\n" * 2 * MOST_TAGS, "b.md", asked.append)
    assert len(asked) == MOST_TAGS


def test_the_nearest_file_is_meant() -> None:
    def places(name: str, *, is_of_jekyll: bool = False) -> list[str]:
        return list(dict.fromkeys(candidate_paths("a/b/c.md", name, is_of_jekyll=is_of_jekyll)))

    assert places("x.md") == ["a/b/x.md", "a/x.md", "x.md"]
    assert places("/x.md") == ["a/b/x.md", "a/x.md", "x.md"]
    assert places("../x.md") == ["a/x.md", "x.md"]
    assert places("x.md", is_of_jekyll=True) == [
        *("a/b/_includes/x.md", "a/_includes/x.md", "_includes/x.md"),
    ]
    assert places("x.png") == places("..\\x.md") == []
