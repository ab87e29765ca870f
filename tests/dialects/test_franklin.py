r"""Pages of Franklin: what the golden page cannot say."""

from __future__ import annotations

from rilo_reader.dialects import named
from tests.support.for_each import for_each

FRANKLIN = named("Franklin")
CONFIG = """+++
depth = "7 m"
+++
\\newcommand{\\note}[2]{@@n **#1** !#2@@}
\\newcommand{\\own}{\\note{a}{b}}
"""

VARIABLES = """\ufeff<!-- c -->
@def title = "A \\"b\\""
@def authors = \'\'\'<a href="x">Ann</a>,
Bo\'\'\'
+++
tags = [
  "c, d",
  "e"
]
rss_pubdate = Date(2022, 2, 4)
using Dates
+++

Text

@def descr = \'\'\'Two
lines\'\'\'

```
@def no = 1
```
""".replace("'''", '"' * 3)


def markdown(body: str) -> str:
    """A page as Markdown, of a site whose settings stand two folders above it."""
    return FRANKLIN.body(body, "site/blog/a.md", {"site/config.md": CONFIG}.get)


@for_each("end", ["\n", "\r\n"])
def test_variables_may_stand_anywhere(end: str) -> None:
    text = VARIABLES.replace("\n", end)
    header = FRANKLIN.header(text)
    assert header is not None
    assert text[header.end :].startswith("Text")
    said = {key: value for key, value in header.metadata.items() if value}
    assert said.pop("pubdate") == said.pop("rss_pubdate") == "2022-02-04"
    assert str(said.pop("authors")).split() == ["Ann,", "Bo"]
    assert str(said.pop("descr")).split() == ["Two", "lines"]
    assert said == {"title": 'A "b"', "tags": ["c, d", "e"]}


@for_each(
    "text", ["", "Words @def a = 1\n", "---\ntitle: A\n---\n", "```\n@def a = 1\n```\n", "@def\n"]
)
def test_a_text_without_variables_is_read_as_any_text(text: str) -> None:
    assert FRANKLIN.header(text) is None


@for_each(
    "body, expected",
    [
        ("\\note{x {y} z}{`c`}", "**x {y} z** `c`"),
        ("\\own{c}", "**a** b\n\n{c}"),
        ("\\newcommand{\\two}[1]{#1#1}\\two{ab}", "abab"),
        ("\\figalt{a b}{/c d.png}", "![a b](</c d.png>)"),
        ("\\label{a}\\toc b \\biblabel{c}{d e}", "b d e"),
        ("@@a,b\nc\n@@d\n@@\n@@", "c"),
        ("a @@blank@@ b", "a \n\n\n\nb"),
        ("@@a\n    b **c**\n@@", "b **c**"),
        ("@@a\n    ```\n    \\toc\n    ```\n@@", "```\n    \\toc\n    ```"),
        ("~~~\n  <div>\n\n    <p>a</p>\n</div>\n~~~", "<div>\n<p>a</p>\n</div>"),
        ("a\\\\b", "a<br>b"),
        ("{{fill depth}} {{ depth }} {{none}} {{fill a b}}", "7 m 7 m {{none}} {{fill a b}}"),
        ("~~~<i>~~~a~~~</i>~~~", "<i>a</i>"),
        ("\\unknown{a} \\alpha \\{ a@b.c C:\\dir", "\\unknown{a} \\alpha \\{ a@b.c C:\\dir"),
        ("a\n+++\nb = 1\n+++\nc\n@def d = 2\ne", "a\nc\ne"),
        ("```julia:./a/b\nc\n```", "```julia\nc\n```"),
    ],
)
def test_commands_become_markdown(body: str, expected: str) -> None:
    assert markdown(body).strip() == expected


@for_each(
    "text",
    [
        "`\\toc @@a ~~~b~~~`",
        "```\n\\toc\n@@a\n@def b = 1\n{{depth}}\n```",
        "````md\n```julia:a\n```\n\\toc\n````",
        "$\\note{a}{b} \\\\ c$",
        "$$\n\\label{a}\n$$",
        "\\[ \\label{a} \\]",
        "\\begin{align}\na \\\\ b\n\\end{align}",
        "<!-- \\toc -->",
    ],
)
def test_code_and_formulas_are_left_alone(text: str) -> None:
    assert markdown(text) == text


def test_commands_in_commands_end() -> None:
    assert len(markdown("\\newcommand{\\a}{x\\a\\a}\\a")) < 1_000
    wide = "\\newcommand{\\a}{" + "x" * 900 + "}" + "\\a" * 10_000
    assert len(markdown(wide)) < 500_000
