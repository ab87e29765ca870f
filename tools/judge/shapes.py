"""Texts of many shapes, each at a size and at twice that: which take more than linear time?

    python -m tools.judge.shapes            # all; ends with 1 where a shape is slow
    python -m tools.judge.shapes "a list"   # those whose name has these words
    python -m tools.judge.shapes sample     # the samples of dialects

A shape is slow where all of its text takes more than 3 s of the processor, or where twice the
size takes more than three times as long. Each is laid out and prepared for the index in a process
of its own, with a limit of memory and time. Not a test: it takes minutes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

SIZE = 600_000  # characters of the larger text
MOST_SECONDS = 3.0
MOST_GROWTH = 3.0  # where linear is 2
LEAST_SECONDS = 1.0  # that are worth judging
LIMIT = 40.0  # s in all, after which a process is ended


def _repeated(part: str, join: str = "") -> Callable[[int], str]:
    return lambda size: join.join([part] * (size // (len(part) + len(join)) + 1))[:size]


def _numbered(form: str) -> Callable[[int], str]:
    """A text of parts in which `N` is a number."""
    return lambda size: "".join(
        form.replace("N", str(number)) for number in range(size // (len(form) + 4))
    )


def _around(before: str, middle: Callable[[int], str], after: str = "") -> Callable[[int], str]:
    return lambda size: before + middle(size) + after


def _mirrored(opening: str, closing: str) -> Callable[[int], str]:
    def text(size: int) -> str:
        number = size // (len(opening) + len(closing))
        return opening * number + "x" + closing * number

    return text


def _in_paragraphs(part: str, number: int) -> Callable[[int], str]:
    return _repeated(part * number + "\n\n")


def _table(columns: int, cell: str = "x") -> Callable[[int], str]:
    head = f"|{' h |' * columns}\n|{'---|' * columns}\n"
    return _around(head, _repeated(f"|{f' {cell} |' * columns}\n"))


def _deeper(sign: str) -> Callable[[int], str]:
    """Lines that are each nested one deeper than the one before, over and over."""
    return lambda size: ("".join(sign * depth + "x\n" for depth in range(60)) * size)[:size]


SHAPES: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "words": _repeated("word "),
        "one word": _repeated("x"),
        "lines of a paragraph": _repeated("some words here\n"),
        "paragraphs": _repeated("some words here\n\n"),
        "headings": _repeated("# x\n"),
        "headings of different words": _numbered("## Heading N\n\n"),
        "underlined headings": _repeated("x\n===\n"),
        "rules": _repeated("---\n\n"),
        "links, twenty a paragraph": _in_paragraphs("[x](http://e.example/a) ", 20),
        "links in one paragraph": _repeated("[x](http://e.example/a) ", "\n"),
        "bare addresses": _repeated("http://e.example/abc ", "\n"),
        "pictures": _in_paragraphs("![x](http://e.example/a.png) ", 20),
        "open brackets": _repeated("[", "\n"),
        "brackets on one line": _repeated("["),
        "nested brackets": _mirrored("[", "]"),
        "escaped brackets": _mirrored(r"\[", r"\]"),
        "templates on one line": _mirrored("{{<", ">}}"),
        "open links": _repeated("[a](", "\n"),
        "open pictures": _repeated("![a](<b", "\n"),
        "links without definition": _repeated("[a][b] ", "\n"),
        "definitions": _numbered("[aN]: http://e.example/N\n"),
        "definitions that are used": _numbered("[aN]\n\n[aN]: http://e.example/N\n\n"),
        "footnotes": _numbered("Text.[^N]\n\n[^N]: A note.\n\n"),
        "footnotes of one label": _repeated("Text.[^1]\n\n[^1]: A note.\n\n"),
        "notes without text": _repeated("[^1]", "\n"),
        "quotations": _repeated("> x\n\n"),
        "a quotation": _repeated("> some words\n"),
        "a lazy quotation": _around("> x\n", _repeated("some words\n")),
        "deep quotations": _deeper(">"),
        "a deep quotation": _repeated(">" * 90 + " x\n"),
        "a list": _repeated("- x\n"),
        "a loose list": _repeated("- x\n\n"),
        "numbered items": _numbered("N. x\n"),
        "deep lists": lambda size: ("".join("  " * depth + "- x\n" for depth in range(40)) * size)[
            :size
        ],
        "items on a line": _repeated("- " * 90 + "x\n"),
        "tasks": _repeated("- [ ] x\n"),
        "lists of two signs": _repeated("- x\n+ y\n"),
        "terms": _repeated("term\n: meaning\n\n"),
        "stars": _repeated("*", "\n"),
        "stars on one line": _repeated("*"),
        "stars and letters": _repeated("*a", "\n"),
        "emphasis that opens": _repeated("*a **b ", "\n"),
        "emphasis that closes": _repeated("a* b** ", "\n"),
        "nested emphasis": _in_paragraphs("*a _b *c_ d* ", 60),
        "strong words": _repeated("**a** ", "\n"),
        "underscores": _repeated("_a__b", "\n"),
        "tildes": _repeated("~~a~", "\n"),
        "ticks": _numbered("`" * 3 + "N" + "`\n"),
        "ticks of many lengths": lambda size: "\n".join(
            "a" + "`" * (1 + number % 300) for number in range(size // 150)
        ),
        "code": _in_paragraphs("`x` ", 200),
        "fences": _repeated("```\nx\n```\n"),
        "an open fence": _around("```python\n", _repeated("x = 1\n")),
        "a block of indented code": _repeated("    x = 1\n"),
        "fences in a list": _repeated("- ```\n  x\n  ```\n"),
        "a table": _table(4),
        "a wide table": _table(60),
        "a very wide table": _table(1_000),
        "a table of long words": _table(6, "word " * 30),
        "tables": _repeated("|a|b|\n|-|-|\n|c|d|\n\n"),
        "bars": _repeated("|", "\n"),
        "bars on one line": _repeated("|"),
        "html blocks": _repeated("<div>\n\nx\n\n</div>\n\n"),
        "open html": _repeated("<div>\n\n"),
        "open html on one line": _repeated("<b>"),
        "html in lines": _repeated("<b>x</b> ", "\n"),
        "open tags": _repeated("<a href=", "\n"),
        "angle brackets": _repeated("<", "\n"),
        "comments": _repeated("<!-- x -->\n\n"),
        "open comments": _repeated("<!-- x\n\n"),
        "instructions": _repeated("<?x ", "\n"),
        "html tables": _repeated("<table><tr><td>x</td></tr></table>\n\n"),
        "an html table": _around("<table>\n", _repeated("<tr><td>x</td><td>y</td></tr>\n")),
        "details": _repeated("<details><summary>x</summary>\n\ny\n\n</details>\n\n"),
        "open details": _repeated("<details>\n\nx\n\n"),
        "html pictures": _repeated('<img src="a.png" alt="x">\n'),
        "entities": _repeated("&amp;", "\n"),
        "open entities": _repeated("&#", "\n"),
        "backslashes": _repeated("\\", "\n"),
        "formulas": _repeated("$x^2$ ", "\n"),
        "open formulas": _repeated("$x ", "\n"),
        "formula blocks": _repeated("$$\nx\n$$\n\n"),
        "open formula blocks": _repeated("$$\nx\n\n"),
        "templates": _repeated("{{< x >}}\n\n"),
        "templates in lines": _repeated("{% x %} ", "\n"),
        "open templates": _repeated("{{ x ", "\n"),
        "open template blocks": _repeated("{% if x %}\n\ny\n\n"),
        "open shortcodes": _repeated("{{< tab >}}\n\nx\n\n"),
        "braces": _repeated("{", "\n"),
        "attributes": _repeated("## x {#a .b c=d}\n\n"),
        "containers": _repeated(":::note\nx\n:::\n\n"),
        "open containers": _repeated(":::note\n\nx\n\n"),
        "deep containers": lambda size: (
            "".join(":" * (3 + number) + "note\n" for number in range(60)) * size
        )[:size],
        "admonitions": _repeated("!!! note\n    x\n\n"),
        "callouts": _repeated("> [!note] x\n> y\n\n"),
        "wiki links": _repeated("[[a|b]] ", "\n"),
        "open wiki links": _repeated("[[a|", "\n"),
        "highlights": _repeated("==a== ", "\n"),
        "open highlights": _repeated("==a ", "\n"),
        "tags": _repeated("#tag ", "\n"),
        "abbreviations": _numbered("*[AN]: Words\n"),
        "imports": _repeated("import x from 'y'\n\n"),
        "jsx": _repeated("<Tabs>\n\nx\n\n</Tabs>\n\n"),
        "open jsx": _repeated("<Tabs>\n\nx\n\n"),
        "chinese": _repeated("海关情报"),
        "arabic": _repeated("مرحبا بالعالم "),
        "both directions": _repeated("abc مرحبا "),
        "accents": _repeated("a\u0301\u0300"),
        "emoji": _repeated("👩‍👩‍👧 "),
        "tabs": _repeated("\t", "\n"),
        "spaces at the ends": _repeated("x" + " " * 90 + "\n"),
        "spaces": _repeated(" "),
        "empty lines": _repeated("\n"),
        "hard breaks": _repeated("x  \n"),
    }
)

_MEASURE = """
import resource, sys, time
from tools.judge.shapes import SAMPLE, SHAPES, article, samples
from rilo_reader.index.writer import prepare_article
from rilo_reader.render.document import Layout, render
resource.setrlimit(resource.RLIMIT_DATA, (2_000_000_000,) * 2)
name, size = sys.argv[1], int(sys.argv[2])
list(render(article("x"), Layout(80), ""))
text, dialect = (SHAPES | samples())[name](size), name.partition(SAMPLE)[2]
begun = time.process_time()
one = article(text, dialect)
for page in render(one, Layout(80), ""):
    pass
prepare_article(one, with_prefixes=True)
print(time.process_time() - begun)
"""


SAMPLE = "the sample of "


def samples() -> dict[str, Callable[[int], str]]:
    """The texts of each dialect's sample, over and over."""
    from tests.support.shared import samples as folder_of

    from rilo_reader.dialects import DIALECTS

    found = {}
    for row in DIALECTS:
        files = sorted((folder_of("dialects") / row.name.lower()).rglob("*.*"))
        texts = [file.read_text("utf-8") for file in files if file.is_file()]
        found[SAMPLE + row.name] = _repeated("\n\n".join(texts))
    return found


def article(text: str, dialect: str = "") -> object:
    """The article of that text, which includes itself wherever it may include."""
    from rilo_reader.article import NO_DATE, Article, ArticleId
    from rilo_reader.dialects import named

    body = named(dialect).body(text, "a.md", lambda path: text) if dialect else text
    return Article(ArticleId("a"), "a.md", "Shape", NO_DATE, body=body, dialect=dialect)


def seconds(name: str, size: int) -> float:
    """Processor time of a layout in a process of its own; infinite where it fails."""
    command = [sys.executable, "-c", _MEASURE, name, str(size)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return float("inf")
    return float(done.stdout)


def main(words: list[str]) -> int:
    """Judge the shapes whose names have these words; return how many are slow, at most 1."""
    slow = 0
    for name in {**SHAPES, **samples()}:
        if words and not any(word in name for word in words):
            continue
        whole = seconds(name, SIZE)
        # What is quick needs no second look.
        half = seconds(name, SIZE // 2) if whole > LEAST_SECONDS else whole
        growth = whole / half if half else 1.0
        is_slow = whole > MOST_SECONDS or growth > MOST_GROWTH
        slow += is_slow
        print(
            f"{'SLOW' if is_slow else 'ok  '} {whole:6.2f} s  × {growth:4.1f}  {name}", flush=True
        )
    print(f"{slow} slow")
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
