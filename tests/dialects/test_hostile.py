"""Headers and rewriting of every dialect end soon, whatever a text repeats."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rilo_reader.dialects import DIALECTS, named
from tests.support.for_each import for_each

UNITS = [
    " ", "\n", "a", "#", "a: b\n", "a:\n\nb\n---\n", "---\n", "----\n", "a:\n", "body:\n",
    "#### a ####\n", "##### a #####\n", "#### a", "---" + " " * 3000, "\n#### " + "a" * 3000, "[",
    "[a", "[a](", "[a]($b", "[a]($b.c('d')", "[](<$a.b(", "[[a]", "[a][b]", "[!", "$a.b('c')",
    "---\n.a = \"b", ".a = [", "\n.a = [", "\n.a =\n\\\\b", "```=html\n\n", "\n.a = \"\\x",
    "($a" + ".b" * 999, "{{#include c.md}}", "{{#include c.md:1}}\n", "{{#include c.md:a}} ",
    "{{#playground c.md}}\n", "{{#", "{{#title a", "{{#include " + "a" * 400, "```rust\n# a\n",
    "# a\n", "<!--", "<a >", "<!---->", "ANCHOR: a\n", "{{#include c.md" + " " * 300,
    "@def a = \"", "@def a = \"\"\"\n", "\n@def a = [", "\n+++\na = \"", "+++\n", "@@", "@@a",
    "@@a\n", "~~~", "~~~\n\n", "\\a{", "\\a{{b", "\\a{b}", "\\a{{{", "\\fig{", "\\html{~~~", "\\[",
    "\\[a", "$$", "$$a$", "$a", "\\begin{a}", "\n\\begin{a}{", "\\newcommand{\\a}{\\a\\a}\\a",
    "\\newcommand{\\a}", "\\\\", "\\newcommand{\\a}[1]{#1#1\\a{#1}}\\a{b}",
    "\\newcommand{\\a}{" + "\\a" * 999 + "}\\a", "{{a}}", "{{", "\\a{" + "b" * 999 + "}", "`\\a{",
    "<!-- -->", "`", "~", "`a", "``a`", "```", "~~~a", "- ", "-  ", "```a\n",
    "::a\n", "::note\n", "::a\n---\n", "a: b\n  ", "::a{b=\"", ":a[", ":a[b]{", ":a{b=\"c\"}", "::",
    "#a{", "::::::::::note\n", "{.", "]{.", "**{", "```a [", "```a [b]\n", "    ::note\n    ",
    "# a [#b]\n", "# a [#", "# a [toc]", "# a" + " [toc]" * 99, "# a" + " " * 999,
    "{% codeblock %}\n", "{% quote a\n", "\n{% code %}\n" + " " * 999, "{% raw %}", "{% img a",
    "{% post_link a %}", "{% img " + "%" * 999,
    "{% set a %}\n", "{% set a = 'b' %}", "{% set a %}b{% endset %}{{ a }}", "{{ a | ",
]  # fmt: skip
NAMES = [row.name for row in DIALECTS if row.module]
SIZE = 10_000


def texts() -> Iterator[str]:
    """Repeated beginnings, each also above and below a word."""
    for unit in UNITS:
        many = unit * (SIZE // len(unit))
        yield from (
            many,
            f"deep\n{many}",
            f"{many}\n\ndeep",
            f"body:\n\n{many}",
            f"---\n.a = 1\n{many}",
        )


@pytest.mark.slow
@for_each("name", NAMES)
def test_repeated_beginnings_end(name: str) -> None:
    dialect = named(name)
    for text in texts():
        header = dialect.header(text)
        assert header is None or 0 <= header.end <= len(text)
        assert len(dialect.body(text, "a/b.md", {"a/c.md": text}.get)) <= 2_400_000
